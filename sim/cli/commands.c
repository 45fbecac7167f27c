// SPDX-License-Identifier: GPL-2.0-or-later
// The table of commands, and how one of them is run.
#include "sim/cli/command.h"

#include "sim/base/stop.h"
#include "traces/nearest_word.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct command *const commands[] = {
    command_run,     command_report,   command_plot,    command_explain,  command_compare,
    command_sweep,   command_tune,     command_advise,  command_merge,    command_info,
    command_convert, command_formats,  command_fit,     command_synth,    command_streams,
    command_device,  command_validate, command_verify,  command_check,    command_engines,
    command_limits,  command_help,     command_version, command_complete, NULL,
};

const struct option_row options_none[] = {OPTIONS_END};

static bool is_in(const struct command *command, const char *group)
{
    return command->group != NULL && strcmp(command->group, group) == 0;
}

static const char *second_word(const struct command *command)
{
    return command->name + strlen(command->group) + 1;
}

const struct command *commands_at(const char *group, size_t index)
{
    const char *last = "";
    for (const struct command *const *at = commands; *at != NULL; at++) {
        bool is_listed = group != NULL ? is_in(*at, group) : !is_in(*at, last);
        if ((*at)->summary != NULL && is_listed && index-- == 0)
            return *at;
        last = (*at)->group != NULL ? (*at)->group : "";
    }
    return NULL;
}

const char *commands_word_at(const void *group, size_t index)
{
    const struct command *command = commands_at(group, index);
    if (command == NULL || command->group == NULL)
        return command == NULL ? NULL : command->name;
    return group == NULL ? command->group : second_word(command);
}

const struct command *commands_find(size_t count, char *const *words, size_t *used)
{
    for (const struct command *const *at = commands; *at != NULL; at++) {
        *used = (*at)->group != NULL ? 2 : 1;
        if (*used == 1
                ? count > 0 && strcmp((*at)->name, words[0]) == 0
                : count > 1 && is_in(*at, words[0]) && strcmp(second_word(*at), words[1]) == 0)
            return *at;
    }
    return NULL;
}

// What somebody may have typed who means a command: its last word, or its group's.
static const char *typed_word_at(const void *unused, size_t index)
{
    (void)unused;
    for (const struct command *const *at = commands; *at != NULL; at++) {
        if ((*at)->summary != NULL && index-- == 0)
            return (*at)->group != NULL ? second_word(*at) : (*at)->name;
    }
    return commands_word_at(NULL, index);
}

// The command with this last word, by its name; or a group.
static const char *meant_by(const char *word)
{
    for (const struct command *const *at = commands; *at != NULL; at++) {
        if ((*at)->group != NULL && strcmp(second_word(*at), word) == 0)
            return (*at)->name;
    }
    return word;
}

bool commands_fail_unknown(size_t count, char *const *words, struct sim_error *error)
{
    const char *group = count > 1 && commands_at(words[0], 0) != NULL ? words[0] : NULL;
    const char *word = words[group != NULL];
    const char *nearest = nearest_word(word, strlen(word), typed_word_at, NULL);
    return sim_fail(error, SIM_USAGE, "unknown command '%s%s%s'%s%s%s", group != NULL ? group : "",
                    group != NULL ? " " : "", word, nearest != NULL ? "; did you mean '" : "",
                    nearest != NULL ? meant_by(nearest) : "", nearest != NULL ? "'?" : "");
}

// ---- Running one ----

bool command_join_traces(struct command_call *call, size_t others, struct sim_error *error)
{
    size_t traces = call->operand_count - others;
    size_t joined = traces;
    struct trace_error trace_error;
    if (!trace_paths_join(call->operands, &joined, &trace_error))
        return sim_fail(error, SIM_USAGE, "%s", trace_error.message);
    memmove(call->operands + joined, call->operands + traces, others * sizeof *call->operands);
    call->operand_count = joined + others;
    return true;
}

bool command_flush(struct sim_error *error)
{
    return (fflush(stdout) == 0 && !ferror(stdout)) ||
           sim_fail(error, SIM_FAILED, "standard output: %s", strerror(errno));
}

// argv[0] is the command's name.
static bool run(const struct command *command, int argc, char **argv, struct sim_error *error)
{
    struct command_call *call = calloc(1, command->size);
    int first = 0;
    if (call == NULL)
        return sim_fail_memory(error);
    call->eta = "auto";
    bool ok = options_parse(argc, argv, command->options, call, &first, error);
    call->operands = argv + first;
    call->operand_count = (size_t)(argc - first);
    if (ok && call->help)
        command_print_help(command);
    else if (ok && call->top > 0 && call->all)
        ok = sim_fail(error, SIM_USAGE, "--top and --all: one of the two, please");
    else if (ok && command->operands == NULL && call->operand_count > 0)
        ok = sim_fail(error, SIM_USAGE, "'%s' takes nothing more, found '%s'", command->name,
                      argv[first]);
    else if (ok)
        ok = command->run(call, error);
    free(call);
    stop_die();
    return (ok || error->exit == SIM_CHECK_FAILED) && command_flush(error) && ok;
}

void command_print_error(const struct sim_error *error)
{
    const struct report_style style = terminal_style(stderr);
    report_say(&style, REPORT_BAD, "throttlesim: %s", error->message);
}

static void print_usage_hint(const struct command *command, size_t count, char *const *words)
{
    if (command == NULL && (count == 0 || commands_at(words[0], 0) == NULL))
        fputs("Try 'throttlesim help'.\n", stderr);
    else
        fprintf(stderr, "Try 'throttlesim %s --help'.\n",
                command != NULL ? command->name : words[0]);
}

enum sim_exit commands_main(size_t count, char **words)
{
    static char help[] = "help", version[] = "version";
    struct sim_error error = {.exit = SIM_DONE};
    size_t used = 0;
    if (count > 0 && (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0))
        words[0] = help;
    if (count > 0 && (strcmp(words[0], "--version") == 0 || strcmp(words[0], "-V") == 0))
        words[0] = version;
    if (count > 1 && (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0) &&
        commands_at(words[0], 0) != NULL) {
        words[1] = words[0];
        words[0] = help;
    }
    const struct command *command = commands_find(count, words, &used);
    // Without a command, or with a group alone, there is something to choose from, as in git.
    if (count == 0 || (count == 1 && commands_at(words[0], 0) != NULL)) {
        char *argv[] = {help, count == 0 ? NULL : words[0], NULL};
        if (run(command_help, (int)count + 1, argv, &error))
            return SIM_USAGE;
    } else if (command == NULL)
        commands_fail_unknown(count, words, &error);
    else if (run(command, (int)(count - used + 1), words + used - 1, &error))
        return SIM_DONE;
    command_print_error(&error);
    if (error.exit == SIM_USAGE)
        print_usage_hint(command, count, words);
    return error.exit;
}

// ---- What they share ----

bool command_print_json(json_t *value, struct sim_error *error)
{
    // What is wrong with standard output is told by command_flush.
    bool ok = value != NULL && (json_dumpf(value, stdout, JSON_INDENT(2)) == 0 || ferror(stdout));
    putchar('\n');
    json_decref(value);
    return ok || sim_fail_memory(error);
}

void command_tell_notice(void *context, const struct trace_notice *notice)
{
    const struct report_style style = terminal_style(stderr);
    (void)context;
    report_say(&style, REPORT_WARNING, "throttlesim: %s: %s", notice->source, notice->text);
}

void command_explain_trace(const char *path, const char *advice, struct sim_error *error)
{
    struct trace_error unused;
    struct trace_config config = {.path = path};
    if (trace_path_is_stream(path)) // it has been read
        return;
    struct trace *trace = trace_open(&config, &unused);
    if (trace != NULL)
        sim_fail(error, SIM_USAGE, "%s is a trace, not a scenario; %s %s", path, advice, path);
    trace_close(trace);
}

void command_print_path(void *context, const char *path, size_t done, size_t total)
{
    struct command_call *call = context;
    if (path == NULL) {
        progress_show_part(&call->progress, done, total);
        if (stop_signal == 0)
            return;
        progress_end(&call->progress);
        stop_die();
    }
    progress_end(&call->progress);
    if (!call->json)
        puts(path);
}
