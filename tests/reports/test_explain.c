// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/database_internal.h"
#include "reports/explain.h"
#include "tests/reports/json_path.h"
#include "tests/reports/stored_run_lab.h"
#include "tests/support/test_group.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What report_explain writes; to be freed.
static char *explained(int64_t run_id, const char *member, enum report_format format)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    const struct report_style style = {.out = out, .format = format, .width = REPORT_WIDTH};
    if (!report_explain(database, run_id, member, &style, &error))
        fail_msg("%s", error.message);
    fclose(out);
    report_database_close(database);
    return text;
}

static void test_text_is_golden(void **state)
{
    char *all = explained(STORED_SMALL, NULL, REPORT_TEXT);
    char *web = explained(STORED_SMALL, "web", REPORT_TEXT);
    char *db = explained(STORED_SMALL, "db", REPORT_TEXT);
    size_t length = strlen(all) + strlen(web) + strlen(db) + 1;
    char *text = malloc(length), golden[16384];
    FILE *file = fopen(TEST_SOURCE_DIR "/reports/golden_explain.txt", "r");
    (void)state;
    assert_non_null(file);
    assert_non_null(text);
    golden[fread(golden, 1, sizeof golden - 1, file)] = '\0';
    fclose(file);
    snprintf(text, length, "%s%s%s", all, web, db);
    assert_string_equal(text, golden);
    free(text);
    free(all);
    free(web);
    free(db);
}

struct expectation {
    const char *path, *value;
};

static void assert_each(int64_t run_id, const char *member, const struct expectation *expected,
                        size_t count)
{
    char *json = explained(run_id, member, REPORT_JSON);
    for (size_t i = 0; i < count; i++)
        json_path_assert(json, expected[i].path, expected[i].value);
    free(json);
}

// The rows of STORED_SMALL, added up by hand.
static void test_json_has_everything(void **state)
{
    static const struct expectation all[] = {
        {"$.run.run_id", "1"},
        {"$.run.waiting", "5"},
        {"$.members[0].name", "db"},
        {"$.members[0].directions.read.waited", "30"},
        {"$.members[0].directions.read.wait_ns", "14000001000"},
        {"$.members[0].directions.read.causes.iops-total.requests", "25"},
        {"$.members[0].directions.read.causes.iops-total.wait_ns", "3000000000"},
        {"$.members[0].directions.read.causes.queue.wait_ns", "11000000000"},
        {"$.members[0].directions.read.causes.timer.requests", "1"},
        {"$.members[0].directions.write.waited", "5"}, // of 10, but 5 have not left
        {"$.members[0].directions.write.wait_ns", "1000000000"},
        {"$.members[0].directions.\"read+write\"", NULL},
        {"$.members[1].directions.discard.causes.turn.wait_ns", "999000"},
        {"$.members[1].directions.discard.waited", NULL}, // there are no statistics of these
        {"$.members[2]", NULL},
        {"$.intervals", NULL},
        {"$.burst_ends[0].limit", "iops-total"},
        {"$.burst_ends[1].at_ns", "600000000"},
        {"$.burst_ends[2].at_ns", "7500000000"},
        {"$.burst_ends[2].refill_ns", "12200000000"},
        {"$.burst_ends[2].group", "gold"},
        {"$.burst_ends[3]", NULL},
    };
    // web leaves the group at 6 s.
    static const struct expectation web[] = {
        {"$.members[0].name", "web"},
        {"$.members[1]", NULL},
        {"$.intervals[0].interval", "2"},
        {"$.intervals[0].start_ns", "2000000000"},
        {"$.intervals[0].directions.discard.turn.requests", "1"},
        {"$.intervals[1]", NULL},
        {"$.burst_ends[1].limit", "bps-total"},
        {"$.burst_ends[2]", NULL},
    };
    static const struct expectation db[] = {
        {"$.intervals[1].interval", "7"},
        {"$.intervals[1].directions.write.bps-total.wait_ns", "250000000"},
        {"$.intervals[1].directions.read.queue.requests", "14"},
        {"$.burst_ends[2].at_ns", "7500000000"},
    };
    (void)state;
    assert_each(STORED_SMALL, NULL, all, sizeof all / sizeof all[0]);
    assert_each(STORED_SMALL, "web", web, sizeof web / sizeof web[0]);
    assert_each(STORED_SMALL, "db", db, sizeof db / sizeof db[0]);
}

// Sums beyond 2^63 - 1 become that; the largest that fits does not.
static void test_huge_sums(void **state)
{
    static const struct expectation expected[] = {
        {"$.members[0].directions.write.causes.queue.wait_ns", "9223372036854775807"},
        {"$.members[0].directions.write.causes.turn.wait_ns", "9223372036854775807"},
        {"$.members[0].directions.write.wait_ns", "9223372036854775807"},
        {"$.members[0].directions.write.causes.turn.requests", "2"},
    };
    static const char nearly[] =
        "UPDATE wait_interval_row SET wait_ns = 4294967295 WHERE run_id = 5 AND interval = 1"
        " AND cause = 'turn';"
        "UPDATE wait_interval_row SET wait_ns = 9223372032559808511 WHERE run_id = 5 AND interval "
        "= 0"
        " AND cause = 'turn'";
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    char *text = explained(STORED_LONG, NULL, REPORT_TEXT);
    size_t length = 0;
    (void)state;
    assert_each(STORED_LONG, NULL, expected, sizeof expected / sizeof expected[0]);
    assert_non_null(strstr(text, "Requests waited 27670116111 s, 66.7 % of it behind"));
    free(text);
    assert_true(report_database_execute(database, "a test", nearly, &error));
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    const struct report_style style = {.out = out, .format = REPORT_JSON};
    assert_true(report_explain(database, STORED_LONG, NULL, &style, &error));
    fclose(out);
    json_path_assert(text, "$.members[0].directions.write.causes.turn.wait_ns",
                     "9223372036854775806");
    free(text);
    report_database_close(database);
}

static void test_nothing_waited(void **state)
{
    char *text = explained(STORED_EMPTY, NULL, REPORT_TEXT);
    char *idle = explained(STORED_EMPTY, "idle", REPORT_TEXT);
    char *json = explained(STORED_EMPTY, "idle", REPORT_JSON);
    (void)state;
    assert_non_null(strstr(text, "\n*** NOT COMPLETE: this run was interrupted"));
    assert_non_null(strstr(text, "\n\nNo request waited.\n"));
    assert_non_null(strstr(idle, "\n\nNo request of idle waited.\n"));
    json_path_assert(json, "$.members[0].directions", "{}");
    json_path_assert(json, "$.intervals", "[]");
    json_path_assert(json, "$.burst_ends", "[]");
    free(text);
    free(idle);
    free(json);
}

// Seven causes of a limit's kind do not fit on a line: the table goes on below.
static void test_longest_intervals(void **state)
{
    char *text = explained(STORED_MANY, "disk39", REPORT_TEXT);
    (void)state;
    assert_non_null(strstr(text, "NOT COMPLETE"));
    assert_non_null(strstr(text, "\nEach time one ran out\n"));
    const char *longest = strstr(text, "\n4998 s ");
    // Ten intervals of every seventh second.
    assert_non_null(longest);
    assert_non_null(strstr(longest, "\n4935 s  34.5 ms  14.3 "));
    assert_null(strstr(longest, "\n4928 s"));
    assert_non_null(strstr(text, "\n  and 3 more\n"));
    free(text);
}

static void test_more_causes_than_fit(void **state)
{
    static const char every[] =
        "INSERT INTO wait_interval_row SELECT 4, 0, member_id, 'read', cause || part, 1, 1 FROM "
        "member,"
        " (SELECT 'bps-total' AS cause UNION SELECT 'bps-read' UNION SELECT 'bps-write' UNION"
        "  SELECT 'iops-total' UNION SELECT 'iops-read' UNION SELECT 'iops-write' UNION"
        "  SELECT 'turn' UNION SELECT 'queue' UNION SELECT 'timer' UNION SELECT 'unheard'),"
        " (SELECT '' AS part UNION SELECT '-max') WHERE run_id = 4;"
        "UPDATE member SET name = 'a-name-of-more-than-twenty-four' WHERE member_id = 38";
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    char *text = NULL;
    size_t length = 0, headings = 0;
    FILE *out = open_memstream(&text, &length);
    (void)state;
    assert_non_null(out);
    assert_true(report_database_execute(database, "a test", every, &error));
    const struct report_style style = {.out = out, .width = REPORT_WIDTH};
    assert_true(report_explain(database, STORED_MANY, NULL, &style, &error));
    fclose(out);
    for (const char *at = text; (at = strstr(at, "\nmember ")) != NULL; at++)
        headings++;
    assert_in_range(headings, 4, 8);
    assert_non_null(strstr(text, "  other\n"));
    free(text);
    report_database_close(database);
}

static void assert_no_controls(const char *text)
{
    for (; *text; text++)
        assert_true(*text == '\n' || !iscntrl((unsigned char)*text));
}

static void test_hostile_names(void **state)
{
    char *text = explained(STORED_HOSTILE, NULL, REPORT_TEXT);
    char *member = explained(STORED_HOSTILE, "`touch pwned-back` @pwned \\", REPORT_TEXT);
    char *json = explained(STORED_HOSTILE, "`touch pwned-back` @pwned \\", REPORT_JSON);
    (void)state;
    assert_no_controls(text);
    assert_no_controls(member);
    json_path_assert(json, "$.members[0].name", "`touch pwned-back` @pwned \\");
    free(text);
    free(member);
    free(json);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_text_is_golden),    cmocka_unit_test(test_json_has_everything),
    cmocka_unit_test(test_huge_sums),         cmocka_unit_test(test_nothing_waited),
    cmocka_unit_test(test_longest_intervals), cmocka_unit_test(test_more_causes_than_fit),
    cmocka_unit_test(test_hostile_names),
};
TEST_GROUP(explain, tests, NULL, NULL);
