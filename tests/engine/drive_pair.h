// SPDX-License-Identifier: GPL-2.0-or-later
// An engine without groups and its model side by side, with a device behind both: every step is
// done to both, and what can be seen of them is compared after it. A difference fails the running
// test.
#ifndef TESTS_ENGINE_DRIVE_PAIR_H
#define TESTS_ENGINE_DRIVE_PAIR_H

#include "engine/limits.h"
#include "tests/support/drive_model.h"

enum { DRIVE_PAIR_ENGINE, DRIVE_PAIR_MODEL, DRIVE_PAIR_SIDES };

#define DRIVE_PAIR_DRIVES_MAX 4
#define DRIVE_PAIR_RUN_OUTS 64 // of the last that are kept; a step makes less

struct drive_pair_request {
    struct engine_request request; // first: the sides hand back its address
    uint32_t number;
    int64_t notes[ENGINE_NOTE_COUNT];
    int64_t wait_ns[CAUSE_COUNT]; // all 0 if it did not wait
};

struct drive_pair_run_out {
    int64_t time_ns;
    uint32_t drive;
    int limit;
    int64_t refill_ns;
};

// What one side has dispatched, in order, and which burst allowances ran out.
struct drive_pair_log {
    uint32_t *numbers;
    uint32_t count;
    uint32_t capacity;
    struct drive_pair_run_out run_outs[DRIVE_PAIR_RUN_OUTS];
    uint32_t run_out_count;
};

struct drive_pair {
    const char *name;
    struct engine *engine;
    struct drive_model *model;
    struct drive_pair_log log[DRIVE_PAIR_SIDES];
    uint32_t compared; // entries of the logs
    uint32_t run_outs_compared;
    uint32_t waited; // left later than they came
    struct drive_pair_request (*requests)[DRIVE_PAIR_SIDES];
    int64_t *latency_ns; // ENGINE_NEVER: the device does not complete it
    int64_t *completion_ns;
    uint32_t *in_service; // in order of leaving
    uint32_t in_service_count;
    uint32_t request_count;
    uint32_t node[DRIVE_PAIR_DRIVES_MAX]; // ENGINE_NONE: no limits, no node
    uint32_t drive_count;
    int64_t now_ns;
    uint64_t steps;
};

void drive_pair_create(struct drive_pair *pair, const struct engine_algorithm *algorithm,
                       uint32_t requests_max, int64_t start_ns);
void drive_pair_destroy(struct drive_pair *pair);

// A node is made now; its member joins at join_ns.
void drive_pair_add(struct drive_pair *pair, enum engine_attach attach,
                    const struct engine_parameters *limits, int64_t join_ns);
// Through the node, which keeps the others, or through the member.
void drive_pair_set(struct drive_pair *pair, uint32_t drive, const struct engine_parameters *limits,
                    bool keeps_others);
// Of an engine that has buckets.
void drive_pair_fill(struct drive_pair *pair, uint32_t drive, double share);
void drive_pair_submit(struct drive_pair *pair, uint32_t drive, enum engine_op op, uint64_t bytes,
                       int64_t latency_ns);
// What is due, if anything is.
void drive_pair_fire(struct drive_pair *pair);
// Time goes on until until_ns: completions come at their times. Timers fire at their deadlines, or,
// if the loop sleeps long, only when it is woken by a completion, or at the end.
void drive_pair_pass(struct drive_pair *pair, int64_t until_ns, bool sleeps_long);

// For the steps above: they end with it.
void drive_pair_compare(struct drive_pair *pair);

int64_t drive_pair_next_deadline(const struct drive_pair *pair);

#endif
