// SPDX-License-Identifier: GPL-2.0-or-later
// What was achieved, beside its definition taken literally: nanosecond by nanosecond, request by
// request, on random runs.
#include <stddef.h>
#include <stdint.h>

#include "run_random.h"
#include "tests/reports/answers.h"
#include "tests/support/test_group.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define RUNS 60
#define END_MAX 20002 // of run_draw, and one more

static struct run run;
static uint32_t groups[RUN_MEMBERS][END_MAX]; // which one a member is in, in each nanosecond

static void place_members(void)
{
    for (uint32_t m = 0; m < RUN_MEMBERS; m++) {
        uint32_t group = REPORT_NONE;
        for (int64_t t = 0; t < END_MAX; t++) {
            for (size_t i = 0; i < run.move_count; i++) {
                bool is_now = run.moves[i].at_ns == t || (t == 0 && run.moves[i].at_ns < 0);
                if (run.moves[i].member == m && is_now)
                    group = run.moves[i].group;
            }
            groups[m][t] = group;
        }
    }
}

// A member, a group or all, as in the table.
struct scope {
    const char *name;
    uint32_t id;
};

static bool is_in(const struct scope *scope, const struct report_request *request, int64_t at_ns)
{
    switch (scope->name[0]) {
    case 'm':
        return request->member == scope->id;
    case 't':
        return groups[request->member][at_ns] == scope->id;
    default:
        return true;
    }
}

static bool is_read_or_write(const struct report_request *request)
{
    return request->direction == REPORT_DIRECTION_READ ||
           request->direction == REPORT_DIRECTION_WRITE;
}

struct expected {
    int64_t arrived[2], completed[2], busy_completed[2], busy_ns; // requests, bytes
};

static void add(int64_t to[2], const struct report_request *request)
{
    to[0]++;
    to[1] += (int64_t)request->bytes;
}

// directions: bits.
static struct expected define(const struct scope *scope, unsigned directions)
{
    static bool busy[END_MAX];
    struct expected expected = {.busy_ns = 0};
    memset(busy, 0, sizeof busy);
    for (size_t i = 0; i < run.request_count; i++) {
        const struct report_request *request = &run.requests[i];
        int64_t end_ns = request->complete_ns < 0 ? run.end_ns : request->complete_ns;
        for (int64_t t = request->arrival_ns; is_read_or_write(request) && t < end_ns; t++)
            busy[t] = busy[t] || is_in(scope, request, t);
    }
    for (int64_t t = 0; t < END_MAX; t++)
        expected.busy_ns += busy[t];
    for (size_t i = 0; i < run.request_count; i++) {
        const struct report_request *request = &run.requests[i];
        int64_t end_ns = request->complete_ns;
        if ((directions & 1u << request->direction) == 0)
            continue;
        if (is_in(scope, request, request->arrival_ns))
            add(expected.arrived, request);
        if (end_ns < 0 || !is_in(scope, request, end_ns))
            continue;
        add(expected.completed, request);
        if (end_ns > 0 && busy[end_ns - 1])
            add(expected.busy_completed, request);
    }
    return expected;
}

// From the first arrival of all to the last one, and to the end of the last request.
static void define_spans(int64_t *arrival_ns, int64_t *run_ns)
{
    int64_t first_ns = run.request_count > 0 ? run.requests[0].arrival_ns : 0, last_ns = 0;
    *arrival_ns =
        run.request_count > 0 ? run.requests[run.request_count - 1].arrival_ns - first_ns : 0;
    for (size_t i = 0; i < run.request_count; i++) {
        int64_t end_ns = run.requests[i].complete_ns < 0 ? run.end_ns : run.requests[i].complete_ns;
        last_ns = end_ns > last_ns ? end_ns : last_ns;
    }
    *run_ns = last_ns - first_ns;
}

// Returns whether there is a row.
static bool check_row(sqlite3 *handle, int64_t run_id, const struct scope *scope,
                      const char *direction, unsigned directions)
{
    struct expected expected = define(scope, directions);
    int64_t arrival_ns, run_ns;
    char sql[512];
    sqlite3_stmt *row;
    define_spans(&arrival_ns, &run_ns);
    snprintf(sql, sizeof sql,
             "SELECT arrived, arrived_bytes, completed, completed_bytes, busy_completed,"
             " busy_bytes, busy_ns, arrival_ns, run_ns FROM achieved WHERE run_id = %lld"
             " AND scope = '%s' AND id = %u AND direction = '%s'",
             (long long)run_id, scope->name, scope->id, direction);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &row, NULL), SQLITE_OK);
    bool found = sqlite3_step(row) == SQLITE_ROW;
    assert_int_equal(found, expected.arrived[0] > 0 || expected.completed[0] > 0);
    const int64_t values[] = {expected.arrived[0],
                              expected.arrived[1],
                              expected.completed[0],
                              expected.completed[1],
                              expected.busy_completed[0],
                              expected.busy_completed[1],
                              expected.busy_ns,
                              arrival_ns,
                              run_ns};
    for (int i = 0; found && i < 9; i++)
        assert_int_equal(sqlite3_column_int64(row, i), values[i]);
    sqlite3_finalize(row);
    return found;
}

static int64_t check_scope(sqlite3 *handle, int64_t run_id, const struct scope *scope)
{
    return check_row(handle, run_id, scope, "read", 1u << REPORT_DIRECTION_READ) +
           check_row(handle, run_id, scope, "write", 1u << REPORT_DIRECTION_WRITE) +
           check_row(handle, run_id, scope, "read+write",
                     1u << REPORT_DIRECTION_READ | 1u << REPORT_DIRECTION_WRITE);
}

static void test_random_runs(void **state)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    const char *path = scratch_path("achieved.db");
    struct report_error error;
    struct report_database *database = report_database_open(path, REPORT_WRITE, &error);
    int64_t rows = 0;
    sqlite3 *handle;
    (void)state;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    for (unsigned long seed = 1; seed <= RUNS; seed++) {
        gsl_rng_set(rng, seed);
        run_draw(&run, rng);
        assert_true(run.end_ns < END_MAX);
        place_members();
        int64_t run_id = run_record(&run, rng, database);
        for (uint32_t m = 0; m < RUN_MEMBERS; m++)
            rows += check_scope(handle, run_id, &(struct scope){"member", m});
        for (uint32_t g = 0; g < RUN_GROUPS; g++)
            rows += check_scope(handle, run_id, &(struct scope){"throttle_group", g});
        rows += check_scope(handle, run_id, &(struct scope){"all", 0});
    }
    sqlite3_close(handle);
    report_database_close(database);
    gsl_rng_free(rng);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM achieved"), rows);
    // The runs were not trivial.
    assert_true(answer_integer(path, "SELECT count(*) FROM achieved WHERE scope <> 'all' AND "
                                     "busy_ns < run_ns AND busy_completed < completed") > RUNS);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_runs)};
TEST_GROUP(achieved, tests, scratch_make, scratch_remove);
