// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of report_print. Each prints one section, or nothing if it has no rows. Some are parts
// of report_explain too.
#ifndef REPORTS_TABLES_TABLES_INTERNAL_H
#define REPORTS_TABLES_TABLES_INTERNAL_H

#include "reports/database.h"
#include "reports/grid.h"
#include "reports/query.h"
#include "reports/style.h"

#include <stdbool.h>

#define TABLES_SOURCE_CELLS 50

struct tables_context {
    struct report_database *database;
    int64_t run_id;
    const struct report_style *style;
    struct report_error *error;
    const char *total_latency; // from tables_total_latency; NULL: not needed
    bool is_brief;             // a member has one line, not one for each direction
};

// Fills the error; false.
bool tables_memory(const struct tables_context *context);

// Before the others. SQL of a table total_latency to stand in a WITH; to be freed with
// sqlite3_free. NULL with the error filled.
char *tables_total_latency(const struct tables_context *context);

// As report_query_open; the statement, which goes on behind a WITH, has these besides:
//   chosen            the members that are shown: the columns of `member`, and place, their order
//   chosen_groups     (group_id) in which they have been
//   hidden            (member_id) those that are not
//   total_statistics, total_latency   as in the database, of all members together (part 0) and, the
//                     latter, of those that are not shown (part 1)
//   statistics        place, member_id, name, direction, requests, bytes, waited, queue_mean,
//                     queue_max, part: of the chosen ones, and of those parts (member_id NULL)
// ?4 is is_brief.
sqlite3_stmt *tables_statistics_open(const struct tables_context *context, const char *sql);

// Prints the rows of a statement, which it ends, as a table with a title, if there are any: the
// columns of the query are those of the grid. NULL: an error is filled already.
bool tables_grid(const struct tables_context *context, const char *title, sqlite3_stmt *rows,
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
// "and 7 more", if there are more than the style wants.
void tables_print_more(const struct tables_context *context, int64_t count);

bool tables_print_assumptions(const struct tables_context *context);
bool tables_print_achieved(const struct tables_context *context);
bool tables_print_members(const struct tables_context *context);
bool tables_print_groups(const struct tables_context *context);
// What the groups' limits let through at the start.
bool tables_print_limits(const struct tables_context *context);
// What was done, and what came of it.
bool tables_print_operations(const struct tables_context *context);
// The same of the rows of a statement, which it ends: at_ns, what, result and effect, if any.
bool tables_list_operations(const struct tables_context *context, sqlite3_stmt *rows);
#endif
