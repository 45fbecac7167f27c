// SPDX-License-Identifier: GPL-2.0-or-later
// Text of blkparse, by default and with -f. The strongest test: what the real blkparse prints of
// the recordings reads as the recordings themselves do, request by request.
#include "tests/support/test_group.h"
#include "tests/traces/damage.h"
#include "tests/traces/recordings.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct reading read_file(const char *name, enum trace_arrival arrival, const char *layout)
{
    struct trace_config config = {
        .path = scratch_path(name),
        .arrival = arrival,
        .format = layout != NULL ? "blkparse-f" : NULL,
        .layout = layout,
    };
    return read_config(&config);
}

// The notices that the text gives beside those of the recording, of which there are none.
static void expect_notices(const struct reading *reading, const char *const *kinds)
{
    for (size_t i = 0; i < trace_notice_count(reading->trace); i++) {
        const struct trace_notice *notice = trace_notice(reading->trace, i);
        size_t known = 0;
        while (kinds[known] != NULL && strcmp(kinds[known], notice->kind) != 0)
            known++;
        if (kinds[known] == NULL)
            fail_msg("%s: %s", notice->kind, notice->text);
    }
}

static void compare_text(const char *recording, enum trace_arrival arrival, const char *layout)
{
    static const char *const kinds[] = {"flush-nowhere", NULL};
    struct reading binary = read_trace(recording_path(recording), arrival, NULL);
    struct reading text = read_file("x.txt", arrival, layout);
    assert_non_null(text.trace);
    assert_string_equal(trace_format(text.trace), layout != NULL ? "blkparse-f" : "blkparse");
    expect_notices(&text, kinds);
    compare_readings(&binary, &text, &(struct comparison){0});
}

// With the statistics at the end, and with the time since the issue, which -t adds.
static void test_default_text(void **state)
{
    (void)state;
    recordings_needed();
    for (size_t i = 0; i < RECORDING_COUNT; i++) {
        scratch_clear();
        recording_unpack(recordings[i], "x");
        for (int tracked = 0; tracked < 2; tracked++) {
            blkparse_run(tracked ? "-t -i x" : "-i x", "x.txt");
            compare_text(recordings[i], TRACE_ARRIVAL_QUEUE, NULL);
            compare_text(recordings[i], TRACE_ARRIVAL_ISSUE, NULL);
        }
    }
}

static void test_layouts(void **state)
{
    (void)state;
    recordings_needed();
    static const char *const layouts[] = {
        "%D %2c %8s %5T.%9t %5p %2a %3d %S %N %U %C\\n",
        "%M,%m;%T;%t;%-20C;%a;%-5d|%S\\t%n %12U%%\\n",
    };
    for (size_t i = 0; i < RECORDING_COUNT; i++) {
        scratch_clear();
        recording_unpack(recordings[i], "x");
        for (size_t j = 0; j < sizeof layouts / sizeof layouts[0]; j++) {
            char arguments[200];
            snprintf(arguments, sizeof arguments, "-i x -f '%s'", layouts[j]);
            blkparse_run(arguments, "x.txt");
            compare_text(recordings[i], TRACE_ARRIVAL_QUEUE, layouts[j]);
            compare_text(recordings[i], TRACE_ARRIVAL_ISSUE, layouts[j]);
        }
    }
}

// Four devices in one text.
static void test_merged_devices(void **state)
{
    (void)state;
    recordings_needed();
    scratch_clear();
    for (size_t i = 0; i < 4; i++)
        recording_unpack(recordings[i], strrchr(recordings[i], '/') + 1);
    blkparse_run("-i vdc -i vdd -i vde -i vdf", "x.txt");
    for (int kind = 0; kind < 2; kind++) {
        enum trace_arrival arrival = (enum trace_arrival)kind;
        struct reading binary = read_trace(recording_path("mixed"), arrival, NULL);
        struct reading text = read_file("x.txt", arrival, NULL);
        compare_readings(&binary, &text, &(struct comparison){0});
        struct reading disk = read_trace(recording_path("mixed"), arrival, "254,80");
        struct reading selected = read_trace(scratch_path("x.txt"), arrival, "254,80");
        compare_readings(&disk, &selected, &(struct comparison){0});
    }
    struct reading absent = read_trace(scratch_path("x.txt"), TRACE_ARRIVAL_QUEUE, "8,0");
    assert_null(absent.trace);
    assert_message(&absent.error, "no record of device 8,0; it has 254,");
}

// The operation is lost, the arrivals are not.
static void test_no_operation(void **state)
{
    (void)state;
    recordings_needed();
    scratch_clear();
    recording_unpack("mixed/vdd", "x");
    blkparse_run("-q -i x -f '%D %5T.%9t,%p,%C,%a,%S,%n\\n'", "x.txt");
    struct reading binary = read_trace(recording_path("mixed/vdd"), TRACE_ARRIVAL_ISSUE, NULL);
    struct reading text = read_file("x.txt", TRACE_ARRIVAL_ISSUE, "%D %5T.%9t,%p,%C,%a,%S,%n\n");
    assert_int_equal(reading_notice(&text, "no-operation"), 1);
    assert_int_equal(reading_notice(&text, "no-device"), 0);
    compare_readings(&binary, &text, &(struct comparison){.ignores_ops = true});
}

// An issued request ends with the first completion of its extent: no two of the sample overlap.
static int64_t plain_latency(char (*lines)[128], size_t count, size_t issue, const char *extent)
{
    double issued_s;
    double ended_s;
    char action;
    assert_int_equal(sscanf(lines[issue], "%*s %*s %*s %lf", &issued_s), 1);
    for (size_t i = issue + 1; i < count; i++) {
        if (sscanf(lines[i], "%*s %*s %*s %lf %*s %c", &ended_s, &action) == 2 && action == 'C' &&
            strstr(lines[i], extent) != NULL)
            return (int64_t)((ended_s - issued_s) * 1e9 + 0.5);
    }
    return TRACE_LATENCY_UNKNOWN;
}

static size_t plain_read(const char *path, char (*lines)[128], size_t limit)
{
    FILE *file = fopen(path, "r");
    size_t count = 0;
    assert_non_null(file);
    while (count < limit && fgets(lines[count], 128, file) != NULL)
        count++;
    fclose(file);
    return count;
}

#define LINES_MAX 2000

// A stack of dm-crypt on LVM on NVMe, with comments, remaps, and flushes that only these place.
static void test_public_sample(void **state)
{
    (void)state;
    static const char path[] = TEST_PUBLIC_TRACES_DIR "/blkparse/oxdeadmeat-nvme-dmcrypt.txt";
    static char lines[LINES_MAX][128];
    if (access(path, R_OK) != 0)
        skip();
    size_t count = plain_read(path, lines, LINES_MAX);
    struct reading queue = read_trace(path, TRACE_ARRIVAL_QUEUE, NULL);
    struct reading issue = read_trace(path, TRACE_ARRIVAL_ISSUE, NULL);
    size_t queued = 0;
    size_t issued = 0;
    for (size_t i = 0; i < count; i++) {
        char action = '\0';
        char extent[64] = "";
        unsigned long long sector = 0;
        unsigned sectors = 0;
        if (sscanf(lines[i], "%*u,%*u %*s %*s %*s %*s %c %*s %llu + %u", &action, &sector,
                   &sectors) < 1)
            continue;
        if (action == 'Q') {
            const struct trace_request *request = &queue.requests[queued++];
            assert_int_equal(request->bytes, sectors * 512);
            assert_int_equal(request->op, sectors > 0 ? TRACE_WRITE : TRACE_FLUSH);
            assert_true(sectors == 0 || request->offset == sector * 512);
            assert_true(request->latency_ns > 0);
        } else if (action == 'D') {
            const struct trace_request *request = &issue.requests[issued++];
            if (sectors > 0)
                snprintf(extent, sizeof extent, " %llu + %u ", sector, sectors);
            else
                snprintf(extent, sizeof extent, " FN 0 ");
            assert_int_equal(request->bytes, sectors * 512);
            assert_int_equal(request->latency_ns, plain_latency(lines, count, i, extent));
        }
    }
    assert_int_equal(queued, 248);
    assert_int_equal(queue.count, queued);
    assert_int_equal(issue.count, issued);
    assert_int_equal(trace_notice_count(queue.trace), 0);
    reading_free(&queue);
    reading_free(&issue);
}

static struct reading read_standard_input(const char *name, enum trace_arrival arrival,
                                          const char *volume)
{
    int file = open(scratch_path(name), O_RDONLY);
    assert_true(file >= 0);
    assert_int_equal(dup2(file, STDIN_FILENO), STDIN_FILENO);
    close(file);
    return read_trace("-", arrival, volume);
}

// What was read ahead to find out about the arrivals is not lost, though it cannot be read again.
static void test_standard_input(void **state)
{
    (void)state;
    recordings_needed();
    static const char *const names[] = {"x.txt", "x.bin"};
    scratch_clear();
    recording_unpack("mixed/vdf", "x");
    blkparse_run("-i x -d x.bin", "x.txt");
    for (size_t i = 0; i < 4; i++) {
        enum trace_arrival arrival = (enum trace_arrival)(i / 2);
        struct reading file = read_trace(scratch_path(names[i % 2]), arrival, "254,80");
        struct reading standard = read_standard_input(names[i % 2], arrival, "254,80");
        compare_readings(&file, &standard, &(struct comparison){0});
    }
    struct reading absent = read_standard_input("x.txt", TRACE_ARRIVAL_QUEUE, "8,0");
    assert_message(&absent.error, "no record of device 8,0; it has 254,80");
    reading_free(&absent);
}

#define ISSUES 66000

// A queue event that comes later than anything that is kept: too late to be the arrival.
static void test_standard_input_limit(void **state)
{
    (void)state;
    FILE *file = fopen(scratch_path("x.txt"), "w");
    assert_non_null(file);
    for (int i = 0; i < ISSUES; i++)
        fprintf(file, "8,0 0 %d %d.0 1 D R %d + 1 [x]\n", i, i, i);
    fprintf(file, "8,0 0 1 %d.0 1 Q R 1 + 1 [x]\n", ISSUES);
    fclose(file);
    struct reading reading = read_standard_input("x.txt", TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, ISSUES);
    assert_int_equal(reading_notice(&reading, "no-queue-events"), 1);
    for (size_t i = 0; i < reading.count; i++)
        assert_int_equal(reading.requests[i].offset, i * 512);
    reading_free(&reading);
    reading = read_standard_input("x.txt", TRACE_ARRIVAL_QUEUE, "8,1");
    assert_message(&reading.error, "-: the trace has no record of device 8,1; it has 8,0");
    reading_free(&reading);
    reading = read_trace(scratch_path("x.txt"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.count, 1);
    reading_free(&reading);
}

// The first lines of a real text, damaged in many ways.
static void test_damaged(void **state)
{
    (void)state;
    recordings_needed();
    struct bytes good = {0};
    scratch_clear();
    recording_unpack("mixed/vdf", "x");
    blkparse_run("-i x", "x.txt");
    scratch_read("x.txt", &good);
    size_t length = good.length;
    assert_true(length > 100000);
    good.length = 40000;
    damage_and_read(&good, "blkparse", 400);
    memmove(good.data, good.data + length - 8000, 8000);
    good.length = 8000;
    damage_and_read(&good, "blkparse", 400);
    bytes_free(&good);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_standard_input_limit), cmocka_unit_test(test_public_sample),
    cmocka_unit_test(test_default_text),         cmocka_unit_test(test_layouts),
    cmocka_unit_test(test_merged_devices),       cmocka_unit_test(test_no_operation),
    cmocka_unit_test(test_standard_input),       cmocka_unit_test(test_damaged),
};
TEST_GROUP(blkparse_text, tests, NULL, NULL);
