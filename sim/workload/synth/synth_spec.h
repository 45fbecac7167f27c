// SPDX-License-Identifier: GPL-2.0-or-later
// Specifications of made workloads as YAML or JSON text: docs/trace-synth.md.
#ifndef SIM_WORKLOAD_SYNTH_SYNTH_SPEC_H
#define SIM_WORKLOAD_SYNTH_SYNTH_SPEC_H

#include "sim/base/error.h"
#include "traces/synth.h"

#include <stdio.h>

// From a file, "-" is standard input. False with the error filled, and the specification is empty.
// Each entry of what is read is valid. Whether there is too much of all is left to synth_check: the
// command line may ask for less. The caller frees it by synth_spec_free.
bool synth_spec_load(struct synth_spec *spec, const char *path, struct sim_error *error);

// The same from a text in memory, which messages call by the name.
bool synth_spec_parse(struct synth_spec *spec, const char *name, const char *text, size_t length,
                      struct sim_error *error);

// As a YAML text that is read as exactly this specification, which is valid. False: the stream
// could not be written.
bool synth_spec_write(const struct synth_spec *spec, FILE *out);

#endif
