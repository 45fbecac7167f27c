// SPDX-License-Identifier: GPL-2.0-or-later
// What the files that make a scenario share.
#ifndef SIM_SCENARIO_SCENARIO_INTERNAL_H
#define SIM_SCENARIO_SCENARIO_INTERNAL_H

#include "sim/base/yaml_reader.h"
#include "sim/scenario/scenario.h"

// The scenario that is being read.
static inline struct scenario *scenario_of(const struct yaml_reader *reader)
{
    return reader->filled;
}

// An empty scenario with the default settings and these (NULL: none). NULL with the error filled.
struct scenario *scenario_new(const char *name, const struct scenario_settings *settings,
                              struct sim_error *error);

// Fills source; "-" is standard input.
bool scenario_read_file(struct scenario *scenario, const char *path, struct sim_error *error);

// Fills source from memory.
bool scenario_copy_source(struct scenario *scenario, const char *text, size_t length,
                          struct sim_error *error);

struct scenario_trace scenario_trace_default(void);
void scenario_trace_free(struct scenario_trace *trace); // what it holds
// Copies the name of one more device that takes part. False: out of memory.
bool scenario_trace_add_device(struct scenario_trace *trace, const char *name);

uint32_t scenario_find_group(const struct scenario *scenario, const char *name);
uint32_t scenario_find_member(const struct scenario *scenario, const char *name);

// For suggest(): the names of a scenario's groups, members.
const char *scenario_group_at(const void *words, size_t index);
const char *scenario_member_at(const void *words, size_t index);

yaml_read scenario_read_group_limits;  // struct engine_parameters, a whole set
yaml_read scenario_read_member_limits; // struct engine_parameters, a partial set
// Of a group that is made, as found at the node: a valid set?
bool scenario_check_limits(struct yaml_reader *reader, yaml_node_t *node,
                           const struct engine_parameters *limits);
yaml_read scenario_read_groups; // appends to the reader's scenario, as do the following three
yaml_read scenario_read_members;
yaml_read scenario_read_traces;
yaml_read scenario_read_trace; // struct scenario_trace
yaml_read scenario_read_event;

// In order of time, then as they stand in the file.
void scenario_sort_events(struct scenario *scenario);

// Carries out all operations on an engine without requests: each must be accepted, which does not
// depend on the requests. What the engine cannot do at all may be left out.
bool scenario_rehearse(struct scenario *scenario, struct sim_error *error);

// ---- Each volume of the common traces a member ----

struct scenario_volumes {
    char **names; // in the order of their first requests
    size_t count;
};

// Of all requests that take part: reads the traces to their ends. False with the error filled, then
// too if there are none; scenario_volumes_free in any case.
bool scenario_volumes_read(struct scenario_volumes *volumes, struct scenario *scenario,
                           struct sim_error *error);
void scenario_volumes_free(struct scenario_volumes *volumes);

// ---- What the engine cannot do ----

// Fails: what there is, and that with --lenient it would be done in another way. If the scenario is
// read leniently: adds a notice instead. place {0}: from the command line.
bool scenario_leave_out(struct scenario *scenario, struct sim_place place, struct sim_error *error,
                        const char *lenient, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

// An engine without groups: each of several members of a group gets one of its own.
bool scenario_fit_groups(struct scenario *scenario, struct sim_error *error);

#endif
