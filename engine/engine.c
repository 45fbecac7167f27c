// SPDX-License-Identifier: GPL-2.0-or-later
// The registry of algorithms, and the public functions but those that allocate: checks that hold
// for every algorithm, then the algorithm's own function.
#include "engine/engine_internal.h"

#include <assert.h>
#include <math.h>
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
    return algorithm->check(algorithm, parameters, fault);
}

size_t engine_limit_facts(const struct engine_algorithm *algorithm,
                          const struct engine_parameters *parameters,
                          struct engine_limit_facts facts[ENGINE_BUCKET_MAX])
{
    struct engine_parameters whole = *parameters;
    for (size_t row = 0; row < algorithm->parameter_count; row++) {
        if ((parameters->given >> row & 1) == 0)
            whole.value[row] = algorithm->parameters[row].initial;
    }
    return algorithm->facts(&whole, facts);
}

double engine_limit_lasts_s(const struct engine_limit_facts *limit, double asked)
{
    double cap = limit->burst_rate;
    if (asked <= limit->rate)
        return INFINITY;
    double lasts_s = limit->allowance / (asked - limit->rate);
    if (cap == 0 || asked <= cap)
        return lasts_s;
    // What is asked for beyond the cap passes until that part is used up, and then the cap.
    double first_s = limit->at_once / (asked - cap);
    if (first_s > lasts_s)
        return lasts_s;
    double used = limit->at_once + (cap - limit->rate) * first_s;
    return cap > limit->rate ? first_s + (limit->allowance - used) / (cap - limit->rate) : INFINITY;
}

const struct engine_algorithm *engine_algorithm_of(const struct engine *engine)
{
    return engine->algorithm;
}

void engine_submit(struct engine *engine, int64_t now_ns, struct engine_request *request)
{
    engine_enter(engine, now_ns);
    assert(request->member < engine->members.count);
    request->arrival_ns = now_ns;
    engine->waiting++;
    engine->algorithm->submit(engine, now_ns, request);
}

void engine_complete(struct engine *engine, int64_t now_ns, struct engine_request *request)
{
    engine_enter(engine, now_ns);
    assert(request->member < engine->members.count);
    if (engine->algorithm->complete != NULL)
        engine->algorithm->complete(engine, now_ns, request);
}

int64_t engine_next_deadline(const struct engine *engine)
{
    return timer_heap_deadline(&engine->timers);
}

void engine_fire(struct engine *engine, int64_t now_ns)
{
    engine_enter(engine, now_ns);
    while (timer_heap_deadline(&engine->timers) <= now_ns &&
           timer_heap_deadline(&engine->timers) != ENGINE_NEVER)
        engine->algorithm->fire(engine, now_ns, timer_heap_take(&engine->timers));
}

uint64_t engine_waiting(const struct engine *engine)
{
    return engine->waiting;
}

bool engine_node_gauge(const struct engine *engine, uint32_t id, int64_t now_ns,
                       struct engine_node_gauge *gauge)
{
    const void *node = engine_entry(&engine->nodes, id);
    *gauge = (struct engine_node_gauge){0};
    if (node != NULL)
        engine->algorithm->node_gauge(engine, node, now_ns, gauge);
    return node != NULL;
}

bool engine_member_gauge(const struct engine *engine, uint32_t id,
                         struct engine_member_gauge *gauge)
{
    const void *member = engine_entry(&engine->members, id);
    *gauge = (struct engine_member_gauge){0};
    if (member != NULL)
        engine->algorithm->member_gauge(engine, member, gauge);
    return member != NULL;
}

bool engine_parameters_of(const struct engine *engine, uint32_t id,
                          struct engine_parameters *parameters)
{
    const void *node = engine_entry(&engine->nodes, id);
    if (node == NULL)
        return false;
    engine->algorithm->parameters_of(node, parameters);
    parameters->given = UINT32_MAX >> (ENGINE_PARAMETER_MAX - engine->algorithm->parameter_count);
    return true;
}
