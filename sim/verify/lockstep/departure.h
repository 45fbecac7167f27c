// SPDX-License-Identifier: GPL-2.0-or-later
// When did a request really leave QEMU's throttle, that did not when it was expected to?
#ifndef SIM_VERIFY_LOCKSTEP_DEPARTURE_H
#define SIM_VERIFY_LOCKSTEP_DEPARTURE_H

#include "sim/verify/lockstep/lockstep.h"

// Fills qemu_ns and qemu_after_ns of a difference of departure, by running the scenario again up to
// one time after the other, halving; with a timer granularity, by following QEMU. False with the
// error filled.
bool departure_find(struct difference *difference, const struct scenario *scenario,
                    const struct lockstep_config *config, struct sim_error *error);

#endif
