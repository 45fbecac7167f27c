// SPDX-License-Identifier: GPL-2.0-or-later
// What the plots show, before it is drawn.
#include "reports/database_internal.h"
#include "reports/plot/plot_run.h"
#include "reports/plot/script.h"
#include "tests/reports/stored_run_lab.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// The rows of STORED_SMALL, added up by hand.
static void test_series(void **state)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    struct plot_run run;
    (void)state;
    if (!plot_run_load(&run, database, STORED_SMALL, false, &error))
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
    const struct plot_flow *gold = plot_run_flows(&run, 0, PLOT_BOTH);
    const struct plot_flow *none = plot_run_flows(&run, run.drawn_groups, PLOT_BOTH);
    assert_true(gold[0].dispatched == 35 + 30 && gold[0].arrived == 80 + 30);
    assert_true(gold[0].dispatched_bytes == 573440 + 122880);
    assert_true(gold[0].arrived_bytes == 1474560 + 122880);
    assert_true(gold[2].dispatched == 3);
    assert_true(web[8].dispatched == 1 && gold[8].dispatched == 0);
    assert_true(none[8].dispatched == 1 && none[0].arrived == 0 && run.has_others);
    assert_true(db[5].waiting_end == 45 && db[5].group == 0 && web[8].group == run.drawn_groups);
    assert_int_equal(run.event_count, 2);
    assert_string_equal(run.events[1].what, "(failed) qom-set gold");
    assert_true(run.events[1].at_ns == 5.5e9);
    assert_true(plot_run_bin_ns(&run, 11) == 10.5e9);
    plot_run_free(&run);
    report_database_close(database);
}

// However long and however many, the memory is bounded: 5000 intervals of 40 members.
static void test_series_is_bounded(void **state)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    struct plot_run run;
    double dispatched = 0;
    (void)state;
    if (!plot_run_load(&run, database, STORED_MANY, false, &error))
        fail_msg("%s", error.message);
    assert_int_equal(run.line_count, 40);
    assert_int_equal(run.named_count, PLOT_NAMED_MAX);
    assert_string_equal(run.members[0].name, "disk39");
    assert_true(run.bin_count <= PLOT_BINS_MAX);
    for (size_t bin = 0; bin < run.bin_count; bin++)
        dispatched += plot_run_flows(&run, 0, PLOT_BOTH)[bin].dispatched;
    assert_true(dispatched == 2.0 * 40 * 715); // every 7th of 5000 intervals has rows
    plot_run_free(&run);
    report_database_close(database);
}

// Bins are as long as people count, and a last one that is covered less than half joins the one
// before, so that nothing is lost and no rate has a dip.
static void test_bins(void **state)
{
    static const struct {
        int64_t interval_ns, end_ns, bin_intervals;
        size_t bin_count;
        double last_s;
    } cases[] = {
        {1000000000, 98080000000, 1, 98, 1.08},
        {1000000000, 98500000000, 1, 99, 0.5},
        {1000000000, 80000000, 1, 1, 0.08},
        {1000000000, 1, 1, 1, 0.01},
        {1, 92535000000, 500000000, 185, 0.535},
        {1000000000, 300000000000, 1, 300, 1},
        {1000000000, 1500000000000, 5, 300, 5},
        {1000000000, 1500000000001, 10, 150, 10.000000001},
        {1000000000, 100000000000000, 600, 167, 400},
        {1000000000, 1000000000000000, 3600, 278, 2800},
        {1000000000, 60000000000000000, 432000, 139, 384000},
        {1000000000, 600000000000000000, 4320000, 139, 3840000},
        {700000000, 1500000000000, 10, 214, 9},
        {7000000007, 20000000000000, 10, 286, 49.99998005},
    };
    struct report_database *database = stored_run_open();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report_error error = {.message = ""};
        struct plot_run run;
        char sql[256];
        snprintf(sql, sizeof sql,
                 "DELETE FROM member_interval_row WHERE run_id = 5;"
                 "UPDATE run SET interval_ns = %" PRId64 ", end_ns = %" PRId64 " WHERE run_id = 5",
                 cases[i].interval_ns, cases[i].end_ns);
        assert_true(report_database_execute(database, "changing a run", sql, &error));
        assert_true(plot_run_load(&run, database, STORED_LONG, false, &error));
        assert_int_equal(run.bin_intervals, cases[i].bin_intervals);
        assert_int_equal(run.bin_count, cases[i].bin_count);
        assert_true(fabs(plot_run_bin_seconds(&run, run.bin_count - 1) - cases[i].last_s) < 1e-6);
        assert_true(plot_run_bin_ns(&run, run.bin_count) == (double)cases[i].end_ns);
        plot_run_free(&run);
    }
    report_database_close(database);
}

static void test_numbers(void **state)
{
    static const struct {
        void (*write)(char text[PLOT_NUMBER_MAX], double value);
        double value;
        const char *text;
    } cases[] = {
        {plot_number_integer, 0, "0"},
        {plot_number_integer, 1000, "1000"},
        {plot_number_integer, 100000, "100\u2009000"},
        {plot_number_integer, 1e15, "1\u2009000\u2009000\u2009000\u2009000\u2009000"},
        {plot_number_integer, -12345, "-12\u2009345"},
        {plot_number_integer, 1e300, "1e+300"},
        {plot_number_bytes, 0, "0 B"},
        {plot_number_bytes, 1e7, "10 MB"},
        {plot_number_bytes, 1500000, "1500 kB"},
        {plot_number_bytes, 10485760, "10\u2009485\u2009760 B"},
        {plot_number_duration, 1, "1 ns"},
        {plot_number_duration, 1e8, "100 ms"},
        {plot_number_duration, 1.4e9, "1.4 s"},
        {plot_number_duration, 70e9, "70 s"},
        {plot_number_duration, 900e9, "15 min"},
        {plot_number_duration, 43200e9, "12 h"},
        {plot_number_duration, 5 * 86400e9, "5 d"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[PLOT_NUMBER_MAX];
        cases[i].write(text, cases[i].value);
        assert_string_equal(text, cases[i].text);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_bins),
    cmocka_unit_test(test_numbers),
    cmocka_unit_test(test_series),
    cmocka_unit_test(test_series_is_bounded),
};
TEST_GROUP(plot_run, tests, NULL, NULL);
