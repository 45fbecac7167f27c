// SPDX-License-Identifier: GPL-2.0-or-later
// The byte stream beside the bytes themselves: random peeks and advances, so that wanted pieces
// cross blocks in every way; and lines beside a plain search for newlines.
#include "tests/traces/trace_files.h"

#include "tests/support/test_group.h"
#include "traces/input/input_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA_BYTES 700000

static uint8_t *make_data(uint64_t *random)
{
    uint8_t *data = malloc(DATA_BYTES);
    assert_non_null(data);
    for (size_t i = 0; i < DATA_BYTES; i++)
        data[i] = (uint8_t)random_next(random);
    data[0] = 'x';
    return data;
}

static bool open_path(struct trace_input *input, const char *path, struct trace_error *error)
{
    char copy[600];
    snprintf(copy, sizeof copy, "%s", path);
    struct trace_file file = {.path = copy};
    return trace_input_open(input, &file, error);
}

// A copy of its exact size, so that the sanitizers see a byte too far.
static char *open_text(struct trace_input *input, const char *name, struct trace_error *error)
{
    char called[] = "text";
    struct bytes bytes = {0};
    scratch_read(name, &bytes);
    char *text = malloc(bytes.length);
    assert_non_null(text);
    memcpy(text, bytes.data, bytes.length);
    struct trace_file file = {.path = called, .text = text, .bytes = bytes.length};
    assert_true(trace_input_open(input, &file, error));
    bytes_free(&bytes);
    return text;
}

static void check_stream(const char *name, bool in_memory, const uint8_t *data, uint64_t *random)
{
    struct trace_input input;
    struct trace_error error;
    size_t at = 0;
    char *text = NULL;
    if (in_memory)
        text = open_text(&input, name, &error);
    else
        assert_true(open_path(&input, scratch_path(name), &error));
    for (;;) {
        bool large = random_below(random, 20) == 0;
        size_t wanted = 1 + random_below(random, large ? 200000 : 100);
        assert_true(trace_input_peek(&input, wanted, &error));
        size_t have = (size_t)(input.end - input.at);
        assert_int_equal(input.offset, at);
        assert_true(have >= wanted || at + have == DATA_BYTES);
        if (have == 0)
            break;
        size_t checked = have < wanted ? have : wanted;
        assert_memory_equal(input.at, data + at, checked);
        size_t step = random_below(random, checked + 1);
        trace_input_advance(&input, step);
        at += step;
    }
    assert_int_equal(at, DATA_BYTES);
    trace_input_close(&input);
    free(text);
}

static void test_stream_equals_bytes(void **state)
{
    (void)state;
    static const char *const names[] = {"data", "data.gz", "data.zst", "data.xz"};
    uint64_t random = 2;
    uint8_t *data = make_data(&random);
    scratch_write(names[0], data, DATA_BYTES);
    for (size_t i = 1; i < 4; i++)
        scratch_compress(names[i], data, DATA_BYTES);
    for (size_t round = 0; round < 64; round++)
        check_stream(names[round % 4], round / 4 % 2 == 1, data, &random);
    free(data);
}

static void test_lines_equal_search(void **state)
{
    (void)state;
    uint64_t random = 3;
    struct bytes text = {0};
    size_t lengths[400];
    for (size_t i = 0; i < 400; i++) {
        char line[5000];
        lengths[i] = random_below(&random, 10) == 0 ? random_below(&random, 5000)
                                                    : random_below(&random, 60);
        memset(line, 'a' + (int)(i % 26), sizeof line);
        bytes_append(&text, line, lengths[i]);
        bytes_append(&text, i % 3 == 0 ? "\r\n" : "\n", i % 3 == 0 ? 2 : 1);
    }
    bytes_append(&text, "the end", 7);
    scratch_write("lines", text.data, text.length);
    struct trace_input input;
    struct trace_error error;
    assert_true(open_path(&input, scratch_path("lines"), &error));
    struct trace_lines lines = {.input = &input, .keeps_cut = true};
    for (size_t i = 0; i < 400; i++) {
        assert_int_equal(trace_lines_next(&lines, &error), TRACE_REQUEST);
        assert_int_equal(lines.number, i + 1);
        assert_int_equal(lines.length, lengths[i]);
        for (size_t j = 0; j < lines.length; j++)
            assert_int_equal(lines.text[j], 'a' + (int)(i % 26));
    }
    assert_int_equal(trace_lines_next(&lines, &error), TRACE_REQUEST);
    assert_int_equal(lines.length, 7);
    assert_memory_equal(lines.text, "the end", 7);
    assert_int_equal(trace_lines_next(&lines, &error), TRACE_END);
    assert_int_equal(trace_lines_next(&lines, &error), TRACE_END);
    trace_input_close(&input);
    bytes_free(&text);
}

static void test_numbers(void **state)
{
    (void)state;
    int64_t number;
    assert_true(trace_text_number("0", 1, &number) && number == 0);
    assert_true(trace_text_number("9223372036854775807", 19, &number) && number == INT64_MAX);
    assert_false(trace_text_number("9223372036854775808", 19, &number));
    assert_false(trace_text_number("10000000000000000000", 20, &number));
    assert_false(trace_text_number("", 0, &number));
    assert_false(trace_text_number("-1", 2, &number));
    assert_false(trace_text_number("+1", 2, &number));
    assert_false(trace_text_number(" 1", 2, &number));
    assert_false(trace_text_number("1e3", 3, &number));
}

static void test_not_a_file(void **state)
{
    (void)state;
    struct trace_input input;
    struct trace_error error;
    assert_false(open_path(&input, scratch_path("nothing"), &error));
    assert_message(&error, "nothing: cannot be read: No such file");
    assert_false(open_path(&input, "/dev/null", &error));
    assert_message(&error, "/dev/null: not a regular file");
}

// A compressed file that was cut is damaged: an error, never a short trace.
static void test_cut_compression(void **state)
{
    (void)state;
    static const char *const names[] = {"cut.gz", "cut.zst", "cut.xz"};
    uint64_t random = 4;
    uint8_t *data = make_data(&random);
    for (size_t i = 0; i < 3; i++) {
        scratch_compress(names[i], data, DATA_BYTES);
        struct trace_input input;
        struct trace_error error;
        assert_int_equal(truncate(scratch_path(names[i]), DATA_BYTES / 2), 0);
        bool good = open_path(&input, scratch_path(names[i]), &error);
        while (good && (good = trace_input_peek(&input, 1, &error))) {
            assert_true(input.at < input.end);
            trace_input_advance(&input, (size_t)(input.end - input.at));
        }
        assert_message(&error, "cannot be read or decompressed");
        trace_input_close(&input);
    }
    free(data);
}

// What has been read of a small file is told by its lines, not by its only block, and what is held
// to be put into order has not been read.
static void test_progress(void **state)
{
    (void)state;
    static const struct {
        const char *name, *header, *row;
    } files[] = {
        {"p.csv", "time_ns,op,offset,bytes\n", "%d,read,0,4096\n"},
        {"p.csv.gz", "time_ns,op,offset,bytes\n", "%d,read,0,4096\n"},
        {"p.csv.zst", "time_ns,op,offset,bytes\n", "%d,read,0,4096\n"},
        {"p.txt", "TIME(s) COMM PID DISK T SECTOR BYTES LAT(ms)\n",
         "%d.000000 a 1 vda R 8 4096 0.10\n"},
    };
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        char *text = malloc(200000);
        assert_non_null(text);
        int used = sprintf(text, "%s", files[f].header), count = 2000;
        for (int i = 0; i < count; i++)
            used += sprintf(text + used, files[f].row, i + 1000);
        scratch_compress(files[f].name, text, (size_t)used);
        if (trace_path_uncompressed_length(files[f].name) == strlen(files[f].name))
            scratch_write(files[f].name, text, (size_t)used);
        struct trace_config config = {.path = scratch_path(files[f].name)};
        struct trace_error error;
        struct trace *trace = trace_open(&config, &error);
        struct trace_request request;
        if (trace == NULL)
            fail_msg("%s", error.message);
        for (int i = 0; trace_read(trace, &request, &error) == TRACE_REQUEST; i++) {
            uint64_t consumed, total;
            trace_progress(trace, &consumed, &total);
            double off = (double)consumed / (double)total - (double)i / count;
            if (off < -0.03 || off > 0.03)
                fail_msg("%s: request %d: off by %f", files[f].name, i, off);
        }
        trace_close(trace);
        free(text);
    }
    scratch_clear();
}

// UTF-16 becomes UTF-8, in whatever blocks it comes; what only begins like it stays.
static void test_utf16(void **state)
{
    (void)state;
    static const char expected[] =
        "a line\r\nof \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd.\n";
    static const uint16_t units[] = {0xfeff, 'a',    ' ',    'l', 'i', 'n',  'e',
                                     '\r',   '\n',   'o',    'f', ' ', 0xe4, 0x20ac,
                                     0xd83d, 0xde00, 0xd83d, '.', '\n'};
    for (size_t big = 0; big < 2; big++) {
        uint8_t bytes[sizeof units + 1] = {0};
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
            bytes[2 * i + (1 - big)] = (uint8_t)(units[i] >> 8);
            bytes[2 * i + big] = (uint8_t)units[i];
        }
        bool found;
        assert_true(trace_utf16_begins(bytes, sizeof units, &found));
        assert_int_equal(found, big);
        for (size_t piece = 1; piece <= sizeof units; piece++) {
            struct trace_utf16 text = {.big_endian = big == 1};
            char decoded[sizeof expected + 8];
            size_t used = 0;
            for (size_t at = 0; at < sizeof units; at += piece) {
                size_t size = sizeof units - at < piece ? sizeof units - at : piece;
                size_t length = trace_utf16_decode(&text, bytes + at, size);
                assert_true(used + length <= sizeof decoded);
                memcpy(decoded + used, text.bytes, length);
                used += length;
            }
            free(text.bytes);
            assert_int_equal(used, sizeof expected - 1);
            assert_memory_equal(decoded, expected, used);
        }
    }
    bool found;
    assert_false(trace_utf16_begins((const uint8_t *)"\xff\xfe\1\0\2\0", 6, &found));
    assert_false(trace_utf16_begins((const uint8_t *)"\xff\xfe", 2, &found));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_utf16),
    cmocka_unit_test(test_stream_equals_bytes),
    cmocka_unit_test(test_lines_equal_search),
    cmocka_unit_test(test_numbers),
    cmocka_unit_test(test_not_a_file),
    cmocka_unit_test(test_cut_compression),
    cmocka_unit_test(test_progress),
};
TEST_GROUP(input, tests, scratch_make, scratch_remove);
