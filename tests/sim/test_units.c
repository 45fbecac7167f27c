// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers with units: what is exact is accepted, all else refused.
#include "tests/sim/lab.h"

#include "sim/base/units.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef bool parse_function(const char *text, int64_t *value);

struct good {
    const char *text;
    int64_t value;
};

static void accept_all(parse_function *parse, const struct good *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = -1;
        if (!parse(rows[i].text, &value) || value != rows[i].value)
            fail_msg("'%s' is read as %" PRId64, rows[i].text, value);
    }
}

static void refuse_all(parse_function *parse, const char *const *texts)
{
    for (; *texts != NULL; texts++) {
        int64_t value;
        if (parse(*texts, &value))
            fail_msg("'%s' is accepted as %" PRId64, *texts, value);
    }
}

static const struct good good_durations[] = {
    {"0", 0},
    {"000", 0},
    {"0.00", 0},
    {"007ns", 7},
    {"42ns", 42},
    {"200us", 200000},
    {"3ms", 3 * MS},
    {"2s", 2 * SECOND},
    {"5min", 300 * SECOND},
    {"1h", 3600 * SECOND},
    {"1.5s", 1500 * MS},
    {"0.5h", 1800 * SECOND},
    {"0.000000001s", 1},
    {"1.000000001s", SECOND + 1},
    {"0.1us", 100},
    {"2.0ns", 2},
    {"0.00000000000s", 0},
    {"1.50000000000s", 1500 * MS},
    {"9223372036854775807ns", INT64_MAX},
    {"9223372036.854775807s", INT64_MAX},
    {"2562047h", INT64_C(2562047) * 3600 * SECOND},
};

static const char *const bad_durations[] = {
    "42",
    "007",
    "2.0",
    "9223372036854775807",
    "0.5",
    "",
    " ",
    " 1s",
    "1s ",
    "1 s",
    "-1",
    "-1s",
    "+1",
    "s",
    ".5s",
    "1.",
    "1.s",
    "1..5s",
    "1.5.5s",
    "0.0000000001s",
    "1.5",
    "0.5ns",
    "0.0001us",
    "1S",
    "1sec",
    "1m",
    "1d",
    "1M",
    "1e3",
    "0x10",
    "nan",
    "inf",
    "1,5s",
    "9223372036854775808",
    "9223372036854775808ns",
    "9223372036854776s",
    "9223372036.854775808s",
    "2562048h",
    "99999999999999999999999999h",
    "1s\n",
    NULL,
};

static void durations(void **state)
{
    (void)state;
    accept_all(units_parse_duration, good_durations,
               sizeof good_durations / sizeof good_durations[0]);
    refuse_all(units_parse_duration, bad_durations);
}

static void sizes(void **state)
{
    (void)state;
    static const struct good good[] = {
        {"0", 0},
        {"4096", 4096},
        {"512B", 512},
        {"4K", 4096},
        {"4KiB", 4096},
        {"4kB", 4000},
        {"4KB", 4000},
        {"2M", 2 << 20},
        {"2MiB", 2 << 20},
        {"2MB", 2000000},
        {"3G", INT64_C(3) << 30},
        {"3GiB", INT64_C(3) << 30},
        {"3GB", INT64_C(3000000000)},
        {"1T", INT64_C(1) << 40},
        {"1TiB", INT64_C(1) << 40},
        {"1TB", INT64_C(1000000000000)},
        {"1.5MiB", 3 << 19},
        {"0.5K", 512},
        {"0.001kB", 1},
        {"8388607T", INT64_C(8388607) << 40},
        {"9223372036854775807", INT64_MAX},
    };
    static const char *const bad[] = {
        "",          "-1",
        "1.5",       "0.5B",
        "0.3K",      "0.0001kB",
        "4k",        "4KIB",
        "4 K",       "K",
        "1P",        "1Kib",
        "8388608T",  "9223372036854775808",
        "9223373TB", "99999999999999999999T",
        NULL,
    };
    accept_all(units_parse_size, good, sizeof good / sizeof good[0]);
    refuse_all(units_parse_size, bad);
}

static void seconds(void **state)
{
    (void)state;
    static const struct good good[] = {{"3", 3}, {"3s", 3}, {"2min", 120}, {"3000ms", 3}, {"0", 0}};
    static const char *const bad[] = {"", "3.5", "500ms", "3 s", "3sec", NULL};
    accept_all(units_parse_seconds, good, sizeof good / sizeof good[0]);
    refuse_all(units_parse_seconds, bad);
}

static const struct {
    enum units_kind kind;
    const char *text, *hint;
} meanings[] = {
    {UNITS_TIME, "60", "'60s' or '60ms'"},
    {UNITS_TIME, "1.5", "'1.5s' or '1.5ms'"},
    {UNITS_TIME, "500000000", "'500ms'"},
    {UNITS_TIME, "1500000001", "'1500000001ns'"},
    {UNITS_TIME, "5 ms", "'5ms'"},
    {UNITS_TIME, "1,5s", "'1.5s'"},
    {UNITS_TIME, "1,500s", "'1.5s'"},
    {UNITS_TIME, "5MS", "'5ms'"},
    {UNITS_TIME, "5 sec", "'5s'"},
    {UNITS_TIME, "5seconds", "'5s'"},
    {UNITS_TIME, "5m", "'5min' or '5ms'"},
    {UNITS_TIME, "2 minutes", "'2min'"},
    {UNITS_TIME, "2d", "'48h'"},
    {UNITS_TIME, "200\xc2\xb5s", "'200us'"},
    {UNITS_TIME, "fast", NULL},
    {UNITS_TIME, "", NULL},
    {UNITS_TIME, "-1s", "cannot be below 0"},
    {UNITS_TIME, "999999999999h", "is too large"},
    {UNITS_TIME, "0.5ns", NULL},
    {UNITS_SIZE, "99999999999999TB", "is too large"},
    {UNITS_TIME, "5x", NULL},
    {UNITS_TIME, "0.0001us", NULL},
    {UNITS_TIME, "1e30", NULL},
    {UNITS_TIME, "nan", NULL},
    {UNITS_SIZE, "10mb", "'10MB'"},
    {UNITS_SIZE, "10 MB", "'10MB'"},
    {UNITS_SIZE, "10MB/s", "'10MB'"},
    {UNITS_SIZE, "1,5MB", "'1.5MB'"},
    {UNITS_SIZE, "1,500", "'1500'"},
    {UNITS_SIZE, "1k", "'1K' or '1kB'"},
    {UNITS_SIZE, "5m", "'5M' or '5MB'"},
    {UNITS_SIZE, "4kib", "'4KiB'"},
    {UNITS_SIZE, "100Mbit", "'12.5MB'"},
    {UNITS_SIZE, "100 Mbit/s", "'12.5MB'"},
    {UNITS_SIZE, "1Gbps", "'0.125GB'"},
    {UNITS_SIZE, "3bit", NULL},
    {UNITS_SIZE, "1P", NULL},
    {UNITS_COUNT, "1k", "'1000'"},
    {UNITS_COUNT, "10k", "'10000'"},
    {UNITS_COUNT, "1.5K", "'1500'"},
    {UNITS_COUNT, "1,000", "'1000'"},
    {UNITS_COUNT, "1_000", "'1000'"},
    {UNITS_COUNT, "300/s", "'300'"},
    {UNITS_COUNT, "300 iops", "'300'"},
    {UNITS_COUNT, "1e3", "'1000'"},
    {UNITS_COUNT, "300.5", NULL},
    {UNITS_COUNT, "0", NULL},
    {UNITS_TIME, "1s", NULL},
    {UNITS_COUNT, "0x10", NULL},
    {UNITS_SECONDS, "3sec", "'3s'"},
    {UNITS_SECONDS, "3 s", "'3s'"},
    {UNITS_SECONDS, "2m", "'2min'"},
    {UNITS_SECONDS, "500ms", NULL},
};

// What is meant by what is not accepted; what is proposed is.
static void meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        char expected[UNITS_HINT_MAX] = "", hint[UNITS_HINT_MAX];
        if (meanings[i].hint != NULL)
            snprintf(expected, sizeof expected,
                     meanings[i].hint[0] == '\'' ? "; did you mean %s?" : "; it %s",
                     meanings[i].hint);
        if (strcmp(units_meant(meanings[i].kind, meanings[i].text, hint, sizeof hint), expected) !=
            0)
            fail_msg("'%s': '%s'", meanings[i].text, hint);
    }
}

static void exact_durations(void **state)
{
    (void)state;
    static const struct good rows[] = {
        {"0", 0},
        {"1ns", 1},
        {"1500us", 1500000},
        {"60s", 60 * SECOND},
        {"1500ms", 1500 * MS},
        {"9223372036854775807ns", INT64_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[UNITS_EXACT_MAX];
        assert_string_equal(units_exact_duration(rows[i].value, text), rows[i].text);
    }
}

static void integers(void **state)
{
    (void)state;
    static const struct good good[] = {
        {"0", 0},
        {"-0", 0},
        {"42", 42},
        {"-42", -42},
        {"0042", 42},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    static const char *const bad[] = {
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "--1",
        "1.0",
        "1e3",
        "0x1",
        "1K",
        "\n",
        "- 1",
        "9223372036854775808",
        "-9223372036854775809",
        NULL,
    };
    accept_all(units_parse_integer, good, sizeof good / sizeof good[0]);
    refuse_all(units_parse_integer, bad);
}

// What is printed exactly as a sum of whole units must be read back as that sum.
static void random_durations_are_exact(void **state)
{
    (void)state;
    static const struct good units[] = {
        {"ns", 1},
        {"us", 1000},
        {"ms", MS},
        {"s", SECOND},
    };
    uint64_t random = 1;
    for (int i = 0; i < 20000; i++) {
        const struct good *unit = &units[random_below(&random, 4)];
        int64_t ns = (int64_t)(random_next(&random) >> (1 + random_below(&random, 62)));
        int digits = 0;
        for (int64_t factor = unit->value; factor > 1; factor /= 10)
            digits++;
        char text[64];
        int length = digits == 0 ? snprintf(text, sizeof text, "%" PRId64 "%s", ns, unit->text)
                                 : snprintf(text, sizeof text, "%" PRId64 ".%0*" PRId64 "%s",
                                            ns / unit->value, digits, ns % unit->value, unit->text);
        assert_in_range(length, 1, sizeof text - 1);
        int64_t value;
        if (!units_parse_duration(text, &value) || value != ns)
            fail_msg("'%s' is not %" PRId64 " ns", text, ns);
    }
}

static void for_people(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(units_format_duration(0, text, sizeof text), "0 ns");
    assert_string_equal(units_format_duration(999, text, sizeof text), "999 ns");
    assert_string_equal(units_format_duration(1000, text, sizeof text), "1 us");
    assert_string_equal(units_format_duration(1234567, text, sizeof text), "1.23 ms");
    assert_string_equal(units_format_duration(999999999, text, sizeof text), "1 s");
    assert_string_equal(units_format_duration(90 * SECOND, text, sizeof text), "90 s");
    assert_string_equal(units_format_duration(1234567 * SECOND, text, sizeof text), "1234567 s");
    assert_string_equal(units_format_size(0, text, sizeof text), "0 B");
    assert_string_equal(units_format_size(4096, text, sizeof text), "4.1 kB");
    assert_string_equal(units_format_size(12.5e9, text, sizeof text), "12.5 GB");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(durations),
    cmocka_unit_test(seconds),
    cmocka_unit_test(meant),
    cmocka_unit_test(exact_durations),
    cmocka_unit_test(sizes),
    cmocka_unit_test(integers),
    cmocka_unit_test(random_durations_are_exact),
    cmocka_unit_test(for_people),
};
TEST_GROUP(units, tests, NULL, NULL);
