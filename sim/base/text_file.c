// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/text_file.h"

#include "traces/write/write_format.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MOST (64u << 20) // a larger file was not written by hand

// The whole rest of a stream, with a NUL behind it.
static bool read_all(FILE *file, const char *name, const char *not_this, char **text,
                     size_t *length, struct sim_error *error)
{
    size_t capacity = 0, got;
    do {
        if (capacity - *length < 2) {
            capacity = capacity == 0 ? 1 << 16 : 2 * capacity;
            char *bigger = realloc(*text, capacity);
            if (bigger == NULL)
                return sim_fail_memory(error);
            *text = bigger;
        }
        got = fread(*text + *length, 1, capacity - *length - 1, file);
        *length += got;
        if (*length > SIZE_MOST)
            return sim_fail(error, SIM_BAD_INPUT, "%s: larger than 64 MiB, so %s", name, not_this);
    } while (got > 0);
    (*text)[*length] = '\0';
    return true;
}

bool text_file_read(const char *path, const char *not_this, char **text, size_t *length,
                    struct sim_error *error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    *text = NULL;
    *length = 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    if (file == NULL)
        return sim_fail(error, SIM_BAD_INPUT, "%s: %s", path, strerror(errno));
    bool ok = read_all(file, is_stdin ? "standard input" : path, not_this, text, length, error);
    if (ok && ferror(file))
        ok = sim_fail(error, SIM_BAD_INPUT, "%s: %s", path, strerror(errno));
    if (!is_stdin)
        fclose(file);
    return ok;
}

// ---- Writing ----

bool text_file_write(const char *path, const char *text, struct sim_error *error)
{
    struct trace_error trace_error;
    return write_output_text(path, text, &trace_error) ||
           sim_fail(error, SIM_FAILED, "%s", trace_error.message);
}

// ---- Values ----

// What YAML takes for the end of a line, or refuses, if it stands as it is: its length, or 0.
static size_t special_length(const char *text, unsigned *code)
{
    static const struct {
        const char *bytes;
        unsigned code;
    } rows[] = {{"\xe2\x80\xa8", 0x2028},
                {"\xe2\x80\xa9", 0x2029},
                {"\xef\xbb\xbf", 0xfeff},
                {"\xef\xbf\xbe", 0xfffe},
                {"\xef\xbf\xbf", 0xffff}};
    *code = (unsigned char)text[0];
    if (iscntrl((unsigned char)text[0]))
        return 1;
    *code = (unsigned char)text[1];
    if ((unsigned char)text[0] == 0xc2 && *code >= 0x80 && *code < 0xa0)
        return 2;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        *code = rows[i].code;
        if (strncmp(text, rows[i].bytes, 3) == 0)
            return 3;
    }
    return 0;
}

void text_write_quoted(FILE *out, const char *text)
{
    unsigned code;
    putc('"', out);
    for (size_t length; *text != '\0'; text += length == 0 ? 1 : length) {
        bool is_special = *text == '"' || *text == '\\';
        length = special_length(text, &code);
        if (length > 0)
            fprintf(out, code < 0x100 ? "\\x%02x" : "\\u%04x", code);
        else
            fprintf(out, is_special ? "\\%c" : "%c", *text);
    }
    putc('"', out);
}
