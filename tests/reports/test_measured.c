// SPDX-License-Identifier: GPL-2.0-or-later
// The statistics of a validation against slow and obvious ones.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/validation.h"
#include "tests/support/splitmix.h"
#include "tests/support/test_group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 60

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

// Sorted, with many that are equal.
static size_t draw_sample(uint64_t *state, int64_t values[MOST])
{
    size_t count = 1 + (size_t)random_below(state, MOST);
    uint64_t most = 1 + random_below(state, 100);
    for (size_t i = 0; i < count; i++)
        values[i] = (int64_t)random_below(state, most) * 300000000;
    qsort(values, count, sizeof *values, compare);
    return count;
}

static double share_at_most(const int64_t *values, size_t count, int64_t value)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += values[i] <= value;
    return (double)found / (double)count;
}

static double in_second(const int64_t *values, size_t count, int64_t second)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += values[i] / 1000000000 == second;
    return (double)found;
}

static void expect_near(double found, double wanted)
{
    if (!(fabs(found - wanted) <= 1e-9 * fmax(1, fabs(wanted))))
        fail_msg("found %.17g, wanted %.17g", found, wanted);
}

static void check_sample(const int64_t *a, size_t a_count, const int64_t *b, size_t b_count)
{
    double ks = 0, w1 = 0, rates = 0;
    for (size_t i = 0; i < a_count + b_count; i++) {
        int64_t value = i < a_count ? a[i] : b[i - a_count];
        ks = fmax(ks, fabs(share_at_most(a, a_count, value) - share_at_most(b, b_count, value)));
    }
    // Each value of one stands as often as there are values of the other: then they are pairs.
    for (size_t i = 0; i < a_count * b_count; i++)
        w1 += fabs((double)(a[i / b_count] - b[i / a_count]));
    for (int64_t second = 0; second < 31; second++)
        rates += fabs(in_second(a, a_count, second) - in_second(b, b_count, second));
    expect_near(validation_ks(a, a_count, b, b_count), ks);
    expect_near(validation_w1(a, a_count, b, b_count), w1 / (double)(a_count * b_count));
    expect_near(validation_rates(a, a_count, b, b_count), rates);
    for (unsigned per_mille = 1; per_mille <= 1000; per_mille++) {
        size_t i = 0;
        while ((i + 1) * 1000 < per_mille * a_count)
            i++;
        expect_near(validation_quantile(a, a_count, per_mille), (double)a[i]);
    }
}

static void statistics_are_the_obvious_ones(void **state)
{
    (void)state;
    uint64_t seed = 14;
    for (int round = 0; round < 300; round++) {
        int64_t a[MOST], b[MOST];
        size_t a_count = draw_sample(&seed, a), b_count = draw_sample(&seed, b);
        check_sample(a, a_count, b, b_count);
        check_sample(a, a_count, a, a_count);
        expect_near(validation_w1(a, a_count, a, a_count), 0);
    }
    assert_true(isnan(validation_ks(NULL, 0, NULL, 0)));
    assert_true(isnan(validation_quantile(NULL, 0, 500)));
}

// ---- A whole one ----

#define MS INT64_C(1000000)

static const struct {
    uint32_t member;
    bool is_counted;
    int64_t arrival_ms, measured_ms, predicted_ms; // -1: not by the end
} rows[] = {
    {0, true, 0, 10, 12},    {1, true, 100, 400, 400}, {0, true, 200, 30, 20},
    {0, false, 300, 99, 99}, {0, true, 400, 20, 20},   {1, true, 900, 200, -1},
};
#define ROWS (sizeof rows / sizeof rows[0])

static void open_rows(struct report_validation *validation)
{
    static const char *const names[] = {"a", "b", "idle", VALIDATION_TOTAL};
    *validation = (struct report_validation){.name = "x.yaml", .arrival = "issue"};
    struct validation_requests *requests = &validation->requests;
    requests->count = ROWS;
    requests->member_count = validation->member_count = 3;
    requests->items = calloc(ROWS, sizeof *requests->items);
    validation->outcomes = calloc(ROWS, sizeof *validation->outcomes);
    validation->members = calloc(4, sizeof *validation->members);
    for (size_t i = 0; i < ROWS; i++) {
        requests->items[i] = (struct validation_request){
            rows[i].member, rows[i].is_counted, rows[i].measured_ms * MS, rows[i].arrival_ms * MS};
        validation->outcomes[i] = (struct validation_outcome){
            rows[i].arrival_ms * MS,
            rows[i].predicted_ms < 0 ? VALIDATION_NONE : rows[i].predicted_ms * MS};
    }
    assert_true(validation_sort(requests));
    for (size_t m = 0; m < 4; m++) {
        struct validation_member *member = &validation->members[m];
        struct report_change values[VALIDATION_FIGURE_COUNT];
        member->name = names[m];
        assert_true(
            validation_measure(requests, validation->outcomes, m, values, &member->to_come));
        for (int i = 0; i < VALIDATION_FIGURE_COUNT; i++)
            member->figures[i] =
                (struct validation_figure_value){.value = values[i], .low = NAN, .high = NAN};
    }
}

static void expect_figure(const struct report_validation *validation, const char *member,
                          enum validation_figure figure, double measured, double predicted)
{
    const struct validation_member *found = validation_find(validation, member);
    assert_non_null(found);
    if (!isnan(measured))
        expect_near(found->figures[figure].value.a, measured);
    expect_near(found->figures[figure].value.b, predicted);
}

static void members_are_measured(void **state)
{
    (void)state;
    struct report_validation validation;
    open_rows(&validation);
    expect_figure(&validation, "a", VALIDATION_REQUESTS, 3, 3);
    expect_figure(&validation, "a", VALIDATION_P50, 20e6, 20e6);
    expect_figure(&validation, "a", VALIDATION_MAX, 30e6, 20e6);
    expect_figure(&validation, "a", VALIDATION_WAIT, 60e6, 52e6);
    expect_figure(&validation, "a", VALIDATION_MEDIAN_ERROR, NAN, 2e6);
    expect_figure(&validation, "a", VALIDATION_MEAN_ERROR, NAN, 4e6);
    expect_figure(&validation, "a", VALIDATION_KS, NAN, 1.0 / 3);
    expect_figure(&validation, "a", VALIDATION_W1, NAN, (2 + 0 + 10) / 60.0);
    expect_figure(&validation, "a", VALIDATION_THROUGHPUT, NAN, 0);
    expect_figure(&validation, "b", VALIDATION_REQUESTS, 2, 1);
    expect_figure(&validation, "b", VALIDATION_MEAN_ERROR, NAN, 0);
    // 0.5 s in both, 1.1 s in one.
    expect_figure(&validation, "b", VALIDATION_THROUGHPUT, NAN, 0.5);
    expect_figure(&validation, "total", VALIDATION_REQUESTS, 5, 4);
    assert_int_equal(validation.members[1].to_come, 1);
    assert_int_equal(validation.members[3].to_come, 1);
    assert_true(isnan(validation.members[2].figures[VALIDATION_P50].value.a));
    assert_null(validation_find(&validation, "c"));
    assert_null(validation_member_at(&validation, 4));
    report_validation_free(&validation);
}

// What is in the band, or near, is as measured.
static void figures_are_judged(void **state)
{
    static const struct {
        double measured, predicted, low, high;
        double outside;
    } cases[] = {
        {100e6, 104e6, NAN, NAN, 0},     {100e6, 106e6, NAN, NAN, 1},
        {100e6, 120e6, 99e6, 130e6, 0},  {10e6, 14e6, NAN, NAN, 0},
        {100e6, 120e6, 101e6, 130e6, 1}, {100e6, NAN, NAN, NAN, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report_validation validation;
        open_rows(&validation);
        struct validation_figure_value *figures = validation.members[0].figures;
        for (int j = 0; j < VALIDATION_MEDIAN_ERROR; j++)
            figures[j].value = (struct report_change){50, 50};
        figures[VALIDATION_P99] = (struct validation_figure_value){
            .value = {cases[i].measured, cases[i].predicted},
            .low = cases[i].low,
            .high = cases[i].high,
        };
        validation_judge(&validation);
        expect_figure(&validation, "a", VALIDATION_OUTSIDE, NAN, cases[i].outside);
        expect_figure(&validation, "total", VALIDATION_OUTSIDE, NAN, cases[i].outside);
        char *verdict = validation_verdict(&validation);
        assert_non_null(verdict);
        if (cases[i].outside > 0)
            assert_non_null(strstr(verdict, "does not hold: p99 of a is 100 ms, predicted "));
        else
            assert_non_null(strstr(verdict, "The prediction holds: "));
        free(verdict);
        report_validation_free(&validation);
    }
}

// Each group has one, and of these there may be many.
static void facts_are_all_kept(void **state)
{
    (void)state;
    struct report_validation validation = {.name = NULL};
    char wanted[20];
    for (int i = 0; i < 1000; i++)
        assert_non_null(validation_add_fact(&validation, "levels", i, "fact %d", i));
    assert_int_equal(validation.fact_count, 1000);
    for (int i = 0; i < 1000; i++) {
        snprintf(wanted, sizeof wanted, "fact %d", i);
        assert_string_equal(validation.facts[i].text, wanted);
        expect_near(validation.facts[i].value, i);
    }
    report_validation_free(&validation);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(statistics_are_the_obvious_ones),
    cmocka_unit_test(members_are_measured),
    cmocka_unit_test(figures_are_judged),
    cmocka_unit_test(facts_are_all_kept),
};
TEST_GROUP(measured, tests, NULL, NULL);
