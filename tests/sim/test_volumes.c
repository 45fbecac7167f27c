// SPDX-License-Identifier: GPL-2.0-or-later
// Each volume of the scenario's traces is a member.
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

static void members_from_the_trace(void **state)
{
    (void)state;
    scratch_text("all.csv", HEADER "0,read,1,512,y,\n0,read,2,512,x,\n1,write,3,512,y,\n"
                                   "5,read,4,512,late,\n6,write,5,512,w,\n");
    struct lab_run run = lab_run_complete(
        "groups: [{id: gold, limits: {iops-total: 1000}}]\n"
        "members: {from: trace, group: gold, attach: drive, prefix: 'v-'}\ntrace: all.csv\n");
    lab_expect_rows(&run, "SELECT name, attach FROM member ORDER BY member_id",
                    "v-y drive\nv-x drive\nv-late drive\nv-w drive\n");
    lab_expect_rows(&run, ARRIVALS, "v-y 1 0\nv-x 2 0\nv-y 3 1\nv-late 4 5\nv-w 5 6\n");
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(run.scenario->members[i].group, 0);
    lab_run_free(&run);
    // Only of what takes part.
    expect_arrivals("members: {from: trace}\n"
                    "trace: {path: all.csv, ops: read, duration: 6ns, device: [y, late, w]}\n",
                    "y 1 0\nlate 4 5\n");
    // Limits without a group: each has a group of its own.
    run = lab_run_complete("members: {from: trace, limits: {iops-total: 7}}\n"
                           "events: [{at: 0, qom-set: {group: late, limits: {iops-total: 9}}}]\n"
                           "trace: all.csv\n");
    lab_expect_rows(&run, "SELECT count(*) FROM member", "4\n");
    assert_int_equal(run.scenario->group_count, 4);
    lab_run_free(&run);
}

// Equal names are the same volume; one without a name is called as its file; times interleave.
static void members_from_several_traces(void **state)
{
    (void)state;
    scratch_text("one.csv", HEADER "5,read,1,512,a,\n9,read,2,512,b,\n");
    scratch_text("two.x.csv", "time_ns,op,offset,bytes\n7,read,3,512\n");
    scratch_text("three.csv", HEADER "1,read,4,512,b,\n9,read,5,512,a,\n");
    expect_arrivals("members: {from: trace}\n"
                    "trace: [one.csv, two.x.csv, {path: three.csv, speed: 1/2}]\n",
                    "b 4 2\na 1 5\ntwo 3 7\nb 2 9\na 5 18\n");
    expect_arrivals("members: [{id: two}, {id: other, volume: b}]\ntrace: [one.csv, three.csv]\n",
                    "other 4 1\nother 2 9\n");
    struct sim_error error;
    assert_null(lab_load("run.yaml",
                         "members: {from: trace}\n"
                         "trace: {csv: \"time_ns,op,offset,bytes\\n7,read,3,512\\n\"}\n",
                         &error));
    lab_expect_message(&error, SIM_BAD_INPUT,
                       "DIR/run.yaml:2:14 (csv): nothing in it names volumes, as the column "
                       "'member' of a CSV does; list the members themselves");
}

static void each_volume_source_means_the_same(void **state)
{
    (void)state;
    struct sim_error error;
    scratch_text("one.csv", HEADER "0,read,0,512,b,\n5,read,0,512,a,\n");
    scratch_text("two.b.csv", "time_ns,op,offset,bytes\n1,read,0,512\n");
    scratch_text("three.csv", HEADER "2,read,0,512,c,\n3,read,0,512,b,\n");
    char one[300], two[300], three[300];
    snprintf(one, sizeof one, "%s", scratch_path("one.csv"));
    snprintf(two, sizeof two, "%s", scratch_path("two.b.csv"));
    snprintf(three, sizeof three, "%s", scratch_path("three.csv"));
    char *traces[] = {one, two, three};
    struct scenario_quick request = {
        .limits = "iops-total=300",
        .each_volume = true,
        .options = &(struct scenario_option){"attach", "drive"},
        .option_count = 1,
        .traces = traces,
        .trace_count = 3,
    };
    struct scenario *quick = scenario_quick(&request, &error);
    if (quick == NULL)
        fail_msg("%s", error.message);
    static const char *const names[] = {"b", "two", "c", "a"}; // as they come up
    assert_int_equal(quick->member_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(quick->members[i].name, names[i]);
        assert_string_equal(quick->members[i].volume, names[i]);
        assert_int_equal(quick->members[i].attach, ENGINE_DRIVE);
    }
    assert_true(scenario_write_source(quick, &error));
    struct scenario *again = lab_load("again.yaml", quick->source, &error);
    if (again == NULL)
        fail_msg("%s", error.message);
    assert_int_equal(again->member_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(again->members[i].name, names[i]);
        assert_int_equal(again->members[i].attach, ENGINE_DRIVE);
        assert_int_equal(again->members[i].group, 0);
    }
    assert_int_equal(again->trace_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(again->traces[i].path, traces[i]);
    scenario_free(quick);
    scenario_free(again);
    traces[1] = (char[]){"-"};
    assert_null(scenario_quick(&request, &error));
    lab_expect_message(&error, SIM_USAGE,
                       "--each-volume reads the traces before the run, to know their volumes; "
                       "standard input (-) can be read once only: save it in a file");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(members_from_the_trace),
    cmocka_unit_test(members_from_several_traces),
    cmocka_unit_test(each_volume_source_means_the_same),
};
TEST_GROUP(volumes, tests, scratch_make, scratch_remove);
