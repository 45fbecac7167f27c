// SPDX-License-Identifier: GPL-2.0-or-later
// The arrivals of real recordings are those that blkparse shows, to the nanosecond and in order.
#include "tests/support/test_group.h"
#include "tests/traces/recordings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arrival {
    uint64_t time_ns; // from the first record
    uint64_t offset;
    uint64_t bytes;
    char direction; // R, W, D or F
};

struct arrivals {
    struct arrival *items;
    size_t count;
};

static int compare_arrivals(const void *left, const void *right)
{
    const struct arrival *a = left;
    const struct arrival *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return a->offset != b->offset ? (a->offset < b->offset ? -1 : 1) : 0;
}

static void arrivals_add(struct arrivals *arrivals, const struct arrival *arrival)
{
    if ((arrivals->count & (arrivals->count - 1)) == 0) {
        size_t capacity = arrivals->count == 0 ? 1 : arrivals->count * 2;
        arrivals->items = realloc(arrivals->items, capacity * sizeof *arrival);
        assert_non_null(arrivals->items);
    }
    arrivals->items[arrivals->count++] = *arrival;
}

static struct arrivals read_blkparse(char action)
{
    struct arrivals arrivals = {0};
    char command[1200];
    char line[512];
    snprintf(command, sizeof command,
             "cd %s && blkparse -q -i x -f 'event %%a %%d %%T %%t %%S %%N\\n' 2>/dev/null",
             scratch());
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    while (fgets(line, sizeof line, pipe) != NULL) {
        char shown;
        char flags[16];
        uint64_t seconds;
        uint64_t nanoseconds;
        struct arrival arrival;
        if (sscanf(line, "event %c %15s %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &shown,
                   flags, &seconds, &nanoseconds, &arrival.offset, &arrival.bytes) != 6 ||
            shown != action)
            continue;
        arrival.time_ns = seconds * 1000000000 + nanoseconds;
        arrival.offset *= 512;
        bool flush = flags[0] == 'F';
        arrival.direction = flush && arrival.bytes == 0 ? 'F' : flags[flush];
        arrivals_add(&arrivals, &arrival);
    }
    assert_int_equal(pclose(pipe), 0);
    return arrivals;
}

static struct arrivals read_ours(const char *path, enum trace_arrival kind)
{
    static const char directions[] = {
        [TRACE_READ] = 'R', [TRACE_WRITE] = 'W', [TRACE_DISCARD] = 'D', [TRACE_FLUSH] = 'F'};
    struct arrivals arrivals = {0};
    struct reading reading = read_trace(path, kind, NULL);
    if (reading.result != TRACE_END)
        fail_msg("%s", reading.error.message);
    assert_int_equal(trace_notice_count(reading.trace), 0);
    for (size_t i = 0; i < reading.count; i++) {
        const struct trace_request *request = &reading.requests[i];
        struct arrival arrival = {
            .time_ns = (uint64_t)(request->arrival_ns - trace_origin_ns(reading.trace)),
            .offset = request->offset,
            .bytes = request->bytes,
            .direction = directions[request->op],
        };
        assert_true(i == 0 || arrival.time_ns >= arrivals.items[i - 1].time_ns);
        // These recordings are complete.
        assert_true(request->latency_ns > 0);
        arrivals_add(&arrivals, &arrival);
    }
    reading_free(&reading);
    return arrivals;
}

// The same ones, but for the order of equal times, which blkparse leaves open. Frees both.
static void expect_same(struct arrivals ours, struct arrivals theirs)
{
    assert_true(theirs.count > 500);
    assert_int_equal(ours.count, theirs.count);
    qsort(theirs.items, theirs.count, sizeof *theirs.items, compare_arrivals);
    qsort(ours.items, ours.count, sizeof *ours.items, compare_arrivals);
    for (size_t i = 0; i < ours.count; i++) {
        assert_int_equal(ours.items[i].time_ns, theirs.items[i].time_ns);
        assert_int_equal(ours.items[i].offset, theirs.items[i].offset);
        assert_int_equal(ours.items[i].bytes, theirs.items[i].bytes);
        assert_int_equal(ours.items[i].direction, theirs.items[i].direction);
    }
    free(ours.items);
    free(theirs.items);
}

static void test_arrivals_equal_blkparse(void **state)
{
    (void)state;
    recordings_needed();
    for (size_t i = 0; i < RECORDING_COUNT; i++) {
        scratch_clear();
        recording_unpack(recordings[i], "x");
        expect_same(read_ours(recording_path(recordings[i]), TRACE_ARRIVAL_QUEUE),
                    read_blkparse('Q'));
        expect_same(read_ours(recording_path(recordings[i]), TRACE_ARRIVAL_ISSUE),
                    read_blkparse('D'));
    }
}

// A dump of blkparse holds all CPUs in one file, notify records first: it reads the same.
static void test_dump_equals_files(void **state)
{
    (void)state;
    recordings_needed();
    char command[1200];
    scratch_clear();
    recording_unpack(recordings[2], "x");
    snprintf(command, sizeof command, "cd %s && blkparse -q -O -i x -d dump.bin >/dev/null 2>&1",
             scratch());
    assert_int_equal(system(command), 0);
    for (int kind = 0; kind < 2; kind++)
        expect_same(read_ours(scratch_path("dump.bin"), (enum trace_arrival)kind),
                    read_ours(scratch_path("x"), (enum trace_arrival)kind));
}

// A file `.0` that holds only CPU 1: blkparse shows nothing of it.
static void test_foreign_cpu(void **state)
{
    (void)state;
    recordings_needed();
    static const char path[] = TEST_PUBLIC_TRACES_DIR "/blktrace/sample.blktrace.0";
    if (access(path, R_OK) != 0)
        skip();
    struct reading reading = read_trace(path, TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 963);
    assert_int_equal(reading_notice(&reading, "cpu-mismatch"), 6741);
    reading_free(&reading);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_arrivals_equal_blkparse),
    cmocka_unit_test(test_dump_equals_files),
    cmocka_unit_test(test_foreign_cpu),
};
TEST_GROUP(blkparse, tests, NULL, NULL);
