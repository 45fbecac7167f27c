// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/engine/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCK_REQUESTS 256
#define ALL_COMPARED_MAX 12 // groups and members, up to which every step compares all

// Requests stay where they are until the end, so that either side may hold on to them.
struct pair_block {
    struct pair_block *next;
    size_t used;
    struct pair_request requests[BLOCK_REQUESTS][PAIR_SIDES];
};

static void record(void *context, struct engine_request *request, const int64_t *wait_ns)
{
    struct pair_log *log = context;
    const struct pair_request *pair_request = (const struct pair_request *)request;
    struct pair_wait *wait = &log->waits[log->count];
    assert_true(log->count < log->capacity);
    log->ids[log->count] = pair_request->id;
    log->times_ns[log->count] = request->dispatch_ns;
    *wait = pair_request->wait;
    assert_true(wait->passed != 0
                    ? wait_ns == NULL
                    : (wait_ns != NULL) == (request->dispatch_ns > request->arrival_ns));
    if (wait_ns != NULL)
        memcpy(wait->by_cause_ns, wait_ns, sizeof wait->by_cause_ns);
    int64_t sum_ns = 0;
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        sum_ns += wait->by_cause_ns[cause];
    assert_true(sum_ns == request->dispatch_ns - request->arrival_ns);
    log->count++;
}

static void record_passed(void *context, int64_t now_ns, const struct engine_request *request,
                          uint32_t stage, const int64_t *wait_ns)
{
    (void)context;
    struct pair_wait *wait = &((struct pair_request *)(uintptr_t)request)->wait;
    wait->passed = (wait->passed + (uint64_t)now_ns) * 31 + stage + 1;
    for (int cause = 0; wait_ns != NULL && cause < CAUSE_COUNT; cause++) {
        wait->by_cause_ns[cause] += wait_ns[cause];
        wait->passed = wait->passed * 31 + (uint64_t)wait_ns[cause];
    }
}

static void record_run_out(void *context, int64_t now_ns, uint32_t node, int limit,
                           int64_t refill_ns)
{
    struct pair_log *log = context;
    log->run_outs[log->run_out_count++ % PAIR_RUN_OUTS] =
        (struct pair_run_out){now_ns, node, limit, refill_ns};
}

// Room for every request that there is, so that recording allocates nothing.
static void reserve(struct pair_log *log, uint64_t request_count)
{
    if (request_count <= log->capacity)
        return;
    log->capacity = 2 * request_count;
    log->ids = realloc(log->ids, log->capacity * sizeof *log->ids);
    log->times_ns = realloc(log->times_ns, log->capacity * sizeof *log->times_ns);
    log->waits = realloc(log->waits, log->capacity * sizeof *log->waits);
    assert_true(log->ids != NULL && log->times_ns != NULL && log->waits != NULL);
}

void pair_create(struct pair *pair, int64_t start_ns)
{
    *pair = (struct pair){.now_ns = start_ns};
    for (int i = 0; i < PAIR_SIDES; i++) {
        enum subject_kind kind = i == PAIR_ENGINE ? SUBJECT_ENGINE : SUBJECT_MODEL;
        pair->side[i] = subject_create(kind, &(struct engine_callbacks){.dispatch = record,
                                                                        .context = &pair->log[i],
                                                                        .ran_out = record_run_out,
                                                                        .passed = record_passed});
    }
}

void pair_destroy(struct pair *pair)
{
    free(pair->is_stage);
    for (int i = 0; i < PAIR_SIDES; i++) {
        subject_destroy(&pair->side[i]);
        free(pair->log[i].ids);
        free(pair->log[i].times_ns);
        free(pair->log[i].waits);
    }
    while (pair->blocks != NULL) {
        struct pair_block *block = pair->blocks;
        pair->blocks = block->next;
        free(block);
    }
}

#define EXPECT_EQUAL(pair, what, number, engine_value, model_value)                                \
    do {                                                                                           \
        if ((engine_value) != (model_value)) {                                                     \
            fail_msg("step %llu, time %lld, %s %lld: the engine says %lld, the model %lld",        \
                     (unsigned long long)(pair)->steps, (long long)(pair)->now_ns, what,           \
                     (long long)(number), (long long)(engine_value), (long long)(model_value));    \
        }                                                                                          \
    } while (0)

static void compare_logs(struct pair *pair)
{
    const struct pair_log *engine = &pair->log[PAIR_ENGINE];
    const struct pair_log *model = &pair->log[PAIR_MODEL];
    for (; pair->compared < engine->count && pair->compared < model->count; pair->compared++) {
        size_t i = pair->compared;
        EXPECT_EQUAL(pair, "request of departure", i, engine->ids[i], model->ids[i]);
        EXPECT_EQUAL(pair, "time of departure", i, engine->times_ns[i], model->times_ns[i]);
        for (int cause = 0; cause < CAUSE_COUNT; cause++)
            EXPECT_EQUAL(pair, limit_causes[cause].key, i, engine->waits[i].by_cause_ns[cause],
                         model->waits[i].by_cause_ns[cause]);
        EXPECT_EQUAL(pair, "throttles passed by request", engine->ids[i], engine->waits[i].passed,
                     model->waits[i].passed);
    }
    EXPECT_EQUAL(pair, "departures", 0, engine->count, model->count);
}

static void compare_run_outs(struct pair *pair)
{
    const struct pair_log *engine = &pair->log[PAIR_ENGINE];
    const struct pair_log *model = &pair->log[PAIR_MODEL];
    EXPECT_EQUAL(pair, "burst allowances that ran out", 0, engine->run_out_count,
                 model->run_out_count);
    assert_true(engine->run_out_count - pair->run_outs_compared <= PAIR_RUN_OUTS);
    for (; pair->run_outs_compared < engine->run_out_count; pair->run_outs_compared++) {
        size_t i = pair->run_outs_compared;
        const struct pair_run_out *left = &engine->run_outs[i % PAIR_RUN_OUTS];
        const struct pair_run_out *right = &model->run_outs[i % PAIR_RUN_OUTS];
        EXPECT_EQUAL(pair, "time of running out", i, left->time_ns, right->time_ns);
        EXPECT_EQUAL(pair, "group of running out", i, left->node, right->node);
        EXPECT_EQUAL(pair, "limit that ran out", i, left->limit, right->limit);
        EXPECT_EQUAL(pair, "time to refill", i, left->refill_ns, right->refill_ns);
    }
}

// Bit for bit: the order of the additions is part of the specification.
static void compare_doubles(struct pair *pair, const char *key, double engine, double model)
{
    if (memcmp(&engine, &model, sizeof engine) != 0) {
        fail_msg("step %llu, time %lld, bucket %s: the engine has %.17g, the model %.17g",
                 (unsigned long long)pair->steps, (long long)pair->now_ns, key, engine, model);
    }
}

static const struct engine_bucket_gauge *find_bucket(const struct engine_node_gauge *gauge,
                                                     const char *key)
{
    for (size_t i = 0; i < gauge->bucket_count; i++) {
        if (strcmp(gauge->bucket[i].key, key) == 0)
            return &gauge->bucket[i];
    }
    fail_msg("there is no bucket \"%s\"", key);
    return NULL;
}

static void compare_node(struct pair *pair, uint32_t node)
{
    struct engine_node_gauge engine;
    struct engine_node_gauge model;
    bool exists = subject_node_gauge(&pair->side[PAIR_ENGINE], node, pair->now_ns, &engine);
    bool expected = subject_node_gauge(&pair->side[PAIR_MODEL], node, pair->now_ns, &model);
    EXPECT_EQUAL(pair, "existence of group", node, exists, expected);
    if (!exists)
        return;
    EXPECT_EQUAL(pair, "members of group", node, engine.members, model.members);
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        EXPECT_EQUAL(pair, "waiting in group", node, engine.waiting[d], model.waiting[d]);
        EXPECT_EQUAL(pair, "token of group", node, engine.token[d], model.token[d]);
        EXPECT_EQUAL(pair, "armed in group", node, engine.timer_armed[d], model.timer_armed[d]);
    }
    EXPECT_EQUAL(pair, "buckets of group", node, engine.bucket_count, model.bucket_count);
    for (size_t i = 0; i < model.bucket_count; i++) {
        const struct engine_bucket_gauge *right = &model.bucket[i];
        const struct engine_bucket_gauge *bucket = find_bucket(&engine, right->key);
        compare_doubles(pair, right->key, bucket->level, right->level);
        compare_doubles(pair, right->key, bucket->size, right->size);
        compare_doubles(pair, right->key, bucket->burst_level, right->burst_level);
        compare_doubles(pair, right->key, bucket->burst_size, right->burst_size);
    }
}

static void compare_parameters(struct pair *pair, uint32_t node)
{
    struct engine_parameters engine;
    struct engine_parameters model;
    bool exists = subject_parameters_of(&pair->side[PAIR_ENGINE], node, &engine);
    bool expected = subject_parameters_of(&pair->side[PAIR_MODEL], node, &model);
    EXPECT_EQUAL(pair, "parameters of group", node, exists, expected);
    if (!exists)
        return;
    EXPECT_EQUAL(pair, "parameters given of group", node, engine.given, model.given);
    for (size_t row = 0; row < subject_algorithm()->parameter_count; row++)
        EXPECT_EQUAL(pair, "parameter", row, engine.value[row], model.value[row]);
}

static uint32_t compare_member(struct pair *pair, uint32_t member)
{
    struct engine_member_gauge engine;
    struct engine_member_gauge model;
    assert_true(subject_member_gauge(&pair->side[PAIR_ENGINE], member, &engine));
    assert_true(subject_member_gauge(&pair->side[PAIR_MODEL], member, &model));
    EXPECT_EQUAL(pair, "group of member", member, engine.node, model.node);
    EXPECT_EQUAL(pair, "limits_disabled of member", member, engine.limits_disabled,
                 model.limits_disabled);
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        EXPECT_EQUAL(pair, "waiting of member", member, engine.waiting[d], model.waiting[d]);
        EXPECT_EQUAL(pair, "pending of member", member, engine.pending[d], model.pending[d]);
        EXPECT_EQUAL(pair, "timer of member", member, engine.timer_pending[d],
                     model.timer_pending[d]);
        EXPECT_EQUAL(pair, "deadline of member", member, engine.deadline_ns[d],
                     model.deadline_ns[d]);
    }
    return model.node;
}

// The whole engine, and one member with its group.
static void compare(struct pair *pair, uint32_t member)
{
    pair->steps++;
    compare_logs(pair);
    compare_run_outs(pair);
    EXPECT_EQUAL(pair, "next deadline", 0, subject_next_deadline(&pair->side[PAIR_ENGINE]),
                 subject_next_deadline(&pair->side[PAIR_MODEL]));
    EXPECT_EQUAL(pair, "waiting", 0, subject_waiting(&pair->side[PAIR_ENGINE]),
                 subject_waiting(&pair->side[PAIR_MODEL]));
    if (pair->node_count + pair->member_count <= ALL_COMPARED_MAX) {
        pair_compare_all(pair);
    } else if (member < pair->member_count) {
        uint32_t node = compare_member(pair, member);
        if (node != ENGINE_NONE)
            compare_node(pair, node);
    }
}

void pair_compare_all(struct pair *pair)
{
    for (uint32_t node = 0; node <= pair->node_count; node++) {
        compare_node(pair, node);
        compare_parameters(pair, node);
    }
    for (uint32_t member = 0; member < pair->member_count; member++)
        compare_member(pair, member);
    struct engine_member_gauge beyond;
    for (int i = 0; i < PAIR_SIDES; i++)
        assert_false(subject_member_gauge(&pair->side[i], pair->member_count, &beyond));
}

static struct pair_request *new_requests(struct pair *pair)
{
    struct pair_block *block = pair->blocks;
    if (block == NULL || block->used == BLOCK_REQUESTS) {
        block = malloc(sizeof *block);
        assert_non_null(block);
        block->next = pair->blocks;
        block->used = 0;
        pair->blocks = block;
    }
    return block->requests[block->used++];
}

void pair_submit(struct pair *pair, uint32_t member, enum engine_op op, uint64_t bytes)
{
    struct pair_request *requests = new_requests(pair);
    uint64_t id = pair->request_count++;
    for (int i = 0; i < PAIR_SIDES; i++) {
        reserve(&pair->log[i], pair->request_count);
        memset(&requests[i], 0x5a, sizeof requests[i]); // what the caller need not fill
        requests[i].request.member = member;
        requests[i].request.op = (uint8_t)op;
        requests[i].request.bytes = bytes;
        requests[i].id = id;
        requests[i].wait = (struct pair_wait){.passed = 0};
        subject_submit(&pair->side[i], pair->now_ns, &requests[i].request);
        assert_int_equal(requests[i].request.arrival_ns, pair->now_ns);
    }
    compare(pair, member);
}

void pair_follow(struct pair *pair, const struct engine_operation *asked,
                 const struct engine_operation *done, enum engine_status status)
{
    struct engine_operation copy = *asked;
    enum engine_status expected = subject_control(&pair->side[PAIR_MODEL], pair->now_ns, &copy);
    EXPECT_EQUAL(pair, "status of operation", asked->kind, status, expected);
    bool is_stage = asked->kind == ENGINE_STAGE_CREATE;
    if (status == ENGINE_OK && (is_stage || asked->kind == ENGINE_MEMBER_CREATE)) {
        EXPECT_EQUAL(pair, "new member", 0, done->member, copy.member);
        pair->is_stage = realloc(pair->is_stage, (pair->member_count + 1) * sizeof *pair->is_stage);
        assert_non_null(pair->is_stage);
        pair->is_stage[pair->member_count++] = is_stage;
    }
    bool gives_node = asked->kind == ENGINE_NODE_CREATE || asked->kind == ENGINE_MEMBER_SET;
    if (status == ENGINE_OK && gives_node && done->node < ENGINE_NODE_NEW) {
        EXPECT_EQUAL(pair, "group", 0, done->node, copy.node);
        if (done->node >= pair->node_count)
            pair->node_count = done->node + 1;
    }
    compare(pair, done->member);
}

enum engine_status pair_control(struct pair *pair, struct engine_operation *operation)
{
    struct engine_operation asked = *operation;
    enum engine_status status = subject_control(&pair->side[PAIR_ENGINE], pair->now_ns, operation);
    pair_follow(pair, &asked, operation, status);
    return status;
}

void pair_fire(struct pair *pair, int64_t now_ns)
{
    pair->now_ns = now_ns;
    for (int i = 0; i < PAIR_SIDES; i++)
        subject_fire(&pair->side[i], now_ns);
    compare(pair, ENGINE_NONE);
}

int64_t pair_next_deadline(const struct pair *pair)
{
    return subject_next_deadline(&pair->side[PAIR_MODEL]);
}

void pair_advance(struct pair *pair, int64_t until_ns)
{
    for (;;) {
        int64_t deadline_ns = pair_next_deadline(pair);
        if (deadline_ns > until_ns || deadline_ns == ENGINE_NEVER)
            break;
        pair_fire(pair, deadline_ns > pair->now_ns ? deadline_ns : pair->now_ns);
    }
    pair->now_ns = until_ns;
}
