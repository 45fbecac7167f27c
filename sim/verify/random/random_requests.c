// SPDX-License-Identifier: GPL-2.0-or-later
// The requests of a random case: spells, each with its own rhythm, disks and sizes.
//
// Rhythms are taken from the limits, so that requests often arrive at the nanosecond at which a
// timer fires: after a rush at one instant, timers of a bucket without burst fire at multiples of
// units / average, less the tenth of a second that it holds.
#include "sim/verify/random/random_case.h"

#include "sim/verify/random/random_limits.h"

#include <string.h>

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define GRID_MAX_NS (28 * 60 * MINUTE) // more than a day, so that slow buckets can drain
#define REQUESTS_MIN 30
#define POOL_MAX 8

enum rhythm {
    RHYTHM_AT_ONCE,
    RHYTHM_NANOSECOND, // one by one
    RHYTHM_GRID,       // as fast as the limit
    RHYTHM_BESIDE,     // the same, sometimes a nanosecond beside it
    RHYTHM_CROWD,      // faster
    RHYTHM_LOOSE,      // anything up to half as fast
    RHYTHM_COUNT,
};

struct spell {
    enum rhythm rhythm;
    int64_t grid_ns;
    int64_t hold_ns; // how much of the grid's limit its bucket holds before requests wait
    uint64_t bytes;  // of each request
    bool is_mixed;   // no: of sizes of their own
    unsigned op_weights[4];
    uint32_t pool[POOL_MAX]; // members
    uint32_t pool_count;
};

struct draft {
    gsl_rng *rng;
    struct random_case *random_case;
    int64_t now_ns;
};

// ---- Sizes ----

static uint64_t draw_bytes(gsl_rng *rng)
{
    static const int64_t sizes[] = {0,    1,    511,   512,   513,     4095,
                                    4096, 4097, 12345, 65536, 1048576, 2097152};
    if (random_draw_percent(rng, 65))
        return (uint64_t)RANDOM_DRAW_PICK(rng, sizes);
    return (uint64_t)random_draw_magnitude(
        rng, random_draw_percent(rng, 5) ? (int64_t)RANDOM_CASE_BYTES_MAX : 2097152);
}

static uint64_t draw_zeroes(gsl_rng *rng)
{
    static const int64_t sizes[] = {1, 4194304, 4194305, 2147483135, 2147483136};
    return (uint64_t)(random_draw_percent(rng, 70)
                          ? RANDOM_DRAW_PICK(rng, sizes)
                          : random_draw_magnitude(rng, (int64_t)RANDOM_CASE_ZEROES_MAX));
}

// What a request of this spell takes.
static uint64_t draw_request_bytes(gsl_rng *rng, const struct spell *spell, enum engine_op op)
{
    uint64_t bytes = spell->is_mixed ? draw_bytes(rng) : spell->bytes;
    bool has_data = op == ENGINE_READ || op == ENGINE_WRITE;
    if (!has_data && random_draw_percent(rng, 15))
        bytes = draw_zeroes(rng);
    return bytes == 0 && !has_data ? 1 : bytes;
}

// ---- Rhythms ----

// How long `units` take at a rate, up to GRID_MAX_NS; at least 1 ns.
static int64_t duration_ns(uint64_t units, int64_t rate)
{
    uint64_t per_second = (uint64_t)rate;
    uint64_t seconds = units / per_second, rest = units % per_second;
    if (seconds >= (uint64_t)(GRID_MAX_NS / SECOND))
        return GRID_MAX_NS;
    // rest < 2^32, units being a size: rest * 10^9 fits.
    int64_t ns = (int64_t)(seconds * (uint64_t)SECOND + rest * (uint64_t)SECOND / per_second);
    return ns == 0 ? 1 : ns;
}

// One that is set in the group, or -1.
static int draw_limited_bucket(gsl_rng *rng, const struct engine_parameters *limits)
{
    unsigned first = (unsigned)random_draw_below(rng, RANDOM_LIMITS_BUCKETS);
    for (unsigned i = 0; i < RANDOM_LIMITS_BUCKETS; i++) {
        unsigned bucket = (first + i) % RANDOM_LIMITS_BUCKETS;
        if (random_limits_value(limits, random_limits_row(bucket, RANDOM_LIMITS_AVERAGE)) > 0)
            return (int)bucket;
    }
    return -1;
}

// A tenth, a third, ... of what a limit lets through in a second, or a usual size.
static uint64_t draw_spell_bytes(gsl_rng *rng, const struct engine_parameters *limits)
{
    static const int64_t shares[] = {1, 2, 3, 10, 20, 100};
    int bucket = draw_limited_bucket(rng, limits);
    if (bucket < 0 || bucket >= RANDOM_LIMITS_FIRST_IOPS || random_draw_percent(rng, 30))
        return draw_bytes(rng);
    int64_t average =
        random_limits_value(limits, random_limits_row((unsigned)bucket, RANDOM_LIMITS_AVERAGE));
    int64_t bytes = average / RANDOM_DRAW_PICK(rng, shares);
    return (uint64_t)(bytes > 2097152 ? 4096 : bytes);
}

static int64_t limit_of(const struct engine_parameters *limits, unsigned bucket,
                        enum random_limits_part part)
{
    return random_limits_value(limits, random_limits_row(bucket, part));
}

static int64_t bucket_grid_ns(const struct engine_parameters *limits, unsigned bucket,
                              uint64_t bytes)
{
    int64_t average = limit_of(limits, bucket, RANDOM_LIMITS_AVERAGE);
    uint64_t units = bucket < RANDOM_LIMITS_FIRST_IOPS ? bytes : 1;
    return average == 0 ? 0 : duration_ns(units, average);
}

// The one that holds up requests of this size most, mostly.
static int draw_grid_bucket(gsl_rng *rng, const struct engine_parameters *limits, uint64_t bytes)
{
    int slowest = draw_limited_bucket(rng, limits);
    if (slowest < 0 || random_draw_percent(rng, 30))
        return slowest;
    for (unsigned bucket = 0; bucket < RANDOM_LIMITS_BUCKETS; bucket++) {
        if (bucket_grid_ns(limits, bucket, bytes) >
            bucket_grid_ns(limits, (unsigned)slowest, bytes))
            slowest = (int)bucket;
    }
    return slowest;
}

// The grid of a spell: how long a limit takes for one request; or a usual time.
static void draw_grid(gsl_rng *rng, const struct engine_parameters *limits, struct spell *spell)
{
    static const int64_t grids[] = {MS, 10 * MS, 10 * MS, 100 * MS, 100 * MS, SECOND, 999999};
    int chosen = draw_grid_bucket(rng, limits, spell->bytes);
    spell->hold_ns = 100 * MS;
    spell->grid_ns = RANDOM_DRAW_PICK(rng, grids);
    if (chosen < 0 || random_draw_percent(rng, 20))
        return;
    unsigned bucket = (unsigned)chosen;
    int64_t max = limit_of(limits, bucket, RANDOM_LIMITS_MAX);
    int64_t held = max * limit_of(limits, bucket, RANDOM_LIMITS_LENGTH);
    spell->grid_ns = bucket_grid_ns(limits, bucket, spell->bytes);
    if (max > 0 && random_draw_percent(rng, 40))
        spell->grid_ns = duration_ns(bucket < RANDOM_LIMITS_FIRST_IOPS ? spell->bytes : 1, max);
    else if (held > 0 && held < INT64_C(4294967296))
        spell->hold_ns =
            duration_ns((uint64_t)held, limit_of(limits, bucket, RANDOM_LIMITS_AVERAGE));
}

static int64_t draw_gap(gsl_rng *rng, const struct spell *spell)
{
    int64_t grid_ns = spell->grid_ns;
    switch (spell->rhythm) {
    case RHYTHM_NANOSECOND:
        return 1;
    case RHYTHM_GRID:
        return grid_ns;
    case RHYTHM_BESIDE:
        return random_draw_between(rng, grid_ns - 1, grid_ns + 1);
    case RHYTHM_CROWD:
        return grid_ns / random_draw_between(rng, 2, 10);
    case RHYTHM_LOOSE:
        return random_draw_between(rng, 0, 2 * grid_ns);
    case RHYTHM_AT_ONCE:
    case RHYTHM_COUNT:
        break;
    }
    return 0;
}

// When a bucket that was empty, and took many requests at once, lets one of them go.
static int64_t draw_deadline(gsl_rng *rng, const struct spell *spell)
{
    int64_t requests = spell->hold_ns / spell->grid_ns + random_draw_between(rng, 1, 6);
    return requests * spell->grid_ns - spell->hold_ns;
}

// Before a spell: none, up to a deadline after the last one, or long enough for buckets to drain.
static int64_t draw_pause(gsl_rng *rng, const struct spell *spell)
{
    static const int64_t pauses[] = {SECOND,      2 * SECOND, 10 * SECOND,  MINUTE, 10 * MINUTE,
                                     60 * MINUTE, 100 * MS,   100 * MS + 1, 1,      5 * SECOND + 1};
    switch (random_draw_below(rng, 6)) {
    case 0:
        return 0;
    case 1:
        return random_draw_between(rng, 1, 12) * spell->grid_ns;
    case 2:
    case 3:
        return draw_deadline(rng, spell);
    case 4:
        return random_draw_magnitude(rng, 60 * MINUTE);
    default:
        return RANDOM_DRAW_PICK(rng, pauses);
    }
}

// ---- Spells ----

// Mostly members of the group that the spell is about.
static void draw_pool(gsl_rng *rng, const struct random_case *random_case, uint32_t group,
                      struct spell *spell)
{
    static const uint32_t sizes[] = {1, 2, POOL_MAX, POOL_MAX};
    spell->pool_count = sizes[random_draw_below(rng, sizeof sizes / sizeof sizes[0])];
    for (uint32_t i = 0; i < spell->pool_count; i++) {
        uint32_t *member = &spell->pool[i];
        for (int attempt = 0; attempt < 4; attempt++) {
            *member = (uint32_t)random_draw_below(rng, random_case->member_count);
            if (random_case->members[*member].group.index == group)
                break;
        }
    }
}

// A new one, or the last one with another rhythm.
static void draw_spell(struct draft *draft, struct spell *spell)
{
    static const unsigned rhythms[RHYTHM_COUNT] = {30, 10, 20, 10, 20, 10};
    static const unsigned ops[][4] = {
        {6, 3, 1, 1}, {1, 0, 0, 0}, {0, 1, 0, 0}, {1, 1, 1, 1}, {0, 2, 1, 0}};
    gsl_rng *rng = draft->rng;
    const struct random_case *random_case = draft->random_case;
    spell->rhythm = (enum rhythm)random_draw_weighted(rng, rhythms, RHYTHM_COUNT);
    if (spell->pool_count > 0 && random_draw_percent(rng, 45))
        return;
    uint32_t group = (uint32_t)random_draw_below(rng, random_case->group_count);
    const struct engine_parameters *limits = &random_case->groups[group];
    spell->bytes = draw_spell_bytes(rng, limits);
    spell->is_mixed = random_draw_percent(rng, 30);
    draw_grid(rng, limits, spell);
    memcpy(spell->op_weights, ops[random_draw_below(rng, sizeof ops / sizeof ops[0])],
           sizeof spell->op_weights);
    draw_pool(rng, random_case, group, spell);
}

static void add_request(struct draft *draft, const struct spell *spell)
{
    static const enum engine_op ops[] = {ENGINE_READ, ENGINE_WRITE, ENGINE_WRITE_ZEROES,
                                         ENGINE_DISCARD};
    struct random_case *random_case = draft->random_case;
    struct random_event *request = &random_case->events[random_case->event_count++];
    uint32_t member = spell->pool[random_draw_below(draft->rng, spell->pool_count)];
    enum engine_op op = ops[random_draw_weighted(draft->rng, spell->op_weights, 4)];
    *request = (struct random_event){
        .at_ns = draft->now_ns,
        .kind = RANDOM_REQUEST,
        .member = member,
        .op = op,
        .bytes = draw_request_bytes(draft->rng, spell, op),
    };
}

static void draw_requests(struct draft *draft)
{
    gsl_rng *rng = draft->rng;
    size_t count = (size_t)random_draw_between(
        rng, REQUESTS_MIN, random_draw_percent(rng, 50) ? 80 : RANDOM_REQUESTS_MAX);
    struct spell spell = {0};
    while (draft->random_case->event_count < count) {
        draw_spell(draft, &spell);
        if (draft->random_case->event_count > 0)
            draft->now_ns += draw_pause(rng, &spell);
        int64_t length = random_draw_between(rng, 1, random_draw_percent(rng, 70) ? 15 : 50);
        for (; length > 0 && draft->random_case->event_count < count; length--) {
            add_request(draft, &spell);
            draft->now_ns += draw_gap(rng, &spell);
        }
    }
}

void random_requests_draw(gsl_rng *rng, struct random_case *random_case)
{
    struct draft draft = {.rng = rng, .random_case = random_case};
    if (random_draw_percent(rng, 50))
        draft.now_ns = random_draw_magnitude(rng, 10 * SECOND);
    draw_requests(&draft);
}
