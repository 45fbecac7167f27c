// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/sim/answers_lab.h"

#include "sim/arrivals/graph.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void arrived(void *context, const struct sim_request *request)
{
    struct answers *answers = context;
    const struct graph_node *node = sim_request_origin(request);
    if (answers->count == answers->capacity) {
        answers->capacity = answers->capacity == 0 ? 1024 : answers->capacity * 2;
        answers->items = realloc(answers->items, answers->capacity * sizeof *answers->items);
        assert_non_null(answers->items);
    }
    assert_int_equal(sim_request_seq(request), answers->count);
    answers->items[answers->count++] = (struct answer){
        .order = node != NULL ? node->order : sim_request_seq(request),
        .stream = node != NULL ? node->stream : STREAM_NONE,
        .member = request->engine.member,
        .op = request->engine.op,
        .offset = request->engine.offset,
        .arrival_ns = request->engine.arrival_ns,
        .dispatch_ns = INT64_MAX,
        .complete_ns = INT64_MAX,
    };
}

static void dispatched(void *context, const struct sim_request *request)
{
    struct answers *answers = context;
    answers->items[sim_request_seq(request)].dispatch_ns = request->engine.dispatch_ns;
}

static void completed(void *context, const struct sim_request *request, int64_t now_ns)
{
    struct answers *answers = context;
    answers->items[sim_request_seq(request)].complete_ns = now_ns;
}

struct answers answers_of(const char *text)
{
    static const struct replay_observer observer = {
        .arrival = arrived,
        .dispatch = dispatched,
        .complete = completed,
    };
    struct answers answers = {.items = NULL};
    struct replay replay;
    struct sim_error error = {.message = ""};
    struct scenario *scenario = lab_load("run.yaml", text, &error);
    if (scenario == NULL || !replay_open(&replay, scenario, NULL, &error) ||
        !replay_start(&replay, &observer, &answers))
        fail_msg("%s", error.message);
    enum replay_step step;
    do {
        step = replay_next(&replay);
        uint64_t held = replay.senders.answers ? dependent_held(replay.senders.dependent) : 0;
        answers.held_max = held > answers.held_max ? held : answers.held_max;
    } while (step == REPLAY_MORE);
    if (step != REPLAY_FINISHED)
        fail_msg("%s", error.message);
    answers.streams = replay.senders.streams;
    replay.senders.streams = (struct streams){0};
    answers.digest = replay.digest.sum;
    replay_close(&replay);
    scenario_free(scenario);
    return answers;
}

void answers_free(struct answers *answers)
{
    streams_free(&answers->streams);
    free(answers->items);
}

uint32_t answers_stream(const struct answers *answers, const char *name)
{
    for (uint32_t i = 0; i < answers->streams.count; i++)
        if (strcmp(answers->streams.items[i].name, name) == 0)
            return i;
    fail_msg("no stream %s", name);
    return STREAM_NONE;
}

const char *const answers_names[ANSWERS_NAMES] = {"a",           "b",          "c", "kworker/0:1",
                                                  "kworker/1:2", "jbd2/vdc-8", "d"};

void answers_write_random(uint64_t seed, const char *file, const char *const names[ANSWERS_NAMES],
                          int64_t shift_ns)
{
    static const char *const ops[] = {"read", "write", "write", "flush", "discard"};
    static const int64_t steps_ns[] = {0, 1, 1000, 40000, 300000, 4000000, 60000000};
    uint64_t state = seed;
    FILE *out = fopen(scratch_path(file), "w");
    assert_non_null(out);
    fputs(STREAM_HEADER, out);
    size_t count = 20 + random_below(&state, 300);
    int64_t time_ns = shift_ns;
    uint64_t scale = 1 + random_below(&state, 7);
    for (size_t i = 0; i < count; i++) {
        time_ns += steps_ns[random_below(&state, scale)] * (int64_t)(1 + random_below(&state, 3));
        const char *op = ops[random_below(&state, 5)];
        bool is_flush = strcmp(op, "flush") == 0;
        const char *name = names[random_below(&state, ANSWERS_NAMES)];
        fprintf(out, "%" PRId64 ",%s,%zu,%d,vd%c,", time_ns, op, is_flush ? 0 : i * 4096,
                is_flush ? 0 : 4096, "cd"[random_below(&state, 2)]);
        if (random_below(&state, 40) > 0)
            fprintf(out, "%" PRIu64, random_below(&state, 2) * random_below(&state, 5000000));
        fprintf(out, ",%s\n", name);
    }
    fclose(out);
}

struct answers answers_replay(const char *trace, const char *device, const char *group,
                              const char *limits)
{
    char text[1000];
    snprintf(text, sizeof text,
             "trace: {%s}\ndevice: %s\n%s%s%smembers: [{id: vdc%s}, {id: vdd%s}]\n", trace, device,
             limits[0] != '\0' ? "groups: [{id: g, limits: {" : "", limits,
             limits[0] != '\0' ? "}}]\n" : "", group, group);
    return answers_of(text);
}

void answers_expect_same(const struct answers *a, const struct answers *b, int64_t shift_ns)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->items[i].order, b->items[i].order);
        assert_int_equal(a->items[i].arrival_ns + shift_ns, b->items[i].arrival_ns);
        assert_int_equal(a->items[i].dispatch_ns == INT64_MAX,
                         b->items[i].dispatch_ns == INT64_MAX);
        if (a->items[i].complete_ns != INT64_MAX)
            assert_int_equal(a->items[i].complete_ns + shift_ns, b->items[i].complete_ns);
        else
            assert_int_equal(b->items[i].complete_ns, INT64_MAX);
    }
}
