// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/random/random_limits.h"

#include <gsl/gsl_errno.h>

gsl_rng *random_draw_new(uint64_t seed)
{
    // The generator takes 32 bits; seeds below 2^32 stay apart.
    uint32_t folded = (uint32_t)seed ^ (uint32_t)((seed >> 32) * UINT64_C(0x9e3779b1));
    gsl_set_error_handler_off(); // GSL's own would end the program when memory runs out
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    if (rng != NULL)
        gsl_rng_set(rng, (uint32_t)(folded + 1)); // 0 is taken for a default
    return rng;
}

uint64_t random_draw_below(gsl_rng *rng, uint64_t limit)
{
    if (limit <= UINT32_MAX)
        return gsl_rng_uniform_int(rng, (unsigned long)limit);
    uint64_t high = gsl_rng_get(rng);
    uint64_t low = gsl_rng_get(rng);
    return (high << 32 | low) % limit;
}

int64_t random_draw_between(gsl_rng *rng, int64_t least, int64_t most)
{
    return least + (int64_t)random_draw_below(rng, (uint64_t)(most - least) + 1);
}

bool random_draw_percent(gsl_rng *rng, unsigned percent)
{
    return random_draw_below(rng, 100) < percent;
}

int64_t random_draw_magnitude(gsl_rng *rng, int64_t most)
{
    unsigned digits = 1;
    for (int64_t rest = most; rest >= 10; rest /= 10)
        digits++;
    int64_t limit = 10;
    for (uint64_t more = random_draw_below(rng, digits); more > 0 && limit <= most / 10; more--)
        limit *= 10;
    return random_draw_between(rng, limit / 10, limit <= most ? limit - 1 : most);
}

int64_t random_draw_pick(gsl_rng *rng, const int64_t *values, size_t count)
{
    return values[random_draw_below(rng, count)];
}

size_t random_draw_weighted(gsl_rng *rng, const unsigned *weights, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    unsigned long left = gsl_rng_uniform_int(rng, sum);
    size_t index = 0;
    for (; left >= weights[index]; index++)
        left -= weights[index];
    return index;
}

// ---- Limits ----

#define RATE_MAX INT64_C(1000000000000000) // the engine's largest, also of max times length
#define LENGTH_MAX INT64_C(4294967295)

const struct engine_algorithm *random_limits_algorithm(void)
{
    return engine_find("throttle-group");
}

int random_limits_row(unsigned bucket, enum random_limits_part part)
{
    static const char *const keys[RANDOM_LIMITS_BUCKETS][RANDOM_LIMITS_PART_COUNT] = {
        {"bps-total", "bps-total-max", "bps-total-max-length"},
        {"bps-read", "bps-read-max", "bps-read-max-length"},
        {"bps-write", "bps-write-max", "bps-write-max-length"},
        {"iops-total", "iops-total-max", "iops-total-max-length"},
        {"iops-read", "iops-read-max", "iops-read-max-length"},
        {"iops-write", "iops-write-max", "iops-write-max-length"},
    };
    return engine_parameter_find(random_limits_algorithm(), keys[bucket][part]);
}

int random_limits_iops_size(void)
{
    return engine_parameter_find(random_limits_algorithm(), "iops-size");
}

// ---- What is asked ----

static bool is_given(const struct engine_parameters *limits, int row)
{
    return (limits->given & (UINT32_C(1) << row)) != 0;
}

static void give(struct engine_parameters *limits, int row, int64_t value)
{
    limits->value[row] = value;
    limits->given |= UINT32_C(1) << row;
}

int64_t random_limits_value(const struct engine_parameters *limits, int row)
{
    return is_given(limits, row) ? limits->value[row]
                                 : random_limits_algorithm()->parameters[row].initial;
}

bool random_limits_are_valid(const struct engine_parameters *limits)
{
    struct engine_fault fault;
    return engine_check(random_limits_algorithm(), limits, &fault) == ENGINE_OK;
}

bool random_limits_are_off(const struct engine_parameters *limits)
{
    for (unsigned bucket = 0; bucket < RANDOM_LIMITS_BUCKETS; bucket++) {
        if (random_limits_value(limits, random_limits_row(bucket, RANDOM_LIMITS_AVERAGE)) != 0)
            return false;
    }
    return true;
}

void random_limits_merge(struct engine_parameters *limits, const struct engine_parameters *given)
{
    for (int row = 0; row < (int)random_limits_algorithm()->parameter_count; row++) {
        if (is_given(given, row))
            give(limits, row, given->value[row]);
    }
}

// ---- A whole set ----

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t draw_average(gsl_rng *rng, bool extreme, unsigned bucket)
{
    static const int64_t bps[] = {512, 4096, 10000, 65536, 1000003, 1 << 20, 100000000};
    static const int64_t iops[] = {1, 2, 3, 4, 7, 10, 10, 11, 33, 100, 300};
    static const int64_t edges[] = {1, 2, 3, 9, 1000000007, RATE_MAX / 10, RATE_MAX - 1, RATE_MAX};
    if (extreme && random_draw_percent(rng, 50))
        return RANDOM_DRAW_PICK(rng, edges);
    if (extreme)
        return random_draw_magnitude(rng, RATE_MAX);
    bool is_bps = bucket < RANDOM_LIMITS_FIRST_IOPS;
    if (random_draw_percent(rng, 30))
        return random_draw_magnitude(rng, is_bps ? 1000000000 : 2000);
    return is_bps ? RANDOM_DRAW_PICK(rng, bps) : RANDOM_DRAW_PICK(rng, iops);
}

// An average alone, with a burst, or with a burst of some length.
static void draw_bucket(gsl_rng *rng, bool extreme, unsigned bucket,
                        struct engine_parameters *limits)
{
    static const int64_t factors[] = {1, 1, 2, 2, 3, 10};
    static const int64_t lengths[] = {1, 2, 2, 3, 5, 10, 60};
    int64_t average = draw_average(rng, extreme, bucket), length = 1;
    bool is_long = extreme && random_draw_percent(rng, 30);
    if (is_long)
        average = random_draw_magnitude(rng, RATE_MAX / LENGTH_MAX);
    give(limits, random_limits_row(bucket, RANDOM_LIMITS_AVERAGE), average);
    if (random_draw_percent(rng, 45) && !is_long)
        return;
    int64_t factor = RANDOM_DRAW_PICK(rng, factors);
    int64_t more = random_draw_percent(rng, 30) ? random_draw_between(rng, 0, average) : 0;
    int64_t most = is_long ? RATE_MAX / LENGTH_MAX : RATE_MAX;
    int64_t max = average > most / factor ? most : smaller(average * factor + more, most);
    give(limits, random_limits_row(bucket, RANDOM_LIMITS_MAX), max);
    if (is_long)
        length = random_draw_percent(rng, 50) ? LENGTH_MAX : random_draw_magnitude(rng, LENGTH_MAX);
    else if (random_draw_percent(rng, 65))
        length = smaller(RANDOM_DRAW_PICK(rng, lengths), RATE_MAX / max);
    if (length > 1 || random_draw_percent(rng, 10))
        give(limits, random_limits_row(bucket, RANDOM_LIMITS_LENGTH), length);
}

// Bytes or requests: nothing, the total, one direction or both.
static void draw_kind(gsl_rng *rng, bool extreme, unsigned first, struct engine_parameters *limits)
{
    uint64_t form = random_draw_below(rng, 6);
    if (form == 1 || form == 2)
        draw_bucket(rng, extreme, first, limits);
    if (form == 3 || form == 5)
        draw_bucket(rng, extreme, first + 1, limits);
    if (form == 4 || form == 5)
        draw_bucket(rng, extreme, first + 2, limits);
}

// Keys with the value that they have anyway.
static void give_initial(gsl_rng *rng, unsigned percent, struct engine_parameters *limits)
{
    const struct engine_algorithm *algorithm = random_limits_algorithm();
    for (int row = 0; row < (int)algorithm->parameter_count; row++) {
        if (!is_given(limits, row) && random_draw_percent(rng, percent))
            give(limits, row, algorithm->parameters[row].initial);
    }
}

static bool has_iops(const struct engine_parameters *limits)
{
    uint32_t averages = 0;
    for (unsigned bucket = RANDOM_LIMITS_FIRST_IOPS; bucket < RANDOM_LIMITS_BUCKETS; bucket++)
        averages |= UINT32_C(1) << random_limits_row(bucket, RANDOM_LIMITS_AVERAGE);
    return (limits->given & averages) != 0;
}

static void draw_set(gsl_rng *rng, bool extreme, struct engine_parameters *limits)
{
    static const int64_t sizes[] = {1, 512, 513, 4096, 4096, 8192, 65536, 1000000};
    static const int64_t edges[] = {1, RATE_MAX, INT64_MAX};
    *limits = (struct engine_parameters){.given = 0};
    while (limits->given == 0) {
        draw_kind(rng, extreme, 0, limits);
        draw_kind(rng, extreme, RANDOM_LIMITS_FIRST_IOPS, limits);
    }
    if (has_iops(limits) && random_draw_percent(rng, 35))
        give(limits, random_limits_iops_size(),
             extreme ? RANDOM_DRAW_PICK(rng, edges) : RANDOM_DRAW_PICK(rng, sizes));
}

void random_limits_draw(gsl_rng *rng, bool extreme, struct engine_parameters *limits)
{
    draw_set(rng, extreme, limits);
    if (random_draw_percent(rng, 20))
        give_initial(rng, 30, limits);
}

// ---- Changes ----

// A set of its own, of which only some keys are given: what is missing stays as it is.
static void draw_part(gsl_rng *rng, bool extreme, struct engine_parameters *change)
{
    draw_set(rng, extreme, change);
    give_initial(rng, 50, change);
    uint32_t mask = (uint32_t)gsl_rng_get(rng);
    change->given &= random_draw_percent(rng, 50) ? mask : mask | (uint32_t)gsl_rng_get(rng);
}

// Another value for one limit that is in force.
static void draw_one(gsl_rng *rng, bool extreme, const struct engine_parameters *in_force,
                     struct engine_parameters *change)
{
    unsigned bucket = (unsigned)random_draw_below(rng, RANDOM_LIMITS_BUCKETS);
    enum random_limits_part part = (enum random_limits_part)random_draw_below(rng, 3);
    int row = random_limits_row(bucket, part);
    int64_t value = random_limits_value(in_force, row);
    *change = (struct engine_parameters){.given = 0};
    if (part == RANDOM_LIMITS_AVERAGE && random_draw_percent(rng, 40))
        give(change, row, draw_average(rng, extreme, bucket));
    else
        give(change, row, random_draw_percent(rng, 50) ? value * 2 : value / 2);
}

static bool is_possible(const struct engine_parameters *in_force,
                        const struct engine_parameters *change)
{
    struct engine_parameters merged = *in_force;
    random_limits_merge(&merged, change);
    return random_limits_are_valid(&merged);
}

void random_limits_draw_change(gsl_rng *rng, bool extreme, const struct engine_parameters *in_force,
                               struct engine_parameters *change)
{
    *change = (struct engine_parameters){.given = 0};
    if (random_draw_percent(rng, 3)) // no key at all still empties the buckets
        return;
    bool is_whole = random_draw_percent(rng, 35);
    for (int attempt = 0; attempt < 20 && !is_whole; attempt++) {
        if (random_draw_percent(rng, 50))
            draw_one(rng, extreme, in_force, change);
        else
            draw_part(rng, extreme, change);
        if (change->given != 0 && is_possible(in_force, change))
            return;
    }
    *change = (struct engine_parameters){.given = 0};
    if (random_draw_percent(rng, 90)) // otherwise: no limits any more
        draw_set(rng, extreme, change);
    give_initial(rng, 100, change);
}

static void give_averages(struct engine_parameters *limits)
{
    for (unsigned bucket = 0; bucket < RANDOM_LIMITS_BUCKETS; bucket++) {
        int row = random_limits_row(bucket, RANDOM_LIMITS_AVERAGE);
        give(limits, row, random_limits_value(limits, row));
    }
}

void random_limits_draw_command(gsl_rng *rng, bool extreme, struct engine_parameters *limits)
{
    random_limits_draw(rng, extreme, limits);
    give_averages(limits);
}

void random_limits_draw_leave(gsl_rng *rng, struct engine_parameters *limits)
{
    *limits = (struct engine_parameters){.given = 0};
    give_averages(limits);
    give_initial(rng, random_draw_percent(rng, 30) ? 50 : 0, limits);
}
