// SPDX-License-Identifier: GPL-2.0-or-later
// The law of progress: when a quarter, a half and three quarters of the work are done, about so
// much is shown, and what is shown never falls back by much. Work is the processor's time.
#include "tests/sim/fit_lab.h"

#include "reports/compare.h"
#include "sim/workload/info/trace_info.h"
#include "tests/support/test_group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POINTS_MAX 100000
#define MARGIN 0.25
#define FILES 200
#define FILE_REQUESTS 1500.0

static const volatile sig_atomic_t never_stop = 0;

struct curve {
    double share[POINTS_MAX], time_s[POINTS_MAX];
    size_t count;
    double begun_s;
    double requests; // all, and they are the work: a run that ends too soon has no other measure
};

static double processor_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct curve *curve_begin(void)
{
    struct curve *curve = calloc(1, sizeof *curve);
    assert_non_null(curve);
    curve->begun_s = processor_s();
    return curve;
}

static void tell(void *context, const struct progress_state *state)
{
    struct curve *curve = context;
    assert_true(state->share <= 1);
    // Not known, when it begins.
    if (curve->count == POINTS_MAX || state->share < 0 ||
        (curve->requests > 0 && state->requests == 0))
        return;
    curve->share[curve->count] = state->share;
    curve->time_s[curve->count++] =
        curve->requests > 0 ? (double)state->requests : processor_s() - curve->begun_s;
}

// falls: by so much at most, where the whole is a guess.
static void curve_check(struct curve *curve, const char *what, double falls)
{
    double all_s = curve->requests > 0 ? curve->requests : processor_s() - curve->begun_s;
    double highest = 0;
    for (size_t i = 0; i < curve->count; i++) {
        if (curve->share[i] < highest - falls)
            fail_msg("%s: falls from %.3f to %.3f", what, highest, curve->share[i]);
        highest = fmax(highest, curve->share[i]);
    }
    for (int quarter = 1; quarter <= 3; quarter++) {
        double share = 0;
        for (size_t i = 0; i < curve->count && curve->time_s[i] < all_s * quarter / 4; i++)
            share = curve->share[i];
        if (fabs(share - quarter / 4.0) > MARGIN)
            fail_msg("%s: at %d %% of the work, %.0f %% are shown", what, quarter * 25,
                     share * 100);
    }
    free(curve);
}

static void write_files(void)
{
    const struct synth_arrivals arrivals = {.process = SYNTH_RENEWAL,
                                            .gap_ns = {SYNTH_EXPONENTIAL, 5e6, 0}};
    for (int i = 0; i < FILES; i++) {
        size_t size;
        char name[32];
        struct synth_spec *spec = fit_lab_spec(&arrivals, (uint64_t)i + 1, FILE_REQUESTS);
        char *text = fit_lab_text(spec, &size);
        snprintf(name, sizeof name, "m%d.csv", i);
        scratch_write(name, text, size);
        free(text);
        fit_lab_free(spec);
    }
}

// All files as members of one group with this limit.
static struct scenario *load_files(int64_t limit)
{
    char text[16384];
    struct sim_error error;
    int used =
        snprintf(text, sizeof text, "groups: [{id: g, limits: {iops-total: %lld}}]\nmembers:\n",
                 (long long)limit);
    for (int i = 0; i < FILES; i++)
        used += snprintf(text + used, sizeof text - (size_t)used,
                         "  - {id: m%d, group: g, trace: m%d.csv}\n", i, i);
    struct scenario *scenario = lab_load("run.yaml", text, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    return scenario;
}

static struct report_compare_side open_side(const char *shown)
{
    struct report_error error;
    struct report_compare_side side = {.shown = shown};
    side.database = report_database_open(NULL, REPORT_TEMPORARY, &error);
    assert_non_null(side.database);
    return side;
}

// The scenario is given back.
static void run_files(struct scenario *scenario, bool logs, struct progress_part *part,
                      struct report_compare_side *side)
{
    struct run_options options = {
        .log_requests = logs,
        .omit_series = true,
        .watch = {&never_stop, progress_tell_part, part},
    };
    enum report_status status;
    struct sim_error error;
    if (!run_scenario(scenario, &options, side->database, &side->run_id, &status, &error))
        fail_msg("%s", error.message);
    scenario_free(scenario);
}

// None of them is longer than a block of reading, and with the lower limit most requests wait until
// all has been read.
static void test_many_small_files(void **state)
{
    (void)state;
    static const int64_t limits[] = {1000000, 12500};
    write_files();
    for (size_t i = 0; i < 2; i++) {
        struct scenario *scenario = load_files(limits[i]);
        struct report_compare_side side = open_side("a");
        struct curve *curve = curve_begin();
        struct progress_part part = {tell, curve, 0, 1};
        curve->requests = i == 0 ? FILES * FILE_REQUESTS : 0;
        run_files(scenario, false, &part, &side);
        curve_check(curve, i == 0 ? "a run" : "a run that waits", 0);
        report_database_close(side.database);
    }
}

static void tell_compared(void *part, uint64_t done, uint64_t total)
{
    progress_tell_part(part, &(struct progress_state){progress_share(done, total), done});
}

// As the command does it.
static void test_compare(void **state)
{
    (void)state;
    write_files();
    struct curve *curve = curve_begin();
    struct progress_part part = {tell, curve, 0, 0.45};
    struct report_compare_config config = {
        .stop = &never_stop, .tell = tell_compared, .tell_context = &part};
    struct report_error error;
    for (int i = 0; i < 2; i++) {
        config.sides[i] = open_side(i == 0 ? "a" : "b");
        part.from = 0.45 * i;
        part.to = 0.45 * (i + 1);
        run_files(load_files(37500 - 2500 * i), true, &part, &config.sides[i]);
    }
    part.from = 0.9;
    part.to = 1;
    struct report_comparison *comparison = report_compare(&config, &error);
    if (comparison == NULL)
        fail_msg("%s", error.message);
    curve_check(curve, "compare", 0);
    report_comparison_free(comparison);
    for (int i = 0; i < 2; i++)
        report_database_close(config.sides[i].database);
}

static void test_fit(void **state)
{
    (void)state;
    static const struct synth_arrivals arrivals[] = {
        {.process = SYNTH_RENEWAL, .gap_ns = {SYNTH_EXPONENTIAL, 1e6, 0}},
        {.process = SYNTH_MMPP,
         .state_count = 2,
         .states = {{2000, 200e6}, {50, 500e6}},
         .batch_mean = 3,
         .batch_gap_ns = {SYNTH_EXPONENTIAL, 1e5, 0}},
    };
    for (size_t i = 0; i < sizeof arrivals / sizeof arrivals[0]; i++) {
        size_t size;
        struct synth_spec *spec = fit_lab_spec(&arrivals[i], 1, 20000);
        char *text = fit_lab_text(spec, &size);
        struct curve *curve = curve_begin();
        struct fit_options options = fit_options_of_all();
        options.progress = tell;
        options.progress_context = curve;
        struct fit fit = fit_lab_fit(text, size, &options);
        curve_check(curve, i == 0 ? "fit" : "fit of bursts", 0.2);
        fit_free(&fit);
        free(text);
        fit_lab_free(spec);
    }
}

static void test_info(void **state)
{
    (void)state;
    const struct synth_arrivals arrivals = {.process = SYNTH_RENEWAL,
                                            .gap_ns = {SYNTH_EXPONENTIAL, 1e6, 0}};
    size_t size;
    struct synth_spec *spec = fit_lab_spec(&arrivals, 1, 200000);
    char *text = fit_lab_text(spec, &size);
    struct curve *curve = curve_begin();
    struct trace_config config = {.path = "test.csv", .text = text, .text_size = size};
    struct trace_info_options options = {
        .ops = CUT_ALL_OPS, .progress = tell, .progress_context = curve};
    struct trace_info info;
    struct sim_error error;
    if (!trace_info_read(&info, &config, &options, &error))
        fail_msg("%s", error.message);
    curve_check(curve, "trace info", 0.1);
    trace_info_free(&info);
    free(text);
    fit_lab_free(spec);
}

// A piece of a trace ends long before its file does.
static void test_piece(void **state)
{
    (void)state;
    write_files();
    struct sim_error error;
    struct scenario *scenario = lab_load(
        "run.yaml",
        "groups: [{id: g, limits: {iops-total: 1000000}}]\n"
        "members:\n  - {id: m, group: g, trace: {path: m0.csv, start: 1s, duration: 1s}}\n",
        &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    struct replay replay;
    struct replay_observer observer = {0};
    assert_true(replay_open(&replay, scenario, NULL, &error));
    assert_true(replay_start(&replay, &observer, NULL));
    int64_t last_ns = 0;
    while (replay_next(&replay) == REPLAY_MORE) {
        struct progress_state shown;
        replay_progress(&replay, &shown);
        if (arrivals_next_ns(replay.arrivals) != INT64_MAX) {
            last_ns = arrivals_next_ns(replay.arrivals);
            fit_lab_near(shown.share, (1e9 + (double)last_ns) / 2e9, 0.01, "share of the piece");
        }
    }
    assert_true(last_ns > 900 * MS);
    replay_close(&replay);
    scenario_free(scenario);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_many_small_files),
    cmocka_unit_test(test_compare),
    cmocka_unit_test(test_fit),
    cmocka_unit_test(test_info),
    cmocka_unit_test(test_piece),
};
TEST_GROUP(progress, tests, scratch_make, scratch_remove);
