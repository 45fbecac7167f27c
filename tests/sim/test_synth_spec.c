// SPDX-License-Identifier: GPL-2.0-or-later
// Specifications as text: what is written is read as the same; what is wrong is told with its
// place.
#include "tests/sim/lab.h"

#include "sim/workload/synth/synth_spec.h"
#include "tests/support/same_request.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct synth_spec parse(const char *text)
{
    struct synth_spec spec;
    struct sim_error error = {0};
    if (!synth_spec_parse(&spec, "case", text, strlen(text), &error))
        fail_msg("%s", error.message);
    return spec;
}

static char *write_text(const struct synth_spec *spec)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    assert_true(synth_spec_write(spec, out));
    assert_int_equal(fclose(out), 0);
    return text;
}

static void test_defaults(void **state)
{
    (void)state;
    struct synth_spec spec = parse("volumes: [{id: a}]");
    const struct synth_volume *volume = &spec.volumes[0];
    assert_true(spec.seed == 1 && spec.duration_ns == INT64_C(60000000000));
    assert_true(spec.requests_max == 0 && spec.volume_count == 1);
    assert_true(volume->count == 1 && volume->kind_count == 2 && volume->correlation == 0);
    assert_true(volume->arrivals.process == SYNTH_RENEWAL);
    assert_true(volume->arrivals.gap_ns.law == SYNTH_EXPONENTIAL);
    assert_true(volume->arrivals.gap_ns.mean == 1e7 && volume->latency_ns.mean == 0);
    assert_true(volume->kinds[0].op == TRACE_READ && volume->kinds[0].weight == 70);
    assert_true(volume->kinds[1].op == TRACE_WRITE && volume->kinds[1].weight == 30);
    assert_true(volume->kinds[0].size_count == 1 && volume->kinds[0].sizes[0].bytes == 4096);
    assert_true(volume->kinds[0].span == UINT64_C(10) << 30 && volume->kinds[0].align == 4096);
    synth_spec_free(&spec);
}

static const char everything[] =
    "seed: 9223372036854775807\n"
    "duration: 1.5min\n"
    "requests: 12345\n"
    "volumes:\n"
    "  - {id: \"a \\\"b\\\" \\\\ c\", count: 3, arrivals: {process: constant, rate: 3}}\n"
    "  - id: gamma\n"
    "    arrivals: {process: gamma, gap: 0.1us, shape: 0.3}\n"
    "    batch: {mean: 2.5, gap: 20us}\n"
    "    latency: 300us\n"
    "    mix:\n"
    "      - {op: read, weight: 0.7, sizes: {4KiB: 80, 64KiB: 20.5}, offsets: {exponent: 1.1}}\n"
    "      - {op: read, sizes: 1M, offsets: {sequential: 0.9, first: 1G, size: 3G, align: 1}}\n"
    "      - {op: flush, weight: 3}\n"
    "      - {op: discard, sizes: 8KiB, offsets: {place: zipf}}\n"
    "      - {op: write-zeroes}\n"
    "  - id: on-off\n"
    "    count: 2\n"
    "    arrivals: {process: on-off, rate: 700, law: weibull, shape: 0.7,\n"
    "               on: {law: pareto, mean: 2s, shape: 1.5}, off: 123456789ns}\n"
    "    correlation: 0.6\n"
    "    bursts: together\n"
    "  - id: mmpp\n"
    "    arrivals: {process: mmpp, states: [{rate: 0, mean: 1s}, {rate: 33.3, mean: 2.7ms}]}\n"
    "  - id: diurnal\n"
    "    arrivals: {process: diurnal, rate: 10, amplitude: 0.25, period: 24h, peak: 14h}\n"
    "    batch: {mean: 3}\n"
    "  - id: closed\n"
    "    arrivals: {process: closed, clients: 4, think: {mean: 5ms}}\n"
    "    latency: {law: lognormal, mean: 333333.33333333333ns, shape: 0.8}\n";

static void expect_same_stream(const struct synth_spec *a, const struct synth_spec *b)
{
    struct trace_error error;
    struct trace_request x, y;
    struct synth *one = synth_open(a, &error), *other = synth_open(b, &error);
    assert_non_null(one);
    assert_non_null(other);
    size_t count = 0;
    for (; synth_read(one, &x, &error) == TRACE_REQUEST; count++) {
        assert_int_equal(synth_read(other, &y, &error), TRACE_REQUEST);
        assert_same_request(&x, &y);
    }
    assert_int_equal(synth_read(other, &y, &error), TRACE_END);
    assert_int_equal(count, a->requests_max);
    synth_close(one);
    synth_close(other);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct synth_spec spec = parse(everything);
    assert_int_equal(spec.volume_count, 6);
    assert_string_equal(spec.volumes[0].name, "a \"b\" \\ c");
    assert_true(spec.volumes[1].arrivals.gap_ns.mean == 0.1 * 1000);
    assert_true(spec.volumes[3].arrivals.states[1].mean_ns == 2.7 * 1e6);
    char *text = write_text(&spec);
    struct synth_spec again = parse(text);
    char *second = write_text(&again);
    assert_string_equal(text, second);
    expect_same_stream(&spec, &again);
    free(text);
    free(second);
    synth_spec_free(&again);
    synth_spec_free(&spec);
}

// Doubles of any kind, as a fit finds them, come back to the last bit.
static void test_numbers(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int i = 0; i < 3000; i++) {
        struct synth_spec spec = parse("volumes: [{id: a, arrivals: {process: gamma, shape: 1}}]");
        struct synth_volume *volume = &spec.volumes[0];
        double u = (double)(random_next(&random) >> 11) * 0x1p-53;
        double v = (double)(random_next(&random) >> 11) * 0x1p-53;
        volume->arrivals.gap_ns.mean = 1 + 1e9 * u * u * u * u;
        volume->arrivals.gap_ns.shape = 0.01 + 10 * v * v;
        volume->latency_ns =
            (struct synth_draw){SYNTH_LOGNORMAL, 1 + 1e12 * v * v * v * v, 3 * u + 0.01};
        volume->kinds[0].weight = u / 3;
        volume->kinds[1].sequential = v;
        char *text = write_text(&spec);
        struct synth_spec again = parse(text);
        const struct synth_volume *same = &again.volumes[0];
        assert_true(same->arrivals.gap_ns.mean == volume->arrivals.gap_ns.mean);
        assert_true(same->arrivals.gap_ns.shape == volume->arrivals.gap_ns.shape);
        assert_true(same->latency_ns.mean == volume->latency_ns.mean);
        assert_true(same->latency_ns.shape == volume->latency_ns.shape);
        assert_true(same->kinds[0].weight == volume->kinds[0].weight);
        assert_true(same->kinds[1].sequential == volume->kinds[1].sequential);
        free(text);
        synth_spec_free(&again);
        synth_spec_free(&spec);
    }
}

// As a person would write them: whole numbers in full, and gaps as a rate where that is short.
static void test_short_numbers(void **state)
{
    (void)state;
    static const struct {
        double gap_ns, weight;
        const char *gap, *share;
    } cases[] = {
        {1e9 / 0.3, 3940, "rate: 0.3", "weight: 3940,"},
        {18, 100, "gap: 18ns", "weight: 100,"},
        {1e6, 1e6, "rate: 1000", "weight: 1000000,"},
        {8.481e8, 0.25, "gap: 848.1ms", "weight: 0.25,"},
        {4e9, 2, "rate: 0.25", "weight: 2,"},
        {1e9 / 6, 1, "rate: 6", "weight: 1,"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct synth_spec spec =
            parse("volumes: [{id: a, arrivals: {process: constant, rate: 1}}]");
        spec.volumes[0].arrivals.gap_ns.mean = cases[i].gap_ns;
        spec.volumes[0].kinds[0].weight = cases[i].weight;
        char *text = write_text(&spec);
        if (strstr(text, cases[i].gap) == NULL || strstr(text, cases[i].share) == NULL)
            fail_msg("no '%s' and '%s' in: %s", cases[i].gap, cases[i].share, text);
        free(text);
        synth_spec_free(&spec);
    }
}

#define VOLUME "volumes:\n  - id: a\n    "

static const struct {
    const char *text, *message;
} errors[] = {
    {"", "case: empty; a specification has volumes"},
    {"seed: 1", "case:1:1: the specification needs the key 'volumes'"},
    {"volumes: []", "case:1:10: a specification has at least one volume"},
    {"volume: []", "case:1:1: unknown key 'volume' in the specification; did you mean 'volumes'?"},
    {"seed: -1\nvolumes: [{id: a}]",
     "case:1:7: expected a whole number of 0 to 2^63 - 1, found '-1'"},
    {"seed: 9223372036854775808\nvolumes: [{id: a}]", "case:1:7: expected a whole number"},
    {"requests: 0\nvolumes: [{id: a}]",
     "case:1:11: expected a whole number of 1 to 2^63 - 1, found '0'"},
    {"volumes:\n  - id: a\n  - id: a", "case:3:5: volume a: there are two of that name"},
    {"volumes:\n  - {id: a, bursts: x, arrivals: {process: on-off, on: 1s, off: 1s}}\n"
     "  - {id: b, bursts: x, arrivals: {process: on-off, on: 1s, off: 2s}}",
     "case:3:5: volume b: its bursts 'x' are those of volume a"},
    {"duration: 0\nvolumes: [{id: a}]", "case:1:11: the duration must be 1 ns to 2^62 ns"},
    {"duration: 1y\nvolumes: [{id: a}]", "case:1:11: expected a time with a unit"},
    {"volumes:\n  - count: 2", "case:2:5: a volume needs the key 'id'"},
    {VOLUME "count: 0", "case:3:12: expected a whole number of at least 1, found '0'"},
    {VOLUME "count: 4000000000", "case:2:5: volume a: the count of volumes must be"},
    {VOLUME "arrivals: poisson", "case:3:15: expected arrivals as a mapping"},
    {VOLUME "arrivals: {rate: 5}", "case:3:15: arrivals need the key 'process'"},
    {VOLUME "arrivals: {process: posson}", "case:3:25: expected constant, poisson, gamma"},
    {VOLUME "arrivals: {process: posson}", "found 'posson'; did you mean 'poisson'?"},
    {VOLUME "arrivals: {process: poisson, rat: 5}",
     "case:3:34: unknown key 'rat' in process poisson; did you mean 'rate'?"},
    {VOLUME "arrivals: {process: poisson, clients: 5}", "unknown key 'clients'"},
    {VOLUME "arrivals: {process: poisson, rate: 0}", "case:3:40: expected a rate of 1e-06 to"},
    {VOLUME "arrivals: {process: poisson, rate: 1e300}", "expected a rate of 1e-06 to"},
    {VOLUME "arrivals: {process: poisson, rate: 0x10}", "expected a number of at least 0"},
    {VOLUME "arrivals: {process: poisson, rate: inf}", "expected a number of at least 0"},
    {VOLUME "arrivals: {process: poisson, rate: 5, gap: 1ms}", "a rate or the gap between two"},
    {VOLUME "arrivals: {process: gamma, rate: 5}", "case:3:15: gamma needs a shape"},
    {VOLUME "arrivals: {process: poisson, shape: 5}", "case:3:41: exponential has no shape"},
    {VOLUME "arrivals: {process: on-off}", "needs the key 'on'"},
    {VOLUME "arrivals: {process: on-off, on: 1s, off: 1x}", "expected a time with a unit"},
    {VOLUME "arrivals: {process: on-off, on: 1s, off: {law: pareto, mean: 1s}}",
     "pareto needs a shape"},
    {VOLUME "arrivals: {process: mmpp, states: []}", "an mmpp has 2 to 16 states, found 0"},
    {VOLUME "arrivals: {process: closed}", "so a latency is needed"},
    {VOLUME "correlation: 2", "the correlation must be 0 to 1, found 2"},
    {VOLUME "mix: []", "there must be 1 to 8 kinds of requests, found 0"},
    {VOLUME "mix: [{op: raed}]", "found 'raed'; did you mean 'read'?"},
    {VOLUME "mix: [{op: flush, sizes: 4K}]", "case:3:30: a flush has no size"},
    {VOLUME "mix: [{op: read, sizes: [4K]}]", "expected a size, or a mapping of sizes"},
    {VOLUME "mix: [{op: read, sizes: {4Q: 1}}]", "case:3:30: expected a size in bytes"},
    {VOLUME "mix: [{op: read, sizes: {4KiB: 1, 8KiB: 1, 4096: 1}}]",
     "case:3:48: the size of 4096 bytes is given twice"},
    {VOLUME "batch: {mean: 0}", "case:3:19: a batch has 1 or more requests, found 0"},
    {VOLUME "mix: [{op: read, sizes: 20G}]", "do not fit into the 10737418240 bytes"},
    {VOLUME "mix: [{op: read, offsets: {place: uniform, exponent: 1}}]",
     "only place: zipf has an exponent"},
    {VOLUME "latency: {law: gamma, mean: 1ms, shape: 0}", "the shape of gamma must be"},
    {"volumes: [{id: a}]\n---\nvolumes: [{id: a}]", "a specification is one, without '---'"},
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct synth_spec spec;
        struct sim_error error = {0};
        if (synth_spec_parse(&spec, "case", errors[i].text, strlen(errors[i].text), &error))
            fail_msg("accepted: %s", errors[i].text);
        if (strstr(error.message, errors[i].message) == NULL)
            fail_msg("%s: expected '%s', found '%s'", errors[i].text, errors[i].message,
                     error.message);
        assert_int_equal(error.exit, SIM_BAD_INPUT);
        assert_true(spec.volumes == NULL && spec.volume_count == 0);
    }
}

// Every prefix, and every byte replaced, is read or refused, and nothing else.
static void test_damage(void **state)
{
    (void)state;
    char text[sizeof everything];
    uint64_t random = 7;
    struct sim_error error;
    struct synth_spec spec;
    for (size_t i = 0; i < sizeof everything; i++) {
        memcpy(text, everything, sizeof text);
        if (synth_spec_parse(&spec, "case", text, i, &error))
            synth_spec_free(&spec);
        if (i < sizeof text - 1)
            text[i] = "0:{[-'\"\xff\n9"[random_next(&random) % 11];
        if (synth_spec_parse(&spec, "case", text, sizeof text - 1, &error))
            synth_spec_free(&spec);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_defaults),      cmocka_unit_test(test_round_trip),
    cmocka_unit_test(test_short_numbers), cmocka_unit_test(test_numbers),
    cmocka_unit_test(test_errors),        cmocka_unit_test(test_damage),
};
TEST_GROUP(synth_spec, tests, NULL, NULL);
