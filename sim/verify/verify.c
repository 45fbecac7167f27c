// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/verify.h"

#include "sim/parts/trace_streams.h"
#include "sim/verify/lockstep/departure.h"

// To find out when a request left, the scenario is run again.
static bool can_read_again(const struct scenario *scenario, const struct scenario_trace *trace,
                           struct sim_error *error)
{
    return trace->path == NULL || trace->csv != NULL || !trace_path_is_stream(trace->path) ||
           sim_fail(error, SIM_BAD_INPUT,
                    "%s:%zu:%zu: %s cannot be verified: a trace is read more than once",
                    scenario->name, trace->place.line, trace->place.column,
                    streams_name(trace->path));
}

static bool can_read_all_again(const struct scenario *scenario, struct sim_error *error)
{
    for (size_t i = 0; i < scenario->member_count; i++) {
        if (!can_read_again(scenario, &scenario->members[i].trace, error))
            return false;
    }
    for (size_t i = 0; i < scenario->trace_count; i++) {
        if (!can_read_again(scenario, &scenario->traces[i], error))
            return false;
    }
    return true;
}

bool verify_prepare(struct scenario *scenario, int64_t granularity_ns, struct sim_error *error)
{
    size_t count;
    if (scenario->algorithm != engine_algorithms(&count)[0])
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: engine '%s' cannot be verified: today's QEMU has throttle groups",
                        scenario->name, scenario->algorithm->name);
    scenario->device = (struct scenario_device){.model = SCENARIO_DEVICE_NULL};
    if (granularity_ns >= 0)
        scenario->timer_granularity_ns = granularity_ns;
    if (!can_read_all_again(scenario, error))
        return false;
    return scenario->timer_granularity_ns == 0 ||
           scenario->timer_granularity_ns == VERIFY_GRANULARITY_NS ||
           sim_fail(error, SIM_BAD_INPUT,
                    "%s: a timer granularity of 0 or, as in QEMU's main loop, 1ms can be verified",
                    scenario->name);
}

bool verify_scenario(const struct scenario *scenario, const struct lockstep_config *config,
                     struct lockstep_result *result, struct sim_error *error)
{
    struct difference *difference = &result->difference;
    if (!lockstep_run(scenario, config, result, error))
        return false;
    if (result->agree || difference->kind == DIFFERENCE_SLEEP)
        return true;
    return difference_find_request(difference, scenario, error) &&
           departure_find(difference, scenario, config, error);
}

void verify_free(struct lockstep_result *result)
{
    difference_free(&result->difference);
}
