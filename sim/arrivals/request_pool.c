// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/request_pool.h"

#include <stdlib.h>

#define SLAB_REQUESTS 1024
#define LINE 64 // of a cache

struct request_slab {
    struct request_slab *next;
    char *requests; // on lines
    char *end;
};

static size_t request_size(const struct request_pool *pool)
{
    size_t more = sizeof(struct request_more) + pool->wait_count * sizeof(int64_t);
    return sizeof(struct sim_request) + (pool->has_more ? more : 0);
}

bool request_pool_is_spent(const struct request_pool *pool)
{
    return pool->free == NULL && pool->fresh == pool->fresh_end && pool->max > 0 &&
           pool->count >= pool->max;
}

static bool add_slab(struct request_pool *pool)
{
    size_t bytes = SLAB_REQUESTS * request_size(pool);
    struct request_slab *slab =
        request_pool_is_spent(pool) ? NULL : malloc(sizeof *slab + LINE + bytes);
    if (slab == NULL)
        return false;
    char *behind = (char *)(slab + 1);
    pool->fresh = behind + (LINE - (uintptr_t)behind % LINE) % LINE;
    pool->fresh_end = pool->fresh + bytes;
    *slab = (struct request_slab){pool->slabs, pool->fresh, pool->fresh_end};
    pool->slabs = slab;
    pool->count += SLAB_REQUESTS;
    return true;
}

// Memory is not touched before it is needed.
struct sim_request *request_pool_take_fresh(struct request_pool *pool)
{
    if (pool->fresh == pool->fresh_end && !add_slab(pool))
        return NULL;
    struct sim_request *request = (struct sim_request *)(void *)pool->fresh;
    pool->fresh += request_size(pool);
    request->engine.mark = pool->has_more ? REQUEST_WAITS | REQUEST_HAS_MORE : REQUEST_WAITS;
    return request;
}

void request_pool_walk(const struct request_pool *pool, request_visit *each, void *context)
{
    for (const struct request_slab *slab = pool->slabs; slab != NULL; slab = slab->next) {
        const char *end = slab == pool->slabs ? pool->fresh : slab->end;
        for (const char *at = slab->requests; at < end; at += request_size(pool)) {
            const struct sim_request *request = (const struct sim_request *)(const void *)at;
            if (request->engine.mark != 0)
                each(context, request);
        }
    }
}

void request_pool_free(struct request_pool *pool)
{
    while (pool->slabs != NULL) {
        struct request_slab *slab = pool->slabs;
        pool->slabs = slab->next;
        free(slab);
    }
    *pool = (struct request_pool){
        .max = pool->max, .has_more = pool->has_more, .wait_count = pool->wait_count};
}
