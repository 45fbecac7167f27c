// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/columns/propose.h"

#include "traces/columns/naming.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define OP_WORDS_MAX 16

struct proposal {
    struct columns_naming naming; // of the header
    bool is_comment;              // the header starts with '#'
    const char *text;
    const char *header_end;
    const char *end;
    char *note;
};

// The next line that is neither blank nor, below the header, a comment. False: no whole one.
static bool next_line(const char **at, const char *end, const char **line, size_t *length)
{
    for (;;) {
        const char *newline = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;
        if (newline == NULL)
            return false;
        *line = *at;
        *length = (size_t)(newline - *at) - (newline > *at && newline[-1] == '\r');
        *at = newline + 1;
        if (*length > 0)
            return true;
    }
}

// The unit of a time of which the header says none, by how large it is: since 1970, or 1601.
static const char *guess_time(struct proposal *proposal, const struct columns_field *time)
{
    const char *point = memchr(time->text, '.', time->length);
    size_t digits = point != NULL ? (size_t)(point - time->text) : time->length;
    const char *unit = digits >= 19    ? "ns"
                       : digits >= 17  ? "filetime"
                       : digits >= 15  ? "us"
                       : digits >= 12  ? "ms"
                       : digits >= 10  ? "s"
                       : point != NULL ? "s"
                                       : "us";
    if (digits < 10)
        snprintf(proposal->note, COLUMNS_NOTE_BYTES,
                 " (if times are in %s, which the header does not say)", unit);
    return unit;
}

static const char *op_key(const char *word, bool *guessed)
{
    static const char *const keys[] = {"read", "write", "discard", "flush"};
    static const char *const names[] = {" 0 28 88 ", " 1 2a 8a ", " 42 ", " 35 91 "};
    static const char letters[] = "rwdf";
    for (size_t i = 0; i < 4; i++) {
        *guessed = columns_word_is_among(names[i], word);
        if (word[0] == letters[i] || *guessed)
            return keys[i];
    }
    *guessed = false;
    return word[0] == 't' || word[0] == 'u' ? keys[2] : NULL;
}

static bool is_usual(const char *word)
{
    return columns_word_is_among(" r read w write d discard trim unmap write-zeroes f flush ",
                                 word);
}

struct op_words {
    char words[OP_WORDS_MAX][COLUMNS_WORD_BYTES]; // in small letters: their case does not matter
    size_t count;
};

static bool add_word(struct op_words *found, const struct columns_field *field)
{
    char word[COLUMNS_WORD_BYTES] = "";
    if (field->length == 0 || field->length >= COLUMNS_WORD_BYTES)
        return false;
    for (size_t i = 0; i < field->length; i++) {
        word[i] = (char)tolower((unsigned char)field->text[i]);
        if (!isalnum((unsigned char)word[i]) && strchr("-_", word[i]) == NULL)
            return false;
    }
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->words[i], word) == 0)
            return true;
    if (found->count == OP_WORDS_MAX)
        return false;
    memcpy(found->words[found->count++], word, COLUMNS_WORD_BYTES);
    return true;
}

// Who has one of these numbers may have the others further down.
static bool add_family(struct op_words *found)
{
    static const char *const families[][5] = {{"0", "1", NULL}, {"28", "88", "2a", "8a", NULL}};
    for (size_t i = 0; i < 2; i++) {
        bool any = false;
        for (size_t k = 0; families[i][k] != NULL; k++)
            for (size_t w = 0; w < found->count; w++)
                any = any || strcmp(found->words[w], families[i][k]) == 0;
        for (size_t k = 0; any && families[i][k] != NULL; k++)
            if (!add_word(found, &(struct columns_field){families[i][k], strlen(families[i][k])}))
                return false;
    }
    return true;
}

// "read=rd,write=wr|wt". False: there is no room, or a word whose meaning is unknown.
static bool write_words(struct proposal *proposal, const struct op_words *found, char *layout,
                        size_t *used)
{
    static const char *const keys[] = {"read", "write", "discard", "flush"};
    for (size_t k = 0; k < 4; k++) {
        bool any = false;
        for (size_t i = 0; i < found->count && *used < COLUMNS_PROPOSED_BYTES; i++) {
            bool guessed;
            const char *key = op_key(found->words[i], &guessed);
            if (key == NULL)
                return false;
            if (strcmp(key, keys[k]) != 0)
                continue;
            *used +=
                (size_t)snprintf(layout + *used, COLUMNS_PROPOSED_BYTES - *used, "%s%s%s%s",
                                 any ? "|" : ",", any ? "" : key, any ? "" : "=", found->words[i]);
            any = true;
            if (guessed && found->words[i][1] == '\0' && proposal->note[0] == '\0')
                snprintf(proposal->note, COLUMNS_NOTE_BYTES, " (if 0 is a read and 1 a write)");
        }
    }
    return *used < COLUMNS_PROPOSED_BYTES;
}

// Looks at the lines below the header; *used is the end of the layout.
static bool find_words(struct proposal *proposal, char *layout, size_t *used)
{
    struct op_words found = {.count = 0};
    struct columns_field fields[COLUMNS_MAX];
    const char *at = proposal->header_end, *line;
    size_t length;
    bool usual = true;
    while (next_line(&at, proposal->end, &line, &length)) {
        size_t count = columns_naming_split(&proposal->naming, line, length, fields);
        if (line[0] == '#' || count < proposal->naming.count)
            continue;
        if (!add_word(&found, &fields[proposal->naming.place[COLUMNS_OP]]))
            return false;
        const struct columns_field *time = &fields[proposal->naming.place[COLUMNS_TIME]];
        if (proposal->naming.unit[COLUMNS_TIME][0] == '\0')
            proposal->naming.unit[COLUMNS_TIME] = guess_time(proposal, time);
    }
    if (!add_family(&found))
        return false;
    for (size_t i = 0; i < found.count; i++)
        usual = usual && is_usual(found.words[i]);
    return found.count > 0 && (usual || write_words(proposal, &found, layout, used));
}

// Can the name stand in a layout as it is? It is to be one word, which no terminal breaks.
static bool is_plain(const struct columns_field *name)
{
    bool plain = name->length > 0 && !isdigit((unsigned char)name->text[0]);
    for (size_t i = 0; i < name->length; i++)
        plain = plain && isgraph((unsigned char)name->text[i]) &&
                strchr(",:+=|\"'", name->text[i]) == NULL;
    return plain;
}

// False: there is no such column, or it cannot be named.
static bool write_column(const struct proposal *proposal, enum columns_role role, const char *key,
                         bool by_name, char *layout, size_t *used)
{
    size_t place = proposal->naming.place[role];
    const char *unit = proposal->naming.unit[role];
    if (place == COLUMNS_MAX || *used >= COLUMNS_PROPOSED_BYTES)
        return false;
    const struct columns_field *name = &proposal->naming.names[place];
    char number[24];
    snprintf(number, sizeof number, "%zu", place + 1);
    *used += (size_t)snprintf(
        layout + *used, COLUMNS_PROPOSED_BYTES - *used, "%s%s=%.*s%s%s", *used > 0 ? "," : "", key,
        by_name ? (int)name->length : (int)strlen(number), by_name ? name->text : number,
        unit != NULL ? ":" : "", unit != NULL ? unit : "");
    return !by_name || is_plain(name);
}

// Does it read all the lines that are there?
static bool try_layout(const struct proposal *proposal, const char *layout)
{
    struct trace_config config = {.path = "",
                                  .format = "columns",
                                  .layout = layout,
                                  .text = proposal->text,
                                  .text_size = (size_t)(proposal->end - proposal->text)};
    struct trace_request request;
    struct trace_error error;
    enum trace_result result = TRACE_ERROR;
    size_t count = 0;
    struct trace *trace = trace_open(&config, &error);
    while (trace != NULL && (result = trace_read(trace, &request, &error)) == TRACE_REQUEST)
        count++;
    trace_close(trace);
    return result == TRACE_END && count > 0;
}

static bool write_layout(struct proposal *proposal, bool by_name, char *layout)
{
    static const struct {
        char separator;
        const char *name;
    } separators[] = {{';', "semicolon"}, {'\t', "tab"}, {'|', "pipe"}, {' ', "space"}};
    static const struct {
        enum columns_role role;
        const char *key;
    } parts[] = {{COLUMNS_TIME, "time"},     {COLUMNS_OP, "op"},
                 {COLUMNS_OFFSET, "offset"}, {COLUMNS_LENGTH, "bytes"},
                 {COLUMNS_VOLUME, "volume"}, {COLUMNS_LATENCY, "latency"}};
    size_t used = 0;
    // The words first: they are found with the unit of the time.
    char words[COLUMNS_PROPOSED_BYTES] = "";
    size_t words_used = 0;
    if (!find_words(proposal, words, &words_used))
        return false;
    const char *latency = proposal->naming.unit[COLUMNS_LATENCY];
    if (latency != NULL && latency[0] == '\0')
        proposal->naming.place[COLUMNS_LATENCY] = COLUMNS_MAX;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!write_column(proposal, parts[i].role, parts[i].key, by_name, layout, &used) &&
            proposal->naming.place[parts[i].role] < COLUMNS_MAX)
            return false;
    if (used < COLUMNS_PROPOSED_BYTES)
        used += (size_t)snprintf(layout + used, COLUMNS_PROPOSED_BYTES - used, "%s", words);
    for (size_t i = 0; i < 4 && used < COLUMNS_PROPOSED_BYTES; i++)
        if (separators[i].separator == proposal->naming.separator)
            used += (size_t)snprintf(layout + used, COLUMNS_PROPOSED_BYTES - used, ",separator=%s",
                                     separators[i].name);
    if (!by_name && !proposal->is_comment && used < COLUMNS_PROPOSED_BYTES)
        used += (size_t)snprintf(layout + used, COLUMNS_PROPOSED_BYTES - used, ",header=yes");
    return used < COLUMNS_PROPOSED_BYTES && try_layout(proposal, layout);
}

bool columns_propose(const uint8_t *head, size_t length, char layout[COLUMNS_PROPOSED_BYTES],
                     char note[COLUMNS_NOTE_BYTES])
{
    static const char separators[] = ",;\t| ";
    const char *text = (const char *)head, *at = text, *line, *end = text + length;
    size_t line_length;
    while (end > text && end[-1] != '\n')
        end--;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    if (!next_line(&at, end, &line, &line_length))
        return false;
    bool is_comment = line[0] == '#';
    for (size_t i = 0; separators[i] != '\0'; i++) {
        struct proposal proposal = {.naming = {.separator = separators[i]},
                                    .is_comment = is_comment,
                                    .text = text,
                                    .header_end = at,
                                    .end = end,
                                    .note = note};
        note[0] = '\0';
        if (columns_naming_find(&proposal.naming, line + is_comment, line_length - is_comment) &&
            (write_layout(&proposal, true, layout) || write_layout(&proposal, false, layout)))
            return true;
    }
    return false;
}
