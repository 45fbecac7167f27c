// SPDX-License-Identifier: GPL-2.0-or-later
// What is printed fits the terminal, whatever is in the database, and what is not shown is added
// up.
#define _XOPEN_SOURCE 700 // wcwidth
#include "reports/compare.h"
#include "reports/database_internal.h"
#include "reports/explain.h"
#include "reports/grid.h"
#include "reports/tables.h"
#include "tests/reports/stored_run_lab.h"
#include "tests/support/test_group.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static const volatile sig_atomic_t never;

// What one of the printers prints of the run.
enum printer { PRINT_REPORT, PRINT_EXPLAIN, PRINT_MEMBER, PRINT_COMPARE, PRINTER_COUNT };

static bool print(enum printer printer, struct report_database *database, int64_t run_id,
                  const struct report_style *style, struct report_error *error)
{
    const struct report_compare_config config = {
        .sides = {{database, run_id, "a.db:1"}, {database, run_id + 1, "\033[31ma\nb.db:\xff"}},
        .stop = &never,
    };
    if (printer == PRINT_REPORT)
        return report_print(database, run_id, style, error);
    if (printer == PRINT_EXPLAIN)
        return report_explain(database, run_id, NULL, style, error);
    if (printer == PRINT_MEMBER)
        return report_explain(database, run_id, "m", style, error);
    struct report_comparison *pair = report_compare(&config, error);
    bool good = pair != NULL && report_comparison_print(pair, style, error);
    report_comparison_free(pair);
    return good;
}

// To be freed; NULL: the run cannot be printed so.
static char *printed(enum printer printer, struct report_database *database, int64_t run_id,
                     struct report_style style)
{
    struct report_error error = {.message = ""};
    char *text = NULL;
    size_t length = 0;
    style.out = open_memstream(&text, &length);
    assert_non_null(style.out);
    bool good = print(printer, database, run_id, &style, &error);
    fclose(style.out);
    if (good)
        return text;
    free(text);
    return NULL;
}

// Cells of a line as the C library counts them.
static int cells_of(const char *line, size_t length)
{
    mbstate_t shift = {0};
    int cells = 0;
    while (length > 0) {
        wchar_t code;
        size_t used = mbrtowc(&code, line, length, &shift);
        assert_true(used > 0 && used <= length);
        int width = wcwidth(code);
        assert_true(width >= 0);
        cells += width;
        line += used;
        length -= used;
    }
    return cells;
}

static void assert_fits(const char *text, int width)
{
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n");
        int most = width < REPORT_WIDTH_MIN ? REPORT_WIDTH_MIN : width;
        if (cells_of(line, length) > most)
            fail_msg("wider than %d: %.*s", most, (int)length, line);
        if (length > 0 && line[length - 1] == ' ')
            fail_msg("ends in blanks: %.*s", (int)length, line);
        assert_true(strncmp(line, "<0", 2) != 0);
    }
    assert_null(strstr(text, "<0."));
}

// Names and numbers that are as bad as they get: run 4's forty members.
static const char hostile[] =
    "UPDATE member SET name = CASE member_id % 8"
    "  WHEN 0 THEN replace(hex(zeroblob(32768)), '0', 'x') || member_id"
    "  WHEN 1 THEN printf('vm-%040d-the-same-end', member_id)"
    "  WHEN 2 THEN replace(hex(zeroblob(20)), '00', char(0x6f22)) || member_id"
    "  WHEN 3 THEN char(27) || '[2J' || char(10, 9, 0x202e) || member_id"
    "  WHEN 4 THEN CAST(x'fffe80' AS TEXT) || member_id"
    "  WHEN 5 THEN replace(hex(zeroblob(30)), '00', char(0x1f600)) || member_id"
    "  WHEN 6 THEN 'a name of words which is too long for any table ' || member_id"
    "  ELSE char(32 + member_id) END WHERE run_id = 4;"
    "UPDATE member SET name = 'm' WHERE run_id = 4 AND member_id = 38;"
    "UPDATE throttle_group SET name = replace(hex(zeroblob(200)), '0', 'g'),"
    "  max_service_difference_requests = 9223372036854775807,"
    "  max_service_difference_bytes = 9223372036854775807 WHERE run_id = 4;"
    "UPDATE run SET name = replace(hex(zeroblob(500)), '00', 'run'), status = 'failed',"
    "  error = replace(hex(zeroblob(99)), '00', 'a reason '), arrived = 9223372036854775807,"
    "  dispatched = 0, completed = 0, end_ns = 9223372036854775807 WHERE run_id = 4;"
    "INSERT INTO notice VALUES (4, 0, 'k', replace(hex(zeroblob(99)), '0', 's'), 1,"
    "  replace(hex(zeroblob(50)), '00', 'words '));"
    "INSERT INTO operation VALUES (4, 0, 9223372036854775807, replace(hex(zeroblob(99)), '0', 'o'),"
    "  replace(hex(zeroblob(50)), '00', 'words '));"
    "INSERT INTO limit_setting VALUES (4, 0, 0, 'iops-total', 9223372036854775807),"
    "  (4, 0, 0, 'bps-total', 1);"
    "DELETE FROM member_statistics WHERE run_id = 4;"
    "INSERT INTO member_statistics SELECT 4, member_id, direction, 1 << (member_id % 62),"
    "  1 << (member_id + 20) % 62, 1, 1, 1, pow(10, member_id - 20), 1 << (member_id % 31)"
    "  FROM member, (SELECT 'read' AS direction UNION SELECT 'write' UNION SELECT 'read+write'"
    "                UNION SELECT 'flush') WHERE run_id = 4;"
    "INSERT INTO latency_statistics SELECT 4, member_id, direction, metric, 1, 0.001, 1,"
    "  1 << (member_id % 62), 999999, 1000000, 9223372036854775807 FROM member_statistics,"
    "  (SELECT 'throttle_wait' AS metric UNION SELECT 'service' UNION SELECT 'total'"
    "   UNION SELECT 'recorded') WHERE run_id = 4;";

// The same members in two runs that can be compared: each has a read and a write, which take from
// 1 ns to years.
static const char two_runs[] =
    "INSERT INTO run (run_id, status, name, scenario, version, sqlite, engine, device,"
    " interval_ns, started_at, end_ns, digest, arrived, dispatched, completed)"
    " SELECT 20 + i, 'complete', name, '', '0', '3', name, name, 1000, 't', 1, name, 80, 80, 80"
    "   FROM run, (SELECT 0 AS i UNION SELECT 1) WHERE run_id = 4;"
    "INSERT INTO member SELECT 20 + i, member_id, name, 'drive', NULL FROM member,"
    " (SELECT 0 AS i UNION SELECT 1) WHERE run_id = 4;"
    "INSERT INTO throttle_group SELECT 20 + i, 0, name, 1, 1 << 62 FROM throttle_group,"
    " (SELECT 0 AS i UNION SELECT 1) WHERE run_id = 4;"
    "INSERT INTO request SELECT run_id, 2 * member_id + w, member_id,"
    " CASE w WHEN 0 THEN 'read' ELSE 'write' END, 0, 4096, member_id, member_id,"
    " member_id + (1 << (member_id + 21 * (run_id - 20))) FROM member,"
    " (SELECT 0 AS w UNION SELECT 1) WHERE run_id IN (20, 21);";

#define TWO_RUNS 20

static void check_width(struct report_database *database, int width, size_t count[PRINTER_COUNT])
{
    static const int64_t runs[] = {STORED_SMALL, STORED_EMPTY, STORED_HOSTILE,
                                   STORED_MANY,  STORED_LONG,  TWO_RUNS};
    for (size_t r = 0; r < COUNT_OF(runs); r++) {
        struct report_style style = {.width = width, .top = r % 2 ? REPORT_TOP : 0};
        style.is_brief = style.top > 0 && width % 2 == 0;
        for (int p = 0; p < PRINTER_COUNT; p++) {
            char *text = printed((enum printer)p, database, runs[r], style);
            if (text == NULL)
                continue;
            count[p]++;
            assert_fits(text, width);
            free(text);
        }
    }
}

static void test_everything_fits(void **state)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    static const int widths[] = {40, 59, 60, 61, 68, 73, 79, 80, 81, 97, 120, 161, 200};
    size_t count[PRINTER_COUNT] = {0};
    (void)state;
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        test_cannot_run("the locale C.UTF-8");
    if (!report_database_execute(database, "a test", hostile, &error))
        fail_msg("%s", error.message);
    if (!report_database_execute(database, "a test", two_runs, &error))
        fail_msg("%s", error.message);
    for (size_t i = 0; i < COUNT_OF(widths); i++)
        check_width(database, widths[i], count);
    assert_true(count[PRINT_REPORT] == 6 * COUNT_OF(widths) && count[PRINT_MEMBER] > 0 &&
                count[PRINT_EXPLAIN] > 4 * COUNT_OF(widths) &&
                count[PRINT_COMPARE] == COUNT_OF(widths));
    report_database_close(database);
    setlocale(LC_CTYPE, "C");
}

// Without colours there is no escape; with them the same text is there between them.
static void test_colours(void **state)
{
    struct report_database *database = stored_run_open();
    (void)state;
    for (int p = 0; p < PRINT_MEMBER; p++) {
        struct report_style style = {.width = 80};
        char *plain = printed((enum printer)p, database, STORED_SMALL, style);
        style.colour = true;
        char *colours = printed((enum printer)p, database, STORED_SMALL, style);
        assert_true(plain != NULL && colours != NULL);
        assert_null(strchr(plain, '\033'));
        assert_non_null(strstr(colours, "\033[1m"));
        char *to = colours;
        for (const char *from = colours; *from != '\0';) {
            if (*from == '\033')
                from += strcspn(from, "m") + 1;
            else
                *to++ = *from++;
        }
        *to = '\0';
        assert_string_equal(colours, plain);
        free(colours);
        free(plain);
    }
    report_database_close(database);
}

// ---- What is not shown is added up ----

// Members 1 to `count` of a run; the first wait longest.
static void make_run(struct report_database *database, int run, int first, int last)
{
    char sql[4096];
    struct report_error error = {.message = ""};
    snprintf(sql, sizeof sql,
             "INSERT INTO run (run_id, status, name, scenario, version, sqlite, engine, device,"
             " interval_ns, started_at, end_ns, digest, arrived, dispatched, completed) VALUES"
             " (%d, 'complete', 'n', '', '0', '3', 'e', 'recorded', 1000, 't', 1, 'd', 0, 0, 0);"
             "WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
             " INSERT INTO member SELECT %d, i, 'vm' || i, 'drive', NULL FROM n;"
             "INSERT INTO member_statistics SELECT run_id, member_id, direction,"
             " member_id * 3, member_id * 4096, member_id, member_id * 3, member_id * 3,"
             " 1000.0 / member_id, member_id FROM member, (SELECT 'read' AS direction UNION"
             " SELECT 'write' UNION SELECT 'read+write') WHERE run_id = %d;"
             "INSERT INTO latency_statistics SELECT run_id, member_id, direction, metric,"
             " member_id * 3, member_id * 1000.0, member_id * 900, member_id * 1000,"
             " member_id * 1100, member_id * 1200, member_id * 1300 FROM member_statistics,"
             " (SELECT 'total' AS metric UNION SELECT 'throttle_wait') WHERE run_id = %d;"
             "INSERT INTO histogram_row SELECT run_id, member_id, direction, metric,"
             " member_id * 1000, member_id * 1000 + 1, count FROM latency_statistics"
             " WHERE run_id = %d;"
             "INSERT INTO wait_interval_row SELECT run_id, i, member_id, direction, cause,"
             " member_id, 1000000000 / member_id FROM member_statistics,"
             " (SELECT 'queue' AS cause UNION SELECT 'turn'), (SELECT 1 AS i UNION SELECT 2)"
             " WHERE run_id = %d AND direction <> 'read+write';",
             run, first, last, run, run, run, run, run);
    if (!report_database_execute(database, "a test", sql, &error))
        fail_msg("%s", error.message);
}

// The rows that begin with the label, without it and the blanks, and those below without one.
static void rows_of(const char *text, const char *label, char *rows)
{
    bool inside = false;
    *rows = '\0';
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n");
        bool begins = strncmp(line, label, strlen(label)) == 0;
        inside = begins || (inside && *line == ' ');
        const char *from = line + (begins ? strlen(label) : 0);
        while (inside && from < line + length) {
            size_t blanks = strspn(from, " "), word = strcspn(from + blanks, " \n");
            strcat(rows, " ");
            strncat(rows, from + blanks, word);
            from += blanks + word;
        }
        strcat(rows, inside ? "\n" : "");
    }
}

// The others' rows are those of all members of a run that has only them.
static void test_the_rest_is_added_up(void **state)
{
    struct report_database *database = stored_run_open();
    (void)state;
    make_run(database, 11, 1, 200);
    make_run(database, 12, 6, 200);
    make_run(database, 13, 41, 200);
    for (int p = 0; p < PRINT_MEMBER; p++) {
        for (int brief = 0; brief < 2; brief++) {
            const struct report_style style = {
                .width = 1000, .top = brief ? REPORT_TOP : 5, .is_brief = brief};
            const struct report_style whole = {.width = 1000};
            char rest[8192], all[8192];
            char *text = printed((enum printer)p, database, 11, style);
            char *others = printed((enum printer)p, database, brief ? 13 : 12, whole);
            assert_true(text != NULL && others != NULL);
            rows_of(text, brief ? "(160 more)" : "(195 more)", rest);
            rows_of(others, "(all members)", all);
            assert_true(strlen(rest) > 20);
            assert_string_equal(rest, all);
            assert_non_null(strstr(text, "\nvm1 "));
            assert_null(strstr(text, brief ? "\nvm41 " : "\nvm6 "));
            size_t lines = 0;
            for (const char *at = text; (at = strstr(at, "\nvm")) != NULL; at++)
                lines++;
            assert_int_equal(lines, (size_t)(brief ? 40 : 5) * (p == PRINT_REPORT ? 3 : 2));
            free(others);
            free(text);
        }
    }
    report_database_close(database);
}

static void test_numbers(void **state)
{
    static const struct {
        enum grid_kind kind;
        double value;
        const char *text;
    } cases[] = {
        {GRID_TIME, 0, "0"},
        {GRID_TIME, 0.04, "0.04 ns"},
        {GRID_TIME, 1, "1 ns"},
        {GRID_TIME, 3200, "3.2 us"},
        {GRID_TIME, 999499, "999 us"},
        {GRID_TIME, 999500, "1 ms"},
        {GRID_TIME, 38123456, "38.1 ms"},
        {GRID_TIME, 6.06e9, "6.06 s"},
        {GRID_TIME, 999.9e9, "1000 s"},
        {GRID_TIME, 1234.5e9, "1235 s"},
        {GRID_TIME, 9223372036854775807.0, "9223372037 s"},
        {GRID_TIME, INFINITY, "never"},
        {GRID_MOMENT, 35240833333, "35.24083 s"},
        {GRID_CHANGE, 0, "0"},
        {GRID_CHANGE, -1.5e6, "-1.5 ms"},
        {GRID_CHANGE, INFINITY, "+inf"},
        {GRID_BYTES, 999, "999 B"},
        {GRID_BYTES, 48.21e6, "48.2 MB"},
        {GRID_BYTES, 9223372036854775807.0, "9.22 EB"},
        {GRID_SIZE, 1310720, "1280 KiB"},
        {GRID_SIZE, 512, "512 B"},
        {GRID_PERCENT, 100, "100.0"},
        {GRID_PERCENT, 0.0004, "0.0004"},
        {GRID_CHANGE_PERCENT, 1e9, "+1e+09"},
        {GRID_COUNT, 999999999999, "999999999999"},
        {GRID_COUNT, 18446744073709551615.0, "1.845e+19"},
        {GRID_NUMBER, 0.00078, "0.00078"},
        {GRID_NUMBER, 1154.04, "1154"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[GRID_NUMBER_MAX];
        assert_string_equal(grid_format(text, cases[i].value, cases[i].kind), cases[i].text);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_everything_fits),
    cmocka_unit_test(test_colours),
    cmocka_unit_test(test_the_rest_is_added_up),
    cmocka_unit_test(test_numbers),
};
TEST_GROUP(fits, tests, NULL, NULL);
