// SPDX-License-Identifier: GPL-2.0-or-later
// Independent gaps, with and without batches; on and off periods.
#include "sim/workload/fit/search.h"

#include <math.h>

#define RUNS_MIN 5
#define BATCH_MEAN_MIN 1.05
#define ON_SHARE_MAX 0.999

static uint64_t runs_of(const struct fit_run *run)
{
    return run->cycle.count + 1; // the last one is not over
}

static double requests_of_run(const struct fit_search *search, const struct fit_run *run)
{
    return (double)search->target->volume->info.requests / (double)runs_of(run);
}

// The law of gaps of least_ns to most_ns.
static struct synth_draw gap_law(const struct fit_search *search, int64_t least_ns, int64_t most_ns)
{
    struct fit_points points;
    fit_points_take(&points, &search->target->volume->info.gap_histogram, least_ns, most_ns,
                    search->target->resolution_ns);
    struct synth_draw draw = fit_law_nearest(&points);
    if (draw.mean < 1)
        draw = (struct synth_draw){.law = SYNTH_CONSTANT};
    return draw;
}

static bool is_batch_level(const struct fit_search *search, int level)
{
    const struct fit_run *run = &search->target->volume->runs.levels[level];
    return runs_of(run) >= RUNS_MIN && requests_of_run(search, run) >= BATCH_MEAN_MIN;
}

static struct fit_batch batch_of(const struct fit_search *search, int level)
{
    int64_t threshold_ns = fit_runs_threshold(level);
    return (struct fit_batch){
        .mean = requests_of_run(search, &search->target->volume->runs.levels[level]),
        .gap_ns = gap_law(search, 0, threshold_ns),
        .threshold_ns = threshold_ns,
        .score = INFINITY,
    };
}

// Keeps the best kinds of batches, behind "none" and the clearest.
static void remember(struct fit_search *search, struct fit_batch batch)
{
    for (size_t i = 2; i < FIT_BATCHES_MAX; i++) {
        if (i < search->batch_count && batch.score >= search->batches[i].score)
            continue;
        struct fit_batch worse = search->batches[i];
        search->batches[i] = batch;
        if (i >= search->batch_count) {
            search->batch_count++;
            return;
        }
        batch = worse;
    }
}

// The clearest threshold is the one that could be four times as long with the least difference.
static void begin_batches(struct fit_search *search)
{
    const struct fit_run *levels = search->target->volume->runs.levels;
    double least = INFINITY;
    search->batches[0] = (struct fit_batch){.mean = 1};
    search->batch_count = 1;
    for (int level = 0; level + 1 < FIT_RUNS_LEVELS; level++) {
        double change = (double)runs_of(&levels[level]) / (double)runs_of(&levels[level + 1]);
        if (is_batch_level(search, level) && change < least) {
            least = change;
            search->batches[1] = batch_of(search, level);
            search->batch_count = 2;
        }
    }
}

static bool offer_batches(struct fit_search *search, int level)
{
    const struct fit_run *run = &search->target->volume->runs.levels[level];
    struct fit_batch batch = batch_of(search, level);
    struct synth_draw laws[2] = {fit_sums_law(&run->cycle), {.law = SYNTH_EXPONENTIAL}};
    for (int i = 0; i < 2; i++) {
        struct synth_arrivals arrivals = {.process = SYNTH_RENEWAL,
                                          .gap_ns = laws[i],
                                          .batch_mean = batch.mean,
                                          .batch_gap_ns = batch.gap_ns};
        double score;
        if (i == 1 && laws[0].law == laws[1].law)
            continue;
        if (!fit_search_offer(search, &arrivals, &score))
            return false;
        batch.score = fmin(batch.score, score);
    }
    if (batch.threshold_ns != search->batches[1].threshold_ns)
        remember(search, batch);
    return true;
}

bool fit_search_renewal(struct fit_search *search)
{
    struct synth_arrivals arrivals = {.process = SYNTH_RENEWAL,
                                      .gap_ns = gap_law(search, 0, INT64_MAX)};
    begin_batches(search);
    if (!fit_search_offer(search, &arrivals, NULL))
        return false;
    for (int level = 0; level < FIT_RUNS_LEVELS; level++) {
        if (is_batch_level(search, level) && !offer_batches(search, level))
            return false;
    }
    return true;
}

// What is on is as long as so many gaps, which is surer than where the last arrival was.
static bool offer_periods(struct fit_search *search, int level, const struct fit_batch *batch)
{
    const struct fit_run *run = &search->target->volume->runs.levels[level];
    double periods = (double)run->length.count;
    double cycle_ns = run->length.sum / periods + run->pause.sum / (periods - 1);
    struct synth_arrivals arrivals = {.process = SYNTH_ON_OFF,
                                      .on_ns = fit_sums_law(&run->length),
                                      .off_ns = fit_sums_law(&run->pause),
                                      .gap_ns = gap_law(search, 0, fit_runs_threshold(level)),
                                      .batch_mean = batch->mean,
                                      .batch_gap_ns = batch->gap_ns};
    arrivals.on_ns.mean =
        fmin((double)run->on_requests / periods * arrivals.gap_ns.mean, cycle_ns * ON_SHARE_MAX);
    arrivals.off_ns.mean = cycle_ns - arrivals.on_ns.mean;
    if (batch->mean > 1)
        arrivals.gap_ns = gap_law(search, batch->threshold_ns + 1, fit_runs_threshold(level));
    if (!fit_search_offer(search, &arrivals, NULL))
        return false;
    bool is_plain = batch->mean <= 1 || arrivals.gap_ns.law == SYNTH_EXPONENTIAL;
    arrivals.gap_ns = (struct synth_draw){.law = SYNTH_EXPONENTIAL};
    return is_plain || fit_search_offer(search, &arrivals, NULL);
}

bool fit_search_on_off(struct fit_search *search)
{
    for (int level = 0; level < FIT_RUNS_LEVELS; level++) {
        const struct fit_run *run = &search->target->volume->runs.levels[level];
        if (run->length.count < RUNS_MIN)
            continue;
        double requests = (double)run->on_requests / (double)run->length.count;
        for (size_t i = 0; i < search->batch_count; i++) {
            if (search->batches[i].threshold_ns < fit_runs_threshold(level) &&
                requests >= FIT_RUNS_ON_MIN * search->batches[i].mean &&
                !offer_periods(search, level, &search->batches[i]))
                return false;
        }
    }
    return true;
}
