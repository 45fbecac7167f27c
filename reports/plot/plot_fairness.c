// SPDX-License-Identifier: GPL-2.0-or-later
// How evenly the backlogged members of each group were served.
#include "reports/plot/figures.h"
#include "reports/query.h"

#include <math.h>
#include <stdlib.h>

struct fairness_bin {
    double jain;       // mean over the bin's contended intervals; 0: none was (an index is above 0)
    double backlogged; // most at once
    bool present;
};

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
    sqlite3_stmt *rows = report_query_open(
        run->database,
        "SELECT group_id, min(interval / ?2, ?4) AS bin, max(backlogged),"
        "       avg(CASE WHEN backlogged >= 2 THEN jain_requests END)"
        "  FROM group_interval WHERE run_id = ?1 AND group_id <= ?3 GROUP BY group_id, bin",
        run->run_id, error);
    if (rows != NULL) {
        sqlite3_bind_int64(rows, 2, run->bin_intervals);
        sqlite3_bind_int64(rows, 3,
                           run->drawn_groups ? run->groups[run->drawn_groups - 1].group_id : -1);
        sqlite3_bind_int64(rows, 4, (sqlite3_int64)run->bin_count - 1);
    }
    while (report_query_next(rows)) {
        int64_t bin = sqlite3_column_int64(rows, 1);
        size_t group = plot_run_group(run, sqlite3_column_int64(rows, 0));
        if (group < run->drawn_groups && bin >= 0 && bin < (int64_t)run->bin_count)
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

static void put_legend(const struct plot_script *script)
{
    char number[PLOT_NUMBER_MAX];
    for (size_t g = 0; g < script->run->drawn_groups; g++) {
        const struct plot_group *group = &script->run->groups[g];
        fprintf(script->out, ", keyentry with lines lc rgb '%s' lw 1.8", plot_script_colour(g));
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
}

static void put_clauses(const struct plot_script *script, const char *name)
{
    fputs("plot NaN", script->out);
    for (size_t g = 0; g < script->run->drawn_groups; g++)
        fprintf(script->out, ", $%s%zu with steps lc rgb '%s' lw 1.8", name, g,
                plot_script_colour(g));
    fputc('\n', script->out);
}

static void draw_panels(const struct plot_script *script, bool contended, double most)
{
    bool binned = script->run->bin_intervals > 1;
    plot_script_time_panel(script, 0, 2, binned ? "mean Jain's index" : "Jain's index");
    fputs("set yrange [0:1.05]\nset ytics 0.2\n", script->out);
    if (!contended)
        plot_script_message(script, "No two members were backlogged for a whole interval.");
    put_clauses(script, "jain");
    plot_script_time_panel(script, 1, 2, binned ? "most members backlogged" : "members backlogged");
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
        put_legend(script);
        plot_script_end_legend(script);
        put_data(script, bins);
        draw_panels(script, contended, most);
    }
    free(bins);
    return good;
}
