// SPDX-License-Identifier: GPL-2.0-or-later
// Under limits that stay: no request leaves early, and none waits without a reason.
#include "tests/engine/crowd.h"
#include "tests/support/test_group.h"

#include <string.h>

static int64_t limit(const struct engine_parameters *limits, const char *key, const char *suffix)
{
    char full[64];
    assert_true(strlen(key) + strlen(suffix) < sizeof full);
    strcpy(full, key);
    strcat(full, suffix);
    return limits->value[engine_parameter_find(subject_algorithm(), full)];
}

static bool concerns(const char *key, enum direction direction)
{
    if (strstr(key, "-total") != NULL)
        return true;
    return strstr(key, direction == DIRECTION_READ ? "-read" : "-write") != NULL;
}

static double amount_of(const struct crowd_departure *departure, const char *key, int64_t op_size)
{
    if (strncmp(key, "bps", 3) == 0)
        return (double)departure->bytes;
    if (op_size > 0 && departure->bytes > (uint64_t)op_size)
        return (double)departure->bytes / (double)op_size;
    return 1;
}

// In every window that ends just before a departure, no more has left than the bucket's size, what
// leaked meanwhile, and what a wait loses by being cut to whole nanoseconds. The overshoot of one
// request is the one that departs.
//
// Two things widen this. A request that a timer lets go is accounted before the buckets leak, so
// what has leaked since the timer was armed counts for it, even where the bucket was empty: the
// window begins there. And a bucket of both directions can be overshot by one request more: it is
// not asked again when a timer fires, and the other direction may have passed by its own timer
// meanwhile.
static void check_windows(const struct crowd *crowd, uint32_t node,
                          const struct engine_bucket_gauge *bucket)
{
    struct engine_parameters limits;
    assert_true(subject_parameters_of(&crowd->subject, node, &limits));
    double average = (double)limit(&limits, bucket->key, "");
    int64_t op_size = limit(&limits, "iops-size", "");
    bool is_total = strstr(bucket->key, "-total") != NULL;
    for (int end = 0; end < crowd->departure_count; end++) {
        const struct crowd_departure *last = &crowd->departures[end];
        if (last->node != node || !concerns(bucket->key, last->direction))
            continue;
        double passed = 0;
        double largest = 0;
        for (int start = end - 1; start >= 0; start--) {
            const struct crowd_departure *first = &crowd->departures[start];
            if (first->node != node || !concerns(bucket->key, first->direction))
                continue;
            double amount = amount_of(first, bucket->key, op_size);
            passed += amount;
            if (first->direction != last->direction && amount > largest)
                largest = amount;
            double elapsed_ns = (double)(last->time_ns - first->leaked_ns) + 1;
            double allowed = bucket->size + average * elapsed_ns / 1e9;
            if (is_total)
                allowed += largest;
            assert_true(passed <= allowed * (1 + 1e-12));
        }
    }
}

static bool is_full(const struct engine_node_gauge *group, enum direction direction)
{
    for (size_t i = 0; i < group->bucket_count; i++) {
        const struct engine_bucket_gauge *bucket = &group->bucket[i];
        if (!concerns(bucket->key, direction))
            continue;
        if (bucket->level > bucket->size)
            return true;
        if (bucket->burst_size > 0 && bucket->burst_level > bucket->burst_size)
            return true;
    }
    return false;
}

// What waits does so for a reason: 2 ns before the timer fires, some bucket is still over-full.
static void check_not_idle(const struct crowd *crowd)
{
    for (int i = 0; i < CROWD_NODES; i++) {
        for (int d = 0; d < DIRECTION_COUNT; d++) {
            int64_t deadline_ns = ENGINE_NEVER;
            if (crowd_check_group(crowd, crowd->nodes[i], d, &deadline_ns) == 0)
                continue;
            assert_true(deadline_ns != ENGINE_NEVER);
            if (deadline_ns - 2 < crowd->now_ns)
                continue;
            struct engine_node_gauge group;
            assert_true(
                subject_node_gauge(&crowd->subject, crowd->nodes[i], deadline_ns - 2, &group));
            assert_true(is_full(&group, (enum direction)d));
        }
    }
}

static void check_with_constant_limits(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new();
    for (int run = 0; run < 500; run++) {
        crowd_set_up(crowd);
        int64_t gap_ns = crowd_draw_gap(crowd->rng);
        while (crowd->request_count < CROWD_REQUESTS) {
            crowd_pass_time(crowd, gap_ns);
            crowd_arrive(crowd);
            check_not_idle(crowd);
        }
        crowd_fire_until(crowd, crowd->now_ns + INT64_C(3600000000000));
        for (int i = 0; i < CROWD_NODES; i++) {
            struct engine_node_gauge group;
            assert_true(
                subject_node_gauge(&crowd->subject, crowd->nodes[i], crowd->now_ns, &group));
            for (size_t k = 0; k < group.bucket_count; k++)
                check_windows(crowd, crowd->nodes[i], &group.bucket[k]);
        }
        crowd_finish(crowd);
    }
    crowd_free(crowd);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(check_with_constant_limits)};
TEST_GROUP(rates, tests, NULL, NULL);
