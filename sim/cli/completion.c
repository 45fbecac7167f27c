// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim complete -- WORD...: what the last word may become, a line each, a tab and what it
// means behind it; nothing where only the shell knows (files). Called by the shells' completions.
#include "sim/cli/command.h"

#include <stdio.h>
#include <string.h>

// What all lines begin with, and how they must go on.
struct start {
    int length; // of before
    const char *before;
    const char *word;
};

static void offer(const struct start *start, const char *dashes, const char *word, const char *help)
{
    char whole[64];
    snprintf(whole, sizeof whole, "%s%s", dashes, word);
    if (strncmp(whole, start->word, strlen(start->word)) != 0)
        return;
    // The first sentence is enough.
    const char *end = strstr(help, ". ");
    printf("%.*s%s%s%.*s\n", start->length, start->before, whole, help[0] == '\0' ? "" : "\t",
           end == NULL ? (int)strlen(help) : (int)(end - help), help);
}

static void offer_commands(const struct start *start, const char *group)
{
    const struct command *command;
    for (size_t i = 0; (command = commands_at(group, i)) != NULL; i++) {
        bool is_group = group == NULL && command->group != NULL;
        offer(start, "", commands_word_at(group, i), is_group ? "" : command->summary);
    }
}

static void offer_options(const struct start *start, const struct option_row *rows)
{
    for (; rows->name != NULL; rows++) {
        if (rows->help != NULL)
            offer(start, "--", rows->name, rows->help);
    }
}

static void offer_values(struct start start, const struct option_row *row)
{
    char text[OPTION_VALUE_MAX];
    const char *value, *comma = strrchr(start.word, ',');
    if (row->kind == OPTION_OPS && comma != NULL) {
        start.length += (int)(comma + 1 - start.word);
        start.word = comma + 1;
    }
    for (size_t i = 0; (value = options_value(row, i, text)) != NULL; i++)
        offer(&start, "", value, "");
}

// The option with a value that a word names, or NULL. *value: what stands behind its "=", or NULL.
static const struct option_row *find_option(const struct option_row *rows, const char *word,
                                            const char **value)
{
    size_t length = strcspn(word, "=");
    *value = word[length] == '=' ? word + length + 1 : NULL;
    for (; rows->name != NULL; rows++) {
        bool is_long = strncmp(word, "--", 2) == 0 && strlen(rows->name) == length - 2 &&
                       strncmp(word + 2, rows->name, length - 2) == 0;
        bool is_short = word[0] == '-' && length == 2 && rows->letter == word[1];
        if ((is_long || is_short) && rows->kind != OPTION_FLAG)
            return rows;
    }
    return NULL;
}

static void offer_arguments(const struct option_row *rows, char *const *words, size_t last)
{
    struct start start = {.before = words[last], .word = words[last]};
    const char *value;
    // bash makes three words of --name=value.
    if (last > 0 && strcmp(start.word, "=") == 0)
        start.word = "";
    else if (last > 1 && strcmp(words[last - 1], "=") == 0)
        last--;
    const struct option_row *row = find_option(rows, start.word, &value);
    if (row != NULL && value != NULL) {
        start.length = (int)(value - start.word);
        start.word = value;
    } else if (last > 0) {
        row = find_option(rows, words[last - 1], &value);
        row = value == NULL ? row : NULL;
    } else {
        row = NULL;
    }
    if (row != NULL)
        offer_values(start, row);
    else if (start.word[0] == '-')
        offer_options(&start, rows);
}

static bool run(void *arguments, struct sim_error *error)
{
    const struct command_call *call = arguments;
    char **words = call->operands;
    (void)error;
    if (call->operand_count == 0)
        return true;
    size_t last = call->operand_count - 1, used;
    if (last > 0 && strcmp(words[0], command_help->name) == 0 && words[last][0] != '-') {
        words++;
        last--;
    }
    const struct command *command = commands_find(last, words, &used);
    const struct start start = {.before = "", .word = words[last]};
    if (command != NULL)
        offer_arguments(command->options, words + used, last - used);
    else if (last <= 1)
        offer_commands(&start, last == 0 ? NULL : words[0]);
    return true;
}

const struct command command_complete[] = {
    {NULL, "complete", NULL, "-- WORD...",
     "Prints what the last word may become, for completion in a shell.", options_none,
     sizeof(struct command_call), run},
};
