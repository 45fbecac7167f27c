// SPDX-License-Identifier: GPL-2.0-or-later
// What is behind the throttle: an object that takes requests and says when it has done them.
//
// A new device is a file here with its `struct device_model`, and a row in device.c.
#ifndef SIM_REPLAY_DEVICES_DEVICE_H
#define SIM_REPLAY_DEVICES_DEVICE_H

#include "sim/arrivals/request_pool.h"
#include "sim/scenario/scenario.h"

enum device_start {
    DEVICE_DONE,  // at once: it does not come out of pop
    DEVICE_BUSY,  // it will come out of pop
    DEVICE_NEVER, // it will not
    DEVICE_NO_MEMORY,
};

struct device {
    const struct device_model *model;
    int64_t next_ns; // when pop can be called next; INT64_MAX: not before another start
};

struct device_model {
    struct device *(*open)(const struct scenario_device *config); // NULL: out of memory
    void (*close)(struct device *device);
    enum device_start (*start)(struct device *device, int64_t now_ns, struct sim_request *request);
    // The request that is done at next_ns. Of several in one instant: in order of arrival.
    struct sim_request *(*pop)(struct device *device);
};

extern const struct device_model device_delay;

// Opens the one that the scenario asks for. NULL: out of memory.
struct device *device_open(const struct scenario_device *config);
void device_close(struct device *device); // NULL is allowed

#endif
