// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/engine/crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum direction direction_of(enum engine_op op)
{
    return op == ENGINE_READ ? DIRECTION_READ : DIRECTION_WRITE;
}

// A timer's buckets leak when it is armed: for a request that came when nothing else waited that is
// on its arrival, for others when the last before them left.
static int64_t last_leak_ns(const struct crowd *crowd, const struct crowd_request *request,
                            enum direction direction)
{
    if (!request->is_first) {
        for (int i = crowd->departure_count - 1; i >= 0; i--) {
            const struct crowd_departure *earlier = &crowd->departures[i];
            if (earlier->node == request->node && earlier->direction == direction)
                return earlier->time_ns;
        }
    }
    return request->request.arrival_ns;
}

// No overtaking, no losses, no duplicates: each flow's requests leave by number. Never before it
// came.
static void record(void *context, struct engine_request *handed, const int64_t *wait_ns)
{
    (void)wait_ns;
    struct crowd *crowd = context;
    struct crowd_request *request = (struct crowd_request *)handed;
    enum direction direction = direction_of(handed->op);
    struct crowd_flow *flow = &crowd->flows[handed->member][direction];
    assert_int_equal(request->number, flow->left);
    assert_true(flow->left < flow->submitted);
    flow->left++;
    assert_true(handed->dispatch_ns >= handed->arrival_ns);
    assert_true(handed->dispatch_ns == crowd->now_ns);
    crowd->departures[crowd->departure_count++] = (struct crowd_departure){
        .time_ns = handed->dispatch_ns,
        .leaked_ns = last_leak_ns(crowd, request, direction),
        .bytes = handed->bytes,
        .node = request->node,
        .direction = direction,
    };
}

int crowd_check_group(const struct crowd *crowd, uint32_t node, int d, int64_t *deadline_ns)
{
    struct engine_node_gauge group;
    assert_true(subject_node_gauge(&crowd->subject, node, crowd->now_ns, &group));
    int timers = 0;
    int waiting = 0;
    for (int i = 0; i < CROWD_MEMBERS; i++) {
        struct engine_member_gauge member;
        assert_true(subject_member_gauge(&crowd->subject, crowd->members[i], &member));
        if (member.node != node)
            continue;
        const struct crowd_flow *flow = &crowd->flows[i][d];
        assert_int_equal(member.waiting[d], flow->submitted - flow->left);
        assert_int_equal(member.pending[d], member.waiting[d]);
        waiting += (int)member.waiting[d];
        if (!member.timer_pending[d])
            continue;
        timers++;
        assert_true(member.deadline_ns[d] >= crowd->now_ns);
        if (member.deadline_ns[d] < *deadline_ns)
            *deadline_ns = member.deadline_ns[d];
    }
    struct engine_member_gauge token;
    bool has_token = subject_member_gauge(&crowd->subject, group.token[d], &token);
    assert_int_equal(has_token, group.members > 0);
    assert_true(!has_token || token.node == node);
    assert_int_equal(group.waiting[d], waiting);
    assert_int_equal(timers, group.timer_armed[d] ? 1 : 0);
    if (waiting > 0)
        assert_int_equal(timers, 1);
    return waiting;
}

static void check(const struct crowd *crowd)
{
    int64_t deadline_ns = ENGINE_NEVER;
    int waiting = 0;
    for (int i = 0; i < CROWD_NODES; i++) {
        for (int d = 0; d < DIRECTION_COUNT; d++)
            waiting += crowd_check_group(crowd, crowd->nodes[i], d, &deadline_ns);
    }
    assert_int_equal(subject_waiting(&crowd->subject), waiting);
    assert_int_equal(crowd->departure_count + waiting, crowd->request_count);
    assert_true(subject_next_deadline(&crowd->subject) == deadline_ns);
}

void crowd_fire_until(struct crowd *crowd, int64_t until_ns)
{
    for (;;) {
        int64_t deadline_ns = subject_next_deadline(&crowd->subject);
        if (deadline_ns > until_ns)
            break;
        crowd->now_ns = deadline_ns;
        subject_fire(&crowd->subject, deadline_ns);
        check(crowd);
    }
    crowd->now_ns = until_ns;
}

enum engine_status crowd_control(struct crowd *crowd, struct engine_operation *operation)
{
    enum engine_status status = subject_control(&crowd->subject, crowd->now_ns, operation);
    check(crowd);
    crowd_fire_until(crowd, crowd->now_ns);
    return status;
}

void crowd_set_up(struct crowd *crowd)
{
    gsl_rng *rng = crowd->rng;
    memset(crowd, 0, sizeof *crowd);
    crowd->rng = rng;
    crowd->subject = subject_create(
        SUBJECT_ENGINE, &(struct engine_callbacks){.dispatch = record, .context = crowd});
    struct engine_operation operation = {.parent = ENGINE_NONE};
    for (int i = 0; i < CROWD_NODES; i++) {
        operation.kind = ENGINE_NODE_CREATE;
        draw_valid_limits(rng, false, &operation.parameters);
        assert_int_equal(subject_control(&crowd->subject, 0, &operation), ENGINE_OK);
        crowd->nodes[i] = operation.node;
    }
    operation.parameters.given = 0;
    for (int i = 0; i < CROWD_MEMBERS; i++) {
        operation.kind = ENGINE_MEMBER_CREATE;
        assert_int_equal(subject_control(&crowd->subject, 0, &operation), ENGINE_OK);
        assert_int_equal(operation.member, i);
        crowd->members[i] = operation.member;
        operation.kind = ENGINE_MEMBER_JOIN;
        operation.node = crowd->nodes[draw_bool(rng, 0.2) ? 1 : 0];
        assert_int_equal(subject_control(&crowd->subject, 0, &operation), ENGINE_OK);
    }
}

void crowd_arrive(struct crowd *crowd)
{
    uint32_t member = (uint32_t)gsl_rng_uniform_int(crowd->rng, CROWD_MEMBERS);
    struct engine_member_gauge gauge;
    assert_true(subject_member_gauge(&crowd->subject, member, &gauge));
    enum engine_op op = draw_bool(crowd->rng, 0.5) ? ENGINE_READ : ENGINE_WRITE;
    struct crowd_request *request = &crowd->requests[crowd->request_count++];
    request->request.member = member;
    request->request.op = (uint8_t)op;
    request->request.bytes = draw_bytes(crowd->rng, false);
    request->number = crowd->flows[member][direction_of(op)].submitted++;
    request->node = gauge.node;
    struct engine_node_gauge group;
    request->is_first = !subject_node_gauge(&crowd->subject, gauge.node, crowd->now_ns, &group) ||
                        group.waiting[direction_of(op)] == 0;
    subject_submit(&crowd->subject, crowd->now_ns, &request->request);
    check(crowd);
    crowd_fire_until(crowd, crowd->now_ns);
}

void crowd_finish(struct crowd *crowd)
{
    for (int i = 0; i < CROWD_MEMBERS; i++) {
        struct engine_operation operation = {
            .kind = ENGINE_MEMBER_LEAVE,
            .member = crowd->members[i],
        };
        crowd_control(crowd, &operation);
    }
    assert_int_equal(crowd->departure_count, crowd->request_count);
    subject_destroy(&crowd->subject);
}

int64_t crowd_draw_gap(gsl_rng *rng)
{
    static const int64_t gaps_ns[] = {1000, 1000000, 10000000, 100000000, 1000000000};
    return gaps_ns[gsl_rng_uniform_int(rng, sizeof gaps_ns / sizeof gaps_ns[0])];
}

void crowd_pass_time(struct crowd *crowd, int64_t gap_ns)
{
    if (draw_bool(crowd->rng, 0.4))
        return;
    crowd_fire_until(crowd, crowd->now_ns + draw_duration(crowd->rng, gap_ns));
}

struct crowd *crowd_new(void)
{
    struct crowd *crowd = calloc(1, sizeof *crowd);
    assert_non_null(crowd);
    crowd->rng = gsl_rng_alloc(gsl_rng_mt19937);
    assert_non_null(crowd->rng);
    gsl_rng_set(crowd->rng, draw_seed());
    return crowd;
}

void crowd_free(struct crowd *crowd)
{
    gsl_rng_free(crowd->rng);
    free(crowd);
}
