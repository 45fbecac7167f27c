// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/request_pool.h"

#include <stdlib.h>

#define SLAB_REQUESTS 256

// There can be very many.
_Static_assert(sizeof(struct sim_request) <= 112, "a request in flight takes at most 112 bytes");

struct request_slab {
    struct request_slab *next;
    struct sim_request requests[SLAB_REQUESTS];
};

bool request_pool_is_spent(const struct request_pool *pool)
{
    return pool->free == NULL && pool->max > 0 && pool->count >= pool->max;
}

static bool add_slab(struct request_pool *pool)
{
    struct request_slab *slab = request_pool_is_spent(pool) ? NULL : malloc(sizeof *slab);
    if (slab == NULL)
        return false;
    slab->next = pool->slabs;
    pool->slabs = slab;
    pool->count += SLAB_REQUESTS;
    for (size_t i = SLAB_REQUESTS; i-- > 0;)
        request_pool_give(pool, &slab->requests[i]);
    return true;
}

struct sim_request *request_pool_take(struct request_pool *pool)
{
    if (pool->free == NULL && !add_slab(pool))
        return NULL;
    struct sim_request *request = pool->free;
    pool->free = (struct sim_request *)request->engine.next;
    request->state = REQUEST_WAITS;
    return request;
}

void request_pool_give(struct request_pool *pool, struct sim_request *request)
{
    request->state = REQUEST_FREE;
    request->engine.next = pool->free == NULL ? NULL : &pool->free->engine;
    pool->free = request;
}

void request_pool_walk(const struct request_pool *pool, request_visit *each, void *context)
{
    for (const struct request_slab *slab = pool->slabs; slab != NULL; slab = slab->next) {
        for (size_t i = 0; i < SLAB_REQUESTS; i++) {
            if (slab->requests[i].state != REQUEST_FREE)
                each(context, &slab->requests[i]);
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
    pool->free = NULL;
    pool->count = 0;
}
