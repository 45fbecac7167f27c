// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/columns/split.h"

#include "traces/input/eight_bytes.h"

size_t columns_split(const char *line, size_t length, char separator, struct columns_field *fields,
                     size_t limit)
{
    const char *end = line + length;
    const char *start = line;
    size_t count = 0;
    const char *at = line;
    for (; end - at >= 8; at += 8) {
        uint64_t found = eight_equal(eight_load(at), separator);
        for (; found != 0; found &= found - 1) {
            const char *stop = at + eight_first(found);
            fields[count++] = (struct columns_field){start, (size_t)(stop - start)};
            start = stop + 1;
            if (count == limit)
                return limit + 1;
        }
    }
    for (; at < end; at++) {
        if (*at != separator)
            continue;
        fields[count++] = (struct columns_field){start, (size_t)(at - start)};
        start = at + 1;
        if (count == limit)
            return limit + 1;
    }
    fields[count++] = (struct columns_field){start, (size_t)(end - start)};
    return count;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

size_t columns_split_blanks(const char *line, size_t length, struct columns_field *fields,
                            size_t limit)
{
    const char *end = line + length;
    uint64_t before = 0x80; // is what stands before a blank?
    bool inside = false;
    size_t count = 0;
    for (const char *at = line; at < end; at += 8) {
        char last[8] = "        ";
        if (end - at < 8)
            memcpy(last, at, (size_t)(end - at));
        uint64_t blanks = eight_blanks(eight_load(end - at < 8 ? last : at));
        // Where fields begin and end in turn.
        uint64_t edges = blanks ^ (blanks << 8 | before);
        before = blanks >> 56;
        for (; edges != 0; edges &= edges - 1) {
            const char *edge = at + eight_first(edges);
            if (inside) {
                fields[count].length = (size_t)(edge - fields[count].text);
                count++;
            } else if (count == limit) {
                return limit + 1;
            } else {
                fields[count].text = edge;
            }
            inside = !inside;
        }
    }
    if (inside) {
        fields[count].length = (size_t)(end - fields[count].text);
        count++;
    }
    return count;
}

// Takes a quoted field at `at`, which is its opening quote; returns what follows the closing one,
// or NULL if there is none. The characters go to *unquoted, which moves past them.
static const char *unquote(const char *at, const char *end, char **unquoted,
                           struct columns_field *field)
{
    char *to = *unquoted;
    field->text = to;
    for (at++; at < end; at++) {
        if (*at == '"') {
            if (at + 1 == end || at[1] != '"') {
                field->length = (size_t)(to - field->text);
                *unquoted = to;
                return at + 1;
            }
            at++;
        }
        *to++ = *at;
    }
    return NULL;
}

size_t columns_split_quoted(const char *line, size_t length, char separator,
                            struct columns_field *fields, size_t limit, char *unquoted,
                            const char **wrong)
{
    const char *at = line;
    const char *end = line + length;
    if (length == 0 || memchr(line, '"', length) == NULL)
        return columns_split(line, length, separator, fields, limit);
    for (size_t count = 0; count < limit; count++) {
        const char *stop = NULL;
        if (at < end && *at == '"') {
            stop = unquote(at, end, &unquoted, &fields[count]);
            if (stop == NULL) {
                *wrong = "a quoted field does not end on its line";
                return 0;
            }
            if (stop < end && *stop != separator) {
                *wrong = separator == ',' ? "a closing quote is not followed by a comma"
                                          : "a closing quote is not followed by the separator";
                return 0;
            }
        } else {
            stop = at < end ? memchr(at, separator, (size_t)(end - at)) : NULL;
            stop = stop != NULL ? stop : end;
            fields[count] = (struct columns_field){at, (size_t)(stop - at)};
        }
        if (stop == end)
            return count + 1;
        at = stop + 1;
    }
    return limit + 1;
}

struct columns_field columns_trim(struct columns_field field)
{
    while (field.length > 0 && is_blank(field.text[0])) {
        field.text++;
        field.length--;
    }
    while (field.length > 0 && is_blank(field.text[field.length - 1]))
        field.length--;
    return field;
}
