// SPDX-License-Identifier: GPL-2.0-or-later
// Members with several throttles: runs, what is stored of them, and what is refused.
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <string.h>

// Twenty reads at once.
static struct lab_run run_of(const char *groups, const char *member)
{
    char text[4096], *to = text;
    to +=
        sprintf(to, "groups: [%s]\nmembers: [%s]\ntrace:\n  csv: |\n    time_ns,op,offset,bytes\n",
                groups, member);
    for (int i = 0; i < 20; i++)
        to += sprintf(to, "    0,read,%d,512\n", 512 * i);
    return lab_run_complete(text);
}

#define TWO "{id: os, limits: {iops-total: 10}}, {id: vm, limits: {iops-total: 20}}"
#define END "SELECT end_ns / 1000000 FROM run"

// 20/s over 10/s gives 10/s, and the other way round; the same group twice half of it.
static void the_slowest_decides(void **state)
{
    (void)state;
    struct lab_run run = run_of(TWO, "{id: a, group: [os, vm]}");
    assert_int_equal(lab_integer(&run, END), 1800);
    lab_run_free(&run);
    run = run_of(TWO, "{id: a, group: [vm, os], attach: filter}");
    assert_int_equal(lab_integer(&run, END), 1800);
    lab_run_free(&run);
    run = run_of(TWO, "{id: a, group: [os, os]}");
    assert_int_equal(lab_integer(&run, END), 3800);
    lab_run_free(&run);
}

static void one_in_a_list_is_one(void **state)
{
    (void)state;
    struct lab_run list = run_of(TWO, "{id: a, group: [os]}");
    struct lab_run plain = run_of(TWO, "{id: a, group: os}");
    char digest[32];
    snprintf(digest, sizeof digest, "%s", lab_text(&list, "SELECT digest FROM run"));
    assert_string_equal(lab_text(&plain, "SELECT digest FROM run"), digest);
    assert_int_equal(lab_integer(&list, "SELECT count(*) FROM stage_membership"), 0);
    lab_run_free(&list);
    lab_run_free(&plain);
}

// Of each request, member and throttle.
static void the_parts_add_up(void **state)
{
    (void)state;
    struct lab_run run = run_of(TWO, "{id: a, group: [os, vm]}");
    lab_expect_rows(&run, "SELECT stage, name FROM stage_name ORDER BY stage", "0 os\n1 vm\n");
    // Number n, from 0, leaves the upper at 50 ms (n - 2), the lower at 100 ms (n - 1).
    lab_expect_rows(&run, "SELECT stage, sum(wait_ns) / 1000000 FROM wait_interval GROUP BY stage",
                    "0 9450\n1 7650\n");
    lab_expect_rows(&run,
                    "SELECT stage, cause, sum(wait_ns) / 1000000 FROM wait_interval"
                    " GROUP BY stage, cause",
                    "0 iops-total 1800\n0 queue 7650\n1 iops-total 850\n1 queue 6800\n");
    assert_int_equal(lab_integer(&run, "SELECT sum(dispatch_ns - arrival_ns) FROM request"),
                     lab_integer(&run, "SELECT sum(wait_ns) FROM wait_interval"));
    lab_expect_rows(&run,
                    "SELECT seq, stage, left_ns / 1000000 FROM request_stage WHERE seq IN (0, 19)"
                    " ORDER BY seq, stage",
                    "0 0 0\n0 1 0\n19 0 1800\n19 1 850\n");
    lab_expect_rows(&run,
                    "SELECT name, arrived, completed FROM achieved JOIN throttle_group"
                    " ON group_id = id WHERE scope = 'throttle_group' AND direction = 'read'"
                    " ORDER BY name",
                    "os 20 20\nvm 20 20\n");
    lab_run_free(&run);
}

// What waits above is not backlogged below: only the upper throttles of two disks compete.
static void each_group_has_who_waits_in_it(void **state)
{
    (void)state;
    struct lab_run run =
        lab_run_complete("groups: [{id: os, limits: {iops-total: 1000}},"
                         " {id: vm, limits: {iops-total: 10}}]\n"
                         "members: [{id: a, group: [os, vm]}, {id: b, group: [os, vm]}]\n"
                         "trace:\n  csv: |\n    time_ns,op,offset,bytes,member\n"
                         "    0,read,0,512,a\n    0,read,0,512,a\n    0,read,0,512,a\n"
                         "    0,read,0,512,a\n    0,read,0,512,b\n    0,read,0,512,b\n"
                         "    0,read,0,512,b\n    0,read,0,512,b\n"
                         "interval: 100ms\n");
    lab_expect_rows(&run,
                    "SELECT name, max(backlogged) FROM group_interval JOIN throttle_group"
                    " USING (run_id, group_id) GROUP BY name",
                    "os 0\nvm 2\n");
    lab_run_free(&run);
}

// Moving the topmost, a drive's, drains the disk; a drain is of all its throttles.
static void operations(void **state)
{
    (void)state;
    struct lab_run run = lab_run_complete(
        "groups: [" TWO "]\n"
        "members: [{id: a, group: [os, vm]}]\n"
        "events:\n"
        "  - {at: 120ms, drained_begin: {member: a}}\n"
        "  - {at: 120ms, drained_end: {member: a}}\n"
        "  - {at: 200ms, block_set_io_throttle: {device: a, group: own, bps: 0, bps_rd: 0,"
        " bps_wr: 0, iops: 5, iops_rd: 0, iops_wr: 0}}\n"
        "trace:\n  csv: |\n    time_ns,op,offset,bytes\n"
        "    0,read,0,512\n    0,read,0,512\n    0,read,0,512\n    0,read,0,512\n"
        "    0,read,0,512\n    0,read,0,512\n");
    lab_expect_rows(&run, "SELECT dispatch_ns / 1000000 FROM request ORDER BY seq",
                    "0\n0\n100\n120\n120\n120\n");
    lab_expect_rows(&run,
                    "SELECT at_ns / 1000000, stage, name FROM stage_membership JOIN throttle_group"
                    " USING (run_id, group_id) ORDER BY at_ns, stage",
                    "0 0 os\n0 1 vm\n200 1 own\n");
    lab_expect_rows(&run, "SELECT waiting, released FROM operation_effect WHERE seq = 0", "3 3\n");
    lab_run_free(&run);
}

#define ABOVE "groups: [{id: os}, {id: vm}]\n"

static const struct lab_refusal refusals[] = {
    {ABOVE "members: [{id: a, group: []}]\n",
     "2:26: expected at least one of a member's groups, found an empty list"},
    {ABOVE "members: [{id: a, group: [os, vn]}]\n",
     "2:31: there is no group 'vn'; did you mean 'vm'?"},
    {ABOVE "members: [{id: a, group: [os, none]}]\n",
     "2:31: 'none' is no throttle: leave it out of the list"},
    {ABOVE "members: [{id: a, group: [os, [vm]]}]\n",
     "2:31: expected the id of a group, or a list of them, found a list"},
    {ABOVE "members: [{id: a, group: [os, os, os, os, os, os, os, os, os]}]\n",
     "2:59: a member has at most 8 throttles"},
    {ABOVE "members: [{id: a, group: [os, vm], limits: {iops-total: 1}}]\n",
     "2:44: limits of a member with several throttles: give them to its groups"},
    {ABOVE "members: [{id: a, group: [os, vm]}]\n"
           "events: [{at: 1s, leave: {member: a}}]\n",
     "3:10: leave: 'a' has several throttles; only members with one can leave or join"},
    {ABOVE "members: [{id: a, group: [os, vm]}]\n"
           "events: [{at: 1s, join: {member: a, group: os}}]\n",
     "3:10: join: 'a' has several throttles; only members with one can leave or join"},
    {ABOVE "members: [{id: a, group: [os, vm], attach: filter}]\n"
           "events: [{at: 1s, block_set_io_throttle: {device: a, bps: 0, bps_rd: 0, bps_wr: 0,"
           " iops: 5, iops_rd: 0, iops_wr: 0}}]\n",
     "3:10: block_set_io_throttle: 'a' has several throttles; with 'attach: drive' this would be "
     "about the topmost, but all of them are filters: use qom-set"},
    {ABOVE "members: [{id: a, group: [os, vm]}]\nengine: bucket\n",
     "2:11: engine 'bucket' has no throttles one above the other, as of 'a' ('throttlesim engines' "
     "tells what each can do); with --lenient only the one nearest to the disk is left"},
    {NULL, NULL},
};

static void what_is_not_clear_is_refused(void **state)
{
    (void)state;
    lab_refuse_all(refusals);
}

static void it_is_written_as_it_is_read(void **state)
{
    (void)state;
    static const char text[] =
        ABOVE "members: [{id: a, group: [os, vm, os]}, {id: b, group: vm}]\n";
    char written[1024];
    struct sim_error error;
    struct scenario *first = lab_load("first.yaml", text, &error);
    assert_non_null(first);
    FILE *out = fmemopen(written, sizeof written, "w");
    assert_true(scenario_write(first, out));
    fclose(out);
    assert_non_null(strstr(written, "[\"os\", \"vm\", \"os\"]"));
    struct scenario *second = lab_load("second.yaml", written, &error);
    assert_non_null(second);
    assert_int_equal(second->members[0].upper_count, 2);
    assert_int_equal(scenario_stage_group(&second->members[0], 1), 1);
    assert_int_equal(scenario_stage_group(&second->members[0], 2), 0);
    assert_int_equal(second->members[1].upper_count, 0);
    assert_true(scenario_set(second, "a.group", "vm", &error));
    assert_int_equal(second->members[0].upper_count, 0);
    scenario_free(first);
    scenario_free(second);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_slowest_decides),
    cmocka_unit_test(one_in_a_list_is_one),
    cmocka_unit_test(the_parts_add_up),
    cmocka_unit_test(each_group_has_who_waits_in_it),
    cmocka_unit_test(operations),
    cmocka_unit_test(what_is_not_clear_is_refused),
    cmocka_unit_test(it_is_written_as_it_is_read),
};
TEST_GROUP(throttles, tests, scratch_make, scratch_remove);
