// SPDX-License-Identifier: GPL-2.0-or-later
// Shared by lockstep.c, which takes the steps, and looks.c.
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

// Looks at QEMU's counts and latencies. lockstep->differs: they are others, and the difference is
// noted. False with the error filled.
bool lockstep_look(struct lockstep *lockstep);

// The same with those of the last look.
bool lockstep_compare_counts(struct lockstep *lockstep, int64_t time_ns);

#endif
