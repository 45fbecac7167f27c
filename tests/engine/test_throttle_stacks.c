// SPDX-License-Identifier: GPL-2.0-or-later
// Members with several throttles, one below the other: cases computed by hand.
#include "tests/engine/stage.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/support/test_group.h"

static uint32_t stage_below(struct stage *stage, uint32_t member, uint32_t node)
{
    struct engine_operation operation = {
        .kind = ENGINE_STAGE_CREATE, .member = member, .attach = ENGINE_FILTER};
    assert_int_equal(stage_do(stage, &operation), ENGINE_OK);
    assert_int_equal(stage_join(stage, operation.member, node), ENGINE_OK);
    return operation.member;
}

// A member with one throttle over another one; the lower joins first.
static uint32_t two_throttles(struct stage *stage, enum engine_attach attach, uint32_t upper,
                              uint32_t lower)
{
    uint32_t member = stage_member(stage, attach);
    stage_below(stage, member, lower);
    assert_int_equal(stage_join(stage, member, upper), ENGINE_OK);
    return member;
}

static struct stage *stage_of(uint32_t *fast, uint32_t *slow)
{
    struct stage *stage = stage_new("throttle-group");
    *fast = stage_node(stage, STAGE_LIMITS(stage, {"iops-total", 20}));
    *slow = stage_node(stage, STAGE_LIMITS(stage, {"iops-total", 10}));
    return stage;
}

static void reads(struct stage *stage, uint32_t member, int count)
{
    while (count-- > 0)
        stage_arrive(stage, 0, member, ENGINE_READ, 4096);
}

// Two pass at once, then one each 100 ms, in whichever order the throttles are.
static void check_slower_one_decides(void **state)
{
    (void)state;
    for (int slow_above = 0; slow_above < 2; slow_above++) {
        uint32_t fast, slow;
        struct stage *stage = stage_of(&fast, &slow);
        uint32_t member = slow_above ? two_throttles(stage, ENGINE_DRIVE, slow, fast)
                                     : two_throttles(stage, ENGINE_DRIVE, fast, slow);
        reads(stage, member, 6);
        stage_advance(stage, SECOND);
        EXPECT_TIMES(stage, 0, 0, 0, 100 * MS, 200 * MS, 300 * MS, 400 * MS);
        stage_free(stage);
    }
}

// The fourth: 50 ms in the upper, then in the lower behind the third until 100 ms, then for the
// limit.
static void check_waits_by_throttle(void **state)
{
    (void)state;
    uint32_t fast, slow;
    struct stage *stage = stage_of(&fast, &slow);
    uint32_t member = two_throttles(stage, ENGINE_DRIVE, fast, slow);
    reads(stage, member, 4);
    stage_advance(stage, SECOND);
    assert_int_equal(stage->requests[3].passed_count, 2);
    assert_int_equal(stage->requests[3].passed[0], member);
    assert_int_equal(stage->requests[3].passed_ns[0], 50 * MS);
    assert_int_equal(stage->requests[3].passed_ns[1], 200 * MS);
    assert_int_equal(stage_wait_ns(stage, 3, BUCKET_IOPS_TOTAL), 150 * MS);
    assert_int_equal(stage_wait_ns(stage, 3, CAUSE_QUEUE), 50 * MS);
    stage_free(stage);
}

// Each request counts twice, so the rate is half of the limit. The two throttles take turns, until
// nothing is left above.
static void check_same_group_twice(void **state)
{
    (void)state;
    struct stage *stage = stage_new("throttle-group");
    uint32_t group = stage_node(stage, STAGE_LIMITS(stage, {"iops-total", 10}));
    uint32_t member = two_throttles(stage, ENGINE_FILTER, group, group);
    reads(stage, member, 6);
    stage_advance(stage, 2 * SECOND);
    EXPECT_TIMES(stage, 0, 0, 300 * MS, 500 * MS, 700 * MS, 900 * MS, SECOND);
    // The second: 100 ms above for the limit, below for its turn, then for the limit again.
    assert_int_equal(stage_wait_ns(stage, 1, BUCKET_IOPS_TOTAL), 200 * MS);
    assert_int_equal(stage_wait_ns(stage, 1, CAUSE_TURN), 100 * MS);
    stage_free(stage);
}

// A drive's throttle does not see discards; a filter's below it counts them. None sees flushes.
static void check_what_counts_where(void **state)
{
    (void)state;
    struct stage *stage = stage_new("throttle-group");
    uint32_t one = stage_node(stage, STAGE_LIMITS(stage, {"iops-total", 1}));
    uint32_t ten = stage_node(stage, STAGE_LIMITS(stage, {"iops-total", 10}));
    uint32_t member = two_throttles(stage, ENGINE_DRIVE, one, ten);
    for (int i = 0; i < 3; i++)
        stage_arrive(stage, 0, member, ENGINE_DISCARD, 4096);
    stage_arrive(stage, 0, member, ENGINE_FLUSH, 0);
    stage_advance(stage, SECOND);
    EXPECT_TIMES(stage, 0, 0, 0, 100 * MS, 0);
    assert_int_equal(stage->requests[0].passed_count, 1);
    assert_int_equal(stage->requests[3].passed_count, 0);
    stage_free(stage);
}

// Draining concerns all throttles of a member, and no single one below.
static void check_drain(void **state)
{
    (void)state;
    uint32_t fast, slow;
    struct stage *stage = stage_of(&fast, &slow);
    uint32_t member = two_throttles(stage, ENGINE_DRIVE, fast, slow);
    reads(stage, member, 8);
    stage_advance(stage, 60 * MS);
    struct engine_operation operation = {.kind = ENGINE_DRAIN_BEGIN, .member = member};
    assert_int_equal(stage_do(stage, &operation), ENGINE_OK);
    EXPECT_TIMES(stage, 0, 0, 0, 60 * MS, 60 * MS, 60 * MS, 60 * MS, 60 * MS, 60 * MS);
    operation.kind = ENGINE_DRAIN_END;
    assert_int_equal(stage_do(stage, &operation), ENGINE_OK);
    assert_int_equal(stage_do(stage, &operation), ENGINE_NOT_DRAINED);
    operation = (struct engine_operation){.kind = ENGINE_DRAIN_BEGIN, .member = member + 1};
    assert_int_equal(stage_do(stage, &operation), ENGINE_UNSUPPORTED);
    stage_free(stage);
}

// The earlier algorithms have no throttle below another one.
static void check_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"bucket", "slice", "slice-2011"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct stage *stage = stage_new(names[i]);
        uint32_t member = stage_drive(stage, STAGE_LIMITS(stage, {"iops-total", 10}));
        struct engine_operation operation = {.kind = ENGINE_STAGE_CREATE, .member = member};
        assert_int_equal(stage_do(stage, &operation), ENGINE_UNSUPPORTED);
        stage_free(stage);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(check_slower_one_decides),
    cmocka_unit_test(check_waits_by_throttle),
    cmocka_unit_test(check_same_group_twice),
    cmocka_unit_test(check_what_counts_where),
    cmocka_unit_test(check_drain),
    cmocka_unit_test(check_refused),
};
TEST_GROUP(throttle_stacks, tests, NULL, NULL);
