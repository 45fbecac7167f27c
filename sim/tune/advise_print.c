// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/tune/advise.h"

#include "reports/json_text.h"
#include "sim/tune/tune_print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *what, *text;
} meanings[] = {
    {"no burst", "the lowest average that needs no burst allowance; the peak is never exceeded"},
    {"short burst", "an average half-way, and for so long the rate of 'no burst'"},
    {"long burst",
     "hardly more than is asked for on average, and for so long the rate of 'no burst'"},
    {"all at once", "the same average; what has been saved up passes at any rate"},
};

static void say_verdict(const struct advice *advice, const struct report_style *style)
{
    char text[GRID_NUMBER_MAX], list[TUNE_LINE_MAX];
    struct tuner_run run;
    enum grid_kind kind = advice->is_bytes ? GRID_BYTES : GRID_NUMBER;
    double asked = advice->is_bytes ? advice->throughput : advice->iops;
    tune_list_slos(&advice->tuner, NULL, true, list, sizeof list);
    if (advice->is_found) {
        report_say(style, REPORT_GOOD, "%zu limit%s with which it holds: %s.", advice->count,
                   advice->count == 1 ? "" : "s", list);
    } else {
        for (size_t i = 0; i < advice->tuner.slo_count; i++)
            run.values[i] = advice->unlimited[i];
        bool fails = tune_list_slos(&advice->tuner, &run, false, list, sizeof list) > 0;
        report_say(style, REPORT_BAD,
                   fails ? "No limit satisfies all: without any this fails: %s."
                         : "No limit that was tried satisfies all.%s",
                   fails ? list : "");
    }
    report_say(style, REPORT_PLAIN, "Without limits %s%s; %s is what to limit.",
               asked > 0 ? grid_format(text, asked, kind) : "all come at one time",
               asked > 0 ? "/s on average" : "",
               advice->is_bytes ? "bps-total, since requests are large," : "iops-total");
}

static bool print_candidates(const struct advice *advice, const struct report_style *style)
{
    enum grid_kind kind = advice->is_bytes ? GRID_BYTES : GRID_NUMBER;
    const struct grid_column columns[] = {
        {"", "", GRID_TEXT},
        {"of all", "waited", GRID_PERCENT},
        {"of time", "throttled", GRID_PERCENT},
        {"wait", "p99", GRID_TIME},
        {NULL, "longest", GRID_TIME},
        {"at most, per s, in", "any 1 s", kind},
        {NULL, "1 min", kind},
        {NULL, "the long run", kind},
    };
    struct grid *grid = grid_create(columns, COUNT_OF(columns));
    for (size_t i = 0; grid != NULL && i < advice->count; i++) {
        const struct advice_candidate *candidate = &advice->candidates[i];
        grid_text(grid, candidate->what);
        grid_number(grid, 100 * candidate->waited);
        grid_number(grid, 100 * candidate->throttled);
        grid_number(grid, candidate->wait_p99_ns);
        grid_number(grid, candidate->wait_max_ns);
        grid_number(grid, candidate->most_second);
        grid_number(grid, candidate->most_minute);
        grid_number(grid, (double)candidate->average);
    }
    return grid_show(grid, "What each costs, and what it leaves to neighbours", style);
}

bool advice_print(const struct advice *advice, const struct report_style *style)
{
    char delay[GRID_NUMBER_MAX];
    say_verdict(advice, style);
    for (size_t i = 0; i < advice->count; i++) {
        const struct advice_candidate *candidate = &advice->candidates[i];
        fprintf(style->out, "\n%s: %s\n", candidate->what, candidate->limits);
        for (size_t j = 0; j < COUNT_OF(meanings); j++) {
            if (strcmp(meanings[j].what, candidate->what) == 0)
                report_say(style, REPORT_PLAIN, "  %s", meanings[j].text);
        }
        double later = (double)candidate->end_ns - (double)advice->end_ns;
        if (later > 0.01 * (double)advice->end_ns)
            report_say(style, REPORT_WARNING, "  the run ends %s later: who waits does less",
                       grid_format(delay, later, GRID_TIME));
    }
    bool ok = advice->count == 0 || print_candidates(advice, style);
    report_say(style, REPORT_PLAIN, "%zu runs were made.", advice->runs);
    return ok;
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_slos(const struct advice *advice, const double *values)
{
    json_t *array = json_array();
    for (size_t i = 0; i < advice->tuner.slo_count; i++)
        json_array_append_new(array, number(values[i]));
    return array;
}

json_t *advice_json(const struct advice *advice)
{
    json_t *candidates = json_array(), *slos = json_array();
    for (size_t i = 0; i < advice->tuner.slo_count; i++)
        json_array_append_new(slos, report_json_text(advice->tuner.slos[i].text));
    for (size_t i = 0; i < advice->count; i++) {
        const struct advice_candidate *candidate = &advice->candidates[i];
        json_array_append_new(
            candidates,
            json_pack("{s:s,s:s,s:I,s:I,s:I,s:f,s:f,s:o,s:o,s:f,s:f,s:o,s:I}", "what",
                      candidate->what, "limits", candidate->limits, "average",
                      (json_int_t)candidate->average, "max", (json_int_t)candidate->burst,
                      "length_s", (json_int_t)candidate->seconds, "waited", candidate->waited,
                      "throttled", candidate->throttled, "wait_p99_ns",
                      number(candidate->wait_p99_ns), "wait_max_ns", number(candidate->wait_max_ns),
                      "most_in_1s", candidate->most_second, "most_in_1min", candidate->most_minute,
                      "slos", json_slos(advice, candidate->values), "end_ns",
                      (json_int_t)candidate->end_ns));
    }
    return json_pack("{s:b,s:s,s:o,s:o,s:o,s:o,s:o,s:I,s:I}", "found", advice->is_found, "limit",
                     advice->is_bytes ? "bps-total" : "iops-total", "requests_per_s",
                     number(advice->iops), "bytes_per_s", number(advice->throughput), "slos", slos,
                     "without_limits", json_slos(advice, advice->unlimited), "candidates",
                     candidates, "end_ns", (json_int_t)advice->end_ns, "runs",
                     (json_int_t)advice->runs);
}
