// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of a request's wait, for the models: from its arrival on, each request has an array.
#ifndef TESTS_SUPPORT_MODEL_WAIT_H
#define TESTS_SUPPORT_MODEL_WAIT_H

#include "engine/engine.h"

#include <assert.h>
#include <stdlib.h>

static inline void model_wait_begin(struct engine_request *request)
{
    request->wait_ns = calloc(ENGINE_CAUSE_COUNT, sizeof(*request->wait_ns));
    assert(request->wait_ns != NULL);
}

static inline void model_wait_add(struct engine_request *request, enum engine_cause cause,
                                  int64_t wait_ns)
{
    ((int64_t *)request->wait_ns)[cause] += wait_ns;
}

static inline void model_wait_forget(struct engine_request *request)
{
    free((int64_t *)request->wait_ns);
    request->wait_ns = NULL;
}

// Tells of the request's departure now.
static inline void model_wait_end(struct engine_request *request, int64_t now_ns,
                                  const struct engine_callbacks *callbacks)
{
    int64_t *wait_ns = (int64_t *)request->wait_ns;
    request->dispatch_ns = now_ns;
    if (request->dispatch_ns == request->arrival_ns)
        request->wait_ns = NULL;
    callbacks->dispatch(callbacks->context, request);
    free(wait_ns);
}

#endif
