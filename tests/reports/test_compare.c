// SPDX-License-Identifier: GPL-2.0-or-later
// Two runs written by hand: what is paired, what never ends, what is refused.
#include <stddef.h>
#include <stdint.h>

#include "reports/compare.h"
#include "reports/database_internal.h"
#include "tests/support/test_group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const volatile sig_atomic_t never;

#define HEAD(id, arrived)                                                                          \
    "INSERT INTO run (run_id, status, name, scenario, version, sqlite, engine, device,"            \
    " interval_ns, started_at, end_ns, digest, arrived, dispatched, completed) VALUES (" id        \
    ", 'complete', 'x.yaml', '', '0', '3', 'e', 'null', 1000, 't', 10000, 'd', " arrived           \
    ", 0, 0);"

// db: two reads that change, one that does not, one that never leaves in B, one at the device in A.
// web: a flush. In run 2 the members have other numbers, and there is one more.
static const char runs[] = HEAD("1", "6") HEAD(
    "2",
    "6") "INSERT INTO member VALUES (1, 0, 'db', 'drive', NULL), (1, 1, 'web', 'drive', NULL),"
         " (2, 0, 'idle', 'drive', NULL), (2, 1, 'web', 'drive', NULL), (2, 7, 'db', 'drive', "
         "NULL);"
         "INSERT INTO throttle_group VALUES (1, 0, 'g', 4, NULL), (1, 1, 'h', 1, 1),"
         " (1, 2, 'one', 0, 0), (2, 0, 'h', 2, 3), (2, 1, 'g', 8, 9), (2, 2, 'one', 0, 0);"
         "INSERT INTO membership SELECT run_id, place, member_id, group_id FROM throttle_group"
         "  JOIN (SELECT 0 AS place, 0 AS member_id UNION ALL SELECT 1, 1) AS m"
         "    ON group_id < 2 OR m.member_id = 0;"
         "INSERT INTO group_interval VALUES (1, 0, 0, 2, 0.5, 1), (1, 1, 0, 2, 1, 1),"
         " (1, 2, 0, 1, 0.1, 0.1), (2, 0, 1, 2, 1, 1);"
         "INSERT INTO request VALUES (1, 0, 0, 'read', 0, 512, 100, 100, 200),"
         " (1, 1, 0, 'read', 512, 512, 200, 300, 400), (1, 2, 1, 'flush', 0, 0, 250, 250, 300),"
         " (1, 3, 0, 'read', 0, 512, 300, 300, 350), (1, 4, 0, 'write-zeroes', 0, 4096, 400, 400, "
         "500),"
         " (1, 5, 0, 'write', 0, 4096, 500, 510, NULL);"
         "INSERT INTO request VALUES (2, 0, 7, 'read', 0, 512, 100, 150, 260),"
         " (2, 1, 7, 'read', 512, 512, 200, 200, 350), (2, 2, 1, 'flush', 0, 0, 250, 250, 300),"
         " (2, 3, 7, 'read', 0, 512, 300, 300, 350), (2, 4, 7, 'write-zeroes', 0, 4096, 400, NULL, "
         "NULL),"
         " (2, 5, 7, 'write', 0, 4096, 500, 500, 1500);";

static void execute(struct report_database *database, const char *sql)
{
    struct report_error error = {.message = ""};
    if (!report_database_execute(database, "making a test", sql, &error))
        fail_msg("%s", error.message);
}

static struct report_database *make(void)
{
    struct report_error error;
    struct report_database *database = report_database_open(NULL, REPORT_TEMPORARY, &error);
    if (database == NULL)
        fail_msg("%s", error.message);
    execute(database, runs);
    return database;
}

static struct report_comparison *compare(struct report_database *database, int64_t a, int64_t b,
                                         struct report_error *error)
{
    const struct report_compare_config config = {
        .sides = {{database, a, "left"}, {database, b, "right"}},
        .stop = &never,
    };
    return report_compare(&config, error);
}

static void expect(const struct report_comparison *comparison, const char *member,
                   const char *direction, enum report_metric metric, double a, double b)
{
    uint64_t requests;
    const struct report_change *found =
        report_comparison_find(comparison, member, direction, metric, &requests);
    assert_non_null(found);
    if (metric < REPORT_SLOWER && !(found->a >= a && found->a <= a))
        fail_msg("%s %s in A: %g, expected %g", direction, report_metrics[metric].name, found->a,
                 a);
    if (!(found->b >= b && found->b <= b))
        fail_msg("%s %s in B: %g, expected %g", direction, report_metrics[metric].name, found->b,
                 b);
}

static void expect_group(const struct report_comparison *comparison, const char *group,
                         enum report_group_metric metric, double a, double b)
{
    const struct report_change *found = report_comparison_find_group(comparison, group, metric);
    assert_non_null(found);
    assert_true(isnan(a) ? isnan(found->a) : found->a >= a && found->a <= a);
    assert_true(isnan(b) ? isnan(found->b) : found->b >= b && found->b <= b);
}

static void test_pairs(void **state)
{
    struct report_database *database = make();
    struct report_error error;
    struct report_comparison *pair = compare(database, 1, 2, &error);
    (void)state;
    assert_non_null(pair);
    // Total latencies of reads: 100, 200, 50 and 160, 150, 50.
    expect(pair, "db", "read", REPORT_P50, 100, 150);
    expect(pair, "db", "read", REPORT_P90, 200, 160);
    expect(pair, "db", "read", REPORT_MAX, 200, 160);
    expect(pair, "db", "read", REPORT_MEAN, 350 / 3.0, 120);
    expect(pair, "db", "read", REPORT_WAIT_P50, 0, 0);
    expect(pair, "db", "read", REPORT_WAIT_MAX, 100, 50);
    expect(pair, "db", "read", REPORT_WAIT_SHARE, 100 / 350.0, 50 / 360.0);
    expect(pair, "db", "read", REPORT_SLOWER, NAN, 1);
    expect(pair, "db", "read", REPORT_SLOWER_MEDIAN, NAN, 60);
    expect(pair, "db", "read", REPORT_FASTER, NAN, 1);
    expect(pair, "db", "read", REPORT_FASTER_MAX, NAN, 50);
    expect(pair, "db", "read", REPORT_UNCHANGED, NAN, 1);
    // Each of the three arrives in another block of 41 ns.
    expect(pair, "db", "read", REPORT_SLOWER_BLOCKS, NAN, 1);
    expect(pair, "db", "read", REPORT_FASTER_BLOCKS, NAN, 1);
    expect(pair, "db", "read", REPORT_UNCHANGED_BLOCKS, NAN, 1);
    // From the first arrival, 100, to the last completion, 400 and 350.
    expect(pair, "db", "read", REPORT_IOPS, 3 / 300e-9, 3 / 250e-9);
    expect(pair, "db", "read", REPORT_THROUGHPUT, 1536 / 300e-9, 1536 / 250e-9);
    expect(pair, "web", "flush", REPORT_MAX, 50, 50);
    expect(pair, NULL, "flush", REPORT_UNCHANGED, NAN, 1);
    expect(pair, NULL, "read", REPORT_P50, 100, 150);
    report_comparison_free(pair);
    report_database_close(database);
}

// A request left waiting takes for ever; one left at the device has no latency, but has waited.
static void test_no_end(void **state)
{
    struct report_database *database = make();
    struct report_error error;
    struct report_comparison *pair = compare(database, 1, 2, &error);
    uint64_t requests;
    (void)state;
    assert_non_null(pair);
    expect(pair, "db", "write", REPORT_P50, 100, INFINITY);
    expect(pair, "db", "write", REPORT_MEAN, 100, INFINITY);
    expect(pair, "db", "write", REPORT_WAIT_P50, 0, 0);
    expect(pair, "db", "write", REPORT_WAIT_MAX, 10, INFINITY);
    expect(pair, "db", "write", REPORT_WAIT_SHARE, 0, 1);
    expect(pair, "db", "write", REPORT_WAITING, 0, 1);
    expect(pair, "db", "write", REPORT_SLOWER, NAN, 1);
    expect(pair, "db", "write", REPORT_SLOWER_MEDIAN, NAN, INFINITY);
    expect(pair, "db", "write", REPORT_UNCHANGED, NAN, 0);
    // One of the two blocks with writes has no latency that is known in both runs.
    expect(pair, "db", "write", REPORT_SLOWER_BLOCKS, NAN, 1);
    expect(pair, "db", "write", REPORT_UNCHANGED_BLOCKS, NAN, 0);
    expect(pair, "db", "read+write", REPORT_MAX, 200, INFINITY);
    expect(pair, "db", "read+write", REPORT_WAIT_P90, 100, INFINITY);
    const struct report_change *most =
        report_comparison_find(pair, "db", "write", REPORT_MAX, &requests);
    assert_int_equal(requests, 2);
    assert_true(isinf(report_change_absolute(most)) && report_change_absolute(most) > 0);
    assert_true(isinf(report_change_relative(most)));
    assert_null(report_comparison_find(pair, "db", "discard", REPORT_MAX, &requests));
    assert_null(report_comparison_find(pair, "idle", "read", REPORT_MAX, &requests));
    report_comparison_free(pair);
    // The same for ever is no change.
    pair = compare(database, 2, 2, &error);
    assert_non_null(pair);
    most = report_comparison_find(pair, "db", "write", REPORT_MAX, &requests);
    assert_true(isinf(most->a) && report_change_absolute(most) == 0);
    assert_true(report_change_relative(most) == 0);
    expect(pair, NULL, "read+write", REPORT_SLOWER, NAN, 0);
    expect(pair, NULL, "read+write", REPORT_SLOWER_BLOCKS, NAN, 0);
    expect(pair, NULL, "read+write", REPORT_UNCHANGED_BLOCKS, NAN, 5);
    report_comparison_free(pair);
    report_database_close(database);
}

static void test_groups(void **state)
{
    struct report_database *database = make();
    struct report_error error;
    struct report_comparison *pair = compare(database, 1, 2, &error);
    (void)state;
    assert_non_null(pair);
    expect_group(pair, "g", REPORT_JAIN, 0.75, 1);
    expect_group(pair, "g", REPORT_JAIN_MIN, 0.5, 1);
    expect_group(pair, "g", REPORT_DIFFERENCE, 4, 8);
    expect_group(pair, "g", REPORT_DIFFERENCE_BYTES, NAN, 9);
    expect_group(pair, "h", REPORT_JAIN, NAN, NAN);
    expect_group(pair, "h", REPORT_DIFFERENCE_BYTES, 1, 3);
    expect_group(pair, "one", REPORT_DIFFERENCE, NAN, NAN); // it never had two members
    assert_null(report_comparison_find_group(pair, "i", REPORT_JAIN));
    report_comparison_free(pair);
    report_database_close(database);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *sql, *message;
    } rows[] = {
        {"UPDATE request SET bytes = 513 WHERE run_id = 2 AND seq = 3",
         "differ at request 3: A (left) has a read of 'db', 512 bytes at offset 0, arriving at 300 "
         "ns; B (right) has a read of 'db', 513 bytes"},
        {"UPDATE request SET offset = 1 WHERE run_id = 2 AND seq = 4", "at request 4:"},
        {"UPDATE request SET arrival_ns = 401 WHERE run_id = 2 AND seq = 4", "at request 4:"},
        {"UPDATE request SET op = 'write' WHERE run_id = 2 AND seq = 4", "at request 4:"},
        {"UPDATE request SET member_id = 1 WHERE run_id = 2 AND seq = 0", "has a read of 'web'"},
        {"UPDATE member SET name = 'DB' WHERE run_id = 2 AND name = 'db'", "has a read of 'DB'"},
        {"DELETE FROM request WHERE run_id = 2 AND seq = 5; UPDATE run SET arrived = 5 WHERE "
         "run_id = 2",
         "request 5: A (left) has a write of 'db', 4096 bytes at offset 0, arriving at 500 ns; B "
         "(right) has no more"},
        {"DELETE FROM request WHERE run_id = 1 AND seq = 5; UPDATE run SET arrived = 5 WHERE "
         "run_id = 1",
         "request 5: A (left) has no more"},
        {"DELETE FROM request WHERE run_id = 2", "right: this run was stored without its requests"},
        {"DELETE FROM request WHERE run_id = 2 AND seq = 5", "right: its log does not hold all"},
        {"UPDATE run SET status = 'interrupted' WHERE run_id = 1", "left: this run is interrupted"},
        {"UPDATE run SET status = 'running' WHERE run_id = 2", "right: this run is running"},
        {"UPDATE request SET dispatch_ns = 99 WHERE run_id = 2 AND seq = 0", "damaged"},
        {"UPDATE request SET complete_ns = 1 WHERE run_id = 2 AND seq = 0", "damaged"},
        {"UPDATE request SET complete_ns = 9999 WHERE run_id = 2 AND seq = 4", "damaged"},
        {"UPDATE request SET arrival_ns = -5 WHERE run_id = 1 AND seq = 0", "damaged"},
        {"UPDATE request SET bytes = -5 WHERE run_id = 1 AND seq = 0", "damaged"},
        {"UPDATE request SET op = 'reed' WHERE run_id = 1 AND seq = 0", "damaged"},
        {"UPDATE request SET member_id = -1 WHERE run_id = 1 AND seq = 0", "damaged"},
        {"UPDATE request SET arrival_ns = 600, dispatch_ns = 600 WHERE seq = 4", "damaged"},
        {"UPDATE run SET interval_ns = 0 WHERE run_id = 1", "damaged"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct report_database *database = make();
        struct report_error error = {.message = ""};
        execute(database, rows[i].sql);
        assert_null(compare(database, 1, 2, &error));
        if (strstr(error.message, rows[i].message) == NULL)
            fail_msg("'%s', expected '%s'", error.message, rows[i].message);
        assert_true(error.is_input);
        report_database_close(database);
    }
}

static void test_nothing_to_compare(void **state)
{
    struct report_database *database = make();
    struct report_error error;
    (void)state;
    execute(database, "DELETE FROM request; DELETE FROM member; UPDATE run SET arrived = 0");
    struct report_comparison *pair = compare(database, 1, 2, &error);
    assert_non_null(pair);
    for (int format = 0; format < 2; format++) {
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        const struct report_style style = {
            .out = out, .format = format == 0 ? REPORT_TEXT : REPORT_JSON, .width = 100};
        assert_true(report_comparison_print(pair, &style, &error));
        fclose(out);
        assert_true(length > 0);
        free(text);
    }
    report_comparison_free(pair);
    report_database_close(database);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_pairs),
    cmocka_unit_test(test_no_end),
    cmocka_unit_test(test_groups),
    cmocka_unit_test(test_refusals),
    cmocka_unit_test(test_nothing_to_compare),
};
TEST_GROUP(compare, tests, NULL, NULL);
