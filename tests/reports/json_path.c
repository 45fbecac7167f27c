// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/reports/json_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

void json_path_assert(const char *json, const char *path, const char *expected)
{
    sqlite3 *handle = NULL;
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_open(":memory:", &handle), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(handle, "SELECT json_valid(?1), json_extract(?1, ?2)", -1, &row, NULL),
        SQLITE_OK);
    sqlite3_bind_text(row, 1, json, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, path, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(row, 0), 1);
    const char *found = (const char *)sqlite3_column_text(row, 1);
    if (expected == NULL)
        assert_null(found);
    else
        assert_string_equal(found != NULL ? found : "(null)", expected);
    sqlite3_finalize(row);
    sqlite3_close(handle);
}
