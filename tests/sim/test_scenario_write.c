// SPDX-License-Identifier: GPL-2.0-or-later
// Any scenario is written so that it is read as the same.
#include "tests/sim/case_lab.h"
#include "tests/support/test_group.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 400
#define SEEDS_TO_RUN 25

static char *write_text(const struct scenario *scenario)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    assert_true(scenario_write(scenario, out));
    assert_int_equal(fclose(out), 0);
    return text;
}

// The law; what is read again.
static struct scenario *expect_same_again(const struct scenario *scenario)
{
    struct sim_error error;
    char *text = write_text(scenario);
    struct scenario *again = scenario_parse("again", text, strlen(text), &error);
    if (again == NULL)
        fail_msg("%s: %s in\n%s", scenario->name, error.message, text);
    lab_expect_same(scenario, again);
    char *second = write_text(again);
    assert_string_equal(text, second);
    free(second);
    free(text);
    return again;
}

static void digest_of(const struct scenario *scenario, char digest[64])
{
    static const volatile sig_atomic_t never_stop = 0;
    struct run_options options = {.omit_series = true, .watch = {.stop = &never_stop}};
    struct report_error error;
    struct lab_run run = {.database = report_database_open(NULL, REPORT_WRITE, &error)};
    assert_non_null(run.database);
    if (!run_scenario(scenario, &options, run.database, &run.run_id, &run.status, &run.error))
        fail_msg("%s: %s", scenario->name, run.error.message);
    snprintf(digest, 64, "%s", lab_text(&run, "SELECT digest FROM run"));
    lab_run_free(&run);
}

static void expect_same_run(const struct scenario *scenario)
{
    char before[64], after[64];
    struct scenario *again = expect_same_again(scenario);
    digest_of(scenario, before);
    digest_of(again, after);
    assert_string_equal(before, after);
    scenario_free(again);
}

static void files(void **state)
{
    (void)state;
    struct sim_error error;
    glob_t paths;
    assert_int_equal(glob(TEST_SOURCE_DIR "/suite/*.yaml", 0, NULL, &paths), 0);
    assert_int_equal(glob(TEST_TRACES_DIR "/recorded/*.yaml", GLOB_APPEND, NULL, &paths), 0);
    assert_true(paths.gl_pathc >= 24);
    for (size_t i = 0; i < paths.gl_pathc; i++) {
        struct scenario *scenario = scenario_load(paths.gl_pathv[i], &error);
        if (scenario == NULL)
            fail_msg("%s", error.message);
        bool is_short =
            strstr(scenario->name, "remarks") != NULL || strstr(scenario->name, "inline") != NULL;
        if (is_short)
            expect_same_run(scenario);
        else
            scenario_free(expect_same_again(scenario));
        scenario_free(scenario);
        // What is left over when the engine cannot do all of it.
        struct scenario_settings settings = {.algorithm = engine_find("slice"), .lenient = true};
        scenario = scenario_load_as(paths.gl_pathv[i], &settings, &error);
        if (scenario == NULL)
            fail_msg("%s", error.message);
        scenario_free(expect_same_again(scenario));
        scenario_free(scenario);
    }
    globfree(&paths);
}

static void random_cases(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct random_case *random_case = random_case_new(seed);
        assert_non_null(random_case);
        struct scenario *scenario = case_load(random_case);
        if (seed < SEEDS_TO_RUN)
            expect_same_run(scenario);
        else
            scenario_free(expect_same_again(scenario));
        char *text = write_text(scenario);
        assert_string_equal(strchr(scenario->source, '\n') + 1, text); // behind the comment
        free(text);
        scenario_free(scenario);
        random_case_free(random_case);
    }
}

// ---- Anything ----

static uint64_t random_state = 9;

static uint64_t below(uint64_t limit)
{
    return random_below(&random_state, limit);
}

// Nothing that YAML takes for something else.
static char *any_text(void)
{
    static const char *const pieces[] = {
        "a",
        "null",
        "~",
        "7",
        " ",
        ":",
        ": ",
        "#",
        " #",
        "-",
        "- ",
        "'",
        "\"",
        "\\",
        "\n",
        "\n\n",
        "\t",
        "\r",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&a",
        "*a",
        "!x",
        "|",
        ">",
        "%",
        "@",
        "`",
        "\1",
        "\x7f",
        "...",
        "---",
        "\\n",
        "\u00e9",
        "\u20ac",
        "\U0001f600",
        "\xc2\x85",
        "\xc2\x80",
        "\xc2\xa0",
        "\xe2\x80\xa8",
        "\xe2\x80\xa9",
        "\xef\xbb\xbf",
        "\xef\xbf\xbe",
    };
    char text[200] = "";
    for (uint64_t i = below(6) + 1; i > 0; i--)
        strcat(text, pieces[below(sizeof pieces / sizeof pieces[0])]);
    return strdup(text);
}

static char *text_or_none(void)
{
    return below(2) == 0 ? NULL : any_text();
}

static int64_t any_time(void)
{
    static const int64_t times[] = {0, 1, 999, SECOND, INT64_MAX - 1};
    return below(3) == 0 ? times[below(5)]
                         : (int64_t)(random_next(&random_state) >> below(62) >> 2);
}

static char *any_csv(void)
{
    static const char *const texts[] = {"x\n", "x", "\n", " x\n", "x\n\n", "x\n y\n\nz\n", "x\r\n"};
    return below(3) == 0 ? any_text() : strdup(texts[below(sizeof texts / sizeof texts[0])]);
}

// Names in front of any text, so that none comes twice.
static void add_streams(struct scenario_trace *trace)
{
    trace->stream_count = below(3);
    trace->streams = calloc(trace->stream_count + 1, sizeof *trace->streams);
    assert_non_null(trace->streams);
    for (size_t i = 0; i < trace->stream_count; i++) {
        char *text = any_text(), *name = malloc(strlen(text) + 3);
        assert_non_null(name);
        sprintf(name, "%zu %s", i, text);
        free(text);
        trace->streams[i] = (struct scenario_stream){
            .name = name,
            .kind = (enum scenario_stream_kind)below(SCENARIO_STREAM_KIND_COUNT),
            .depth = (uint32_t)below(1000001),
            .lifetime = (enum scenario_lifetime)below(2),
        };
    }
}

static struct scenario_trace any_trace(void)
{
    struct scenario_trace trace = scenario_trace_default();
    trace.path = any_text();
    if (below(2) == 0)
        trace.csv = any_csv();
    trace.format = below(2) == 0 ? NULL : strdup(trace_format_at(below(3)));
    trace.layout = text_or_none();
    trace.volume_name = text_or_none();
    trace.arrival = (enum trace_arrival)below(3);
    trace.arrivals = (enum scenario_arrivals)below(4);
    trace.start_after_ns = any_time();
    trace.closed.depth = (uint32_t)below(1000001);
    trace.closed.think = (enum scenario_think)below(2);
    add_streams(&trace);
    for (uint64_t i = below(3); i > 0; i--) {
        char *name = any_text();
        assert_true(names_append(&trace.devices, &trace.cut.volume_count, name));
        free(name);
    }
    trace.cut.volumes = (const char *const *)trace.devices;
    trace.cut.ops = 1 + (unsigned)below(CUT_ALL_OPS);
    trace.cut.start_ns = any_time();
    trace.cut.delay_ns = below(2) == 0 ? 0 : any_time() / 2;
    trace.cut.duration_ns = below(2) == 0 ? CUT_FOR_EVER : any_time();
    struct fraction speeds[] = {{1, 1}, {2, 1}, {3, 2}, {1, FRACTION_MAX}, {FRACTION_MAX, 7}};
    trace.cut.speed = speeds[below(5)];
    return trace;
}

static struct scenario_class any_class(bool is_queue, bool is_last)
{
    static const struct fraction shapes[] = {{1, 1}, {3, 2}, {1, 50}, {33333, 10000}};
    struct scenario_class class = {.mean_ns = INT64_MAX, .serial_ns = INT64_MAX};
    if (!is_last) {
        class.member = text_or_none();
        class.op = (unsigned)below(ENGINE_OP_COUNT + 1);
        class.size = (unsigned)below(SCENARIO_SIZE_COUNT);
    }
    class.law = (unsigned)below(3);
    bool is_empirical = class.law == SCENARIO_LAW_EMPIRICAL;
    if (is_queue && (!is_empirical || below(2) == 0))
        class.serial_ns = any_time();
    if (!is_empirical) {
        class.mean_ns = any_time();
        class.shape = shapes[below(4)];
        return class;
    }
    class.quantile_count = 1 + below(5);
    class.quantiles = calloc(class.quantile_count, sizeof *class.quantiles);
    assert_non_null(class.quantiles);
    for (size_t i = 0; i < class.quantile_count; i++)
        class.quantiles[i] = (i == 0 ? 0 : class.quantiles[i - 1]) + any_time() / 8;
    return class;
}

static struct scenario_device any_device(const char *name)
{
    struct scenario_device device = {
        .model = (enum scenario_device_model)below(SCENARIO_DEVICE_COUNT),
        .name = name == NULL ? NULL : strdup(name),
    };
    bool is_queue = device.model == SCENARIO_DEVICE_QUEUE;
    if (device.model == SCENARIO_DEVICE_FIXED)
        device.latency_ns = any_time();
    if (!is_queue && device.model != SCENARIO_DEVICE_RANDOM)
        return device;
    device.seed = any_time();
    device.servers = is_queue ? (uint32_t)below(SCENARIO_SERVERS_MAX + 1) : 0;
    device.bandwidth = is_queue ? any_time() : 0;
    device.class_count = 1 + below(3);
    device.classes = calloc(device.class_count, sizeof *device.classes);
    assert_non_null(device.classes);
    for (size_t i = 0; i < device.class_count; i++)
        device.classes[i] = any_class(is_queue, i + 1 == device.class_count);
    return device;
}

static void add_anything(struct scenario *scenario)
{
    uint32_t iops = (uint32_t)engine_parameter_find(scenario->algorithm, "iops-total");
    for (size_t i = 0; i < scenario->member_count; i++) {
        struct scenario_member *member = &scenario->members[i];
        member->volume = text_or_none();
        member->arrivals = (enum scenario_arrivals)below(4);
        if (below(2) == 0)
            member->trace = any_trace();
        bool is_single = member->group != SCENARIO_NONE && member->upper_count == 0;
        if (is_single && below(4) == 0)
            member->limits.given = UINT32_C(1) << iops; // with 0 any group's limits are valid
        else if (is_single && below(4) == 0)
            member->upper[member->upper_count++] = (uint32_t)below(scenario->group_count);
    }
    if (scenario->trace_count > 0 && below(2) == 0) {
        struct scenario_trace trace = any_trace();
        struct scenario_trace *traces = realloc(scenario->traces, 2 * sizeof *traces);
        assert_non_null(traces);
        scenario->traces = traces;
        traces[scenario->trace_count++] = trace;
    }
    scenario_device_free(&scenario->device);
    scenario->device = any_device(NULL);
    for (size_t i = 0; i < scenario->device_count; i++)
        scenario_device_free(&scenario->devices[i]);
    scenario->device_count = below(3);
    scenario->devices = realloc(scenario->devices, 3 * sizeof *scenario->devices);
    assert_non_null(scenario->devices);
    for (size_t i = 0; i < scenario->device_count; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s%zu", i == 0 ? "- " : "ssd", i); // no two are the same
        scenario->devices[i] = any_device(name);
    }
    for (size_t i = 0; i < scenario->member_count; i++)
        scenario->members[i].device = scenario->device_count == 0 || below(2) == 0
                                          ? SCENARIO_NONE
                                          : (uint32_t)below(scenario->device_count);
    scenario->interval_ns = 1 + any_time() / 2;
    scenario->end_ns = below(2) == 0 ? SCENARIO_NO_LIMIT : any_time();
    scenario->timer_granularity_ns = below(2) == 0 ? 0 : any_time();
}

static bool has_limits_of_reads(const struct scenario *scenario)
{
    uint32_t mask = UINT32_C(1) << engine_parameter_find(scenario->algorithm, "iops-total-max") |
                    UINT32_C(1) << engine_parameter_find(scenario->algorithm, "iops-size");
    for (size_t i = 0; i < scenario->group_count; i++) {
        if ((scenario->groups[i].limits.given & mask) != 0)
            return true;
    }
    return false;
}

// Nothing here need run; what the limits of members would break is left out.
static void anything(void **state)
{
    (void)state;
    size_t tried = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct random_case *random_case = random_case_new(seed);
        assert_non_null(random_case);
        struct scenario *scenario = case_load(random_case);
        if (!has_limits_of_reads(scenario) && scenario->event_count == 0) {
            add_anything(scenario);
            scenario_free(expect_same_again(scenario));
            tried++;
        }
        scenario_free(scenario);
        random_case_free(random_case);
    }
    assert_true(tried > SEEDS / 20);
}

// Members that were made of volumes, one of which only its file names.
static void members_of_volumes(void **state)
{
    (void)state;
    struct sim_error error;
    scratch_text("one.csv", HEADER "5,read,1,512,a,\n9,read,2,512,b,\n");
    scratch_text("two.x.csv", "time_ns,op,offset,bytes\n7,read,3,512\n");
    static const char *const members[] = {
        "{from: trace, group: gold, attach: drive, prefix: 'v-', limits: {iops-read: 5}}",
        "{from: trace, limits: {iops-total: 7}}",
        "{from: trace}",
        "[{id: none, volume: a}, {id: two}]",
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        char text[400];
        snprintf(text, sizeof text, "groups: [{id: gold}]\nmembers: %s\ntrace: [one.csv, %s]\n",
                 members[i], i < 3 ? "two.x.csv" : "{path: two.x.csv, volume: two}");
        struct scenario *scenario = lab_load("run.yaml", text, &error);
        if (scenario == NULL)
            fail_msg("%s", error.message);
        expect_same_run(scenario);
        scenario_free(scenario);
    }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(files), cmocka_unit_test(random_cases),
                                          cmocka_unit_test(anything),
                                          cmocka_unit_test(members_of_volumes)};
TEST_GROUP(scenario_write, tests, scratch_make, scratch_remove);
