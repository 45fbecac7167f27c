// SPDX-License-Identifier: GPL-2.0-or-later
// Closed loops, simulated without limits: what is recorded of them, inferred and replayed under
// limits, is what the loops themselves do under these limits, to the nanosecond.
#include "tests/sim/answers_lab.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOPS 6
#define ROUNDS 300
#define BATCH 5

enum loop_kind {
    LOOP_SYNC,    // a request, think, and so on
    LOOP_BATCH,   // some at once, think when all are done
    LOOP_WAL,     // a write, then a flush, think
    LOOP_FSYNC,   // a write, then the journal; think when it is done
    LOOP_JOURNAL, // two writes and a flush, woken by the loop before it
};

struct loop {
    enum loop_kind kind;
    uint64_t state; // of its random numbers: the same thinks in every run
    unsigned step;
    unsigned rounds;
    unsigned outstanding;
    int64_t due_ns; // of its next request, or INT64_MAX
};

struct loops {
    struct arrivals arrivals; // first: they lead back to it
    struct loop items[LOOPS];
    struct arrival next;
    uint32_t owners[LOOPS * ROUNDS * BATCH]; // of requests, by their numbers
    uint64_t count;
    struct answers seen;
};

static int64_t think(struct loop *loop)
{
    static const int64_t most_ns[] = {20000000, 40000000, 15000000, 25000000, 30000};
    return 5000 + (int64_t)random_below(&loop->state, (uint64_t)most_ns[loop->kind]);
}

static void choose(struct loops *loops)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < LOOPS; i++)
        first = loops->items[i].due_ns < loops->items[first].due_ns ? i : first;
    struct loop *loop = &loops->items[first];
    bool is_flush = (loop->kind == LOOP_WAL && loop->step == 1) ||
                    (loop->kind == LOOP_JOURNAL && loop->step == 2);
    loops->next = (struct arrival){
        .time_ns = loop->due_ns,
        .request = {.arrival_ns = loop->due_ns,
                    .latency_ns = TRACE_LATENCY_UNKNOWN,
                    .offset = is_flush ? 0 : (uint64_t)first << 32 | loops->count * 4096,
                    .bytes = is_flush ? 0 : UINT64_C(4096) << (first % 3),
                    .op = is_flush                  ? TRACE_FLUSH
                          : loop->kind == LOOP_SYNC ? TRACE_READ
                                                    : TRACE_WRITE},
        .member = first % 2 == 0 || loop->kind == LOOP_JOURNAL || loop->kind == LOOP_FSYNC ? 0 : 1,
    };
    loops->arrivals.next = loop->due_ns == INT64_MAX ? NULL : &loops->next;
}

static bool advance(struct arrivals *arrivals, struct sim_error *error)
{
    (void)error;
    struct loops *loops = (struct loops *)arrivals;
    uint32_t first = 0;
    for (uint32_t i = 1; i < LOOPS; i++)
        first = loops->items[i].due_ns < loops->items[first].due_ns ? i : first;
    struct loop *loop = &loops->items[first];
    loops->owners[loops->count++] = first;
    loop->outstanding++;
    bool more = loop->kind == LOOP_BATCH && ++loop->step < BATCH;
    loop->due_ns = more ? loop->due_ns + 700 : INT64_MAX; // a batch takes a moment
    choose(loops);
    return true;
}

static void go_on(struct loop *loop, int64_t now_ns)
{
    loop->step = 0;
    if (++loop->rounds < ROUNDS)
        loop->due_ns = now_ns + think(loop);
}

static void completed(struct arrivals *arrivals, const struct sim_request *request, int64_t now_ns)
{
    struct loops *loops = (struct loops *)arrivals;
    struct loop *loop = &loops->items[loops->owners[sim_request_seq(request)]];
    if (--loop->outstanding > 0 || (loop->kind == LOOP_BATCH && loop->step < BATCH))
        return;
    switch (loop->kind) {
    case LOOP_SYNC:
    case LOOP_BATCH:
        go_on(loop, now_ns);
        break;
    case LOOP_WAL:
        if (++loop->step == 1)
            loop->due_ns = now_ns + 11000;
        else
            go_on(loop, now_ns);
        break;
    case LOOP_FSYNC:
        loop[1].due_ns = now_ns + think(&loop[1]);
        break;
    default:
        if (++loop->step < 3) {
            loop->due_ns = now_ns + 9000;
        } else {
            loop->step = 0;
            go_on(&loop[-1], now_ns);
        }
    }
    choose(loops);
}

static void arrived(void *context, const struct sim_request *request)
{
    struct answers *seen = &((struct loops *)context)->seen;
    seen->items[seen->count++] = (struct answer){
        .op = request->engine.op,
        .offset = request->engine.offset,
        .arrival_ns = request->engine.arrival_ns,
    };
}

static void done(void *context, const struct sim_request *request, int64_t now_ns)
{
    ((struct loops *)context)->seen.items[sim_request_seq(request)].complete_ns = now_ns;
}

#define MEMBERS "members: [{id: a, group: g}, {id: b, group: g}]\n"

// The loops of a seed under these limits, all of it.
static struct answers simulate(uint64_t seed, const char *limits, struct loops *loops)
{
    static const struct replay_observer observer = {.arrival = arrived, .complete = done};
    static const enum loop_kind kinds[LOOPS] = {LOOP_SYNC, LOOP_BATCH, LOOP_WAL,
                                                LOOP_SYNC, LOOP_FSYNC, LOOP_JOURNAL};
    struct replay replay;
    struct sim_error error;
    char text[500];
    *loops = (struct loops){.arrivals = {.advance = advance, .completed = completed}};
    loops->seen.items =
        calloc(sizeof loops->owners / sizeof loops->owners[0], sizeof *loops->seen.items);
    for (uint32_t i = 0; i < LOOPS; i++) {
        loops->items[i] = (struct loop){.kind = kinds[i], .state = seed * 100 + i};
        loops->items[i].due_ns = kinds[i] == LOOP_JOURNAL ? INT64_MAX : think(&loops->items[i]);
    }
    choose(loops);
    snprintf(text, sizeof text,
             "groups: [{id: g, limits: {%s}}]\ntrace: loops.csv\n"
             "device: {model: fixed, latency: 1900us}\n" MEMBERS,
             limits);
    struct scenario *scenario = lab_load("run.yaml", text, &error);
    struct replay_supply supply = {.arrivals = &loops->arrivals};
    if (scenario == NULL || !replay_open(&replay, scenario, &supply, &error) ||
        !replay_start(&replay, &observer, loops))
        fail_msg("%s", error.message);
    while (replay_next(&replay) == REPLAY_MORE)
        ;
    assert_null(loops->arrivals.next);
    replay_close(&replay);
    scenario_free(scenario);
    return loops->seen;
}

// As a recording of it would be.
static void record(const struct loops *loops)
{
    static const char *const ops[] = {
        [ENGINE_READ] = "read", [ENGINE_WRITE] = "write", [ENGINE_FLUSH] = "flush"};
    FILE *out = fopen(scratch_path("loops.csv"), "w");
    assert_non_null(out);
    fputs(STREAM_HEADER, out);
    for (size_t i = 0; i < loops->seen.count; i++) {
        const struct answer *at = &loops->seen.items[i];
        uint32_t owner = loops->owners[i];
        bool is_flush = at->op == ENGINE_FLUSH;
        bool is_a = owner % 2 == 0 || owner >= 4;
        fprintf(out, "%" PRId64 ",%s,%" PRIu64 ",%d,%c,%" PRId64 ",loop%" PRIu32 "\n",
                at->arrival_ns, ops[at->op], at->offset, is_flush ? 0 : 4096 << (owner % 3),
                is_a ? 'a' : 'b', at->complete_ns - at->arrival_ns, owner);
    }
    fclose(out);
}

static void predicted_is_simulated(void **state)
{
    (void)state;
    static const char *const limits[] = {
        "iops-total: 100",
        "iops-total: 60, iops-total-max: 300, iops-total-max-length: 2",
        "bps-total: 700000",
        "iops-read: 25, bps-write: 400000",
        "iops-total: 80, iops-size: 8192",
        "bps-total: 500000, bps-total-max: 4000000"};
    static struct loops loops;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        char text[500];
        const char *under = limits[seed % 6];
        struct answers unlimited = simulate(seed, "", &loops);
        record(&loops);
        answers_free(&unlimited);
        struct answers simulated = simulate(seed, under, &loops);
        snprintf(text, sizeof text,
                 "groups: [{id: g, limits: {%s}}]\ntrace: {path: loops.csv, arrivals: dependent}\n"
                 "device: {model: fixed, latency: 1900us}\n" MEMBERS,
                 under);
        struct answers predicted = answers_of(text);
        assert_int_equal(predicted.streams.call_count, 1);
        assert_int_equal(predicted.count, simulated.count);
        for (size_t i = 0; i < predicted.count; i++) {
            assert_int_equal(predicted.items[i].arrival_ns, simulated.items[i].arrival_ns);
            assert_int_equal(predicted.items[i].complete_ns, simulated.items[i].complete_ns);
        }
        answers_free(&predicted);
        answers_free(&simulated);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(predicted_is_simulated),
};
TEST_GROUP(loops, tests, scratch_make, scratch_remove);
