// SPDX-License-Identifier: GPL-2.0-or-later
// Operations on the way: who is in which group, and how the groups' limits change, as stored.
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <string.h>

#define SIX(iops) "bps: 0, bps_rd: 0, bps_wr: 0, iops: " iops ", iops_rd: 0, iops_wr: 0"
#define MEMBERSHIP                                                                                 \
    "SELECT at_ns, m.name, g.name FROM membership JOIN member AS m USING (run_id, member_id) "     \
    "LEFT JOIN throttle_group AS g USING (run_id, group_id) ORDER BY membership.rowid"
#define OPERATIONS "SELECT at_ns, what, result FROM operation ORDER BY seq"

// A group made by block_set_io_throttle is gone with its last member, and its limits with it; one
// of that name that comes later is another.
static void named_groups_come_and_go(void **state)
{
    (void)state;
    scratch_text("a.csv", HEADER "0,read,0,512,,\n");
    struct lab_run run = lab_run_complete(
        "members: [{id: a, trace: a.csv}, {id: b}]\n"
        "events:\n"
        "  - {at: 1ns, block_set_io_throttle: {device: a, " SIX(
            "5") "}}\n"
                 "  - {at: 2ns, block_set_io_throttle: {device: b, group: a, " SIX(
                     "6") "}}\n"
                          "  - {at: 3ns, leave: {member: a}}\n"
                          "  - {at: 4ns, block_set_io_throttle: {device: b, " SIX(
                              "0") "}}\n"
                                   "  - {at: 5ns, block_set_io_throttle: {id: b, group: a, " SIX(
                                       "7") "}}\n"
                                            "  - {at: 6ns, join: {member: a, group: a}}\n");
    lab_expect_rows(&run, MEMBERSHIP, "1 a a\n2 b a\n3 a -\n4 b -\n5 b a\n6 a a\n");
    lab_expect_rows(&run, OPERATIONS,
                    "1 block_set_io_throttle a done\n2 block_set_io_throttle b a done\n"
                    "3 leave a done\n4 block_set_io_throttle b done\n"
                    "5 block_set_io_throttle b a done\n6 join a a done\n");
    lab_expect_rows(&run, "SELECT at_ns, group_id, key, value FROM limit_setting ORDER BY rowid",
                    "1 0 iops-total 5\n2 0 iops-total 6\n4 0 iops-total 0\n5 1 iops-total 7\n");
    lab_expect_rows(&run, "SELECT name FROM throttle_group ORDER BY group_id", "a\na\n");
    lab_run_free(&run);
}

static void moves_and_limits(void **state)
{
    (void)state;
    struct lab_run run =
        lab_run_complete("groups: [{id: g, limits: {iops-total: 5, iops-total-max: 9}}, {id: h}]\n"
                         "members: [{id: a, group: g}, {id: b, group: h, limits: {bps-read: 1K}}]\n"
                         "events:\n"
                         "  - {at: 1ns, join: {member: a, group: h}}\n"
                         "  - {at: 1ns, qom-set: {group: g, limits: {iops-total: 6}}}\n"
                         "  - {at: 2ns, join: {member: b, group: g, limits: {bps-write: 77}}}\n");
    lab_expect_rows(&run, MEMBERSHIP, "0 a g\n0 b h\n1 a h\n2 b g\n");
    lab_expect_rows(&run, "SELECT at_ns, group_id, key, value FROM limit_setting ORDER BY rowid",
                    "0 0 iops-total 5\n0 0 iops-total-max 9\n0 1 bps-read 1024\n"
                    "1 0 iops-total 6\n2 0 bps-write 77\n");
    lab_run_free(&run);
}

// Ten a second, one held: of four requests at 0, two wait. Each operation lets them go in its way.
#define BURST HEADER "0,read,0,512,,\n0,read,0,512,,\n0,read,0,512,,\n0,read,0,512,,\n"
#define THROTTLED                                                                                  \
    "groups: [{id: g, limits: {iops-total: 10}}]\n"                                                \
    "members: [{id: a, group: g, trace: a.csv}]\n"

static void expect_departures(const char *events, const char *expected)
{
    char text[1000];
    snprintf(text, sizeof text, THROTTLED "events:\n%s", events);
    struct lab_run run = lab_run_complete(text);
    lab_expect_rows(&run, "SELECT dispatch_ns FROM request_log WHERE seq >= 2 ORDER BY seq",
                    expected);
    lab_run_free(&run);
}

static void waiting_requests(void **state)
{
    (void)state;
    scratch_text("a.csv", BURST);
    expect_departures("  - {at: 7ns, drained_begin: {member: a}}\n", "7\n7\n");
    expect_departures("  - {at: 7ns, leave: {member: a}}\n", "7\n7\n");
    expect_departures("  - {at: 7ns, block_set_io_throttle: {device: a, " SIX("0") "}}\n",
                      "7\n7\n");
    // The first leaves at once, whatever the limit: the bucket is empty then, and holds a tenth of
    // a second: 1 - 0.5 = half a request too much, at five a second.
    expect_departures("  - {at: 7ns, block_set_io_throttle: {device: a, " SIX("5") "}}\n",
                      "7\n100000007\n");
    // Through the group object, the armed timer stays; then the emptied bucket lets both go.
    expect_departures("  - {at: 7ns, qom-set: {group: g, limits: {iops-total: 20}}}\n",
                      "100000000\n100000000\n");
    expect_departures("  - {at: 7ns, qom-set: {group: g, limits: {iops-total: 0}}}\n",
                      "100000000\n100000000\n");
}

// While it is drained, requests pass; after as many ends as begins, they wait again.
static void drains_nest(void **state)
{
    (void)state;
    scratch_text("a.csv", BURST "10,read,0,512,,\n20,read,0,512,,\n30,read,0,512,,\n");
    expect_departures("  - {at: 7ns, drained_begin: {member: a, arrivals: pass}}\n"
                      "  - {at: 8ns, drained_begin: {member: a, arrivals: pass}}\n"
                      "  - {at: 15ns, drained_end: {member: a}}\n"
                      "  - {at: 25ns, drained_end: {member: a}}\n",
                      "7\n7\n10\n20\n500000000\n");
}

// Those of a guest wait above the throttle until the last drain has ended, and come then.
static void drains_hold(void **state)
{
    (void)state;
    scratch_text("a.csv", BURST "10,read,0,512,,\n20,read,0,512,,\n30,read,0,512,,\n");
    expect_departures("  - {at: 7ns, drained_begin: {member: a}}\n"
                      "  - {at: 8ns, drained_begin: {member: a, arrivals: pass}}\n"
                      "  - {at: 15ns, drained_end: {member: a}}\n"
                      "  - {at: 25ns, drained_end: {member: a}}\n",
                      "7\n7\n300000000\n400000000\n500000000\n");
}

#define BOTH                                                                                       \
    "members: [{id: a, group: g, trace: a.csv}, {id: b, group: g, trace: b.csv}, {id: c, "         \
    "group: h, trace: c.csv}]\n"                                                                   \
    "groups: [{id: g, limits: {iops-total: 10}}, {id: h, limits: {iops-total: 10}}]\n"

// What a command lets go, of each member that waits.
static void commands_drain(void **state)
{
    static const struct {
        const char *event, *before, *since; // 8.0
    } rows[] = {
        {"drain_all: {}", "a 4\nb 5\nc 4\n", "a 4\nb 5\nc 4\n"},
        {"stop: {}", "a 4\nb 5\nc 4\n", "a 4\nb 5\nc 4\n"},
        {"migrate: {}", "a 4\nb 5\nc 4\n", "a 4\nb 5\nc 4\n"},
        {"blockdev-snapshot: {member: a}", "a 4\nb 5\nc 4\n", "a 4\nb 5\nc 4\n"},
        {"blockdev-backup: {}", "a 4\nb 5\nc 4\n", "a 4\nb 5\nc 4\n"},
        {"blockdev-mirror: {member: b}", "", "a 4\nb 5\nc 4\n"},
        {"block_resize: {member: b}", "b 5\n", "a 4\nb 5\nc 4\n"},
        {"blockdev-reopen: {member: b, group: h}", "b 5\n", "a 4\nb 5\nc 4\n"},
        {"blockdev-add: {}", "", "a 4\nb 5\nc 4\n"},
        {"blockdev-del: {member: b}", "b 5\n", "a 4\nb 5\nc 4\n"},
    };
    (void)state;
    scratch_text("a.csv", BURST "0,read,0,512,,\n0,read,0,512,,\n");
    scratch_text("b.csv", BURST "0,read,0,512,,\n");
    scratch_text("c.csv", BURST "0,read,0,512,,\n0,read,0,512,,\n");
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        char scenario[1024];
        bool is_since = i % 2 == 1;
        snprintf(scenario, sizeof scenario, "qemu: %s\n" BOTH "events: [{at: 50ms, %s}]\n",
                 is_since ? "8.0" : "7.2", rows[i / 2].event);
        struct lab_run run = lab_run_complete(scenario);
        lab_expect_rows(&run,
                        "SELECT m.name, count(*) FROM request JOIN member AS m USING (run_id, "
                        "member_id) WHERE dispatch_ns = 50000000 GROUP BY m.name ORDER BY m.name",
                        is_since ? rows[i / 2].since : rows[i / 2].before);
        lab_run_free(&run);
    }
}

#define EFFECTS                                                                                    \
    "SELECT seq, m.name, g.name, waiting, released, released_wait_ns, text FROM operation_effect " \
    "LEFT JOIN member AS m USING (run_id, member_id) "                                             \
    "LEFT JOIN throttle_group AS g USING (run_id, group_id) ORDER BY seq"

// A bucket of two: of eight requests at 0, three pass. What is let go fills it far beyond.
static void what_operations_did(void **state)
{
    static const char scenario[] =
        "groups: [{id: g, limits: {iops-total: 1, iops-total-max: 2}}, {id: h}]\n"
        "members: [{id: a, group: g, trace: a.csv}, {id: b, group: g}]\n"
        "events:\n"
        "  - {at: 1ms, qom-set: {group: g, limits: {iops-total: 2, bps-total: 10MB}}}\n"
        "  - {at: 2ms, leave: {member: b}}\n"
        "  - {at: 3ms, drained_begin: {member: a}}\n"
        "  - {at: 4ms, drained_end: {member: a}}\n"
        "  - {at: 5ms, join: {member: b, group: h}}\n"
        "  - {at: 5ms, leave: {member: b}}\n"
        "  - {at: 6ms, block_set_io_throttle: {device: b, " SIX(
            "5") "}}\n"
                 "  - {at: 7ms, block_set_io_throttle: {device: b, " SIX("0") "}}\n";
    (void)state;
    scratch_text("a.csv", BURST "0,read,0,512,,\n0,read,0,512,,\n0,read,0,512,,\n0,read,0,512,,\n");
    struct lab_run run = lab_run_complete(scenario);
    lab_expect_rows(&run, EFFECTS,
                    "0 - g 5 0 0 5 requests wait, bps-total none -> 10 MB, iops-total 1 -> 2\n"
                    "1 b g 0 0 0 out of g\n"
                    "2 a g 5 5 15000000 5 of 5 waiting requests let go, iops-total of g is at "
                    "250 % and lets nothing pass for 1.5 s\n"
                    "3 a g 0 0 0 \n"
                    "4 b h 0 0 0 into h\n"
                    "5 b h 0 0 0 out of h\n"
                    "6 b b 0 0 0 iops-total none -> 5, into b\n"
                    "7 b b 0 0 0 group b is gone, out of b\n");
    lab_expect_rows(&run,
                    "SELECT at_ns, group_id, key, unit, rate, allowance, burst_rate, at_once,"
                    " burst_ns, refill_ns FROM limit_effect ORDER BY rowid",
                    "0 0 iops-total operations 1.0 2.0 - 2.0 - 2000000000\n"
                    "1000000 0 bps-total bytes 10000000.0 1000000.0 - 1000000.0 - 100000000\n"
                    "1000000 0 iops-total operations 2.0 2.0 - 2.0 - 1000000000\n"
                    "6000000 2 iops-total operations 5.0 0.5 - 0.5 - 100000000\n"
                    "7000000 2 iops-total operations 0.0 - - - - -\n");
    lab_run_free(&run);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(named_groups_come_and_go),
    cmocka_unit_test(moves_and_limits),
    cmocka_unit_test(waiting_requests),
    cmocka_unit_test(drains_nest),
    cmocka_unit_test(drains_hold),
    cmocka_unit_test(commands_drain),
    cmocka_unit_test(what_operations_did),
};
TEST_GROUP(events, tests, scratch_make, scratch_remove);
