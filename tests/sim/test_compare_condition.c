// SPDX-License-Identifier: GPL-2.0-or-later
// What --fail-if takes, and what it answers to the rest.
#include "tests/sim/lab.h"

#include "sim/compare/condition.h"
#include "tests/support/test_group.h"

#include <string.h>

static void good_conditions(void **state)
{
    static const struct {
        const char *text, *name, *direction;
        int metric;
        bool greater, or_equal;
        enum compare_measure measure;
        double number;
    } rows[] = {
        {"db.read.p99 > +5%", "db", "read", REPORT_P99, true, false, COMPARE_RELATIVE, 0.05},
        {"db.read.p99>=-5.5%", "db", "read", REPORT_P99, true, true, COMPARE_RELATIVE, -0.055},
        {" a.b.c.write.wait-p50 <= +2ms ", "a.b.c", "write", REPORT_WAIT_P50, false, true,
         COMPARE_ABSOLUTE, 2e6},
        {"db.flush.max < 1.5s", "db", "flush", REPORT_MAX, false, false, COMPARE_IN_B, 1.5e9},
        {"a>b <c.discard.mean > -7ns", "a>b <c", "discard", REPORT_MEAN, true, false,
         COMPARE_ABSOLUTE, -7},
        {"total.read+write.slower > 1%", NULL, "read+write", REPORT_SLOWER, true, false,
         COMPARE_SHARE, 0.01},
        {"\"total\".read.faster > 10", "total", "read", REPORT_FASTER, true, false, COMPARE_IN_B,
         10},
        {"db.read.wait-share > 20%", "db", "read", REPORT_WAIT_SHARE, true, false, COMPARE_IN_B,
         0.2},
        {"db.read.wait-share > +0.1", "db", "read", REPORT_WAIT_SHARE, true, false,
         COMPARE_ABSOLUTE, 0.1},
        {"db.read.throughput < -1MB", "db", "read", REPORT_THROUGHPUT, false, false,
         COMPARE_ABSOLUTE, -1e6},
        {"db.read.iops < 99.5", "db", "read", REPORT_IOPS, false, false, COMPARE_IN_B, 99.5},
        {"db.read.waiting > 0", "db", "read", REPORT_WAITING, true, false, COMPARE_IN_B, 0},
        {"db.read.slower-max > 3us", "db", "read", REPORT_SLOWER_MAX, true, false, COMPARE_IN_B,
         3000},
        {"gold.group.jain < -0.05", "gold", NULL, REPORT_JAIN, false, false, COMPARE_ABSOLUTE,
         -0.05},
        {"total.group.difference > +10%", "total", NULL, REPORT_DIFFERENCE, true, false,
         COMPARE_RELATIVE, 0.1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct compare_condition found;
        struct sim_error error = {SIM_DONE, ""};
        if (!compare_condition_parse(&found, rows[i].text, &error))
            fail_msg("%s", error.message);
        assert_int_equal(found.name == NULL, rows[i].name == NULL);
        if (rows[i].name != NULL)
            assert_string_equal(found.name, rows[i].name);
        assert_int_equal(found.direction == NULL, rows[i].direction == NULL);
        if (rows[i].direction != NULL)
            assert_string_equal(found.direction, rows[i].direction);
        assert_int_equal(found.metric, rows[i].metric);
        assert_int_equal(found.greater, rows[i].greater);
        assert_int_equal(found.or_equal, rows[i].or_equal);
        assert_int_equal(found.value.measure, rows[i].measure);
        assert_true(found.value.number >= rows[i].number && found.value.number <= rows[i].number);
        compare_condition_free(&found);
    }
}

static void bad_conditions(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "expected >, >=, < or <="},
        {"db.read.p99 = 5", "expected >, >=, < or <="},
        {"p99 > 5", "expected MEMBER.DIRECTION.METRIC"},
        {"read.p99 > 5", "expected MEMBER.DIRECTION.METRIC"},
        {".read.p99 > 5", "expected MEMBER.DIRECTION.METRIC"},
        {"> 5", "expected MEMBER.DIRECTION.METRIC"},
        {"db.raed.p99 > 5", "unknown direction 'raed'; did you mean 'read'?"},
        {"db.read.p95 > 5", "unknown metric 'p95'; did you mean 'p"},
        {"db.read.slwoer > 5", "unknown metric 'slwoer'; did you mean 'slower'?"},
        {"gold.gruop.jain > 5", "unknown direction 'gruop'; did you mean 'group'?"},
        {"gold.group.jian > 5", "unknown metric 'jian'; did you mean 'jain'?"},
        {"gold.group.p99 > 5", "unknown metric 'p99'"},
        {"db.read.p99 >", "expected +5% or +2ms"},
        {"db.read.p99 > 5%", "expected +5% or +2ms"},
        {"db.read.p99 > +%", "expected +5% or +2ms"},
        {"db.read.p99 > +-5%", "expected +5% or +2ms"},
        {"db.read.p99 > +-5ms", "expected +5% or +2ms"},
        {"db.read.p99 > +5.5.5%", "expected +5% or +2ms"},
        {"db.read.p99 > +nan%", "expected +5% or +2ms"},
        {"db.read.p99 > 5 parsecs", "expected +5% or +2ms"},
        {"db.read.p99 => 5", "unknown metric 'p99 ='"},
        {"db.read.iops > 5%", "expected -5% or -20"},
        {"db.read.iops > .", "expected -5% or -20"},
        {"db.read.iops > 0x10", "expected -5% or -20"},
        {"db.read.slower > +5", "without a sign"},
        {"db.read.slower-max > 5%", "a time such as 20ms"},
        {"gold.group.difference > 5%", "expected"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct compare_condition found;
        struct sim_error error = {SIM_DONE, ""};
        assert_false(compare_condition_parse(&found, rows[i].text, &error));
        assert_int_equal(error.exit, SIM_USAGE);
        if (strstr(error.message, rows[i].message) == NULL)
            fail_msg("'%s', expected '%s'", error.message, rows[i].message);
        compare_condition_free(&found);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(good_conditions),
    cmocka_unit_test(bad_conditions),
};
TEST_GROUP(compare_condition, tests, NULL, NULL);
