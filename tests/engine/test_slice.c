// SPDX-License-Identifier: GPL-2.0-or-later
// slice, by hand: section 11 of docs/model.md. In the comments a request is asked for at `now`,
// where the slice reaches to `end` = now + slice_time, at first 500 ms; it exceeds if sent + its
// amount > limit * (end - start), and waits (sent + amount) / limit - (now - start).
#include "tests/engine/stage.h"
#include "tests/support/test_group.h"

#define CASE(name)                                                                                 \
    static void name(struct stage *stage);                                                         \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        struct stage *stage = stage_new("slice");                                                  \
        name(stage);                                                                               \
        stage_free(stage);                                                                         \
    }                                                                                              \
    static void name(struct stage *stage)

// iops-total 10, the device takes 1 ms. At 50 ms five are done: 5 + 1 > 10 * 0.55. The wait of
// 6 / 10 - 0.05 = 550 ms comes out as 549999999 ns: 0.6 - 0.05 is below 0.55, times 1e8 times 10.
// At 599999999 the slice reaches to 50 + 500 + 550 - 300 = 800 ms, so history is kept, and the end
// moves to 600 + 550 ms: 6 <= 11.5, and the next one too, since the first is not done yet.
CASE(wait_outlasts_the_slice)
{
    stage->service_ns = 1 * MS;
    uint32_t drive = STAGE_DRIVE(stage, {"iops-total", 10});
    for (int i = 0; i < 7; i++)
        stage_arrive(stage, 10 * i * MS, drive, ENGINE_READ, 512);
    stage_advance(stage, 10 * SECOND);
    EXPECT_TIMES(stage, 0, 0, 10 * MS, 20 * MS, 30 * MS, 40 * MS, 599999999, 599999999);
    assert_int_equal(stage_wait_ns(stage, 5, BUCKET_IOPS_TOTAL), 549999999);
    assert_int_equal(stage_wait_ns(stage, 6, CAUSE_QUEUE), 539999999);
}

// 400000 + 200000 > 1000000 * 0.55: (600000 / 1000000) - 0.05 = 550 ms, 549999999 as above. 4096 B
// would fit, and wait behind.
CASE(no_overtaking)
{
    stage->service_ns = 1 * MS;
    uint32_t drive = STAGE_DRIVE(stage, {"bps-total", 1000000});
    stage_arrive(stage, 0, drive, ENGINE_READ, 400000);
    stage_arrive(stage, 50 * MS, drive, ENGINE_READ, 200000);
    stage_arrive(stage, 51 * MS, drive, ENGINE_READ, 4096);
    stage_advance(stage, 10 * SECOND);
    EXPECT_TIMES(stage, 0, 0, 599999999, 599999999);
}

// The sixth write exceeds as in the first case; the read has no limit and waits behind it.
CASE(reads_wait_behind_writes)
{
    stage->service_ns = 1 * MS;
    uint32_t drive = STAGE_DRIVE(stage, {"iops-write", 10});
    for (int i = 0; i < 6; i++)
        stage_arrive(stage, 10 * i * MS, drive, ENGINE_WRITE, 512);
    stage_arrive(stage, 60 * MS, drive, ENGINE_READ, 512);
    stage_advance(stage, 10 * SECOND);
    EXPECT_TIMES(stage, 5, 599999999, 599999999);
    assert_int_equal(stage_wait_ns(stage, 5, BUCKET_IOPS_WRITE), 549999999);
    assert_int_equal(stage_wait_ns(stage, 6, CAUSE_QUEUE), 539999999);
}

// 1000 reads at once, none of them done: 0 + 1 <= 50, each time. At 200 ms all are:
// 1001 / 100 - 0.2 = 9810 ms: 10010 ms.
CASE(late_accounting)
{
    stage->service_ns = 1 * MS;
    uint32_t drive = STAGE_DRIVE(stage, {"iops-total", 100});
    for (int i = 0; i < 1000; i++)
        stage_arrive(stage, 1 * MS, drive, ENGINE_READ, 512);
    stage_arrive(stage, 200 * MS, drive, ENGINE_READ, 512);
    stage_advance(stage, 100 * SECOND);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(stage_left_ns(stage, i), 1 * MS);
    EXPECT_TIMES(stage, 1000, 10010000000);
}

// 256 requests that arrive anew when they are done, for 60 s: how many leave.
static uint32_t count_at_depth_256(int64_t service_ns)
{
    struct stage *stage = stage_new("slice");
    stage->service_ns = service_ns;
    stage->loop_end_ns = 60 * SECOND;
    uint32_t drive = STAGE_DRIVE(stage, {"iops-total", 100});
    for (int i = 0; i < 256; i++)
        stage_arrive(stage, 0, drive, ENGINE_READ, 512);
    stage_advance(stage, 60 * SECOND);
    uint32_t count = stage->left_by_member[drive];
    stage_free(stage);
    return count;
}

// At 500 ms a request is done when its slice is over, so none is ever seen: all 256 leave at 0,
// 0.5, 1.0 ... 59.5 s: 120 * 256 = 30720, 512/s. At 600 ms at 0, 0.6 ... 59.4 s: 100 * 256 = 25600,
// 427/s. At 400 ms they are seen: 100/s, and what the first half second let pass unseen, 105.3/s
// over the 60 s.
static void test_blind_spot(void **state)
{
    (void)state;
    assert_int_equal(count_at_depth_256(500 * MS), 30720);
    assert_int_equal(count_at_depth_256(600 * MS), 25600);
    assert_int_equal(count_at_depth_256(400 * MS), 6317);
}

// New limits wake the head at once, here 3 ms late. iops-total 10 as in the first case; at 100 ms
// (done: 5) it is asked under 100: in a slice to 100 + 100 = 200 ms, 5 + 1 <= 100 * 0.2.
CASE(new_limits_wake_the_head)
{
    stage->service_ns = 1 * MS;
    uint32_t drive = STAGE_DRIVE(stage, {"iops-total", 10});
    for (int i = 0; i < 7; i++)
        stage_arrive(stage, 10 * i * MS, drive, ENGINE_READ, 512);
    stage_advance(stage, 100 * MS);
    struct engine_operation set = {.kind = ENGINE_MEMBER_SET,
                                   .member = drive,
                                   .node = ENGINE_NONE,
                                   .parameters = STAGE_LIMITS(stage, {"iops-total", 100})};
    assert_int_equal(engine_control(stage->engine, stage->now_ns, &set), ENGINE_OK);
    assert_int_equal(engine_next_deadline(stage->engine), 100 * MS);
    stage->now_ns = 103 * MS;
    engine_fire(stage->engine, stage->now_ns);
    EXPECT_TIMES(stage, 5, 103 * MS, 103 * MS);
    assert_int_equal(stage_wait_ns(stage, 5, BUCKET_IOPS_TOTAL), 50 * MS);
    assert_int_equal(stage_wait_ns(stage, 5, CAUSE_TIMER), 3 * MS);
    assert_int_equal(stage_wait_ns(stage, 6, CAUSE_QUEUE), 43 * MS);
}

// The same, and iops-total 8 instead: asked at 100 ms in a slice to 200 ms: 5 + 1 > 8 * 0.2. It
// waits 6 / 8 - 0.1 = 650 ms, until 750 ms; the slice ends at 200 + 650 - 300 = 550 ms, so a new
// one begins and forgets all.
CASE(tighter_limits_forget)
{
    stage->service_ns = 1 * MS;
    uint32_t drive = STAGE_DRIVE(stage, {"iops-total", 10});
    for (int i = 0; i < 6; i++)
        stage_arrive(stage, 10 * i * MS, drive, ENGINE_READ, 512);
    stage_advance(stage, 100 * MS);
    struct engine_parameters limits = STAGE_LIMITS(stage, {"iops-total", 8});
    assert_int_equal(stage_set(stage, drive, limits), ENGINE_OK);
    assert_int_equal(engine_next_deadline(stage->engine), 750 * MS);
    stage_advance(stage, 10 * SECOND);
    EXPECT_TIMES(stage, 5, 750 * MS);
    assert_int_equal(stage_wait_ns(stage, 5, BUCKET_IOPS_TOTAL), 700 * MS);
}

// A change of limits, then a request that exceeds both: 450000 B in 10 requests are done, the slice
// of 0 to 300 ms reaches to 400 ms.
//     bytes:    450001 > 1000000 * 0.4. It waits 0.450001 - 0.3 = 150.001 ms, and the slice now
//     ends
//               at 400 + 150.001 - 300 = 250.001 ms
//     requests: 11 > 40 * 0.250001. 11 / 40 - 0.3 = -25 ms, which is not the larger one
// At 450.001 ms a new slice begins.
CASE(negative_wait_is_not_the_larger)
{
    stage->service_ns = 1 * MS;
    uint32_t drive = STAGE_DRIVE(stage, {"bps-total", 100000000});
    for (int i = 0; i < 10; i++)
        stage_arrive(stage, 10 * MS, drive, ENGINE_READ, 45000);
    stage_advance(stage, 300 * MS);
    struct engine_parameters limits =
        STAGE_LIMITS(stage, {"bps-total", 1000000}, {"iops-total", 40});
    assert_int_equal(stage_set(stage, drive, limits), ENGINE_OK);
    int number = stage_arrive(stage, 300 * MS, drive, ENGINE_READ, 1);
    stage_advance(stage, 10 * SECOND);
    EXPECT_TIMES(stage, number, 450001000);
    assert_int_equal(stage_wait_ns(stage, number, BUCKET_BPS_TOTAL), 150001000);
}

// No limit is left: all leave in order, and the timer is gone. New limits find a new drive: at 100
// ms 5 + 1 requests fit into 500 ms of iops-total 12, done or not.
CASE(no_limit_left)
{
    stage->service_ns = 1 * MS;
    uint32_t drive = STAGE_DRIVE(stage, {"iops-total", 10});
    for (int i = 0; i < 8; i++)
        stage_arrive(stage, 10 * i * MS, drive, i == 6 ? ENGINE_WRITE : ENGINE_READ, 512);
    stage_advance(stage, 100 * MS);
    struct engine_parameters none = {.given = 0};
    assert_int_equal(stage_set(stage, drive, none), ENGINE_OK);
    assert_int_equal(engine_next_deadline(stage->engine), ENGINE_NEVER);
    EXPECT_TIMES(stage, 5, 100 * MS, 100 * MS, 100 * MS);
    assert_int_equal(stage_wait_ns(stage, 6, CAUSE_QUEUE), 40 * MS);
    stage_advance(stage, 200 * MS);
    assert_int_equal(stage_set(stage, drive, STAGE_LIMITS(stage, {"iops-total", 12})), ENGINE_OK);
    for (int i = 0; i < 7; i++)
        stage_arrive(stage, (200 + i * 2) * MS, drive, ENGINE_READ, 512);
    stage_advance(stage, 10 * SECOND);
    EXPECT_TIMES(stage, 8, 200 * MS, 202 * MS, 204 * MS, 206 * MS, 208 * MS, 210 * MS);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_wait_outlasts_the_slice),
    cmocka_unit_test(test_no_overtaking),
    cmocka_unit_test(test_reads_wait_behind_writes),
    cmocka_unit_test(test_late_accounting),
    cmocka_unit_test(test_blind_spot),
    cmocka_unit_test(test_new_limits_wake_the_head),
    cmocka_unit_test(test_tighter_limits_forget),
    cmocka_unit_test(test_negative_wait_is_not_the_larger),
    cmocka_unit_test(test_no_limit_left),
};
TEST_GROUP(slice, tests, NULL, NULL);
