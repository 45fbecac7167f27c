// SPDX-License-Identifier: GPL-2.0-or-later
// What --vary understands.
#include "sim/points/vary.h"
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <string.h>

static void values_and_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *text, *values;
    } rows[] = {
        {"g.iops-total=100", "100"},
        {"g.iops-total=100:400:100", "100 200 300 400"},
        {"g.iops-total=100:399:100", "100 200 300"},
        {"g.iops-total=7:7:1", "7"},
        {"g.iops-total=100:1000:x2,5000", "100 200 400 800 5000"},
        {"g.iops-total=1:4:x1.25", "1 2 3 4"}, // 1.25, 1.56, 1.95, 2.44, 3.05, 3.81
        {"g.bps-total=1MB:3MB:1MB", "1000000 2000000 3000000"},
        {"g.bps-total=1KiB:2KiB:512", "1024 1536 2048"},
        {"end=500ms:1500ms:500ms", "500ms 1s 1500ms"},
        {"device=null,fixed:200us,from:x", "null fixed:200us from:x"},
        {"a.b.c=9223372036854775806:9223372036854775807:1",
         "9223372036854775806 9223372036854775807"},
        {"g.iops-total=4611686018427387904:9223372036854775807:x2", "4611686018427387904"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vary vary;
        struct sim_error error;
        char found[256] = "";
        if (!vary_parse(&vary, rows[i].text, &error))
            fail_msg("%s", error.message);
        for (size_t j = 0; j < vary.count; j++)
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s", j > 0 ? " " : "",
                     vary.values[j]);
        assert_string_equal(found, rows[i].values);
        vary_free(&vary);
    }
}

static void what_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",       "g.iops",    "=1",        "a=",        "a=1,",     "a=,1",          "a=1:2",
        "a=1:2:", "a=1:2:0",   "a=2:1:1",   "a=1:2:-1",  "a=1:2:x1", "a=1:2:x",       "a=0:8:x2",
        "a=1,1",  "a=1:3:1,2", "a=1:2:3:4", "a=1ms:2:1", "a=1:2:1s", "a=0:9999999:1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct vary vary;
        struct sim_error error;
        if (vary_parse(&vary, texts[i], &error))
            fail_msg("accepted: %s", texts[i]);
        assert_int_equal(error.exit, SIM_USAGE);
        vary_free(&vary);
    }
}

// The last setting changes first.
static void points_are_numbered(void **state)
{
    (void)state;
    struct vary varies[2];
    struct sim_error error;
    struct scenario_value values[2];
    char found[128] = "";
    assert_true(vary_parse(&varies[0], "a=1,2", &error));
    assert_true(vary_parse(&varies[1], "b=x,y,z", &error));
    assert_int_equal(vary_points(varies, 2), 6);
    assert_int_equal(vary_stride(varies, 2, 0), 3);
    assert_int_equal(vary_stride(varies, 2, 1), 1);
    for (uint64_t i = 0; i < 6; i++) {
        vary_point(varies, 2, i, values);
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s ", values[0].text,
                 values[1].text);
    }
    assert_string_equal(found, "1x 1y 1z 2x 2y 2z ");
    vary_free(&varies[0]);
    vary_free(&varies[1]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(values_and_ranges),
    cmocka_unit_test(what_is_none),
    cmocka_unit_test(points_are_numbered),
};

TEST_GROUP(vary, tests, NULL, NULL);
