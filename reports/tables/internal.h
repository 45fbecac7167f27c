// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of report_print. Each prints one section, or nothing if it has no rows. Some are parts
// of report_explain too.
#ifndef REPORTS_TABLES_INTERNAL_H
#define REPORTS_TABLES_INTERNAL_H

#include "reports/database.h"
#include "reports/grid.h"
#include "reports/query.h"

#include <stdbool.h>
#include <stdio.h>

#define TABLES_NAME_CHARACTERS 24 // of a name in a table

struct tables_context {
    struct report_database *database;
    int64_t run_id;
    FILE *out;
    struct report_error *error;
};

// What stands in a cell: the columns of the query are those of the grid.
bool tables_grid(const struct tables_context *context, const char *title, const char *sql,
                 const struct grid_column *columns, size_t column_count);

// The same of a statement that is ready to run, and which it ends. NULL: an error is filled
// already.
bool tables_grid_rows(const struct tables_context *context, const char *title, sqlite3_stmt *rows,
                      const struct grid_column *columns, size_t column_count);

// The run's object in JSON, from a row of the table run.
#define TABLES_JSON_RUN                                                                            \
    "json_object('run_id', run_id, 'name', name, 'status', status, 'error', error,"                \
    "            'version', version, 'sqlite', sqlite, 'engine', engine, 'device', device,"        \
    "            'interval_ns', interval_ns, 'started_at', started_at,"                            \
    "            'finished_at', finished_at, 'end_ns', end_ns, 'digest', digest,"                  \
    "            'arrived', arrived, 'dispatched', dispatched, 'completed', completed,"            \
    "            'waiting', arrived - dispatched, 'at_device', dispatched - completed)"

// The first lines: the run, how it ended, what it counted.
bool tables_print_head(const struct tables_context *context);
bool tables_print_members(const struct tables_context *context);
bool tables_print_groups(const struct tables_context *context);
bool tables_print_json(const struct tables_context *context);
#endif
