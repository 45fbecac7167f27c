// SPDX-License-Identifier: GPL-2.0-or-later
// What --slo takes: the conditions of compare, of which parts may be left out.
#include "tests/sim/lab.h"

#include "sim/compare/slo.h"
#include "tests/support/test_group.h"

#include <math.h>
#include <string.h>

static void good_ones(void **state)
{
    static const struct {
        const char *text, *name, *direction;
        int metric;
        bool greater;
        double number;
    } rows[] = {
        {"db.read.p99 < 20ms", "db", "read", REPORT_P99, false, 2e7},
        {"wait.p99 < 10ms", NULL, "read+write", REPORT_WAIT_P99, false, 1e7},
        {"wait-p99 < 10ms", NULL, "read+write", REPORT_WAIT_P99, false, 1e7},
        {"p99<=10ms", NULL, "read+write", REPORT_P99, false, 1e7},
        {"read.mean < 1s", NULL, "read", REPORT_MEAN, false, 1e9},
        {"write.wait.max <= 0", NULL, "write", REPORT_WAIT_MAX, false, 0},
        {"db.wait.p50 < 1us", "db", "read+write", REPORT_WAIT_P50, false, 1e3},
        {"a.b>c.iops >= 99.5", "a.b>c", "read+write", REPORT_IOPS, true, 99.5},
        {"wait.read.p99 < 1ms", "wait", "read", REPORT_P99, false, 1e6},
        {"\"total\".p90 < 1ms", "total", "read+write", REPORT_P90, false, 1e6},
        {"total.write.throughput > 10MB", NULL, "write", REPORT_THROUGHPUT, true, 1e7},
        {" db.waiting < 3 ", "db", "read+write", REPORT_WAITING, false, 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct compare_condition found;
        struct sim_error error = {SIM_DONE, ""};
        if (!slo_parse(&found, rows[i].text, &error))
            fail_msg("%s", error.message);
        assert_int_equal(found.name == NULL, rows[i].name == NULL);
        if (rows[i].name != NULL)
            assert_string_equal(found.name, rows[i].name);
        assert_string_equal(found.direction, rows[i].direction);
        assert_int_equal(found.metric, rows[i].metric);
        assert_int_equal(found.greater, rows[i].greater);
        assert_true(fabs(found.value.number - rows[i].number) < 1e-9);
        compare_condition_free(&found);
    }
}

static void bad_ones(void **state)
{
    static const char *const rows[][2] = {
        {"", "expected >, >=, < or <=, such as 'db.read.p99 < 20ms'"},
        {"< 20ms", "unknown metric ''"},
        {"db. < 20ms", "unknown metric ''"},
        {"db.read.p98 < 20ms", "unknown metric 'p98'; did you mean 'p90'?"},
        {"db.read.p99 < +5%", "without a sign"},
        {"db.read.p99 < 20", "did you mean '20s' or '20ms'?"},
        {"db.read.slower < 5", "'slower' is of two runs"},
        {"gold.group.jain > 0.9", "'jain' is of two runs, or of a group"},
        {"db.read.waiting < 1%", "a number such as 300"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct compare_condition found;
        struct sim_error error = {SIM_DONE, ""};
        assert_false(slo_parse(&found, rows[i][0], &error));
        assert_int_equal(error.exit, SIM_USAGE);
        if (strncmp(error.message, "--slo '", 7) != 0 || strstr(error.message, rows[i][1]) == NULL)
            fail_msg("%s", error.message);
        compare_condition_free(&found);
    }
}

static void how_far_off(void **state)
{
    struct compare_condition less, none, more;
    struct sim_error error;
    (void)state;
    assert_true(slo_parse(&less, "p99 < 10ms", &error));
    assert_true(slo_parse(&none, "wait.max <= 0", &error));
    assert_true(slo_parse(&more, "iops > 100", &error));
    assert_true(slo_holds(&less, 9e6) && !slo_holds(&less, 1e7) && !slo_holds(&less, NAN));
    assert_true(slo_holds(&none, 0) && !slo_holds(&none, 1));
    assert_true(fabs(slo_excess(&less, 15e6) - 0.5) < 1e-9);
    assert_true(fabs(slo_excess(&none, 2e6) - 2) < 1e-9);
    assert_true(fabs(slo_excess(&more, 75) - 0.25) < 1e-9);
    assert_true(isinf(slo_excess(&more, NAN)) && isinf(slo_excess(&less, INFINITY)));
    struct compare_condition worst, member;
    assert_true(slo_parse(&worst, "worst.read.p99 < 10ms", &error));
    assert_true(slo_parse(&member, "\"worst\".read.p99 < 10ms", &error));
    struct report_figure figure = slo_figure(&worst);
    assert_true(figure.is_worst && figure.member == NULL);
    figure = slo_figure(&member);
    assert_true(!figure.is_worst && strcmp(figure.member, "worst") == 0);
    compare_condition_free(&worst);
    compare_condition_free(&member);
    compare_condition_free(&less);
    compare_condition_free(&none);
    compare_condition_free(&more);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(good_ones),
    cmocka_unit_test(bad_ones),
    cmocka_unit_test(how_far_off),
};
TEST_GROUP(slo, tests, NULL, NULL);
