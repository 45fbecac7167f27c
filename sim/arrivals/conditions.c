// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/conditions.h"

#include <stdlib.h>

#define QUICK_NS 100000 // of what keeps its clock: how fast it reacts once it may

// ---- What happens in the recording ----

static void keep(struct graph *graph, struct graph_node **place, struct graph_node *node)
{
    graph_hold(node);
    graph_release(graph, *place);
    *place = node;
}

static bool waits_for_all(const struct stream *stream)
{
    return stream->kind == SCENARIO_STREAM_SYNC || stream->kind == SCENARIO_STREAM_PACED;
}

// What completed last on the device of this request.
static struct graph_node **device_end(const struct conditions *conditions,
                                      const struct graph_node *node)
{
    return &conditions->last_ends[conditions->streams->groups[node->group].device];
}

static void end_for(struct conditions *conditions, struct graph_node *node, uint32_t stream)
{
    struct thread *thread = &conditions->threads[stream];
    keep(&conditions->graph, &thread->last_end, node);
    if (waits_for_all(&conditions->streams->items[stream]))
        graph_put(&conditions->graph, &thread->unclaimed, node);
}

// Takes over the hold of the heap.
static void end_recorded(struct conditions *conditions, struct graph_node *node)
{
    struct thread *thread = &conditions->threads[node->stream];
    struct place *place = &conditions->places[node->group];
    const struct stream *stream = &conditions->streams->items[node->stream];
    if (node->is_counted) {
        thread->ends_ns[thread->completions++ % stream->depth] = node->recorded_end_ns;
        thread->last_end_ns = node->recorded_end_ns;
        place->outstanding--;
        place->last_ns = node->recorded_end_ns;
        keep(&conditions->graph, &place->last_end, node);
        keep(&conditions->graph, device_end(conditions, node), node);
    }
    end_for(conditions, node, node->stream);
    uint32_t other;
    for (size_t i = 0; node->arrival.request.also != 0 &&
                       conditions->other(conditions->context, &node->arrival, i, &other);
         i++)
        if (other != STREAM_NONE && other != node->stream)
            end_for(conditions, node, other);
    graph_release(&conditions->graph, node);
}

static void follow_recorded(struct conditions *conditions, int64_t time_ns)
{
    while (timer_heap_deadline(&conditions->ends) <= time_ns) {
        struct timer *due = timer_heap_take(&conditions->ends);
        end_recorded(conditions, (struct graph_node *)(void *)((char *)due -
                                                               offsetof(struct graph_node, ends)));
    }
}

// ---- Conditions ----

// The completion in whose consequence this start of a group came, or NULL.
static struct graph_node *find_call(const struct conditions *conditions,
                                    const struct graph_node *node)
{
    const struct streams *streams = conditions->streams;
    const struct place *place = &conditions->places[node->group];
    if (place->outstanding > 0)
        return NULL;
    int64_t idle_ns = place->is_seen ? node->recorded_ns - place->last_ns : INT64_MAX;
    for (size_t i = 0; i < streams->call_count; i++) {
        const struct stream_call *call = &streams->calls[i];
        struct graph_node *last = conditions->places[call->caller].last_end;
        if (call->callee == node->group && idle_ns > call->window_ns && last != NULL &&
            node->recorded_ns - last->recorded_end_ns <= call->window_ns)
            return last;
    }
    return NULL;
}

// Of the callee's burst after the call the last that completed, or NULL. The thread's hold of it,
// if any, is the caller's to release.
static struct graph_node *take_return(struct conditions *conditions, struct thread *thread)
{
    struct graph_node *last = NULL;
    if (thread->returned != NULL)
        last = thread->returned;
    else if (thread->callee != STREAM_NONE)
        last = conditions->threads[thread->callee].last_end;
    if (last != NULL && last->recorded_end_ns < thread->called_ns)
        last = NULL;
    thread->callee = STREAM_NONE;
    return last;
}

// The callee begins another burst: who waits for the one before waits for what it has done by now.
static void note_call(struct conditions *conditions, const struct graph_node *cause,
                      uint32_t callee, int64_t time_ns)
{
    struct thread *caller = &conditions->threads[cause->stream];
    struct thread *called = &conditions->threads[callee];
    struct thread *other =
        called->caller == STREAM_NONE ? NULL : &conditions->threads[called->caller];
    if (other != NULL && other->callee == callee) {
        keep(&conditions->graph, &other->returned, called->last_end);
        other->callee = STREAM_NONE;
    }
    called->caller = cause->stream;
    keep(&conditions->graph, &caller->returned, NULL);
    caller->callee = callee;
    caller->called_ns = time_ns;
}

// A stream begins: by a clock, or when what came before it in a script is over.
static void condition_start(struct conditions *conditions, struct graph_node *node,
                            const struct stream *stream)
{
    struct graph_node *before = *device_end(conditions, node);
    int64_t since_ns = before == NULL ? INT64_MAX : node->recorded_ns - before->recorded_end_ns;
    if (stream->start_after_ns > 0 && since_ns <= stream->start_after_ns && before != NULL)
        graph_after_completion(&conditions->graph, node, before, since_ns);
    else
        graph_at(node, node->recorded_ns);
}

static int64_t at_most(int64_t value, int64_t limit)
{
    return value < limit ? value : limit;
}

// Waits for all that completed since the stream's previous arrival, a return and a call; think time
// is kept, or given up for the clock.
static void condition_sync(struct conditions *conditions, struct graph_node *node,
                           const struct stream *stream, struct graph_node *call)
{
    struct graph *graph = &conditions->graph;
    struct thread *thread = &conditions->threads[node->stream];
    struct graph_node *returned = take_return(conditions, thread);
    bool is_paced = stream->kind == SCENARIO_STREAM_PACED && thread->previous != NULL;
    int64_t last_ns = INT64_MIN;
    for (struct graph_edge *end = thread->unclaimed; end != NULL; end = end->next)
        last_ns = end->node->recorded_end_ns > last_ns ? end->node->recorded_end_ns : last_ns;
    if (returned != NULL && returned->recorded_end_ns > last_ns)
        last_ns = returned->recorded_end_ns;
    if (call != NULL && call->recorded_end_ns > last_ns)
        last_ns = call->recorded_end_ns;
    int64_t think_ns = last_ns == INT64_MIN ? 0 : node->recorded_ns - last_ns;
    think_ns = is_paced ? at_most(think_ns, QUICK_NS) : think_ns;
    for (struct graph_node *end; (end = graph_take(graph, &thread->unclaimed)) != NULL;) {
        graph_after_completion(graph, node, end, think_ns);
        graph_release(graph, end);
    }
    if (returned != NULL)
        graph_after_completion(graph, node, returned, think_ns);
    keep(graph, &thread->returned, NULL);
    if (call != NULL)
        graph_call(graph, node, call, think_ns);
    if (thread->previous == NULL) {
        if (last_ns == INT64_MIN)
            condition_start(conditions, node, stream);
        return;
    }
    bool keeps_distance = last_ns == INT64_MIN && !is_paced;
    graph_after_arrival(graph, node, thread->previous,
                        keeps_distance ? node->recorded_ns - thread->previous->recorded_ns : 0);
    if (is_paced)
        graph_after_arrival(graph, node, thread->first,
                            node->recorded_ns - thread->first->recorded_ns);
}

// Must a stream of this depth wait for a completion before this request?
static bool must_wait(const struct thread *thread, const struct graph_node *node, uint32_t depth)
{
    return node->is_counted && thread->requests >= depth;
}

// Keeps its clock, or goes on as soon as there is room, and never has more than so many
// outstanding.
static void condition_async(struct conditions *conditions, struct graph_node *node,
                            const struct stream *stream)
{
    struct graph *graph = &conditions->graph;
    struct thread *thread = &conditions->threads[node->stream];
    int64_t now_ns = node->recorded_ns;
    if (thread->previous == NULL) {
        condition_start(conditions, node, stream);
        return;
    }
    bool waits = must_wait(thread, node, stream->depth);
    uint64_t wanted = waits ? thread->requests - stream->depth + 1 : 0;
    bool is_known = waits && wanted <= thread->completions;
    int64_t since_ns = is_known ? now_ns - thread->ends_ns[(wanted - 1) % stream->depth] : 0;
    bool is_full = thread->requests - thread->completions + 1 >= stream->depth;
    bool is_prompt = is_known && now_ns - thread->last_end_ns <= STREAM_PROMPT_NS &&
                     (stream->is_saturated || is_full);
    graph_after_arrival(graph, node, thread->previous, 0);
    if (!is_prompt)
        graph_after_arrival(graph, node, thread->first, now_ns - thread->first->recorded_ns);
    if (waits)
        graph_after_count(node, &thread->counter, wanted,
                          is_prompt ? since_ns : at_most(since_ns, QUICK_NS));
}

// Once there is room, and not before its time, or before the recorded distance is over.
static void condition_closed(struct conditions *conditions, struct graph_node *node,
                             const struct stream *stream)
{
    struct graph *graph = &conditions->graph;
    struct thread *thread = &conditions->threads[node->stream];
    bool keeps = stream->think == SCENARIO_THINK_KEEP && thread->previous != NULL;
    if (thread->previous != NULL)
        graph_after_arrival(graph, node, thread->previous,
                            keeps ? node->recorded_ns - thread->previous->recorded_ns : 0);
    if (!keeps)
        graph_at(node, node->recorded_ns);
    if (must_wait(thread, node, stream->depth))
        graph_after_count(node, &thread->counter, thread->requests - stream->depth + 1, 0);
}

bool conditions_add(struct conditions *conditions, struct graph_node *node)
{
    const struct stream *stream = &conditions->streams->items[node->stream];
    struct graph *graph = &conditions->graph;
    struct thread *thread = &conditions->threads[node->stream];
    struct place *place = &conditions->places[node->group];
    follow_recorded(conditions, node->recorded_ns);
    if (stream->kind == SCENARIO_STREAM_OPEN) {
        graph_at(node, node->recorded_ns);
    } else if (stream->origin == STREAM_CLOSED) {
        condition_closed(conditions, node, stream);
    } else if (stream->kind == SCENARIO_STREAM_ASYNC) {
        condition_async(conditions, node, stream);
    } else {
        struct graph_node *call = find_call(conditions, node);
        condition_sync(conditions, node, stream, call);
        if (call != NULL)
            note_call(conditions, call, node->stream, node->recorded_ns);
    }
    if (thread->previous == NULL)
        keep(graph, &thread->first, node);
    keep(graph, &thread->previous, node);
    place->is_seen = true;
    place->last_ns = node->recorded_ns;
    thread->requests += node->is_counted;
    place->outstanding += node->is_counted;
    if (node->recorded_end_ns != INT64_MAX) {
        if (!timer_heap_reserve(&conditions->ends, (size_t)conditions->ends.count + 1))
            return false;
        graph_hold(node); // the heap's
        timer_heap_arm_in_order(&conditions->ends, &node->ends, node->recorded_end_ns, node->order);
    }
    graph_seal(graph, node);
    return !graph->failed;
}

bool conditions_open(struct conditions *conditions, const struct streams *streams,
                     conditions_other *other, void *context)
{
    *conditions = (struct conditions){
        .streams = streams,
        .other = other,
        .context = context,
        .threads = calloc(streams->count + 1, sizeof *conditions->threads),
        .places = calloc(streams->group_count + 1, sizeof *conditions->places),
    };
    uint32_t devices = 0;
    for (uint32_t i = 0; i < streams->group_count; i++)
        if (streams->groups[i].device >= devices)
            devices = streams->groups[i].device + 1;
    conditions->last_ends = calloc(devices + 1, sizeof *conditions->last_ends);
    bool good =
        conditions->threads != NULL && conditions->places != NULL && conditions->last_ends != NULL;
    conditions->thread_count = good ? streams->count : 0;
    for (uint32_t i = 0; good && i < streams->count; i++) {
        struct thread *thread = &conditions->threads[i];
        thread->callee = STREAM_NONE;
        thread->caller = STREAM_NONE;
        thread->ends_ns = calloc(streams->items[i].depth, sizeof *thread->ends_ns);
        good = thread->ends_ns != NULL &&
               graph_counter_open(&thread->counter, streams->items[i].depth);
    }
    return good;
}

void conditions_close(struct conditions *conditions)
{
    for (uint32_t i = 0; i < conditions->thread_count; i++) {
        free(conditions->threads[i].ends_ns);
        graph_counter_close(&conditions->threads[i].counter);
    }
    free(conditions->threads);
    free(conditions->places);
    free(conditions->last_ends);
    timer_heap_free(&conditions->ends);
    graph_free(&conditions->graph);
}
