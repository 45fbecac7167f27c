// SPDX-License-Identifier: GPL-2.0-or-later
// A subcommand's options as a table: parsing, help and "did you mean" come from the rows.
#ifndef SIM_CLI_OPTIONS_H
#define SIM_CLI_OPTIONS_H

#include "engine/engine.h"
#include "sim/base/error.h"
#include "sim/parts/cut.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_kind {
    OPTION_FLAG,    // bool
    OPTION_TEXT,    // const char *
    OPTION_NUMBER,  // int64_t, above 0
    OPTION_CHECKED, // const char *, one of `values`, separated by |
    OPTION_LIST     // struct option_list: may be given often
};

#define OPTION_LIST_MAX 64

struct option_list {
    const char *texts[OPTION_LIST_MAX];
    size_t count;
};

struct option_row {
    const char *name; // without the dashes
    char letter;      // 0: none
    enum option_kind kind;
    const char *argument; // for the help, NULL for a flag
    const char *values;   // OPTION_CHECKED: "queue|issue"
    size_t offset;        // of the value in the target
    const char *help;
};

// Parses argv[1..] into target, which holds the defaults; what is no option comes to stand at
// argv[*first...argc). "--" ends the options. Rows end with name NULL.
bool options_parse(int argc, char **argv, const struct option_row *rows, void *target, int *first,
                   struct sim_error *error);

// An option's duration of at least least_ns; text NULL leaves *ns as it is.
bool options_time(const char *name, const char *text, int64_t least_ns, int64_t *ns,
                  struct sim_error *error);

// --engine; text NULL leaves *algorithm as it is.
bool options_engine(const char *text, const struct engine_algorithm **algorithm,
                    struct sim_error *error);

// What part of a trace is wanted, as the command line says it.
struct option_cut {
    const char *start;
    const char *duration;
    const char *op; // "read,write"
    struct option_list volumes;
};

// --start, --duration, --op, --volume; what is not given is left as it is in the cut. The options
// must stay.
bool options_cut(const struct option_cut *options, struct cut *cut, struct sim_error *error);

// --format: is there such a format of traces? NULL is allowed.
bool options_format(const char *text, struct sim_error *error);

void options_help(FILE *out, const struct option_row *rows);

#endif
