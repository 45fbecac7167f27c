// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/request_pool.h"

#include <stdlib.h>

#define SLAB_REQUESTS 256

struct request_slab {
    struct request_slab *next;
    struct sim_request requests[SLAB_REQUESTS];
};

static bool add_slab(struct request_pool *pool)
{
    struct request_slab *slab = malloc(sizeof *slab);
    if (slab == NULL)
        return false;
    slab->next = pool->slabs;
    pool->slabs = slab;
    for (size_t i = SLAB_REQUESTS; i-- > 0;) {
        slab->requests[i].is_live = false;
        slab->requests[i].next = pool->free;
        pool->free = &slab->requests[i];
    }
    return true;
}

struct sim_request *request_pool_take(struct request_pool *pool)
{
    if (pool->free == NULL && !add_slab(pool))
        return NULL;
    struct sim_request *request = pool->free;
    pool->free = request->next;
    request->is_live = true;
    return request;
}

void request_pool_give(struct request_pool *pool, struct sim_request *request)
{
    request->is_live = false;
    request->next = pool->free;
    pool->free = request;
}

void request_pool_walk(struct request_pool *pool, void (*each)(void *context, struct sim_request *),
                       void *context)
{
    for (struct request_slab *slab = pool->slabs; slab != NULL; slab = slab->next) {
        for (size_t i = 0; i < SLAB_REQUESTS; i++) {
            if (slab->requests[i].is_live)
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
}
