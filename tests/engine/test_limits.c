// SPDX-License-Identifier: GPL-2.0-or-later
// Hand-computed cases of groups and their limits changing under way, and of the interface itself.
// Those on behaviour are run on the engine and on the model. For the arithmetic see
// test_operations.c.
#include "tests/engine/bench.h"
#include "tests/support/test_group.h"

#include <string.h>

#define NO_LIMITS ((struct engine_parameters){.given = 0})
#define TEN LIMITS({"iops-total", 10})

static struct engine_operation with_limits(enum engine_operation_kind kind, uint32_t node,
                                           uint32_t member, struct engine_parameters limits)
{
    return (struct engine_operation){
        .kind = kind,
        .node = node,
        .member = member,
        .parent = ENGINE_NONE,
        .parameters = limits,
    };
}

static enum engine_status set_node(struct bench *bench, int64_t now_ns, uint32_t node,
                                   struct engine_parameters limits)
{
    struct engine_operation operation = with_limits(ENGINE_NODE_SET, node, ENGINE_NONE, limits);
    return bench_control(bench, now_ns, &operation);
}

// Sets limits through a member; the group it is in then.
static uint32_t set_member(struct bench *bench, int64_t now_ns, uint32_t member, uint32_t node,
                           struct engine_parameters limits)
{
    struct engine_operation operation = with_limits(ENGINE_MEMBER_SET, node, member, limits);
    assert_int_equal(bench_control(bench, now_ns, &operation), ENGINE_OK);
    uint32_t joined = bench_member_gauge(bench, member).node;
    if (joined != ENGINE_NONE)
        assert_int_equal(operation.node, joined);
    return joined;
}

// 2 is armed for 100 ms, and leaves then, however fast the group has become at 50 ms. The set began
// with an empty bucket: the level is 1 afterwards, and 3 follows at once.
static void a_set_keeps_armed_timers(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    bench_read(bench, 0, a, 4);
    EXPECT_LEFT(bench, {0, 0}, {1, 0});
    assert_int_equal(set_node(bench, 50 * MS, node, LIMITS({"iops-total", 1000000})), ENGINE_OK);
    assert_true(bench_level(bench, node, 50 * MS, "iops-total") == 0);
    assert_true(subject_next_deadline(&bench->subject) == 100 * MS);
    bench_advance(bench, SECOND);
    EXPECT_LEFT(bench, {2, 100 * MS}, {3, 100 * MS});
}

// A bucket of 1 that is full lets one through, as an empty one lets two; one that holds 2.5 lets
// the first go after 150 ms. What is full leaks.
static void a_fill_sets_the_levels(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    struct engine_operation fill = {.kind = ENGINE_NODE_FILL, .node = node, .fill = 1};
    assert_int_equal(bench_control(bench, 0, &fill), ENGINE_OK);
    assert_true(bench_level(bench, node, 0, "iops-total") == 1);
    bench_read(bench, 0, a, 2);
    bench_advance(bench, SECOND);
    EXPECT_LEFT(bench, {0, 0}, {1, 100 * MS});
    fill.fill = 2.5;
    assert_int_equal(bench_control(bench, SECOND, &fill), ENGINE_OK);
    assert_true(bench_level(bench, node, SECOND + 50 * MS, "iops-total") == 2);
    bench_read(bench, SECOND, a, 1);
    bench_advance(bench, 2 * SECOND);
    EXPECT_LEFT(bench, {2, SECOND + 150 * MS});
    fill.node = node + 1;
    assert_int_equal(bench_control(bench, 2 * SECOND, &fill), ENGINE_UNKNOWN_NODE);
}

// The share is of what a bucket holds: max x length. The burst part, max / 10, is empty.
static void a_fill_is_a_share_of_the_size(struct bench *bench)
{
    uint32_t node = bench_node(
        bench, LIMITS({"bps-read", 1000}, {"bps-read-max", 4000}, {"bps-read-max-length", 3}));
    struct engine_operation fill = {.kind = ENGINE_NODE_FILL, .node = node, .fill = 0.25};
    assert_int_equal(bench_control(bench, 0, &fill), ENGINE_OK);
    struct engine_node_gauge gauge = bench_node_gauge(bench, node, 0);
    assert_int_equal(gauge.bucket_count, 1);
    assert_true(gauge.bucket[0].level == 3000 && gauge.bucket[0].burst_level == 0);
}

// Keys that are not given stay.
static void a_partial_set_keeps_the_rest(struct bench *bench)
{
    uint32_t node = bench_node(bench, LIMITS({"iops-total", 10}, {"bps-read", 7}));
    assert_int_equal(set_node(bench, 0, node, LIMITS({"iops-total", 20}, {"iops-size", 4096})),
                     ENGINE_OK);
    assert_int_equal(bench_limit(bench, node, "iops-total"), 20);
    assert_int_equal(bench_limit(bench, node, "iops-size"), 4096);
    assert_int_equal(bench_limit(bench, node, "bps-read"), 7);
    assert_int_equal(bench_limit(bench, node, "bps-read-max-length"), 1);
}

// Through a member all is named: what is not given is 0.
static void a_set_through_a_member_replaces_all(struct bench *bench)
{
    uint32_t node = bench_node(bench, LIMITS({"iops-total", 10}, {"bps-read", 7}));
    uint32_t a = bench_member(bench, ENGINE_DRIVE, node);
    assert_int_equal(set_member(bench, 0, a, ENGINE_NONE, LIMITS({"iops-write", 5})), node);
    assert_int_equal(bench_limit(bench, node, "iops-write"), 5);
    assert_int_equal(bench_limit(bench, node, "iops-total"), 0);
    assert_int_equal(bench_limit(bench, node, "bps-read"), 0);
}

// 2, 3 wait to read, 4, 5 to write (0 and 1 took the level to 2). The set at 50 ms empties the
// bucket; its size is 1 / 10. The kick lets 2 go: level 1, so 3 is armed for (1 - 0.1) / 1 s; then
// 4, in spite of that: level 2, so 5 is armed for (2 - 0.1) / 1 s. 3 leaves before 5, but a timer
// that is armed stays.
static void a_set_through_a_member_kicks_it(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_DRIVE, node);
    bench_read(bench, 0, a, 4);
    bench_arrive(bench, 0, a, ENGINE_WRITE, 512);
    bench_arrive(bench, 0, a, ENGINE_WRITE, 512);
    EXPECT_LEFT(bench, {0, 0}, {1, 0});
    set_member(bench, 50 * MS, a, node, LIMITS({"iops-total", 1}));
    EXPECT_LEFT(bench, {2, 50 * MS}, {4, 50 * MS});
    bench_advance(bench, 5 * SECOND);
    EXPECT_LEFT(bench, {3, 950 * MS}, {5, 1950 * MS});
}

// B waits, A has nothing: a set through A leaves B's timer alone.
static void a_set_through_a_member_kicks_no_other(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_DRIVE, node);
    uint32_t b = bench_member(bench, ENGINE_DRIVE, node);
    bench_read(bench, 0, b, 3);
    set_member(bench, 50 * MS, a, node, LIMITS({"iops-total", 1000}));
    EXPECT_LEFT(bench, {0, 0}, {1, 0});
    bench_advance(bench, SECOND);
    EXPECT_LEFT(bench, {2, 100 * MS});
}

// All averages 0: the member leaves, and what it has waiting goes. The group keeps its limits.
static void no_limits_through_a_member_is_leaving(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_DRIVE, node);
    bench_read(bench, 0, a, 4);
    EXPECT_LEFT(bench, {0, 0}, {1, 0});
    assert_int_equal(set_member(bench, 50 * MS, a, node, LIMITS({"iops-total", 0})), ENGINE_NONE);
    EXPECT_LEFT(bench, {2, 50 * MS}, {3, 50 * MS});
    assert_int_equal(bench_limit(bench, node, "iops-total"), 10);
    assert_int_equal(set_member(bench, 60 * MS, a, ENGINE_NONE, LIMITS({"bps-read", 0})),
                     ENGINE_NONE);
}

// A group made by a set lives while it has members; one that was created stays.
static void an_implicit_group_goes_with_its_last_member(struct bench *bench)
{
    uint32_t object = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_DRIVE, ENGINE_NONE);
    uint32_t b = bench_member(bench, ENGINE_DRIVE, object);
    uint32_t node = set_member(bench, 0, a, ENGINE_NONE, TEN);
    assert_true(node != ENGINE_NONE && node != object);
    assert_int_equal(set_member(bench, 0, b, node, TEN), node);
    assert_int_equal(bench_node_gauge(bench, node, 0).members, 2);
    assert_int_equal(bench_node_gauge(bench, object, 0).members, 0);
    assert_int_equal(set_member(bench, 0, a, ENGINE_NODE_NEW, TEN) == node, 0);
    assert_int_equal(bench_node_gauge(bench, node, 0).members, 1);
    assert_int_equal(set_member(bench, 0, b, ENGINE_NONE, LIMITS({"bps-read", 0})), ENGINE_NONE);
    struct engine_node_gauge gauge;
    assert_false(subject_node_gauge(&bench->subject, node, 0, &gauge));
    struct engine_operation operation = with_limits(ENGINE_MEMBER_JOIN, node, b, NO_LIMITS);
    assert_int_equal(bench_control(bench, 0, &operation), ENGINE_UNKNOWN_NODE);
    operation = with_limits(ENGINE_MEMBER_SET, node, b, TEN);
    assert_int_equal(bench_control(bench, 0, &operation), ENGINE_UNKNOWN_NODE);
    assert_int_equal(bench_member_gauge(bench, b).node, ENGINE_NONE);
}

// Moving to a new group from an implicit one, as its only member, while requests wait: the old
// group is gone, and the new one is another. The kick of leaving has let everything go.
static void moving_out_of_an_implicit_group(struct bench *bench)
{
    uint32_t a = bench_member(bench, ENGINE_DRIVE, ENGINE_NONE);
    uint32_t first = set_member(bench, 0, a, ENGINE_NODE_NEW, TEN);
    bench_read(bench, 0, a, 4);
    uint32_t second = set_member(bench, 50 * MS, a, ENGINE_NODE_NEW, TEN);
    EXPECT_LEFT(bench, {0, 0}, {1, 0}, {2, 50 * MS}, {3, 50 * MS});
    assert_true(first != second);
    struct engine_node_gauge gauge;
    assert_false(subject_node_gauge(&bench->subject, first, 50 * MS, &gauge));
    assert_true(bench_level(bench, second, 50 * MS, "iops-total") == 0);
}

static void deleting_needs_an_empty_group(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    struct engine_operation operation = with_limits(ENGINE_NODE_DELETE, node, a, NO_LIMITS);
    assert_int_equal(bench_control(bench, 0, &operation), ENGINE_BUSY);
    assert_int_equal(bench_node_gauge(bench, node, 0).members, 1);
    bench_do(bench, 0, ENGINE_MEMBER_LEAVE, a);
    assert_int_equal(bench_control(bench, 0, &operation), ENGINE_OK);
    assert_int_equal(bench_control(bench, 0, &operation), ENGINE_UNKNOWN_NODE);
    assert_int_equal(set_node(bench, 0, node, TEN), ENGINE_UNKNOWN_NODE);
    assert_true(bench_node(bench, TEN) != node);
}

// A set on joining overwrites the group's limits, key by key; without one they stay as they are.
static void a_set_on_joining_overwrites(struct bench *bench)
{
    uint32_t node = bench_node(bench, LIMITS({"iops-total", 10}, {"bps-read", 7}));
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    bench_read(bench, 0, a, 1);
    uint32_t b = bench_member(bench, ENGINE_FILTER, node);
    assert_true(bench_level(bench, node, 0, "iops-total") == 1);
    uint32_t c = bench_member(bench, ENGINE_FILTER, ENGINE_NONE);
    struct engine_operation operation =
        with_limits(ENGINE_MEMBER_JOIN, node, c, LIMITS({"iops-total", 20}));
    assert_int_equal(bench_control(bench, 0, &operation), ENGINE_OK);
    assert_int_equal(bench_limit(bench, node, "iops-total"), 20);
    assert_int_equal(bench_limit(bench, node, "bps-read"), 7);
    assert_true(bench_level(bench, node, 0, "iops-total") == 0);
    assert_int_equal(bench_node_gauge(bench, node, 0).members, 3);
    assert_int_equal(bench_member_gauge(bench, b).node, node);
}

// Limits, membership, levels and what waits are as before, on each way in.
static void an_invalid_set_changes_nothing(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t other = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_DRIVE, node);
    bench_read(bench, 0, a, 3);
    EXPECT_LEFT(bench, {0, 0}, {1, 0});
    const struct engine_operation tries[] = {
        with_limits(ENGINE_NODE_SET, node, a, LIMITS({"iops-read", 1})),
        with_limits(ENGINE_MEMBER_JOIN, other, a, LIMITS({"iops-total-max", 9})),
        with_limits(ENGINE_MEMBER_SET, other, a, LIMITS({"bps-read", -1})),
        with_limits(ENGINE_MEMBER_SET, ENGINE_NODE_NEW, a, LIMITS({"bps-read-max", 1})),
        with_limits(ENGINE_MEMBER_SET, ENGINE_NONE, a, LIMITS({"bps-read-max-length", 0})),
        with_limits(ENGINE_NODE_CREATE, node, a, LIMITS({"iops-size", 1})),
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        struct engine_operation operation = tries[i];
        assert_int_equal(bench_control(bench, 50 * MS, &operation), ENGINE_INVALID);
        assert_int_equal(bench_member_gauge(bench, a).node, node);
        assert_int_equal(bench_limit(bench, node, "iops-total"), 10);
        assert_int_equal(bench_limit(bench, node, "iops-read"), 0);
        assert_true(bench_level(bench, node, 50 * MS, "iops-total") == 1.5);
        assert_int_equal(bench_node_gauge(bench, other, 50 * MS).members, 0);
    }
    EXPECT_NONE_LEFT(bench);
    bench_advance(bench, SECOND);
    EXPECT_LEFT(bench, {2, 100 * MS});
}

static void unknown_members_are_refused(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    static const enum engine_operation_kind kinds[] = {
        ENGINE_MEMBER_JOIN, ENGINE_MEMBER_LEAVE, ENGINE_MEMBER_SET, ENGINE_DRAIN_BEGIN,
        ENGINE_DRAIN_END,   ENGINE_DETACH,       ENGINE_ATTACH,
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct engine_operation operation = with_limits(kinds[i], node, 7, NO_LIMITS);
        assert_int_equal(bench_control(bench, 0, &operation), ENGINE_UNKNOWN_MEMBER);
        operation.member = ENGINE_NONE;
        assert_int_equal(bench_control(bench, 0, &operation), ENGINE_UNKNOWN_MEMBER);
    }
}

// A fault names the key, whichever operation it comes from.
static void faults_are_named(void **state)
{
    (void)state;
    struct bench bench;
    bench_create(&bench, SUBJECT_ENGINE);
    uint32_t node = bench_node(&bench, TEN);
    uint32_t a = bench_member(&bench, ENGINE_DRIVE, node);
    static const enum engine_operation_kind kinds[] = {
        ENGINE_NODE_CREATE,
        ENGINE_NODE_SET,
        ENGINE_MEMBER_JOIN,
        ENGINE_MEMBER_SET,
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct engine_operation operation =
            with_limits(kinds[i], node, a, LIMITS({"bps-write-max-length", 0}));
        operation.fault = (struct engine_fault){.parameter = -5};
        assert_int_equal(bench_control(&bench, 0, &operation), ENGINE_INVALID);
        assert_int_equal(operation.fault.parameter,
                         engine_parameter_find(subject_algorithm(), "bps_wr_max_length"));
        assert_true(operation.fault.rule != NULL && strlen(operation.fault.rule) > 0);
    }
    bench_destroy(&bench);
}

// No trees, no completions; a completion is allowed all the same.
static void the_interface_answers(void **state)
{
    (void)state;
    size_t count;
    const struct engine_algorithm *const *algorithms = engine_algorithms(&count);
    assert_true(count >= 1);
    assert_ptr_equal(algorithms[0], subject_algorithm());
    assert_null(engine_find("no such algorithm"));
    for (int status = ENGINE_OK; status <= ENGINE_NO_MEMORY; status++)
        assert_true(strlen(engine_status_text((enum engine_status)status)) > 0);
    engine_destroy(NULL);

    struct bench bench;
    bench_create(&bench, SUBJECT_ENGINE);
    assert_ptr_equal(engine_algorithm_of(bench.subject.engine), subject_algorithm());
    uint32_t node = bench_node(&bench, TEN);
    uint32_t a = bench_member(&bench, ENGINE_FILTER, node);
    bench_read(&bench, 0, a, 1);
    engine_complete(bench.subject.engine, MS, &bench.requests[0]);
    struct engine_operation child = with_limits(ENGINE_NODE_CREATE, ENGINE_NONE, a, TEN);
    child.parent = node;
    assert_false(subject_algorithm()->has_trees);
    assert_int_equal(bench_control(&bench, MS, &child), ENGINE_UNSUPPORTED);
    struct engine_member_gauge gauge;
    assert_false(engine_member_gauge(bench.subject.engine, a + 1, &gauge));
    struct engine_parameters parameters;
    assert_false(engine_parameters_of(bench.subject.engine, node + 1, &parameters));
    bench_destroy(&bench);
}

#define CASES(X)                                                                                   \
    X(a_set_keeps_armed_timers)                                                                    \
    X(a_fill_sets_the_levels)                                                                      \
    X(a_fill_is_a_share_of_the_size)                                                               \
    X(a_partial_set_keeps_the_rest)                                                                \
    X(a_set_through_a_member_replaces_all)                                                         \
    X(a_set_through_a_member_kicks_it)                                                             \
    X(a_set_through_a_member_kicks_no_other)                                                       \
    X(no_limits_through_a_member_is_leaving)                                                       \
    X(an_implicit_group_goes_with_its_last_member)                                                 \
    X(moving_out_of_an_implicit_group)                                                             \
    X(deleting_needs_an_empty_group)                                                               \
    X(a_set_on_joining_overwrites)                                                                 \
    X(an_invalid_set_changes_nothing)                                                              \
    X(unknown_members_are_refused)

CASES(BENCH_ON_BOTH)

#define UNIT_TEST(name) cmocka_unit_test(name##_on_both),
static const struct CMUnitTest tests[] = {
    CASES(UNIT_TEST) cmocka_unit_test(faults_are_named),
    cmocka_unit_test(the_interface_answers),
};
TEST_GROUP(limits, tests, NULL, NULL);
