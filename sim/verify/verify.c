// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/verify.h"

#include "reports/json_text.h"
#include "reports/label.h"
#include "sim/parts/trace_names.h"
#include "sim/verify/lockstep/departure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

// ---- What came of it ----

// What came of a comparison, for people and as JSON.

#define NAME_CHARACTERS 127 // of a file's name

json_t *verify_json(const struct lockstep_result *result, const struct scenario *scenario)
{
    char digest[17];
    snprintf(digest, sizeof digest, "%016" PRIx64, result->digest);
    json_t *object =
        json_pack("{sb so ss sI sI sI sI ss sI}", "agree", result->agree, "scenario",
                  report_json_text(scenario->name), "qemu", result->qemu_version, "requests",
                  (json_int_t)result->requests, "waited", (json_int_t)result->waited, "operations",
                  (json_int_t)result->operations, "timer_granularity_ns",
                  (json_int_t)scenario->timer_granularity_ns, "digest", digest, "end_ns",
                  (json_int_t)result->end_ns);
    if (!result->agree)
        json_object_set_new(object, "difference", difference_json(&result->difference, scenario));
    return object;
}

void verify_print(const struct lockstep_result *result, const struct scenario *scenario, FILE *out)
{
    if (!result->agree) {
        difference_print(&result->difference, scenario, out);
        return;
    }
    char label[REPORT_LABEL_MAX];
    report_label(label, scenario->name, NAME_CHARACTERS);
    fprintf(out,
            "%s: QEMU %s agrees: %" PRIu64 " requests, of which %" PRIu64 " waited, %" PRIu64
            " operations, digest %016" PRIx64 "\n",
            label, result->qemu_version, result->requests, result->waited, result->operations,
            result->digest);
}

json_t *verify_random_json(const struct verify_random_result *result,
                           const struct verify_random_config *config)
{
    return json_pack("{sb ss sI sI sI sI sI sf sf}", "agree", result->agree, "qemu",
                     result->qemu_version, "seed", (json_int_t)config->seed, "scenarios",
                     (json_int_t)result->scenarios, "requests", (json_int_t)result->requests,
                     "waited", (json_int_t)result->waited, "operations",
                     (json_int_t)result->operations, "seconds", result->seconds,
                     "requests_per_second", (double)result->requests / result->seconds);
}

void verify_random_print(const struct verify_random_result *result, FILE *out)
{
    fprintf(out,
            "QEMU %s agrees with %" PRIu64 " random scenarios: %" PRIu64
            " requests, of which %" PRIu64 " waited, %" PRIu64
            " operations; %.0f requests checked per second\n",
            result->qemu_version, result->scenarios, result->requests, result->waited,
            result->operations, (double)result->requests / result->seconds);
}
