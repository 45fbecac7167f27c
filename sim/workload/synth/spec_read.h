// SPDX-License-Identifier: GPL-2.0-or-later
// What the files that read specifications share.
#ifndef SIM_WORKLOAD_SYNTH_SPEC_READ_H
#define SIM_WORKLOAD_SYNTH_SPEC_READ_H

#include "sim/base/yaml_reader.h"
#include "sim/workload/synth/synth_spec.h"

#define SYNTH_DEFAULT_RATE 100 // a second
#define SYNTH_DEFAULT_EXPONENT 0.9
#define SYNTH_DEFAULT_SPAN (UINT64_C(10) << 30)
#define SYNTH_DEFAULT_ALIGN 4096
#define SYNTH_DEFAULT_BYTES 4096

yaml_read synth_read_number;   // double, at least 0
yaml_read synth_read_time;     // double, ns
yaml_read synth_read_size;     // uint64_t, bytes
yaml_read synth_read_count;    // uint32_t
yaml_read synth_read_law;      // enum synth_law
yaml_read synth_read_draw;     // struct synth_draw of a time
yaml_read synth_read_arrivals; // struct synth_arrivals
yaml_read synth_read_mix;      // struct synth_volume

// One of the words; NULL ends them. `expected` completes "expected ...". Below 0: the error is
// filled.
typedef const char *synth_word(const void *words, size_t index); // suggest_word
int synth_read_word(struct yaml_reader *reader, yaml_node_t *node, const char *expected,
                    synth_word *word_at);

// Has the law of this draw a shape? Then it must be given, else it must not.
bool synth_require_shape(struct yaml_reader *reader, yaml_node_t *node,
                         const struct synth_draw *draw);

void synth_default_mix(struct synth_volume *volume);

#endif
