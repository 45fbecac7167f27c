// SPDX-License-Identifier: GPL-2.0-or-later
// Records that are decoded many at a time: where a batch ends, and what is out of the ordinary in
// the middle of one, changes nothing. Files of the other byte order are read one by one: what they
// give is what the same records give here, requests, notices and errors.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS 400
#define RECORD_BYTES 48
#define FILES 2
#define ROUNDS 150

static void append_pair(struct bytes *bytes, uint64_t number)
{
    struct event event = {.time_ns = 1000 * number + 1000,
                          .sector = 8 * number,
                          .bytes = 4096,
                          .action = EVENT_QUEUE_READ};
    bytes_event(bytes, &event, false);
    event.time_ns += 500;
    event.action = EVENT_COMPLETE_READ;
    bytes_event(bytes, &event, false);
}

// All that came before the damage is given, then the error says where.
static void test_error_anywhere(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    for (uint64_t i = 0; i < PAIRS; i++)
        append_pair(&bytes, i);
    for (size_t record = 1; record < 2 * PAIRS; record += record % 64 < 3 ? 1 : 15) {
        char where[64];
        uint8_t *magic = bytes.data + record * RECORD_BYTES;
        snprintf(where, sizeof where, "byte %zu: no blktrace record", record * RECORD_BYTES);
        magic[2] = 'x';
        scratch_write("ready.bin", bytes.data, bytes.length);
        magic[2] = 'a';
        struct reading reading =
            read_trace(scratch_path("ready.bin"), TRACE_ARRIVAL_QUEUE, "254,48");
        assert_int_equal(reading.count, record / 2);
        for (size_t i = 0; i < reading.count; i++)
            assert_true(reading.requests[i].arrival_ns == (int64_t)(1000 * i + 1000) &&
                        reading.requests[i].latency_ns == 500);
        assert_refused(reading, where);
    }
    bytes_free(&bytes);
}

static void test_progress_goes_on(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    struct trace_error error;
    struct trace_request request;
    uint64_t before = 0, consumed, total;
    for (uint64_t i = 0; i < PAIRS; i++)
        append_pair(&bytes, i);
    scratch_write("ready.bin", bytes.data, bytes.length);
    struct trace_config config = {.path = scratch_path("ready.bin"), .volume = "254,48"};
    struct trace *trace = trace_open(&config, &error);
    assert_non_null(trace);
    for (uint64_t i = 0; trace_read(trace, &request, &error) == TRACE_REQUEST; i++) {
        trace_progress(trace, &consumed, &total);
        assert_true(consumed >= before && consumed >= (2 * i + 2) * RECORD_BYTES);
        assert_true(consumed <= total && total == bytes.length);
        before = consumed;
    }
    assert_true(before == bytes.length);
    trace_close(trace);
    bytes_free(&bytes);
}

// ---- Beside records that are read one by one ----

static void make_odd(struct event *event, uint64_t *random)
{
    static const uint32_t actions[] = {
        EVENT_PROCESS, EVENT_TIMESTAMP,         EVENT_SPLIT_READ,  EVENT_REMAP_READ,
        EVENT_PLUG,    EVENT_ISSUE_PASSTHROUGH, EVENT_QUEUE_FLUSH, EVENT_COMPLETE_EMPTY};
    switch (random_below(random, 12)) {
    case 0:
        event->sequence += 1 + (uint32_t)random_below(random, 3);
        break;
    case 1:
        event->cpu = (uint32_t)random_below(random, 3);
        break;
    case 2:
        event->time_ns -= random_below(random, 3000);
        break;
    case 3: // may be beyond what there can be
        event->sector = UINT64_MAX >> random_below(random, 12);
        break;
    default:
        event->action = actions[random_below(random, sizeof actions / sizeof actions[0])];
        event->pdu_bytes = (uint16_t)(8 * random_below(random, 4));
        event->pid = (uint32_t)random_below(random, 4);
        for (size_t i = 0; i < event->pdu_bytes; i++)
            event->pdu[i] = (uint8_t)('a' + random_below(random, 20));
    }
}

// Two files of up to three devices; each record is odd with one chance in `odd`.
static void make_files(struct bytes files[FILES][2], uint64_t *random, uint64_t odd)
{
    static const uint32_t actions[] = {EVENT_QUEUE_READ, EVENT_ISSUE_READ, EVENT_COMPLETE_READ,
                                       EVENT_QUEUE_WRITE, EVENT_COMPLETE_WRITE};
    uint32_t sequences[FILES][3] = {0};
    uint64_t now_ns = 10000, devices = 1 + random_below(random, 3);
    size_t count = 1 + random_below(random, 1500);
    for (size_t i = 0; i < count; i++) {
        size_t file = random_below(random, 8) == 0, device = random_below(random, devices);
        struct event event = {.time_ns = now_ns,
                              .sector = 8 * random_below(random, 40),
                              .bytes = 4096,
                              .action = actions[random_below(random, 5)],
                              .device = EVENT_DEVICE + (uint32_t)device,
                              .cpu = (uint32_t)file,
                              .sequence = sequences[file][device] + 1};
        if (odd > 0 && random_below(random, odd) == 0)
            make_odd(&event, random);
        if ((event.action & EVENT_PROCESS) == 0)
            sequences[file][device] = event.sequence;
        bytes_event(&files[file][0], &event, false);
        bytes_event(&files[file][1], &event, true);
        now_ns += random_below(random, 1000);
    }
    size_t cut = files[0][0].length / 2;
    cut = odd > 0 && cut > 0 && random_below(random, 3) == 0 ? random_below(random, cut) : 0;
    files[0][0].length -= cut;
    files[0][1].length -= cut;
}

static struct reading read_files(struct bytes files[FILES][2], size_t order,
                                 struct trace_config config)
{
    static const char *const names[FILES] = {"r.blktrace.0", "r.blktrace.1"};
    for (size_t i = 0; i < FILES; i++)
        scratch_write(names[i], files[i][order].data, files[i][order].length);
    config.path = scratch_path("r.blktrace");
    return read_config(&config);
}

static void assert_same(struct reading *quick, struct reading *slow)
{
    assert_int_equal(quick->result, slow->result);
    assert_int_equal(quick->count, slow->count);
    for (size_t i = 0; i < quick->count; i++) {
        const struct trace_request *a = &quick->requests[i], *b = &slow->requests[i];
        assert_int_equal(request_compare(a, b), 0);
        assert_true(a->volume == b->volume && a->stream == b->stream && a->also == b->also);
    }
    if (quick->result == TRACE_ERROR)
        assert_string_equal(quick->error.message, slow->error.message);
    if (quick->trace == NULL || quick->result == TRACE_ERROR)
        return;
    size_t count = trace_notice_count(slow->trace);
    assert_int_equal(trace_notice_count(quick->trace), count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(trace_notice(quick->trace, i)->text,
                            trace_notice(slow->trace, i)->text);
}

static void test_as_one_by_one(void **state)
{
    (void)state;
    static const uint64_t odds[] = {0, 400, 40, 4};
    uint64_t random = 15;
    size_t ended = 0, refused = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct bytes files[FILES][2] = {0};
        struct trace_config config = {
            .arrival = (enum trace_arrival)random_below(&random, 3),
            .volume = random_below(&random, 3) == 0 ? "254,48" : NULL,
            .keeps_stacks = random_below(&random, 2) == 0,
            .in_flight = random_below(&random, 2) == 0,
            .wants_streams = random_below(&random, 2) == 0,
            .batch_order = (enum trace_batch_order)random_below(&random, 3),
        };
        make_files(files, &random, odds[round % 4]);
        struct reading quick = read_files(files, 0, config);
        struct reading slow = read_files(files, 1, config);
        assert_same(&quick, &slow);
        ended += quick.result == TRACE_END;
        refused += quick.result == TRACE_ERROR;
        reading_free(&quick);
        reading_free(&slow);
        for (size_t i = 0; i < FILES; i++) {
            bytes_free(&files[i][0]);
            bytes_free(&files[i][1]);
        }
    }
    assert_true(ended >= ROUNDS / 2);
    assert_true(refused >= ROUNDS / 20);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_error_anywhere),
    cmocka_unit_test(test_progress_goes_on),
    cmocka_unit_test(test_as_one_by_one),
};
TEST_GROUP(ready, tests, NULL, NULL);
