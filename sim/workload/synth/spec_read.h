// SPDX-License-Identifier: GPL-2.0-or-later
// What the files that read specifications share.
#ifndef SIM_WORKLOAD_SYNTH_SPEC_READ_H
#define SIM_WORKLOAD_SYNTH_SPEC_READ_H

#include "sim/base/yaml_reader.h"
#include "sim/workload/synth/synth_spec.h"

yaml_read synth_read_number;   // double, at least 0
yaml_read synth_read_size;     // uint64_t, bytes
yaml_read synth_read_count;    // uint32_t
yaml_read synth_read_draw;     // struct synth_draw of a time
yaml_read synth_read_arrivals; // struct synth_arrivals

// One of the words. `expected` completes "expected ...". Below 0: the error is filled.
int synth_read_word(struct yaml_reader *reader, yaml_node_t *node, const char *expected,
                    nearest_word_at *word_at);

#endif
