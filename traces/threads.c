// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/threads.h"
#include "traces/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPED_BYTES 4 // \xNN
#define NUMBER_BYTES 12 // [PID]
_Static_assert(ESCAPED_BYTES *TRACE_THREAD_NAME_BYTES + NUMBER_BYTES < TRACE_STREAM_TEXT, "text");

void trace_threads_free(struct trace_threads *threads)
{
    trace_map_free(&threads->numbers);
    free(threads->items);
    trace_stream_sets_free(&threads->sets);
    *threads = (struct trace_threads){0};
}

// NULL: there is no room for a new one.
static struct trace_thread *find_thread(struct trace_threads *threads, uint32_t pid)
{
    uint32_t number = trace_map_get(&threads->numbers, pid, 0);
    if (number != TRACE_MAP_NONE)
        return &threads->items[number];
    if (threads->count == TRACE_VOLUMES_MAX)
        return NULL;
    struct trace_thread *items =
        trace_grown(threads->items, threads->count, &threads->capacity, sizeof *items);
    if (items == NULL)
        return NULL;
    threads->items = items;
    if (!trace_map_put(&threads->numbers, pid, 0, threads->count))
        return NULL;
    struct trace_thread *added = &threads->items[threads->count++];
    *added = (struct trace_thread){.named_ns = INT64_MIN, .pid = pid};
    return added;
}

// What is not printable, in a terminal or in JSON, becomes \xNN.
static size_t show_name(const struct trace_thread *thread, char text[TRACE_STREAM_TEXT])
{
    size_t used = 0;
    if (thread->name[0] == '\0')
        return (size_t)sprintf(text, "%u", thread->pid);
    for (const char *at = thread->name; *at != '\0'; at++) {
        if (*at >= ' ' && *at <= '~')
            text[used++] = *at;
        else
            used += (size_t)sprintf(text + used, "\\x%02x", (unsigned char)*at);
    }
    text[used] = '\0';
    return used;
}

void trace_threads_name(struct trace_threads *threads, uint32_t pid, const char *name,
                        size_t length, int64_t time_ns)
{
    char text[TRACE_STREAM_TEXT];
    struct trace_thread *thread = find_thread(threads, pid);
    if (thread == NULL || length == 0 || time_ns < thread->named_ns)
        return;
    length = length < TRACE_THREAD_NAME_BYTES ? length : TRACE_THREAD_NAME_BYTES;
    thread->named_ns = time_ns;
    if (strncmp(thread->name, name, length) == 0 && thread->name[length] == '\0')
        return;
    memcpy(thread->name, name, length);
    thread->name[length] = '\0';
    if (thread->stream == 0)
        return;
    show_name(thread, text);
    char *shown = strdup(text);
    if (shown == NULL)
        return;
    free(threads->streams->names[thread->stream - 1]);
    threads->streams->names[thread->stream - 1] = shown;
}

uint32_t trace_threads_stream(struct trace_threads *threads, uint32_t pid)
{
    char text[TRACE_STREAM_TEXT];
    if (pid == 0)
        return 0;
    struct trace_thread *thread = find_thread(threads, pid);
    if (thread == NULL) {
        threads->unlisted++;
        return 0;
    }
    if (thread->stream == 0) {
        size_t length = show_name(thread, text);
        uint32_t next = (uint32_t)threads->streams->count + 1;
        if (trace_map_put(&threads->numbers, next, 1, (uint32_t)(thread - threads->items)))
            thread->stream = trace_volumes_add(threads->streams, text, length) + 1;
    }
    return thread->stream;
}

const char *trace_threads_text(const struct trace_threads *threads, uint32_t stream,
                               char text[TRACE_STREAM_TEXT])
{
    const struct trace_thread *thread =
        &threads->items[trace_map_get(&threads->numbers, stream, 1)];
    size_t length = show_name(thread, text);
    snprintf(text + length, TRACE_STREAM_TEXT - length, "[%u]", thread->pid);
    return text;
}

void trace_threads_report(const struct trace_threads *threads, const char *source,
                          struct trace_notices *notices)
{
    trace_notices_count(notices, "threads-too-many", source, threads->unlisted,
                        "requests were queued by threads beyond the first 65535, or beyond what "
                        "there is memory for; who sent them is taken to be unknown.");
    trace_notices_count(notices, "flushes-too-mixed", source, threads->sets.unknown,
                        "flushes of the device ended those of threads together that are more "
                        "groups than are kept, 65535; they count for the last thread alone.");
}
