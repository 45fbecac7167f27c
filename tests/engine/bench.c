// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/engine/bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void record(void *context, struct engine_request *request, const int64_t *wait_ns)
{
    (void)wait_ns;
    struct bench *bench = context;
    assert_true(bench->left_count < BENCH_REQUESTS_MAX);
    bench->left[bench->left_count++] = (struct bench_departure){
        .request = (int)(request - bench->requests),
        .time_ns = request->dispatch_ns,
    };
}

void bench_create(struct bench *bench, enum subject_kind kind)
{
    *bench = (struct bench){.request_count = 0};
    bench->subject =
        subject_create(kind, &(struct engine_callbacks){.dispatch = record, .context = bench});
}

void bench_destroy(struct bench *bench)
{
    subject_destroy(&bench->subject);
}

struct engine_parameters bench_limits(const struct bench_limit *limits)
{
    struct engine_parameters parameters = {.given = 0};
    for (; limits->key != NULL; limits++)
        subject_give(&parameters, limits->key, limits->value);
    return parameters;
}

uint32_t bench_node(struct bench *bench, struct engine_parameters limits)
{
    struct engine_operation operation = {
        .kind = ENGINE_NODE_CREATE,
        .parent = ENGINE_NONE,
        .parameters = limits,
    };
    assert_int_equal(bench_control(bench, bench->now_ns, &operation), ENGINE_OK);
    return operation.node;
}

uint32_t bench_member(struct bench *bench, enum engine_attach attach, uint32_t node)
{
    struct engine_operation operation = {.kind = ENGINE_MEMBER_CREATE, .attach = attach};
    assert_int_equal(bench_control(bench, bench->now_ns, &operation), ENGINE_OK);
    if (node != ENGINE_NONE) {
        operation.kind = ENGINE_MEMBER_JOIN;
        operation.node = node;
        assert_int_equal(bench_control(bench, bench->now_ns, &operation), ENGINE_OK);
    }
    return operation.member;
}

int bench_arrive(struct bench *bench, int64_t now_ns, uint32_t member, enum engine_op op,
                 uint64_t bytes)
{
    assert_true(bench->request_count < BENCH_REQUESTS_MAX);
    int number = bench->request_count++;
    bench->requests[number] =
        (struct engine_request){.bytes = bytes, .member = member, .op = (uint8_t)op};
    bench_advance(bench, now_ns);
    subject_submit(&bench->subject, now_ns, &bench->requests[number]);
    subject_advance(&bench->subject, now_ns);
    return number;
}

void bench_advance(struct bench *bench, int64_t until_ns)
{
    subject_advance(&bench->subject, until_ns);
    bench->now_ns = until_ns;
}

void bench_read(struct bench *bench, int64_t now_ns, uint32_t member, int count)
{
    for (int i = 0; i < count; i++)
        bench_arrive(bench, now_ns, member, ENGINE_READ, 512);
}

enum engine_status bench_control(struct bench *bench, int64_t now_ns,
                                 struct engine_operation *operation)
{
    bench_advance(bench, now_ns);
    enum engine_status status = subject_control(&bench->subject, now_ns, operation);
    subject_advance(&bench->subject, now_ns);
    return status;
}

enum engine_status bench_do(struct bench *bench, int64_t now_ns, enum engine_operation_kind kind,
                            uint32_t member)
{
    return bench_control(bench, now_ns,
                         &(struct engine_operation){
                             .kind = kind,
                             .node = ENGINE_NONE,
                             .member = member,
                         });
}

void bench_expect(struct bench *bench, const struct bench_departure *expected, const char *file,
                  int line)
{
    for (; expected->request >= 0; expected++, bench->checked++) {
        if (bench->checked == bench->left_count)
            fail_msg("%s:%d: request %d has not left", file, line, expected->request);
        const struct bench_departure *found = &bench->left[bench->checked];
        if (found->request != expected->request || found->time_ns != expected->time_ns) {
            fail_msg("%s:%d: expected request %d at %lld, found %d at %lld", file, line,
                     expected->request, (long long)expected->time_ns, found->request,
                     (long long)found->time_ns);
        }
    }
    if (bench->checked != bench->left_count) {
        fail_msg("%s:%d: request %d left at %lld", file, line, bench->left[bench->checked].request,
                 (long long)bench->left[bench->checked].time_ns);
    }
}

struct engine_node_gauge bench_node_gauge(const struct bench *bench, uint32_t node, int64_t now_ns)
{
    struct engine_node_gauge gauge;
    assert_true(subject_node_gauge(&bench->subject, node, now_ns, &gauge));
    return gauge;
}

struct engine_member_gauge bench_member_gauge(const struct bench *bench, uint32_t member)
{
    struct engine_member_gauge gauge;
    assert_true(subject_member_gauge(&bench->subject, member, &gauge));
    return gauge;
}

double bench_level(const struct bench *bench, uint32_t node, int64_t now_ns, const char *key)
{
    struct engine_node_gauge gauge = bench_node_gauge(bench, node, now_ns);
    for (size_t i = 0; i < gauge.bucket_count; i++) {
        if (strcmp(gauge.bucket[i].key, key) == 0)
            return gauge.bucket[i].level;
    }
    fail_msg("there is no bucket \"%s\"", key);
    return 0;
}

int64_t bench_limit(const struct bench *bench, uint32_t node, const char *key)
{
    struct engine_parameters parameters;
    assert_true(subject_parameters_of(&bench->subject, node, &parameters));
    int row = engine_parameter_find(subject_algorithm(), key);
    assert_true(row >= 0);
    return parameters.value[row];
}
