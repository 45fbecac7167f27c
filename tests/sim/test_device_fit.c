// SPDX-License-Identifier: GPL-2.0-or-later
// A device that is fitted comes near the one that a recording was made on.
#include "sim/replay/replay.h"
#include "sim/workload/device/device_fit.h"
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const volatile sig_atomic_t never_stop = 0;

static struct scenario *quick(const char *path, bool each_volume)
{
    struct sim_error error;
    char *traces[] = {(char *)(uintptr_t)path};
    struct scenario_quick quick = {
        .limits = "", .each_volume = each_volume, .traces = traces, .trace_count = 1};
    struct scenario *scenario = scenario_quick(&quick, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    return scenario;
}

static void fit(struct device_fit *fit, struct scenario *scenario, enum scenario_device_model model,
                enum scenario_law law)
{
    struct sim_error error;
    struct device_fit_options options = {
        .model = model, .law = law, .seed = 1, .stop = &never_stop};
    if (!device_fit(fit, scenario, &options, &error))
        fail_msg("%s", error.message);
}

// ---- Recordings that are known ----

#define REQUESTS 8000

static int64_t latencies_ns[REQUESTS];

static void keep_latency(void *context, const struct sim_request *request, int64_t now_ns)
{
    (void)context;
    latencies_ns[sim_request_seq(request)] = now_ns - request->engine.arrival_ns;
}

// Two members with bursts.
static void write_arrivals(const char *name, bool with_latencies)
{
    uint64_t state = 4;
    FILE *file = fopen(scratch_path(name), "w");
    assert_non_null(file);
    fputs(HEADER, file);
    for (int64_t i = 0, now_ns = 0; i < REQUESTS; i++) {
        bool is_burst = random_below(&state, 4) > 0;
        now_ns += is_burst ? 5000 : (int64_t)random_below(&state, 1600000);
        const char *op = random_below(&state, 3) == 0 ? "write" : "read";
        fprintf(file, "%" PRId64 ",%s,0,4096,%c,", now_ns, op, "ab"[random_below(&state, 2)]);
        if (with_latencies)
            fprintf(file, "%" PRId64, latencies_ns[i]);
        fputc('\n', file);
    }
    fclose(file);
}

static void record(const char *name, const char *device)
{
    static const struct replay_observer observer = {.complete = keep_latency};
    const struct progress_watch watch = {.stop = &never_stop};
    char text[1000];
    struct sim_error error;
    struct replay replay;
    write_arrivals("arrivals.csv", false);
    snprintf(text, sizeof text, "members: [{id: a}, {id: b}]\ntrace: arrivals.csv\ndevice: %s\n",
             device);
    struct scenario *scenario = lab_load("run.yaml", text, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    assert_true(replay_open(&replay, scenario, NULL, &error));
    assert_true(replay_start(&replay, &observer, NULL));
    assert_int_equal(replay_all(&replay, &watch), REPLAY_FINISHED);
    replay_close(&replay);
    scenario_free(scenario);
    write_arrivals(name, true);
}

static void a_queue_is_found(void **state)
{
    (void)state;
    for (uint32_t servers = 1; servers <= 4; servers *= 2) {
        char device[300];
        struct device_fit found;
        snprintf(device, sizeof device,
                 "{model: queue, seed: 77, servers: %u, classes: [\n"
                 "  {op: write, law: lognormal, mean: 300us, shape: 0.8, serial: 110us},\n"
                 "  {law: gamma, mean: 200us, shape: 3, serial: 85us}]}",
                 servers);
        record("queue.csv", device);
        struct scenario *scenario = quick(scratch_path("queue.csv"), true);
        fit(&found, scenario, SCENARIO_DEVICE_AUTO, SCENARIO_LAW_EMPIRICAL);
        assert_int_equal(found.requests, REQUESTS);
        assert_int_equal(found.device.model, SCENARIO_DEVICE_QUEUE);
        assert_int_equal(found.device.servers, servers);
        assert_true(found.candidates[found.best].score <= 1);
        device_fit_free(&found);
        scenario_free(scenario);
    }
}

// Where no request delays another, random is as good, and its laws are found.
static void laws_are_found(void **state)
{
    (void)state;
    static const struct {
        enum scenario_law law;
        const char *name;
        double shape;
    } rows[] = {{SCENARIO_LAW_LOGNORMAL, "lognormal", 0.8}, {SCENARIO_LAW_GAMMA, "gamma", 2.5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char device[200];
        struct device_fit found;
        snprintf(device, sizeof device,
                 "{model: random, classes: [{law: %s, mean: 400us, shape: %g}]}", rows[i].name,
                 rows[i].shape);
        record("random.csv", device);
        struct scenario *scenario = quick(scratch_path("random.csv"), true);
        fit(&found, scenario, SCENARIO_DEVICE_RANDOM, rows[i].law);
        assert_true(found.candidates[found.best].score <= 1);
        for (size_t j = 0; j < found.device.class_count; j++) {
            const struct scenario_class *class = &found.device.classes[j];
            double shape = (double)class->shape.numerator / (double)class->shape.denominator;
            assert_int_equal(class->law, rows[i].law);
            assert_true(fabs(shape / rows[i].shape - 1) < 0.15);
            assert_true(fabs((double)class->mean_ns / 400000 - 1) < 0.08);
        }
        for (size_t j = 0; j < found.class_count; j++) {
            if (found.classes[j].requests >= 500)
                assert_true(found.classes[j].distances[rows[i].law] < 0.06);
        }
        device_fit_free(&found);
        scenario_free(scenario);
    }
}

// ---- A real one ----

// Two halves of one distribution, of n each, are within this in 99 of 100 cases.
static double noise(uint64_t requests)
{
    return 1.63 * sqrt(4 / (double)requests);
}

static void a_real_recording(void **state)
{
    (void)state;
    struct device_fit found;
    struct scenario *scenario = quick(TEST_TRACES_DIR "/recorded/mixed", true);
    fit(&found, scenario, SCENARIO_DEVICE_AUTO, SCENARIO_LAW_EMPIRICAL);
    size_t judged = 0;
    for (size_t i = 0; i < found.class_count; i++) {
        const struct fit_class *class = &found.classes[i];
        if (class->requests < FIT_CLASS_JUDGED)
            continue;
        double distance = class->distances[SCENARIO_LAW_EMPIRICAL];
        assert_true(distance <= fmax(FIT_CLASS_DISTANCE_MAX, noise(class->requests)));
        assert_true(class->requests < 300 || distance <= FIT_CLASS_DISTANCE_MAX);
        judged++;
    }
    assert_true(judged >= 15);
    const struct fit_candidate *best = &found.candidates[found.best];
    assert_int_equal(best->model, SCENARIO_DEVICE_QUEUE);
    assert_int_equal(best->servers, 1);
    assert_true(best->worst_distance < FIT_DISTANCE_MAX); // docs/model.md
    assert_true(best->score > 1);                         // its means
    // vdc and vdd have their order, and vdc what it does to itself.
    for (uint32_t i = 0; i < scenario->member_count; i++) {
        const struct fit_mean *means = best->times[i].means;
        if (strcmp(scenario->members[i].name, "254,32") != 0 &&
            strcmp(scenario->members[i].name, "254,48") != 0)
            continue;
        assert_true(fit_mean_value(&means[FIT_ALONE]) < fit_mean_value(&means[FIT_OTHERS]));
        assert_true(fit_mean_value(&means[FIT_OTHERS]) < fit_mean_value(&means[FIT_OWN]));
    }
    device_fit_free(&found);
    scenario_free(scenario);
}

// What is fitted is written so that a scenario has the same.
static void what_is_written_is_read(void **state)
{
    (void)state;
    struct sim_error error;
    struct device_fit found;
    static const enum scenario_law laws[] = {SCENARIO_LAW_EMPIRICAL, SCENARIO_LAW_GAMMA};
    record("queue.csv", "{model: queue, classes: [{quantiles: [90us, 200us, 2ms]}]}");
    for (int i = 0; i < 2; i++) {
        struct scenario *scenario = quick(scratch_path("queue.csv"), true);
        fit(&found, scenario, SCENARIO_DEVICE_QUEUE, laws[i]);
        FILE *file = fopen(scratch_path("device.yaml"), "w");
        assert_non_null(file);
        assert_true(scenario_write_device(&found.device, file));
        fclose(file);
        struct scenario *again =
            lab_load("run.yaml", "members: [{id: a}]\ndevice: {from: device.yaml}\n", &error);
        if (again == NULL)
            fail_msg("%s", error.message);
        struct scenario *wanted = lab_load("run.yaml", "members: [{id: a}]\n", &error);
        wanted->device = found.device;
        lab_expect_same(wanted, again);
        wanted->device = (struct scenario_device){.name = NULL};
        scenario_free(wanted);
        scenario_free(again);
        device_fit_free(&found);
        scenario_free(scenario);
    }
}

static void what_tells_no_latencies_is_refused(void **state)
{
    (void)state;
    struct sim_error error;
    struct device_fit found;
    struct device_fit_options options = {.stop = &never_stop};
    char text[4000] = HEADER;
    for (int i = 0; i < 100; i++)
        strcat(text, i < 30 ? "0,read,0,512,a,5\n" : "0,read,0,512,a,\n");
    scratch_text("few.csv", text);
    struct scenario *scenario = quick(scratch_path("few.csv"), true);
    assert_false(device_fit(&found, scenario, &options, &error));
    device_fit_free(&found);
    scenario_free(scenario);
    assert_string_equal(error.message, "a device needs the latencies of 40 requests or more, and "
                                       "the trace has them of 30 of 100");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_queue_is_found),
    cmocka_unit_test(laws_are_found),
    cmocka_unit_test(a_real_recording),
    cmocka_unit_test(what_is_written_is_read),
    cmocka_unit_test(what_tells_no_latencies_is_refused),
};
TEST_GROUP(device_fit, tests, scratch_make, scratch_remove);
