// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/tune/tune_print.h"

#include "reports/label.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum grid_kind tune_kind(const struct compare_condition *slo)
{
    enum report_quantity quantity = slo->metrics->rows[slo->metric].quantity;
    return quantity == REPORT_QUANTITY_TIME    ? GRID_TIME
           : quantity == REPORT_QUANTITY_BYTES ? GRID_BYTES
           : quantity == REPORT_QUANTITY_COUNT ? GRID_COUNT
                                               : GRID_NUMBER;
}

const char *tune_slo_value(const struct compare_condition *slo, double value,
                           char text[GRID_NUMBER_MAX])
{
    return isnan(value) ? "-" : grid_format(text, value, tune_kind(slo));
}

const struct tune_trial *tune_answer(const struct tuning *tuning)
{
    return &tuning->result.trials[tuning->result.answer];
}

size_t tune_list_slos(const struct tuner *tuner, const struct tuner_run *run, bool holds,
                      char *text, size_t size)
{
    char value[GRID_NUMBER_MAX], label[REPORT_LABEL_MAX];
    size_t used = 0, count = 0;
    text[0] = '\0';
    for (size_t i = 0; i < tuner->slo_count && used < size; i++) {
        if (run != NULL && slo_holds(&tuner->slos[i], run->values[i]) != holds)
            continue;
        report_label(label, tuner->slos[i].text, 60);
        used += (size_t)snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ", label);
        if (run != NULL && used < size)
            used += (size_t)snprintf(text + used, size - used, " (%s)",
                                     tune_slo_value(&tuner->slos[i], run->values[i], value));
        count++;
    }
    return count;
}

const char *tune_values(const struct tuning *tuning, const int64_t *values,
                        char text[TUNE_LINE_MAX])
{
    tuner_limits_text(&tuning->tuner, NULL, values, text, TUNE_LINE_MAX);
    return text;
}

// ---- The verdict ----

// Nothing waits there: then it is the device, or the recording, that is too slow.
static void say_why_not(const struct tune_printer *printer)
{
    const struct tuning *tuning = printer->tuning;
    const struct tuner *tuner = &tuning->tuner;
    const struct tune_result *result = &tuning->result;
    char slos[TUNE_LINE_MAX], limits[TUNE_LINE_MAX];
    const struct tune_trial *nearest = tune_answer(tuning);
    tune_list_slos(tuner, &tuner->runs[result->answer], false, slos, sizeof slos);
    report_say(printer->style, REPORT_BAD,
               "No value of %zu that were tried satisfies all. Nearest comes %s, which fails: %s.",
               result->count, tune_values(tuning, nearest->values, limits), slos);
    if (result->top == TUNE_NO_TRIAL || result->trials[result->top].holds)
        return;
    tune_list_slos(tuner, &tuner->runs[result->top], false, slos, sizeof slos);
    tune_values(tuning, result->trials[result->top].values, limits);
    bool is_bound = false;
    for (size_t i = 0; i < tuner->setting_count; i++)
        is_bound = is_bound || result->trials[result->top].values[i] <
                                   tune_value(&tuning->problem.axes[i],
                                              tune_step(&tuning->problem.axes[i],
                                                        tuning->problem.axes[i].high));
    if (is_bound)
        report_say(printer->style, REPORT_PLAIN,
                   "With %s, the largest that goes together with the scenario's other limits (an "
                   "average is at most its -max), it fails too: %s. Raise those, or minimise them "
                   "as well.",
                   limits, slos);
    else
        report_say(printer->style, REPORT_PLAIN,
                   "With %s, the largest, under which these limits hardly make anything wait, it "
                   "fails too: %s. That is what the device takes, or other limits of the scenario.",
                   limits, slos);
}

static void say_verdict(const struct tune_printer *printer)
{
    struct tuning *tuning = printer->tuning;
    const struct tuner *tuner = &tuning->tuner;
    const struct tune_result *result = &tuning->result;
    char slos[TUNE_LINE_MAX], limits[TUNE_LINE_MAX];
    if (!result->is_found) {
        say_why_not(printer);
        return;
    }
    tune_list_slos(tuner, NULL, true, slos, sizeof slos);
    const char *all = tune_values(tuning, tune_answer(tuning)->values, limits);
    if (tuner->setting_count == 1)
        report_say(printer->style, REPORT_GOOD, "%s is the smallest with which it holds: %s.", all,
                   slos);
    else
        report_say(printer->style, REPORT_GOOD,
                   "With %s it holds: %s. None of them alone can be smaller.", all, slos);
    if (!result->is_exact)
        report_say(printer->style, REPORT_WARNING,
                   "Whether a little less holds too was not tried: the %zu runs were used up.",
                   result->count);
    for (size_t i = 0; i < tuner->setting_count; i++) {
        bool seen = false;
        for (size_t j = 0; j < i; j++)
            seen = seen || (tuner->settings[j].owner_length == tuner->settings[i].owner_length &&
                            memcmp(tuner->settings[j].owner, tuner->settings[i].owner,
                                   tuner->settings[i].owner_length) == 0);
        if (!seen &&
            tune_limits_line(tuning, i, tune_answer(tuning)->values, limits, sizeof limits))
            fprintf(printer->style->out, "\n%.*s: %s\n", (int)tuner->settings[i].owner_length,
                    tuner->settings[i].owner, limits);
    }
}

// ---- What it is measured by ----

// The trial with one setting a step less.
static size_t below(const struct tuning *tuning, size_t setting)
{
    int64_t values[TUNE_SETTINGS_MAX];
    const struct tune_axis *axis = &tuning->problem.axes[setting];
    memcpy(values, tune_answer(tuning)->values, sizeof values);
    int64_t step = tune_step(axis, values[setting]) - 1;
    values[setting] = step < 1 ? 0 : tune_value(axis, step);
    return tune_find(&tuning->problem, &tuning->result, values);
}

static bool print_slos(const struct tune_printer *printer)
{
    const struct tuning *tuning = printer->tuning;
    const struct tuner *tuner = &tuning->tuner;
    char heads[TUNE_SETTINGS_MAX + 2][TUNE_LINE_MAX], value[GRID_NUMBER_MAX];
    struct grid_column columns[TUNE_SETTINGS_MAX + 3] = {{"", "SLO", GRID_TEXT}};
    size_t trials[TUNE_SETTINGS_MAX + 2], count = 0;
    for (size_t i = 0; i < tuner->setting_count + 2; i++) {
        bool is_below = i > 0 && i <= tuner->setting_count;
        size_t trial = i == 0     ? tuning->result.answer
                       : is_below ? below(tuning, i - 1)
                                  : tuning->result.top;
        if (trial == TUNE_NO_TRIAL)
            continue;
        bool has_value = is_below || (i > 0 && tuner->setting_count == 1);
        const char *above = is_below ? "one step below" : has_value ? "largest" : "";
        const char *name = i == 0 ? "answer" : "largest";
        if (has_value) {
            size_t setting = is_below ? i - 1 : 0;
            snprintf(heads[count], TUNE_LINE_MAX, "%s=%s", tuner->settings[setting].key,
                     tuner_value_text(&tuner->settings[setting],
                                      tuning->result.trials[trial].values[setting], value));
            name = heads[count];
        }
        trials[count] = trial;
        columns[count + 1] = (struct grid_column){above, name, GRID_TEXT};
        count++;
    }
    struct grid *grid = grid_create(columns, count + 1);
    for (size_t i = 0; grid != NULL && i < tuner->slo_count; i++) {
        grid_text(grid, tuner->slos[i].text);
        for (size_t j = 0; j < count; j++)
            grid_text(grid,
                      tune_slo_value(&tuner->slos[i], tuner->runs[trials[j]].values[i], value));
    }
    return grid_show(grid, "What it is measured by", printer->style);
}

// A row for each run: what it was, the SLOs' values, and whether all hold.
static struct grid *open_runs(const struct tuner *tuner, struct grid_column *columns,
                              const char *const *heads, size_t head_count)
{
    size_t count = 0;
    for (size_t i = 0; i < head_count; i++)
        columns[count++] = (struct grid_column){"", heads[i], GRID_TEXT};
    for (size_t i = 0; i < tuner->slo_count && count < GRID_COLUMNS_MAX - 1; i++)
        columns[count++] =
            (struct grid_column){"", tuner->slos[i].text, tune_kind(&tuner->slos[i])};
    columns[count++] = (struct grid_column){"", "holds", GRID_TEXT};
    return grid_create(columns, count);
}

static void add_run(struct grid *grid, const struct tuner *tuner, const struct tuner_run *run,
                    const char *holds)
{
    for (size_t i = 0; i < tuner->slo_count; i++)
        grid_number(grid, run->values[i]);
    grid_text(grid, holds);
}

static bool print_parts(const struct tune_printer *printer)
{
    const struct tuning *tuning = printer->tuning;
    struct grid_column columns[GRID_COLUMNS_MAX];
    char text[GRID_NUMBER_MAX];
    size_t count = tuning->part_count, holds = 0, asked = 0;
    while (count > 0 && tuning->parts[count - 1].is_empty)
        count--;
    for (size_t i = 0; i < count; i++) {
        asked += !tuning->parts[i].is_empty;
        holds += !tuning->parts[i].is_empty && tuning->parts[i].holds;
    }
    if (tuning->part_count == 0)
        return true;
    report_say(printer->style, holds == asked ? REPORT_PLAIN : REPORT_WARNING,
               "Each part of the recording by itself: it holds in %zu of %zu.", holds, asked);
    struct grid *grid = open_runs(&tuning->tuner, columns, (const char *const[]){"from"}, 1);
    for (size_t i = 0; grid != NULL && i < count; i++) {
        const struct tuner_extra *part = &tuning->parts[i];
        grid_text(grid, grid_format(text, (double)tuning->split_ns * (double)i, GRID_TIME));
        add_run(grid, &tuning->tuner, &part->run,
                part->is_empty ? "no requests"
                : part->holds  ? "yes"
                               : "no");
    }
    return grid_show(grid, "Parts of the recording", printer->style);
}

// ---- What was tried ----

static const struct tuning *sorted; // of qsort, which has no context

static int compare_trials(const void *left, const void *right)
{
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;
    for (size_t i = 0; i < sorted->problem.count; i++) {
        int64_t one = sorted->result.trials[a].values[i],
                other = sorted->result.trials[b].values[i];
        if (one != other)
            return one < other ? -1 : 1;
    }
    return 0;
}

static bool print_trials(const struct tune_printer *printer)
{
    struct tuning *tuning = printer->tuning;
    const struct tuner *tuner = &tuning->tuner;
    struct grid_column columns[GRID_COLUMNS_MAX];
    const char *heads[TUNE_SETTINGS_MAX];
    char text[TUNER_TEXT_MAX];
    size_t order[TUNE_RUNS_MANY], left_out = 0;
    int64_t top = printer->style->top;
    for (size_t i = 0; i < tuner->setting_count; i++)
        heads[i] = tuner->settings[i].address;
    for (size_t i = 0; i < tuning->result.count; i++)
        order[i] = i;
    sorted = tuning;
    qsort(order, tuning->result.count, sizeof *order, compare_trials);
    struct grid *grid = open_runs(tuner, columns, heads, tuner->setting_count);
    for (size_t i = 0; grid != NULL && i < tuning->result.count; i++) {
        const struct tune_trial *trial = &tuning->result.trials[order[i]];
        // Of many, those first that were tried last: they lie around the answer.
        if (top > 0 && order[i] != tuning->result.answer && order[i] != tuning->result.top &&
            order[i] + (size_t)top < tuning->result.count) {
            left_out++;
            continue;
        }
        for (size_t j = 0; j < tuner->setting_count; j++)
            grid_text(grid, tuner_value_text(&tuner->settings[j], trial->values[j], text));
        add_run(grid, tuner, &tuner->runs[order[i]],
                order[i] == tuning->result.answer ? (trial->holds ? "yes, the answer" : "nearest")
                : trial->holds                    ? "yes"
                                                  : "no");
    }
    bool ok = grid_show(grid, "Tried", printer->style);
    if (left_out > 0)
        report_say(printer->style, REPORT_PLAIN, "%zu others: --all", left_out);
    return ok;
}

bool tune_print(struct tuning *tuning, const struct report_style *style)
{
    const struct tune_printer printer = {tuning, style};
    say_verdict(&printer);
    bool ok = true;
    if (tuning->result.is_found) {
        ok = print_slos(&printer);
        report_title(style, "How far it holds");
        tune_say_how_far(&printer);
        ok = ok && print_parts(&printer);
    }
    ok = ok && print_trials(&printer);
    if (tuning->run_id > 0)
        report_say(style, REPORT_PLAIN, "The answer is stored as run %" PRId64 ".", tuning->run_id);
    return ok;
}
