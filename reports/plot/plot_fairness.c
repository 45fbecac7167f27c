// SPDX-License-Identifier: GPL-2.0-or-later
// How evenly the members of each group were served that wanted more: what each got against an equal
// share, Jain's index of that, and how many there were.
#include "reports/plot/figures.h"
#include "reports/query.h"

#include <math.h>
#include <stdlib.h>

#define FAIRNESS_PANELS 3
#define FAIRNESS_EQUAL " lc rgb '#404040' lw 1 dt (7,3)"

struct fairness_bin {
    double jain;       // mean over the bin's contended intervals; 0: none was (an index is above 0)
    double backlogged; // most at once
    bool present;
};

// Alone in a group nobody is served more or less fairly.
static bool is_shared(const struct plot_run *run, size_t group)
{
    return group < run->drawn_groups && run->groups[group].member_count > 1;
}

static bool any_is_shared(const struct plot_run *run)
{
    size_t group = 0;
    while (group < run->drawn_groups && !is_shared(run, group))
        group++;
    return group < run->drawn_groups;
}

// What a panel says that has nothing to show.
static const char *nothing(const struct plot_run *run, const char *text)
{
    return any_is_shared(run) ? text : "No group had two members.";
}

static double jain_of(const void *context, size_t bin)
{
    const struct fairness_bin *bins = context;
    return bins[bin].jain > 0 ? bins[bin].jain : NAN;
}

static double backlogged_of(const void *context, size_t bin)
{
    const struct fairness_bin *bins = context;
    return bins[bin].present ? bins[bin].backlogged : NAN;
}

// Fills [group * bin_count + bin]. Groups' rows are averaged in the database.
static bool load_bins(const struct plot_run *run, struct fairness_bin *bins,
                      struct report_error *error)
{
    sqlite3_stmt *rows =
        report_query_open(run->database,
                          "SELECT group_id, min(interval / ?2, ?3) AS bin, max(backlogged),"
                          "       avg(CASE WHEN backlogged >= 2 THEN jain_requests END)"
                          "  FROM group_interval WHERE run_id = ?1 GROUP BY group_id, bin",
                          run->run_id, error);
    if (rows != NULL) {
        sqlite3_bind_int64(rows, 2, run->bin_intervals);
        sqlite3_bind_int64(rows, 3, (sqlite3_int64)run->bin_count - 1);
    }
    while (report_query_next(rows)) {
        int64_t bin = sqlite3_column_int64(rows, 1);
        size_t group = plot_run_group(run, sqlite3_column_int64(rows, 0));
        if (is_shared(run, group) && bin >= 0 && bin < (int64_t)run->bin_count)
            bins[group * run->bin_count + (size_t)bin] =
                (struct fairness_bin){.jain = sqlite3_column_double(rows, 3),
                                      .backlogged = sqlite3_column_double(rows, 2),
                                      .present = true};
    }
    return report_query_close(rows, error);
}

static void put_data(const struct plot_script *script, const struct fairness_bin *bins)
{
    for (size_t g = 0; g < script->run->drawn_groups; g++) {
        const struct fairness_bin *row = &bins[g * script->run->bin_count];
        plot_script_stairs(script, "jain", g, jain_of, row);
        plot_script_stairs(script, "backlogged", g, backlogged_of, row);
    }
}

// ---- Shares ----

// [line * bin_count + bin]: what it got over an equal share; NAN: it did not want more all the
// time, or nobody else did.
struct fairness_shares {
    const struct plot_run *run;
    double *ratios;
    double most;
};

static const struct plot_cell *cell_of(const struct plot_run *run, size_t line, size_t bin)
{
    return &run->cells[line * run->bin_count + bin];
}

// Something waited when the bin began and when it ended.
static bool wanted_more(const struct plot_run *run, size_t line, size_t bin)
{
    return bin > 0 && cell_of(run, line, bin)->waiting_end > 0 &&
           cell_of(run, line, bin - 1)->waiting_end > 0 &&
           cell_of(run, line, bin)->group < run->drawn_groups;
}

static void fill_bin(struct fairness_shares *shares, size_t bin)
{
    const struct plot_run *run = shares->run;
    double sums[PLOT_GROUPS_MAX] = {0}, counts[PLOT_GROUPS_MAX] = {0};
    for (size_t line = 0; line < run->line_count; line++) {
        const struct plot_cell *cell = cell_of(run, line, bin);
        if (!wanted_more(run, line, bin))
            continue;
        sums[cell->group] += cell->dispatched;
        counts[cell->group]++;
    }
    for (size_t line = 0; line < run->line_count; line++) {
        const struct plot_cell *cell = cell_of(run, line, bin);
        double *ratio = &shares->ratios[line * run->bin_count + bin];
        bool any = wanted_more(run, line, bin) && counts[cell->group] >= 2 && sums[cell->group] > 0;
        *ratio = any ? cell->dispatched * counts[cell->group] / sums[cell->group] : NAN;
        if (any)
            shares->most = fmax(shares->most, *ratio);
    }
}

static double ratio_of(const void *context, size_t bin)
{
    const double *ratios = context;
    return ratios[bin];
}

// Nothing at all is as little as the scale has.
static double ratio_colour(const void *context, size_t row, size_t bin)
{
    const struct fairness_shares *shares = context;
    double ratio = shares->ratios[row * shares->run->bin_count + bin];
    return isnan(ratio) ? 0 : fmax(ratio, 0.001);
}

static void draw_share_map(const struct plot_script *script, const struct fairness_shares *shares)
{
    const struct plot_map map = {.name = "shares",
                                 .title = "got / equal share",
                                 .nothing = nothing(script->run, "No two members wanted more."),
                                 .value = ratio_colour,
                                 .context = shares,
                                 .is_ratio = true};
    plot_members_map_names(script, FAIRNESS_PANELS);
    plot_map_panel(script, &map, script->run->line_count, 0, FAIRNESS_PANELS);
    fputs("set ytics autofreq nomirror out\n", script->out);
}

static void draw_share_lines(const struct plot_script *script, const struct fairness_shares *shares)
{
    const struct plot_run *run = script->run;
    for (size_t line = 0; line < run->line_count; line++)
        plot_script_stairs(script, "share", line, ratio_of, &shares->ratios[line * run->bin_count]);
    plot_script_time_panel(script, 0, FAIRNESS_PANELS, "got / equal share");
    if (shares->most <= 0)
        plot_script_message(script, nothing(run, "No two members wanted more."));
    fprintf(script->out, "set yrange [0:%.6g]\nplot %s", fmax(2, 1.06 * shares->most),
            shares->most > 0 ? "1" FAIRNESS_EQUAL : "NaN");
    for (size_t line = 0; line < run->line_count; line++) {
        fprintf(script->out, ", $share%zu with steps", line);
        plot_script_line_style(script, line, 1.4);
    }
    fputc('\n', script->out);
}

static bool draw_shares(const struct plot_script *script, struct report_error *error)
{
    const struct plot_run *run = script->run;
    struct fairness_shares shares = {
        .run = run, .ratios = calloc(run->line_count * run->bin_count + 1, sizeof *shares.ratios)};
    if (shares.ratios == NULL) {
        snprintf(error->message, sizeof error->message, "drawing fairness: out of memory");
        return false;
    }
    for (size_t bin = 0; bin < run->bin_count; bin++)
        fill_bin(&shares, bin);
    if (plot_is_map(run))
        draw_share_map(script, &shares);
    else
        draw_share_lines(script, &shares);
    free(shares.ratios);
    return true;
}

// ---- All of it ----

static void put_legend(const struct plot_script *script)
{
    char number[PLOT_NUMBER_MAX];
    for (size_t g = 0; g < script->run->drawn_groups; g++) {
        const struct plot_group *group = &script->run->groups[g];
        if (!is_shared(script->run, g))
            continue;
        fprintf(script->out, ", keyentry with lines lc rgb '%s' lw 1.8",
                plot_script_group_colour(g));
        plot_script_name(script, group->name);
        if (!group->difference_known)
            continue;
        plot_script_remark(script, "largest difference:");
        plot_number_integer(number, (double)group->difference_requests);
        plot_script_remark(script, "  %s requests", number);
        plot_number_bytes(number, (double)group->difference_bytes);
        plot_script_remark(script, "  %s", number);
    }
    plot_script_more_groups(script);
    if (plot_is_map(script->run)) {
        plot_members_map_legend(script, FAIRNESS_PANELS);
    } else {
        plot_members_legend(script);
        fputs(", keyentry with lines" FAIRNESS_EQUAL, script->out);
        plot_script_name(script, "an equal share of those that");
        plot_script_remark(script, "wanted more (some waited at");
        plot_script_remark(script, "both ends of the step)");
    }
    plot_events_legend(script);
}

static void put_clauses(const struct plot_script *script, const char *name)
{
    fputs("plot NaN", script->out);
    for (size_t g = 0; g < script->run->drawn_groups; g++) {
        if (is_shared(script->run, g))
            fprintf(script->out, ", $%s%zu with steps lc rgb '%s' lw 1.8", name, g,
                    plot_script_group_colour(g));
    }
    fputc('\n', script->out);
}

static void draw_panels(const struct plot_script *script, bool contended, double most)
{
    bool binned = script->run->bin_intervals > 1;
    plot_script_time_panel(script, 1, FAIRNESS_PANELS,
                           binned ? "mean Jain's index" : "Jain's index");
    fputs("set yrange [0:1.05]\nset ytics 0.2\n", script->out);
    if (!contended)
        plot_script_message(
            script, nothing(script->run, "No two members were backlogged for a whole interval."));
    put_clauses(script, "jain");
    plot_script_time_panel(script, 2, FAIRNESS_PANELS, binned ? "most backlogged" : "backlogged");
    if (!any_is_shared(script->run))
        plot_script_message(script, nothing(script->run, ""));
    fprintf(script->out, "set yrange [0:%.6g]\n", most > 2 ? 1.1 * most : 2.2);
    fputs(most <= 10 ? "set ytics 1\n" : "set ytics autofreq\n", script->out);
    put_clauses(script, "backlogged");
}

bool plot_fairness(struct plot_script *script, struct report_error *error)
{
    const struct plot_run *run = script->run;
    size_t count = run->drawn_groups * run->bin_count;
    struct fairness_bin *bins = calloc(count + 1, sizeof *bins);
    bool good = bins != NULL && load_bins(run, bins, error), contended = false;
    double most = 0;
    if (bins == NULL)
        snprintf(error->message, sizeof error->message, "drawing fairness: out of memory");
    if (good) {
        for (size_t i = 0; i < count; i++) {
            contended |= bins[i].jain > 0;
            most = fmax(most, bins[i].backlogged);
        }
        plot_script_begin(script, "Fairness among backlogged members");
        if (plot_is_map(run))
            plot_map_begin(script);
        put_legend(script);
        plot_script_end_legend(script);
        put_data(script, bins);
        good = draw_shares(script, error);
        draw_panels(script, contended, most);
    }
    free(bins);
    return good;
}
