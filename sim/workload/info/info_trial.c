// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/info_trial.h"

#include "sim/replay/replay.h"

#include <stdlib.h>

#define CHUNK 256           // requests
#define POOL_MAX (1u << 18) // requests, about 20 MB

struct info_chunk {
    struct info_chunk *next;
    struct engine_request requests[CHUNK];
};

static bool pool_grow(struct info_pool *pool)
{
    struct info_chunk *chunk = malloc(sizeof *chunk);
    if (chunk == NULL)
        return false;
    chunk->next = pool->chunks;
    pool->chunks = chunk;
    pool->count += CHUNK;
    for (size_t i = 0; i < CHUNK; i++) {
        chunk->requests[i].next = pool->free;
        pool->free = &chunk->requests[i];
    }
    return true;
}

void info_pool_free(struct info_pool *pool)
{
    while (pool->chunks != NULL) {
        struct info_chunk *chunk = pool->chunks;
        pool->chunks = chunk->next;
        free(chunk);
    }
    *pool = (struct info_pool){0};
}

static void on_dispatch(void *context, struct engine_request *request, const int64_t *wait_ns)
{
    struct info_trial *trial = context;
    trial->waiting += wait_ns != NULL;
    request->next = trial->pool->free;
    trial->pool->free = request;
}

static bool control(struct info_trial *trial, struct engine_operation *operation)
{
    return engine_control(trial->engine, 0, operation) == ENGINE_OK;
}

bool info_trial_open(struct info_trial *trial, struct info_pool *pool, const char *key,
                     int64_t limit, uint32_t members)
{
    size_t count;
    const struct engine_algorithm *algorithm = engine_algorithms(&count)[0];
    struct engine_callbacks callbacks = {.dispatch = on_dispatch, .context = trial};
    struct engine_operation node = {.kind = ENGINE_NODE_CREATE, .parent = ENGINE_NONE};
    int row = engine_parameter_find(algorithm, key);
    *trial = (struct info_trial){.pool = pool};
    trial->engine = engine_create(algorithm, &callbacks);
    node.parameters.value[row] = limit;
    node.parameters.given = 1u << row;
    bool ok = trial->engine != NULL && control(trial, &node);
    for (uint32_t i = 0; ok && i < members; i++) {
        struct engine_operation make = {.kind = ENGINE_MEMBER_CREATE, .attach = ENGINE_FILTER};
        struct engine_operation join = {.kind = ENGINE_MEMBER_JOIN, .node = node.node};
        ok = control(trial, &make);
        join.member = make.member;
        ok = ok && control(trial, &join);
    }
    return ok;
}

static void fire_until(struct info_trial *trial, int64_t now_ns)
{
    for (;;) {
        int64_t deadline_ns = engine_next_deadline(trial->engine);
        if (deadline_ns > now_ns || deadline_ns == ENGINE_NEVER)
            return;
        trial->now_ns = deadline_ns > trial->now_ns ? deadline_ns : trial->now_ns;
        engine_fire(trial->engine, trial->now_ns);
    }
}

bool info_trial_add(struct info_trial *trial, uint32_t member, const struct info_record *record)
{
    struct info_pool *pool = trial->pool;
    if (trial->engine == NULL)
        return true;
    if (pool->free == NULL && pool->count >= POOL_MAX) {
        trial->given_up = true;
        info_trial_close(trial);
        return true;
    }
    if (pool->free == NULL && !pool_grow(pool))
        return false;
    struct engine_request *request = pool->free;
    pool->free = request->next;
    fire_until(trial, record->arrival_ns);
    trial->now_ns = record->arrival_ns;
    request->member = member;
    request->op = (uint8_t)replay_op(record->op);
    request->bytes = record->bytes;
    engine_submit(trial->engine, trial->now_ns, request);
    return true;
}

// What has not left by now will wait.
void info_trial_finish(struct info_trial *trial)
{
    if (trial->engine == NULL)
        return;
    fire_until(trial, trial->now_ns);
    trial->waiting += engine_waiting(trial->engine);
}

void info_trial_close(struct info_trial *trial)
{
    engine_destroy(trial->engine);
    trial->engine = NULL;
}
