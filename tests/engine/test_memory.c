// SPDX-License-Identifier: GPL-2.0-or-later
// Allocation: none after set-up, and an operation that finds no memory changes nothing.
//
// This program is linked with malloc and its like wrapped (CMakeLists.txt).
#include "tests/engine/draw.h"
#include "tests/engine/pair.h"
#include "tests/support/test_group.h"

#include <stdlib.h>

static int calls;             // of any of the functions below
static int refused_call = -1; // the one that finds no memory, counted from 0; -1: none

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static bool is_refused(void)
{
    return calls++ == refused_call;
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return is_refused() ? NULL : __real_realloc(memory, size);
}

void __wrap_free(void *memory)
{
    calls++;
    __real_free(memory);
}

// With the first, the second, ... allocation failing, until none does. Each failure changes
// nothing, which the model tells, since it has done nothing. The number of failures.
static int control_without_memory(struct pair *pair, const struct engine_operation *operation)
{
    for (int failures = 0;; failures++) {
        struct engine_operation done = *operation;
        calls = 0;
        refused_call = failures;
        enum engine_status status = subject_control(&pair->side[PAIR_ENGINE], pair->now_ns, &done);
        bool has_failed = calls > failures && status == ENGINE_NO_MEMORY;
        refused_call = -1;
        if (!has_failed) {
            pair_follow(pair, operation, &done, status);
            pair_compare_all(pair);
            return failures;
        }
        pair_compare_all(pair);
    }
}

static void submit_some(struct pair *pair, gsl_rng *rng)
{
    for (uint32_t i = 0; i < 3 * pair->member_count; i++) {
        uint32_t member = (uint32_t)gsl_rng_uniform_int(rng, pair->member_count);
        pair_submit(pair, member, draw_bool(rng, 0.5) ? ENGINE_READ : ENGINE_WRITE, 512);
    }
    pair_advance(pair, pair->now_ns + 20000000);
}

// Enough groups and members that every array grows several times, also that of 64 slots.
static void check_failures(void **state)
{
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, draw_seed());
    struct pair pair;
    pair_create(&pair, 0);
    int failures[ENGINE_OPERATION_COUNT] = {0};
    for (int round = 0; round < 170; round++) {
        struct engine_operation operation = {.kind = ENGINE_NODE_CREATE, .parent = ENGINE_NONE};
        draw_valid_limits(rng, false, &operation.parameters);
        if (round % 8 == 0)
            failures[operation.kind] += control_without_memory(&pair, &operation);
        operation.kind = ENGINE_MEMBER_CREATE;
        failures[operation.kind] += control_without_memory(&pair, &operation);
        operation.kind = ENGINE_MEMBER_JOIN;
        operation.member = pair.member_count - 1;
        operation.node = round % 5 == 0 ? pair.node_count - 1 : 0;
        operation.parameters.given = 0;
        failures[operation.kind] += control_without_memory(&pair, &operation);
        submit_some(&pair, rng);
        if (round >= 70) // from here on the first group only grows by joining
            continue;
        operation.kind = ENGINE_MEMBER_SET;
        operation.member = (uint32_t)gsl_rng_uniform_int(rng, pair.member_count);
        operation.node = round % 3 == 0 ? ENGINE_NODE_NEW : 0;
        draw_valid_limits(rng, false, &operation.parameters);
        failures[operation.kind] += control_without_memory(&pair, &operation);
    }
    assert_true(failures[ENGINE_NODE_CREATE] > 0);
    assert_true(failures[ENGINE_MEMBER_CREATE] > 0);
    assert_true(failures[ENGINE_MEMBER_JOIN] > 0);
    assert_true(failures[ENGINE_MEMBER_SET] > 0);
    pair_destroy(&pair);
    gsl_rng_free(rng);
}

// Without memory for the engine itself there is none.
static void check_no_engine(void **state)
{
    (void)state;
    const struct engine_callbacks callbacks = {.dispatch = NULL};
    const struct engine_algorithm *algorithm = subject_algorithm();
    calls = 0;
    refused_call = 0;
    struct engine *engine = engine_create(algorithm, &callbacks);
    refused_call = -1;
    assert_null(engine);
}

static void ignore(void *context, struct engine_request *request, const int64_t *wait_ns)
{
    (void)wait_ns;
    (void)context;
    (void)request;
}

// What is called for each request, from the first one on.
static void check_no_allocation(void **state)
{
    (void)state;
    static struct engine_request requests[20000];
    const size_t count = sizeof requests / sizeof requests[0];
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, draw_seed());
    struct subject subject =
        subject_create(SUBJECT_ENGINE, &(struct engine_callbacks){.dispatch = ignore});
    struct engine_operation operation = {.kind = ENGINE_NODE_CREATE, .parent = ENGINE_NONE};
    subject_give(&operation.parameters, "iops-total", 100);
    assert_int_equal(subject_control(&subject, 0, &operation), ENGINE_OK);
    for (int i = 0; i < 200; i++) {
        operation.kind = ENGINE_MEMBER_CREATE;
        assert_int_equal(subject_control(&subject, 0, &operation), ENGINE_OK);
        operation.kind = ENGINE_MEMBER_JOIN;
        operation.parameters.given = 0;
        assert_int_equal(subject_control(&subject, 0, &operation), ENGINE_OK);
    }
    int before = calls;
    int64_t now_ns = 0;
    for (size_t i = 0; i < count; i++) {
        now_ns += draw_duration(rng, 11000000);
        subject_advance(&subject, now_ns);
        requests[i].member = (uint32_t)gsl_rng_uniform_int(rng, 200);
        requests[i].op = draw_bool(rng, 0.5) ? ENGINE_READ : ENGINE_WRITE;
        engine_submit(subject.engine, now_ns, &requests[i]);
    }
    engine_complete(subject.engine, now_ns, &requests[0]);
    struct engine_node_gauge gauge;
    assert_true(engine_node_gauge(subject.engine, 0, now_ns, &gauge));
    assert_int_equal(calls, before);
    assert_true(engine_waiting(subject.engine) < count);
    subject_destroy(&subject);
    gsl_rng_free(rng);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(check_no_engine),
    cmocka_unit_test(check_failures),
    cmocka_unit_test(check_no_allocation),
};
TEST_GROUP(memory, tests, NULL, NULL);
