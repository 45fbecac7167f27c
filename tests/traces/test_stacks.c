// SPDX-License-Identifier: GPL-2.0-or-later
// Devices that lie on others: only the top is taken, unless another is chosen.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <string.h>

#define TOP (253 << 20 | 0)
#define MIDDLE (253 << 20 | 1)
#define DISK (8 << 20 | 0)
#define PARTITION (8 << 20 | 2)
#define OTHER (8 << 20 | 16)

#define REMAP_PDU(from, to)                                                                        \
    .pdu_bytes = 16,                                                                               \
    .pdu = {                                                                                       \
        (from) >> 24 & 0xff, (from) >> 16 & 0xff, (from) >> 8 & 0xff, (from)&0xff,                 \
        (to) >> 24 & 0xff,   (to) >> 16 & 0xff,   (to) >> 8 & 0xff,   (to)&0xff,                   \
    }
#define EVENT(time, kind, where, at)                                                               \
    {                                                                                              \
        .time_ns = (time), .action = (kind), .device = (where), .sector = (at), .bytes = 4096      \
    }
#define REMAP(time, where, at, from, to)                                                           \
    {                                                                                              \
        .time_ns = (time), .action = EVENT_REMAP_READ, .device = (where), .sector = (at),          \
        .bytes = 4096, REMAP_PDU(from, to)                                                         \
    }

// A request of a volume on a partition, then one of the partition that comes from nowhere else,
// then one of another disk, which has a partition too.
static const struct event stacked[] = {
    EVENT(100, EVENT_QUEUE_READ, TOP, 8),       REMAP(110, DISK, 16, TOP, PARTITION),
    REMAP(120, DISK, 2064, PARTITION, DISK),    EVENT(130, EVENT_QUEUE_READ, DISK, 2064),
    EVENT(150, EVENT_ISSUE_READ, DISK, 2064),   EVENT(300, EVENT_COMPLETE_READ, DISK, 2064),
    EVENT(310, EVENT_COMPLETE_READ, TOP, 8),    REMAP(400, OTHER, 72, OTHER + 1, OTHER),
    EVENT(410, EVENT_QUEUE_READ, OTHER, 72),    EVENT(420, EVENT_ISSUE_READ, OTHER, 72),
    EVENT(500, EVENT_COMPLETE_READ, OTHER, 72), EVENT(600, EVENT_QUEUE_READ, DISK, 4096),
    EVENT(620, EVENT_ISSUE_READ, DISK, 4096),   EVENT(700, EVENT_COMPLETE_READ, DISK, 4096),
};
#define STACKED_COUNT (sizeof stacked / sizeof stacked[0])

static const struct trace_notice *find_notice(const struct trace *trace, const char *kind)
{
    for (size_t i = 0; i < trace_notice_count(trace); i++)
        if (strcmp(trace_notice(trace, i)->kind, kind) == 0)
            return trace_notice(trace, i);
    return NULL;
}

static void check(const struct reading *reading, size_t i, const char *volume, int64_t latency_ns)
{
    assert_true(i < reading->count);
    assert_string_equal(trace_volume_name(reading->trace, reading->requests[i].volume), volume);
    assert_int_equal(reading->requests[i].latency_ns, latency_ns);
}

static void test_top_is_taken(void **state)
{
    (void)state;
    scratch_events("stack.bin", stacked, STACKED_COUNT, false);
    struct reading reading = read_trace(scratch_path("stack.bin"), TRACE_ARRIVAL_AUTO, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 2);
    check(&reading, 0, "253,0", 210);
    check(&reading, 1, "8,16", 80);
    assert_int_equal(trace_volume_count(reading.trace), 2);
    assert_int_equal(trace_volume_arrival(reading.trace, 0), TRACE_ARRIVAL_QUEUE);
    assert_int_equal(trace_volume_arrival(reading.trace, 1), TRACE_ARRIVAL_ISSUE);
    const struct trace_notice *notice = find_notice(reading.trace, "stack");
    assert_non_null(notice);
    assert_int_equal(notice->count, 2);
    assert_string_equal(notice->text,
                        "253,0 lies on 8,0, as remaps (A) tell: only the top is taken, so that "
                        "nothing is counted twice; the requests of what it lies on (2) are left "
                        "out, and are taken if that device is chosen by its name.");
    assert_null(find_notice(reading.trace, "no-arrival"));
    assert_null(find_notice(reading.trace, "no-completion"));
    reading_free(&reading);
}

static void test_chosen_is_taken(void **state)
{
    (void)state;
    struct trace_error error;
    struct trace_request request;
    scratch_events("stack.bin", stacked, STACKED_COUNT, false);
    struct reading reading = read_trace(scratch_path("stack.bin"), TRACE_ARRIVAL_AUTO, "8,0");
    assert_int_equal(reading.count, 2);
    check(&reading, 0, "8,0", 150);
    check(&reading, 1, "8,0", 80);
    assert_null(find_notice(reading.trace, "stack"));
    reading_free(&reading);
    struct trace_config config = {
        .path = scratch_path("stack.bin"), .arrival = TRACE_ARRIVAL_AUTO, .keeps_stacks = true};
    struct trace *trace = trace_open(&config, &error);
    size_t count = 0;
    while (trace_read(trace, &request, &error) == TRACE_REQUEST)
        count++;
    assert_int_equal(count, 4);
    assert_int_equal(trace_volume_count(trace), 3);
    assert_null(find_notice(trace, "stack"));
    trace_close(trace);
}

// Without requests of its own, as with arrivals at D of a device that has none, it is no top.
static void test_without_a_top(void **state)
{
    (void)state;
    scratch_events("stack.bin", stacked, STACKED_COUNT, false);
    struct reading reading = read_trace(scratch_path("stack.bin"), TRACE_ARRIVAL_ISSUE, NULL);
    assert_int_equal(reading.count, 3);
    check(&reading, 0, "8,0", 150);
    assert_null(find_notice(reading.trace, "stack"));
    reading_free(&reading);
    scratch_events("lower.bin", stacked + 1, STACKED_COUNT - 1, false);
    reading = read_trace(scratch_path("lower.bin"), TRACE_ARRIVAL_AUTO, NULL);
    assert_int_equal(reading.count, 3);
    assert_null(find_notice(reading.trace, "stack"));
    reading_free(&reading);
}

// What lies on what lies on what; and devices that seem to lie on each other.
static void test_three_and_circles(void **state)
{
    (void)state;
    static const struct event three[] = {
        EVENT(100, EVENT_QUEUE_READ, MIDDLE, 80),   REMAP(105, TOP, 8, MIDDLE, TOP),
        EVENT(110, EVENT_QUEUE_READ, TOP, 8),       REMAP(120, DISK, 64, TOP, DISK),
        EVENT(130, EVENT_QUEUE_READ, DISK, 64),     EVENT(300, EVENT_COMPLETE_READ, DISK, 64),
        EVENT(310, EVENT_COMPLETE_READ, TOP, 8),    EVENT(320, EVENT_COMPLETE_READ, MIDDLE, 80),
        REMAP(400, MIDDLE, 8, DISK, MIDDLE),        EVENT(410, EVENT_QUEUE_READ, MIDDLE, 8),
        EVENT(420, EVENT_COMPLETE_READ, MIDDLE, 8),
    };
    scratch_events("three.bin", three, sizeof three / sizeof three[0], true);
    struct reading reading = read_trace(scratch_path("three.bin"), TRACE_ARRIVAL_AUTO, NULL);
    assert_int_equal(reading.count, 2);
    check(&reading, 0, "253,1", 220);
    check(&reading, 1, "253,1", 10);
    assert_int_equal(trace_volume_count(reading.trace), 1);
    assert_int_equal(find_notice(reading.trace, "stack")->count, 2);
    reading_free(&reading);
}

static void test_text(void **state)
{
    (void)state;
    static const char blkparse[] =
        "253,0    0        1     0.000000000   100  Q   R 8 + 8 [cat]\n"
        "  8,2    0        1     0.000001000   100  A   R 16 + 8 <- (253,0) 8\n"
        "  8,0    0        2     0.000002000   100  A   R 2064 + 8 <- (8,2) 16\n"
        "  8,0    0        3     0.000003000   100  Q   R 2064 + 8 [cat]\n"
        "  8,0    0        4     0.000004000   100  D   R 2064 + 8 [cat]\n"
        "  8,0    0        5     0.000005000     0  C   R 2064 + 8 [0]\n"
        "253,0    0        2     0.000006000     0  C   R 8 + 8 [0]\n";
    static const char ftrace[] =
        " cat-100 [000] ..... 1.000000: block_bio_queue: 253,0 R 8 + 8 [cat]\n"
        " cat-100 [000] ..... 1.000001: block_bio_remap: 8,2 R 16 + 8 <- (253,0) 8\n"
        " cat-100 [000] ..... 1.000002: block_bio_remap: 8,0 R 2064 + 8 <- (8,2) 16\n"
        " cat-100 [000] ..... 1.000003: block_bio_queue: 8,0 R 2064 + 8 [cat]\n"
        " cat-100 [000] ..... 1.000004: block_rq_issue: 8,0 R 4096 () 2064 + 8 [cat]\n"
        " cat-100 [000] ..... 1.000005: block_rq_complete: 8,0 R () 2064 + 8 [0]\n"
        " cat-100 [000] ..... 1.000006: block_bio_complete: 253,0 R 8 + 8 [0]\n";
    static const char *const texts[] = {blkparse, ftrace};
    for (size_t i = 0; i < 2; i++) {
        scratch_write("stack.txt", texts[i], strlen(texts[i]));
        struct reading reading = read_trace(scratch_path("stack.txt"), TRACE_ARRIVAL_AUTO, NULL);
        assert_int_equal(reading.result, TRACE_END);
        assert_int_equal(reading.count, 1);
        check(&reading, 0, "253,0", 6000);
        assert_non_null(find_notice(reading.trace, "stack"));
        reading_free(&reading);
        reading = read_trace(scratch_path("stack.txt"), TRACE_ARRIVAL_AUTO, "8,0");
        check(&reading, 0, "8,0", 1000);
        reading_free(&reading);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_top_is_taken),  cmocka_unit_test(test_chosen_is_taken),
    cmocka_unit_test(test_without_a_top), cmocka_unit_test(test_three_and_circles),
    cmocka_unit_test(test_text),
};
TEST_GROUP(stacks, tests, NULL, NULL);
