// SPDX-License-Identifier: GPL-2.0-or-later
// The first thing that QEMU did differently, with its circumstances.
#ifndef SIM_VERIFY_LOCKSTEP_DIFFERENCE_H
#define SIM_VERIFY_LOCKSTEP_DIFFERENCE_H

#include "sim/verify/lockstep/disks.h"

#include <stdio.h>

#include <jansson.h>

enum difference_kind {
    DIFFERENCE_DEPARTURE, // a request left at another time
    DIFFERENCE_LATENCY,   // as many left, but took another time together
    DIFFERENCE_SLEEP,     // all left at the same times, but the main loop would wake at another
};

struct difference {
    enum difference_kind kind;
    int64_t found_ns; // when it was noticed
    // Of a latency: this member and direction, of which so many have left; times are sums of all.
    // Of a departure: the number-th request of this member and direction, from 1 on.
    uint32_t member;
    enum disk_direction direction;
    uint64_t number;
    uint64_t qemu_left; // how many had left then, according to QEMU
    uint64_t our_left;  // and to the simulator
    int64_t looked_ns;  // the last time at which both agreed; -1: none
    // Filled by difference_find_request; none of it if there is no such request.
    bool has_request;
    uint64_t seq; // over all requests, from 0 on
    const char *op;
    uint64_t bytes;
    int64_t arrival_ns;
    // When the request left, or the main loop wakes: ENGINE_NEVER: not by itself. QEMU's time of a
    // request is known to be in (qemu_after_ns, qemu_ns].
    int64_t our_ns;
    int64_t qemu_ns;
    int64_t qemu_after_ns;
    // As the simulator had it when it was noticed.
    char *group; // NULL: in none
    struct engine_node_gauge node;
    char *token[DISK_DIRECTION_COUNT];         // whose turn it is
    int64_t deadline_ns[DISK_DIRECTION_COUNT]; // of the armed timer
    uint64_t waiting[DISK_DIRECTION_COUNT];    // of the member's own
    size_t operation_count;                    // carried out before, in the scenario's order
};

// Looks at the member's group in the simulator.
bool difference_look(struct difference *difference, const struct control *control, int64_t now_ns);

// Runs the simulator alone to find which request it is and when it leaves there.
bool difference_find_request(struct difference *difference, const struct scenario *scenario,
                             struct sim_error *error);

void difference_print(const struct difference *difference, const struct scenario *scenario,
                      FILE *out);

// The same as JSON; NULL: out of memory.
json_t *difference_json(const struct difference *difference, const struct scenario *scenario);

void difference_free(struct difference *difference);

#endif
