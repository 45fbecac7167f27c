// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim sweep
#include "sim/cli/command.h"

#include "sim/base/stop.h"
#include "sim/compare/stored_run.h"
#include "sim/sweep/share.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS_MAX 1000
#define READING_SHARE 0.05 // of the time: the traces, once

struct sweep_arguments {
    struct command_call call;
    struct option_list varies;
    int64_t seeds;
    struct option_list figures;
    const char *limits;
    bool each_volume;
    const struct engine_algorithm *algorithm;
    bool lenient;
    bool per_disk_or_group;
    const char *db;
    const char *keep;
    const char *log;
    const char *shard;
    int64_t jobs;
    const char *plots;
};

static const struct option_row rows[] = {
    {"vary", 0, OPTION_LIST, "KEY=VALUES", offsetof(struct sweep_arguments, varies),
     "vary a key: GROUP.KEY, MEMBER.KEY or a key of the scenario, such as engine, device or end; "
     "VALUES are FIRST:LAST:STEP, FIRST:LAST:xFACTOR, or A,B,C. May be given often: every "
     "combination is a point"},
    {"per-disk-or-group", 0, OPTION_FLAG, NULL, offsetof(struct sweep_arguments, per_disk_or_group),
     "vary also whether members share their group's limits or each of N has a group of its own "
     "with the N-th part of them, and say which is better"},
    {"seeds", 0, OPTION_NUMBER, "N", offsetof(struct sweep_arguments, seeds),
     "run each point so often, with other seeds of what the scenario draws; figures are medians, "
     "with the least and the largest of the first"},
    {"figure", 0, OPTION_LIST, "FIGURE", offsetof(struct sweep_arguments, figures),
     "what is measured of a point, MEMBER.DIRECTION.METRIC, such as db.read.p99; MEMBER 'total' is "
     "all of them, 'worst' the "
     "one where it is worst. May be given often: the first is the one that is drawn. The default "
     "is worst.read+write.p99, and what all together have"},
    {"limits", 0, OPTION_TEXT, "KEY=VALUE,...", offsetof(struct sweep_arguments, limits),
     "no scenario: all traces are members of one group with these limits, called group, as for "
     "'throttlesim run'"},
    {"each-volume", 0, OPTION_FLAG, NULL, offsetof(struct sweep_arguments, each_volume),
     "only with --limits: every volume in the traces is a member"},
    {"engine", 0, OPTION_ENGINE, "NAME", offsetof(struct sweep_arguments, algorithm),
     "throttle with this algorithm instead of the scenario's"},
    {"lenient", 0, OPTION_FLAG, NULL, offsetof(struct sweep_arguments, lenient),
     "leave out what an engine cannot do. Without this such points fail"},
    {"db", 0, OPTION_TEXT, "FILE", offsetof(struct sweep_arguments, db),
     "store the points in this SQLite file. The same command goes on where it was interrupted"},
    {"keep", 0, OPTION_TEXT, "POINTS", offsetof(struct sweep_arguments, keep),
     "only with --db: store these points, such as 3,7-9, or all, as whole runs, for report, plot "
     "and compare"},
    {"log", 0, OPTION_CHOICE, "requests", offsetof(struct sweep_arguments, log),
     "only with --keep: store every single request of these"},
    {"shard", 0, OPTION_TEXT, "I/N", offsetof(struct sweep_arguments, shard),
     "only every N-th point, from the I-th on: for N machines, or jobs of a cluster, each with a "
     "--db of its own, which 'throttlesim merge' puts into one"},
    {"jobs", 'j', OPTION_NUMBER, "J", offsetof(struct sweep_arguments, jobs),
     "how many points run at a time; the default is one for each processor, and 1 under mpirun"},
    {"plots", 0, OPTION_TEXT, "DIR", offsetof(struct sweep_arguments, plots),
     "draw a map of the first figure over two settings, and limits against it, there, as SVG and "
     "PNG"},
    OPTIONS_TOP("points", "their number, or of more than N those that no other beats"),
    OPTION_JSON("all points as one JSON object"),
    OPTION_ETA,
    OPTIONS_END,
};

struct work {
    struct sweep_arguments *arguments;
    struct vary varies[OPTION_LIST_MAX + 1];
    size_t vary_count;
    struct scenario *scenario;
    struct points points;
    bool has_points;
    struct sweep sweep;
    struct sweep_options options;
    struct share share;
    struct report_database *database;
};

static const char *const figures[] = {"worst.read+write.p99", "total.read+write.p99",
                                      "total.read+write.iops", "total.read+write.waiting"};

// ---- What is asked for ----

// "3,7-9" or "all".
static bool check_keep(const char *keep, struct sim_error *error)
{
    const char *next = keep;
    bool ok = strcmp(keep, "all") == 0;
    while (!ok && *next >= '1' && *next <= '9') {
        next += strspn(next, "0123456789");
        if (*next == '-' && next[1] >= '1' && next[1] <= '9')
            next += 1 + strspn(next + 1, "0123456789");
        ok = *next == '\0';
        next += *next == ',';
    }
    return ok ||
           sim_fail(error, SIM_USAGE,
                    "--keep: expected numbers of points, such as 3,7-9, or all, found '%.64s'",
                    keep);
}

static bool parse_shard(const char *text, struct sweep_options *options, struct sim_error *error)
{
    unsigned long long shard = 0, shards = 0;
    int end = 0;
    // Digits and one slash: of signs and blanks sscanf would make numbers as well.
    bool is_plain = text[strspn(text, "0123456789/")] == '\0';
    sscanf(text, "%9llu/%9llu%n", &shard, &shards, &end);
    options->shard = shard - 1;
    options->shards = shards;
    return (is_plain && end > 0 && text[end] == '\0' && shard >= 1 && shard <= shards) ||
           sim_fail(error, SIM_USAGE,
                    "--shard: expected I/N, such as 1/4, the first of four, found '%.64s'", text);
}

static bool check_arguments(struct work *work, struct sim_error *error)
{
    const struct sweep_arguments *arguments = work->arguments;
    size_t operands = arguments->call.operand_count;
    if (arguments->limits == NULL && operands != 1)
        return sim_fail(error, SIM_USAGE,
                        operands == 0 ? "a scenario is needed, or --limits and traces"
                                      : "one scenario, please, not %zu; traces need --limits",
                        operands);
    if (arguments->limits == NULL && arguments->each_volume)
        return sim_fail(error, SIM_USAGE, "--each-volume goes with --limits");
    if (arguments->varies.count == 0 && !arguments->per_disk_or_group)
        return sim_fail(error, SIM_USAGE,
                        "nothing is varied; for example --vary gold.iops-total=100:2000:100");
    if (arguments->keep != NULL && arguments->db == NULL)
        return sim_fail(error, SIM_USAGE, "--keep needs --db FILE, where the runs are stored");
    if (arguments->log != NULL && arguments->keep == NULL)
        return sim_fail(error, SIM_USAGE,
                        "--log needs --keep POINTS, of which requests are stored");
    if (arguments->seeds > SEEDS_MAX)
        return sim_fail(error, SIM_USAGE, "--seeds: at most %d", SEEDS_MAX);
    if (arguments->keep != NULL && !check_keep(arguments->keep, error))
        return false;
    if (arguments->shard != NULL && !parse_shard(arguments->shard, &work->options, error))
        return false;
    for (size_t i = 0; i < arguments->varies.count; i++) {
        work->vary_count = i + 1;
        if (!vary_parse(&work->varies[i], arguments->varies.texts[i], error))
            return false;
    }
    return !arguments->per_disk_or_group ||
           vary_parse(&work->varies[work->vary_count++], POINT_SHARING "=group,per-disk", error);
}

static bool load(struct work *work, struct sim_error *error)
{
    struct sweep_arguments *arguments = work->arguments;
    struct command_call *call = &arguments->call;
    const struct scenario_settings settings = {.algorithm = arguments->algorithm,
                                               .lenient = arguments->lenient,
                                               .progress = progress_show,
                                               .progress_context = &call->progress};
    struct progress_part part = {progress_show, &call->progress, 0, READING_SHARE};
    const struct progress_watch watch = {&stop_signal, progress_tell_part, &part};
    const char *path = arguments->limits == NULL ? call->operands[0] : NULL;
    if (path == NULL) {
        if (!command_join_traces(call, 0, error))
            return false;
        if (call->operand_count == 0)
            return sim_fail(error, SIM_USAGE, "--limits needs at least one trace");
        work->scenario =
            scenario_quick(&(struct scenario_quick){.settings = settings,
                                                    .limits = arguments->limits,
                                                    .each_volume = arguments->each_volume,
                                                    .traces = call->operands,
                                                    .trace_count = call->operand_count},
                           error);
    } else {
        work->scenario = scenario_load_as(path, &settings, error);
        if (work->scenario == NULL)
            command_explain_trace(path,
                                  "to vary limits of it: throttlesim sweep --limits iops-total=300 "
                                  "--vary group.iops-total=100:1000:100",
                                  error);
    }
    if (work->scenario == NULL)
        return false;
    if (arguments->seeds > 1 && !points_are_drawn(work->scenario))
        return sim_fail(error, SIM_USAGE,
                        "--seeds: nothing in %s is drawn: no device is random or a queue, and "
                        "there are no loop-stalls",
                        work->scenario->name);
    work->has_points = true;
    return points_open(&work->points, work->scenario, path, &settings, &watch, error) &&
           points_check(&work->points, work->varies, work->vary_count, error);
}

// ---- The command ----

static bool open_sweep(struct work *work, struct sim_error *error)
{
    const struct sweep_arguments *arguments = work->arguments;
    struct sweep_options *options = &work->options;
    struct report_error report_error;
    options->varies = work->varies;
    options->vary_count = work->vary_count;
    options->seeds = arguments->seeds > 0 ? (uint32_t)arguments->seeds : 1;
    options->figures = arguments->figures.count > 0 ? arguments->figures.texts : figures;
    options->figure_count = arguments->figures.count > 0 ? arguments->figures.count
                                                         : sizeof figures / sizeof figures[0];
    options->keep = arguments->keep;
    options->log_requests = arguments->log != NULL;
    int64_t jobs = arguments->jobs == 0 && work->share.ranks.size > 1 ? 1 : arguments->jobs;
    if (!options_jobs(jobs, &options->jobs, error))
        return false;
    if (work->share.own != NULL) {
        work->database = report_database_open(work->share.own, REPORT_WRITE, &report_error);
        if (work->database == NULL)
            return stored_run_fail(&report_error, error);
        options->database = work->database;
    }
    return sweep_open(&work->sweep, &work->points, options, error);
}

// What the database had already, before the work begins.
static void tell_found(const struct work *work)
{
    const struct sweep *sweep = &work->sweep;
    const struct report_style style = terminal_style(stderr);
    if (sweep->found > 0)
        report_say(&style, REPORT_PLAIN,
                   "throttlesim: %s has %" PRIu64 " of these %" PRIu64 " runs (sweep %" PRId64
                   "); they are not run again",
                   work->arguments->db, sweep->found, sweep_runs(sweep), sweep->report.sweep_id);
    else if (sweep->others > 0)
        report_say(&style, REPORT_PLAIN,
                   "throttlesim: %s has %" PRId64 " other sweep%s of %s, of another scenario, "
                   "other traces, settings or figures; this is sweep %" PRId64 " beside",
                   work->arguments->db, sweep->others, sweep->others == 1 ? "" : "s",
                   sweep->report.name, sweep->report.sweep_id);
}

static bool print(struct work *work, struct sim_error *error)
{
    struct report_error report_error;
    struct command_call *call = &work->arguments->call;
    const struct report_style style = command_style(call);
    if (call->json && !command_print_json(report_sweep_json(&work->sweep.report), error))
        return false;
    if (!call->json && !report_sweep_print(&work->sweep.report, &style))
        return sim_fail_memory(error);
    if (work->arguments->plots == NULL)
        return true;
    command_print_path(call, "", 0, 1);
    progress_start(&call->progress, call->eta);
    return report_sweep_plot(&work->sweep.report, work->arguments->plots, command_print_path, call,
                             &report_error) ||
           sim_fail(error, SIM_FAILED, "%s", report_error.message);
}

// The exit code is that of the points that failed, if any did.
static bool judge(const struct work *work, struct sim_error *error)
{
    const struct sweep *sweep = &work->sweep;
    enum sim_exit worst = SIM_DONE;
    uint64_t failed = 0;
    for (uint64_t i = 0; i < sweep_runs(sweep); i++) {
        const struct report_sweep_row *row = &sweep->report.rows[i];
        failed += row->exit_code != 0;
        if (row->exit_code != 0 && worst != SIM_FAILED)
            worst = (enum sim_exit)row->exit_code;
    }
    if (failed > 0)
        return sim_fail(error, worst, "%" PRIu64 " of %" PRIu64 " runs failed", failed,
                        sweep_runs(sweep));
    return sweep->found == sweep_runs(sweep) || !share_is_split(&work->share) ||
           work->options.shards > 0 ||
           sim_fail(error, SIM_FAILED,
                    "%" PRIu64 " of %" PRIu64 " runs are missing, since a rank has died; the same "
                    "command goes on from there",
                    sweep_runs(sweep) - sweep->found, sweep_runs(sweep));
}

// What the ranks have stored becomes one, from which the rest goes on.
static bool merge(struct work *work, struct sim_error *error)
{
    struct report_error report_error;
    sweep_close(&work->sweep);
    report_database_close(work->database);
    work->sweep = (struct sweep){.options = NULL};
    work->database = NULL;
    if (!share_merge(&work->share, error))
        return false;
    work->database = report_database_open(work->arguments->db, REPORT_WRITE, &report_error);
    work->options.database = work->database;
    return work->database == NULL ? stored_run_fail(&report_error, error)
                                  : sweep_open(&work->sweep, &work->points, &work->options, error);
}

static bool work_and_print(struct work *work, struct sim_error *error)
{
    struct command_call *call = &work->arguments->call;
    struct progress_part part = {progress_show, &call->progress, READING_SHARE, 1};
    work->options.watch = (struct progress_watch){&stop_signal, progress_tell_part, &part};
    bool ok = share_open(&work->share, work->arguments->db, &stop_signal, error);
    bool is_first = share_is_first(&work->share);
    work->options.watch = share_watch(&work->share, &work->options.watch);
    progress_start(&call->progress, is_first ? call->eta : "never");
    ok = ok && load(work, error) && open_sweep(work, error) &&
         share_find(&work->share, &work->sweep, error);
    if (ok && is_first)
        tell_found(work);
    ok = ok && share_run(&work->share, &work->sweep, error);
    progress_end(&call->progress);
    if (ok && is_first && share_is_split(&work->share))
        ok = merge(work, error);
    if (!is_first || (!ok && stop_signal == 0))
        return ok;
    if (work->sweep.report.rows == NULL) // stopped before there was anything
        return false;
    if (!ok) // a signal ends the program, which tells nothing then
        command_print_error(error);
    return print(work, error) && ok && judge(work, error);
}

static bool run(void *opaque, struct sim_error *error)
{
    struct work work = {.arguments = opaque};
    bool ok = check_arguments(&work, error);
    if (ok) {
        stop_on_signals();
        ok = work_and_print(&work, error);
    }
    sweep_close(&work.sweep);
    if (work.has_points)
        points_close(&work.points);
    share_close(&work.share);
    report_database_close(work.database);
    scenario_free(work.scenario);
    for (size_t i = 0; i < work.vary_count; i++)
        vary_free(&work.varies[i]);
    return ok;
}

const struct command command_sweep[] = {
    {NULL, "sweep", "replay many variants of a scenario, and say which limits are enough",
     "SCENARIO.yaml\n--limits KEY=VALUE,... TRACE...",
     "Replays every combination of the values, a point each, from traces that are read once, and "
     "prints a line for each. A point is the scenario with these values set, and has the same "
     "results as 'throttlesim run' has of it. Points are numbered from 1, the last --vary changing "
     "first. One that fails is marked, and the others go on.",
     rows, sizeof(struct sweep_arguments), run},
};
