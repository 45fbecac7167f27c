// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/verify.h"

#include "reports/json_text.h"
#include "reports/label.h"
#include "sim/parts/trace_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct search {
    struct difference *difference;
    struct lockstep_request request; // that it is about
    const struct scenario *scenario;
    const struct lockstep_config *config;
    struct sim_error *error;
};

// The scenario is run again up to this time: it left by then, or after.
static bool probe(const struct search *search, int64_t at_ns, bool *has_left,
                  struct qemu_deadline *deadline)
{
    struct difference *difference = search->difference;
    if (!lockstep_probe(search->scenario, search->config, at_ns, &search->request, has_left,
                        deadline, search->error))
        return false;
    if (*has_left && at_ns < difference->qemu_ns)
        difference->qemu_ns = at_ns;
    else if (!*has_left && at_ns > difference->qemu_after_ns)
        difference->qemu_after_ns = at_ns;
    return true;
}

// It left in (qemu_after_ns, qemu_ns].
static bool halve(const struct search *search)
{
    struct difference *difference = search->difference;
    while (difference->qemu_ns - difference->qemu_after_ns > 1) {
        int64_t distance_ns = difference->qemu_ns - difference->qemu_after_ns;
        bool has_left;
        if (!probe(search, difference->qemu_after_ns + distance_ns / 2, &has_left, NULL))
            return false;
    }
    return true;
}

// The deadline that QEMU had when it had not left, if that is the one; else halving finds it, if it
// is known to have left at all.
static bool find_left(const struct search *search)
{
    struct difference *difference = search->difference;
    struct qemu_deadline deadline;
    bool has_left;
    if (difference->qemu_after_ns >= 0) {
        if (!probe(search, difference->qemu_after_ns, &has_left, &deadline))
            return false;
        if (deadline.by_ns < difference->qemu_ns && !probe(search, deadline.by_ns, &has_left, NULL))
            return false;
        if (deadline.by_ns <= difference->qemu_ns &&
            deadline.after_ns > difference->qemu_after_ns &&
            !probe(search, deadline.after_ns, &has_left, NULL))
            return false;
    }
    return difference->qemu_ns == ENGINE_NEVER || halve(search);
}

// QEMU was looked at each time that it woke, so an early request was seen as it left.
static bool find_wake(const struct search *search)
{
    struct difference *difference = search->difference;
    difference->qemu_ns = difference->found_ns;
    if (difference->qemu_left < difference->our_left &&
        !lockstep_follow(search->scenario, search->config, &search->request, &difference->qemu_ns,
                         search->error))
        return false;
    difference->qemu_after_ns = difference->qemu_ns - 1;
    return true;
}

// When did a request really leave QEMU's throttle, that did not when it was expected to? The
// scenario is run again up to one time after the other; with a timer granularity QEMU is followed.
static bool find_departure(struct difference *difference, const struct scenario *scenario,
                           const struct lockstep_config *config, struct sim_error *error)
{
    struct search search = {difference,
                            {difference->member, difference->direction, difference->number},
                            scenario,
                            config,
                            error};
    bool is_late = difference->qemu_left < difference->our_left;
    if (scenario->timer_granularity_ns != 0)
        return find_wake(&search);
    difference->qemu_after_ns = is_late ? difference->found_ns : difference->looked_ns;
    difference->qemu_ns = is_late ? ENGINE_NEVER : difference->found_ns;
    return find_left(&search);
}

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

// A group of QEMU's begins with empty buckets, and its event loop is never late.
static bool is_as_in_qemu(const struct scenario *scenario, struct sim_error *error)
{
    if (scenario->stalls.rate.numerator > 0)
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: loop-stalls cannot be verified: QEMU's clock stands while it works",
                        scenario->name);
    for (size_t i = 0; i < scenario->group_count; i++) {
        if (scenario->groups[i].levels.numerator != 0)
            return sim_fail(error, SIM_BAD_INPUT,
                            "%s: levels of group '%s' cannot be verified: QEMU begins with empty "
                            "buckets",
                            scenario->name, scenario->groups[i].name);
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
    scenario_device_free(&scenario->device);
    scenario->device = (struct scenario_device){.model = SCENARIO_DEVICE_NULL};
    for (size_t i = 0; i < scenario->member_count; i++) {
        scenario->members[i].device = SCENARIO_NONE;
        scenario->members[i].arrivals = SCENARIO_ARRIVALS_OPEN; // the same for both
    }
    if (granularity_ns >= 0)
        scenario->timer_granularity_ns = granularity_ns;
    if (!is_as_in_qemu(scenario, error) || !can_read_all_again(scenario, error))
        return false;
    return scenario->timer_granularity_ns == 0 ||
           scenario->timer_granularity_ns == VERIFY_GRANULARITY_NS ||
           sim_fail(error, SIM_BAD_INPUT,
                    "%s: a timer granularity of 0 or, as in QEMU's main loop, 1ms can be verified",
                    scenario->name);
}

// That something differs is known, but not where it began.
static bool run_carefully(const struct scenario *scenario, const struct lockstep_config *config,
                          struct lockstep_result *result, struct sim_error *error)
{
    struct lockstep_config careful = *config;
    careful.is_careful = true;
    verify_free(result);
    if (!lockstep_run(scenario, &careful, result, error))
        return false;
    return !result->agree ||
           sim_fail(error, SIM_FAILED, "%s: QEMU %s differed, and not when the same was done again",
                    scenario->name, result->qemu_version);
}

bool verify_scenario(const struct scenario *scenario, const struct lockstep_config *config,
                     struct lockstep_result *result, struct sim_error *error)
{
    struct difference *difference = &result->difference;
    if (!lockstep_run(scenario, config, result, error))
        return false;
    if (result->agree || difference->kind == DIFFERENCE_SLEEP)
        return true;
    if (!run_carefully(scenario, config, result, error))
        return false;
    if (difference->kind != DIFFERENCE_DEPARTURE)
        return true;
    return difference_find_request(difference, scenario, error) &&
           find_departure(difference, scenario, config, error);
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

static void print_difference(const struct lockstep_result *result, const struct scenario *scenario,
                             const struct report_style *style)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (out != NULL) {
        difference_print(&result->difference, scenario, out);
        fprintf(out, "in QEMU %s\n", result->qemu_version);
        if (fclose(out) == 0)
            report_fold(style->out, report_width(style), text);
    }
    free(text);
}

void verify_print(const struct lockstep_result *result, const struct scenario *scenario,
                  const struct report_style *style)
{
    char label[REPORT_LABEL_MAX];
    if (!result->agree) {
        print_difference(result, scenario, style);
        return;
    }
    report_label(label, scenario->name, NAME_CHARACTERS);
    report_say(style, REPORT_GOOD,
               "%s: QEMU %s agrees: %" PRIu64 " requests, of which %" PRIu64 " waited, %" PRIu64
               " operations, digest %016" PRIx64,
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

void verify_random_print(const struct verify_random_result *result,
                         const struct report_style *style)
{
    report_say(style, REPORT_GOOD,
               "QEMU %s agrees with %" PRIu64 " random scenarios: %" PRIu64
               " requests, of which %" PRIu64 " waited, %" PRIu64
               " operations; %.0f requests checked per second",
               result->qemu_version, result->scenarios, result->requests, result->waited,
               result->operations, (double)result->requests / result->seconds);
}
