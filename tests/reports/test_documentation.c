// SPDX-License-Identifier: GPL-2.0-or-later
// docs/database.md is true: its queries run, and it names every table and column there is.
#include <stddef.h>
#include <stdint.h>

#include "reports/database.h"
#include "tests/reports/answers.h"
#include "tests/support/test_group.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static char page[65536];
static sqlite3 *handle;

static int open_both(void **state)
{
    struct report_error error;
    FILE *file = fopen(TEST_SOURCE_DIR "/../docs/database.md", "r");
    const char *path;
    size_t size;
    if (file == NULL || scratch_make(state) != 0)
        return -1;
    size = fread(page, 1, sizeof page - 1, file);
    fclose(file);
    path = scratch_path("documented.db");
    report_database_close(report_database_open(path, REPORT_WRITE, &error));
    return size > 0 && size < sizeof page - 1 && sqlite3_open(path, &handle) == SQLITE_OK ? 0 : -1;
}

static int close_both(void **state)
{
    sqlite3_close(handle);
    return scratch_remove(state);
}

static void test_queries_run(void **state)
{
    static const char fence[] = "```sql\n";
    int queries = 0;
    (void)state;
    for (const char *at = strstr(page, fence); at != NULL; at = strstr(at, fence)) {
        const char *end = strstr(at += strlen(fence), "```");
        char sql[4096];
        assert_non_null(end);
        snprintf(sql, sizeof sql, "%.*s", (int)(end - at), at);
        if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
            fail_msg("%s\n%s", sqlite3_errmsg(handle), sql);
        queries++;
    }
    assert_true(queries > 5);
}

static void test_every_column_is_named(void **state)
{
    sqlite3_stmt *columns;
    int count = 0;
    (void)state;
    assert_int_equal(sqlite3_prepare_v2(handle,
                                        "SELECT t.name, c.name FROM sqlite_schema AS t, "
                                        "pragma_table_info(t.name) AS c WHERE t.type = 'table'",
                                        -1, &columns, NULL),
                     SQLITE_OK);
    for (; sqlite3_step(columns) == SQLITE_ROW; count++) {
        for (int i = 0; i < 2; i++) {
            const char *name = (const char *)sqlite3_column_text(columns, i);
            if (strstr(page, name) == NULL)
                fail_msg("%s is not described", name);
        }
    }
    sqlite3_finalize(columns);
    assert_true(count > 80);
}

// Deleting a run as described leaves nothing of it anywhere.
static void test_removal_names_every_table(void **state)
{
    sqlite3_stmt *tables;
    (void)state;
    assert_int_equal(sqlite3_prepare_v2(handle,
                                        "SELECT name FROM sqlite_schema WHERE type = 'table'", -1,
                                        &tables, NULL),
                     SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW) {
        char start[128];
        snprintf(start, sizeof start, "DELETE FROM %s ",
                 (const char *)sqlite3_column_text(tables, 0));
        if (strstr(page, start) == NULL)
            fail_msg("%s is missing", start);
    }
    sqlite3_finalize(tables);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_queries_run),
    cmocka_unit_test(test_every_column_is_named),
    cmocka_unit_test(test_removal_names_every_table),
};
TEST_GROUP(documentation, tests, open_both, close_both);
