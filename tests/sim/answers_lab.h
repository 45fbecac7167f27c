// SPDX-License-Identifier: GPL-2.0-or-later
// Replays whose arrivals answer, request by request, with the stream of each.
#ifndef TESTS_SIM_ANSWERS_LAB_H
#define TESTS_SIM_ANSWERS_LAB_H

#include "tests/sim/lab.h"

#define STREAM_HEADER "time_ns,op,offset,bytes,member,latency_ns,stream\n"

struct answer {
    uint64_t order; // in the recording
    uint32_t stream;
    uint32_t member;
    enum engine_op op;
    uint64_t offset;
    int64_t arrival_ns;
    int64_t dispatch_ns;
    int64_t complete_ns; // INT64_MAX: it has not
};

struct answers {
    struct answer *items; // in order of arrival
    size_t count;
    size_t capacity;
    struct streams streams; // as concluded
    uint64_t digest;
    uint64_t held_max; // requests in memory
};

// Of the whole scenario, a text; it must succeed.
struct answers answers_of(const char *scenario);
void answers_free(struct answers *answers);

// Replays a trace, as it stands between the braces of the key, to the disks vdc and vdd, which are
// in a group of these limits, if there are any and `group` is ", group: g".
struct answers answers_replay(const char *trace, const char *device, const char *group,
                              const char *limits);

// The same requests come at the same times, later by shift_ns, and are as fast.
void answers_expect_same(const struct answers *a, const struct answers *b, int64_t shift_ns);

// Threads of any kind: some wait, some do not, some have names of the kernel's.
#define ANSWERS_NAMES 7
extern const char *const answers_names[ANSWERS_NAMES];

// A recording of vdc and vdd without any order in it: whatever the latencies say, it can have
// happened. The times are shifted by this.
void answers_write_random(uint64_t seed, const char *file, const char *const names[ANSWERS_NAMES],
                          int64_t shift_ns);

// The number of a stream by its name; the test fails if there is none.
uint32_t answers_stream(const struct answers *answers, const char *name);

#endif
