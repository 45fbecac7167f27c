// SPDX-License-Identifier: GPL-2.0-or-later
// What is written is read again: random requests in every format, and from every format into every
// other, against a model of what each can hold.
#include "tests/support/test_group.h"
#include "tests/traces/written.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct workload workload;
static struct workload expected;

static struct reading read_as(const char *path, enum trace_arrival arrival, const char *format)
{
    struct trace_config config = {.path = path, .arrival = arrival, .format = format};
    return read_config(&config);
}

static void expect_notices(const struct trace_writer *writer, const struct workload *model,
                           const char *format)
{
    size_t kinds = 0;
    for (enum loss loss = 0; loss < LOSS_COUNT; loss++) {
        uint64_t count = writer_notice(writer, loss_kinds[loss]);
        kinds += count > 0;
        if (count != model->losses[loss])
            fail_msg("%s: %s: %llu, not %llu", format, loss_kinds[loss], (unsigned long long)count,
                     (unsigned long long)model->losses[loss]);
    }
    assert_int_equal(trace_writer_notice_count(writer), kinds);
}

// Whoever reads it finds nothing odd, but that requests of unknown latency have no end.
static void expect_sound(const struct reading *reading, const struct workload *model,
                         const struct held *format)
{
    static const char *const odd[] = {
        "bad-split",    "cpu-mismatch", "no-arrival",        "no-queue-events", "other-lines",
        "out-of-order", "passthrough",  "sequence-gap",      "time-backwards",  "too-late",
        "truncated",    "more-fields",  "unknown-operation", "wait-ignored",    "no-header",
        "no-device",    "no-operation", "duplicate-file",    "cpu-missing",     "zero-bytes",
    };
    uint64_t unknown = 0;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        if (reading_notice(reading, odd[i]) != 0)
            fail_msg("%s: %s", format->format, odd[i]);
    for (size_t i = 0; i < model->count; i++)
        unknown += model->requests[i].latency_ns == TRACE_LATENCY_UNKNOWN;
    assert_int_equal(reading_notice(reading, "no-completion") +
                         reading_notice(reading, "bad-latency"),
                     format->by_completion ? unknown : 0);
}

// The names are such that the format holds them, so nothing else is said.
static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRITTEN_FORMATS; i++) {
        for (uint64_t seed = 1; seed <= 6; seed++) {
            bool huge = seed > 3;
            const char *path = scratch_path("trace");
            workload_random(&workload, seed == 1 ? WORKLOAD_MAX : 500, huge, held[i].names, seed);
            workload_held(&workload, &held[i], &expected);
            struct trace_writer *writer = workload_write(&workload, path, held[i].format);
            expect_notices(writer, &expected, held[i].format);
            trace_writer_free(writer);
            for (enum trace_arrival arrival = 0; arrival <= TRACE_ARRIVAL_ISSUE; arrival++) {
                // A file of ordinary requests is recognised by what is in it.
                struct reading reading = read_as(path, arrival, huge ? held[i].format : NULL);
                workload_compare(&expected, &reading, &held[i], true);
                expect_sound(&reading, &expected, &held[i]);
                assert_int_equal(trace_volume_arrival(reading.trace, 0),
                                 held[i].by_completion ? arrival : TRACE_ARRIVAL_AUTO);
                reading_free(&reading);
            }
        }
    }
}

// A file that is named as that of a CPU has the records of this CPU.
static void test_cpu(void **state)
{
    (void)state;
    workload_random(&workload, 50, false, held_find("blktrace")->names, 1);
    workload_held(&workload, held_find("blktrace"), &expected);
    trace_writer_free(workload_write(&workload, scratch_path("v.blktrace.3.zst"), NULL));
    struct reading reading = read_as(scratch_path("v.blktrace.3"), TRACE_ARRIVAL_QUEUE, NULL);
    workload_compare(&expected, &reading, held_find("blktrace"), true);
    expect_sound(&reading, &expected, held_find("blktrace"));
    reading_free(&reading);
}

// Reads what the first format holds, writes it in the second, and reads that.
static void convert(const struct held *from, const struct held *to)
{
    struct reading first = read_as(scratch_path("first"), TRACE_ARRIVAL_QUEUE, from->format);
    assert_int_equal(first.result, TRACE_END);
    size_t volumes = trace_volume_count(first.trace);
    workload.count = first.count;
    memcpy(workload.requests, first.requests, first.count * sizeof *first.requests);
    for (uint32_t i = 0; i < volumes; i++)
        workload.names[i] = trace_volume_name(first.trace, i);
    workload_held(&workload, to, &expected);
    struct trace_writer *writer = workload_write(&workload, scratch_path("second"), to->format);
    struct reading second = read_as(scratch_path("second"), TRACE_ARRIVAL_QUEUE, to->format);
    workload_compare(&expected, &second, to, false);
    assert_int_equal(trace_volume_count(second.trace), to->names[0][0] == '\0' ? 1 : volumes);
    trace_writer_free(writer);
    reading_free(&first);
    reading_free(&second);
}

static void test_all_pairs(void **state)
{
    (void)state;
    for (size_t from = 0; from < WRITTEN_FORMATS; from++) {
        for (size_t to = 0; to < WRITTEN_FORMATS; to++) {
            workload_random(&workload, 300, (from + to) % 2 == 1, held[from].names, from * 16 + to);
            trace_writer_free(workload_write(&workload, scratch_path("first"), held[from].format));
            convert(&held[from], &held[to]);
        }
    }
}

static void expect_equal_files(const char *left, const char *right, bool equal)
{
    struct bytes a = {0}, b = {0};
    scratch_read(left, &a);
    scratch_read(right, &b);
    assert_true(a.length > 0);
    assert_int_equal(a.length == b.length && memcmp(a.data, b.data, a.length) == 0, equal);
    bytes_free(&a);
    bytes_free(&b);
}

// The header of gzip has four bytes for the time of writing: it would make each file another.
static void expect_no_time(const char *name)
{
    struct bytes bytes = {0};
    scratch_read(name, &bytes);
    assert_memory_equal(bytes.data, "\x1f\x8b\x08", 3);
    assert_memory_equal(bytes.data + 4, "\0\0\0", 4);
    bytes_free(&bytes);
}

// The same requests give the same bytes, whenever they are written, and what is compressed is what
// would have been written plain.
static void test_compressed(void **state)
{
    (void)state;
    static const char *const endings[] = {".gz", ".zst", ".xz"};
    static const char *const formats[] = {"csv", "blktrace"};
    for (size_t i = 0; i < 6; i++) {
        const char *format = formats[i % 2];
        char first[32], second[32];
        snprintf(first, sizeof first, "1%s", endings[i / 2]);
        snprintf(second, sizeof second, "2%s", endings[i / 2]);
        // Long enough to be written in several blocks.
        workload_random(&workload, WORKLOAD_MAX, true, held_find(format)->names, 5);
        trace_writer_free(workload_write(&workload, scratch_path("plain"), format));
        trace_writer_free(workload_write(&workload, scratch_path(first), format));
        trace_writer_free(workload_write(&workload, scratch_path(second), format));
        expect_equal_files(first, second, true);
        expect_equal_files(first, "plain", false);
        if (strcmp(endings[i / 2], ".gz") == 0)
            expect_no_time(first);
        assert_true(scratch_decompress("decompressed", scratch_path(first)));
        expect_equal_files("decompressed", "plain", true);
        scratch_clear();
    }
}

static void test_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRITTEN_FORMATS; i++) {
        workload = (struct workload){.count = 0};
        struct trace_writer *writer =
            workload_write(&workload, scratch_path("none"), held[i].format);
        assert_int_equal(trace_writer_notice_count(writer), 0);
        trace_writer_free(writer);
        struct reading reading = read_as(scratch_path("none"), 0, held[i].format);
        assert_int_equal(reading.result, TRACE_END);
        assert_int_equal(reading.count, 0);
        reading_free(&reading);
    }
}

// The largest and smallest of everything.
static void test_edges(void **state)
{
    (void)state;
    static const struct trace_request edges[] = {
        {0, 0, 0, 1, 0, TRACE_READ, 0, 0},
        {0, INT64_MAX, INT64_MAX - 1, 1, 1, TRACE_WRITE, 0, 0},
        {1, INT64_MAX, INT64_MAX - 512, 512, 2, TRACE_READ, 0, 0},
        {1, INT64_MAX - 1, INT64_MAX - 511, 511, 3, TRACE_READ, 0, 0},
        {999, 3600000000000, INT64_MAX, 0, 0, TRACE_FLUSH, 0, 0},
        {1000, 3600000000001, 0, UINT32_MAX, 4, TRACE_DISCARD, 0, 0},
        {1000, 99, UINT64_C(1) << 33, (UINT64_C(1) << 32) - 511, 4, TRACE_WRITE, 0, 0},
        {INT64_MAX, 0, UINT64_C(1) << 32, INT64_MAX - (UINT64_C(1) << 32), 0, TRACE_WRITE_ZEROES, 0,
         0},
        {INT64_MAX, 1, 0, 65536 * 512, 1, TRACE_WRITE, 0, 0},
    };
    for (size_t i = 0; i < WRITTEN_FORMATS; i++) {
        workload = (struct workload){.count = sizeof edges / sizeof edges[0]};
        memcpy(workload.requests, edges, sizeof edges);
        memcpy(workload.names, held[i].names, sizeof workload.names);
        workload_held(&workload, &held[i], &expected);
        struct trace_writer *writer =
            workload_write(&workload, scratch_path("edges"), held[i].format);
        expect_notices(writer, &expected, held[i].format);
        trace_writer_free(writer);
        struct reading reading =
            read_as(scratch_path("edges"), TRACE_ARRIVAL_QUEUE, held[i].format);
        workload_compare(&expected, &reading, &held[i], true);
        reading_free(&reading);
    }
}

// Times before 0 are moved to it.
static void test_negative_times(void **state)
{
    (void)state;
    workload = (struct workload){.count = 3, .names = {"vdc", "", "", "", ""}};
    workload.requests[0] = (struct trace_request){INT64_MIN, 5, 0, 4096, 0, TRACE_READ, 0, 0};
    workload.requests[1] = (struct trace_request){-1, 5, 4096, 4096, 0, TRACE_READ, 0, 0};
    workload.requests[2] = (struct trace_request){0, 5, 8192, 4096, 0, TRACE_READ, 0, 0};
    struct trace_writer *writer = workload_write(&workload, scratch_path("negative"), "csv");
    assert_int_equal(writer_notice(writer, "time-moved"), 2);
    trace_writer_free(writer);
    struct reading reading = read_as(scratch_path("negative"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(reading.requests[i].arrival_ns, 0);
        assert_int_equal(reading.requests[i].latency_ns, 5);
    }
    reading_free(&reading);
}

// What docs/traces.md says of two requests for the same bytes: they are there, but which took which
// time is not.
static void test_same_bytes(void **state)
{
    (void)state;
    workload = (struct workload){.count = 2, .names = {"8,0", "", "", "", ""}};
    workload.requests[0] = (struct trace_request){10, 100, 4096, 4096, 0, TRACE_READ, 0, 0};
    workload.requests[1] = (struct trace_request){20, 30, 4096, 4096, 0, TRACE_READ, 0, 0};
    trace_writer_free(workload_write(&workload, scratch_path("same"), "blktrace"));
    struct reading reading = read_as(scratch_path("same"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.requests[0].arrival_ns, 10);
    assert_int_equal(reading.requests[0].latency_ns, 40);
    assert_int_equal(reading.requests[1].arrival_ns, 20);
    assert_int_equal(reading.requests[1].latency_ns, 90);
    reading_free(&reading);
}

#define FLIGHTS_MAX (1 << 18)
#define BEYOND 1000

// More in flight than are kept: the latencies of those beyond are lost, and counted.
static void test_many_in_flight(void **state)
{
    (void)state;
    struct trace_error error;
    struct trace_writer_config config = {.path = scratch_path("many"), .format = "blktrace"};
    struct trace_writer *writer = trace_writer_open(&config, &error);
    assert_non_null(writer);
    for (uint64_t i = 0; i < FLIGHTS_MAX + BEYOND; i++) {
        struct trace_request request = {(int64_t)i, INT64_C(1) << 40, i << 12, 4096,
                                        0,          TRACE_READ,       0,       0};
        assert_true(trace_writer_put(writer, &request, "8,0", NULL, &error));
    }
    assert_true(trace_writer_finish(writer, &error));
    assert_int_equal(writer_notice(writer, "latency-lost"), BEYOND);
    trace_writer_free(writer);
    struct reading reading = read_as(scratch_path("many"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.count, FLIGHTS_MAX + BEYOND);
    reading_free(&reading);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_cpu),
    cmocka_unit_test(test_all_pairs),      cmocka_unit_test(test_compressed),
    cmocka_unit_test(test_nothing),        cmocka_unit_test(test_edges),
    cmocka_unit_test(test_negative_times), cmocka_unit_test(test_same_bytes),
    cmocka_unit_test(test_many_in_flight),
};
TEST_GROUP(write, tests, NULL, NULL);
