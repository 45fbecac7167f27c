// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/notices.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTICE_TEXT_BYTES 512

// Replaces control characters, which hostile paths and fields may carry.
static void sanitize(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7f)
            *text = '?';
    }
}

void trace_error_set(struct trace_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    sanitize(error->message);
}

void trace_error_add(struct trace_error *error, const char *format, ...)
{
    va_list arguments;
    size_t used = strlen(error->message);
    va_start(arguments, format);
    vsnprintf(error->message + used, sizeof error->message - used, format, arguments);
    va_end(arguments);
    sanitize(error->message);
}

void trace_error_no_memory(struct trace_error *error)
{
    trace_error_set(error, "out of memory while reading a trace");
}

void trace_notices_free(struct trace_notices *notices)
{
    for (size_t i = 0; i < notices->count; i++) {
        free((char *)notices->items[i].source);
        free((char *)notices->items[i].text);
    }
    free(notices->items);
    *notices = (struct trace_notices){0};
}

static struct trace_notice *find(struct trace_notices *notices, const char *kind,
                                 const char *source)
{
    for (size_t i = 0; i < notices->count; i++)
        if (strcmp(notices->items[i].kind, kind) == 0 &&
            strcmp(notices->items[i].source, source) == 0)
            return &notices->items[i];
    return NULL;
}

static struct trace_notice *add(struct trace_notices *notices, const char *kind, const char *source)
{
    if (notices->count == notices->capacity) {
        size_t capacity = notices->capacity == 0 ? 8 : notices->capacity * 2;
        struct trace_notice *items = realloc(notices->items, capacity * sizeof *items);
        if (items == NULL)
            return NULL;
        notices->items = items;
        notices->capacity = capacity;
    }
    char *source_copy = strdup(source);
    char *text = calloc(1, NOTICE_TEXT_BYTES);
    if (source_copy == NULL || text == NULL) {
        free(source_copy);
        free(text);
        return NULL;
    }
    sanitize(source_copy);
    struct trace_notice *notice = &notices->items[notices->count++];
    *notice = (struct trace_notice){.kind = kind, .source = source_copy, .text = text};
    return notice;
}

void trace_notices_set(struct trace_notices *notices, const char *kind, const char *source,
                       uint64_t count, const char *format, ...)
{
    if (count == 0)
        return;
    struct trace_notice *notice = find(notices, kind, source);
    if (notice == NULL)
        notice = add(notices, kind, source);
    if (notice == NULL || notice->count == count)
        return;
    notice->count = count;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf((char *)notice->text, NOTICE_TEXT_BYTES, format, arguments);
    va_end(arguments);
    sanitize((char *)notice->text);
}

void trace_notices_count(struct trace_notices *notices, const char *kind, const char *source,
                         uint64_t count, const char *text)
{
    trace_notices_set(notices, kind, source, count, "%llu %s", (unsigned long long)count, text);
}
