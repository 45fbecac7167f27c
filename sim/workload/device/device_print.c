// SPDX-License-Identifier: GPL-2.0-or-later
// How good a device is, for people and as JSON.
#include "reports/grid.h"
#include "sim/workload/device/device_fit.h"

#include <inttypes.h>
#include <math.h>

static const char *member_name(const struct device_fit *fit, uint32_t member)
{
    return member == SCENARIO_NONE ? "any" : fit->scenario->members[member].name;
}

static void add_distance(struct grid *grid, double distance)
{
    grid_number(grid, round(1000 * distance) / 1000);
}

static void add_time(struct grid *grid, const struct fit_samples *samples, size_t per_cent)
{
    size_t count = samples->count;
    grid_number(grid, count == 0 ? NAN : (double)samples->values[(count - 1) * per_cent / 100]);
}

// Classes of any member are shown where there are no others.
static bool print_classes(const struct device_fit *fit, const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "", GRID_TEXT},
        {NULL, "op", GRID_TEXT},
        {NULL, "size", GRID_TEXT},
        {NULL, "requests", GRID_COUNT},
        {"takes", "p50", GRID_TIME},
        {NULL, "p99", GRID_TIME},
        {"KS, half not used", "empirical", GRID_NUMBER},
        {NULL, "lognormal", GRID_NUMBER},
        {NULL, "gamma", GRID_NUMBER},
    };
    bool is_one = fit->scenario->member_count == 1;
    struct grid *grid = grid_create(columns, COUNT_OF(columns));
    uint64_t few = 0;
    for (size_t i = 0; grid != NULL && i < fit->class_count; i++) {
        const struct fit_class *class = &fit->classes[i];
        if (class->requests == 0 || (class->member == SCENARIO_NONE) != is_one ||
            (is_one && class->op == 0))
            continue;
        if (class->fitted.seen < FIT_CLASS_LEAST) {
            few += class->requests;
            continue;
        }
        grid_text(grid, member_name(fit, is_one ? 0 : class->member));
        grid_text(grid, scenario_class_op_name(class->op));
        grid_text(grid, scenario_size_name((enum scenario_size) class->size));
        grid_number(grid, (double)class->requests);
        add_time(grid, &class->fitted, 50);
        add_time(grid, &class->fitted, 99);
        for (int law = 0; law < FIT_LAW_COUNT; law++)
            add_distance(grid, class->requests < FIT_CLASS_JUDGED ? NAN : class->distances[law]);
    }
    report_title(style, "Classes: fitted to every second request, compared with the others");
    bool ok = grid != NULL && grid_print(grid, style);
    if (few > 0)
        report_say(style, REPORT_PLAIN,
                   "%" PRIu64 " more are of classes of fewer than %d; they take what those of a "
                   "larger class do",
                   few, 2 * FIT_CLASS_LEAST);
    grid_free(grid);
    return ok;
}

static bool print_candidates(const struct device_fit *fit, const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "model", GRID_TEXT},   {NULL, "servers", GRID_COUNT},
        {"worst", "KS", GRID_NUMBER}, {NULL, "mean", GRID_CHANGE_PERCENT},
        {NULL, "of", GRID_TEXT},      {NULL, "when it comes", GRID_TEXT},
        {NULL, "", GRID_TEXT},
    };
    struct grid *grid = grid_create(columns, COUNT_OF(columns));
    for (size_t i = 0; grid != NULL && i < fit->candidate_count; i++) {
        const struct fit_candidate *candidate = &fit->candidates[i];
        grid_text(grid, scenario_device_name(candidate->model));
        grid_number(grid,
                    candidate->model == SCENARIO_DEVICE_QUEUE ? (double)candidate->servers : NAN);
        add_distance(grid, candidate->worst_distance);
        grid_number(grid, 100 * candidate->worst_mean);
        grid_text(grid, member_name(fit, candidate->worst_member));
        grid_text(grid, fit_found_name(candidate->worst_found));
        grid_text(grid, i == fit->best ? "taken" : "");
    }
    return grid_show(grid, "Models: the recording's arrivals on each", style);
}

static bool print_members(const struct device_fit *fit, const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "", GRID_TEXT},
        {NULL, "requests", GRID_COUNT},
        {"mean", "recorded", GRID_TIME},
        {NULL, "modelled", GRID_TIME},
        {NULL, "off", GRID_CHANGE_PERCENT},
    };
    const struct fit_candidate *best = &fit->candidates[fit->best];
    for (uint32_t i = 0; i < fit->scenario->member_count; i++) {
        const struct fit_member_times *recorded = &fit->recorded[i], *made = &best->times[i];
        char title[200], left[GRID_NUMBER_MAX], right[GRID_NUMBER_MAX];
        struct grid *grid = grid_create(columns, COUNT_OF(columns));
        for (int found = 0; grid != NULL && found < FIT_FOUND_COUNT; found++) {
            double mean = fit_mean_value(&recorded->means[found]);
            grid_text(grid, fit_found_name((enum fit_found)found));
            grid_number(grid, (double)recorded->means[found].count);
            grid_number(grid, mean);
            grid_number(grid, fit_mean_value(&made->means[found]));
            grid_number(grid,
                        mean > 0 ? 100 * (fit_mean_value(&made->means[found]) / mean - 1) : NAN);
        }
        snprintf(title, sizeof title, "%.64s: KS %.3f, p99 %s recorded, %s modelled",
                 member_name(fit, i), best->distances[i],
                 grid_format(left, (double)report_histogram_quantile(&recorded->histogram, 990),
                             GRID_TIME),
                 grid_format(right, (double)report_histogram_quantile(&made->histogram, 990),
                             GRID_TIME));
        if (!grid_show(grid, title, style))
            return false;
    }
    return true;
}

static void say_verdict(const struct device_fit *fit, const struct report_style *style)
{
    const struct fit_candidate *best = &fit->candidates[fit->best];
    fputc('\n', style->out);
    if (best->score <= 1)
        report_say(style, REPORT_GOOD,
                   "Accepted: each member's latencies are within KS %.2f, and its mean within %.0f "
                   "%% whether it comes alone, while others are busy, or to a queue of its own.",
                   FIT_DISTANCE_MAX, 100 * FIT_MEAN_MAX);
    else
        report_say(style, REPORT_WARNING,
                   "Not accepted: what was asked for is KS %.2f of each member and %.0f %% of each "
                   "mean; the worst are KS %.3f, and %+.0f %% of %.64s, %s. What members do to "
                   "each other on this device is a guess.",
                   FIT_DISTANCE_MAX, 100 * FIT_MEAN_MAX, best->worst_distance,
                   100 * best->worst_mean, member_name(fit, best->worst_member),
                   fit_found_name(best->worst_found));
}

bool device_fit_print(const struct device_fit *fit, const struct report_style *style)
{
    size_t members = fit->scenario->member_count;
    report_say(style, REPORT_PLAIN,
               "%" PRIu64
               " requests of %zu member%s; the recording does not tell the latency of %" PRIu64,
               fit->requests, members, members == 1 ? "" : "s", fit->unknown);
    if (!print_classes(fit, style) || !print_candidates(fit, style) || !print_members(fit, style))
        return false;
    say_verdict(fit, style);
    return true;
}

// ---- JSON ----

static json_t *real(double value)
{
    return !isfinite(value) ? json_null() : json_real(value);
}

static json_t *classes_json(const struct device_fit *fit)
{
    json_t *list = json_array();
    for (size_t i = 0; i < fit->class_count; i++) {
        const struct fit_class *class = &fit->classes[i];
        if (class->requests == 0)
            continue;
        json_t *member = class->member == SCENARIO_NONE
                             ? json_null()
                             : json_string(member_name(fit, class->member));
        if (json_array_append_new(
                list, json_pack("{s:o, s:s, s:s, s:I, s:{s:o, s:o, s:o}}", "member", member, "op",
                                scenario_class_op_name(class->op), "size",
                                scenario_size_name((enum scenario_size) class->size), "requests",
                                (json_int_t) class->requests, "ks", "empirical",
                                real(class->distances[SCENARIO_LAW_EMPIRICAL]), "lognormal",
                                real(class->distances[SCENARIO_LAW_LOGNORMAL]), "gamma",
                                real(class->distances[SCENARIO_LAW_GAMMA]))) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *times_json(const struct fit_member_times *times)
{
    json_t *json =
        json_pack("{s:I}", "p99_ns", (json_int_t)report_histogram_quantile(&times->histogram, 990));
    static const char *const keys[FIT_FOUND_COUNT] = {"alone", "others_busy", "own_queue_busy"};
    for (int found = 0; found < FIT_FOUND_COUNT; found++)
        json_object_set_new(json, keys[found],
                            json_pack("{s:I, s:o}", "requests",
                                      (json_int_t)times->means[found].count, "mean_ns",
                                      real(fit_mean_value(&times->means[found]))));
    return json;
}

static json_t *candidate_json(const struct device_fit *fit, size_t index)
{
    const struct fit_candidate *candidate = &fit->candidates[index];
    json_t *members = json_array();
    for (uint32_t i = 0; i < fit->scenario->member_count; i++) {
        if (json_array_append_new(members,
                                  json_pack("{s:s, s:o, s:o, s:o}", "member", member_name(fit, i),
                                            "ks", real(candidate->distances[i]), "recorded",
                                            times_json(&fit->recorded[i]), "modelled",
                                            times_json(&candidate->times[i]))) != 0) {
            json_decref(members);
            return NULL;
        }
    }
    return json_pack("{s:s, s:o, s:b, s:b, s:o, s:o, s:o}", "model",
                     scenario_device_name(candidate->model), "servers",
                     candidate->model == SCENARIO_DEVICE_QUEUE
                         ? json_integer((json_int_t)candidate->servers)
                         : json_null(),
                     "taken", index == fit->best, "accepted", candidate->score <= 1, "worst_ks",
                     real(candidate->worst_distance), "worst_mean_off", real(candidate->worst_mean),
                     "members", members);
}

json_t *device_fit_json(const struct device_fit *fit)
{
    json_t *models = json_array();
    for (size_t i = 0; i < fit->candidate_count; i++) {
        if (json_array_append_new(models, candidate_json(fit, i)) != 0) {
            json_decref(models);
            return NULL;
        }
    }
    return json_pack("{s:I, s:I, s:o, s:o}", "requests", (json_int_t)fit->requests,
                     "unknown_latencies", (json_int_t)fit->unknown, "classes", classes_json(fit),
                     "models", models);
}
