// SPDX-License-Identifier: GPL-2.0-or-later
// Who sent a request, beside a slow and obvious model.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <stdio.h>

#define MODEL_SECTORS 256
#define MODEL_EVENTS 4000

// Of each sector which Q waits for it, of each direction; 0: none.
struct model {
    uint32_t waiting[2][MODEL_SECTORS];
    uint32_t pids[MODEL_EVENTS + 1]; // by number of the Q
    uint32_t queued;
    uint32_t expected[MODEL_EVENTS]; // of each D
    size_t issued;
};

static bool model_is_free(const struct model *model, unsigned writes, uint64_t at, uint64_t count)
{
    bool is_free = true;
    for (uint64_t i = at; i < at + count; i++)
        is_free = is_free && model->waiting[writes][i] == 0;
    return is_free;
}

static void model_event(struct model *model, uint64_t *seed, struct event *event)
{
    unsigned writes = random_next(seed) % 2;
    bool queues = random_next(seed) % 2 == 0;
    uint64_t at = random_next(seed) % (MODEL_SECTORS - 32);
    uint64_t count = 1 + random_next(seed) % 32;
    queues = queues && model_is_free(model, writes, at, count);
    *event = (struct event){
        .action = queues ? (writes ? EVENT_QUEUE_WRITE : EVENT_QUEUE_READ)
                         : (writes ? EVENT_ISSUE_WRITE : EVENT_ISSUE_READ),
        .pid = 1 + (uint32_t)(random_next(seed) % 50),
        .sector = at,
        .bytes = (uint32_t)count * 512,
    };
    if (queues)
        model->pids[++model->queued] = event->pid;
    uint32_t first = UINT32_MAX;
    for (uint64_t i = at; i < at + count; i++) {
        uint32_t *waiting = &model->waiting[writes][i];
        if (!queues && *waiting > 0 && *waiting < first)
            first = *waiting;
        *waiting = queues ? model->queued : 0;
    }
    if (!queues)
        model->expected[model->issued++] = first == UINT32_MAX ? 0 : model->pids[first];
}

static void test_slow_model(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 20; round++) {
        static struct model model;
        struct bytes bytes = {0};
        uint64_t seed = round;
        model = (struct model){0};
        for (uint32_t i = 0; i < MODEL_EVENTS; i++) {
            struct event event;
            model_event(&model, &seed, &event);
            event.time_ns = i + 1;
            bytes_event(&bytes, &event, false);
        }
        scratch_write("model.bin", bytes.data, bytes.length);
        bytes_free(&bytes);
        struct reading reading = read_config(&(struct trace_config){
            .path = scratch_path("model.bin"),
            .arrival = round % 2 == 0 ? TRACE_ARRIVAL_ISSUE : TRACE_ARRIVAL_AUTO,
            .wants_streams = true});
        assert_int_equal(reading.count, model.issued);
        for (size_t i = 0; i < reading.count; i++) {
            char expected[16] = "";
            if (model.expected[i] > 0)
                snprintf(expected, sizeof expected, "%u", model.expected[i]);
            assert_string_equal(trace_stream_name(reading.trace, reading.requests[i].stream),
                                expected);
        }
        reading_free(&reading);
    }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_slow_model)};

TEST_GROUP(sender_model, tests, scratch_make, scratch_remove);
