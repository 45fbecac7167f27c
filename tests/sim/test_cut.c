// SPDX-License-Identifier: GPL-2.0-or-later
// Parts of traces, merged, against a slow model that keeps everything, filters and sorts it.
#include "tests/sim/lab.h"

#include "sim/parts/cut.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 wide; // every product here fits

// ---- Fractions ----

static const struct {
    const char *text;
    int64_t numerator, denominator;
} good_fractions[] = {
    {"1", 1, 1},
    {"2", 2, 1},
    {"1.5", 3, 2},
    {".5", 1, 2},
    {"0.25", 1, 4},
    {"007.0", 7, 1},
    {"2.50000", 5, 2},
    {"6/4", 3, 2},
    {"1/3", 1, 3},
    {"10/2", 5, 1},
    {"3.142", 1571, 500},
    {"0.000000001", 1, FRACTION_MAX},
    {"1000000000", FRACTION_MAX, 1},
    {"1/1000000000", 1, FRACTION_MAX},
    {"2000000000/2", FRACTION_MAX, 1},
    {"1.0000000000000000000000", 1, 1},
};

static const char *const bad_fractions[] = {
    "",
    "0",
    "0.0",
    "0/1",
    "1/0",
    "-1",
    "+1",
    "inf",
    "nan",
    "1x",
    " 1",
    "1 ",
    "1e3",
    "1.5e2",
    ".",
    "1.",
    "/2",
    "1/",
    "1/-2",
    "1/2/3",
    "1.5/2",
    "1/.5",
    "1..5",
    "1/ 2",
    "0x10",
    "1000000001",
    "0.0000000001",
    "1/1000000001",
    "99999999999999999999999",
    "0.12345678901234567890123",
    NULL,
};

static void fractions(void **state)
{
    (void)state;
    struct fraction fraction;
    for (size_t i = 0; i < sizeof good_fractions / sizeof good_fractions[0]; i++) {
        if (!fraction_parse(good_fractions[i].text, &fraction))
            fail_msg("'%s' is refused", good_fractions[i].text);
        assert_int_equal(fraction.numerator, good_fractions[i].numerator);
        assert_int_equal(fraction.denominator, good_fractions[i].denominator);
    }
    for (size_t i = 0; bad_fractions[i] != NULL; i++) {
        if (fraction_parse(bad_fractions[i], &fraction))
            fail_msg("'%s' is accepted", bad_fractions[i]);
    }
}

// The quotient is the largest number whose product with the divisor is not above the value.
static void division_is_exact(void **state)
{
    (void)state;
    uint64_t random = 11;
    size_t fitting = 0;
    for (int round = 0; round < 300000; round++) {
        struct fraction divisor = {
            (int64_t)(random_next(&random) >> (random_below(&random, 30) + 34)) + 1,
            (int64_t)(random_next(&random) >> (random_below(&random, 30) + 34)) + 1,
        };
        divisor.numerator = divisor.numerator > FRACTION_MAX ? FRACTION_MAX : divisor.numerator;
        divisor.denominator =
            divisor.denominator > FRACTION_MAX ? FRACTION_MAX : divisor.denominator;
        int64_t value = (int64_t)(random_next(&random) >> (random_below(&random, 63) + 1));
        wide scaled = (wide)value * (wide)divisor.denominator;
        int64_t quotient;
        bool fits = fraction_divide(value, &divisor, &quotient);
        assert_int_equal(fits, scaled / (wide)divisor.numerator <= INT64_MAX);
        if (!fits)
            continue;
        assert_true((wide)quotient * (wide)divisor.numerator <= scaled);
        assert_true(((wide)quotient + 1) * (wide)divisor.numerator > scaled);
        fitting++;
    }
    assert_true(fitting > 100000);
}

// ---- The model ----

#define TRACES_MAX 4
#define REQUESTS_MAX 60
#define NAMES 5

static const char *const volume_names[NAMES] = {"a", "b", "254,16", "c d", "zz"};

struct row {
    int64_t time_ns; // as recorded, then as it arrives
    enum trace_op op;
    uint64_t offset; // tells the rows apart
    size_t volume;
    size_t trace;
};

struct part {
    struct cut cut;
    const char *volumes[NAMES];
    char path[300];
    struct row rows[REQUESTS_MAX];
    size_t count;
};

struct merging {
    struct part parts[TRACES_MAX];
    size_t count;
    struct row expected[TRACES_MAX * REQUESTS_MAX];
    size_t expected_count;
};

static bool model_has_volume(const struct part *part, size_t volume)
{
    for (size_t i = 0; i < part->cut.volume_count; i++) {
        if (strcmp(part->cut.volumes[i], volume_names[volume]) == 0)
            return true;
    }
    return part->cut.volume_count == 0;
}

static void model_add(struct merging *merging, size_t index)
{
    const struct part *part = &merging->parts[index];
    const struct cut *cut = &part->cut;
    for (size_t i = 0; i < part->count; i++) {
        struct row row = part->rows[i];
        if (row.time_ns < cut->start_ns || row.time_ns - cut->start_ns >= cut->duration_ns ||
            (cut->ops & 1u << row.op) == 0 || !model_has_volume(part, row.volume))
            continue;
        row.time_ns = (int64_t)((wide)(row.time_ns - cut->start_ns) * (wide)cut->speed.denominator /
                                (wide)cut->speed.numerator);
        row.trace = index;
        // Insertion keeps equal times in the order of the traces.
        size_t at = merging->expected_count++;
        for (; at > 0 && merging->expected[at - 1].time_ns > row.time_ns; at--)
            merging->expected[at] = merging->expected[at - 1];
        merging->expected[at] = row;
    }
}

static void draw_cut(struct part *part, uint64_t *random)
{
    struct cut *cut = &part->cut;
    *cut = cut_of_all();
    if (random_below(random, 2) == 0)
        cut->ops = 1 + (unsigned)random_below(random, CUT_ALL_OPS);
    if (random_below(random, 2) == 0)
        cut->start_ns = (int64_t)random_below(random, 60);
    if (random_below(random, 2) == 0)
        cut->duration_ns = (int64_t)random_below(random, 100);
    if (random_below(random, 2) == 0)
        cut->speed = (struct fraction){1 + (int64_t)random_below(random, 7),
                                       1 + (int64_t)random_below(random, 7)};
    // Only such volumes as are in the trace: others are an error.
    for (size_t i = 0; i < NAMES && random_below(random, 3) > 0; i++) {
        size_t volume = part->rows[random_below(random, part->count)].volume;
        part->volumes[cut->volume_count++] = volume_names[volume];
    }
    cut->volumes = part->volumes;
}

static void draw_part(struct part *part, size_t index, uint64_t *random)
{
    char text[REQUESTS_MAX * 64 + 100] = HEADER, name[20];
    size_t used = strlen(text);
    int64_t time_ns = 0;
    part->count = 1 + random_below(random, REQUESTS_MAX - 1);
    for (size_t i = 0; i < part->count; i++) {
        time_ns += (int64_t)random_below(random, 4);
        struct row row = {
            .time_ns = time_ns,
            .op = (enum trace_op)random_below(random, TRACE_OP_COUNT),
            .offset = 512 * i,
            .volume = random_below(random, NAMES),
        };
        row.offset = row.op == TRACE_FLUSH ? 0 : row.offset;
        used += (size_t)snprintf(text + used, sizeof text - used, "%lld,%s,%llu,%d,\"%s\",\n",
                                 (long long)row.time_ns, trace_op_name(row.op),
                                 (unsigned long long)row.offset, row.op == TRACE_FLUSH ? 0 : 512,
                                 volume_names[row.volume]);
        part->rows[i] = row;
    }
    snprintf(name, sizeof name, "part%zu.csv", index);
    scratch_text(name, text);
    snprintf(part->path, sizeof part->path, "%s", scratch_path(name));
    draw_cut(part, random);
}

static void merge_and_compare(const struct merging *merging)
{
    struct cut_stream streams[TRACES_MAX];
    struct merge merge = {.streams = streams};
    struct sim_error error;
    for (size_t i = 0; i < merging->count; i++) {
        struct trace_config config = {.path = merging->parts[i].path};
        assert_true(cut_open(&streams[i], &config, &merging->parts[i].cut, &error));
        merge.count++;
    }
    assert_true(merge_start(&merge, &error));
    for (size_t i = 0; i < merging->expected_count; i++) {
        const struct row *row = &merging->expected[i];
        size_t next = merge_next(&merge);
        assert_int_equal(next, row->trace);
        const struct cut_stream *stream = &streams[next];
        assert_int_equal(stream->next_ns, row->time_ns);
        assert_int_equal(stream->next.offset, row->offset);
        assert_int_equal(stream->next.op, row->op);
        assert_string_equal(trace_volume_name(stream->trace, stream->next.volume),
                            volume_names[row->volume]);
        if (!merge_advance(&merge, &error))
            fail_msg("%s", error.message);
    }
    assert_int_equal(merge_next(&merge), merge.count);
    merge_free(&merge);
    for (size_t i = 0; i < merge.count; i++)
        cut_close(&streams[i]);
}

static void random_parts(void **state)
{
    (void)state;
    uint64_t random = 3;
    size_t requests = 0;
    for (int round = 0; round < 300; round++) {
        static struct merging merging;
        merging = (struct merging){.count = 1 + random_below(&random, TRACES_MAX)};
        for (size_t i = 0; i < merging.count; i++) {
            draw_part(&merging.parts[i], i, &random);
            model_add(&merging, i);
        }
        merge_and_compare(&merging);
        requests += merging.expected_count;
    }
    assert_true(requests > 5000);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fractions),
    cmocka_unit_test(division_is_exact),
    cmocka_unit_test(random_parts),
};
TEST_GROUP(cut, tests, scratch_make, scratch_remove);
