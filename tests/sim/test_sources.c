// SPDX-License-Identifier: GPL-2.0-or-later
// Which requests arrive, when, and at which member.
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <string.h>

#define ARRIVALS "SELECT member, offset, arrival_ns FROM request_log ORDER BY seq"

static void expect_arrivals(const char *scenario, const char *expected)
{
    struct lab_run run = lab_run_complete(scenario);
    lab_expect_rows(&run, ARRIVALS, expected);
    lab_run_free(&run);
}

// ---- A part of a trace, faster or slower ----

#define FIVE                                                                                       \
    HEADER "0,read,1,512,,\n1000,read,2,512,,\n2000,read,3,512,,\n2001,read,4,512,,\n"             \
           "3000,read,5,512,,\n"

static void part_of_a_trace(void **state)
{
    (void)state;
    scratch_text("a.csv", FIVE);
    expect_arrivals("members: [{id: a, trace: {path: a.csv, start: 1000ns}}]\n",
                    "a 2 0\na 3 1000\na 4 1001\na 5 2000\n");
    expect_arrivals("members: [{id: a, trace: {path: a.csv, duration: 2000ns}}]\n",
                    "a 1 0\na 2 1000\n");
    expect_arrivals("members: [{id: a, trace: {path: a.csv, duration: 2001ns}}]\n",
                    "a 1 0\na 2 1000\na 3 2000\n");
    expect_arrivals("members: [{id: a, trace: {path: a.csv, start: 1us, duration: 1.001us}}]\n",
                    "a 2 0\na 3 1000\n");
    expect_arrivals("members: [{id: a, trace: {path: a.csv, start: 3001ns}}]\n", "");
    expect_arrivals("members: [{id: a, trace: {path: a.csv, duration: 0}}]\n", "");
}

static void speed(void **state)
{
    (void)state;
    scratch_text("a.csv", FIVE);
    expect_arrivals("members: [{id: a, trace: {path: a.csv, speed: 2.0}}]\n",
                    "a 1 0\na 2 500\na 3 1000\na 4 1000\na 5 1500\n");
    expect_arrivals("members: [{id: a, trace: {path: a.csv, speed: 0.5, start: 1000ns}}]\n",
                    "a 2 0\na 3 2000\na 4 2002\na 5 4000\n");
    expect_arrivals("members: [{id: a, trace: {path: a.csv, speed: 3/7}}]\n",
                    "a 1 0\na 2 2333\na 3 4666\na 4 4669\na 5 7000\n");
    scratch_text("late.csv", HEADER "9000000001,read,1,512,,\n");
    expect_arrivals("members: [{id: a, trace: {path: late.csv, speed: 0.00000001}}]\n",
                    "a 1 900000000100000000\n");
    lab_expect_failure("members: [{id: a, trace: {path: late.csv, speed: 0.000000001}}]\n",
                       "DIR/late.csv: a request arrives after more than 146 years");
}

static void operations(void **state)
{
    (void)state;
    scratch_text("a.csv", HEADER "0,read,1,512,,\n1,write,2,512,,\n2,discard,3,512,,\n"
                                 "3,flush,0,0,,\n4,write-zeroes,5,512,,\n");
    expect_arrivals("members: [{id: a, trace: {path: a.csv, ops: read}}]\n", "a 1 0\n");
    expect_arrivals("members: [{id: a, trace: {path: a.csv, ops: [discard, write, flush]}}]\n",
                    "a 2 1\na 3 2\na 0 3\n");
    expect_arrivals("members: [{id: a, trace: {path: a.csv, ops: [write-zeroes], start: 1ns}}]\n",
                    "a 5 3\n");
}

// ---- One trace for several members ----

#define SHARED                                                                                     \
    HEADER "0,read,1,512,x,\n0,read,2,512,y,\n0,write,3,512,x,\n5,read,4,512,nobody,\n"            \
           "6,read,5,512,\"a, \"\"b\"\"\",\n7,read,6,512,nobody,\n"

static void shared_trace(void **state)
{
    (void)state;
    scratch_text("all.csv", SHARED);
    struct lab_run run = lab_run_complete(
        "members: [{id: y}, {id: 'a, \"b\"'}, {id: renamed, volume: x}]\ntrace: all.csv\n");
    lab_expect_rows(&run, ARRIVALS, "renamed 1 0\ny 2 0\nrenamed 3 0\na, \"b\" 5 6\n");
    lab_expect_rows(&run, "SELECT kind, count, text FROM notice",
                    "no-member 2 2 requests of 'nobody' were left out: no member has that "
                    "volume\n");
    lab_run_free(&run);
}

// A member that has a volume is not found by its name.
static void volume_replaces_the_name(void **state)
{
    (void)state;
    scratch_text("all.csv", HEADER "0,read,1,512,x,\n0,read,2,512,y,\n");
    expect_arrivals("members: [{id: x, volume: y}, {id: y, volume: x}]\ntrace: all.csv\n",
                    "y 1 0\nx 2 0\n");
}

// The only member gets all, whatever it is called; with own traces beside it, the common one comes
// last among equal times.
static void common_trace(void **state)
{
    (void)state;
    scratch_text("one.csv", "time_ns,op,offset,bytes\n0,read,1,512\n3,read,2,512\n");
    expect_arrivals("members: [{id: only}]\ntrace: one.csv\n", "only 1 0\nonly 2 3\n");
    scratch_text("all.csv", HEADER "0,read,7,512,a,\n3,read,8,512,b,\n");
    expect_arrivals("members: [{id: a}, {id: b, trace: one.csv}]\ntrace: all.csv\n",
                    "b 1 0\na 7 0\nb 2 3\nb 8 3\n");
    lab_expect_failure(
        "members: [{id: a}, {id: b}]\ntrace: one.csv\n",
        "DIR/one.csv: several members share this trace, but nothing in it tells them "
        "apart, as the column 'member' of a CSV does");
}

static void several_devices(void **state)
{
    (void)state;
    scratch_text("all.csv", HEADER "0,read,1,512,x,\n0,read,2,512,y,\n5,read,3,512,x,\n");
    lab_expect_failure(
        "members: [{id: a, trace: all.csv}]\n",
        "DIR/all.csv: holds several devices, 'x' and 'y' among them; choose one "
        "(device: \"x\" beside the trace's path), or make it the scenario's own 'trace' "
        "and give each member a volume; 'throttlesim trace info' lists the devices");
    expect_arrivals("members: [{id: a, trace: {path: all.csv, device: x}}]\n", "a 1 0\na 3 5\n");
    expect_arrivals("members: [{id: a, trace: {path: all.csv, device: y}},\n"
                    "          {id: b, trace: {path: all.csv, device: x}}]\n",
                    "a 2 0\nb 1 0\nb 3 5\n");
    struct lab_run run = lab_run("members: [{id: a, trace: {path: all.csv, device: z}}]\n");
    assert_false(run.ok);
    assert_int_equal(run.error.exit, SIM_BAD_INPUT);
    assert_non_null(strstr(run.error.message, "\"z\""));
    lab_run_free(&run);
}

static void several_of_the_devices(void **state)
{
    (void)state;
    scratch_text("all.csv", HEADER "0,read,1,512,x,\n0,read,2,512,y,\n5,read,3,512,z,\n"
                                   "6,read,4,512,x,\n");
    struct lab_run run = lab_run_complete("members: [{id: x}, {id: y}, {id: z}]\n"
                                          "trace: {path: all.csv, device: [z, x, z]}\n");
    lab_expect_rows(&run, ARRIVALS, "x 1 0\nz 3 5\nx 4 6\n");
    lab_expect_rows(&run, "SELECT count(*) FROM notice", "0\n"); // nothing was left out unasked
    lab_run_free(&run);
    lab_expect_failure(
        "members: [{id: x}, {id: y}]\ntrace: {path: all.csv, device: [x, yy]}\n",
        "DIR/all.csv: no request of device 'yy' in it; 'throttlesim trace info' lists "
        "the devices");
    // It may be in what was cut off, and so not read: that is told.
    run = lab_run_complete("members: [{id: x}, {id: y}]\n"
                           "trace: {path: all.csv, device: [x, yy, x], duration: 6ns}\n");
    lab_expect_rows(&run, ARRIVALS, "x 1 0\n");
    lab_expect_rows(&run, "SELECT kind, text FROM notice",
                    "device-missed No request of device 'yy' came up in what was read.\n");
    lab_run_free(&run);
}

static void missing_and_broken_traces(void **state)
{
    (void)state;
    struct lab_run run = lab_run("members:\n  - {id: a, trace: nowhere.csv}\n");
    assert_false(run.ok);
    assert_int_equal(run.run_id, 0);
    assert_int_equal(run.error.exit, SIM_BAD_INPUT);
    assert_non_null(strstr(run.error.message, "run.yaml:2:20: "));
    assert_non_null(strstr(run.error.message, "nowhere.csv: there is no such file"));
    lab_run_free(&run);
    // What came before the broken line is kept, and the run says why it failed.
    scratch_text("a.csv", HEADER "0,read,1,512,,\n1,read,2,512,,\n2,reed,3,512,,\n");
    run = lab_run("members: [{id: a, trace: a.csv}]\n");
    assert_false(run.ok);
    assert_int_equal(run.error.exit, SIM_BAD_INPUT);
    assert_non_null(strstr(run.error.message, "a.csv"));
    assert_non_null(strstr(run.error.message, "4"));
    lab_expect_rows(&run, "SELECT status, arrived FROM run", "failed 2\n");
    assert_string_equal(lab_text(&run, "SELECT error FROM run"), run.error.message);
    lab_run_free(&run);
}

// ---- The project's recordings ----

#define RECORDED(name, disk)                                                                       \
    "members: [{id: " #disk ", trace: {path: " TEST_TRACES_DIR "/recorded/" name "/" #disk         \
    ".blktrace, arrival: issue}}]\ndevice: {model: recorded}\nend: 20s\n"

// Without limits, a recorded request completes exactly when the recording says.
static void recorded_completions(void **state)
{
    (void)state;
    static const char *const scenarios[] = {RECORDED("throttled-iops", vdc),
                                            RECORDED("throttled-iops", vde)};
    for (size_t i = 0; i < 2; i++) {
        struct lab_run run = lab_run_complete(scenarios[i]);
        assert_true(lab_integer(&run, "SELECT arrived FROM run") > 100);
        assert_int_equal(
            lab_integer(&run, "SELECT count(*) FROM request WHERE dispatch_ns <> arrival_ns"), 0);
        // The same latencies, in all and one by one as far as the two summaries tell.
        lab_expect_rows(
            &run,
            "SELECT count(*) FROM latency_statistics AS t JOIN latency_statistics AS r USING "
            "(member_id, direction) WHERE t.metric = 'total' AND r.metric = 'recorded' AND "
            "(t.mean_ns, t.p50_ns, t.p99_ns, t.max_ns) <> (r.mean_ns, r.p50_ns, r.p99_ns, "
            "r.max_ns)",
            "0\n");
        lab_run_free(&run);
    }
}

// All recordings count from the earliest record of them all.
static void recordings_keep_their_distance(void **state)
{
    (void)state;
    struct lab_run run =
        lab_run_complete("members:\n"
                         "  - {id: vdc, trace: {arrival: queue, path: " TEST_TRACES_DIR
                         "/recorded/mixed/vdc.blktrace}}\n"
                         "  - {id: vdd, trace: {arrival: queue, path: " TEST_TRACES_DIR
                         "/recorded/mixed/vdd.blktrace}}\n"
                         "end: 20s\n");
    struct trace_error error;
    int64_t origins_ns[2], first_ns[2];
    static const char *const paths[] = {TEST_TRACES_DIR "/recorded/mixed/vdc.blktrace",
                                        TEST_TRACES_DIR "/recorded/mixed/vdd.blktrace"};
    for (size_t i = 0; i < 2; i++) {
        struct trace_config config = {.path = paths[i]};
        struct trace_request request;
        struct trace *trace = trace_open(&config, &error);
        assert_non_null(trace);
        origins_ns[i] = trace_origin_ns(trace);
        assert_int_equal(trace_read(trace, &request, &error), TRACE_REQUEST);
        first_ns[i] = request.arrival_ns;
        trace_close(trace);
    }
    int64_t origin_ns = origins_ns[0] < origins_ns[1] ? origins_ns[0] : origins_ns[1];
    assert_int_equal(
        lab_integer(&run, "SELECT min(arrival_ns) FROM request_log WHERE member = 'vdc'"),
        first_ns[0] - origin_ns);
    assert_int_equal(
        lab_integer(&run, "SELECT min(arrival_ns) FROM request_log WHERE member = 'vdd'"),
        first_ns[1] - origin_ns);
    lab_run_free(&run);
}

// ---- What a format is told ----

static void format_and_layout(void **state)
{
    (void)state;
    // Without a header, only the scenario knows what these are: biosnoop's rows, of which the
    // second arrives first.
    scratch_text("rows.txt", "1.000000 x 1 sda W 8 512 0.11 0.47\n"
                             "1.000001 x 1 sda W 16 512 0.22 0.40\n");
    expect_arrivals(
        "members:\n"
        "  - id: a\n"
        "    trace: {path: rows.txt, format: biosnoop, arrival: queue,\n"
        "            layout: \"TIME(s) COMM PID DISK T SECTOR BYTES QUE(ms) LAT(ms)\"}\n",
        "a 8192 0\na 4096 39000\n");
    lab_expect_failure(
        "members: [{id: a, trace: {path: rows.txt, format: biosnoop, layout: TIME}}]\n",
        "DIR/run.yaml:1:26: DIR/rows.txt: layout \"TIME\": expected the header line of "
        "biosnoop, TIME(s) COMM PID DISK T SECTOR BYTES [P] [QUE(ms)] LAT(ms), or what its rows "
        "lack, as T=R BYTES=4096");
    expect_arrivals("members:\n"
                    "  - id: a\n"
                    "    trace:\n"
                    "      format: iolog\n"
                    "      csv: |\n"
                    "        fio version 3 iolog\n"
                    "        10 f add\n"
                    "        12 f read 512 512\n",
                    "a 512 2000\n");
    scratch_text("a.csv", FIVE);
    lab_expect_failure(
        "members: [{id: a, trace: {path: a.csv, format: iolog}}]\n",
        "DIR/run.yaml:1:26: DIR/a.csv: line 1: this is no iolog of fio; expected \"fio "
        "version 2 iolog\" or \"fio version 3 iolog\"");
}

static void standard_input_twice(void **state)
{
    (void)state;
    lab_expect_failure(
        "members: [{id: a, trace: {path: \"-\"}}, {id: b, trace: \"-\"}]\n",
        "DIR/run.yaml: two traces on standard input (-), which can be read once only");
    lab_expect_failure(
        "members: [{id: a, trace: \"-\"}]\ntrace: \"-\"\n",
        "DIR/run.yaml: two traces on standard input (-), which can be read once only");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(part_of_a_trace),
    cmocka_unit_test(speed),
    cmocka_unit_test(operations),
    cmocka_unit_test(shared_trace),
    cmocka_unit_test(volume_replaces_the_name),
    cmocka_unit_test(common_trace),
    cmocka_unit_test(several_devices),
    cmocka_unit_test(several_of_the_devices),
    cmocka_unit_test(missing_and_broken_traces),
    cmocka_unit_test(recorded_completions),
    cmocka_unit_test(recordings_keep_their_distance),
    cmocka_unit_test(format_and_layout),
    cmocka_unit_test(standard_input_twice),
};
TEST_GROUP(sources, tests, scratch_make, scratch_remove);
