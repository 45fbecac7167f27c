// SPDX-License-Identifier: GPL-2.0-or-later
// bucket, by hand: section 11 of docs/model.md. A bucket of iops-total 100 holds 10 requests and
// leaks one in 10 ms; who comes while there are more than 10 in it waits.
#include "tests/engine/stage.h"
#include "tests/support/test_group.h"

#define CASE(name)                                                                                 \
    static void name(struct stage *stage);                                                         \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        struct stage *stage = stage_new("bucket");                                                 \
        name(stage);                                                                               \
        stage_free(stage);                                                                         \
    }                                                                                              \
    static void name(struct stage *stage)

static void arrive(struct stage *stage, int64_t now_ns, uint32_t member, enum engine_op op,
                   int count)
{
    for (int i = 0; i < count; i++)
        stage_arrive(stage, now_ns, member, op, 512);
}

// The 11th finds 10 and goes; then (11 - 10) * 1e9 / 100 = 10 ms each time.
CASE(reads_at_once)
{
    uint32_t drive = STAGE_DRIVE(stage, {"iops-total", 100});
    arrive(stage, 0, drive, ENGINE_READ, 14);
    stage_advance(stage, SECOND);
    for (int i = 0; i < 11; i++)
        assert_int_equal(stage_left_ns(stage, i), 0);
    EXPECT_TIMES(stage, 11, 10 * MS, 20 * MS, 30 * MS);
    assert_int_equal(stage_wait_ns(stage, 11, BUCKET_IOPS_TOTAL), 10 * MS);
    assert_int_equal(stage_wait_ns(stage, 13, BUCKET_IOPS_TOTAL), 10 * MS);
    assert_int_equal(stage_wait_ns(stage, 13, CAUSE_QUEUE), 20 * MS);
}

// Reads 11, 12 and writes 13 to 15 wait, each direction with a timer for 10 ms. At 10 ms both fire.
// The read goes without a question: level 11, 10 ms more. The write too: level 12, 20 ms.
// 20 ms: the second read: level 12 - 1 + 1. 30 ms: the second write: 12 - 1 + 1, 20 ms.
// 50 ms: the last write.
CASE(two_timers_share_a_bucket)
{
    uint32_t drive = STAGE_DRIVE(stage, {"iops-total", 100});
    arrive(stage, 0, drive, ENGINE_READ, 13);
    arrive(stage, 0, drive, ENGINE_WRITE, 3);
    stage_advance(stage, SECOND);
    EXPECT_TIMES(stage, 10, 0, 10 * MS, 20 * MS, 10 * MS, 30 * MS, 50 * MS);
}

// 4096 count as one, 4097 as 4097/4096, 64 KiB as 16: that fills the bucket of 10, and the next
// waits until 7 of 17 have leaked. It is told when a request leaves, as what it then counts.
static void large_requests(const char *engine)
{
    struct stage *stage = stage_new(engine);
    uint32_t drive = STAGE_DRIVE(stage, {"iops-total", 100}, {"iops-size", 4096});
    stage_arrive(stage, 0, drive, ENGINE_READ, 4096);
    assert_int_equal(stage->counted_count, 0);
    stage_arrive(stage, 0, drive, ENGINE_READ, 65536);
    assert_int_equal(stage->counted_count, 1);
    assert_true(stage->counted >= 16.0 && stage->counted <= 16.0);
    stage_arrive(stage, 0, drive, ENGINE_WRITE, 4097);
    assert_int_equal(stage->counted_count, 1); // waits
    stage_advance(stage, SECOND);
    EXPECT_TIMES(stage, 0, 0, 0, 70 * MS);
    assert_int_equal(stage->counted_count, 2);
    double all = 16.0 + 4097.0 / 4096.0;
    assert_true(stage->counted >= all && stage->counted <= all);
    stage_free(stage);
}

static void test_large_requests(void **state)
{
    (void)state;
    large_requests("bucket");
    large_requests("throttle-group");
}

// Two queues: the write waits, the read goes. iops-write 10 holds one: the third write would wait.
CASE(reads_pass_writes)
{
    uint32_t drive = STAGE_DRIVE(stage, {"iops-write", 10});
    for (int i = 0; i < 6; i++)
        stage_arrive(stage, 10 * i * MS, drive, ENGINE_WRITE, 512);
    stage_arrive(stage, 60 * MS, drive, ENGINE_READ, 512);
    EXPECT_TIMES(stage, 6, 60 * MS);
}

// A and B on one disk that takes 10 ms for a request, one at a time, for 60 s. A keeps 8 requests
// under way, B so many. What left.
struct shares {
    uint32_t a, b;
};

static struct shares share(struct stage *stage, const uint32_t *drives, int depth_b)
{
    stage->service_ns = 10 * MS;
    stage->is_serial = true;
    stage->loop_end_ns = 60 * SECOND;
    arrive(stage, 0, drives[0], ENGINE_READ, 8);
    arrive(stage, 0, drives[1], ENGINE_READ, depth_b);
    stage_advance(stage, 60 * SECOND);
    struct shares shares = {stage->left_by_member[drives[0]], stage->left_by_member[drives[1]]};
    stage_free(stage);
    return shares;
}

static struct shares share_alone(int64_t iops, int depth_b)
{
    struct stage *stage = stage_new("bucket");
    uint32_t drives[2];
    for (int i = 0; i < 2; i++)
        drives[i] = STAGE_DRIVE(stage, {"iops-total", iops});
    return share(stage, drives, depth_b);
}

static struct shares share_in_group(int64_t iops, int depth_b)
{
    struct stage *stage = stage_new("throttle-group");
    uint32_t node = stage_node(stage, STAGE_LIMITS(stage, {"iops-total", iops}));
    uint32_t drives[2];
    for (int i = 0; i < 2; i++) {
        drives[i] = stage_member(stage, ENGINE_DRIVE);
        assert_int_equal(stage_join(stage, drives[i], node), ENGINE_OK);
    }
    return share(stage, drives, depth_b);
}

static void expect_shares(struct shares shares, uint32_t a, uint32_t b)
{
    assert_int_equal(shares.a, a);
    assert_int_equal(shares.b, b);
}

// The disk does 6000; with what is queued there at the end 6008 have left.
// 90 each is more than it can do: it serves its queue, in which A has 8 of 9 places: 5341 and 667.
// 45 each is less: 60 * 45 + 4.5 that a bucket holds, and one of overshoot: 2705, whatever the
// other does; B is 3 short, since it sends nothing while its one request is at the disk. A group of
// 90 gives A what B leaves: 60 * 90 + 9 and one more. A group of 100 is more than the disk can do,
// and is as good as none.
static void test_share_of_a_disk(void **state)
{
    (void)state;
    expect_shares(share_alone(90, 1), 5341, 667);
    expect_shares(share_alone(45, 1), 2705, 2702);
    expect_shares(share_alone(45, 0), 2705, 0);
    expect_shares(share_in_group(90, 1), 2735, 2675);
    expect_shares(share_in_group(90, 0), 5410, 0);
    expect_shares(share_in_group(100, 1), 5341, 667);
}

// 14 reads under iops-total 5: the size is 0.5, the first leaves, (1 - 0.5) / 5 = 100 ms, then 200
// ms each. A maximum of 3 lets 4 leave: (4 - 3) / 5 = 200 ms. Users are shown 5 / 10 = 0.
CASE(maximum_is_the_size)
{
    uint32_t small = STAGE_DRIVE(stage, {"iops-total", 5});
    uint32_t large = STAGE_DRIVE(stage, {"iops-total", 5}, {"iops-total-max", 3});
    arrive(stage, 0, small, ENGINE_READ, 3);
    arrive(stage, 0, large, ENGINE_READ, 6);
    stage_advance(stage, SECOND);
    EXPECT_TIMES(stage, 0, 0, 100 * MS, 300 * MS, 0, 0, 0, 0, 200 * MS, 400 * MS);
    struct engine_parameters shown;
    int row = engine_parameter_find(engine_algorithm_of(stage->engine), "iops-total-max");
    assert_true(engine_parameters_of(stage->engine, 0, &shown));
    assert_int_equal(shown.value[row], 0);
    assert_true(engine_parameters_of(stage->engine, 1, &shown));
    assert_int_equal(shown.value[row], 3);
    struct engine_node_gauge gauge;
    assert_true(engine_node_gauge(stage->engine, 0, stage->now_ns, &gauge));
    assert_true(gauge.bucket[0].size == 0.5);
}

// At 5 ms new limits empty the bucket and wake the first of each FIFO: of the 4 reads and 2 writes
// that wait all leave, since 10 fit; then the limits go.
CASE(configuration_wakes)
{
    uint32_t drive = STAGE_DRIVE(stage, {"iops-total", 100});
    arrive(stage, 0, drive, ENGINE_READ, 15);
    arrive(stage, 0, drive, ENGINE_WRITE, 2);
    stage_advance(stage, 5 * MS);
    struct engine_parameters limits = STAGE_LIMITS(stage, {"iops-total", 20});
    assert_int_equal(stage_set(stage, drive, limits), ENGINE_OK);
    // The size is 2: three reads leave, then the first write without a question. Level 4.
    EXPECT_TIMES(stage, 11, 5 * MS, 5 * MS, 5 * MS, NOT_LEFT, 5 * MS, NOT_LEFT);
    // (3 - 2) / 20 = 50 ms for the read; (4 - 2) / 20 = 100 ms for the write.
    struct engine_member_gauge gauge;
    assert_true(engine_member_gauge(stage->engine, drive, &gauge));
    assert_int_equal(gauge.deadline_ns[DIRECTION_READ], 55 * MS);
    assert_int_equal(gauge.deadline_ns[DIRECTION_WRITE], 105 * MS);
    stage_advance(stage, 6 * MS);
    assert_int_equal(stage_set(stage, drive, (struct engine_parameters){.given = 0}), ENGINE_OK);
    EXPECT_TIMES(stage, 14, 6 * MS, 5 * MS, 6 * MS);
    assert_int_equal(engine_next_deadline(stage->engine), ENGINE_NEVER);
}

// bps-total 1000 and iops-total 10 with maxima 1000 and 2. Three reads of 400 B: level 1200 of 1000
// B and 3 of 2. The fourth waits (1200 - 1000) / 1000 = 200 ms for bytes, 100 ms for requests: both
// ran out, empty again in 1.2 s and 0.3 s. The timer is set for bytes. The fifth, at 100
// ms, makes neither run out again; at 1400 ms it has been so for requests only (level of bytes:
// 1600 - 1400), and the three then make 4 of 2 requests.
CASE(allowances_run_out)
{
    uint32_t drive = STAGE_DRIVE(stage, {"bps-total", 1000}, {"bps-total-max", 1000},
                                 {"iops-total", 10}, {"iops-total-max", 2});
    for (int i = 0; i < 3; i++)
        stage_arrive(stage, 0, drive, ENGINE_READ, 400);
    assert_int_equal(stage->ran_out_count, 0); // a timer is set, but nobody waits
    stage_arrive(stage, 0, drive, ENGINE_READ, 400);
    assert_int_equal(stage->ran_out_count, 2);
    assert_int_equal(stage->ran_out[0].limit, BUCKET_BPS_TOTAL);
    assert_int_equal(stage->ran_out[0].refill_ns, 1200 * MS);
    assert_int_equal(stage->ran_out[1].limit, BUCKET_IOPS_TOTAL);
    assert_int_equal(stage->ran_out[1].refill_ns, 300 * MS);
    stage_arrive(stage, 100 * MS, drive, ENGINE_READ, 0);
    stage_advance(stage, 1400 * MS);
    assert_int_equal(stage->ran_out_count, 2);
    EXPECT_TIMES(stage, 3, 200 * MS, 600 * MS);
    assert_int_equal(stage_wait_ns(stage, 3, BUCKET_BPS_TOTAL), 200 * MS);
    assert_int_equal(stage_wait_ns(stage, 4, CAUSE_QUEUE), 100 * MS);
    arrive(stage, 1400 * MS, drive, ENGINE_READ, 0);
    for (int i = 0; i < 4; i++)
        stage_arrive(stage, 1400 * MS, drive, ENGINE_READ, 0);
    assert_int_equal(stage->ran_out_count, 3);
    assert_int_equal(stage->ran_out[2].limit, BUCKET_IOPS_TOTAL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_reads_at_once),       cmocka_unit_test(test_two_timers_share_a_bucket),
    cmocka_unit_test(test_reads_pass_writes),   cmocka_unit_test(test_share_of_a_disk),
    cmocka_unit_test(test_maximum_is_the_size), cmocka_unit_test(test_configuration_wakes),
    cmocka_unit_test(test_allowances_run_out),  cmocka_unit_test(test_large_requests),
};
TEST_GROUP(bucket, tests, NULL, NULL);
