// SPDX-License-Identifier: GPL-2.0-or-later
// The causes of waiting as they are stored and shown. What each means: docs/model.md, section 10.
#ifndef REPORTS_EXPLAIN_EXPLAIN_CAUSES_H
#define REPORTS_EXPLAIN_EXPLAIN_CAUSES_H

#include "reports/database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum explain_kind {
    EXPLAIN_LIMIT,
    EXPLAIN_BURST, // the burst part of a limit
    EXPLAIN_TURN,
    EXPLAIN_QUEUE,
    EXPLAIN_TIMER,
    EXPLAIN_DRAIN,
    EXPLAIN_OTHER, // whatever this program does not know
};

struct explain_cause {
    const char *key; // as it is stored
    enum explain_kind kind;
    const char *limit; // key of the limit, or ""
    const char *name;  // of its column in a table, below the limit
};

#define EXPLAIN_CAUSE_COUNT 17

// In the order in which they are shown. The last one is EXPLAIN_OTHER.
extern const struct explain_cause explain_causes[EXPLAIN_CAUSE_COUNT];

// Index of the cause that is stored as this.
size_t explain_cause_find(const char *key);

// Writes the SQL condition that the column `cause` is this one.
void explain_cause_condition(FILE *sql, size_t cause);

enum explain_stored {
    EXPLAIN_UNREADABLE, // the error is filled
    EXPLAIN_UNKNOWN,    // an earlier throttlesim stored the run, without the causes
    EXPLAIN_STORED,
};

// Does the database tell why requests of this run waited?
enum explain_stored explain_stored(struct report_database *database, int64_t run_id,
                                   struct report_error *error);
#endif
