// SPDX-License-Identifier: GPL-2.0-or-later
// The state in which a replay begins: how full the buckets are.
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(levels_are_shares_of_the_size),
    cmocka_unit_test(levels_are_those_after_joining),
};
TEST_GROUP(start, tests, scratch_make, scratch_remove);
