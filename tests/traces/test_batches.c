// SPDX-License-Identifier: GPL-2.0-or-later
// Requests that were handed over together come in the order of their Q.
#include "tests/support/test_group.h"
#include "tests/traces/recordings.h"

#include <stdio.h>

#define EVENT(at, kind, where, length)                                                             \
    {                                                                                              \
        .time_ns = (at), .action = EVENT_##kind, .sector = (where), .bytes = (length)*512          \
    }
#define MS 1000000

// "SECTOR@TIME+LATENCY ..." of all requests.
static void check(const struct event *events, size_t count, enum trace_batch_order order,
                  const char *expected, uint64_t batches)
{
    char text[1000] = "";
    scratch_events("batches.bin", events, count, false);
    struct reading reading = read_config(&(struct trace_config){
        .path = scratch_path("batches.bin"), .arrival = TRACE_ARRIVAL_AUTO, .batch_order = order});
    assert_int_equal(reading.result, TRACE_END);
    for (size_t i = 0, used = 0; i < reading.count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d@%d%+d", i > 0 ? " " : "",
                                 (int)(reading.requests[i].offset / 512),
                                 (int)reading.requests[i].arrival_ns,
                                 (int)reading.requests[i].latency_ns);
    assert_string_equal(text, expected);
    assert_int_equal(reading_notice(&reading, "batch-order"), batches);
    reading_free(&reading);
}

// Three that are issued in the reverse order, the middle one merged from two; they complete in that
// of their Q, after they waited.
static const struct event reversed[] = {
    EVENT(10, QUEUE_READ, 0, 8),         EVENT(20, QUEUE_READ, 24, 8),
    EVENT(30, QUEUE_READ, 40, 8),        EVENT(40, QUEUE_READ, 16, 8),
    EVENT(100, ISSUE_READ, 40, 8),       EVENT(110, COMPLETE_WRITE, 900, 8),
    EVENT(200, ISSUE_READ, 16, 16),      EVENT(300, ISSUE_READ, 0, 8),
    EVENT(5 * MS, COMPLETE_READ, 0, 8),  EVENT(6 * MS, COMPLETE_READ, 16, 16),
    EVENT(7 * MS, COMPLETE_READ, 40, 8),
};
#define REVERSED_COUNT (sizeof reversed / sizeof reversed[0])
#define AS_ISSUED "40@100+6999900 16@200+5999800 0@300+4999700"
#define AS_QUEUED "0@100+4999900 16@200+5999800 40@300+6999700"

static void test_order(void **state)
{
    (void)state;
    check(reversed, REVERSED_COUNT, TRACE_BATCH_ISSUE, AS_ISSUED, 0);
    check(reversed, REVERSED_COUNT, TRACE_BATCH_QUEUE, AS_QUEUED, 1);
    check(reversed, REVERSED_COUNT, TRACE_BATCH_AUTO, AS_QUEUED, 1);
}

// Completions in the order of issue, or no waiting: as issued.
static void test_nothing_to_gain(void **state)
{
    struct event events[REVERSED_COUNT];
    (void)state;
    for (size_t i = 0; i < REVERSED_COUNT; i++)
        events[i] = reversed[i];
    events[8].sector = 40;
    events[10].sector = 0;
    check(events, REVERSED_COUNT, TRACE_BATCH_AUTO, "40@100+4999900 16@200+5999800 0@300+6999700",
          0);
    for (size_t i = 0; i < REVERSED_COUNT; i++)
        events[i] = reversed[i];
    for (size_t i = 8; i < REVERSED_COUNT; i++)
        events[i].time_ns /= 10;
    check(events, REVERSED_COUNT, TRACE_BATCH_AUTO, "40@100+699900 16@200+599800 0@300+499700", 0);
}

// What ends a batch: another event of that device on that CPU, a gap.
static void test_ends(void **state)
{
    struct event between[REVERSED_COUNT], late[REVERSED_COUNT], elsewhere[REVERSED_COUNT];
    (void)state;
    for (size_t i = 0; i < REVERSED_COUNT; i++)
        between[i] = late[i] = elsewhere[i] = reversed[i];
    between[5].action = EVENT_PLUG;
    check(between, REVERSED_COUNT, TRACE_BATCH_QUEUE, "40@100+6999900 0@200+4999800 16@300+5999700",
          1);
    late[6].time_ns = 200101;
    late[7].time_ns = 400101;
    check(late, REVERSED_COUNT, TRACE_BATCH_QUEUE,
          "40@100+6999900 0@200101+4799899 16@400101+5599899", 1);
    // What happens on another CPU is nothing between.
    elsewhere[5].action = EVENT_PLUG;
    elsewhere[5].cpu = 1;
    elsewhere[5].sequence = 1;
    for (uint32_t i = 6; i < REVERSED_COUNT; i++)
        elsewhere[i].sequence = i;
    check(elsewhere, REVERSED_COUNT, TRACE_BATCH_QUEUE, AS_QUEUED, 1);
}

// No request may come after its own completion, and none without a Q has a place.
static void test_left_alone(void **state)
{
    struct event events[REVERSED_COUNT];
    (void)state;
    for (size_t i = 0; i < REVERSED_COUNT; i++)
        events[i] = reversed[i];
    events[5] = (struct event)EVENT(150, COMPLETE_READ, 40, 8);
    check(events, REVERSED_COUNT - 1, TRACE_BATCH_QUEUE, "40@100+50 16@200+5999800 0@300+4999700",
          0);
    for (size_t i = 0; i < REVERSED_COUNT; i++)
        events[i] = reversed[i];
    events[2].action = EVENT_QUEUE_WRITE;
    check(events, REVERSED_COUNT, TRACE_BATCH_QUEUE, AS_ISSUED, 0);
}

// Nothing is lost or made: requests and completions are the same, and times go on.
static void test_recordings(void **state)
{
    uint64_t reordered = 0;
    (void)state;
    recordings_needed();
    for (size_t i = 0; i < RECORDING_COUNT; i++) {
        struct trace_config config = {.path = recording_path(recordings[i]),
                                      .arrival = TRACE_ARRIVAL_ISSUE};
        struct reading issued = read_config(&config);
        config.batch_order = TRACE_BATCH_QUEUE;
        struct reading queued = read_config(&config);
        uint64_t ends[2] = {0, 0}, places[2] = {0, 0};
        assert_int_equal(issued.count, queued.count);
        for (size_t k = 0; k < issued.count; k++) {
            const struct trace_request *requests[] = {&issued.requests[k], &queued.requests[k]};
            assert_int_equal(requests[0]->arrival_ns, requests[1]->arrival_ns);
            for (int n = 0; n < 2; n++) {
                uint64_t end = (uint64_t)(requests[n]->arrival_ns + requests[n]->latency_ns);
                ends[n] += end * (requests[n]->offset | 1);
                places[n] += requests[n]->offset * (requests[n]->bytes | 1);
            }
        }
        assert_true(ends[0] == ends[1] && places[0] == places[1]);
        reordered += reading_notice(&queued, "batch-order");
        reading_free(&issued);
        reading_free(&queued);
    }
    assert_true(reordered > 100);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_order),      cmocka_unit_test(test_nothing_to_gain),
    cmocka_unit_test(test_ends),       cmocka_unit_test(test_left_alone),
    cmocka_unit_test(test_recordings),
};

TEST_GROUP(batches, tests, scratch_make, scratch_remove);
