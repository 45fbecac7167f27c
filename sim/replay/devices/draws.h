// SPDX-License-Identifier: GPL-2.0-or-later
// How long a request takes at a device with classes, drawn for it.
//
// What is drawn depends on the seed, the name of the member and which of its requests it is, on
// nothing else: under other limits, or on another device of these classes, the same request has the
// same luck, so that what differs between two runs is not the draws.
#ifndef SIM_REPLAY_DEVICES_DRAWS_H
#define SIM_REPLAY_DEVICES_DRAWS_H

#include "sim/arrivals/request_pool.h"
#include "sim/scenario/scenario.h"
#include "traces/synth/law_draw.h"

struct draws_of_class {
    const struct scenario_class *class;
    struct synth_sampler sampler; // of a law with a shape
    int64_t serial_ns;            // what of it is the serial part of a queue
};

struct draws_of_member {
    uint64_t key;
    const struct draws_of_class *classes[ENGINE_OP_COUNT][SCENARIO_SIZE_COUNT];
};

struct draws {
    struct draws_of_class *classes;
    struct draws_of_member *members;
};

struct draw {
    int64_t takes_ns; // when nothing delays it; INT64_MAX: for ever
    int64_t serial_ns;
};

// config has classes. False: out of memory; draws_close is needed in any case.
bool draws_open(struct draws *draws, const struct scenario_device *config,
                const struct scenario *scenario);
void draws_close(struct draws *draws);

// number: which of its member's the request is, from 0.
struct draw draws_take(const struct draws *draws, const struct sim_request *request,
                       uint64_t number);

// The quantile of this share, 0 to 1, of an empirical class.
int64_t draws_quantile(const struct scenario_class *class, double share);

#endif
