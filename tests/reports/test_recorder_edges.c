// SPDX-License-Identifier: GPL-2.0-or-later
// The recorder at the edges: huge numbers and gaps, a move between groups, texts that do not fit.
#include <stddef.h>
#include <stdint.h>

#include "reports/fairness.h"
#include "reports/recorder.h"
#include "tests/reports/answers.h"
#include "tests/support/test_group.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static struct report_error error;
static const char *path; // of the test's own file

static const struct report_member members[] = {
    {"a", "filter", "", 0}, {"b", "filter", "", 0}, {"c", "filter", "", 0}};
static const struct report_group groups[] = {{"gold"}};

static size_t gauge(void *context, uint32_t group, int64_t at_ns, struct report_bucket *buckets)
{
    (void)context;
    buckets[0] = (struct report_bucket){"iops-total", (double)at_ns, (double)group, 0.5, 0};
    return 1;
}

static struct report_database *open_file(const char *name)
{
    static char own[512];
    struct report_database *database;
    snprintf(own, sizeof own, "%s", scratch_path(name));
    path = own;
    database = report_database_open(path, REPORT_WRITE, &error);
    assert_non_null(database);
    return database;
}

// All rows of a table in order of their key, columns as quote() shows them.
static void assert_rows(const char *columns, const char *table, const char *expected)
{
    char sql[1024];
    snprintf(sql, sizeof sql, "SELECT group_concat(row, x'0a') FROM (SELECT %s AS row FROM %s)",
             columns, table);
    assert_string_equal(answer_text(path, sql), expected);
}

// Gaps of 10^12 intervals, the last instant there is, and sums beyond 64 bits.
static void test_extremes(void **state)
{
    struct report_recorder_config config = {.run = {"", "", "", "", "", 1, members, 1, groups, 1},
                                            .gauge = gauge};
    struct report_outcome outcome = {REPORT_INTERRUPTED, "a signal", 0, INT64_MAX};
    struct report_database *database = open_file("extremes.db");
    struct report_recorder *recorder = report_recorder_begin(database, &config, &error);
    struct report_request request = {
        0, 0, REPORT_DIRECTION_WRITE, true, "write", UINT64_MAX, UINT64_MAX, 0,
        0, 0, REPORT_NOT_YET,         0};
    (void)state;
    assert_non_null(recorder);
    report_recorder_membership(recorder, 0, 0, 0);
    for (int i = 0; i < 9; i++) {
        request.arrival_ns = (int64_t)i * 1000000000000;
        request.dispatch_ns = i < 8 ? request.arrival_ns : INT64_MAX;
        request.complete_ns = i < 8 ? request.arrival_ns + 3 : INT64_MAX;
        report_recorder_arrival(recorder, &request);
        report_recorder_dispatch(recorder, &request);
        report_recorder_complete(recorder, &request);
    }
    assert_true(report_recorder_finish(recorder, &outcome, &error));
    report_database_close(database);
    assert_rows("status||' '||error||' '||digest||' '||end_ns", "run WHERE run_id = 1",
                "interrupted a signal 0000000000000000 9223372036854775807");
    assert_rows("bytes||' '||requests", "member_statistics WHERE run_id = 1",
                "9223372036854775807 9\n9223372036854775807 9");
    // Two intervals for each but the last, which leaves and completes in one instant; each as
    // writes and as reads and writes.
    assert_rows("count(*)||' '||max(interval)", "member_interval WHERE run_id = 1",
                "36 9223372036854775807");
    answer_assert_sound(path);
}

// a moves at the very start of interval 1, just after its old group has served it: that request is
// not the new group's. There a waits without being served, and b gets its turn.
static void test_move_at_the_start_of_an_interval(void **state)
{
    struct report_recorder_config config = {
        .run = {"", "", "", "", "", 100, members, 3, groups, 1}};
    struct report_outcome outcome = {REPORT_COMPLETE, NULL, 0, 200};
    struct report_request waits[4] = {{0, 0, REPORT_DIRECTION_READ, true, "read", 0, 512, 50, 100,
                                       REPORT_NOT_YET, REPORT_NOT_YET, 0},
                                      {1, 1, REPORT_DIRECTION_READ, true, "read", 0, 512, 50, 150,
                                       REPORT_NOT_YET, REPORT_NOT_YET, 0},
                                      {2, 0, REPORT_DIRECTION_READ, true, "read", 0, 512, 60, -1,
                                       REPORT_NOT_YET, REPORT_NOT_YET, 0},
                                      {3, 1, REPORT_DIRECTION_READ, true, "read", 0, 512, 60, -1,
                                       REPORT_NOT_YET, REPORT_NOT_YET, 0}};
    struct report_database *database = open_file("move.db");
    struct report_recorder *recorder = report_recorder_begin(database, &config, &error);
    (void)state;
    report_recorder_group(recorder, "silver");
    report_recorder_membership(recorder, 0, 0, 0);
    report_recorder_membership(recorder, 0, 1, 1);
    for (int i = 0; i < 4; i++)
        report_recorder_arrival(recorder, &waits[i]);
    report_recorder_dispatch(recorder, &waits[0]);
    report_recorder_membership(recorder, 100, 0, 1);
    report_recorder_dispatch(recorder, &waits[1]);
    assert_true(report_recorder_finish(recorder, &outcome, &error));
    report_database_close(database);
    assert_rows("interval||' '||group_id||' '||backlogged||' '||quote(jain_requests)",
                "group_interval WHERE run_id = 1 AND interval = 1", "1 0 0 NULL\n1 1 2 0.5");
    // In silver both are backlogged from 100 on, and b alone is served; gold never had two.
    assert_rows("name||' '||max_service_difference_requests", "throttle_group WHERE run_id = 1",
                "gold 0\nsilver 1");
}

#define MANY (REPORT_FAIRNESS_MEMBERS + 1)

// One member more is backlogged than the measure of service differences can follow.
static void test_too_many_backlogged(void **state)
{
    static struct report_member many[MANY];
    struct report_recorder_config config = {
        .run = {"", "", "", "", "", 100, many, MANY, groups, 1}};
    struct report_outcome outcome = {REPORT_COMPLETE, NULL, 0, 300};
    struct report_database *database = open_file("many.db");
    struct report_recorder *recorder;
    struct report_request request = {
        .throttled = true, .op = "read", .dispatch_ns = -1, .complete_ns = -1};
    (void)state;
    for (uint32_t i = 0; i < MANY; i++)
        many[i] = (struct report_member){"m", "filter", "", 0};
    recorder = report_recorder_begin(database, &config, &error);
    for (uint32_t i = 0; i < MANY; i++)
        report_recorder_membership(recorder, 0, i, 0);
    for (request.member = 0; request.member < MANY; request.member++)
        report_recorder_arrival(recorder, &request);
    request.dispatch_ns = 150;
    for (request.member = 0; request.member < MANY; request.member += 2)
        report_recorder_dispatch(recorder, &request);
    assert_true(report_recorder_finish(recorder, &outcome, &error));
    report_database_close(database);
    assert_rows("quote(max_service_difference_requests)||quote(max_service_difference_bytes)",
                "throttle_group", "NULLNULL");
    // All 257 are backlogged as interval 0 ends; in interval 1 the 128 are that were not served.
    assert_rows("interval||' '||backlogged", "group_interval", "0 257\n1 128");
}

static void test_long_texts(void **state)
{
    static char text[2 << 20];
    struct report_recorder_config config = {.run = {"", "", "", "", "", 1, members, 1, groups, 1}};
    struct report_outcome outcome = {REPORT_COMPLETE, NULL, 0, 0};
    struct report_database *database = open_file("texts.db");
    struct report_recorder *recorder = report_recorder_begin(database, &config, &error);
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[700000] = '\0';
    for (int i = 0; i < 3; i++)
        report_recorder_notice(recorder, "long", "", 1, text);
    assert_true(report_recorder_ok(recorder));
    text[700000] = 'x';
    report_recorder_notice(recorder, "longer", "", 1, text);
    assert_false(report_recorder_ok(recorder));
    assert_false(report_recorder_finish(recorder, &outcome, &error));
    report_database_close(database);
    assert_rows("count(*)||' '||min(length(text))", "notice WHERE run_id = 1 AND kind = 'long'",
                "2 700000");
    assert_string_equal(answer_text(path, "SELECT status FROM run WHERE run_id = 1"), "failed");
    assert_string_equal(answer_text(path, "SELECT error FROM run WHERE run_id = 1"), error.message);
}

// Its rows would belong to nothing.
static void test_run_deleted_meanwhile(void **state)
{
    struct report_recorder_config config = {.run = {"", "", "", "", "", 1, members, 1, groups, 1}};
    struct report_outcome outcome = {REPORT_COMPLETE, NULL, 0, 5};
    struct report_database *database = open_file("deleted.db");
    struct report_recorder *recorder = report_recorder_begin(database, &config, &error);
    sqlite3 *other;
    (void)state;
    report_recorder_limit(recorder, 0, 0, "iops-total", 5);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "DELETE FROM run", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_false(report_recorder_finish(recorder, &outcome, &error));
    assert_non_null(strstr(error.message, "deleted"));
    report_database_close(database);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM limit_setting"), 0);
}

// However many rows of a kind are written at a time, all are there, and in order.
static void test_numbers_of_rows(void **state)
{
    struct report_recorder_config config = {.run = {"", "", "", "", "", 1, members, 1, groups, 1}};
    struct report_outcome outcome = {REPORT_COMPLETE, NULL, 0, 0};
    struct report_database *database = open_file("numbers.db");
    (void)state;
    for (int run = 1; run <= 40; run++) {
        struct report_recorder *recorder = report_recorder_begin(database, &config, &error);
        for (int i = 0; i < run; i++) {
            char text[32];
            memset(text, 'x', sizeof text);
            text[i % 20] = '\0';
            report_recorder_notice(recorder, i % 3 ? "" : text, text, (uint64_t)i, "");
            report_recorder_operation(recorder, 0,
                                      &(struct report_operation){text, "done", "", 0, 0, 0, 0, 0});
        }
        assert_true(report_recorder_finish(recorder, &outcome, &error));
    }
    report_database_close(database);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM run WHERE run_id <> (SELECT "
                                          "count(*) FROM notice AS n WHERE n.run_id = run.run_id)"
                                          " OR run_id <> (SELECT count(*) FROM operation AS o "
                                          "WHERE o.run_id = run.run_id)"),
                     0);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM notice JOIN operation AS o USING "
                                          "(run_id, seq) WHERE count <> seq OR length(source) <> "
                                          "seq % 20 OR what <> source OR "
                                          "length(kind) <> iif(seq % 3, 0, seq % 20)"),
                     0);
    answer_assert_sound(path);
}

#define CROWD 33

// One of everything for each member, each in a group of its own.
static void record_crowd(struct report_database *database, uint32_t size)
{
    static struct report_member crowd[CROWD];
    static struct report_group crowd_groups[CROWD];
    struct report_recorder_config config = {
        .run = {"", "", "", "", "", 100, crowd, size, crowd_groups, size},
        .log_requests = true,
        .gauge = gauge,
    };
    struct report_outcome outcome = {REPORT_COMPLETE, NULL, 0, 50};
    struct report_request request = {.throttled = true, .op = "read", .recorded_ns = -1};
    for (uint32_t i = 0; i < size; i++) {
        crowd[i] = (struct report_member){"m", "filter", "", 0};
        crowd_groups[i] = (struct report_group){"g"};
    }
    struct report_recorder *recorder = report_recorder_begin(database, &config, &error);
    assert_non_null(recorder);
    for (uint32_t i = 0; i < size; i++) {
        report_recorder_membership(recorder, 0, i, i);
        report_recorder_limit(recorder, 0, i, "iops-total", 1);
        report_recorder_limit_effect(
            recorder, 0, i,
            &(struct report_limit_effect){"iops-total", false, 1, -1, -1, -1, -1, -1});
        report_recorder_operation(recorder, 0,
                                  &(struct report_operation){"", "done", "", 0, 0, 0, 0, 0});
        report_recorder_notice(recorder, "", "", 1, "");
        request.member = i;
        request.seq = i;
        report_recorder_arrival(recorder, &request);
        report_recorder_dispatch(recorder, &request);
        report_recorder_complete(recorder, &request);
    }
    assert_true(report_recorder_finish(recorder, &outcome, &error));
}

// Rows of a kind are written several at a time: every kind, around the numbers where that changes.
static void test_crowds_of_every_kind(void **state)
{
    static const uint32_t sizes[] = {1, 15, 16, 17, 32, CROWD};
    static const struct {
        const char *table;
        int64_t per_member; // read and read+write; wait, service and total of each
    } tables[] = {
        {"member", 1},
        {"throttle_group", 1},
        {"membership", 1},
        {"limit_setting", 1},
        {"limit_effect", 1},
        {"operation_effect", 1},
        {"operation", 1},
        {"notice", 1},
        {"request", 1},
        {"member_interval", 2},
        {"group_interval", 1},
        {"bucket_interval", 1},
        {"member_statistics", 2},
        {"latency_statistics", 6},
        {"histogram", 6},
    };
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "crowd-%zu.db", i);
        struct report_database *database = open_file(name);
        record_crowd(database, sizes[i]);
        report_database_close(database);
        for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
            char sql[64];
            snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[t].table);
            assert_int_equal(answer_integer(path, sql), sizes[i] * tables[t].per_member);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_extremes),
    cmocka_unit_test(test_move_at_the_start_of_an_interval),
    cmocka_unit_test(test_too_many_backlogged),
    cmocka_unit_test(test_long_texts),
    cmocka_unit_test(test_run_deleted_meanwhile),
    cmocka_unit_test(test_numbers_of_rows),
    cmocka_unit_test(test_crowds_of_every_kind),
};
TEST_GROUP(recorder_edges, tests, scratch_make, scratch_remove);
