// SPDX-License-Identifier: GPL-2.0-or-later
// A stage for hand-computed cases on any algorithm, with a device behind it: a request gets a
// number when it arrives, and is asked when it left. Whatever leaves is checked: once, not early,
// and with a wait that its causes add up to.
#ifndef TESTS_ENGINE_STAGE_H
#define TESTS_ENGINE_STAGE_H

#include "engine/limits.h"

#define STAGE_REQUESTS_MAX 2048
#define STAGE_RAN_OUT_MAX 16
#define NOT_LEFT INT64_C(-1)
#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

struct stage_limit {
    const char *key;
    int64_t value;
};

struct stage_request {
    struct engine_request request; // first: the engine hands back its address
    int64_t left_ns;
    int64_t notes[ENGINE_NOTE_COUNT];
    int64_t wait_ns[CAUSE_COUNT]; // if it waited
    uint32_t passed[4];           // of several throttles: which it has left
    int64_t passed_ns[4];         // and when
    int passed_count;
    uint32_t left_number; // in the order of leaving
};

struct stage_run_out {
    int64_t time_ns;
    uint32_t node;
    int limit;
    int64_t refill_ns;
};

struct stage {
    struct engine *engine;
    int64_t now_ns;
    struct stage_request requests[STAGE_REQUESTS_MAX];
    int request_count;
    uint32_t left_count;
    uint32_t left_by_member[4];

    // The device: each request takes so long, one at a time or all at once.
    int64_t service_ns; // ENGINE_NEVER: it completes none
    bool is_serial;
    int64_t loop_end_ns; // what completes before then arrives anew: a closed loop
    int64_t busy_until_ns;
    struct stage_request *in_service[STAGE_REQUESTS_MAX]; // a ring, in order of completion
    int64_t completion_ns[STAGE_REQUESTS_MAX];
    unsigned service_head, service_tail;

    double counted; // operations told of requests that counted as more than one
    int counted_count;
    struct stage_run_out ran_out[STAGE_RAN_OUT_MAX];
    int ran_out_count;
};

// The device completes at once, that is after whatever else happens now.
struct stage *stage_new(const char *algorithm);
void stage_free(struct stage *stage);

#define STAGE_LIMITS(stage, ...)                                                                   \
    stage_limits(stage, (const struct stage_limit[]){__VA_ARGS__, {NULL, 0}})
struct engine_parameters stage_limits(const struct stage *stage, const struct stage_limit *limits);

// A member, joined to a node of its own with these limits.
#define STAGE_DRIVE(stage, ...) stage_drive(stage, STAGE_LIMITS(stage, __VA_ARGS__))
uint32_t stage_drive(struct stage *stage, struct engine_parameters limits);
uint32_t stage_node(struct stage *stage, struct engine_parameters limits);
uint32_t stage_member(struct stage *stage, enum engine_attach attach);
enum engine_status stage_join(struct stage *stage, uint32_t member, uint32_t node);
enum engine_status stage_set(struct stage *stage, uint32_t member, struct engine_parameters limits);
enum engine_status stage_do(struct stage *stage, struct engine_operation *operation);

// Completions and timers up to and including those of this time, each at its time.
void stage_advance(struct stage *stage, int64_t until_ns);

// The number of the request.
int stage_arrive(struct stage *stage, int64_t now_ns, uint32_t member, enum engine_op op,
                 uint64_t bytes);
int64_t stage_left_ns(const struct stage *stage, int number);
// How long the request waited because of this.
int64_t stage_wait_ns(const struct stage *stage, int number, int cause);

// When the requests from this number on left. The list ends with STAGE_END.
#define STAGE_END INT64_C(-2)
#define EXPECT_TIMES(stage, first, ...)                                                            \
    stage_expect(stage, first, (const int64_t[]){__VA_ARGS__, STAGE_END}, __FILE__, __LINE__)
void stage_expect(const struct stage *stage, int first, const int64_t *times, const char *file,
                  int line);

#endif
