// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/events/devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The kernel's own device number, in records: 12 bits of major, 20 of minor.
#define DEVICE_MINOR_BITS 20
#define DEVICE_NAME_BYTES 24
#define DEVICE_MINOR_MASK ((UINT32_C(1) << DEVICE_MINOR_BITS) - 1)

void events_devices_free(struct events_devices *devices)
{
    trace_map_free(&devices->numbers);
    trace_volumes_free(&devices->names);
    free(devices->shown);
}

uint32_t events_devices_intern(struct trace_volumes *volumes, uint32_t device,
                               struct trace_error *error)
{
    char name[DEVICE_NAME_BYTES];
    int length = snprintf(name, sizeof name, "%u,%u", device >> DEVICE_MINOR_BITS,
                          device & DEVICE_MINOR_MASK);
    return trace_volumes_intern(volumes, name, (size_t)length, error);
}

uint32_t events_devices_turn(struct events_devices *devices, uint32_t device,
                             struct trace_error *error)
{
    uint32_t number = trace_map_get(&devices->numbers, device, 0);
    if (number == TRACE_MAP_NONE) {
        number = events_devices_intern(&devices->names, device, error);
        if (number == TRACE_VOLUME_NONE)
            return number;
        if (!trace_map_put(&devices->numbers, device, 0, number)) {
            trace_error_no_memory(error);
            return TRACE_VOLUME_NONE;
        }
    }
    devices->last_device = device;
    devices->last_number = number;
    return number;
}

bool events_devices_show(struct events_devices *devices, const struct blktrace_pairing *pairing,
                         struct trace_volumes *volumes, struct trace_error *error)
{
    size_t count = devices->names.count;
    struct events_shown *shown = realloc(devices->shown, (count + 1) * sizeof *shown);
    if (shown == NULL) {
        trace_error_no_memory(error);
        return false;
    }
    devices->shown = shown;
    for (; devices->shown_count < count; devices->shown_count++) {
        uint32_t number = (uint32_t)devices->shown_count;
        const char *name = devices->names.names[number];
        shown[number].volume = TRACE_VOLUME_NONE;
        if (number < pairing->volume_count && pairing->volumes[number].is_below)
            continue;
        uint32_t volume = trace_volumes_intern(volumes, name, strlen(name), error);
        if (volume == TRACE_VOLUME_NONE)
            return false;
        shown[number].volume = volume;
        shown[volume].number = number;
    }
    return true;
}
