// SPDX-License-Identifier: GPL-2.0-or-later
// Specifications as a whole: order, the same bytes everywhere, what depends on what, what is
// refused.
#include "tests/support/test_group.h"
#include "tests/traces/synth_lab.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define GOLDEN_COUNT 121514
#define GOLDEN_DIGEST UINT64_C(0xca28a0145d98a87c)

// Everything that there is, in five entries.
static struct synth_volume *make_all(size_t *count)
{
    static const char *const names[] = {"renewal", "on-off", "mmpp", "diurnal", "closed"};
    struct synth_volume *volumes = calloc(5, sizeof *volumes);
    assert_non_null(volumes);
    for (int i = 0; i < 5; i++) {
        volumes[i] = lab_volume();
        volumes[i].name = strdup(names[i]);
        volumes[i].count = 1 + (uint32_t)i % 3;
        volumes[i].kind_count = 2;
        volumes[i].kinds[1] = lab_kind(TRACE_WRITE);
        volumes[i].kinds[1].sequential = 0.5;
        volumes[i].kinds[1].place = SYNTH_ZIPF;
        volumes[i].kinds[1].zipf_exponent = 0.5 + 0.3 * i;
        volumes[i].kinds[1].sizes[1] = (struct synth_size){65536, 0.5};
        volumes[i].kinds[1].size_count = 2;
        volumes[i].arrivals.process = (enum synth_process)i;
        volumes[i].latency_ns = (struct synth_draw){(enum synth_law)(i + 1), 2e6, 1.5};
    }
    struct synth_arrivals *arrivals = &volumes[1].arrivals;
    arrivals->gap_ns = (struct synth_draw){SYNTH_WEIBULL, 1e6, 0.7};
    arrivals->on_ns = (struct synth_draw){SYNTH_PARETO, 1e8, 1.4};
    arrivals->off_ns = (struct synth_draw){SYNTH_LOGNORMAL, 3e8, 1};
    volumes[1].correlation = 0.6;
    volumes[1].bursts = strdup("together");
    arrivals = &volumes[2].arrivals;
    arrivals->states[0] = (struct synth_state){10, 1e8};
    arrivals->states[1] = (struct synth_state){1000, 3e8};
    arrivals->states[2] = (struct synth_state){0, 2e8};
    arrivals->state_count = 3;
    volumes[2].correlation = 0.2;
    arrivals = &volumes[3].arrivals;
    arrivals->rate_per_s = 300;
    arrivals->amplitude = 0.9;
    arrivals->period_ns = 2 * SECOND_NS;
    arrivals->peak_ns = SECOND_NS / 3;
    arrivals->batch_mean = 2;
    arrivals->batch_gap_ns = (struct synth_draw){SYNTH_GAMMA, 3e6, 0.5};
    volumes[4].arrivals.clients = 5;
    volumes[4].arrivals.think_ns = (struct synth_draw){SYNTH_GAMMA, 1e6, 2.5};
    *count = 5;
    return volumes;
}

static uint64_t digest(const struct lab_requests *all)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < all->count; i++) {
        const struct trace_request *request = &all->items[i];
        const uint64_t words[] = {(uint64_t)request->arrival_ns,
                                  (uint64_t)request->latency_ns,
                                  request->offset,
                                  request->bytes,
                                  request->volume,
                                  (uint64_t)request->op};
        for (size_t k = 0; k < 6; k++)
            value = (value ^ words[k]) * UINT64_C(0x100000001b3);
    }
    return value;
}

static void test_golden(void **state)
{
    (void)state;
    struct synth_spec spec = {.seed = 42, .duration_ns = 20 * SECOND_NS};
    spec.volumes = make_all(&spec.volume_count);
    struct lab_requests all = lab_read(&spec), again = lab_read(&spec);
    for (size_t i = 1; i < all.count; i++) {
        const struct trace_request *one = &all.items[i - 1], *next = &all.items[i];
        assert_true(one->arrival_ns < next->arrival_ns ||
                    (one->arrival_ns == next->arrival_ns && one->volume <= next->volume));
        assert_true(next->arrival_ns < spec.duration_ns && next->volume < 9);
    }
    if (all.count != GOLDEN_COUNT || digest(&all) != GOLDEN_DIGEST)
        fail_msg("%zu requests, digest 0x%016" PRIx64, all.count, digest(&all));
    assert_true(digest(&again) == digest(&all));
    spec.seed = 43;
    struct lab_requests other = lab_read(&spec);
    assert_true(digest(&other) != digest(&all));
    // A limit ends it early, a longer duration only goes on.
    spec.seed = 42;
    spec.requests_max = 1000;
    spec.duration_ns *= 2;
    struct lab_requests some = lab_read(&spec);
    assert_int_equal(some.count, 1000);
    all.count = 1000;
    assert_true(digest(&some) == digest(&all));
    lab_free(&all);
    lab_free(&again);
    lab_free(&other);
    lab_free(&some);
    synth_spec_free(&spec);
    assert_null(spec.volumes);
}

// ---- What depends on what ----

#define ARRIVALS 1
#define OPS 2
#define SIZES 4
#define PLACES 8
#define LATENCIES 16
#define ALL 31

static unsigned compare(const struct lab_requests *a, const struct lab_requests *b)
{
    unsigned same = ALL;
    size_t count = a->count < b->count ? a->count : b->count;
    assert_true(count > 500);
    for (size_t i = 0; i < count; i++) {
        const struct trace_request *x = &a->items[i], *y = &b->items[i];
        same &= ~(unsigned)((x->arrival_ns != y->arrival_ns) * ARRIVALS | (x->op != y->op) * OPS |
                            (x->bytes != y->bytes) * SIZES | (x->offset != y->offset) * PLACES |
                            (x->latency_ns != y->latency_ns) * LATENCIES);
    }
    return same;
}

// One thing is changed in a volume: these of its requests, one by one, stay what they were.
static void expect_same(const struct synth_volume *changed, unsigned wanted)
{
    struct synth_volume volume = lab_volume();
    volume.latency_ns = (struct synth_draw){SYNTH_EXPONENTIAL, 1e6, 0};
    volume.kinds[1] = lab_kind(TRACE_WRITE);
    volume.kinds[1].sizes[1] = (struct synth_size){8192, 1};
    volume.kinds[1].size_count = 2;
    volume.kind_count = 2;
    struct synth_spec spec = lab_spec(&volume, 1, 100 * SECOND_NS);
    struct lab_requests before = lab_read(&spec);
    volume = *changed;
    struct lab_requests after = lab_read(&spec);
    assert_int_equal(compare(&before, &after), wanted);
    lab_free(&before);
    lab_free(&after);
}

static void test_independence(void **state)
{
    (void)state;
    struct synth_volume base = lab_volume(), volume;
    base.latency_ns = (struct synth_draw){SYNTH_EXPONENTIAL, 1e6, 0};
    base.kinds[1] = lab_kind(TRACE_WRITE);
    base.kinds[1].sizes[1] = (struct synth_size){8192, 1};
    base.kinds[1].size_count = 2;
    base.kind_count = 2;
    expect_same(&base, ALL);
    volume = base;
    volume.arrivals.gap_ns = (struct synth_draw){SYNTH_GAMMA, 1e7, 0.5};
    volume.arrivals.batch_mean = 2;
    expect_same(&volume, ALL & ~ARRIVALS);
    volume = base;
    volume.latency_ns.law = SYNTH_CONSTANT;
    expect_same(&volume, ALL & ~LATENCIES);
    volume = base;
    volume.kinds[1].sizes[1].bytes = 16384;
    expect_same(&volume, ALL & ~SIZES);
    volume = base;
    volume.kinds[0].sequential = 0.5;
    expect_same(&volume, ALL & ~PLACES);
    volume = base;
    volume.kinds[0].weight = 3;
    expect_same(&volume, ARRIVALS | LATENCIES);
}

// Volumes do not depend on others, nor on their order.
static void test_volumes(void **state)
{
    (void)state;
    struct synth_volume volumes[3] = {lab_volume(), lab_volume(), lab_volume()};
    volumes[1].name = "a";
    volumes[1].count = 3;
    volumes[2].name = "w";
    struct synth_spec spec = lab_spec(volumes, 3, 100 * SECOND_NS);
    struct lab_requests all = lab_read(&spec), v = lab_select(&all, 0), w = lab_select(&all, 4);
    volumes[0].name = "w";
    spec.volume_count = 1;
    struct lab_requests alone = lab_read(&spec);
    assert_true((compare(&alone, &v) & (ARRIVALS | PLACES)) == 0);
    assert_int_equal(alone.count, w.count);
    assert_int_equal(compare(&alone, &w), ALL);
    lab_free(&all);
    lab_free(&v);
    lab_free(&w);
    lab_free(&alone);
}

static void test_names(void **state)
{
    (void)state;
    struct trace_error error;
    struct synth_volume volumes[2] = {lab_volume(), lab_volume()};
    volumes[1].name = "w";
    volumes[1].count = 12;
    struct synth_spec spec = lab_spec(volumes, 2, SECOND_NS);
    struct synth *synth = synth_open(&spec, &error);
    assert_non_null(synth);
    assert_int_equal(synth_volume_total(synth), 13);
    assert_string_equal(synth_volume_name(synth, 0), "v");
    assert_string_equal(synth_volume_name(synth, 12), "w-12");
    synth_close(synth);
    volumes[0].name = "w-7";
    assert_null(synth_open(&spec, &error));
    assert_string_equal(error.message, "volume w-7: there are two of that name");
    synth_close(NULL);
}

// Who sent what: only where it matters.
static void test_streams(void **state)
{
    (void)state;
    struct trace_error error;
    struct trace_request request;
    struct synth_volume volumes[2] = {lab_volume(), lab_volume()};
    volumes[1].name = "w";
    volumes[1].arrivals = (struct synth_arrivals){.process = SYNTH_CLOSED, .clients = 3};
    volumes[1].latency_ns = (struct synth_draw){SYNTH_CONSTANT, 1e6, 0};
    for (size_t count = 1; count <= 2; count++) {
        unsigned seen = 0;
        struct synth_spec spec = lab_spec(volumes, count, SECOND_NS);
        struct synth *synth = synth_open(&spec, &error);
        assert_non_null(synth);
        assert_int_equal(synth_has_clients(synth), count == 2);
        while (synth_read(synth, &request, &error) == TRACE_REQUEST) {
            static const char *const names[] = {"open:v", "closed:w:1", "closed:w:2", "closed:w:3"};
            seen |= 1U << request.stream;
            assert_int_equal(request.stream > 0, request.volume == 1);
            if (count == 1)
                assert_null(synth_stream_name(synth, &request));
            else
                assert_string_equal(synth_stream_name(synth, &request), names[request.stream]);
        }
        assert_int_equal(seen, count == 1 ? 1 : 15);
        synth_close(synth);
    }
}

// The most volumes: memory for each, but not for requests.
static void test_many(void **state)
{
    (void)state;
    struct synth_volume volume = lab_volume();
    volume.count = SYNTH_VOLUMES_MAX;
    volume.arrivals.gap_ns.mean = 1e9;
    struct synth_spec spec = lab_spec(&volume, 1, SECOND_NS);
    struct lab_requests all = lab_read(&spec);
    assert_true(fabs((double)all.count - SYNTH_VOLUMES_MAX) < 4 * sqrt(SYNTH_VOLUMES_MAX));
    lab_free(&all);
}

static volatile sig_atomic_t stopped;

static void on_alarm(int signal_number)
{
    stopped = signal_number;
}

// After its first request, of 54 ms, v has 5e9 periods without any, for half a minute or so: the
// signal comes in the middle of them.
static void test_stop(void **state)
{
    (void)state;
    struct synth_volume volumes[2] = {lab_volume(), lab_volume()};
    volumes[0].arrivals = (struct synth_arrivals){
        .process = SYNTH_ON_OFF,
        .gap_ns = {SYNTH_EXPONENTIAL, 5e9, 0},
        .on_ns = {SYNTH_EXPONENTIAL, 1, 0},
        .off_ns = {SYNTH_EXPONENTIAL, 1, 0},
    };
    volumes[1].name = "w"; // its requests are what allows so many periods
    volumes[1].arrivals.gap_ns.mean = 400;
    struct synth_spec spec = lab_spec(volumes, 2, 10 * SECOND_NS);
    spec.seed = 27;
    struct trace_error error;
    struct trace_request request = {0};
    struct synth *synth = synth_open(&spec, &error);
    assert_non_null(synth);
    synth_stop_on(synth, &stopped);
    signal(SIGALRM, on_alarm);
    time_t begin = time(NULL);
    alarm(2);
    while (synth_read(synth, &request, &error) == TRACE_REQUEST)
        assert_true(request.arrival_ns < 60000000);
    assert_int_equal(stopped, SIGALRM);
    assert_true(time(NULL) - begin < 6);
    synth_close(synth);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_golden),  cmocka_unit_test(test_independence),
    cmocka_unit_test(test_volumes), cmocka_unit_test(test_names),
    cmocka_unit_test(test_many),    cmocka_unit_test(test_stop),
    cmocka_unit_test(test_streams),
};
TEST_GROUP(synth, tests, NULL, NULL);
