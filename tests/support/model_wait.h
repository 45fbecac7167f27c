// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of a request's wait, for the models: from its arrival on, each request has an
// array, to which its link leads, which they do not need.
#ifndef TESTS_SUPPORT_MODEL_WAIT_H
#define TESTS_SUPPORT_MODEL_WAIT_H

#include "engine/limits.h"

#include <assert.h>
#include <stdlib.h>

static inline int64_t *model_wait_parts(const struct engine_request *request)
{
    return (int64_t *)(void *)request->next;
}

static inline void model_wait_begin(struct engine_request *request)
{
    int64_t *parts = calloc(CAUSE_COUNT, sizeof *parts);
    assert(parts != NULL);
    request->next = (struct engine_request *)(void *)parts;
}

static inline void model_wait_add(struct engine_request *request, int cause, int64_t wait_ns)
{
    model_wait_parts(request)[cause] += wait_ns;
}

static inline void model_wait_forget(struct engine_request *request)
{
    free(model_wait_parts(request));
}

// Tells of the request's departure now.
static inline void model_wait_end(struct engine_request *request, int64_t now_ns,
                                  const struct engine_callbacks *callbacks)
{
    int64_t *parts = model_wait_parts(request);
    request->dispatch_ns = now_ns;
    callbacks->dispatch(callbacks->context, request, now_ns > request->arrival_ns ? parts : NULL);
    free(parts);
}

#endif
