// SPDX-License-Identifier: GPL-2.0-or-later
// What the plots show, before it is drawn.
#include "reports/plot_run.h"
#include "tests/reports/stored_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// The rows of STORED_SMALL, added up by hand.
static void test_series(void **state)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {""};
    struct plot_run run;

    (void)state;
    if (!plot_run_load(&run, database, STORED_SMALL, &error))
        fail_msg("%s", error.message);
    assert_int_equal(run.line_count, 2);
    assert_int_equal(run.bin_count, 11);
    assert_int_equal(run.bin_intervals, 1);

    const struct plot_cell *db = run.cells, *web = run.cells + run.bin_count;
    assert_true(db[0].dispatched == 20 + 15);
    assert_true(db[0].dispatched_bytes == 81920 + 491520);
    // Of reads and writes together: what both are at their worst need not be at the same time.
    assert_true(db[0].waiting_max == 48);
    assert_true(db[0].p99_max_ns == 950000);
    assert_true(db[0].p50_sum_ns == 35 * 200000.0);
    // A drive's discards are not throttled, nor is a flush; a filter's discards are.
    assert_true(db[2].dispatched == 0 && db[2].completed == 0);
    assert_true(web[2].dispatched == 3);
    // Nothing has a row in between, and the 45 go on waiting.
    assert_true(db[5].waiting_max == 45 && !db[5].present);
    assert_true(db[7].waiting_max == 45 && db[8].waiting_max == 25);
    // web leaves the group at 6 s; both are in it before.
    assert_true(run.groups[0].totals[0].dispatched == 35 + 30);
    assert_true(run.groups[0].totals[2].dispatched == 3);
    assert_true(web[8].dispatched == 1 && run.groups[0].totals[8].dispatched == 0);
    assert_true(plot_run_bin_ns(&run, 11) == 10.5e9);
    plot_run_free(&run);
    report_database_close(database);
}

// However long and however many, the memory is bounded: 5000 intervals of 40 members.
static void test_series_is_bounded(void **state)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {""};
    struct plot_run run;
    double dispatched = 0;

    (void)state;
    if (!plot_run_load(&run, database, STORED_MANY, &error))
        fail_msg("%s", error.message);
    assert_int_equal(run.line_count, 40);
    assert_int_equal(run.named_count, PLOT_NAMED_MAX);
    assert_string_equal(run.members[0].name, "disk39");
    assert_true(run.bin_count * run.line_count <= PLOT_POINTS_MAX);
    for (size_t bin = 0; bin < run.bin_count; bin++)
        dispatched += run.groups[0].totals[bin].dispatched;
    assert_true(dispatched == 2.0 * 40 * 715); // every 7th of 5000 intervals has rows
    plot_run_free(&run);
    report_database_close(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_series_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
