// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of synth_check.
#ifndef TRACES_SYNTH_CHECK_H
#define TRACES_SYNTH_CHECK_H

#include "traces/synth.h"

// One entry, for itself.
bool synth_check_volume(const struct synth_volume *volume, struct trace_error *error);

#endif
