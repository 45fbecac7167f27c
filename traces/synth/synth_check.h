// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of synth_check.
#ifndef TRACES_SYNTH_SYNTH_CHECK_H
#define TRACES_SYNTH_SYNTH_CHECK_H

#include "traces/synth.h"

// One entry, for itself.
bool synth_check_volume(const struct synth_volume *volume, struct trace_error *error);

// The same, and whether it goes with the entries before it.
bool synth_check_entry(const struct synth_spec *spec, size_t index, struct trace_error *error);

#endif
