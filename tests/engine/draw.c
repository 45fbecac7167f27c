// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/engine/draw.h"

#include <stdio.h>
#include <stdlib.h>

#include <gsl/gsl_randist.h>

#include "tests/engine/subject.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define MOST INT64_C(1000000000000000)
#define LONGEST INT64_C(4294967295)

static const char *const kinds[] = {"bps", "iops"};
static const char *const shares[] = {"total", "read", "write"};

unsigned long draw_seed(void)
{
    const char *text = getenv("THROTTLESIM_TEST_SEED");
    unsigned long seed = text == NULL ? 1 : strtoul(text, NULL, 10);
    printf("seed %lu\n", seed);
    return seed;
}

bool draw_bool(gsl_rng *rng, double probability)
{
    return gsl_rng_uniform(rng) < probability;
}

static int64_t pick(gsl_rng *rng, const int64_t *values, size_t count)
{
    return values[gsl_rng_uniform_int(rng, count)];
}

static int64_t draw_average(gsl_rng *rng, bool extreme, int kind)
{
    static const int64_t edges[] = {1, 2, 3, 1000000007, MOST / 10, MOST - 1, MOST};
    static const int64_t bps[] = {512, 4096, 10000, 65536, 1000003, 1 << 20, 100000000};
    static const int64_t iops[] = {1, 2, 3, 4, 7, 10, 33, 100, 1000};
    if (extreme)
        return pick(rng, edges, COUNT_OF(edges));
    return kind == 0 ? pick(rng, bps, COUNT_OF(bps)) : pick(rng, iops, COUNT_OF(iops));
}

static void give(struct engine_parameters *parameters, int kind, int share, const char *suffix,
                 int64_t value)
{
    char key[64];
    snprintf(key, sizeof key, "%s-%s%s", kinds[kind], shares[share], suffix);
    subject_give(parameters, key, value);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void draw_bucket(gsl_rng *rng, bool extreme, struct engine_parameters *parameters, int kind,
                        int share)
{
    static const int64_t factors[] = {1, 1, 2, 3, 10};
    static const int64_t lengths[] = {1, 1, 2, 3, 10, 60};
    int64_t average = draw_average(rng, extreme, kind);
    give(parameters, kind, share, "", average);
    if (draw_bool(rng, 0.5))
        return;
    int64_t max = average + (draw_bool(rng, 0.3) ? 1 : 0);
    max = smaller(max * pick(rng, factors, COUNT_OF(factors)), MOST);
    int64_t length = pick(rng, lengths, COUNT_OF(lengths));
    if (extreme && draw_bool(rng, 0.5))
        length = LONGEST;
    length = smaller(length, MOST / max);
    give(parameters, kind, share, "-max", max);
    give(parameters, kind, share, "-max-length", length);
}

// Total, or read and write in any combination, or none.
static void draw_kind(gsl_rng *rng, bool extreme, struct engine_parameters *parameters, int kind)
{
    unsigned long form = gsl_rng_uniform_int(rng, 6);
    if (form <= 1)
        draw_bucket(rng, extreme, parameters, kind, 0);
    if (form == 2 || form == 4)
        draw_bucket(rng, extreme, parameters, kind, 1);
    if (form == 3 || form == 4)
        draw_bucket(rng, extreme, parameters, kind, 2);
}

static void give_everything(struct engine_parameters *parameters)
{
    const struct engine_algorithm *algorithm = subject_algorithm();
    for (size_t row = 0; row < algorithm->parameter_count; row++) {
        if ((parameters->given & (UINT32_C(1) << row)) == 0)
            parameters->value[row] = algorithm->parameters[row].initial;
        parameters->given |= UINT32_C(1) << row;
    }
}

static void draw_size(gsl_rng *rng, struct engine_parameters *parameters)
{
    static const int64_t sizes[] = {1, 512, 4096, 65536};
    subject_give(parameters, "iops-size", pick(rng, sizes, COUNT_OF(sizes)));
}

void draw_valid_limits(gsl_rng *rng, bool extreme, struct engine_parameters *parameters)
{
    struct engine_fault fault;
    do {
        parameters->given = 0;
        draw_kind(rng, extreme, parameters, 0);
        draw_kind(rng, extreme, parameters, 1);
    } while (parameters->given == 0);
    if (draw_bool(rng, 0.3))
        draw_size(rng, parameters);
    if (engine_check(subject_algorithm(), parameters, &fault) != ENGINE_OK)
        subject_give(parameters, "iops-size", 0);
    give_everything(parameters);
}

static int64_t draw_edge(gsl_rng *rng)
{
    static const int64_t edges[] = {-1, 0, 1, 2, MOST, MOST + 1, LONGEST, LONGEST + 1, INT64_MAX};
    return pick(rng, edges, COUNT_OF(edges));
}

void draw_limits(gsl_rng *rng, bool extreme, struct engine_parameters *parameters)
{
    const struct engine_algorithm *algorithm = subject_algorithm();
    draw_valid_limits(rng, extreme, parameters);
    double form = gsl_rng_uniform(rng);
    if (form < 0.05) { // one key at an edge
        unsigned long row = gsl_rng_uniform_int(rng, algorithm->parameter_count);
        parameters->value[row] = draw_edge(rng);
    } else if (form < 0.15) { // no limit
        parameters->given = 0;
        give_everything(parameters);
    } else if (form < 0.35) { // some keys only
        parameters->given &= (uint32_t)gsl_rng_get(rng);
    } else if (form < 0.45) { // one key only
        parameters->given = UINT32_C(1) << gsl_rng_uniform_int(rng, algorithm->parameter_count);
    }
}

uint64_t draw_bytes(gsl_rng *rng, bool extreme)
{
    static const uint64_t edges[] = {0, 1, UINT64_C(1) << 32, UINT64_C(1) << 53, INT64_MAX};
    if (extreme && draw_bool(rng, 0.3))
        return edges[gsl_rng_uniform_int(rng, COUNT_OF(edges))];
    if (draw_bool(rng, 0.1))
        return gsl_rng_uniform_int(rng, 1u << 20);
    return 512 * (1 + gsl_rng_uniform_int(rng, draw_bool(rng, 0.5) ? 8 : 256));
}

int64_t draw_duration(gsl_rng *rng, int64_t mean_ns)
{
    return (int64_t)gsl_ran_exponential(rng, (double)mean_ns);
}
