// SPDX-License-Identifier: GPL-2.0-or-later
// The state in which a replay begins: how full the buckets are, what is in flight; and an event
// loop that is late.
#include "lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>

#define THREE HEADER "0,read,0,512,,\n0,read,0,512,,\n10000000,read,0,512,,\n"

// A bucket of 10 that leaks 10 a second: each that finds more than 10 in it waits until no more is.
static void levels_are_shares_of_the_size(void **state)
{
    (void)state;
    static const struct {
        const char *engine, *levels, *log;
    } rows[] = {
        {"throttle-group", "", "0 a 0 0 0\n1 a 0 0 0\n2 a 10000000 10000000 10000000\n"},
        {"throttle-group", ", levels: 0", "0 a 0 0 0\n1 a 0 0 0\n2 a 10000000 10000000 10000000\n"},
        {"throttle-group", ", levels: full",
         "0 a 0 0 0\n1 a 0 100000000 100000000\n2 a 10000000 200000000 200000000\n"},
        {"throttle-group", ", levels: 1.2",
         "0 a 0 200000000 200000000\n1 a 0 300000000 300000000\n2 a 10000000 400000000 "
         "400000000\n"},
        {"throttle-group", ", levels: 9/10",
         "0 a 0 0 0\n1 a 0 0 0\n2 a 10000000 100000000 100000000\n"},
        {"bucket", ", levels: full",
         "0 a 0 0 0\n1 a 0 100000000 100000000\n2 a 10000000 200000000 200000000\n"},
    };
    scratch_text("a.csv", THREE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "engine: %s\ngroups: [{id: g, limits: {iops-total: 10, iops-total-max: 10}%s}]\n"
                 "members: [{id: a, group: g, trace: a.csv}]",
                 rows[i].engine, rows[i].levels);
        struct lab_run run = lab_run_complete(text);
        lab_expect_log(&run, rows[i].log);
        lab_run_free(&run);
    }
}

// Limits that come with a member empty the buckets, as setting them does: the levels come after.
static void levels_are_those_after_joining(void **state)
{
    (void)state;
    scratch_text("a.csv", THREE);
    struct lab_run run = lab_run_complete(
        "groups: [{id: g, limits: {iops-total: 10, iops-total-max: 1000}, levels: full}]\n"
        "members: [{id: a, group: g, limits: {iops-total-max: 10}, trace: a.csv}]");
    lab_expect_log(&run,
                   "0 a 0 0 0\n1 a 0 100000000 100000000\n2 a 10000000 200000000 200000000\n");
    lab_run_free(&run);
}

// ---- Warm-up ----

// All that is counted is of those that arrive later, however long those before them are there.
static void what_arrives_before_is_not_counted(void **state)
{
    (void)state;
    scratch_text("a.csv", HEADER "0,read,0,512,,\n0,read,0,512,,\n0,read,0,512,,\n"
                                 "20000000,read,0,512,,\n20000001,read,0,512,,\n");
    struct lab_run run =
        lab_run_complete("groups: [{id: g, limits: {iops-total: 10}}]\n"
                         "members: [{id: a, group: g, trace: a.csv}]\nwarm-up: 20000001ns\n");
    lab_expect_log(&run, "4 a 20000001 300000000 300000000\n");
    lab_expect_rows(&run, "SELECT arrived, dispatched, completed, end_ns FROM run",
                    "1 1 1 300000000\n");
    lab_expect_rows(&run,
                    "SELECT direction, requests, waited, queue_mean FROM member_statistics WHERE "
                    "requests > 0 ORDER BY direction",
                    "read 1 1 1.0\nread+write 1 1 1.0\n");
    lab_expect_rows(&run, "SELECT text FROM assumption WHERE key = 'warm-up'",
                    "20 ms; requests that arrived before are simulated, and in none of the "
                    "numbers\n");
    lab_run_free(&run);
}

// ---- Stalls ----

// Half of the time the loop does nothing: what comes then waits for it, if for nothing else, and
// the mean of what is left of a stall, which is its own mean, is what such a request waits.
static void a_stall_is_waited_for(void **state)
{
    (void)state;
    FILE *file = fopen(scratch_path("a.csv"), "w");
    assert_non_null(file);
    fputs(HEADER, file);
    for (int i = 0; i < 20000; i++)
        fprintf(file, "%d000000,flush,0,0,,\n", i + 1);
    fclose(file);
    struct lab_run run = lab_run_complete("members: [{id: a, trace: a.csv}]\n"
                                          "loop-stalls: {rate: 100, mean: 10ms, seed: 5}\n");
    assert_in_range(lab_integer(&run, "SELECT waited FROM member_statistics WHERE direction = "
                                      "'flush'"),
                    9000, 11000);
    assert_in_range(
        lab_integer(&run,
                    "SELECT CAST(mean_ns AS INTEGER) FROM latency_statistics WHERE direction = "
                    "'flush' AND metric = 'total'"),
        4500000, 5500000);
    assert_int_equal(lab_integer(&run, "SELECT sum(wait_ns) FROM wait_interval WHERE cause = "
                                       "'timer'"),
                     lab_integer(&run, "SELECT sum(complete_ns - arrival_ns) FROM request"));
    lab_run_free(&run);
}

static void stalls_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct lab_refusal refusals[] = {
        {"members: [{id: a}]\nloop-stalls: {rate: 0, mean: 1ms}",
         "2:21: expected how often a second, such as 20 or 0.1, below 10000, found '0'"},
        {"members: [{id: a}]\nloop-stalls: {rate: 1, mean: 0}",
         "2:30: a stall must be longer than 0"},
        {"members: [{id: a}]\nloop-stalls: {rate: 1}", "2:14: loop-stalls needs the key 'mean'"},
        {NULL, NULL},
    };
    lab_refuse_all(refusals);
}

// ---- Requests in flight when the recording began ----

#define DISK "members: [{id: a, trace: {path: a.txt%s}}]\ndevice: {model: recorded}\n"
// What the C at 5 and 6 ms end was asked for before the recording; so is a part of that at 9 ms.
#define MIDDLE                                                                                     \
    "254,32 0 1 1.000000000 7 D R 800 + 8 [x]\n254,32 0 2 1.005000000 7 C R 24 + 16 [0]\n"         \
    "254,32 0 3 1.006000000 7 C W 80 + 8 [0]\n254,32 0 4 1.007000000 7 C R 800 + 8 [0]\n"          \
    "254,32 0 5 1.008000000 7 D R 160 + 8 [x]\n254,32 0 6 1.009000000 7 C R 160 + 16 [0]\n"        \
    "254,32 0 7 1.010000000 7 D R 160 + 8 [x]\n254,32 0 8 1.011000000 7 C R 160 + 8 [0]\n"

static void expect_in_flight(const char *trace, const char *options, const char *log,
                             const char *notices)
{
    char text[256];
    scratch_text("a.txt", trace);
    snprintf(text, sizeof text, DISK, options);
    struct lab_run run = lab_run_complete(text);
    lab_expect_log(&run, log);
    lab_expect_rows(&run,
                    "SELECT kind, count FROM notice WHERE kind IN ('in-flight', 'no-arrival') "
                    "ORDER BY kind",
                    notices);
    lab_run_free(&run);
}

// They come first, at the recording's first record, in the order of their completions; with the
// device as recorded they complete when they did.
static void what_was_in_flight_comes_first(void **state)
{
    (void)state;
    expect_in_flight(MIDDLE, "",
                     "0 a 0 0 5000000\n1 a 0 0 6000000\n2 a 0 0 7000000\n"
                     "3 a 8000000 8000000 9000000\n4 a 10000000 10000000 11000000\n",
                     "in-flight 2\nno-arrival 1\n");
    expect_in_flight(MIDDLE, ", in-flight: ignore",
                     "0 a 0 0 7000000\n1 a 8000000 8000000 9000000\n"
                     "2 a 10000000 10000000 11000000\n",
                     "no-arrival 3\n");
    expect_in_flight(MIDDLE, ", ops: write", "0 a 0 0 6000000\n", "in-flight 2\nno-arrival 1\n");
    expect_in_flight(MIDDLE, ", device: '254,32', start: 8ms",
                     "0 a 0 0 1000000\n1 a 2000000 2000000 3000000\n",
                     "in-flight 2\nno-arrival 1\n");
}

// More than arrived are none: arrivals were not recorded.
static void too_many_were_not_in_flight(void **state)
{
    (void)state;
    expect_in_flight("254,32 0 1 1.000000000 7 C R 8 + 8 [0]\n"
                     "254,32 0 2 1.001000000 7 C R 24 + 8 [0]\n"
                     "254,32 0 3 1.002000000 7 D R 80 + 8 [x]\n"
                     "254,32 0 4 1.003000000 7 C R 80 + 8 [0]\n",
                     "", "0 a 2000000 2000000 3000000\n", "no-arrival 2\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_arrives_before_is_not_counted),
    cmocka_unit_test(a_stall_is_waited_for),
    cmocka_unit_test(stalls_that_are_none_are_refused),
    cmocka_unit_test(what_was_in_flight_comes_first),
    cmocka_unit_test(too_many_were_not_in_flight),
    cmocka_unit_test(levels_are_shares_of_the_size),
    cmocka_unit_test(levels_are_those_after_joining),
};
TEST_GROUP(start, tests, scratch_make, scratch_remove);
