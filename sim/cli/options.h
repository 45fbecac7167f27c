// SPDX-License-Identifier: GPL-2.0-or-later
// A command's options as a table: parsing, help, manual page, completion and "did you mean" come
// from the rows.
#ifndef SIM_CLI_OPTIONS_H
#define SIM_CLI_OPTIONS_H

#include "sim/base/error.h"
#include "sim/parts/cut.h"
#include "sim/scenario/scenario.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What the value is, and what it is kept as.
enum option_kind {
    OPTION_FLAG,         // bool
    OPTION_TEXT,         // const char *
    OPTION_NUMBER,       // int64_t, above 0
    OPTION_CHOICE,       // const char *, one of those in `argument`, separated by |
    OPTION_LIST,         // struct option_list: may be given often
    OPTION_OPS,          // unsigned, as in struct cut: "read,write"
    OPTION_ENGINE,       // const struct engine_algorithm *
    OPTION_FORMAT,       // const char *, a format of traces that can be read
    OPTION_SETTING,      // struct option_settings: a key of a scenario, checked there
    OPTION_SETTING_LIST, // the same: may be given often
    OPTION_OUTPUT_FORMAT // const char *, not checked: that needs the output's name
};

struct option_row {
    const char *name; // without the dashes; NULL behind the last row
    char letter;      // 0: none
    enum option_kind kind;
    const char *argument; // for the help: "FILE", "queue|issue"; NULL for a flag
    size_t offset;        // of the value in the struct of the command's arguments
    const char *help;     // sentences without the last full stop; NULL: read, but shown nowhere
};

#define OPTION_LIST_MAX 64

struct option_list {
    const char *texts[OPTION_LIST_MAX];
    size_t count;
};

// What the command line says of a scenario's keys, in its order.
struct option_settings {
    struct scenario_option options[OPTION_LIST_MAX + 16];
    size_t count;
};

// What part of a trace is wanted.
struct option_cut {
    const char *start;
    const char *duration;
    unsigned ops; // 0: not given
    struct option_list volumes;
};

// The rows of a struct option_cut that stands at this offset.
#define OPTIONS_CUT(at)                                                                            \
    {"start",                                                                                      \
     0,                                                                                            \
     OPTION_TEXT,                                                                                  \
     "TIME",                                                                                       \
     (at) + offsetof(struct option_cut, start),                                                    \
     "leave out what was recorded before; times count from there"},                                \
        {"duration",                                                                               \
         0,                                                                                        \
         OPTION_TEXT,                                                                              \
         "TIME",                                                                                   \
         (at) + offsetof(struct option_cut, duration),                                             \
         "how much of the recording, from the start on; the rest is not read"},                    \
        {"device",                                                                                 \
         0,                                                                                        \
         OPTION_LIST,                                                                              \
         "NAME",                                                                                   \
         (at) + offsetof(struct option_cut, volumes),                                              \
         "only this volume, such as 254,48; may be given often"},                                  \
        {"volume", 0, OPTION_LIST, "NAME", (at) + offsetof(struct option_cut, volumes), NULL},     \
    {                                                                                              \
        "op", 0, OPTION_OPS, "NAME,...", (at) + offsetof(struct option_cut, ops),                  \
            "only these operations: read, write, discard, write-zeroes, flush"                     \
    }

// How traces are read.
struct option_reading {
    const char *arrival;
    const char *format;
    const char *layout;
};

#define OPTIONS_READING(at)                                                                        \
    {"arrival",                                                                                    \
     0,                                                                                            \
     OPTION_CHOICE,                                                                                \
     "queue|issue",                                                                                \
     (at) + offsetof(struct option_reading, arrival),                                              \
     "which event is the arrival: Q (queue, default) or D (issue)"},                               \
        {"format",                                                                                 \
         0,                                                                                        \
         OPTION_FORMAT,                                                                            \
         "NAME",                                                                                   \
         (at) + offsetof(struct option_reading, format),                                           \
         "read as this format, whatever the file looks like; 'throttlesim trace formats' lists "   \
         "them"},                                                                                  \
    {                                                                                              \
        "layout", 0, OPTION_TEXT, "TEXT", (at) + offsetof(struct option_reading, layout),          \
            "what some formats need to be told, such as the columns of a CSV file"                 \
    }

// Parses argv[1..] into arguments, which hold the defaults; what is no option comes to stand at
// argv[*first...argc). "--" ends the options.
bool options_parse(int argc, char **argv, const struct option_row *rows, void *arguments,
                   int *first, struct sim_error *error);

// Prints what the rows say, a paragraph an option.
void options_help(const struct option_row *rows);

#define OPTION_VALUE_MAX 32

// The value with this index that the option can have, or NULL behind the last. It may be put into
// the text.
const char *options_value(const struct option_row *row, size_t index, char text[OPTION_VALUE_MAX]);

// ---- Values that commands share ----

// An option's duration of at least least_ns; text NULL leaves *ns as it is.
bool options_time(const char *name, const char *text, int64_t least_ns, int64_t *ns,
                  struct sim_error *error);

// What is not given is left as it is in the cut. The options must stay.
bool options_cut(const struct option_cut *options, struct cut *cut, struct sim_error *error);

// Fills format, layout and arrival.
void options_reading(const struct option_reading *options, struct trace_config *config);

// --jobs: how many at a time; 0, not given: one for each processor.
bool options_jobs(int64_t given, unsigned *jobs, struct sim_error *error);

#endif
