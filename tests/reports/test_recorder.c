// SPDX-License-Identifier: GPL-2.0-or-later
// A small run worked out by hand: every number that is stored.
//
//     member  direction  bytes  arrives  leaves  completes
//  0  a       read         100       10      10         30   recorded 25
//  1  a       read         200       20     120        150   recorded 77
//  2  b       write         50       50     250        300
//  3  a       read          10      120     220          -   arrives before 1 has left
//  4  b       discard     1000      350       -          -
//  5  b       flush          0      350     350        350   leaves after 4 has arrived
//  6  b       read         100      350     350        360
//
// Intervals of 100 ns, end at 430. a is backlogged in [20, 220), b in [50, 250) and from 350 on;
// both are in [50, 220), where a gets requests 1 and 3 and b nothing.
#include <stddef.h>
#include <stdint.h>

#include "reports/recorder.h"
#include "tests/reports/answers.h"
#include "tests/support/test_group.h"

#include <stdio.h>

static struct report_error error;

static const struct report_member members[] = {
    {"a", "filter", "a.csv", 0}, {"b", "drive", "b.csv", 0}, {"c", "filter", NULL, 0}};
static const struct report_group groups[] = {{"gold"}};

static struct report_request requests[] = {
    {0, 0, REPORT_DIRECTION_READ, true, "read", 0, 100, 10, 10, 30, 25, 0},
    {1, 0, REPORT_DIRECTION_READ, true, "read", 4096, 200, 20, 120, 150, 77, 0},
    {2, 1, REPORT_DIRECTION_WRITE, true, "write-zeroes", 0, 50, 50, 250, 300, REPORT_NOT_YET, 0},
    {3, 0, REPORT_DIRECTION_READ, true, "read", 0, 10, 120, 220, REPORT_NOT_YET, 5, 0},
    {4, 1, REPORT_DIRECTION_DISCARD, true, "discard", 7, 1000, 350, REPORT_NOT_YET, REPORT_NOT_YET,
     REPORT_NOT_YET, 0},
    {5, 1, REPORT_DIRECTION_FLUSH, false, "flush", 0, 0, 350, 350, 350, REPORT_NOT_YET, 0},
    {6, 1, REPORT_DIRECTION_READ, true, "read", 0, 100, 350, 350, 360, REPORT_NOT_YET, 0},
};

// The level tells when and for which group it was asked.
static size_t gauge(void *context, uint32_t group, int64_t at_ns, struct report_bucket *buckets)
{
    (void)context;
    buckets[0] = (struct report_bucket){"iops-total", (double)at_ns, (double)group, 0.5, 0};
    return 1;
}

static void record(struct report_recorder *recorder)
{
    report_recorder_membership(recorder, 0, 0, 0);
    report_recorder_membership(recorder, 0, 1, 0);
    report_recorder_membership(recorder, 0, 2, REPORT_NONE);
    report_recorder_limit(recorder, 0, 0, "iops-total", 5);
    report_recorder_notice(recorder, "gap", "a.csv", 3, "three records are missing");
    report_recorder_arrival(recorder, &requests[0]);
    report_recorder_dispatch(recorder, &requests[0]);
    report_recorder_arrival(recorder, &requests[1]);
    report_recorder_complete(recorder, &requests[0]);
    report_recorder_arrival(recorder, &requests[2]);
    report_recorder_arrival(recorder, &requests[3]);
    report_recorder_dispatch(recorder, &requests[1]);
    report_recorder_complete(recorder, &requests[1]);
    report_recorder_dispatch(recorder, &requests[3]);
    report_recorder_dispatch(recorder, &requests[2]);
    report_recorder_complete(recorder, &requests[2]);
    report_recorder_arrival(recorder, &requests[5]);
    report_recorder_arrival(recorder, &requests[4]);
    report_recorder_dispatch(recorder, &requests[5]);
    report_recorder_complete(recorder, &requests[5]);
    report_recorder_arrival(recorder, &requests[6]);
    report_recorder_dispatch(recorder, &requests[6]);
    report_recorder_complete(recorder, &requests[6]);
    report_recorder_limit(recorder, 410, 0, "iops-total", 6);
    report_recorder_operation(
        recorder, 410,
        &(struct report_operation){"qom-set gold", "done", "", REPORT_NONE, 0, 0, 0, 0});
    report_recorder_group(recorder, "silver");
    report_recorder_membership(recorder, 420, 2, 1);
    report_recorder_advance(recorder, 430);
    report_recorder_unfinished(recorder, &requests[3]);
    report_recorder_unfinished(recorder, &requests[4]);
}

static const char *path;

static int record_run(void **state)
{
    struct report_recorder_config config = {.run = {.name = "by hand.yaml",
                                                    .scenario = "members: [a, b, c]\n",
                                                    .version = "1.2",
                                                    .engine = "made up",
                                                    .device = "null",
                                                    .interval_ns = 100,
                                                    .members = members,
                                                    .member_count = 3,
                                                    .groups = groups,
                                                    .group_count = 1},
                                            .log_requests = true,
                                            .gauge = gauge};
    struct report_outcome outcome = {REPORT_COMPLETE, NULL, 0xFEDCBA9876543210, 430};
    if (scratch_make(state) != 0)
        return -1;
    path = scratch_path("run.db");
    struct report_database *database = report_database_open(path, REPORT_WRITE, &error);
    struct report_recorder *recorder =
        database != NULL ? report_recorder_begin(database, &config, &error) : NULL;
    if (recorder == NULL || report_recorder_run_id(recorder) != 1)
        return -1;
    record(recorder);
    if (!report_recorder_ok(recorder) || !report_recorder_finish(recorder, &outcome, &error))
        return -1;
    report_database_close(database);
    return 0;
}

// All rows of a table in order of their key, columns as quote() shows them.
static void assert_rows(const char *columns, const char *table, const char *expected)
{
    char sql[1024];
    snprintf(sql, sizeof sql, "SELECT group_concat(row, x'0a') FROM (SELECT %s AS row FROM %s)",
             columns, table);
    assert_string_equal(answer_text(path, sql), expected);
}

static void test_run(void **state)
{
    (void)state;
    answer_assert_sound(path);
    assert_rows("run_id||' '||status||' '||quote(error)||' '||name||' '||version||' '||engine||"
                "' '||device||' '||interval_ns||' '||digest||' '||end_ns||' '||arrived||' '||"
                "dispatched||' '||completed",
                "run",
                "1 complete NULL by hand.yaml 1.2 made up null 100 fedcba9876543210 430 "
                "7 6 5");
    assert_string_equal(answer_text(path, "SELECT scenario FROM run"), "members: [a, b, c]\n");
    assert_int_equal(answer_integer(path, "SELECT julianday('now') - julianday(started_at) < 1 "
                                          "AND started_at <= finished_at FROM run"),
                     1);
}

static void test_what_was_told(void **state)
{
    (void)state;
    assert_rows("member_id||' '||name||' '||attach||' '||quote(trace)", "member",
                "0 a filter 'a.csv'\n1 b drive 'b.csv'\n2 c filter NULL");
    assert_rows("at_ns||' '||member_id||' '||quote(group_id)", "membership",
                "0 0 0\n0 1 0\n0 2 NULL\n420 2 1");
    assert_rows("at_ns||' '||group_id||' '||key||' '||value", "limit_setting",
                "0 0 iops-total 5\n410 0 iops-total 6");
    assert_rows("seq||' '||at_ns||' '||what||' '||result", "operation", "0 410 qom-set gold done");
    assert_rows("seq||' '||kind||' '||source||' '||count||' '||text", "notice",
                "0 gap a.csv 3 three records are missing");
}

static void test_groups(void **state)
{
    (void)state;
    assert_rows("group_id||' '||name||' '||max_service_difference_requests||' '||"
                "max_service_difference_bytes",
                "throttle_group", "0 gold 2 210\n1 silver 0 0");
    assert_rows("interval||' '||group_id||' '||backlogged||' '||quote(jain_requests)||' '||"
                "quote(jain_bytes)",
                "group_interval",
                "0 0 0 NULL NULL\n1 0 2 0.5 0.5\n2 0 0 NULL NULL\n3 0 0 NULL NULL\n"
                "4 0 1 NULL NULL\n4 1 0 NULL NULL");
    assert_rows("interval||' '||group_id||' '||bucket||' '||level||' '||size||' '||burst_level||"
                "' '||burst_size",
                "bucket_interval",
                "0 0 iops-total 100.0 0.0 0.5 0.0\n1 0 iops-total 200.0 0.0 0.5 0.0\n"
                "2 0 iops-total 300.0 0.0 0.5 0.0\n3 0 iops-total 400.0 0.0 0.5 0.0\n"
                "4 0 iops-total 430.0 0.0 0.5 0.0\n4 1 iops-total 430.0 1.0 0.5 0.0");
}

static void test_member_statistics(void **state)
{
    (void)state;
    // Waits of 200, 200 and 80 ns in 430 ns.
    assert_rows("member_id||' '||direction||' '||requests||' '||bytes||' '||waited||' '||"
                "dispatched||' '||completed||' '||printf('%.9f', queue_mean)||' '||queue_max",
                "member_statistics",
                "0 read 3 310 2 3 2 0.465116279 1\n0 read+write 3 310 2 3 2 0.465116279 1\n"
                "1 discard 1 1000 1 0 0 0.186046512 1\n1 flush 1 0 0 1 1 0.000000000 0\n"
                "1 read 1 100 0 1 1 0.000000000 0\n"
                "1 read+write 2 150 1 2 2 0.465116279 1\n1 write 1 50 1 1 1 0.465116279 1");
}

static void test_latencies(void **state)
{
    (void)state;
    assert_rows("member_id||' '||direction||' '||metric||' '||count||' '||printf('%.3f', mean_ns)"
                "||' '||p50_ns||' '||p90_ns||' '||p99_ns||' '||p999_ns||' '||max_ns",
                "latency_statistics WHERE direction <> 'read+write'",
                "0 read recorded 2 51.000 25 77 77 77 77\n"
                "0 read service 2 25.000 20 30 30 30 30\n"
                "0 read throttle_wait 3 66.667 100 100 100 100 100\n"
                "0 read total 2 75.000 20 130 130 130 130\n"
                "1 flush service 1 0.000 0 0 0 0 0\n"
                "1 flush throttle_wait 1 0.000 0 0 0 0 0\n"
                "1 flush total 1 0.000 0 0 0 0 0\n"
                "1 read service 1 10.000 10 10 10 10 10\n"
                "1 read throttle_wait 1 0.000 0 0 0 0 0\n"
                "1 read total 1 10.000 10 10 10 10 10\n"
                "1 write service 1 50.000 50 50 50 50 50\n"
                "1 write throttle_wait 1 200.000 200 200 200 200 200\n"
                "1 write total 1 250.000 250 250 250 250 250");
    assert_rows("member_id||' '||metric||' '||count||' '||mean_ns||' '||p50_ns||' '||max_ns",
                "latency_statistics WHERE direction = 'read+write' AND member_id = 1",
                "1 service 2 30.0 10 50\n1 throttle_wait 2 100.0 0 200\n1 total 2 130.0 10 250");
    assert_rows("metric||' '||low_ns||' '||high_ns||' '||count",
                "histogram WHERE member_id = 0 AND direction = 'read+write'",
                "recorded 25 25 1\nrecorded 77 77 1\nservice 20 20 1\nservice 30 30 1\n"
                "throttle_wait 0 0 1\nthrottle_wait 100 100 2\ntotal 20 20 1\ntotal 130 130 1");
}

static void test_member_intervals(void **state)
{
    (void)state;
    assert_rows("interval||' '||member_id||' '||direction||' '||arrived||' '||arrived_bytes||' '||"
                "dispatched||' '||dispatched_bytes||' '||completed||' '||completed_bytes||' '||"
                "waiting||' '||waiting_max||' '||quote(latency_mean_ns)||' '||"
                "quote(latency_p50_ns)||' '||quote(latency_p99_ns)||' '||quote(latency_max_ns)",
                "(SELECT * FROM member_interval ORDER BY interval, member_id, direction)",
                "0 0 read 2 300 1 100 1 100 1 1 20.0 20 20 20\n"
                "0 0 read+write 2 300 1 100 1 100 1 1 20.0 20 20 20\n"
                "0 1 read+write 1 50 0 0 0 0 1 1 NULL NULL NULL NULL\n"
                "0 1 write 1 50 0 0 0 0 1 1 NULL NULL NULL NULL\n"
                "1 0 read 1 10 1 200 1 200 1 1 130.0 130 130 130\n"
                "1 0 read+write 1 10 1 200 1 200 1 1 130.0 130 130 130\n"
                "2 0 read 0 0 1 10 0 0 0 1 NULL NULL NULL NULL\n"
                "2 0 read+write 0 0 1 10 0 0 0 1 NULL NULL NULL NULL\n"
                "2 1 read+write 0 0 1 50 0 0 0 1 NULL NULL NULL NULL\n"
                "2 1 write 0 0 1 50 0 0 0 1 NULL NULL NULL NULL\n"
                "3 1 discard 1 1000 0 0 0 0 1 1 NULL NULL NULL NULL\n"
                "3 1 flush 1 0 1 0 1 0 0 0 0.0 0 0 0\n"
                "3 1 read 1 100 1 100 1 100 0 0 10.0 10 10 10\n"
                "3 1 read+write 1 100 1 100 2 150 0 0 130.0 10 250 250\n"
                "3 1 write 0 0 0 0 1 50 0 0 250.0 250 250 250");
}

static void test_request_log(void **state)
{
    (void)state;
    assert_rows("seq||' '||member||' '||op||' '||offset||' '||bytes||' '||arrival_ns||' '||"
                "quote(dispatch_ns)||' '||quote(complete_ns)",
                "(SELECT * FROM request_log WHERE run_id = 1 ORDER BY seq)",
                "0 a read 0 100 10 10 30\n1 a read 4096 200 20 120 150\n"
                "2 b write-zeroes 0 50 50 250 300\n3 a read 0 10 120 220 NULL\n"
                "4 b discard 7 1000 350 NULL NULL\n5 b flush 0 0 350 350 350\n"
                "6 b read 0 100 350 350 360");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_run),         cmocka_unit_test(test_what_was_told),
    cmocka_unit_test(test_groups),      cmocka_unit_test(test_member_statistics),
    cmocka_unit_test(test_latencies),   cmocka_unit_test(test_member_intervals),
    cmocka_unit_test(test_request_log),
};
TEST_GROUP(recorder, tests, record_run, scratch_remove);
