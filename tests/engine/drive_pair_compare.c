// SPDX-License-Identifier: GPL-2.0-or-later
// What can be seen of the two sides, one beside the other.
#include "tests/engine/drive_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define EXPECT_EQUAL(pair, what, number, engine_value, model_value)                                \
    do {                                                                                           \
        if ((engine_value) != (model_value)) {                                                     \
            fail_msg("%s, step %llu, time %lld, %s %lld: the engine says %lld, the model %lld",    \
                     (pair)->name, (unsigned long long)(pair)->steps, (long long)(pair)->now_ns,   \
                     what, (long long)(number), (long long)(engine_value),                         \
                     (long long)(model_value));                                                    \
        }                                                                                          \
    } while (0)

static void compare_departure(struct drive_pair *pair, uint32_t at, uint32_t number)
{
    const struct drive_pair_request *sides = pair->requests[number];
    const struct engine_request *engine = &sides[DRIVE_PAIR_ENGINE].request;
    const struct engine_request *model = &sides[DRIVE_PAIR_MODEL].request;
    EXPECT_EQUAL(pair, "arrival of request", number, engine->arrival_ns, model->arrival_ns);
    EXPECT_EQUAL(pair, "departure of request", number, engine->dispatch_ns, model->dispatch_ns);
    EXPECT_EQUAL(pair, "time of departure", at, engine->dispatch_ns, pair->now_ns);
    if (model->dispatch_ns == model->arrival_ns)
        return;
    pair->waited++;
    int64_t sum_ns = 0;
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        EXPECT_EQUAL(pair, limit_causes[cause].key, number, sides[DRIVE_PAIR_ENGINE].wait_ns[cause],
                     sides[DRIVE_PAIR_MODEL].wait_ns[cause]);
        sum_ns += sides[DRIVE_PAIR_MODEL].wait_ns[cause];
    }
    assert_int_equal(sum_ns, model->dispatch_ns - model->arrival_ns);
}

// What has left is with the device now.
static void compare_departures(struct drive_pair *pair)
{
    const struct drive_pair_log *engine = &pair->log[DRIVE_PAIR_ENGINE];
    const struct drive_pair_log *model = &pair->log[DRIVE_PAIR_MODEL];
    for (; pair->compared < engine->count && pair->compared < model->count; pair->compared++) {
        uint32_t number = engine->numbers[pair->compared];
        EXPECT_EQUAL(pair, "request of departure", pair->compared, number,
                     model->numbers[pair->compared]);
        compare_departure(pair, pair->compared, number);
        int64_t latency_ns = pair->latency_ns[number];
        if (latency_ns > INT64_MAX - pair->now_ns)
            continue;
        pair->completion_ns[number] = pair->now_ns + latency_ns;
        pair->in_service[pair->in_service_count++] = number;
    }
    EXPECT_EQUAL(pair, "departures", 0, engine->count, model->count);
}

static void compare_run_outs(struct drive_pair *pair)
{
    const struct drive_pair_log *engine = &pair->log[DRIVE_PAIR_ENGINE];
    const struct drive_pair_log *model = &pair->log[DRIVE_PAIR_MODEL];
    EXPECT_EQUAL(pair, "burst allowances that ran out", 0, engine->run_out_count,
                 model->run_out_count);
    assert_true(engine->run_out_count - pair->run_outs_compared <= DRIVE_PAIR_RUN_OUTS);
    for (; pair->run_outs_compared < engine->run_out_count; pair->run_outs_compared++) {
        uint32_t i = pair->run_outs_compared % DRIVE_PAIR_RUN_OUTS;
        const struct drive_pair_run_out *left = &engine->run_outs[i];
        const struct drive_pair_run_out *right = &model->run_outs[i];
        EXPECT_EQUAL(pair, "time of running out", i, left->time_ns, right->time_ns);
        EXPECT_EQUAL(pair, "node of running out", i, left->drive, pair->node[right->drive]);
        EXPECT_EQUAL(pair, "limit that ran out", i, left->limit, right->limit);
        EXPECT_EQUAL(pair, "time to refill", i, left->refill_ns, right->refill_ns);
    }
}

// Levels and sizes bit for bit: the order of the operations is part of the specification.
static void compare_buckets(struct drive_pair *pair, const struct engine_node_gauge *gauge,
                            const struct drive_model_view *view)
{
    EXPECT_EQUAL(pair, "buckets", 0, gauge->bucket_count, view->bucket_count);
    for (size_t i = 0; i < view->bucket_count; i++) {
        const struct engine_bucket_gauge *engine = &gauge->bucket[i];
        const struct engine_bucket_gauge *model = &view->bucket[i];
        assert_string_equal(engine->key, model->key);
        if (memcmp(&engine->level, &model->level, sizeof(double)) != 0 ||
            memcmp(&engine->size, &model->size, sizeof(double)) != 0)
            fail_msg("%s, step %llu, time %lld, bucket %s: the engine has %.17g of %.17g, the "
                     "model %.17g of %.17g",
                     pair->name, (unsigned long long)pair->steps, (long long)pair->now_ns,
                     model->key, engine->level, engine->size, model->level, model->size);
    }
}

static void compare_limits(struct drive_pair *pair, uint32_t drive,
                           const struct drive_model_view *view)
{
    struct engine_parameters limits;
    assert_true(engine_parameters_of(pair->engine, pair->node[drive], &limits));
    EXPECT_EQUAL(pair, "rows of drive", drive, limits.given, view->limits.given);
    for (int row = 0; view->limits.given >> row != 0; row++)
        EXPECT_EQUAL(pair, "limit in row", row, limits.value[row], view->limits.value[row]);
}

static void compare_drive(struct drive_pair *pair, uint32_t drive)
{
    struct drive_model_view view;
    drive_model_look(pair->model, drive, pair->now_ns, &view);
    struct engine_member_gauge member;
    assert_true(engine_member_gauge(pair->engine, drive, &member));
    EXPECT_EQUAL(pair, "node of member", drive, member.node, pair->node[drive]);
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        EXPECT_EQUAL(pair, "waiting of member", drive, member.waiting[d], view.waiting[d]);
        EXPECT_EQUAL(pair, "deadline of member", drive,
                     member.timer_pending[d] ? member.deadline_ns[d] : ENGINE_NEVER,
                     view.deadline_ns[d]);
    }
    struct engine_node_gauge node;
    if (!engine_node_gauge(pair->engine, pair->node[drive], pair->now_ns, &node))
        return;
    compare_limits(pair, drive, &view);
    for (int d = 0; d < DIRECTION_COUNT; d++)
        EXPECT_EQUAL(pair, "waiting at node", drive, node.waiting[d], view.waiting[d]);
    if (strcmp(pair->name, "bucket") == 0)
        compare_buckets(pair, &node, &view);
}

void drive_pair_compare(struct drive_pair *pair)
{
    pair->steps++;
    compare_departures(pair);
    compare_run_outs(pair);
    for (uint32_t drive = 0; drive < pair->drive_count; drive++)
        compare_drive(pair, drive);
    EXPECT_EQUAL(pair, "waiting", 0, engine_waiting(pair->engine),
                 drive_model_waiting(pair->model));
    EXPECT_EQUAL(pair, "next deadline", 0, engine_next_deadline(pair->engine),
                 drive_model_next_deadline(pair->model));
}
