// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/parts/cut.h"

#include "sim/base/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cut cut_of_all(void)
{
    return (struct cut){.ops = CUT_ALL_OPS, .duration_ns = CUT_FOR_EVER, .speed = {1, 1}};
}

const char *cut_op_at(const void *words, size_t index)
{
    (void)words;
    return index < TRACE_OP_COUNT ? trace_op_name((enum trace_op)index) : NULL;
}

bool cut_add_op(unsigned *ops, const char *name)
{
    const char *known;
    for (size_t i = 0; (known = cut_op_at(NULL, i)) != NULL; i++) {
        if (strcmp(known, name) == 0) {
            *ops |= 1u << i;
            return true;
        }
    }
    return false;
}

static bool want_volumes(struct cut_stream *stream)
{
    const struct cut *cut = stream->cut;
    stream->is_found = calloc(cut->volume_count + 1, sizeof *stream->is_found);
    for (size_t i = 0; stream->is_found != NULL && i < cut->volume_count; i++) {
        if (names_add(&stream->wanted, cut->volumes[i], (uint32_t)i) == NAMES_NONE)
            return false;
    }
    return stream->is_found != NULL;
}

bool cut_open(struct cut_stream *stream, const struct trace_config *config, const struct cut *cut,
              struct sim_error *error)
{
    struct trace_error trace_error;
    struct trace_config selected = *config;
    *stream = (struct cut_stream){.cut = cut, .path = config->path};
    // Most readers pass over other volumes faster than they make requests of them, but one that is
    // not there is an error to them.
    bool is_one = cut->volume_count == 1 && !cut->may_miss_volumes;
    selected.volume = is_one ? cut->volumes[0] : NULL;
    selected.keeps_stacks = config->keeps_stacks || cut->volume_count > 0;
    selected.is_part = cut->duration_ns != CUT_FOR_EVER;
    if (!want_volumes(stream)) {
        cut_close(stream);
        return sim_fail_memory(error);
    }
    stream->trace = trace_open(&selected, &trace_error);
    if (stream->trace != NULL)
        return true;
    cut_close(stream);
    return sim_fail(error, SIM_BAD_INPUT, "%s", trace_error.message);
}

void cut_close(struct cut_stream *stream)
{
    trace_close(stream->trace);
    free(stream->selection);
    names_free(&stream->wanted);
    free(stream->is_found);
    *stream = (struct cut_stream){0};
}

// ---- Which requests ----

static bool learn_volumes(struct cut_stream *stream, struct sim_error *error)
{
    size_t count = trace_volume_count(stream->trace);
    uint32_t *selection = realloc(stream->selection, count * sizeof *selection);
    if (selection == NULL)
        return sim_fail_memory(error);
    stream->selection = selection;
    for (; stream->selection_count < count; stream->selection_count++) {
        uint32_t volume = (uint32_t)stream->selection_count;
        selection[volume] = names_find(&stream->wanted, trace_volume_name(stream->trace, volume));
    }
    return true;
}

// Does the request take part, if its time is in the piece?
static bool select_request(struct cut_stream *stream, bool *selected, struct sim_error *error)
{
    const struct trace_request *request = &stream->next;
    *selected = (stream->cut->ops >> request->op & 1) != 0;
    if (stream->cut->volume_count == 0)
        return true;
    if (request->volume >= stream->selection_count && !learn_volumes(stream, error))
        return false;
    uint32_t name = stream->selection[request->volume];
    if (name == NAMES_NONE)
        *selected = false;
    else
        stream->is_found[name] = true;
    return true;
}

bool cut_has_found(const struct cut_stream *stream, const char *volume)
{
    return stream->is_found[names_find(&stream->wanted, volume)];
}

// Of a name that is given twice, the first place is the one that counts.
static bool is_missed(const struct cut_stream *streams, size_t count, size_t volume)
{
    for (size_t i = 0; i < count; i++) {
        if (streams[i].is_found[volume])
            return false;
    }
    return names_find(&streams->wanted, streams->cut->volumes[volume]) == volume;
}

void cut_notice_missed(const struct cut_stream *streams, size_t count, cut_notice *notice,
                       void *context)
{
    for (size_t i = 0; count > 0 && i < streams->cut->volume_count; i++) {
        char text[200];
        if (!is_missed(streams, count, i))
            continue;
        snprintf(text, sizeof text, "No request of device '%.100s' came up in what was read.",
                 streams->cut->volumes[i]);
        struct trace_notice missed = {
            .kind = "device-missed",
            .source = streams->path,
            .count = 1,
            .text = text,
        };
        notice(context, &missed);
    }
}

// At the end of the trace: was something selected that is not in it?
static bool check_found(const struct cut_stream *stream, struct sim_error *error)
{
    for (size_t i = 0; i < stream->cut->volume_count; i++) {
        const char *name = stream->cut->volumes[i];
        if (!stream->cut->may_miss_volumes && !cut_has_found(stream, name))
            return sim_fail(error, SIM_BAD_INPUT,
                            "%s: no request of device '%s' in it; 'throttlesim trace info' lists "
                            "the devices",
                            stream->path, name);
    }
    return true;
}

// ---- When ----

static bool set_time(struct cut_stream *stream, int64_t from_start_ns, struct sim_error *error)
{
    int64_t latest_ns = CUT_LATEST_NS - stream->cut->delay_ns;
    if (fraction_divide(from_start_ns, &stream->cut->speed, &stream->next_ns) &&
        stream->next_ns <= latest_ns) {
        stream->next_ns += stream->cut->delay_ns;
        return true;
    }
    return sim_fail(error, SIM_BAD_INPUT, "%s: a request arrives after more than 146 years",
                    stream->path);
}

bool cut_advance(struct cut_stream *stream, bool *more, struct sim_error *error)
{
    const struct cut *cut = stream->cut;
    struct trace_error trace_error;
    *more = false;
    for (;;) {
        bool selected;
        enum trace_result result = trace_read(stream->trace, &stream->next, &trace_error);
        if (result == TRACE_ERROR)
            return sim_fail(error, SIM_BAD_INPUT, "%s", trace_error.message);
        if (result == TRACE_END)
            return check_found(stream, error);
        stream->requests_read++;
        if (stream->look != NULL && !stream->look(stream->look_context, error))
            return false;
        if (!select_request(stream, &selected, error))
            return false;
        // Above the origin, but that may be another trace's, far below 0.
        uint64_t recorded_ns = (uint64_t)stream->next.arrival_ns - (uint64_t)stream->origin_ns;
        if (recorded_ns < (uint64_t)cut->start_ns)
            continue;
        int64_t from_start_ns =
            recorded_ns <= INT64_MAX ? (int64_t)recorded_ns - cut->start_ns : INT64_MAX;
        if (cut->duration_ns != CUT_FOR_EVER && from_start_ns >= cut->duration_ns) {
            stream->is_cut_off = true;
            return true;
        }
        stream->filtered += !selected;
        if (!selected)
            continue;
        *more = set_time(stream, from_start_ns, error);
        return *more;
    }
}

// All recorded traces count from the earliest of their origins.
static void set_origins(struct merge *merge)
{
    int64_t earliest_ns = INT64_MAX;
    for (size_t i = 0; i < merge->count; i++) {
        const struct trace *trace = merge->streams[i].trace;
        if (!trace_times_are_absolute(trace) && trace_origin_ns(trace) < earliest_ns)
            earliest_ns = trace_origin_ns(trace);
    }
    for (size_t i = 0; i < merge->count; i++) {
        struct cut_stream *stream = &merge->streams[i];
        stream->origin_ns = trace_times_are_absolute(stream->trace) ? 0 : earliest_ns;
    }
}

static bool advance(struct merge *merge, size_t index, bool *more, struct sim_error *error)
{
    bool accepted = false;
    do {
        if (!cut_advance(&merge->streams[index], more, error))
            return false;
        accepted = !*more || merge->accept == NULL;
        if (!accepted && !merge->accept(merge->context, index, &accepted, error))
            return false;
    } while (!accepted);
    return true;
}

bool merge_start(struct merge *merge, struct sim_error *error)
{
    set_origins(merge);
    if (!timer_heap_reserve(&merge->heap, merge->count))
        return sim_fail_memory(error);
    for (size_t i = 0; i < merge->count; i++) {
        struct cut_stream *stream = &merge->streams[i];
        bool more;
        if (!advance(merge, i, &more, error))
            return false;
        timer_init(&stream->due);
        if (more)
            timer_heap_arm_in_order(&merge->heap, &stream->due, stream->next_ns, i);
    }
    return true;
}

void merge_free(struct merge *merge)
{
    timer_heap_free(&merge->heap);
}

size_t merge_next(const struct merge *merge)
{
    return merge->heap.count == 0 ? merge->count : (size_t)merge->heap.slots[0].order;
}

bool merge_advance(struct merge *merge, struct sim_error *error)
{
    size_t index = merge_next(merge);
    bool more;
    if (!advance(merge, index, &more, error))
        return false;
    struct cut_stream *stream = &merge->streams[index];
    if (more)
        timer_heap_arm_in_order(&merge->heap, &stream->due, stream->next_ns, index);
    else
        timer_heap_cancel(&merge->heap, &stream->due);
    return true;
}

// Of one stream: a share of it, which may be unknown, and its bytes.
static double stream_share(const struct cut_stream *stream, uint64_t *total)
{
    const struct cut *cut = stream->cut;
    uint64_t consumed;
    trace_progress(stream->trace, &consumed, total);
    double share = progress_share(consumed, *total);
    if (stream->is_cut_off || cut->duration_ns == CUT_FOR_EVER)
        return stream->is_cut_off ? 1 : share;
    double recorded_ns = (double)stream->next.arrival_ns - (double)stream->origin_ns;
    return fmax(share, recorded_ns / ((double)cut->start_ns + (double)cut->duration_ns));
}

double merge_share(const struct merge *merge)
{
    double done = 0, all = 0;
    for (size_t i = 0; i < merge->count; i++) {
        uint64_t total;
        double share = stream_share(&merge->streams[i], &total);
        if (share < 0)
            return PROGRESS_UNKNOWN;
        double weight = total > 0 ? (double)total : 1;
        done += share * weight;
        all += weight;
    }
    return all > 0 ? done / all : PROGRESS_UNKNOWN;
}
