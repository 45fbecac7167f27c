// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of `trace info` beyond what a recording of a test's size reaches: their bounds.
#include "tests/sim/lab.h"

#include "sim/workload/info/info_limits.h"
#include "sim/workload/info/info_trial.h"
#include "sim/workload/info/info_windows.h"
#include "sim/workload/info/volume.h"
#include "tests/support/test_group.h"

#include <gsl/gsl_rstat.h>
#include <math.h>
#include <stdlib.h>

static void moments_are_those_of_gsl(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int round = 0; round < 50; round++) {
        gsl_rstat_workspace *gsl = gsl_rstat_alloc();
        struct info_moments moments = {0};
        for (int i = 0; i < 1000; i++) {
            uint64_t zeros = random_below(&random, 4) == 0 ? random_below(&random, 50) : 0;
            double value = 1e9 + (double)random_below(&random, 1000);
            info_moments_add(&moments, value);
            gsl_rstat_add(value, gsl);
            info_moments_add_zeros(&moments, round % 2 == 0 ? zeros : 0);
            for (uint64_t j = 0; round % 2 == 0 && j < zeros; j++)
                gsl_rstat_add(0, gsl);
        }
        assert_int_equal(moments.count, gsl_rstat_n(gsl));
        assert_true(fabs(moments.mean / gsl_rstat_mean(gsl) - 1) < 1e-12);
        assert_true(fabs(info_moments_variance(&moments) / gsl_rstat_variance(gsl) - 1) < 1e-9);
        gsl_rstat_free(gsl);
    }
}

// A window of a second longer than the ring: the peak is a lower bound, and says so.
static void too_many_instants(void **state)
{
    (void)state;
    struct info_windows windows = {0};
    int64_t count = (int64_t)INFO_INSTANTS_MAX + 5000;
    for (int64_t i = 0; i < count; i++)
        assert_true(info_windows_add(&windows, 500 * i, 1));
    assert_true(windows.cut);
    assert_int_equal(windows.window[2].peak_requests, INFO_INSTANTS_MAX);
    assert_int_equal(windows.window[1].peak_requests, 100 * MS / 500);
    assert_int_equal(windows.window[0].peak_requests, MS / 500);
    info_windows_free(&windows);
    for (int64_t i = 0; i < count; i++)
        assert_true(info_windows_add(&windows, 1000 * i, 1));
    assert_false(windows.cut);
    assert_int_equal(windows.window[2].peak_requests, 1000000);
    info_windows_free(&windows);
}

static void too_many_sizes(void **state)
{
    (void)state;
    struct info_sizes sizes = {0};
    uint64_t median;
    for (uint64_t i = 1; i <= 10000; i++)
        assert_true(info_sizes_add(&sizes, i));
    for (int i = 0; i < 5; i++)
        assert_true(info_sizes_add(&sizes, 7));
    assert_int_equal(sizes.used, INFO_SIZES_MAX);
    assert_int_equal(sizes.others, 10000 - INFO_SIZES_MAX);
    assert_true(info_sizes_quantile(&sizes, 500, &median));
    assert_true(fabs((double)median - 5000) <= 5000.0 / 256 + 5);
    struct report_trace_size *common = info_sizes_by_count(&sizes);
    assert_int_equal(common[0].bytes, 7);
    assert_int_equal(common[0].requests, 6);
    free(common);
    info_sizes_free(&sizes);
}

// The estimate is within four standard errors, for places in order and at random, small bounds and
// large; adding the same again changes nothing.
static void many_blocks(void **state)
{
    (void)state;
    static const uint64_t bounds[] = {256, 4096, INFO_BLOCKS_MAX};
    uint64_t random = 3;
    for (int i = 0; i < 6; i++) {
        uint64_t bound = bounds[i % 3], count = 20 * bound + 1000;
        struct info_blocks blocks = {0};
        for (int twice = 0; twice < 2; twice++) {
            for (uint64_t j = 0; j < count; j++)
                assert_true(info_blocks_add(&blocks, 4096 * (i < 3 ? j : j * 977777), 4096, bound));
        }
        double found = (double)info_blocks_count(&blocks);
        assert_true(blocks.level > 0 && blocks.used <= bound);
        assert_true(fabs(blocks.error - 1.2 / sqrt((double)bound)) < 1e-12);
        assert_true(fabs(found / (double)count - 1) < 4 * blocks.error);
        info_blocks_free(&blocks);
        for (uint64_t j = 0; j < bound; j++)
            assert_true(info_blocks_add(&blocks, 4096 * j + random_below(&random, 4095), 1, bound));
        assert_int_equal(info_blocks_count(&blocks), bound);
        assert_int_equal(blocks.level, 0);
        info_blocks_free(&blocks);
    }
}

static void huge_requests(void **state)
{
    (void)state;
    struct info_blocks blocks = {0};
    assert_true(info_blocks_add(&blocks, 0, INT64_MAX, INFO_BLOCKS_MAX));
    assert_true(blocks.cut);
    assert_int_equal(info_blocks_count(&blocks), INFO_BLOCKS_REQUEST_MAX);
    assert_true(info_blocks_add(&blocks, INT64_MAX - 1, 1, INFO_BLOCKS_MAX));
    assert_int_equal(info_blocks_count(&blocks), INFO_BLOCKS_REQUEST_MAX + 1);
    info_blocks_free(&blocks);
}

// Whatever the length of the bins, they hold all, and two series join to the same lengths.
static void bins_of_any_length(void **state)
{
    (void)state;
    for (int64_t span_ns = 1; span_ns < INT64_MAX / 4; span_ns *= 3) {
        struct info_series whole = {0}, begin = {0};
        for (int i = 0; i <= 100; i++) {
            assert_true(info_series_add(&whole, span_ns / 100 * i, 10));
            assert_true(i > 5 || info_series_add(&begin, span_ns / 100 * i, 10));
        }
        info_series_join(&begin, whole.bin_ns);
        assert_int_equal(begin.bin_ns, whole.bin_ns);
        int64_t digits = whole.bin_ns;
        while (digits % 10 == 0)
            digits /= 10;
        assert_true(digits == 1 || digits == 2); // a round length
        uint64_t sum = 0;
        for (size_t i = 0; i < INFO_BINS_MAX; i++) {
            sum += whole.bins[i].requests;
            assert_true(begin.bins[i].requests <= whole.bins[i].requests);
        }
        assert_int_equal(sum, 101);
        assert_true(whole.bin_ns == 1000 || span_ns / whole.bin_ns >= INFO_BINS_MAX / 5 - 20);
        info_series_free(&whole);
        info_series_free(&begin);
    }
}

static struct info_record random_record(uint64_t *random, int64_t *now_ns)
{
    *now_ns += (int64_t)(random_next(random) >> (24 + random_below(random, 40)));
    return (struct info_record){
        .arrival_ns = *now_ns,
        .bytes = random_next(random) >> (1 + random_below(random, 63)),
        .volume = (uint32_t)(random_next(random) >> (32 + random_below(random, 32))),
        .op = (enum trace_op)random_below(random, TRACE_OP_COUNT),
    };
}

// Nothing, little, blocks and blocks: read as often as one likes, it is what was added.
static void spools_keep_everything(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 1000, 30000, 300000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct info_spool spool = {0};
        struct sim_error error;
        uint64_t random = i;
        int64_t now_ns = 0;
        for (size_t j = 0; j < counts[i]; j++) {
            struct info_record record = random_record(&random, &now_ns);
            assert_true(info_spool_add(&spool, &record, &error));
        }
        for (int pass = 0; pass < 3; pass++) {
            struct info_record found;
            random = i;
            now_ns = 0;
            assert_true(info_spool_rewind(&spool, &error));
            for (size_t j = 0; j < counts[i]; j++) {
                struct info_record record = random_record(&random, &now_ns);
                assert_int_equal(info_spool_read(&spool, &found, &error), 1);
                assert_true(found.arrival_ns == record.arrival_ns && found.bytes == record.bytes &&
                            found.volume == record.volume && found.op == record.op);
            }
            assert_int_equal(info_spool_read(&spool, &found, &error), 0);
        }
        assert_true(i < 4 || spool.blocks > 2);
        info_spool_close(&spool);
    }
}

static void spools_say_where_they_cannot_write(void **state)
{
    (void)state;
    struct info_spool spool = {0};
    struct info_record record = {.bytes = INT64_MAX};
    struct sim_error error;
    setenv("TMPDIR", "/nowhere/at/all", 1);
    bool ok = true;
    for (int i = 0; ok && i < 100000; i++)
        ok = info_spool_add(&spool, &record, &error);
    unsetenv("TMPDIR");
    assert_false(ok);
    lab_expect_message(&error, SIM_FAILED,
                       "making a temporary file in /nowhere/at/all (TMPDIR): No such file or "
                       "directory");
    info_spool_close(&spool);
}

// More wait than there is memory for: the trial gives up, and takes no more.
static void trials_give_up(void **state)
{
    (void)state;
    struct request_pool pool = {.max = INFO_TRIAL_REQUESTS_MAX};
    struct info_group group;
    struct info_trial trial;
    struct info_record record = {.op = TRACE_READ};
    assert_true(info_group_make(&group, 1));
    assert_true(info_trial_open(&trial, &group, &pool, "iops-total", 1));
    for (int i = 0; i < 300000; i++)
        assert_true(info_trial_add(&trial, 0, &record));
    assert_true(trial.given_up);
    assert_true(pool.count < 300000);
    info_trial_finish(&trial);
    info_trial_close(&trial);
    info_group_free(&group);
    request_pool_free(&pool);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(moments_are_those_of_gsl),
    cmocka_unit_test(too_many_instants),
    cmocka_unit_test(too_many_sizes),
    cmocka_unit_test(many_blocks),
    cmocka_unit_test(huge_requests),
    cmocka_unit_test(bins_of_any_length),
    cmocka_unit_test(spools_keep_everything),
    cmocka_unit_test(spools_say_where_they_cannot_write),
    cmocka_unit_test(trials_give_up),
};
TEST_GROUP(trace_info_parts, tests, scratch_make, scratch_remove);
