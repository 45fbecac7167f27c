// SPDX-License-Identifier: GPL-2.0-or-later
// Members that are repeated are those that are written out, with their traces shifted.
#include "tests/sim/lab.h"

#include "tests/support/test_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Requests enough to wait for each other, from so much later on.
static void write_trace(const char *name, int64_t shift_ns)
{
    char text[8192], *to = text;
    to += sprintf(to, "time_ns,op,offset,bytes\n");
    for (int64_t i = 0; i < 60; i++)
        to += sprintf(to, "%" PRId64 ",%s,%" PRId64 ",4096\n", i / 3 * 40 * MS + shift_ns,
                      i % 5 == 0 ? "write" : "read", i * 4096);
    scratch_text(name, text);
}

#define START "groups: [{id: g, limits: {iops-total: 50, iops-total-max: 90}}]\nmembers:\n"
#define END "device: {model: fixed, latency: 3ms}\nend: 30s\n"
#define LOG                                                                                        \
    "SELECT group_concat(member || ' ' || arrival_ns || ' ' || dispatch_ns) FROM request_log"

// The law, with everything else that a member has.
static void copies_are_members_written_out(void **state)
{
    (void)state;
    static const char *const members[][2] = {
        {"  - {id: vm, group: g, attach: filter, trace: t0.csv, count: 3, stagger: 200ms}\n",
         "  - {id: vm-1, group: g, attach: filter, trace: t0.csv}\n"
         "  - {id: vm-2, group: g, attach: filter, trace: t1.csv}\n"
         "  - {id: vm-3, group: g, attach: filter, trace: t2.csv}\n"},
        {"  - {id: vm, limits: {iops-total: 20}, trace: t0.csv, count: 3, stagger: 200ms}\n",
         "  - {id: vm-1, limits: {iops-total: 20}, trace: t0.csv}\n"
         "  - {id: vm-2, limits: {iops-total: 20}, trace: t1.csv}\n"
         "  - {id: vm-3, limits: {iops-total: 20}, trace: t2.csv}\n"},
        {"  - {id: vm, group: g, trace: {path: t1.csv, start: 200ms, speed: 1/2}, count: 2,\n"
         "     stagger: 1s}\n"
         "  - {id: one, group: g, trace: t0.csv, count: 1}\n",
         "  - {id: vm-1, group: g, trace: {path: t0.csv, speed: 1/2}}\n"
         "  - {id: vm-2, group: g, trace: {path: t0.csv, speed: 1/2, delay: 1s}}\n"
         "  - {id: one-1, group: g, trace: t0.csv}\n"},
    };
    for (int64_t i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "t%" PRId64 ".csv", i);
        write_trace(name, i * 200 * MS);
    }
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        struct lab_run runs[2];
        for (size_t j = 0; j < 2; j++) {
            char text[1024];
            snprintf(text, sizeof text, START "%s" END, members[i][j]);
            runs[j] = lab_run_complete(text);
        }
        char *digest = strdup(lab_text(&runs[0], "SELECT digest FROM run"));
        char *log = strdup(lab_text(&runs[0], LOG));
        assert_string_equal(lab_text(&runs[1], "SELECT digest FROM run"), digest);
        assert_string_equal(lab_text(&runs[1], LOG), log);
        free(digest);
        free(log);
        lab_run_free(&runs[0]);
        lab_run_free(&runs[1]);
    }
}

static void copies_can_be_addressed(void **state)
{
    (void)state;
    struct sim_error error;
    struct scenario *scenario =
        lab_load("s.yaml",
                 START "  - {id: vm, group: g, trace: t.csv, count: 12, stagger: 2s}\n"
                       "events: [{at: 1s, drained_begin: {member: vm-12}}]\n",
                 &error);
    assert_non_null(scenario);
    assert_int_equal(scenario->member_count, 12);
    assert_string_equal(scenario->members[0].name, "vm-1");
    assert_int_equal(scenario->members[11].trace.cut.delay_ns, 22 * SECOND);
    assert_int_equal(scenario->events[0].member, 11);
    assert_true(scenario_set(scenario, "vm-3.trace.delay", "7s", &error));
    assert_int_equal(scenario->members[2].trace.cut.delay_ns, 7 * SECOND);
    assert_false(scenario_set(scenario, "vm-3.count", "7", &error));
    scenario_free(scenario);
}

static void what_cannot_be_repeated(void **state)
{
    (void)state;
    static const struct lab_refusal rows[] = {
        {"members: [{id: a, trace: t.csv, count: 0}]\n",
         "1:40: expected a number of members, 1 to 10000, found '0'"},
        {"members: [{id: a, trace: t.csv, count: 1k}]\n",
         "1:40: expected a number of members, 1 to 10000, found '1k'; did you mean '1000'?"},
        {"members: [{id: a, trace: t.csv, count: 10001}]\n",
         "1:40: expected a number of members, 1 to 10000, found '10001'"},
        {"members: [{id: a, trace: t.csv, count: 2, stagger: 5}]\n",
         "1:52: expected a time with a unit (ns, us, ms, s, min, h), found '5'; did you mean '5s' "
         "or '5ms'?"},
        {"members: [{id: a, trace: t.csv, stagger: 5s}]\n", "1:42: 'stagger' goes with 'count'"},
        {"members: [{id: a, count: 2}]\ntrace: t.csv\n",
         "1:26: a member with a 'count' needs a 'trace' of its own"},
        {"members: [{id: a, trace: t.csv, count: 10000, stagger: 2562047h}]\n",
         "1:56: the last of 10000 would begin after 146 years"},
        {"members: [{id: a-2}, {id: a, trace: t.csv, count: 2}]\n",
         "1:22: there is a member 'a-2' already, in line 1"},
        {"members: [{id: a, trace: {path: t.csv, delay: 2562047h}}]\n",
         "1:47: expected a time with a unit (ns, us, ms, s, min, h) of at most 146 years, found "
         "'2562047h'"},
        {NULL, NULL},
    };
    lab_refuse_all(rows);
    lab_expect_failure(
        "members: [{id: a, trace: \"-\", count: 2}]\n",
        "DIR/run.yaml: two traces on standard input (-), which can be read once only");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(copies_are_members_written_out),
    cmocka_unit_test(copies_can_be_addressed),
    cmocka_unit_test(what_cannot_be_repeated),
};
TEST_GROUP(repeated, tests, scratch_make, scratch_remove);
