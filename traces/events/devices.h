// SPDX-License-Identifier: GPL-2.0-or-later
// The devices of block events: numbered as the volumes of the pairing, of which those that are
// given out become volumes of the trace.
#ifndef TRACES_EVENTS_DEVICES_H
#define TRACES_EVENTS_DEVICES_H

#include "traces/blktrace/blktrace_pair.h"
#include "traces/volumes.h"

// All zero but the names' source is none.
struct events_devices {
    struct trace_map numbers;   // by device
    struct trace_volumes names; // by number
    uint32_t last_device;       // if there is any: most records are of that of the one before
    uint32_t last_number;
    // A device below others is no volume of the trace, unless it became one before that was known.
    struct events_shown {
        uint32_t volume; // of a number, or TRACE_VOLUME_NONE
        uint32_t number; // of a volume
    } * shown;
    size_t shown_count; // of the numbers that have been looked at
};

void events_devices_free(struct events_devices *devices);

// The number of "MAJOR,MINOR" among volumes, as trace_volumes_intern.
uint32_t events_devices_intern(struct trace_volumes *volumes, uint32_t device,
                               struct trace_error *error);

// The number of a device, new or not, which becomes the last; TRACE_VOLUME_NONE: too many or no
// memory, error filled.
uint32_t events_devices_turn(struct events_devices *devices, uint32_t device,
                             struct trace_error *error);

// Makes those that are new volumes of the trace. False: error filled.
bool events_devices_show(struct events_devices *devices, const struct blktrace_pairing *pairing,
                         struct trace_volumes *volumes, struct trace_error *error);

#endif
