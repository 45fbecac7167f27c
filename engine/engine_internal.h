// SPDX-License-Identifier: GPL-2.0-or-later
// What every algorithm's engine starts with, and the algorithms themselves.
#ifndef ENGINE_ENGINE_INTERNAL_H
#define ENGINE_ENGINE_INTERNAL_H

#include "engine/engine.h"

struct engine {
    const struct engine_algorithm *algorithm;
    struct engine_callbacks callbacks;
    int64_t now_ns;   // of the last call: time never goes back
    bool dispatching; // inside the callback, which must not call the engine
};

// `operations` of an algorithm that knows all, and the bit of one.
#define ENGINE_OPERATIONS_ALL ((UINT32_C(1) << ENGINE_OPERATION_COUNT) - 1)
#define ENGINE_OPERATION_BIT(kind) (UINT32_C(1) << (kind))

extern const struct engine_algorithm throttle_group_algorithm;
extern const struct engine_algorithm bucket_algorithm;
extern const struct engine_algorithm slice_algorithm;
extern const struct engine_algorithm slice_2011_algorithm;

// Hands the request back to the caller. wait_ns: by cause; not looked at if it did not wait.
static inline void engine_hand_over(struct engine *engine, int64_t now_ns,
                                    struct engine_request *request, const int64_t *wait_ns)
{
    request->dispatch_ns = now_ns;
    engine->dispatching = true;
    engine->callbacks.dispatch(engine->callbacks.context, request,
                               now_ns > request->arrival_ns ? wait_ns : NULL);
    engine->dispatching = false;
}

static inline void engine_tell_ran_out(struct engine *engine, int64_t now_ns, uint32_t node,
                                       int bucket, int64_t refill_ns)
{
    engine->dispatching = true;
    engine->callbacks.ran_out(engine->callbacks.context, now_ns, node, bucket, refill_ns);
    engine->dispatching = false;
}

#endif
