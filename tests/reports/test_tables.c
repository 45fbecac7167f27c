// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/database_internal.h"
#include "reports/grid.h"
#include "reports/label.h"
#include "reports/tables.h"
#include "tests/reports/json_path.h"
#include "tests/reports/stored_run_lab.h"
#include "tests/support/test_group.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What report_print writes; to be freed.
static char *printed(int64_t run_id, enum report_format format)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    const struct report_style style = {.out = out, .format = format, .width = REPORT_WIDTH};
    if (!report_print(database, run_id, &style, &error))
        fail_msg("%s", error.message);
    fclose(out);
    report_database_close(database);
    return text;
}

static void test_text_is_golden(void **state)
{
    char *text = printed(STORED_SMALL, REPORT_TEXT), golden[8192];
    FILE *file = fopen(TEST_SOURCE_DIR "/reports/golden_tables.txt", "r");
    (void)state;
    assert_non_null(file);
    golden[fread(golden, 1, sizeof golden - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, golden);
    free(text);
}

static void test_json_has_everything(void **state)
{
    char *json = printed(STORED_SMALL, REPORT_JSON);
    static const char *const expected[][2] = {
        {"$.run.run_id", "1"},
        {"$.run.status", "complete"},
        {"$.run.error", NULL},
        {"$.run.digest", "00c0ffee00c0ffee"},
        {"$.run.end_ns", "10500000000"},
        {"$.run.waiting", "5"},
        {"$.run.at_device", "1"},
        {"$.notices[0].kind", "cpu-missing"},
        {"$.total.read.requests", "90"},
        {"$.total.read.queue_max", NULL},
        {"$.total.\"read+write\".latency.total.count", "124"}, // 94 and 30
        {"$.total.\"read+write\".latency.total.mean_ns", "38887494.9451613"},
        // Of 40 at 0, 30 at 200000 to 230000, ... the 62nd; the middle of the middle's bucket.
        {"$.total.\"read+write\".latency.total.p50_ns", "214527"},
        {"$.total.\"read+write\".latency.total.p90_ns", "450600000"}, // no member's is more
        {"$.total.\"read+write\".latency.total.max_ns", "1250500000"},
        {"$.notices[0].count", "1"},
        {"$.groups[0].name", "gold"},
        {"$.groups[0].limits.iops-total", "10"},
        {"$.groups[0].limits.iops-total-max-length", "3"},
        {"$.groups[0].fairness.contended_intervals", "2"},
        {"$.groups[0].fairness.jain_requests_mean", "0.95"},
        {"$.groups[0].fairness.jain_bytes_min", "0.8"},
        {"$.groups[0].fairness.max_service_difference_bytes", "28672"},
        {"$.groups[1].limits", "{}"},
        {"$.groups[1].fairness", NULL}, // it has no members
        {"$.members[0].name", "db"},
        {"$.members[0].attach", "drive"},
        {"$.members[1].trace", NULL},
        {"$.members[0].directions.write.bytes", "1310720"},
        {"$.members[0].directions.\"read+write\".waited", "40"},
        {"$.members[0].directions.\"read+write\".latency.total.p99_ns", "1154000000"},
        {"$.members[0].directions.\"read+write\".latency.recorded.p99_ns", "1155600000"},
        {"$.members[0].directions.\"read+write\".latency.total.mean_ns", "51234567.8"},
        {"$.members[1].directions.read.latency.total.max_ns", "230000"},
        {"$.members[1].directions.read.latency.service", NULL},
        {"$.operations[0].result", "done"},
        {"$.operations[1].at_ns", "5500000000"},
        {"$.operations[0].effect", "7 requests wait, iops-total 10 -> 5"},
        {"$.operations[0].waiting", "7"},
        {"$.groups[0].let_through[0].burst_ns", "6000000000"},
        {"$.groups[0].let_through[1].burst_rate", NULL},
        {"$.groups[0].let_through[2]", NULL}, // it is gone
        {"$.groups[1].let_through", "[]"},
        {"$.operations[2]", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        json_path_assert(json, expected[i][0], expected[i][1]);
    assert_ptr_equal(strchr(json, '\n'), json + strlen(json) - 1);
    free(json);
}

static void test_json_has_assumptions_and_rates(void **state)
{
    char *json = printed(STORED_SMALL, REPORT_JSON);
    static const char *const expected[][2] = {
        {"$.assumptions[0].key", "attach"},
        {"$.assumptions[0].value", "drive"},
        {"$.assumptions[1].text", "what comes after a sentence that is too long for one line"},
        {"$.assumptions[2]", NULL},
        {"$.members[0].rates.read.requests_per_s", "6.0"},
        {"$.members[0].rates.\"read+write\".demanded_requests_per_s", "12.5"},
        {"$.members[0].rates.\"read+write\".bytes_per_s", "131072.0"},
        {"$.members[0].rates.\"read+write\".busy_requests_per_s", "23.25"},
        {"$.members[0].rates.\"read+write\".busy_share", "0.4"},
        {"$.members[1].rates.\"read+write\".busy_bytes_per_s", NULL},
        {"$.groups[0].rates.\"read+write\".busy_bytes_per_s", "270336.0"},
        {"$.groups[1].rates", "{}"},
        {"$.rates.\"read+write\".requests_per_s", "12.4"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        json_path_assert(json, expected[i][0], expected[i][1]);
    free(json);
}

static void test_unfinished_runs_say_so(void **state)
{
    char *empty = printed(STORED_EMPTY, REPORT_TEXT),
         *failed = printed(STORED_HOSTILE, REPORT_TEXT);
    char *running = printed(STORED_MANY, REPORT_TEXT), *json = printed(STORED_EMPTY, REPORT_JSON);
    (void)state;
    assert_non_null(strstr(empty, "*** NOT COMPLETE: this run was interrupted"));
    assert_non_null(strstr(empty, "digest ?"));
    assert_null(strstr(empty, "Traffic"));
    assert_non_null(strstr(failed, "*** FAILED"));
    assert_non_null(strstr(failed, "reason: disk??[2J"));
    assert_non_null(strstr(running, "*** NOT COMPLETE: this run is still going on"));
    assert_non_null(strstr(running, "? arrived"));
    json_path_assert(json, "$.members[0].name", "idle");
    json_path_assert(json, "$.members[0].directions", "{}");
    json_path_assert(json, "$.operations", "[]");
    free(empty);
    free(failed);
    free(running);
    free(json);
}

static void test_hostile_names_are_harmless(void **state)
{
    char *text = printed(STORED_HOSTILE, REPORT_TEXT), *json = printed(STORED_HOSTILE, REPORT_JSON);
    (void)state;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        assert_true(*c >= ' ' || *c == '\n');
        assert_true(*c < 0x7f); // nothing else of these names is fit to be shown
    }
    for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        assert_true(end - line <= 200);
    assert_non_null(strstr(text, "<&>???yyy"));
    json_path_assert(json, "$.members[0].name", "\"; system(\"touch pwned-double\") #");
    json_path_assert(json, "$.members[3].name", "\nEOD\nsystem \"touch pwned-line\"\n");
    free(text);
    free(json);
}

static void test_unknown_run(void **state)
{
    static const int64_t unknown[] = {STORED_UNKNOWN, 0, -1, INT64_MIN};
    struct report_database *database = stored_run_open();
    const struct report_style style = {.out = stderr, .width = REPORT_WIDTH};
    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        struct report_error error = {.message = ""};
        assert_false(report_print(database, unknown[i], &style, &error));
        assert_true(strlen(error.message) > 0);
    }
    report_database_close(database);
}

static void test_full_disk_is_an_error(void **state)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    FILE *full = fopen("/dev/full", "w");
    const struct report_style style = {.out = full, .width = REPORT_WIDTH};
    (void)state;
    assert_non_null(full);
    assert_false(report_print(database, STORED_SMALL, &style, &error));
    assert_non_null(strstr(error.message, "No space left"));
    fclose(full);
    report_database_close(database);
}

static void test_labels(void **state)
{
    static const struct {
        const char *text, *label;
        size_t length;
    } cases[] = {
        {"", "", 0},
        {"abcdefgh", "abcdefgh", 8},
        {"abcdefghi", "abc...hi", 8},
        {"a\tb\x7f", "a?b?", 4},
        {"\xc5\xbc\xc3\xb3\xc5\x82w", "\xc5\xbc\xc3\xb3\xc5\x82w", 4},
        {"\xc0\xaf", "??", 2},                       // an overlong slash
        {"\xed\xa0\x80", "???", 3},                  // a surrogate
        {"\xf4\x90\x80\x80", "????", 4},             // beyond U+10FFFF
        {"\xe2\x80", "??", 2},                       // cut short
        {"\xe2\x80\xae x", "? x", 3},                // right-to-left override
        {"\xc2\x9b", "?", 1},                        // a control character of Latin-1
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 2}, // takes two cells
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char label[REPORT_LABEL_MAX];
        assert_int_equal(report_label(label, cases[i].text, 8), cases[i].length);
        assert_string_equal(label, cases[i].label);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_text_is_golden),
    cmocka_unit_test(test_json_has_everything),
    cmocka_unit_test(test_json_has_assumptions_and_rates),
    cmocka_unit_test(test_unfinished_runs_say_so),
    cmocka_unit_test(test_hostile_names_are_harmless),
    cmocka_unit_test(test_unknown_run),
    cmocka_unit_test(test_full_disk_is_an_error),
    cmocka_unit_test(test_labels),
};
TEST_GROUP(tables, tests, NULL, NULL);
