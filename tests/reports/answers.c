// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/reports/answers.h"

#include "tests/support/test_group.h"

#include <sqlite3.h>
#include <stdio.h>

static char text[4096];

static sqlite3 *open_file(const char *path)
{
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    sqlite3_busy_timeout(handle, 10000);
    return handle;
}

void answer_execute(const char *path, const char *sql)
{
    sqlite3 *handle = open_file(path);
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    sqlite3_close(handle);
}

struct answer {
    int64_t integer;
    double real;
};

static struct answer ask(const char *path, const char *sql)
{
    sqlite3 *handle = open_file(path);
    sqlite3_stmt *rows;
    if (sqlite3_prepare_v2(handle, sql, -1, &rows, NULL) != SQLITE_OK ||
        sqlite3_step(rows) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    if (sqlite3_column_type(rows, 0) == SQLITE_NULL)
        fail_msg("%s: NULL", sql);
    struct answer answer = {sqlite3_column_int64(rows, 0), sqlite3_column_double(rows, 0)};
    snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(rows, 0));
    sqlite3_finalize(rows);
    sqlite3_close(handle);
    return answer;
}

int64_t answer_integer(const char *path, const char *sql)
{
    return ask(path, sql).integer;
}

double answer_real(const char *path, const char *sql)
{
    return ask(path, sql).real;
}

const char *answer_text(const char *path, const char *sql)
{
    ask(path, sql);
    return text;
}

void answer_assert_sound(const char *path)
{
    assert_string_equal(answer_text(path, "PRAGMA integrity_check"), "ok");
    assert_int_equal(answer_integer(path, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_string_equal(answer_text(path, "PRAGMA journal_mode"), "delete");
}
