// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run_random.h"

#include <stdlib.h>
#include <string.h>

const char *const run_causes[RUN_CAUSES] = {"here", "there", "anywhere"};

static const char *const ops[] = {"read", "write", "discard", "flush"};

// Even, below limit; of magnitudes that many octaves apart.
static int64_t draw_time(gsl_rng *rng, int64_t limit, unsigned long octaves)
{
    unsigned long range = (unsigned long)limit >> gsl_rng_uniform_int(rng, octaves);
    return range < 2 ? 0 : (int64_t)gsl_rng_uniform_int(rng, range) / 2 * 2;
}

static struct report_request draw_request(const struct run *run, gsl_rng *rng, uint32_t members,
                                          int64_t wait_ns)
{
    uint32_t direction = (uint32_t)gsl_rng_uniform_int(rng, REPORT_DIRECTION_COUNT);
    struct report_request request = {
        .member = (uint32_t)gsl_rng_uniform_int(rng, members),
        .direction = (enum report_direction)direction,
        .throttled = gsl_rng_uniform_int(rng, 8) != 0,
        .op = ops[direction],
        .offset = gsl_rng_get(rng),
        .bytes = direction == REPORT_DIRECTION_FLUSH ? 0 : 512 * gsl_rng_uniform_int(rng, 20),
        .arrival_ns = (int64_t)gsl_rng_uniform_int(rng, (unsigned long)run->end_ns) / 2 * 2,
        .dispatch_ns = REPORT_NOT_YET,
        .complete_ns = REPORT_NOT_YET,
        .recorded_ns = gsl_rng_uniform_int(rng, 2) ? draw_time(rng, 5000, 12) : REPORT_NOT_YET,
    };
    bool at_once = gsl_rng_uniform_int(rng, 3) == 0;
    int64_t dispatch_ns = request.arrival_ns + (at_once ? 0 : draw_time(rng, wait_ns, 3));
    if (dispatch_ns > run->end_ns)
        return request;
    request.dispatch_ns = dispatch_ns;
    int64_t complete_ns = dispatch_ns + draw_time(rng, 3000, 12);
    if (complete_ns <= run->end_ns)
        request.complete_ns = complete_ns;
    return request;
}

// Cuts the wait into parts, of which some are 0.
static void draw_causes(struct run *run, gsl_rng *rng, const struct report_request *request)
{
    int64_t *wait_ns = run->waits[request->seq];
    int64_t left_ns = request->dispatch_ns - request->arrival_ns;
    run->tells_wait[request->seq] = left_ns > 0 && gsl_rng_uniform_int(rng, 8);
    for (size_t i = 0; i < RUN_CAUSES; i++) {
        bool last = i + 1 == RUN_CAUSES;
        bool skipped = !last && gsl_rng_uniform_int(rng, 2);
        unsigned long range = left_ns > 0 ? (unsigned long)left_ns + 1 : 1;
        wait_ns[i] = last ? left_ns : skipped ? 0 : (int64_t)gsl_rng_uniform_int(rng, range);
        left_ns -= wait_ns[i];
    }
}

static int compare_arrivals(const void *a, const void *b)
{
    const struct report_request *x = a, *y = b;
    return (x->arrival_ns > y->arrival_ns) - (x->arrival_ns < y->arrival_ns);
}

static int compare_moves(const void *a, const void *b)
{
    const struct run_move *x = a, *y = b;
    return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

static uint32_t draw_group(gsl_rng *rng)
{
    unsigned long group = gsl_rng_uniform_int(rng, 2 * RUN_GROUPS + 1);
    return group == 2 * RUN_GROUPS ? REPORT_NONE : (uint32_t)group % RUN_GROUPS;
}

void run_draw(struct run *run, gsl_rng *rng)
{
    memset(run, 0, sizeof *run);
    run->interval_ns = 2 * (1 + (int64_t)gsl_rng_uniform_int(rng, 2000));
    run->end_ns = 2 * (1 + (int64_t)gsl_rng_uniform_int(rng, 10000));
    run->request_count = gsl_rng_uniform_int(rng, RUN_REQUESTS_MAX + 1);
    uint32_t members = 2 + (uint32_t)gsl_rng_uniform_int(rng, RUN_MEMBERS - 1); // busy ones
    // Short waits, or nearly everybody backlogged all the time.
    int64_t wait_ns = run->end_ns / (1 + (int64_t)gsl_rng_uniform_int(rng, 6));
    for (size_t i = 0; i < run->request_count; i++)
        run->requests[i] = draw_request(run, rng, members, wait_ns);
    qsort(run->requests, run->request_count, sizeof *run->requests, compare_arrivals);
    for (size_t i = 0; i < run->request_count; i++) {
        run->requests[i].seq = i;
        draw_causes(run, rng, &run->requests[i]);
    }
    run->move_count = RUN_MEMBERS + gsl_rng_uniform_int(rng, RUN_MOVES_MAX - RUN_MEMBERS + 1);
    for (size_t i = 0; i < run->move_count; i++) {
        run->moves[i].member = (uint32_t)(i % RUN_MEMBERS);
        run->moves[i].group = draw_group(rng);
        run->moves[i].at_ns =
            i < RUN_MEMBERS
                ? -1
                : 1 + 2 * (int64_t)gsl_rng_uniform_int(rng, (unsigned long)run->end_ns / 2);
    }
    qsort(run->moves, run->move_count, sizeof *run->moves, compare_moves);
}

static void stretch(int64_t *time_ns, int64_t factor)
{
    *time_ns *= *time_ns >= 0 ? factor : 1;
}

void run_stretch(struct run *run, int64_t factor)
{
    stretch(&run->end_ns, factor);
    for (size_t i = 0; i < run->request_count; i++) {
        struct report_request *request = &run->requests[i];
        stretch(&request->arrival_ns, factor);
        stretch(&request->dispatch_ns, factor);
        stretch(&request->complete_ns, factor);
        stretch(&request->recorded_ns, factor);
        for (size_t c = 0; c < RUN_CAUSES; c++)
            stretch(&run->waits[i][c], factor);
    }
    for (size_t i = 0; i < run->move_count; i++)
        stretch(&run->moves[i].at_ns, factor);
}

enum call_kind {
    CALL_ARRIVAL,
    CALL_DISPATCH,
    CALL_COMPLETE,
    CALL_MOVE,
};

struct call {
    int64_t at_ns;
    unsigned long order; // within the instant
    enum call_kind kind;
    size_t index;
};

static int compare_calls(const void *a, const void *b)
{
    const struct call *x = a, *y = b;
    if (x->at_ns != y->at_ns)
        return x->at_ns > y->at_ns ? 1 : -1;
    return (x->order > y->order) - (x->order < y->order);
}

// All calls; the moments of one request keep their order within an instant.
static size_t list_calls(const struct run *run, gsl_rng *rng, struct call *calls)
{
    size_t count = 0;
    for (size_t i = 0; i < run->request_count; i++) {
        const struct report_request *request = &run->requests[i];
        const int64_t times[] = {request->arrival_ns, request->dispatch_ns, request->complete_ns};
        unsigned long order = 0;
        for (size_t k = 0; k < 3 && times[k] >= 0; k++) {
            order += 1 + gsl_rng_uniform_int(rng, 1000000);
            calls[count++] = (struct call){times[k], order, (enum call_kind)k, i};
        }
    }
    for (size_t i = 0; i < run->move_count; i++)
        calls[count++] = (struct call){run->moves[i].at_ns, i, CALL_MOVE, i};
    qsort(calls, count, sizeof *calls, compare_calls);
    return count;
}

double run_operations(const struct report_request *request)
{
    double operations = (double)request->bytes / RUN_IOPS_SIZE;
    return request->throttled && operations > 1 ? operations : 1;
}

static void count_operations(const struct report_request *request, struct report_recorder *recorder)
{
    double operations = run_operations(request);
    if (operations > 1)
        report_recorder_counted(recorder, request->dispatch_ns, request->member, request->direction,
                                operations);
}

// The parts come before the dispatch or after it.
static void make_dispatch(const struct run *run, const struct report_request *request,
                          struct report_recorder *recorder)
{
    bool parts_first = request->bytes % 1024 == 0;
    bool parts = run->tells_wait[request->seq];
    if (parts && parts_first)
        report_recorder_waited(recorder, request, run->waits[request->seq]);
    count_operations(request, recorder);
    report_recorder_dispatch(recorder, request);
    if (parts && !parts_first)
        report_recorder_waited(recorder, request, run->waits[request->seq]);
}

static void make_call(const struct run *run, const struct call *call,
                      struct report_recorder *recorder)
{
    if (call->kind == CALL_MOVE) {
        const struct run_move *move = &run->moves[call->index];
        report_recorder_membership(recorder, call->at_ns > 0 ? call->at_ns : 0, move->member,
                                   move->group);
        return;
    }
    const struct report_request *request = &run->requests[call->index];
    if (call->kind == CALL_ARRIVAL)
        report_recorder_arrival(recorder, request);
    else if (call->kind == CALL_DISPATCH)
        make_dispatch(run, request, recorder);
    else
        report_recorder_complete(recorder, request);
}

// Levels that tell when, after what, and of which group was asked.
static size_t gauge(void *context, uint32_t group, int64_t at_ns, struct report_bucket *buckets)
{
    const size_t *made = context;
    buckets[0] = (struct report_bucket){"iops-total", (double)at_ns, (double)*made, group, 0};
    buckets[1] = (struct report_bucket){"bps-total", (double)*made, 1, 0, 0};
    return 1 + group;
}

int64_t run_record(const struct run *run, gsl_rng *rng, struct report_database *database)
{
    static const struct report_member members[RUN_MEMBERS] = {{"a", "filter", "", 0},
                                                              {"b", "filter", "", 0},
                                                              {"c", "filter", "", 0},
                                                              {"d", "filter", "", 0},
                                                              {"e", "filter", "", 0}};
    static const struct report_group groups[RUN_GROUPS] = {{"first"}, {"second"}};
    static struct call calls[3 * RUN_REQUESTS_MAX + RUN_MOVES_MAX];
    size_t i = 0;
    struct report_recorder_config config = {.gauge = gauge,
                                            .gauge_context = &i,
                                            .omit_series = run->omit_series,
                                            .run = {"random", "", "", "", "", run->interval_ns,
                                                    members, RUN_MEMBERS, groups, RUN_GROUPS},
                                            .causes = {"here", "there", "anywhere"},
                                            .cause_count = RUN_CAUSES};
    struct report_outcome outcome = {REPORT_COMPLETE, NULL, 0, run->end_ns};
    struct report_error error;
    struct report_recorder *recorder = report_recorder_begin(database, &config, &error);
    size_t count = list_calls(run, rng, calls);
    assert_non_null(recorder);
    int64_t run_id = report_recorder_run_id(recorder);
    for (; i < count; i++) {
        // With or without: the calls tell the time as well.
        if (gsl_rng_uniform_int(rng, 2) && calls[i].at_ns > 0)
            report_recorder_advance(recorder, calls[i].at_ns);
        make_call(run, &calls[i], recorder);
    }
    assert_true(report_recorder_finish(recorder, &outcome, &error));
    return run_id;
}
