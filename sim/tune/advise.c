// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/tune/advise.h"

#include "reports/query.h"
#include "sim/compare/stored_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LARGE_BYTES 65536.0 // on average: from here on it is the bandwidth that matters
#define ABOVE_DEMAND 1.1    // the lowest average, of what is asked for
#define DIFFERENT 0.9       // an average is another one only if it is less than so much
#define RUNS_USUAL 120      // for the progress

enum extra { EXTRA_IOPS, EXTRA_THROUGHPUT, EXTRA_WAIT_P99, EXTRA_WAIT_MAX, EXTRA_COUNT };

static const enum report_metric extras[EXTRA_COUNT] = {REPORT_IOPS, REPORT_THROUGHPUT,
                                                       REPORT_WAIT_P99, REPORT_WAIT_MAX};

// ---- What is looked for ----

// The limit with this ending: "", "-max", "-max-length".
static bool set_limit(const struct advice *advice, const char *ending, struct tune_setting *setting,
                      struct sim_error *error)
{
    char address[64];
    snprintf(address, sizeof address, ADVISE_GROUP ".%s-total%s", advice->is_bytes ? "bps" : "iops",
             ending);
    return tuner_set(setting, advice->tuner.points, address, error);
}

// A length of 1 makes no rate of a burst.
static struct tune_axis axis_of(const struct advice *advice, const struct tune_setting *setting)
{
    struct tune_axis axis = {1, setting->row->max, setting->row->unit == ENGINE_BYTES_PER_SECOND};
    double room = fmax(10 * (double)points_requests(advice->tuner.points), 1000);
    double seconds = fmax(ceil((double)advice->end_ns / 1e9), 1);
    if (setting->row->unit == ENGINE_OPS_PER_SECOND)
        axis.high = (int64_t)fmin(room, (double)axis.high);
    else if (setting->row->unit == ENGINE_SECONDS)
        axis = (struct tune_axis){2, (int64_t)fmin(fmax(seconds, 2), (double)axis.high), false};
    return axis;
}

// The smallest of the tuner's one setting, beside what is fixed. 0: none; -1: the error is filled.
static int64_t find(struct advice *advice, struct sim_error *error)
{
    struct tuner *tuner = &advice->tuner;
    const struct tune_problem problem = {
        .axes = {axis_of(advice, &tuner->settings[0])},
        .count = 1,
        .is_valid = tuner_is_valid,
        .try_all = tuner_try_all,
        .context = tuner,
    };
    tuner->result = &advice->result;
    *error = (struct sim_error){.exit = SIM_FAILED};
    bool ok = tune_smallest(&problem, &advice->result);
    advice->runs += advice->result.count;
    if (!ok)
        return -1;
    const struct tune_trial *answer = &advice->result.trials[advice->result.answer];
    return advice->result.is_found ? answer->values[0] : 0;
}

// ---- What a candidate costs ----

// Shares of requests that waited, and of time in which any did.
static bool read_shares(struct report_database *database, int64_t run_id,
                        struct advice_candidate *candidate, struct sim_error *error)
{
    struct report_error report_error;
    sqlite3_stmt *rows = report_query_open(
        database,
        "WITH w AS (SELECT seq, arrival_ns AS a, coalesce(dispatch_ns, end_ns) AS d FROM request"
        " JOIN run USING (run_id) WHERE run_id = ?1 AND (dispatch_ns IS NULL OR"
        " dispatch_ns > arrival_ns)),"
        " n AS (SELECT a, d, seq, a > coalesce(max(d) OVER (ORDER BY a, seq ROWS BETWEEN UNBOUNDED"
        " PRECEDING AND 1 PRECEDING), -1) AS first FROM w),"
        " g AS (SELECT a, d, sum(first) OVER (ORDER BY a, seq) AS part FROM n),"
        " p AS (SELECT max(d) - min(a) AS ns FROM g GROUP BY part)"
        " SELECT (SELECT 1.0 * sum(waited) / sum(requests) FROM member_statistics WHERE"
        " run_id = ?1 AND direction = 'read+write'),"
        " (SELECT coalesce(sum(ns), 0) FROM p) / (SELECT 1.0 * nullif(end_ns, 0) FROM run"
        " WHERE run_id = ?1)",
        run_id, &report_error);
    if (report_query_next(rows)) {
        candidate->waited = sqlite3_column_double(rows, 0);
        candidate->throttled = sqlite3_column_double(rows, 1);
    }
    return report_query_close(rows, &report_error) || stored_run_fail(&report_error, error);
}

// At most so much a second passes in any time of so many seconds: what the two buckets hold, and
// leak meanwhile.
static double most_in(const struct advice_candidate *candidate, double seconds)
{
    double average = (double)candidate->average, burst = (double)candidate->burst;
    double length = candidate->seconds == 0 ? 1 : (double)candidate->seconds;
    double room = candidate->burst == 0 ? average / 10 : burst * length;
    double most = average * seconds + room;
    if (candidate->burst > 0 && length > 1)
        most = fmin(most, burst * seconds + burst / 10);
    return most / seconds;
}

// The whole run of what was found, and its line.
static bool add(struct advice *advice, const char *what, const struct advice_candidate *found,
                int64_t value, struct sim_error *error)
{
    struct tuner *tuner = &advice->tuner;
    struct report_error report_error;
    struct advice_candidate *candidate = &advice->candidates[advice->count];
    const struct tuner_run *run = &tuner->runs[advice->result.answer];
    char last[TUNER_TEXT_MAX];
    size_t used = 0;
    *candidate = *found;
    candidate->what = what;
    memcpy(candidate->values, run->values, sizeof candidate->values);
    candidate->wait_p99_ns = run->extra[EXTRA_WAIT_P99];
    candidate->wait_max_ns = run->extra[EXTRA_WAIT_MAX];
    candidate->end_ns = run->end_ns;
    candidate->most_second = most_in(candidate, 1);
    candidate->most_minute = most_in(candidate, 60);
    for (size_t i = 0; i < tuner->fixed_count; i++)
        used +=
            (size_t)snprintf(candidate->limits + used, sizeof candidate->limits - used, "%s=%s,",
                             strchr(tuner->fixed[i].address, '.') + 1, tuner->fixed[i].text);
    snprintf(candidate->limits + used, sizeof candidate->limits - used, "%s=%s",
             tuner->settings[0].key, tuner_value_text(&tuner->settings[0], value, last));
    struct report_database *database = report_database_open(NULL, REPORT_TEMPORARY, &report_error);
    if (database == NULL)
        return stored_run_fail(&report_error, error);
    int64_t run_id = tuner_keep(tuner, &value, database, true, error);
    bool ok = run_id != 0 && read_shares(database, run_id, candidate, error);
    report_database_close(database);
    advice->runs++;
    advice->count += ok;
    return ok;
}

// ---- Candidates ----

// Two digits, as people write it, and not less.
static int64_t rounded(double value)
{
    double unit = pow(10, fmax(floor(log10(fmax(value, 1))) - 1, 0));
    return (int64_t)(ceil(value / unit) * unit);
}

// With this average: for how long a burst at what is needed without one, or, length false, how much
// all at once. Nothing is added if there is none.
static bool add_burst(struct advice *advice, const char *what, int64_t average, int64_t burst,
                      struct sim_error *error)
{
    struct tuner *tuner = &advice->tuner;
    struct tune_setting limits[3];
    char texts[2][TUNER_TEXT_MAX];
    if (!set_limit(advice, "", &limits[0], error) ||
        !set_limit(advice, "-max", &limits[1], error) ||
        !set_limit(advice, "-max-length", &limits[2], error))
        return false;
    tuner->fixed[0] =
        (struct scenario_value){limits[0].address, tuner_value_text(&limits[0], average, texts[0])};
    tuner->fixed[1] =
        (struct scenario_value){limits[1].address, tuner_value_text(&limits[1], burst, texts[1])};
    tuner->fixed_count = burst > 0 ? 2 : 1;
    tuner_copy_setting(&tuner->settings[0], burst > 0 ? &limits[2] : &limits[1]);
    int64_t found = find(advice, error);
    struct advice_candidate candidate = {
        .average = average, .burst = burst > 0 ? burst : found, .seconds = burst > 0 ? found : 0};
    bool ok = found == 0 || (found > 0 && add(advice, what, &candidate, found, error));
    tuner->fixed_count = 0;
    return ok;
}

// Without limits: what is asked for, in requests or bytes.
static bool look(struct advice *advice, struct sim_error *error)
{
    struct tuner *tuner = &advice->tuner;
    struct tuner_extra without = {.values = NULL};
    for (size_t i = 0; i < EXTRA_COUNT; i++)
        tuner->extras[tuner->extra_count++] =
            (struct report_figure){.direction = "read+write", .metric = extras[i]};
    tuner->error = error;
    tuner->total = RUNS_USUAL;
    if (!tuner_check_slos(tuner, error) || !tuner_run_extras(tuner, NULL, &without, 1))
        return false;
    advice->runs++;
    advice->iops = without.run.extra[EXTRA_IOPS];
    advice->throughput = without.run.extra[EXTRA_THROUGHPUT];
    advice->end_ns = without.run.end_ns;
    memcpy(advice->unlimited, without.run.values, sizeof advice->unlimited);
    for (size_t i = 0; i < tuner->slo_count; i++) {
        if (isnan(advice->unlimited[i]))
            return sim_fail(error, SIM_USAGE, "--slo '%s': there are no such requests",
                            tuner->slos[i].text);
    }
    advice->is_bytes = advice->throughput >= LARGE_BYTES * advice->iops;
    return true;
}

// A higher average that needs as long a burst as the candidate behind it is no other choice.
static void drop_if_no_shorter(struct advice *advice, size_t index)
{
    struct advice_candidate *one = &advice->candidates[index];
    if (index == 0 || index + 1 != advice->count - 1 || one->seconds < one[1].seconds)
        return;
    *one = one[1];
    advice->count--;
}

bool advise(struct advice *advice, struct sim_error *error)
{
    struct tuner *tuner = &advice->tuner;
    if (!look(advice, error) || !set_limit(advice, "", &tuner->settings[0], error))
        return false;
    tuner->setting_count = 1;
    int64_t flat = find(advice, error);
    if (flat <= 0)
        return flat == 0;
    advice->is_found = true;
    struct advice_candidate candidate = {.average = flat};
    if (!add(advice, "no burst", &candidate, flat, error))
        return false;
    double asked = advice->is_bytes ? advice->throughput : advice->iops;
    if (!(asked > 0)) // all at one time: there is no average of it
        return true;
    int64_t low = rounded(ABOVE_DEMAND * asked), middle = rounded(sqrt((double)low * (double)flat));
    if ((double)low >= DIFFERENT * (double)flat)
        return true;
    if ((double)middle < DIFFERENT * (double)flat && (double)low < DIFFERENT * (double)middle &&
        !add_burst(advice, "short burst", middle, flat, error))
        return false;
    size_t shorter = advice->count - 1;
    if (!add_burst(advice, "long burst", low, flat, error))
        return false;
    drop_if_no_shorter(advice, shorter);
    return add_burst(advice, "all at once", low, 0, error);
}
