// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/graph.h"

#include <assert.h>
#include <stdlib.h>

#define SLAB_NODES 256
#define SLAB_EDGES 256

struct graph_slab {
    struct graph_slab *next;
};

struct node_slab {
    struct graph_slab slab; // first: it leads back here
    struct graph_node nodes[SLAB_NODES];
};

struct edge_slab {
    struct graph_slab slab; // likewise
    struct graph_edge edges[SLAB_EDGES];
};

void graph_free(struct graph *graph)
{
    while (graph->slabs != NULL) {
        struct graph_slab *slab = graph->slabs;
        graph->slabs = slab->next;
        free(slab);
    }
    timer_heap_free(&graph->ready);
}

bool graph_counter_open(struct graph_counter *counter, uint32_t depth)
{
    *counter = (struct graph_counter){.depth = depth};
    counter->times_ns = calloc(depth, sizeof *counter->times_ns);
    return counter->times_ns != NULL;
}

void graph_counter_close(struct graph_counter *counter)
{
    free(counter->times_ns);
}

static void *add_slab(struct graph *graph, size_t bytes)
{
    struct graph_slab *slab = malloc(bytes);
    graph->failed = graph->failed || slab == NULL;
    if (slab != NULL) {
        slab->next = graph->slabs;
        graph->slabs = slab;
    }
    return slab;
}

static struct graph_node *take_node(struct graph *graph)
{
    if (graph->free_nodes == NULL) {
        struct node_slab *slab = add_slab(graph, sizeof *slab);
        if (slab == NULL)
            return NULL;
        for (size_t i = SLAB_NODES; i-- > 0;) {
            slab->nodes[i].next = graph->free_nodes;
            graph->free_nodes = &slab->nodes[i];
        }
    }
    struct graph_node *node = graph->free_nodes;
    graph->free_nodes = node->next;
    graph->held++;
    return node;
}

static struct graph_edge *take_edge(struct graph *graph)
{
    if (graph->free_edges == NULL) {
        struct edge_slab *slab = add_slab(graph, sizeof *slab);
        if (slab == NULL)
            return NULL;
        for (size_t i = SLAB_EDGES; i-- > 0;) {
            slab->edges[i].next = graph->free_edges;
            graph->free_edges = &slab->edges[i];
        }
    }
    struct graph_edge *edge = graph->free_edges;
    graph->free_edges = edge->next;
    return edge;
}

struct graph_node *graph_add(struct graph *graph, const struct arrival *arrival)
{
    struct graph_node *node = take_node(graph);
    if (node == NULL)
        return NULL;
    int64_t latency_ns = arrival->request.latency_ns;
    bool is_endless =
        latency_ns == TRACE_LATENCY_UNKNOWN || latency_ns >= INT64_MAX - arrival->time_ns;
    // One by one: to clear all of it first took a tenth of the time of a replay.
    timer_init(&node->due);
    timer_init(&node->ends);
    node->arrival = *arrival;
    node->order = graph->next_order++;
    node->recorded_ns = arrival->time_ns;
    node->recorded_end_ns = is_endless ? INT64_MAX : arrival->time_ns + latency_ns;
    node->ready_ns = GRAPH_NOT_YET;
    node->arrived_ns = GRAPH_NOT_YET;
    node->completed_ns = GRAPH_NOT_YET;
    node->unmet = 1;
    node->holds = 2; // until it has arrived and completed
    node->is_dropped = false;
    node->is_counted = !is_endless;
    node->stream = 0;
    node->group = 0;
    node->on_arrival = NULL;
    node->on_completion = NULL;
    node->next = NULL;
    node->wanted = 0;
    node->wanted_after_ns = 0;
    return node;
}

// ---- Conditions ----

// One is met: from then on.
static void meet(struct graph_node *node, int64_t time_ns, int64_t after_ns)
{
    int64_t from_ns = after_ns > INT64_MAX - time_ns ? INT64_MAX : time_ns + after_ns;
    node->ready_ns = from_ns > node->ready_ns ? from_ns : node->ready_ns;
}

// One is no longer unmet. What would be after the end of time never arrives.
static void settle(struct graph *graph, struct graph_node *node)
{
    if (--node->unmet > 0 || node->ready_ns == INT64_MAX)
        return;
    assert(node->ready_ns >= graph->now_ns);
    if (!timer_heap_reserve(&graph->ready, (size_t)graph->ready.count + 1)) {
        graph->failed = true;
        return;
    }
    timer_heap_arm_in_order(&graph->ready, &node->due, node->ready_ns, node->order);
}

void graph_at(struct graph_node *node, int64_t time_ns)
{
    meet(node, time_ns, 0);
}

static void wait_for(struct graph *graph, struct graph_node *node, struct graph_edge **list,
                     int64_t happened_ns, int64_t after_ns, bool is_call)
{
    assert(after_ns >= 0);
    if (happened_ns != GRAPH_NOT_YET) {
        meet(node, happened_ns, after_ns);
        return;
    }
    struct graph_edge *edge = take_edge(graph);
    if (edge == NULL)
        return;
    *edge = (struct graph_edge){*list, node, after_ns, is_call};
    *list = edge;
    node->unmet++;
}

void graph_after_arrival(struct graph *graph, struct graph_node *node, struct graph_node *of,
                         int64_t after_ns)
{
    wait_for(graph, node, &of->on_arrival, of->arrived_ns, after_ns, false);
}

void graph_after_completion(struct graph *graph, struct graph_node *node, struct graph_node *of,
                            int64_t after_ns)
{
    wait_for(graph, node, &of->on_completion, of->completed_ns, after_ns, false);
}

void graph_call(struct graph *graph, struct graph_node *node, struct graph_node *of,
                int64_t after_ns)
{
    node->is_dropped = node->is_dropped || of->is_dropped;
    wait_for(graph, node, &of->on_completion, of->completed_ns, after_ns, true);
}

void graph_after_count(struct graph_node *node, struct graph_counter *counter, uint64_t completions,
                       int64_t after_ns)
{
    assert(completions > 0 && completions + counter->depth > counter->completions);
    if (completions <= counter->completions) {
        meet(node, counter->times_ns[(completions - 1) % counter->depth], after_ns);
        return;
    }
    node->wanted = completions;
    node->wanted_after_ns = after_ns;
    node->next = NULL;
    node->unmet++;
    if (counter->first == NULL)
        counter->first = node;
    else
        counter->last->next = node;
    counter->last = node;
}

void graph_seal(struct graph *graph, struct graph_node *node)
{
    settle(graph, node);
}

// ---- What happens ----

void graph_hold(struct graph_node *node)
{
    if (node != NULL)
        node->holds++;
}

void graph_release(struct graph *graph, struct graph_node *node)
{
    if (node == NULL || --node->holds > 0)
        return;
    node->next = graph->free_nodes;
    graph->free_nodes = node;
    graph->held--;
}

void graph_put(struct graph *graph, struct graph_edge **list, struct graph_node *node)
{
    struct graph_edge *edge = take_edge(graph);
    if (edge == NULL)
        return;
    *edge = (struct graph_edge){.next = *list, .node = node};
    *list = edge;
    node->holds++;
}

struct graph_node *graph_take(struct graph *graph, struct graph_edge **list)
{
    struct graph_edge *edge = *list;
    if (edge == NULL)
        return NULL;
    *list = edge->next;
    edge->next = graph->free_edges;
    graph->free_edges = edge;
    return edge->node;
}

static void tell(struct graph *graph, struct graph_edge **list, int64_t now_ns, bool is_dropped)
{
    while (*list != NULL) {
        struct graph_edge *edge = *list;
        *list = edge->next;
        edge->node->is_dropped = edge->node->is_dropped || (edge->is_call && is_dropped);
        meet(edge->node, now_ns, edge->after_ns);
        settle(graph, edge->node);
        edge->next = graph->free_edges;
        graph->free_edges = edge;
    }
}

void graph_arrived(struct graph *graph, struct graph_node *node)
{
    timer_heap_cancel(&graph->ready, &node->due);
    graph->now_ns = node->ready_ns;
    node->arrived_ns = node->ready_ns;
    tell(graph, &node->on_arrival, node->arrived_ns, false);
    graph_release(graph, node);
}

// Its completion is to be told.
static void end(struct graph *graph, struct graph_node *node, struct graph_counter *counter,
                int64_t now_ns)
{
    node->completed_ns = now_ns;
    tell(graph, &node->on_completion, now_ns, node->is_dropped);
    if (counter != NULL)
        counter->times_ns[counter->completions++ % counter->depth] = now_ns;
    while (counter != NULL && counter->first != NULL &&
           counter->first->wanted <= counter->completions) {
        struct graph_node *waits = counter->first;
        counter->first = waits->next;
        meet(waits, now_ns, waits->wanted_after_ns);
        settle(graph, waits);
    }
    graph_release(graph, node);
}

void graph_drop(struct graph *graph, struct graph_node *node, struct graph_counter *counter)
{
    timer_heap_cancel(&graph->ready, &node->due);
    node->is_dropped = true;
    node->arrived_ns = node->ready_ns;
    tell(graph, &node->on_arrival, node->arrived_ns, true);
    graph_release(graph, node);
    end(graph, node, counter, node->arrived_ns);
}

void graph_completed(struct graph *graph, struct graph_node *node, struct graph_counter *counter,
                     int64_t now_ns)
{
    graph->now_ns = now_ns;
    end(graph, node, counter, now_ns);
}
