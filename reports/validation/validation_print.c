// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/validation.h"

#include "reports/grid.h"
#include "reports/json_text.h"
#include "reports/label.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME_CELLS 24
#define WORST_SHOWN 3 // figures that the verdict names
#define TIMES_SHOWN 3 // a change above is told in times
#define OTHERS 3      // times as long or short: the limits were others

static const char *const figure_words[] = {
    [VALIDATION_REQUESTS] = "requests", [VALIDATION_P50] = "p50",         [VALIDATION_P90] = "p90",
    [VALIDATION_P99] = "p99",           [VALIDATION_P999] = "p99.9",      [VALIDATION_MAX] = "max",
    [VALIDATION_MEAN] = "mean",         [VALIDATION_WAIT] = "total wait",
};

// ---- The verdict ----

// Where there is little to compare: that may be the scenario's doing.
static void put_arrived(const struct report_validation *validation, FILE *out)
{
    const struct report_change *compared =
        &validation->members[validation->member_count].figures[VALIDATION_REQUESTS].value;
    size_t arrived = 0, recorded = validation->requests.count;
    for (size_t i = 0; i < recorded; i++)
        arrived += validation->outcomes[i].arrival_ns != VALIDATION_NONE;
    fprintf(out,
            " Of %zu requests that were recorded, %zu arrived in the replay by its end at %.4g s; "
            "of %.0f that are compared, %.0f were complete.",
            recorded, arrived, (double)validation->requests.end_ns / 1e9, compared->a, compared->b);
}

struct worst {
    const struct validation_member *member;
    enum validation_figure figure;
    double off; // as a share, without its sign
};

// Those that are not as measured, the worst first; returns how many are kept.
static size_t find_worst(const struct report_validation *validation,
                         struct worst worst[WORST_SHOWN + 1])
{
    size_t count = 0;
    for (size_t m = 0; m < validation->member_count; m++) {
        const struct validation_member *member = &validation->members[m];
        for (int i = 0; i < VALIDATION_MEDIAN_ERROR; i++) {
            const struct validation_figure_value *figure = &member->figures[i];
            double off = fabs(report_change_relative(&figure->value));
            size_t place = count;
            if (!figure->is_judged || figure->is_near)
                continue;
            off = isnan(off) ? INFINITY : off;
            while (place > 0 && worst[place - 1].off < off)
                place--;
            for (size_t j = count; j > place; j--)
                worst[j] = worst[j - 1];
            worst[place] = (struct worst){member, (enum validation_figure)i, off};
            count += count < WORST_SHOWN;
        }
    }
    return count;
}

static void put_figure(FILE *out, const struct worst *worst)
{
    char name[REPORT_LABEL_MAX], a[GRID_NUMBER_MAX], b[GRID_NUMBER_MAX];
    const struct report_change *value = &worst->member->figures[worst->figure].value;
    enum grid_kind kind = worst->figure == VALIDATION_REQUESTS ? GRID_COUNT : GRID_TIME;
    report_label(name, worst->member->name, NAME_CELLS);
    fprintf(out, "%s of %s is %s, predicted %s", figure_words[worst->figure], name,
            grid_format(a, value->a, kind),
            isnan(value->b) ? "nothing" : grid_format(b, value->b, kind));
    if (isfinite(worst->off) && worst->off < TIMES_SHOWN)
        fprintf(out, " (%+.0f %%)", 100 * report_change_relative(value));
    else if (isfinite(worst->off))
        fprintf(out, " (%.0f times that)", value->b / value->a);
}

// What of a member's wait is off, as a share; 0 where it is too short to matter.
static double wait_off(const struct validation_member *member)
{
    const struct validation_figure_value *mean = &member->figures[VALIDATION_MEAN];
    return fabs(report_change_absolute(&mean->value)) <= VALIDATION_NEAR_MEAN_NS
               ? 0
               : fabs(report_change_relative(&member->figures[VALIDATION_WAIT].value));
}

static void put_holds(const struct report_validation *validation, FILE *out)
{
    char name[REPORT_LABEL_MAX];
    const struct validation_member *worst = NULL;
    size_t near = 0, all = 0;
    for (size_t m = 0; m < validation->member_count; m++) {
        const struct validation_member *member = &validation->members[m];
        if (!member->figures[VALIDATION_P50].is_judged)
            continue;
        worst = worst == NULL || wait_off(member) > wait_off(worst) ? member : worst;
        for (int i = VALIDATION_P50; i <= VALIDATION_P99; i++, all++) {
            const struct report_change *value = &member->figures[i].value;
            double apart = fabs(report_change_absolute(value));
            near += apart <= 2e6 || apart <= 0.02 * value->a;
        }
    }
    if (worst == NULL) {
        fprintf(out, "Nothing can be said: no member has %d requests that are compared.",
                VALIDATION_JUDGED);
        put_arrived(validation, out);
        return;
    }
    report_label(name, worst->name, NAME_CELLS);
    if (wait_off(worst) > 0)
        fprintf(out,
                "The prediction holds: the total wait of each member is within %.2g %% of the "
                "measured one (%s is worst)",
                100 * wait_off(worst), name);
    else
        fputs("The prediction holds: the mean of each member is within 1 ms of the measured one",
              out);
    fprintf(out, ", and of %zu percentiles (p50, p90, p99) %zu are within 2 %% or 2 ms%s.", all,
            near, near == all ? "" : ", the others near enough");
}

static void put_fails(const struct report_validation *validation, FILE *out)
{
    struct worst worst[WORST_SHOWN + 1];
    size_t count = find_worst(validation, worst), judged = 0;
    for (size_t m = 0; m < validation->member_count; m++) {
        for (int i = 0; i < VALIDATION_MEDIAN_ERROR; i++)
            judged += validation->members[m].figures[i].is_judged;
    }
    fputs("The prediction does not hold: ", out);
    for (size_t i = 0; i < count; i++) {
        fputs(i == 0 ? "" : "; ", out);
        put_figure(out, &worst[i]);
    }
    fprintf(out, ". Of %zu figures %.0f are neither within 5 %% or 5 ms (a mean: 1 ms)%s.", judged,
            validation->members[validation->member_count].figures[VALIDATION_OUTSIDE].value.b,
            validation->runs > 0 ? " nor in the band of the runs with jitter"
                                 : " of what was measured");
    const struct validation_figure_value *total =
        validation->members[validation->member_count].figures;
    const struct report_change *wait = &total[VALIDATION_WAIT].value;
    if (total[VALIDATION_REQUESTS].value.b < VALIDATION_JUDGED)
        put_arrived(validation, out);
    else if (wait->b > OTHERS * wait->a)
        fputs(" It looks as if it had not been recorded under these limits.", out);
    else if (wait->a > OTHERS * wait->b)
        fputs(" Either lower limits were in force, or buckets were not empty when the recording "
              "began (levels).",
              out);
    else if (strcmp(validation->arrival, "issue") == 0)
        fputs(" A second opinion: --arrival dependent.", out);
}

char *validation_verdict(const struct report_validation *validation)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    if (validation_holds(validation))
        put_holds(validation, out);
    else
        put_fails(validation, out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

// ---- Tables ----

static size_t shown_members(const struct report_validation *validation,
                            const struct report_style *style)
{
    size_t top = style->top > 0 ? (size_t)style->top : SIZE_MAX;
    return validation->member_count < top ? validation->member_count : top;
}

// The members that are shown, then all.
static const struct validation_member *member_in(const struct report_validation *validation,
                                                 const struct report_style *style, size_t row)
{
    return &validation
                ->members[row == shown_members(validation, style) ? validation->member_count : row];
}

static bool print_members(const struct report_validation *validation,
                          const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "member", GRID_TEXT},
        {NULL, "requests", GRID_COUNT},
        {"total", "wait", GRID_CHANGE_PERCENT},
        {"|error| of each", "median", GRID_TIME},
        {NULL, "mean", GRID_TIME},
        {"distribution", "KS", GRID_NUMBER},
        {NULL, "W1/mean", GRID_PERCENT},
        {"off", "per s", GRID_PERCENT},
        {"at end", "to come", GRID_COUNT},
    };
    size_t rows = shown_members(validation, style) + 1;
    struct grid *grid = grid_create(columns, COUNT_OF(columns));
    for (size_t i = 0; grid != NULL && i < rows; i++) {
        const struct validation_member *member = member_in(validation, style, i);
        const struct validation_figure_value *figures = member->figures;
        grid_text(grid, member->name);
        grid_number(grid, figures[VALIDATION_REQUESTS].value.a);
        grid_number(grid, 100 * report_change_relative(&figures[VALIDATION_WAIT].value));
        grid_number(grid, figures[VALIDATION_MEDIAN_ERROR].value.b);
        grid_number(grid, figures[VALIDATION_MEAN_ERROR].value.b);
        grid_number(grid, floor(1000 * figures[VALIDATION_KS].value.b + 0.5) / 1000);
        grid_number(grid, 100 * figures[VALIDATION_W1].value.b);
        grid_number(grid, 100 * figures[VALIDATION_THROUGHPUT].value.b);
        grid_number(grid, (double)member->to_come);
    }
    return grid_show(grid, "Predicted against measured", style);
}

static const char *said_of(const struct validation_figure_value *figure)
{
    bool is_in = figure->value.a >= figure->low && figure->value.a <= figure->high;
    const char *near = figure->is_steep ? "steep" : "near";
    return is_in ? "in the band" : figure->is_near ? near : "off";
}

static bool print_figures(const struct report_validation *validation,
                          const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "member", GRID_TEXT},        {NULL, "", GRID_TEXT},
        {NULL, "measured", GRID_TIME},      {NULL, "predicted", GRID_TIME},
        {NULL, "off", GRID_CHANGE_PERCENT}, {"with jitter", "p5", GRID_TIME},
        {NULL, "p95", GRID_TIME},           {NULL, "measured is", GRID_TEXT},
    };
    size_t rows = shown_members(validation, style) + 1;
    struct grid *grid = grid_create(columns, COUNT_OF(columns));
    for (size_t i = 0; grid != NULL && i < rows; i++) {
        const struct validation_member *member = member_in(validation, style, i);
        for (int j = VALIDATION_P50; j <= VALIDATION_WAIT; j++) {
            const struct validation_figure_value *figure = &member->figures[j];
            grid_text(grid, j == VALIDATION_P50 ? member->name : "");
            grid_text(grid, figure_words[j]);
            grid_number(grid, figure->value.a);
            grid_number(grid, figure->value.b);
            grid_number(grid, 100 * report_change_relative(&figure->value));
            grid_number(grid, figure->low);
            grid_number(grid, figure->high);
            grid_text(grid, said_of(figure));
        }
    }
    return grid_show(grid, "Latencies", style);
}

bool report_validation_print(const struct report_validation *validation,
                             const struct report_style *style)
{
    char *verdict = validation_verdict(validation);
    if (verdict == NULL)
        return false;
    report_say(style, validation_holds(validation) ? REPORT_GOOD : REPORT_BAD, "%s", verdict);
    free(verdict);
    if (!print_members(validation, style) || !print_figures(validation, style))
        return false;
    if (shown_members(validation, style) < validation->member_count)
        report_say(style, REPORT_PLAIN, "(%zu more members; --all shows them)",
                   validation->member_count - shown_members(validation, style));
    report_title(style, "What was fitted, assumed and seen");
    for (size_t i = 0; i < validation->fact_count; i++)
        report_say(style, REPORT_PLAIN, "%s", validation->facts[i].text);
    for (size_t i = 0; i < validation->notice_count; i++) {
        const struct validation_notice *notice = &validation->notices[i];
        char source[REPORT_LABEL_MAX];
        report_label(source, notice->source, 40);
        report_say(style, REPORT_WARNING, "%s: %s", source, notice->text);
    }
    return true;
}

// ---- JSON ----

static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *member_json(const struct validation_member *member)
{
    json_t *object = json_pack("{s:o, s:I}", "name", report_json_text(member->name), "to_come",
                               (json_int_t)member->to_come);
    for (int i = 0; i < VALIDATION_FIGURE_COUNT; i++) {
        const struct validation_figure_value *figure = &member->figures[i];
        json_t *value = json_object();
        if (i < VALIDATION_MEDIAN_ERROR) {
            json_object_set_new(value, "measured", real(figure->value.a));
            json_object_set_new(value, "predicted", real(figure->value.b));
        } else {
            json_object_set_new(value, "value", real(figure->value.b));
        }
        json_object_set_new(value, "p5", real(figure->low));
        json_object_set_new(value, "p95", real(figure->high));
        if (i < VALIDATION_MEDIAN_ERROR)
            json_object_set_new(value, "in_band",
                                isnan(figure->low) || isnan(figure->value.a)
                                    ? json_null()
                                    : json_boolean(figure->value.a >= figure->low &&
                                                   figure->value.a <= figure->high));
        if (figure->is_judged)
            json_object_set_new(value, "as_measured", json_boolean(figure->is_near));
        json_object_set_new(object, validation_figures[i].json_key, value);
    }
    return object;
}

static json_t *facts_json(const struct report_validation *validation)
{
    json_t *list = json_array();
    for (size_t i = 0; i < validation->fact_count; i++) {
        const struct validation_fact *fact = &validation->facts[i];
        json_t *object = json_pack("{s:s, s:o, s:o}", "what", fact->key, "value", real(fact->value),
                                   "text", report_json_text(fact->text));
        if (!isnan(fact->low)) {
            json_object_set_new(object, "low", real(fact->low));
            json_object_set_new(object, "high", real(fact->high));
        }
        json_array_append_new(list, object);
    }
    return list;
}

json_t *report_validation_json(const struct report_validation *validation)
{
    json_t *members = json_array(), *notices = json_array();
    char *verdict = validation_verdict(validation);
    for (size_t i = 0; i < validation->member_count; i++)
        json_array_append_new(members, member_json(&validation->members[i]));
    for (size_t i = 0; i < validation->notice_count; i++) {
        const struct validation_notice *notice = &validation->notices[i];
        json_array_append_new(notices, json_pack("{s:s, s:o, s:I, s:o}", "kind", notice->kind,
                                                 "source", report_json_text(notice->source),
                                                 "count", (json_int_t)notice->count, "text",
                                                 report_json_text(notice->text)));
    }
    json_t *object = json_pack(
        "{s:o, s:s, s:b, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "scenario",
        report_json_text(validation->name), "arrival", validation->arrival, "holds",
        validation_holds(validation), "verdict", report_json_text(verdict == NULL ? "" : verdict),
        "end_ns", (json_int_t)validation->requests.end_ns, "runs", (json_int_t)validation->runs,
        "jitter_ns", (json_int_t)validation->jitter_ns, "facts", facts_json(validation), "members",
        members, "total", member_json(&validation->members[validation->member_count]), "notices",
        notices);
    free(verdict);
    return object;
}
