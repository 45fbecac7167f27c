// SPDX-License-Identifier: GPL-2.0-or-later
// The points of a sweep as a table, and as JSON.
#include "reports/grid.h"
#include "reports/json_text.h"
#include "reports/sweep.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAILURES_SHOWN 5

static enum grid_kind kind_of(enum report_metric metric)
{
    static const enum grid_kind kinds[] = {
        [REPORT_QUANTITY_TIME] = GRID_TIME,    [REPORT_QUANTITY_COUNT] = GRID_COUNT,
        [REPORT_QUANTITY_BLOCKS] = GRID_COUNT, [REPORT_QUANTITY_SHARE] = GRID_NUMBER,
        [REPORT_QUANTITY_RATE] = GRID_NUMBER,  [REPORT_QUANTITY_BYTES] = GRID_BYTES,
    };
    return kinds[report_metrics[metric].quantity];
}

// ---- What happened to its runs ----

struct summary {
    uint64_t done, failed, missing; // runs
    uint64_t best;                  // point; `points`: none
};

static bool is_better(const struct report_sweep *sweep, double a, double b)
{
    return isnan(b) || (report_figure_more_is_worse(sweep->figures[0].metric) ? a < b : a > b);
}

static struct summary summarise(const struct report_sweep *sweep)
{
    struct summary summary = {.best = sweep->points};
    double best = NAN;
    for (uint64_t i = 0; i < sweep->points * sweep->seeds; i++) {
        const struct report_sweep_row *row = &sweep->rows[i];
        summary.done += row->is_there && row->exit_code == 0;
        summary.failed += row->is_there && row->exit_code != 0;
        summary.missing += !row->is_there;
    }
    for (uint64_t i = 0; i < sweep->points; i++) {
        double figure = report_sweep_range(sweep, i, 0).median;
        if (!isnan(figure) && is_better(sweep, figure, best)) {
            best = figure;
            summary.best = i;
        }
    }
    return summary;
}

// "gold.iops-total 500, engine slice"
static const char *describe(const struct report_sweep *sweep, uint64_t point, char *text,
                            size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sweep->setting_count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s %s", i > 0 ? ", " : "",
                                 sweep->settings[i].key, report_sweep_value(sweep, point, i));
    return text;
}

static void say_failures(const struct report_sweep *sweep, const struct report_style *style,
                         uint64_t failed)
{
    char text[300];
    uint64_t shown = 0;
    const char *last = "";
    for (uint64_t i = 0; i < sweep->points * sweep->seeds && shown < FAILURES_SHOWN; i++) {
        const struct report_sweep_row *row = &sweep->rows[i];
        if (!row->is_there || row->exit_code == 0 || strcmp(row->error, last) == 0)
            continue;
        report_say(style, REPORT_BAD, "Point %" PRIu64 " failed (%s; exit code %d): %s",
                   i / sweep->seeds + 1, describe(sweep, i / sweep->seeds, text, sizeof text),
                   row->exit_code, row->error);
        last = row->error;
        shown++;
    }
    if (failed > shown && shown > 0)
        report_say(style, REPORT_BAD, "%" PRIu64 " runs failed in all.", failed);
}

// ---- The table ----

#define NAME_MAX_CELLS 96

// The columns and their names.
struct layout {
    struct grid_column columns[GRID_COLUMNS_MAX];
    char above[GRID_COLUMNS_MAX][NAME_MAX_CELLS], names[GRID_COLUMNS_MAX][NAME_MAX_CELLS];
    size_t count;
};

static void add_column(struct layout *layout, const char *above, const char *name,
                       enum grid_kind kind)
{
    if (layout->count == GRID_COLUMNS_MAX)
        return;
    snprintf(layout->above[layout->count], NAME_MAX_CELLS, "%s", above);
    snprintf(layout->names[layout->count], NAME_MAX_CELLS, "%s", name);
    layout->columns[layout->count] =
        (struct grid_column){layout->above[layout->count], layout->names[layout->count], kind};
    layout->count++;
}

// What stands before the last dot above what stands behind it; reads and writes are what is usual.
static void add_split(struct layout *layout, const char *text, enum grid_kind kind)
{
    char above[NAME_MAX_CELLS];
    const char *dot = strrchr(text, '.');
    snprintf(above, sizeof above, "%.*s", dot == NULL ? 0 : (int)(dot - text), text);
    char *usual = strstr(above, ".read+write");
    if (usual != NULL)
        *usual = '\0';
    add_column(layout, above, dot == NULL ? text : dot + 1, kind);
}

static void lay_out(const struct report_sweep *sweep, struct layout *layout)
{
    layout->count = 0;
    add_column(layout, "", "point", GRID_TEXT);
    for (size_t i = 0; i < sweep->setting_count; i++)
        add_split(layout, sweep->settings[i].key, GRID_TEXT);
    for (size_t i = 0; i < sweep->figure_count; i++) {
        enum grid_kind kind = kind_of(sweep->figures[i].metric);
        add_split(layout, sweep->figures[i].name, kind);
        if (sweep->seeds > 1 && i == 0) {
            add_column(layout, "", "least", kind);
            add_column(layout, "", "largest", kind);
        }
    }
    add_column(layout, "", "", GRID_TEXT);
}

static void add_row(const struct report_sweep *sweep, struct grid *grid, uint64_t point,
                    bool is_front)
{
    char number[24];
    const struct report_sweep_row *row = &sweep->rows[point * sweep->seeds];
    snprintf(number, sizeof number, "%" PRIu64, point + 1);
    grid_text(grid, number);
    for (size_t i = 0; i < sweep->setting_count; i++)
        grid_text(grid, report_sweep_value(sweep, point, i));
    for (size_t i = 0; i < sweep->figure_count; i++) {
        struct report_sweep_range range = report_sweep_range(sweep, point, i);
        grid_number(grid, range.median);
        if (sweep->seeds > 1 && i == 0) {
            grid_number(grid, range.least);
            grid_number(grid, range.largest);
        }
    }
    grid_text(grid, !row->is_there        ? "not run"
                    : row->exit_code != 0 ? "failed"
                    : is_front            ? "*"
                                          : "");
}

static bool print_table(const struct report_sweep *sweep, const struct report_style *style,
                        const bool *is_front)
{
    struct layout *layout = malloc(sizeof *layout);
    if (layout == NULL)
        return false;
    lay_out(sweep, layout);
    struct grid *grid = grid_create(layout->columns, layout->count);
    uint64_t most = style->top > 0 ? (uint64_t)style->top : UINT64_MAX, shown = 0, fronts = 0;
    bool only_front = sweep->points > most;
    for (uint64_t i = 0; i < sweep->points; i++)
        fronts += is_front[i];
    only_front = only_front && fronts > 0;
    // Of a longer front some, as far apart, the last among them.
    uint64_t every = only_front && fronts > most ? (fronts + most - 1) / most : 1;
    for (uint64_t i = 0, front = fronts; grid != NULL && i < sweep->points && shown < most; i++) {
        if (only_front && (!is_front[i] || --front % every != 0))
            continue;
        add_row(sweep, grid, i, is_front[i]);
        shown++;
    }
    size_t cost = report_sweep_cost(sweep);
    bool ok = grid_show(grid, only_front ? "Points that no other beats" : "Points", style);
    free(layout);
    if (shown < sweep->points)
        report_say(style, REPORT_PLAIN, "%" PRIu64 " of %" PRIu64 " points are shown%s.", shown,
                   sweep->points,
                   sweep->sweep_id > 0 ? "; all are in the database" : "; see --all");
    if (fronts > 0)
        report_say(style, REPORT_PLAIN, "*: no other point has at most the same %s and %s %s.",
                   sweep->settings[cost].key,
                   report_figure_more_is_worse(sweep->figures[0].metric) ? "a lower" : "a higher",
                   sweep->figures[0].name);
    return ok;
}

// ---- One group, or a limit per disk ----

// Of each combination of the other settings: in how many which has the better first figure.
static void say_sharing(const struct report_sweep *sweep, const struct report_style *style)
{
    size_t setting = 0;
    uint64_t stride = 1, wins[3] = {0};
    double values[2] = {NAN, NAN};
    char texts[2][GRID_NUMBER_MAX];
    while (setting < sweep->setting_count &&
           strcmp(sweep->settings[setting].key, REPORT_SWEEP_SHARING) != 0)
        setting++;
    if (setting == sweep->setting_count || sweep->settings[setting].count != 2)
        return;
    for (size_t i = setting + 1; i < sweep->setting_count; i++)
        stride *= sweep->settings[i].count;
    for (uint64_t point = 0; point < sweep->points; point++) {
        if (point / stride % 2 != 0)
            continue;
        for (uint64_t i = 0; i < 2; i++)
            values[i] = report_sweep_range(sweep, point + i * stride, 0).median;
        if (!isnan(values[0]) && !isnan(values[1]))
            wins[is_better(sweep, values[0], values[1])   ? 0
                 : is_better(sweep, values[1], values[0]) ? 1
                                                          : 2]++;
    }
    for (size_t i = 0; i < 2; i++)
        grid_format(texts[i], values[i], kind_of(sweep->figures[0].metric));
    uint64_t all = wins[0] + wins[1] + wins[2];
    if (all == 1)
        report_say(style, REPORT_BOLD,
                   "One group or a limit per disk: %s %s with one group, %s with a limit per disk: "
                   "%s.",
                   sweep->figures[0].name, texts[0], texts[1],
                   wins[0] > 0   ? "one group is better"
                   : wins[1] > 0 ? "a limit per disk is better"
                                 : "it makes no difference");
    else if (all > 1)
        report_say(style, REPORT_BOLD,
                   "One group or a limit per disk: of %" PRIu64 " pairs of points, %s is better "
                   "with one group in %" PRIu64 ", with a limit per disk in %" PRIu64
                   ", the same in %" PRIu64 ".",
                   all, sweep->figures[0].name, wins[0], wins[1], wins[2]);
}

bool report_sweep_print(const struct report_sweep *sweep, const struct report_style *style)
{
    char text[300], figure[GRID_NUMBER_MAX];
    struct summary summary = summarise(sweep);
    bool *is_front = calloc(sweep->points + 1, sizeof *is_front);
    if (is_front == NULL || !report_sweep_front(sweep, is_front)) {
        free(is_front);
        return false;
    }
    report_say(style, REPORT_BOLD, "%" PRIu64 " point%s of %s, %" PRId64 " requests each%s",
               sweep->points, sweep->points == 1 ? "" : "s", sweep->name, sweep->requests,
               summary.missing > 0 ? "; not all have been run" : "");
    bool ok = print_table(sweep, style, is_front);
    free(is_front);
    if (summary.best < sweep->points)
        report_say(style, REPORT_PLAIN, "The %s %s is %s, at point %" PRIu64 ": %s.",
                   report_figure_more_is_worse(sweep->figures[0].metric) ? "lowest" : "highest",
                   sweep->figures[0].name,
                   grid_format(figure, report_sweep_range(sweep, summary.best, 0).median,
                               kind_of(sweep->figures[0].metric)),
                   summary.best + 1, describe(sweep, summary.best, text, sizeof text));
    say_sharing(sweep, style);
    say_failures(sweep, style, summary.failed);
    return ok;
}

// ---- JSON ----

// Whole numbers as such; what is infinite is the text "infinite", what is not known null.
static json_t *number(double value)
{
    if (isnan(value))
        return json_null();
    if (isinf(value))
        return json_string("infinite");
    return value <= floor(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value)
                                                       : json_real(value);
}

static json_t *run_json(const struct report_sweep *sweep, uint64_t number_of)
{
    char digest[17];
    const struct report_sweep_row *row = &sweep->rows[number_of];
    json_t *run = json_object(), *figures = json_object();
    json_object_set_new(run, "seed", json_integer((json_int_t)(number_of % sweep->seeds)));
    json_object_set_new(run, "exit_code", json_integer(row->exit_code));
    if (row->exit_code != 0) {
        json_object_set_new(run, "error", report_json_text(row->error));
        json_decref(figures);
        return run;
    }
    snprintf(digest, sizeof digest, "%016" PRIx64, row->digest);
    json_object_set_new(run, "digest", json_string(digest));
    json_object_set_new(run, "end_ns", json_integer((json_int_t)row->end_ns));
    json_object_set_new(run, "arrived", json_integer((json_int_t)row->arrived));
    json_object_set_new(run, "dispatched", json_integer((json_int_t)row->dispatched));
    json_object_set_new(run, "completed", json_integer((json_int_t)row->completed));
    if (row->run_id != 0)
        json_object_set_new(run, "run_id", json_integer((json_int_t)row->run_id));
    for (size_t i = 0; i < sweep->figure_count; i++)
        json_object_set_new(figures, sweep->figures[i].name, number(row->values[i]));
    json_object_set_new(run, "figures", figures);
    if (row->members[0] >= 0)
        json_object_set_new(run, "worst_member",
                            report_json_text(sweep->member_names[row->members[0]]));
    return run;
}

static json_t *point_json(const struct report_sweep *sweep, uint64_t point, bool is_front)
{
    json_t *object = json_object(), *settings = json_object(), *runs = json_array();
    json_object_set_new(object, "point", json_integer((json_int_t)point + 1));
    for (size_t i = 0; i < sweep->setting_count; i++)
        json_object_set_new(settings, sweep->settings[i].key,
                            report_json_text(report_sweep_value(sweep, point, i)));
    json_object_set_new(object, "settings", settings);
    json_object_set_new(object, "front", json_boolean(is_front));
    for (uint32_t i = 0; i < sweep->seeds; i++) {
        if (sweep->rows[point * sweep->seeds + i].is_there)
            json_array_append_new(runs, run_json(sweep, point * sweep->seeds + i));
    }
    json_object_set_new(object, "runs", runs);
    for (size_t i = 0; sweep->seeds > 1 && i < sweep->figure_count; i++) {
        struct report_sweep_range range = report_sweep_range(sweep, point, i);
        json_object_set_new(object, sweep->figures[i].name,
                            json_pack("{sososo}", "median", number(range.median), "least",
                                      number(range.least), "largest", number(range.largest)));
    }
    return object;
}

json_t *report_sweep_json(const struct report_sweep *sweep)
{
    bool *is_front = calloc(sweep->points + 1, sizeof *is_front);
    json_t *object = json_object(), *points = json_array();
    bool ok = is_front != NULL && report_sweep_front(sweep, is_front);
    json_object_set_new(object, "name", report_json_text(sweep->name));
    json_object_set_new(object, "requests", json_integer((json_int_t)sweep->requests));
    json_object_set_new(object, "seeds", json_integer(sweep->seeds));
    if (sweep->sweep_id > 0)
        json_object_set_new(object, "sweep_id", json_integer((json_int_t)sweep->sweep_id));
    if (report_sweep_cost(sweep) < sweep->setting_count)
        json_object_set_new(object, "cost",
                            report_json_text(sweep->settings[report_sweep_cost(sweep)].key));
    for (uint64_t i = 0; ok && i < sweep->points; i++)
        json_array_append_new(points, point_json(sweep, i, is_front[i]));
    json_object_set_new(object, "points", points);
    free(is_front);
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}
