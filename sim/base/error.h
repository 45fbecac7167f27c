// SPDX-License-Identifier: GPL-2.0-or-later
// Exit codes of the program, and errors on their way to it.
#ifndef SIM_BASE_ERROR_H
#define SIM_BASE_ERROR_H

#include <stddef.h>

// Also in the manual page, docs/throttlesim.1.
enum sim_exit {
    SIM_DONE = 0,
    SIM_FAILED = 1,       // the system did not let us: disk full, no gnuplot, out of memory
    SIM_USAGE = 2,        // the command line
    SIM_BAD_INPUT = 3,    // a scenario, a trace, a database
    SIM_CHECK_FAILED = 4, // a check that was asked for did not hold
};

struct sim_error {
    enum sim_exit exit;
    char message[2048]; // one line, where it can without the prefix "throttlesim: "
};

// Where in a file a thing stands, for messages; 0: nowhere.
struct sim_place {
    size_t line;
    size_t column;
};

// Fills the error; returns 0, so that `return sim_fail(...)` fits functions that return bool, a
// pointer or a count.
int sim_fail(struct sim_error *error, enum sim_exit exit, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

int sim_fail_memory(struct sim_error *error);

#endif
