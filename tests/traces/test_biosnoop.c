// SPDX-License-Identifier: GPL-2.0-or-later
// biosnoop's rows: arrivals computed from completions, in every form of its columns, what is odd
// and what is broken, and the samples of its own documentation.
#include "tests/support/test_group.h"
#include "tests/traces/damage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "a.txt"
#define HEADER "TIME(s)     COMM           PID    DISK    T SECTOR     BYTES  LAT(ms)\n"
#define HEADER_QUEUED "TIME(s) COMM PID DISK T SECTOR BYTES QUE(ms) LAT(ms)\n"

static struct reading read_as(const char *text, const char *format, const char *layout,
                              enum trace_arrival arrival)
{
    struct trace_config config = {
        .path = NAME,
        .arrival = arrival,
        .format = format,
        .layout = layout,
        .text = text,
        .text_size = strlen(text),
    };
    return read_config(&config);
}

static struct reading read_text(const char *text)
{
    return read_as(text, NULL, NULL, TRACE_ARRIVAL_QUEUE);
}

// "DISK ARRIVAL_NS LATENCY_NS OP OFFSET BYTES" of all requests.
static void expect_requests(const struct reading *reading, const char *const *expected)
{
    assert_int_equal(reading->result, TRACE_END);
    for (size_t i = 0; i < reading->count; i++) {
        const struct trace_request *request = &reading->requests[i];
        char found[400];
        snprintf(found, sizeof found, "%s %" PRId64 " %" PRId64 " %s %" PRIu64 " %" PRIu64,
                 trace_volume_name(reading->trace, request->volume), request->arrival_ns,
                 request->latency_ns, trace_op_name(request->op), request->offset, request->bytes);
        assert_non_null(expected[i]);
        assert_string_equal(found, expected[i]);
    }
    assert_null(expected[reading->count]);
}

static void test_arrivals_are_computed(void **state)
{
    (void)state;
    static const char text[] =
        "$ biosnoop\n"
        "Tracing block device I/O... Hit Ctrl-C to end.\n" HEADER
        "0.000000    dd             7      sda     R 8          4096      0.50\n"
        "0.000100    a b  c (d)     8      sdb     W 16         512       0.01\n"
        "0.001000    dd             7      sda     R 16         4096      1.25\n"
        "2.000000                   9      sda     WS 0         4096      0.000\n";
    // The third is asked for before the first, which is complete before it.
    static const char *const expected[] = {
        "sda -500000 500000 read 4096 4096", "sda -250000 1250000 read 8192 4096",
        "sdb 90000 10000 write 8192 512", "sda 2000000000 0 write 0 4096", NULL};
    struct reading reading = read_text(text);
    expect_requests(&reading, expected);
    assert_string_equal(trace_format(reading.trace), "biosnoop");
    assert_int_equal(trace_origin_ns(reading.trace), -500000);
    assert_int_equal(trace_volume_arrival(reading.trace, 0), TRACE_ARRIVAL_ISSUE);
    assert_int_equal(reading_notice(&reading, "no-queue-events"), 1);
    assert_int_equal(trace_notice_count(reading.trace), 1);
    reading_free(&reading);
}

static void test_queued_and_pattern(void **state)
{
    (void)state;
    static const char text[] = HEADER_QUEUED "1.000000 x 1 sda W 8 512 0.11 0.47\n"
                                             "1.000000 x 1 sda W 9 512 0.22 0.30\n";
    static const char *const at_queue[] = {"sda 999420000 580000 write 4096 512",
                                           "sda 999480000 520000 write 4608 512", NULL};
    static const char *const at_issue[] = {"sda 999530000 470000 write 4096 512",
                                           "sda 999700000 300000 write 4608 512", NULL};
    static const char with_pattern[] = "TIME(s) COMM PID DISK T SECTOR BYTES P QUE(ms) LAT(ms)\n"
                                       "1.000000 x 1 sda W 8 512 S 0.11 0.47\n";
    struct reading reading = read_as(text, NULL, NULL, TRACE_ARRIVAL_QUEUE);
    expect_requests(&reading, at_queue);
    assert_int_equal(trace_volume_arrival(reading.trace, 0), TRACE_ARRIVAL_QUEUE);
    assert_int_equal(trace_notice_count(reading.trace), 0);
    reading_free(&reading);
    reading = read_as(text, NULL, NULL, TRACE_ARRIVAL_ISSUE);
    expect_requests(&reading, at_issue);
    reading_free(&reading);
    reading = read_text(with_pattern);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.requests[0].latency_ns, 580000);
    reading_free(&reading);
}

static void test_operations_and_oddities(void **state)
{
    (void)state;
    static const char text[] = HEADER "1.000000 x 1 sda RA 1 512 0.00\n"
                                      "1.000001 x 1 sda FWFS 1 512 0.00\n"
                                      "1.000002 x 1 sda FWS 18446744073709551615 0 0.00\n"
                                      "1.000003 x 1 sda FF 0 0 0.00\n"
                                      "1.000004 x 1 sda D 1 1048576 0.00\n"
                                      "1.000005 x 1 sda DE 1 1048576 0.00\n"
                                      "1.000006 x 1 sda N 0 512 0.00\n"
                                      "1.000007 x 1 sda R 18446744073709551615 0 0.00\n"
                                      "Possibly lost 5 samples\n"
                                      "1.000008 x 1 sda R 1 512 -0.01\n"
                                      "1.000009 x 1 sda R 1 512 18446744073709.55\n"
                                      "1.000010 x 1 sda R 1 512 3600000.01\n"
                                      "1.000011 x 1 sda R 1 512 18446744073709551615\n"
                                      "^C\n\n";
    static const char *const expected[] = {"sda 1000000000 0 read 512 512",
                                           "sda 1000001000 0 write 512 512",
                                           "sda 1000002000 0 flush 0 0",
                                           "sda 1000003000 0 flush 0 0",
                                           "sda 1000004000 0 discard 512 1048576",
                                           "sda 1000005000 0 discard 512 1048576",
                                           "sda 1000008000 -1 read 512 512",
                                           "sda 1000009000 -1 read 512 512",
                                           "sda 1000010000 -1 read 512 512",
                                           "sda 1000011000 -1 read 512 512",
                                           NULL};
    struct reading reading = read_as(text, NULL, NULL, TRACE_ARRIVAL_ISSUE);
    expect_requests(&reading, expected);
    assert_int_equal(reading_notice(&reading, "passthrough"), 1);
    assert_int_equal(reading_notice(&reading, "zero-bytes"), 1);
    assert_int_equal(reading_notice(&reading, "bad-latency"), 4);
    assert_int_equal(reading_notice(&reading, "other-lines"), 2);
    assert_int_equal(trace_notice_count(reading.trace), 4);
    reading_free(&reading);
}

// Without a header it is known by name only, and its columns by the layout.
static void test_without_header(void **state)
{
    (void)state;
    static const char plain[] = "1.000000 x 1 sda W 8 512 0.47\n";
    static const char queued[] = "1.000000 x 1 sda W 8 512 0.11 0.47\n";
    assert_refused(read_text(plain), "not a trace of a known format");
    struct reading reading = read_as(plain, "biosnoop", NULL, TRACE_ARRIVAL_ISSUE);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.requests[0].latency_ns, 470000);
    assert_int_equal(reading_notice(&reading, "no-header"), 1);
    reading_free(&reading);
    assert_refused(read_as(queued, "biosnoop", HEADER_QUEUED, TRACE_ARRIVAL_QUEUE),
                   "layout \"TIME(s) COMM PID");
    reading = read_as(queued, "biosnoop", "TIME(s) COMM PID DISK T SECTOR BYTES QUE(ms) LAT(ms)",
                      TRACE_ARRIVAL_QUEUE);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.requests[0].latency_ns, 580000);
    assert_int_equal(trace_notice_count(reading.trace), 0);
    reading_free(&reading);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *row; // behind a header and a good row
        const char *message;
    } cases[] = {
        {"1.000000 x 1 sda W 8\n", "line 3: found 6 fields, expected at least 7: TIME(s) COMM"},
        {"1.000000 x one sda W 8 512 0.1\n",
         "line 3: column PID: found \"one\", expected a number"},
        {"1.000000 x 1 sda X 8 512 0.1\n", "line 3: column T: found \"X\", expected R, W, D or F"},
        {"1.000000 x 1 sda W -8 512 0.1\n", "line 3: column SECTOR: found \"-8\", expected"},
        {"1.000000 x 1 sda W 18014398509481983 512 0.1\n", "line 3: column SECTOR: found"},
        {"1.000000 x 1 sda W 8 5k 0.1\n", "line 3: column BYTES: found \"5k\", expected a number"},
        {"1.000000 x 1 sda W 8 512 fast\n", "line 3: column LAT(ms): found \"fast\", expected"},
        {"1.000000 x 1 sda W 8 512 1e400\n", "line 3: column LAT(ms): found \"1e400\", expected"},
        {"1.000000 a b c d e f g h i j k l m n o p q r s t u v w x y z 1 sda W 8 512 0.1\n",
         "line 3: found more than 32 fields, expected"},
        {HEADER, "line 3: another recording starts here, whose times are its own"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[600];
        snprintf(text, sizeof text, HEADER "0.000000 x 1 sda W 8 512 0.47\n%s", cases[i].row);
        struct reading reading = read_text(text);
        assert_int_equal(reading.result, TRACE_ERROR);
        assert_message(&reading.error, NAME);
        assert_message(&reading.error, cases[i].message);
        reading_free(&reading);
        // A last line without an end was cut, but not a header.
        text[strlen(text) - 1] = '\0';
        reading = read_text(text);
        bool is_header = strcmp(cases[i].row, HEADER) == 0;
        assert_int_equal(reading.result, is_header ? TRACE_ERROR : TRACE_END);
        if (!is_header)
            assert_int_equal(reading_notice(&reading, "truncated"), 1);
        reading_free(&reading);
    }
    assert_refused(read_as("hello\n", "biosnoop", NULL, TRACE_ARRIVAL_QUEUE),
                   NAME ": no line is the header of biosnoop");
}

#define ROWS 20000

// Many rows that arrive long before they are complete: the order is that of a sort.
static void test_order(void **state)
{
    (void)state;
    uint64_t random = 3;
    struct bytes text = {0};
    int64_t *arrivals = malloc(ROWS * sizeof *arrivals);
    assert_non_null(arrivals);
    bytes_append(&text, HEADER, strlen(HEADER));
    for (int64_t i = 0; i < ROWS; i++) {
        char row[128];
        int64_t done_us = i * 10, latency_us = (int64_t)random_below(&random, 50000) * 10;
        int length = snprintf(
            row, sizeof row,
            "%" PRId64 ".%06" PRId64 " x 1 sda W %" PRId64 " 512 %" PRId64 ".%02" PRId64 "\n",
            done_us / 1000000, done_us % 1000000, i, latency_us / 1000, latency_us % 1000 / 10);
        bytes_append(&text, row, (size_t)length);
        arrivals[i] = (done_us - latency_us) * 1000;
    }
    bytes_append(&text, "", 1);
    struct reading reading = read_text((const char *)text.data);
    assert_int_equal(reading.count, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        const struct trace_request *request = &reading.requests[i];
        assert_int_equal(request->arrival_ns, arrivals[request->offset / 512]);
        assert_true(i == 0 || request->arrival_ns > request[-1].arrival_ns ||
                    (request->arrival_ns == request[-1].arrival_ns &&
                     request->offset > request[-1].offset));
    }
    reading_free(&reading);
    bytes_free(&text);
    free(arrivals);
}

static void test_damaged(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    bytes_append(&bytes, HEADER_QUEUED, strlen(HEADER_QUEUED));
    for (int i = 0; i < 25; i++) {
        char row[128];
        int length = snprintf(row, sizeof row, "%d.%06d a b 1 sd%c %s %d 4096 0.%02d 1.%02d\n", i,
                              i * 7, 'a' + i % 3, i % 2 == 0 ? "W" : "R", i * 8, i, 99 - i);
        bytes_append(&bytes, row, (size_t)length);
    }
    damage_and_read(&bytes, NULL, 2000);
    damage_and_read(&bytes, "biosnoop", 2000);
    bytes_free(&bytes);
}

// The rows behind each header in the tool's documentation, against awk, which takes the fields from
// their places: no COMM there has a blank.
static void test_public_samples(void **state)
{
    (void)state;
    static const size_t rows[] = {15, 6};
    const char *path = TEST_PUBLIC_TRACES_DIR "/text-tools/bcc-biosnoop_example.txt";
    FILE *file = fopen(path, "r");
    if (file == NULL)
        skip();
    fclose(file);
    for (int sample = 0; sample < 2; sample++) {
        char command[2048], line[256], found[256], cut[1024];
        snprintf(cut, sizeof cut, "%s", scratch_path("sample.txt"));
        snprintf(command, sizeof command,
                 "awk '/^TIME/ { n++ } n == %d && (/^TIME/ || /^[0-9.]+ /)' '%s' >'%s'", sample + 1,
                 path, cut);
        assert_int_equal(system(command), 0);
        struct reading reading = read_trace(cut, TRACE_ARRIVAL_QUEUE, NULL);
        assert_int_equal(reading.result, TRACE_END);
        assert_int_equal(reading.count, rows[sample]);
        snprintf(command, sizeof command,
                 "awk 'NR > 1 { l = $8 + $9; printf \"%%.0f %%s %%.0f %%s %%.0f %%.0f\\n\", "
                 "$1 * 1e6 - l * 1000, $4, l * 1000, $5 == \"W\" ? \"write\" : \"read\", "
                 "$6 * 512, $7 }' '%s' | sort -s -n -k 1,1",
                 cut);
        FILE *awk = popen(command, "r");
        assert_non_null(awk);
        for (size_t i = 0; i < reading.count; i++) {
            const struct trace_request *request = &reading.requests[i];
            assert_non_null(fgets(line, sizeof line, awk));
            snprintf(found, sizeof found, "%" PRId64 " %s %" PRId64 " %s %" PRIu64 " %" PRIu64 "\n",
                     request->arrival_ns / 1000, trace_volume_name(reading.trace, request->volume),
                     request->latency_ns / 1000, trace_op_name(request->op), request->offset,
                     request->bytes);
            assert_string_equal(found, line);
        }
        assert_null(fgets(line, sizeof line, awk));
        assert_int_equal(pclose(awk), 0);
        reading_free(&reading);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_arrivals_are_computed),
    cmocka_unit_test(test_queued_and_pattern),
    cmocka_unit_test(test_operations_and_oddities),
    cmocka_unit_test(test_without_header),
    cmocka_unit_test(test_errors),
    cmocka_unit_test(test_order),
    cmocka_unit_test(test_damaged),
    cmocka_unit_test(test_public_samples),
};
TEST_GROUP(biosnoop, tests, NULL, NULL);
