// SPDX-License-Identifier: GPL-2.0-or-later
// A command as a row: what it is called, takes and does. The program finds it, parses its options,
// calls it, flushes standard output and prints its error.
#ifndef SIM_CLI_COMMAND_H
#define SIM_CLI_COMMAND_H

#include "reports/style.h"
#include "sim/base/error.h"
#include "sim/base/progress.h"
#include "sim/parts/cut.h"
#include "sim/scenario/scenario.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// ---- Options: parsing, help, manual page, completion and "did you mean" come from their rows ----

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

// A row without a letter, for macros.
#define OPTION(name, kind, argument, offset, help)                                                 \
    {                                                                                              \
        name, 0, kind, argument, offset, help                                                      \
    }

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
    OPTION("start", OPTION_TEXT, "TIME", (at) + offsetof(struct option_cut, start),                \
           "leave out what was recorded before; times count from there"),                          \
        OPTION("duration", OPTION_TEXT, "TIME", (at) + offsetof(struct option_cut, duration),      \
               "how much of the recording, from the start on; the rest is not read"),              \
        OPTION("device", OPTION_LIST, "NAME", (at) + offsetof(struct option_cut, volumes),         \
               "only this volume, such as 254,48; may be given often"),                            \
        OPTION("volume", OPTION_LIST, "NAME", (at) + offsetof(struct option_cut, volumes), NULL),  \
        OPTION("op", OPTION_OPS, "NAME,...", (at) + offsetof(struct option_cut, ops),              \
               "only these operations: read, write, discard, write-zeroes, flush")

// How traces are read.
struct option_reading {
    const char *arrival;
    const char *format;
    const char *layout;
};

#define OPTIONS_READING(at)                                                                        \
    OPTION("arrival", OPTION_CHOICE, "auto|queue|issue",                                           \
           (at) + offsetof(struct option_reading, arrival),                                        \
           "which event is the arrival: D (issue), what the driver sends, or Q (queue), before "   \
           "merging and scheduling. The default, auto, is D of each device that has D events, "    \
           "Q of others"),                                                                         \
        OPTION("format", OPTION_FORMAT, "NAME", (at) + offsetof(struct option_reading, format),    \
               "read as this format, whatever the file looks like; 'throttlesim trace formats' "   \
               "lists them"),                                                                      \
        OPTION("layout", OPTION_TEXT, "TEXT", (at) + offsetof(struct option_reading, layout),      \
               "what some formats need to be told, such as the columns of a CSV file")

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

// ---- Commands ----

// What every command is given; stands first in the struct of its arguments.
struct command_call {
    char **operands; // what is no option
    size_t operand_count;
    bool help; // is printed before the command would be called
    bool json;
    const char *eta; // for progress_start
    struct progress progress;
    int64_t top; // 0: not given
    bool all;
};

// Options that every command has, or many have. `what` is printed as JSON.
#define OPTION_JSON(what)                                                                          \
    OPTION("json", OPTION_FLAG, NULL, offsetof(struct command_call, json), "print " what)
// `what` is listed: "members", by "how long their requests waited".
#define OPTIONS_TOP(what, order) OPTIONS_TOP_JSON(what, order, "and with --json all")
#define OPTIONS_TOP_JSON(what, order, json)                                                        \
    OPTION("top", OPTION_NUMBER, "N", offsetof(struct command_call, top),                          \
           "only the first N " what ", by " order                                                  \
           "; the others are added up. The default is 40, " json),                                 \
        OPTION("all", OPTION_FLAG, NULL, offsetof(struct command_call, all), "all " what)
#define OPTION_ETA                                                                                 \
    OPTION("eta", OPTION_CHOICE, "auto|always|never", offsetof(struct command_call, eta),          \
           "show progress, rate and remaining time on standard error: auto (default: if that is "  \
           "a terminal), always or never. Nothing is shown in the first second")
#define OPTIONS_END                                                                                \
    {"help", 'h', OPTION_FLAG, NULL, offsetof(struct command_call, help), "print this help"},      \
        OPTION(NULL, OPTION_FLAG, NULL, 0, NULL)

extern const struct option_row options_none[]; // but --help

// arguments: the command's own struct, filled from its options, the rest zero. True: done. False:
// the error is filled; with SIM_CHECK_FAILED all has been printed nevertheless. A command that
// calls stop_on_signals need not end it.
typedef bool command_run_function(void *arguments, struct sim_error *error);

struct command {
    const char *group;    // its first word, if it has two; else NULL
    const char *name;     // "trace info"
    const char *summary;  // one line, in lower case; NULL: the command is shown nowhere
    const char *operands; // a line for each way to call it; NULL: it takes none
    const char *help;     // what it does, in lines
    const struct option_row *options;
    size_t size; // of the struct of its arguments
    command_run_function *run;
};

// Tables of one row.
extern const struct command command_run[], command_report[], command_plot[], command_explain[],
    command_compare[], command_merge[], command_sweep[], command_tune[], command_advise[],
    command_info[], command_convert[], command_formats[], command_fit[], command_synth[],
    command_streams[], command_device[], command_verify[], command_validate[], command_check[],
    command_engines[], command_limits[], command_help[], command_version[], command_complete[];

// All commands, those of a group together; ends with NULL.
extern const struct command *const commands[];

// The program without its name: finds the command, runs it, and prints what went wrong.
enum sim_exit commands_main(size_t count, char **words);

// The command that these words begin with, *used of them, or NULL.
const struct command *commands_find(size_t count, char *const *words, size_t *used);

// Those that are shown: of a group (NULL when there is none of this name); with group NULL the
// others, and of each group the first.
const struct command *commands_at(const char *group, size_t index);

// For suggest(): what they are called there, which is the group's name of one that stands for it.
const char *commands_word_at(const void *group, size_t index);

// There is no command of these words: false with the error filled.
bool commands_fail_unknown(size_t count, char *const *words, struct sim_error *error);

void command_print_help(const struct command *command);

// ---- What they share ----

void command_print_error(const struct sim_error *error);

// Prints the value, and takes it over. False with the error filled: it is NULL, or there is no
// memory to print it.
bool command_print_json(json_t *value, struct sim_error *error);

// As wide as the terminal, else as COLUMNS says, else REPORT_WIDTH; with colours if it is a
// terminal that shows them, and NO_COLOR is not set.
struct report_style terminal_style(FILE *out);

// How the command prints on standard output.
struct report_style command_style(const struct command_call *call);

// A line on standard error; a cut_notice, whose context is not used.
void command_tell_notice(void *context, const struct trace_notice *notice);

// A report_plot_written whose context is the struct command_call: prints the path of a plot, unless
// JSON is printed. Before, it shows how far drawing has come, and ends the program if it is to
// stop.
void command_print_path(void *context, const char *path, size_t done, size_t total);

// A trace given where a scenario belongs is a mistake with a better answer than "not valid YAML":
// the advice, and the path behind it. Of what is no trace the error stays as it is.
void command_explain_trace(const char *path, const char *advice, struct sim_error *error);

// The operands but so many last ones are traces: NAME.blktrace.N of one recording become one.
bool command_join_traces(struct command_call *call, size_t others, struct sim_error *error);

// Standard output could not be written (disk full, closed pipe)? Only needed before something is
// printed on standard error.
bool command_flush(struct sim_error *error);

#endif
