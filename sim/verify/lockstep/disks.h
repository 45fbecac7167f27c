// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario's groups and members as throttle groups and disks of a QEMU, and what happens to them
// as commands. The disks are null devices: a request that leaves the throttle is done at once.
//
// Requests of a filter's disk go through its NBD export, which answers each when it is done. Those
// of a drive go through the monitor, as only what is above the drive passes its throttle: QEMU says
// how many are done. Where a transcript is written, all do.
//
// Names of a scenario can be anything, those of QEMU cannot: each name has a number there ("n7"),
// the same for a group as for a member of that name, since block_set_io_throttle may name a group
// after a member.
#ifndef SIM_VERIFY_LOCKSTEP_DISKS_H
#define SIM_VERIFY_LOCKSTEP_DISKS_H

#include "sim/scenario/control.h"
#include "sim/verify/qemu/nbd.h"

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

// Of one member.
struct disk {
    bool is_filter;              // its node is a throttle now, and has an export
    const char *group;           // which it is in then; the scenario's string
    struct nbd_disk nbd;         // of that
    uint64_t passing;            // sent there, and to pass whatever waits: not answered yet
    struct disk_counts answered; // by NBD
    uint64_t sent;               // through the monitor, of those that are counted
    struct disk_counts counted;  // of these by QEMU, since the disk was made
    struct disk_counts before;   // by QEMU, of a disk of this name that is gone
    uint64_t zeroes_sent;        // through the monitor
    uint64_t zeroes_left;
};

struct disks {
    const struct scenario *scenario;
    struct names ids; // of all names, to numbers
    uint32_t id_count;
    struct disk *disks; // by member
    bool by_monitor;    // all requests, for a transcript: discards are writes of zeroes then
    bool has_server;    // of NBD
    char socket[40];    // its
    int64_t now_ns;     // the clock
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
bool disks_times(const struct disks *disks, const struct engine_request *request, bool throttled);
// Does any request wait that is not?
bool disks_have_untimed(const struct disks *disks);

// Later than before, from 0 on. What leaves then is seen.
bool disks_set_clock(struct disks *disks, int64_t now_ns, struct sim_error *error);

bool disks_submit(struct disks *disks, const struct engine_request *request, bool throttled,
                  struct sim_error *error);
bool disks_apply(struct disks *disks, const struct scenario_event *event, struct sim_error *error);

// Counts of all members, in their order.
bool disks_count(struct disks *disks, struct disk_counts *counts, struct sim_error *error);

#endif
