// SPDX-License-Identifier: GPL-2.0-or-later
// The engine and the model side by side: every step is done to both, and everything that can be
// seen of them is compared after it. A difference fails the running test.
#ifndef TESTS_ENGINE_PAIR_H
#define TESTS_ENGINE_PAIR_H

#include "engine/limits.h"
#include "tests/engine/subject.h"

enum { PAIR_ENGINE, PAIR_MODEL, PAIR_SIDES };

// A request's wait by cause; all 0 if it did not wait.
struct pair_wait {
    int64_t by_cause_ns[CAUSE_COUNT];
    uint64_t passed; // of several throttles: over which, when, and what each told
};

struct pair_run_out {
    int64_t time_ns;
    uint32_t node;
    int limit;
    int64_t refill_ns;
};

#define PAIR_RUN_OUTS 64 // of the last that are kept; a step makes less

// What one side has dispatched, in order, and which burst allowances ran out.
struct pair_log {
    uint64_t *ids;
    int64_t *times_ns;
    struct pair_wait *waits;
    size_t count;
    size_t capacity;
    struct pair_run_out run_outs[PAIR_RUN_OUTS];
    size_t run_out_count;
};

struct pair_request {
    struct engine_request request; // first: the engine hands back its address
    uint64_t id;
    struct pair_wait wait; // of a member with several throttles: what was told so far
};

struct pair_block;

struct pair {
    struct subject side[PAIR_SIDES];
    struct pair_log log[PAIR_SIDES];
    size_t compared; // entries of the logs
    size_t run_outs_compared;
    struct pair_block *blocks;
    uint64_t request_count;
    uint32_t node_count; // ever created
    uint32_t member_count;
    bool *is_stage; // by member: below another one, so that nothing is submitted to it
    int64_t now_ns;
    uint64_t steps;
};

void pair_create(struct pair *pair, int64_t start_ns);
void pair_destroy(struct pair *pair);

// One request, one operation, or what is due at now_ns: done to both sides, then compared.
void pair_submit(struct pair *pair, uint32_t member, enum engine_op op, uint64_t bytes);
enum engine_status pair_control(struct pair *pair, struct engine_operation *operation);
// The second half of pair_control: the engine has done an operation, now the model does it.
void pair_follow(struct pair *pair, const struct engine_operation *asked,
                 const struct engine_operation *done, enum engine_status status);
void pair_fire(struct pair *pair, int64_t now_ns);

// Fires every timer at its deadline, up to until_ns, which becomes the time.
void pair_advance(struct pair *pair, int64_t until_ns);

int64_t pair_next_deadline(const struct pair *pair);

// Compares all groups and members; the steps above compare what they touch.
void pair_compare_all(struct pair *pair);

#endif
