// SPDX-License-Identifier: GPL-2.0-or-later
// What the engines without groups have in common: limits, operations, numbers at the edge.
#include "tests/engine/stage.h"
#include "tests/support/test_group.h"

#include <string.h>

static const char *const names[] = {"slice-2011", "slice", "bucket"};
#define NAME_COUNT (sizeof(names) / sizeof(names[0]))
#define FOR_EACH_STAGE(stage)                                                                      \
    for (size_t i = 0; i < NAME_COUNT; i++)                                                        \
        for (struct stage *stage = stage_new(names[i]); stage != NULL;                             \
             stage_free(stage), stage = NULL)

static enum engine_status check(const char *name, const struct stage_limit *limits,
                                struct engine_fault *fault)
{
    const struct engine_algorithm *algorithm = engine_find(name);
    struct engine_parameters parameters = {.given = 0};
    for (; limits->key != NULL; limits++) {
        int row = engine_parameter_find(algorithm, limits->key);
        assert_true(row >= 0);
        parameters.value[row] = limits->value;
        parameters.given |= UINT32_C(1) << row;
    }
    return engine_check(algorithm, &parameters, fault);
}
#define CHECK(name, fault, ...)                                                                    \
    check(name, (const struct stage_limit[]){__VA_ARGS__, {NULL, 0}}, fault)

static void check_parameters(void **state)
{
    (void)state;
    static const size_t counts[] = {6, 6, 13};
    for (size_t i = 0; i < NAME_COUNT; i++) {
        const struct engine_algorithm *algorithm = engine_find(names[i]);
        assert_int_equal(algorithm->parameter_count, counts[i]);
        assert_true(engine_parameter_find(algorithm, "bps-total") >= 0);
        assert_true(engine_parameter_find(algorithm, "iops_wr") >= 0);
        assert_int_equal(engine_parameter_find(algorithm, "iops-total-max-length"), -1);
        assert_false(algorithm->has_groups);
    }
    assert_int_equal(engine_parameter_find(engine_find("slice"), "iops-total-max"), -1);
    assert_int_equal(engine_parameter_find(engine_find("slice"), "iops-size"), -1);
    assert_true(engine_parameter_find(engine_find("bucket"), "iops-size") >= 0);
}

static void check_validity(void **state)
{
    (void)state;
    struct engine_fault fault;
    const int64_t most = INT64_C(1000000000000000);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        assert_int_equal(CHECK(names[i], &fault, {"bps-read", most}), ENGINE_OK);
        assert_int_equal(CHECK(names[i], &fault, {"bps-read", most + 1}), ENGINE_INVALID);
        assert_int_equal(fault.parameter, engine_parameter_find(engine_find(names[i]), "bps-read"));
        assert_int_equal(CHECK(names[i], &fault, {"iops-total", -1}), ENGINE_INVALID);
    }
    // In slices a total limit hides the others, in buckets they contradict each other.
    assert_int_equal(CHECK("slice", &fault, {"iops-total", 1}, {"iops-read", 1}), ENGINE_OK);
    assert_int_equal(CHECK("slice-2011", &fault, {"bps-total", 1}, {"bps-write", 1}), ENGINE_OK);
    assert_int_equal(CHECK("bucket", &fault, {"iops-total", 1}, {"iops-read", 1}), ENGINE_INVALID);
    assert_int_equal(CHECK("bucket", &fault, {"iops-total-max", 1}), ENGINE_INVALID);
    assert_int_equal(CHECK("bucket", &fault, {"iops-size", 1}), ENGINE_INVALID);
    // What it shows of a set without a maximum is valid.
    assert_int_equal(CHECK("bucket", &fault, {"iops-total", 100}, {"iops-total-max", 10}),
                     ENGINE_OK);
}

// Every kind of operation on an engine with a drive (member 0 of node 0), a member of no node (1)
// and a node without a member (1).
static void check_operations(void **state)
{
    (void)state;
    static const bool changes[NAME_COUNT] = {false, true, true};
    FOR_EACH_STAGE(stage)
    {
        struct engine_parameters limits = STAGE_LIMITS(stage, {"iops-total", 100});
        uint32_t drive = stage_drive(stage, limits);
        uint32_t node = stage_node(stage, limits);
        uint32_t member = stage_member(stage, ENGINE_FILTER);
        for (int kind = 0; kind < ENGINE_OPERATION_COUNT; kind++) {
            struct engine_operation operation = {.kind = (enum engine_operation_kind)kind,
                                                 .parent = ENGINE_NONE,
                                                 .node = 0,
                                                 .member = drive,
                                                 .parameters = limits};
            bool is_change = kind == ENGINE_NODE_SET || kind == ENGINE_MEMBER_SET;
            bool has_buckets = strcmp(names[i], "bucket") == 0;
            bool is_known = kind == ENGINE_NODE_CREATE || kind == ENGINE_NODE_DELETE ||
                            kind == ENGINE_MEMBER_CREATE || kind == ENGINE_MEMBER_JOIN ||
                            (is_change && changes[i]) || (kind == ENGINE_NODE_FILL && has_buckets);
            assert_int_equal(engine_algorithm_of(stage->engine)->operations[kind] != NULL,
                             is_known);
            enum engine_status status = stage_do(stage, &operation);
            assert_int_equal(status == ENGINE_UNSUPPORTED,
                             !is_known || (kind == ENGINE_MEMBER_JOIN && !changes[i]));
        }
        // One drive, one member: no second one, and no other drive.
        assert_int_equal(stage_join(stage, member, 0), ENGINE_UNSUPPORTED);
        assert_int_equal(stage_join(stage, drive, node), ENGINE_UNSUPPORTED);
        assert_int_equal(stage_join(stage, drive, 0), ENGINE_OK);
        assert_int_equal(stage_join(stage, member, 99), ENGINE_UNKNOWN_NODE);
        assert_int_equal(stage_join(stage, 99, node), ENGINE_UNKNOWN_MEMBER);
        struct engine_operation operation = {.kind = ENGINE_NODE_DELETE, .node = 0};
        assert_int_equal(stage_do(stage, &operation), ENGINE_BUSY);
        operation.node = node;
        assert_int_equal(stage_do(stage, &operation), ENGINE_OK);
        assert_int_equal(stage_do(stage, &operation), ENGINE_UNKNOWN_NODE);
        assert_true(stage_node(stage, limits) > node);
        operation = (struct engine_operation){.kind = ENGINE_NODE_CREATE, .parent = 0};
        assert_int_equal(stage_do(stage, &operation), ENGINE_UNSUPPORTED);
    }
}

// A drive of its own for as long as it has limits; ids are new.
static void check_member_set(void **state)
{
    (void)state;
    for (size_t i = 1; i < NAME_COUNT; i++) {
        struct stage *stage = stage_new(names[i]);
        uint32_t drive = stage_drive(stage, STAGE_LIMITS(stage, {"iops-total", 10}));
        uint32_t member = stage_member(stage, ENGINE_DRIVE);
        struct engine_operation set = {.kind = ENGINE_MEMBER_SET,
                                       .member = member,
                                       .node = 0,
                                       .parameters = STAGE_LIMITS(stage, {"iops-total", 20})};
        assert_int_equal(stage_do(stage, &set), ENGINE_UNSUPPORTED);
        set.node = ENGINE_NODE_NEW;
        assert_int_equal(stage_do(stage, &set), ENGINE_OK);
        assert_int_equal(set.node, 1);
        struct engine_parameters limits;
        assert_true(engine_parameters_of(stage->engine, 1, &limits));
        assert_int_equal(
            limits.value[engine_parameter_find(engine_algorithm_of(stage->engine), "iops")], 20);
        assert_int_equal(stage_set(stage, member, (struct engine_parameters){.given = 0}),
                         ENGINE_OK);
        assert_false(engine_parameters_of(stage->engine, 1, &limits));
        set.node = ENGINE_NONE;
        assert_int_equal(stage_do(stage, &set), ENGINE_OK);
        assert_int_equal(set.node, 2);
        set.node = ENGINE_NODE_NEW;
        set.member = drive;
        assert_int_equal(stage_do(stage, &set), ENGINE_UNSUPPORTED);
        stage_free(stage);
    }
}

// A member of no node, one without limits, and what the place of the throttle does not see.
static void check_not_throttled(void **state)
{
    (void)state;
    FOR_EACH_STAGE(stage)
    {
        uint32_t alone = stage_member(stage, ENGINE_FILTER);
        uint32_t unlimited = stage_drive(stage, (struct engine_parameters){.given = 0});
        uint32_t drive = stage_drive(stage, STAGE_LIMITS(stage, {"bps-total", 1}));
        for (int k = 0; k < 3; k++) {
            stage_arrive(stage, MS, alone, ENGINE_READ, 1 << 20);
            stage_arrive(stage, MS, unlimited, ENGINE_WRITE, 1 << 20);
            stage_arrive(stage, MS, drive, ENGINE_DISCARD, 1 << 20);
            stage_arrive(stage, MS, drive, ENGINE_FLUSH, 0);
        }
        assert_int_equal(engine_waiting(stage->engine), 0);
        stage_arrive(stage, MS, drive, ENGINE_WRITE_ZEROES, 1 << 20);
        stage_arrive(stage, MS, drive, ENGINE_WRITE_ZEROES, 1 << 20);
        assert_true(engine_waiting(stage->engine) > 0 || i == 1); // slice has not seen it done
    }
}

// The largest sizes and times, under the least and the largest limits: no overflow, which the
// sanitizers tell, and waits end at ENGINE_NEVER.
static void check_edges(void **state)
{
    (void)state;
    static const int64_t limits[] = {1, INT64_C(1000000000000000)};
    static const int64_t starts[] = {0, INT64_MAX - 2 * SECOND};
    for (int k = 0; k < 4; k++) {
        FOR_EACH_STAGE(stage)
        {
            int64_t start_ns = starts[k / 2];
            stage_advance(stage, start_ns);
            uint32_t drive =
                STAGE_DRIVE(stage, {"bps-total", limits[k % 2]}, {"iops-read", limits[k % 2]});
            for (int n = 0; n < 20; n++)
                stage_arrive(stage, start_ns + 50 * n * MS, drive,
                             n % 3 ? ENGINE_READ : ENGINE_WRITE, UINT64_MAX - (uint64_t)n);
            stage_advance(stage, start_ns == 0 ? 1000 * SECOND : INT64_MAX - 1);
            struct engine_node_gauge gauge;
            assert_true(engine_node_gauge(stage->engine, 0, stage->now_ns, &gauge));
            assert_int_equal(gauge.bucket_count, 2);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(check_parameters),    cmocka_unit_test(check_validity),
    cmocka_unit_test(check_operations),    cmocka_unit_test(check_member_set),
    cmocka_unit_test(check_not_throttled), cmocka_unit_test(check_edges),
};
TEST_GROUP(drives, tests, NULL, NULL);
