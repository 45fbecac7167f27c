// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of writing: numbers against the C library, units against their reading, requests in
// flight against a list that is searched, and endings of paths.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"
#include "traces/write.h"
#include "traces/write/write_format.h"
#include "traces/write/write_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t random_number(uint64_t *state)
{
    unsigned bits = (unsigned)random_below(state, 65);
    return bits == 0 ? 0 : random_next(state) >> (64 - bits);
}

static void test_numbers(void **state)
{
    (void)state;
    uint64_t seed = 1, power = 1;
    for (size_t i = 0; i < 20000; i++) {
        char text[64], expected[64];
        unsigned width = (unsigned)random_below(&seed, 24);
        // Around each power of ten, then any.
        uint64_t number = i < 60 ? power + i % 3 - 1 : random_number(&seed);
        power = i % 3 == 2 && i < 57 ? power * 10 : power;
        *write_number(text, number) = '\0';
        snprintf(expected, sizeof expected, "%" PRIu64, number);
        assert_string_equal(text, expected);
        *write_number_zeros(text, number, width) = '\0';
        snprintf(expected, sizeof expected, "%0*" PRIu64, (int)width, number);
        assert_string_equal(text, expected);
        *write_number_blanks(text, number, width) = '\0';
        snprintf(expected, sizeof expected, "%*" PRIu64, (int)width, number);
        assert_string_equal(text, expected);
        *write_decimal(text, number, 9, 9) = '\0';
        snprintf(expected, sizeof expected, "%" PRIu64 ".%09" PRIu64, number / 1000000000,
                 number % 1000000000);
        assert_string_equal(text, expected);
    }
}

// What is printed is read as the value, and a finer value is printed as the step below it.
static void test_units(void **state)
{
    (void)state;
    static const struct {
        enum columns_unit unit;
        unsigned decimals;
        int64_t step;
    } cases[] = {
        {COLUMNS_NS, 0, 1},         {COLUMNS_US, 0, 1000},
        {COLUMNS_US, 3, 1},         {COLUMNS_US, 1, 100},
        {COLUMNS_MS, 6, 1},         {COLUMNS_MS, 3, 1000},
        {COLUMNS_S, 9, 1},          {COLUMNS_S, 6, 1000},
        {COLUMNS_S, 0, 1000000000}, {COLUMNS_TICKS, 0, 100},
        {COLUMNS_FILETIME, 0, 100}, {COLUMNS_WHOLE_SECONDS, 0, 1000000000},
        {COLUMNS_BYTES, 0, 1},      {COLUMNS_SECTORS, 0, 512},
        {COLUMNS_KIB, 0, 1024},     {COLUMNS_MIB, 0, 1048576},
        {COLUMNS_PAGES, 0, 4096},
    };
    uint64_t seed = 2;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(columns_unit_step(cases[i].unit, cases[i].decimals), cases[i].step);
        for (unsigned j = 0; j < 2000; j++) {
            char text[COLUMNS_NUMBER_BYTES_MAX];
            int64_t value = j == 0 ? INT64_MAX : (int64_t)(random_number(&seed) >> 1), read;
            const char *end = columns_unit_print(cases[i].unit, cases[i].decimals, value, text);
            struct columns_field field = {text, (size_t)(end - text)};
            assert_true(field.length <= sizeof text);
            assert_true(columns_unit_parse(cases[i].unit, &field, &read));
            assert_int_equal(read, value / cases[i].step * cases[i].step);
        }
    }
}

#define LISTED_MAX 200

// The slow model: the first of the earliest among all that are in the list.
static void test_flights(void **state)
{
    (void)state;
    struct write_flights flights = {0};
    struct {
        int64_t end_ns;
        uint64_t number;
    } listed[LISTED_MAX];
    size_t count = 0;
    uint64_t seed = 3, pushed = 0, popped = 0;
    for (int64_t now_ns = 0; now_ns < 20000; now_ns++) {
        struct trace_request request = {.offset = pushed};
        if (count < LISTED_MAX && random_below(&seed, 3) > 0) {
            listed[count].end_ns = now_ns + (int64_t)random_below(&seed, 300);
            listed[count].number = pushed;
            assert_true(write_flights_push(&flights, &request, listed[count++].end_ns));
            pushed++;
        }
        for (;;) {
            size_t best = 0;
            for (size_t i = 1; i < count; i++)
                best = listed[i].end_ns < listed[best].end_ns ? i : best;
            bool due = count > 0 && listed[best].end_ns <= now_ns;
            assert_int_equal(write_flights_pop(&flights, now_ns, &request), due);
            if (!due)
                break;
            assert_int_equal(request.offset, listed[best].number);
            memmove(&listed[best], &listed[best + 1], (count - best - 1) * sizeof listed[0]);
            count--;
            popped++;
        }
    }
    assert_true(popped > 10000);
    trace_heap_free(&flights.heap);
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *format;
    } cases[] = {
        {"a.csv", "csv"},
        {"dir.iolog/a.csv.gz", "csv"},
        {"/x/a.iolog", "iolog"},
        {"a.iolog.zst", "iolog"},
        {"a.msr.xz", "msr"},
        {"vdc.blktrace.0", "blktrace"},
        {"vdc.blktrace.12.gz", "blktrace"},
        {"vdc.blktrace", "blktrace"},
        {"linux.load", "blkreplay"},
        {"linux.load.gz", "blkreplay"},
        {"a.blkparse", "blkparse"},
        {"a.vscsi", NULL},
        {"a.csv.zip", NULL},
        {"a.CSV", NULL},
        {"csv", NULL},
        {".csv", NULL},
        {"dir/.csv", NULL},
        {"dir.csv/a", NULL},
        {"a.columns", NULL},
        {"a.blkparse-f", NULL},
        {"a.gz", NULL},
        {"-", NULL},
        {"", NULL},
        {".", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *format = trace_writer_format_of_path(cases[i].path);
        if (cases[i].format == NULL && format != NULL)
            fail_msg("%s: %s", cases[i].path, format);
        if (cases[i].format != NULL) {
            assert_non_null(format);
            assert_string_equal(format, cases[i].format);
        }
    }
}

// Whatever can be written can be read, too.
static void test_formats(void **state)
{
    (void)state;
    size_t count = 0;
    for (; trace_writer_format_at(count) != NULL; count++)
        assert_non_null(trace_format_help(trace_writer_format_at(count)));
    assert_int_equal(count, 13);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_numbers), cmocka_unit_test(test_units),   cmocka_unit_test(test_flights),
    cmocka_unit_test(test_paths),   cmocka_unit_test(test_formats),
};
TEST_GROUP(write_parts, tests, NULL, NULL);
