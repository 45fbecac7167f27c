// SPDX-License-Identifier: GPL-2.0-or-later
// Names of volumes that a format cannot hold: replaced by others, never two by the same, and said;
// whatever they are, the file is whole.
#include "tests/support/test_group.h"
#include "tests/traces/written.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Writes one request of each name, twice, and reads them. What the file calls them goes to `found`.
static struct trace_writer *write_names(const char *format, const char *const *names, size_t count,
                                        struct reading *reading)
{
    struct trace_error error = {""};
    struct trace_writer_config config = {.path = scratch_path("names"), .format = format};
    struct trace_config input = {.path = config.path, .format = format};
    struct trace_writer *writer = trace_writer_open(&config, &error);
    assert_non_null(writer);
    for (size_t i = 0; i < 2 * count; i++) {
        struct trace_request request = {
            .arrival_ns = (int64_t)i * 1000000000,
            .latency_ns = 1000,
            .offset = i * 4096,
            .bytes = 4096,
            .volume = 4711, // not looked at
            .op = TRACE_READ,
        };
        if (!trace_writer_put(writer, &request, names[i % count], NULL, &error))
            fail_msg("%s", error.message);
    }
    if (!trace_writer_finish(writer, &error))
        fail_msg("%s", error.message);
    *reading = read_config(&input);
    if (reading->result != TRACE_END)
        fail_msg("%s: %s", format, reading->error.message);
    assert_int_equal(reading->count, 2 * count);
    return writer;
}

// The names in the file, and what is said.
static void expect_names(const char *format, const char *const *names, const char *const *expected,
                         const char *kind, uint64_t replaced, const char *text)
{
    struct reading reading;
    size_t count = 0;
    while (names[count] != NULL)
        count++;
    struct trace_writer *writer = write_names(format, names, count, &reading);
    assert_int_equal(trace_volume_count(reading.trace), count);
    for (size_t i = 0; i < 2 * count; i++)
        assert_string_equal(trace_volume_name(reading.trace, reading.requests[i].volume),
                            expected[i % count]);
    assert_int_equal(writer_notice(writer, kind), replaced);
    if (strstr(writer_notice_text(writer, kind), text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", writer_notice_text(writer, kind), text);
    trace_writer_free(writer);
    reading_free(&reading);
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const formats[] = {"alibaba", "tencent", "systor",  "spc",
                                          "disksim", "mqsim",   "hfplayer"};
    static const char *const names[] = {"vdc", "1",  "0",  "007",        "2147483647", "2147483648",
                                        "-1",  "1 ", "+4", "4294967295", "",           NULL};
    static const char *const expected[] = {"0", "1", "2", "3", "2147483647", "4",
                                           "5", "6", "7", "8", "9"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        expect_names(formats[i], names, expected, "volume-renumbered", 9,
                     "9 volumes have another name in the file, since the format wants numbers: "
                     "\"vdc\" is \"0\", \"0\" is \"2\", \"007\" is \"3\"");
}

static void test_devices(void **state)
{
    (void)state;
    static const char *const formats[] = {"blktrace", "blkparse"};
    static const char *const names[] = {"254,48", "vdc",          "240,0",  "240,2",     "a",
                                        "b",      "4095,1048575", "4096,0", "0,1048576", "8,00",
                                        "8, 0",   "8,0x",         ",",      NULL};
    static const char *const expected[] = {"254,48", "240,0",        "240,1", "240,2", "240,3",
                                           "240,4",  "4095,1048575", "240,5", "240,6", "240,7",
                                           "240,8",  "240,9",        "240,10"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        expect_names(formats[i], names, expected, "volume-renumbered", 10,
                     "since the format wants MAJOR,MINOR: \"vdc\" is \"240,0\", \"240,0\" is "
                     "\"240,1\"");
}

// Who sent a request stands in a column if there are such, and what it cannot hold is counted. A
// number in brackets at its end is no part of the name, but for made ones.
static void test_streams(void **state)
{
    (void)state;
    static char large[16 * 1024 + 2];
    static const char *const names[] = {"fio",    "a, \"b\"",     "",          NULL,
                                        "a\nb",   large,          "c\r",       "fio[7]",
                                        "fio[8]", "a,\"[7][123]", "open:v[1]", "closed:v[1]:2"};
    static const char *const expected[] = {"fio", "a, \"b\"", "",          "",
                                           "",    "",         "c\r",       "fio",
                                           "fio", "a,\"[7]",  "open:v[1]", "closed:v[1]:2"};
    static const struct {
        const char *format;
        bool has_streams;
        uint64_t lost;
    } cases[] = {{"csv", true, 2}, {"csv", false, 10}, {"iolog", true, 10}};
    memset(large, 'x', sizeof large - 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trace_error error = {""};
        struct trace_writer_config config = {.path = scratch_path("streams"),
                                             .format = cases[i].format,
                                             .has_streams = cases[i].has_streams};
        struct trace_config input = {.path = config.path, .format = config.format};
        struct trace_writer *writer = trace_writer_open(&config, &error);
        assert_non_null(writer);
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
            struct trace_request request = {.arrival_ns = (int64_t)k * 1000, .bytes = 512};
            assert_true(trace_writer_put(writer, &request, "v", names[k], &error));
        }
        assert_true(trace_writer_finish(writer, &error));
        assert_int_equal(writer_notice(writer, "stream-lost"), cases[i].lost);
        struct reading reading = read_config(&input);
        assert_int_equal(reading.result, TRACE_END);
        assert_int_equal(trace_tells_streams(reading.trace), i == 0);
        for (size_t k = 0; i == 0 && k < reading.count; k++) {
            uint32_t stream = reading.requests[k].stream;
            const char *whole = expected[k][0] != '\0' ? names[k] : "";
            char text[TRACE_STREAM_TEXT];
            assert_string_equal(trace_stream_name(reading.trace, stream), expected[k]);
            assert_string_equal(trace_stream_text(reading.trace, stream, text), whole);
        }
        reading_free(&reading);
        trace_writer_free(writer);
    }
}

static void test_words(void **state)
{
    (void)state;
    static const char *const names[] = {"vdc",       "a b",  "a_b", "a\tb",    "a\nb",
                                        "",          "\x7f", "a,b", "unnamed", "a\r\nadd 0 1",
                                        "h\xc3\xa4", NULL};
    static const char *const expected[] = {"vdc",       "a_b",        "a_b-3",    "a_b-4",
                                           "a_b-5",     "unnamed",    "_",        "a,b",
                                           "unnamed-9", "a__add_0_1", "h\xc3\xa4"};
    expect_names("iolog", names, expected, "volume-renamed", 8, "\"a b\" is \"a_b\"");
}

static void test_hosts(void **state)
{
    (void)state;
    static const char *const names[] = {"hm_0",  "hm",    "hm_1_0", "_3",  "",
                                        "a,b_7", "x_007", "x_y",    "x\n", NULL};
    static const char *const expected[] = {"hm_0",  "hm-2_0",  "hm_1_0", "_3_0", "unnamed_0",
                                           "a_b_7", "x_007_0", "x_y_0",  "x__0"};
    expect_names("msr", names, expected, "volume-renamed", 7, "\"hm\" is \"hm-2_0\"");
}

static void test_quoted(void **state)
{
    (void)state;
    static const char *const names[] = {"a\nb", "a_b", "a\n\nb\n", "a", NULL};
    static const char *const expected[] = {"a_b", "a_b-2", "a__b_", "a"};
    expect_names("csv", names, expected, "volume-renamed", 3, "\"a?b\" is \"a_b\", \"a_b\" is");
}

// All volumes become one.
static void test_nameless(void **state)
{
    (void)state;
    static const char *const names[] = {"", "vdc", "vdd"};
    struct reading reading;
    struct trace_writer *writer = write_names("blkreplay", names, 3, &reading);
    assert_int_equal(trace_volume_count(reading.trace), 1);
    assert_string_equal(trace_volume_name(reading.trace, 0), "");
    assert_int_equal(writer_notice(writer, "volume-lost"), 4);
    trace_writer_free(writer);
    reading_free(&reading);
}

#define LONG_BYTES 70000

// Long names are held as they are, up to a limit, then cut; and still different.
static void test_long_names(void **state)
{
    (void)state;
    char *name = malloc(LONG_BYTES + 1);
    char *other = malloc(LONG_BYTES + 1);
    assert_non_null(name);
    assert_non_null(other);
    for (size_t i = 0; i < WRITTEN_FORMATS; i++) {
        size_t limit = strcmp(held[i].format, "csv") == 0     ? 16384
                       : strcmp(held[i].format, "iolog") == 0 ? 256
                       : strcmp(held[i].format, "msr") == 0   ? 16382
                                                              : 0;
        for (size_t length = limit == 0 ? LONG_BYTES : limit; length <= LONG_BYTES;
             length = length <= limit ? length + 1 : length + LONG_BYTES - limit - 1) {
            struct reading reading;
            memset(name, '"', length);
            memset(other, '"', length);
            name[length] = other[length] = '\0';
            other[length - 1] = 'x';
            const char *names[] = {name, other};
            struct trace_writer *writer = write_names(held[i].format, names, 2, &reading);
            size_t cut = limit == 0 || length > limit ? 2 : 0;
            bool lost = held[i].names[0][0] == '\0';
            assert_int_equal(trace_volume_count(reading.trace), lost ? 1 : 2);
            if (strcmp(held[i].format, "msr") != 0 && !lost)
                assert_int_equal(writer_notice(writer, "volume-renamed") +
                                     writer_notice(writer, "volume-renumbered"),
                                 cut);
            if (cut == 0 && strcmp(held[i].format, "msr") != 0)
                assert_string_equal(trace_volume_name(reading.trace, 1), other);
            trace_writer_free(writer);
            reading_free(&reading);
        }
    }
    free(name);
    free(other);
}

#define NAMES 40
#define BYTES_MAX 8

// Any bytes but NUL, which no name can hold.
static void test_random_names(void **state)
{
    (void)state;
    static const char likely[] = ",;\"\n\r\t _-#0123456789/:\\";
    for (uint64_t seed = 1; seed <= 100; seed++) {
        char bytes[NAMES][BYTES_MAX + 1] = {{0}};
        const char *names[NAMES];
        uint64_t random = seed;
        size_t different = 0;
        for (size_t i = 0; i < NAMES; i++) {
            size_t length = random_below(&random, BYTES_MAX);
            for (size_t j = 0; j < length; j++)
                bytes[i][j] = random_below(&random, 2) == 0
                                  ? likely[random_below(&random, sizeof likely - 1)]
                                  : (char)(1 + random_below(&random, 255));
            names[i] = bytes[i];
            size_t same = 0;
            while (strcmp(names[same], names[i]) != 0)
                same++;
            different += same == i;
        }
        for (size_t i = 0; i < WRITTEN_FORMATS; i++) {
            struct reading reading;
            struct trace_writer *writer = write_names(held[i].format, names, NAMES, &reading);
            bool lost = held[i].names[0][0] == '\0';
            assert_int_equal(trace_volume_count(reading.trace), lost ? 1 : different);
            size_t changed = 0;
            for (size_t j = 0; j < NAMES && !lost; j++) {
                uint32_t volume = reading.requests[j].volume;
                assert_int_equal(reading.requests[j].volume, reading.requests[j + NAMES].volume);
                changed += strcmp(trace_volume_name(reading.trace, volume), names[j]) != 0;
            }
            if (!lost)
                assert_int_equal(writer_notice(writer, "volume-renamed") +
                                         writer_notice(writer, "volume-renumbered") >
                                     0,
                                 changed > 0);
            trace_writer_free(writer);
            reading_free(&reading);
        }
    }
}

#define NAMES_MAX 65535

// As many as a trace may have: the notice stays short, the writing fast, and one more is an error.
static void test_many_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRITTEN_FORMATS; i++) {
        struct trace_error error;
        struct trace_writer_config config = {.path = scratch_path("many"),
                                             .format = held[i].format};
        struct trace_writer *writer = trace_writer_open(&config, &error);
        char name[400] = "";
        assert_non_null(writer);
        for (int j = 0; j <= NAMES_MAX; j++) {
            struct trace_request request = {0, 1, 0, 512, 0, TRACE_READ, 0, 0};
            // All would be cut or replaced to the same.
            snprintf(name, sizeof name, "%0300d%c", j, '\n');
            for (size_t k = 0; j > 0 && k < 16; k++)
                name[284 + k] = (char)(1 + (j >> k & 1));
            bool written = trace_writer_put(writer, &request, name, NULL, &error);
            assert_int_equal(written, j < NAMES_MAX);
        }
        assert_message(&error, "many: cannot be written: there are more than 65535 volumes");
        trace_writer_free(writer);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_numbers),    cmocka_unit_test(test_devices),
    cmocka_unit_test(test_words),      cmocka_unit_test(test_hosts),
    cmocka_unit_test(test_quoted),     cmocka_unit_test(test_nameless),
    cmocka_unit_test(test_long_names), cmocka_unit_test(test_random_names),
    cmocka_unit_test(test_many_names), cmocka_unit_test(test_streams),
};
TEST_GROUP(write_names, tests, NULL, NULL);
