// SPDX-License-Identifier: GPL-2.0-or-later
// What is left out of a search for limits: no engine lets another number wait, under any limit that
// is not below the floors, of any volume or of all.
#include "tests/support/splitmix.h"
#include "tests/support/test_group.h"

#include "sim/workload/info/info_filter.h"
#include "sim/workload/info/info_trial.h"

#include <math.h>

#define ROUNDS 60
#define RECORDS_MAX 40000 // more than are held at a time
#define VOLUMES_MAX 3

// Bursts, pauses and a steady stream, at times all at once.
static void make(struct info_spool *spool, size_t volumes, size_t records, uint64_t *random)
{
    struct sim_error error;
    uint64_t mean_ns = 1 + random_below(random, 3000000);
    struct info_record record = {.op = TRACE_READ};
    for (size_t i = 0; i < records; i++) {
        bool pause = random_below(random, 200) == 0, burst = random_below(random, 3) == 0;
        record.arrival_ns +=
            (int64_t)(burst ? 0 : random_below(random, (pause ? 300 : 2) * mean_ns));
        record.bytes = 512 * (1 + random_below(random, 64));
        record.volume = (uint32_t)random_below(random, volumes);
        assert_true(info_spool_add(spool, &record, &error));
    }
}

// Of one limit: how many wait of a volume, or of all.
static uint64_t waiting(struct info_spool *spool, size_t volumes, size_t stream, int kind,
                        int64_t limit)
{
    struct request_pool pool = {.max = INFO_TRIAL_REQUESTS_MAX};
    struct info_record record;
    struct sim_error error;
    struct info_group group;
    struct info_trial trial;
    bool is_all = stream == volumes;
    unsigned bit = (is_all ? INFO_OF_ALL : INFO_OF_VOLUME) + (unsigned)kind;
    assert_true(info_group_make(&group, (uint32_t)volumes));
    assert_true(info_trial_open(&trial, &group, &pool, info_limit_keys[kind], limit));
    assert_true(info_spool_rewind(spool, &error));
    while (info_spool_read(spool, &record, &error) == 1)
        if ((is_all || record.volume == stream) && (record.spared >> bit & 1) == 0)
            assert_true(info_trial_add(&trial, record.volume, &record));
    info_trial_finish(&trial);
    assert_false(trial.given_up);
    uint64_t found = trial.waiting;
    info_trial_close(&trial);
    info_group_free(&group);
    request_pool_free(&pool);
    return found;
}

static void test_nobody_waits_otherwise(void **state)
{
    (void)state;
    uint64_t random = 156, kept = 0, all = 0, waited = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct info_spool spool = {0}, busy = {0}, less = {0};
        struct sim_error error;
        int64_t floors[VOLUMES_MAX + 1][INFO_LIMIT_COUNT];
        size_t volumes = 1 + random_below(&random, VOLUMES_MAX);
        size_t records = round == 0 ? RECORDS_MAX : 1 + random_below(&random, 3000);
        make(&spool, volumes, records, &random);
        for (size_t i = 0; i <= volumes; i++) {
            // About the mean rate or some times as much.
            double share = i < volumes ? 1.0 / (double)volumes : 1;
            double rate = share * (double)records * 1e9 / ((double)spool.last_ns + 1);
            double times = (double)(1 + random_below(&random, 40)) / 10;
            floors[i][INFO_IOPS_TOTAL] = (int64_t)fmin(times * rate, 1e9);
            floors[i][INFO_BPS_TOTAL] = (int64_t)fmin(times * rate * 16640, 1e12);
        }
        assert_true(info_filter(&spool, volumes, floors, &busy, &error));
        // Once more, from higher floors.
        for (size_t i = 0; i <= volumes; i++)
            for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++)
                floors[i][kind] += floors[i][kind] / 3;
        assert_true(info_filter(&busy, volumes, floors, &less, &error));
        for (size_t i = volumes > 1 ? 0 : 1; i <= volumes; i++) {
            size_t stream = volumes > 1 ? i : 0;
            for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++) {
                int64_t limit = floors[stream][kind] + 1;
                limit += (int64_t)random_below(&random, 1 + (uint64_t)limit / 4);
                uint64_t found = waiting(&spool, volumes, stream, kind, limit);
                assert_int_equal(waiting(&busy, volumes, stream, kind, limit), found);
                assert_int_equal(waiting(&less, volumes, stream, kind, limit), found);
                waited += found > 0;
            }
        }
        kept += less.records;
        all += spool.records;
        info_spool_close(&spool);
        info_spool_close(&busy);
        info_spool_close(&less);
    }
    assert_true(waited > ROUNDS / 2 && kept < all * 3 / 4);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_nobody_waits_otherwise),
};
TEST_GROUP(info_filter, tests, NULL, NULL);
