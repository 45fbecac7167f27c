// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/engine/stage.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t completion_time(struct stage *stage, int64_t now_ns)
{
    if (!stage->is_serial)
        return now_ns + stage->service_ns;
    if (stage->busy_until_ns < now_ns)
        stage->busy_until_ns = now_ns;
    stage->busy_until_ns += stage->service_ns;
    return stage->busy_until_ns;
}

static void dispatched(void *context, struct engine_request *engine_request, const int64_t *wait_ns)
{
    struct stage *stage = context;
    struct stage_request *request = (struct stage_request *)engine_request;
    assert_int_equal(request->left_ns, NOT_LEFT);
    assert_int_equal(engine_request->dispatch_ns, stage->now_ns);
    assert_true(engine_request->dispatch_ns >= engine_request->arrival_ns);
    int64_t rest_ns = engine_request->dispatch_ns - engine_request->arrival_ns;
    assert_true((wait_ns != NULL) == (rest_ns > 0 && request->passed_count == 0));
    for (int i = 0; i < CAUSE_COUNT; i++) {
        request->wait_ns[i] += wait_ns == NULL ? 0 : wait_ns[i];
        assert_true(request->wait_ns[i] >= 0);
        rest_ns -= request->wait_ns[i];
    }
    assert_int_equal(rest_ns, 0);
    request->left_ns = engine_request->dispatch_ns;
    request->left_number = stage->left_count++;
    stage->left_by_member[engine_request->member]++;
    if (stage->service_ns == ENGINE_NEVER)
        return;
    unsigned slot = stage->service_tail++ % STAGE_REQUESTS_MAX;
    assert_true(stage->service_tail - stage->service_head <= STAGE_REQUESTS_MAX);
    stage->in_service[slot] = request;
    stage->completion_ns[slot] = completion_time(stage, request->left_ns);
}

static void ran_out(void *context, int64_t now_ns, uint32_t node, int limit, int64_t refill_ns)
{
    struct stage *stage = context;
    assert_int_equal(now_ns, stage->now_ns);
    assert_true(stage->ran_out_count < STAGE_RAN_OUT_MAX);
    stage->ran_out[stage->ran_out_count++] = (struct stage_run_out){now_ns, node, limit, refill_ns};
}

static void counted(void *context, int64_t now_ns, const struct engine_request *request,
                    double operations)
{
    struct stage *stage = context;
    assert_int_equal(now_ns, stage->now_ns);
    assert_int_equal(((const struct stage_request *)request)->left_ns, NOT_LEFT);
    assert_true(operations > 1.0);
    stage->counted += operations;
    stage->counted_count++;
}

static void passed(void *context, int64_t now_ns, const struct engine_request *request,
                   uint32_t stage, const int64_t *wait_ns)
{
    (void)context;
    struct stage_request *of = (struct stage_request *)(uintptr_t)request;
    assert_true(stage < 64);
    of->passed_ns[of->passed_count] = now_ns;
    of->passed[of->passed_count++] = stage;
    for (int cause = 0; wait_ns != NULL && cause < CAUSE_COUNT; cause++)
        of->wait_ns[cause] += wait_ns[cause];
}

struct stage *stage_new(const char *name)
{
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    const struct engine_algorithm *algorithm = engine_find(name);
    assert_non_null(algorithm);
    struct engine_callbacks callbacks = {
        .dispatch = dispatched,
        .context = stage,
        .ran_out = ran_out,
        .counted = counted,
        .notes_at = offsetof(struct stage_request, notes),
        .passed = passed,
    };
    stage->engine = engine_create(algorithm, &callbacks);
    assert_non_null(stage->engine);
    return stage;
}

void stage_free(struct stage *stage)
{
    engine_destroy(stage->engine);
    free(stage);
}

struct engine_parameters stage_limits(const struct stage *stage, const struct stage_limit *limits)
{
    struct engine_parameters parameters = {.given = 0};
    for (; limits->key != NULL; limits++) {
        int row = engine_parameter_find(engine_algorithm_of(stage->engine), limits->key);
        if (row < 0)
            fail_msg("no parameter is called \"%s\"", limits->key);
        parameters.value[row] = limits->value;
        parameters.given |= UINT32_C(1) << row;
    }
    return parameters;
}

enum engine_status stage_do(struct stage *stage, struct engine_operation *operation)
{
    enum engine_status status = engine_control(stage->engine, stage->now_ns, operation);
    stage_advance(stage, stage->now_ns);
    return status;
}

uint32_t stage_node(struct stage *stage, struct engine_parameters limits)
{
    struct engine_operation operation = {
        .kind = ENGINE_NODE_CREATE, .parent = ENGINE_NONE, .parameters = limits};
    assert_int_equal(stage_do(stage, &operation), ENGINE_OK);
    return operation.node;
}

uint32_t stage_member(struct stage *stage, enum engine_attach attach)
{
    struct engine_operation operation = {.kind = ENGINE_MEMBER_CREATE, .attach = attach};
    assert_int_equal(stage_do(stage, &operation), ENGINE_OK);
    return operation.member;
}

enum engine_status stage_join(struct stage *stage, uint32_t member, uint32_t node)
{
    struct engine_operation operation = {
        .kind = ENGINE_MEMBER_JOIN, .member = member, .node = node};
    return stage_do(stage, &operation);
}

uint32_t stage_drive(struct stage *stage, struct engine_parameters limits)
{
    uint32_t node = stage_node(stage, limits);
    uint32_t member = stage_member(stage, ENGINE_DRIVE);
    assert_int_equal(stage_join(stage, member, node), ENGINE_OK);
    return member;
}

enum engine_status stage_set(struct stage *stage, uint32_t member, struct engine_parameters limits)
{
    struct engine_operation operation = {
        .kind = ENGINE_MEMBER_SET, .member = member, .node = ENGINE_NONE, .parameters = limits};
    return stage_do(stage, &operation);
}

static void submit(struct stage *stage, struct stage_request *request)
{
    request->left_ns = NOT_LEFT;
    request->passed_count = 0;
    memset(request->wait_ns, 0, sizeof request->wait_ns);
    engine_submit(stage->engine, stage->now_ns, &request->request);
}

static void complete(struct stage *stage, unsigned slot)
{
    struct stage_request *request = stage->in_service[slot];
    stage->now_ns = stage->completion_ns[slot];
    stage->service_head++;
    engine_complete(stage->engine, stage->now_ns, &request->request);
    if (stage->now_ns < stage->loop_end_ns)
        submit(stage, request);
}

// Completions come before timers, and in a closed loop their answers with them.
static bool next_event(struct stage *stage, int64_t until_ns)
{
    int64_t deadline_ns = engine_next_deadline(stage->engine);
    unsigned slot = stage->service_head % STAGE_REQUESTS_MAX;
    bool is_serving = stage->service_head != stage->service_tail;
    if (is_serving && stage->completion_ns[slot] <= until_ns &&
        stage->completion_ns[slot] <= deadline_ns) {
        complete(stage, slot);
        return true;
    }
    if (deadline_ns > until_ns || deadline_ns == ENGINE_NEVER)
        return false;
    stage->now_ns = deadline_ns;
    engine_fire(stage->engine, deadline_ns);
    return true;
}

void stage_advance(struct stage *stage, int64_t until_ns)
{
    while (next_event(stage, until_ns))
        ;
    stage->now_ns = until_ns;
}

int stage_arrive(struct stage *stage, int64_t now_ns, uint32_t member, enum engine_op op,
                 uint64_t bytes)
{
    stage_advance(stage, now_ns);
    assert_true(stage->request_count < STAGE_REQUESTS_MAX);
    int number = stage->request_count++;
    stage->requests[number].request =
        (struct engine_request){.bytes = bytes, .member = member, .op = (uint8_t)op};
    submit(stage, &stage->requests[number]);
    return number;
}

int64_t stage_left_ns(const struct stage *stage, int number)
{
    assert_true(number < stage->request_count);
    return stage->requests[number].left_ns;
}

int64_t stage_wait_ns(const struct stage *stage, int number, int cause)
{
    const struct stage_request *request = &stage->requests[number];
    assert_true(request->left_ns > request->request.arrival_ns);
    return request->wait_ns[cause];
}

void stage_expect(const struct stage *stage, int first, const int64_t *times, const char *file,
                  int line)
{
    for (int i = 0; times[i] != STAGE_END; i++) {
        if (stage_left_ns(stage, first + i) != times[i]) {
            print_error("request %d left at %" PRId64 ", expected %" PRId64 "\n", first + i,
                        stage_left_ns(stage, first + i), times[i]);
            _fail(file, line);
        }
    }
}
