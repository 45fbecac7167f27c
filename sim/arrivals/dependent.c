// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/dependent.h"

#include <stdlib.h>

struct dependent {
    struct arrivals arrivals; // first: they lead back to it
    struct dependent_config config;
    struct conditions conditions;
    int64_t lead_ns; // how far something has come before the time at which it was recorded
    int64_t late_ns; // how far a request has come after it
};

static void note_lead(struct dependent *dependent, int64_t recorded_ns, int64_t now_ns)
{
    if (recorded_ns != INT64_MAX && recorded_ns - now_ns > dependent->lead_ns)
        dependent->lead_ns = recorded_ns - now_ns;
}

// The next to arrive that still does. A thread that ran for a certain time sends what fits into it.
static struct graph_node *find_next(struct dependent *dependent)
{
    struct graph_node *next;
    while ((next = graph_next(&dependent->conditions.graph)) != NULL) {
        struct thread *thread = &dependent->conditions.threads[next->stream];
        int64_t lifetime_ns = dependent->config.streams->items[next->stream].lifetime_ns;
        bool is_late =
            thread->first != next && next->ready_ns - thread->first->arrived_ns > lifetime_ns;
        if (!is_late && !next->is_dropped)
            break;
        thread->dropped++;
        note_lead(dependent, next->recorded_ns, next->ready_ns);
        note_lead(dependent, next->recorded_end_ns, next->ready_ns);
        graph_drop(&dependent->conditions.graph, next, next->is_counted ? &thread->counter : NULL);
    }
    return next;
}

static void look_ahead(struct dependent *dependent)
{
    struct graph_node *next = find_next(dependent);
    const struct arrival *unread = dependent->config.recorded->next;
    if (next != NULL)
        next->arrival.time_ns = next->ready_ns;
    dependent->arrivals.next = next != NULL ? &next->arrival : NULL;
    dependent->arrivals.unread_ns =
        unread == NULL ? INT64_MAX : unread->time_ns - dependent->lead_ns;
}

// A request that is not seen to end takes what is usual: else who waits for it would wait for ever.
static void guess_end(struct dependent *dependent, struct graph_node *node)
{
    struct trace_request *request = &node->arrival.request;
    if (request->latency_ns != TRACE_LATENCY_UNKNOWN ||
        dependent->config.streams->items[node->stream].origin == STREAM_OPEN)
        return;
    int64_t usual_ns = services_find(dependent->config.services, node->arrival.member, request);
    if (usual_ns == TRACE_LATENCY_UNKNOWN || usual_ns >= INT64_MAX - node->recorded_ns)
        return;
    request->latency_ns = usual_ns;
    node->arrival.is_guessed = true;
    node->recorded_end_ns = node->recorded_ns + usual_ns;
    dependent->conditions.threads[node->stream].guessed++;
}

static bool read_on(struct arrivals *arrivals, struct sim_error *error)
{
    struct dependent *dependent = (struct dependent *)arrivals;
    struct arrivals *recorded = dependent->config.recorded;
    struct graph_node *node = graph_add(&dependent->conditions.graph, recorded->next);
    if (node == NULL)
        return sim_fail_memory(error);
    node->stream = node->arrival.who.stream;
    node->group = node->arrival.who.group;
    node->arrival.origin = node;
    guess_end(dependent, node);
    if (!conditions_add(&dependent->conditions, node))
        return sim_fail_memory(error);
    if (!recorded->advance(recorded, error))
        return false;
    look_ahead(dependent);
    return true;
}

static bool advance(struct arrivals *arrivals, struct sim_error *error)
{
    struct dependent *dependent = (struct dependent *)arrivals;
    struct graph_node *node = graph_next(&dependent->conditions.graph);
    note_lead(dependent, node->recorded_ns, node->ready_ns);
    if (node->ready_ns - node->recorded_ns > dependent->late_ns)
        dependent->late_ns = node->ready_ns - node->recorded_ns;
    graph_arrived(&dependent->conditions.graph, node);
    if (dependent->conditions.graph.failed)
        return sim_fail_memory(error);
    look_ahead(dependent);
    return true;
}

static void completed(struct arrivals *arrivals, const struct sim_request *request, int64_t now_ns)
{
    struct dependent *dependent = (struct dependent *)arrivals;
    struct graph_node *node = sim_request_origin(request);
    struct graph_counter *counter =
        node->is_counted ? &dependent->conditions.threads[node->stream].counter : NULL;
    note_lead(dependent, node->recorded_end_ns, now_ns);
    graph_completed(&dependent->conditions.graph, node, counter, now_ns);
    look_ahead(dependent);
}

struct dependent *dependent_open(const struct dependent_config *config)
{
    struct dependent *dependent = calloc(1, sizeof *dependent);
    if (dependent == NULL)
        return NULL;
    dependent->config = *config;
    if (!conditions_open(&dependent->conditions, config->streams, config->other, config->context)) {
        dependent_close(dependent);
        return NULL;
    }
    dependent->arrivals =
        (struct arrivals){.advance = advance, .completed = completed, .read_on = read_on};
    look_ahead(dependent);
    return dependent;
}

void dependent_close(struct dependent *dependent)
{
    if (dependent != NULL)
        conditions_close(&dependent->conditions);
    free(dependent);
}

uint64_t dependent_held(const struct dependent *dependent)
{
    return dependent->conditions.graph.held;
}

uint64_t dependent_dropped(const struct dependent *dependent, uint32_t stream)
{
    return dependent->conditions.threads[stream].dropped;
}

uint64_t dependent_guessed(const struct dependent *dependent, uint32_t stream)
{
    return dependent->conditions.threads[stream].guessed;
}

uint64_t dependent_place(const void *origin)
{
    return ((const struct graph_node *)origin)->order;
}

int64_t dependent_late_ns(const struct dependent *dependent)
{
    return dependent->late_ns;
}

struct arrivals *dependent_arrivals(struct dependent *dependent)
{
    return &dependent->arrivals;
}
