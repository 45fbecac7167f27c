// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/check/check.h"

#include "reports/json_text.h"
#include "sim/base/jobs.h"
#include "sim/base/stop.h"
#include "sim/check/deviation.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const struct check_status_row check_statuses[CHECK_STATUS_COUNT] = {
    [CHECK_NOT_YET] = {"not begun", "not_begun", NULL},
    [CHECK_SAME] = {"as accepted", "same", NULL},
    [CHECK_DIFFERENT] = {"different", "different", "different"},
    [CHECK_MISSING] = {"not accepted yet", "missing",
                       "nothing is accepted of it yet; throttlesim check --accept"},
    [CHECK_STALE] = {"accepted without a scenario", "stale",
                     "there is no scenario of this name; remove it"},
    [CHECK_BROKEN] = {"not checked", "failed", "cannot be checked"},
    [CHECK_NEW] = {"new", "new", "accepted"},
    [CHECK_CHANGED] = {"accepted anew", "changed", "accepted anew"},
};

void check_result_free(struct check_result *result)
{
    free(result->text);
    json_decref(result->json);
    *result = (struct check_result){.status = CHECK_NOT_YET};
}

struct checking {
    const struct suite *suite;
    const struct check_options *options;
    struct check_result *results;
    _Atomic uint64_t requests;
    _Atomic uint64_t done; // of all scenarios, in parts of one
};

#define SHARE_UNIT 1e6 // parts of a scenario

// One scenario on its way.
struct check {
    struct checking *all;
    const struct suite_entry *entry;
    uint64_t told;  // of the requests
    uint64_t shown; // of the scenario, in parts
    struct scenario *scenario;
    struct accepted accepted;
    struct accepted found;
    struct deviation deviation;
    struct check_result *result;
    struct sim_error
        old_error; // why the accepted results cannot be read, if they are to be replaced
};

static void show_share(struct check *check, double share)
{
    uint64_t parts = (uint64_t)(share * SHARE_UNIT);
    if (parts > check->shown)
        atomic_fetch_add(&check->all->done, parts - check->shown);
    check->shown = parts > check->shown ? parts : check->shown;
}

static void show_progress(void *context, const struct progress_state *state)
{
    struct check *check = context;
    atomic_fetch_add(&check->all->requests, state->requests - check->told);
    check->told = state->requests;
    if (state->share > 0)
        show_share(check, fmin(state->share, 1));
}

// ---- What came of it ----

static void write_text(const struct check *check, FILE *out)
{
    const struct suite_entry *entry = check->entry;
    const char *path = entry->scenario != NULL ? entry->scenario : entry->accepted;
    enum check_status status = check->result->status;
    if (check_statuses[status].line == NULL)
        return;
    fprintf(out, "%s: %s", path, check_statuses[status].line);
    if (status == CHECK_MISSING)
        fprintf(out, " %s", path);
    else if (status == CHECK_BROKEN)
        fprintf(out, ": %s", check->result->error.message);
    else if (status == CHECK_NEW || status == CHECK_CHANGED)
        fprintf(out, ", digest %016" PRIx64, check->found.digest);
    putc('\n', out);
    if (check->found.assumed[0] != '\0')
        fprintf(out, "  assumed: %s\n", check->found.assumed);
    if (status == CHECK_CHANGED && check->old_error.message[0] != '\0')
        fprintf(out, "  what was accepted before cannot be read: %s\n", check->old_error.message);
    if (check->deviation.accepted != NULL && status != CHECK_BROKEN)
        deviation_print(&check->deviation, &check->found, check->scenario, out);
}

static void write_json(const struct check *check, json_t *object)
{
    const struct suite_entry *entry = check->entry;
    const struct check_result *result = check->result;
    json_object_set_new(object, "scenario",
                        entry->scenario == NULL ? json_null() : report_json_text(entry->scenario));
    json_object_set_new(object, "accepted_results", report_json_text(entry->accepted));
    json_object_set_new(object, "status", json_string(check_statuses[result->status].key));
    if (check->found.assumed[0] != '\0')
        json_object_set_new(object, "assumed", json_string(check->found.assumed));
    if (result->status == CHECK_BROKEN)
        json_object_set_new(object, "message", report_json_text(result->error.message));
    else if (check->deviation.accepted != NULL)
        deviation_json(&check->deviation, &check->found, check->scenario, object);
}

static void describe(const struct check *check)
{
    struct check_result *result = check->result;
    size_t size;
    FILE *out = open_memstream(&result->text, &size);
    result->json = json_object();
    if (out != NULL) {
        write_text(check, out);
        fclose(out);
    }
    if (out == NULL || result->text == NULL || result->json == NULL) {
        result->status = CHECK_BROKEN;
        sim_fail_memory(&result->error);
    }
    if (result->json != NULL)
        write_json(check, result->json);
}

// ---- One scenario ----

// Compares, if there is what to compare with.
static bool run(struct check *check, enum accepted_found found, struct sim_error *error)
{
    struct progress_watch watch = {
        .stop = &stop_signal,
        .progress = show_progress,
        .progress_context = check,
    };
    struct deviation *deviation = found == ACCEPTED_READ ? &check->deviation : NULL;
    check->scenario = scenario_load(check->entry->scenario, error);
    if (check->scenario == NULL)
        return false;
    if (deviation != NULL && !deviation_open(deviation, &check->accepted))
        return sim_fail_memory(error);
    return collect_run(check->scenario, &watch, deviation, &check->found, error);
}

static bool accept(struct check *check, struct sim_error *error)
{
    const char *path = check->entry->scenario;
    const char *slash = strrchr(path, '/');
    if (check->found.is_cut)
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: more than %zu of its requests wait, too many to be listed; give it an "
                        "'end:', or its traces a 'duration:'",
                        path, ACCEPTED_DECISIONS_MAX);
    if (stop_signal != 0)
        return sim_fail(error, SIM_FAILED, "interrupted");
    return accepted_write(check->entry->accepted, slash == NULL ? path : slash + 1, &check->found,
                          error);
}

static bool judge(struct check *check, enum accepted_found found, struct sim_error *error)
{
    enum check_status *status = &check->result->status;
    *status = CHECK_SAME;
    if (found == ACCEPTED_READ && deviation_is_none(&check->deviation, &check->found))
        return true;
    if (!check->all->options->accept) {
        *status = found == ACCEPTED_MISSING ? CHECK_MISSING : CHECK_DIFFERENT;
        return true;
    }
    *status = found == ACCEPTED_MISSING ? CHECK_NEW : CHECK_CHANGED;
    return accept(check, error);
}

static bool check_scenario(struct check *check, struct sim_error *error)
{
    enum accepted_found found = accepted_read(check->entry->accepted, &check->accepted, error);
    bool is_replaced = found == ACCEPTED_BROKEN && check->all->options->accept;
    if (is_replaced)
        check->old_error = *error;
    else if (found == ACCEPTED_BROKEN || found == ACCEPTED_FOREIGN)
        return false;
    return run(check, found, error) && judge(check, found, error);
}

static void check_entry(struct checking *all, uint64_t index)
{
    struct check_result *result = &all->results[index];
    struct check check = {.all = all, .entry = &all->suite->entries[index], .result = result};
    *result = (struct check_result){.status = CHECK_STALE};
    if (check.entry->scenario != NULL && !check_scenario(&check, &result->error))
        result->status = CHECK_BROKEN;
    describe(&check);
    show_share(&check, 1);
    deviation_close(&check.deviation);
    accepted_free(&check.accepted);
    accepted_free(&check.found);
    scenario_free(check.scenario);
}

// ---- All ----

static bool check_next(void *context, uint64_t index)
{
    if (stop_signal == 0)
        check_entry(context, index);
    return stop_signal == 0;
}

static void tell(void *context, uint64_t done)
{
    (void)done;
    struct checking *checking = context;
    struct progress_state state = {
        .share = (double)atomic_load(&checking->done) / SHARE_UNIT / (double)checking->suite->count,
        .requests = atomic_load(&checking->requests),
    };
    checking->options->progress(checking->options->progress_context, &state);
}

bool check_suite(const struct suite *suite, const struct check_options *options,
                 struct check_result *results, struct sim_error *error)
{
    struct checking checking = {.suite = suite, .options = options, .results = results};
    struct jobs jobs = {
        .count = suite->count,
        .threads = options->jobs,
        .work = check_next,
        .tell = tell,
        .context = &checking,
    };
    memset(results, 0, suite->count * sizeof *results);
    jobs_run(&jobs);
    return stop_signal == 0 || sim_fail(error, SIM_FAILED, "interrupted");
}
