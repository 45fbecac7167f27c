// SPDX-License-Identifier: GPL-2.0-or-later
// The result database: one SQLite file, many runs. Schema: docs/database.md.
//
// A run is `running` from report_run_begin until report_run_finish says how it ended. Rows are
// written in large transactions; a killed process leaves a valid file in which the earlier runs are
// whole and its own run is still `running`.
#ifndef REPORTS_DATABASE_H
#define REPORTS_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct report_error {
    char message[1024]; // one line, no newline, no "error:" prefix
    bool is_input;      // the file is to blame, or what was asked of it, not the system;
                        // report_database_open sets it to false first
};

enum report_mode {
    REPORT_WRITE,     // created if missing
    REPORT_READ,      // must exist, is not changed
    REPORT_TEMPORARY, // no path: a file without a name as far as memory does not do, gone when
                      // the database is closed, however the program ends
};

enum report_status {
    REPORT_RUNNING,
    REPORT_COMPLETE,
    REPORT_FAILED,
    REPORT_INTERRUPTED,
};

struct report_database;

// path NULL: a database in memory, or REPORT_TEMPORARY. NULL with the error filled: not a database,
// not one of throttlesim's, a newer schema, no permission, ...
struct report_database *report_database_open(const char *path, enum report_mode mode,
                                             struct report_error *error);
void report_database_close(struct report_database *database); // NULL is allowed

// The newest run's id, or the one asked for if it exists. wanted 0: the newest. 0 with the error
// filled if there is none; the message names the runs that exist.
int64_t report_run_find(struct report_database *database, int64_t wanted,
                        struct report_error *error);

struct report_group {
    const char *name;
};

struct report_member {
    const char *name;
    const char *attach; // "filter" or "drive"
    const char *trace;  // where its requests come from, for people
    uint32_t below;     // throttles below its topmost one
};

// What is known when a run begins. All strings are copied.
struct report_run {
    const char *name;     // scenario file, or what was given instead
    const char *scenario; // the whole scenario as text, enough to run it again
    const char *version;  // of throttlesim
    const char *engine;
    const char *device;  // "null", "fixed 200000 ns", "recorded"
    int64_t interval_ns; // 0: as long as suits the run, from 1 ms on
    const struct report_member *members;
    size_t member_count;
    const struct report_group *groups; // those that exist at the start; more may be added
    size_t group_count;
};

// How it ended.
struct report_outcome {
    enum report_status status;
    const char *error; // why it failed, or NULL
    uint64_t digest;
    int64_t end_ns; // the virtual clock at the end
};
#endif
