// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of tracepoints as the tools really print them, odd ones and broken ones.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct reading read_text(const char *text, enum trace_arrival arrival)
{
    struct trace_config config = {
        .path = "trace.txt",
        .arrival = arrival,
        .format = "ftrace",
        .text = text,
        .text_size = strlen(text),
    };
    return read_config(&config);
}

// Lines as the tools really print them.
static void test_real_lines(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t arrival_ns;
        uint64_t offset;
        uint64_t bytes;
        enum trace_op op;
    } cases[] = {
        {"fio-789 [000] ..... 4455.092003: block_rq_issue: 259,0 WS 65536 () 64 + 128 none,0,0 "
         "[fio]",
         4455092003000, 32768, 65536, TRACE_WRITE},
        {"kworker/4:1H 533 [004] 543348.164815: block:block_rq_issue: 259,0 RM 4096 () 2564656 + "
         "8 [kworker/4:1H]",
         543348164815000, 1313103872, 4096, TRACE_READ},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[400];
        snprintf(text, sizeof text, "%s\n", cases[i].line);
        struct trace_config config = {.path = "trace.txt", .text = text, .text_size = strlen(text)};
        struct reading reading = read_config(&config);
        assert_int_equal(reading.result, TRACE_END);
        assert_string_equal(trace_format(reading.trace), "ftrace");
        assert_int_equal(reading.count, 1);
        assert_int_equal(reading.requests[0].arrival_ns, cases[i].arrival_ns);
        assert_int_equal(reading.requests[0].offset, cases[i].offset);
        assert_int_equal(reading.requests[0].bytes, cases[i].bytes);
        assert_int_equal(reading.requests[0].op, cases[i].op);
        assert_string_equal(trace_volume_name(reading.trace, 0), "259,0");
        assert_int_equal(reading_notice(&reading, "no-queue-events"), 1);
        reading_free(&reading);
    }
}

#define AT(time) "a [007] b-1 (  9) [001] " time ": "
#define QUEUE(time) AT(time) "block_bio_queue: 8,0 R 8 + 8 [a]\n"

static void test_odd(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum trace_arrival arrival;
        size_t requests;
        const char *notice;
        uint64_t count;
        enum trace_op op; // of all
    } cases[] = {
        {QUEUE("1.0") "CPU:3 [LOST 17 EVENTS]\nCPU:0 [EVENTS DROPPED]\n" QUEUE("2.0"),
         TRACE_ARRIVAL_QUEUE, 2, "events-lost", 18, TRACE_READ},
        {QUEUE("1.0") "\tffffffff8143 submit_bio+0x3\n\n" QUEUE("2.0"), TRACE_ARRIVAL_QUEUE, 2,
         "other-lines", 1, TRACE_READ},
        {AT("1.0") "block_rq_issue: 8,0 N 36 (12 00 24 ) 0 + 0 [a]\n" AT(
             "2.0") "block_rq_issue: 8,0 N 36 () 0 + 0 [a]\n" AT("3.0") "block_rq_complete: 8,0 N "
                                                                        "() 18446744073709551615 + "
                                                                        "0 [-5]\n",
         TRACE_ARRIVAL_ISSUE, 0, "passthrough", 2, TRACE_READ},
        {AT("1.0") "block_rq_issue: 8,0 N 4096 () 0 + 8 |8| be,0,4 [a]\n" AT(
             "2.0") "block_rq_complete: 8,0 N () 0 + 8 be,0,4 [0]\n",
         TRACE_ARRIVAL_ISSUE, 1, "nameless-operation", 1, TRACE_WRITE},
        {AT("1.0") "block_rq_issue: 8,0 ZR 4096 () 0 + 8 [a]\n" QUEUE("2.0"), TRACE_ARRIVAL_QUEUE,
         1, "unknown-operation", 1, TRACE_READ},
        {AT("1.0") "block_rq_issue: 8,0 ZA 4096 () 0 + 8 [a]\n" QUEUE("2.0"), TRACE_ARRIVAL_ISSUE,
         1, "unknown-operation", 0, TRACE_WRITE},
        {AT("1.0") "block_rq_issue: 8,0 DE 4096 () 0 + 8 [a]\n" AT(
             "2.0") "block_rq_requeue: 8,0 DE () 0 + 8 [0]\n" AT("3.0") "block_rq_issue: 8,0 DE "
                                                                        "4096 () 0 + 8 [a]\n",
         TRACE_ARRIVAL_ISSUE, 1, "no-completion", 1, TRACE_DISCARD},
        {QUEUE("1.5") QUEUE("1.4") AT("2.0") "block_bio_que", TRACE_ARRIVAL_QUEUE, 2,
         "time-backwards", 1, TRACE_READ},
        {QUEUE("1.5") AT("2.0") "block_bio_queue: 8,0 R 8 + ", TRACE_ARRIVAL_QUEUE, 1, "truncated",
         1, TRACE_READ},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reading reading = read_text(cases[i].text, cases[i].arrival);
        if (reading.result != TRACE_END)
            fail_msg("%zu: %s", i, reading.error.message);
        if (reading.count != cases[i].requests)
            fail_msg("%zu: %zu requests", i, reading.count);
        for (size_t j = 0; j < reading.count; j++)
            assert_int_equal(reading.requests[j].op, cases[i].op);
        if (reading_notice(&reading, cases[i].notice) != cases[i].count)
            fail_msg("%zu: not %" PRIu64 " %s", i, cases[i].count, cases[i].notice);
        reading_free(&reading);
    }
}

// Two that overlap, of which events were lost: the completion is not given to the older one, whose
// own may be among these.
static void test_lost_completion(void **state)
{
    (void)state;
    struct reading reading = read_text(QUEUE("1.0") "CPU:3 [LOST 17 EVENTS]\n" QUEUE("2.0")
                                           AT("3.0") "block_bio_complete: 8,0 R 8 + 8 [0]\n",
                                       TRACE_ARRIVAL_QUEUE);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.requests[0].latency_ns, TRACE_LATENCY_UNKNOWN);
    assert_int_equal(reading.requests[1].latency_ns, 1000000000);
    reading_free(&reading);
}

static void test_broken(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"a-1 [1] 1.0: block_bio_queue: 8;0 R 8 + 8 [a]\n", "line 1: column 31: found \"8;0 R 8"},
        {"a-1 [1] 1.0: block_bio_queue: 8,0 R x + 8 [a]\n", "expected SECTOR + SECTORS"},
        {"a-1 [1] 1.0: block_bio_queue: 8,0 R 8 / 8 [a]\n", "expected SECTOR + SECTORS"},
        {"a-1 [1] 1.0: block_bio_queue: 8,0 R 8 + 8388608 [a]\n", "below 2^63 bytes"},
        {"a-1 [1] 1.0: block_bio_queue: 8,0 R 8 + 8\n", "expected [NAME] or [ERROR]"},
        {"a-1 [1] 1.0: block_split: 8,0 R 8 + 8 [a]\n", "expected SECTOR / SECTOR"},
        {"a-1 [1] 1.0: block_rq_issue: 8,0 R () 8 + 8 [a]\n", "expected the number of bytes"},
        {"a-1 [1] 1.0: block_rq_complete: 8,0 R 8 + 8 [a]\n", "expected (COMMAND)"},
        {"a-1 [1] 1: block_bio_queue: 8,0 R 8 + 8 [a]\n", "line 1: found \"a-1 [1] 1: block_bio"},
        {"a-1 [1] 9223372037.0: block_bio_queue: 8,0 R 8 + 8 [a]\n", "as on no line"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(read_text(cases[i].text, TRACE_ARRIVAL_QUEUE), cases[i].error);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_real_lines),
    cmocka_unit_test(test_odd),
    cmocka_unit_test(test_lost_completion),
    cmocka_unit_test(test_broken),
};
TEST_GROUP(ftrace_lines, tests, NULL, NULL);
