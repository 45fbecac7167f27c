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
    {"42", 42},
    {"007", 7},
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
    {"2.0", 2},
    {"0.00000000000s", 0},
    {"1.50000000000s", 1500 * MS},
    {"9223372036854775807", INT64_MAX},
    {"9223372036854775807ns", INT64_MAX},
    {"9223372036.854775807s", INT64_MAX},
    {"2562047h", INT64_C(2562047) * 3600 * SECOND},
};

static const char *const bad_durations[] = {
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
    cmocka_unit_test(durations),  cmocka_unit_test(sizes),
    cmocka_unit_test(integers),   cmocka_unit_test(random_durations_are_exact),
    cmocka_unit_test(for_people),
};
TEST_GROUP(units, tests, NULL, NULL);
