// SPDX-License-Identifier: GPL-2.0-or-later
// What every algorithm's engine starts with, and the algorithms themselves.
#ifndef ENGINE_ENGINE_INTERNAL_H
#define ENGINE_ENGINE_INTERNAL_H

#include "engine/engine.h"
#include "engine/timer_heap.h"

#include <assert.h>

// Members or nodes by id, each allocated; NULL: gone.
struct engine_entries {
    void **entry;
    uint32_t count;
};

// Gives the entry the next id. False: out of memory, nothing changed.
bool engine_entries_add(struct engine_entries *entries, void *entry, uint32_t *id);

// NULL: there is none, or no longer.
static inline void *engine_entry(const struct engine_entries *entries, uint32_t id)
{
    return id < entries->count ? entries->entry[id] : NULL;
}

struct engine {
    const struct engine_algorithm *algorithm;
    struct engine_callbacks callbacks;
    int64_t now_ns;           // of the last call: time never goes back
    bool dispatching;         // inside the callback, which must not call the engine
    uint64_t waiting;         // submitted and not dispatched
    struct timer_heap timers; // of all members and nodes
    struct engine_entries members;
    struct engine_entries nodes;
};

extern const struct engine_algorithm throttle_group_algorithm;
extern const struct engine_algorithm bucket_algorithm;
extern const struct engine_algorithm slice_algorithm;
extern const struct engine_algorithm slice_2011_algorithm;

// To be called first by the public functions that let time pass.
static inline void engine_enter(struct engine *engine, int64_t now_ns)
{
    assert(!engine->dispatching);
    assert(now_ns >= engine->now_ns);
    engine->now_ns = now_ns;
}

// The notes of a waiting request, for an algorithm that has them.
static inline int64_t *engine_notes(const struct engine *engine,
                                    const struct engine_request *request)
{
    assert(engine->callbacks.notes_at >= sizeof *request);
    return (int64_t *)((intptr_t)request + (intptr_t)engine->callbacks.notes_at);
}

// Hands the request back to the caller. wait_ns: by cause; not looked at if it did not wait.
static inline void engine_hand_over(struct engine *engine, int64_t now_ns,
                                    struct engine_request *request, const int64_t *wait_ns)
{
    engine->waiting--;
    request->dispatch_ns = now_ns;
    engine->dispatching = true;
    engine->callbacks.dispatch(engine->callbacks.context, request,
                               now_ns > request->arrival_ns ? wait_ns : NULL);
    engine->dispatching = false;
}

#endif
