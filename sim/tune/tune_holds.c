// SPDX-License-Identifier: GPL-2.0-or-later
// How far an answer holds, in sentences.
#include "sim/tune/tune_print.h"

#include "reports/label.h"

#include <math.h>
#include <string.h>

static void say_contradictions(const struct tune_printer *printer)
{
    const struct tuning *tuning = printer->tuning;
    const struct tune_result *result = &tuning->result;
    char one[TUNE_LINE_MAX], slos[TUNE_LINE_MAX];
    if (result->holds_below != TUNE_NO_TRIAL)
        report_say(printer->style, REPORT_WARNING,
                   "More is not always better here: it holds with %s as well, but not with all "
                   "between.",
                   tune_values(tuning, result->trials[result->holds_below].values, one));
    if (result->fails_above == TUNE_NO_TRIAL)
        return;
    tune_list_slos(&tuning->tuner, &tuning->tuner.runs[result->fails_above], false, slos,
                   sizeof slos);
    report_say(printer->style, REPORT_WARNING,
               "More is not always better here: with %s it does not hold (%s).",
               tune_values(tuning, result->trials[result->fails_above].values, one), slos);
}

static void say_neighbours(const struct tune_printer *printer)
{
    const struct tuning *tuning = printer->tuning;
    const struct tune_result *result = &tuning->result;
    const int64_t answer = tune_answer(tuning)->values[0];
    size_t fails = 0, lower = 0, holds = 0, higher = 0;
    int64_t most = answer;
    char value[TUNER_TEXT_MAX];
    if (tuning->problem.count > 1) {
        report_say(printer->style, REPORT_PLAIN, "%zu runs were made.", result->count);
        return;
    }
    for (size_t i = 0; i < result->count; i++) {
        int64_t tried = result->trials[i].values[0];
        bool above = tried > answer;
        lower += tried < answer;
        fails += tried < answer && !result->trials[i].holds;
        higher += above;
        holds += above && result->trials[i].holds;
        most = above && result->trials[i].holds && tried > most ? tried : most;
    }
    report_say(printer->style, REPORT_PLAIN,
               "Of %zu smaller values that were tried %zu fail, of %zu larger ones, up to %s, %zu "
               "hold.",
               lower, fails, higher, tuner_value_text(&tuning->tuner.settings[0], most, value),
               holds);
}

// What an average near or below what is asked for means.
static void say_demand(const struct tune_printer *printer)
{
    const struct tuning *tuning = printer->tuning;
    for (size_t i = 0; i < tuning->problem.count; i++) {
        const struct tune_setting *setting = &tuning->tuner.settings[i];
        int64_t value = tune_answer(tuning)->values[i];
        bool is_average = strstr(setting->key, "-max") == NULL;
        bool is_least = tuning->problem.axes[i].low > 1 && value == tuning->problem.axes[i].low;
        char asked[GRID_NUMBER_MAX];
        grid_format(asked, tuning->demand[i],
                    setting->row->unit == ENGINE_OPS_PER_SECOND ? GRID_NUMBER : GRID_BYTES);
        if (is_average && is_least)
            report_say(printer->style, REPORT_PLAIN,
                       "%s is what is done on average, %s/s. Less was not tried: it would live on "
                       "the burst allowance.",
                       setting->address, asked);
        else if (is_average && tuning->has_demand[i] && tuning->demand[i] > (double)value)
            report_say(printer->style, REPORT_WARNING,
                       "%s is less than what is done on average with the largest value, %s/s: it "
                       "holds as long as the burst allowance lasts, or since requests come later, "
                       "not of a longer recording of the same kind.",
                       setting->address, asked);
    }
}

// Where arrivals answer, what waits makes the rest come later, and fewer come late.
static void say_delay(const struct tune_printer *printer)
{
    const struct tuning *tuning = printer->tuning;
    const struct tuner *tuner = &tuning->tuner;
    size_t top = tuning->result.top;
    char here[GRID_NUMBER_MAX], there[GRID_NUMBER_MAX];
    if (top == TUNE_NO_TRIAL)
        return;
    double end = (double)tuner->runs[tuning->result.answer].end_ns;
    double without = (double)tuner->runs[top].end_ns;
    if (end > 1.01 * without)
        report_say(
            printer->style, REPORT_WARNING,
            "The run ends at %s, at %s with the largest value: an SLO on latency does not "
            "see that less is done. One on what is done does, such as 'total.read+write.iops "
            "> ...'.",
            grid_format(here, end, GRID_TIME), grid_format(there, without, GRID_TIME));
}

static void say_seeds(const struct tune_printer *printer)
{
    const struct tuning *tuning = printer->tuning;
    const struct tuner *tuner = &tuning->tuner;
    char least[GRID_NUMBER_MAX], most[GRID_NUMBER_MAX], label[REPORT_LABEL_MAX];
    size_t holds = 0;
    for (size_t i = 0; i < tuning->seed_count; i++)
        holds += tuning->seeds[i].holds;
    if (tuning->seed_count == 0)
        return;
    report_say(printer->style, holds == tuning->seed_count ? REPORT_PLAIN : REPORT_WARNING,
               "With other seeds it holds in %zu of %zu.", holds, tuning->seed_count);
    for (size_t j = 0; j < tuner->slo_count; j++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < tuning->seed_count; i++) {
            low = fmin(low, tuning->seeds[i].run.values[j]);
            high = fmax(high, tuning->seeds[i].run.values[j]);
        }
        report_label(label, tuner->slos[j].text, 60);
        report_say(printer->style, REPORT_PLAIN, "  %s: %s to %s", label,
                   tune_slo_value(&tuner->slos[j], low, least),
                   tune_slo_value(&tuner->slos[j], high, most));
    }
}

void tune_say_how_far(const struct tune_printer *printer)
{
    say_neighbours(printer);
    say_contradictions(printer);
    say_demand(printer);
    say_delay(printer);
    say_seeds(printer);
}
