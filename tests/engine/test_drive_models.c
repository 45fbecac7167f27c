// SPDX-License-Identifier: GPL-2.0-or-later
// Random requests on the engines without groups and on their models side by side (drive_pair.h).
//
// A run draws a profile first: how many drives, how dense in time, how long the device takes, how
// late timers fire. Times on a grid meet the edges of slices exactly. THROTTLESIM_TEST_SEED=N
// repeats with another seed.
#include "tests/engine/drive_pair.h"

#include <gsl/gsl_rng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/engine/draw.h"
#include "tests/support/test_group.h"

#define RUNS 3000
#define STEPS_MAX 260
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define PICK(rng, array) ((array)[gsl_rng_uniform_int(rng, COUNT_OF(array))])
#define MOST INT64_C(1000000000000000)
#define BYTES_MAX (UINT64_C(1) << 55) // the sum of a run's sizes is below 2^64
#define ROUND_BYTES 10000
#define LATE_START_NS (INT64_MAX - INT64_C(100000000000000)) // sums with waits exceed 63 bits

struct profile {
    uint32_t drives;
    int steps;
    int64_t gap_ns;         // mean time between steps
    int64_t grid_ns;        // times are multiples of this
    int64_t latency_ns;     // mean
    double change_share;    // of the steps: limits change
    double same_time_share; // steps that take no time
    double late_share;      // of the steps: timers fire late before them
    double write_share;
    bool extreme;  // limits and sizes at the edges
    bool is_round; // whatever is drawn meets: times, limits of both kinds, sizes
};

struct world {
    const struct engine_algorithm *algorithm;
    struct drive_pair pair;
    gsl_rng *rng;
    struct profile profile;
};

static bool can_change(const struct world *world)
{
    return world->algorithm->operations[ENGINE_NODE_SET] != NULL;
}

static bool has_buckets(const struct world *world)
{
    return world->algorithm->operations[ENGINE_NODE_FILL] != NULL;
}

static void draw_profile(struct world *world)
{
    static const int64_t gaps_ns[] = {1000, 1000000, 10000000, 10000000, 50000000, 300000000};
    static const int64_t grids_ns[] = {1, 1, 1000000, 10000000, 50000000};
    static const int64_t latencies_ns[] = {0, 0, 100000, 5000000, 100000000, 600000000};
    static const double changes[] = {0, 0, 0.02, 0.1};
    gsl_rng *rng = world->rng;
    world->profile = (struct profile){
        .drives = draw_bool(rng, 0.7) ? 1 : 1 + (uint32_t)gsl_rng_uniform_int(rng, 3),
        .steps = 20 + (int)gsl_rng_uniform_int(rng, STEPS_MAX - 20),
        .gap_ns = PICK(rng, gaps_ns),
        .grid_ns = PICK(rng, grids_ns),
        .latency_ns = PICK(rng, latencies_ns),
        .change_share = can_change(world) ? PICK(rng, changes) : 0,
        .same_time_share = draw_bool(rng, 0.5) ? 0.05 : 0.7,
        .late_share = draw_bool(rng, 0.7) ? 0 : 0.4,
        .write_share = draw_bool(rng, 0.5) ? 0.5 : 0.1,
        .extreme = draw_bool(rng, 0.15),
        .is_round = draw_bool(rng, 0.3),
    };
    if (world->profile.is_round)
        world->profile.grid_ns = INT64_C(10000000);
}

static int64_t draw_average(struct world *world, bool is_bytes)
{
    static const int64_t edges[] = {1, 2, 3, 1000000007, MOST / 10, MOST - 1, MOST};
    static const int64_t round[] = {10, 20, 50, 100, 100};
    static const int64_t bytes[] = {4096, 65536, 1000000, 1000003, 1 << 20, 7777777, 100000000};
    static const int64_t requests[] = {1, 2, 7, 10, 11, 33, 50, 100, 333, 1000, 10000};
    if (world->profile.is_round)
        return (is_bytes ? ROUND_BYTES : 1) * PICK(world->rng, round);
    if (world->profile.extreme && draw_bool(world->rng, 0.7))
        return PICK(world->rng, edges);
    return is_bytes ? PICK(world->rng, bytes) : PICK(world->rng, requests);
}

// Averages, maxima above and below them, sizes: whichever of these the engine knows.
static int64_t draw_value(struct world *world, const char *key)
{
    static const int64_t sizes[] = {1, 512, 4096, 65536};
    bool is_bytes = strncmp(key, "bps", 3) == 0;
    if (strcmp(key, "iops-size") == 0)
        return draw_bool(world->rng, 0.2) ? PICK(world->rng, sizes) : 0;
    double share = strstr(key, "-total") != NULL ? 0.4 : 0.25;
    if (strstr(key, "-max") == NULL)
        return draw_bool(world->rng, share) ? draw_average(world, is_bytes) : 0;
    if (!draw_bool(world->rng, 0.1))
        return 0;
    return draw_bool(world->rng, 0.2) ? 1 : draw_average(world, is_bytes);
}

static bool has_average(const struct engine_parameters *limits)
{
    for (int row = 0; row < CAUSE_BURST; row++) { // the averages are the first rows
        if (limits->value[row] != 0)
            return true;
    }
    return false;
}

static struct engine_parameters draw_drive_limits(struct world *world, bool may_be_none)
{
    struct engine_parameters limits;
    struct engine_fault fault;
    do {
        limits = (struct engine_parameters){.given = 0};
        for (size_t row = 0; row < world->algorithm->parameter_count; row++) {
            limits.value[row] = draw_value(world, world->algorithm->parameters[row].key);
            limits.given |= UINT32_C(1) << row;
        }
    } while (engine_check(world->algorithm, &limits, &fault) != ENGINE_OK ||
             (!may_be_none && !has_average(&limits)));
    return limits;
}

static void fill(struct world *world)
{
    uint32_t drive = (uint32_t)gsl_rng_uniform_int(world->rng, world->pair.drive_count);
    drive_pair_fill(&world->pair, drive, 1.5 * gsl_rng_uniform(world->rng));
}

static void change_limits(struct world *world)
{
    gsl_rng *rng = world->rng;
    struct engine_parameters limits = draw_drive_limits(world, true);
    bool keeps_others = draw_bool(rng, 0.5);
    if (draw_bool(rng, 0.1)) { // no limit is left
        memset(limits.value, 0, sizeof limits.value);
    } else if (draw_bool(rng, 0.3)) {
        limits.given &= (uint32_t)gsl_rng_get(rng);
    }
    uint32_t drive = (uint32_t)gsl_rng_uniform_int(rng, world->pair.drive_count);
    drive_pair_set(&world->pair, drive, &limits, keeps_others);
}

static void arrive(struct world *world)
{
    gsl_rng *rng = world->rng;
    enum engine_op op = draw_bool(rng, world->profile.write_share) ? ENGINE_WRITE : ENGINE_READ;
    if (draw_bool(rng, 0.1))
        op = (enum engine_op)gsl_rng_uniform_int(rng, ENGINE_OP_COUNT);
    int64_t latency_ns = world->profile.latency_ns;
    if (latency_ns > 0 && draw_bool(rng, 0.5))
        latency_ns = draw_duration(rng, latency_ns);
    if (draw_bool(rng, 0.01))
        latency_ns = ENGINE_NEVER;
    uint64_t bytes = draw_bytes(rng, world->profile.extreme);
    if (world->profile.is_round)
        bytes = ROUND_BYTES * (1 + gsl_rng_uniform_int(rng, 3));
    if (bytes > BYTES_MAX)
        bytes = BYTES_MAX;
    uint32_t drive = (uint32_t)gsl_rng_uniform_int(rng, world->pair.drive_count);
    drive_pair_submit(&world->pair, drive, op, bytes, latency_ns);
}

static int64_t sum(int64_t now_ns, int64_t more_ns)
{
    return now_ns > INT64_MAX - more_ns ? INT64_MAX : now_ns + more_ns;
}

// Time goes on: not at all, to a deadline, 1 ns beside one, or as drawn.
static void pass_time(struct world *world)
{
    gsl_rng *rng = world->rng;
    const struct profile *profile = &world->profile;
    struct drive_pair *pair = &world->pair;
    if (draw_bool(rng, profile->same_time_share))
        return;
    int64_t deadline_ns = drive_pair_next_deadline(pair);
    int64_t to_ns = sum(pair->now_ns, draw_duration(rng, profile->gap_ns) + profile->grid_ns - 1);
    to_ns -= to_ns % profile->grid_ns;
    if (deadline_ns != ENGINE_NEVER && draw_bool(rng, 0.05))
        to_ns = deadline_ns - 1 + (int64_t)gsl_rng_uniform_int(rng, 3);
    if (to_ns < pair->now_ns)
        return;
    drive_pair_pass(pair, to_ns, draw_bool(rng, profile->late_share));
}

static void add_drive(struct world *world)
{
    gsl_rng *rng = world->rng;
    struct engine_parameters limits = draw_drive_limits(world, draw_bool(rng, 0.1));
    enum engine_attach attach = draw_bool(rng, 0.5) ? ENGINE_FILTER : ENGINE_DRIVE;
    int64_t gap_ns = draw_bool(rng, 0.5) ? world->profile.gap_ns : 0;
    drive_pair_add(&world->pair, attach, &limits, sum(world->pair.now_ns, gap_ns));
}

static void run(struct world *world, int64_t start_ns)
{
    struct drive_pair *pair = &world->pair;
    drive_pair_create(pair, world->algorithm, STEPS_MAX, start_ns);
    for (int i = 0; i < world->profile.steps; i++) {
        pass_time(world);
        if (pair->drive_count < world->profile.drives) {
            add_drive(world);
        } else if (draw_bool(world->rng, world->profile.change_share)) {
            if (has_buckets(world) && draw_bool(world->rng, 0.3))
                fill(world);
            else
                change_limits(world);
        } else {
            arrive(world);
        }
        drive_pair_pass(pair, pair->now_ns, false);
        if (draw_bool(world->rng, 0.05))
            drive_pair_fire(pair); // nothing is due
    }
    for (int i = 0; i < 60; i++)
        drive_pair_pass(pair, sum(pair->now_ns, INT64_C(1000000000)), false);
    drive_pair_destroy(pair);
}

static void check(const char *name)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->algorithm = engine_find(name);
    assert_non_null(world->algorithm);
    world->rng = gsl_rng_alloc(gsl_rng_mt19937);
    assert_non_null(world->rng);
    gsl_rng_set(world->rng, draw_seed());
    uint64_t steps = 0, requests = 0, departures = 0, waited = 0;
    for (int i = 0; i < RUNS; i++) {
        draw_profile(world);
        run(world, draw_bool(world->rng, 0.05) ? LATE_START_NS : 0);
        steps += world->pair.steps;
        requests += world->pair.request_count;
        departures += world->pair.compared;
        waited += world->pair.waited;
    }
    printf("%s: %llu steps, %llu requests, %llu left, %llu of them later\n", name,
           (unsigned long long)steps, (unsigned long long)requests, (unsigned long long)departures,
           (unsigned long long)waited);
    assert_true(waited > requests / 20); // otherwise little has been compared
    gsl_rng_free(world->rng);
    free(world);
}

static void check_slice_2011(void **state)
{
    (void)state;
    check("slice-2011");
}

static void check_slice(void **state)
{
    (void)state;
    check("slice");
}

static void check_bucket(void **state)
{
    (void)state;
    check("bucket");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(check_slice_2011),
    cmocka_unit_test(check_slice),
    cmocka_unit_test(check_bucket),
};
TEST_GROUP(drive_models, tests, NULL, NULL);
