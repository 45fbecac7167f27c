// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of blkparse that are odd or broken, and layouts that do not do.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// A text in memory; a layout makes it one of blkparse -f.
static struct reading read_text(const char *text, const char *layout)
{
    struct trace_config config = {
        .path = "trace.txt",
        .format = layout != NULL ? "blkparse-f" : "blkparse",
        .layout = layout,
        .text = text,
        .text_size = strlen(text),
    };
    return read_config(&config);
}

#define Q(time, tail) "  8,16   1        1     " time "   17  Q   W " tail "\n"
#define C(time, tail) "  8,16   1        2     " time "    0  C   W " tail "\n"

// What is odd is read; a notice counts it.
static void test_odd(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t requests;
        const char *notice;
        uint64_t count;
    } cases[] = {
        {"# comment\n\nInput file x added\n" Q("0.000000001", "8 + 8 [a ] b]")
             C("1.000000000", "8 + 8 [0]"),
         1, "other-lines", 0},
        {Q("1.000000000", "8 + 8 [(null)]") "disk full\r\n" C("0.900000000", "8 + 8 [65531]"), 1,
         "time-backwards", 1},
        {Q("1.000000000", "8 + 8 [x]") "disk full\r\nhelp\n" C("1.900000000", "8 + 8 [0]"), 1,
         "other-lines", 2},
        {Q("1.000000000", "8 + 8 [x]")
             C("1.900000000", "8 + 8 [0]") "8,16 1 3 2.000000000 7 Q W 16",
         1, "truncated", 1},
        {Q("1.000000000", "8 + 8 [x]") "8,16 1 3 2.000000000 7 Q W 16 + 8 [x]", 2, "truncated", 1},
        {"4095,1048575 0 -2 0.000000000 4294967295 Q ZR 8 + 8 [x]\n" Q("1.000000000", "8 + 8 [x]"),
         1, "unknown-operation", 1},
        {"8,0 0 0 0.000000000 0  m   N cfq 5 [x] whatever\n" Q("1.000000000", "8 + 8 [x]"), 1,
         "other-lines", 0},
        {"8,0 0 5 0.000000000 9 G W 1 + 1 [x]\n8,0 0 7 0.000000000 9 Q W 1 + 1 [x]\n", 1,
         "sequence-gap", 1},
        {"8,0 0 5 0.000000000 9 Q W 1 + 1 [x]\n8,0 0 7 0.000000000 9 Q W 2 + 1 [x]\n", 2,
         "sequence-gap", 0},
        {"8,0 0 7 0.000000000 9 Q W 2 + 1 [x]\n8,0 0 8 0.000000000 9 D R 36 (12 00 .. ) [x]\n"
         "8,0 0 9 0.000000000 9 C R (12 00 ..) [0]\n8,0 0 10 0.000000000 9 C R [0]\n",
         1, "passthrough", 1},
        // The remap places the first flush, not the second.
        {"8,0 0 5 0.000000000 9 A FWS 99 + 0 <- (253,0) 9\n8,0 0 6 0.000000000 9 Q FWS [x]\n"
         "8,0 0 7 0.000000000 9 Q FWS [x]\n",
         2, "flush-nowhere", 1},
        {"8,0 0 5 0.000000000 9 Q FWS [x]\n8,0 0 7 1.000000000 9 C FN 18446744073709551615 [0]\n"
         "8,0 0 8 1.100000000 9 C WS 0 [0]\n",
         1, "flush-nowhere", 1},
        {Q("1.000000000",
           "8 + 8 [x]") "CPU0 (sda):\n Reads Queued: 0\n\nTotal (sda):\nThroughput\n",
         1, "other-lines", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reading reading = read_text(cases[i].text, NULL);
        if (reading.result != TRACE_END)
            fail_msg("%zu: %s", i, reading.error.message);
        assert_int_equal(reading.count, cases[i].requests);
        assert_int_equal(reading_notice(&reading, cases[i].notice), cases[i].count);
        reading_free(&reading);
    }
}

static void test_broken(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"8,16 x 1 0.0 1 Q W 1 + 1 [x]\n", "line 1: column 6: found \"x 1 0.0 1 Q"},
        {"8,16 0 x 0.0 1 Q W 1 + 1 [x]\n", "expected a sequence number"},
        {"8,16 0 1 0 1 Q W 1 + 1 [x]\n", "expected SECONDS.NANOSECONDS"},
        {"8,16 0 1 9223372037.0 1 Q W 1 + 1 [x]\n", "expected SECONDS.NANOSECONDS"},
        {"8,16 0 1 0.0 x Q W 1 + 1 [x]\n", "expected the number of a process"},
        {"8,16 0 1 0.0 1 Y W 1 + 1 [x]\n", "expected an action"},
        {Q("0.1", "1 + 1 [x]") Q("0.2", "1 + 1 [x"),
         "line 2: column 41: found \"1 + 1 [x\", expected SECTOR"},
        {Q("0.1", "1 + 8388608 [x]"), "expected SECTOR + SECTORS [NAME]"},
        {Q("0.1", "18014398509481983 + 8 [x]"), "below 2^63 bytes"},
        {Q("0.1", "18014398509481984 + 1 [x]"), "below 2^63 bytes"},
        {C("0.1", "1 + 1"), "[ERROR]"},
        {"8,16 0 1 0.0 1 X W 1 + 2 [x]\n", "expected SECTOR / SECTOR [NAME]"},
        {Q("0.1", "1 + 1 [x]") "CPU0 (sda):\n" Q("0.2", "1 + 1 [x]"), "after the statistics"},
        {"hello\nworld\n", "line 1: found \"hello\", expected MAJOR,MINOR CPU"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(read_text(cases[i].text, NULL), cases[i].error);
    }
}

static void test_broken_layouts(void **state)
{
    (void)state;
    static const struct {
        const char *layout;
        const char *error;
    } cases[] = {
        {"", "it lacks %T (seconds), %t (nanoseconds), %a (action), %S (sector), %n (sectors)"},
        {"%T.%t %a %S", "it lacks %n (sectors) or %N (bytes); expected at least"},
        {"%T %t %a %S %n %q", "found \"%q\", expected % and one of a c C d D e m M n N p P s S"},
        {"%T %t %a %S %n %", "found \"%\", expected % and one of"},
        {"%T %t %a %S %n %5T", "found %T twice"},
        {"%T %t\\n%a %S %n", "found a line end within it"},
        {"%T %t %a %S %n ....................................................................",
         "it is too long"},
        {"%T,%t,%a,%S,%n", "line 1: found \"1.5,Q,W,8,8\", expected a line as the layout says "
                           "(in column 2: ',')"},
        {"%T.%t,%a,%S,%d,%n", "(in column 7: %S)"},
        {"%T.%t,%a,%d,%S,%n %D", "(in column 12: %D)"},
        {"%T.%t,%d,%a,%S,%n", "(for %a: an action)"},
        {"%T.%t,%a,%d,%S", "it lacks"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reading reading = read_text("1.5,Q,W,8,8\n", cases[i].layout);
        assert_int_equal(reading.result, TRACE_ERROR);
        assert_message(&reading.error, "trace.txt: ");
        assert_message(&reading.error, cases[i].error);
        reading_free(&reading);
    }
    struct trace_config config = {
        .path = "x", .format = "blkparse-f", .text = "1.5,Q,W,8,8\n", .text_size = 12};
    assert_refused(read_config(&config), "found no layout");
}

// %t is a number of nanoseconds, whatever stands before it; a name may hold what separates.
static void test_layout_values(void **state)
{
    (void)state;
    struct reading reading = read_text("1.5,a, b,Q,W,8,8\n"
                                       "Input file x added\n"
                                       "1.500000000,,C,W,8,8\n"
                                       "2.000000000,x,Q,W,1,8388608,\n"
                                       "CPU0 (x):\n what there is\n",
                                       "%T.%9t,%C,%a,%d,%S,%n\n");
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.requests[0].arrival_ns, 1000000005);
    assert_int_equal(reading.requests[0].latency_ns, 499999995);
    assert_int_equal(reading_notice(&reading, "other-lines"), 1);
    assert_int_equal(reading_notice(&reading, "no-device"), 1);
    reading_free(&reading);
    static const char *const broken[] = {"1.1000000000 Q 8 8\n", "1.5 Q 8 8388608\n",
                                         "9223372036.5 Q 8 8\n", "1.5 Q 36028797018963968 8\n"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        assert_refused(read_text(broken[i], "%T.%t %a %S %n"), "line 1: column 1: found");
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_odd),
    cmocka_unit_test(test_broken),
    cmocka_unit_test(test_broken_layouts),
    cmocka_unit_test(test_layout_values),
};
TEST_GROUP(blkparse_lines, tests, NULL, NULL);
