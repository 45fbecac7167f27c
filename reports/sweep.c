// SPDX-License-Identifier: GPL-2.0-or-later
// Sweeps in the database.
#include "reports/sweep.h"

#include "reports/database_internal.h"
#include "reports/query.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char storing[] = "storing a sweep";

bool report_sweep_make(struct report_sweep *sweep)
{
    uint64_t count = sweep->points * sweep->seeds;
    sweep->rows = calloc(count + 1, sizeof *sweep->rows);
    for (uint64_t i = 0; sweep->rows != NULL && i < count; i++) {
        struct report_sweep_row *row = &sweep->rows[i];
        row->values = calloc(sweep->figure_count + 1, sizeof *row->values);
        row->members = calloc(sweep->figure_count + 1, sizeof *row->members);
        if (row->values == NULL || row->members == NULL)
            return false;
    }
    return sweep->rows != NULL;
}

void report_sweep_free(struct report_sweep *sweep)
{
    for (uint64_t i = 0; sweep->rows != NULL && i < sweep->points * sweep->seeds; i++) {
        free(sweep->rows[i].values);
        free(sweep->rows[i].members);
        free(sweep->rows[i].error);
    }
    free(sweep->rows);
    sweep->rows = NULL;
}

// ---- Statements ----

// The values of a statement, in their order. NULL: as SQL has it.
struct binding {
    sqlite3_stmt *statement;
    int next;
};

static void bind_integer(struct binding *binding, int64_t value)
{
    sqlite3_bind_int64(binding->statement, ++binding->next, value);
}

static void bind_text(struct binding *binding, const char *text)
{
    sqlite3_bind_text(binding->statement, ++binding->next, text, -1, SQLITE_TRANSIENT);
}

static void bind_hex(struct binding *binding, uint64_t value)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, value);
    bind_text(binding, text);
}

static bool prepare(struct report_database *database, struct binding *binding, const char *sql)
{
    binding->next = 0;
    return sqlite3_prepare_v2(report_database_handle(database), sql, -1, &binding->statement,
                              NULL) == SQLITE_OK;
}

static bool step(struct binding *binding)
{
    bool done = sqlite3_step(binding->statement) == SQLITE_DONE;
    sqlite3_reset(binding->statement);
    sqlite3_clear_bindings(binding->statement);
    binding->next = 0;
    return done;
}

// ---- A new one ----

static bool store_settings(struct report_database *database, const struct report_sweep *sweep)
{
    struct binding setting = {NULL, 0}, value = {NULL, 0}, figure = {NULL, 0};
    bool ok = prepare(database, &setting, "INSERT INTO sweep_setting VALUES (?, ?, ?, ?, ?)") &&
              prepare(database, &value, "INSERT INTO sweep_value VALUES (?, ?, ?, ?)") &&
              prepare(database, &figure, "INSERT INTO sweep_figure VALUES (?, ?, ?)");
    uint64_t stride = sweep->points;
    for (size_t i = 0; ok && i < sweep->setting_count; i++) {
        const struct report_sweep_setting *at = &sweep->settings[i];
        stride /= at->count;
        bind_integer(&setting, sweep->sweep_id);
        bind_integer(&setting, (int64_t)i);
        bind_text(&setting, at->key);
        bind_integer(&setting, (int64_t)at->count);
        bind_integer(&setting, (int64_t)stride);
        ok = step(&setting);
        for (size_t j = 0; ok && j < at->count; j++) {
            bind_integer(&value, sweep->sweep_id);
            bind_integer(&value, (int64_t)i);
            bind_integer(&value, (int64_t)j);
            bind_text(&value, at->values[j]);
            ok = step(&value);
        }
    }
    for (size_t i = 0; ok && i < sweep->figure_count; i++) {
        bind_integer(&figure, sweep->sweep_id);
        bind_integer(&figure, (int64_t)i);
        bind_text(&figure, sweep->figures[i].name);
        ok = step(&figure);
    }
    sqlite3_finalize(setting.statement);
    sqlite3_finalize(value.statement);
    sqlite3_finalize(figure.statement);
    return ok;
}

static bool insert(struct report_database *database, struct report_sweep *sweep)
{
    struct binding binding;
    if (!prepare(database, &binding,
                 "INSERT INTO sweep (identity, name, scenario, version, requests, points, seeds)"
                 " VALUES (?, ?, ?, ?, ?, ?, ?)"))
        return false;
    bind_hex(&binding, sweep->identity);
    bind_text(&binding, sweep->name);
    bind_text(&binding, sweep->scenario);
    bind_text(&binding, sweep->version);
    bind_integer(&binding, sweep->requests);
    bind_integer(&binding, (int64_t)sweep->points);
    bind_integer(&binding, sweep->seeds);
    bool ok = step(&binding);
    sqlite3_finalize(binding.statement);
    sweep->sweep_id = sqlite3_last_insert_rowid(report_database_handle(database));
    return ok && store_settings(database, sweep);
}

static bool transact(struct report_database *database, bool done, struct report_error *error)
{
    if (done && report_database_execute(database, storing, "COMMIT", error))
        return true;
    if (!done)
        report_database_fail(database, storing, error);
    sqlite3_exec(report_database_handle(database), "ROLLBACK", NULL, NULL, NULL);
    return false;
}

// ---- One that is there ----

static struct report_sweep_row *row_of(const struct report_sweep *sweep, sqlite3_stmt *rows)
{
    uint64_t point = (uint64_t)sqlite3_column_int64(rows, 0) - 1;
    uint64_t seed = (uint64_t)sqlite3_column_int64(rows, 1);
    return point < sweep->points && seed < sweep->seeds ? &sweep->rows[point * sweep->seeds + seed]
                                                        : NULL;
}

static bool read_points(struct report_database *database, struct report_sweep *sweep,
                        struct report_error *error)
{
    bool ok = true;
    sqlite3_stmt *rows = report_query_open(
        database,
        "SELECT point, seed, exit_code, error, digest, end_ns, arrived, dispatched, completed,"
        " run_id FROM sweep_point WHERE sweep_id = ?1",
        sweep->sweep_id, error);
    while (ok && report_query_next(rows)) {
        struct report_sweep_row *row = row_of(sweep, rows);
        if (row == NULL)
            continue;
        row->is_there = true;
        row->exit_code = sqlite3_column_int(rows, 2);
        row->digest = strtoull(report_query_text(rows, 4), NULL, 16);
        row->end_ns = sqlite3_column_int64(rows, 5);
        row->arrived = sqlite3_column_int64(rows, 6);
        row->dispatched = sqlite3_column_int64(rows, 7);
        row->completed = sqlite3_column_int64(rows, 8);
        row->run_id = sqlite3_column_int64(rows, 9);
        if (sqlite3_column_type(rows, 3) != SQLITE_NULL && row->error == NULL)
            ok = (row->error = strdup(report_query_text(rows, 3))) != NULL;
    }
    if (!ok)
        snprintf(error->message, sizeof error->message, "out of memory");
    return report_query_close(rows, error) && ok;
}

static int64_t member_of(const struct report_sweep *sweep, const char *name)
{
    for (size_t i = 0; i < sweep->member_count; i++) {
        if (strcmp(sweep->member_names[i], name) == 0)
            return (int64_t)i;
    }
    return -1;
}

static bool read_figures(struct report_database *database, struct report_sweep *sweep,
                         struct report_error *error)
{
    sqlite3_stmt *rows = report_query_open(
        database, "SELECT point, seed, figure, value, member FROM sweep_result WHERE sweep_id = ?1",
        sweep->sweep_id, error);
    while (report_query_next(rows)) {
        struct report_sweep_row *row = row_of(sweep, rows);
        uint64_t figure = (uint64_t)sqlite3_column_int64(rows, 2);
        if (row == NULL || figure >= sweep->figure_count)
            continue;
        row->values[figure] =
            sqlite3_column_type(rows, 3) == SQLITE_NULL ? NAN : sqlite3_column_double(rows, 3);
        row->members[figure] = member_of(sweep, report_query_text(rows, 4));
    }
    return report_query_close(rows, error);
}

// *found: 0, there is none.
static bool find(struct report_database *database, const struct report_sweep *sweep, int64_t *found,
                 int64_t *others, struct report_error *error)
{
    char identity[17];
    snprintf(identity, sizeof identity, "%016" PRIx64, sweep->identity);
    sqlite3_stmt *rows = report_query_open(
        database,
        "SELECT sweep_id, identity = ?2 FROM sweep WHERE ?1 = 0 AND (identity = ?2 OR name = ?3)",
        0, error);
    sqlite3_bind_text(rows, 2, identity, -1, SQLITE_STATIC);
    sqlite3_bind_text(rows, 3, sweep->name, -1, SQLITE_STATIC);
    *found = *others = 0;
    while (report_query_next(rows)) {
        if (sqlite3_column_int(rows, 1) != 0)
            *found = sqlite3_column_int64(rows, 0);
        else
            ++*others;
    }
    return report_query_close(rows, error);
}

bool report_sweep_read(struct report_database *database, struct report_sweep *sweep,
                       struct report_error *error)
{
    int64_t own = sweep->sweep_id, others;
    bool ok = find(database, sweep, &sweep->sweep_id, &others, error) &&
              (sweep->sweep_id == 0 ||
               (read_points(database, sweep, error) && read_figures(database, sweep, error)));
    sweep->sweep_id = own;
    return ok;
}

bool report_sweep_begin(struct report_database *database, struct report_sweep *sweep,
                        int64_t *others, struct report_error *error)
{
    int64_t found;
    if (!report_database_execute(database, storing, "BEGIN IMMEDIATE", error))
        return false;
    bool ok = find(database, sweep, &found, others, error);
    if (!ok || found != 0)
        sqlite3_exec(report_database_handle(database), "ROLLBACK", NULL, NULL, NULL);
    if (!ok)
        return false;
    sweep->sweep_id = found;
    if (found == 0)
        return transact(database, insert(database, sweep), error);
    return read_points(database, sweep, error) && read_figures(database, sweep, error);
}

// ---- Rows ----

static bool store_row(const struct report_sweep *sweep, uint64_t number, struct binding *point,
                      struct binding *result)
{
    const struct report_sweep_row *row = &sweep->rows[number];
    int64_t place = (int64_t)(number / sweep->seeds) + 1, seed = (int64_t)(number % sweep->seeds);
    bind_integer(point, sweep->sweep_id);
    bind_integer(point, place);
    bind_integer(point, seed);
    bind_integer(point, row->exit_code);
    bind_text(point, row->error);
    if (row->exit_code == 0) {
        bind_hex(point, row->digest);
        bind_integer(point, row->end_ns);
        bind_integer(point, row->arrived);
        bind_integer(point, row->dispatched);
        bind_integer(point, row->completed);
        if (row->run_id != 0)
            bind_integer(point, row->run_id);
    }
    bool ok = step(point);
    for (size_t i = 0; ok && row->exit_code == 0 && i < sweep->figure_count; i++) {
        bind_integer(result, sweep->sweep_id);
        bind_integer(result, place);
        bind_integer(result, seed);
        bind_integer(result, (int64_t)i);
        sqlite3_bind_double(result->statement, ++result->next, row->values[i]); // NAN: NULL
        bind_text(result, row->members[i] < 0 ? NULL : sweep->member_names[row->members[i]]);
        ok = step(result);
    }
    return ok;
}

bool report_sweep_store(struct report_database *database, const struct report_sweep *sweep,
                        const uint64_t *rows, size_t count, struct report_error *error)
{
    struct binding point = {NULL, 0}, result = {NULL, 0};
    if (count == 0)
        return true;
    if (!report_database_execute(database, storing, "BEGIN IMMEDIATE", error))
        return false;
    bool ok =
        prepare(database, &point,
                "INSERT OR REPLACE INTO sweep_point VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") &&
        prepare(database, &result, "INSERT OR REPLACE INTO sweep_result VALUES (?, ?, ?, ?, ?, ?)");
    for (size_t i = 0; ok && i < count; i++)
        ok = store_row(sweep, rows[i], &point, &result);
    sqlite3_finalize(point.statement);
    sqlite3_finalize(result.statement);
    return transact(database, ok, error);
}
