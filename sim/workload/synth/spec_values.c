// SPDX-License-Identifier: GPL-2.0-or-later
// The values of a specification's keys.
#include "sim/base/suggest.h"
#include "sim/base/units.h"
#include "sim/workload/synth/spec_read.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Digits with or without a fraction and an exponent; *end is behind them.
static bool parse_number(const char *text, double *value, const char **end)
{
    char *behind;
    if (!isdigit((unsigned char)text[0]) || (text[0] == '0' && tolower(text[1]) == 'x'))
        return false;
    *value = strtod(text, &behind);
    *end = behind;
    return isfinite(*value);
}

bool synth_read_number(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const char *end, *text = yaml_text(reader, node, "a number of at least 0");
    if (text == NULL)
        return false;
    return (parse_number(text, target, &end) && *end == '\0') ||
           yaml_fail(reader, node, "expected a number of at least 0, found '%.64s'", text);
}

// Unlike a duration, a mean may be a fraction of a ns.
static bool read_time(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const char *expected = YAML_DURATION;
    const char *end, *text = yaml_text(reader, node, expected);
    char one[8] = "1", hint[UNITS_HINT_MAX];
    int64_t unit_ns = 0;
    double *ns = target;
    if (text == NULL)
        return false;
    bool ok = parse_number(text, ns, &end) && strlen(end) < sizeof one - 1;
    if (ok && (*ns > 0 || *end != '\0')) {
        strcat(one, end);
        ok = units_parse_duration(one, &unit_ns);
    }
    *ns *= (double)unit_ns;
    return ok || yaml_fail(reader, node, "expected %s, found '%.64s'%s", expected, text,
                           units_meant(UNITS_TIME, text, hint, sizeof hint));
}

bool synth_read_size(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const char *expected = "a size in bytes or with a unit (K, KiB, M, MiB, G, GiB, T, TiB)";
    char hint[UNITS_HINT_MAX];
    const char *text = yaml_text(reader, node, expected);
    int64_t bytes;
    if (text == NULL)
        return false;
    if (!units_parse_size(text, &bytes))
        return yaml_fail(reader, node, "expected %s, found '%.64s'%s", expected, text,
                         units_meant(UNITS_SIZE, text, hint, sizeof hint));
    *(uint64_t *)target = (uint64_t)bytes;
    return true;
}

bool synth_read_count(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const char *text = yaml_text(reader, node, "a whole number");
    int64_t count;
    if (text == NULL)
        return false;
    if (!units_parse_integer(text, &count) || count < 1 || count > UINT32_MAX)
        return yaml_fail(reader, node, "expected a whole number of at least 1, found '%.64s'",
                         text);
    *(uint32_t *)target = (uint32_t)count;
    return true;
}

int synth_read_word(struct yaml_reader *reader, yaml_node_t *node, const char *expected,
                    nearest_word_at *word_at)
{
    char hint[128];
    const char *word, *text = yaml_text(reader, node, expected);
    if (text == NULL)
        return -1;
    for (int i = 0; (word = word_at(NULL, (size_t)i)) != NULL; i++) {
        if (strcmp(word, text) == 0)
            return i;
    }
    yaml_fail(reader, node, "expected %s, found '%.64s'%s", expected, text,
              suggest(text, word_at, NULL, hint, sizeof hint));
    return -1;
}

// ---- Laws ----

static const char *law_at(const void *words, size_t index)
{
    (void)words;
    return index < SYNTH_LAW_COUNT ? synth_law_name((enum synth_law)index) : NULL;
}

static bool read_law(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    int law = synth_read_word(reader, node,
                              "constant, exponential, gamma, weibull, pareto or lognormal", law_at);
    *(enum synth_law *)target = law < 0 ? SYNTH_CONSTANT : (enum synth_law)law;
    return law >= 0;
}

static const struct yaml_field draw_fields[] = {
    {"law", read_law, offsetof(struct synth_draw, law), false},
    {"mean", read_time, offsetof(struct synth_draw, mean), true},
    {"shape", synth_read_number, offsetof(struct synth_draw, shape), false},
    {NULL, NULL, 0, false},
};

// Has the law of this draw a shape? Then it must be given, else it must not.
static bool require_shape(struct yaml_reader *reader, yaml_node_t *node,
                          const struct synth_draw *draw)
{
    bool has_shape = draw->law != SYNTH_CONSTANT && draw->law != SYNTH_EXPONENTIAL;
    yaml_node_t *shape = yaml_find(reader, node, "shape");
    if (has_shape && shape == NULL)
        return yaml_fail(reader, node, "%s needs a shape, such as shape: 2",
                         synth_law_name(draw->law));
    if (!has_shape && shape != NULL)
        return yaml_fail(reader, shape, "%s has no shape", synth_law_name(draw->law));
    return true;
}

// A time alone is constant; with more to say it is exponential if that is not said.
bool synth_read_draw(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct synth_draw *draw = target;
    if (node->type == YAML_SCALAR_NODE) {
        draw->law = SYNTH_CONSTANT;
        return read_time(reader, node, &draw->mean);
    }
    draw->law = SYNTH_EXPONENTIAL;
    return yaml_read_mapping(reader, node, "a law", draw_fields, draw) &&
           require_shape(reader, node, draw);
}

// ---- Arrivals ----

// arrivals: each process has keys of its own.

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
    {"mean", read_time, offsetof(struct synth_state, mean_ns), true},
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
        {"gap", read_time, offsetof(struct synth_arrivals, gap_ns.mean), false},                   \
    {                                                                                              \
        "shape", synth_read_number, offsetof(struct synth_arrivals, gap_ns.shape), false           \
    }

static const struct yaml_field renewal_fields[] = {GAP_FIELDS, {NULL, NULL, 0, false}};

static const struct yaml_field on_off_fields[] = {
    GAP_FIELDS,
    {"law", read_law, offsetof(struct synth_arrivals, gap_ns.law), false},
    {"on", synth_read_draw, offsetof(struct synth_arrivals, on_ns), true},
    {"off", synth_read_draw, offsetof(struct synth_arrivals, off_ns), true},
    {NULL, NULL, 0, false},
};

static const struct yaml_field mmpp_fields[] = {
    {"process", read_nothing, 0, true},
    {"states", read_states, 0, true},
    {NULL, NULL, 0, false},
};

static const struct yaml_field diurnal_fields[] = {
    {"process", read_nothing, 0, true},
    {"rate", synth_read_number, offsetof(struct synth_arrivals, rate_per_s), false},
    {"amplitude", synth_read_number, offsetof(struct synth_arrivals, amplitude), false},
    {"period", yaml_read_duration, offsetof(struct synth_arrivals, period_ns), false},
    {"peak", yaml_read_duration, offsetof(struct synth_arrivals, peak_ns), false},
    {NULL, NULL, 0, false},
};

static const struct yaml_field closed_fields[] = {
    {"process", read_nothing, 0, true},
    {"clients", synth_read_count, offsetof(struct synth_arrivals, clients), false},
    {"think", synth_read_draw, offsetof(struct synth_arrivals, think_ns), false},
    {NULL, NULL, 0, false},
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
    return require_shape(reader, node, &arrivals->gap_ns);
}
