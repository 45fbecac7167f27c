// SPDX-License-Identifier: GPL-2.0-or-later
// What is validated: simulated runs, of which everything is known, and a real recording.
#include "sim/replay/replay.h"
#include "sim/validate/validate.h"
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const volatile sig_atomic_t never_stop = 0;

#define SCENARIO(device)                                                                           \
    "groups: [{id: g, limits: {iops-total: 300, iops-total-max: 600, bps-write: 4MB}}]\n"          \
    "members: [{id: a, group: g}, {id: b, group: g}, {id: free}]\n" device "trace: "

static struct report_validation validate_text(const char *text, struct validate_options options)
{
    struct report_validation validation = {.name = NULL};
    struct sim_error error;
    struct scenario *scenario = lab_load("validate.yaml", text, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    options.watch.stop = &never_stop;
    options.jobs = 2;
    if (!validate(&validation, scenario, &options, &error))
        fail_msg("%s", error.message);
    // The names are the scenario's.
    static char names[8][64];
    for (size_t m = 0; m <= validation.member_count; m++) {
        snprintf(names[m], sizeof names[m], "%s", validation.members[m].name);
        validation.members[m].name = names[m];
    }
    validation.name = "validate.yaml";
    scenario_free(scenario);
    return validation;
}

// ---- Simulated runs ----

#define REQUESTS 6000

static int64_t latencies_ns[REQUESTS];

static void keep_latency(void *context, const struct sim_request *request, int64_t now_ns)
{
    (void)context;
    latencies_ns[sim_request_seq(request)] = now_ns - sim_request_arrival_ns(request);
}

static void write_arrivals(const char *name, bool with_latencies)
{
    uint64_t state = 12;
    FILE *file = fopen(scratch_path(name), "w");
    assert_non_null(file);
    fputs(HEADER, file);
    for (int64_t i = 0, now_ns = 0; i < REQUESTS; i++) {
        static const char *const members[] = {"a", "a", "b", "free"};
        static const char *const ops[] = {"read", "write", "write", "flush"};
        now_ns += random_below(&state, 6) > 0 ? (int64_t)random_below(&state, 200000)
                                              : (int64_t)random_below(&state, 20000000);
        size_t op = random_below(&state, 50) == 0 ? 3 : random_below(&state, 3);
        const char *member = members[random_below(&state, 4)];
        int bytes = 4096 << random_below(&state, 4);
        fprintf(file, "%" PRId64 ",%s,0,%d,%s,", now_ns, ops[op], op == 3 ? 0 : bytes, member);
        if (with_latencies && latencies_ns[i] >= 0)
            fprintf(file, "%" PRId64, latencies_ns[i]);
        fputc('\n', file);
    }
    fclose(file);
}

// Runs the scenario, and makes a recording of it.
static void record(const char *settings, int64_t end_ns)
{
    static const struct replay_observer observer = {.complete = keep_latency};
    const struct progress_watch watch = {.stop = &never_stop};
    char text[1000];
    struct sim_error error;
    struct replay replay;
    write_arrivals("arrivals.csv", false);
    snprintf(text, sizeof text, "%sarrivals.csv\n", settings);
    struct scenario *scenario = lab_load("run.yaml", text, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    if (end_ns > 0)
        scenario->end_ns = end_ns;
    for (size_t i = 0; i < REQUESTS; i++)
        latencies_ns[i] = -1;
    assert_true(replay_open(&replay, scenario, NULL, &error));
    assert_true(replay_start(&replay, &observer, NULL));
    assert_int_equal(replay_all(&replay, &watch), REPLAY_FINISHED);
    replay_close(&replay);
    scenario_free(scenario);
    write_arrivals("recorded.csv", true);
}

static double fact_of(const struct report_validation *validation, const char *key)
{
    for (size_t i = 0; i < validation->fact_count; i++)
        if (strcmp(validation->facts[i].key, key) == 0)
            return validation->facts[i].value;
    return NAN;
}

static void expect_number(double found, double wanted)
{
    if (!(found >= wanted && found <= wanted))
        fail_msg("found %.17g, wanted %.17g", found, wanted);
}

// Law: a simulated run is predicted to the nanosecond, and what made it is found.
static void a_simulated_run_is_predicted(void **state)
{
    static const struct {
        const char *settings;
        double device_ns, step_ns;
    } rows[] = {
        {SCENARIO("device: {model: fixed, latency: 300us}\n"), 300000, 0},
        {SCENARIO("device: {model: fixed, latency: 1234567ns}\ntimer-granularity: 1ms\n"), 1234567,
         1e6},
        {SCENARIO("device: {model: 'null'}\n"), 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        record(rows[i].settings, 0);
        struct report_validation found = validate_text(
            SCENARIO("") "recorded.csv\n", (struct validate_options){.fits = VALIDATE_DEVICE});
        expect_number(fact_of(&found, "device_ns"), rows[i].device_ns);
        expect_number(fact_of(&found, "timer_granularity_ns"), rows[i].step_ns);
        assert_true(fact_of(&found, "outside_group") > 1000);
        assert_true(fact_of(&found, "flushes") > 50);
        for (size_t m = 0; m <= found.member_count; m++) {
            const struct validation_figure_value *figures = found.members[m].figures;
            if (strcmp(found.members[m].name, "free") == 0)
                continue;
            assert_int_equal(found.members[m].to_come, 0);
            for (int j = 0; j < VALIDATION_MEDIAN_ERROR; j++)
                expect_number(figures[j].value.b, figures[j].value.a);
            for (int j = VALIDATION_MEDIAN_ERROR; j < VALIDATION_OUTSIDE; j++)
                expect_number(figures[j].value.b, 0);
        }
        assert_true(validation_holds(&found));
        report_validation_free(&found);
    }
}

// Stalls are found where there are some, about as often as they are.
static void stalls_are_found(void **state)
{
    static const struct {
        const char *settings;
        double least, most;
    } rows[] = {
        {SCENARIO("device: {model: fixed, latency: 300us}\n"), 0, 0},
        {SCENARIO("device: {model: fixed, latency: 300us}\n"
                  "loop-stalls: {rate: 20, mean: 50ms, seed: 77}\n"),
         5, 20},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        record(rows[i].settings, 0);
        struct report_validation found =
            validate_text(SCENARIO("") "recorded.csv\n",
                          (struct validate_options){.fits = VALIDATE_DEVICE | VALIDATE_STALLS});
        double rate = fact_of(&found, "stalls_per_s");
        if (!(rate >= rows[i].least && rate <= rows[i].most))
            fail_msg("row %zu: %g stalls a second", i, rate);
        report_validation_free(&found);
    }
}

// What the scenario says is taken as it is; a recording that was cut off is counted up to there.
static void nothing_is_fitted_unasked(void **state)
{
    (void)state;
    record(SCENARIO("device: {model: fixed, latency: 2ms}\n"), 5 * SECOND);
    struct report_validation found =
        validate_text(SCENARIO("device: {model: fixed, latency: 5ms}\n") "recorded.csv\n",
                      (struct validate_options){.fits = 0});
    const struct validation_member *total = validation_find(&found, "total");
    expect_number(total->figures[VALIDATION_MEDIAN_ERROR].value.b, 3e6);
    assert_true(isnan(fact_of(&found, "device_ns")));
    assert_true(fact_of(&found, "without_completion") > 0);
    report_validation_free(&found);
}

// The band holds the run itself, and does not depend on how many run at a time.
static void bands_are_the_same_again(void **state)
{
    (void)state;
    double lows[2], highs[2];
    record(SCENARIO("device: {model: fixed, latency: 300us}\n"), 0);
    for (unsigned i = 0; i < 2; i++) {
        struct report_validation found = validate_text(
            SCENARIO("") "recorded.csv\n",
            (struct validate_options){.fits = VALIDATE_DEVICE, .runs = 20, .jitter_ns = 50000});
        const struct validation_figure_value *mean =
            &validation_find(&found, "total")->figures[VALIDATION_MEAN];
        lows[i] = mean->low;
        highs[i] = mean->high;
        assert_true(mean->low < mean->high);
        assert_true(fabs(mean->low / mean->value.a - 1) < 0.01);
        assert_true(fabs(mean->high / mean->value.a - 1) < 0.01);
        report_validation_free(&found);
    }
    expect_number(lows[1], lows[0]);
    expect_number(highs[1], highs[0]);
}

static void nothing_to_validate(void **state)
{
    (void)state;
    struct report_validation validation = {.name = NULL};
    struct validate_options options = {.watch.stop = &never_stop, .jobs = 1};
    struct sim_error error;
    struct scenario *scenario =
        lab_load("none.yaml",
                 "members: [{id: a}]\ntrace: {csv: \"time_ns,op,offset,bytes,latency_ns\\n"
                 "0,read,0,512,100\\n\"}\n",
                 &error);
    assert_non_null(scenario);
    assert_false(validate(&validation, scenario, &options, &error));
    lab_expect_message(&error, SIM_BAD_INPUT,
                       "DIR/none.yaml: no read or write with a completion is of a member in a "
                       "group, so there is nothing to validate");
    report_validation_free(&validation);
    scenario_free(scenario);
}

// What arrives after the end is neither measured nor predicted, and so is no error of a level.
static void the_end_is_before_most(void **state)
{
    (void)state;
    struct report_validation found = validate_text(
        "groups: [{id: g, limits: {iops-total: 60}}]\nmembers: [{id: a, group: g}]\nend: 1s\n"
        "trace: {csv: \"time_ns,op,offset,bytes,latency_ns\\n0,read,0,512,100\\n"
        "2000000000,read,0,512,9223372036854775807\\n\"}\n",
        (struct validate_options){.fits = VALIDATE_LEVELS});
    assert_true(fact_of(&found, "levels") == 0);
    report_validation_free(&found);
}

// What was complete after the end is on no side, and the law holds up to there.
static void the_end_is_fair(void **state)
{
    (void)state;
    record(SCENARIO("device: {model: fixed, latency: 300us}\n"), 0);
    struct report_validation found = validate_text(
        SCENARIO("device: {model: fixed, latency: 300us}\nend: 5s\n") "recorded.csv\n",
        (struct validate_options){.fits = VALIDATE_LEVELS});
    const struct validation_member *total = validation_find(&found, "total");
    assert_int_equal(total->to_come, 0);
    assert_true(total->figures[VALIDATION_REQUESTS].value.a > 500);
    assert_true(fact_of(&found, "after_end") > 500);
    for (int i = 0; i < VALIDATION_MEDIAN_ERROR; i++)
        expect_number(total->figures[i].value.b, total->figures[i].value.a);
    expect_number(total->figures[VALIDATION_MEAN_ERROR].value.b, 0);
    expect_number(fact_of(&found, "levels"), 0);
    report_validation_free(&found);
}

#define ONE                                                                                        \
    "groups: [{id: g, limits: {iops-total: 60}}]\nmembers: [{id: a, group: g}]\n"                  \
    "trace: {csv: \"time_ns,op,offset,bytes,latency_ns\\n0,read,0,512,100\\n"                      \
    "2000000000,read,0,512,100\\n\"}\n"

// A recording of which the scenario leaves nothing is not taken for an empty one; a name is one's.
static void the_scenario_cannot_be(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"members: [{id: total}]\ntrace: {csv: \"time_ns,op,offset,bytes\\n\"}\n",
         "DIR/left.yaml: the member 'total' has the name that all members together have in the "
         "result; give it another id, and volume: total"},
        {ONE "end: 0\n",
         "DIR/left.yaml: of 2 reads and writes of members in groups, recorded in 2 s, "
         "complete after the end at 0 s: 2; so there is nothing to validate"},
        {ONE "warm-up: 1000s\n",
         "DIR/left.yaml: of 2 reads and writes of members in groups, recorded in 2 s, "
         "arrived before the warm-up of 1000 s was over: 2; so there is nothing to validate"},
        {ONE "warm-up: 1s\nend: 1500ms\n",
         "DIR/left.yaml: of 2 reads and writes of members in groups, recorded in 2 s, "
         "arrived before the warm-up of 1 s was over: 1; complete after the end at 1.5 s: 1; so "
         "there is nothing to validate"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct report_validation validation = {.name = NULL};
        struct validate_options options = {.watch.stop = &never_stop, .jobs = 1};
        struct sim_error error;
        struct scenario *scenario = lab_load("left.yaml", rows[i].text, &error);
        assert_non_null(scenario);
        assert_false(validate(&validation, scenario, &options, &error));
        lab_expect_message(&error, SIM_BAD_INPUT, rows[i].message);
        report_validation_free(&validation);
        scenario_free(scenario);
    }
}

// A loop that stands still lets nothing arrive; that is told, and is no lack of data.
static void what_arrives_is_told(void **state)
{
    static const struct {
        const char *settings, *verdict;
    } rows[] = {
        {SCENARIO("loop-stalls: {rate: 9999, mean: 1000s}\n"), "The prediction does not hold: "},
        {SCENARIO("end: 2ms\n"), "Nothing can be said: no member has 20 requests"},
    };
    (void)state;
    record(SCENARIO("device: {model: fixed, latency: 300us}\n"), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1000];
        snprintf(text, sizeof text, "%srecorded.csv\n", rows[i].settings);
        struct report_validation found = validate_text(text, (struct validate_options){.fits = 0});
        char *verdict = validation_verdict(&found);
        assert_non_null(strstr(verdict, rows[i].verdict));
        assert_non_null(strstr(verdict, " Of 6000 requests that were recorded, "));
        assert_non_null(strstr(verdict, " arrived in the replay by its end at "));
        free(verdict);
        report_validation_free(&found);
    }
}

// INT64_MAX is no number that a double has.
static void the_longest_latencies(void **state)
{
    (void)state;
    struct report_validation found = validate_text(
        "groups: [{id: g, limits: {iops-total: 60}}]\nmembers: [{id: a, group: g}]\n"
        "trace: {csv: \"time_ns,op,offset,bytes,latency_ns\\n"
        "0,read,0,512,9223372036854775807\\n2000,read,0,512,9223372036854775807\\n\"}\n",
        (struct validate_options){.fits = VALIDATE_DEVICE});
    assert_true(fact_of(&found, "device_ns") > 9e18);
    report_validation_free(&found);
}

static void a_pipe_is_read_once(void **state)
{
    (void)state;
    struct report_validation validation = {.name = NULL};
    struct validate_options options = {.watch.stop = &never_stop, .jobs = 1, .is_dependent = true};
    struct sim_error error;
    struct scenario *scenario =
        lab_load("once.yaml", "members: [{id: a}]\ntrace: {path: \"-\", format: csv}\n", &error);
    assert_non_null(scenario);
    assert_false(validate(&validation, scenario, &options, &error));
    lab_expect_message(&error, SIM_BAD_INPUT,
                       "DIR/once.yaml: --arrival dependent needs the trace more than once, and "
                       "standard input (-) can be read once only: save it in a file");
    report_validation_free(&validation);
    scenario_free(scenario);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_simulated_run_is_predicted),
    cmocka_unit_test(stalls_are_found),
    cmocka_unit_test(nothing_is_fitted_unasked),
    cmocka_unit_test(bands_are_the_same_again),
    cmocka_unit_test(nothing_to_validate),
    cmocka_unit_test(the_end_is_before_most),
    cmocka_unit_test(a_pipe_is_read_once),
    cmocka_unit_test(the_longest_latencies),
    cmocka_unit_test(the_end_is_fair),
    cmocka_unit_test(the_scenario_cannot_be),
    cmocka_unit_test(what_arrives_is_told),
};
TEST_GROUP(validate, tests, scratch_make, scratch_remove);
