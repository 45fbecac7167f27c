// SPDX-License-Identifier: GPL-2.0-or-later
// Devices that lie on others, as a device mapper's on disks, told by the remaps (A) of requests:
// what is asked of the top comes to what it lies on once more. Only the top is then taken.
#ifndef TRACES_EVENTS_STACKS_H
#define TRACES_EVENTS_STACKS_H

#include "traces/events/devices.h"

// More pairs of devices than machines remap between; others are not looked at.
#define EVENTS_STACKS_MAX 1024

// All zero is none.
struct events_stacks {
    struct events_stack {
        uint32_t upper; // a device, or a partition, which has no requests of its own
        uint32_t lower;
    } * items; // without circles
    uint32_t count;
    uint32_t last;   // of items: most remaps are as the one before
    bool is_settled; // it has been found out what lies on what,
    size_t arriving; // when so many volumes had requests
};

void events_stacks_free(struct events_stacks *stacks);

// Takes a remap down. False: out of memory.
bool events_stacks_remap(struct events_stacks *stacks, const struct blktrace_record *remap);

// Tells the pairing whose requests come from above, if anything is new; `numbers` leads from
// devices to volumes. False: out of memory.
bool events_stacks_settle(struct events_stacks *stacks, const struct trace_map *numbers,
                          struct blktrace_pairing *pairing);

// The notice `stack`.
void events_stacks_report(const struct events_stacks *stacks, const struct events_devices *devices,
                          const struct blktrace_pairing *pairing, const char *source,
                          struct trace_notices *notices);

#endif
