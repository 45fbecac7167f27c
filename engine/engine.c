// SPDX-License-Identifier: GPL-2.0-or-later
// The registry of algorithms, and the public functions: checks that hold for every algorithm, then
// the algorithm's own function.
#include "engine/engine_internal.h"

#include <assert.h>
#include <string.h>

static const struct engine_algorithm *const algorithms[] = {
    &throttle_group_algorithm,
    &bucket_algorithm,
    &slice_algorithm,
    &slice_2011_algorithm,
};

unsigned engine_direction_of(const struct engine_algorithm *algorithm, enum engine_attach attach,
                             enum engine_op op)
{
    assert(attach < ENGINE_ATTACH_COUNT && op < ENGINE_OP_COUNT);
    return algorithm->direction_of[attach][op];
}

const struct engine_algorithm *const *engine_algorithms(size_t *count)
{
    *count = sizeof algorithms / sizeof algorithms[0];
    return algorithms;
}

const struct engine_algorithm *engine_find(const char *name)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (strcmp(algorithms[i]->name, name) == 0)
            return algorithms[i];
    }
    return NULL;
}

int engine_parameter_find(const struct engine_algorithm *algorithm, const char *key)
{
    for (size_t i = 0; i < algorithm->parameter_count; i++) {
        const struct engine_parameter *row = &algorithm->parameters[i];
        if (strcmp(row->key, key) == 0 || strcmp(row->qmp_key, key) == 0)
            return (int)i;
    }
    return -1;
}

const char *engine_status_text(enum engine_status status)
{
    static const char *const texts[] = {
#define STATUS_TEXT(name, text) [name] = text,
        ENGINE_STATUSES(STATUS_TEXT)
#undef STATUS_TEXT
    };
    return texts[status];
}

enum engine_status engine_check(const struct engine_algorithm *algorithm,
                                const struct engine_parameters *parameters,
                                struct engine_fault *fault)
{
    return algorithm->check(parameters, fault);
}

struct engine *engine_create(const struct engine_algorithm *algorithm,
                             const struct engine_callbacks *callbacks)
{
    struct engine *engine = algorithm->create(callbacks);
    if (engine != NULL) {
        engine->algorithm = algorithm;
        engine->callbacks = *callbacks;
        engine->now_ns = 0;
        engine->dispatching = false;
    }
    return engine;
}

void engine_destroy(struct engine *engine)
{
    if (engine != NULL)
        engine->algorithm->destroy(engine);
}

const struct engine_algorithm *engine_algorithm_of(const struct engine *engine)
{
    return engine->algorithm;
}

static void enter(struct engine *engine, int64_t now_ns)
{
    assert(!engine->dispatching);
    assert(now_ns >= engine->now_ns);
    engine->now_ns = now_ns;
}

void engine_submit(struct engine *engine, int64_t now_ns, struct engine_request *request)
{
    enter(engine, now_ns);
    request->arrival_ns = now_ns;
    engine->algorithm->submit(engine, now_ns, request);
}

void engine_complete(struct engine *engine, int64_t now_ns, struct engine_request *request)
{
    enter(engine, now_ns);
    if (engine->algorithm->uses_completes)
        engine->algorithm->complete(engine, now_ns, request);
}

enum engine_status engine_control(struct engine *engine, int64_t now_ns,
                                  struct engine_operation *operation)
{
    enter(engine, now_ns);
    assert(operation->kind < ENGINE_OPERATION_COUNT);
    const struct engine_algorithm *algorithm = engine->algorithm;
    bool has_parent = operation->kind == ENGINE_NODE_CREATE && operation->parent != ENGINE_NONE;
    if ((algorithm->operations & ENGINE_OPERATION_BIT(operation->kind)) == 0 ||
        (has_parent && !algorithm->has_trees))
        return ENGINE_UNSUPPORTED;
    return algorithm->control(engine, now_ns, operation);
}

int64_t engine_next_deadline(const struct engine *engine)
{
    return engine->algorithm->next_deadline(engine);
}

void engine_fire(struct engine *engine, int64_t now_ns)
{
    enter(engine, now_ns);
    engine->algorithm->fire(engine, now_ns);
}

uint64_t engine_waiting(const struct engine *engine)
{
    return engine->algorithm->waiting(engine);
}

bool engine_node_gauge(const struct engine *engine, uint32_t node, int64_t now_ns,
                       struct engine_node_gauge *gauge)
{
    return engine->algorithm->node_gauge(engine, node, now_ns, gauge);
}

bool engine_member_gauge(const struct engine *engine, uint32_t member,
                         struct engine_member_gauge *gauge)
{
    return engine->algorithm->member_gauge(engine, member, gauge);
}

bool engine_parameters_of(const struct engine *engine, uint32_t node,
                          struct engine_parameters *parameters)
{
    return engine->algorithm->parameters_of(engine, node, parameters);
}
