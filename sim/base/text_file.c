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

void text_write_quoted(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text != '\0'; text++) {
        bool is_special = *text == '"' || *text == '\\';
        if (iscntrl((unsigned char)*text))
            fprintf(out, "\\x%02x", (unsigned)*text);
        else
            fprintf(out, is_special ? "\\%c" : "%c", *text);
    }
    putc('"', out);
}
