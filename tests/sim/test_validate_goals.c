// SPDX-License-Identifier: GPL-2.0-or-later
// Recordings that were made under a real QEMU's limits, predicted from their own arrivals. The
// bounds are the project's goals.
#include "sim/validate/validate.h"
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <math.h>
#include <string.h>

static const volatile sig_atomic_t never_stop = 0;

struct goal {
    const char *scenario;
    bool is_dependent;
    double wait, w1;           // of each disk, at most: total wait off, W1/mean, as shares
    double median_ns, mean_ns; // errors of requests: of all, and of the worst disk
    int near;                  // percentiles within 2 % or 2 ms, of 12, at least,
    double share, ns;          // the others within this share or time
};

// Of throttled-iops and a recording that does not ship, 22 of 24 percentiles are to be near: here
// 10 of 12 are, whatever the jitter and the order of joining. The others are where it is steep.
static const struct goal goals[] = {
    {"closed-a/w1.yaml", false, 0.03, 0.03, 0.6e6, 6e6, 9, 0.15, 5e6},
    {"closed-a/w2.yaml", true, 0.02, 0.03, 15e6, 30e6, 6, 0.05, 5e6},
    {"closed-a/w3.yaml", false, 0.02, 0.03, 0.6e6, 6e6, 11, 0.07, 5e6},
    {"closed-a/w4.yaml", false, 0.01, 0.03, 0.6e6, 6e6, 11, 0.07, 5e6},
    {"closed-a/w4.yaml", true, 0.01, 0.03, 0.6e6, 6e6, 11, 0.07, 5e6},
    {"throttled-iops.yaml", false, 0.01, 0.03, 0.6e6, 6e6, 10, 0.07, 5e6},
};

static int count_near(const struct goal *goal, const struct validation_member *member)
{
    int near = 0;
    for (int i = VALIDATION_P50; i <= VALIDATION_P99; i++) {
        const struct report_change *value = &member->figures[i].value;
        double apart = fabs(report_change_absolute(value)), share = apart / value->a;
        near += apart <= 2e6 || share <= 0.02;
        if (apart > goal->ns && share > goal->share)
            fail_msg("%s: p%s of %s is %g ms, predicted %g ms", goal->scenario,
                     validation_figures[i].name, member->name, value->a / 1e6, value->b / 1e6);
    }
    return near;
}

static void at_most(const struct goal *goal, const char *member, const char *what, double found,
                    double most)
{
    if (!(found <= most))
        fail_msg("%s: %s of %s is %g, more than %g", goal->scenario, what, member, found, most);
}

static void check(const struct goal *goal)
{
    struct report_validation found = {.name = NULL};
    const struct validate_options options = {
        .is_dependent = goal->is_dependent,
        .fits = VALIDATE_DEVICE | VALIDATE_LEVELS,
        .jobs = 1,
        .watch.stop = &never_stop,
    };
    struct sim_error error;
    char path[500];
    int near = 0;
    snprintf(path, sizeof path, TEST_TRACES_DIR "/recorded/%s", goal->scenario);
    struct scenario *scenario = scenario_load(path, &error);
    if (scenario == NULL || !validate(&found, scenario, &options, &error))
        fail_msg("%s", error.message);
    assert_int_equal(found.member_count, 4);
    for (size_t m = 0; m < found.member_count; m++) {
        const struct validation_member *member = &found.members[m];
        const struct validation_figure_value *figures = member->figures;
        at_most(goal, member->name, "total wait",
                fabs(report_change_relative(&figures[VALIDATION_WAIT].value)), goal->wait);
        at_most(goal, member->name, "W1/mean", figures[VALIDATION_W1].value.b, goal->w1);
        at_most(goal, member->name, "mean error", figures[VALIDATION_MEAN_ERROR].value.b,
                goal->mean_ns);
        near += count_near(goal, member);
    }
    const struct validation_figure_value *total = found.members[found.member_count].figures;
    at_most(goal, "total", "median error", total[VALIDATION_MEDIAN_ERROR].value.b, goal->median_ns);
    at_most(goal, "total", "percentiles that are far", 12 - near, 12 - goal->near);
    assert_true(validation_holds(&found));
    report_validation_free(&found);
    scenario_free(scenario);
}

static void goals_are_reached(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof goals / sizeof goals[0]; i++)
        check(&goals[i]);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(goals_are_reached)};
TEST_GROUP(validate_goals, tests, NULL, NULL);
