// SPDX-License-Identifier: GPL-2.0-or-later
// Who sent a request: the thread of its Q, whoever issued or completed it.
#include "tests/support/test_group.h"
#include "tests/traces/recordings.h"
#include "traces/blktrace/blktrace_pair.h"

#include <stdio.h>
#include <string.h>

// ---- The names of the threads, one by one ----

static void show_senders(const struct reading *reading, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0, used = 0; i < reading->count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? " " : "",
                                 trace_stream_name(reading->trace, reading->requests[i].stream));
}

// Streams differ in their texts, NAME[PID].
static void check_text(const struct reading *reading, uint32_t stream)
{
    char text[TRACE_STREAM_TEXT], other[TRACE_STREAM_TEXT];
    size_t length = strlen(trace_stream_name(reading->trace, stream));
    trace_stream_text(reading->trace, stream, text);
    assert_memory_equal(text, trace_stream_name(reading->trace, stream), length);
    assert_int_equal(text[length], '[');
    for (size_t i = 0; i < reading->count; i++)
        if (reading->requests[i].stream != stream)
            assert_string_not_equal(
                trace_stream_text(reading->trace, reading->requests[i].stream, other), text);
}

static void check_senders(const struct trace_config *config, const char *expected)
{
    char text[4000];
    struct reading reading = read_config(config);
    assert_int_equal(reading.result, TRACE_END);
    show_senders(&reading, text, sizeof text);
    assert_string_equal(text, expected);
    assert_int_equal(trace_tells_streams(reading.trace), expected[0] != '\0');
    for (size_t i = 0; i < reading.count; i++)
        if (reading.requests[i].stream != 0)
            check_text(&reading, reading.requests[i].stream);
    reading_free(&reading);
}

// Written as one file with numbers of threads for names; D or Q is the arrival.
static void check_events(const struct event *events, size_t count, enum trace_arrival arrival,
                         const char *expected)
{
    scratch_events("senders.bin", events, count, false);
    struct trace_config config = {
        .path = scratch_path("senders.bin"), .arrival = arrival, .wants_streams = true};
    check_senders(&config, expected);
}

#define EVENT(kind, who, at, length)                                                               \
    {                                                                                              \
        .action = EVENT_##kind, .pid = (who), .sector = (at), .bytes = (length)*512                \
    }
#define COUNT(events) (sizeof(events) / sizeof(events)[0])

static void test_merged_and_split(void **state)
{
    static const struct event merged[] = {
        EVENT(QUEUE_READ, 12, 8, 8),  EVENT(QUEUE_READ, 11, 0, 8),   EVENT(QUEUE_WRITE, 13, 0, 16),
        EVENT(ISSUE_READ, 57, 0, 16), EVENT(ISSUE_WRITE, 57, 0, 16), EVENT(COMPLETE_READ, 1, 0, 16),
    };
    static const struct event split[] = {
        EVENT(QUEUE_READ, 11, 0, 32), EVENT(QUEUE_READ, 12, 32, 8), EVENT(ISSUE_READ, 57, 0, 8),
        EVENT(ISSUE_READ, 57, 16, 8), EVENT(ISSUE_READ, 57, 8, 8),  EVENT(ISSUE_READ, 57, 24, 16),
        EVENT(ISSUE_READ, 57, 0, 8),
    };
    (void)state;
    check_events(merged, COUNT(merged), TRACE_ARRIVAL_ISSUE, "12 13");
    check_events(merged, COUNT(merged), TRACE_ARRIVAL_AUTO, "12 13");
    check_events(merged, COUNT(merged), TRACE_ARRIVAL_QUEUE, "12 11 13");
    check_events(split, COUNT(split), TRACE_ARRIVAL_ISSUE, "11 11 11 11 ");
}

static void test_one_sector(void **state)
{
    static const struct event twice[] = {
        EVENT(QUEUE_READ, 11, 0, 8), EVENT(QUEUE_READ, 12, 0, 8), EVENT(QUEUE_READ, 13, 0, 16),
        EVENT(ISSUE_READ, 57, 0, 8), EVENT(ISSUE_READ, 57, 0, 8), EVENT(ISSUE_READ, 57, 0, 16),
    };
    static const struct event requeued[] = {
        EVENT(QUEUE_READ, 11, 0, 8),
        EVENT(ISSUE_READ, 57, 0, 8),
        EVENT(REQUEUE_READ, 57, 0, 8),
        EVENT(ISSUE_READ, 58, 0, 8),
    };
    // Cut in two, whose second half is queued again.
    struct event announced[] = {
        EVENT(QUEUE_READ, 11, 0, 16), EVENT(SPLIT_READ, 11, 0, 16), EVENT(QUEUE_READ, 11, 8, 8),
        EVENT(ISSUE_READ, 57, 0, 8),  EVENT(ISSUE_READ, 57, 8, 8),  EVENT(QUEUE_READ, 12, 8, 8),
        EVENT(ISSUE_READ, 57, 8, 8),
    };
    (void)state;
    event_split_at(&announced[1], 8);
    check_events(twice, COUNT(twice), TRACE_ARRIVAL_ISSUE, "11 12 13");
    check_events(requeued, COUNT(requeued), TRACE_ARRIVAL_ISSUE, "11");
    check_events(announced, COUNT(announced), TRACE_ARRIVAL_ISSUE, "11 11 12");
}

// What was queued before records went missing gives way; without a thread, or any Q, nobody is.
static void test_unknown(void **state)
{
    static const struct event lost[] = {
        EVENT(QUEUE_READ, 11, 0, 8),
        {.action = EVENT_QUEUE_READ, .pid = 12, .sector = 0, .bytes = 4096, .sequence = 9},
        EVENT(ISSUE_READ, 57, 0, 8),
    };
    static const struct event none[] = {EVENT(ISSUE_READ, 57, 0, 8),
                                        EVENT(COMPLETE_READ, 57, 0, 8)};
    (void)state;
    check_events(lost, COUNT(lost), TRACE_ARRIVAL_ISSUE, "12");
    check_events(none, COUNT(none), TRACE_ARRIVAL_ISSUE, "");
    check_events(none, COUNT(none), TRACE_ARRIVAL_AUTO, "");
    scratch_events("senders.bin", lost, COUNT(lost), false);
    check_senders(
        &(struct trace_config){.path = scratch_path("senders.bin"), .arrival = TRACE_ARRIVAL_ISSUE},
        "");
}

// "STREAM+OTHER+OTHER ..." of all requests.
static void show_flushes(const struct reading *reading, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0, used = 0; i < reading->count && used < size; i++) {
        const struct trace_request *request = &reading->requests[i];
        size_t count;
        const uint32_t *also = trace_stream_set(reading->trace, request->also, &count);
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? " " : "",
                                 trace_stream_name(reading->trace, request->stream));
        for (size_t k = 0; k < count && used < size; k++)
            used += (size_t)snprintf(text + used, size - used, "+%s",
                                     trace_stream_name(reading->trace, also[k]));
    }
}

// A flush of the device answers all that were queued before it, and counts for each of them.
static void test_flushes(void **state)
{
    static const struct event events[] = {
        EVENT(QUEUE_FLUSH, 13, 0, 0),       EVENT(QUEUE_FLUSH, 11, 0, 0),
        EVENT(QUEUE_FLUSH, 13, 0, 0),       EVENT(QUEUE_FLUSH, 12, 0, 0),
        EVENT(ISSUE_FLUSH, 57, 0, 0), // 12, 11, 13
        EVENT(QUEUE_FLUSH, 14, 0, 0),       EVENT(COMPLETE_FLUSH, 1, 0, 0),
        EVENT(COMPLETE_EMPTY, 1, 0, 0),     EVENT(ISSUE_FLUSH, 57, 0, 0), // 14
        EVENT(COMPLETE_EMPTY, 1, 0, 0),     EVENT(COMPLETE_FLUSH, 1, 0, 0),
        EVENT(QUEUE_FLUSH_WRITE, 15, 8, 8), EVENT(ISSUE_FLUSH, 57, 0, 0), // 15
        EVENT(COMPLETE_FLUSH, 1, 0, 0),     EVENT(ISSUE_WRITE, 57, 8, 8), // 15
        EVENT(QUEUE_FLUSH, 16, 0, 0),       EVENT(COMPLETE_WRITE, 1, 8, 8),
        EVENT(ISSUE_FLUSH, 57, 0, 0), // 16, 15
        EVENT(ISSUE_FLUSH, 57, 0, 0), // nobody new
        EVENT(COMPLETE_FLUSH, 1, 0, 0),     EVENT(COMPLETE_FLUSH, 1, 0, 0),
        EVENT(COMPLETE_EMPTY, 1, 8, 0),
    };
    static const int64_t latencies[] = {2, 2, 1, 2, 2, 2};
    struct event timed[COUNT(events)];
    char text[200];
    (void)state;
    for (size_t i = 0; i < COUNT(events); i++) {
        timed[i] = events[i];
        timed[i].time_ns = i + 1;
    }
    scratch_events("senders.bin", timed, COUNT(events), false);
    struct reading reading = read_config(&(struct trace_config){
        .path = scratch_path("senders.bin"), .arrival = TRACE_ARRIVAL_AUTO, .wants_streams = true});
    show_flushes(&reading, text, sizeof text);
    assert_string_equal(text, "12+13+11 14 15 15 16+15 16");
    for (size_t i = 0; i < reading.count; i++)
        assert_int_equal(reading.requests[i].latency_ns, latencies[i]);
    reading_free(&reading);
}

// ---- Names ----

static void name(struct event *event, const char *text)
{
    event->pdu_bytes = 16;
    memcpy(event->pdu, text, strlen(text));
}

// A forked bash becomes sqlite3; the name that is last in time holds. No byte of a name can harm.
static void test_names(void **state)
{
    struct event events[] = {
        {.time_ns = 100, .action = EVENT_PROCESS, .pid = 11},
        {.time_ns = 300, .action = EVENT_PROCESS | EVENT_CGROUP, .pid = 11},
        {.time_ns = 200, .action = EVENT_PROCESS, .pid = 11},
        {.time_ns = 100, .action = EVENT_PROCESS, .pid = 12},
        {.time_ns = 100, .action = EVENT_TIMESTAMP, .pid = 11, .pdu_bytes = 8},
        {.time_ns = 400, .action = EVENT_QUEUE_READ, .pid = 11, .bytes = 512},
        {.time_ns = 400, .action = EVENT_QUEUE_READ, .pid = 12, .sector = 8, .bytes = 512},
        {.time_ns = 400, .action = EVENT_QUEUE_READ, .pid = 13, .sector = 9, .bytes = 512},
    };
    (void)state;
    name(&events[0], "bash");
    name(&events[1], "12345678sqlite3");
    name(&events[2], "git");
    name(&events[3], "\x1b[2Ja\xff\"b");
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        scratch_events("senders.bin", events, COUNT(events), big_endian == 1);
        struct trace_config config = {.path = scratch_path("senders.bin"), .wants_streams = true};
        check_senders(&config, "sqlite3 \\x1b[2Ja\\xff\"b 13");
        char text[TRACE_STREAM_TEXT];
        struct reading reading = read_config(&config);
        assert_string_equal(trace_stream_text(reading.trace, 2, text), "\\x1b[2Ja\\xff\"b[12]");
        reading_free(&reading);
    }
}

// More threads than have room cost no more memory, and are told of.
static void test_many_threads(void **state)
{
    struct bytes bytes = {0};
    const uint32_t count = TRACE_VOLUMES_MAX + 100;
    (void)state;
    for (uint32_t i = 0; i < count; i++) {
        struct event queue = {.time_ns = i + 1,
                              .action = EVENT_QUEUE_READ,
                              .pid = i + 1,
                              .sector = 8 * (uint64_t)i,
                              .bytes = 4096};
        bytes_event(&bytes, &queue, false);
    }
    scratch_write("many.bin", bytes.data, bytes.length);
    bytes_free(&bytes);
    struct reading reading = read_config(&(struct trace_config){
        .path = scratch_path("many.bin"), .arrival = TRACE_ARRIVAL_QUEUE, .wants_streams = true});
    assert_int_equal(reading.count, count);
    assert_int_equal(reading.requests[TRACE_VOLUMES_MAX - 1].stream, TRACE_VOLUMES_MAX);
    assert_int_equal(reading.requests[TRACE_VOLUMES_MAX].stream, 0);
    assert_int_equal(reading_notice(&reading, "threads-too-many"), 100);
    reading_free(&reading);
}

// ---- Formats ----

static const struct {
    const char *format;
    const char *layout;
    const char *text;
    const char *senders;
} texts[] = {
    {NULL, NULL,
     "254,0 0 1 0.000000001 11 Q R 0 + 8 [my [prog]]\n"
     "254,0 0 2 0.000000002 12 Q R 8 + 8 [(null)]\n"
     "254,0 0 3 0.000000003 57 D R 0 + 16 [kworker/0:1H]\n"
     "254,0 0 4 0.000000004 12 Q R 16 + 8 [x]\n"
     "254,0 0 5 0.000000005 57 D R 16 + 8 [kworker/0:1H]\n",
     "my [prog] x"},
    {NULL, NULL,
     "  my prog-2-11 [000] d.h1.  1.000001: block_bio_queue: 254,0 R 0 + 8 [my prog-2]\n"
     "<...>-12 [001] 1.000002: block_bio_queue: 254,0 R 8 + 8 [x]\n"
     "jbd2/vda-8-159 ( 159) [001] d.h1. 1.000003: block_bio_queue: 254,0 WS 8 + 8 [x]\n"
     "<idle>-0 [001] d.h1. 1.000004: block_rq_issue: 254,0 R 4096 () 0 + 8 [x]\n"
     "<idle>-0 [001] d.h1. 1.000005: block_rq_issue: 254,0 R 4096 () 8 + 8 [x]\n"
     "<idle>-0 [001] d.h1. 1.000006: block_rq_issue: 254,0 WS 4096 () 8 + 8 [x]\n",
     "my prog-2 12 jbd2/vda-8"},
    {NULL, NULL,
     "my prog 11 [000] 1.000001: block:block_bio_queue: 254,0 R 0 + 8 [my prog]\n"
     "fio 12/13 [000] 1.000002: block:block_bio_queue: 254,0 R 8 + 8 [fio]\n"
     "fio 14 1.000003: block:block_bio_queue: 254,0 R 16 + 8 [fio]\n"
     "swapper 0 [000] 1.000004: block:block_bio_queue: 254,0 R 24 + 8 [swapper]\n",
     "my prog fio fio "},
    {NULL, NULL,
     "my fio-14 1d.h1. 1.000003: block_bio_queue: 254,0 R 16 + 8 [fio]\n"
     "fio-15 1d.h1. 1.000004: block_bio_queue: 254,0 R 24 + 8 [fio]\n",
     "my fio fio"},
    {NULL, NULL,
     "[10:00:00.000000001] (+?.?) host block_bio_queue: { cpu_id = 0 }, { dev = 266338304, sector "
     "= 120, nr_sector = 8, rwbs = 33, tid = 17, comm = \"d d\" }\n"
     "[10:00:00.000000002] (+0.1) host block_bio_queue: { cpu_id = 0 }, { dev = 266338304, sector "
     "= 128, nr_sector = 8, rwbs = 33, tid = 18 }\n",
     "d d 18"},
    {"blkparse-f", "%T.%t %p %a %d %S %n [%C]\\n",
     "0.000000001 11 Q R 0 8 [my ] prog]\n0.000000002 12 Q R 8 8 []\n0.000000003 57 D R 0 16 [k]\n",
     "my ] prog"},
    {NULL, NULL,
     "TIME(s)     COMM   PID    DISK    T SECTOR     BYTES  LAT(ms)\n"
     "1.000001000 my fio 11     sda     R 8          4096   0.1\n"
     "1.000002000        12     sda     R 16         4096   0.1\n",
     "my fio 12"},
};

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct trace_config config = {
            .path = "text",
            .text = texts[i].text,
            .text_size = strlen(texts[i].text),
            .text_is_whole = true,
            .format = texts[i].format,
            .layout = texts[i].layout,
            .arrival = TRACE_ARRIVAL_AUTO,
            .wants_streams = true,
        };
        check_senders(&config, texts[i].senders);
    }
}

// ---- Recordings ----

static bool has_stream(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->count; i++)
        if (strcmp(trace_stream_name(reading->trace, reading->requests[i].stream), name) == 0)
            return true;
    return false;
}

// By time, since blkparse leaves the order of equal times open.
static uint64_t digest_senders(const struct reading *reading)
{
    uint64_t digest = 0;
    for (size_t i = 0; i < reading->count; i++) {
        uint64_t hash = reading->requests[i].bytes;
        const char *sender = trace_stream_name(reading->trace, reading->requests[i].stream);
        for (; *sender != '\0'; sender++)
            hash = (hash ^ (unsigned char)*sender) * UINT64_C(0x100000001b3);
        hash += (uint64_t)(reading->requests[i].arrival_ns - trace_origin_ns(reading->trace));
        digest += random_next(&hash);
    }
    return digest;
}

// Each request has its thread, and blkparse's text tells the same.
static void test_recordings(void **state)
{
    (void)state;
    recordings_needed();
    for (size_t i = 0; i < RECORDING_COUNT; i++) {
        struct trace_config config = {.path = recording_path(recordings[i]),
                                      .arrival = TRACE_ARRIVAL_AUTO,
                                      .wants_streams = true};
        struct reading reading = read_config(&config);
        assert_int_equal(reading.result, TRACE_END);
        for (size_t k = 0; k < reading.count; k++)
            assert_true(reading.requests[k].stream > 0);
        if (strcmp(recordings[i], "mixed/vdf") == 0)
            assert_true(has_stream(&reading, "sqlite3") && has_stream(&reading, "git") &&
                        has_stream(&reading, "jbd2/vdf-8"));
        recording_unpack(recordings[i], "senders");
        blkparse_run("-i senders", "senders.txt");
        config.path = scratch_path("senders.txt");
        struct reading text = read_config(&config);
        assert_int_equal(text.count, reading.count);
        assert_true(digest_senders(&text) == digest_senders(&reading));
        reading_free(&text);
        reading_free(&reading);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_flushes),    cmocka_unit_test(test_merged_and_split),
    cmocka_unit_test(test_one_sector), cmocka_unit_test(test_unknown),
    cmocka_unit_test(test_names),      cmocka_unit_test(test_many_threads),
    cmocka_unit_test(test_texts),      cmocka_unit_test(test_recordings),
};

TEST_GROUP(senders, tests, scratch_make, scratch_remove);
