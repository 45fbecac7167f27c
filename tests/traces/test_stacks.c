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

// Of a volume over two disks, one of them by its partition, that hands its requests on as they are:
// in pieces, of which all but the last are queued again. The disk merges two of them, and completes
// that in two parts.
#define STRIPED (9 << 20 | 0)
#define HAND_ON(time, kind, where, at, length, from, to, from_sector)                              \
    {                                                                                              \
        .time_ns = (time), .action = (kind), .device = (where), .sector = (at),                    \
        .bytes = (length)*512, .pdu_bytes = 24, .pdu = {                                           \
            (from) >> 24 & 0xff,                                                                   \
            (from) >> 16 & 0xff,                                                                   \
            (from) >> 8 & 0xff,                                                                    \
            (from)&0xff,                                                                           \
            (to) >> 24 & 0xff,                                                                     \
            (to) >> 16 & 0xff,                                                                     \
            (to) >> 8 & 0xff,                                                                      \
            (to)&0xff,                                                                             \
            [15] = (from_sector)                                                                   \
        }                                                                                          \
    }
#define LONG(time, kind, where, at, length)                                                        \
    {                                                                                              \
        .time_ns = (time), .action = (kind), .device = (where), .sector = (at),                    \
        .bytes = (length)*512                                                                      \
    }
#define CUT(time, at, length, to)                                                                  \
    {                                                                                              \
        .time_ns = (time), .action = EVENT_SPLIT_READ, .device = STRIPED, .sector = (at),          \
        .bytes = (length)*512, .pdu_bytes = 8, .pdu = {                                            \
            [7] = (to)                                                                             \
        }                                                                                          \
    }
static const struct event handed[] = {
    LONG(100, EVENT_QUEUE_READ, STRIPED, 8, 24),
    CUT(110, 8, 8, 16),
    HAND_ON(120, EVENT_REMAP_READ, DISK, 4, 8, STRIPED, PARTITION, 8),
    HAND_ON(130, EVENT_REMAP_READ, DISK, 2052, 8, PARTITION, DISK, 4),
    LONG(140, EVENT_QUEUE_READ, DISK, 2052, 8),
    CUT(150, 16, 8, 24),
    HAND_ON(160, EVENT_REMAP_READ, OTHER, 8, 8, STRIPED, OTHER, 16),
    LONG(170, EVENT_QUEUE_READ, OTHER, 8, 8),
    HAND_ON(180, EVENT_REMAP_READ, DISK, 2060, 8, STRIPED, DISK, 24),
    LONG(200, EVENT_ISSUE_READ, DISK, 2052, 16),
    LONG(210, EVENT_ISSUE_READ, OTHER, 8, 8),
    LONG(220, EVENT_QUEUE_WRITE, STRIPED, 8, 8),
    HAND_ON(230, EVENT_REMAP_WRITE, DISK, 2052, 8, STRIPED, DISK, 8),
    LONG(240, EVENT_ISSUE_WRITE, DISK, 2052, 8),
    LONG(300, EVENT_COMPLETE_READ, OTHER, 8, 8),
    LONG(310, EVENT_COMPLETE_READ, DISK, 2052, 12),
    LONG(400, EVENT_COMPLETE_WRITE, DISK, 2052, 8),
    LONG(500, EVENT_COMPLETE_READ, DISK, 2064, 4),
    // A disk that cannot force a write to the medium flushes it, and says so without bytes.
    LONG(600, EVENT_QUEUE_WRITE | 1U << 31, STRIPED, 32, 8),
    HAND_ON(610, EVENT_REMAP_WRITE | 1U << 31, OTHER, 24, 8, STRIPED, OTHER, 32),
    LONG(620, EVENT_ISSUE_WRITE, OTHER, 24, 8),
    LONG(700, EVENT_COMPLETE_WRITE, OTHER, 24, 8),
    LONG(710, EVENT_ISSUE_FLUSH, OTHER, 0, 0),
    LONG(790, EVENT_COMPLETE_FLUSH, OTHER, 0, 0),
    LONG(800, EVENT_COMPLETE_EMPTY, OTHER, 24, 0),
    // No completion comes.
    LONG(900, EVENT_QUEUE_READ, STRIPED, 40, 8),
    HAND_ON(910, EVENT_REMAP_READ, OTHER, 32, 8, STRIPED, OTHER, 40),
};
#define HANDED_COUNT (sizeof handed / sizeof handed[0])

static void test_handed_on(void **state)
{
    (void)state;
    static const enum trace_arrival arrivals[] = {TRACE_ARRIVAL_AUTO, TRACE_ARRIVAL_QUEUE};
    static const int64_t latencies_ns[] = {400, 180, 200, TRACE_LATENCY_UNKNOWN};
    scratch_events("handed.bin", handed, HANDED_COUNT, false);
    for (size_t i = 0; i < 2; i++) {
        struct reading reading = read_trace(scratch_path("handed.bin"), arrivals[i], NULL);
        assert_int_equal(reading.result, TRACE_END);
        assert_int_equal(reading.count, 4);
        for (size_t k = 0; k < 4; k++)
            check(&reading, k, "9,0", latencies_ns[k]);
        assert_int_equal(find_notice(reading.trace, "no-completion")->count, 1);
        assert_null(find_notice(reading.trace, "no-arrival"));
        reading_free(&reading);
    }
}

// A completion of its own, of whatever request and however late, tells that it has them of all.
// Discards are another matter.
static void test_handed_on_with_own_completions(void **state)
{
    (void)state;
    static struct event own[HANDED_COUNT + 4];
    memcpy(own, handed, sizeof handed);
    own[HANDED_COUNT] = (struct event)LONG(1000, EVENT_QUEUE_DISCARD, STRIPED, 8, 8);
    own[HANDED_COUNT + 1] = (struct event)LONG(1100, EVENT_COMPLETE_DISCARD, STRIPED, 8, 8);
    scratch_events("own.bin", own, HANDED_COUNT + 2, false);
    struct reading reading = read_trace(scratch_path("own.bin"), TRACE_ARRIVAL_AUTO, NULL);
    assert_int_equal(reading.count, 5);
    check(&reading, 1, "9,0", 180);
    check(&reading, 4, "9,0", 100);
    reading_free(&reading);
    own[HANDED_COUNT + 2] = (struct event)LONG(1200, EVENT_COMPLETE_WRITE, STRIPED, 8, 8);
    own[HANDED_COUNT + 3] = (struct event)LONG(1300, EVENT_COMPLETE_READ, STRIPED, 8, 24);
    scratch_events("own.bin", own, HANDED_COUNT + 4, false);
    reading = read_trace(scratch_path("own.bin"), TRACE_ARRIVAL_AUTO, NULL);
    assert_int_equal(reading.count, 5);
    check(&reading, 0, "9,0", 1200);
    check(&reading, 2, "9,0", TRACE_LATENCY_UNKNOWN);
    reading_free(&reading);
}

// So many that it is known before the end, of a stream that goes on with others.
static void test_handed_on_for_long(void **state)
{
    (void)state;
    static struct event many[4 * 6000];
    for (size_t i = 0; i < 6000; i++) {
        uint64_t time_ns = 1000 * i;
        many[4 * i] = (struct event)LONG(time_ns, EVENT_QUEUE_READ, STRIPED, 8, 8);
        many[4 * i + 1] =
            (struct event)HAND_ON(time_ns + 10, EVENT_REMAP_READ, DISK, 2052, 8, STRIPED, DISK, 8);
        many[4 * i + 2] = (struct event)LONG(time_ns + 20, EVENT_ISSUE_READ, DISK, 2052, 8);
        many[4 * i + 3] = (struct event)LONG(time_ns + 300, EVENT_COMPLETE_READ, DISK, 2052, 8);
    }
    scratch_events("many.bin", many, sizeof many / sizeof many[0], false);
    struct reading reading = read_trace(scratch_path("many.bin"), TRACE_ARRIVAL_AUTO, NULL);
    assert_int_equal(reading.count, 6000);
    for (size_t i = 0; i < reading.count; i++)
        check(&reading, i, "9,0", 300);
    reading_free(&reading);
}

static void test_handed_on_in_text(void **state)
{
    (void)state;
    static const char blkparse[] =
        "  9,0    0        1     0.000000000   100  Q   R 8 + 16 [cat]\n"
        "  9,0    0        2     0.000001000   100  X   R 8 / 16 [cat]\n"
        "  8,2    0        1     0.000002000   100  A   R 4 + 8 <- (9,0) 8\n"
        "  8,0    0        1     0.000002500   100  A   R 2052 + 8 <- (8,2) 4\n"
        "  8,0    0        2     0.000003000   100  Q   R 2052 + 8 [cat]\n"
        "  8,16   0        1     0.000005000   100  A   R 8 + 8 <- (9,0) 16\n"
        "  8,0    0        3     0.000008000   100  D   R 2052 + 8 [cat]\n"
        "  8,16   0        2     0.000009000   100  D   R 8 + 8 [cat]\n"
        "  8,16   0        3     0.000020000     0  C   R 8 + 8 [0]\n"
        "  8,0    0        4     0.000030000     0  C   R 2052 + 8 [0]\n";
    static const char ftrace[] =
        " cat-100 [000] ..... 1.000000: block_bio_queue: 9,0 W 8 + 8 [cat]\n"
        " cat-100 [000] ..... 1.000001: block_bio_remap: 8,0 W 64 + 8 <- (9,0) 8\n"
        " cat-100 [000] ..... 1.000004: block_rq_issue: 8,0 W 4096 () 64 + 8 [cat]\n"
        " cat-100 [000] ..... 1.000030: block_rq_complete: 8,0 W () 64 + 8 [0]\n";
    static const char fields[] =
        " cat-100 [000] ..... 1.000000: block_bio_queue: dev=9437184 sector=8 nr_sector=8 rwbs=W\n"
        " cat-100 [000] ..... 1.000001: block_bio_remap: dev=8388608 sector=64 nr_sector=8 "
        "old_dev=9437184 old_sector=8 rwbs=W\n"
        " cat-100 [000] ..... 1.000004: block_rq_issue: dev=8388608 sector=64 nr_sector=8 rwbs=W\n"
        " cat-100 [000] ..... 1.000030: block_rq_complete: dev=8388608 sector=64 nr_sector=8 "
        "rwbs=W\n";
    static const char *const texts[] = {blkparse, ftrace, fields};
    for (size_t i = 0; i < 3; i++) {
        scratch_write("handed.txt", texts[i], strlen(texts[i]));
        struct reading reading = read_trace(scratch_path("handed.txt"), TRACE_ARRIVAL_AUTO, NULL);
        assert_int_equal(reading.result, TRACE_END);
        assert_int_equal(reading.count, 1);
        check(&reading, 0, "9,0", 30000);
        reading_free(&reading);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_top_is_taken),
    cmocka_unit_test(test_chosen_is_taken),
    cmocka_unit_test(test_without_a_top),
    cmocka_unit_test(test_three_and_circles),
    cmocka_unit_test(test_text),
    cmocka_unit_test(test_handed_on),
    cmocka_unit_test(test_handed_on_with_own_completions),
    cmocka_unit_test(test_handed_on_for_long),
    cmocka_unit_test(test_handed_on_in_text),
};
TEST_GROUP(stacks, tests, NULL, NULL);
