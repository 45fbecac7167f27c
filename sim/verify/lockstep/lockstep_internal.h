// SPDX-License-Identifier: GPL-2.0-or-later
// What the parts of lockstep share.
#ifndef SIM_VERIFY_LOCKSTEP_LOCKSTEP_INTERNAL_H
#define SIM_VERIFY_LOCKSTEP_LOCKSTEP_INTERNAL_H

#include "sim/verify/lockstep/lockstep.h"

// Both, and how far they have come.
struct lockstep {
    const struct scenario *scenario;
    const struct lockstep_config *config;
    struct lockstep_result *result;
    struct replay replay;
    bool is_open; // the replay, be it that it failed
    struct disks disks;
    int64_t now_ns;                          // QEMU's clock
    int64_t looked_ns;                       // the last look
    bool is_new;                             // something has happened since
    bool is_probe;                           // no looks
    const struct lockstep_request *followed; // looks are for this one only; may be NULL
    unsigned idle_wakes;                     // since something happened in the simulator
    struct disk_counts *ours;                // by member
    struct disk_counts *counted;             // by QEMU
    bool differs;
    struct sim_error *error;
};

// False with the error filled; what differs is noted in the result.
bool lockstep_look(struct lockstep *lockstep);        // at QEMU's counts, which are compared
bool lockstep_end_instant(struct lockstep *lockstep); // what has happened in it is compared once

// The simulator's counts at this time with those of the last look.
bool lockstep_compare(struct lockstep *lockstep, int64_t time_ns);

// When a main loop wakes that goes to sleep now, or ENGINE_NEVER.
int64_t lockstep_wakes_ns(int64_t now_ns, int64_t timeout_ns);

// Does QEMU's main loop sleep as long as it wants to?
bool lockstep_sleeps(const struct lockstep *lockstep);

#endif
