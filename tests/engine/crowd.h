// SPDX-License-Identifier: GPL-2.0-or-later
// Random members of two groups on the engine, with the invariants that hold while nobody is drained
// (section 6 of the specification) checked after every step. It needs no model: these laws are
// about what a user may rely on.
#ifndef TESTS_ENGINE_CROWD_H
#define TESTS_ENGINE_CROWD_H

#include "engine/limits.h"
#include "tests/engine/draw.h"
#include "tests/engine/subject.h"

#define CROWD_NODES 2
#define CROWD_MEMBERS 7
#define CROWD_REQUESTS 400

// Requests of one member and direction.
struct crowd_flow {
    int submitted;
    int left;
};

struct crowd_departure {
    int64_t time_ns;
    int64_t leaked_ns; // no later than the group's last leak before it
    uint64_t bytes;
    uint32_t node; // the group when it arrived
    enum direction direction;
};

struct crowd_request {
    struct engine_request request; // first: the engine hands back its address
    int number;                    // within its flow
    uint32_t node;
    bool is_first; // nothing waited in its group and direction when it came
};

struct crowd {
    gsl_rng *rng;
    struct subject subject;
    int64_t now_ns;
    uint32_t nodes[CROWD_NODES];
    uint32_t members[CROWD_MEMBERS];
    struct crowd_request requests[CROWD_REQUESTS];
    int request_count;
    struct crowd_flow flows[CROWD_MEMBERS][DIRECTION_COUNT];
    struct crowd_departure departures[CROWD_REQUESTS];
    int departure_count;
};

struct crowd *crowd_new(void); // with the seed of draw.h
void crowd_free(struct crowd *crowd);

// A run: groups and members anew, then any of the steps below, then all leave and all must be gone.
void crowd_set_up(struct crowd *crowd);
void crowd_finish(struct crowd *crowd);

void crowd_arrive(struct crowd *crowd);
enum engine_status crowd_control(struct crowd *crowd, struct engine_operation *operation);
void crowd_fire_until(struct crowd *crowd, int64_t until_ns);
// Often no time, else a duration of this mean.
void crowd_pass_time(struct crowd *crowd, int64_t gap_ns);
int64_t crowd_draw_gap(gsl_rng *rng);

// The invariants for one group and direction; how many requests wait. Lowers *deadline_ns to its
// timer's.
int crowd_check_group(const struct crowd *crowd, uint32_t node, int d, int64_t *deadline_ns);

#endif
