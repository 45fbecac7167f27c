// SPDX-License-Identifier: GPL-2.0-or-later
// What engine_limit_facts says is what an engine does: requests are asked for at a rate, and it is
// looked at when the allowance runs out and when it is whole again. A request passes whole, so
// all is known to one request only.
#include "tests/engine/draw.h"
#include "tests/engine/stage.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DRAWS 600
#define REQUESTS 1800 // that a draw may need, of STAGE_REQUESTS_MAX

// A limit alone, and what is asked of it.
struct asked {
    struct stage *stage;
    uint32_t node;
    uint32_t drive;
    struct engine_limit_facts facts;
    double unit; // what a request counts as
    uint64_t bytes;
    double rate; // per second, as the limit counts; INFINITY: all at once
};

static void set_up(struct asked *asked, const char *algorithm, const struct stage_limit *limits)
{
    struct engine_limit_facts facts[ENGINE_BUCKET_MAX];
    struct stage *stage = stage_new(algorithm);
    struct engine_parameters parameters = stage_limits(stage, limits);
    assert_int_equal(engine_limit_facts(engine_find(algorithm), &parameters, facts), 1);
    asked->stage = stage;
    asked->facts = facts[0];
    asked->node = stage_node(stage, parameters);
    asked->drive = stage_member(stage, ENGINE_DRIVE);
    assert_int_equal(stage_join(stage, asked->drive, asked->node), ENGINE_OK);
}

static int64_t gap_ns(const struct asked *asked)
{
    return (int64_t)(asked->unit / asked->rate * 1e9);
}

static int ask(struct asked *asked, int64_t now_ns)
{
    return stage_arrive(asked->stage, now_ns, asked->drive, ENGINE_READ, asked->bytes);
}

// Asks until a request waits for the average, or so many times; when that was, or ENGINE_NEVER.
// Whether it waits for the average is known of the limit's level.
static int64_t ask_until_used_up(struct asked *asked, int requests)
{
    struct engine_node_gauge gauge;
    for (int i = 0; i < requests; i++) {
        int64_t now_ns = i * gap_ns(asked);
        int number = ask(asked, now_ns);
        if (asked->stage->ran_out_count > 0)
            return asked->stage->ran_out[0].time_ns;
        assert_true(engine_node_gauge(asked->stage->engine, asked->node, now_ns, &gauge));
        if (stage_left_ns(asked->stage, number) == NOT_LEFT &&
            gauge.bucket[0].level > gauge.bucket[0].size)
            return now_ns;
    }
    return ENGINE_NEVER;
}

static double passed(const struct asked *asked)
{
    return asked->stage->left_count * asked->unit;
}

static double level(const struct asked *asked, double at_s)
{
    struct engine_node_gauge gauge;
    int64_t at_ns = asked->stage->now_ns + (int64_t)(at_s * 1e9);
    assert_true(engine_node_gauge(asked->stage->engine, asked->node, at_ns, &gauge));
    return gauge.bucket[0].level;
}

static void expect_near(double value, double expected, double tolerance, const char *what)
{
    if (fabs(value - expected) > tolerance)
        fail_msg("%s: %.9g, expected %.9g +- %.9g", what, value, expected, tolerance);
}

// ---- Known ones ----

#define SET_UP(asked, ...)                                                                         \
    set_up(asked, "throttle-group", (const struct stage_limit[]){__VA_ARGS__, {NULL, 0}})

// Without a length, max is no rate: 6,390 per second passed for 100 ms, and 900 pass at once.
static void test_max_is_an_amount(void **state)
{
    struct asked asked = {.unit = 1, .bytes = 4096, .rate = 6390};
    (void)state;
    SET_UP(&asked, {"iops-total", 300}, {"iops-total-max", 900});
    assert_true(ask_until_used_up(&asked, 639) == ENGINE_NEVER);
    assert_int_equal(asked.stage->left_count, 639);
    assert_true(asked.facts.at_once == 900 && asked.facts.burst_rate == 0);
    assert_true(engine_limit_lasts_s(&asked.facts, 900) == 1.5 && asked.facts.refill_s == 3);
    stage_free(asked.stage);
}

// "900 for three seconds" lasts 4.5 s and takes 9 s to be whole again.
static void test_max_and_length(void **state)
{
    struct asked asked = {.unit = 1, .bytes = 4096, .rate = 900};
    (void)state;
    SET_UP(&asked, {"iops-total", 30}, {"iops-total-max", 90}, {"iops-total-max-length", 3});
    asked.rate = 90;
    expect_near((double)ask_until_used_up(&asked, REQUESTS) / 1e9, 4.5, 0.02, "seconds at 90/s");
    expect_near((double)asked.stage->ran_out[0].refill_ns / 1e9, 9, 0.04, "seconds to refill");
    assert_true(engine_limit_lasts_s(&asked.facts, 90) == 4.5 && asked.facts.refill_s == 9);
    assert_true(asked.facts.allowance == 270 && asked.facts.burst_rate == 90);
    assert_true(engine_limit_lasts_s(&asked.facts, 30) == INFINITY);
    // Nine at once, and then 90 - 30 a second of what is left.
    expect_near(engine_limit_lasts_s(&asked.facts, INFINITY), (270.0 - 9) / 60, 1e-12, "at once");
    stage_free(asked.stage);
}

static void test_neither(void **state)
{
    struct asked asked = {.unit = 1, .bytes = 4096};
    (void)state;
    SET_UP(&asked, {"iops-read", 300});
    assert_true(asked.facts.at_once == 30 && asked.facts.allowance == 30);
    expect_near(asked.facts.refill_s, 0.1, 1e-12, "seconds to refill");
    stage_free(asked.stage);
}

// ---- Any ----

static int64_t draw(gsl_rng *rng, int64_t least, int64_t most)
{
    return least + (int64_t)gsl_rng_uniform_int(rng, (unsigned long)(most - least + 1));
}

// A limit of any form, and what is asked: of one that holds more than a request.
static void draw_asked(gsl_rng *rng, const char *algorithm, struct asked *asked)
{
    static const char *const keys[2][2][3] = {
        {{"iops-total", "iops-total-max", "iops-total-max-length"},
         {"iops-read", "iops-read-max", "iops-read-max-length"}},
        {{"bps-total", "bps-total-max", "bps-total-max-length"},
         {"bps-read", "bps-read-max", "bps-read-max-length"}},
    };
    bool of_bytes = draw_bool(rng, 0.3);
    const char *const *key = keys[of_bytes][draw(rng, 0, 1)];
    int64_t average = draw(rng, 20, 200);
    int64_t max = draw_bool(rng, 0.3) ? 0 : average + draw(rng, 0, 3) * draw(rng, 0, 200);
    bool has_length = strcmp(algorithm, "throttle-group") == 0 && max != 0 && draw_bool(rng, 0.7);
    int64_t scale = of_bytes ? 4096 : 1;
    struct stage_limit limits[5];
    int count = 0;
    limits[count++] = (struct stage_limit){key[0], average * scale};
    if (max != 0)
        limits[count++] = (struct stage_limit){key[1], max * scale};
    if (has_length)
        limits[count++] = (struct stage_limit){key[2], draw(rng, 2, 5)};
    asked->bytes = 4096;
    if (!of_bytes && draw_bool(rng, 0.3)) {
        limits[count++] = (struct stage_limit){"iops-size", 4096};
        asked->bytes = 512 * (uint64_t)draw(rng, 1, 32);
    }
    limits[count] = (struct stage_limit){NULL, 0};
    set_up(asked, algorithm, limits);
    asked->unit = of_bytes || asked->bytes < 4096 ? (double)scale : (double)asked->bytes / 4096;
    asked->rate = (double)scale * (double)draw(rng, average / 2, 6 * average);
}

// How long all that is asked for passes, then no more than burst_rate, then no more than the rate.
static void check_used_up(struct asked *asked)
{
    const struct engine_limit_facts *facts = &asked->facts;
    double lasts_s = engine_limit_lasts_s(facts, asked->rate);
    double least = facts->burst_rate != 0 ? fmin(facts->burst_rate, asked->rate) : asked->rate;
    int64_t at_ns = ask_until_used_up(asked, REQUESTS);
    if (lasts_s == INFINITY) {
        assert_true(at_ns == ENGINE_NEVER);
        return;
    }
    double step_s = asked->unit / (least - facts->rate) + asked->unit / asked->rate;
    assert_true(at_ns != ENGINE_NEVER);
    double at_s = (double)at_ns / 1e9;
    expect_near(at_s, lasts_s, 1e-6 + 2 * step_s, "used up after");
    // What passed is the allowance and the average, at the burst's rate at most.
    expect_near(passed(asked), facts->allowance + facts->rate * at_s, 2.001 * asked->unit,
                "passed");
    if (facts->burst_rate != 0)
        assert_true(passed(asked) <=
                    facts->at_once + facts->burst_rate * at_s + asked->unit * 2.01);
}

// Nothing is asked for any more: it is whole again when it says, not much earlier.
static void check_refilled(struct asked *asked)
{
    double wait_s = asked->unit / asked->facts.rate;
    while (engine_waiting(asked->stage->engine) > 0)
        stage_advance(asked->stage, engine_next_deadline(asked->stage->engine));
    assert_true(level(asked, asked->facts.refill_s + 2 * wait_s) == 0);
    assert_true(asked->facts.refill_s < 2 * wait_s ||
                level(asked, asked->facts.refill_s - 2 * wait_s) > 0);
}

// Of a whole allowance, so many pass in one instant, and the next one waits.
static void check_at_once(struct asked *asked)
{
    int count = (int)floor(asked->facts.at_once / asked->unit) + 1;
    int64_t now_ns = asked->stage->now_ns + (int64_t)(asked->facts.refill_s * 1e9) + 5 * SECOND;
    if (asked->stage->request_count + count >= STAGE_REQUESTS_MAX)
        return;
    for (int i = 0; i < count; i++)
        assert_int_equal(stage_left_ns(asked->stage, ask(asked, now_ns)), now_ns);
    assert_int_equal(stage_left_ns(asked->stage, ask(asked, now_ns)), NOT_LEFT);
}

static void check_any(const char *algorithm)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    int used_up = 0, never = 0;
    gsl_rng_set(rng, draw_seed());
    for (int i = 0; i < DRAWS; i++) {
        struct asked asked;
        draw_asked(rng, algorithm, &asked);
        double lasts_s = engine_limit_lasts_s(&asked.facts, asked.rate);
        double needed = lasts_s * asked.rate / asked.unit + 3;
        bool fits =
            lasts_s == INFINITY || (needed < REQUESTS && asked.rate > asked.facts.rate * 1.05);
        if (fits && asked.unit < asked.facts.at_once) {
            check_used_up(&asked);
            never += lasts_s == INFINITY;
            used_up += lasts_s != INFINITY;
            if (lasts_s != INFINITY)
                check_refilled(&asked);
            if (lasts_s != INFINITY)
                check_at_once(&asked);
        }
        stage_free(asked.stage);
    }
    gsl_rng_free(rng);
    printf("%s: %d used up, %d never\n", algorithm, used_up, never);
    assert_true(used_up > DRAWS / 6 && never > 0);
}

static void test_throttle_group(void **state)
{
    (void)state;
    check_any("throttle-group");
}

static void test_bucket(void **state)
{
    (void)state;
    check_any("bucket");
}

// A total limit is the one that counts there, and there is no allowance to speak of.
static void test_slices(void **state)
{
    static const char *const names[] = {"slice", "slice-2011"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct asked asked;
        set_up(&asked, names[i],
               (const struct stage_limit[]){{"iops-total", 300}, {"iops-read", 100}, {NULL, 0}});
        assert_true(asked.facts.rate == 300 && asked.facts.allowance == 0);
        stage_free(asked.stage);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_max_is_an_amount), cmocka_unit_test(test_max_and_length),
    cmocka_unit_test(test_neither),          cmocka_unit_test(test_throttle_group),
    cmocka_unit_test(test_bucket),           cmocka_unit_test(test_slices),
};
TEST_GROUP(limit_facts, tests, NULL, NULL);
