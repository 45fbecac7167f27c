// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim help, throttlesim version, and the help of each command
#include "sim/cli/command.h"

#include <stdio.h>
#include <string.h>

#define HELP_WIDTH 100 // wider sentences are hard to read

static int help_width(void)
{
    int width = terminal_style(stdout).width;
    return width < HELP_WIDTH ? width : HELP_WIDTH;
}

static void print_usage(const struct command *command, const char *before)
{
    const struct report_style style = terminal_style(stdout);
    const char *operands = command->operands != NULL ? command->operands : "";
    do {
        int length = (int)strcspn(operands, "\n");
        report_say(&style, REPORT_PLAIN, "%s throttlesim %s [OPTION...]%s%.*s", before,
                   command->name, length > 0 ? " " : "", length, operands);
        before = "      ";
        operands += length;
    } while (*operands++ != '\0');
}

void command_print_help(const struct command *command)
{
    print_usage(command, "usage:");
    putchar('\n');
    report_item(stdout, help_width(), 0, "", command->help);
    putchar('\n');
    options_help(command->options);
}

static void print_group(const char *group)
{
    const struct command *command;
    for (size_t i = 0; (command = commands_at(group, i)) != NULL; i++)
        print_usage(command, i == 0 ? "usage:" : "      ");
    const struct report_style style = terminal_style(stdout);
    putchar('\n');
    report_say(&style, REPORT_PLAIN,
               "'throttlesim %s COMMAND --help' explains a command and lists its options.", group);
}

static void print_overview(void)
{
    report_item(
        stdout, help_width(), 0, "",
        "throttlesim replays recorded block I/O through QEMU's throttle groups on a virtual "
        "clock.");
    puts("\nusage: throttlesim COMMAND [OPTION...] [ARGUMENT...]\n");
    for (const struct command *const *at = commands; *at != NULL; at++) {
        char head[32];
        snprintf(head, sizeof head, "  %s", (*at)->name);
        if ((*at)->summary != NULL)
            report_item(stdout, help_width(), 17, head, (*at)->summary);
    }
    report_fold(stdout, help_width(),
                "\n"
                "  throttlesim run --limits iops-total=300,iops-total-max=900 vdc.blktrace\n"
                "  throttlesim run scenario.yaml --db results.db\n"
                "  throttlesim plot results.db -o plots\n"
                "\n"
                "'throttlesim COMMAND --help' explains a command; 'man throttlesim' all of it.\n"
                "Exit codes: 0 done, 1 failed, 2 usage, 3 bad input, 4 a check did not hold.");
}

static bool run_help(void *arguments, struct sim_error *error)
{
    const struct command_call *call = arguments;
    char **words = call->operands;
    size_t used = 1;
    const struct command *command = commands_find(call->operand_count, words, &used);
    bool is_group = call->operand_count > 0 && commands_at(words[0], 0) != NULL;
    if (call->operand_count == 0)
        print_overview();
    else if (command == NULL && !(is_group && call->operand_count == 1))
        return commands_fail_unknown(call->operand_count, words, error);
    else if (call->operand_count > used)
        return sim_fail(error, SIM_USAGE, "'help' takes one command, found '%s' too", words[used]);
    else if (command == NULL)
        print_group(words[0]);
    else
        command_print_help(command);
    return true;
}

const struct command command_help[] = {
    {NULL, "help", "list the commands, or the options of one", "[COMMAND]",
     "Lists the commands, or prints the options of one.", options_none, sizeof(struct command_call),
     run_help},
};

static bool run_version(void *arguments, struct sim_error *error)
{
    (void)arguments;
    (void)error;
    puts("throttlesim " THROTTLESIM_VERSION);
    return true;
}

const struct command command_version[] = {
    {NULL, "version", "print the version", NULL, "Prints the version.", options_none,
     sizeof(struct command_call), run_version},
};
