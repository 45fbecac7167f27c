// SPDX-License-Identifier: GPL-2.0-or-later
// The key `loop-stalls` of a scenario.
#include "sim/scenario/scenario_internal.h"

#include "sim/base/units.h"

#define RATE_MAX 10000 // a second: each is drawn

static bool parse_rate(struct setting_input *input, void *value)
{
    struct fraction rate;
    bool ok = fraction_parse(input->text, &rate) && rate.numerator / rate.denominator < RATE_MAX;
    if (ok)
        *(struct fraction *)value = rate;
    return ok;
}

static void write_rate(struct setting_writer *writer, const void *value)
{
    scenario_factor_kind.write(writer, value);
}

static const struct setting_kind rate_kind = {
    .type = "factor above 0",
    .expected = "how often a second, such as 20 or 0.1, below 10000",
    .size = sizeof(struct fraction),
    .parse = parse_rate,
    .write = write_rate,
};

static bool parse_mean(struct setting_input *input, void *value)
{
    int64_t mean_ns;
    if (!units_parse_duration(input->text, &mean_ns))
        return false;
    if (mean_ns == 0)
        snprintf(input->message, sizeof input->message, "a stall must be longer than 0");
    else
        *(int64_t *)value = mean_ns;
    return mean_ns > 0;
}

static const struct setting_kind mean_kind = {
    .type = "duration above 0",
    .expected = YAML_DURATION,
    .size = sizeof(int64_t),
    .parse = parse_mean,
    .is_time = true,
    .write = setting_write_time,
};

const struct setting scenario_stalls_rows[] = {
    {"rate", &rate_kind, offsetof(struct scenario_stalls, rate), .required = true},
    {"mean", &mean_kind, offsetof(struct scenario_stalls, mean_ns), .required = true},
    {"seed", &scenario_seed_kind, .offset = offsetof(struct scenario_stalls, seed)},
    {.key = NULL},
};

static bool read_stalls(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return setting_read(reader, node, "loop-stalls", scenario_stalls_rows, target);
}

const struct setting_kind scenario_stalls_kind = {
    .type = "stalls",
    .rows = scenario_stalls_rows,
    .size = sizeof(struct fraction), // the rate
    .read = read_stalls,
};
