// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/changes.h"

#include "sim/base/units.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool changes_open(struct changes *changes, const struct control *control)
{
    size_t members = control->scenario->member_count, throttles = control->throttle_count;
    *changes = (struct changes){.control = control};
    changes->throttle_nodes = calloc(throttles + 1, sizeof *changes->throttle_nodes);
    changes->counted_ops = calloc(throttles + 1, sizeof *changes->counted_ops);
    changes->throttled_ops = calloc(members + 1, sizeof *changes->throttled_ops);
    if (changes->throttle_nodes == NULL || changes->counted_ops == NULL ||
        changes->throttled_ops == NULL)
        return false;
    for (size_t i = 0; i < throttles; i++)
        changes->throttle_nodes[i] = ENGINE_NONE;
    return true;
}

void changes_close(struct changes *changes)
{
    free(changes->throttle_nodes);
    free(changes->counted_ops);
    free(changes->throttled_ops);
    free(changes->node_limits);
    *changes = (struct changes){0};
}

static uint8_t counted_ops(const struct changes *changes, uint32_t throttle)
{
    const struct scenario *scenario = changes->control->scenario;
    uint32_t member = control_member(changes->control, throttle);
    enum engine_attach attach = throttle == member
                                    ? scenario_engine_attach(&scenario->members[member])
                                    : scenario_filter_attach(&scenario->members[member]);
    unsigned ops = 0;
    for (int op = 0; op < ENGINE_OP_COUNT; op++) {
        if (changes->throttle_nodes[throttle] != ENGINE_NONE &&
            engine_direction_of(scenario->algorithm, attach, (enum engine_op)op) !=
                ENGINE_NOT_THROTTLED)
            ops |= 1u << op;
    }
    return (uint8_t)ops;
}

uint32_t changes_next_throttle(const struct changes *changes, uint32_t member, uint32_t below,
                               enum engine_op op)
{
    while (below-- > 0) {
        uint32_t throttle = control_throttle(changes->control, member, below);
        if ((changes->counted_ops[throttle] >> op & 1) != 0)
            return throttle;
    }
    return ENGINE_NONE;
}

static struct engine_parameters initial_limits(const struct engine_algorithm *algorithm)
{
    struct engine_parameters limits = {0};
    for (size_t i = 0; i < algorithm->parameter_count; i++)
        limits.value[i] = algorithm->parameters[i].initial;
    return limits;
}

// Makes room for a node that came up, with no limits known of it. Groups of the scenario itself are
// known to the observer.
static bool learn_node(struct changes *changes)
{
    const struct control *control = changes->control;
    const struct engine_algorithm *algorithm = control->scenario->algorithm;
    uint32_t node = changes->node_count;
    struct engine_parameters *limits =
        realloc(changes->node_limits, ((size_t)node + 1) * sizeof *limits);
    if (limits == NULL)
        return false;
    changes->node_limits = limits;
    changes->node_count++;
    limits[node] = initial_limits(algorithm);
    if (node >= control->scenario->group_count && changes->observer->group != NULL)
        changes->observer->group(changes->context, control->node_names[node]);
    return true;
}

// ---- In words ----

// Adds to what the operation did.
static void say(struct changes *changes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct changes *changes, const char *format, ...)
{
    size_t used = strlen(changes->effect);
    va_list arguments;
    va_start(arguments, format);
    if (used > 0 && used + 2 < sizeof changes->effect)
        used += (size_t)sprintf(changes->effect + used, ", ");
    vsnprintf(changes->effect + used, sizeof changes->effect - used, format, arguments);
    va_end(arguments);
}

static const char *value_text(const struct engine_parameter *row, int64_t value, char text[32])
{
    bool of_bytes = row->unit == ENGINE_BYTES_PER_SECOND || row->unit == ENGINE_BYTES;
    if (value == 0)
        return "none";
    if (of_bytes && value >= 10000)
        return units_format_size((double)value, text, 32);
    snprintf(text, 32, "%" PRId64, value);
    return text;
}

// A bucket that was filled beyond what it holds, as by a drain, keeps all others waiting for long.
static void say_overfull(struct changes *changes, int64_t now_ns, uint32_t node)
{
    const struct engine_algorithm *algorithm = changes->control->scenario->algorithm;
    struct engine_parameters limits;
    struct engine_node_gauge gauge;
    const struct engine_bucket_gauge *fullest = NULL;
    double longest_s = 0;
    char text[32];
    if (!engine_parameters_of(changes->control->engine, node, &limits) ||
        !engine_node_gauge(changes->control->engine, node, now_ns, &gauge))
        return;
    for (size_t i = 0; i < gauge.bucket_count; i++) {
        const struct engine_bucket_gauge *bucket = &gauge.bucket[i];
        int64_t average = limits.value[engine_parameter_find(algorithm, bucket->key)];
        double wait_s = (bucket->level - bucket->size) / (double)average;
        if (wait_s > longest_s) {
            longest_s = wait_s;
            fullest = bucket;
        }
    }
    if (fullest != NULL && longest_s < 1e9)
        say(changes, "%s of %s is at %.0f %% and lets nothing pass for %s", fullest->key,
            changes->control->node_names[node], 100 * fullest->level / fullest->size,
            units_format_duration((int64_t)(longest_s * 1e9), text, sizeof text));
}

// ---- What changed ----

static void tell_facts(struct changes *changes, uint32_t node, int64_t now_ns,
                       const struct engine_parameters *before,
                       const struct engine_parameters *limits)
{
    const struct engine_algorithm *algorithm = changes->control->scenario->algorithm;
    struct engine_limit_facts facts[ENGINE_BUCKET_MAX];
    size_t count = engine_limit_facts(algorithm, limits, facts), next = 0;
    if (changes->observer->facts == NULL)
        return;
    for (size_t i = 0; i < algorithm->bucket_count; i++) {
        const struct engine_bucket *bucket = &algorithm->buckets[i];
        const struct engine_limit_facts gone = {.bucket = (int)i};
        bool is_set = next < count && facts[next].bucket == (int)i;
        if (is_set || before->value[bucket->parameter] != 0)
            changes->observer->facts(changes->context, now_ns, node, bucket->key,
                                     algorithm->parameters[bucket->parameter].unit ==
                                         ENGINE_BYTES_PER_SECOND,
                                     is_set ? &facts[next] : &gone);
        next += is_set;
    }
}

// A group that is gone limits nothing.
static void look_at_limits(struct changes *changes, uint32_t node, int64_t now_ns)
{
    const struct engine_algorithm *algorithm = changes->control->scenario->algorithm;
    struct engine_parameters *known = &changes->node_limits[node];
    struct engine_parameters before = *known, limits;
    bool changed = false, is_gone = !engine_parameters_of(changes->control->engine, node, &limits);
    if (is_gone)
        limits = initial_limits(algorithm);
    for (size_t i = 0; i < algorithm->parameter_count; i++) {
        const struct engine_parameter *row = &algorithm->parameters[i];
        char from[32], to[32];
        if (limits.value[i] == known->value[i])
            continue;
        if (changes->observer->limit != NULL)
            changes->observer->limit(changes->context, now_ns, node, row->key, limits.value[i]);
        if (!is_gone)
            say(changes, "%s %s -> %s", row->key, value_text(row, known->value[i], from),
                value_text(row, limits.value[i], to));
        known->value[i] = limits.value[i];
        changed = true;
    }
    limits.given = UINT32_MAX;
    if (changed)
        tell_facts(changes, node, now_ns, &before, &limits);
    if (changed && is_gone)
        say(changes, "group %s is gone", changes->control->node_names[node]);
}

static void look_at_throttle(struct changes *changes, uint32_t throttle, int64_t now_ns)
{
    struct engine_member_gauge gauge;
    uint32_t left = changes->throttle_nodes[throttle];
    engine_member_gauge(changes->control->engine, throttle, &gauge);
    if (gauge.node == left)
        return;
    changes->throttle_nodes[throttle] = gauge.node;
    changes->counted_ops[throttle] = counted_ops(changes, throttle);
    if (changes->observer->membership != NULL)
        changes->observer->membership(changes->context, now_ns, throttle, gauge.node);
    if (left != ENGINE_NONE)
        say(changes, "out of %s", changes->control->node_names[left]);
    if (gauge.node != ENGINE_NONE)
        say(changes, "into %s", changes->control->node_names[gauge.node]);
}

static void look_at_member(struct changes *changes, uint32_t member, int64_t now_ns)
{
    unsigned ops = 0;
    for (uint32_t i = changes->control->scenario->members[member].upper_count + 1; i-- > 0;) {
        uint32_t throttle = control_throttle(changes->control, member, i);
        look_at_throttle(changes, throttle, now_ns);
        ops |= changes->counted_ops[throttle];
    }
    changes->throttled_ops[member] = (uint8_t)ops;
}

static bool learn_nodes(struct changes *changes)
{
    while (changes->node_count < changes->control->node_count) {
        if (!learn_node(changes))
            return false;
    }
    return true;
}

bool changes_start(struct changes *changes, const struct replay_observer *observer, void *context)
{
    const struct control *control = changes->control;
    changes->observer = observer;
    changes->context = context;
    if (!learn_nodes(changes))
        return false;
    for (uint32_t node = 0; node < control->node_count; node++)
        look_at_limits(changes, node, 0);
    for (uint32_t member = 0; member < control->scenario->member_count; member++)
        look_at_member(changes, member, 0);
    return true;
}

// Nothing arrives meanwhile: what waited before waits now or was let go.
static void count_waiting(const struct changes *changes, int64_t now_ns,
                          struct replay_operation *operation)
{
    const struct control *control = changes->control;
    struct engine_node_gauge node = {0};
    uint32_t stages = operation->member == ENGINE_NONE
                          ? 0
                          : control->scenario->members[operation->member].upper_count + 1;
    if (operation->is_of_all) {
        operation->waiting = engine_waiting(control->engine);
        stages = 0;
    } else if (stages == 0 && operation->node != ENGINE_NONE) {
        engine_node_gauge(control->engine, operation->node, now_ns, &node);
    }
    operation->waiting += operation->released;
    for (int i = 0; i < ENGINE_DIRECTION_MAX; i++)
        operation->waiting += node.waiting[i];
    while (stages-- > 0) {
        struct engine_member_gauge throttle;
        engine_member_gauge(control->engine, control_throttle(control, operation->member, stages),
                            &throttle);
        for (int i = 0; i < ENGINE_DIRECTION_MAX; i++)
            operation->waiting += throttle.waiting[i];
    }
}

bool changes_follow(struct changes *changes, int64_t now_ns, struct replay_operation *operation)
{
    uint32_t member = operation->member, node = operation->node;
    if (!learn_nodes(changes))
        return false;
    uint32_t left = member == ENGINE_NONE ? ENGINE_NONE : changes->throttle_nodes[member];
    changes->effect[0] = '\0';
    count_waiting(changes, now_ns, operation);
    if (operation->released > 0)
        say(changes, "%" PRIu64 " of %" PRIu64 " waiting requests let go", operation->released,
            operation->waiting);
    else if (operation->waiting > 0)
        say(changes, "%" PRIu64 " requests wait", operation->waiting);
    if (left != node && left < changes->node_count)
        look_at_limits(changes, left, now_ns);
    if (node < changes->node_count)
        look_at_limits(changes, node, now_ns);
    if (member != ENGINE_NONE)
        look_at_member(changes, member, now_ns);
    if (left != ENGINE_NONE)
        operation->node = left;
    for (node = 0; operation->released > 0 && node < changes->node_count; node++) {
        if (operation->is_of_all || node == operation->node)
            say_overfull(changes, now_ns, node);
    }
    operation->effect = changes->effect;
    if (changes->observer->operation != NULL)
        changes->observer->operation(changes->context, now_ns, operation);
    return true;
}
