// SPDX-License-Identifier: GPL-2.0-or-later
// Law: the levels that made a simulated run lie within the interval that is fitted to it.
#include "sim/replay/replay.h"
#include "sim/validate/levels_fit.h"
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define REQUESTS 1500
#define LIMITS                                                                                     \
    "[{id: g, limits: {iops-total: 30, iops-total-max: 60, iops-total-max-length: 2}%s},\n"        \
    " {id: h, limits: {bps-read: 1MB, bps-write: 2MB}%s}, {id: told, limits: {iops-total: 50}, "   \
    "levels: full}, {id: open}]\n"
#define SCENARIO                                                                                   \
    "groups: " LIMITS                                                                              \
    "members: [{id: a, group: g}, {id: b, group: g}, {id: c, group: h}, {id: d, group: told},\n"   \
    "          {id: e, group: open}]\n"                                                            \
    "device: {model: fixed, latency: 700us}\ntimer-granularity: 1ms\ntrace: %s\n"

static const volatile sig_atomic_t never_stop = 0;
static int64_t latencies_ns[REQUESTS];

static void keep_latency(void *context, const struct sim_request *request, int64_t now_ns)
{
    (void)context;
    latencies_ns[sim_request_seq(request)] = now_ns - request->engine.arrival_ns;
}

static void write_arrivals(const char *name, bool with_latencies, uint64_t seed)
{
    static const char *const members[] = {"a", "b", "c", "d", "e"};
    FILE *file = fopen(scratch_path(name), "w");
    assert_non_null(file);
    fputs(HEADER, file);
    for (int64_t i = 0, now_ns = 0; i < REQUESTS; i++) {
        now_ns += (int64_t)random_below(&seed, 40 * MS);
        // One after the other: compilers evaluate arguments in different orders.
        const char *member = members[random_below(&seed, 5)];
        uint64_t bytes = 4096 + 512 * random_below(&seed, 40);
        const char *op = random_below(&seed, 3) > 0 ? "read" : "write";
        fprintf(file, "%" PRId64 ",%s,0,%" PRIu64 ",%s,", now_ns, op, bytes, member);
        if (with_latencies)
            fprintf(file, "%" PRId64, latencies_ns[i]);
        fputc('\n', file);
    }
    fclose(file);
}

static struct scenario *load(const char *g, const char *h, const char *trace)
{
    char text[1000];
    struct sim_error error;
    snprintf(text, sizeof text, SCENARIO, g, h, trace);
    struct scenario *scenario = lab_load("levels.yaml", text, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    return scenario;
}

// Runs the scenario, and makes a recording of it.
static void record(const char *g, const char *h, uint64_t seed)
{
    static const struct replay_observer observer = {.complete = keep_latency};
    const struct progress_watch watch = {.stop = &never_stop};
    struct sim_error error;
    struct replay replay;
    write_arrivals("arrivals.csv", false, seed);
    struct scenario *scenario = load(g, h, "arrivals.csv");
    assert_true(replay_open(&replay, scenario, NULL, &error));
    assert_true(replay_start(&replay, &observer, NULL));
    assert_int_equal(replay_all(&replay, &watch), REPLAY_FINISHED);
    replay_close(&replay);
    scenario_free(scenario);
    write_arrivals("recorded.csv", true, seed);
}

// What is fitted, when the scenario does not tell the first two, as facts of a validation.
static struct report_validation fit(unsigned fits)
{
    struct report_validation validation = {.name = NULL};
    struct sim_error error;
    struct scenario *scenario = load("", "", "recorded.csv");
    scenario->timer_granularity_ns = MS;
    const struct validate_options options = {.fits = fits, .jobs = 1, .watch.stop = &never_stop};
    if (!validate(&validation, scenario, &options, &error))
        fail_msg("%s", error.message);
    scenario_free(scenario);
    return validation;
}

// Of the facts with this key, the one of this number.
static const struct validation_fact *fact(const struct report_validation *validation,
                                          const char *key, int number)
{
    for (size_t i = 0; i < validation->fact_count; i++) {
        if (strcmp(validation->facts[i].key, key) == 0 && number-- == 0)
            return &validation->facts[i];
    }
    return NULL;
}

static void what_made_a_run_is_within(void **state)
{
    static const struct {
        const char *g, *h;
        double levels[2];
    } rows[] = {
        {"", "", {0, 0}},
        {", levels: full", "", {1, 0}},
        {", levels: 1.133", ", levels: 0.9", {1.133, 0.9}},
        {", levels: 0.77", ", levels: 1.1", {0.77, 1.1}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        record(rows[i].g, rows[i].h, i + 1);
        for (unsigned fits = VALIDATE_LEVELS; fits <= (VALIDATE_LEVELS | VALIDATE_DEVICE); fits++) {
            struct report_validation found = fit(fits);
            for (int g = 0; g < 2; g++) {
                const struct validation_fact *levels = fact(&found, "levels", g);
                assert_non_null(levels);
                if (!(levels->low <= rows[i].levels[g] && rows[i].levels[g] <= levels->high))
                    fail_msg("row %zu, fit %u: %g is not within %g to %g", i, fits,
                             rows[i].levels[g], levels->low, levels->high);
            }
            // Neither what is told nor what has no limit is fitted.
            assert_null(fact(&found, "levels", 2));
            report_validation_free(&found);
        }
    }
}

// The interval is narrow where the level matters, and the prediction then as near as can be.
static void a_level_that_matters_is_found(void **state)
{
    (void)state;
    record(", levels: 1.133", "", 7);
    struct report_validation found = fit(VALIDATE_LEVELS | VALIDATE_DEVICE);
    const struct validation_fact *levels = fact(&found, "levels", 0);
    assert_true(levels->high - levels->low < 0.01);
    assert_true(fact(&found, "device_ns", 0)->value == 700000);
    assert_true(found.members[0].figures[VALIDATION_W1].value.b < 0.002);
    assert_true(fact(&found, "levels", 1)->value == 0);
    report_validation_free(&found);
}

// The mean latency of all that was recorded from the middle of a saturated phase on: 10 % is the
// goal. With empty buckets hardly anybody waits.
static void late_start_is_predicted(void **state)
{
    (void)state;
    struct sim_error error;
    for (int fitted = 0; fitted < 2; fitted++) {
        struct report_validation found = {.name = NULL};
        struct scenario *scenario =
            scenario_load(TEST_TRACES_DIR "/recorded/late-start.yaml", &error);
        if (scenario == NULL)
            fail_msg("%s", error.message);
        const struct validate_options options = {
            .fits = fitted ? VALIDATE_LEVELS | VALIDATE_DEVICE : 0,
            .jobs = 1,
            .watch.stop = &never_stop,
        };
        if (!validate(&found, scenario, &options, &error))
            fail_msg("%s", error.message);
        const struct report_change *mean = &found.members[4].figures[VALIDATION_MEAN].value;
        double off = mean->b / mean->a - 1;
        print_message("late-start, levels %s: mean %+.1f %%\n", fitted ? "fitted" : "empty",
                      off * 100);
        assert_true(fitted ? fabs(off) < 0.1 : off < -0.9);
        if (fitted) { // 122 of 120 is what they were
            const struct validation_fact *levels = fact(&found, "levels", 0);
            assert_true(levels->low > 0.95 && levels->high < 1.05);
        }
        report_validation_free(&found);
        scenario_free(scenario);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(late_start_is_predicted),
    cmocka_unit_test(what_made_a_run_is_within),
    cmocka_unit_test(a_level_that_matters_is_found),
};
TEST_GROUP(levels_fit, tests, scratch_make, scratch_remove);
