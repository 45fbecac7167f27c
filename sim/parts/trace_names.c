// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/parts/trace_names.h"

#include "sim/base/suggest.h"
#include "traces/trace.h"
#include "traces/write.h"

#include <stdio.h>
#include <string.h>

#define LIST_MAX 512

static const char *format_at(const void *words, size_t index)
{
    (void)words;
    return trace_format_at(index);
}

static const char *written_at(const void *words, size_t index)
{
    (void)words;
    return trace_writer_format_at(index);
}

// "csv, iolog, spc".
static const char *list_words(nearest_word_at *word_at, char text[LIST_MAX])
{
    const char *word;
    size_t used = 0;
    for (size_t i = 0; (word = word_at(NULL, i)) != NULL && used < LIST_MAX; i++)
        used += (size_t)snprintf(text + used, LIST_MAX - used, "%s%s", i > 0 ? ", " : "", word);
    return text;
}

bool formats_check(const char *name, char message[FORMATS_MESSAGE_MAX])
{
    char list[LIST_MAX], hint[128];
    if (trace_format_help(name) != NULL)
        return true;
    snprintf(message, FORMATS_MESSAGE_MAX, "unknown format '%.64s'; there are %s%s", name,
             list_words(format_at, list), suggest(name, format_at, NULL, hint, sizeof hint));
    return false;
}

bool formats_check_output(const char *wanted, const char *path, struct sim_error *error)
{
    char list[LIST_MAX], hint[128];
    const char *name;
    if (wanted == NULL && trace_writer_format_of_path(path) != NULL)
        return true;
    if (wanted == NULL)
        return sim_fail(error, SIM_USAGE,
                        "%s: this name does not say in which format to write; choose one with "
                        "--to: %s",
                        path, list_words(written_at, list));
    for (size_t i = 0; (name = trace_writer_format_at(i)) != NULL; i++) {
        if (strcmp(name, wanted) == 0)
            return true;
    }
    bool is_read = trace_format_help(wanted) != NULL;
    return sim_fail(error, SIM_USAGE, "--to: %s '%.64s'%s; there are %s%s",
                    is_read ? "format" : "unknown format", wanted,
                    is_read ? " can be read, but not written" : "", list_words(written_at, list),
                    suggest(wanted, written_at, NULL, hint, sizeof hint));
}

const char *streams_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input (-)" : path;
}

const char *streams_find_repeated(const char *const *paths, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        bool is_stream = trace_path_is_stream(paths[i]);
        for (size_t k = 0; is_stream && k < i; k++) {
            if (trace_paths_are_one_stream(paths[i], paths[k]))
                return paths[i];
        }
    }
    return NULL;
}
