// SPDX-License-Identifier: GPL-2.0-or-later
// Decimal and hexadecimal numbers, against a model that moves the point through a string of digits.
#include "tests/traces/trace_files.h"

#include "tests/support/test_group.h"
#include "traces/input/input_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// What is before the point after it was moved; false: beyond INT64_MAX.
static bool slow_decimal(const char *whole, const char *fraction, int power, int64_t *number)
{
    char digits[400] = "";
    int point = 100 + (int)strlen(whole) + power;
    memset(digits, '0', sizeof digits - 1);
    memcpy(digits + 100, whole, strlen(whole));
    memcpy(digits + 100 + strlen(whole), fraction, strlen(fraction));
    char before[400] = "0";
    if (point > 0)
        snprintf(before, sizeof before, "%.*s", point, digits);
    const char *first = before + strspn(before, "0");
    char limit[] = "9223372036854775807";
    if (strlen(first) > 19 || (strlen(first) == 19 && strcmp(first, limit) > 0))
        return false;
    *number = first[0] != '\0' ? (int64_t)strtoumax(first, NULL, 10) : 0;
    return true;
}

static void random_digits(char *text, uint64_t *random, uint64_t limit)
{
    uint64_t length = random_below(random, limit);
    bool zeros = random_below(random, 3) == 0;
    for (uint64_t i = 0; i < length; i++)
        text[i] = (char)('0' + (zeros && i < length / 2 ? 0 : random_below(random, 10)));
    text[length] = '\0';
}

static void test_decimal_against_model(void **state)
{
    (void)state;
    uint64_t random = 3;
    for (int round = 0; round < 200000; round++) {
        char whole[40], fraction[40], text[120];
        int64_t found = 0, expected = 0;
        int exponent = (int)random_below(&random, 30) - 15;
        int power = (int)random_below(&random, 10);
        random_digits(whole, &random, 23);
        random_digits(fraction, &random, 23);
        if (whole[0] == '\0' && fraction[0] == '\0')
            continue;
        bool point = fraction[0] != '\0' || random_below(&random, 2) == 0;
        snprintf(text, sizeof text, "%s%s%s", whole, point ? "." : "", fraction);
        if (random_below(&random, 2) == 0)
            exponent = 0;
        else
            snprintf(text + strlen(text), 20, random_below(&random, 2) == 0 ? "e%+d" : "E%d",
                     exponent);
        bool good = trace_text_decimal(text, strlen(text), power, &found);
        bool wanted = slow_decimal(whole, fraction, power + exponent, &expected);
        if (good != wanted || (good && found != expected))
            fail_msg("%s * 10^%d: %d %lld, expected %d %lld", text, power, good, (long long)found,
                     wanted, (long long)expected);
    }
}

static void test_decimal_edges(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int power;
        int64_t number;
    } good[] = {
        {"1234.567890123", 9, INT64_C(1234567890123)},
        {"9223372036.854775807", 9, INT64_MAX},
        {"0.0000000019", 9, 1},
        {".5", 9, 500000000},
        {"5.", 0, 5},
        {"1e9", 9, INT64_C(1000000000000000000)},
        {"0e4096", 9, 0},
        {"1e-4096", 9, 0},
        {"5.1e-05", 9, 51000},
    };
    static const char *const bad[] = {"",
                                      ".",
                                      "-1",
                                      "+1",
                                      "1.2.3",
                                      "1,5",
                                      " 1",
                                      "1 ",
                                      "e5",
                                      "1e",
                                      "1e+",
                                      "1e-",
                                      "1e5.5",
                                      "1e4097",
                                      "0x10",
                                      "nan",
                                      "9223372036.854775808",
                                      "inf"};
    int64_t number;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(trace_text_decimal(good[i].text, strlen(good[i].text), good[i].power, &number));
        assert_true(number == good[i].number);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(trace_text_decimal(bad[i], strlen(bad[i]), 9, &number));
}

static void test_hex(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "0x", "x1", "g", "-1", "8000000000000000", "@", "`", "00000000000000001"};
    uint64_t random = 4;
    int64_t number;
    for (int round = 0; round < 20000; round++) {
        char text[24];
        int64_t value = (int64_t)(random_next(&random) >> (1 + random_below(&random, 63)));
        static const char *const forms[] = {"%" PRIx64, "0x%" PRIX64, "0X%" PRIx64};
        snprintf(text, sizeof text, forms[random_below(&random, 3)], (uint64_t)value);
        assert_true(trace_text_hex(text, strlen(text), &number));
        assert_true(number == value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(trace_text_hex(bad[i], strlen(bad[i]), &number));
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(trace_text_equal("ReadX", 4, "rEAD"));
    assert_false(trace_text_equal("Read", 3, "Read"));
    assert_false(trace_text_equal("Read", 4, "Rea"));
    assert_false(trace_text_equal("@", 1, "`"));
    assert_false(trace_text_equal("[", 1, "{"));
    assert_true(trace_text_equal("", 0, ""));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_decimal_against_model),
    cmocka_unit_test(test_decimal_edges),
    cmocka_unit_test(test_hex),
    cmocka_unit_test(test_equal),
};
TEST_GROUP(numbers, tests, NULL, NULL);
