// SPDX-License-Identifier: GPL-2.0-or-later
// Independent gaps, with and without batches; on and off periods.
#include "sim/fit/search.h"

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

// The law of gaps of at most most_ns.
static struct synth_draw gap_law(const struct fit_search *search, int64_t most_ns)
{
    struct fit_points points;
    fit_points_take(&points, &search->target->volume->info.gap_histogram, 0, most_ns,
                    search->target->resolution_ns);
    struct synth_draw draw = fit_law_nearest(&points);
    if (draw.mean < 1)
        draw = (struct synth_draw){.law = SYNTH_CONSTANT};
    return draw;
}

static void with_batches(const struct fit_batch *batch, struct synth_arrivals *arrivals)
{
    arrivals->batch_mean = batch->mean;
    arrivals->batch_gap_ns = batch->gap_ns;
}

// Keeps the best kinds of batches behind "none".
static void remember(struct fit_search *search, struct fit_batch batch)
{
    for (size_t i = 1; i < FIT_BATCHES_MAX; i++) {
        if (i >= search->batch_count) {
            search->batches[search->batch_count++] = batch;
            return;
        }
        if (batch.score < search->batches[i].score) {
            struct fit_batch worse = search->batches[i];
            search->batches[i] = batch;
            batch = worse;
        }
    }
}

static bool offer_batches(struct fit_search *search, int level)
{
    const struct fit_run *run = &search->target->volume->runs.levels[level];
    struct fit_batch batch = {.mean = requests_of_run(search, run), .score = INFINITY};
    if (runs_of(run) < RUNS_MIN || batch.mean < BATCH_MEAN_MIN)
        return true;
    batch.gap_ns = gap_law(search, fit_runs_threshold(level));
    struct synth_draw laws[2] = {fit_sums_law(&run->cycle), {.law = SYNTH_EXPONENTIAL}};
    for (int i = 0; i < 2; i++) {
        struct synth_arrivals arrivals = {.process = SYNTH_RENEWAL, .gap_ns = laws[i]};
        double score;
        if (i == 1 && laws[0].law == laws[1].law)
            continue;
        with_batches(&batch, &arrivals);
        if (!fit_search_offer(search, &arrivals, &score))
            return false;
        batch.score = fmin(batch.score, score);
    }
    remember(search, batch);
    return true;
}

bool fit_search_renewal(struct fit_search *search)
{
    struct synth_arrivals arrivals = {.process = SYNTH_RENEWAL,
                                      .gap_ns = gap_law(search, INT64_MAX)};
    search->batches[0] = (struct fit_batch){.mean = 1};
    search->batch_count = 1;
    if (!fit_search_offer(search, &arrivals, NULL))
        return false;
    for (int level = 0; level < FIT_RUNS_LEVELS; level++) {
        if (!offer_batches(search, level))
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
                                      .off_ns = fit_sums_law(&run->pause)};
    arrivals.gap_ns = gap_law(search, fit_runs_threshold(level));
    arrivals.on_ns.mean =
        fmin((double)run->on_requests / periods * arrivals.gap_ns.mean, cycle_ns * ON_SHARE_MAX);
    arrivals.off_ns.mean = cycle_ns - arrivals.on_ns.mean;
    with_batches(batch, &arrivals);
    if (batch->mean > 1)
        arrivals.gap_ns = (struct synth_draw){.law = SYNTH_EXPONENTIAL};
    return fit_search_offer(search, &arrivals, NULL);
}

bool fit_search_on_off(struct fit_search *search)
{
    for (int level = 0; level < FIT_RUNS_LEVELS; level++) {
        const struct fit_run *run = &search->target->volume->runs.levels[level];
        if (run->length.count < RUNS_MIN)
            continue;
        double requests = (double)run->on_requests / (double)run->length.count;
        for (size_t i = 0; i < search->batch_count; i++) {
            if (requests >= FIT_RUNS_ON_MIN * search->batches[i].mean &&
                !offer_periods(search, level, &search->batches[i]))
                return false;
        }
    }
    return true;
}
