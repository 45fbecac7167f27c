// SPDX-License-Identifier: GPL-2.0-or-later
// A program with known loops, recorded without limits, predicted under limits, and compared with
// what a real QEMU did under them (traces/recorded/closed-a). The bounds are the project's goals:
// averages over the streams of the relative error, of at least 20 ms, in per cent.
#include "tests/sim/answers_lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDINGS TEST_TRACES_DIR "/recorded/closed-a/"
#define FLOOR_NS 20e6
#define GROUP(limits) "groups: [{id: g, limits: {" limits "}}]\n"
#define IN_GROUP                                                                                   \
    "members: [{id: vdc, group: g, attach: filter}, {id: vdd, group: g, attach: filter},\n"        \
    "  {id: vde, group: g, attach: filter}, {id: vdf, group: g, attach: filter}]\n"

enum figure { END, MEAN, P90, P99, FIGURES };

struct figures {
    double of[FIGURES];
};

struct latency {
    int64_t from_ns;
    int64_t ns;
};

static int compare_latencies(const void *a, const void *b)
{
    int64_t first = ((const struct latency *)a)->ns, second = ((const struct latency *)b)->ns;
    return (first > second) - (first < second);
}

// Of the reads and writes of one stream.
static struct figures figures_of(const struct answers *answers, const char *name)
{
    uint32_t stream = answers_stream(answers, name);
    struct latency *all = malloc(answers->count * sizeof *all);
    struct figures figures = {{0}};
    size_t count = 0;
    assert_non_null(all);
    for (size_t i = 0; i < answers->count; i++) {
        const struct answer *at = &answers->items[i];
        if (at->stream != stream || at->op == ENGINE_FLUSH)
            continue;
        all[count++] = (struct latency){at->arrival_ns, at->complete_ns - at->arrival_ns};
        figures.of[MEAN] += (double)(at->complete_ns - at->arrival_ns);
        figures.of[END] =
            (double)at->complete_ns > figures.of[END] ? (double)at->complete_ns : figures.of[END];
    }
    assert_true(count > 0);
    qsort(all, count, sizeof *all, compare_latencies);
    figures.of[MEAN] /= (double)count;
    figures.of[P90] = (double)all[count * 9 / 10].ns;
    figures.of[P99] = (double)all[count * 99 / 100].ns;
    free(all);
    return figures;
}

struct goal {
    const char *measured;
    const char *scenario; // behind its trace and device
    double with_depths[FIGURES];
    double without[FIGURES];
};

static const struct goal goals[] = {
    {"w1",
     GROUP("iops-total: 150, iops-total-max: 300, iops-total-max-length: 2") IN_GROUP,
     {1, 4, 13, 7},
     {5, 20, 25, 25}},
    {"w2",
     GROUP("bps-total: 1500000, bps-total-max: 4000000, bps-total-max-length: 2") IN_GROUP,
     {1, 4, 13, 7},
     {5, 20, 25, 25}},
    {"w3",
     "groups:\n"
     "  - {id: c, limits: {iops-total: 60}}\n"
     "  - {id: d, limits: {iops-total: 40, iops-size: 8192}}\n"
     "  - {id: e, limits: {bps-write: 700000, bps-write-max: 2000000, bps-write-max-length: 3}}\n"
     "  - {id: f, limits: {iops-total: 20, iops-total-max: 100}}\n"
     "members: [{id: vdc, group: c, attach: filter}, {id: vdd, group: d, attach: filter},\n"
     "  {id: vde, group: e, attach: filter}, {id: vdf, group: f, attach: filter}]\n",
     {1, 4, 13, 7},
     {5, 20, 25, 25}},
    {"w4", GROUP("iops-total: 60") IN_GROUP, {1, 4, 13, 7}, {5, 20, 25, 25}},
};

static struct answers replay(const char *recording, const char *more, const char *scenario)
{
    char text[2000];
    snprintf(text, sizeof text,
             "trace: {path: " RECORDINGS "%s.csv.zst%s}\ndevice: {model: recorded}\n%s", recording,
             more, scenario);
    return answers_of(text);
}

static void expect_within(const char *what, const struct answers *measured,
                          const struct answers *predicted, const double most[FIGURES])
{
    static const char *const names[] = {"completion time", "mean", "p90", "p99"};
    double errors[FIGURES] = {0};
    for (uint32_t i = 0; i < measured->streams.count; i++) {
        const char *name = measured->streams.items[i].name;
        struct figures is = figures_of(predicted, name), was = figures_of(measured, name);
        for (int f = 0; f < FIGURES; f++) {
            double off = is.of[f] > was.of[f] ? is.of[f] - was.of[f] : was.of[f] - is.of[f];
            errors[f] +=
                100 * off / (was.of[f] > FLOOR_NS ? was.of[f] : FLOOR_NS) / measured->streams.count;
        }
    }
    for (int f = 0; f < FIGURES; f++) {
        print_message("%s: %s %.2f %%, goal %.0f %%\n", what, names[f], errors[f], most[f]);
        assert_true(errors[f] <= most[f]);
    }
}

static void predicted_is_measured(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof goals / sizeof goals[0]; i++) {
        const struct goal *goal = &goals[i];
        char what[64];
        // As it was measured: replayed as itself, without limits.
        struct answers measured =
            replay(goal->measured, "", "members: [{id: vdc}, {id: vdd}, {id: vde}, {id: vdf}]\n");
        struct answers told =
            replay("u3", ", streams: {e2: {depth: 14}, e3: {depth: 12}}", goal->scenario);
        struct answers inferred = replay("u3", "", goal->scenario);
        snprintf(what, sizeof what, "%s, two depths given", goal->measured);
        expect_within(what, &measured, &told, goal->with_depths);
        snprintf(what, sizeof what, "%s, nothing given", goal->measured);
        expect_within(what, &measured, &inferred, goal->without);
        answers_free(&measured);
        answers_free(&told);
        answers_free(&inferred);
    }
}

// Without limits each recording is itself, bit for bit.
static void recordings_are_themselves(void **state)
{
    (void)state;
    static const char *const recordings[] = {"u3", "w1", "w1b", "w2", "w2b", "w3", "w4"};
    static const char *const members = "members: [{id: vdc}, {id: vdd}, {id: vde}, {id: vdf}]\n";
    for (size_t i = 0; i < sizeof recordings / sizeof recordings[0]; i++) {
        struct answers open = replay(recordings[i], ", arrivals: open", members);
        struct answers same = replay(recordings[i], "", members);
        assert_int_equal(open.count, 8048);
        assert_int_equal(same.count, 8048);
        assert_true(open.digest == same.digest);
        for (size_t j = 0; j < open.count; j++) {
            assert_int_equal(open.items[j].order, same.items[j].order);
            assert_int_equal(open.items[j].arrival_ns, same.items[j].arrival_ns);
            assert_int_equal(open.items[j].complete_ns, same.items[j].complete_ns);
        }
        answers_free(&open);
        answers_free(&same);
    }
}

// The loops are known: fsync waits for the journal, and nothing else for another.
static void finds_the_loops(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum scenario_stream_kind kind;
    } truth[] = {
        {"c1", SCENARIO_STREAM_ASYNC}, {"c2", SCENARIO_STREAM_SYNC},  {"d1", SCENARIO_STREAM_SYNC},
        {"d2", SCENARIO_STREAM_SYNC},  {"d3", SCENARIO_STREAM_SYNC},  {"d4", SCENARIO_STREAM_SYNC},
        {"e1", SCENARIO_STREAM_SYNC},  {"e2", SCENARIO_STREAM_ASYNC}, {"e3", SCENARIO_STREAM_PACED},
        {"f1", SCENARIO_STREAM_SYNC},  {"f2", SCENARIO_STREAM_SYNC},  {"f3", SCENARIO_STREAM_SYNC},
        {"f4", SCENARIO_STREAM_PACED},
    };
    struct answers u3 = replay("u3", "", GROUP("") IN_GROUP);
    for (size_t i = 0; i < sizeof truth / sizeof truth[0]; i++)
        assert_int_equal(u3.streams.items[answers_stream(&u3, truth[i].name)].kind, truth[i].kind);
    assert_int_equal(u3.streams.count, sizeof truth / sizeof truth[0]);
    assert_int_equal(u3.streams.items[answers_stream(&u3, "c1")].depth, 8);
    assert_int_equal(u3.streams.items[answers_stream(&u3, "d4")].depth, 6);
    assert_int_equal(u3.streams.call_count, 1);
    const struct stream_group *groups = u3.streams.groups;
    assert_int_equal(groups[u3.streams.calls[0].caller].stream, answers_stream(&u3, "f2"));
    assert_int_equal(groups[u3.streams.calls[0].callee].stream, answers_stream(&u3, "f3"));
    assert_int_equal(u3.streams.calls[0].counted, 200);
    answers_free(&u3);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(predicted_is_measured),
    cmocka_unit_test(recordings_are_themselves),
    cmocka_unit_test(finds_the_loops),
};
TEST_GROUP(answers_goals, tests, scratch_make, scratch_remove);
