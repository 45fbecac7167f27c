// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario's groups and members as throttle groups and disks of a QEMU, and what happens to them
// as commands. The disks are null devices: a request that leaves the throttle is done at once.
//
// Names of a scenario can be anything, those of QEMU cannot: each name has a number there ("n7"),
// the same for a group as for a member of that name, since block_set_io_throttle may name a group
// after a member.
#ifndef SIM_VERIFY_LOCKSTEP_DISKS_H
#define SIM_VERIFY_LOCKSTEP_DISKS_H

#include "sim/scenario/control.h"
#include "sim/verify/qemu/qemu.h"

// QEMU's counts, which are also the directions of its throttle.
enum disk_direction {
    DISK_READ,
    DISK_WRITE,
    DISK_DIRECTION_COUNT,
    DISK_NOT_COUNTED = DISK_DIRECTION_COUNT,
};

// Requests that have left a disk's throttle, as QEMU counts them, and how long it has taken for
// those that it times, together.
struct disk_counts {
    uint64_t left[DISK_DIRECTION_COUNT];
    uint64_t latency_ns[DISK_DIRECTION_COUNT];
};

// Writes of zeroes of a disk.
struct disk_zeroes {
    uint64_t sent;
    uint64_t left;
};

struct disks {
    const struct scenario *scenario;
    struct names ids; // of all names, to numbers
    uint32_t id_count;
    struct disk_zeroes *zeroes; // by member
    struct qemu qemu;
};

// Is there anything in the scenario that cannot be asked of QEMU? Says what, with the place.
bool disks_can(const struct scenario *scenario, struct sim_error *error);

// Starts QEMU with all groups and members, their limits as they are in `control`, at time 0. False
// with the error filled; disks_close is needed in any case.
bool disks_open(struct disks *disks, const struct control *control,
                const struct qemu_config *config, struct sim_error *error);
void disks_close(struct disks *disks);

// As what QEMU counts a request when it is done; DISK_NOT_COUNTED: not at all, but then it is
// done when disks_submit returns.
enum disk_direction disks_direction(enum engine_op op, bool throttled);

// Are they in its latencies too?
bool disks_times(enum engine_op op, bool throttled);
// Does any request wait that is not?
bool disks_have_untimed(const struct disks *disks);

bool disks_submit(struct disks *disks, const struct engine_request *request, bool throttled,
                  struct sim_error *error);
bool disks_apply(struct disks *disks, const struct scenario_event *event, struct sim_error *error);

// Counts of all members, in their order.
bool disks_count(struct disks *disks, struct disk_counts *counts, struct sim_error *error);

#endif
