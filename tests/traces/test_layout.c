// SPDX-License-Identifier: GPL-2.0-or-later
// Any CSV by a layout: the same requests in many forms, and what is wrong with layouts.
#include "tests/support/test_group.h"
#include "tests/traces/damage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct reading read_layout(const char *text, const char *layout)
{
    struct trace_config config = {.path = "my.csv",
                                  .format = "columns",
                                  .layout = layout,
                                  .text = text,
                                  .text_size = strlen(text)};
    return read_config(&config);
}

// Two requests, the same in all forms: a read of 4096 bytes at 512 from volume v after 1.5 s, which
// takes 2 ms; then a flush at the same time.
static const struct {
    const char *layout;
    const char *text;
} forms[] = {
    {"time=1:s,op=3,offset=4:sectors,bytes=5,volume=2,latency=6:ms,separator=;,header=yes",
     "some;header\n1.5;v;R;1;4096;2\n1.5;v;F;0;0;2\n"},
    {"separator=,,time=1:ns,op=2,offset=3,bytes=4:KiB,volume=5,latency=6:us",
     "1500000000,read,512,4,v,2000\n1500000000,FLUSH,0,0,v,2000\n"},
    {"time=when:ms,op=\"what, then\",offset=lbn:sectors,bytes=pages:pages,volume=disk,"
     "latency=\"it took:\":s",
     "x,pages,disk,\"what, then\",lbn,it took:,when\n?,1,v,r,1,0.002,1500\n,0,v,f,0,0.002,1500\n"},
    {"read=28|88,flush=35,op=1,time=2:100ns,latency=3:100ns,offset=4,bytes=5,volume=6,"
     "separator=tab",
     "28\t15000000\t20000\t512\t4096\tv\n35\t15000000\t20000\t0\t8192\tv\n"},
    {"time=8:us,separator=space,volume=5+2,op=7,offset=1:sectors,bytes=4,latency=3:ns",
     "1 b 2000000 4096  a - read 1500000\n 0\tb 2000000 0 a - flush\t1500000 and more\n"},
    {"time=2:filetime,op=1,offset=3,bytes=4,volume=5,latency=6:ms,separator=pipe",
     "# comment\n \nR | 116444736015000000 |512|4096|v|2\n\"F\"|116444736015000000|0|0|\"v\"|2\n"},
};

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct reading reading = read_layout(forms[i].text, forms[i].layout);
        if (reading.result != TRACE_END)
            fail_msg("%s: %s", forms[i].layout, reading.error.message);
        assert_int_equal(reading.count, 2);
        for (size_t k = 0; k < 2; k++) {
            const struct trace_request *request = &reading.requests[k];
            assert_true(request->arrival_ns == INT64_C(1500000000));
            assert_int_equal(request->op, k == 0 ? TRACE_READ : TRACE_FLUSH);
            assert_int_equal(request->offset, k == 0 ? 512 : 0);
            assert_int_equal(request->bytes, k == 0 ? 4096 : 0);
            assert_true(request->latency_ns == 2000000);
            assert_string_equal(trace_volume_name(reading.trace, request->volume),
                                strstr(forms[i].layout, "5+2") != NULL ? "a_b" : "v");
        }
        reading_free(&reading);
    }
}

static void test_options(void **state)
{
    (void)state;
    struct reading reading = read_layout("7,1,2\n", "time=1:s,offset=2,bytes=3,all=discard");
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.requests[0].op, TRACE_DISCARD);
    reading_free(&reading);
    reading =
        read_layout("7,1,2\n7,1,2\n7,1,2\n", "time=1:ms,offset=2,bytes=3,all=write,spread=yes");
    assert_int_equal(reading.count, 3);
    for (size_t i = 0; i < 3; i++) {
        int64_t within = reading.requests[i].arrival_ns - 7000000;
        assert_true(within >= 333333 * (int64_t)i && within < 333334 * ((int64_t)i + 1));
    }
    reading_free(&reading);
    assert_refused(read_layout("1,0,1\n\"1,0,1\n", "time=1:s,offset=2,bytes=3,all=read"),
                   "my.csv: line 2: a quoted field does not end on its line");
    assert_refused(read_layout("1,0,1\n1,x,1\n", "time=1:s,offset=2,bytes=3,all=read"),
                   "my.csv: line 2: column 2 (offset): found \"x\", expected a");
    assert_refused(read_layout("1,0,1\n1,0\n", "time=1:s,offset=2,bytes=3,all=read"),
                   "my.csv: line 2: found 2 fields, expected at least 3");
    assert_refused(read_layout("1,0\n", "time=4:s,offset=1,bytes=2,all=read"),
                   "expected at least 4: 1 (offset),2 (bytes),-,4 (time)");
    assert_refused(read_layout("t,o,b\n1,0\n", "time=t:s,offset=o,bytes=b,all=read"),
                   "my.csv: line 2: found 2 fields, expected 3 as in the header");
    assert_refused(read_layout("time,o,b\n", "time=tme:s,offset=o,bytes=b,all=read"),
                   "line 1: column \"tme\" is missing, did you mean \"time\"");
    assert_refused(read_layout("1,X,0,1\n", "time=1:s,op=2,offset=3,bytes=4,read=r|rd,write=w"),
                   "column 2 (op): found \"X\", expected one of r, rd, w");
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *layout;
        const char *message;
    } cases[] = {
        {NULL, "my.csv: format columns needs a layout that says what is where, such as time=1:s"},
        {"", "my.csv: layout: unknown key \"\"; expected one of: time, op, offset, bytes, volume"},
        {"tme=1:s", "layout: unknown key \"tme\", did you mean \"time\"?"},
        {"time", "layout: time has no value: expected key=value"},
        {"time=1", "layout: time needs a unit: ns, us, ms, s, 100ns or filetime"},
        {"time=1:bytes", "layout: unknown unit of time \"bytes\"; expected one of: ns, us, ms, s"},
        {"offset=1:sector", "unknown unit of offset \"sector\", did you mean \"sectors\"?"},
        {"op=1:s", "layout: op has no unit"},
        {"time=:s", "layout: time names no column: expected its number, from 1, or its name"},
        {"time=0:s", "layout: time is in no column from 1 to 128"},
        {"time=129:s", "layout: time is in no column from 1 to 128"},
        {"time=99999999999999999999:s", "layout: time is in no column from 1 to 128"},
        {"time=1:s,time=2:s", "layout: time is there twice"},
        {"time=1:s,op=2,offset=3", "layout: bytes is missing: expected key=value"},
        {"time=1:s,offset=3,bytes=4", "layout: op is missing"},
        {"time=1:s,op=2,offset=3,bytes=4,all=read", "layout: op is there, so all= cannot be"},
        {"all=raed", "layout: unknown operation \"raed\", did you mean \"read\"?; expected one of"},
        {"separator=semi", "layout: unknown separator \"semi\""},
        {"separator=5", "layout: separator cannot be a digit, a point, a quote or #"},
        {"header=si", "layout: unknown header \"si\"; expected one of: yes, no"},
        {"time=1:s,op=2,offset=3,bytes=3", "layout: bytes is in a column that is something else"},
        {"time=t:s,op=2,offset=3,bytes=4", "layout: has columns both by number and by name"},
        {"time=t:s,op=t,offset=o,bytes=b", "layout: op is in a column that is something else"},
        {"time=1:ns,op=2,offset=3,bytes=4,spread=yes", "layout: spread needs a time in a coarser"},
        {"time=1:s,op=2,offset=3,bytes=4,", "layout: unknown key \"\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(read_layout("1,2,3,4\n", cases[i].layout), cases[i].message);
    }
}

// Layouts are as hostile as files.
static void test_damaged_layouts(void **state)
{
    (void)state;
    uint64_t random = 11;
    size_t good = 0;
    for (int round = 0; round < 20000; round++) {
        size_t form = random_below(&random, sizeof forms / sizeof forms[0]);
        char layout[200] = "";
        strcpy(layout, forms[form].layout);
        size_t length = strlen(layout);
        for (uint64_t changes = 1 + random_below(&random, 3); changes > 0; changes--)
            layout[random_below(&random, length)] =
                "=,:+|\"0129stime\t "[random_below(&random, 17)];
        struct reading reading = read_layout("a,1,2,3\n1,2,3,4\n", layout);
        if (reading.result == TRACE_ERROR)
            assert_message(&reading.error, "my.csv: ");
        good += reading.trace != NULL;
        reading_free(&reading);
    }
    assert_true(good < 20000);
}

// A number in quotes is a name.
static void test_quoted_number(void **state)
{
    (void)state;
    static const char layout[] = "time=\"5\":s,op=\"2\",offset=\"3\",bytes=\"4\"";
    struct reading reading = read_layout("3,4,5,2\n1,2,3,W\n", layout);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.requests[0].offset, 1);
    assert_int_equal(reading.requests[0].bytes, 2);
    reading_free(&reading);
}

// A CSV of CloudPhysics' with SCSI commands, against awk's view of it:
// awk -F, 'NR>1{n[$3]++; b+=$4} END{printf "%d %d %.0f", n["28"], n["2a"], b}' cloudPhysicsIO.csv
static void test_public(void **state)
{
    (void)state;
    struct trace_config config = {
        .path = TEST_PUBLIC_TRACES_DIR "/libcachesim/cloudPhysicsIO.csv",
        .format = "columns",
        .layout = "time=time:s,op=op,offset=lbn:sectors,bytes=size,read=28|88,write=2a|8a,"
                  "spread=yes"};
    FILE *file = fopen(config.path, "r");
    if (file == NULL)
        skip();
    fclose(file);
    struct reading reading = read_config(&config);
    uint64_t reads = 0, bytes = 0;
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 113872);
    for (size_t i = 0; i < reading.count; i++) {
        reads += reading.requests[i].op == TRACE_READ;
        bytes += reading.requests[i].bytes;
        assert_true(i == 0 || reading.requests[i].arrival_ns >= reading.requests[i - 1].arrival_ns);
    }
    assert_int_equal(reads, 46974);
    assert_true(bytes == UINT64_C(4205978112));
    reading_free(&reading);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_forms),         cmocka_unit_test(test_options),
    cmocka_unit_test(test_errors),        cmocka_unit_test(test_damaged_layouts),
    cmocka_unit_test(test_quoted_number), cmocka_unit_test(test_public),
};
TEST_GROUP(layout, tests, NULL, NULL);
