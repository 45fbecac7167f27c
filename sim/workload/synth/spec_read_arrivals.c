// SPDX-License-Identifier: GPL-2.0-or-later
// arrivals: each process has keys of its own.
#include "sim/workload/synth/spec_read.h"

#include <string.h>

static bool read_nothing(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    (void)reader;
    (void)node;
    (void)target;
    return true;
}

// Requests a second, as the mean of a gap.
static bool read_rate(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    double rate, *gap_ns = target;
    if (!synth_read_number(reader, node, &rate))
        return false;
    if (!(rate >= SYNTH_RATE_MIN && rate <= SYNTH_RATE_MAX))
        return yaml_fail(reader, node, "expected a rate of 1e-06 to 1e+09 a second, found %g",
                         rate);
    *gap_ns = 1e9 / rate;
    return true;
}

static const struct yaml_field state_fields[] = {
    {"rate", synth_read_number, offsetof(struct synth_state, rate_per_s), true},
    {"mean", synth_read_time, offsetof(struct synth_state, mean_ns), true},
    {NULL, NULL, 0, false},
};

static bool read_state(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct synth_arrivals *arrivals = target;
    if (arrivals->state_count == SYNTH_STATES_MAX)
        return yaml_fail(reader, node, "more than %d states", SYNTH_STATES_MAX);
    return yaml_read_mapping(reader, node, "a state", state_fields,
                             &arrivals->states[arrivals->state_count++]);
}

static bool read_states(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return yaml_read_sequence(reader, node, "states", read_state, target);
}

#define GAP_FIELDS                                                                                 \
    {"process", read_nothing, 0, true},                                                            \
        {"rate", read_rate, offsetof(struct synth_arrivals, gap_ns.mean), false},                  \
        {"gap", synth_read_time, offsetof(struct synth_arrivals, gap_ns.mean), false},             \
    {                                                                                              \
        "shape", synth_read_number, offsetof(struct synth_arrivals, gap_ns.shape), false           \
    }
#define END_FIELD                                                                                  \
    {                                                                                              \
        NULL, NULL, 0, false                                                                       \
    }

static const struct yaml_field renewal_fields[] = {GAP_FIELDS, END_FIELD};

static const struct yaml_field on_off_fields[] = {
    GAP_FIELDS,
    {"law", synth_read_law, offsetof(struct synth_arrivals, gap_ns.law), false},
    {"on", synth_read_draw, offsetof(struct synth_arrivals, on_ns), true},
    {"off", synth_read_draw, offsetof(struct synth_arrivals, off_ns), true},
    END_FIELD,
};

static const struct yaml_field mmpp_fields[] = {
    {"process", read_nothing, 0, true},
    {"states", read_states, 0, true},
    END_FIELD,
};

static const struct yaml_field diurnal_fields[] = {
    {"process", read_nothing, 0, true},
    {"rate", synth_read_number, offsetof(struct synth_arrivals, rate_per_s), false},
    {"amplitude", synth_read_number, offsetof(struct synth_arrivals, amplitude), false},
    {"period", yaml_read_duration, offsetof(struct synth_arrivals, period_ns), false},
    {"peak", yaml_read_duration, offsetof(struct synth_arrivals, peak_ns), false},
    END_FIELD,
};

static const struct yaml_field closed_fields[] = {
    {"process", read_nothing, 0, true},
    {"clients", synth_read_count, offsetof(struct synth_arrivals, clients), false},
    {"think", synth_read_draw, offsetof(struct synth_arrivals, think_ns), false},
    END_FIELD,
};

static const struct process {
    const char *name;
    const struct yaml_field *fields;
    enum synth_process process;
    enum synth_law law; // of the gaps
} processes[] = {
    {"constant", renewal_fields, SYNTH_RENEWAL, SYNTH_CONSTANT},
    {"poisson", renewal_fields, SYNTH_RENEWAL, SYNTH_EXPONENTIAL},
    {"gamma", renewal_fields, SYNTH_RENEWAL, SYNTH_GAMMA},
    {"weibull", renewal_fields, SYNTH_RENEWAL, SYNTH_WEIBULL},
    {"pareto", renewal_fields, SYNTH_RENEWAL, SYNTH_PARETO},
    {"lognormal", renewal_fields, SYNTH_RENEWAL, SYNTH_LOGNORMAL},
    {"on-off", on_off_fields, SYNTH_ON_OFF, SYNTH_EXPONENTIAL},
    {"mmpp", mmpp_fields, SYNTH_MMPP, SYNTH_EXPONENTIAL},
    {"diurnal", diurnal_fields, SYNTH_DIURNAL, SYNTH_EXPONENTIAL},
    {"closed", closed_fields, SYNTH_CLOSED, SYNTH_EXPONENTIAL},
    {NULL, NULL, SYNTH_RENEWAL, SYNTH_CONSTANT},
};

static const char *process_at(const void *words, size_t index)
{
    (void)words;
    return processes[index].name;
}

// The target holds the defaults.
bool synth_read_arrivals(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct synth_arrivals *arrivals = target;
    if (node->type != YAML_MAPPING_NODE)
        return yaml_read_mapping(reader, node, "arrivals", renewal_fields, arrivals);
    yaml_node_t *name = yaml_find(reader, node, "process");
    if (name == NULL)
        return yaml_fail(reader, node, "arrivals need the key 'process', such as process: poisson");
    int index = synth_read_word(reader, name,
                                "constant, poisson, gamma, weibull, pareto, lognormal, on-off, "
                                "mmpp, diurnal or closed",
                                process_at);
    if (index < 0)
        return false;
    char what[64];
    const struct process *process = &processes[index];
    arrivals->process = process->process;
    arrivals->gap_ns.law = process->law;
    snprintf(what, sizeof what, "process %s", process->name);
    if (!yaml_read_mapping(reader, node, what, process->fields, arrivals))
        return false;
    yaml_node_t *gap = yaml_find(reader, node, "gap");
    if (gap != NULL && yaml_find(reader, node, "rate") != NULL)
        return yaml_fail(reader, gap, "a rate or the gap between two, not both");
    if (process->process != SYNTH_RENEWAL && process->process != SYNTH_ON_OFF)
        return true;
    return synth_require_shape(reader, node, &arrivals->gap_ns);
}
