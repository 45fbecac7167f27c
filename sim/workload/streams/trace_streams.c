// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/streams/trace_streams.h"

#include "reports/grid.h"
#include "sim/base/text_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_PER_LOOK 4096 // between two looks at the stop flag and the progress

// ---- Reading ----

static bool learn(struct trace_streams *read, struct sim_error *error)
{
    const struct cut_stream *cut = &read->cut;
    struct stream_key key = {
        .origin = STREAM_OF_THREAD,
        .thread = cut->next.stream,
        .name = trace_stream_name(cut->trace, cut->next.stream),
        .device = cut->next.volume,
        .device_name = trace_volume_name(cut->trace, cut->next.volume),
    };
    struct stream_who who;
    return (streams_find(&read->streams, &key, &who) &&
            streams_learn(&read->streams, &who, cut->next_ns, cut->next.latency_ns)) ||
           sim_fail_memory(error);
}

bool trace_streams_read(struct trace_streams *read, const struct trace_streams_config *config,
                        struct sim_error *error)
{
    bool more = true;
    *read = (struct trace_streams){.tells_streams = false};
    struct trace_config reading = config->reading;
    reading.wants_streams = true;
    if (!cut_open(&read->cut, &reading, &config->cut, error))
        return false;
    read->tells_streams = trace_tells_streams(read->cut.trace);
    if (!trace_times_are_absolute(read->cut.trace))
        read->cut.origin_ns = trace_origin_ns(read->cut.trace);
    for (uint64_t count = 1;; count++) {
        if (!cut_advance(&read->cut, &more, error))
            return false;
        if (!more)
            break;
        if (!learn(read, error))
            return false;
        if (count % STEPS_PER_LOOK != 0)
            continue;
        uint64_t consumed, total;
        trace_progress(read->cut.trace, &consumed, &total);
        struct progress_state state = {progress_share(consumed, total), count};
        config->watch.progress(config->watch.progress_context, &state);
        if (*config->watch.stop)
            return sim_fail(error, SIM_FAILED, "stopped");
    }
    return streams_conclude(&read->streams) || sim_fail_memory(error);
}

void trace_streams_close(struct trace_streams *read)
{
    streams_free(&read->streams);
    cut_close(&read->cut);
}

// ---- What is told of one ----

static const char *device_of(const struct trace_streams *read, const struct stream *stream)
{
    return stream->device == STREAM_NONE ? "" : trace_volume_name(read->cut.trace, stream->device);
}

// An async stream that was never held up could have had more outstanding.
static bool is_depth_a_bound(const struct stream *stream)
{
    return stream->kind == SCENARIO_STREAM_ASYNC && !stream->is_saturated;
}

// Why it may be otherwise; NULL: nothing says so.
static const char *doubt(const struct stream *stream)
{
    if (stream->origin == STREAM_OF_DEVICE)
        return "no thread is known: all of the device as one stream is a guess";
    if (stream->origin == STREAM_MADE)
        return NULL;
    if (stream->kind == SCENARIO_STREAM_OPEN)
        return "none of its requests completes in the trace";
    if (stream->is_between)
        return "it lies between sync and async";
    if (is_depth_a_bound(stream))
        return "it was never full: its depth may be more";
    if (stream->kind == SCENARIO_STREAM_PACED)
        return "whether it catches up what it missed cannot be seen";
    return NULL;
}

static const struct stream *end_of(const struct trace_streams *read, uint32_t group)
{
    return &read->streams.items[read->streams.groups[group].stream];
}

// ---- For people ----

static bool print_table(const struct trace_streams *read, const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "stream", GRID_TEXT},    {NULL, "device", GRID_TEXT},
        {NULL, "kind", GRID_TEXT},      {NULL, "depth", GRID_TEXT},
        {NULL, "requests", GRID_COUNT}, {NULL, "mean think", GRID_TIME},
        {NULL, "first", GRID_MOMENT},   {NULL, "last", GRID_MOMENT},
    };
    struct grid *grid = grid_create(columns, COUNT_OF(columns));
    if (grid == NULL)
        return false;
    for (uint32_t i = 0; i < read->streams.count; i++) {
        const struct stream *stream = &read->streams.items[i];
        char depth[32];
        snprintf(depth, sizeof depth, "%s%" PRIu32, is_depth_a_bound(stream) ? ">= " : "",
                 stream->depth);
        grid_text(grid, stream->name);
        grid_text(grid, device_of(read, stream));
        grid_text(grid, scenario_stream_kind_name(stream->kind));
        grid_text(grid, stream->kind == SCENARIO_STREAM_OPEN ? "" : depth);
        grid_number(grid, (double)(stream->requests + stream->endless));
        bool thinks = stream->thinks > 0 && stream->kind != SCENARIO_STREAM_ASYNC;
        grid_number(grid, thinks ? stream->think_ns / (double)stream->thinks : NAN);
        grid_number(grid, (double)stream->first_ns);
        grid_number(grid, (double)stream->last_ns);
    }
    bool ok = grid_print(grid, style);
    grid_free(grid);
    return ok;
}

static void print_calls(const struct trace_streams *read, const struct report_style *style)
{
    if (read->streams.call_count > 0)
        report_title(style, "Calls: who goes on when another has completed");
    for (size_t i = 0; i < read->streams.call_count; i++) {
        const struct stream_call *call = &read->streams.calls[i];
        report_say(style, REPORT_PLAIN,
                   "%.100s wakes %.100s: %" PRIu64 " times within %g ms, by chance %.2g",
                   end_of(read, call->caller)->name, end_of(read, call->callee)->name,
                   call->counted, (double)call->window_ns / 1e6, call->expected);
    }
}

bool trace_streams_print(const struct trace_streams *read, const struct report_style *style)
{
    bool any = false;
    if (!read->tells_streams)
        report_say(style, REPORT_WARNING,
                   "This trace does not tell which threads sent its requests. What a limit does to "
                   "them is then a guess; record with blktrace, perf or ftrace, whose queue events "
                   "(Q) have the thread.");
    if (!print_table(read, style))
        return false;
    print_calls(read, style);
    for (uint32_t i = 0; i < read->streams.count; i++) {
        const char *why = doubt(&read->streams.items[i]);
        if (why == NULL)
            continue;
        if (!any)
            report_title(style, "Not certain");
        any = true;
        const char *name = read->streams.items[i].name;
        report_say(style, REPORT_PLAIN, "%.100s: %s", name[0] != '\0' ? name : "the device", why);
    }
    return true;
}

// ---- For programs ----

static json_t *stream_json(const struct trace_streams *read, const struct stream *stream)
{
    const char *why = doubt(stream);
    bool thinks = stream->thinks > 0;
    json_t *json =
        json_pack("{s:s, s:s*, s:s, s:I, s:b, s:b, s:I, s:I, s:I, s:I, s:s*}", "name", stream->name,
                  "device", stream->device == STREAM_NONE ? NULL : device_of(read, stream), "kind",
                  scenario_stream_kind_name(stream->kind), "depth", (json_int_t)stream->depth,
                  "depth_is_at_least", is_depth_a_bound(stream), "saturated", stream->is_saturated,
                  "requests", (json_int_t)stream->requests, "without_completion",
                  (json_int_t)stream->endless, "first_ns", (json_int_t)stream->first_ns, "last_ns",
                  (json_int_t)stream->last_ns, "doubt", why);
    if (json != NULL && thinks)
        json_object_set_new(json, "think_mean_ns",
                            json_real(stream->think_ns / (double)stream->thinks));
    return json;
}

json_t *trace_streams_json(const struct trace_streams *read)
{
    json_t *streams = json_array(), *calls = json_array();
    bool ok = streams != NULL && calls != NULL;
    for (uint32_t i = 0; ok && i < read->streams.count; i++)
        ok = json_array_append_new(streams, stream_json(read, &read->streams.items[i])) == 0;
    for (size_t i = 0; ok && i < read->streams.call_count; i++) {
        const struct stream_call *call = &read->streams.calls[i];
        json_t *json = json_pack(
            "{s:s, s:s, s:I, s:I, s:f}", "caller", end_of(read, call->caller)->name, "callee",
            end_of(read, call->callee)->name, "window_ns", (json_int_t)call->window_ns, "counted",
            (json_int_t)call->counted, "expected", call->expected);
        ok = json_array_append_new(calls, json) == 0;
    }
    if (ok)
        return json_pack("{s:s, s:b, s:o, s:o}", "trace", read->cut.path, "tells_streams",
                         read->tells_streams, "streams", streams, "calls", calls);
    json_decref(streams);
    json_decref(calls);
    return NULL;
}

// ---- As a file ----

// What is said of a name is meant of all streams of it: where they differ it is left to inference.
// Sets of the first of each name whether they do; of others `is_other`. False: out of memory.
static bool compare_names(const struct streams *streams, bool *differ, bool *is_other)
{
    struct names firsts = {0};
    bool ok = true;
    for (uint32_t i = 0; ok && i < streams->count; i++) {
        const struct stream *stream = &streams->items[i];
        uint32_t first = names_add(&firsts, stream->name, i);
        ok = first != NAMES_NONE;
        if (!ok || first == i)
            continue;
        is_other[i] = true;
        differ[first] = differ[first] || streams->items[first].kind != stream->kind ||
                        streams->items[first].depth != stream->depth;
    }
    names_free(&firsts);
    return ok;
}

static bool is_utf8(const char *name)
{
    json_t *json = json_string(name);
    json_decref(json);
    return json != NULL;
}

static void write_stream(FILE *out, const struct stream *stream, bool differ)
{
    const char *why = doubt(stream);
    uint32_t depth = stream->depth < SCENARIO_DEPTH_MAX ? stream->depth : SCENARIO_DEPTH_MAX;
    if (strlen(stream->name) > SCENARIO_STREAM_NAME_MAX || !is_utf8(stream->name)) {
        fputs("# a stream is left out whose name is too long, or no UTF-8\n", out);
        return;
    }
    text_write_quoted(out, stream->name);
    if (differ) {
        fputs(": {} # several of this name, of different kinds\n", out);
        return;
    }
    fprintf(out, ": {kind: %s", scenario_stream_kind_name(stream->kind));
    if (stream->kind == SCENARIO_STREAM_ASYNC)
        fprintf(out, ", depth: %" PRIu32, depth);
    fprintf(out, "}%s%s\n", why != NULL ? " # " : "", why != NULL ? why : "");
}

char *trace_streams_text(const struct trace_streams *read)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        return NULL;
    fputs("# Who sent the requests, as throttlesim inferred it. Change what you know better, and\n"
          "# give the file to a trace: trace: {path: ..., streams: THIS FILE}\n"
          "# kind: sync, async, paced, open; depth: of async, the most outstanding; lifetime:\n"
          "# recorded, for what runs for a certain time, however slow the disk is.\n",
          out);
    bool *differ = calloc(read->streams.count + 1, sizeof *differ);
    bool *is_other = calloc(read->streams.count + 1, sizeof *is_other);
    bool ok = differ != NULL && is_other != NULL && compare_names(&read->streams, differ, is_other);
    for (uint32_t i = 0; ok && i < read->streams.count; i++)
        if (!is_other[i])
            write_stream(out, &read->streams.items[i], differ[i]);
    free(differ);
    free(is_other);
    if (read->streams.count == 0)
        fputs("{}\n", out);
    ok = ferror(out) == 0 && ok;
    ok = fclose(out) == 0 && ok;
    if (ok)
        return text;
    free(text);
    return NULL;
}
