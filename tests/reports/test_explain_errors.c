// SPDX-License-Identifier: GPL-2.0-or-later
// What cannot be explained, and what is said then.
#include "reports/database_internal.h"
#include "reports/explain.h"
#include "tests/reports/stored_run_lab.h"
#include "tests/support/test_group.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void assert_fails(struct report_database *database, int64_t run_id, const char *member,
                         const char *expected)
{
    struct report_error error = {.message = ""};
    FILE *out = fopen("/dev/null", "w");
    assert_non_null(out);
    const struct report_style style = {.out = out, .width = 100};
    assert_false(report_explain(database, run_id, member, &style, &error));
    assert_true(error.is_input);
    if (strstr(error.message, expected) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, expected);
    for (const char *c = error.message; *c; c++)
        assert_false(iscntrl((unsigned char)*c));
    fclose(out);
}

static void test_what_is_not_there(void **state)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    char name[4096];
    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_fails(database, STORED_UNKNOWN, NULL, "99");
    assert_fails(database, STORED_SMALL, "dB", "run 1 has no member 'dB'; it has: db, web");
    assert_fails(database, STORED_SMALL, "", "no member ''");
    assert_fails(database, STORED_SMALL, name, "nnn...nnnnnnnnnnnnnnnnnn'; it has: db, web");
    assert_fails(database, STORED_HOSTILE, "\033[2J", "no member '?[2J'; it has:");
    assert_fails(database, STORED_MANY, "disk40", "disk38, disk39");
    assert_true(report_database_execute(
        database, "a test", "UPDATE member SET name = name || '-of-a-longer-name'", &error));
    assert_fails(database, STORED_MANY, "disk1", "-longer-name, and ");
    report_database_close(database);
}

// A run that an earlier version stored, in a file that was brought up to date or was not.
static void test_earlier_version(void **state)
{
    static const char *const before[] = {"DELETE FROM wait_interval_row WHERE run_id = 1",
                                         "DROP VIEW wait_interval; DROP TABLE burst_end"};
    struct report_error error = {.message = ""};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct report_database *database = stored_run_open();
        assert_true(report_database_execute(database, "a test", before[i], &error));
        assert_fails(database, STORED_SMALL, NULL, "run 1 was stored by an earlier throttlesim");
        assert_fails(database, STORED_SMALL, "db", "run it again");
        report_database_close(database);
    }
}

static void test_out_cannot_be_written(void **state)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    FILE *full = fopen("/dev/full", "w");
    const struct report_style style = {.out = full, .width = 100};
    (void)state;
    assert_non_null(full);
    assert_false(report_explain(database, STORED_SMALL, NULL, &style, &error));
    assert_non_null(strstr(error.message, "No space left"));
    fclose(full);
    report_database_close(database);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_is_not_there),
    cmocka_unit_test(test_earlier_version),
    cmocka_unit_test(test_out_cannot_be_written),
};
TEST_GROUP(explain_errors, tests, NULL, NULL);
