// SPDX-License-Identifier: GPL-2.0-or-later
// What is left when a writer is killed, when the disk is full, and when several write at once.
#include <stddef.h>
#include <stdint.h>

#include "reports/recorder.h"
#include "tests/reports/answers.h"
#include "tests/support/test_group.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct report_error error;

static const struct report_member members[] = {{"db", "filter", "made up", 0}};

static struct report_recorder *begin_run(struct report_database *database)
{
    struct report_recorder_config config = {.run = {.name = "crash",
                                                    .scenario = "",
                                                    .version = "0",
                                                    .engine = "test",
                                                    .device = "null",
                                                    .interval_ns = 1000000,
                                                    .members = members,
                                                    .member_count = 1},
                                            .log_requests = true};
    return report_recorder_begin(database, &config, &error);
}

static void record_requests(struct report_recorder *recorder, uint64_t count)
{
    for (uint64_t seq = 0; seq < count; seq++) {
        struct report_request request = {.seq = seq,
                                         .op = "read",
                                         .bytes = 4096,
                                         .arrival_ns = (int64_t)seq * 1000,
                                         .dispatch_ns = REPORT_NOT_YET,
                                         .complete_ns = REPORT_NOT_YET,
                                         .recorded_ns = REPORT_NOT_YET};
        report_recorder_arrival(recorder, &request);
        request.dispatch_ns = request.arrival_ns;
        report_recorder_dispatch(recorder, &request);
        request.complete_ns = request.arrival_ns + 500;
        report_recorder_complete(recorder, &request);
    }
}

static bool store_run(const char *path, uint64_t requests)
{
    struct report_outcome outcome = {.status = REPORT_COMPLETE, .digest = 0xABC};
    struct report_database *database = report_database_open(path, REPORT_WRITE, &error);
    struct report_recorder *recorder = database != NULL ? begin_run(database) : NULL;
    bool stored = false;
    if (recorder != NULL) {
        record_requests(recorder, requests);
        stored = report_recorder_finish(recorder, &outcome, &error);
    }
    report_database_close(database);
    return stored;
}

// Runs in a process of its own; returns its wait status.
static int in_child(int (*work)(const char *path), const char *path)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(work(path));
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int die_while_recording(const char *path)
{
    struct report_recorder *recorder = begin_run(report_database_open(path, REPORT_WRITE, &error));
    record_requests(recorder, 100000);
    raise(SIGKILL);
    return 0;
}

static void test_killed_while_recording(void **state)
{
    const char *path = scratch_path("killed.db");
    (void)state;
    assert_true(store_run(path, 10));
    assert_true(WIFSIGNALED(in_child(die_while_recording, path)));
    answer_assert_sound(path);
    assert_string_equal(answer_text(path, "SELECT group_concat(status) FROM run"),
                        "complete,running");
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM request WHERE run_id = 1"), 10);
    // Of the killed run whole batches are there, from the first request on.
    int64_t kept = answer_integer(path, "SELECT count(*) FROM request WHERE run_id = 2");
    assert_true(kept > 0 && kept < 100000);
    assert_int_equal(answer_integer(path, "SELECT max(seq) FROM request WHERE run_id = 2"),
                     kept - 1);
    // And the next run goes on beside it.
    assert_true(store_run(path, 10));
    assert_int_equal(answer_integer(path, "SELECT run_id FROM run WHERE status = 'complete' AND "
                                          "digest = '0000000000000abc' AND run_id > 1"),
                     3);
}

// Leaves a transaction half written to the file itself, which only the journal can take back.
static int die_while_writing(const char *path)
{
    sqlite3 *handle;
    sqlite3_open(path, &handle);
    sqlite3_exec(handle,
                 "PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE run SET status = 'failed';"
                 "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE "
                 "i < 50000) INSERT INTO request SELECT 1, i, 0, 'read', 0, 0, 0, 0, 0 FROM n",
                 NULL, NULL, NULL);
    raise(SIGKILL);
    return 0;
}

static void test_killed_while_writing(void **state)
{
    const char *path = scratch_path("torn.db");
    const char *journal = scratch_path("torn.db-journal");
    (void)state;
    assert_true(store_run(path, 10));
    assert_true(WIFSIGNALED(in_child(die_while_writing, path)));
    assert_int_equal(access(journal, F_OK), 0);
    struct report_database *database = report_database_open(path, REPORT_READ, &error);
    if (database == NULL)
        fail_msg("%s", error.message);
    assert_int_equal(report_run_find(database, 0, &error), 1);
    report_database_close(database);
    assert_int_not_equal(access(journal, F_OK), 0);
    answer_assert_sound(path);
    assert_string_equal(answer_text(path, "SELECT status FROM run"), "complete");
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM request"), 10);
}

static struct rlimit limit_files(rlim_t bytes)
{
    struct rlimit before, limited;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limited = before;
    limited.rlim_cur = bytes;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limited), 0);
    return before;
}

static void test_no_room_while_recording(void **state)
{
    const char *path = scratch_path("full.db");
    (void)state;
    assert_true(store_run(path, 1000));
    struct report_database *database = report_database_open(path, REPORT_WRITE, &error);
    struct report_recorder *recorder = begin_run(database);
    struct report_outcome outcome = {.status = REPORT_COMPLETE};
    assert_non_null(recorder);
    struct rlimit before = limit_files(400 * 1024);
    record_requests(recorder, 100000);
    assert_false(report_recorder_ok(recorder));
    assert_false(report_recorder_finish(recorder, &outcome, &error));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    report_database_close(database);
    assert_non_null(strstr(error.message, path));
    assert_non_null(strstr(error.message, "storing rows of a run"));
    assert_null(strchr(error.message, '\n'));
    answer_assert_sound(path);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM request WHERE run_id = 1"), 1000);
    // A short text still had room: the run says itself that it failed, and why.
    assert_string_equal(answer_text(path, "SELECT status FROM run WHERE run_id = 2"), "failed");
    assert_string_equal(answer_text(path, "SELECT error FROM run WHERE run_id = 2"), error.message);
}

static void test_no_room_at_all(void **state)
{
    const char *path = scratch_path("none.db");
    struct rlimit before = limit_files(1024);
    (void)state;
    assert_null(report_database_open(path, REPORT_WRITE, &error));
    assert_non_null(strstr(error.message, path));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    // What the failed attempt left can be used.
    assert_true(store_run(path, 1));
}

static int store_three_runs(const char *path)
{
    for (int i = 0; i < 3; i++) {
        if (!store_run(path, 30000)) {
            fprintf(stderr, "%s\n", error.message);
            return 1;
        }
    }
    return 0;
}

// Also creating the file is a race here.
static void test_several_writers(void **state)
{
    const char *path = scratch_path("several.db");
    (void)state;
    for (int i = 0; i < 4; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(store_three_runs(path));
    }
    int failures = 0, status;
    for (int i = 0; i < 4; i++) {
        assert_true(wait(&status) > 0);
        failures += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    }
    assert_int_equal(failures, 0);
    answer_assert_sound(path);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM run WHERE status = 'complete' "
                                          "AND arrived = 30000"),
                     12);
    assert_int_equal(answer_integer(path, "SELECT min(n) FROM (SELECT count(*) AS n FROM request "
                                          "GROUP BY run_id)"),
                     30000);
}

// While one run is being recorded nobody else has to wait for it.
static void test_recording_locks_nobody_out(void **state)
{
    const char *path = scratch_path("unlocked.db");
    struct report_database *database = report_database_open(path, REPORT_WRITE, &error);
    struct report_recorder *recorder = begin_run(database);
    struct report_outcome outcome = {.status = REPORT_INTERRUPTED};
    (void)state;
    record_requests(recorder, 50000);
    assert_true(store_run(path, 10));
    assert_true(report_recorder_finish(recorder, &outcome, &error));
    report_database_close(database);
    assert_string_equal(answer_text(path, "SELECT group_concat(status) FROM run"),
                        "interrupted,complete");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_killed_while_recording),
    cmocka_unit_test(test_killed_while_writing),
    cmocka_unit_test(test_no_room_while_recording),
    cmocka_unit_test(test_no_room_at_all),
    cmocka_unit_test(test_several_writers),
    cmocka_unit_test(test_recording_locks_nobody_out),
};
TEST_GROUP(crash, tests, scratch_make, scratch_remove);
