// SPDX-License-Identifier: GPL-2.0-or-later
// A directory for a test's scenarios and traces, and whole runs of them in memory.
#ifndef TESTS_SIM_LAB_H
#define TESTS_SIM_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/replay/run.h"
#include "tests/support/scratch.h"
#include "tests/support/splitmix.h"

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)
#define HEADER "time_ns,op,offset,bytes,member,latency_ns\n"

// Loads text as if it were the file NAME in the directory. NULL with the error filled.
struct scenario *lab_load(const char *name, const char *text, struct sim_error *error);

// A finished run, and its database.
struct lab_run {
    struct scenario *scenario;
    struct report_database *database;
    int64_t run_id;
    enum report_status status;
    bool ok;
    struct sim_error error;
};

// Runs a scenario's text with every request logged. The scenario must load; the run may fail.
struct lab_run lab_run(const char *text);
// The same, and it must end complete.
struct lab_run lab_run_complete(const char *text);
void lab_run_free(struct lab_run *run);

// The first column of the first row, which must be there. The text is valid until the next call.
int64_t lab_integer(const struct lab_run *run, const char *sql);
double lab_real(const struct lab_run *run, const char *sql);
const char *lab_text(const struct lab_run *run, const char *sql);

// All rows of a query as text: columns apart by one space, each row ended by a newline, NULL as
// "-".
void lab_expect_rows(const struct lab_run *run, const char *sql, const char *expected);

// "seq member arrival_ns dispatch_ns complete_ns" of every request.
void lab_expect_log(const struct lab_run *run, const char *expected);

// The whole comparison: the test fails unless the error says exactly this. "DIR" in `expected`
// stands for the directory.
void lab_expect_message(const struct sim_error *error, enum sim_exit exit, const char *expected);

// A scenario's text, and what is said about it after "DIR/run.yaml:". A list ends with NULL.
struct lab_refusal {
    const char *text;
    const char *message;
};
void lab_refuse_all(const struct lab_refusal *rows);

// Both mean the same, field by field.
void lab_expect_same(const struct scenario *a, const struct scenario *b);

// A run of it fails with the message (as lab_expect_message has it).
void lab_expect_failure(const char *scenario, const char *message);

#endif
