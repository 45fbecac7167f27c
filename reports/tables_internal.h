// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of report_print. Each prints one section, or nothing if it has no rows.
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

bool tables_print_members(const struct tables_context *context);
bool tables_print_groups(const struct tables_context *context);
bool tables_print_json(const struct tables_context *context);
#endif
