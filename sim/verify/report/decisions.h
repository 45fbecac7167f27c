// SPDX-License-Identifier: GPL-2.0-or-later
// All requests of a scenario up to a time: when each left the throttle in the simulator, and in
// QEMU as far as looks tell.
#ifndef SIM_VERIFY_REPORT_DECISIONS_H
#define SIM_VERIFY_REPORT_DECISIONS_H

#include "sim/verify/lockstep/lockstep.h"

struct decision {
    uint32_t member;
    enum disk_direction direction;
    const char *op;
    uint64_t bytes;
    int64_t arrival_ns;
    int64_t our_ns;        // ENGINE_NEVER: not at all
    int64_t qemu_after_ns; // it left QEMU in (qemu_after_ns, qemu_ns]
    int64_t qemu_ns;       // ENGINE_NEVER: not by the last look, or not at all
    size_t next;           // index of the next of this member and direction, plus 1; 0: none
};

// Of a member and direction: indices plus 1, or 0.
struct decision_queue {
    size_t first; // that QEMU has not let go
    size_t last;
};

struct decisions {
    struct decision *items; // in order of arrival
    size_t count;
    size_t size;
    struct decision_queue (*queues)[DISK_DIRECTION_COUNT]; // by member
    struct disk_counts *counted;                           // by member, at the last look
    int64_t looked_ns;                                     // the last look; -1: none
    int64_t until_ns;
    bool is_out_of_memory;
};

// Runs the simulator alone; requests that arrive after until_ns are left out. False with the error
// filled; decisions_free is needed in any case.
bool decisions_collect(struct decisions *decisions, const struct scenario *scenario,
                       int64_t until_ns, struct sim_error *error);

// What a look at QEMU tells; then these counts are kept.
void decisions_look(struct decisions *decisions, const struct scenario *scenario, int64_t now_ns,
                    const struct disk_counts *ours, const struct disk_counts *counted);

// Those around the difference, in the simulator's order of leaving.
bool decisions_print(struct decisions *decisions, const struct scenario *scenario,
                     const struct difference *difference, FILE *out);

void decisions_free(struct decisions *decisions);

#endif
