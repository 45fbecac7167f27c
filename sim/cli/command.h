// SPDX-License-Identifier: GPL-2.0-or-later
// A command as a row: what it is called, takes and does. The program finds it, parses its options,
// calls it, flushes standard output and prints its error.
#ifndef SIM_CLI_COMMAND_H
#define SIM_CLI_COMMAND_H

#include "sim/base/error.h"
#include "sim/base/progress.h"
#include "sim/cli/options.h"
#include "traces/trace.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// What every command is given; stands first in the struct of its arguments.
struct command_call {
    char **operands; // what is no option
    size_t operand_count;
    bool help; // is printed before the command would be called
    bool json;
    const char *eta; // for progress_start
    struct progress progress;
};

// Options that every command has, or many have. `what` is printed as JSON.
#define OPTION_JSON(what)                                                                          \
    {                                                                                              \
        "json", 0, OPTION_FLAG, NULL, offsetof(struct command_call, json), "print " what           \
    }
#define OPTION_ETA                                                                                 \
    {                                                                                              \
        "eta", 0, OPTION_CHOICE, "auto|always|never", offsetof(struct command_call, eta),          \
            "show progress, rate and remaining time on standard error: auto (default: if that is " \
            "a terminal), always or never. Nothing is shown in the first second"                   \
    }
#define OPTIONS_END                                                                                \
    {"help", 'h', OPTION_FLAG, NULL, offsetof(struct command_call, help), "print this help"},      \
    {                                                                                              \
        NULL, 0, OPTION_FLAG, NULL, 0, NULL                                                        \
    }

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
    command_compare[], command_info[], command_convert[], command_formats[], command_fit[],
    command_synth[], command_verify[], command_check[], command_engines[], command_limits[],
    command_help[], command_version[], command_complete[];

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

// Prints what may come in parts from a file: no control characters for the terminal but the kept.
void command_print_clean(FILE *out, const char *text, char kept);

void command_print_error(const struct sim_error *error);

// Prints the value, and takes it over. False with the error filled: it is NULL, or there is no
// memory to print it.
bool command_print_json(json_t *value, struct sim_error *error);

// A line on standard error; a cut_notice, whose context is not used.
void command_tell_notice(void *context, const struct trace_notice *notice);

// Prints the path of a plot, unless JSON is printed; the context is the struct command_call.
void command_print_path(void *context, const char *path);

// Standard output could not be written (disk full, closed pipe)? Only needed before something is
// printed on standard error.
bool command_flush(struct sim_error *error);

#endif
