// SPDX-License-Identifier: GPL-2.0-or-later
// The interval that the recorder finds by itself: how long it is, and that a run with it given
// stores the same rows, to the bit.
#include <stddef.h>
#include <stdint.h>

#include "run_random.h"
#include "tests/reports/answers.h"
#include "tests/support/test_group.h"

#include <sqlite3.h>
#include <stdio.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)
#define HOUR (3600 * SECOND)

static struct run run;

static const char *const tables[] = {"member_interval",  "group_interval",    "bucket_interval",
                                     "wait_interval",    "counted_interval",  "latency_interval",
                                     "group_contention", "member_statistics", "latency_statistics",
                                     "histogram",        "throttle_group",    "achieved"};

// Runs 1 and 2 of the file do not differ in these tables.
static void assert_same_in(const char *path, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char sql[2048], columns[512];
        snprintf(sql, sizeof sql,
                 "SELECT group_concat(name) FROM pragma_table_info('%s') WHERE name <> 'run_id'",
                 names[i]);
        snprintf(columns, sizeof columns, "%s", answer_text(path, sql));
        for (int side = 1; side <= 2; side++) {
            snprintf(sql, sizeof sql,
                     "SELECT count(*) FROM (SELECT %s FROM %s WHERE run_id = %d EXCEPT "
                     "SELECT %s FROM %s WHERE run_id = %d)",
                     columns, names[i], side, columns, names[i], 3 - side);
            if (answer_integer(path, sql) != 0)
                fail_msg("%s: run %d has rows that the other has not", names[i], side);
        }
    }
}

static void assert_same(const char *path)
{
    assert_same_in(path, tables, sizeof tables / sizeof tables[0]);
}

// Records the run with this interval.
static void record(const char *path, int64_t interval_ns, unsigned long seed)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    struct report_error error;
    struct report_database *database = report_database_open(path, REPORT_WRITE, &error);
    assert_non_null(database);
    gsl_rng_set(rng, seed);
    run.interval_ns = interval_ns;
    run_record(&run, rng, database);
    report_database_close(database);
    gsl_rng_free(rng);
}

static int64_t interval_of(const char *path, int run_id)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT interval_ns FROM run WHERE run_id = %d", run_id);
    return answer_integer(path, sql);
}

// From 20 us to 6 h or so; all lengths up to a minute come up.
static void test_same_as_if_given(void **state)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    const char *path = scratch_path("same.db");
    int64_t rows = 0;
    (void)state;
    for (unsigned long seed = 1; seed <= 40; seed++) {
        int64_t factor = 1;
        gsl_rng_set(rng, seed);
        run_draw(&run, rng);
        for (unsigned long i = gsl_rng_uniform_int(rng, 10); i > 0; i--)
            factor *= 10;
        run_stretch(&run, factor * (1 + (int64_t)gsl_rng_uniform_int(rng, 3)));
        record(path, 0, seed);
        record(path, interval_of(path, 1), seed);
        assert_int_equal(interval_of(path, 1), interval_of(path, 2));
        assert_same(path);
        rows += answer_integer(path, "SELECT count(*) FROM group_interval WHERE backlogged > 1");
        // Members are compared over seconds, whatever the interval.
        record(path, SECOND, seed);
        assert_int_equal(answer_integer(path,
                                        "SELECT count(*) FROM group_contention AS c JOIN "
                                        "(SELECT group_id, sum(backlogged > 1) AS contended FROM "
                                        "group_interval WHERE run_id = 3 GROUP BY group_id) AS i "
                                        "USING (group_id) WHERE run_id = 1 AND "
                                        "c.contended <> i.contended"),
                         0);
        answer_assert_sound(path);
        remove(path);
    }
    assert_true(rows > 1000);
    gsl_rng_free(rng);
}

struct length_row {
    int64_t end_ns, interval_ns;
};

// At most 1000, and one that begins with the last instant.
static void test_lengths(void **state)
{
    static const struct length_row lengths[] = {
        {0, MS},
        {SECOND, MS},
        {SECOND + MS - 1, MS},
        {SECOND + MS, 2 * MS},
        {2 * SECOND + 2 * MS, 10 * MS},
        {60 * SECOND, 100 * MS},
        {HOUR, 10 * SECOND},
        {24 * HOUR, 120 * SECOND},
        {8766 * HOUR, 10 * HOUR},
        {INT64_MAX, 10000 * HOUR},
    };
    const char *path = scratch_path("lengths.db");
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        run = (struct run){.end_ns = lengths[i].end_ns};
        // One at the start, one at the end, which is an interval's last instant, too.
        for (size_t k = 0; k < 2; k++) {
            struct report_request *request = &run.requests[run.request_count++];
            int64_t at_ns = k == 0 ? 0 : run.end_ns;
            *request = (struct report_request){.op = "read", .arrival_ns = at_ns};
            request->seq = k;
            request->dispatch_ns = request->complete_ns = at_ns;
            request->recorded_ns = REPORT_NOT_YET;
        }
        record(path, 0, 1);
        assert_int_equal(interval_of(path, 1), lengths[i].interval_ns);
        record(path, lengths[i].interval_ns, 1);
        assert_same(path);
        remove(path);
    }
}

// What is not kept over time changes nothing of the whole run.
static void test_without_series(void **state)
{
    static const char *const whole[] = {"group_contention",   "member_statistics",
                                        "latency_statistics", "histogram",
                                        "throttle_group",     "achieved"};
    static const char *const over_time[] = {
        "member_interval",  "group_interval",   "bucket_interval", "wait_interval",
        "counted_interval", "latency_interval", "burst_end"};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    const char *path = scratch_path("without.db");
    (void)state;
    for (unsigned long seed = 1; seed <= 20; seed++) {
        gsl_rng_set(rng, seed);
        run_draw(&run, rng);
        run_stretch(&run, seed % 2 == 0 ? 1 : 1000000);
        run.omit_series = false;
        record(path, 0, seed);
        run.omit_series = true;
        record(path, 0, seed);
        assert_int_equal(interval_of(path, 1), interval_of(path, 2));
        assert_same_in(path, whole, sizeof whole / sizeof whole[0]);
        for (size_t i = 0; i < sizeof over_time / sizeof over_time[0]; i++) {
            char sql[128];
            snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE run_id = 2", over_time[i]);
            assert_int_equal(answer_integer(path, sql), 0);
        }
        record(path, 7 * MS, seed);
        assert_int_equal(interval_of(path, 3), 7 * MS);
        answer_assert_sound(path);
        remove(path);
    }
    run.omit_series = false;
    gsl_rng_free(rng);
}

#define MANY 1500
#define MANY_MS 250

// Requests of very many members, at other times in each millisecond.
static void record_many(const char *path, bool omit_series)
{
    static struct report_member members[MANY];
    static const struct report_group groups[] = {{"g"}};
    struct report_recorder_config config = {
        .run = {"", "", "", "", "", 0, members, MANY, groups, 1},
        .causes = {"c"},
        .cause_count = 1,
        .omit_series = omit_series};
    struct report_outcome outcome = {REPORT_INTERRUPTED, NULL, 0, MANY_MS * MS};
    struct report_request request = {.op = "read", .throttled = true, .bytes = UINT64_C(1) << 60};
    struct report_error error;
    struct report_database *database = report_database_open(path, REPORT_WRITE, &error);
    for (uint32_t i = 0; i < MANY; i++)
        members[i] = (struct report_member){"m", "filter", "", 0};
    struct report_recorder *recorder = report_recorder_begin(database, &config, &error);
    assert_non_null(recorder);
    for (uint32_t i = 0; i < MANY; i++)
        report_recorder_membership(recorder, 0, i, 0);
    for (int64_t ms = 0; ms < MANY_MS; ms++) {
        int64_t wait_ns = ms * 7919 % MS;
        request.arrival_ns = ms * MS;
        request.dispatch_ns = request.complete_ns = ms * MS + wait_ns;
        request.recorded_ns = REPORT_NOT_YET;
        for (request.member = 0; request.member < MANY; request.member++)
            report_recorder_arrival(recorder, &request);
        for (request.member = 0; request.member < MANY; request.member++) {
            report_recorder_dispatch(recorder, &request);
            report_recorder_waited(recorder, &request, &wait_ns);
            if (wait_ns > 0)
                report_recorder_counted(recorder, request.dispatch_ns, request.member,
                                        REPORT_DIRECTION_READ, 1.5);
            report_recorder_complete(recorder, &request);
        }
    }
    assert_true(report_recorder_finish(recorder, &outcome, &error));
    report_database_close(database);
}

static void assert_none(const char *path, const char *sql)
{
    if (answer_integer(path, sql) != 0)
        fail_msg("%s", sql);
}

// Intervals are fewer where they would take too much memory, but not too few. Members beyond the 40
// have coarser rows, of which there are not too many, and whose sums are those of all.
static void test_many_members(void **state)
{
    const char *path = scratch_path("many.db");
    (void)state;
    record_many(path, false);
    assert_int_equal(interval_of(path, 1), 2 * MS);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM group_interval"), MANY_MS / 2);
    assert_int_equal(answer_integer(path, "SELECT count(DISTINCT member_id) FROM member_interval "
                                          "WHERE intervals = 1"),
                     40);
    assert_true(answer_integer(path, "SELECT count(*) FROM member_interval") <=
                30000 + 3 * MANY + 40 * 2 * MANY_MS / 2);
    assert_none(path, "SELECT count(*) FROM (SELECT member_id, direction, sum(arrived),"
                      " sum(dispatched), sum(completed) FROM member_interval GROUP BY 1, 2"
                      " EXCEPT SELECT member_id, direction, requests, dispatched, completed"
                      "          FROM member_statistics)");
    assert_none(path, "SELECT count(*) FROM (SELECT member_id, direction, max(waiting_max)"
                      "  FROM member_interval GROUP BY 1, 2"
                      " EXCEPT SELECT member_id, direction, queue_max FROM member_statistics)");
    assert_none(path, "SELECT count(*) FROM (SELECT member_id, round(total(wait_ns))"
                      "  FROM wait_interval GROUP BY 1"
                      " EXCEPT SELECT member_id, round(mean_ns * count) FROM latency_statistics"
                      "         WHERE metric = 'throttle_wait' AND direction = 'read')");
    assert_none(path, "SELECT count(*) FROM (SELECT member_id, sum(extra) AS extra,"
                      "  (SELECT sum(requests) FROM wait_interval AS w"
                      "    WHERE w.member_id = c.member_id) AS waited"
                      "  FROM counted_interval AS c GROUP BY 1) WHERE extra <> waited * 0.5");
    assert_int_equal(answer_integer(path, "SELECT count(DISTINCT member_id) FROM wait_interval"),
                     MANY);
    assert_int_equal(answer_integer(path, "SELECT sum(requests) FROM latency_interval"),
                     MANY * MANY_MS);
    // So are those of buckets, of which there are not too many either.
    assert_none(path,
                "SELECT count(*) FROM (SELECT member_id, direction, metric, sum(count)"
                "  FROM histogram GROUP BY 1, 2, 3"
                " EXCEPT SELECT member_id, direction, metric, count FROM latency_statistics)");
    assert_true(answer_integer(path, "SELECT count(*) FROM latency_bucket WHERE member_id >= 0") <=
                100000 + 40 * 3 * MANY_MS);
    assert_true(answer_integer(path, "SELECT max(fold) FROM latency_histogram") > 0);
    // Those that tables show are whole, so that the others are all but them.
    assert_none(path, "SELECT count(*) FROM latency_histogram JOIN (SELECT member_id FROM"
                      "  member_statistics WHERE direction <> 'read+write' GROUP BY member_id"
                      "  ORDER BY sum(queue_mean) DESC, member_id LIMIT 40) USING (member_id)"
                      "  WHERE fold > 0");
    assert_none(path, "SELECT count(*) FROM (SELECT metric, sum(count) FROM latency_bucket"
                      "  WHERE member_id = -1 GROUP BY 1"
                      " EXCEPT SELECT metric, sum(count) FROM latency_statistics"
                      "         WHERE direction = 'read' GROUP BY 1)");
    answer_assert_sound(path);
    remove(path);
}

// What would take too much memory over time is nothing if it is not kept.
static void test_many_without_series(void **state)
{
    const char *path = scratch_path("few.db");
    (void)state;
    record_many(path, true);
    assert_int_equal(interval_of(path, 1), MS);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM group_interval"), 0);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM member_interval"), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_same_as_if_given),    cmocka_unit_test(test_lengths),
    cmocka_unit_test(test_without_series),      cmocka_unit_test(test_many_members),
    cmocka_unit_test(test_many_without_series),
};
TEST_GROUP(recorder_intervals, tests, scratch_make, scratch_remove);
