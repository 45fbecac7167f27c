// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/sim/answers_lab.h"

#include "sim/arrivals/graph.h"

#include <stdlib.h>
#include <string.h>

static void arrived(void *context, const struct sim_request *request)
{
    struct answers *answers = context;
    const struct graph_node *node = request->origin;
    if (answers->count == answers->capacity) {
        answers->capacity = answers->capacity == 0 ? 1024 : answers->capacity * 2;
        answers->items = realloc(answers->items, answers->capacity * sizeof *answers->items);
        assert_non_null(answers->items);
    }
    assert_int_equal(request->seq, answers->count);
    answers->items[answers->count++] = (struct answer){
        .order = node != NULL ? node->order : request->seq,
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
    answers->items[request->seq].dispatch_ns = request->engine.dispatch_ns;
}

static void completed(void *context, const struct sim_request *request, int64_t now_ns)
{
    struct answers *answers = context;
    answers->items[request->seq].complete_ns = now_ns;
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
