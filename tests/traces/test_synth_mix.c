// SPDX-License-Identifier: GPL-2.0-or-later
// What requests are: operations, sizes, places.
#include "tests/support/test_group.h"
#include "tests/traces/synth_lab.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct lab_requests read_kinds(const struct synth_kind *kinds, uint32_t count)
{
    struct synth_volume volume = lab_volume();
    memcpy(volume.kinds, kinds, count * sizeof *kinds);
    volume.kind_count = count;
    struct synth_spec spec = lab_spec(&volume, 1, 1000 * SECOND_NS);
    struct lab_requests all = lab_read(&spec);
    assert_true(all.count > 90000);
    return all;
}

static void test_mix(void **state)
{
    (void)state;
    static const double shares[] = {60, 25, 10, 5, 0};
    static const double sizes[] = {2.5, 0, 0.5, 97};
    struct synth_kind kinds[5];
    uint64_t found[5] = {0}, found_sizes[4] = {0};
    for (int i = 0; i < 5; i++) {
        static const enum trace_op ops[] = {TRACE_READ, TRACE_WRITE, TRACE_FLUSH, TRACE_DISCARD,
                                            TRACE_WRITE_ZEROES};
        kinds[i] = lab_kind(ops[i]);
        kinds[i].weight = shares[i];
    }
    kinds[1].size_count = 4;
    for (uint32_t i = 0; i < 4; i++)
        kinds[1].sizes[i] = (struct synth_size){512u << i, sizes[i]};
    struct lab_requests all = read_kinds(kinds, 5);
    for (size_t i = 0; i < all.count; i++) {
        const struct trace_request *request = &all.items[i];
        assert_true(request->latency_ns == TRACE_LATENCY_UNKNOWN && request->volume == 0);
        for (int k = 0; k < 5; k++)
            found[k] += request->op == kinds[k].op;
        if (request->op == TRACE_FLUSH)
            assert_true(request->bytes == 0 && request->offset == 0);
        for (int k = 0; request->op == TRACE_WRITE && k < 4; k++)
            found_sizes[k] += request->bytes == 512u << k;
    }
    assert_int_equal(found[4], 0);
    assert_int_equal(found_sizes[1], 0);
    lab_expect_shares("operations", found, shares, 4);
    lab_expect_shares("sizes", found_sizes, sizes, 4);
    lab_free(&all);
}

// All within the space and aligned; everywhere equally often. A request that would reach beyond the
// end is at the last place that it fits.
static void test_uniform(void **state)
{
    (void)state;
    struct synth_kind kind = lab_kind(TRACE_WRITE);
    uint64_t found[100] = {0};
    double shares[100];
    kind.first = 12345;
    kind.span = 100 * 1000 + 999;
    kind.align = 1000;
    kind.sizes[0].bytes = 3500;
    struct lab_requests all = read_kinds(&kind, 1);
    for (size_t i = 0; i < all.count; i++) {
        uint64_t at = all.items[i].offset - kind.first;
        assert_true(all.items[i].offset >= kind.first && at + 3500 <= kind.span);
        assert_int_equal(at % 1000, 0);
        found[at / 1000]++;
    }
    for (int i = 0; i < 100; i++)
        shares[i] = i < 97 ? 1 : i == 97 ? 3 : 0;
    lab_expect_shares("places", found, shares, 98);
    lab_free(&all);
}

static int compare_counts(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x < *y) - (*x > *y);
}

#define PLACES 64

// The places, most often asked for first, have the shares of the ranks; reads and writes have the
// same hot places, two volumes do not.
static void test_zipf(void **state)
{
    (void)state;
    struct synth_volume volume = lab_volume();
    uint64_t found[2][2][PLACES] = {{{0}}};
    double shares[PLACES];
    size_t hot[2][2] = {{0}};
    volume.count = 2;
    volume.arrivals.gap_ns.mean = 1e6;
    volume.kind_count = 2;
    for (int i = 0; i < 2; i++) {
        volume.kinds[i] = lab_kind(i == 0 ? TRACE_READ : TRACE_WRITE);
        volume.kinds[i].place = SYNTH_ZIPF;
        volume.kinds[i].zipf_exponent = 1.1;
        volume.kinds[i].span = PLACES * 4096;
    }
    struct synth_spec spec = lab_spec(&volume, 1, 200 * SECOND_NS);
    struct lab_requests all = lab_read(&spec);
    for (size_t i = 0; i < all.count; i++)
        found[all.items[i].volume][all.items[i].op][all.items[i].offset / 4096]++;
    for (int i = 0; i < PLACES; i++)
        shares[i] = pow(i + 1, -1.1);
    for (int v = 0; v < 2; v++) {
        for (int op = 0; op < 2; op++) {
            for (size_t i = 0; i < PLACES; i++)
                hot[v][op] = found[v][op][i] > found[v][op][hot[v][op]] ? i : hot[v][op];
            qsort(found[v][op], PLACES, sizeof found[v][op][0], compare_counts);
            // Only the first ranks: counts of the last ones are put in order by chance, too.
            uint64_t some[9] = {0};
            double some_shares[9] = {0};
            for (int i = 0; i < PLACES; i++) {
                some[i < 8 ? i : 8] += found[v][op][i];
                some_shares[i < 8 ? i : 8] += shares[i];
            }
            lab_expect_shares("places by rank", some, some_shares, 9);
        }
        assert_int_equal(hot[v][0], hot[v][1]);
    }
    assert_int_not_equal(hot[0][0], hot[1][0]);
    lab_free(&all);
}

// A share of the requests of a kind begin where the one before of that kind ended.
static void test_sequential(void **state)
{
    (void)state;
    struct synth_kind kinds[2] = {lab_kind(TRACE_READ), lab_kind(TRACE_READ)};
    kinds[0].sequential = 0.3;
    kinds[0].span = INT64_C(1) << 40;
    kinds[1].sequential = 1;
    kinds[1].first = INT64_C(1) << 40;
    kinds[1].span = 1000 * 4096 + 5;
    struct lab_requests all = read_kinds(kinds, 2);
    uint64_t ends[2] = {0}, found[2] = {0}, turns = 0;
    for (size_t i = 0; i < all.count; i++) {
        const struct trace_request *request = &all.items[i];
        int kind = request->offset >= kinds[1].first;
        if (kind == 1 && ends[1] != 0 && request->offset != ends[1]) {
            assert_int_equal(request->offset, kinds[1].first);
            assert_int_equal(ends[1], kinds[1].first + 1000 * 4096);
            turns++;
        }
        if (kind == 0 && ends[0] != 0)
            found[request->offset == ends[0]]++;
        ends[kind] = request->offset + request->bytes;
    }
    assert_true(turns > 40);
    lab_expect_shares("sequential", found, (const double[]){0.7, 0.3}, 2);
    lab_free(&all);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_mix),
    cmocka_unit_test(test_uniform),
    cmocka_unit_test(test_zipf),
    cmocka_unit_test(test_sequential),
};
TEST_GROUP(synth_mix, tests, NULL, NULL);
