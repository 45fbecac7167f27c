// SPDX-License-Identifier: GPL-2.0-or-later
// Real programs on ext4, recorded without limits, predicted under limits with nothing told but that
// they are a script's, and compared with what a real QEMU did (traces/recorded/ext4-a). The bounds
// are the project's goals, averages over the disks.
#include "tests/sim/answers_lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <stdlib.h>

#define RECORDINGS TEST_TRACES_DIR "/recorded/ext4-a/"
#define LIMITS "iops-total: 60, iops-total-max: 120, iops-total-max-length: 2"
#define DISKS 4
#define PERCENTILES 3
#define MEAN_GOAL 25.0 // per cent
#define PERCENTILES_GOAL 40.0

struct figures {
    double mean;
    double percentiles[PERCENTILES];
};

static int compare_times(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

// Of the reads and writes of one disk.
static struct figures figures_of(const struct answers *answers, uint32_t disk)
{
    static const size_t per_cent[PERCENTILES] = {50, 90, 99};
    int64_t *all = malloc(answers->count * sizeof *all);
    struct figures figures = {.mean = 0};
    size_t count = 0;
    assert_non_null(all);
    for (size_t i = 0; i < answers->count; i++) {
        const struct answer *at = &answers->items[i];
        if (at->member != disk || at->op == ENGINE_FLUSH || at->op == ENGINE_DISCARD)
            continue;
        all[count++] = at->complete_ns - at->arrival_ns;
        figures.mean += (double)(at->complete_ns - at->arrival_ns);
    }
    assert_true(count > 800);
    qsort(all, count, sizeof *all, compare_times);
    figures.mean /= (double)count;
    for (size_t i = 0; i < PERCENTILES; i++)
        figures.percentiles[i] = (double)all[count * per_cent[i] / 100];
    free(all);
    return figures;
}

static double off(double is, double was)
{
    return 100 * (is > was ? is - was : was - is) / was;
}

static struct answers replay(const char *trace, const char *groups, const char *group)
{
    char text[1000];
    snprintf(text, sizeof text,
             "trace: {path: " RECORDINGS "%s}\ndevice: {model: recorded}\n%smembers:\n"
             "  - {id: vdc, volume: \"7,0\", attach: filter%s}\n"
             "  - {id: vdd, volume: \"7,1\", attach: filter%s}\n"
             "  - {id: vde, volume: \"7,2\", attach: filter%s}\n"
             "  - {id: vdf, volume: \"7,3\", attach: filter%s}\n",
             trace, groups, group, group, group, group);
    return answers_of(text);
}

static void programs_are_predicted(void **state)
{
    (void)state;
    double mean = 0, percentiles = 0;
    // As it was measured: replayed as itself, without limits.
    struct answers measured = replay("lt1.ftrace.zst, arrivals: open", "", "");
    struct answers predicted = replay("lu.ftrace.zst, arrivals: dependent, start-after: 5s",
                                      "groups: [{id: g, limits: {" LIMITS "}}]\n", ", group: g");
    for (uint32_t i = 0; i < DISKS; i++) {
        struct figures is = figures_of(&predicted, i), was = figures_of(&measured, i);
        print_message("%c: mean %.0f/%.0f p50 %.0f/%.0f p90 %.0f/%.0f p99 %.0f/%.0f ms\n",
                      "cdef"[i], was.mean / 1e6, is.mean / 1e6, was.percentiles[0] / 1e6,
                      is.percentiles[0] / 1e6, was.percentiles[1] / 1e6, is.percentiles[1] / 1e6,
                      was.percentiles[2] / 1e6, is.percentiles[2] / 1e6);
        mean += off(is.mean, was.mean) / DISKS;
        for (size_t j = 0; j < PERCENTILES; j++)
            percentiles += off(is.percentiles[j], was.percentiles[j]) / (DISKS * PERCENTILES);
    }
    print_message("ext4-a: mean %.1f %%, percentiles %.1f %%\n", mean, percentiles);
    assert_true(mean <= MEAN_GOAL);
    assert_true(percentiles <= PERCENTILES_GOAL);
    answers_free(&measured);
    answers_free(&predicted);
}

// Without limits it is itself, bit for bit, whatever is told.
static void programs_are_themselves(void **state)
{
    (void)state;
    static const char *const recordings[] = {"lu", "lt1"};
    static const char *const models[] = {"dependent", "dependent, start-after: 5s", "closed"};
    for (size_t i = 0; i < 2 * 3; i++) {
        char trace[100];
        snprintf(trace, sizeof trace, "%s.ftrace.zst, arrivals: open", recordings[i / 3]);
        struct answers open = replay(trace, "", "");
        snprintf(trace, sizeof trace, "%s.ftrace.zst, arrivals: %s", recordings[i / 3],
                 models[i % 3]);
        struct answers same = replay(trace, "", "");
        assert_true(open.digest == same.digest);
        answers_expect_same(&open, &same, 0);
        answers_free(&open);
        answers_free(&same);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(programs_are_predicted),
    cmocka_unit_test(programs_are_themselves),
};
TEST_GROUP(ext4_goals, tests, scratch_make, scratch_remove);
