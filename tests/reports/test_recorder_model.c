// SPDX-License-Identifier: GPL-2.0-or-later
// The recorder beside the slow model, on random runs: every row that is stored, and none besides.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "run_model.h"
#include "tests/reports/answers.h"
#include "tests/support/test_group.h"

#include <gsl/gsl_rng.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>

#define RUNS 60

static struct run run;
static int64_t run_id;
static sqlite3 *handle;

static const char *const directions[RUN_DIRECTIONS] = {"read", "write", "discard", "flush",
                                                       "read+write"};
static const char *const metrics[] = {"throttle_wait", "service", "total", "recorded"};

// The one row of the run that the condition names; NULL when there is none. To be finalized.
__attribute__((format(printf, 1, 2))) static sqlite3_stmt *find_row(const char *format, ...)
{
    char sql[512];
    sqlite3_stmt *row;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sql, sizeof sql, format, arguments);
    va_end(arguments);
    if (sqlite3_prepare_v2(handle, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    sqlite3_bind_int64(row, 1, run_id);
    if (sqlite3_step(row) == SQLITE_ROW)
        return row;
    sqlite3_finalize(row);
    return NULL;
}

static void assert_integers(sqlite3_stmt *row, int column, const int64_t *expected, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(sqlite3_column_int64(row, column + (int)i), expected[i]);
}

static void assert_close(double stored, double expected)
{
    assert_true(fabs(stored - expected) <= 1e-9 * fabs(expected));
}

// Columns from `column` on: mean, quantiles, largest.
static void assert_latencies(sqlite3_stmt *row, int column, const unsigned *per_mille,
                             size_t quantiles, const int64_t *sorted, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)sorted[i];
    assert_close(sqlite3_column_double(row, column++), sum / (double)count);
    for (size_t q = 0; q < quantiles; q++) {
        size_t rank = (count * per_mille[q] + 999) / 1000;
        int64_t exact = sorted[rank > 0 ? rank - 1 : 0];
        int64_t stored = sqlite3_column_int64(row, column++);
        assert_true(stored >= exact - exact / 256 && stored <= exact + exact / 256);
    }
    assert_int_equal(sqlite3_column_int64(row, column), sorted[count - 1]);
}

static bool check_statistics(const struct run_span *span)
{
    static const unsigned per_mille[] = {500, 900, 990, 999};
    struct run_sums sums = run_model_sums(&run, span);
    bool expected = sums.arrived > 0;
    sqlite3_stmt *row =
        find_row("SELECT queue_mean, requests, bytes, waited, dispatched, completed, queue_max "
                 "FROM member_statistics WHERE run_id = ? AND member_id = %u AND direction = '%s'",
                 span->member, directions[span->direction]);
    assert_int_equal(row != NULL, expected);
    if (row == NULL)
        return false;
    assert_close(sqlite3_column_double(row, 0), run_model_queue_mean(&run, span));
    assert_integers(row, 1,
                    (int64_t[]){sums.arrived, sums.arrived_bytes, sums.waited, sums.dispatched,
                                sums.completed, run_model_waiting_max(&run, span)},
                    6);
    sqlite3_finalize(row);
    for (int metric = 0; metric < RUN_METRICS; metric++) {
        int64_t sorted[RUN_REQUESTS_MAX];
        size_t count = run_model_latencies(&run, span, metric, sorted);
        row = find_row("SELECT count, mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns FROM "
                       "latency_statistics WHERE run_id = ? AND member_id = %u AND direction = "
                       "'%s' AND metric = '%s'",
                       span->member, directions[span->direction], metrics[metric]);
        assert_int_equal(row != NULL, count > 0);
        if (row == NULL)
            continue;
        assert_int_equal(sqlite3_column_int64(row, 0), count);
        assert_latencies(row, 1, per_mille, 4, sorted, count);
        sqlite3_finalize(row);
    }
    return true;
}

// Every latency is in the bucket that the histogram says, and nothing else is.
static void check_histograms(const struct run_span *span)
{
    for (int metric = 0; metric < RUN_METRICS; metric++) {
        int64_t sorted[RUN_REQUESTS_MAX];
        size_t count = run_model_latencies(&run, span, metric, sorted), taken = 0;
        sqlite3_stmt *row = find_row("SELECT low_ns, high_ns, count FROM histogram WHERE run_id = "
                                     "? AND member_id = %u AND direction = '%s' AND metric = '%s' "
                                     "ORDER BY low_ns",
                                     span->member, directions[span->direction], metrics[metric]);
        for (bool more = row != NULL; more; more = sqlite3_step(row) == SQLITE_ROW) {
            int64_t low_ns = sqlite3_column_int64(row, 0), high_ns = sqlite3_column_int64(row, 1);
            for (int64_t left = sqlite3_column_int64(row, 2); left > 0; left--) {
                assert_true(taken < count);
                assert_true(sorted[taken] >= low_ns && sorted[taken] <= high_ns);
                taken++;
            }
        }
        assert_int_equal(taken, count);
        sqlite3_finalize(row);
    }
}

static bool check_member_interval(const struct run_span *span, int64_t interval)
{
    static const unsigned per_mille[] = {500, 990};
    struct run_sums sums = run_model_sums(&run, span);
    bool expected = sums.arrived + sums.dispatched + sums.completed > 0;
    int64_t sorted[RUN_REQUESTS_MAX];
    size_t count = run_model_latencies(&run, span, 2, sorted);
    sqlite3_stmt *row = find_row("SELECT arrived, arrived_bytes, dispatched, dispatched_bytes, "
                                 "completed, completed_bytes, waiting, waiting_max, "
                                 "latency_mean_ns, latency_p50_ns, latency_p99_ns, latency_max_ns "
                                 "FROM member_interval WHERE run_id = ? AND interval = %lld AND "
                                 "member_id = %u AND direction = '%s'",
                                 (long long)interval, span->member, directions[span->direction]);
    assert_int_equal(row != NULL, expected);
    if (row == NULL)
        return false;
    assert_integers(row, 0,
                    (int64_t[]){sums.arrived, sums.arrived_bytes, sums.dispatched,
                                sums.dispatched_bytes, sums.completed, sums.completed_bytes,
                                run_model_waiting(&run, span, span->end_ns - 1),
                                run_model_waiting_max(&run, span)},
                    8);
    for (int column = 8; column < 12; column++)
        assert_int_equal(sqlite3_column_type(row, column) == SQLITE_NULL, count == 0);
    if (count > 0)
        assert_latencies(row, 8, per_mille, 2, sorted, count);
    sqlite3_finalize(row);
    return true;
}

// Rows of single directions only: those of both together are not stored. Returns how many.
static int64_t check_causes(const struct run_span *span, int64_t interval)
{
    int64_t rows = 0;
    for (size_t cause = 0; cause < RUN_CAUSES && span->direction != RUN_READ_WRITE; cause++) {
        int64_t expected[2];
        sqlite3_stmt *row = find_row(
            "SELECT requests, wait_ns FROM wait_interval WHERE run_id = ? AND interval = "
            "%lld AND member_id = %u AND direction = '%s' AND cause = '%s'",
            (long long)interval, span->member, directions[span->direction], run_causes[cause]);
        run_model_cause(&run, span, cause, &expected[0], &expected[1]);
        assert_int_equal(row != NULL, expected[0] > 0);
        if (row == NULL)
            continue;
        assert_integers(row, 0, expected, 2);
        sqlite3_finalize(row);
        rows++;
    }
    return rows;
}

// As check_causes. Sums are of millionths.
static int64_t check_counted(const struct run_span *span, int64_t interval)
{
    double expected = run_model_extra(&run, span);
    sqlite3_stmt *row = find_row("SELECT extra FROM counted_interval WHERE run_id = ? AND interval "
                                 "= %lld AND member_id = %u AND direction = '%s'",
                                 (long long)interval, span->member, directions[span->direction]);
    assert_int_equal(row != NULL, expected > 0 && span->direction != RUN_READ_WRITE);
    if (row == NULL)
        return 0;
    assert_true(fabs(sqlite3_column_double(row, 0) - expected) < 1e-6 * RUN_REQUESTS_MAX);
    sqlite3_finalize(row);
    return 1;
}

static void assert_jain(sqlite3_stmt *row, int column, size_t n, double sum, double squares)
{
    assert_int_equal(sqlite3_column_type(row, column) == SQLITE_NULL, sum == 0.0);
    if (sum > 0.0)
        assert_close(sqlite3_column_double(row, column), sum * sum / ((double)n * squares));
}

static bool check_group_interval(const struct run_span *span, int64_t interval, uint32_t group)
{
    double sums[4] = {0};
    size_t backlogged = 0;
    sqlite3_stmt *row = find_row("SELECT backlogged, jain_requests, jain_bytes FROM group_interval "
                                 "WHERE run_id = ? AND interval = %lld AND group_id = %u",
                                 (long long)interval, group);
    assert_int_equal(row != NULL, run_model_group_active(&run, span, group));
    if (row == NULL)
        return false;
    for (uint32_t member = 0; member < RUN_MEMBERS; member++) {
        struct run_span of_member = {member, RUN_THROTTLED, span->start_ns, span->end_ns};
        struct run_sums got = run_model_sums(&run, &of_member);
        double requests = (double)got.dispatched, bytes = (double)got.dispatched_bytes;
        if (!run_model_backlogged(&run, &of_member, group))
            continue;
        backlogged++;
        sums[0] += requests;
        sums[1] += requests * requests;
        sums[2] += bytes;
        sums[3] += bytes * bytes;
    }
    assert_int_equal(sqlite3_column_int64(row, 0), backlogged);
    assert_jain(row, 1, backlogged, sums[0], sums[1]);
    assert_jain(row, 2, backlogged, sums[2], sums[3]);
    sqlite3_finalize(row);
    return true;
}

static void assert_count(const char *table, int64_t expected)
{
    sqlite3_stmt *row = find_row("SELECT count(*) FROM %s WHERE run_id = ?", table);
    assert_int_equal(sqlite3_column_int64(row, 0), expected);
    sqlite3_finalize(row);
}

// The last interval ends with the run, whose last instant belongs to it.
static void check_intervals(void)
{
    int64_t member_rows = 0, group_rows = 0, cause_rows = 0, counted_rows = 0;
    for (int64_t n = 0; n <= run.end_ns / run.interval_ns; n++) {
        int64_t start_ns = n * run.interval_ns, end_ns = start_ns + run.interval_ns;
        if (end_ns > run.end_ns)
            end_ns = run.end_ns + 1;
        for (uint32_t member = 0; member < RUN_MEMBERS; member++) {
            for (int d = 0; d < RUN_DIRECTIONS; d++) {
                struct run_span span = {member, d, start_ns, end_ns};
                member_rows += check_member_interval(&span, n);
                cause_rows += check_causes(&span, n);
                counted_rows += check_counted(&span, n);
            }
        }
        for (uint32_t group = 0; group < RUN_GROUPS; group++) {
            struct run_span span = {0, RUN_ALL, start_ns, end_ns};
            group_rows += check_group_interval(&span, n, group);
        }
    }
    assert_count("member_interval", member_rows);
    assert_count("group_interval", group_rows);
    assert_count("wait_interval", cause_rows);
    assert_count("counted_interval", counted_rows);
}

static void check_run(void)
{
    int64_t statistics_rows = 0;
    for (uint32_t member = 0; member < RUN_MEMBERS; member++) {
        for (int d = 0; d < RUN_DIRECTIONS; d++) {
            struct run_span span = {member, d, 0, run.end_ns + 1};
            statistics_rows += check_statistics(&span);
            check_histograms(&span);
        }
    }
    for (uint32_t group = 0; group < RUN_GROUPS; group++) {
        int64_t expected[2];
        sqlite3_stmt *row = find_row("SELECT max_service_difference_requests, "
                                     "max_service_difference_bytes FROM throttle_group "
                                     "WHERE run_id = ? AND group_id = %u",
                                     group);
        run_model_difference(&run, group, &expected[0], &expected[1]);
        assert_integers(row, 0, expected, 2);
        sqlite3_finalize(row);
    }
    assert_count("member_statistics", statistics_rows);
    check_intervals();
}

static void test_random_runs(void **state)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    const char *path = scratch_path("random.db");
    struct report_error error;
    struct report_database *database = report_database_open(path, REPORT_WRITE, &error);
    (void)state;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    for (unsigned long seed = 1; seed <= RUNS; seed++) {
        gsl_rng_set(rng, seed);
        run_draw(&run, rng);
        run_id = run_record(&run, rng, database);
        check_run();
    }
    sqlite3_close(handle);
    report_database_close(database);
    gsl_rng_free(rng);
    answer_assert_sound(path);
    // The runs were not trivial.
    assert_true(answer_integer(path, "SELECT count(*) FROM group_interval WHERE backlogged > 1 "
                                     "AND jain_requests < 1") > RUNS);
    assert_true(answer_integer(path, "SELECT count(*) FROM wait_interval WHERE requests > 1") >
                RUNS);
    assert_true(answer_integer(path, "SELECT count(*) FROM counted_interval") > RUNS);
    // As many as completed, in each interval of each run.
    assert_int_equal(answer_integer(path,
                                    "SELECT count(*) FROM (SELECT run_id, interval, sum(completed)"
                                    " FROM member_interval WHERE direction = 'read+write'"
                                    " GROUP BY 1, 2 HAVING sum(completed) > 0 EXCEPT"
                                    " SELECT run_id, interval, sum(requests)"
                                    " FROM latency_interval GROUP BY 1, 2)"),
                     0);
    assert_true(answer_integer(path, "SELECT sum(max_service_difference_requests > 3) "
                                     "FROM throttle_group") > RUNS / 4);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_runs)};
TEST_GROUP(recorder_model, tests, scratch_make, scratch_remove);
