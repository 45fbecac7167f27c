// SPDX-License-Identifier: GPL-2.0-or-later
// What a good scenario file means, key by key.
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <string.h>

// The example of the manual, with every key of the format.
static const char example[] =
    "engine: throttle-group\n"
    "groups:\n"
    "  - id: gold\n"
    "    limits: {iops-total: 300, iops-total-max: 900, iops-total-max-length: 3}   # a burst\n"
    "  - id: silver\n"
    "members:                       # in order of joining\n"
    "  - id: db\n"
    "    group: gold                # none: not throttled\n"
    "    attach: drive              # filter (default) | drive\n"
    "    trace: recorded/vdc.csv    # relative to the scenario\n"
    "  - id: web\n"
    "    attach: filter\n"
    "    group: gold\n"
    "    trace: {path: recorded/vdd.csv, arrival: issue, device: \"254,48\", speed: 2.0,\n"
    "            start: 10s, duration: 60s}\n"
    "  - {id: free, group: none, volume: v3}\n"
    "  - {id: late, group: silver, limits: {bps-read: 1MB, iops-total: 7}}\n"
    "trace: {path: all.csv, format: csv, layout: \"a b,c\"}\n"
    "device: {model: fixed, latency: 200us}\n"
    "interval: 500ms\n"
    "end: 2min\n"
    "timer-granularity: 1ms\n"
    "events:\n"
    "  - {at: 30s, qom-set: {group: gold, limits: {iops-total: 100, iops-total-max: 200}}}\n"
    "  - {at: 31s, block_set_io_throttle: {device: db, bps: 0, bps_rd: 0, bps_wr: 0, iops: 50,\n"
    "              iops_rd: 0, iops_wr: 0, iops_max: 60, iops_size: 4K, group: bronze}}\n"
    "  - {at: 40s, drained_begin: {member: db}}\n"
    "  - {at: 41s, drained_end: {member: db}}\n"
    "  - {at: 50s, join: {member: web, group: bronze, limits: {iops-total: 9}}}\n"
    "  - {at: 45s, leave: {member: web}}\n";

static int row_of(const struct scenario *scenario, const char *key)
{
    int row = engine_parameter_find(scenario->algorithm, key);
    assert_true(row >= 0);
    return row;
}

// The value of a limit that is given.
static int64_t limit(const struct scenario *scenario, const struct engine_parameters *limits,
                     const char *key)
{
    int row = row_of(scenario, key);
    assert_true(limits->given & (1u << row));
    return limits->value[row];
}

static unsigned given_count(const struct engine_parameters *limits)
{
    unsigned count = 0;
    for (uint32_t given = limits->given; given != 0; given &= given - 1)
        count++;
    return count;
}

static struct scenario *load(const char *text)
{
    struct sim_error error;
    struct scenario *scenario = lab_load("scenario.yaml", text, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    return scenario;
}

static void groups_and_settings(void **state)
{
    (void)state;
    struct scenario *scenario = load(example);
    assert_string_equal(scenario->algorithm->name, "throttle-group");
    assert_int_equal(scenario->group_count, 2);
    const struct scenario_group *gold = &scenario->groups[0];
    assert_string_equal(gold->name, "gold");
    assert_int_equal(given_count(&gold->limits), 3);
    assert_int_equal(limit(scenario, &gold->limits, "iops-total"), 300);
    assert_int_equal(limit(scenario, &gold->limits, "iops-total-max"), 900);
    assert_int_equal(limit(scenario, &gold->limits, "iops-total-max-length"), 3);
    assert_string_equal(scenario->groups[1].name, "silver");
    assert_int_equal(given_count(&scenario->groups[1].limits), 0);
    assert_int_equal(scenario->device.model, SCENARIO_DEVICE_FIXED);
    assert_int_equal(scenario->device.latency_ns, 200000);
    assert_int_equal(scenario->interval_ns, 500 * MS);
    assert_int_equal(scenario->end_ns, 120 * SECOND);
    assert_int_equal(scenario->timer_granularity_ns, MS);
    assert_string_equal(scenario->traces[0].path, scratch_path("all.csv"));
    assert_string_equal(scenario->traces[0].format, "csv");
    assert_string_equal(scenario->traces[0].layout, "a b,c");
    assert_int_equal(scenario->source_length, strlen(example));
    assert_string_equal(scenario->source, example);
    scenario_free(scenario);
}

static void members(void **state)
{
    (void)state;
    struct scenario *scenario = load(example);
    assert_int_equal(scenario->member_count, 4);
    const struct scenario_member *db = &scenario->members[0], *web = &scenario->members[1];
    const struct scenario_member *free_one = &scenario->members[2], *late = &scenario->members[3];
    assert_string_equal(db->name, "db");
    assert_int_equal(db->group, 0);
    assert_int_equal(db->attach, ENGINE_DRIVE);
    assert_string_equal(db->trace.path, scratch_path("recorded/vdc.csv"));
    assert_int_equal(db->trace.arrival, TRACE_ARRIVAL_AUTO);
    assert_int_equal(db->trace.cut.volume_count, 0);
    assert_null(db->trace.format);
    assert_null(db->trace.layout);
    assert_true(db->trace.cut.speed.numerator == 1 && db->trace.cut.speed.denominator == 1);
    assert_int_equal(db->trace.cut.start_ns, 0);
    assert_true(db->trace.cut.duration_ns == CUT_FOR_EVER);
    assert_int_equal(web->attach, ENGINE_FILTER);
    assert_string_equal(web->trace.path, scratch_path("recorded/vdd.csv"));
    assert_int_equal(web->trace.arrival, TRACE_ARRIVAL_ISSUE);
    assert_int_equal(web->trace.cut.volume_count, 1);
    assert_string_equal(web->trace.cut.volumes[0], "254,48");
    assert_true(web->trace.cut.speed.numerator == 2 && web->trace.cut.speed.denominator == 1);
    assert_int_equal(web->trace.cut.start_ns, 10 * SECOND);
    assert_int_equal(web->trace.cut.duration_ns, 60 * SECOND);
    assert_true(free_one->group == SCENARIO_NONE);
    assert_string_equal(free_one->volume, "v3");
    assert_null(free_one->trace.path);
    assert_int_equal(late->group, 1);
    assert_int_equal(limit(scenario, &late->limits, "bps-read"), 1000000);
    assert_int_equal(limit(scenario, &late->limits, "iops-total"), 7);
    scenario_free(scenario);
}

static void events(void **state)
{
    (void)state;
    struct scenario *scenario = load(example);
    assert_int_equal(scenario->event_count, 6);
    const struct scenario_event *event = scenario->events;
    assert_int_equal(event->kind, SCENARIO_QOM_SET);
    assert_int_equal(event->at_ns, 30 * SECOND);
    assert_string_equal(event->group, "gold");
    assert_int_equal(limit(scenario, &event->limits, "iops-total"), 100);
    assert_int_equal(given_count(&event->limits), 2);
    event++;
    assert_int_equal(event->kind, SCENARIO_BLOCK_SET_IO_THROTTLE);
    assert_int_equal(event->member, 0);
    assert_string_equal(event->group, "bronze");
    assert_int_equal(given_count(&event->limits), 8);
    assert_int_equal(limit(scenario, &event->limits, "iops-total"), 50);
    assert_int_equal(limit(scenario, &event->limits, "iops-total-max"), 60);
    assert_int_equal(limit(scenario, &event->limits, "iops-size"), 4096);
    assert_int_equal((++event)->kind, SCENARIO_DRAINED_BEGIN);
    assert_int_equal(event->member, 0);
    assert_int_equal((++event)->kind, SCENARIO_DRAINED_END);
    assert_int_equal((++event)->kind, SCENARIO_LEAVE); // sorted by time
    assert_int_equal(event->at_ns, 45 * SECOND);
    assert_int_equal(event->member, 1);
    assert_int_equal((++event)->kind, SCENARIO_JOIN);
    assert_string_equal(event->group, "bronze");
    assert_int_equal(limit(scenario, &event->limits, "iops-total"), 9);
    scenario_free(scenario);
}

// What is not said.
static void defaults(void **state)
{
    (void)state;
    struct scenario *scenario = load("members: [{id: a}]\n");
    assert_int_equal(scenario->group_count, 0);
    assert_int_equal(scenario->event_count, 0);
    assert_true(scenario->members[0].group == SCENARIO_NONE);
    assert_int_equal(scenario->members[0].attach, ENGINE_DRIVE);
    assert_null(scenario->members[0].trace.path);
    assert_int_equal(scenario->trace_count, 0);
    assert_int_equal(scenario->device.model, SCENARIO_DEVICE_AUTO);
    assert_int_equal(scenario->interval_ns, 0); // auto
    assert_true(scenario->end_ns == SCENARIO_NO_LIMIT);
    assert_int_equal(scenario->timer_granularity_ns, 0);
    scenario_free(scenario);
}

// Events of one time keep the order of the file.
static void equal_times_keep_their_order(void **state)
{
    (void)state;
    char text[4000] = "members: [{id: a}]\nevents:\n";
    for (int i = 0; i < 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "  - {at: %dns, %s: {member: a}}\n", i / 20 == 0 ? 5 : 3,
                 i % 2 == 0 ? "drained_begin" : "drained_end");
    struct scenario *scenario = load(text);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(scenario->events[i].at_ns, i < 20 ? 3 : 5);
        assert_int_equal(scenario->events[i].place.line, i < 20 ? 23 + i : 3 + i - 20);
    }
    scenario_free(scenario);
}

static void json_means_the_same(void **state)
{
    (void)state;
    static const char json[] =
        "{\"timer-granularity\": \"1ms\", \"end\": \"120000000000ns\", \"interval\": "
        "\"500000000ns\",\n"
        " \"events\": [\n"
        "  {\"at\": \"30s\", \"qom-set\": {\"limits\": {\"iops-total\": 100,\n"
        "    \"iops-total-max\": 200}, \"group\": \"gold\"}},\n"
        "  {\"at\": \"31s\", \"block_set_io_throttle\": {\"device\": \"db\", \"bps\": 0,\n"
        "    \"bps_rd\": 0, \"bps_wr\": 0, \"iops\": 50, \"iops_rd\": 0, \"iops_wr\": 0,\n"
        "    \"iops_max\": 60, \"iops_size\": 4096, \"group\": \"bronze\"}},\n"
        "  {\"at\": \"40s\", \"drained_begin\": {\"member\": \"db\"}},\n"
        "  {\"at\": \"41s\", \"drained_end\": {\"member\": \"db\"}},\n"
        "  {\"at\": \"45s\", \"leave\": {\"member\": \"web\"}},\n"
        "  {\"at\": \"50s\", \"join\": {\"member\": \"web\", \"group\": \"bronze\",\n"
        "    \"limits\": {\"x-iops-total\": 9}}}],\n"
        " \"device\": {\"latency\": \"0.2ms\", \"model\": \"fixed\"},\n"
        " \"trace\": {\"layout\": \"a b,c\", \"path\": \"all.csv\", \"format\": \"csv\"},\n"
        " \"members\": [\n"
        "  {\"id\": \"db\", \"group\": \"gold\", \"attach\": \"drive\",\n"
        "   \"trace\": {\"path\": \"recorded/vdc.csv\"}},\n"
        "  {\"id\": \"web\", \"group\": \"gold\", \"attach\": \"filter\",\n"
        "   \"trace\": {\"path\": \"recorded/vdd.csv\",\n"
        "    \"arrival\": \"issue\", \"device\": \"254,48\", \"speed\": 2, \"start\": \"10s\",\n"
        "    \"duration\": \"1min\"}},\n"
        "  {\"id\": \"free\", \"volume\": \"v3\"},\n"
        "  {\"id\": \"late\", \"group\": \"silver\", \"limits\": {\"limits.bps-read\": 1000000,\n"
        "    \"throttling.iops-total\": 7}}],\n"
        " \"groups\": [{\"id\": \"gold\", \"limits\": {\"x-iops-total\": 300,\n"
        "   \"iops-total-max\": 900, \"iops-total-max-length\": 3}}, {\"id\": \"silver\"}]}\n";
    struct scenario *from_yaml = load(example), *from_json = load(json);
    lab_expect_same(from_yaml, from_json);
    scenario_free(from_yaml);
    scenario_free(from_json);
}

// The source that is stored for a run from the command line is a scenario that means the same.
static void quick_source_means_the_same(void **state)
{
    (void)state;
    struct sim_error error;
    char *traces[] = {"/data/vdc.blktrace.0.zst", "/data/b/vdc.blktrace", "/data/vdd/",
                      "/data/a \"b\\c\n\td.csv"};
    static const struct scenario_option options[] = {
        {"attach", "drive"},   {"arrival", "issue"},   {"device", "254,48"},
        {"device", "a \"b\""}, {"format", "blktrace"}, {"layout", "one \"two\", \t\\"},
    };
    struct scenario_quick request = {
        .limits = "iops-total=300,iops-total-max=900,bps-read=1MB",
        .options = options,
        .option_count = 6,
        .traces = traces,
        .trace_count = 4,
    };
    struct scenario *quick = scenario_quick(&request, &error);
    assert_non_null(quick);
    assert_string_equal(quick->members[0].name, "vdc");
    assert_string_equal(quick->members[1].name, "vdc-2");
    assert_string_equal(quick->members[2].name, "vdd");
    assert_string_equal(quick->members[2].trace.format, "blktrace");
    assert_string_equal(quick->members[3].trace.layout, options[5].text);
    assert_int_equal(quick->members[3].attach, ENGINE_DRIVE);
    assert_int_equal(quick->members[3].trace.arrival, TRACE_ARRIVAL_ISSUE);
    assert_int_equal(quick->members[3].trace.cut.volume_count, 2);
    quick->device = (struct scenario_device){.model = SCENARIO_DEVICE_FIXED, .latency_ns = 1500000};
    quick->interval_ns = 77;
    quick->end_ns = 9 * SECOND;
    quick->timer_granularity_ns = 3 * MS;
    assert_true(scenario_write_source(quick, &error));
    struct scenario *again = load(quick->source);
    lab_expect_same(quick, again);
    scenario_free(quick);
    scenario_free(again);
}

static void values_of_the_command_line(void **state)
{
    (void)state;
    struct scenario_device device = {.name = NULL};
    enum engine_attach attach;
    enum trace_arrival arrival;
    assert_true(scenario_parse_device("null", &device));
    assert_int_equal(device.model, SCENARIO_DEVICE_NULL);
    assert_true(scenario_parse_device("recorded", &device));
    assert_int_equal(device.model, SCENARIO_DEVICE_RECORDED);
    assert_true(scenario_parse_device("fixed:1.5ms", &device));
    assert_int_equal(device.model, SCENARIO_DEVICE_FIXED);
    assert_int_equal(device.latency_ns, 1500000);
    assert_false(scenario_parse_device("fixed", &device));
    assert_false(scenario_parse_device("fixed:", &device));
    assert_false(scenario_parse_device("fixed:-1", &device));
    assert_false(scenario_parse_device("", &device));
    assert_true(scenario_parse_attach("drive", &attach) && attach == ENGINE_DRIVE);
    assert_true(scenario_parse_attach("filter", &attach) && attach == ENGINE_FILTER);
    assert_false(scenario_parse_attach("Drive", &attach));
    assert_true(scenario_parse_arrival("issue", &arrival) && arrival == TRACE_ARRIVAL_ISSUE);
    assert_true(scenario_parse_arrival("queue", &arrival) && arrival == TRACE_ARRIVAL_QUEUE);
    assert_false(scenario_parse_arrival("", &arrival));
}

// An anchor is written once and meant twice.
static void anchors(void **state)
{
    (void)state;
    struct scenario *scenario = load("groups:\n"
                                     "  - {id: a, limits: &same {iops-total: 5}}\n"
                                     "  - {id: b, limits: *same}\n"
                                     "members: [{id: m, group: b}]\n");
    assert_memory_equal(&scenario->groups[0].limits, &scenario->groups[1].limits,
                        sizeof scenario->groups[0].limits);
    assert_int_equal(limit(scenario, &scenario->groups[1].limits, "iops-total"), 5);
    scenario_free(scenario);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(groups_and_settings),
    cmocka_unit_test(members),
    cmocka_unit_test(events),
    cmocka_unit_test(defaults),
    cmocka_unit_test(equal_times_keep_their_order),
    cmocka_unit_test(json_means_the_same),
    cmocka_unit_test(quick_source_means_the_same),
    cmocka_unit_test(values_of_the_command_line),
    cmocka_unit_test(anchors),
};
TEST_GROUP(scenario, tests, scratch_make, scratch_remove);
