// SPDX-License-Identifier: GPL-2.0-or-later
// What a volume's requests are: operations, sizes, places, latencies.
#ifndef SIM_WORKLOAD_FIT_FIT_MIX_H
#define SIM_WORKLOAD_FIT_FIT_MIX_H

#include "sim/workload/fit/fit_record.h"
#include "traces/synth.h"

// Fills the kinds and the latency. False: out of memory.
bool fit_mix(const struct fit_volume *volume, struct synth_volume *spec);

#endif
