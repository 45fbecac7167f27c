// SPDX-License-Identifier: GPL-2.0-or-later
// What the files that make a scenario share.
#ifndef SIM_SCENARIO_SCENARIO_INTERNAL_H
#define SIM_SCENARIO_SCENARIO_INTERNAL_H

#include "sim/scenario/limits_text.h"
#include "sim/scenario/setting.h"

// The scenario that is being read.
static inline struct scenario *scenario_of(const struct yaml_reader *reader)
{
    return reader->filled;
}

// An empty scenario with the default settings and these (NULL: none). NULL with the error filled.
struct scenario *scenario_new(const char *name, const struct scenario_settings *settings,
                              struct sim_error *error);

void scenario_trace_free(struct scenario_trace *trace); // what it holds
void scenario_streams_free(struct scenario_trace *trace);

// Does the device have what its model needs, and nothing else? False with the message.
#define DEVICE_MESSAGE_MAX 200
bool scenario_check_device(const struct scenario_device *device, char message[DEVICE_MESSAGE_MAX]);

// The same of one of its classes: the message, or NULL.
const char *scenario_class_fault(const struct scenario_class *class, bool is_queue);

uint32_t scenario_find_group(const struct scenario *scenario, const char *name);
uint32_t scenario_find_member(const struct scenario *scenario, const char *name);

// For suggest(): the names of a scenario's groups, members, devices.
const char *scenario_group_at(const void *words, size_t index);
const char *scenario_member_at(const void *words, size_t index);
const char *scenario_device_at(const void *words, size_t index);

// Kinds whose value is the scenario, to which they append; of traces and streams, a trace; of
// limits, struct engine_parameters, a whole set or a part of one.
extern const struct setting_kind scenario_groups, scenario_members, scenario_traces,
    scenario_events, scenario_trace_kind, scenario_streams, scenario_closed_kind,
    scenario_arrivals_kind, scenario_factor_kind, scenario_devices, scenario_classes, device_kind,
    scenario_member_device, scenario_group_limits, scenario_member_limits, scenario_member_groups,
    scenario_stalls_kind;

// Of draws, int64_t.
extern const struct setting_kind scenario_seed_kind;

// A path, char *, as found from the working directory.
yaml_read scenario_read_path;

// A file of its own that a scenario includes: `what` it is ("a file of streams"), the parts it has,
// and what reads its root into the target.
struct scenario_file {
    const char *what;
    const char *parts;
    yaml_read *read;
};

// The file whose path stands at the node, or is the text behind `prefix` of an option's value.
// False with the error, or the input's message, filled.
bool scenario_read_file(struct yaml_reader *reader, yaml_node_t *node,
                        const struct scenario_file *file, void *target);
bool scenario_parse_file(struct setting_input *input, const char *prefix,
                         const struct scenario_file *file, void *target);

// Limits as found at the node: are they a valid set by themselves?
bool scenario_check_limits(struct yaml_reader *reader, yaml_node_t *node,
                           enum limits_text_spelling spelling,
                           const struct engine_parameters *limits);

// ---- Each volume of the common traces a member ----

typedef bool scenario_volume(void *context, const char *name); // false: the error is filled

// Tells of all volumes of which a request takes part, in the order of their first requests: reads
// the traces to their ends. False with the error filled, then too if there are none.
bool scenario_volumes_read(struct scenario *scenario, scenario_volume *each, void *context,
                           struct sim_error *error);

// ---- What the engine cannot do ----

// Fails: what there is, and that with --lenient it would be done in another way. If the scenario is
// read leniently: adds a notice instead. place {0}: from the command line.
bool scenario_leave_out(struct scenario *scenario, struct sim_place place, struct sim_error *error,
                        const char *lenient, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

// An engine without groups: each of several members of a group gets one of its own. One without
// buckets: none is filled.
bool scenario_fit_groups(struct scenario *scenario, struct sim_error *error);

#endif
