// SPDX-License-Identifier: GPL-2.0-or-later
// Records and files: byte orders, compression, ends, damage, and what each oddity is called.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct event simple[] = {
    {.time_ns = 900, .action = EVENT_TIMESTAMP, .pdu_bytes = 8},
    {.time_ns = 1000, .sector = 8, .bytes = 4096, .action = EVENT_QUEUE_READ},
    {.time_ns = 1500, .sector = 8, .bytes = 4096, .action = EVENT_ISSUE_READ},
    {.time_ns = 1600, .action = EVENT_PLUG, .pdu_bytes = 3, .pdu = "abc"},
    {.time_ns = 2000,
     .sector = 80,
     .bytes = 8192,
     .action = EVENT_QUEUE_WRITE | EVENT_CGROUP,
     .pdu_bytes = 8},
    {.time_ns = 2500, .sector = 8, .bytes = 4096, .action = EVENT_COMPLETE_READ},
    {.time_ns = 9000,
     .sector = 80,
     .bytes = 8192,
     .action = EVENT_COMPLETE_WRITE | EVENT_CGROUP,
     .pdu_bytes = 8},
};
#define SIMPLE_COUNT (sizeof simple / sizeof simple[0])

static void check_simple(const char *path)
{
    struct reading reading = read_trace(path, TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 2);
    const struct trace_request *first = &reading.requests[0];
    const struct trace_request *second = &reading.requests[1];
    assert_true(first->arrival_ns == 1000 && first->latency_ns == 1500);
    assert_true(first->offset == 4096 && first->bytes == 4096 && first->op == TRACE_READ);
    assert_true(second->arrival_ns == 2000 && second->latency_ns == 7000);
    assert_true(second->offset == 40960 && second->bytes == 8192 && second->op == TRACE_WRITE);
    assert_string_equal(trace_volume_name(reading.trace, first->volume), "254,48");
    assert_string_equal(trace_format(reading.trace), "blktrace");
    assert_false(trace_times_are_absolute(reading.trace));
    assert_int_equal(trace_origin_ns(reading.trace), 1000);
    assert_int_equal(trace_notice_count(reading.trace), 0);
    uint64_t consumed;
    uint64_t total;
    trace_progress(reading.trace, &consumed, &total);
    assert_true(total > 0);
    assert_int_equal(consumed, total);
    reading_free(&reading);
}

static void test_byte_orders(void **state)
{
    (void)state;
    scratch_events("little.bin", simple, SIMPLE_COUNT, false);
    check_simple(scratch_path("little.bin"));
    scratch_events("big.bin", simple, SIMPLE_COUNT, true);
    check_simple(scratch_path("big.bin"));
}

static void test_compressed(void **state)
{
    (void)state;
    static const char *const names[] = {"c.blktrace.0.gz", "d.blktrace.0.zst", "e.blktrace.0.xz"};
    struct bytes bytes = {0};
    for (size_t i = 0; i < SIMPLE_COUNT; i++)
        bytes_event(&bytes, &simple[i], false);
    for (size_t i = 0; i < 3; i++) {
        scratch_compress(names[i], bytes.data, bytes.length);
        check_simple(scratch_path(names[i]));
    }
    bytes_free(&bytes);
}

static void test_mixed_byte_orders(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    bytes_event(&bytes, &simple[1], false);
    bytes_event(&bytes, &simple[2], true);
    scratch_write("mixed.bin", bytes.data, bytes.length);
    bytes_free(&bytes);
    assert_refused(read_trace(scratch_path("mixed.bin"), TRACE_ARRIVAL_QUEUE, NULL),
                   "mixed.bin: byte 48: the byte order changes");
}

// Cut at every byte: never more requests than before, a notice exactly where a header is cut, an
// error exactly where a PDU is.
static void test_cut_everywhere(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    size_t starts[SIMPLE_COUNT + 1];
    for (size_t i = 0; i < SIMPLE_COUNT; i++) {
        starts[i] = bytes.length;
        bytes_event(&bytes, &simple[i], false);
    }
    starts[SIMPLE_COUNT] = bytes.length;
    size_t record = 0;
    for (size_t length = 4; length <= bytes.length; length++) {
        while (record < SIMPLE_COUNT && starts[record + 1] <= length)
            record++;
        size_t rest = length - starts[record];
        char where[64];
        snprintf(where, sizeof where, "cut.blktrace.0: byte %zu: ", starts[record]);
        scratch_write("cut.blktrace.0", bytes.data, length);
        struct reading reading =
            read_trace(scratch_path("cut.blktrace.0"), TRACE_ARRIVAL_QUEUE, NULL);
        if (rest >= 48) {
            assert_int_equal(reading.result, TRACE_ERROR);
            assert_message(&reading.error, where);
            assert_message(&reading.error, "the file ends after");
        } else {
            assert_int_equal(reading.result, TRACE_END);
            assert_int_equal(reading_notice(&reading, "truncated"), rest > 0);
            assert_int_equal(reading.count, (record >= 2) + (record >= 5));
            assert_int_equal(reading_notice(&reading, "no-completion"),
                             (record >= 2) + (record >= 5) - (record >= 6) - (record >= 7));
        }
        reading_free(&reading);
    }
    bytes_free(&bytes);
}

static void check_error(const struct event *events, size_t count, const char *text)
{
    scratch_events("wrong.bin", events, count, false);
    assert_refused(read_trace(scratch_path("wrong.bin"), TRACE_ARRIVAL_QUEUE, NULL), text);
}

static void test_damage(void **state)
{
    (void)state;
    struct event events[2] = {simple[1], simple[2]};
    events[1].magic = 0x65617408;
    check_error(events, 2,
                "wrong.bin: byte 48: blktrace version 8 (struct blk_io_trace2) is known");
    events[1].magic = 0x65617406;
    check_error(events, 2, "wrong.bin: byte 48: unknown blktrace version 6, expected version 7");
    events[1].magic = 0x12345678;
    check_error(events, 2, "wrong.bin: byte 48: no blktrace record starts here: found 78 56 34 12");
    events[1] = simple[2];
    events[1].pdu_bytes = 1000;
    check_error(events, 2,
                "wrong.bin: byte 48: the record says that 1000 bytes of data follow it, "
                "but the file ends after 0");
    events[1] = simple[2];
    events[1].time_ns = UINT64_C(1) << 63;
    check_error(events, 2, "wrong.bin: byte 48: the record's time is beyond 2^63 ns");
    events[1] = simple[2];
    events[1].sector = UINT64_C(1) << 54;
    check_error(events, 2, "wrong.bin: byte 48: the record's sector is beyond 2^63 bytes");
    events[0].magic = 0x65617408;
    check_error(events, 2, "wrong.bin: byte 0: blktrace version 8");
}

static void test_unknown_content(void **state)
{
    (void)state;
    scratch_text("some.bin", "\x7f"
                             "ELG\x02\x01\x01 and so on");
    struct reading reading = read_trace(scratch_path("some.bin"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.result, TRACE_ERROR);
    assert_message(&reading.error,
                   "some.bin: not a trace of a known format: it starts with 7f 45 "
                   "4c 47 02 01 01 20 (\".ELG... and so o\"); as it is no text, expected one of: "
                   "blktrace, vscsi, oraclegeneral");
    scratch_text("some.txt", "nothing, really\n");
    reading = read_trace(scratch_path("some.txt"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_message(&reading.error, "any other CSV can be read with format columns and a layout");
    scratch_text("empty.bin", "");
    reading = read_trace(scratch_path("empty.bin"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_message(&reading.error, "empty.bin: the file is empty; expected");
}

static void test_odd_recording(void **state)
{
    (void)state;
    static const struct event events[] = {
        {.time_ns = 1000, .sector = 8, .bytes = 4096, .action = EVENT_QUEUE_READ, .cpu = 1},
        {.time_ns = 2000, .sector = 16, .bytes = 4096, .action = EVENT_QUEUE_READ, .cpu = 1},
        {.time_ns = 1300, .sector = 8, .bytes = 4096, .action = EVENT_COMPLETE_READ, .cpu = 1},
        {.time_ns = 1900,
         .sector = 96,
         .bytes = 4096,
         .action = EVENT_COMPLETE_READ,
         .cpu = 1,
         .sequence = 7},
        {.time_ns = 3000, .bytes = 8, .action = EVENT_ISSUE_PASSTHROUGH, .cpu = 1},
        {.time_ns = 3000, .action = EVENT_QUEUE_READ, .cpu = 1},
        {.time_ns = 4000, .sector = 16, .action = EVENT_SPLIT_READ, .cpu = 1},
    };
    scratch_events("odd.blktrace.0", events, 7, false);
    struct reading reading = read_trace(scratch_path("odd.blktrace.0"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.requests[0].latency_ns, 1000);
    assert_int_equal(reading.requests[1].latency_ns, TRACE_LATENCY_UNKNOWN);
    assert_int_equal(reading_notice(&reading, "cpu-mismatch"), 7);
    assert_int_equal(reading_notice(&reading, "time-backwards"), 2);
    assert_int_equal(reading_notice(&reading, "sequence-gap"), 3);
    assert_int_equal(reading_notice(&reading, "no-completion"), 1);
    assert_int_equal(reading_notice(&reading, "no-arrival"), 1);
    assert_int_equal(reading_notice(&reading, "passthrough"), 1);
    assert_int_equal(reading_notice(&reading, "zero-bytes"), 1);
    assert_int_equal(reading_notice(&reading, "bad-split"), 1);
    assert_int_equal(trace_notice_count(reading.trace), 8);
    for (size_t i = 0; i < 8; i++) {
        const struct trace_notice *notice = trace_notice(reading.trace, i);
        if (strcmp(notice->kind, "time-backwards") == 0)
            assert_non_null(strstr(notice->text, "by up to 700 ns"));
    }
    reading_free(&reading);
}

// Equal times: in order of CPU, then of place in the file.
static void test_merge_ties(void **state)
{
    (void)state;
    for (uint32_t cpu = 0; cpu < 5; cpu++) {
        struct event events[3] = {{0}};
        char name[32];
        for (uint32_t i = 0; i < 3; i++) {
            events[i] = (struct event){.time_ns = 1000 + i / 2,
                                       .bytes = 4096,
                                       .cpu = cpu,
                                       .sector = 8 * (cpu * 10 + i),
                                       .action = EVENT_QUEUE_READ};
        }
        snprintf(name, sizeof name, "ties.blktrace.%u", cpu);
        scratch_events(name, events, 3, cpu % 2 == 1);
    }
    struct reading reading = read_trace(scratch_path("ties"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.count, 15);
    for (size_t i = 0; i < 15; i++) {
        size_t expected = i < 10 ? i / 2 * 10 + i % 2 : (i - 10) * 10 + 2;
        assert_int_equal(reading.requests[i].offset, expected * 4096);
    }
    reading_free(&reading);
}

#define OTHER (8 << 20 | 1)

static void test_devices(void **state)
{
    (void)state;
    static const struct event events[] = {
        {.time_ns = 500, .sector = 8, .bytes = 512, .action = EVENT_REMAP_READ, .device = OTHER},
        {.time_ns = 1000, .sector = 8, .bytes = 4096, .action = EVENT_QUEUE_READ},
        {.time_ns = 2000,
         .sector = 8,
         .bytes = 4096,
         .action = EVENT_ISSUE_READ,
         .device = OTHER,
         .sequence = 2},
        {.time_ns = 3000,
         .sector = 8,
         .bytes = 4096,
         .action = EVENT_COMPLETE_READ,
         .device = OTHER,
         .sequence = 3},
        {.time_ns = 4000, .sector = 8, .bytes = 4096, .action = EVENT_COMPLETE_READ, .sequence = 2},
    };
    scratch_events("two.bin", events, 5, false);
    const char *path = scratch_path("two.bin");
    struct reading reading = read_trace(path, TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.requests[0].latency_ns, 3000);
    assert_int_equal(trace_origin_ns(reading.trace), 500);
    assert_int_equal(trace_volume_arrival(reading.trace, 0), TRACE_ARRIVAL_QUEUE);
    reading_free(&reading);

    reading = read_trace(path, TRACE_ARRIVAL_QUEUE, "8,1");
    assert_int_equal(reading.count, 1);
    assert_true(reading.requests[0].arrival_ns == 2000 && reading.requests[0].latency_ns == 1000);
    assert_int_equal(trace_origin_ns(reading.trace), 500);
    assert_int_equal(trace_volume_arrival(reading.trace, 0), TRACE_ARRIVAL_ISSUE);
    assert_int_equal(reading_notice(&reading, "no-queue-events"), 1);
    assert_int_equal(trace_volume_count(reading.trace), 1);
    reading_free(&reading);

    reading = read_trace(path, TRACE_ARRIVAL_ISSUE, "254,49");
    assert_message(&reading.error, "two.bin: the trace has no record of device 254,49; it has 8,1, "
                                   "254,48");
    reading = read_trace(path, TRACE_ARRIVAL_ISSUE, "vdd");
    assert_message(&reading.error, "device \"vdd\": a block trace knows devices as MAJOR,MINOR");
}

// A dump made with text output carries remaps under the device they lead to: no gaps.
static void test_misplaced_remaps(void **state)
{
    (void)state;
    struct event events[] = {
        {.time_ns = 1, .sector = 8, .bytes = 512, .action = EVENT_QUEUE_READ, .sequence = 1},
        {.time_ns = 2, .sector = 8, .action = EVENT_REMAP_READ, .device = OTHER, .sequence = 2},
        {.time_ns = 3, .sector = 8, .action = EVENT_REMAP_READ, .device = OTHER, .sequence = 3},
        {.time_ns = 4, .sector = 8, .bytes = 512, .action = EVENT_COMPLETE_READ, .sequence = 4},
        {.time_ns = 5, .action = EVENT_PLUG},
    };
    for (uint32_t lost = 0; lost < 3; lost++) {
        events[3].sequence = 4 + lost;
        events[4].sequence = 4 + lost + 2; // a remap fills one gap only
        scratch_events("remaps.bin", events, 5, false);
        struct reading reading = read_trace(scratch_path("remaps.bin"), TRACE_ARRIVAL_QUEUE, NULL);
        assert_int_equal(reading.requests[0].latency_ns, 3);
        assert_int_equal(reading_notice(&reading, "sequence-gap"), lost + 1);
        reading_free(&reading);
    }
}

#define AHEAD 65536

// How far is read ahead for the first Q: a D, so many records less one without an arrival, then the
// Q as the last of them or as the first behind them, which is too far if only a part is wanted.
static void test_late_queue(void **state)
{
    (void)state;
    for (int round = 0; round < 4; round++) {
        bool beyond = round % 2 != 0, is_late = round == 3;
        struct event *events = calloc(AHEAD + 3, sizeof *events);
        assert_non_null(events);
        for (int i = 0; i < AHEAD + 3; i++)
            events[i] = (struct event){.time_ns = (uint64_t)i + 1,
                                       .sequence = (uint32_t)i + 1,
                                       .sector = 800,
                                       .bytes = 512,
                                       .action = EVENT_PLUG};
        events[0].action = EVENT_ISSUE_READ;
        events[AHEAD - 1 + beyond].action = EVENT_QUEUE_READ;
        events[AHEAD + 1].action = EVENT_COMPLETE_READ;
        scratch_events("late.bin", events, AHEAD + 3, false);
        free(events);
        struct trace_config config = {.path = scratch_path("late.bin"), .is_part = round >= 2};
        struct reading reading = read_config(&config);
        assert_int_equal(reading.count, 1);
        assert_int_equal(reading.requests[0].arrival_ns, is_late ? 1 : AHEAD + beyond);
        assert_int_equal(reading_notice(&reading, "no-queue-events"), is_late);
        reading_free(&reading);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_byte_orders),
    cmocka_unit_test(test_compressed),
    cmocka_unit_test(test_mixed_byte_orders),
    cmocka_unit_test(test_cut_everywhere),
    cmocka_unit_test(test_damage),
    cmocka_unit_test(test_unknown_content),
    cmocka_unit_test(test_odd_recording),
    cmocka_unit_test(test_merge_ties),
    cmocka_unit_test(test_devices),
    cmocka_unit_test(test_misplaced_remaps),
    cmocka_unit_test(test_late_queue),
};
TEST_GROUP(records, tests, NULL, NULL);
