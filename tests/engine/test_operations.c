// SPDX-License-Identifier: GPL-2.0-or-later
// Hand-computed cases of operations while I/O is in flight: what no recorded run shows. Each is run
// on the engine and on the model.
//
// Most groups have iops-total 10: the bucket's size is 10 / 10 = 1, so requests leave at once while
// the level is at most 1. From empty, two leave (levels 0 and 1); at level L the next waits
// (L - 1) / 10 s, 100 ms for each operation too many.
#include "engine/limits.h"
#include "tests/engine/bench.h"
#include "tests/support/test_group.h"

#include <string.h>

#define TEN LIMITS({"iops-total", 10})

static struct engine_operation join(uint32_t member, uint32_t node)
{
    return (struct engine_operation){.kind = ENGINE_MEMBER_JOIN, .member = member, .node = node};
}

// 0 and 1 leave at 0. The drain at 50 ms lets 2, 3, 4 go in order, without a leak in between, so
// the level is 5, less the 0.5 that has leaked by now. 5 arrives while drained, and passes:
// level 6. At 100 ms limits are on again: 6 - 1 = 5, so 6 waits (5 - 1) / 10 s, until 500 ms.
static void drain_lets_all_go(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    bench_read(bench, 0, a, 5);
    EXPECT_LEFT(bench, {0, 0}, {1, 0});
    assert_int_equal(bench_do(bench, 50 * MS, ENGINE_DRAIN_BEGIN, a), ENGINE_OK);
    EXPECT_LEFT(bench, {2, 50 * MS}, {3, 50 * MS}, {4, 50 * MS});
    assert_true(bench_level(bench, node, 50 * MS, "iops-total") == 4.5);
    assert_int_equal(subject_waiting(&bench->subject), 0);
    assert_true(subject_next_deadline(&bench->subject) == ENGINE_NEVER);
    bench_read(bench, 50 * MS, a, 1);
    EXPECT_LEFT(bench, {5, 50 * MS});
    assert_int_equal(bench_do(bench, 100 * MS, ENGINE_DRAIN_END, a), ENGINE_OK);
    bench_read(bench, 100 * MS, a, 1);
    EXPECT_NONE_LEFT(bench);
    bench_advance(bench, SECOND);
    EXPECT_LEFT(bench, {6, 500 * MS});
}

// A is drained while B waits for 100 ms. A's read is asked of B's turn and waits, though A is
// drained; its write passes, since nobody waits to write. When B has gone at 100 ms, A is next, and
// goes in the same instant: its own limits are off.
static void drained_member_waits_behind_another(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    uint32_t b = bench_member(bench, ENGINE_FILTER, node);
    bench_read(bench, 0, a, 2);
    bench_read(bench, 0, b, 1);
    bench_do(bench, 10 * MS, ENGINE_DRAIN_BEGIN, a);
    EXPECT_LEFT(bench, {0, 0}, {1, 0});
    bench_read(bench, 20 * MS, a, 1);
    bench_arrive(bench, 20 * MS, a, ENGINE_WRITE, 512);
    EXPECT_LEFT(bench, {4, 20 * MS});
    assert_int_equal(bench_member_gauge(bench, a).waiting[DIRECTION_READ], 1);
    bench_advance(bench, SECOND);
    EXPECT_LEFT(bench, {2, 100 * MS}, {3, 100 * MS});
}

// Like the last case until 20 ms. A second begin is no kick: 3 goes on waiting. Leaving is, even
// when drained already.
static void nested_drains_kick_once(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    uint32_t b = bench_member(bench, ENGINE_FILTER, node);
    bench_read(bench, 0, a, 2);
    bench_read(bench, 0, b, 1);
    bench_do(bench, 10 * MS, ENGINE_DRAIN_BEGIN, a);
    bench_read(bench, 20 * MS, a, 1);
    EXPECT_LEFT(bench, {0, 0}, {1, 0});
    bench_do(bench, 30 * MS, ENGINE_DRAIN_BEGIN, a);
    assert_int_equal(bench_member_gauge(bench, a).limits_disabled, 2);
    EXPECT_NONE_LEFT(bench);
    bench_do(bench, 40 * MS, ENGINE_MEMBER_LEAVE, a);
    EXPECT_LEFT(bench, {3, 40 * MS});
    assert_int_equal(bench_member_gauge(bench, a).limits_disabled, 2);
    assert_int_equal(bench_member_gauge(bench, a).node, ENGINE_NONE);
}

// Limits stay off until as many ends: 3 passes after one of two, 4 waits after both. The level is
// 4 then, so it waits 300 ms.
static void drains_end_one_by_one(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    bench_read(bench, 0, a, 2);
    assert_int_equal(bench_do(bench, 0, ENGINE_DRAIN_BEGIN, a), ENGINE_OK);
    assert_int_equal(bench_do(bench, 0, ENGINE_DRAIN_BEGIN, a), ENGINE_OK);
    bench_read(bench, 0, a, 1);
    assert_int_equal(bench_do(bench, 0, ENGINE_DRAIN_END, a), ENGINE_OK);
    bench_read(bench, 0, a, 1);
    EXPECT_LEFT(bench, {0, 0}, {1, 0}, {2, 0}, {3, 0});
    assert_int_equal(bench_do(bench, 0, ENGINE_DRAIN_END, a), ENGINE_OK);
    assert_int_equal(bench_do(bench, 0, ENGINE_DRAIN_END, a), ENGINE_NOT_DRAINED);
    bench_read(bench, 0, a, 1);
    bench_advance(bench, SECOND);
    EXPECT_LEFT(bench, {4, 300 * MS});
}

// A member may be drained while it is in no group, and is still drained when it joins one.
static void drain_outside_of_a_group_lasts(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_FILTER, ENGINE_NONE);
    assert_int_equal(bench_do(bench, 0, ENGINE_DRAIN_BEGIN, a), ENGINE_OK);
    struct engine_operation operation = join(a, node);
    assert_int_equal(bench_control(bench, 0, &operation), ENGINE_OK);
    bench_read(bench, 0, a, 4);
    EXPECT_LEFT(bench, {0, 0}, {1, 0}, {2, 0}, {3, 0});
    assert_true(bench_level(bench, node, 0, "iops-total") == 4);
}

// Refused while 2 waits; afterwards allowed, once. It neither delays nor hurries others: at 200 ms
// the level is 3 - 2 = 1, so B's 3 passes and 4 waits (2 - 1) / 10 s, until 300 ms. Attached again,
// A is as before.
static void detach_needs_quiet(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    uint32_t b = bench_member(bench, ENGINE_FILTER, node);
    bench_read(bench, 0, a, 3);
    assert_int_equal(bench_do(bench, 50 * MS, ENGINE_DETACH, a), ENGINE_BUSY);
    bench_advance(bench, 100 * MS);
    EXPECT_LEFT(bench, {0, 0}, {1, 0}, {2, 100 * MS});
    bench_read(bench, 200 * MS, b, 2);
    assert_int_equal(bench_do(bench, 250 * MS, ENGINE_DETACH, a), ENGINE_OK);
    assert_int_equal(bench_do(bench, 250 * MS, ENGINE_DETACH, a), ENGINE_DETACHED);
    assert_int_equal(bench_do(bench, 250 * MS, ENGINE_DETACH, b), ENGINE_BUSY);
    bench_advance(bench, SECOND);
    EXPECT_LEFT(bench, {3, 200 * MS}, {4, 300 * MS});
    assert_int_equal(bench_do(bench, SECOND, ENGINE_ATTACH, a), ENGINE_OK);
    bench_read(bench, SECOND, a, 3);
    bench_advance(bench, 2 * SECOND);
    EXPECT_LEFT(bench, {5, SECOND}, {6, SECOND}, {7, 1100 * MS});
}

// A, B, C joined in this order: the ring is C, B, A and wraps. The first to join got the token.
static void leaving_passes_the_token_on(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    uint32_t b = bench_member(bench, ENGINE_FILTER, node);
    uint32_t c = bench_member(bench, ENGINE_FILTER, node);
    for (int d = 0; d < DIRECTION_COUNT; d++)
        assert_int_equal(bench_node_gauge(bench, node, 0).token[d], a);
    bench_do(bench, 0, ENGINE_MEMBER_LEAVE, a);
    for (int d = 0; d < DIRECTION_COUNT; d++)
        assert_int_equal(bench_node_gauge(bench, node, 0).token[d], c);
    bench_do(bench, 0, ENGINE_MEMBER_LEAVE, c);
    for (int d = 0; d < DIRECTION_COUNT; d++)
        assert_int_equal(bench_node_gauge(bench, node, 0).token[d], b);
    bench_do(bench, 0, ENGINE_MEMBER_LEAVE, b);
    for (int d = 0; d < DIRECTION_COUNT; d++)
        assert_int_equal(bench_node_gauge(bench, node, 0).token[d], ENGINE_NONE);
    assert_int_equal(bench_node_gauge(bench, node, 0).members, 0);
    assert_int_equal(bench_do(bench, 0, ENGINE_MEMBER_LEAVE, b), ENGINE_NOT_JOINED);
}

// A's 2 (armed for 100 ms) and B's 3 wait. At 50 ms A moves: 2 leaves, level 3, and B is next. Now
// it leaks: 3 - 0.5 = 2.5, so B waits 150 ms, until 200 ms. In its new group A finds an empty
// bucket.
static void moving_lets_go_and_hands_over(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t other = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    uint32_t b = bench_member(bench, ENGINE_FILTER, node);
    bench_read(bench, 0, a, 3);
    bench_read(bench, 0, b, 1);
    EXPECT_LEFT(bench, {0, 0}, {1, 0});
    struct engine_operation operation = join(a, other);
    assert_int_equal(bench_control(bench, 50 * MS, &operation), ENGINE_OK);
    EXPECT_LEFT(bench, {2, 50 * MS});
    assert_int_equal(bench_node_gauge(bench, node, 50 * MS).token[DIRECTION_READ], b);
    assert_int_equal(bench_node_gauge(bench, other, 50 * MS).token[DIRECTION_READ], a);
    bench_read(bench, 50 * MS, a, 3);
    EXPECT_LEFT(bench, {4, 50 * MS}, {5, 50 * MS});
    bench_advance(bench, SECOND);
    EXPECT_LEFT(bench, {6, 150 * MS}, {3, 200 * MS});
}

// To join the group that it is in changes nothing: not the ring, not what waits.
static void joining_again_changes_nothing(struct bench *bench)
{
    uint32_t node = bench_node(bench, TEN);
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    bench_member(bench, ENGINE_FILTER, node);
    bench_read(bench, 0, a, 3);
    struct engine_operation operation = join(a, node);
    assert_int_equal(bench_control(bench, 50 * MS, &operation), ENGINE_OK);
    assert_int_equal(bench_node_gauge(bench, node, 50 * MS).members, 2);
    bench_advance(bench, SECOND);
    EXPECT_LEFT(bench, {0, 0}, {1, 0}, {2, 100 * MS});
}

// bps-write 1000: the size is 100 bytes. 600 bytes pass and leave the level at 600; what is written
// next waits (600 - 100) / 1000 s.
static void operations_count_as_their_attachment_says(struct bench *bench)
{
    static const struct {
        enum engine_attach attach;
        enum engine_op op;
        bool counts;
    } cases[] = {
        {ENGINE_FILTER, ENGINE_WRITE, true},        {ENGINE_DRIVE, ENGINE_WRITE, true},
        {ENGINE_FILTER, ENGINE_DISCARD, true},      {ENGINE_DRIVE, ENGINE_DISCARD, false},
        {ENGINE_FILTER, ENGINE_WRITE_ZEROES, true}, {ENGINE_DRIVE, ENGINE_WRITE_ZEROES, true},
        {ENGINE_FILTER, ENGINE_FLUSH, false},       {ENGINE_DRIVE, ENGINE_FLUSH, false},
        {ENGINE_FILTER, ENGINE_READ, false},        {ENGINE_DRIVE, ENGINE_READ, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t start_ns = (int64_t)i * 10 * SECOND;
        uint32_t node = bench_node(bench, LIMITS({"bps-write", 1000}));
        uint32_t a = bench_member(bench, cases[i].attach, node);
        int first = bench_arrive(bench, start_ns, a, cases[i].op, 600);
        EXPECT_LEFT(bench, {first, start_ns});
        bool is_read = cases[i].op == ENGINE_READ;
        double level = cases[i].counts && !is_read ? 600 : 0;
        assert_true(bench_level(bench, node, start_ns, "bps-write") == level);
        int next = bench_arrive(bench, start_ns, a, ENGINE_WRITE, 1);
        bench_advance(bench, start_ns + 5 * SECOND);
        EXPECT_LEFT(bench, {next, start_ns + (level > 0 ? 500 * MS : 0)});
    }
}

// While 1 waits, a discard waits behind it in a filter, and passes it on a drive; a flush always
// passes. bps-write 1000: 1 waits 500 ms; then the level is 600 - 500 + 600 = 700, leaving 600 ms.
static void what_is_not_throttled_passes_what_waits(struct bench *bench)
{
    for (int i = 0; i < ENGINE_ATTACH_COUNT; i++) {
        int64_t start_ns = i * 10 * SECOND;
        uint32_t node = bench_node(bench, LIMITS({"bps-write", 1000}));
        uint32_t a = bench_member(bench, (enum engine_attach)i, node);
        int first = bench_arrive(bench, start_ns, a, ENGINE_WRITE, 600);
        int second = bench_arrive(bench, start_ns, a, ENGINE_WRITE_ZEROES, 600);
        int discard = bench_arrive(bench, start_ns, a, ENGINE_DISCARD, 100);
        int flush = bench_arrive(bench, start_ns, a, ENGINE_FLUSH, 0);
        bench_advance(bench, start_ns + 5 * SECOND);
        int64_t then_ns = start_ns + 500 * MS;
        if (i == ENGINE_FILTER) {
            EXPECT_LEFT(bench, {first, start_ns}, {flush, start_ns}, {second, then_ns},
                        {discard, then_ns + 600 * MS});
        } else {
            EXPECT_LEFT(bench, {first, start_ns}, {discard, start_ns}, {flush, start_ns},
                        {second, then_ns});
        }
    }
}

// In no group, before and after, nothing is throttled.
static void a_member_of_no_group_is_free(struct bench *bench)
{
    uint32_t node = bench_node(bench, LIMITS({"iops-total", 1}));
    uint32_t a = bench_member(bench, ENGINE_DRIVE, ENGINE_NONE);
    bench_read(bench, 0, a, 3);
    EXPECT_LEFT(bench, {0, 0}, {1, 0}, {2, 0});
    struct engine_operation operation = join(a, node);
    assert_int_equal(bench_control(bench, 0, &operation), ENGINE_OK);
    bench_read(bench, 0, a, 2);
    EXPECT_LEFT(bench, {3, 0});
    bench_do(bench, 0, ENGINE_MEMBER_LEAVE, a);
    bench_read(bench, 0, a, 2);
    EXPECT_LEFT(bench, {4, 0}, {5, 0}, {6, 0});
}

// A's timer is armed at 0 for 100 ms, B's at 50 ms for 100 ms as well: (2 - 0.5 - 1) / 10 s later.
// Fired at 1 s, A is first, and the clock is 1 s: 2 leaves in any case, then the bucket leaks from
// 3 to 0, so 3 and 4 leave and 5 waits 100 ms. B's 8 leaves, and 9 likewise.
static void firing_late_uses_the_late_clock(struct bench *bench)
{
    uint32_t a = bench_member(bench, ENGINE_FILTER, bench_node(bench, TEN));
    uint32_t b = bench_member(bench, ENGINE_FILTER, bench_node(bench, TEN));
    bench_read(bench, 0, a, 6);
    bench_read(bench, 0, b, 2);
    bench_read(bench, 50 * MS, b, 2);
    EXPECT_LEFT(bench, {0, 0}, {1, 0}, {6, 0}, {7, 0});
    assert_true(subject_next_deadline(&bench->subject) == 100 * MS);
    subject_fire(&bench->subject, SECOND);
    EXPECT_LEFT(bench, {2, SECOND}, {3, SECOND}, {4, SECOND}, {8, SECOND}, {9, SECOND});
    assert_true(subject_next_deadline(&bench->subject) == 1100 * MS);
    bench_advance(bench, 2 * SECOND);
    EXPECT_LEFT(bench, {5, 1100 * MS});
}

// bps-total 1: with 2^34 bytes in the bucket the wait is about 1.7 * 10^19 ns, more than 2^63: for
// ever. No firing ends it; a drain does.
static void a_wait_beyond_all_time_is_for_ever(struct bench *bench)
{
    uint32_t node = bench_node(bench, LIMITS({"bps-total", 1}));
    uint32_t a = bench_member(bench, ENGINE_FILTER, node);
    bench_arrive(bench, 0, a, ENGINE_READ, UINT64_C(1) << 34);
    bench_read(bench, 0, a, 1);
    EXPECT_LEFT(bench, {0, 0});
    assert_true(bench_node_gauge(bench, node, 0).timer_armed[DIRECTION_READ]);
    assert_true(subject_next_deadline(&bench->subject) == ENGINE_NEVER);
    subject_fire(&bench->subject, INT64_MAX);
    EXPECT_NONE_LEFT(bench);
    assert_int_equal(subject_waiting(&bench->subject), 1);
    assert_int_equal(subject_control(&bench->subject, INT64_MAX,
                                     &(struct engine_operation){.kind = ENGINE_DRAIN_BEGIN}),
                     ENGINE_OK);
    EXPECT_LEFT(bench, {1, INT64_MAX});
}

// The largest wait that fits: 2^33 bytes at bps-total 1 and size 0.1 wait 8589934591.9 s, which
// fits in 63 bits. From 2^60 ns on, the sum does not.
static void a_deadline_saturates(struct bench *bench)
{
    int64_t late_ns = INT64_C(1) << 60;
    uint32_t a = bench_member(bench, ENGINE_FILTER, bench_node(bench, LIMITS({"bps-total", 1})));
    uint32_t b = bench_member(bench, ENGINE_FILTER, bench_node(bench, LIMITS({"bps-total", 1})));
    bench_arrive(bench, 0, a, ENGINE_READ, UINT64_C(1) << 33);
    bench_read(bench, 0, a, 1);
    assert_true(subject_next_deadline(&bench->subject) == INT64_C(8589934591899999232));
    bench_do(bench, 0, ENGINE_DRAIN_BEGIN, a);
    bench_arrive(bench, late_ns, b, ENGINE_READ, UINT64_C(1) << 33);
    bench_read(bench, late_ns, b, 1);
    assert_int_equal(subject_waiting(&bench->subject), 1);
    assert_true(subject_next_deadline(&bench->subject) == ENGINE_NEVER);
}

#define CASES(X)                                                                                   \
    X(drain_lets_all_go)                                                                           \
    X(drained_member_waits_behind_another)                                                         \
    X(nested_drains_kick_once)                                                                     \
    X(drains_end_one_by_one)                                                                       \
    X(drain_outside_of_a_group_lasts)                                                              \
    X(detach_needs_quiet)                                                                          \
    X(leaving_passes_the_token_on)                                                                 \
    X(moving_lets_go_and_hands_over)                                                               \
    X(joining_again_changes_nothing)                                                               \
    X(operations_count_as_their_attachment_says)                                                   \
    X(what_is_not_throttled_passes_what_waits)                                                     \
    X(a_member_of_no_group_is_free)                                                                \
    X(firing_late_uses_the_late_clock)                                                             \
    X(a_wait_beyond_all_time_is_for_ever)                                                          \
    X(a_deadline_saturates)

CASES(BENCH_ON_BOTH)

#define UNIT_TEST(name) cmocka_unit_test(name##_on_both),
static const struct CMUnitTest tests[] = {CASES(UNIT_TEST)};
TEST_GROUP(operations, tests, NULL, NULL);
