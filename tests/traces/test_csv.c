// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct reading read_text(const char *text, const char *volume)
{
    scratch_text("test.csv", text);
    return read_trace(scratch_path("test.csv"), TRACE_ARRIVAL_QUEUE, volume);
}

static void test_all_columns(void **state)
{
    (void)state;
    struct reading reading = read_text("\xef\xbb\xbf# made by hand\r\n"
                                       "latency_ns,member,bytes,op,offset,time_ns\r\n"
                                       "\r\n"
                                       "100,db,4096,read,8192,5\r\n"
                                       "# a comment\n"
                                       ",\"a, \"\"b\"\"\",512,write,0,5\n"
                                       "\n"
                                       "0,db,0,flush,0,7\n"
                                       ",\"\",1,discard,9223372036854775806,8\n"
                                       "7,db,65536,write-zeroes,0,9223372036854775807\n",
                                       NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 5);
    static const struct trace_request expected[] = {
        {5, 100, 8192, 4096, 0, TRACE_READ, 0, 0},
        {5, TRACE_LATENCY_UNKNOWN, 0, 512, 1, TRACE_WRITE, 0, 0},
        {7, 0, 0, 0, 0, TRACE_FLUSH, 0, 0},
        {8, TRACE_LATENCY_UNKNOWN, INT64_MAX - 1, 1, 2, TRACE_DISCARD, 0, 0},
        {INT64_MAX, 7, 0, 65536, 0, TRACE_WRITE_ZEROES, 0, 0},
    };
    for (size_t i = 0; i < 5; i++) {
        const struct trace_request *request = &reading.requests[i];
        assert_true(request->arrival_ns == expected[i].arrival_ns);
        assert_true(request->latency_ns == expected[i].latency_ns);
        assert_true(request->offset == expected[i].offset);
        assert_true(request->bytes == expected[i].bytes);
        assert_int_equal(request->volume, expected[i].volume);
        assert_int_equal(request->op, expected[i].op);
    }
    assert_string_equal(trace_format(reading.trace), "csv");
    assert_true(trace_times_are_absolute(reading.trace));
    assert_int_equal(trace_origin_ns(reading.trace), 5);
    assert_int_equal(trace_volume_count(reading.trace), 3);
    assert_string_equal(trace_volume_name(reading.trace, 0), "db");
    assert_string_equal(trace_volume_name(reading.trace, 1), "a, \"b\"");
    assert_string_equal(trace_volume_name(reading.trace, 2), "");
    assert_int_equal(trace_notice_count(reading.trace), 0);
    reading_free(&reading);
}

static void test_fewest_columns(void **state)
{
    (void)state;
    struct reading reading = read_text("time_ns,op,offset,bytes\n0,read,0,4096\n", NULL);
    assert_int_equal(reading.count, 1);
    assert_string_equal(trace_volume_name(reading.trace, 0), "");
    assert_int_equal(reading.requests[0].latency_ns, TRACE_LATENCY_UNKNOWN);
    reading_free(&reading);
    reading = read_text("time_ns,op,offset,bytes\n", NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 0);
    reading_free(&reading);
}

static void test_compressed_and_one_member(void **state)
{
    (void)state;
    struct bytes text = {0};
    bytes_append(&text, "time_ns,op,offset,bytes,member\n", 31);
    for (int i = 0; i < 30000; i++) {
        char line[80];
        int length = snprintf(line, sizeof line, "%d,write,%d,4096,m%d\n", i, i * 512, i % 3);
        bytes_append(&text, line, (size_t)length);
    }
    scratch_compress("big.csv.zst", text.data, text.length);
    bytes_free(&text);
    struct reading reading = read_trace(scratch_path("big.csv.zst"), TRACE_ARRIVAL_QUEUE, "m2");
    assert_int_equal(reading.count, 10000);
    for (size_t i = 0; i < reading.count; i++) {
        assert_int_equal(reading.requests[i].arrival_ns, 3 * i + 2);
        assert_string_equal(trace_volume_name(reading.trace, reading.requests[i].volume), "m2");
    }
    reading_free(&reading);
    reading = read_trace(scratch_path("big.csv.zst"), TRACE_ARRIVAL_QUEUE, "m3");
    assert_int_equal(reading.result, TRACE_ERROR);
    assert_message(&reading.error, "no line has \"m3\" in column member; members are: m0, m1, m2");
    reading_free(&reading);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"time_n,op,offset,bytes\n", "test.csv: line 1: unknown column \"time_n\", did you mean "
                                     "\"time_ns\"; the header is time_ns,op,offset,bytes"},
        {"time_ns,op,offset,bytes,member,latency_ns,qos\n", "unknown column \"qos\""},
        {"time_ns,op,offset,offset\n", "line 1: column \"offset\" is there twice"},
        {"#\n\ntime_ns,op,offset\n", "line 3: column \"bytes\" is missing; the header is"},
        {"H\n-1,read,0,1\n", "line 2: column time_ns: found \"-1\", expected a number"},
        {"H\n,read,0,1\n", "line 2: column time_ns: found \"\", expected a number"},
        {"H\n9223372036854775808,read,0,1\n", "column time_ns: found \"9223372036854775808\""},
        {"H\n1,Read,0,1\n", "column op: found \"Read\", expected read, write, discard"},
        {"H\n1,read,+0,1\n", "column offset: found \"+0\", expected a number"},
        {"H\n1,read,0, 1\n", "column bytes: found \" 1\", expected a number"},
        {"H\n1,read,9223372036854775807,1\n", "column bytes: found \"1\", expected offset + bytes"},
        {"H\n1,flush,0,1\n", "column bytes: found \"1\", expected 0 for a flush"},
        {"H\n5,read,0,1\n\ntime_ns,op,offset,bytes\n6,read,0,1\n",
         "test.csv: line 4: the header again: another recording starts here, whose times are its "
         "own; split the file there and read the parts one by one"},
        {"H\n1,read,0\n", "line 2: found 3 fields, expected 4"},
        {"H\n1,read,0,1,\n", "line 2: found at least 5 fields, expected 4"},
        {"H,latency_ns\n1,read,0,1,-1\n", "column latency_ns: found \"-1\", expected a number"},
        {"H,member\n1,read,0,1,\"a\n", "line 2: a quoted field does not end on its line"},
        {"H,member\n1,read,0,1,\"a\"b\n", "line 2: a closing quote is not followed by a comma"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[400] = "";
        bool standard = cases[i].text[0] == 'H';
        snprintf(text, sizeof text, "%s%s", standard ? "time_ns,op,offset,bytes" : "",
                 cases[i].text + standard);
        assert_refused(read_text(text, NULL), cases[i].message);
    }
}

static void test_long_lines(void **state)
{
    (void)state;
    static const char header[] = "time_ns,op,offset,bytes,member\n1,read,0,1,";
    for (size_t extra = 0; extra < 2; extra++) {
        size_t length = 64 * 1024 - 11 + extra;
        char *name = malloc(length + 1);
        assert_non_null(name);
        memset(name, 'n', length);
        name[length] = '\n';
        struct bytes text = {0};
        bytes_append(&text, header, sizeof header - 1);
        bytes_append(&text, name, length + 1);
        scratch_write("long.csv", text.data, text.length);
        struct reading reading = read_trace(scratch_path("long.csv"), TRACE_ARRIVAL_QUEUE, NULL);
        if (extra == 0) {
            assert_int_equal(reading.count, 1);
            assert_int_equal(strlen(trace_volume_name(reading.trace, 0)), length);
        } else {
            assert_message(&reading.error, "long.csv: line 2: longer than 65536 bytes");
        }
        reading_free(&reading);
        bytes_free(&text);
        free(name);
    }
}

// Bytes in memory: their name is a name only, even if it is a pattern, a CPU's file or nothing.
static struct reading read_memory(const char *text, size_t size)
{
    struct trace_config config = {
        .path = "no/such*.blktrace.3", .text = text, .text_size = size, .text_is_whole = true};
    return read_config(&config);
}

static void test_text_in_memory(void **state)
{
    (void)state;
    static const char text[] = "time_ns,op,offset,bytes,member\n7,read,0,512,a\n9,write,0,1,b\n";
    struct reading reading = read_memory(text, sizeof text - 1);
    uint64_t consumed, total;
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.requests[0].arrival_ns, 7);
    assert_int_equal(reading.requests[1].bytes, 1);
    assert_true(trace_times_are_absolute(reading.trace));
    assert_string_equal(trace_volume_name(reading.trace, 1), "b");
    assert_int_equal(trace_notice_count(reading.trace), 0);
    trace_progress(reading.trace, &consumed, &total);
    assert_int_equal(total, sizeof text - 1);
    assert_int_equal(consumed, total);
    reading_free(&reading);
    assert_refused(read_memory(text, sizeof text - 2 - 7),
                   "no/such*.blktrace.3: line 3: found 2 fields, expected 5 as in the header");
    reading = read_memory("", 0);
    assert_message(&reading.error, "no/such*.blktrace.3: the file is empty; expected ");
    reading_free(&reading);
    assert_refused(read_memory("\0\0\0", 3),
                   "not a trace of a known format: it starts with 00 00 00");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_all_columns),
    cmocka_unit_test(test_fewest_columns),
    cmocka_unit_test(test_compressed_and_one_member),
    cmocka_unit_test(test_errors),
    cmocka_unit_test(test_long_lines),
    cmocka_unit_test(test_text_in_memory),
};
TEST_GROUP(csv, tests, NULL, NULL);
