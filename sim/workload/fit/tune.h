// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef SIM_WORKLOAD_FIT_TUNE_H
#define SIM_WORKLOAD_FIT_TUNE_H

#include "sim/base/error.h"
#include "sim/workload/fit/fit_record.h"
#include "sim/workload/fit/work.h"
#include "traces/synth.h"

// How often places recur is estimated from the places alone (sim/workload/fit/fit_places.h); how
// much of a disk is touched depends on sizes, runs and overlaps, too. So the generator makes as
// many requests as were recorded, and all exponents of a volume are moved by one number until as
// many blocks are touched, within a few per cent, if that can be. False with the error filled.
bool fit_tune_places(const struct fit_volume *volume, struct synth_volume *spec,
                     struct fit_work *work, struct sim_error *error);

#endif
