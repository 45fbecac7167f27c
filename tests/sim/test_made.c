// SPDX-License-Identifier: GPL-2.0-or-later
// Made workloads whose clients wait: replayed under limits they are what a plain simulation of the
// clients does under these limits, to the nanosecond; without limits they are what was made.
#include "tests/sim/answers_lab.h"
#include "tests/support/test_group.h"

#include "sim/workload/synth/synth_spec.h"
#include "traces/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 24
#define REQUESTS_MAX 4000
#define CLIENTS_MAX 32

static const char spec_text[] =
    "seed: %u\nduration: 2s\nvolumes:\n"
    "  - id: a\n    count: 2\n    latency: {law: lognormal, mean: 900us, shape: 0.9}\n"
    "    arrivals: {process: closed, clients: 5, think: {law: exponential, mean: 30ms}}\n"
    "  - {id: b, arrivals: {process: closed, clients: 3, think: 7ms}, latency: 2ms}\n"
    "  - {id: c, arrivals: {process: closed, clients: 1}, latency: {mean: 5ms},\n"
    "     mix: [{op: write, sizes: 64KiB}, {op: flush}]}\n"
    "  - {id: d, arrivals: {process: poisson, rate: 50}, batch: {mean: 3}, latency: 1ms}\n"
    "  - {id: e, arrivals: {process: constant, rate: 20}}\n";

struct made {
    struct arrivals arrivals; // first: they lead back to it
    struct trace_request requests[REQUESTS_MAX];
    int64_t due_ns[REQUESTS_MAX];   // INT64_MAX: sent, or not yet known
    size_t following[REQUESTS_MAX]; // of the same client, or REQUESTS_MAX
    size_t sent[REQUESTS_MAX];      // in order
    size_t count, sent_count;
    struct arrival next;
    struct answers seen;
};

// Makes the workload, and a file of it.
static void make(struct made *made, unsigned seed, bool has_streams)
{
    char text[sizeof spec_text + 20];
    struct synth_spec spec;
    struct sim_error sim_error;
    struct trace_error error;
    struct trace_writer_config config = {.path = scratch_path("made.csv"),
                                         .has_streams = has_streams};
    snprintf(text, sizeof text, spec_text, seed);
    if (!synth_spec_parse(&spec, "spec", text, strlen(text), &sim_error))
        fail_msg("%s", sim_error.message);
    struct synth *synth = synth_open(&spec, &error);
    struct trace_writer *writer = trace_writer_open(&config, &error);
    assert_non_null(synth);
    assert_non_null(writer);
    assert_true(synth_has_clients(synth));
    struct trace_request request;
    for (made->count = 0; synth_read(synth, &request, &error) == TRACE_REQUEST; made->count++) {
        assert_true(made->count < REQUESTS_MAX);
        made->requests[made->count] = request;
        assert_true(trace_writer_put(writer, &request, synth_volume_name(synth, request.volume),
                                     has_streams ? synth_stream_name(synth, &request) : NULL,
                                     &error));
    }
    assert_true(trace_writer_finish(writer, &error));
    trace_writer_free(writer);
    synth_close(synth);
    synth_spec_free(&spec);
}

// ---- The clients ----

static void choose(struct made *made)
{
    size_t first = 0;
    for (size_t i = 1; i < made->count; i++)
        first = made->due_ns[i] < made->due_ns[first] ? i : first;
    made->arrivals.next = made->due_ns[first] == INT64_MAX ? NULL : &made->next;
    made->next = (struct arrival){.time_ns = made->due_ns[first],
                                  .request = made->requests[first],
                                  .member = made->requests[first].volume};
    made->sent[made->sent_count] = first;
}

static bool advance(struct arrivals *arrivals, struct sim_error *error)
{
    (void)error;
    struct made *made = (struct made *)arrivals;
    made->due_ns[made->sent[made->sent_count++]] = INT64_MAX;
    choose(made);
    return true;
}

static void completed(struct arrivals *arrivals, const struct sim_request *request, int64_t now_ns)
{
    struct made *made = (struct made *)arrivals;
    size_t done = made->sent[sim_request_seq(request)], next = made->following[done];
    if (next == REQUESTS_MAX)
        return;
    int64_t end_ns = made->requests[done].arrival_ns + made->requests[done].latency_ns;
    made->due_ns[next] = now_ns + made->requests[next].arrival_ns - end_ns;
    choose(made);
}

// All that does not wait comes when it was made.
static void start(struct made *made)
{
    size_t last[8][CLIENTS_MAX];
    memset(last, 0xff, sizeof last);
    made->sent_count = 0;
    made->arrivals = (struct arrivals){.advance = advance, .completed = completed};
    for (size_t i = 0; i < made->count; i++) {
        const struct trace_request *request = &made->requests[i];
        size_t *before = &last[request->volume][request->stream];
        bool waits = request->stream > 0 && *before != SIZE_MAX;
        made->due_ns[i] = waits ? INT64_MAX : request->arrival_ns;
        made->following[i] = REQUESTS_MAX;
        if (waits)
            made->following[*before] = i;
        *before = i;
    }
    choose(made);
}

static void arrived(void *context, const struct sim_request *request)
{
    struct answers *seen = &((struct made *)context)->seen;
    seen->items[seen->count++] =
        (struct answer){.arrival_ns = request->engine.arrival_ns, .complete_ns = INT64_MAX};
}

static void done(void *context, const struct sim_request *request, int64_t now_ns)
{
    ((struct made *)context)->seen.items[sim_request_seq(request)].complete_ns = now_ns;
}

#define SCENARIO(trace)                                                                            \
    "groups: [{id: g, limits: {%s}}, {id: h, limits: {iops-total: 90}}]\ntrace: " trace            \
    "\ndevice: {model: recorded}\n"                                                                \
    "members: [{id: a-1, group: g}, {id: a-2, group: h}, {id: b, group: g}, {id: c, group: g},\n"  \
    "          {id: d, group: g}, {id: e, group: h}]\n"

static void simulate(struct made *made, const char *limits)
{
    static const struct replay_observer observer = {.arrival = arrived, .complete = done};
    struct replay replay;
    struct sim_error error;
    char text[700];
    made->seen = (struct answers){.items = calloc(REQUESTS_MAX, sizeof *made->seen.items)};
    start(made);
    snprintf(text, sizeof text, SCENARIO("made.csv"), limits);
    struct scenario *scenario = lab_load("run.yaml", text, &error);
    struct replay_supply supply = {.arrivals = &made->arrivals};
    if (scenario == NULL || !replay_open(&replay, scenario, &supply, &error) ||
        !replay_start(&replay, &observer, made))
        fail_msg("%s", error.message);
    while (replay_next(&replay) == REPLAY_MORE)
        ;
    assert_null(made->arrivals.next);
    replay_close(&replay);
    scenario_free(scenario);
}

// ---- The laws ----

static void replayed_is_simulated(void **state)
{
    (void)state;
    static const char *const limits[] = {
        "iops-total: 100", "iops-total: 60, iops-total-max: 300, iops-total-max-length: 2",
        "bps-total: 700000", "iops-read: 25, bps-write: 400000"};
    static struct made made;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        char text[700];
        make(&made, seed, true);
        simulate(&made, limits[seed % 4]);
        snprintf(text, sizeof text, SCENARIO("{path: made.csv, start-after: 5s}"),
                 limits[seed % 4]);
        struct answers replayed = answers_of(text);
        assert_int_equal(replayed.streams.call_count, 0);
        assert_int_equal(replayed.count, made.count);
        assert_int_equal(made.seen.count, made.count);
        for (size_t i = 0; i < made.count; i++) {
            assert_int_equal(replayed.items[i].arrival_ns, made.seen.items[i].arrival_ns);
            assert_int_equal(replayed.items[i].complete_ns, made.seen.items[i].complete_ns);
        }
        answers_free(&replayed);
        answers_free(&made.seen);
    }
}

static void unlimited_is_made(void **state)
{
    (void)state;
    static struct made made;
    static const char unlimited[] = "trace: made.csv\ndevice: {model: recorded}\nmembers: [{id: "
                                    "a-1}, {id: a-2}, {id: b}, {id: c}, {id: d}, {id: e}]\n";
    for (unsigned seed = 1; seed <= 3; seed++) {
        make(&made, seed, false);
        struct answers plain = answers_of(unlimited);
        make(&made, seed, true);
        struct answers answering = answers_of(unlimited);
        assert_true(plain.streams.count == 0 && answering.streams.count == 5 * 2 + 3 + 1 + 2);
        assert_int_equal(plain.count, made.count);
        assert_int_equal(answering.digest, plain.digest);
        for (uint32_t i = 0; i < answering.streams.count; i++) {
            const struct stream *stream = &answering.streams.items[i];
            bool is_open = strchr("de", stream->name[strlen(stream->name) - 1]) != NULL;
            assert_int_equal(stream->origin, STREAM_MADE);
            assert_int_equal(stream->kind, is_open ? SCENARIO_STREAM_OPEN : SCENARIO_STREAM_SYNC);
        }
        answers_free(&plain);
        answers_free(&answering);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(replayed_is_simulated),
    cmocka_unit_test(unlimited_is_made),
};
TEST_GROUP(made, tests, scratch_make, scratch_remove);
