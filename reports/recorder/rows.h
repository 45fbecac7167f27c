// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the rows of one run. They are collected in memory (1 MiB) and written in one transaction
// when that is full, so that another process that writes to the same file never waits for a
// simulation, only for a write. Rows of one transaction are stored all or none, kind by kind in the
// order of enum report_row, those of one kind in the order in which they were added.
//
// The first failure sticks: later rows are dropped, and report_rows_error tells.
#ifndef REPORTS_RECORDER_ROWS_H
#define REPORTS_RECORDER_ROWS_H

#include "reports/database_internal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What can be written: one SQL statement each, whose ?1 is the run.
enum report_row {
    REPORT_ROW_MEMBER,
    REPORT_ROW_GROUP,
    REPORT_ROW_MEMBERSHIP,
    REPORT_ROW_STAGE_MEMBERSHIP,
    REPORT_ROW_LIMIT,
    REPORT_ROW_LIMIT_EFFECT,
    REPORT_ROW_OPERATION,
    REPORT_ROW_OPERATION_EFFECT,
    REPORT_ROW_NOTICE,
    REPORT_ROW_INTERVAL_LENGTH, // fills in the length of the run's intervals
    REPORT_ROW_REQUEST,
    REPORT_ROW_REQUEST_PLACE,
    REPORT_ROW_REQUEST_STAGE,
    REPORT_ROW_MEMBER_SERIES,
    REPORT_ROW_GROUP_INTERVAL,
    REPORT_ROW_BUCKET_INTERVAL,
    REPORT_ROW_WAIT_SERIES,
    REPORT_ROW_STAGE_WAIT_SERIES,
    REPORT_ROW_COUNTED_SERIES,
    REPORT_ROW_LATENCY_INTERVAL,
    REPORT_ROW_BURST_END,
    REPORT_ROW_GROUP_CONTENTION,
    REPORT_ROW_ASSUMPTION,
    REPORT_ROW_ACHIEVED,
    REPORT_ROW_MEMBER_STATISTICS,
    REPORT_ROW_LATENCY_STATISTICS,
    REPORT_ROW_HISTOGRAM,
    REPORT_ROW_GROUP_DIFFERENCE, // fills in a group's service difference
    REPORT_ROW_OUTCOME,          // fills in how the run ended
    REPORT_ROW_COUNT,
};

enum report_type {
    REPORT_NULL,
    REPORT_INTEGER,
    REPORT_REAL,
    REPORT_STRING,
};

struct report_value {
    enum report_type type;
    union {
        int64_t integer;
        double real;
        const char *string;
    };
};

static inline struct report_value report_null(void)
{
    return (struct report_value){REPORT_NULL, {.integer = 0}};
}

static inline struct report_value report_integer(int64_t value)
{
    return (struct report_value){REPORT_INTEGER, {.integer = value}};
}

// What is beyond SQLite's integers is stored as the largest one.
static inline struct report_value report_count(uint64_t value)
{
    return report_integer(value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static inline struct report_value report_real(double value)
{
    return (struct report_value){REPORT_REAL, {.real = value}};
}

// NULL is stored as NULL.
static inline struct report_value report_string(const char *value)
{
    return (struct report_value){value != NULL ? REPORT_STRING : REPORT_NULL, {.string = value}};
}

struct report_rows;

// NULL with the error filled. The run's row must exist before the first row is written.
struct report_rows *report_rows_open(struct report_database *database, int64_t run_id,
                                     struct report_error *error);
void report_rows_close(struct report_rows *rows); // NULL is allowed; what is not written is lost

// values: as many as the statement takes besides the run. Strings are copied.
void report_rows_add(struct report_rows *rows, enum report_row row,
                     const struct report_value *values);

// Rows that may never be written. All zero: none.
struct report_held {
    uint64_t *words;
    size_t used, capacity;
};
// As report_rows_add, but only kept.
void report_rows_hold(struct report_rows *rows, struct report_held *held, enum report_row row,
                      const struct report_value *values);
// Adds those kept, in order.
void report_rows_add_held(struct report_rows *rows, const struct report_held *held);

// Writes what was collected. False if anything has failed so far.
bool report_rows_flush(struct report_rows *rows);

// The first failure is this one, unless there was one before.
void report_rows_fail(struct report_rows *rows, const char *message);
// NULL: none so far.
const struct report_error *report_rows_error(const struct report_rows *rows);

#endif
