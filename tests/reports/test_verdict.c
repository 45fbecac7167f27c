// SPDX-License-Identifier: GPL-2.0-or-later
// A comparison in one sentence, and what two runs differ in: all cases.
#include <stddef.h>
#include <stdint.h>

#include "reports/compare/compare_internal.h"
#include "reports/database_internal.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEVER (-1)  // it stays in the throttle
#define DEVICE (-2) // it stays at the device
#define REQUESTS_MAX 8

// The total latencies of a request in A and B, in ms; all of them wait, the device takes no time.
struct request {
    const char *member, *op; // NULL: no more
    int a, b;
};

struct verdict_case {
    struct request requests[REQUESTS_MAX];
    const char *outcome, *text;
};

static const volatile sig_atomic_t never;

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
    assert_non_null(database);
    execute(database,
            "INSERT INTO run (run_id, status, name, scenario, version, sqlite, engine, device,"
            " interval_ns, started_at, end_ns, digest, arrived, dispatched, completed)"
            " VALUES (1, 'complete', 'x.yaml', '', '0', '3', 'throttle-group', 'null', 1000, 't',"
            " 10000000000, 'd', 0, 0, 0), (2, 'complete', 'x.yaml', '', '0', '3',"
            " 'throttle-group', 'null', 1000, 't', 10000000000, 'd', 0, 0, 0);"
            "INSERT INTO member SELECT run_id, 0, 'db', 'drive', 'a.csv' FROM run"
            " UNION ALL SELECT run_id, 1, 'web', 'drive', 'a.csv' FROM run"
            " UNION ALL SELECT run_id, 2, 'idle', 'drive', NULL FROM run");
    return database;
}

static void add_request(struct report_database *database, int run, int seq,
                        const struct request *request, int latency)
{
    char sql[300], end[32], leave[32];
    int64_t arrival_ns = seq * INT64_C(1000000), end_ns = arrival_ns + latency * INT64_C(1000000);
    snprintf(leave, sizeof leave, "%lld", (long long)(latency == DEVICE ? arrival_ns : end_ns));
    snprintf(end, sizeof end, "%lld", (long long)end_ns);
    snprintf(sql, sizeof sql,
             "INSERT INTO request VALUES (%d, %d, %d, '%s', 0, 512, %lld, %s, %s);"
             "UPDATE run SET arrived = arrived + 1 WHERE run_id = %d",
             run, seq, strcmp(request->member, "db") == 0 ? 0 : 1, request->op,
             (long long)arrival_ns, latency == NEVER ? "NULL" : leave, latency < 0 ? "NULL" : end,
             run);
    execute(database, sql);
}

static struct report_comparison *compare(struct report_database *database)
{
    const struct report_compare_config config = {
        .sides = {{database, 1, "left"}, {database, 2, "right"}},
        .stop = &never,
    };
    struct report_error error;
    struct report_comparison *comparison = report_compare(&config, &error);
    if (comparison == NULL)
        fail_msg("%s", error.message);
    return comparison;
}

static const struct verdict_case cases[] = {
    {{{0}}, "empty", "Nothing to compare: no requests."},
    {{{"db", "read", DEVICE, 5}},
     "empty",
     "Nothing to compare: no request has a latency in both runs."},
    {{{"db", "read", 5, 5}, {"db", "flush", 0, 0}},
     "same",
     "No difference: every request takes as long in B as in A."},
    {{{"db", "read", 5, 5}, {"db", "read", DEVICE, 5}},
     "same",
     "No difference: every request takes as long in B as in A."},
    {{{"db", "read", NEVER, NEVER}},
     "same",
     "No difference: every request takes as long in B as in A; left in the throttle: 1 -> "
     "1."},
    {{{"db", "read", 30, 3}, {"db", "write", 5, 5}},
     "faster",
     "B is faster: 1 of 2 requests, none is slower; p99 of read+write 30 ms -> 5 ms."},
    {{{"db", "read", 30, 3}, {"web", "write", 900, 38}, {"db", "read", 7, 7}},
     "faster",
     "B is faster: 2 of 3 requests, none is slower; p99 of read+write 900 ms -> 38 ms, most "
     "for web: 900 ms -> 38 ms."},
    // p99 is the same: the mean says it.
    {{{"db", "read", 30, 20}, {"web", "read", 50, 50}},
     "faster",
     "B is faster: 1 of 2 requests, none is slower; mean of read+write 40 ms -> 35 ms, most "
     "for db: 30 ms -> 20 ms."},
    {{{"db", "read", 1, 2}, {"db", "read", 1, 1}},
     "slower",
     "B is slower: 1 of 2 requests, none is faster; p99 of read+write 1 ms -> 2 ms."},
    {{{"db", "read", 1, NEVER}, {"web", "read", 1, 1}},
     "slower",
     "B is slower: 1 of 2 requests, none is faster; p99 of read+write 1 ms -> never, most for "
     "db: 1 ms -> never; left in the throttle: 0 -> 1."},
    {{{"db", "read", NEVER, 1}},
     "faster",
     "B is faster: 1 of 1 requests, none is slower; p99 of read+write never -> 1 ms; left in "
     "the throttle: 1 -> 0."},
    // Discards only: they are what there is.
    {{{"db", "discard", 4, 2}},
     "faster",
     "B is faster: 1 of 1 requests, none is slower; p99 of discard 4 ms -> 2 ms."},
    // Reads and writes are the same, flushes are not: no number of reads and writes.
    {{{"db", "read", 4, 4}, {"db", "flush", 4, 2}},
     "faster",
     "B is faster: 1 of 2 requests, none is slower; p99 of flush 4 ms -> 2 ms."},
    {{{"db", "read", 9, 1}, {"db", "read", 9, 1}, {"db", "read", 1, 2}},
     "mostly-faster",
     "B is mostly faster: 2 of 3 requests, but 1 slower; p99 of read+write 9 ms -> 2 ms."},
    {{{"db", "read", 1, 9}, {"db", "read", 1, 9}, {"db", "read", 2, 1}},
     "mostly-slower",
     "B is mostly slower: 2 of 3 requests, but 1 faster; p99 of read+write 2 ms -> 9 ms."},
    // Most are faster, but the mean is not, or p99 is not.
    {{{"db", "read", 2, 1}, {"db", "read", 2, 1}, {"db", "read", 3, 90}},
     "mixed",
     "Mixed: 1 of 3 requests slower in B, 2 faster; p99 of read+write 3 ms -> 90 ms."},
    {{{"db", "read", 8, 1}, {"db", "read", 8, 1}, {"db", "read", 8, 9}},
     "mixed",
     "Mixed: 1 of 3 requests slower in B, 2 faster; p99 of read+write 8 ms -> 9 ms."},
    // One member pays for the other; nothing else changes but who waits.
    {{{"db", "read", 5, 1}, {"web", "read", 1, 5}},
     "mixed",
     "Mixed: 1 of 2 requests slower in B, 1 faster."},
    {{{"db", "read", 1, 5}, {"db", "flush", 5, 1}},
     "mixed",
     "Mixed: 1 of 2 requests slower in B, 1 faster; p99 of read+write 1 ms -> 5 ms."},
};

static void test_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report_database *database = make();
        for (int r = 0; r < REQUESTS_MAX && cases[i].requests[r].op != NULL; r++) {
            add_request(database, 1, r, &cases[i].requests[r], cases[i].requests[r].a);
            add_request(database, 2, r, &cases[i].requests[r], cases[i].requests[r].b);
        }
        struct report_comparison *comparison = compare(database);
        struct comparison_verdict verdict;
        comparison_judge(comparison, &verdict);
        assert_string_equal(verdict.text, cases[i].text);
        assert_string_equal(comparison_outcomes[verdict.outcome], cases[i].outcome);
        report_comparison_free(comparison);
        report_database_close(database);
    }
}

// What the run printed as text has between these two.
static void expect_text(struct report_database *database, const char *from, const char *to,
                        const char *expected)
{
    struct report_comparison *comparison = compare(database);
    struct report_error error;
    char *text = NULL;
    size_t length;
    struct report_style style = {.out = open_memstream(&text, &length), .width = 100};
    assert_true(report_comparison_print(comparison, &style, &error));
    fclose(style.out);
    const char *start = strstr(text, from), *end = start == NULL ? NULL : strstr(start, to);
    assert_non_null(end);
    if (strncmp(start, expected, strlen(expected)) != 0 || start + strlen(expected) != end)
        fail_msg("'%.*s', expected '%s'", (int)(end - start), start, expected);
    free(text);
    report_comparison_free(comparison);
}

static void test_differences(void **state)
{
    struct report_database *database = make();
    (void)state;
    add_request(database, 1, 0, &(struct request){"db", "read", 0, 0}, 1);
    add_request(database, 2, 0, &(struct request){"db", "read", 0, 0}, 1);
    expect_text(database, "A and B have", "\n",
                "A and B have the same limits, engine, device, members and traces");
    execute(database,
            "INSERT INTO assumption SELECT run_id, 0, 'feedback', 'none', 'none; as it is' FROM run"
            " UNION ALL SELECT run_id, 1, 'device', 'null', 'null; ' || run_id FROM run"
            " UNION ALL SELECT run_id, 2, 'arrival', 'x', iif(run_id = 1, 'Q', 'D') FROM run;"
            "INSERT INTO throttle_group VALUES (1, 0, 'g', 0, 0), (1, 1, 'h', 0, 0),"
            " (2, 0, 'h', 0, 0), (2, 1, 'g', 0, 0);"
            "INSERT INTO limit_setting VALUES (1, 0, 0, 'iops-total', 500),"
            " (1, 0, 1, 'iops-total', 500), (1, 7, 0, 'iops-total', 9), (1, 0, 0, 'bps-total', 5),"
            " (2, 0, 0, 'iops-total', 650), (2, 0, 1, 'iops-total', 650),"
            " (2, 0, 1, 'iops-total-max-length', 1), (2, 0, 1, 'bps-total', 5),"
            " (2, 0, 1, 'bps-read', 7);"
            "INSERT INTO membership VALUES (1, 0, 0, 0), (2, 0, 0, 0), (2, 9, 0, 1),"
            " (1, 0, 1, NULL), (2, 0, 1, 1);"
            "INSERT INTO operation VALUES (1, 0, 7, 'qom-set g', 'done');"
            "UPDATE run SET engine = 'slice', device = 'recorded' WHERE run_id = 2;"
            "UPDATE member SET attach = 'filter' WHERE run_id = 2 AND name <> 'db';"
            "UPDATE member SET trace = 'b.csv' WHERE run_id = 2 AND name = 'db'");
    expect_text(database, "A and B differ in", "\n\n",
                "A and B differ in\n"
                "  engine: throttle-group in A, slice in B\n"
                "  device: null in A, recorded in B\n"
                "  bps-read of g: none in A, 7 in B\n"
                "  iops-total of g and 1 other: 500 in A, 650 in B\n"
                "  attach of idle and 1 other: drive in A, filter in B\n"
                "  group of db: g in A, h in B\n"
                "  group of web: none in A, g in B\n"
                "  operation 1: qom-set g at 7e-09 s: done in A, none in B\n"
                "  trace of db: a.csv in A, b.csv in B\n"
                "  arrival: Q in A, D in B");
    expect_text(database, "Assumed in both", "\n\n", "Assumed in both\n  feedback: none; as it is");
    report_database_close(database);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_verdicts),
    cmocka_unit_test(test_differences),
};
TEST_GROUP(verdict, tests, NULL, NULL);
