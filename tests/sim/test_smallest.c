// SPDX-License-Identifier: GPL-2.0-or-later
// The search for the smallest values beside one that tries all.
#include "tests/sim/lab.h"

#include "sim/tune/smallest.h"
#include "tests/support/splitmix.h"
#include "tests/support/test_group.h"

#include <math.h>
#include <stdlib.h>

#define SEGMENTS 9

// What holds: a value of one setting in every other segment, or several in a region of which each
// larger point is part; both far off by how far they lie away.
struct region {
    struct tune_problem problem;
    int64_t edges[SEGMENTS]; // of one: holds between edges 0 and 1, 2 and 3, ...
    size_t edge_count;
    double least[TUNE_SETTINGS_MAX], weight[TUNE_SETTINGS_MAX], sum; // of several
    bool is_ordered;    // the second is at least the first
    int calls, fail_at; // 0: never
    size_t most;        // at a time
    uint64_t seed;
};

static uint64_t draw(struct region *region, uint64_t below)
{
    return random_below(&region->seed, below);
}

static bool holds(const struct region *region, const int64_t *values, double *excess)
{
    size_t below = 0;
    double missing = 0, sum = 0;
    if (region->problem.count == 1) {
        while (below < region->edge_count && region->edges[below] <= values[0])
            below++;
        *excess = below % 2 == 1 ? 0 : 1;
        return below % 2 == 1;
    }
    for (size_t i = 0; i < region->problem.count; i++) {
        missing = fmax(missing, region->least[i] - (double)values[i]);
        sum += region->weight[i] * (double)values[i];
    }
    *excess = fmax(missing, region->sum - sum);
    return *excess <= 0;
}

static bool is_valid(void *context, const int64_t *values)
{
    const struct region *region = context;
    return !region->is_ordered || values[1] >= values[0];
}

static bool try_all(void *context, struct tune_trial *trials, size_t count)
{
    struct region *region = context;
    region->most = count > region->most ? count : region->most;
    for (size_t i = 0; i < count; i++) {
        assert_true(is_valid(region, trials[i].values));
        trials[i].holds = holds(region, trials[i].values, &trials[i].excess);
    }
    return ++region->calls != region->fail_at;
}

static void setup(struct region *region, uint64_t seed, size_t count, int64_t high)
{
    *region = (struct region){.seed = seed};
    region->problem = (struct tune_problem){
        .count = count, .is_valid = is_valid, .try_all = try_all, .context = region};
    for (size_t i = 0; i < count; i++)
        region->problem.axes[i] = (struct tune_axis){1, high, false};
}

static void steps_and_values(void **state)
{
    static const int64_t values[][2] = {{1, 1},
                                        {999, 999},
                                        {1000, 1000},
                                        {1001, 1010},
                                        {9990, 9990},
                                        {9991, 10000},
                                        {10000, 10000},
                                        {35328138, 35400000},
                                        {INT64_C(1000000000000000), INT64_C(1000000000000000)}};
    const struct tune_axis plain = {1, 10, false}, rounded = {1, 10, true};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        assert_int_equal(tune_value(&plain, tune_step(&plain, values[i][0])), values[i][0]);
        assert_int_equal(tune_value(&rounded, tune_step(&rounded, values[i][0])), values[i][1]);
    }
    for (int64_t step = 1; step < 10000; step++)
        assert_int_equal(tune_step(&rounded, tune_value(&rounded, step)), step);
}

// Where more is never worse, the answer is the smallest, whatever the range.
static void one_that_is_monotone(void **state)
{
    struct tune_result result;
    size_t most = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct region region;
        uint64_t bits = seed;
        setup(&region, seed, 1, 1 + (int64_t)(random_next(&bits) >> (34 + seed % 30)));
        struct tune_axis *axis = &region.problem.axes[0];
        axis->is_rounded = seed % 3 == 0;
        axis->high = tune_value(axis, tune_step(axis, axis->high));
        region.edge_count = 1;
        region.edges[0] =
            (int64_t)exp(log((double)axis->high) * (double)draw(&region, 1000001) / 1e6);
        assert_true(tune_smallest(&region.problem, &result));
        assert_true(result.is_found && result.is_exact);
        assert_int_equal(result.trials[result.answer].values[0],
                         tune_value(axis, tune_step(axis, region.edges[0])));
        assert_true(result.holds_below == TUNE_NO_TRIAL && result.fails_above == TUNE_NO_TRIAL);
        assert_true(region.most <= TUNE_BATCH_MAX);
        most = result.count > most ? result.count : most;
    }
    assert_true(most <= TUNE_RUNS_ONE);
}

// Whatever the function: the answer holds, what is a step below does not, and what was found to
// contradict is told. Of an interval that holds, and is as wide as a step of the lattice, a point
// is always found.
static void one_that_is_not(void **state)
{
    struct tune_result result;
    (void)state;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct region region;
        double excess;
        setup(&region, seed, 1, 20000);
        region.edge_count = 2 + draw(&region, SEGMENTS - 1);
        for (size_t i = 0; i < region.edge_count; i++)
            region.edges[i] = (i == 0 ? 1 : region.edges[i - 1]) + (int64_t)draw(&region, 3000);
        assert_true(tune_smallest(&region.problem, &result));
        assert_true(result.count <= TUNE_RUNS_ONE);
        bool wide = region.edge_count % 2 == 1;
        for (size_t i = 0; i + 1 < region.edge_count; i += 2)
            wide = wide || region.edges[i + 1] > 3 * region.edges[i];
        assert_true(result.is_found || !wide);
        if (!result.is_found)
            continue;
        int64_t answer = result.trials[result.answer].values[0], below = answer - 1;
        assert_true(holds(&region, &answer, &excess));
        assert_true(!result.is_exact || answer == 1 || !holds(&region, &below, &excess));
        for (size_t i = 0; i < result.count; i++) {
            if (result.trials[i].values[0] > answer && !result.trials[i].holds)
                assert_true(result.fails_above != TUNE_NO_TRIAL);
            if (result.trials[i].values[0] < answer && result.trials[i].holds)
                assert_true(result.holds_below != TUNE_NO_TRIAL);
        }
    }
}

// Once it fails above the first edge, the answer lies above all that fail.
static void a_gap_is_seen(void **state)
{
    struct tune_result result;
    struct region region;
    (void)state;
    setup(&region, 1, 1, 100000);
    region.edges[0] = 400;
    region.edges[1] = 550;
    region.edges[2] = 700;
    region.edge_count = 3;
    assert_true(tune_smallest(&region.problem, &result));
    assert_int_equal(result.trials[result.answer].values[0], 700);
    assert_true(result.is_exact && result.fails_above == TUNE_NO_TRIAL);
}

static void only_an_interval_holds(void **state)
{
    struct tune_result result;
    struct region region;
    (void)state;
    setup(&region, 1, 1, 100000);
    region.edges[0] = 400;
    region.edges[1] = 4000;
    region.edge_count = 2;
    assert_true(tune_smallest(&region.problem, &result));
    assert_true(result.is_found && result.is_exact && result.fails_above != TUNE_NO_TRIAL);
    assert_int_equal(result.trials[result.answer].values[0], 400);
}

static double v_shape(const int64_t *values)
{
    return fabs(log((double)values[0] / 777)) - 0.02;
}

static bool try_v(void *context, struct tune_trial *trials, size_t count)
{
    (void)context;
    for (size_t i = 0; i < count; i++) {
        trials[i].excess = v_shape(trials[i].values);
        trials[i].holds = trials[i].excess <= 0;
    }
    return true;
}

// A valley between two points of the lattice: only the minimiser finds it.
static void a_narrow_valley(void **state)
{
    struct tune_result result;
    struct tune_problem problem = {.axes = {{1, 100000, false}}, .count = 1, .try_all = try_v};
    (void)state;
    assert_true(tune_smallest(&problem, &result));
    assert_true(result.is_found && result.is_exact);
    assert_int_equal(result.trials[result.answer].values[0], 762);
}

static void nothing_holds(void **state)
{
    struct tune_result result;
    struct region region;
    (void)state;
    for (size_t count = 1; count <= 3; count++) {
        setup(&region, 1, count, 100000);
        region.least[0] = region.least[1] = region.least[2] = 200000;
        assert_true(tune_smallest(&region.problem, &result));
        assert_false(result.is_found);
        assert_true(result.top != TUNE_NO_TRIAL && result.count <= TUNE_RUNS_ONE);
    }
}

static void the_end_of_trials_is_the_end(void **state)
{
    struct tune_result result;
    (void)state;
    for (size_t count = 1; count <= 3; count++) {
        for (int at = 1; at < 12; at++) {
            struct region region;
            setup(&region, 1, count, 100000);
            region.fail_at = at;
            region.edges[0] = 400;
            region.edge_count = 1;
            region.least[0] = region.least[1] = region.least[2] = 123;
            bool done = tune_smallest(&region.problem, &result);
            assert_true(done || region.calls == at);
            assert_true(!done || region.calls < at);
        }
    }
}

// The least product of all that hold, by trying the second and third, of which the first follows.
static double least_cost(const struct region *region)
{
    double best = INFINITY, excess;
    int64_t values[TUNE_SETTINGS_MAX] = {0};
    size_t count = region->problem.count;
    int64_t third_high = count > 2 ? region->problem.axes[2].high : 1;
    for (values[2] = 1; values[2] <= third_high; values[2]++) {
        for (values[1] = 1; values[1] <= region->problem.axes[1].high; values[1]++) {
            double sum = region->weight[1] * (double)values[1] +
                         (count > 2 ? region->weight[2] * (double)values[2] : 0);
            values[0] = (int64_t)ceil(
                fmax(fmax(region->least[0], 1), (region->sum - sum) / region->weight[0]));
            if ((!region->is_ordered || values[1] >= values[0]) &&
                values[0] <= region->problem.axes[0].high && holds(region, values, &excess))
                best = fmin(best, log((double)values[0]) + log((double)values[1]) +
                                      (count > 2 ? log((double)values[2]) : 0));
        }
    }
    return best;
}

static void several_that_are_monotone(void **state)
{
    static struct tune_result result;
    int near[4] = {0}, runs = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct region region;
        size_t count = 2 + seed % 2;
        setup(&region, seed, count, count == 2 ? 3000 : 300);
        double high = (double)region.problem.axes[0].high;
        region.is_ordered = seed % 4 < 2;
        for (size_t i = 0; i < count; i++) {
            region.least[i] = (double)(1 + draw(&region, (uint64_t)high / 3));
            region.weight[i] = 1 + (double)draw(&region, 5);
            region.sum += region.weight[i] * high * (double)draw(&region, 70) / 100;
        }
        assert_true(tune_smallest(&region.problem, &result));
        assert_true(result.is_found && result.is_exact);
        assert_true(result.count <= TUNE_RUNS_MANY && region.most <= TUNE_BATCH_MAX);
        const int64_t *values = result.trials[result.answer].values;
        double cost = 0, excess, best = least_cost(&region);
        assert_true(holds(&region, values, &excess));
        for (size_t i = 0; i < count; i++) {
            int64_t less[TUNE_SETTINGS_MAX] = {values[0], values[1], values[2]};
            less[i]--;
            assert_true(less[i] == 0 || !is_valid(&region, less) || !holds(&region, less, &excess));
            cost += log((double)values[i]);
        }
        assert_true(result.holds_below == TUNE_NO_TRIAL && result.fails_above == TUNE_NO_TRIAL);
        near[count] += cost <= best + 0.05;
        runs += (int)result.count;
    }
    // A simplex may end in another corner of the region.
    assert_true(near[2] >= 185 && near[3] >= 140);
    assert_true(runs / 400 < 200);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(steps_and_values),
    cmocka_unit_test(one_that_is_monotone),
    cmocka_unit_test(one_that_is_not),
    cmocka_unit_test(a_gap_is_seen),
    cmocka_unit_test(only_an_interval_holds),
    cmocka_unit_test(a_narrow_valley),
    cmocka_unit_test(nothing_holds),
    cmocka_unit_test(the_end_of_trials_is_the_end),
    cmocka_unit_test(several_that_are_monotone),
};
TEST_GROUP(smallest, tests, NULL, NULL);
