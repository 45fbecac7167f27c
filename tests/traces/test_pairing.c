// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of pairing one by one, and the bounds on its memory.
#include "tests/traces/trace_files.h"

#include "tests/support/test_group.h"
#include "traces/blktrace/blktrace_pair.h"

// Each case is a short recording and the latencies of its requests, in order of arrival.
struct rule {
    const char *name;
    enum trace_arrival arrival;
    struct event events[8];
    int64_t latencies[4];
    size_t count;
};

#define EVENT(time, kind, at, size)                                                                \
    {                                                                                              \
        .time_ns = (time), .action = (kind), .sector = (at), .bytes = (size)                       \
    }
#define FUA 0x80000000U
#define UNKNOWN TRACE_LATENCY_UNKNOWN

static const struct rule rules[] = {
    {"the same twice: the older first",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_READ, 8, 4096), EVENT(150, EVENT_QUEUE_READ, 8, 4096),
      EVENT(300, EVENT_COMPLETE_READ, 8, 4096), EVENT(500, EVENT_COMPLETE_READ, 8, 4096)},
     {200, 350},
     2},
    {"the same start: the one of the completion's length",
     TRACE_ARRIVAL_ISSUE,
     {EVENT(100, EVENT_ISSUE_READ, 8, 4096), EVENT(150, EVENT_ISSUE_READ, 8, 8192),
      EVENT(300, EVENT_COMPLETE_READ, 8, 8192), EVENT(500, EVENT_COMPLETE_READ, 8, 4096)},
     {400, 150},
     2},
    {"a read does not complete a write",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_WRITE, 8, 4096), EVENT(150, EVENT_QUEUE_READ, 8, 4096),
      EVENT(300, EVENT_COMPLETE_READ, 8, 4096)},
     {UNKNOWN, 150},
     2},
    {"a flush that was queued ends without the flush bit",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_FLUSH, 0, 0), EVENT(150, EVENT_ISSUE_FLUSH, 0, 0),
      EVENT(300, EVENT_COMPLETE_FLUSH, 0, 0), EVENT(310, EVENT_COMPLETE_EMPTY, 0, 0)},
     {210},
     1},
    {"a flush that was issued ends with it",
     TRACE_ARRIVAL_ISSUE,
     {EVENT(100, EVENT_QUEUE_FLUSH, 0, 0), EVENT(150, EVENT_ISSUE_FLUSH, 0, 0),
      EVENT(300, EVENT_COMPLETE_FLUSH, 0, 0), EVENT(310, EVENT_COMPLETE_EMPTY, 0, 0)},
     {150},
     1},
    {"a write with a flush before and after it ends when it is flushed",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_FLUSH_WRITE, 80, 4096), EVENT(150, EVENT_ISSUE_FLUSH, 0, 0),
      EVENT(200, EVENT_COMPLETE_FLUSH, 0, 0), EVENT(250, EVENT_ISSUE_WRITE, 80, 4096),
      EVENT(300, EVENT_COMPLETE_WRITE, 80, 4096), EVENT(350, EVENT_ISSUE_FLUSH, 0, 0),
      EVENT(400, EVENT_COMPLETE_FLUSH, 0, 0), EVENT(410, EVENT_COMPLETE_EMPTY, 80, 0)},
     {310},
     1},
    {"to the device it is three requests",
     TRACE_ARRIVAL_ISSUE,
     {EVENT(100, EVENT_QUEUE_FLUSH_WRITE, 80, 4096), EVENT(150, EVENT_ISSUE_FLUSH, 0, 0),
      EVENT(200, EVENT_COMPLETE_FLUSH, 0, 0), EVENT(250, EVENT_ISSUE_WRITE, 80, 4096),
      EVENT(300, EVENT_COMPLETE_WRITE, 80, 4096), EVENT(350, EVENT_ISSUE_FLUSH, 0, 0),
      EVENT(400, EVENT_COMPLETE_FLUSH, 0, 0), EVENT(410, EVENT_COMPLETE_EMPTY, 80, 0)},
     {50, 50, 50},
     3},
    {"a write that is to be on the medium, of a device that cannot do it itself",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_WRITE | FUA, 80, 4096), EVENT(250, EVENT_ISSUE_WRITE, 80, 4096),
      EVENT(300, EVENT_COMPLETE_WRITE, 80, 4096), EVENT(350, EVENT_ISSUE_FLUSH, 0, 0),
      EVENT(400, EVENT_COMPLETE_FLUSH, 0, 0), EVENT(410, EVENT_COMPLETE_EMPTY, 80, 0)},
     {310},
     1},
    {"the same of a device that can",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_WRITE | FUA, 80, 4096), EVENT(250, EVENT_ISSUE_WRITE | FUA, 80, 4096),
      EVENT(300, EVENT_COMPLETE_WRITE | FUA, 80, 4096)},
     {200},
     1},
    {"a write with a flush before it, of such a device, ends with its own completion",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_FLUSH_WRITE, 80, 4096), EVENT(150, EVENT_ISSUE_FLUSH, 0, 0),
      EVENT(200, EVENT_COMPLETE_FLUSH, 0, 0), EVENT(250, EVENT_ISSUE_WRITE | FUA, 80, 4096),
      EVENT(300, EVENT_COMPLETE_WRITE | FUA, 80, 4096), EVENT(305, EVENT_COMPLETE_EMPTY, 80, 0)},
     {205},
     1},
    {"a device mapper ends it once, without the flush bit",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_FLUSH_WRITE, 80, 4096),
      EVENT(300, EVENT_COMPLETE_WRITE | FUA, 80, 4096), EVENT(400, EVENT_QUEUE_WRITE, 80, 4096),
      EVENT(450, EVENT_COMPLETE_WRITE, 80, 4096)},
     {200, 50},
     2},
    {"each half of a flushed write that was split ends by itself",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_WRITE | FUA, 8, 8192),
      {.time_ns = 110,
       .sector = 8,
       .bytes = 8192,
       .action = EVENT_SPLIT_WRITE,
       .pdu_bytes = 8,
       .pdu = {0, 0, 0, 0, 0, 0, 0, 16}},
      EVENT(200, EVENT_COMPLETE_WRITE, 16, 4096),
      EVENT(210, EVENT_COMPLETE_WRITE, 8, 4096),
      EVENT(300, EVENT_COMPLETE_FLUSH, 0, 0),
      EVENT(310, EVENT_COMPLETE_EMPTY, 8, 0),
      EVENT(320, EVENT_COMPLETE_EMPTY, 16, 0)},
     {220},
     1},
    {"data written in two pieces end where the second began",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_WRITE | FUA, 8, 8192), EVENT(200, EVENT_COMPLETE_WRITE, 8, 4096),
      EVENT(210, EVENT_COMPLETE_WRITE, 16, 4096), EVENT(300, EVENT_COMPLETE_FLUSH, 0, 0),
      EVENT(310, EVENT_COMPLETE_EMPTY, 16, 0)},
     {210},
     1},
    {"a write that is never said to be flushed",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_WRITE | FUA, 8, 4096), EVENT(200, EVENT_COMPLETE_WRITE, 8, 4096),
      EVENT(300, EVENT_QUEUE_WRITE, 8, 4096), EVENT(350, EVENT_COMPLETE_WRITE, 8, 4096)},
     {UNKNOWN, 50},
     2},
    {"a requeued request arrives when it is issued again",
     TRACE_ARRIVAL_ISSUE,
     {EVENT(100, EVENT_ISSUE_WRITE, 8, 4096), EVENT(150, EVENT_REQUEUE_WRITE, 8, 4096),
      EVENT(200, EVENT_ISSUE_WRITE, 8, 4096), EVENT(300, EVENT_COMPLETE_WRITE, 8, 4096)},
     {100},
     1},
    {"what is left of a request that is requeued stays that request",
     TRACE_ARRIVAL_ISSUE,
     {EVENT(100, EVENT_ISSUE_WRITE, 8, 8192), EVENT(120, EVENT_COMPLETE_WRITE, 8, 4096),
      EVENT(150, EVENT_REQUEUE_WRITE, 16, 4096), EVENT(200, EVENT_ISSUE_WRITE, 16, 4096),
      EVENT(300, EVENT_COMPLETE_WRITE, 16, 4096)},
     {200},
     1},
    {"the front of a merged completion is unknown",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_WRITE, 16, 4096), EVENT(120, EVENT_QUEUE_WRITE, 24, 4096),
      EVENT(300, EVENT_COMPLETE_WRITE, 8, 12288)},
     {200, 180},
     2},
    {"the same, at any sector, and however long",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_WRITE, 1001, 512), EVENT(120, EVENT_QUEUE_WRITE, 1003, 4096),
      EVENT(300, EVENT_COMPLETE_WRITE, 8, 1003 * 512)},
     {200, 180},
     2},
    {"a loss does not shift later pairs",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_FLUSH, 0, 0),
      {.time_ns = 1100, .action = EVENT_QUEUE_FLUSH, .sequence = 3},
      EVENT(1200, EVENT_COMPLETE_EMPTY, 0, 0),
      EVENT(2000, EVENT_QUEUE_FLUSH, 0, 0),
      EVENT(2300, EVENT_COMPLETE_EMPTY, 0, 0)},
     {UNKNOWN, 100, 300},
     3},
    {"the split point follows the cgroup id",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_WRITE, 8, 8192),
      {.time_ns = 110,
       .sector = 8,
       .bytes = 8192,
       .action = EVENT_SPLIT_WRITE | EVENT_CGROUP,
       .pdu_bytes = 16,
       .pdu = {1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 16}},
      EVENT(200, EVENT_COMPLETE_WRITE, 16, 4096),
      EVENT(300, EVENT_COMPLETE_WRITE, 8, 4096)},
     {200},
     1},
    {"completions of the pieces, in any order",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_WRITE, 8, 12288), EVENT(120, EVENT_QUEUE_WRITE, 64, 4096),
      EVENT(200, EVENT_COMPLETE_WRITE, 16, 4096), EVENT(210, EVENT_COMPLETE_WRITE, 8, 4096),
      EVENT(250, EVENT_COMPLETE_WRITE, 64, 4096), EVENT(300, EVENT_COMPLETE_WRITE, 24, 4096)},
     {200, 130},
     2},
    {"a device mapper's split ends with the rest",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_WRITE, 8, 8192),
      {.time_ns = 110,
       .sector = 16,
       .bytes = 4096,
       .action = EVENT_SPLIT_WRITE,
       .pdu_bytes = 8,
       .pdu = {0, 0, 0, 0, 0, 0, 0, 16}},
      EVENT(300, EVENT_COMPLETE_WRITE, 16, 4096)},
     {200},
     1},
    {"a discard with the flush bit is a discard",
     TRACE_ARRIVAL_QUEUE,
     {EVENT(100, EVENT_QUEUE_DISCARD | 0x00040000, 8, 4096),
      EVENT(300, EVENT_COMPLETE_DISCARD, 8, 4096)},
     {200},
     1},
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule *rule = &rules[i];
        size_t events = 0;
        while (events < 8 && rule->events[events].time_ns != 0)
            events++;
        scratch_events("rule.bin", rule->events, events, false);
        struct reading reading = read_trace(scratch_path("rule.bin"), rule->arrival, NULL);
        bool good = reading.result == TRACE_END && reading.count == rule->count;
        for (size_t j = 0; good && j < rule->count; j++)
            good = reading.requests[j].latency_ns == rule->latencies[j];
        if (!good)
            fail_msg("%s", rule->name);
        reading_free(&reading);
    }
}

// What people really have: pieces of a device mapper's stripes and of a mirror, and a flushed
// write. The latencies are summed up by hand.
static void test_cases(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t count;
        size_t unknown; // in flight when it ended
        int64_t reads_ns;
        int64_t writes_ns;
    } cases[] = {
        {TEST_SOURCE_DIR "/traces/cases/t02-dm-striped-split.blktrace.0", 9, 1, 4046560, 31357240},
        {TEST_SOURCE_DIR "/traces/cases/t02b-raid10-middle-completion.bin", 13, 1, 59159740,
         38082840},
        {TEST_SOURCE_DIR "/traces/cases/t20-fua-latency.txt", 1, 0, 0, 2740845},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reading reading = read_trace(cases[i].path, TRACE_ARRIVAL_QUEUE, NULL);
        int64_t sums[TRACE_OP_COUNT] = {0};
        size_t unknown = 0;
        assert_int_equal(reading.result, TRACE_END);
        assert_int_equal(reading.count, cases[i].count);
        for (size_t j = 0; j < reading.count; j++) {
            const struct trace_request *request = &reading.requests[j];
            unknown += request->latency_ns == UNKNOWN;
            sums[request->op] += request->latency_ns == UNKNOWN ? 0 : request->latency_ns;
        }
        assert_int_equal(unknown, cases[i].unknown);
        assert_int_equal(sums[TRACE_READ], cases[i].reads_ns);
        assert_int_equal(sums[TRACE_WRITE], cases[i].writes_ns);
        reading_free(&reading);
    }
}

#define ARRIVALS 1000000

// Only arrivals, as of `blktrace -a queue`: handed out as the bound on what waits is reached.
static void test_no_completions_at_all(void **state)
{
    (void)state;
    struct blktrace_pairing pairing;
    struct trace_request request;
    uint64_t taken = 0;
    blktrace_pairing_init(&pairing, TRACE_ARRIVAL_QUEUE, false);
    for (uint64_t i = 0; i < ARRIVALS; i++) {
        struct blktrace_record record = {.time_ns = i,
                                         .action = BLKTRACE_QUEUE,
                                         .category = 1,
                                         .offset = i % 1000 * 4096,
                                         .bytes = 4096};
        assert_true(blktrace_pairing_event(&pairing, &record, 0));
        while (blktrace_pairing_take(&pairing, &request)) {
            assert_int_equal(request.arrival_ns, taken++);
            assert_int_equal(request.latency_ns, TRACE_LATENCY_UNKNOWN);
        }
        assert_true(pairing.fragments.live <= BLKTRACE_FRAGMENTS_MAX);
    }
    assert_int_equal(taken, ARRIVALS - BLKTRACE_FRAGMENTS_MAX);
    blktrace_pairing_end(&pairing);
    while (blktrace_pairing_take(&pairing, &request))
        taken++;
    assert_int_equal(taken, ARRIVALS);
    assert_int_equal(pairing.no_completion, ARRIVALS);
    blktrace_pairing_free(&pairing);
}

// One request that never ends holds back at most as many as the window has room for.
static void test_one_stuck_request(void **state)
{
    (void)state;
    struct blktrace_pairing pairing;
    struct trace_request request;
    struct blktrace_record record = {.action = BLKTRACE_ISSUE, .category = 1, .bytes = 4096};
    blktrace_pairing_init(&pairing, TRACE_ARRIVAL_ISSUE, false);
    assert_true(blktrace_pairing_event(&pairing, &record, 0));
    uint64_t sent = 0;
    while (!blktrace_pairing_take(&pairing, &request)) {
        sent++;
        record = (struct blktrace_record){.time_ns = sent,
                                          .action = BLKTRACE_ISSUE,
                                          .category = 1,
                                          .offset = 8192,
                                          .bytes = 4096};
        assert_true(blktrace_pairing_event(&pairing, &record, 0));
        record.action = BLKTRACE_COMPLETE;
        assert_true(blktrace_pairing_event(&pairing, &record, 0));
    }
    assert_int_equal(sent, BLKTRACE_WINDOW_MAX);
    assert_int_equal(request.arrival_ns, 0);
    assert_int_equal(request.latency_ns, TRACE_LATENCY_UNKNOWN);
    blktrace_pairing_free(&pairing);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_rules),
    cmocka_unit_test(test_cases),
    cmocka_unit_test(test_no_completions_at_all),
    cmocka_unit_test(test_one_stuck_request),
};
TEST_GROUP(pairing, tests, NULL, NULL);
