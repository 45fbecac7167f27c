// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/columns/layout_items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// How messages call the column of a role.
static const char *const role_names[COLUMNS_ROLE_COUNT] = {
    [COLUMNS_TIME] = "time",       [COLUMNS_OP] = "op",         [COLUMNS_OFFSET] = "offset",
    [COLUMNS_LENGTH] = "bytes",    [COLUMNS_VOLUME] = "volume", [COLUMNS_SUBVOLUME] = "volume",
    [COLUMNS_LATENCY] = "latency",
};

static const struct columns_word usual_words[] = {
    {"R", TRACE_READ},       {"read", TRACE_READ},     {"W", TRACE_WRITE},
    {"write", TRACE_WRITE},  {"D", TRACE_DISCARD},     {"discard", TRACE_DISCARD},
    {"trim", TRACE_DISCARD}, {"unmap", TRACE_DISCARD}, {"write-zeroes", TRACE_WRITE_ZEROES},
    {"F", TRACE_FLUSH},      {"flush", TRACE_FLUSH},   {0},
};

// What has to be there is, and no column is used twice.
static bool check(struct layout_parser *parser)
{
    static const char missing[] = "is missing: expected key=value with a column's number or name, "
                                  "as in time=1:s,op=3,offset=4:sectors,bytes=5";
    const struct columns_column *columns = parser->column;
    for (enum columns_role role = COLUMNS_TIME; role <= COLUMNS_LENGTH; role++)
        if (columns[role].name == NULL && (role != COLUMNS_OP || !parser->all))
            return layout_wrong(parser, role_names[role], missing);
    if (columns[COLUMNS_OP].name != NULL && parser->all)
        return layout_wrong(parser, "op", "is there, so all= cannot be");
    if (parser->user->layout.spread && columns[COLUMNS_TIME].unit == COLUMNS_NS)
        return layout_wrong(parser, "spread", "needs a time in a coarser unit than ns");
    for (enum columns_role a = COLUMNS_TIME; a < COLUMNS_ROLE_COUNT; a++)
        for (enum columns_role b = COLUMNS_TIME; b < a; b++)
            if (columns[a].name != NULL && columns[b].name != NULL &&
                parser->number[a] == parser->number[b] &&
                (parser->number[a] > 0 || strcmp(columns[a].name, columns[b].name) == 0))
                return layout_wrong(parser, role_names[a],
                                    "is in a column that is something else already");
    return true;
}

// By place: a table as long as the highest number. By name: the columns that have one.
static bool fill(struct layout_parser *parser)
{
    struct columns_user_layout *user = parser->user;
    struct columns_layout *layout = &user->layout;
    size_t named = 0;
    size_t numbered = 0;
    for (enum columns_role role = COLUMNS_TIME; role < COLUMNS_ROLE_COUNT; role++) {
        const struct columns_column *column = &parser->column[role];
        size_t number = (size_t)parser->number[role];
        if (column->name == NULL)
            continue;
        if (number == 0) {
            user->columns[named++] = *column;
            continue;
        }
        user->columns[number - 1] = *column;
        numbered = number > numbered ? number : numbered;
    }
    if (named > 0 && numbered > 0)
        return layout_wrong(parser, "has columns", "both by number and by name: use one of them");
    for (size_t i = 0; i < numbered; i++)
        if (user->columns[i].name == NULL)
            user->columns[i].name = "-";
    layout->column_count = named + numbered;
    layout->more = numbered > 0;
    layout->header = named > 0        ? COLUMNS_HEADER_NAMES
                     : parser->header ? COLUMNS_HEADER_LINE
                                      : COLUMNS_HEADER_NONE;
    return true;
}

static void set_words(struct columns_user_layout *user)
{
    size_t used = 0;
    user->layout.words = user->word_count > 0 ? user->words : usual_words;
    user->layout.words_help = user->words_help;
    for (const struct columns_word *word = user->layout.words; word->text != NULL; word++)
        if (used < sizeof user->words_help)
            used += (size_t)snprintf(user->words_help + used, sizeof user->words_help - used,
                                     "%s%.30s", used > 0 ? ", " : "one of ", word->text);
}

static bool parse(struct layout_parser *parser)
{
    struct columns_user_layout *user = parser->user;
    struct columns_layout *layout = &user->layout;
    char stop = ',';
    parser->at = user->text;
    layout->separator = ',';
    layout->columns = user->columns;
    while (stop == ',')
        if (!layout_item(parser, &stop))
            return false;
    set_words(user);
    layout->quoted = layout->separator != ' ';
    layout->trimmed = true;
    return check(parser) && fill(parser);
}

struct columns_user_layout *columns_layout_parse(const char *path, const char *text,
                                                 struct trace_error *error)
{
    struct columns_user_layout *user = calloc(1, sizeof *user + strlen(text) + 1);
    if (user == NULL) {
        trace_error_no_memory(error);
        return NULL;
    }
    strcpy(user->text, text);
    struct layout_parser parser = {.user = user, .path = path, .error = error};
    if (!parse(&parser)) {
        free(user);
        return NULL;
    }
    return user;
}
