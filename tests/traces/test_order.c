// SPDX-License-Identifier: GPL-2.0-or-later
// Records that are not in order of time: what comes live from several CPUs, what was put together
// from their files, times before the first record. And what no order can mend: two recordings.
#include "tests/support/test_group.h"
#include "tests/traces/recordings.h"
#include "traces/sorter.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CASES TEST_SOURCE_DIR "/traces/cases/"
#define CPUS 3

// "ARRIVAL_NS LATENCY_NS OFFSET" of all requests, the arrival since the origin.
static void expect(const char *path, const char *const *expected)
{
    struct reading reading = read_trace(path, TRACE_ARRIVAL_QUEUE, NULL);
    if (reading.result != TRACE_END)
        fail_msg("%s", reading.error.message);
    for (size_t i = 0; i < reading.count; i++) {
        const struct trace_request *request = &reading.requests[i];
        char found[100];
        snprintf(found, sizeof found, "%lld %lld %llu",
                 (long long)(request->arrival_ns - trace_origin_ns(reading.trace)),
                 (long long)request->latency_ns, (unsigned long long)request->offset);
        assert_non_null(expected[i]);
        assert_string_equal(found, expected[i]);
    }
    assert_null(expected[reading.count]);
    reading_free(&reading);
}

// 2^64 ns are 1266874889.709551616 s in 32 bits: what is 101,031 ns below was so long before 0.
static void test_wrapped_times(void **state)
{
    (void)state;
    static const char *const expected[] = {"0 306832 256720896", "101031 185801 205520896",
                                           "296832 100000 205524992", "5000101031 100000 205529088",
                                           NULL};
    expect(CASES "t01-live-wrapped-times.txt", expected);
    struct reading reading =
        read_trace(CASES "t01-live-wrapped-times.txt", TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(trace_origin_ns(reading.trace), -101031);
    assert_int_equal(reading_notice(&reading, "wrapped-time"), 2);
    assert_int_equal(reading_notice(&reading, "out-of-order"), 2);
    assert_int_equal(trace_notice_count(reading.trace), 2);
    reading_free(&reading);
    scratch_text("f.txt", "0.000000000 Q W 8 8\n1266874889.709551615 Q W 0 8\n"
                          "0.000000009 C W 0 8\n0.000000010 C W 8 8\n");
    struct trace_config config = {
        .path = scratch_path("f.txt"), .format = "blkparse-f", .layout = "%T.%t %a %d %S %n\\n"};
    reading = read_config(&config);
    assert_int_equal(reading.count, 2);
    assert_true(reading.requests[0].arrival_ns == -1 && reading.requests[0].latency_ns == 10);
    assert_true(reading.requests[1].arrival_ns == 0 && reading.requests[1].latency_ns == 10);
    reading_free(&reading);
}

static void test_text_of_cpus(void **state)
{
    (void)state;
    static const char *const expected[] = {"0 10000000 61440", "100000000 20000000 2621440",
                                           "6100000000 20000000 2625536",
                                           "10000000000 10000000 774144", NULL};
    expect(CASES "t11-ftrace-per-cpu-cat.txt", expected);
}

// A live pipe gives each CPU's records in a piece. Of those of the sample 91 are not there.
static void test_live_pipe(void **state)
{
    (void)state;
    struct reading reading = read_trace(CASES "t03-live-pipe.bin", TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 9);
    assert_int_equal(reading_notice(&reading, "time-backwards"), 0);
    assert_int_equal(reading_notice(&reading, "out-of-order"), 30);
    assert_int_equal(reading.requests[8].arrival_ns - reading.requests[0].arrival_ns, 25547780);
    for (size_t i = 0; i < reading.count; i++)
        assert_true(reading.requests[i].latency_ns != 0);
    reading_free(&reading);
}

// ---- Made ----

// Many requests on several CPUs, completed on others; the records of each CPU in a piece, or all
// in pieces of `piece` records.
static void make(const char *name, size_t requests, size_t piece)
{
    struct event *events = calloc(2 * requests, sizeof *events);
    uint32_t sequences[CPUS] = {0};
    struct bytes bytes = {0};
    assert_non_null(events);
    for (size_t i = 0; i < requests; i++) {
        events[2 * i] = (struct event){.time_ns = 1000000 + i * 1000,
                                       .sector = i * 8,
                                       .bytes = 4096,
                                       .action = EVENT_QUEUE_WRITE,
                                       .cpu = (uint32_t)(i % CPUS)};
        events[2 * i + 1] = events[2 * i];
        events[2 * i + 1].time_ns += 500;
        events[2 * i + 1].action = EVENT_COMPLETE_WRITE;
        events[2 * i + 1].cpu = (uint32_t)((i / 5) % CPUS);
    }
    for (size_t i = 0; i < 2 * requests; i++)
        events[i].sequence = ++sequences[events[i].cpu];
    for (size_t from = 0; from < 2 * requests; from += piece)
        for (uint32_t cpu = 0; cpu < CPUS; cpu++)
            for (size_t i = from; i < from + piece && i < 2 * requests; i++)
                if (events[i].cpu == cpu)
                    bytes_event(&bytes, &events[i], false);
    scratch_write(name, bytes.data, bytes.length);
    bytes_free(&bytes);
    free(events);
}

static void expect_made(const struct reading *reading, size_t requests)
{
    if (reading->result != TRACE_END)
        fail_msg("%s", reading->error.message);
    assert_int_equal(reading->count, requests);
    for (size_t i = 0; i < requests; i++) {
        assert_int_equal(reading->requests[i].arrival_ns, 1000000 + i * 1000);
        assert_int_equal(reading->requests[i].latency_ns, 500);
        assert_int_equal(reading->requests[i].offset, i * 4096);
    }
}

// In memory, in several sorted runs on disk, from a pipe; compressed.
static void test_pieces(void **state)
{
    (void)state;
    static const size_t sizes[] = {10, 3000, 300000};
    for (size_t i = 0; i < 6; i++) {
        size_t requests = sizes[i / 2];
        scratch_clear();
        make("pieces.bin", requests, i % 2 == 0 ? SIZE_MAX / 2 : 700);
        struct reading reading = read_trace(scratch_path("pieces.bin"), TRACE_ARRIVAL_QUEUE, NULL);
        expect_made(&reading, requests);
        assert_true(reading_notice(&reading, "out-of-order") > 0);
        assert_int_equal(trace_notice_count(reading.trace), 1);
        reading_free(&reading);
    }
    struct bytes bytes = {0};
    make("pieces.bin", 20000, SIZE_MAX / 2);
    scratch_read("pieces.bin", &bytes);
    scratch_compress("pieces.xz", bytes.data, bytes.length);
    bytes_free(&bytes);
    struct reading reading = read_trace(scratch_path("pieces.xz"), TRACE_ARRIVAL_QUEUE, NULL);
    expect_made(&reading, 20000);
    reading_free(&reading);
    int file = open(scratch_path("pieces.bin"), O_RDONLY);
    assert_int_equal(dup2(file, STDIN_FILENO), STDIN_FILENO);
    close(file);
    reading = read_trace("-", TRACE_ARRIVAL_QUEUE, NULL);
    expect_made(&reading, 20000);
    reading_free(&reading);
}

// Of a pipe of which only a piece is wanted: in a window of its time, whose end is not waited for.
static void test_part_of_pipe(void **state)
{
    (void)state;
    struct trace_config config = {.path = "-", .arrival = TRACE_ARRIVAL_AUTO, .is_part = true};
    static const size_t pieces[] = {1, 30, 700, 20000};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        make("pieces.bin", 100000, pieces[i]);
        int file = open(scratch_path("pieces.bin"), O_RDONLY);
        assert_int_equal(dup2(file, STDIN_FILENO), STDIN_FILENO);
        close(file);
        struct reading reading = read_config(&config);
        expect_made(&reading, 100000);
        assert_int_equal(reading_notice(&reading, "time-backwards"), 0);
        assert_true((reading_notice(&reading, "out-of-order") > 0) == (pieces[i] > 1));
        reading_free(&reading);
    }
}

// A temporary file that cannot be: an error that names the folder.
static void test_no_folder(void **state)
{
    (void)state;
    char *before = getenv("TMPDIR") != NULL ? strdup(getenv("TMPDIR")) : NULL;
    make("pieces.bin", 300000, SIZE_MAX / 2);
    setenv("TMPDIR", "/nowhere/at/all", 1);
    struct reading reading = read_trace(scratch_path("pieces.bin"), TRACE_ARRIVAL_QUEUE, NULL);
    if (before != NULL)
        setenv("TMPDIR", before, 1);
    else
        unsetenv("TMPDIR");
    free(before);
    assert_refused(reading, "making a temporary file in /nowhere/at/all (TMPDIR)");
}

// `cat vdc.blktrace.*`, and what blkparse prints of each CPU, one after the other: as it was.
static void test_put_together(void **state)
{
    (void)state;
    recordings_needed();
    struct bytes bytes = {0};
    scratch_clear();
    recording_unpack("mixed/vdc", "x");
    for (int cpu = 0; cpu < 64; cpu++) {
        char name[32];
        snprintf(name, sizeof name, "x.blktrace.%d", cpu);
        if (access(scratch_path(name), F_OK) == 0)
            scratch_read(name, &bytes);
    }
    scratch_write("all.bin", bytes.data, bytes.length);
    bytes_free(&bytes);
    for (int arrival = 0; arrival < 2; arrival++) {
        struct reading files = read_trace(scratch_path("x"), (enum trace_arrival)arrival, NULL);
        struct reading one = read_trace(scratch_path("all.bin"), (enum trace_arrival)arrival, NULL);
        assert_true(files.count > 1000);
        compare_readings(&files, &one, &(struct comparison){0});
    }
}

// ---- Two recordings ----

static void expect_other(const char *name, const char *place)
{
    struct reading reading = read_trace(scratch_path(name), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.result, TRACE_ERROR);
    assert_message(&reading.error, place);
    assert_message(&reading.error, "another recording starts here");
    assert_message(&reading.error, "split the file there");
    reading_free(&reading);
}

#define TEXT(sequence, time, action) "8,0 1 " sequence " " time " 9 " action " W 8 + 8 [x]\n"
#define FTRACE(cpu, time, event) "a-1 [" cpu "] ..... " time ": block_" event " + 8 [a]\n"

static void test_two_recordings(void **state)
{
    (void)state;
    for (size_t requests = 4; requests < 100000; requests *= 30) {
        struct bytes bytes = {0};
        char place[60];
        scratch_clear();
        make("one.bin", requests, 1);
        scratch_read("one.bin", &bytes);
        scratch_read("one.bin", &bytes);
        scratch_write("two.bin", bytes.data, bytes.length);
        snprintf(place, sizeof place, "two.bin: byte %zu: found a time", bytes.length / 2);
        bytes_free(&bytes);
        expect_other("two.bin", place);
    }
    scratch_text("two.txt", TEXT("1", "0.1", "Q") TEXT("2", "0.2", "C") TEXT("1", "0.0", "Q")
                                TEXT("2", "0.3", "C"));
    expect_other("two.txt", "two.txt: line 3: found a time 0.200000000 s before that of the record "
                            "before it on CPU 1");
    scratch_text("two.txt", FTRACE("000", "9.5", "bio_queue: 8,0 W 8")
                                FTRACE("001", "9.7", "bio_complete: 8,0 W 8")
                                    FTRACE("000", "1.0", "bio_queue: 8,0 W 8"));
    expect_other("two.txt", "two.txt: line 3: found a time 8.500000000 s before");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_wrapped_times),  cmocka_unit_test(test_text_of_cpus),
    cmocka_unit_test(test_live_pipe),      cmocka_unit_test(test_pieces),
    cmocka_unit_test(test_no_folder),      cmocka_unit_test(test_put_together),
    cmocka_unit_test(test_two_recordings), cmocka_unit_test(test_part_of_pipe),
};
TEST_GROUP(order, tests, scratch_make, scratch_remove);
