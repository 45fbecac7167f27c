// SPDX-License-Identifier: GPL-2.0-or-later
// The engine alone, fed from memory: no trace, no device, no statistics.
//
// usage: bench_engine MEMBERS GROUPS REQUESTS LOAD
//
// A million requests a second, evenly spread over the members at random, under limits on operations
// that let all of them together through if LOAD is below 1. Seeded.
#include "engine/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define GAP_NS 1000 // between requests, on average

struct feed {
    struct engine_request *free;
    uint64_t dispatched;
    uint64_t waited;
    uint64_t sum; // over who left when
};

static void take_back(void *context, struct engine_request *request, const int64_t *wait_ns)
{
    struct feed *feed = context;
    feed->dispatched++;
    feed->waited += wait_ns != NULL;
    feed->sum = feed->sum * 31 + (uint64_t)request->dispatch_ns + request->member;
    request->next = feed->free;
    feed->free = request;
}

// SplitMix64.
static uint64_t draw(uint64_t *state)
{
    uint64_t value = *state += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static void control(struct engine *engine, struct engine_operation *operation)
{
    enum engine_status status = engine_control(engine, 0, operation);
    if (status != ENGINE_OK) {
        fprintf(stderr, "%s\n", engine_status_text(status));
        exit(1);
    }
}

// Member i is in group i modulo `groups`; they are numbered in order.
static void set_up(struct engine *engine, uint32_t members, uint32_t groups, double load)
{
    int row = engine_parameter_find(engine_algorithm_of(engine), "iops-total");
    double rate = 1e9 / GAP_NS / groups / load;
    struct engine_operation create = {.kind = ENGINE_NODE_CREATE, .parent = ENGINE_NONE};
    create.parameters.value[row] = (int64_t)rate + 1;
    create.parameters.given = UINT32_C(1) << row;
    uint32_t *nodes = calloc(groups, sizeof *nodes);
    if (nodes == NULL)
        exit(1);
    for (uint32_t i = 0; i < groups; i++) {
        control(engine, &create);
        nodes[i] = create.node;
    }
    for (uint32_t i = 0; i < members; i++) {
        struct engine_operation member = {.kind = ENGINE_MEMBER_CREATE, .attach = ENGINE_FILTER};
        control(engine, &member);
        member.kind = ENGINE_MEMBER_JOIN;
        member.node = nodes[i % groups];
        control(engine, &member);
    }
    free(nodes);
}

static struct engine_request *request_new(struct feed *feed)
{
    struct engine_request *request = feed->free;
    if (request != NULL) {
        feed->free = request->next;
        return request;
    }
    request = calloc(1, sizeof *request);
    if (request == NULL)
        exit(1);
    return request;
}

static void feed_all(struct engine *engine, struct feed *feed, uint32_t members, uint64_t requests)
{
    uint64_t state = 1;
    int64_t now_ns = 0;
    for (uint64_t i = 0; i < requests; i++) {
        uint64_t drawn = draw(&state);
        now_ns += (int64_t)(drawn % (2 * GAP_NS + 1));
        while (engine_next_deadline(engine) <= now_ns)
            engine_fire(engine, engine_next_deadline(engine));
        struct engine_request *request = request_new(feed);
        request->member = (uint32_t)((drawn >> 32) * members >> 32);
        request->op = (drawn >> 16 & 15) < 11 ? ENGINE_READ : ENGINE_WRITE;
        request->bytes = 4096;
        engine_submit(engine, now_ns, request);
    }
    while (engine_next_deadline(engine) != ENGINE_NEVER)
        engine_fire(engine, engine_next_deadline(engine));
}

int main(int argc, char **argv)
{
    uint32_t members = argc == 5 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    uint32_t groups = argc == 5 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    double load = argc == 5 ? atof(argv[4]) : 0;
    if (members == 0 || groups == 0 || !(load > 0)) {
        fprintf(stderr, "usage: %s MEMBERS GROUPS REQUESTS LOAD\n", argv[0]);
        return 2;
    }
    struct feed feed = {0};
    struct engine_callbacks callbacks = {.dispatch = take_back, .context = &feed};
    struct engine *engine = engine_create(engine_find("throttle-group"), &callbacks);
    if (engine == NULL)
        return 1;
    set_up(engine, members, groups, load);
    feed_all(engine, &feed, members, strtoull(argv[3], NULL, 10));
    printf("%" PRIu64 " requests left, %" PRIu64 " waited (sum %" PRIx64 ")\n", feed.dispatched,
           feed.waited, feed.sum);
    engine_destroy(engine);
    while (feed.free != NULL) {
        struct engine_request *next = feed.free->next;
        free(feed.free);
        feed.free = next;
    }
    return 0;
}
