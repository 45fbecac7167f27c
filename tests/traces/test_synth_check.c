// SPDX-License-Identifier: GPL-2.0-or-later
// What is wrong with a specification is said, and nothing that is accepted hangs.
#include "tests/support/test_group.h"
#include "tests/traces/synth_lab.h"

#include <math.h>
#include <string.h>

static struct synth_volume volumes[2];
static struct synth_spec spec;

static void reset(void)
{
    volumes[0] = lab_volume();
    volumes[1] = lab_volume();
    volumes[1].name = "w";
    for (int i = 0; i < 2; i++) {
        volumes[i].arrivals.on_ns = volumes[i].arrivals.off_ns =
            (struct synth_draw){SYNTH_EXPONENTIAL, 1e9, 0};
        volumes[i].arrivals.states[0] = volumes[i].arrivals.states[1] =
            (struct synth_state){100, 1e9};
        volumes[i].arrivals.state_count = 2;
        volumes[i].arrivals.rate_per_s = 100;
        volumes[i].arrivals.period_ns = SECOND_NS;
        volumes[i].arrivals.clients = 1;
        volumes[i].latency_ns = (struct synth_draw){SYNTH_EXPONENTIAL, 1e9, 0};
    }
    spec = lab_spec(volumes, 2, SECOND_NS);
}

static void expect(const char *wanted)
{
    struct trace_error error = {{0}};
    assert_false(synth_check(&spec, &error));
    if (strstr(error.message, wanted) == NULL)
        fail_msg("expected '%s', found '%s'", wanted, error.message);
    assert_null(synth_open(&spec, &error));
    reset();
}

// A number that may be from least to most.
static void expect_range(double *value, double least, double most, const char *what)
{
    const double wrong[] = {least - fabs(least) / 1e6 - 1e-12,
                            most + fabs(most) / 1e6,
                            NAN,
                            INFINITY,
                            -INFINITY,
                            -1e300,
                            1e300};
    double before = *value;
    struct synth_volume kept = volumes[0];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        *value = wrong[i];
        expect(what);
        volumes[0] = kept;
    }
    *value = before;
    reset();
}

static void test_ranges(void **state)
{
    (void)state;
    struct synth_volume *v = &volumes[0];
    reset();
    struct trace_error error;
    assert_true(synth_check(&spec, &error));
    expect_range(&v->arrivals.gap_ns.mean, 1, 1e15, "volume v: the rate must be 1e-06 to 1000000");
    static const struct {
        enum synth_law law;
        double least, most;
        const char *what;
    } shapes[] = {
        {SYNTH_GAMMA, 0.01, 1000, "the shape of gamma must be 0.01 to 1000"},
        {SYNTH_WEIBULL, 0.1, 100, "the shape of weibull must be 0.1 to 100"},
        {SYNTH_PARETO, 1.01, 1000, "the shape of pareto must be 1.01 to 1000"},
        {SYNTH_LOGNORMAL, 0.01, 5, "the shape of lognormal must be 0.01 to 5"},
    };
    for (size_t i = 0; i < 4; i++) {
        v->arrivals.gap_ns.law = shapes[i].law;
        expect_range(&v->arrivals.gap_ns.shape, shapes[i].least, shapes[i].most, shapes[i].what);
    }
    v->arrivals.process = SYNTH_ON_OFF;
    expect_range(&v->arrivals.on_ns.mean, 1, 1e15, "the mean of the on periods must be 1 to");
    v->arrivals.process = SYNTH_ON_OFF;
    expect_range(&v->arrivals.off_ns.mean, 1, 1e15, "the mean of the off periods must be 1 to");
    v->arrivals.process = SYNTH_ON_OFF;
    expect_range(&v->correlation, 0, 1, "the correlation must be 0 to 1");
    v->arrivals.process = SYNTH_MMPP;
    expect_range(&v->arrivals.states[1].mean_ns, 1, 1e15, "the mean of a state must be");
    v->arrivals.process = SYNTH_DIURNAL;
    expect_range(&v->arrivals.amplitude, 0, 1, "the amplitude must be 0 to 1");
    expect_range(&v->arrivals.batch_mean, 0, 1e6, "the mean of a batch must be 1 to 1000000");
    expect_range(&v->kinds[0].sequential, 0, 1, "the sequential share must be 0 to 1");
    expect_range(&v->kinds[0].weight, 1e-15, 1e15, "weight of");
    expect_range(&v->kinds[0].sizes[0].weight, 1e-15, 1e15, "weight of");
    v->kinds[0].place = SYNTH_ZIPF;
    expect_range(&v->kinds[0].zipf_exponent, 0.01, 10, "the exponent of zipf must be 0.01 to 10");
}

#define EXPECT(change, wanted)                                                                     \
    do {                                                                                           \
        change;                                                                                    \
        expect(wanted);                                                                            \
    } while (0)

static void test_refusals(void **state)
{
    (void)state;
    char bursts[] = "b";
    reset();
    struct synth_volume *v = &volumes[0];
    struct synth_arrivals *a = &v->arrivals;
    EXPECT(spec.volume_count = 0, "a specification has 1 to 4096 volumes");
    EXPECT(spec.duration_ns = 0, "the duration must be 1 ns to 2^62 ns, found 0 ns");
    EXPECT(spec.duration_ns = INT64_MAX, "the duration must be");
    EXPECT(v->name = NULL, "a name has 1 to 255 bytes");
    char control[] = "a\nb";
    EXPECT(v->name = control, "a name has no control characters");
    EXPECT(v->count = 0, "the count of volumes must be 1 to 65535, found 0");
    EXPECT(v->count = SYNTH_VOLUMES_MAX, "65536 volumes in all, at most 65535 are possible");
    EXPECT((a->process = SYNTH_MMPP, a->state_count = 1), "an mmpp has 2 to 16 states, found 1");
    EXPECT((a->process = SYNTH_MMPP, a->states[0].rate_per_s = a->states[1].rate_per_s = 0),
           "no state of the mmpp has a rate above 0");
    EXPECT((a->process = SYNTH_MMPP, a->states[0].rate_per_s = -1), "the rate of a state must be");
    EXPECT((a->process = SYNTH_DIURNAL, a->period_ns = 0), "the period must be 1 ns to 366 days");
    EXPECT((a->process = SYNTH_DIURNAL, a->peak_ns = SECOND_NS), "the peak must be within");
    EXPECT((a->process = SYNTH_CLOSED, a->clients = 0), "there must be 1 to 1000000 clients");
    EXPECT((a->process = SYNTH_CLOSED, a->batch_mean = 2), "give them more clients");
    EXPECT((a->process = SYNTH_CLOSED, v->latency_ns.mean = 0), "so a latency is needed");
    EXPECT((a->process = SYNTH_CLOSED, a->clients = 1000, v->count = 2000), "2000000 clients");
    EXPECT(v->correlation = 0.5, "only on-off and mmpp have bursts");
    EXPECT(v->bursts = bursts, "only on-off and mmpp have bursts");
    EXPECT((a->process = SYNTH_ON_OFF, volumes[1].arrivals.process = SYNTH_ON_OFF,
            volumes[1].arrivals.on_ns.mean = 2e9, v->bursts = volumes[1].bursts = bursts),
           "volume w: its bursts 'b' are those of volume v, so process and periods must be the "
           "same");
    EXPECT(v->kind_count = 0, "there must be 1 to 8 kinds of requests, found 0");
    EXPECT(v->kinds[0].size_count = 0, "a kind has 1 to 256 sizes, found 0");
    EXPECT(v->kinds[0].sizes[0].bytes = 0, "a size of 0 bytes");
    EXPECT(v->kinds[0].op = TRACE_FLUSH, "a size of 4096 bytes; a flush has none");
    EXPECT(v->kinds[0].span = 4095, "requests of 4096 bytes do not fit into the 4095 bytes");
    EXPECT(v->kinds[0].first = UINT64_MAX, "must be below 2^63 bytes");
    EXPECT(v->kinds[0].span = INT64_MAX - 10 + 11ull, "must be below 2^63 bytes");
    EXPECT(v->kinds[0].align = 0, "places are aligned to 1 byte or more, found 0");
    EXPECT((v->kinds[0].place = SYNTH_ZIPF, v->kinds[0].span = UINT64_C(1) << 53),
           "zipf has at most 2^40 places");
    // What would take for ever, or all memory.
    EXPECT((a->gap_ns.mean = 1, spec.duration_ns = 100000 * SECOND_NS),
           "about 1e+14 requests are asked for, at most 1e+12");
    EXPECT((a->batch_mean = 1e6, a->batch_gap_ns.mean = 1e15), "batches at once, at most 1e+06");
    EXPECT((a->process = SYNTH_ON_OFF, a->on_ns.mean = 1, a->off_ns.mean = 1e3,
            a->gap_ns.mean = 1e12, spec.duration_ns = 10000 * SECOND_NS),
           "periods and states change about");
}

// The extremes of what is accepted come to an end.
static void test_extremes(void **state)
{
    (void)state;
    for (int process = 0; process < SYNTH_PROCESS_COUNT; process++) {
        for (int law = 0; law < SYNTH_LAW_COUNT; law++) {
            static const double shapes[SYNTH_LAW_COUNT][2] = {
                {0, 0}, {0, 0}, {0.01, 1000}, {0.1, 100}, {1.01, 1000}, {0.01, 5}};
            static const double means[] = {1, 1e4, 1e15};
            for (int i = 0; i < 6; i++) {
                const struct synth_draw draw = {(enum synth_law)law, means[i / 2],
                                                shapes[law][i % 2]};
                reset();
                struct synth_arrivals *arrivals = &volumes[0].arrivals;
                arrivals->process = (enum synth_process)process;
                arrivals->gap_ns = arrivals->on_ns = arrivals->off_ns = arrivals->think_ns = draw;
                arrivals->states[0].mean_ns = draw.mean;
                arrivals->states[1].rate_per_s = 0;
                arrivals->amplitude = 1;
                volumes[0].latency_ns = draw;
                volumes[0].correlation = process == SYNTH_ON_OFF || process == SYNTH_MMPP;
                spec.requests_max = 2000;
                spec.duration_ns = SYNTH_DURATION_NS_MAX;
                struct trace_error error;
                if (!synth_check(&spec, &error)) // one with too many changes
                    spec.duration_ns = SECOND_NS / 100;
                struct lab_requests all = lab_read(&spec);
                assert_true(all.count <= 2000);
                lab_free(&all);
            }
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_ranges),
    cmocka_unit_test(test_refusals),
    cmocka_unit_test(test_extremes),
};
TEST_GROUP(synth_check, tests, NULL, NULL);
