// SPDX-License-Identifier: GPL-2.0-or-later
// A database in memory that holds runs as rows written by hand, for those who read them.
#ifndef TESTS_REPORTS_STORED_RUN_H
#define TESTS_REPORTS_STORED_RUN_H

#include "reports/database.h"

enum {
    STORED_SMALL = 1,   // complete; two members, all tables filled
    STORED_EMPTY = 2,   // interrupted before the first request
    STORED_HOSTILE = 3, // failed; names that try to break terminals, gnuplot and JSON
    STORED_MANY = 4,    // still running; 40 members, 5000 intervals
    STORED_LONG = 5,    // two years, limits far above what was done, overfull buckets
    STORED_UNKNOWN = 99,
};

// Fails the test if it cannot be made. To be closed by the caller.
struct report_database *stored_run_open(void);
#endif
