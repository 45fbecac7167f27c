// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/tune/tune.h"

#include "reports/json_text.h"

#include <math.h>
#include <stdio.h>

// A number that may be none: null.
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_values(const struct tuner *tuner, const struct tuner_run *run)
{
    json_t *array = json_array();
    for (size_t i = 0; i < tuner->slo_count; i++)
        json_array_append_new(array, number(run->values[i]));
    return array;
}

static json_t *json_trial(const struct tuning *tuning, size_t index)
{
    const struct tune_trial *trial = &tuning->result.trials[index];
    char digest[20];
    json_t *values = json_array();
    snprintf(digest, sizeof digest, "%016llx",
             (unsigned long long)tuning->tuner.runs[index].digest);
    for (size_t i = 0; i < tuning->problem.count; i++)
        json_array_append_new(values, json_integer(trial->values[i]));
    return json_pack("{s:o,s:b,s:o,s:I,s:s}", "values", values, "holds", trial->holds, "slos",
                     json_values(&tuning->tuner, &tuning->tuner.runs[index]), "end_ns",
                     (json_int_t)tuning->tuner.runs[index].end_ns, "digest", digest);
}

static json_t *json_trial_or_null(const struct tuning *tuning, size_t index)
{
    return index == TUNE_NO_TRIAL ? json_null() : json_trial(tuning, index);
}

static json_t *json_settings(struct tuning *tuning)
{
    json_t *array = json_array();
    const int64_t *values = tuning->result.trials[tuning->result.answer].values;
    char text[TUNER_TEXT_MAX], line[1024];
    for (size_t i = 0; i < tuning->problem.count; i++) {
        const struct tune_setting *setting = &tuning->tuner.settings[i];
        json_array_append_new(
            array,
            json_pack(
                "{s:o,s:I,s:s,s:o,s:o}", "setting", report_json_text(setting->address), "value",
                (json_int_t)values[i], "text", tuner_value_text(setting, values[i], text), "demand",
                tuning->has_demand[i] ? number(tuning->demand[i]) : json_null(), "limits",
                tune_limits_line(tuning, i, values, line, sizeof line) ? report_json_text(line)
                                                                       : json_null()));
    }
    return array;
}

static json_t *json_extras(const struct tuning *tuning, const struct tuner_extra *extras,
                           size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *one = json_pack("{s:b,s:o}", "holds", extras[i].holds, "slos",
                                json_values(&tuning->tuner, &extras[i].run));
        if (extras[i].seed > 0)
            json_object_set_new(one, "seed", json_integer(extras[i].seed));
        else
            json_object_set_new(one, "start_ns",
                                json_integer((json_int_t)tuning->split_ns * (json_int_t)i));
        json_array_append_new(array, one);
    }
    return array;
}

json_t *tune_json(struct tuning *tuning)
{
    const struct tune_result *result = &tuning->result;
    json_t *slos = json_array(), *trials = json_array();
    for (size_t i = 0; i < tuning->tuner.slo_count; i++)
        json_array_append_new(slos, report_json_text(tuning->tuner.slos[i].text));
    for (size_t i = 0; i < result->count; i++)
        json_array_append_new(trials, json_trial(tuning, i));
    return json_pack(
        "{s:b,s:b,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "found", result->is_found, "exact",
        result->is_exact, "monotone",
        result->is_found && result->holds_below == TUNE_NO_TRIAL &&
            result->fails_above == TUNE_NO_TRIAL,
        "settings", json_settings(tuning), "slos", slos, "answer",
        json_trial(tuning, result->answer), "largest", json_trial_or_null(tuning, result->top),
        "holds_below", json_trial_or_null(tuning, result->holds_below), "fails_above",
        json_trial_or_null(tuning, result->fails_above), "seeds",
        json_extras(tuning, tuning->seeds, tuning->seed_count), "parts",
        json_extras(tuning, tuning->parts, tuning->part_count), "run_id",
        tuning->run_id > 0 ? json_integer(tuning->run_id) : json_null(), "trials", trials);
}
