// SPDX-License-Identifier: GPL-2.0-or-later
// A point is the single run of its scenario: in every table.
#include "reports/database_internal.h"
#include "sim/points/points.h"
#include "tests/sim/answers_lab.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const volatile sig_atomic_t never_stop = 0;
static const struct progress_watch watch = {.stop = &never_stop};
static const struct scenario_settings no_settings = {.algorithm = NULL};

// ---- Every table ----

static void dump_rows(sqlite3 *handle, const char *sql, FILE *out)
{
    sqlite3_stmt *rows;
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &rows, NULL), SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(rows); i++) {
            const char *name = sqlite3_column_name(rows, i);
            bool is_other = strcmp(name, "started_at") == 0 || strcmp(name, "finished_at") == 0 ||
                            strcmp(name, "scenario") == 0;
            const unsigned char *text = sqlite3_column_text(rows, i);
            if (!is_other)
                fprintf(out, "%s=%s|", name, text == NULL ? "-" : (const char *)text);
        }
        putc('\n', out);
    }
    sqlite3_finalize(rows);
}

// But for times of the day, and how the scenario is written. To be freed.
static char *dump(struct report_database *database)
{
    char *text = NULL, sql[128];
    size_t length;
    FILE *out = open_memstream(&text, &length);
    sqlite3_stmt *tables;
    sqlite3 *handle = report_database_handle(database);
    assert_non_null(out);
    assert_int_equal(sqlite3_prepare_v2(handle,
                                        "SELECT name FROM sqlite_schema WHERE type = 'table'"
                                        " ORDER BY name",
                                        -1, &tables, NULL),
                     SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(tables, 0);
        fprintf(out, "== %s\n", name);
        snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", name);
        dump_rows(handle, sql, out);
    }
    sqlite3_finalize(tables);
    assert_int_equal(fclose(out), 0);
    return text;
}

static struct report_database *memory(void)
{
    struct report_error error;
    struct report_database *database = report_database_open(NULL, REPORT_WRITE, &error);
    assert_non_null(database);
    return database;
}

// ---- The law ----

#define TRACES                                                                                     \
    "trace: {path: t.csv%s}\n"                                                                     \
    "members: [{id: vdc, group: g, attach: %s}, {id: vdd, group: g}]\n"                            \
    "groups: [{id: g, limits: {iops-total: %s, iops-total-max: 900}}]\n"                           \
    "%s"

// A scenario, the values of a point, and the text where they are written out.
struct pair {
    const char *arrivals, *rest;        // of both
    const char *speed, *attach, *limit; // of the point
    const char *engine;                 // NULL: the scenario's own
    size_t value_count;                 // of these three, in their order
};

static struct scenario *load(const char *text)
{
    struct sim_error error;
    struct scenario *scenario = lab_load("run.yaml", text, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    return scenario;
}

static bool is_same(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a <= b && a >= b);
}

static void open_points(struct points *points, struct scenario *base)
{
    struct sim_error error;
    if (!points_open(points, base, scratch_path("run.yaml"), &no_settings, &watch, &error))
        fail_msg("%s", error.message);
}

static const struct report_figure figures[] = {
    {NULL, false, "read+write", REPORT_P99}, {NULL, true, "read+write", REPORT_P99},
    {"vdc", false, "write", REPORT_IOPS},    {"vdd", false, "read", REPORT_WAIT_MEAN},
    {NULL, false, "read", REPORT_WAITING},
};

// Stored, and not stored.
static char *run_point(const char *base, const struct point *point, struct point_result *result)
{
    struct points points;
    struct point_result stored;
    struct scenario *scenario = load(base);
    struct report_database *database = memory();
    struct point_options options = {figures, sizeof figures / sizeof figures[0], database, true};
    open_points(&points, scenario);
    if (!point_run(&points, point, &options, &stored))
        fail_msg("%s", stored.error.message);
    char *text = dump(database);
    report_database_close(database);
    options.database = NULL;
    assert_true(point_run(&points, point, &options, result));
    assert_int_equal(result->digest, stored.digest);
    assert_int_equal(result->end_ns, stored.end_ns);
    assert_int_equal(result->completed, stored.completed);
    for (size_t i = 0; i < options.figure_count; i++) {
        assert_true(is_same(result->values[i], stored.values[i]));
        assert_int_equal(result->members[i], stored.members[i]);
    }
    points_close(&points);
    scenario_free(scenario);
    return text;
}

static void expect_figure(const struct lab_run *run, const char *sql, double value)
{
    char whole[400];
    snprintf(whole, sizeof whole, "SELECT ifnull((%s), -1)", sql);
    if (!isinf(value))
        assert_true(is_same(isnan(value) ? -1 : value, lab_real(run, whole)));
}

// What the tables of a run show of the same figures.
static void expect_figures(const struct lab_run *run, const struct point_result *result)
{
    static const char *const sql[] = {
        "SELECT max(p99_ns) FROM latency_statistics WHERE direction = 'read+write' AND metric = "
        "'total'",
        "SELECT requests_per_s FROM achieved_rate WHERE scope = 'member' AND id = 0 AND direction "
        "= 'write'",
        "SELECT mean_ns FROM latency_statistics WHERE member_id = 1 AND direction = 'read' AND "
        "metric = 'throttle_wait'",
        "SELECT sum(requests - dispatched) FROM member_statistics WHERE direction = 'read'",
    };
    for (size_t i = 0; i < sizeof sql / sizeof sql[0]; i++)
        expect_figure(run, sql[i], result->values[i + 1]);
    assert_true(isinf(result->values[1]) || result->values[0] <= result->values[1]);
}

static void expect_single_run(const struct pair *pair)
{
    char base[1024], single[1024], speed[64] = "", engine[64] = "";
    struct point_result result;
    struct scenario_value values[4] = {
        {"g.iops-total", pair->limit}, {"vdc.attach", pair->attach}, {"trace.speed", pair->speed}};
    size_t count = pair->value_count;
    if (pair->engine != NULL) {
        values[count++] = (struct scenario_value){"engine", pair->engine};
        snprintf(engine, sizeof engine, "engine: %s\n", pair->engine);
    }
    if (pair->value_count > 2)
        snprintf(speed, sizeof speed, ", speed: %s", pair->speed);
    snprintf(base, sizeof base, TRACES, pair->arrivals, "drive", "777", pair->rest);
    snprintf(single, sizeof single, "%s" TRACES, engine, pair->arrivals,
             pair->value_count > 1 ? pair->attach : "drive", pair->limit, pair->rest);
    char *speed_at = strstr(single, "t.csv");
    memmove(speed_at + 5 + strlen(speed), speed_at + 5, strlen(speed_at + 5) + 1);
    memcpy(speed_at + 5, speed, strlen(speed));
    const struct point point = {values, count, 0};
    char *found = run_point(base, &point, &result);
    struct lab_run run = lab_run_complete(single);
    char *expected = dump(run.database);
    assert_true(strlen(expected) > 1000);
    assert_string_equal(found, expected);
    expect_figures(&run, &result);
    free(expected);
    free(found);
    lab_run_free(&run);
}

static void a_point_is_the_single_run(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {", arrivals: open", "", NULL, NULL, "150", NULL, 1},
        {", arrivals: open", "device: {model: fixed, latency: 3ms}\n", "2", "filter", "90", NULL,
         3},
        {", arrivals: open", "end: 300ms\n", "1/2", "filter", "60", NULL, 3},
        {", arrivals: dependent", "", NULL, "filter", "150", NULL, 2},
        {", arrivals: dependent", "device: {model: fixed, latency: 3ms}\n", "2", "filter", "90",
         "throttle-group", 3},
        {", arrivals: closed, closed: {depth: 2}", "", NULL, NULL, "120", NULL, 1},
        {", arrivals: dependent",
         "events: [{at: 20ms, qom-set: {group: g, limits: {iops-total: "
         "70}}}]\nloop-stalls: {rate: 10, mean: 3ms, seed: 5}\n",
         NULL, NULL, "300", NULL, 1},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        answers_write_random(i, "t.csv", answers_names, 0);
        expect_single_run(&pairs[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_point_is_the_single_run),
};

TEST_GROUP(points, tests, scratch_make, scratch_remove);
