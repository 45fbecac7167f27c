// SPDX-License-Identifier: GPL-2.0-or-later
// Engines made and taken apart, and the way to an algorithm's operations.
#include "engine/engine_internal.h"

#include <stdlib.h>

struct engine *engine_create(const struct engine_algorithm *algorithm,
                             const struct engine_callbacks *callbacks)
{
    struct engine *engine = calloc(1, algorithm->engine_size);
    if (engine != NULL) {
        engine->algorithm = algorithm;
        engine->callbacks = *callbacks;
    }
    return engine;
}

void engine_destroy(struct engine *engine)
{
    if (engine == NULL)
        return;
    for (uint32_t i = 0; i < engine->nodes.count; i++) {
        if (engine->nodes.entry[i] != NULL)
            engine->algorithm->node_free(engine->nodes.entry[i]);
    }
    for (uint32_t i = 0; i < engine->members.count; i++)
        free(engine->members.entry[i]);
    free(engine->nodes.entry);
    free(engine->members.entry);
    timer_heap_free(&engine->timers);
    free(engine);
}

bool engine_entries_add(struct engine_entries *entries, void *entry, uint32_t *id)
{
    uint32_t count = entries->count;
    // Grows by doubling, so there is room whenever the count is not a power of two.
    if ((count & (count - 1)) == 0) {
        size_t capacity = count == 0 ? 1 : 2 * (size_t)count;
        void **array = realloc(entries->entry, capacity * sizeof *array);
        if (array == NULL)
            return false;
        entries->entry = array;
    }
    entries->entry[count] = entry;
    *id = entries->count++;
    return true;
}

enum engine_status engine_control(struct engine *engine, int64_t now_ns,
                                  struct engine_operation *operation)
{
    engine_enter(engine, now_ns);
    enum engine_operation_kind kind = operation->kind;
    assert(kind < ENGINE_OPERATION_COUNT);
    engine_operate *operate = engine->algorithm->operations[kind];
    bool is_made = kind == ENGINE_NODE_CREATE || kind == ENGINE_MEMBER_CREATE;
    bool is_node =
        kind == ENGINE_NODE_DELETE || kind == ENGINE_NODE_SET || kind == ENGINE_NODE_FILL;
    bool has_parent = kind == ENGINE_NODE_CREATE && operation->parent != ENGINE_NONE;
    if (operate == NULL || (has_parent && !engine->algorithm->has_trees))
        return ENGINE_UNSUPPORTED;
    if (is_made)
        return operate(engine, now_ns, operation, NULL);
    void *subject = is_node ? engine_entry(&engine->nodes, operation->node)
                            : engine_entry(&engine->members, operation->member);
    if (subject == NULL)
        return is_node ? ENGINE_UNKNOWN_NODE : ENGINE_UNKNOWN_MEMBER;
    return operate(engine, now_ns, operation, subject);
}
