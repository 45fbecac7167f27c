// SPDX-License-Identifier: GPL-2.0-or-later
// Why requests waited: shares of the causes over time, of the first of each queue before those of
// all, most of whom wait behind others; and how long the waits were. A bin's are of the requests
// that left in it.
#include "reports/explain/explain_causes.h"
#include "reports/plot/figures.h"
#include "reports/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CAUSES_PANELS 3
#define CAUSES_DENSE 300 // bins from which on the line is thin
#define CAUSES_NAME_CHARACTERS 20
#define CAUSES_THROTTLES 8 // that are told apart, of members that have several

// A band is a cause, and where members have several throttles a cause in one of these: those of the
// members with one come first, then those of each name of a throttle.
#define CAUSES_BANDS ((CAUSES_THROTTLES + 1) * EXPLAIN_CAUSE_COUNT)

struct causes_bin {
    double wait_ns[CAUSES_BANDS];
};

struct causes {
    const struct plot_script *script;
    struct causes_bin *bins;
    bool occurs[CAUSES_BANDS];
    char throttles[CAUSES_THROTTLES][REPORT_LABEL_MAX];
    size_t throttle_count;
    struct plot_unit unit; // of the waits
    double most;           // the longest one, in it
};

static const struct explain_cause *cause_of(size_t band)
{
    return &explain_causes[band % EXPLAIN_CAUSE_COUNT];
}

// A limit and its burst part have one colour, dark and light. The pink, which some take for grey,
// is that of the limit that is used least: the turn and the queue are grey. Each throttle of a
// stack has other colours for the same.
static const char *colour_of(size_t band)
{
    static const size_t colours[] = {4, 3, 5, 0, 2, 1}; // of the limits
    static const char *const turns[] = {"#404040", "#585858", "#707070"};
    static const char *const queues[] = {"#DEDEDE", "#CCCCCC", "#BABABA"};
    size_t cause = band % EXPLAIN_CAUSE_COUNT, throttle = band / EXPLAIN_CAUSE_COUNT;
    size_t limit = (cause / 2 + throttle) % (sizeof colours / sizeof colours[0]);
    switch (cause_of(band)->kind) {
    case EXPLAIN_LIMIT:
        return plot_script_colour(colours[limit]);
    case EXPLAIN_BURST:
        return plot_script_light_colour(colours[limit]);
    case EXPLAIN_TURN:
        return turns[throttle % 3];
    case EXPLAIN_QUEUE:
        return queues[throttle % 3];
    case EXPLAIN_TIMER:
        return "#F0E442";
    case EXPLAIN_DRAIN:
        return "#A6761D";
    default:
        return "#8C6D31";
    }
}

static const char *words_of(enum explain_kind kind)
{
    static const char *const words[] = {
        [EXPLAIN_LIMIT] = "the limit",         [EXPLAIN_BURST] = "its burst part",
        [EXPLAIN_TURN] = "of another member",  [EXPLAIN_QUEUE] = "behind others",
        [EXPLAIN_TIMER] = "it fired too late", [EXPLAIN_DRAIN] = "came while drained",
        [EXPLAIN_OTHER] = "not known here",
    };
    return words[kind];
}

// The number of a name of a throttle, from 1; 0: "", of a member with one. Those beyond the last
// are that.
static size_t throttle_of(struct causes *causes, const char *name)
{
    char label[REPORT_LABEL_MAX];
    size_t i = 0;
    if (name[0] == '\0')
        return 0;
    report_label(label, name, CAUSES_NAME_CHARACTERS);
    while (i < causes->throttle_count && strcmp(causes->throttles[i], label) != 0)
        i++;
    if (i == CAUSES_THROTTLES)
        return CAUSES_THROTTLES;
    if (i == causes->throttle_count)
        memcpy(causes->throttles[causes->throttle_count++], label, sizeof label);
    return i + 1;
}

static bool load_bins(struct causes *causes, struct report_error *error)
{
    const struct plot_run *run = causes->script->run;
    sqlite3_stmt *rows =
        report_query_open(run->database,
                          "SELECT interval, cause, total(wait_ns), intervals, n.name"
                          "  FROM wait_interval LEFT JOIN stage_name AS n"
                          " USING (run_id, member_id, stage)"
                          " WHERE run_id = ?1 AND (?2 IS NULL OR member_id = ?2) AND interval >= 0"
                          " GROUP BY interval, cause, intervals, n.name",
                          run->run_id, error);
    if (rows != NULL && causes->script->member != NULL)
        sqlite3_bind_int64(rows, 2, causes->script->member_id);
    while (report_query_next(rows)) {
        int64_t most = (int64_t)run->bin_count * run->bin_intervals;
        size_t cause = explain_cause_find(report_query_text(rows, 1)) +
                       EXPLAIN_CAUSE_COUNT * throttle_of(causes, report_query_text(rows, 4));
        int64_t first = sqlite3_column_int64(rows, 0), count = sqlite3_column_int64(rows, 3);
        count = count < 1 ? 1 : count > most ? most : count;
        // A row of many intervals is spread over them.
        for (int64_t i = 0; i < count; i++) {
            int64_t bin = (first + i) / run->bin_intervals, last = (int64_t)run->bin_count - 1;
            causes->bins[bin < last ? bin : last].wait_ns[cause] +=
                fmax(0, sqlite3_column_double(rows, 2)) / (double)count;
        }
        causes->occurs[cause] = true;
    }
    return report_query_close(rows, error);
}

static bool is_in(enum explain_kind kind, bool with_queue)
{
    return with_queue || kind != EXPLAIN_QUEUE;
}

static double whole_of(const struct causes_bin *bin, bool with_queue)
{
    double whole_ns = 0;
    for (size_t cause = 0; cause < CAUSES_BANDS; cause++)
        whole_ns += is_in(cause_of(cause)->kind, with_queue) ? bin->wait_ns[cause] : 0;
    return whole_ns;
}

// A data block of the band of one cause: time, its lower edge, its upper edge. Nothing where nobody
// waited.
static void put_band(const struct causes *causes, const char *name, size_t band, bool with_queue)
{
    const struct plot_script *script = causes->script;
    bool open = false;
    fprintf(script->data, "$%s%zu << EOD\n", name, band);
    for (size_t i = 0; i < script->run->bin_count; i++) {
        const struct causes_bin *bin = &causes->bins[i];
        double whole_ns = whole_of(bin, with_queue), below_ns = 0;
        if (whole_ns <= 0) {
            fputs(open ? "\n" : "", script->data);
            open = false;
            continue;
        }
        for (size_t cause = 0; cause < band; cause++)
            below_ns += is_in(cause_of(cause)->kind, with_queue) ? bin->wait_ns[cause] : 0;
        for (size_t edge = 0; edge < 2; edge++)
            fprintf(script->data, "%.9g %.6g %.6g\n",
                    plot_run_bin_ns(script->run, i + edge) / script->time.scale,
                    100 * below_ns / whole_ns, 100 * (below_ns + bin->wait_ns[band]) / whole_ns);
        open = true;
    }
    fputs("EOD\n", script->data);
}

static void draw_shares(const struct causes *causes, const char *name, bool with_queue)
{
    FILE *out = causes->script->out;
    for (size_t cause = 0; cause < CAUSES_BANDS; cause++) {
        if (causes->occurs[cause] && is_in(cause_of(cause)->kind, with_queue))
            put_band(causes, name, cause, with_queue);
    }
    fputs("set yrange [0:100]\nset ytics 25\nplot NaN", out);
    for (size_t cause = 0; cause < CAUSES_BANDS; cause++) {
        if (causes->occurs[cause] && is_in(cause_of(cause)->kind, with_queue))
            fprintf(out, ", $%s%zu using 1:2:3 with filledcurves lc rgb '%s' fs solid noborder",
                    name, cause, colour_of(cause));
    }
    fputc('\n', out);
}

static double wait_of(const void *context, size_t bin)
{
    const struct causes *causes = context;
    return whole_of(&causes->bins[bin], true) / causes->unit.scale;
}

static void choose_unit(struct causes *causes)
{
    static const struct {
        double up_to_ns;
        struct plot_unit unit;
    } units[] = {
        {1e3, {1, "ns"}},
        {1e6, {1e3, "us"}},
        {1e9, {1e6, "ms"}},
        {100e3 * 1e9, {1e9, "s"}},
        {10e3 * 3600e9, {3600e9, "h"}},
        {INFINITY, {86400e9, "d"}},
    };
    double most_ns = 0;
    size_t i = 0;
    for (size_t bin = 0; bin < causes->script->run->bin_count; bin++)
        most_ns = fmax(most_ns, whole_of(&causes->bins[bin], true));
    if (most_ns <= 0)
        most_ns = 1e9;
    while (most_ns > units[i].up_to_ns)
        i++;
    causes->unit = units[i].unit;
    causes->most = most_ns / causes->unit.scale;
}

static void put_legend(const struct causes *causes)
{
    const struct plot_script *script = causes->script;
    for (size_t cause = 0; cause < CAUSES_BANDS; cause++) {
        char key[REPORT_LABEL_MAX + 64];
        size_t throttle = cause / EXPLAIN_CAUSE_COUNT;
        if (!causes->occurs[cause])
            continue;
        snprintf(key, sizeof key, "%s%s%s:", throttle > 0 ? causes->throttles[throttle - 1] : "",
                 throttle > 0 ? ": " : "", cause_of(cause)->key);
        fprintf(script->out, ", keyentry with boxes lc rgb '%s' fs solid noborder",
                colour_of(cause));
        plot_script_title(script, (const char *const[]){key, words_of(cause_of(cause)->kind)}, 2);
    }
}

static void draw_panels(const struct causes *causes, const char *nothing)
{
    const struct plot_script *script = causes->script;
    char title[64];
    plot_script_time_panel(script, 0, CAUSES_PANELS, "% of the first's wait");
    if (nothing != NULL)
        plot_script_message(script, nothing);
    draw_shares(causes, "first", false);
    plot_script_time_panel(script, 1, CAUSES_PANELS, "% of all waits");
    draw_shares(causes, "all", true);
    snprintf(title, sizeof title, "wait [%s]", causes->unit.name);
    plot_script_time_panel(script, 2, CAUSES_PANELS, title);
    plot_script_stairs(script, "wait", 0, wait_of, causes);
    fprintf(script->out,
            "set yrange [0:%.6g]\nset ytics autofreq\nset format y '%%.5g'\n"
            "plot NaN, $wait0 with steps lc rgb '#404040' lw %g\n",
            1.06 * causes->most, script->run->bin_count > CAUSES_DENSE ? 0.8 : 1.4);
}

static void write_script(struct plot_script *script, struct causes *causes, const char *nothing)
{
    char title[REPORT_LABEL_MAX + 64], name[REPORT_LABEL_MAX] = "";
    if (script->member != NULL)
        report_label(name, script->member, CAUSES_NAME_CHARACTERS);
    snprintf(title, sizeof title, "Why requests%s%s waited", script->member != NULL ? " of " : "",
             name);
    plot_script_begin(script, title);
    put_legend(causes);
    plot_events_legend(script);
    plot_script_end_legend(script);
    choose_unit(causes);
    draw_panels(causes, nothing);
}

bool plot_wait_causes(struct plot_script *script, struct report_error *error)
{
    const struct plot_run *run = script->run;
    enum explain_stored stored = explain_stored(run->database, run->run_id, error);
    struct causes causes = {.script = script, .bins = calloc(run->bin_count, sizeof *causes.bins)};
    bool good = causes.bins != NULL && stored != EXPLAIN_UNREADABLE, any = false;
    if (causes.bins == NULL)
        snprintf(error->message, sizeof error->message, "drawing wait-causes: out of memory");
    if (good && stored == EXPLAIN_STORED)
        good = load_bins(&causes, error);
    for (size_t cause = 0; cause < CAUSES_BANDS; cause++)
        any |= causes.occurs[cause];
    if (good)
        write_script(script, &causes,
                     stored == EXPLAIN_UNKNOWN ? "Not known: an earlier version stored this run."
                     : !any                    ? "No request waited."
                                               : NULL);
    free(causes.bins);
    return good;
}
