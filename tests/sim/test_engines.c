// SPDX-License-Identifier: GPL-2.0-or-later
// Scenarios and engines: what an engine cannot do is an error, or left out with a notice.
#include "lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sim_error error;

static const struct lab_refusal rows[] = {
    {"engine: bukcet\n"
     "members: [{id: a}]\n",
     "1:9: unknown engine 'bukcet'; did you mean 'bucket'?"},
    {"engine: slice-2011\n"
     "members: [{id: a, limits: {iops-total: 100, iops-total-max: 500}}]\n",
     "2:45: engine 'slice-2011' has no limit 'iops-total-max' ('throttlesim engines' tells what "
     "each can do); with --lenient it is left out"},
    {"engine: bucket\n"
     "members: [{id: a, limits: {throttling.bps-read: 100, x-bps-read-max-length: 5}}]\n",
     "2:54: engine 'bucket' has no limit 'x-bps-read-max-length' ('throttlesim engines' tells what "
     "each can do); with --lenient it is left out"},
    {"engine: slice\n"
     "members: [{id: a, limits: {iops-totl: 100}}]\n",
     "2:28: unknown limit 'iops-totl'; did you mean 'iops-total'?"},
    {"engine: slice\n"
     "groups: [{id: gold, limits: {iops-total: 100}}]\n"
     "members: [{id: a, group: gold}, {id: b},\n"
     "          {id: c, group: gold}]\n",
     "4:11: engine 'slice' has no groups: 'a' and 'c' cannot share 'gold' ('throttlesim engines' "
     "tells what each can do); with --lenient each member of it has these limits for itself"},
    {"engine: slice-2011\n"
     "members: [{id: a, limits: {iops-total: 100}}]\n"
     "events:\n"
     "  - {at: 1s, qom-set: {group: a, limits: {iops-total: 7}}}\n",
     "4:5: qom-set a: engine 'slice-2011' cannot do that ('throttlesim engines' tells what each "
     "can "
     "do); with --lenient it is left out"},
    {"engine: bucket\n"
     "members: [{id: a, limits: {iops-total: 100}}]\n"
     "events:\n"
     "  - {at: 1s, drained_begin: {member: a}}\n",
     "4:5: drained_begin a: engine 'bucket' cannot do that ('throttlesim engines' tells what each "
     "can do); with --lenient it is left out"},
    {"engine: bucket\n"
     "members: [{id: a, limits: {iops-total: 100, iops-read: 5}}]\n",
     "2:40: iops-total (100) cannot be set together with iops-read (5)"},
    {"groups: [{id: a}]\n"
     "members: [{id: a, limits: {iops-total: 3}}]\n",
     "2:11: there is a group 'a' already, in line 1"},
    {"members: [{id: a, limits: {iops-total-max: 3}}]\n",
     "1:44: iops-total-max (3) needs iops-total"},
    {NULL, NULL},
};

static void what_an_engine_cannot_do_is_refused(void **state)
{
    (void)state;
    lab_refuse_all(rows);
}

static struct scenario *load_leniently(const char *engine, const char *text)
{
    struct scenario_settings settings = {.algorithm = engine_find(engine), .lenient = true};
    scratch_text("lenient.yaml", text);
    struct scenario *scenario = scenario_load_as(scratch_path("lenient.yaml"), &settings, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    return scenario;
}

static void assert_member(const struct scenario *scenario, size_t index, const char *group,
                          int64_t iops)
{
    const struct scenario_member *member = &scenario->members[index];
    const struct scenario_group *own = &scenario->groups[member->group];
    int row = engine_parameter_find(scenario->algorithm, "iops-total");
    assert_string_equal(own->name, group);
    assert_int_equal(own->limits.value[row], iops);
}

static void members_of_a_group_get_groups_of_their_own(void **state)
{
    (void)state;
    struct scenario *scenario = load_leniently(
        "bucket", "groups:\n"
                  "  - {id: gold, limits: {iops-total: 100, iops-total-max-length: 5}}\n"
                  "  - {id: gold/b, limits: {iops-total: 9}}\n"
                  "members: [{id: a, group: gold}, {id: b, group: gold}, {id: c, group: gold/b},\n"
                  "          {id: d}, {id: e, limits: {iops-total: 7}}]\n"
                  "events:\n"
                  "  - {at: 1s, qom-set: {group: gold, limits: {iops-total: 50}}}\n"
                  "  - {at: 2s, leave: {member: a}}\n"
                  "  - {at: 3s, join: {member: d, group: gold}}\n"
                  "  - {at: 4s, block_set_io_throttle: {device: b, group: gold, bps: 0, bps_rd: 0,"
                  " bps_wr: 0, iops: 3, iops_rd: 0, iops_wr: 0}}\n"
                  "  - {at: 5s, qom-set: {group: gold/b, limits: {iops-total: 8}}}\n");
    assert_member(scenario, 0, "gold/a", 100);
    assert_member(scenario, 1, "gold/b-2", 100);
    assert_member(scenario, 2, "gold/b", 9);
    assert_int_equal(scenario->members[3].group, SCENARIO_NONE);
    assert_member(scenario, 4, "e", 7);
    assert_int_equal(scenario->group_count, 4);
    assert_int_equal(scenario->event_count, 4);
    static const char *const groups[] = {"gold/a", "gold/b-2", NULL, "gold/b"};
    static const int64_t times_s[] = {1, 1, 4, 5};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(scenario->events[i].at_ns, times_s[i] * SECOND);
        if (groups[i] == NULL)
            assert_null(scenario->events[i].group);
        else
            assert_string_equal(scenario->events[i].group, groups[i]);
    }
    static const char *const notices[] = {
        "line 2: engine 'bucket' has no limit 'iops-total-max-length'; it is left out",
        ("line 4: engine 'bucket' has no groups: 'a' and 'b' cannot share 'gold'; each member of "
         "it "
         "has these limits for itself"),
        "line 9: join of 'd': engine 'bucket' has no groups; it is left out",
        "line 8: leave a: engine 'bucket' cannot do that; it is left out",
    };
    assert_int_equal(scenario->notice_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(scenario->notices[i], notices[i]);
    scenario_free(scenario);
}

#define NO_LIMIT_BUT " bps: 0, bps_rd: 0, bps_wr: 0, iops_rd: 0, iops_wr: 0, iops: "

// What would work if nothing had been left out is left out as well: a group that was not made, a
// limit that excludes one which was not removed.
static void events_that_need_what_is_left_out_are_left_out(void **state)
{
    (void)state;
    static const char text[] =
        "groups: [{id: gold, limits: {iops-total: 100}}]\n"
        "members: [{id: a, group: gold}, {id: b}]\n"
        "events:\n"
        "  - {at: 1s, block_set_io_throttle: {device: a, group: new," NO_LIMIT_BUT "3}}\n"
        "  - {at: 2s, qom-set: {group: new, limits: {iops-total: 4}}}\n"
        "  - {at: 3s, join: {member: b, group: new}}\n"
        "  - {at: 4s, qom-set: {group: gold, limits: {iops-total: 5}}}\n";
    static const char *const notices[] = {
        "line 4: block_set_io_throttle a new: engine 'bucket' cannot do that; it is left out",
        "line 5: qom-set new: there is no group 'new' then; it is left out",
        "line 6: join b new: there is no group 'new' then; it is left out",
    };
    struct scenario *scenario = load_leniently("bucket", text);
    assert_int_equal(scenario->event_count, 1);
    assert_int_equal(scenario->events[0].at_ns, 4 * SECOND);
    assert_int_equal(scenario->notice_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(scenario->notices[i], notices[i]);
    scenario_free(scenario);

    scenario = load_leniently(
        "bucket",
        "groups: [{id: gold, limits: {iops-total: 100}}]\n"
        "members: [{id: a, group: gold}, {id: b}]\n"
        "events:\n"
        "  - {at: 1s, block_set_io_throttle: {device: b, group: gold," NO_LIMIT_BUT "0,\n"
        "                                     bps_max: 0}}\n"
        "  - {at: 1s, block_set_io_throttle: {device: b, group: gold, bps: 9, bps_rd: 0,\n"
        "             bps_wr: 0, iops: 0, iops_rd: 0, iops_wr: 0}}\n"
        "  - {at: 2s, qom-set: {group: gold, limits: {iops-read: 4}}}\n");
    assert_int_equal(scenario->event_count, 1);
    assert_int_equal(scenario->notice_count, 2);
    assert_string_equal(scenario->notices[1],
                        "line 8: qom-set gold: iops-total cannot be set together with "
                        "iops-read (4); it is left out");
    scenario_free(scenario);
}

// A mistake stays one.
static void an_event_that_never_worked_is_refused_leniently_too(void **state)
{
    (void)state;
    struct scenario_settings settings = {.algorithm = engine_find("bucket"), .lenient = true};
    scratch_text("typo.yaml", "members: [{id: a, limits: {iops-total: 100}}]\n"
                              "events: [{at: 2s, qom-set: {group: b, limits: {}}}]\n");
    assert_null(scenario_load_as(scratch_path("typo.yaml"), &settings, &error));
    assert_non_null(strstr(error.message, "typo.yaml:2:10: qom-set b: there is no group 'b' then"));
}

// A member more makes an event more of each that sets the group.
static void a_small_file_does_not_become_a_huge_scenario(void **state)
{
    (void)state;
    struct scenario_settings settings = {.algorithm = engine_find("bucket"), .lenient = true};
    for (int members = 401; members <= 402; members++) {
        char *text = NULL;
        size_t length;
        FILE *file = open_memstream(&text, &length);
        assert_non_null(file);
        fputs("groups: [{id: gold, limits: {iops-total: 9}}]\nmembers:\n", file);
        for (int i = 0; i < members; i++)
            fprintf(file, "  - {id: m%d, group: gold}\n", i);
        fputs("events:\n", file);
        for (int i = 0; i < 250; i++)
            fputs("  - {at: 1s, qom-set: {group: gold, limits: {iops-total: 7}}}\n", file);
        assert_int_equal(fclose(file), 0);
        scratch_text("many.yaml", text);
        free(text);
        struct scenario *scenario = scenario_load_as(scratch_path("many.yaml"), &settings, &error);
        if (members == 401) {
            assert_non_null(scenario);
            assert_int_equal(scenario->event_count, 401 * 250);
            assert_string_equal(scenario->events[401].group, "gold/m0");
        } else {
            assert_null(scenario);
            assert_non_null(strstr(error.message, "many.yaml:655:5: engine 'bucket' has no groups: "
                                                  "with a qom-set for each member of its group "
                                                  "there are more than 100000 new events"));
        }
        scenario_free(scenario);
    }
}

// The settings' engine is the one that counts, whatever the file says.
static void the_command_line_chooses_the_engine(void **state)
{
    (void)state;
    struct scenario *scenario =
        load_leniently("slice", "engine: bucket\nmembers: [{id: a, limits: {iops-total: 3}}]\n");
    assert_string_equal(scenario->algorithm->name, "slice");
    assert_int_equal(scenario->notice_count, 0);
    scenario_free(scenario);
}

static void a_leniently_made_source_means_the_same(void **state)
{
    (void)state;
    char *traces[] = {"/data/vdc.csv", "/data/v \"d.csv"};
    struct scenario_quick request = {
        .settings = {.algorithm = engine_find("slice"), .lenient = true},
        .limits = "iops-total=300,iops-total-max=900",
        .traces = traces,
        .trace_count = 2,
    };
    struct scenario *quick = scenario_quick(&request, &error);
    assert_non_null(quick);
    assert_int_equal(quick->notice_count, 2);
    assert_true(scenario_write_source(quick, &error));
    struct scenario *again = lab_load("again.yaml", quick->source, &error);
    if (again == NULL)
        fail_msg("%s\n%s", error.message, quick->source);
    assert_ptr_equal(again->algorithm, quick->algorithm);
    for (size_t i = 0; i < 2; i++) {
        const char *group = quick->groups[quick->members[i].group].name;
        assert_member(again, i, group, 300);
    }
    request.settings.lenient = false;
    assert_null(scenario_quick(&request, &error));
    assert_int_equal(error.exit, SIM_USAGE);
    assert_string_equal(error.message, "command line: --limits: engine 'slice' has no limit "
                                       "'iops-total-max' ('throttlesim engines' tells what each "
                                       "can do); with --lenient it is left out");
    scenario_free(quick);
    scenario_free(again);
}

static void limits_without_a_group_make_one(void **state)
{
    (void)state;
    struct lab_run run = lab_run_complete("members:\n"
                                          "  - {id: a, limits: {iops-total: 10}, trace: {csv: "
                                          "\"time_ns,op,offset,bytes\\n0,read,0,1\\n0,read,0,1\\n"
                                          "0,read,0,1\\n\"}}\n"
                                          "  - {id: b}\n");
    lab_expect_rows(&run, "SELECT name FROM throttle_group", "a\n");
    lab_expect_log(&run, "0 a 0 0 0\n1 a 0 0 0\n2 a 0 100000000 100000000\n");
    lab_run_free(&run);
}

// slice-2011 sets its timer to a second later for ever, and what exceeds a tenth of a second of
// its limit never leaves: such runs end all the same.
static void an_engine_that_never_rests_ends(void **state)
{
    (void)state;
    struct lab_run run = lab_run_complete("engine: slice-2011\n"
                                          "members:\n"
                                          "  - {id: a, limits: {iops-total: 10}, trace: {csv: "
                                          "\"time_ns,op,offset,bytes\\n0,read,0,1\\n"
                                          "3500000000,read,0,1\\n\"}}\n");
    lab_expect_log(&run, "0 a 0 0 0\n1 a 3500000000 3500000000 3500000000\n");
    assert_int_equal(lab_integer(&run, "SELECT end_ns FROM run"), 3500 * MS);
    lab_run_free(&run);
    run = lab_run_complete("engine: slice-2011\n"
                           "members:\n"
                           "  - {id: a, limits: {iops-total: 9}, trace: {csv: "
                           "\"time_ns,op,offset,bytes\\n0,read,0,1\\n0,read,0,1\\n\"}}\n");
    lab_expect_log(&run, "0 a 0 - -\n1 a 0 - -\n");
    lab_expect_rows(&run, "SELECT kind, count, text FROM notice",
                    "never-leaves 2 2 requests never leave the throttle\n");
    lab_run_free(&run);
}

// A terabyte at a byte per second takes longer than the clock can tell. What waits at an end that
// comes before other things may yet have left.
static void requests_that_wait_for_ever_are_told(void **state)
{
    (void)state;
    static const char *const engines[] = {"throttle-group", "bucket", "slice"};
    static const char *const ends[] = {"", "end: 1s\n"};
    for (size_t i = 0; i < 6; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "engine: %s\n%s"
                 "members:\n"
                 "  - {id: a, limits: {bps-total: 1}, trace: {csv: \"time_ns,op,offset,bytes\\n"
                 "0,read,0,1099511627776\\n9,read,0,1099511627776\\n2000000000,read,0,1\\n\"}}\n",
                 engines[i % 3], ends[i / 3]);
        struct lab_run run = lab_run_complete(text);
        const char *told = i % 3 == 2 ? "never-leaves 3 3 requests never leave the throttle\n"
                                      : "never-leaves 2 2 requests never leave the throttle\n";
        lab_expect_rows(&run, "SELECT kind, count, text FROM notice", i < 3 ? told : "");
        lab_run_free(&run);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_an_engine_cannot_do_is_refused),
    cmocka_unit_test(members_of_a_group_get_groups_of_their_own),
    cmocka_unit_test(events_that_need_what_is_left_out_are_left_out),
    cmocka_unit_test(an_event_that_never_worked_is_refused_leniently_too),
    cmocka_unit_test(a_small_file_does_not_become_a_huge_scenario),
    cmocka_unit_test(the_command_line_chooses_the_engine),
    cmocka_unit_test(a_leniently_made_source_means_the_same),
    cmocka_unit_test(limits_without_a_group_make_one),
    cmocka_unit_test(an_engine_that_never_rests_ends),
    cmocka_unit_test(requests_that_wait_for_ever_are_told),
};
TEST_GROUP(engines, tests, scratch_make, scratch_remove);
