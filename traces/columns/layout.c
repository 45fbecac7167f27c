// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/columns/layout.h"

#include "traces/input/input_text.h"
#include "traces/nearest_word.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_COUNT 15

struct layout_parser {
    struct columns_user_layout *user;
    const char *path;
    struct trace_error *error;
    char *at; // in the copy of the text
    bool seen[KEY_COUNT];
    int64_t number[COLUMNS_ROLE_COUNT];               // of the role's column; 0: none, or by name
    struct columns_column column[COLUMNS_ROLE_COUNT]; // without a name: none
    bool header;
    bool all;
};

// Takes one i// ---- Items ----

enum layout_kind {
    LAYOUT_COLUMN,
    LAYOUT_WORDS,
    LAYOUT_ALL,
    LAYOUT_SEPARATOR,
    LAYOUT_FLAG,
};

struct layout_key {
    const char *name;
    enum layout_kind kind;
    enum columns_role role;                  // of a column
    bool (*is_unit)(enum columns_unit unit); // of a column; NULL: it has none
    enum columns_unit unit;                  // the default; COLUMNS_TEXT: it has to be told
    enum trace_op op;                        // of words
};

static const struct layout_key keys[] = {
    {"time", LAYOUT_COLUMN, COLUMNS_TIME, columns_unit_is_time, COLUMNS_TEXT, 0},
    {"op", LAYOUT_COLUMN, COLUMNS_OP, NULL, COLUMNS_TEXT, 0},
    {"offset", LAYOUT_COLUMN, COLUMNS_OFFSET, columns_unit_is_size, COLUMNS_BYTES, 0},
    {"bytes", LAYOUT_COLUMN, COLUMNS_LENGTH, columns_unit_is_size, COLUMNS_BYTES, 0},
    {"volume", LAYOUT_COLUMN, COLUMNS_VOLUME, NULL, COLUMNS_TEXT, 0},
    {"latency", LAYOUT_COLUMN, COLUMNS_LATENCY, columns_unit_is_time, COLUMNS_TEXT, 0},
    {.name = "read", .kind = LAYOUT_WORDS, .op = TRACE_READ},
    {.name = "write", .kind = LAYOUT_WORDS, .op = TRACE_WRITE},
    {.name = "discard", .kind = LAYOUT_WORDS, .op = TRACE_DISCARD},
    {.name = "write-zeroes", .kind = LAYOUT_WORDS, .op = TRACE_WRITE_ZEROES},
    {.name = "flush", .kind = LAYOUT_WORDS, .op = TRACE_FLUSH},
    {.name = "all", .kind = LAYOUT_ALL},
    {.name = "separator", .kind = LAYOUT_SEPARATOR},
    {.name = "header", .kind = LAYOUT_FLAG},
    {.name = "spread", .kind = LAYOUT_FLAG},
};
_Static_assert(sizeof keys / sizeof keys[0] == KEY_COUNT, "one each");

// Says what is wrong, the nearest of what it could have been, and what there is.
static bool fail_unknown(struct layout_parser *parser, const char *what, const char *found,
                         const char *const *known)
{
    const char *nearest = nearest_word(found, strlen(found), nearest_word_in_array, known);
    char list[300] = "";
    for (size_t i = 0, used = 0; known[i] != NULL && used < sizeof list; i++)
        used +=
            (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", known[i]);
    trace_error_set(parser->error, "%s: layout: unknown %s \"%.60s\"%s%s%s; expected one of: %s",
                    parser->path, what, found, nearest != NULL ? ", did you mean \"" : "",
                    nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "", list);
    return false;
}

// Fails with "FILE: layout: KEY TEXT".
static bool fail(struct layout_parser *parser, const char *key, const char *text)
{
    trace_error_set(parser->error, "%s: layout: %s %s", parser->path, key, text);
    return false;
}

// Takes a word up to one of the stops or the end; a part in double quotes is taken as it is.
// Returns the stop and ends the word there.
static char take_value(struct layout_parser *parser, const char *stops, char **word, bool *quoted)
{
    char *to = parser->at;
    bool inside = false;
    *word = to;
    *quoted = false;
    for (; *parser->at != '\0' && (inside || strchr(stops, *parser->at) == NULL); parser->at++) {
        if (*parser->at == '"') {
            inside = !inside;
            *quoted = true;
        } else {
            *to++ = *parser->at;
        }
    }
    char stop = *parser->at;
    parser->at += stop != '\0';
    *to = '\0';
    return stop;
}

static bool take_unit(struct layout_parser *parser, const struct layout_key *key, const char *name,
                      enum columns_unit *unit)
{
    const char *known[COLUMNS_UNIT_COUNT + 1] = {NULL};
    char what[40];
    size_t count = 0;
    for (enum columns_unit i = 0; key->is_unit != NULL && i < COLUMNS_UNIT_COUNT; i++) {
        if (columns_unit_names[i] == NULL || !key->is_unit(i))
            continue;
        known[count++] = columns_unit_names[i];
        if (name != NULL && strcmp(columns_unit_names[i], name) == 0) {
            *unit = i;
            return true;
        }
    }
    if (name == NULL && (key->is_unit == NULL || key->unit != COLUMNS_TEXT)) {
        *unit = key->unit;
        return true;
    }
    if (name == NULL)
        return fail(parser, key->name,
                    "needs a unit: ns, us, ms, s, 100ns or filetime, "
                    "as in time=1:s");
    if (count == 0)
        return fail(parser, key->name, "has no unit");
    snprintf(what, sizeof what, "unit of %s", key->name);
    return fail_unknown(parser, what, name, known);
}

// One column of a key: a number, or a name of the header.
static bool take_place(struct layout_parser *parser, const struct layout_key *key,
                       enum columns_role role, char *word, bool quoted)
{
    struct columns_column *column = &parser->column[role];
    *column = (struct columns_column){.name = word, .role = role};
    if (word[0] == '\0')
        return fail(parser, key->name,
                    "names no column: expected its number, from 1, or "
                    "its name in the header");
    if (quoted || strspn(word, "0123456789") != strlen(word))
        return true;
    if (!trace_text_number(word, strlen(word), &parser->number[role]) || parser->number[role] < 1 ||
        parser->number[role] > COLUMNS_MAX)
        return fail(parser, key->name, "is in no column from 1 to 128");
    char *name = parser->user->names[role];
    snprintf(name, sizeof parser->user->names[role], "%.3s (%.12s)", word, key->name);
    column->name = name;
    return true;
}

static bool take_column(struct layout_parser *parser, const struct layout_key *key, char *stop)
{
    char *word;
    char *unit = NULL;
    bool quoted;
    *stop = take_value(parser, key->role == COLUMNS_VOLUME ? ",:+" : ",:", &word, &quoted);
    if (!take_place(parser, key, key->role, word, quoted))
        return false;
    if (*stop == '+') {
        *stop = take_value(parser, ",:", &word, &quoted);
        if (!take_place(parser, key, COLUMNS_SUBVOLUME, word, quoted))
            return false;
    }
    if (*stop == ':')
        *stop = take_value(parser, ",", &unit, &quoted);
    return take_unit(parser, key, unit, &parser->column[key->role].unit);
}

static bool take_words(struct layout_parser *parser, const struct layout_key *key, char *stop)
{
    struct columns_user_layout *user = parser->user;
    do {
        char *word;
        bool quoted;
        *stop = take_value(parser, ",|", &word, &quoted);
        if (user->word_count == COLUMNS_WORDS_MAX)
            return fail(parser, key->name, "is one word too many");
        user->words[user->word_count++] = (struct columns_word){word, key->op};
    } while (*stop == '|');
    return true;
}

static bool take_all(struct layout_parser *parser, const char *word)
{
    const char *known[TRACE_OP_COUNT + 1] = {NULL};
    parser->all = true;
    for (enum trace_op op = 0; op < TRACE_OP_COUNT; op++) {
        known[op] = trace_op_name(op);
        parser->user->layout.only_op = op;
        if (strcmp(known[op], word) == 0)
            return true;
    }
    return fail_unknown(parser, "operation", word, known);
}

static bool take_separator(struct layout_parser *parser, const char *word)
{
    static const char *const names[] = {"comma", "semicolon", "tab", "space",
                                        "colon", "pipe",      NULL};
    static const char bytes[] = ",;\t :|";
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], word) == 0 || (word[0] == bytes[i] && word[1] == '\0')) {
            parser->user->layout.separator = bytes[i];
            return true;
        }
    }
    if (word[0] == '\0' || word[1] != '\0')
        return fail_unknown(parser, "separator", word, names);
    if (strchr("\"#.", word[0]) != NULL || (word[0] >= '0' && word[0] <= '9'))
        return fail(parser, "separator", "cannot be a digit, a point, a quote or #");
    parser->user->layout.separator = word[0];
    return true;
}

static bool take_flag(struct layout_parser *parser, const struct layout_key *key, const char *word)
{
    static const char *const answers[] = {"yes", "no", NULL};
    bool yes = strcmp(word, answers[0]) == 0;
    if (!yes && strcmp(word, answers[1]) != 0)
        return fail_unknown(parser, key->name, word, answers);
    if (strcmp(key->name, "header") == 0)
        parser->header = yes;
    else
        parser->user->layout.spread = yes;
    return true;
}

// A value that is one word.
static bool find_value(struct layout_parser *parser, const struct layout_key *key, char *stop)
{
    char *word;
    bool quoted;
    // The one character that both separates and is a value.
    bool comma = key->kind == LAYOUT_SEPARATOR && parser->at[0] == ',' &&
                 (parser->at[1] == ',' || parser->at[1] == '\0');
    parser->at += comma;
    *stop = take_value(parser, ",", &word, &quoted);
    switch (key->kind) {
    case LAYOUT_ALL:
        return take_all(parser, word);
    case LAYOUT_SEPARATOR:
        return take_separator(parser, comma ? "," : word);
    default:
        return take_flag(parser, key, word);
    }
}

// Takes one item and stores what it says; *stop is what ended it, ',' or NUL.
static bool take_item(struct layout_parser *parser, char *stop)
{
    const char *names[KEY_COUNT + 1] = {NULL};
    char *word;
    bool quoted;
    *stop = take_value(parser, "=,", &word, &quoted);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const struct layout_key *key = &keys[i];
        names[i] = key->name;
        if (strcmp(key->name, word) != 0)
            continue;
        if (*stop != '=')
            return fail(parser, key->name, "has no value: expected key=value");
        if (parser->seen[i])
            return fail(parser, key->name, "is there twice");
        parser->seen[i] = true;
        if (key->kind == LAYOUT_COLUMN)
            return take_column(parser, key, stop);
        return key->kind == LAYOUT_WORDS ? take_words(parser, key, stop)
                                         : find_value(parser, key, stop);
    }
    return fail_unknown(parser, "key", word, names);
}

// ---- The whole ----

// How messages call the column of a role.
static const char *const role_names[COLUMNS_ROLE_COUNT] = {
    [COLUMNS_TIME] = "time",     [COLUMNS_OP] = "op",           [COLUMNS_OFFSET] = "offset",
    [COLUMNS_LENGTH] = "bytes",  [COLUMNS_VOLUME] = "volume",   [COLUMNS_SUBVOLUME] = "volume",
    [COLUMNS_STREAM] = "stream", [COLUMNS_LATENCY] = "latency",
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
            return fail(parser, role_names[role], missing);
    if (columns[COLUMNS_OP].name != NULL && parser->all)
        return fail(parser, "op", "is there, so all= cannot be");
    if (parser->user->layout.spread && columns[COLUMNS_TIME].unit == COLUMNS_NS)
        return fail(parser, "spread", "needs a time in a coarser unit than ns");
    for (enum columns_role a = COLUMNS_TIME; a < COLUMNS_ROLE_COUNT; a++)
        for (enum columns_role b = COLUMNS_TIME; b < a; b++)
            if (columns[a].name != NULL && columns[b].name != NULL &&
                parser->number[a] == parser->number[b] &&
                (parser->number[a] > 0 || strcmp(columns[a].name, columns[b].name) == 0))
                return fail(parser, role_names[a], "is in a column that is something else already");
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
        return fail(parser, "has columns", "both by number and by name: use one of them");
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
    user->layout.letters = user->word_count == 0;
    if (user->layout.letters)
        snprintf(user->words_help + used, sizeof user->words_help - used,
                 ", or the kernel's letters, such as WS or FWFS");
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
        if (!take_item(parser, &stop))
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
