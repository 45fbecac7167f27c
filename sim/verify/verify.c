// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/verify.h"

#include "sim/verify/departure.h"

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
