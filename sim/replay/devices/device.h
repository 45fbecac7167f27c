// SPDX-License-Identifier: GPL-2.0-or-later
// What is behind the throttle: objects that take requests and say when they have done them, each of
// one or more members.
//
// A new device is a file here with its `struct device_model`, and a row in device.c. It says of a
// request when it will be done as soon as it begins: what has begun is not delayed by what comes
// later.
#ifndef SIM_REPLAY_DEVICES_DEVICE_H
#define SIM_REPLAY_DEVICES_DEVICE_H

#include "sim/arrivals/request_pool.h"
#include "sim/scenario/scenario.h"

struct device_model;

struct device {
    const struct device_model *model;
    const struct scenario_device *config;
    enum scenario_device_model is; // never AUTO
};

struct device_model {
    // With room for itself behind the device. config and is are set. NULL: out of memory.
    struct device *(*open)(const struct scenario_device *config, const struct scenario *scenario);
    void (*close)(struct device *device);
    // When a request that begins now, which of its member's it is from 0, is done, not before
    // now_ns; INT64_MAX: never. Requests begin in order of time.
    int64_t (*done_ns)(struct device *device, int64_t now_ns, const struct sim_request *request,
                       uint64_t number);
};

extern const struct device_model device_delay, device_random, device_queue;

// ---- All devices of a scenario ----

enum device_start {
    DEVICE_DONE,  // at once: it does not come out of pop
    DEVICE_BUSY,  // it will come out of pop
    DEVICE_NEVER, // it will not
    DEVICE_NO_MEMORY,
};

// All zero is closed.
struct devices {
    struct device **items; // those with names, then that of the other members
    size_t count;
    struct device **of_member;
    struct timer_heap requests; // by the time at which they are done, then in order of arrival
    int64_t next_ns;            // when pop can be called next; INT64_MAX: not before another start
};

// answers: the arrivals do, so `auto` is `recorded`. False: out of memory; devices_close is needed
// in any case.
bool devices_open(struct devices *devices, const struct scenario *scenario, bool answers);
void devices_close(struct devices *devices);

enum device_start devices_start(struct devices *devices, int64_t now_ns,
                                struct sim_request *request, uint64_t number);

// The request that is done at next_ns. Of several in one instant: in order of arrival.
struct sim_request *devices_pop(struct devices *devices);

// How many members have this one.
size_t devices_members(const struct devices *devices, const struct scenario *scenario,
                       size_t device);

#endif
