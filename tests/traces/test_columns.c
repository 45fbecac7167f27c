// SPDX-License-Identifier: GPL-2.0-or-later
// The formats with one request per line: what their columns mean, what is odd and what is broken.
#include "tests/support/test_group.h"
#include "tests/traces/damage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct reading read_text(const char *text, const char *format, const char *volume)
{
    struct trace_config config = {.path = "a.trace",
                                  .format = format,
                                  .volume = volume,
                                  .text = text,
                                  .text_size = strlen(text)};
    return read_config(&config);
}

// "VOLUME ARRIVAL OP OFFSET BYTES LATENCY;" of all requests.
static void expect_requests(const struct reading *reading, const char *expected)
{
    char found[2000] = "";
    for (size_t i = 0; i < reading->count; i++) {
        const struct trace_request *request = &reading->requests[i];
        size_t used = strlen(found);
        snprintf(found + used, sizeof found - used,
                 "%s %" PRId64 " %s %" PRIu64 " %" PRIu64 " %" PRId64 ";",
                 trace_volume_name(reading->trace, request->volume), request->arrival_ns,
                 trace_op_name(request->op), request->offset, request->bytes, request->latency_ns);
    }
    if (reading->result == TRACE_ERROR)
        fail_msg("%s", reading->error.message);
    assert_string_equal(found, expected);
}

static const struct {
    const char *format;
    const char *text;
    const char *requests;
    const char *notices; // "KIND COUNT;" of all
} good[] = {
    {"msr",
     "128166372003061629,hm,0,Read,383496192,32768,1331\n"
     "128166372003061630,hm,1,write,0,512,0\r\n",
     "hm_0 1172163600306162900 read 383496192 32768 133100;"
     "hm_1 1172163600306163000 write 0 512 0;",
     ""},
    // Times that somebody has counted from the start; a header; out of order; a bad latency.
    {"msr",
     "timestamp,hostname,disknumber,type,offset,size,responsetime\n\n"
     "20,a_1,0,Read,0,512,-5\n# a comment\n10,a,10,Write,512,1024,\n15,a,10,Write,0,0,7\n",
     "a_10 1000 write 512 1024 -1;a_1_0 2000 read 0 512 -1;",
     "out-of-order 1;zero-bytes 1;bad-latency 1;"},
    {"alibaba",
     "device_id,opcode,offset,length,timestamp\n"
     "3,R,4096,8192,1577808000000123\n419,W,126703644672,4096,1577808000000124\n",
     "3 1577808000000123000 read 4096 8192 -1;419 1577808000000124000 write 126703644672 4096 -1;",
     ""},
    {"systor",
     "Timestamp,Response,IOType,LUN,Offset,Size\n"
     "1455592863.022189,0.000412,R,3,4096,8192\n1455592863.5,,W,0,0,512\n"
     "1455592864,5.1e-05,W,0,0,512\n",
     "3 1455592863022189000 read 4096 8192 412000;0 1455592863500000000 write 0 512 -1;"
     "0 1455592864000000000 write 0 512 51000;",
     ""},
    {"spc",
     "0,303567,3584,w,0.000000\n 1 , 20941264,  8192,W, 0.551706 ,Alpha/NT,\"x, y\"\n"
     "0,5,0,r,0.551706\n0,5,512,r,0.551706\n",
     "0 0 write 155426304 3584 -1;1 551706000 write 10721927168 8192 -1;"
     "0 551706000 read 2560 512 -1;",
     "zero-bytes 1;"},
    {"disksim", "  13.191135\t30  0 5 1\n17.829285 20 576560 6 0\n18.0 20 8 8 1F\n19. 20 8 8 0xa\n",
     "30 13191135 read 0 2560 -1;20 17829285 write 295198720 3072 -1;"
     "20 18000000 read 4096 4096 -1;20 19000000 write 4096 4096 -1;",
     ""},
    {"mqsim", "938513000 4 264719034 16 0\n938500000 3 8 16 1\n",
     "3 938500000 read 4096 8192 -1;4 938513000 write 135536145408 8192 -1;", "out-of-order 1;"},
    {"blkreplay",
     "Prose; with ; semicolons\n\nstart ; sector; length ; op ;  replay_delay=0 ; "
     "replay_duration=0\n 0.000000000 ; 37766853 ; 64 ; W ; 0.0 ; 0.0\n"
     "More prose\nstart ; sector ; length ; op ; replay_delay ; replay_duration\n"
     " 0.449518165 ; 0 ; 1 ; RA ; 0.5 ; 0.000000017\n",
     " 0 write 19336628736 32768 -1; 449518165 read 0 512 17;", "other-lines 1;"},
    {"hfplayer",
     "#DUMP_OFFSET.I,ELAPSED_USECS.D,CMD.S,LUN_SSID.I,OP.I,LBA.I,NBLKS.I,LATENCY_USECS.D\n"
     "0,0.000,RD_IN,5,0,11,8,40.236\n56,164.333,WR_IN,6,1,1170210800,8,0\n",
     "5 0 read 5632 4096 40236;6 164333 write 599147929600 4096 0;", ""},
    {"hfplayer", "LBA.I,NBLKS.I,OP.I,ELAPSED_USECS.D,LUN_SSID.I\n1,2,0,7.5,9\n",
     "9 7500 read 512 1024 -1;", ""},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct reading reading = read_text(good[i].text, good[i].format, NULL);
        char notices[200] = "";
        expect_requests(&reading, good[i].requests);
        assert_int_equal(reading.result, TRACE_END);
        assert_false(trace_times_are_absolute(reading.trace));
        assert_true(trace_origin_ns(reading.trace) == reading.requests[0].arrival_ns);
        for (size_t k = 0; k < trace_notice_count(reading.trace); k++) {
            const struct trace_notice *notice = trace_notice(reading.trace, k);
            size_t used = strlen(notices);
            assert_string_equal(notice->source, "a.trace");
            snprintf(notices + used, sizeof notices - used, "%s %" PRIu64 ";", notice->kind,
                     notice->count);
        }
        assert_string_equal(notices, good[i].notices);
        reading_free(&reading);
    }
}

// Whole seconds become times in their order, each in its second; a volume's are the same alone.
static void test_tencent(void **state)
{
    (void)state;
    static const char text[] = "1538323199,105352008,584,1,1576\n1538323200,8,16,0,1577\n"
                               "1538323200,16,8,1,1576\n1538323200,24,8,0,1577\n";
    struct reading all = read_text(text, NULL, NULL);
    struct reading one = read_text(text, NULL, "1576");
    assert_string_equal(trace_format(all.trace), "tencent");
    assert_int_equal(all.count, 4);
    for (size_t i = 0; i < 4; i++) {
        int64_t second = INT64_C(1538323199) + (i > 0);
        assert_true(all.requests[i].arrival_ns / 1000000000 == second);
        assert_true(i < 2 || all.requests[i].arrival_ns > all.requests[i - 1].arrival_ns);
    }
    assert_true(trace_origin_ns(all.trace) == all.requests[0].arrival_ns);
    assert_true(all.requests[0].offset == UINT64_C(105352008) * 512);
    assert_int_equal(all.requests[0].bytes, 584 * 512);
    assert_int_equal(all.requests[0].op, TRACE_WRITE);
    assert_int_equal(all.requests[1].op, TRACE_READ);
    assert_int_equal(one.count, 2);
    assert_true(one.requests[0].arrival_ns == all.requests[0].arrival_ns);
    assert_true(one.requests[1].arrival_ns == all.requests[2].arrival_ns);
    reading_free(&all);
    reading_free(&one);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        const char *text;
        const char *message;
    } cases[] = {
        {"msr", "1,a,0,Read,0,512\n",
         "a.trace: line 1: found 6 fields, expected 7: Timestamp,Hostname,DiskNumber,Type,Offset,"
         "Size,ResponseTime"},
        {"msr", "1,a,0,Read,0,512,1,2\n", "line 1: found at least 8 fields, expected 7: Timest"},
        {"msr", "x\n", "line 1: found 1 field, expected 7"},
        {"msr", "1.5,a,0,Read,0,512,1\n",
         "line 1: column Timestamp: found \"1.5\", expected a Windows file time"},
        {"msr", "100000000000000000,a,0,Read,0,512,1\n", "column Timestamp: found \"1000000"},
        {"msr", "1,a,0,Trim,0,512,1\n", "column Type: found \"Trim\", expected Read or Write"},
        {"msr", "1,a,0,Read,0,512,x\n", "column ResponseTime: found \"x\", expected a time in"},
        {"msr", "1,a,0,Read,9223372036854775807,1,0\n", "column Size: found \"1\", expected off"},
        {"alibaba", "3,R,-1,8192,1\n", "line 1: column offset: found \"-1\", expected a number"},
        {"alibaba", "3,R,1,8192,9223372036854776\n",
         "column timestamp: found \"9223372036854776\", expected a time in microseconds, below"},
        {"tencent", "1.5,0,1,0,1\n",
         "column Timestamp: found \"1.5\", expected a time in whole seconds"},
        {"tencent", "1,18014398509481984,1,0,1\n",
         "column Offset: found \"18014398509481984\", expected a number of sectors of 512 bytes"},
        {"tencent", "1,0,1,2,1\n", "column IOType: found \"2\", expected 0 (read) or 1 (write)"},
        {"systor", "a,,R,1,0,1\n", "column Timestamp: found \"a\", expected a time in seconds"},
        {"spc", "0,0,512,w\n", "found 4 fields, expected at least 5: ASU,LBA,Size,Opcode,Timestam"},
        {"disksim", "1.0 0 0 1 g\n", "column flags: found \"g\", expected flags in hexadecimal"},
        {"disksim", "1.0 0 0 1\n", "found 4 fields, expected 5: time devno blkno size flags"},
        {"mqsim", "1.0 0 0 1 1\n", "line 1: column time: found \"1.0\", expected a number"},
        {"blkreplay", "words\n",
         "a.trace: the file has no header line; expected start ; sector ; length ; op"},
        {"blkreplay",
         "start;sector;length;op;replay_delay;replay_duration\n0.5 ; 1 ; 8 ; X ; 0 ; 0\n",
         "line 2: column op: found \"X\", expected R, W or RA"},
        {"hfplayer", "LBA.I,NBLKS.I,OP.I,ELAPSED_USEC.D,LUN_SSID.I\n",
         "line 1: column \"ELAPSED_USECS.D\" is missing, did you mean \"ELAPSED_USEC.D\""},
        {"hfplayer", "LBA.I,LBA.I,NBLKS.I\n", "line 1: column \"LBA.I\" is there twice"},
        {"hfplayer", "#\n#\n", "a.trace: the file has no header line; expected the names of its"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(read_text(cases[i].text, cases[i].format, NULL), cases[i].message);
    }
}

static void test_volumes(void **state)
{
    (void)state;
    static const char msr[] = "1,a,0,Read,0,1,1\n2,a,1,Read,0,2,1\n3,b,0,Read,0,3,1\n";
    struct reading reading = read_text(msr, "msr", "a_1");
    expect_requests(&reading, "a_1 200 read 0 2 100;");
    assert_int_equal(trace_origin_ns(reading.trace), 100);
    reading_free(&reading);
    reading = read_text(msr, "msr", "a_2");
    assert_int_equal(reading.result, TRACE_ERROR);
    assert_message(&reading.error, "a.trace: no line has \"a_2\" in columns Hostname_DiskNumber; "
                                   "volumes are: a_0, a_1, b_0");
    reading_free(&reading);
    reading = read_text("start;sector;length;op;replay_delay;replay_duration\n", "blkreplay", "x");
    assert_message(&reading.error, "a.trace: no volume \"x\": no column names the volume");
    reading_free(&reading);
    reading = read_text("", "msr", NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 0);
    reading_free(&reading);
}

static void test_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct bytes bytes = {0};
        for (size_t copies = 0; copies < 3; copies++)
            bytes_append(&bytes, good[i].text, strlen(good[i].text));
        damage_and_read(&bytes, good[i].format, 400);
        bytes_free(&bytes);
    }
    struct bytes bytes = {0};
    for (int i = 0; i < 20; i++) {
        char line[60];
        int length = snprintf(line, sizeof line, "%d,%d,8,%d,7\n", 100 + i / 7, i, i % 2);
        bytes_append(&bytes, line, (size_t)length);
    }
    damage_and_read(&bytes, "tencent", 1000);
    bytes_free(&bytes);
}

// Lines farther from their place than the window reaches are seen in samples, and sorted.
static void test_too_late(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    for (int i = 0; i < 70000; i++) {
        char line[60];
        int length = snprintf(line, sizeof line, "%d 0 8 8 1\n", i < 69000 ? 1000 + i : i - 69000);
        bytes_append(&bytes, line, (size_t)length);
    }
    scratch_write("late.trace", bytes.data, bytes.length);
    bytes_free(&bytes);
    // Named, since requests 1 ns apart are not taken for MQSim's.
    struct trace_config config = {.path = scratch_path("late.trace"), .format = "mqsim"};
    struct reading reading = read_config(&config);
    assert_int_equal(reading.count, 70000);
    for (size_t i = 0; i < reading.count; i++)
        assert_int_equal(reading.requests[i].arrival_ns, i);
    assert_int_equal(reading_notice(&reading, "out-of-order"), 1000);
    assert_int_equal(reading_notice(&reading, "too-late"), 0);
    reading_free(&reading);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_good),    cmocka_unit_test(test_tencent), cmocka_unit_test(test_errors),
    cmocka_unit_test(test_volumes), cmocka_unit_test(test_damage),  cmocka_unit_test(test_too_late),
};
TEST_GROUP(columns, tests, NULL, NULL);
