// SPDX-License-Identifier: GPL-2.0-or-later
// What is no trace is named, columns that look like a known format's are told apart, and of a CSV
// that nobody knows the error says the layout, which reads it as it stands.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES TEST_SOURCE_DIR "/traces/cases"

static void expect_named(const char *name, const char *start, size_t length, const char *message)
{
    uint8_t bytes[600] = {0};
    memcpy(bytes, start, length);
    scratch_write(name, bytes, sizeof bytes);
    assert_refused(read_trace(scratch_path(name), TRACE_ARRIVAL_QUEUE, NULL), message);
}

static void test_named(void **state)
{
    (void)state;
    expect_named("perf.data", "PERFILE2", 8,
                 "perf.data: not a trace: this is a recording of perf (perf.data); print it with "
                 "'perf script ");
    expect_named("trace.dat", "\x17\x08\x44tracing", 10, "this is a recording of trace-cmd");
    expect_named("a.pcap", "\xd4\xc3\xb2\xa1\2\0\4\0", 8,
                 "this is a recording of a network (pcap)");
    expect_named("vm.qcow2", "QFI\xfb\0\0\0\3", 8, "this is the image of a disk (qcow2)");
    expect_named("runs.db", "SQLite format 3", 16, "this is a database (SQLite)");
    expect_named("prog",
                 "\x7f"
                 "ELF\2\1\1",
                 7, "this is a program (ELF)");
    expect_named("a.png", "\x89PNG\r\n", 6, "this is a picture (PNG)");
    expect_named("a.7z", "7z\xbc\xaf\x27\x1c", 6, "this is an archive (7-Zip); unpack it");
    scratch_text("page.csv", "<!DOCTYPE html>\n<html>\n");
    assert_refused(read_trace(scratch_path("page.csv"), TRACE_ARRIVAL_QUEUE, NULL),
                   "this is a web page, perhaps in place of a download");
}

// Only formats that the content can show.
static void test_lists(void **state)
{
    (void)state;
    scratch_text("a.txt", "a;b;c\n1;2;3\n");
    struct reading reading = read_trace(scratch_path("a.txt"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_message(&reading.error, "it starts with \"a;b;c\"; expected one of: blkparse, ftrace, "
                                   "biosnoop, iolog, blkreplay, disksim, mqsim, qemu; any other "
                                   "CSV");
    expect_named("b.bin", "\1\2\3", 3,
                 "as it is no text, expected one of: blktrace, vscsi, oraclegeneral");
}

// Reads the file with the layout of the message, which is used as it stands.
static struct reading read_proposed(const char *name)
{
    static char layout[1024];
    struct trace_config config = {.path = scratch_path(name)};
    struct reading reading = read_config(&config);
    assert_int_equal(reading.result, TRACE_ERROR);
    const char *from = strstr(reading.error.message, "--format columns --layout '");
    if (from == NULL)
        fail_msg("%s", reading.error.message);
    snprintf(layout, sizeof layout, "%s", strchr(from, '\'') + 1);
    *strchr(layout, '\'') = '\0';
    reading_free(&reading);
    config.format = "columns";
    config.layout = layout;
    reading = read_config(&config);
    if (reading.result != TRACE_END)
        fail_msg("%s: %s", layout, reading.error.message);
    return reading;
}

static const struct proposed {
    const char *text;
    struct trace_request second;
    const char *volume;
} proposed[] = {
    {"Time (ms),Op,Start LBA,Sectors,Disk\n1.5,Read,9,8,sda\n2,Write,100,8,sdb\n",
     {2000000, TRACE_LATENCY_UNKNOWN, 51200, 4096, 1, TRACE_WRITE, 0, 0},
     "sdb"},
    {"timestamp_us;type;offset;size;latency_us\r\n10;RD;4096;512;3\r\n20;WR;512;1024;4\r\n",
     {20000, 4000, 512, 1024, 0, TRACE_WRITE, 0, 0},
     ""},
    {"version,time,op,size,lbn\n1,1,2a,512,4\n1,2,88,512,5\n",
     {2000, TRACE_LATENCY_UNKNOWN, 2560, 512, 0, TRACE_READ, 0, 0},
     ""},
    {"#ts\tvm\trw\tlba\tnblocks\n1.25\ta\t0\t5\t8\n1.5\ta\t1\t5\t8\n",
     {1500000000, TRACE_LATENCY_UNKNOWN, 2560, 4096, 0, TRACE_WRITE, 0, 0},
     "a"},
    {"time_ns,op,offset,bytes,member,thread\n1,read,0,512,a,x\n7,flush,0,0,b,x\n",
     {7, TRACE_LATENCY_UNKNOWN, 0, 0, 1, TRACE_FLUSH, 0, 0},
     "b"},
    {"Device ID, Request Type, Byte Offset, Size in Bytes, Timestamp\n"
     "3, R, 0, 512, 1577808000000123\n3, W, 0, 512, 1577808000000124\n",
     {INT64_C(1577808000000124000), TRACE_LATENCY_UNKNOWN, 0, 512, 0, TRACE_WRITE, 0, 0},
     "3"},
    {"lba_sectors|len_kib|rwbs|when|ts_ns\n8|4|WS|x|1\n16|4|RA|x|2\n",
     {2, TRACE_LATENCY_UNKNOWN, 8192, 4096, 0, TRACE_READ, 0, 0},
     ""},
};

static void test_layouts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof proposed / sizeof proposed[0]; i++) {
        scratch_text("my.csv", proposed[i].text);
        struct reading reading = read_proposed("my.csv");
        assert_int_equal(reading.count, 2);
        assert_int_equal(request_compare(&reading.requests[1], &proposed[i].second), 0);
        assert_string_equal(trace_volume_name(reading.trace, reading.requests[1].volume),
                            proposed[i].volume);
        reading_free(&reading);
    }
}

// What was only guessed is said.
static void test_guesses(void **state)
{
    (void)state;
    scratch_text("a.csv", proposed[2].text);
    struct reading reading = read_trace(scratch_path("a.csv"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_message(&reading.error, " (if times are in us, which the header does not say)");
    scratch_text("a.csv", "time_us,op,lba,size\n1,0,8,512\n");
    reading = read_trace(scratch_path("a.csv"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_message(&reading.error, " (if 0 is a read and 1 a write)");
    scratch_text("a.csv", "when,what,where,much\n1,R,8,512\n");
    reading = read_trace(scratch_path("a.csv"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_null(strstr(reading.error.message, "--layout"));
}

static void expect_format(const char *text, const char *format)
{
    scratch_text("a.txt", text);
    struct reading reading = read_trace(scratch_path("a.txt"), TRACE_ARRIVAL_QUEUE, NULL);
    if (format == NULL) {
        assert_refused(reading, "not a trace of a known format");
        return;
    }
    if (reading.trace == NULL)
        fail_msg("%s", reading.error.message);
    assert_string_equal(trace_format(reading.trace), format);
    reading_free(&reading);
}

static void test_told_apart(void **state)
{
    (void)state;
    // vscsiStats, with and without the line of names, is not SPC's, which has lengths there.
    assert_refused(read_trace(CASES "/t18-vscsistats-as-spc.txt", TRACE_ARRIVAL_QUEUE, NULL),
                   "'time=timestamp:us,op=read/write,offset=LBN:sectors,bytes=length:bytes'");
    expect_format("0,4096,1,R,12345,100001\n1,8192,1,W,22345,100101\n", NULL);
    expect_format("0,4096,1024,R,12345,100001\n1,8192,512,W,22345,100101\n", "spc");
    expect_format("#ASU,LBA,Size,Opcode,Timestamp\n0,8,512,R,0.5\n", "spc");
    expect_format("#ASU,LBA,Opcode,Size,Timestamp,x\n0,8,512,R,0.5\n", NULL);
    // Whole milliseconds are not nanoseconds.
    expect_format("0 0 8 16 1\n5 0 24 16 0\n9 0 24 16 0\n", NULL);
    expect_format("0 0 8 16 1\n5000 0 24 16 0\n9000 0 24 16 0\n", "mqsim");
    // Five numbers may be anything's: it is said, unless they are dates or as written by us.
    static const struct {
        const char *text;
        int notices;
    } dates[] = {{"1538323199,2,3,0,5\n1538323200,2,3,1,5\n", 0},
                 {"0,2,3,0,5\n7,2,3,1,5\n", 0},
                 {"12345678,2,3,0,5\n12346999,2,3,1,5\n", 1}};
    for (size_t i = 0; i < 3; i++) {
        scratch_text("a.txt", dates[i].text);
        struct reading reading = read_trace(scratch_path("a.txt"), TRACE_ARRIVAL_QUEUE, NULL);
        assert_string_equal(trace_format(reading.trace), "tencent");
        assert_int_equal(reading_notice(&reading, "no-dates"), dates[i].notices);
        reading_free(&reading);
    }
    // A unit that the header says is believed.
    expect_format("# time_ms dev blkno size flags\n0.5 0 8 16 1\n", "disksim");
    expect_format("# time_us dev blkno size flags\n0.5 0 8 16 1\n", NULL);
    expect_format("# what a disk did in time: see blocks, size\n0.5 0 8 16 1\n", "disksim");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_named),      cmocka_unit_test(test_lists),
    cmocka_unit_test(test_layouts),    cmocka_unit_test(test_guesses),
    cmocka_unit_test(test_told_apart),
};
TEST_GROUP(unknown, tests, scratch_make, scratch_remove);
