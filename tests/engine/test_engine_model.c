// SPDX-License-Identifier: GPL-2.0-or-later
// Random operations on the engine and on the model side by side (pair.h).
//
// A run draws a profile first: how many members and groups, which operations, how big, how dense in
// time. Few members and equal times find what goes wrong between them; many members reach the
// parts of the ring that a small one never has. THROTTLESIM_TEST_SEED=N repeats with another seed.
#include "tests/engine/pair.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/engine/draw.h"
#include "tests/support/test_group.h"

struct profile {
    uint32_t members_max;
    uint32_t nodes_max;
    int steps;
    double operation_share; // of the steps; the rest are arrivals
    double drain_share;     // of the operations
    double churn_share;     // of the operations: joins and leaves
    double same_time_share; // steps that take no time
    double late_share;      // of the firings
    double stage_share;     // members with a throttle below, and of those with one more
    int64_t gap_ns;         // mean time between steps
    bool extreme;           // limits and sizes at the edges
};

#define MEMBERS_MAX 8192

struct world {
    struct pair pair;
    gsl_rng *rng;
    struct profile profile;
    bool detached[MEMBERS_MAX];
};

static void create_node(struct world *world)
{
    struct engine_operation operation = {.kind = ENGINE_NODE_CREATE, .parent = ENGINE_NONE};
    draw_limits(world->rng, world->profile.extreme, &operation.parameters);
    pair_control(&world->pair, &operation);
}

static uint32_t some_node(struct world *world)
{
    return (uint32_t)gsl_rng_uniform_int(world->rng, world->pair.node_count);
}

static uint32_t some_member(struct world *world)
{
    return (uint32_t)gsl_rng_uniform_int(world->rng, world->pair.member_count);
}

static void join_some(struct world *world, struct engine_operation *operation)
{
    if (!draw_bool(world->rng, 0.9) || world->pair.node_count == 0)
        return;
    operation->kind = ENGINE_MEMBER_JOIN;
    operation->node = some_node(world);
    pair_control(&world->pair, operation);
}

static void create_member(struct world *world)
{
    struct engine_operation operation = {
        .kind = ENGINE_MEMBER_CREATE,
        .attach = draw_bool(world->rng, 0.5) ? ENGINE_FILTER : ENGINE_DRIVE,
    };
    pair_control(&world->pair, &operation);
    join_some(world, &operation);
    while (draw_bool(world->rng, world->profile.stage_share)) {
        operation.kind = ENGINE_STAGE_CREATE;
        operation.attach = ENGINE_FILTER;
        pair_control(&world->pair, &operation);
        join_some(world, &operation);
    }
}

static void set_up(struct world *world, int64_t start_ns)
{
    pair_create(&world->pair, start_ns);
    const struct profile *profile = &world->profile;
    uint32_t nodes = 1 + (uint32_t)gsl_rng_uniform_int(world->rng, profile->nodes_max);
    while (world->pair.node_count < nodes)
        create_node(world);
    uint32_t members = 1 + (uint32_t)gsl_rng_uniform_int(world->rng, profile->members_max);
    while (world->pair.member_count < members)
        create_member(world);
}

// A member must be attached to submit.
static void attach(struct world *world, uint32_t member)
{
    struct engine_operation operation = {.kind = ENGINE_ATTACH, .member = member};
    assert_int_equal(pair_control(&world->pair, &operation), ENGINE_OK);
    world->detached[member] = false;
}

static void arrive(struct world *world)
{
    uint32_t member = some_member(world);
    while (world->pair.is_stage[member])
        member--;
    if (world->detached[member])
        attach(world, member);
    enum engine_op op = draw_bool(world->rng, 0.5) ? ENGINE_READ : ENGINE_WRITE;
    if (draw_bool(world->rng, 0.2))
        op = (enum engine_op)gsl_rng_uniform_int(world->rng, ENGINE_OP_COUNT);
    pair_submit(&world->pair, member, op, draw_bytes(world->rng, world->profile.extreme));
}

static enum engine_operation_kind draw_kind(struct world *world)
{
    static const enum engine_operation_kind kinds[] = {
        ENGINE_NODE_SET, ENGINE_NODE_SET,    ENGINE_MEMBER_SET,  ENGINE_MEMBER_SET, ENGINE_DETACH,
        ENGINE_ATTACH,   ENGINE_NODE_CREATE, ENGINE_NODE_DELETE, ENGINE_NODE_FILL,
    };
    static const enum engine_operation_kind churn[] = {ENGINE_MEMBER_JOIN, ENGINE_MEMBER_LEAVE};
    static const enum engine_operation_kind drain[] = {ENGINE_DRAIN_BEGIN, ENGINE_DRAIN_END};
    double at = gsl_rng_uniform(world->rng);
    if (at < world->profile.drain_share)
        return drain[gsl_rng_uniform_int(world->rng, 2)];
    if (at < world->profile.drain_share + world->profile.churn_share)
        return churn[gsl_rng_uniform_int(world->rng, 2)];
    return kinds[gsl_rng_uniform_int(world->rng, sizeof kinds / sizeof kinds[0])];
}

static void operate(struct world *world)
{
    struct engine_operation operation = {
        .kind = draw_kind(world),
        .node = some_node(world),
        .member = some_member(world),
        .parent = ENGINE_NONE,
        .fill = 1.5 * gsl_rng_uniform(world->rng),
        .holds = draw_bool(world->rng, 0.5),
    };
    bool is_set = operation.kind == ENGINE_NODE_SET || operation.kind == ENGINE_MEMBER_SET;
    if (operation.kind == ENGINE_NODE_CREATE &&
        world->pair.node_count > 3 * world->profile.nodes_max)
        return;
    if (is_set || operation.kind == ENGINE_NODE_CREATE ||
        (operation.kind == ENGINE_MEMBER_JOIN && draw_bool(world->rng, 0.2)))
        draw_limits(world->rng, world->profile.extreme, &operation.parameters);
    if (operation.kind == ENGINE_MEMBER_SET) {
        if (draw_bool(world->rng, 0.5))
            operation.node = ENGINE_NONE;
        else if (draw_bool(world->rng, 0.3))
            operation.node = ENGINE_NODE_NEW;
    }
    if (draw_bool(world->rng, 0.01))
        operation.member = world->pair.member_count + 5;
    enum engine_status status = pair_control(&world->pair, &operation);
    if (status == ENGINE_OK && operation.kind == ENGINE_DETACH)
        world->detached[operation.member] = true;
    if (status == ENGINE_OK && operation.kind == ENGINE_ATTACH)
        world->detached[operation.member] = false;
}

// Time goes on: not at all, to a deadline, 1 ns beside one, far beyond several, or as drawn.
static void pass_time(struct world *world)
{
    struct pair *pair = &world->pair;
    if (draw_bool(world->rng, world->profile.same_time_share))
        return;
    int64_t deadline_ns = pair_next_deadline(pair);
    int64_t to_ns;
    if (deadline_ns != ENGINE_NEVER && draw_bool(world->rng, 0.2)) {
        to_ns = deadline_ns - 1 + (int64_t)gsl_rng_uniform_int(world->rng, 3);
    } else {
        int64_t gap_ns = draw_duration(world->rng, world->profile.gap_ns);
        to_ns = pair->now_ns > INT64_MAX - gap_ns ? INT64_MAX : pair->now_ns + gap_ns;
    }
    if (to_ns < pair->now_ns)
        return;
    if (draw_bool(world->rng, world->profile.late_share) && deadline_ns != ENGINE_NEVER)
        pair_fire(pair, to_ns);
    pair_advance(pair, to_ns);
}

static void step(struct world *world)
{
    struct pair *pair = &world->pair;
    pass_time(world);
    if (draw_bool(world->rng, world->profile.operation_share))
        operate(world);
    else
        arrive(world);
    pair_advance(pair, pair->now_ns);
}

// Everything that waits is let go in the end: nothing is lost, nothing comes twice.
static void finish(struct world *world)
{
    struct pair *pair = &world->pair;
    for (uint32_t member = 0; member < pair->member_count; member++) {
        struct engine_operation operation = {.kind = ENGINE_DRAIN_END, .member = member};
        while (pair_control(pair, &operation) == ENGINE_OK)
            ;
        operation.kind = ENGINE_MEMBER_LEAVE;
        pair_control(pair, &operation);
    }
    pair_compare_all(pair);
    assert_int_equal(subject_waiting(&pair->side[PAIR_ENGINE]), 0);
    assert_int_equal(pair->log[PAIR_ENGINE].count, pair->request_count);
    assert_true(pair_next_deadline(pair) == ENGINE_NEVER);
    pair_destroy(pair);
}

static void run(struct world *world, int64_t start_ns)
{
    set_up(world, start_ns);
    for (int i = 0; i < world->profile.steps; i++)
        step(world);
    finish(world);
}

static struct world *new_world(unsigned long seed)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->rng = gsl_rng_alloc(gsl_rng_mt19937);
    assert_non_null(world->rng);
    gsl_rng_set(world->rng, seed);
    return world;
}

static void free_world(struct world *world)
{
    gsl_rng_free(world->rng);
    free(world);
}

static int64_t draw_gap(gsl_rng *rng)
{
    static const int64_t gaps_ns[] = {1, 1000, 1000000, 20000000, 1000000000, 100000000000};
    return gaps_ns[gsl_rng_uniform_int(rng, sizeof gaps_ns / sizeof gaps_ns[0])];
}

static void draw_profile(struct world *world)
{
    gsl_rng *rng = world->rng;
    static const double shares[] = {0, 0.02, 0.1, 0.4};
    world->profile = (struct profile){
        .members_max = draw_bool(rng, 0.8) ? 5 : 40,
        .nodes_max = draw_bool(rng, 0.6) ? 1 : 4,
        .steps = 20 + (int)gsl_rng_uniform_int(rng, 200),
        .operation_share = shares[gsl_rng_uniform_int(rng, 4)],
        .drain_share = draw_bool(rng, 0.5) ? 0 : 0.4,
        .churn_share = draw_bool(rng, 0.5) ? 0.1 : 0.4,
        .same_time_share = gsl_rng_uniform(rng),
        .late_share = draw_bool(rng, 0.7) ? 0 : 0.5,
        .stage_share = draw_bool(rng, 0.6) ? 0 : 0.5,
        .gap_ns = draw_gap(rng),
        .extreme = draw_bool(rng, 0.2),
    };
}

static void check_many_short_runs(void **state)
{
    (void)state;
    struct world *world = new_world(draw_seed());
    for (int i = 0; i < 10000; i++) {
        draw_profile(world);
        // Sometimes so late that a sum with a wait does not fit in 63 bits.
        run(world, draw_bool(world->rng, 0.05) ? INT64_MAX - INT64_C(100000000000000) : 0);
    }
    free_world(world);
}

static void check_long_runs(void **state)
{
    (void)state;
    struct world *world = new_world(draw_seed() + 1);
    for (int i = 0; i < 12; i++) {
        draw_profile(world);
        world->profile.steps = 5000;
        world->profile.gap_ns = i % 2 == 0 ? 1000000 : 30000000;
        run(world, 0);
    }
    free_world(world);
}

// Rings of more than one and more than two levels of 64 slots, with members that come and go.
static void check_large_rings(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {66, 200, 6000};
    struct world *world = new_world(draw_seed() + 2);
    for (int i = 0; i < 3; i++) {
        world->profile = (struct profile){
            .members_max = 1,
            .nodes_max = 1,
            .steps = sizes[i] > 1000 ? 4000 : 8000,
            .operation_share = 0.3,
            .drain_share = 0.05,
            .churn_share = 0.9,
            .same_time_share = 0.8,
            .gap_ns = 10000000,
        };
        set_up(world, 0);
        while (world->pair.member_count < sizes[i])
            create_member(world);
        for (int k = 0; k < world->profile.steps; k++)
            step(world);
        finish(world);
    }
    free_world(world);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(check_many_short_runs),
    cmocka_unit_test(check_long_runs),
    cmocka_unit_test(check_large_rings),
};
TEST_GROUP(engine_model, tests, NULL, NULL);
