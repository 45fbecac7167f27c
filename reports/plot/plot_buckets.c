// SPDX-License-Identifier: GPL-2.0-or-later
// How full the leaky buckets of the groups were: at 100 % requests begin to wait.
#include "reports/plot/figures.h"
#include "reports/query.h"

#include <inttypes.h>
#include <math.h>

#define BUCKETS_MAX 12 // buckets drawn, half of them dashed
// Draining and huge requests overfill a bucket a thousand times; all else would be flat beside it.
#define BUCKETS_HIGHEST 300 // percent
#define BUCKETS_FULL " lc rgb '#404040' lw 1 dt (7,3)"

struct bucket {
    size_t group; // index among the drawn ones
    char name[REPORT_LABEL_MAX];
    bool bursts; // has a burst part
};

struct buckets {
    const struct plot_script *script;
    struct plot_limits limits;
    struct bucket drawn[BUCKETS_MAX];
    size_t count, left_out;
    double most; // percent, of all
};

// One of the two parts of a bucket: its level (0) or its burst level (1).
struct bucket_curve {
    const char *limit; // key of the limit at which the part leaks
    size_t group;
    double at_ns, percent; // last point
    int64_t bin;           // last one with a row
};

static void put_point(const struct buckets *buckets, struct bucket_curve *curve, double at_ns,
                      double percent)
{
    FILE *out = buckets->script->data;
    double unit_ns = buckets->script->time.scale;
    // What is cut off runs along the top, from and to where the curve reaches it.
    if ((curve->percent > BUCKETS_HIGHEST) != (percent > BUCKETS_HIGHEST)) {
        double part = (BUCKETS_HIGHEST - curve->percent) / (percent - curve->percent);
        fprintf(out, "%.9g %d\n", (curve->at_ns + part * (at_ns - curve->at_ns)) / unit_ns,
                BUCKETS_HIGHEST);
    }
    fprintf(out, "%.9g %.6g\n", at_ns / unit_ns, fmin(percent, BUCKETS_HIGHEST));
    curve->at_ns = at_ns;
    curve->percent = percent;
}

// Nothing is dispatched in intervals without a row: the bucket leaks until it is empty.
static void put_leak(const struct buckets *buckets, struct bucket_curve *curve, double until_ns,
                     double size)
{
    double rate = plot_limits_at(&buckets->limits, curve->group, curve->limit, curve->at_ns);
    double percent_per_ns = size > 0 ? 100 * rate / size / 1e9 : 0;
    double lost = (until_ns - curve->at_ns) * percent_per_ns;
    if (curve->percent > 0 && lost > curve->percent)
        put_point(buckets, curve, curve->at_ns + curve->percent / percent_per_ns, 0);
    put_point(buckets, curve, until_ns, fmax(0, curve->percent - lost));
}

static void put_rows(struct buckets *buckets, struct bucket_curve *curve, sqlite3_stmt *rows)
{
    const struct plot_run *run = buckets->script->run;
    double interval_ns = (double)run->interval_ns, size = 0;
    while (report_query_next(rows)) {
        int64_t bin = sqlite3_column_int64(rows, 0);
        double percent = sqlite3_column_double(rows, 3);
        double first_ns = sqlite3_column_double(rows, 1) * interval_ns;
        double end_ns = (sqlite3_column_double(rows, 2) + 1) * interval_ns;
        if (bin > curve->bin + 1)
            put_leak(buckets, curve, first_ns, size);
        size = sqlite3_column_double(rows, 4);
        put_point(buckets, curve, fmin(end_ns, run->end_ns), percent);
        curve->bin = bin;
        buckets->most = fmax(buckets->most, percent);
    }
    if (curve->at_ns < run->end_ns)
        put_leak(buckets, curve, run->end_ns, size);
}

static bool put_curve(struct buckets *buckets, size_t number, bool burst,
                      struct report_error *error)
{
    static const char *const sql[] = {
        "SELECT interval / ?2, min(interval), max(interval), 100 * max(level / size), size"
        "  FROM bucket_interval WHERE run_id = ?1 AND group_id = ?3 AND bucket = ?4 AND size > 0"
        " GROUP BY 1 ORDER BY 1",
        "SELECT interval / ?2, min(interval), max(interval),"
        "       100 * max(burst_level / burst_size), burst_size"
        "  FROM bucket_interval WHERE run_id = ?1 AND group_id = ?3 AND bucket = ?4"
        "   AND burst_size > 0 GROUP BY 1 ORDER BY 1",
    };
    const struct plot_run *run = buckets->script->run;
    const struct bucket *bucket = &buckets->drawn[number];
    char maximum[REPORT_LABEL_MAX + 8];
    struct bucket_curve curve = {.limit = burst ? maximum : bucket->name, .group = bucket->group};
    sqlite3_stmt *rows = report_query_open(run->database, sql[burst], run->run_id, error);
    if (rows == NULL)
        return false;
    snprintf(maximum, sizeof maximum, "%s-max", bucket->name);
    sqlite3_bind_int64(rows, 2, run->bin_intervals);
    sqlite3_bind_int64(rows, 3, run->groups[bucket->group].group_id);
    sqlite3_bind_text(rows, 4, bucket->name, -1, SQLITE_STATIC);
    fprintf(buckets->script->data, "$%s%zu << EOD\n", burst ? "burst" : "level", number);
    put_point(buckets, &curve, 0, 0);
    put_rows(buckets, &curve, rows);
    fputs("EOD\n", buckets->script->data);
    return report_query_close(rows, error);
}

// Buckets that were ever in use, those of the first groups first.
static bool list_buckets(struct buckets *buckets, struct report_error *error)
{
    const struct plot_run *run = buckets->script->run;
    sqlite3_stmt *rows =
        report_query_open(run->database,
                          "SELECT group_id, bucket, max(burst_size) FROM bucket_interval"
                          " WHERE run_id = ?1 AND size > 0 GROUP BY 1, 2 ORDER BY 1, 2 DESC",
                          run->run_id, error);
    while (report_query_next(rows)) {
        struct bucket *bucket = &buckets->drawn[buckets->count];
        size_t group = plot_run_group(run, sqlite3_column_int64(rows, 0));
        if (group == run->drawn_groups || buckets->count == BUCKETS_MAX) {
            buckets->left_out++;
            continue;
        }
        bucket->group = group;
        snprintf(bucket->name, sizeof bucket->name, "%s", report_query_text(rows, 1));
        bucket->bursts = sqlite3_column_double(rows, 2) > 0;
        buckets->count++;
    }
    return report_query_close(rows, error);
}

static void put_style(const struct buckets *buckets, size_t number, bool burst)
{
    fprintf(buckets->script->out, " lc rgb '%s' lw 1.6%s",
            burst ? plot_script_light_colour(number) : plot_script_colour(number),
            number >= BUCKETS_MAX / 2 ? " dt (8,4)" : "");
}

static void put_legend(const struct buckets *buckets)
{
    const struct plot_run *run = buckets->script->run;
    bool several = run->group_count > 1, bursts = false;
    char text[2 * REPORT_LABEL_MAX];
    fputs(", keyentry with lines" BUCKETS_FULL, buckets->script->out);
    plot_script_name(buckets->script, "100 %: requests wait");
    for (size_t i = 0; i < buckets->count; i++) {
        const struct bucket *bucket = &buckets->drawn[i];
        snprintf(text, sizeof text, "%s%s%s", several ? run->groups[bucket->group].name : "",
                 several ? ": " : "", bucket->name);
        fputs(", keyentry with lines", buckets->script->out);
        put_style(buckets, i, false);
        plot_script_name(buckets->script, text);
        bursts |= bucket->bursts;
    }
    if (bursts)
        plot_script_remark(buckets->script, "(pale: its burst part)");
    if (buckets->left_out > 0)
        plot_script_remark(buckets->script, "(%zu more buckets)", buckets->left_out);
    plot_events_legend(buckets->script);
}

static void put_clauses(const struct buckets *buckets)
{
    fputs("plot 100" BUCKETS_FULL, buckets->script->out);
    for (size_t burst = 2; burst-- > 0;) {
        for (size_t i = 0; i < buckets->count; i++) {
            if (burst && !buckets->drawn[i].bursts)
                continue;
            fprintf(buckets->script->out, ", $%s%zu with lines", burst ? "burst" : "level", i);
            put_style(buckets, i, burst);
        }
    }
    fputc('\n', buckets->script->out);
}

static bool put_data(struct buckets *buckets, struct report_error *error)
{
    for (size_t i = 0; i < buckets->count; i++) {
        if (!put_curve(buckets, i, false, error) ||
            (buckets->drawn[i].bursts && !put_curve(buckets, i, true, error)))
            return false;
    }
    return true;
}

static void put_axes(const struct buckets *buckets)
{
    char highest[PLOT_NUMBER_MAX], title[PLOT_NUMBER_MAX + 64];
    bool binned = buckets->script->run->bin_intervals > 1;
    int used = snprintf(title, sizeof title, "%slevel [%% of the size]", binned ? "highest " : "");
    plot_number_integer(highest, buckets->most);
    if (buckets->most > BUCKETS_HIGHEST)
        snprintf(title + used, sizeof title - (size_t)used, ", cut off at %d (highest: %s)",
                 BUCKETS_HIGHEST, highest);
    plot_script_time_panel(buckets->script, 0, 1, title);
    fprintf(buckets->script->out, "set yrange [0:%.6g]\n",
            1.05 * fmin(fmax(105, buckets->most), BUCKETS_HIGHEST));
}

bool plot_bucket_levels(struct plot_script *script, struct report_error *error)
{
    struct buckets buckets = {.script = script};
    bool good =
        plot_limits_load(script->run, &buckets.limits, error) && list_buckets(&buckets, error);
    plot_script_begin(script, "Levels of the groups' leaky buckets");
    put_legend(&buckets);
    plot_script_end_legend(script);
    good = good && put_data(&buckets, error);
    plot_limits_free(&buckets.limits);
    if (!good)
        return false;
    put_axes(&buckets);
    if (buckets.count == 0)
        plot_script_message(script, "No group had a limit while anything happened.");
    put_clauses(&buckets);
    return true;
}
