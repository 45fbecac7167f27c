// SPDX-License-Identifier: GPL-2.0-or-later
// slice-2011, by hand: what its reviewers found, (a) to (e), and what else follows from the rules
// of section 11 of docs/model.md, (f) to (h). In the comments `wait` is
//     bps:  (sent + bytes - limit * 0.1) / limit + (0.1 - elapsed), in ns, + 1
//     iops: (sent + 1) / limit - elapsed, in ns, + 1
#include "tests/engine/stage.h"
#include "tests/support/test_group.h"

#define CASE(name)                                                                                 \
    static void name(struct stage *stage);                                                         \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        struct stage *stage = stage_new("slice-2011");                                             \
        name(stage);                                                                               \
        stage_free(stage);                                                                         \
    }                                                                                              \
    static void name(struct stage *stage)

// (a) All but 90000 of the 100000 B of the slice are free, 95 ms are over.
//     A: (90000 + 35000 - 100000) / 1000000 + 0.1 - 0.095 = 25 + 5 ms: 95 + 30 ms + 1 ns
//     B: (90000 + 15000 - 100000) / 1000000 + 0.005 = 10 ms: 105 ms + 1 ns
//     C: (90000 + 25000 - 100000) / 1000000 + 0.005 = 20 ms: 115 ms + 1 ns, the timer's last
//     setting
// At 115 ms + 1 ns a slice begins, 75000 B fit into it.
CASE(timer_misses_the_earliest_deadline)
{
    uint32_t drive = STAGE_DRIVE(stage, {"bps-total", 1000000});
    stage_arrive(stage, 0, drive, ENGINE_READ, 90000);
    static const uint64_t bytes[] = {35000, 15000, 25000};
    static const int64_t deadlines[] = {125000001, 105000001, 115000001};
    for (int i = 0; i < 3; i++) {
        stage_arrive(stage, 95 * MS, drive, ENGINE_READ, bytes[i]);
        assert_int_equal(engine_next_deadline(stage->engine), deadlines[i]);
    }
    stage_advance(stage, 10 * SECOND);
    EXPECT_TIMES(stage, 0, 0, 115000001, 115000001, 115000001);
    // B waits until it is due, and then for the timer that C has set.
    assert_int_equal(stage_wait_ns(stage, 1, BUCKET_BPS_TOTAL), 20000001);
    assert_int_equal(stage_wait_ns(stage, 2, BUCKET_BPS_TOTAL), 10000001);
    assert_int_equal(stage_wait_ns(stage, 2, CAUSE_TIMER), 10000000);
    assert_int_equal(stage_wait_ns(stage, 3, CAUSE_TIMER), 0);
}

// (b) Q: (60000 + 50000 - 100000) / 1000000 + 0.1 - 0.05 = 10 + 50 ms: 110 ms + 1 ns. N fits.
CASE(newcomers_slip_past)
{
    uint32_t drive = STAGE_DRIVE(stage, {"bps-total", 1000000});
    stage_arrive(stage, 0, drive, ENGINE_READ, 60000);
    stage_arrive(stage, 50 * MS, drive, ENGINE_READ, 50000);
    stage_arrive(stage, 51 * MS, drive, ENGINE_READ, 4096);
    stage_advance(stage, 10 * SECOND);
    EXPECT_TIMES(stage, 0, 0, 110000001, 51 * MS);
}

// (b) Q: (100000 + 50000 - 100000) / 1000000 + 0.1 - 0.05 = 50 + 50 ms: 150 ms + 1 ns. N comes in
// the next slice, finds it empty and leaves 4096 B; Q fits behind it.
CASE(newcomers_slip_past_across_a_slice)
{
    uint32_t drive = STAGE_DRIVE(stage, {"bps-total", 1000000});
    stage_arrive(stage, 0, drive, ENGINE_READ, 100000);
    stage_arrive(stage, 50 * MS, drive, ENGINE_READ, 50000);
    stage_arrive(stage, 110 * MS, drive, ENGINE_READ, 4096);
    stage_advance(stage, 10 * SECOND);
    EXPECT_TIMES(stage, 0, 0, 150000001, 110 * MS);
}

// (c) Armed for 0 at the start, and for a second later by each firing.
CASE(timer_fires_for_nobody)
{
    STAGE_DRIVE(stage, {"bps-total", 1000000});
    stage_advance(stage, 0);
    for (int second = 1; second <= 3; second++) {
        assert_int_equal(engine_next_deadline(stage->engine), second * SECOND);
        stage_advance(stage, second * SECOND);
    }
    assert_int_equal(engine_next_deadline(stage->engine), 4 * SECOND);
}

// (d) 10 requests fit into 100 ms. bytes: 5120 B of 100000. At 100 ms the question about bytes
// begins a slice, so the question about requests sees a new slice and forgets nothing: 10 + 1 > 10,
// for ever. Each asks for (10 + 1) / 100 - 0 = 110 ms.
CASE(second_limit_never_sees_a_new_slice)
{
    uint32_t drive = STAGE_DRIVE(stage, {"bps-total", 1000000}, {"iops-total", 100});
    for (int i = 0; i < 100; i++)
        stage_arrive(stage, 10 * i * MS, drive, ENGINE_READ, 512);
    stage_advance(stage, 1000 * SECOND);
    for (int i = 0; i < 100; i++)
        assert_int_equal(stage_left_ns(stage, i), i < 10 ? 10 * i * MS : NOT_LEFT);
    assert_int_equal(engine_waiting(stage->engine), 90);
}

// (d) Without the limit of bytes each slice of 100 ms takes its 10.
CASE(second_limit_alone_does)
{
    uint32_t drive = STAGE_DRIVE(stage, {"iops-total", 100});
    for (int i = 0; i < 100; i++)
        stage_arrive(stage, 10 * i * MS, drive, ENGINE_READ, 512);
    stage_advance(stage, SECOND);
    for (int i = 0; i < 100; i++)
        assert_int_equal(stage_left_ns(stage, i), 10 * i * MS);
}

// (e) 100000 B at the end of a slice and again at the start of the next.
CASE(history_is_forgotten)
{
    uint32_t drive = STAGE_DRIVE(stage, {"bps-total", 1000000});
    stage_arrive(stage, 99 * MS, drive, ENGINE_READ, 100000);
    stage_arrive(stage, 100 * MS, drive, ENGINE_READ, 100000);
    EXPECT_TIMES(stage, 0, 99 * MS, 100 * MS);
}

// (f) 100000 B are allowed in any slice; 9 / 10 of a request.
CASE(large_never_leaves)
{
    uint32_t bytes = STAGE_DRIVE(stage, {"bps-total", 1000000});
    uint32_t requests = STAGE_DRIVE(stage, {"iops-total", 9});
    stage_arrive(stage, 0, bytes, ENGINE_READ, 100001);
    stage_arrive(stage, 0, requests, ENGINE_READ, 1);
    stage_advance(stage, 1000 * SECOND);
    EXPECT_TIMES(stage, 0, NOT_LEFT, NOT_LEFT);
    assert_int_equal(engine_waiting(stage->engine), 2);
}

// (g) Reads begin slices at 100, 200, ... ms, writes at 150, 250, ... ms; each finds that its slice
// is over and forgets the 100000 B of the other.
CASE(directions_reset_each_other)
{
    uint32_t drive = STAGE_DRIVE(stage, {"bps-total", 1000000});
    for (int i = 2; i < 200; i++)
        stage_arrive(stage, 50 * i * MS, drive, i % 2 == 0 ? ENGINE_READ : ENGINE_WRITE, 100000);
    for (int i = 2; i < 200; i++)
        assert_int_equal(stage_left_ns(stage, i - 2), 50 * i * MS);
}

// (h) 60000 B: (90000 + 60000 - 100000) / 1000000 + 0.1 - 0.05 = 50 + 50 ms: 150 ms + 1 ns.
//     100000 B: (90000 + 100000 - 100000) / 1000000 + 0.1 - 0.06 = 90 + 40 ms: 190 ms + 1 ns.
// The latter firing lets the first go. The second would have to wait (60000 + 100000 - 100000) /
// 1000000 + 0.1 = 160 ms, but the firing ends with the timer at a second later.
CASE(what_is_put_back_waits_a_second)
{
    uint32_t drive = STAGE_DRIVE(stage, {"bps-total", 1000000});
    stage_arrive(stage, 0, drive, ENGINE_READ, 90000);
    stage_arrive(stage, 50 * MS, drive, ENGINE_READ, 60000);
    stage_arrive(stage, 60 * MS, drive, ENGINE_READ, 100000);
    stage_advance(stage, 10 * SECOND);
    EXPECT_TIMES(stage, 0, 0, 190000001, 1190000001);
    // It was due at 60 + 130 ms + 1 ns, when the timer fired; then after 160 ms + 1 ns more.
    assert_int_equal(stage_wait_ns(stage, 2, BUCKET_BPS_TOTAL), 290000002);
    assert_int_equal(stage_wait_ns(stage, 2, CAUSE_TIMER), 839999999);
}

// The other half of a comparison in test_slice.c: 400000 of 500000 B are sent.
// (400000 + 200000 - 500000) / 5000000 + 0.1 - 0.05 = 20 + 50 ms: 120 ms + 1 ns; 4096 B fit.
CASE(overtaking)
{
    uint32_t drive = STAGE_DRIVE(stage, {"bps-total", 5000000});
    stage_arrive(stage, 0, drive, ENGINE_READ, 400000);
    stage_arrive(stage, 50 * MS, drive, ENGINE_READ, 200000);
    stage_arrive(stage, 51 * MS, drive, ENGINE_READ, 4096);
    stage_advance(stage, SECOND);
    EXPECT_TIMES(stage, 0, 0, 120000001, 51 * MS);
}

// A request that has waited for bytes and then waits for requests. iops-write 10: one fits.
//   0: 100000 B fill both. 10 ms: 1 B: bytes, 1 / 1000000 + 0.1 - 0.01 = 90.001 ms: 100.001 ms + 1.
// Then: bytes begin the slice and fit; requests are not forgotten, 1 + 1 > 1: waits to the end.
// At 100.001 ms + 1 + 1 s the slice begins anew for bytes again: it never leaves. A read does: its
// direction has no limit. The cause is seen on a drive without the limit of bytes, below.
CASE(total_hides_directions)
{
    uint32_t drive =
        STAGE_DRIVE(stage, {"bps-total", 1000000}, {"bps-read", 1}, {"iops-write", 10});
    stage_arrive(stage, 0, drive, ENGINE_WRITE, 100000);
    stage_arrive(stage, 10 * MS, drive, ENGINE_WRITE, 1);
    stage_arrive(stage, 100 * MS, drive, ENGINE_READ, 100000); // not held to bps-read
    assert_int_equal(engine_next_deadline(stage->engine), 100001001);
    stage_advance(stage, 100 * SECOND);
    EXPECT_TIMES(stage, 0, 0, NOT_LEFT, 100 * MS);
}

// iops-read 10: the second read waits (1 + 1) / 10 - 0.02 = 180 ms: 200 ms + 1 ns; the timer's
// owner comes 3 ms late. The third, at 30 ms, sets it to 30 + 170 ms + 1 ns, the same; it is put
// back with 1 + 1 > 1, and leaves at 203 ms + 1 s.
CASE(late_timer)
{
    uint32_t drive = STAGE_DRIVE(stage, {"iops-read", 10});
    stage_arrive(stage, 0, drive, ENGINE_READ, 1);
    stage_arrive(stage, 20 * MS, drive, ENGINE_READ, 1);
    stage_arrive(stage, 30 * MS, drive, ENGINE_READ, 1);
    assert_int_equal(engine_next_deadline(stage->engine), 200000001);
    stage->now_ns = 203 * MS;
    engine_fire(stage->engine, 203 * MS);
    stage_advance(stage, 2 * SECOND);
    EXPECT_TIMES(stage, 0, 0, 203 * MS, 1203 * MS);
    assert_int_equal(stage_wait_ns(stage, 1, BUCKET_IOPS_READ), 180000001);
    assert_int_equal(stage_wait_ns(stage, 1, CAUSE_TIMER), 2999999);
    // The third, asked again at 203 ms: (1 + 1) / 10 - 0.
    assert_int_equal(stage_wait_ns(stage, 2, BUCKET_IOPS_READ), 170000001 + 200000001);
    assert_int_equal(stage_wait_ns(stage, 2, CAUSE_TIMER), 2999999 + 799999999);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_timer_misses_the_earliest_deadline),
    cmocka_unit_test(test_newcomers_slip_past),
    cmocka_unit_test(test_newcomers_slip_past_across_a_slice),
    cmocka_unit_test(test_timer_fires_for_nobody),
    cmocka_unit_test(test_second_limit_never_sees_a_new_slice),
    cmocka_unit_test(test_second_limit_alone_does),
    cmocka_unit_test(test_history_is_forgotten),
    cmocka_unit_test(test_large_never_leaves),
    cmocka_unit_test(test_directions_reset_each_other),
    cmocka_unit_test(test_what_is_put_back_waits_a_second),
    cmocka_unit_test(test_overtaking),
    cmocka_unit_test(test_total_hides_directions),
    cmocka_unit_test(test_late_timer),
};
TEST_GROUP(slice_2011, tests, NULL, NULL);
