// SPDX-License-Identifier: GPL-2.0-or-later
// Which of the recorded requests are compared, and why the others are not.
#include "sim/validate/validate.h"

#include <inttypes.h>
#include <stdlib.h>

struct counts {
    uint64_t ops[TRACE_OP_COUNT], unknown, outside;
    uint64_t early, late; // of those that could be compared
};

static bool is_data(enum trace_op op)
{
    return op == TRACE_READ || op == TRACE_WRITE || op == TRACE_WRITE_ZEROES;
}

static void count_requests(struct validating *validating, const bool *throttled,
                           struct counts *counts)
{
    const struct recorded *recorded = &validating->recorded;
    const struct scenario *scenario = validating->scenario;
    for (size_t i = 0; i < recorded->count; i++) {
        const struct arrival *arrival = &recorded->items[i];
        int64_t most_ns = INT64_MAX - arrival->time_ns;
        int64_t measured_ns =
            arrival->request.latency_ns > most_ns ? most_ns : arrival->request.latency_ns;
        bool is_known = arrival->request.latency_ns != TRACE_LATENCY_UNKNOWN;
        bool is_wanted = is_data(arrival->request.op);
        bool is_comparable = is_known && is_wanted && throttled[i];
        bool is_early = arrival->time_ns < scenario->warm_up_ns;
        // What is predicted to complete after the end is not seen: neither is what was measured so.
        bool is_late = is_known && arrival->time_ns + measured_ns > scenario->end_ns;
        counts->ops[arrival->request.op]++;
        counts->unknown += !is_known;
        counts->outside += is_wanted && !throttled[i];
        counts->early += is_comparable && is_early;
        counts->late += is_comparable && !is_early && is_late;
        validating->validation->requests.items[i] = (struct validation_request){
            .member = arrival->member,
            .is_counted = is_comparable && !is_early && !is_late,
            .measured_ns = measured_ns,
            .arrival_ns = arrival->time_ns,
        };
    }
}

static void say_requests(const struct validating *validating, const struct counts *counts)
{
    struct report_validation *validation = validating->validation;
    const struct recorded *recorded = &validating->recorded;
    validation_add_fact(validation, "recorded_requests", (double)recorded->count,
                        "%zu request%s in %.4g s %s recorded", recorded->count,
                        recorded->count == 1 ? "" : "s", (double)recorded->end_ns / 1e9,
                        recorded->count == 1 ? "is" : "are");
    const struct {
        const char *key, *text;
        uint64_t count;
    } rows[] = {
        {"flushes", "flushes, which no throttle delays", counts->ops[TRACE_FLUSH]},
        {"discards", "discards", counts->ops[TRACE_DISCARD]},
        {"without_completion", "without a completion (D without C): they have no figures",
         counts->unknown},
        {"outside_group", "of members in no group: they have no figures", counts->outside},
        {"in_warm_up", "arrived before the warm-up was over: they have no figures", counts->early},
        {"after_end", "were complete after the end of the scenario: they have no figures",
         counts->late},
        {"no_member", "of volumes that no member has", recorded->no_member},
        {"queued_volumes",
         "devices have arrivals at Q (queue), before merging and scheduling: what the throttle saw "
         "may be something else",
         recorded->queued},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].count > 0)
            validation_add_fact(validation, rows[i].key, (double)rows[i].count, "%" PRIu64 " %s",
                                rows[i].count, rows[i].text);
    }
}

static bool fail_without(const struct validating *validating, const struct counts *counts,
                         struct sim_error *error)
{
    const struct scenario *scenario = validating->scenario;
    char early[100] = "", late[100] = "";
    if (counts->early + counts->late == 0)
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: no read or write with a completion is of a member in a group, so "
                        "there is nothing to validate",
                        scenario->name);
    if (counts->early > 0)
        snprintf(early, sizeof early,
                 "arrived before the warm-up of %.4g s was over: %" PRIu64 "; ",
                 (double)scenario->warm_up_ns / 1e9, counts->early);
    if (counts->late > 0)
        snprintf(late, sizeof late, "complete after the end at %.4g s: %" PRIu64 "; ",
                 (double)scenario->end_ns / 1e9, counts->late);
    return sim_fail(error, SIM_BAD_INPUT,
                    "%s: of %" PRIu64 " reads and writes of members in groups, recorded in %.4g "
                    "s, %s%sso there is nothing to validate",
                    scenario->name, counts->early + counts->late,
                    (double)validating->recorded.end_ns / 1e9, early, late);
}

// What the throttle counts is seen in a replay of all that was recorded.
bool classify(struct validating *validating, struct sim_error *error)
{
    struct report_validation *validation = validating->validation;
    struct trial trial = trial_of(validating, validation->outcomes);
    struct counts counts = {.unknown = 0};
    bool ok = false;
    trial.scenario.end_ns = validating->recorded.end_ns;
    trial.scenario.stalls = (struct scenario_stalls){.seed = 1};
    trial.throttled = calloc(validating->recorded.count + 1, sizeof *trial.throttled);
    if (trial.throttled == NULL)
        sim_fail_memory(error);
    else if (trial_run(&trial, error)) {
        count_requests(validating, trial.throttled, &counts);
        say_requests(validating, &counts);
        ok = validation_sort(&validation->requests) || sim_fail_memory(error);
    }
    free(trial.throttled);
    if (ok && validation->requests.firsts[validation->member_count] == 0)
        return fail_without(validating, &counts, error);
    return ok;
}
