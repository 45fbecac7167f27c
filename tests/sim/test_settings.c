// SPDX-License-Identifier: GPL-2.0-or-later
// The keys as rows: a value set by its address, and the reference in docs/scenario.md.
#include "sim/scenario/setting.h"
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scenario *load(const char *text)
{
    struct sim_error error;
    scratch_text("all.csv", HEADER);
    struct scenario *scenario = lab_load("run.yaml", text, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    return scenario;
}

#define TEXT                                                                                       \
    "groups: [{id: gold, limits: {iops-total: 100}}, {id: both}, {id: a.b}]\n"                     \
    "devices: [{id: ssd, model: queue, servers: 3, classes: [{quantiles: [1ms]}]}]\n"              \
    "members: [{id: db, group: gold, trace: all.csv}, {id: both, group: gold}, {id: web}]\n"       \
    "trace: [all.csv, all.csv]\n"                                                                  \
    "events: [{at: 1s, qom-set: {group: gold, limits: {iops-total-max: 900}}}]\n"

static void set(struct scenario *scenario, const char *address, const char *text)
{
    struct sim_error error;
    if (!scenario_set(scenario, address, text, &error))
        fail_msg("%s", error.message);
}

static const char *const values[][2] = {
    {"interval", "250ms"},
    {"end", "2min"},
    {"timer-granularity", "1ms"},
    {"device", "fixed:200us"},
    {"device.latency", "300us"},
    {"gold.iops-total", "300"},
    {"gold.x-bps-read", "1MB"},
    {"groups.both.iops-size", "4K"},
    {"both.iops-read", "7"},
    {"a.b.iops-total", "9"},
    {"members.both.bps-write", "5"},
    {"both.attach", "drive"},
    {"members.web.group", "gold"},
    {"db.group", "none"},
    {"web.volume", "v 7"},
    {"db.trace.start", "1s"},
    {"db.trace.duration", "3s"},
    {"db.trace.speed", "3/2"},
    {"db.trace.in-flight", "ignore"},
    {"db.trace.batch-order", "queue"},
    {"db.trace.arrival", "issue"},
    {"db.trace.format", "csv"},
    {"db.trace.device", "x"},
    {"db.trace.device", "254,48"},
    {"trace.ops", "read"},
    {"trace.layout", "a b"},
    {"devices.ssd.servers", "2"},
    {"devices.ssd.bandwidth", "1MB"},
    {"devices.ssd.seed", "7"},
    {"web.device", "ssd"},
    {"warm-up", "30s"},
    {"loop-stalls.rate", "20"},
    {"loop-stalls.mean", "10ms"},
    {"loop-stalls.seed", "3"},
    {"gold.levels", "1.2"},
    {"both.levels", "full"},
};

// Each address does what the key in the file does.
static void values_are_set(void **state)
{
    (void)state;
    struct sim_error error;
    struct scenario *found = load(TEXT);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        set(found, values[i][0], values[i][1]);
    struct scenario *wanted = load(
        "groups: [{id: gold, limits: {iops-total: 300, bps-read: 1MB}, levels: 6/5},\n"
        "         {id: both, limits: {iops-size: 4096, iops-read: 7}, levels: 1},\n"
        "         {id: a.b, limits: {iops-total: 9}}]\n"
        "members:\n"
        "  - {id: db, trace: {path: all.csv, start: 1s, duration: 3s, speed: 1.5,\n"
        "                     arrival: issue, in-flight: ignore, batch-order: queue, format: csv,\n"
        "                     device: '254,48'}}\n"
        "  - {id: both, group: gold, attach: drive, limits: {bps-write: 5}}\n"
        "  - {id: web, group: gold, volume: v 7, device: ssd}\n"
        "devices: [{id: ssd, model: queue, servers: 2, bandwidth: 1MB, seed: 7,\n"
        "           classes: [{quantiles: [1ms]}]}]\n"
        "trace: [{path: all.csv, ops: read, layout: a b}, {path: all.csv, ops: read,\n"
        "        layout: a b}]\n"
        "device: {model: fixed, latency: 300us}\n"
        "loop-stalls: {rate: 20, mean: 10ms, seed: 3}\nwarm-up: 30s\n"
        "interval: 250ms\nend: 2min\ntimer-granularity: 1ms\n"
        "events: [{at: 1s, qom-set: {group: gold, limits: {iops-total-max: 900}}}]\n");
    lab_expect_same(found, wanted);
    scenario_free(wanted);
    assert_true(scenario_check(found, &error));
    scenario_free(found);
}

// What is said; and the scenario is as it was.
static void what_cannot_be_set_is_refused(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"intervall", "1", "intervall: unknown key 'intervall'; did you mean 'interval'?"},
        {"interval", "0", "interval: an interval must be longer than 0"},
        {"end", "fast", "end: expected a time with a unit (ns, us, ms, s, min, h), found 'fast'"},
        {"end", "", "end: expected a time with a unit (ns, us, ms, s, min, h), found ''"},
        {"engine", "slice", "engine: it is chosen when the scenario is loaded"},
        {"members", "x", "members: this can only be read from a file"},
        {"device", "fixed",
         "device: expected auto, null, fixed:LATENCY (fixed:200us), recorded or from:FILE, found "
         "'fixed'"},
        {"device.latency", "1", "device.latency: only model fixed has a latency"},
        {"device.latenzy", "1", "device.latenzy: unknown key 'latenzy'; did you mean 'latency'?"},
        {"glod.iops-total", "1",
         "glod.iops-total: there is no group or member 'glod'; did you mean 'gold'?"},
        {"groups.db.iops-total", "1", "groups.db.iops-total: there is no group 'db'"},
        {"members.gold.attach", "drive", "members.gold.attach: there is no member 'gold'"},
        {"gold.iops-totl", "1", "gold: unknown limit 'iops-totl'; did you mean 'iops-total'?"},
        {"gold.iops-total", "fast",
         "gold: iops-total: expected requests per second, such as 300, found 'fast'"},
        {"gold.id", "x", NULL},
        {"gold.levels", "-1",
         "gold.levels: expected 0, full, or a share of what the buckets hold, such as 0.5 or 1.2, "
         "found '-1'"},
        {"db.attach", "side", "db.attach: expected filter or drive, found 'side'"},
        {"db.group", "glod", "db.group: there is no group 'glod'; did you mean 'gold'?"},
        {"db.trace.ops", "wirte",
         "db.trace.ops: expected read, write, discard, write-zeroes or flush, found 'wirte'; did "
         "you mean 'write'?"},
        {"db.trace.path", "x", "db.trace.path: this can only be read from a file"},
        {"db.trace.speed", "0",
         "db.trace.speed: expected a factor above 0, such as 2, 1.5 or 1/3, found '0'"},
        {"web.trace.speed", "2", "web.trace.speed: there is no trace"},
        {"", "1", ": unknown key ''"},
        {".", "1", ".: there is no group or member ''"},
        {"gold.", "1", "gold: unknown limit ''"},
    };
    struct scenario *scenario = load(TEXT), *before = load(TEXT);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_error error = {.message = ""};
        if (scenario_set(scenario, rows[i][0], rows[i][1], &error))
            fail_msg("'%s' is set to '%s'", rows[i][0], rows[i][1]);
        if (rows[i][2] != NULL)
            assert_string_equal(error.message, rows[i][2]);
        assert_int_equal(error.exit, SIM_USAGE);
        lab_expect_same(scenario, before);
    }
    scenario_free(scenario);
    scenario_free(before);
}

// Together they may not go; the place is that in the file.
static void what_does_not_go_together_is_told(void **state)
{
    (void)state;
    struct sim_error error;
    struct scenario *scenario = load(TEXT);
    set(scenario, "gold.iops-total", "1000");
    assert_false(scenario_check(scenario, &error));
    lab_expect_message(&error, SIM_BAD_INPUT,
                       "DIR/run.yaml:5:10: qom-set gold: iops-total-max (900) must not be below "
                       "iops-total");
    set(scenario, "gold.iops-total", "900");
    assert_true(scenario_check(scenario, &error));
    set(scenario, "gold.iops-read", "900");
    assert_false(scenario_check(scenario, &error));
    lab_expect_message(&error, SIM_BAD_INPUT,
                       "DIR/run.yaml:1:10: limits of group 'gold': iops-total (900) cannot be set "
                       "together with iops-read (900)");
    scenario_free(scenario);
}

// ---- docs/scenario.md ----

// The document without what Markdown adds: `code` and [links](to).
static char *read_document(void)
{
    FILE *file = fopen(TEST_SOURCE_DIR "/../docs/scenario.md", "r");
    assert_non_null(file);
    char *text = calloc(1, 1 << 16);
    assert_non_null(text);
    size_t used = 0;
    for (int c; (c = getc(file)) != EOF && used < (1 << 16) - 1;) {
        int depth = 0;
        if (c == '(' && used > 0 && text[used - 1] == ']')
            for (depth = 1; depth > 0 && (c = getc(file)) != EOF;)
                depth += (c == '(') - (c == ')');
        else if (strchr("`\\", c) == NULL)
            text[used++] = (char)c;
    }
    fclose(file);
    size_t kept = 0;
    for (size_t i = 0; i < used; i++) {
        if (text[i] != '[' && text[i] != ']')
            text[kept++] = text[i];
    }
    text[kept] = '\0';
    return text;
}

// Behind a heading: the keys of the rows, no others, with their types and what is not given.
static void expect_table(const char *document, const char *heading, const struct setting *rows)
{
    const char *section = strstr(document, heading);
    if (section == NULL)
        fail_msg("there is no '%s'", heading);
    const char *end = strstr(section + strlen(heading), "\n#");
    size_t count = 0;
    for (const struct setting *row = rows; row->key != NULL; row++, count++) {
        char start[200];
        snprintf(start, sizeof start, "\n| %s | %s", row->key, row->kind->type);
        const char *line = strstr(section, start);
        if (line == NULL || line > end)
            fail_msg("'%s' lacks:%s", heading, start);
        const char *fallback = strchr(line + strlen(start), '|') + 2;
        const char *wanted = row->required           ? "required"
                             : row->fallback != NULL ? row->fallback
                                                     : "";
        if (strncmp(fallback, wanted, strlen(wanted)) != 0)
            fail_msg("'%s', %s: '%s' if not given, not '%.20s'", heading, row->key, wanted,
                     fallback);
    }
    for (const char *line = strstr(section, "\n| "); line != NULL && line < end;
         line = strstr(line + 1, "\n| "))
        count--;
    assert_int_equal(count, -1); // the line above the keys
}

static void expect_options(const char *document, const struct setting *rows)
{
    for (; rows->key != NULL; rows++) {
        char start[100];
        snprintf(start, sizeof start, "\n| --%s ", rows->option == NULL ? "" : rows->option);
        if (rows->option != NULL && strstr(document, start) == NULL)
            fail_msg("there is no line for --%s", rows->option);
    }
}

static void the_reference_is_complete(void **state)
{
    (void)state;
    char *document = read_document();
    expect_table(document, "\n## The whole\n", scenario_rows);
    expect_table(document, "\n## Groups\n", scenario_group_rows);
    expect_table(document, "\n## Members\n", scenario_member_rows);
    expect_table(document, "\n### Each volume a member\n", scenario_volume_member_rows);
    expect_table(document, "\n## Traces\n", scenario_trace_rows);
    expect_table(document, "\n### What you know of a stream\n", scenario_stream_rows);
    expect_table(document, "\n## Stalls of the event loop\n", scenario_stalls_rows);
    expect_table(document, "\n### Closed loops\n", scenario_closed_rows);
    expect_table(document, "\n## Devices\n", scenario_device_rows);
    expect_table(document, "\n### Classes\n", scenario_class_rows);
    expect_table(document, "\n### A device from a file\n", scenario_device_file_rows);
    expect_options(document, scenario_rows);
    expect_options(document, scenario_group_rows);
    expect_options(document, scenario_member_rows);
    expect_options(document, scenario_trace_rows);
    free(document);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(values_are_set),
    cmocka_unit_test(what_cannot_be_set_is_refused),
    cmocka_unit_test(what_does_not_go_together_is_told),
    cmocka_unit_test(the_reference_is_complete),
};
TEST_GROUP(settings, tests, scratch_make, scratch_remove);
