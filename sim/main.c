// SPDX-License-Identifier: GPL-2.0-or-later
// The program: finds the subcommand and prints what went wrong.
#include "sim/cli/command.h"

#include "sim/base/suggest.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct command {
    const char *name;
    command_function *function;
    const char *help;
};

static command_function command_help, command_version;

static const struct command commands[] = {
    {"run", command_run, "replay a scenario, or traces under given limits"},
    {"report", command_report, "print the tables of a stored run again"},
    {"plot", command_plot, "draw a stored run with gnuplot"},
    {"explain", command_explain, "tell why the requests of a stored run waited"},
    {"compare", command_compare, "compare two runs of the same requests"},
    {"trace", command_trace, "tell what is in a recording, convert it, make one"},
    {"verify", command_verify, "compare the simulator with a real QEMU"},
    {"check", command_check, "compare scenarios with what was accepted of them"},
    {"engines", command_engines, "list the throttling algorithms and what each supports"},
    {"limits", command_limits, "list the limits that can be set"},
    {"help", command_help, "print this"},
    {"version", command_version, "print the version"},
    {NULL, NULL, NULL},
};

static const char *command_at(const void *words, size_t index)
{
    return ((const struct command *)words)[index].name;
}

static enum sim_exit print_overview(struct sim_error *error)
{
    puts("throttlesim replays recorded block I/O through QEMU's throttle groups on a virtual "
         "clock.\n"
         "\n"
         "usage: throttlesim COMMAND [OPTION...] [ARGUMENT...]\n");
    for (const struct command *command = commands; command->name != NULL; command++)
        printf("  %-9s %s\n", command->name, command->help);
    puts("\n"
         "  throttlesim run --limits iops-total=300,iops-total-max=900 vdc.blktrace\n"
         "  throttlesim run scenario.yaml --db results.db\n"
         "  throttlesim plot results.db -o plots\n"
         "\n"
         "'throttlesim COMMAND --help' explains a command; 'man throttlesim' all of it.\n"
         "Exit codes: 0 done, 1 failed, 2 usage, 3 bad input, 4 a check did not hold.");
    return command_flush(error);
}

static bool has_no_operand(int argc, char **argv, struct sim_error *error)
{
    return argc == 1 || strcmp(argv[1], "--help") == 0 ||
           sim_fail(error, SIM_USAGE, "'%s' takes nothing more, found '%s'", argv[0], argv[1]);
}

static enum sim_exit command_version(int argc, char **argv, struct sim_error *error)
{
    if (!has_no_operand(argc, argv, error))
        return SIM_USAGE;
    puts("throttlesim " THROTTLESIM_VERSION);
    return command_flush(error);
}

enum sim_exit command_flush(struct sim_error *error)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return SIM_DONE;
    sim_fail(error, SIM_FAILED, "standard output: %s", strerror(errno));
    return SIM_FAILED;
}

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
    (void)context;
    fprintf(stderr, "throttlesim: %s: %s\n", notice->source, notice->text);
}

static enum sim_exit unknown_command(const char *name, struct sim_error *error)
{
    char hint[128];
    sim_fail(error, SIM_USAGE, "unknown command '%s'%s", name,
             suggest(name, command_at, commands, hint, sizeof hint));
    return SIM_USAGE;
}

static const struct command *find_command(const char *name)
{
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = "version";
    const struct command *command = commands;
    while (command->name != NULL && strcmp(command->name, name) != 0)
        command++;
    return command;
}

// Parts of it may come from a file: no control characters for the terminal.
static void print_error(char *message)
{
    for (char *p = message; *p != '\0'; p++) {
        if (iscntrl((unsigned char)*p))
            *p = '?';
    }
    fprintf(stderr, "throttlesim: %s\n", message);
}

// 'help run' is 'run --help'.
static enum sim_exit command_help(int argc, char **argv, struct sim_error *error)
{
    if (argc == 1)
        return print_overview(error);
    if (argc > 2) {
        sim_fail(error, SIM_USAGE, "'help' takes one command, found '%s' too", argv[2]);
        return SIM_USAGE;
    }
    const struct command *command = find_command(argv[1]);
    if (command->name == NULL)
        return unknown_command(argv[1], error);
    char name[16], option[] = "--help", *arguments[] = {name, option, NULL};
    snprintf(name, sizeof name, "%s", command->name);
    return command->function == command_help ? print_overview(error)
                                             : command->function(2, arguments, error);
}

static void print_usage_hint(const struct command *command)
{
    if (command == NULL || command->name == NULL)
        fputs("Try 'throttlesim help'.\n", stderr);
    else
        fprintf(stderr, "Try 'throttlesim %s --help'.\n", command->name);
}

// The next file that is opened would take the number of a standard one that is closed, and get what
// is meant for a terminal. What is put there instead can still not be used.
static bool reserve_standard_files(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
        if (fcntl(file, F_GETFD) == -1 &&
            open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY) != file)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (!reserve_standard_files())
        return SIM_FAILED;
    signal(SIGXFSZ, SIG_IGN); // a file that may not grow is an error to report, not a reason to die
    struct sim_error error = {SIM_DONE, ""};
    const struct command *command = argc < 2 ? NULL : find_command(argv[1]);
    enum sim_exit exit = SIM_USAGE;
    if (command == NULL)
        sim_fail(&error, SIM_USAGE, "a command is needed: run, report, plot or trace");
    else if (command->name == NULL)
        exit = unknown_command(argv[1], &error);
    else
        exit = command->function(argc - 1, argv + 1, &error);
    if (error.message[0] != '\0')
        print_error(error.message);
    if (exit == SIM_USAGE)
        print_usage_hint(command);
    return (int)exit;
}
