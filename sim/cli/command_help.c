// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim help, throttlesim version, and the help of each command
#include "sim/cli/command.h"

#include <stdio.h>
#include <string.h>

static void print_usage(const struct command *command, const char *before)
{
    const char *operands = command->operands != NULL ? command->operands : "";
    do {
        int length = (int)strcspn(operands, "\n");
        printf("%s throttlesim %s [OPTION...]%s%.*s\n", before, command->name,
               length > 0 ? " " : "", length, operands);
        before = "      ";
        operands += length;
    } while (*operands++ != '\0');
}

void command_print_help(const struct command *command)
{
    print_usage(command, "usage:");
    printf("\n%s\n\n", command->help);
    options_help(command->options);
}

static void print_group(const char *group)
{
    const struct command *command;
    for (size_t i = 0; (command = commands_at(group, i)) != NULL; i++)
        print_usage(command, i == 0 ? "usage:" : "      ");
    printf("\n'throttlesim %s COMMAND --help' explains a command and lists its options.\n", group);
}

static void print_overview(void)
{
    puts("throttlesim replays recorded block I/O through QEMU's throttle groups on a virtual "
         "clock.\n"
         "\n"
         "usage: throttlesim COMMAND [OPTION...] [ARGUMENT...]\n");
    for (const struct command *const *at = commands; *at != NULL; at++) {
        if ((*at)->summary != NULL)
            printf("  %-14s %s\n", (*at)->name, (*at)->summary);
    }
    puts("\n"
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
