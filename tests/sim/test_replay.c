// SPDX-License-Identifier: GPL-2.0-or-later
// The virtual clock: what comes first within one instant, the devices, the end. The expected times
// are worked out by hand; the limit is ten requests a second, whose bucket holds one request, so
// that two of a burst go at once and then one each 100 ms.
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <string.h>

#define GROUP "groups: [{id: g, limits: {iops-total: 10}}]\n"
#define ONE GROUP "members: [{id: a, group: g}]\ntrace: a.csv\n"
#define TWO GROUP "members: [{id: a, group: g, trace: a.csv}, {id: b, group: g, trace: b.csv}]\n"
#define BURST_OF_4 "0,read,0,512,,\n0,read,0,512,,\n0,read,0,512,,\n0,read,0,512,,\n"

static void expect(const char *scenario, const char *log)
{
    struct lab_run run = lab_run_complete(scenario);
    lab_expect_log(&run, log);
    lab_run_free(&run);
}

// ---- Within one instant ----

// The timer at 100 ms goes first: a's third leaves, and its fourth is then waited for until 200 ms.
// With b's arrival first, b would have its turn at 200 ms.
static void timer_before_arrival(void **state)
{
    (void)state;
    scratch_text("a.csv", HEADER BURST_OF_4);
    scratch_text("b.csv", HEADER "100000000,read,0,512,,\n");
    expect(TWO, "0 a 0 0 0\n"
                "1 a 0 0 0\n"
                "2 a 0 100000000 100000000\n"
                "3 a 0 200000000 200000000\n"
                "4 b 100000000 300000000 300000000\n");
}

// New limits empty the bucket. After the timer, that does not help the fourth request: a timer is
// armed for it already. Before the timer, it would leave at once too.
static void timer_before_operation(void **state)
{
    (void)state;
    scratch_text("a.csv", HEADER BURST_OF_4);
    expect(ONE "events: [{at: 100ms, qom-set: {group: g, limits: {iops-total: 10}}}]\n",
           "0 a 0 0 0\n"
           "1 a 0 0 0\n"
           "2 a 0 100000000 100000000\n"
           "3 a 0 200000000 200000000\n");
}

// New limits empty the bucket, so what arrives with them passes; before them, it would wait.
static void operation_before_arrival(void **state)
{
    (void)state;
    scratch_text("a.csv", HEADER "0,read,0,512,,\n0,read,0,512,,\n50000000,read,0,512,,\n");
    expect(ONE "events: [{at: 50ms, qom-set: {group: g, limits: {iops-total: 10}}}]\n",
           "0 a 0 0 0\n"
           "1 a 0 0 0\n"
           "2 a 50000000 50000000 50000000\n");
    expect(ONE, "0 a 0 0 0\n"
                "1 a 0 0 0\n"
                "2 a 50000000 100000000 100000000\n");
}

// Limits are lifted, then set, or set, then lifted: the last one holds for what arrives then.
static void operations_as_listed(void **state)
{
    (void)state;
    scratch_text("a.csv", HEADER "5,read,0,512,,\n5,read,0,512,,\n5,read,0,512,,\n");
    expect(ONE "events:\n"
               "  - {at: 5ns, qom-set: {group: g, limits: {iops-total: 0}}}\n"
               "  - {at: 5ns, qom-set: {group: g, limits: {iops-total: 10}}}\n",
           "0 a 5 5 5\n"
           "1 a 5 5 5\n"
           "2 a 5 100000005 100000005\n");
    expect(ONE "events:\n"
               "  - {at: 5ns, qom-set: {group: g, limits: {iops-total: 20}}}\n"
               "  - {at: 5ns, qom-set: {group: g, limits: {iops-total: 0}}}\n",
           "0 a 5 5 5\n"
           "1 a 5 5 5\n"
           "2 a 5 5 5\n");
}

// A drain that begins and ends in one instant lets go what waited, not what arrives in it.
static void drain_ends_before_arrival(void **state)
{
    (void)state;
    scratch_text("a.csv", HEADER BURST_OF_4 "50000000,read,0,512,,\n");
    expect(ONE "events:\n"
               "  - {at: 50ms, drained_begin: {member: a}}\n"
               "  - {at: 50ms, drained_end: {member: a}}\n",
           "0 a 0 0 0\n"
           "1 a 0 0 0\n"
           "2 a 0 50000000 50000000\n"
           "3 a 0 50000000 50000000\n"
           // Four are accounted, half a request has leaked: 2.5 too many.
           "4 a 50000000 300000000 300000000\n");
}

// Equal times: the members' order, and within a trace the file's, whatever the order of the files.
static void arrivals_in_order_of_members(void **state)
{
    (void)state;
    scratch_text("b.csv", HEADER "0,read,1,512,,\n0,write,2,512,,\n7,read,3,512,,\n");
    scratch_text("a.csv", HEADER "0,write,4,512,,\n7,read,5,512,,\n7,read,6,512,,\n");
    struct lab_run run =
        lab_run_complete("members: [{id: z, trace: b.csv}, {id: a, trace: a.csv},\n"
                         "          {id: m, trace: b.csv}]\n");
    lab_expect_rows(&run, "SELECT member, offset, arrival_ns FROM request_log ORDER BY seq",
                    "z 1 0\nz 2 0\na 4 0\nm 1 0\nm 2 0\nz 3 7\na 5 7\na 6 7\nm 3 7\n");
    lab_run_free(&run);
}

// ---- Devices ----

#define DEVICE_TRACE                                                                               \
    HEADER "0,read,0,512,,3000\n0,write,0,512,,\n5,flush,0,0,,0\n10,read,0,512,,7000000000000\n"

static void null_device(void **state)
{
    (void)state;
    scratch_text("a.csv", DEVICE_TRACE);
    expect("members: [{id: a, trace: a.csv}]\n", "0 a 0 0 0\n1 a 0 0 0\n2 a 5 5 5\n3 a 10 10 10\n");
}

static void fixed_device(void **state)
{
    (void)state;
    scratch_text("a.csv", DEVICE_TRACE);
    expect("members: [{id: a, trace: a.csv}]\ndevice: {model: fixed, latency: 200us}\n",
           "0 a 0 0 200000\n1 a 0 0 200000\n2 a 5 5 200005\n3 a 10 10 200010\n");
    expect("members: [{id: a, trace: a.csv}]\ndevice: {model: fixed, latency: 0}\n",
           "0 a 0 0 0\n1 a 0 0 0\n2 a 5 5 5\n3 a 10 10 10\n");
    // A latency beyond the end of time never ends.
    expect("members: [{id: a, trace: a.csv}]\ndevice: {model: fixed, latency: "
           "9223372036854775807ns}\n",
           "0 a 0 0 -\n1 a 0 0 -\n2 a 5 5 -\n3 a 10 10 -\n");
}

// What the recording does not tell has not happened.
static void recorded_device(void **state)
{
    (void)state;
    scratch_text("a.csv", DEVICE_TRACE);
    expect("members: [{id: a, trace: a.csv}]\ndevice: {model: recorded}\n",
           "0 a 0 0 3000\n1 a 0 0 -\n2 a 5 5 5\n3 a 10 10 7000000000010\n");
}

// The device starts when the throttle lets go.
static void device_after_throttle(void **state)
{
    (void)state;
    scratch_text("a.csv", HEADER BURST_OF_4);
    expect(ONE "device: {model: fixed, latency: 1ms}\n", "0 a 0 0 1000000\n"
                                                         "1 a 0 0 1000000\n"
                                                         "2 a 0 100000000 101000000\n"
                                                         "3 a 0 200000000 201000000\n");
}

// ---- The end ----

// What happens at the end itself still happens; later things do not.
static void end(void **state)
{
    (void)state;
    scratch_text("a.csv", HEADER BURST_OF_4 "200000001,read,0,512,,\n");
    expect(ONE "end: 200ms\n", "0 a 0 0 0\n1 a 0 0 0\n"
                               "2 a 0 100000000 100000000\n3 a 0 200000000 200000000\n");
    expect(ONE "end: 199999999ns\n", "0 a 0 0 0\n1 a 0 0 0\n"
                                     "2 a 0 100000000 100000000\n3 a 0 - -\n");
    expect(ONE "end: 0\n", "0 a 0 0 0\n1 a 0 0 0\n2 a 0 - -\n3 a 0 - -\n");
    expect(ONE "end: 150ms\ndevice: {model: fixed, latency: 50000001ns}\n",
           "0 a 0 0 50000001\n1 a 0 0 50000001\n2 a 0 100000000 -\n3 a 0 - -\n");
    struct lab_run run = lab_run_complete(ONE "end: 150ms\n");
    assert_int_equal(lab_integer(&run, "SELECT end_ns FROM run"), 150 * MS);
    lab_run_free(&run);
}

static void nothing_to_do(void **state)
{
    (void)state;
    struct lab_run run = lab_run_complete("members: [{id: a}]\n");
    assert_int_equal(lab_integer(&run, "SELECT arrived FROM run"), 0);
    assert_int_equal(lab_integer(&run, "SELECT end_ns FROM run"), 0);
    lab_run_free(&run);
    scratch_text("a.csv", HEADER);
    run = lab_run_complete("members: [{id: a, trace: a.csv}]\n"
                           "events: [{at: 7ns, drained_begin: {member: a}}]\n");
    assert_int_equal(lab_integer(&run, "SELECT end_ns FROM run"), 7);
    lab_run_free(&run);
}

// ---- Sleeping in whole steps ----

// Three a second: the fourth may leave after 333333333 ns, the fifth at 666666666.
#define STEPS                                                                                      \
    "groups: [{id: g, limits: {iops-total: 3}}]\n"                                                 \
    "members: [{id: a, group: g, trace: a.csv}, {id: b, trace: b.csv}]\n"                          \
    "timer-granularity: 1ms\n"

static void sleeps_in_whole_steps(void **state)
{
    (void)state;
    scratch_text("a.csv", HEADER "500,read,0,512,,\n500,read,0,512,,\n500,read,0,512,,\n");
    scratch_text("b.csv", HEADER);
    struct lab_run fine = lab_run_complete("groups: [{id: g, limits: {iops-total: 3}}]\n"
                                           "members: [{id: a, group: g, trace: a.csv}]\n");
    int64_t exact_ns =
        lab_integer(&fine, "SELECT dispatch_ns FROM request_log WHERE dispatch_ns > 500");
    lab_run_free(&fine);
    // The bucket holds 0.3 requests: 1 - 0.3 = 0.7 too many after the first.
    assert_in_range(exact_ns, 233333832, 233333833);
    struct lab_run run = lab_run_complete(STEPS);
    assert_int_equal(lab_integer(&run, "SELECT dispatch_ns FROM request_log WHERE seq = 1"),
                     500 + 234 * MS);
    lab_run_free(&run);
    // An arrival of another member wakes the loop: too early, it only shifts the steps; in time,
    // the timer fires then.
    scratch_text("b.csv", HEADER "300000,read,0,512,,\n");
    run = lab_run_complete(STEPS);
    assert_int_equal(lab_integer(&run, "SELECT dispatch_ns FROM request_log WHERE seq = 1"),
                     300000 + 234 * MS);
    lab_run_free(&run);
    scratch_text("b.csv", HEADER "233400000,read,0,512,,\n");
    run = lab_run_complete(STEPS);
    assert_int_equal(lab_integer(&run, "SELECT dispatch_ns FROM request_log WHERE seq = 1"),
                     233400000);
    lab_run_free(&run);
}

// So does a completion, and time does not go back.
static void completion_wakes(void **state)
{
    (void)state;
    scratch_text("a.csv", HEADER "500,read,0,512,,\n500,read,0,512,,\n500,read,0,512,,\n");
    scratch_text("b.csv", HEADER);
    struct lab_run run = lab_run_complete(STEPS "device: {model: fixed, latency: 233400000ns}\n");
    lab_expect_rows(&run,
                    "SELECT seq, dispatch_ns, complete_ns FROM request_log WHERE seq < 2 "
                    "ORDER BY seq",
                    "0 500 233400500\n1 233400500 466800500\n");
    lab_run_free(&run);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(timer_before_arrival),
    cmocka_unit_test(timer_before_operation),
    cmocka_unit_test(operation_before_arrival),
    cmocka_unit_test(operations_as_listed),
    cmocka_unit_test(drain_ends_before_arrival),
    cmocka_unit_test(arrivals_in_order_of_members),
    cmocka_unit_test(null_device),
    cmocka_unit_test(fixed_device),
    cmocka_unit_test(recorded_device),
    cmocka_unit_test(device_after_throttle),
    cmocka_unit_test(end),
    cmocka_unit_test(nothing_to_do),
    cmocka_unit_test(sleeps_in_whole_steps),
    cmocka_unit_test(completion_wakes),
};
TEST_GROUP(replay, tests, scratch_make, scratch_remove);
