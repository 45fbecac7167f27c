// SPDX-License-Identifier: GPL-2.0-or-later
// Laws over every algorithm that is registered, under random limits, arrivals, completions and
// changes of limits. stage.c checks of whatever leaves that it leaves once, not early, and that its
// causes add up to its wait.
//
// The throttle groups' long-run rate, and that they do not idle, is in test_rates.c.
#include "tests/engine/draw.h"
#include "tests/engine/stage.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DRIVES 3
#define REQUESTS 300
#define RUNS 150

struct laws {
    struct stage *stage;
    gsl_rng *rng;
    gsl_rng *disturbance; // fires also when nothing is due; NULL: does not
    bool has_totals;      // some limit has counted both directions
    uint32_t drives[DRIVES];
};

static int64_t draw(struct laws *laws, int64_t below)
{
    return (int64_t)gsl_rng_uniform_int(laws->rng, (unsigned long)below);
}

// One to three limits, valid; whole numbers only, so that every library draws the same.
static struct engine_parameters draw_some_limits(struct laws *laws)
{
    const struct engine_algorithm *algorithm = engine_algorithm_of(laws->stage->engine);
    struct engine_parameters limits;
    struct engine_fault fault;
    do {
        limits = (struct engine_parameters){.given = 0};
        for (int64_t i = 1 + draw(laws, 3); i > 0; i--) {
            size_t row = (size_t)draw(laws, (int64_t)algorithm->parameter_count);
            int64_t scale = strncmp(algorithm->parameters[row].key, "bps", 3) == 0 ? 100000 : 10;
            limits.value[row] = scale * (1 + draw(laws, 20));
            if (algorithm->parameters[row].unit == ENGINE_SECONDS)
                limits.value[row] = 1 + draw(laws, 5);
            limits.given |= UINT32_C(1) << row;
        }
    } while (engine_check(algorithm, &limits, &fault) != ENGINE_OK);
    for (size_t row = 0; row < algorithm->parameter_count; row++) {
        if ((limits.given >> row & 1) != 0 &&
            strstr(algorithm->parameters[row].key, "total") != NULL)
            laws->has_totals = true;
    }
    return limits;
}

static void change(struct laws *laws)
{
    struct engine_operation operation = {
        .kind = draw(laws, 2) == 0 ? ENGINE_NODE_SET : ENGINE_MEMBER_SET,
        .node = (uint32_t)draw(laws, DRIVES),
        .member = laws->drives[draw(laws, DRIVES)],
    };
    if (operation.kind == ENGINE_MEMBER_SET)
        operation.node = ENGINE_NONE;
    if (draw(laws, 5) != 0)
        operation.parameters = draw_some_limits(laws);
    engine_operate *const *operations = engine_algorithm_of(laws->stage->engine)->operations;
    enum engine_status status = stage_do(laws->stage, &operation);
    bool is_supported = operations[operation.kind] != NULL;
    assert_int_equal(status == ENGINE_UNSUPPORTED, !is_supported);
}

static void step(struct laws *laws)
{
    struct stage *stage = laws->stage;
    int64_t until_ns = stage->now_ns + (draw(laws, 3) == 0 ? 0 : draw(laws, 20 * MS));
    while (laws->disturbance != NULL && gsl_rng_uniform_int(laws->disturbance, 2) == 0) {
        stage_advance(stage, stage->now_ns + (until_ns - stage->now_ns) / 2);
        engine_fire(stage->engine, stage->now_ns);
    }
    stage_advance(stage, until_ns);
    if (draw(laws, 50) == 0) {
        change(laws);
        return;
    }
    enum engine_op op = (enum engine_op)draw(laws, ENGINE_OP_COUNT);
    uint64_t bytes = (uint64_t)(512 * (1 + draw(laws, draw(laws, 8) == 0 ? 200 : 8)));
    stage_arrive(stage, stage->now_ns, laws->drives[draw(laws, DRIVES)], op, bytes);
}

// Requests of one member and direction leave in the order in which they came.
//
// slice-2011 cannot promise that: whoever comes is asked at once and passes those that wait, and a
// firing puts back one that does not fit and lets a smaller one behind it go. Of those that waited,
// though, one leaves before an earlier one of its direction only if it is smaller, since both are
// asked at the same instant against the same counts. And even that only without a total limit: with
// one, a request of the other direction between the two can begin a slice for both.
static bool may_overtake(const struct laws *laws, const struct engine_request *early,
                         const struct engine_request *late)
{
    if (strcmp(engine_algorithm_of(laws->stage->engine)->name, "slice-2011") != 0)
        return false;
    return laws->has_totals || late->dispatch_ns == late->arrival_ns || late->bytes < early->bytes;
}

static void check_order(const struct laws *laws)
{
    const struct stage *stage = laws->stage;
    const struct engine_algorithm *algorithm = engine_algorithm_of(stage->engine);
    for (int i = 0; i < stage->request_count; i++) {
        const struct engine_request *early = &stage->requests[i].request;
        unsigned direction = engine_direction_of(algorithm, ENGINE_DRIVE, early->op);
        for (int k = i + 1; k < stage->request_count; k++) {
            const struct engine_request *late = &stage->requests[k].request;
            if (late->member != early->member || direction == ENGINE_NOT_THROTTLED ||
                engine_direction_of(algorithm, ENGINE_DRIVE, late->op) != direction ||
                stage->requests[k].left_ns == NOT_LEFT)
                continue;
            bool is_in_order = stage->requests[i].left_ns != NOT_LEFT &&
                               stage->requests[i].left_number < stage->requests[k].left_number;
            assert_true(is_in_order || may_overtake(laws, early, late));
        }
    }
}

static void set_up(struct laws *laws, const char *name)
{
    laws->stage = stage_new(name);
    laws->stage->service_ns = draw(laws, 4) == 0 ? 600 * MS : draw(laws, 20 * MS);
    laws->has_totals = false;
    for (int i = 0; i < DRIVES; i++) {
        laws->drives[i] = stage_member(laws->stage, ENGINE_DRIVE);
        uint32_t node = stage_node(laws->stage, draw_some_limits(laws));
        assert_int_equal(node, i);
        if (engine_algorithm_of(laws->stage->engine)->has_groups && draw(laws, 2) == 0)
            node = (uint32_t)draw(laws, i + 1);
        assert_int_equal(stage_join(laws->stage, laws->drives[i], node), ENGINE_OK);
    }
}

// A hash (FNV-1a, by words) of who left when.
static uint64_t finish(struct laws *laws, uint64_t hash)
{
    struct stage *stage = laws->stage;
    stage_advance(stage, stage->now_ns + 100 * SECOND);
    uint64_t waiting = 0;
    for (int i = 0; i < stage->request_count; i++) {
        hash = (hash ^ (uint64_t)stage->requests[i].left_ns) * UINT64_C(1099511628211);
        waiting += stage->requests[i].left_ns == NOT_LEFT;
    }
    assert_int_equal(engine_waiting(stage->engine), waiting);
    check_order(laws);
    stage_free(stage);
    return hash;
}

static uint64_t run(const char *name, unsigned long seed, gsl_rng *disturbance)
{
    struct laws laws = {.rng = gsl_rng_alloc(gsl_rng_mt19937), .disturbance = disturbance};
    gsl_rng_set(laws.rng, seed);
    set_up(&laws, name);
    while (laws.stage->request_count < REQUESTS)
        step(&laws);
    uint64_t hash = finish(&laws, UINT64_C(14695981039346656037));
    gsl_rng_free(laws.rng);
    return hash;
}

// Firing when nothing is due changes nothing.
static void check_laws(void **state)
{
    (void)state;
    unsigned long seed = draw_seed();
    gsl_rng *disturbance = gsl_rng_alloc(gsl_rng_mt19937);
    size_t count;
    const struct engine_algorithm *const *algorithms = engine_algorithms(&count);
    for (size_t i = 0; i < count; i++) {
        for (unsigned long k = seed * 1000; k < seed * 1000 + RUNS; k++) {
            uint64_t alone = run(algorithms[i]->name, k, NULL);
            assert_true(run(algorithms[i]->name, k, disturbance) == alone);
        }
    }
    gsl_rng_free(disturbance);
}

// Every build decides the same. A difference is a change of the algorithm, or a compiler that does
// not evaluate doubles as written.
static void check_digests(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t digest;
    } golden[] = {
        {"throttle-group", UINT64_C(0x5052bcb8d787e7a7)},
        {"bucket", UINT64_C(0x16b6a92c8d4d4826)},
        {"slice", UINT64_C(0x9d5583053078a219)},
        {"slice-2011", UINT64_C(0xc7147d9cbac49600)},
    };
    size_t count;
    const struct engine_algorithm *const *algorithms = engine_algorithms(&count);
    assert_int_equal(count, sizeof golden / sizeof golden[0]);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(algorithms[i]->name, golden[i].name);
        uint64_t digest = 0;
        for (unsigned long seed = 1; seed <= 20; seed++)
            digest = digest * 31 + run(golden[i].name, seed, NULL);
        if (digest != golden[i].digest)
            fail_msg("%s: digest %" PRIx64 ", expected %" PRIx64, golden[i].name, digest,
                     golden[i].digest);
    }
}

static void check_keys_differ(const char *key, const char *other)
{
    assert_true(strlen(key) > 0);
    assert_string_not_equal(key, other);
}

// Rows lead to rows: a bucket to its limit, a cause to its bucket, an operation to its direction.
static void check_rows(void **state)
{
    (void)state;
    size_t count;
    const struct engine_algorithm *const *algorithms = engine_algorithms(&count);
    for (size_t i = 0; i < count; i++) {
        const struct engine_algorithm *algorithm = algorithms[i];
        assert_in_range(algorithm->direction_count, 1, ENGINE_DIRECTION_MAX);
        assert_in_range(algorithm->bucket_count, 1, ENGINE_BUCKET_MAX);
        for (size_t row = 1; row < algorithm->direction_count; row++)
            check_keys_differ(algorithm->directions[row].key, algorithm->directions[row - 1].key);
        for (int k = 0; k < ENGINE_ATTACH_COUNT * ENGINE_OP_COUNT; k++) {
            unsigned direction =
                engine_direction_of(algorithm, (enum engine_attach)(k / ENGINE_OP_COUNT),
                                    (enum engine_op)(k % ENGINE_OP_COUNT));
            assert_true(direction < algorithm->direction_count ||
                        direction == ENGINE_NOT_THROTTLED);
        }
        for (size_t row = 0; row < algorithm->bucket_count; row++) {
            const struct engine_bucket *bucket = &algorithm->buckets[row];
            assert_true(bucket->parameter >= 0 &&
                        (size_t)bucket->parameter < algorithm->parameter_count);
            assert_string_equal(bucket->key, algorithm->parameters[bucket->parameter].key);
        }
        for (size_t row = 0; row < algorithm->cause_count; row++) {
            const struct engine_cause *cause = &algorithm->causes[row];
            assert_true(strlen(cause->help) > 0);
            for (size_t earlier = 0; earlier < row; earlier++)
                check_keys_differ(cause->key, algorithm->causes[earlier].key);
            assert_true(cause->bucket >= -1 && cause->bucket < (int)algorithm->bucket_count);
            assert_true(cause->bucket >= 0 || !cause->is_burst);
            if (cause->bucket < 0)
                continue;
            const char *limit = algorithm->buckets[cause->bucket].key;
            assert_int_equal(strncmp(cause->key, limit, strlen(limit)), 0);
            assert_string_equal(cause->key + strlen(limit), cause->is_burst ? "-max" : "");
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(check_laws),
    cmocka_unit_test(check_digests),
    cmocka_unit_test(check_rows),
};
TEST_GROUP(laws, tests, NULL, NULL);
