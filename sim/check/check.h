// SPDX-License-Identifier: GPL-2.0-or-later
// Checks scenarios against what was accepted of them, several at a time.
#ifndef SIM_CHECK_CHECK_H
#define SIM_CHECK_CHECK_H

#include "sim/base/error.h"
#include "sim/base/names.h"
#include "sim/base/progress.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Which scenarios there are to check, and where what was accepted of them is kept.

struct suite_entry {
    char *scenario; // path; NULL: accepted results without a scenario
    char *accepted; // path
};

// All zero is empty.
struct suite {
    struct suite_entry *entries; // in the order of the operands, in a folder by name
    size_t count;
    size_t scenario_count;
    size_t named_count;  // of scenarios, with those that come twice
    struct names places; // of the accepted results' paths, in entries
};

// Each operand is a scenario file or a folder, of which *.yaml, *.yml and *.json are taken, but not
// what is in folders in it, nor names that begin with a dot. A scenario named twice counts once.
// suite_free is needed in any case.
bool suite_find(struct suite *suite, char *const *operands, size_t count, struct sim_error *error);
void suite_free(struct suite *suite);

enum check_status {
    CHECK_NOT_YET,
    CHECK_SAME,      // as accepted
    CHECK_DIFFERENT, // and not accepted
    CHECK_MISSING,   // nothing accepted yet
    CHECK_STALE,     // accepted results without a scenario
    CHECK_BROKEN,    // could not be checked
    CHECK_NEW,       // accepted for the first time
    CHECK_CHANGED,   // accepted anew
    CHECK_STATUS_COUNT,
};

// Of one scenario. All zero is none.
struct check_result {
    enum check_status status;
    struct sim_error error; // of CHECK_BROKEN
    char *text;             // lines for people; NULL: nothing to say
    json_t *json;
};

void check_result_free(struct check_result *result);

struct check_options {
    bool accept;             // what differs is written
    unsigned jobs;           // at a time
    progress_tell *progress; // of scenarios; in the caller's thread
    void *progress_context;
};

// One result for each entry of the suite, in its order. False with the error filled: a signal came
// (sim/base/stop.h), and nothing more was begun or written.
bool check_suite(const struct suite *suite, const struct check_options *options,
                 struct check_result *results, struct sim_error *error);

// How people and JSON call a status, and what its line says; NULL: it has none.
struct check_status_row {
    const char *name, *key, *line;
};
extern const struct check_status_row check_statuses[CHECK_STATUS_COUNT];

#endif
