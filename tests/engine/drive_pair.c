// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/engine/drive_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void record(void *context, struct engine_request *request, const int64_t *wait_ns)
{
    struct drive_pair_log *log = context;
    assert_true(log->count < log->capacity);
    struct drive_pair_request *recorded = (struct drive_pair_request *)request;
    log->numbers[log->count++] = recorded->number;
    assert_true((wait_ns != NULL) == (request->dispatch_ns > request->arrival_ns));
    if (wait_ns != NULL)
        memcpy(recorded->wait_ns, wait_ns, sizeof recorded->wait_ns);
}

static void record_run_out(void *context, int64_t now_ns, uint32_t drive, int limit,
                           int64_t refill_ns)
{
    struct drive_pair_log *log = context;
    log->run_outs[log->run_out_count++ % DRIVE_PAIR_RUN_OUTS] =
        (struct drive_pair_run_out){now_ns, drive, limit, refill_ns};
}

void drive_pair_create(struct drive_pair *pair, const struct engine_algorithm *algorithm,
                       uint32_t requests_max, int64_t start_ns)
{
    *pair = (struct drive_pair){.name = algorithm->name, .now_ns = start_ns};
    struct engine_callbacks callbacks[DRIVE_PAIR_SIDES];
    for (int i = 0; i < DRIVE_PAIR_SIDES; i++) {
        pair->log[i].capacity = requests_max;
        pair->log[i].numbers = calloc(requests_max, sizeof *pair->log[i].numbers);
        assert_non_null(pair->log[i].numbers);
        callbacks[i] = (struct engine_callbacks){
            .dispatch = record,
            .context = &pair->log[i],
            .ran_out = record_run_out,
            .notes_at = offsetof(struct drive_pair_request, notes),
        };
    }
    pair->engine = engine_create(algorithm, &callbacks[DRIVE_PAIR_ENGINE]);
    assert_non_null(pair->engine);
    pair->model = drive_model_create(algorithm, &callbacks[DRIVE_PAIR_MODEL]);
    pair->requests = calloc(requests_max, sizeof *pair->requests);
    pair->latency_ns = calloc(requests_max, sizeof *pair->latency_ns);
    pair->completion_ns = calloc(requests_max, sizeof *pair->completion_ns);
    pair->in_service = calloc(requests_max, sizeof *pair->in_service);
    assert_true(pair->requests != NULL && pair->latency_ns != NULL && pair->completion_ns != NULL &&
                pair->in_service != NULL);
}

void drive_pair_destroy(struct drive_pair *pair)
{
    engine_destroy(pair->engine);
    drive_model_destroy(pair->model);
    for (int i = 0; i < DRIVE_PAIR_SIDES; i++)
        free(pair->log[i].numbers);
    free(pair->requests);
    free(pair->latency_ns);
    free(pair->completion_ns);
    free(pair->in_service);
}

void drive_pair_add(struct drive_pair *pair, enum engine_attach attach,
                    const struct engine_parameters *limits, int64_t join_ns)
{
    assert_true(pair->drive_count < DRIVE_PAIR_DRIVES_MAX);
    struct engine_operation operation = {
        .kind = ENGINE_NODE_CREATE, .parent = ENGINE_NONE, .parameters = *limits};
    assert_int_equal(engine_control(pair->engine, pair->now_ns, &operation), ENGINE_OK);
    operation.kind = ENGINE_MEMBER_CREATE;
    operation.attach = attach;
    assert_int_equal(engine_control(pair->engine, pair->now_ns, &operation), ENGINE_OK);
    drive_pair_pass(pair, join_ns, false);
    operation.kind = ENGINE_MEMBER_JOIN;
    operation.parameters.given = 0;
    assert_int_equal(engine_control(pair->engine, pair->now_ns, &operation), ENGINE_OK);
    uint32_t drive = drive_model_add(pair->model, pair->now_ns, attach, limits);
    assert_int_equal(operation.member, drive);
    pair->node[drive] = operation.node;
    pair->drive_count++;
    drive_pair_compare(pair);
}

void drive_pair_set(struct drive_pair *pair, uint32_t drive, const struct engine_parameters *limits,
                    bool keeps_others)
{
    bool through_node = keeps_others && pair->node[drive] != ENGINE_NONE;
    struct engine_operation operation = {
        .kind = through_node ? ENGINE_NODE_SET : ENGINE_MEMBER_SET,
        .member = drive,
        .node = through_node ? pair->node[drive] : ENGINE_NONE,
        .parameters = *limits,
    };
    enum engine_status status = engine_control(pair->engine, pair->now_ns, &operation);
    assert_int_equal(status,
                     drive_model_set(pair->model, pair->now_ns, drive, limits, through_node));
    struct drive_model_view view;
    drive_model_look(pair->model, drive, pair->now_ns, &view);
    if (!through_node && status == ENGINE_OK)
        pair->node[drive] = view.has_limits ? operation.node : ENGINE_NONE;
    drive_pair_compare(pair);
}

void drive_pair_fill(struct drive_pair *pair, uint32_t drive, double share)
{
    struct engine_operation operation = {
        .kind = ENGINE_NODE_FILL,
        .node = pair->node[drive],
        .fill = share,
    };
    if (pair->node[drive] == ENGINE_NONE)
        return;
    assert_int_equal(engine_control(pair->engine, pair->now_ns, &operation), ENGINE_OK);
    drive_model_fill(pair->model, pair->now_ns, drive, share);
    drive_pair_compare(pair);
}

void drive_pair_submit(struct drive_pair *pair, uint32_t drive, enum engine_op op, uint64_t bytes,
                       int64_t latency_ns)
{
    uint32_t number = pair->request_count++;
    assert_true(number < pair->log[0].capacity);
    pair->latency_ns[number] = latency_ns;
    for (int i = 0; i < DRIVE_PAIR_SIDES; i++) {
        pair->requests[number][i] = (struct drive_pair_request){
            .request = {.bytes = bytes, .member = drive, .op = (uint8_t)op}, .number = number};
        if (i == DRIVE_PAIR_ENGINE)
            engine_submit(pair->engine, pair->now_ns, &pair->requests[number][i].request);
        else
            drive_model_submit(pair->model, pair->now_ns, &pair->requests[number][i].request);
    }
    drive_pair_compare(pair);
}

void drive_pair_fire(struct drive_pair *pair)
{
    engine_fire(pair->engine, pair->now_ns);
    drive_model_fire(pair->model, pair->now_ns);
    drive_pair_compare(pair);
}

// The place in in_service of what completes first; the count if nothing does.
static uint32_t first_completion(const struct drive_pair *pair)
{
    uint32_t first = pair->in_service_count;
    for (uint32_t i = 0; i < pair->in_service_count; i++) {
        if (first == pair->in_service_count ||
            pair->completion_ns[pair->in_service[i]] < pair->completion_ns[pair->in_service[first]])
            first = i;
    }
    return first;
}

static void complete(struct drive_pair *pair, uint32_t place)
{
    uint32_t number = pair->in_service[place];
    pair->in_service_count--;
    memmove(&pair->in_service[place], &pair->in_service[place + 1],
            (pair->in_service_count - place) * sizeof pair->in_service[0]);
    engine_complete(pair->engine, pair->now_ns, &pair->requests[number][DRIVE_PAIR_ENGINE].request);
    drive_model_complete(pair->model, pair->now_ns,
                         &pair->requests[number][DRIVE_PAIR_MODEL].request);
    drive_pair_compare(pair);
}

void drive_pair_pass(struct drive_pair *pair, int64_t until_ns, bool sleeps_long)
{
    for (;;) {
        uint32_t place = first_completion(pair);
        int64_t completion_ns = place == pair->in_service_count
                                    ? ENGINE_NEVER
                                    : pair->completion_ns[pair->in_service[place]];
        int64_t deadline_ns = drive_pair_next_deadline(pair);
        int64_t wake_ns = sleeps_long && deadline_ns < until_ns ? until_ns : deadline_ns;
        if (deadline_ns <= pair->now_ns) // the loop is awake
            wake_ns = pair->now_ns;
        if (completion_ns <= until_ns && completion_ns <= wake_ns &&
            completion_ns != ENGINE_NEVER) {
            pair->now_ns = completion_ns;
            complete(pair, place);
            continue;
        }
        if (wake_ns > until_ns || wake_ns == ENGINE_NEVER)
            break;
        pair->now_ns = wake_ns;
        drive_pair_fire(pair);
    }
    pair->now_ns = until_ns;
}

int64_t drive_pair_next_deadline(const struct drive_pair *pair)
{
    return engine_next_deadline(pair->engine);
}
