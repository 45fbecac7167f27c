// SPDX-License-Identifier: GPL-2.0-or-later
// What a run says that it takes for granted, and what it does not say since it is not so.
#include "lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>

#define ALL "SELECT key, value, text FROM assumption ORDER BY seq"
#define TRACE                                                                                      \
    "trace: {csv: \""                                                                              \
    "time_ns,op,offset,bytes\\n0,read,0,512\\n1000000000,discard,0,512\\n"                         \
    "2000000000,write,0,512\\n\"}"
#define FEEDBACK                                                                                   \
    "feedback none none; requests arrive as recorded, however long others wait: under a "          \
    "limit below the demand, latencies are upper bounds\n"
#define NULL_DEVICE                                                                                \
    "device null null, which takes no time; a total latency is the wait in the throttle\n"

static void expect(const char *scenario, const char *rows)
{
    struct lab_run run = lab_run_complete(scenario);
    lab_expect_rows(&run, ALL, rows);
    lab_run_free(&run);
}

static void test_what_is_assumed(void **state)
{
    (void)state;
    // Nothing can be throttled, nor take time.
    expect("members: [{id: a, " TRACE "}]", NULL_DEVICE FEEDBACK);
    expect("groups: [{id: g, limits: {iops-total: 10}}]\n"
           "members: [{id: a, group: g, attach: drive, " TRACE "}]\n"
           "device: {model: fixed, latency: 200us}",
           "attach drive drive; discards and flushes are not throttled\n"
           "device fixed fixed; each request takes 200 us, alone or not\n" FEEDBACK
           "buckets empty empty; the whole burst allowance is there at the start\n");
    expect(
        "groups: [{id: g}]\n"
        "members: [{id: a, group: g, attach: filter, discard: unmap, " TRACE "}]\n"
        "device: {model: recorded}\n"
        "timer-granularity: 1ms\n"
        "loop-stalls: {rate: 1/2, mean: 3ms, seed: 2}",
        "attach filter filter; discards are throttled, flushes are not throttled\n"
        "device recorded recorded; each request takes as long as recorded, alone or not\n" FEEDBACK
        "timers coarse coarse; they fire up to 1 ms late\n"
        "loop stalls stalls, seed 2; 0.5 a second, of 3 ms on average: what comes meanwhile is "
        "looked at when they end\n"
        "left out no-completion 3 requests that never complete: the recording does not say "
        "how long they took\n");
    expect("groups: [{id: g}]\n"
           "members: [{id: a, group: g, attach: filter, " TRACE "}, {id: b, attach: drive}]",
           "attach mixed 1 as drive, 1 as filter; discards of filters are ignored "
           "(discard: unmap would throttle them), those of drives and flushes are not "
           "throttled\n" NULL_DEVICE FEEDBACK);
    expect("groups: [{id: g, limits: {iops-total: 10}, levels: 9/8}, {id: h}]\n"
           "members: [{id: a, group: g, attach: drive, " TRACE "}]",
           "attach drive drive; discards and flushes are not throttled\n" NULL_DEVICE FEEDBACK
           "buckets filled filled; at the start they hold, of their sizes: g 1.125; the others "
           "are empty\n");
    // An engine without buckets has none that are empty.
    expect("engine: slice\n"
           "groups: [{id: g, limits: {iops-total: 10}}]\n"
           "members: [{id: a, group: g, attach: drive, " TRACE "}]",
           "attach drive drive; discards and flushes are not throttled\n" NULL_DEVICE FEEDBACK);
}

static void test_what_is_left_out(void **state)
{
    (void)state;
    expect("members: [{id: a}, {id: b}]\n"
           "trace: {csv: \"time_ns,op,offset,bytes,member\\n0,read,0,512,a\\n5,read,0,512,x\\n"
           "7,read,0,512,y\\n\"}",
           NULL_DEVICE FEEDBACK "left out no-member 2 requests of volumes that no member has\n");
    expect("members: [{id: a, trace: {ops: [read, write], speed: 2, csv: \"time_ns,op,offset,"
           "bytes\\n0,read,0,512\\n5,discard,0,512\\n\"}}]",
           "speed 2 2 times that of the recording\n" NULL_DEVICE FEEDBACK
           "left out not-chosen 1 request of other devices or operations than those chosen\n");
    expect("members: [{id: a, trace: {start: 1s, csv: \"time_ns,op,offset,bytes\\n0,read,0,512\\n"
           "1500000000,read,0,512\\n\"}}]",
           NULL_DEVICE FEEDBACK "left out time the first 1 s of the recording\n");
    expect("members: [{id: a, trace: {start: 1s, duration: 2s, csv: \"time_ns,op,offset,bytes\\n0,"
           "read,0,512\\n1500000000,read,0,512\\n\"}}]",
           NULL_DEVICE FEEDBACK "left out time all of the recording but 2 s from 1 s on\n");
    expect("members: [{id: a, trace: {start: 1s, csv: \"time_ns,op,offset,bytes\\n1500000000,read,"
           "0,512\\n\"}}, {id: b, " TRACE "}]",
           NULL_DEVICE FEEDBACK "left out time parts of the time of some of the traces\n");
    expect("members: [{id: a, trace: {speed: 2, csv: \"time_ns,op,offset,bytes\\n1500000000,read,"
           "0,512\\n\"}}, {id: b, " TRACE "}]",
           "speed mixed not all traces are replayed as fast as the others\n" NULL_DEVICE FEEDBACK);
    expect("members: [{id: a, " TRACE "}]\nend: 1s", NULL_DEVICE FEEDBACK
           "left out end what would come after 1 s, the end of the scenario\n");
}

#define RECORDED(name, arrival)                                                                    \
    "  - {id: " name ", trace: {path: " TEST_TRACES_DIR "/recorded/mixed/" name                    \
    ".blktrace, duration: 20s" arrival "}}\n"

static void test_arrivals_as_taken(void **state)
{
    static const char *const rows[][2] = {
        {"members:\n" RECORDED("vde", ""),
         "issue D (issue); when requests were handed to the device\n"},
        {"members:\n" RECORDED("vde", ", arrival: queue"),
         "queue Q (queue); when requests entered the block layer, before they were merged and "
         "scheduled\n"},
        {"members:\n" RECORDED("vdc", ", arrival: queue") RECORDED("vde", ""),
         "mixed Q (queue) of 1 device, D (issue) of 1\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lab_run run = lab_run_complete(rows[i][0]);
        lab_expect_rows(&run, "SELECT value, text FROM assumption WHERE key = 'arrival'",
                        rows[i][1]);
        lab_run_free(&run);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_is_assumed),
    cmocka_unit_test(test_what_is_left_out),
    cmocka_unit_test(test_arrivals_as_taken),
};
TEST_GROUP(assumptions, tests, scratch_make, scratch_remove);
