// SPDX-License-Identifier: GPL-2.0-or-later
// fio's iologs: both versions, what is odd and what is broken, a public one, and those that a real
// fio writes, against what awk sees in them.
#include "tests/support/test_group.h"
#include "tests/traces/damage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "a.iolog"

static struct reading read_text(const char *text, const char *volume)
{
    struct trace_config config = {
        .path = NAME,
        .volume = volume,
        .text = text,
        .text_size = strlen(text),
    };
    return read_config(&config);
}

// "FILE ARRIVAL_NS OP OFFSET BYTES" of all requests.
static void expect_requests(const struct reading *reading, const char *const *expected)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct trace_request *request = &reading->requests[i];
        char found[400];
        snprintf(found, sizeof found, "%s %" PRId64 " %s %" PRIu64 " %" PRIu64,
                 trace_volume_name(reading->trace, request->volume), request->arrival_ns,
                 trace_op_name(request->op), request->offset, request->bytes);
        assert_non_null(expected[i]);
        assert_string_equal(found, expected[i]);
        assert_int_equal(request->latency_ns, TRACE_LATENCY_UNKNOWN);
    }
    assert_null(expected[reading->count]);
}

static void test_version_3(void **state)
{
    (void)state;
    static const char text[] = "fio version 3 iolog\n"
                               "30 /dev/a add\n"
                               "31 /dev/a open\n"
                               "40 /dev/a write 4096 512\n"
                               "42\t/dev/a  sync 4096 512 \r\n"
                               "\n"
                               "41 b read 0 4294967296\n"
                               "43 b datasync 0 0 and more\n"
                               "43 b wait 77 0\n"
                               "43 b write 0 0\n"
                               " 44 /dev/a trim 9223372036854775295 512\n"
                               "45 /dev/a close now\n";
    static const char *const expected[] = {"/dev/a 40000 write 4096 512",
                                           "b 41000 read 0 4294967296",
                                           "/dev/a 42000 flush 0 0",
                                           "b 43000 flush 0 0",
                                           "/dev/a 44000 discard 9223372036854775295 512",
                                           NULL};
    struct reading reading = read_text(text, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_string_equal(trace_format(reading.trace), "iolog");
    assert_int_equal(trace_origin_ns(reading.trace), 30000);
    expect_requests(&reading, expected);
    assert_int_equal(reading_notice(&reading, "out-of-order"), 1);
    assert_int_equal(reading_notice(&reading, "wait-ignored"), 1);
    assert_int_equal(reading_notice(&reading, "zero-bytes"), 1);
    assert_int_equal(reading_notice(&reading, "more-fields"), 2);
    assert_int_equal(trace_notice_count(reading.trace), 4);
    reading_free(&reading);
}

// A wait is for a time since the start; lines without one happen at that time, too.
static void test_version_2(void **state)
{
    (void)state;
    static const char text[] = "fio version 2 iolog\n"
                               "a add\n"
                               "a open\n"
                               "a read 0 4096\n"
                               "a wait 10 0\n"
                               "a read 4096 4096\n"
                               "b write 0 512\n"
                               "a wait 7 0\n"
                               "a sync 0 0\n"
                               "a wait 12 99\n"
                               "a trim 0 4096\n"
                               "a close\n";
    static const char *const expected[] = {"a 0 read 0 4096",           "a 10000000 read 4096 4096",
                                           "b 10000000 write 0 512",    "a 10000000 flush 0 0",
                                           "a 12000000 discard 0 4096", NULL};
    static const char *const of_b[] = {"b 10000000 write 0 512", NULL};
    struct reading reading = read_text(text, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(trace_origin_ns(reading.trace), 0);
    expect_requests(&reading, expected);
    assert_int_equal(trace_notice_count(reading.trace), 0);
    reading_free(&reading);
    reading = read_text(text, "b");
    expect_requests(&reading, of_b);
    assert_int_equal(trace_origin_ns(reading.trace), 0);
    reading_free(&reading);
    reading = read_text(text, "c");
    assert_message(&reading.error,
                   NAME ": no request of volume \"c\" is in the trace; it has a, b");
    reading_free(&reading);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"fio version 1 iolog\n", "line 1: an iolog of unknown version; expected \"fio version 2"},
        {"fio version 4 iolog\n1 a add\n", "line 1: an iolog of unknown version"},
        {"fio version 3 iolog\nx a add\n",
         "line 2: column timestamp: found \"x\", expected a number "
         "of at most 9223372036854775, without a sign"},
        {"fio version 3 iolog\n9223372036854776 a add\n", "line 2: column timestamp: found"},
        {"fio version 3 iolog\n-1 a add\n", "line 2: column timestamp: found \"-1\""},
        {"fio version 3 iolog\n1 a\n", "line 2: expected TIMESTAMP FILE ACTION [OFFSET LENGTH]"},
        {"fio version 2 iolog\na\n", "line 2: expected FILE ACTION [OFFSET LENGTH]"},
        {"fio version 2 iolog\n1 a add\n", "line 2: column action: found \"a\", expected read, "},
        {"fio version 3 iolog\n1 my file read 0 1\n",
         "column action: found \"file\", expected read"},
        {"fio version 3 iolog\n1 a Read 0 1\n", "column action: found \"Read\", expected read"},
        {"fio version 3 iolog\n1 a read\n", "line 2: the action needs an OFFSET and a LENGTH"},
        {"fio version 3 iolog\n1 a read 0\n", "line 2: the action needs an OFFSET and a LENGTH"},
        {"fio version 3 iolog\n1 a read -1 0\n", "line 2: column offset: found \"-1\", expected"},
        {"fio version 3 iolog\n1 a read 1 9223372036854775807\n",
         "column length: found \"9223372036854775807\", expected a number of at most "
         "9223372036854775806"},
        {"fio version 2 iolog\na wait 9223372036855 0\n", "column offset: found \"9223372036855\""},
        {"fio version 3 iolog\n1 a read 0 4096x\n", "column length: found \"4096x\", expected"},
        {"fio version 3 iolog\n1 a add\nfio version 3 iolog\n2 a add\n",
         "line 3: another iolog starts here: fio appends those of further jobs and runs"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reading reading = read_text(cases[i].text, NULL);
        assert_int_equal(reading.result, TRACE_ERROR);
        assert_message(&reading.error, cases[i].message);
        assert_message(&reading.error, NAME);
        reading_free(&reading);
    }
}

static void test_limits_of_names_and_lines(void **state)
{
    (void)state;
    char name[300], text[5000];
    for (int length = 256; length <= 257; length++) {
        memset(name, 'n', sizeof name);
        name[length] = '\0';
        snprintf(text, sizeof text, "fio version 3 iolog\n1 %s read 0 1\n", name);
        struct reading reading = read_text(text, NULL);
        assert_int_equal(reading.count, length == 256);
        if (length == 256)
            assert_string_equal(trace_volume_name(reading.trace, 0), name);
        else
            assert_message(&reading.error, "nnn...\", expected a name of at most 256 bytes");
        reading_free(&reading);
    }
    snprintf(text, sizeof text, "fio version 3 iolog\n1 a add %*s\n", 4096 - 8, "x");
    struct reading reading = read_text(text, NULL);
    assert_int_equal(reading.result, TRACE_END);
    reading_free(&reading);
    snprintf(text, sizeof text, "fio version 3 iolog\n1 a add %*s\n", 4096 - 7, "x");
    assert_refused(read_text(text, NULL), "line 2: longer than 4096 bytes, which fio cannot read");
}

// fio was killed: the last line is lost, even if it looks whole: 512 may have been 5120.
static void test_cut(void **state)
{
    (void)state;
    static const char text[] = "fio version 3 iolog\n1 a read 0 4096\n2 a write 0 512";
    for (size_t length = strlen("fio version 3 iolog\n1 a read 0 4096\n"); length <= strlen(text);
         length++) {
        struct trace_config config = {.path = NAME, .text = text, .text_size = length};
        struct reading reading = read_config(&config);
        size_t left = strlen(text) - length;
        bool nothing = left == strlen("2 a write 0 512");
        assert_int_equal(reading.result, TRACE_END);
        assert_int_equal(reading.count, 1);
        assert_int_equal(reading_notice(&reading, "truncated"), !nothing);
        reading_free(&reading);
    }
    struct reading reading = read_text("fio version 3 iolog", NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 0);
    reading_free(&reading);
}

static void test_damaged(void **state)
{
    (void)state;
    for (unsigned version = 2; version <= 3; version++) {
        static const char *const lines[] = {
            "a add",      "a open",     "a read 0 4096",      "b write 8192 512",
            "a wait 5 0", "b sync 0 0", "a trim 4096 1048576"};
        struct bytes bytes = {0};
        char line[64];
        int length = snprintf(line, sizeof line, "fio version %u iolog\n", version);
        bytes_append(&bytes, line, (size_t)length);
        for (int i = 0; i < 30; i++) {
            length = version == 3 ? snprintf(line, sizeof line, "%d %s\n", i * 17, lines[i % 7])
                                  : snprintf(line, sizeof line, "%s\n", lines[i % 7]);
            bytes_append(&bytes, line, (size_t)length);
        }
        damage_and_read(&bytes, NULL, 1000);
        damage_and_read(&bytes, "iolog", 2000);
        bytes_free(&bytes);
    }
}

// The requests of an iolog of version 3, as awk sees them, in order of time.
static void expect_as_awk(const char *path)
{
    char command[2048], line[400], found[400];
    size_t at = 0;
    struct reading reading = read_trace(path, TRACE_ARRIVAL_QUEUE, NULL);
    if (reading.result == TRACE_ERROR)
        fail_msg("%s", reading.error.message);
    snprintf(command, sizeof command,
             "awk 'NR > 1 && NF == 5 { f = $3 ~ /sync/; print $1, $2, f ? \"flush\" : $3, "
             "f ? 0 : $4, f ? 0 : $5 }' '%s' | sort -s -n -k 1,1",
             path);
    FILE *awk = popen(command, "r");
    assert_non_null(awk);
    for (; fgets(line, sizeof line, awk) != NULL; at++) {
        assert_true(at < reading.count);
        const struct trace_request *request = &reading.requests[at];
        bool trims = request->op == TRACE_DISCARD;
        snprintf(found, sizeof found, "%" PRId64 " %s %s %" PRIu64 " %" PRIu64 "\n",
                 request->arrival_ns / 1000, trace_volume_name(reading.trace, request->volume),
                 trims ? "trim" : trace_op_name(request->op), request->offset, request->bytes);
        assert_string_equal(found, line);
        assert_int_equal(request->arrival_ns % 1000, 0);
    }
    assert_int_equal(pclose(awk), 0);
    assert_int_equal(at, reading.count);
    assert_true(at > 0);
    reading_free(&reading);
}

static void test_real_fio(void **state)
{
    (void)state;
    static const char *const jobs[] = {
        "--rw=randrw --bs=4k --fsync=8",
        "--rw=randwrite --bsrange=512-64k --fdatasync=5 --thinktime=50",
        "--rw=randtrim --bs=16k --filename=one:two:three",
        "--rw=read --bs=1m --size=32m",
    };
    if (system("command -v fio >/dev/null 2>&1") != 0)
        skip();
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        char command[2048], path[1024], name[16];
        snprintf(name, sizeof name, "%zu.iolog", i);
        snprintf(path, sizeof path, "%s", scratch_path(name));
        snprintf(command, sizeof command,
                 "cd '%s' && fio --name=job --ioengine=null --size=2m %s --write_iolog='%s' "
                 ">fio.out 2>&1",
                 scratch(), jobs[i], path);
        assert_int_equal(system(command), 0);
        expect_as_awk(path);
    }
}

static void test_public_iolog(void **state)
{
    (void)state;
    const char *path = TEST_PUBLIC_TRACES_DIR "/fio/fio-t0038-v3.iolog";
    FILE *file = fopen(path, "r");
    if (file == NULL)
        skip();
    fclose(file);
    expect_as_awk(path);
    struct reading reading = read_trace(path, TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.count, 20);
    assert_int_equal(trace_origin_ns(reading.trace), 30000);
    assert_int_equal(trace_notice_count(reading.trace), 0);
    reading_free(&reading);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_version_3), cmocka_unit_test(test_version_2),
    cmocka_unit_test(test_errors),    cmocka_unit_test(test_limits_of_names_and_lines),
    cmocka_unit_test(test_cut),       cmocka_unit_test(test_damaged),
    cmocka_unit_test(test_real_fio),  cmocka_unit_test(test_public_iolog),
};
TEST_GROUP(iolog, tests, NULL, NULL);
