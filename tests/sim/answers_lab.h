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

// The number of a stream by its name; the test fails if there is none.
uint32_t answers_stream(const struct answers *answers, const char *name);

#endif
