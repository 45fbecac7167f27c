// SPDX-License-Identifier: GPL-2.0-or-later
// Simulator and QEMU side by side: the same arrivals and operations at the same times, and at each
// time at which the simulator decides something, a look at what QEMU has decided.
//
// QEMU tells how many requests of a drive and direction have left, and how long they took,
// together; of a filter it answers each (disks.h). Its clock stops 1 ns before each time at which
// the simulator lets something go, and at that time: what has left by then, and took as long
// together as if it left now, left now, to the nanosecond.
// What QEMU does not time (disks_times) is looked at both times. With a timer granularity QEMU's
// main loop wakes when it wants to, and is looked at only then: to look would wake it. Either way
// the sleep that it wants is compared too: it is the distance to the next deadline, rounded up to
// whole milliseconds.
#ifndef SIM_VERIFY_LOCKSTEP_LOCKSTEP_H
#define SIM_VERIFY_LOCKSTEP_LOCKSTEP_H

#include "sim/replay/replay.h"
#include "sim/verify/lockstep/difference.h"
#include "sim/verify/lockstep/disks.h"

// A look: how many have left in the simulator, and of what QEMU has counted, by member.
typedef void lockstep_looked(void *context, const struct disks *disks, int64_t now_ns,
                             const struct disk_counts *ours, const struct disk_counts *counted);

struct lockstep_config {
    struct qemu_config qemu;
    bool is_careful;         // looks 1 ns before too, which tells which request it is that differs
    bool ends_at_sleep;      // a sleep that differs is an end as well
    lockstep_looked *looked; // may be NULL
    void *looked_context;
    progress_tell *progress; // may be NULL
    void *progress_context;
};

struct lockstep_result {
    bool agree;
    uint64_t requests;
    uint64_t waited;     // of them, in the throttle
    uint64_t operations; // carried out
    uint64_t digest;     // the simulator's, as of a run
    int64_t end_ns;
    char qemu_version[160];
    struct difference difference; // unless they agree; QEMU's time is not known yet
};

// False with the error filled if it could not be found out.
bool lockstep_run(const struct scenario *scenario, const struct lockstep_config *config,
                  struct lockstep_result *result, struct sim_error *error);

// The number-th request of a member and direction, from 1 on.
struct lockstep_request {
    uint32_t member;
    enum disk_direction direction;
    uint64_t number;
};

// Without a timer granularity: has the request left QEMU's throttle at a time, with everything
// before as in the scenario? deadline: QEMU's then; may be NULL.
bool lockstep_probe(const struct scenario *scenario, const struct lockstep_config *config,
                    int64_t at_ns, const struct lockstep_request *request, bool *has_left,
                    struct qemu_deadline *deadline, struct sim_error *error);

// With a timer granularity: when this request leaves QEMU's throttle, or ENGINE_NEVER.
bool lockstep_follow(const struct scenario *scenario, const struct lockstep_config *config,
                     const struct lockstep_request *request, int64_t *left_ns,
                     struct sim_error *error);

#endif
