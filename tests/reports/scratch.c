// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static char text[4096];

int scratch_make(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/throttlesim-test-XXXXXX");
    return mkdtemp(directory) != NULL && chmod(directory, 0755) == 0 ? 0 : -1;
}

int scratch_remove(void **state)
{
    DIR *entries = opendir(directory);
    struct dirent *entry;
    (void)state;
    if (entries == NULL)
        return -1;
    while ((entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlink(scratch_path(entry->d_name));
    }
    closedir(entries);
    return rmdir(directory);
}

const char *scratch_directory(void)
{
    return directory;
}

const char *scratch_path(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

void scratch_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static sqlite3 *open_file(const char *path)
{
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    sqlite3_busy_timeout(handle, 10000);
    return handle;
}

void scratch_execute(const char *path, const char *sql)
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

int64_t scratch_integer(const char *path, const char *sql)
{
    return ask(path, sql).integer;
}

double scratch_real(const char *path, const char *sql)
{
    return ask(path, sql).real;
}

const char *scratch_text(const char *path, const char *sql)
{
    ask(path, sql);
    return text;
}

void scratch_assert_sound(const char *path)
{
    assert_string_equal(scratch_text(path, "PRAGMA integrity_check"), "ok");
    assert_int_equal(scratch_integer(path, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_string_equal(scratch_text(path, "PRAGMA journal_mode"), "delete");
}
