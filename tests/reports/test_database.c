// SPDX-License-Identifier: GPL-2.0-or-later
// Which files are opened, which are refused and how, and which run is found.
#include <stddef.h>
#include <stdint.h>

#include "reports/database_internal.h"
#include "reports/merge.h"
#include "reports/query.h"
#include "reports/recorder.h"
#include "tests/reports/answers.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static struct report_error error;

static void assert_message_has(const char *part)
{
    if (strstr(error.message, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, error.message);
    assert_null(strchr(error.message, '\n'));
}

static void assert_refused(const char *path, enum report_mode mode, const char *part)
{
    error.message[0] = '\0';
    assert_null(report_database_open(path, mode, &error));
    assert_message_has(part);
    assert_message_has(path);
}

static void store_run(struct report_database *database)
{
    struct report_recorder_config config = {.run = {.name = "a run",
                                                    .scenario = "members: []\n",
                                                    .version = "0",
                                                    .engine = "test",
                                                    .device = "null",
                                                    .interval_ns = 1}};
    struct report_outcome outcome = {.status = REPORT_COMPLETE};
    struct report_recorder *recorder = report_recorder_begin(database, &config, &error);
    assert_non_null(recorder);
    assert_true(report_recorder_finish(recorder, &outcome, &error));
}

static void make_file(const char *path, size_t runs)
{
    struct report_database *database = report_database_open(path, REPORT_WRITE, &error);
    assert_non_null(database);
    for (size_t i = 0; i < runs; i++)
        store_run(database);
    report_database_close(database);
}

static void test_new_file_is_marked_as_ours(void **state)
{
    const char *path = scratch_path("new.db");
    (void)state;
    make_file(path, 0);
    answer_assert_sound(path);
    assert_int_equal(answer_integer(path, "PRAGMA application_id"), 0x7473696d);
    assert_int_equal(answer_integer(path, "PRAGMA user_version"), 6);
    // Opening it again changes nothing and finds the tables.
    make_file(path, 1);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM run"), 1);
}

static void test_foreign_files_are_refused(void **state)
{
    const char *path = scratch_path("foreign");
    (void)state;
    scratch_write(path, "This is a letter, and no database at all.\n", 42);
    assert_refused(path, REPORT_WRITE, "not an SQLite database");
    assert_refused(path, REPORT_READ, "not an SQLite database");
    unlink(path);
    answer_execute(path, "CREATE TABLE letters (text)");
    assert_refused(path, REPORT_WRITE, "not one of throttlesim's");
    assert_refused(path, REPORT_READ, "not one of throttlesim's");
    answer_execute(path, "DROP TABLE letters; PRAGMA application_id = 7");
    assert_refused(path, REPORT_WRITE, "application_id 0x7,");
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM sqlite_schema"), 0);
}

static void test_other_versions_are_refused(void **state)
{
    const char *path = scratch_path("version.db");
    (void)state;
    make_file(path, 1);
    answer_execute(path, "PRAGMA user_version = 7");
    assert_refused(path, REPORT_WRITE, "newer throttlesim (schema 7,");
    assert_refused(path, REPORT_READ, "newer throttlesim (schema 7,");
    answer_execute(path, "PRAGMA user_version = -1");
    assert_refused(path, REPORT_READ, "damaged");
}

// tests/reports/schema_4.dump
static void make_schema_4(const char *path)
{
    char sql[32768];
    FILE *file = fopen(TEST_SOURCE_DIR "/reports/schema_4.dump", "r");
    assert_non_null(file);
    size_t length = fread(sql, 1, sizeof sql - 1, file);
    assert_true(length < sizeof sql - 1);
    fclose(file);
    sql[length] = '\0';
    answer_execute(path, sql);
}

// All rows of what was tables then and is views now.
static void read_rows(const char *path, char *text, size_t size)
{
    static const char *const queries[] = {
        "SELECT interval, member_id, direction, arrived, arrived_bytes, dispatched, completed,"
        " waiting, waiting_max, latency_mean_ns, latency_p50_ns, latency_p99_ns, latency_max_ns,"
        " intervals FROM member_interval WHERE run_id = ?1 ORDER BY 1, 2, 3",
        "SELECT interval, member_id, direction, extra FROM counted_interval WHERE run_id = ?1",
        "SELECT interval, member_id, cause, requests, wait_ns FROM wait_interval WHERE run_id = ?1",
        ("SELECT member_id, direction, metric, low_ns, high_ns, count FROM histogram"
         " WHERE run_id = ?1 ORDER BY 1, 2, 3, 4")};
    struct report_database *database = report_database_open(path, REPORT_READ, &error);
    size_t used = 0;
    assert_non_null(database);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        sqlite3_stmt *rows = report_query_open(database, queries[i], 1, &error);
        while (report_query_next(rows)) {
            for (int c = 0; c < sqlite3_column_count(rows); c++)
                used +=
                    (size_t)snprintf(text + used, size - used, "%s ", report_query_text(rows, c));
            assert_true(used < size - 1);
        }
        assert_true(report_query_close(rows, &error));
    }
    report_database_close(database);
}

// Of an earlier schema a file keeps its rows: as it is, merged, and with a new run beside them.
static void test_rows_of_schema_4_stay(void **state)
{
    static char before[16384], after[16384];
    const char *path = scratch_path("schema4.db"), *merged = scratch_path("merged4.db");
    struct report_merge_counts counts;
    (void)state;
    make_schema_4(path);
    read_rows(path, before, sizeof before);
    assert_non_null(strstr(before, "1 1 write 7.0 "));
    assert_non_null(strstr(before, "1 write total 0 0 2 "));
    assert_int_equal(answer_integer(path, "PRAGMA user_version"), 4);
    struct report_database *other = report_database_open(merged, REPORT_WRITE, &error);
    assert_non_null(other);
    assert_true(report_merge(other, &path, 1, false, &counts, &error));
    report_database_close(other);
    read_rows(merged, after, sizeof after);
    assert_string_equal(before, after);
    make_file(path, 1);
    read_rows(path, after, sizeof after);
    assert_string_equal(before, after);
    assert_int_equal(answer_integer(path, "PRAGMA user_version"), 6);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM member_interval"),
                     answer_integer(path, "SELECT count(*) FROM member_interval_row"));
    answer_assert_sound(path);
}

static void test_older_files_are_brought_up_to_date(void **state)
{
    const char *path = scratch_path("older.db");
    struct report_database *database;
    (void)state;
    make_schema_4(path);
    answer_execute(
        path, "DROP TABLE wait_interval; DROP TABLE burst_end; DROP TABLE achieved;"
              "DROP VIEW achieved_rate; DROP TABLE assumption;"
              "DROP TABLE counted_interval; DROP TABLE latency_interval; DROP TABLE limit_effect;"
              "DROP TABLE operation_effect; DROP TABLE group_contention;"
              "DROP TABLE request_place; PRAGMA user_version = 1");
    database = report_database_open(path, REPORT_READ, &error);
    assert_non_null(database);
    // What it lacks is there for reading, and empty.
    assert_true(report_database_execute(
        database, "reading",
        "SELECT 1 FROM assumption, achieved_rate, burst_end, counted_interval, latency_interval,"
        " limit_effect,"
        " operation_effect, group_contention, request_place, run",
        &error));
    report_database_close(database);
    assert_int_equal(answer_integer(path, "PRAGMA user_version"), 1); // readers change nothing
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM sqlite_schema WHERE name IN "
                                          "('burst_end', 'achieved', 'achieved_rate')"),
                     0);
    make_file(path, 1);
    answer_assert_sound(path);
    assert_int_equal(answer_integer(path, "PRAGMA user_version"), 6);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM run"), 2);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM counted_interval"), 0);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM wait_interval"), 0);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM burst_end"), 0);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM achieved_rate"), 0);
}

static void test_damaged_files_do_no_harm(void **state)
{
    const char *path = scratch_path("damaged.db");
    char bytes[4096];
    (void)state;
    make_file(path, 1);
    // The header is ours, all else is noise.
    FILE *file = fopen(path, "rb+");
    assert_non_null(file);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 31 + i / 7);
    fseek(file, 100, SEEK_SET);
    for (int i = 0; i < 40; i++)
        fwrite(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_refused(path, REPORT_WRITE, "opening the result database");
    assert_refused(path, REPORT_READ, "opening the result database");
}

static void test_places_without_a_database(void **state)
{
    (void)state;
    assert_refused(scratch_path("missing.db"), REPORT_READ, "No such file");
    assert_refused(scratch_path("no/such.db"), REPORT_WRITE,
                   "no': No such file or directory; make");
    assert_refused(scratch(), REPORT_WRITE, "this is a directory; name a file in it");
    assert_refused(scratch(), REPORT_READ, "this is a directory; name a file in it");
    assert_refused("/dev/full", REPORT_WRITE, "this is no file but a device");
    assert_refused("/dev/null", REPORT_READ, "this is no file but a device");
    assert_refused("", REPORT_WRITE, "the name of the database is empty");
    scratch_write(scratch_path("file"), "x", 1);
    assert_refused(scratch_path("file/x.db"), REPORT_WRITE, "file' is a file, not a directory");
    assert_refused(scratch_path("file/x.db"), REPORT_READ, "Not a directory");
    scratch_write(scratch_path("empty.db"), "", 0);
    assert_refused(scratch_path("empty.db"), REPORT_READ, "holds no runs");
    make_file(scratch_path("empty.db"), 1);
}

// What SQLite takes for something else is the name of a file here.
static void test_names_are_taken_literally(void **state)
{
    static const char *const names[] = {":memory:", "file:x.db?mode=memory", "file:x"};
    char before[512];
    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch()), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        make_file(names[i], 1);
        assert_int_equal(access(names[i], F_OK), 0);
    }
    assert_null(report_database_open("", REPORT_WRITE, &error));
    assert_int_equal(chdir(before), 0);
}

// Permissions do not hold for root: look as somebody else.
static int look_as_nobody(const char *path)
{
    struct report_database *database;
    if (geteuid() == 0 && (setegid(NOBODY) != 0 || seteuid(NOBODY) != 0))
        return 10;
    database = report_database_open(path, REPORT_WRITE, &error);
    if (database != NULL)
        return 11;
    if (strstr(error.message, path) == NULL ||
        strstr(error.message, "it cannot be written: Permission denied") == NULL)
        return 12;
    database = report_database_open(scratch_path("fresh.db"), REPORT_WRITE, &error);
    if (database != NULL || strstr(error.message, "no file can be made in '") == NULL)
        return 15;
    database = report_database_open(path, REPORT_READ, &error);
    if (database == NULL)
        return 13;
    if (report_run_find(database, 0, &error) != 2)
        return 14;
    report_database_close(database);
    return 0;
}

static void test_reading_in_a_read_only_directory(void **state)
{
    const char *path = scratch_path("shared.db");
    int status;
    (void)state;
    make_file(path, 2);
    chmod(path, 0444);
    chmod(scratch(), 0555);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(look_as_nobody(path));
    assert_int_equal(waitpid(child, &status, 0), child);
    chmod(scratch(), 0755);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_reading_changes_nothing(void **state)
{
    const char *path = scratch_path("unchanged.db");
    struct report_recorder_config config = {.run = {.name = "", .interval_ns = 1}};
    (void)state;
    make_file(path, 1);
    struct report_database *database = report_database_open(path, REPORT_READ, &error);
    assert_non_null(database);
    assert_null(report_recorder_begin(database, &config, &error));
    report_database_close(database);
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM run"), 1);
}

static void test_finding_runs(void **state)
{
    const char *path = scratch_path("find.db");
    (void)state;
    make_file(path, 0);
    struct report_database *database = report_database_open(path, REPORT_WRITE, &error);
    assert_int_equal(report_run_find(database, 0, &error), 0);
    assert_message_has("no runs");
    for (int i = 0; i < 9; i++)
        store_run(database);
    assert_int_equal(report_run_find(database, 0, &error), 9);
    assert_int_equal(report_run_find(database, 3, &error), 3);
    answer_execute(path, "DELETE FROM run WHERE run_id IN (1, 4, 8)");
    assert_int_equal(report_run_find(database, 4, &error), 0);
    assert_message_has("no run 4");
    assert_message_has("it holds 2 to 3, 5 to 7, 9");
    assert_int_equal(report_run_find(database, -1, &error), 0);
    // More than a line can name.
    answer_execute(path, "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 2 FROM n "
                         "WHERE i < 9000) INSERT INTO run SELECT i, 'complete', NULL, '', '', '', "
                         "'', '', '', 1, '', NULL, NULL, NULL, NULL, NULL, NULL FROM n");
    assert_int_equal(report_run_find(database, 4, &error), 0);
    assert_message_has(", ...");
    report_database_close(database);
}

static void test_database_in_memory(void **state)
{
    struct report_database *database = report_database_open(NULL, REPORT_WRITE, &error);
    (void)state;
    assert_non_null(database);
    store_run(database);
    assert_int_equal(report_run_find(database, 0, &error), 1);
    report_database_close(database);
    report_database_close(NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_new_file_is_marked_as_ours),
    cmocka_unit_test(test_foreign_files_are_refused),
    cmocka_unit_test(test_other_versions_are_refused),
    cmocka_unit_test(test_older_files_are_brought_up_to_date),
    cmocka_unit_test(test_rows_of_schema_4_stay),
    cmocka_unit_test(test_damaged_files_do_no_harm),
    cmocka_unit_test(test_places_without_a_database),
    cmocka_unit_test(test_names_are_taken_literally),
    cmocka_unit_test(test_reading_in_a_read_only_directory),
    cmocka_unit_test(test_reading_changes_nothing),
    cmocka_unit_test(test_finding_runs),
    cmocka_unit_test(test_database_in_memory),
};
TEST_GROUP(database, tests, scratch_make, scratch_remove);
