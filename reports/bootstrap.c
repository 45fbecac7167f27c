// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/bootstrap/bootstrap_internal.h"

#include "reports/quantile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const unsigned bootstrap_percents[BOOTSTRAP_QUANTILES] = {50, 90, 99};

// What is estimated, all as changes from A to B.
enum {
    ESTIMATE_MEAN = BOOTSTRAP_COLUMNS * BOOTSTRAP_QUANTILES,
    ESTIMATE_SHARE = ESTIMATE_MEAN + BOOTSTRAP_COLUMNS,
    ESTIMATE_COUNT,
};

static void bootstrap_draw(struct bootstrap_state *state)
{
    size_t left = state->count, places = state->thinned ? left / state->block : left;

    memset(state->weights, 0, (state->count + state->block + 1) * sizeof *state->weights);
    for (size_t i = 0; i < state->block_count; i++) {
        size_t first = gsl_rng_uniform_int(state->rng, (unsigned long)places);
        size_t length = left < state->block ? left : state->block;

        if (state->thinned)
            first *= state->block;
        state->blocks[i] = (struct bootstrap_block){(uint32_t)first, (uint32_t)length};
        state->weights[first]++;
        state->weights[first + length]--;
        left -= length;
    }
    for (size_t i = 1; i < state->count + state->block; i++)
        state->weights[i] += state->weights[i - 1];
    for (size_t i = 0; i < state->block && i < state->count; i++)
        state->weights[i] += state->weights[state->count + i];
}

static uint64_t bootstrap_count(const struct bootstrap_state *state, const uint32_t *before)
{
    uint64_t count = 0;

    for (size_t i = 0; i < state->block_count; i++) {
        const struct bootstrap_block *block = &state->blocks[i];

        count += before[block->first + block->length] - before[block->first];
    }
    return count;
}

static double bootstrap_sum(const struct bootstrap_state *state, const double *before)
{
    double sum = 0;

    for (size_t i = 0; i < state->block_count; i++) {
        const struct bootstrap_block *block = &state->blocks[i];

        sum += before[block->first + block->length] - before[block->first];
    }
    return sum;
}

static double bootstrap_time(int64_t ns)
{
    return ns == BOOTSTRAP_NEVER ? INFINITY : (double)ns;
}

// `known` requests of the column were drawn.
static double bootstrap_quantile(const struct bootstrap_state *state,
                                 const struct bootstrap_column *column, int q, uint64_t known)
{
    if (known == 0)
        return NAN;

    const struct bootstrap_mark *mark = &column->marks[q];
    uint64_t rank = quantile_rank(known, bootstrap_percents[q]);
    uint64_t up_to = bootstrap_count(state, mark->before); // drawn, up to `place`
    size_t place = mark->place;

    while (up_to < rank)
        up_to += (uint64_t)state->weights[column->order[++place]];
    for (;;) {
        uint64_t weight = (uint64_t)state->weights[column->order[place]];

        if (up_to - weight < rank)
            break;
        up_to -= weight;
        place--;
    }
    return bootstrap_time(column->values[column->order[place]]);
}

static double bootstrap_difference(double a, double b)
{
    return isinf(a) && isinf(b) ? 0 : b - a;
}

static double bootstrap_share(const struct bootstrap_state *state, int side)
{
    double total = bootstrap_sum(state, state->columns[BOOTSTRAP_TOTAL][side].sum_before);

    return total > 0 ? bootstrap_sum(state, state->known_wait_before[side]) / total : NAN;
}

// How many independent requests tell as much as these.
static double bootstrap_worth(const struct bootstrap_state *state, size_t requests)
{
    return (double)requests / state->inflation;
}

// Is there an interval for the change of this quantile?
static bool bootstrap_has_quantile(const struct bootstrap_state *state, int c, int q)
{
    const struct bootstrap_column *columns = state->columns[c];
    double worth = bootstrap_worth(state, columns[0].known);

    if (worth < BOOTSTRAP_LEAST || worth * (100 - bootstrap_percents[q]) < BOOTSTRAP_BEYOND * 100)
        return false;
    return columns[0].values[columns[0].order[columns[0].marks[q].place]] != BOOTSTRAP_NEVER &&
           columns[1].values[columns[1].order[columns[1].marks[q].place]] != BOOTSTRAP_NEVER;
}

static bool bootstrap_has_mean(const struct bootstrap_state *state, int c)
{
    const struct bootstrap_column *columns = state->columns[c];

    return bootstrap_worth(state, columns[0].known) >= BOOTSTRAP_LEAST && columns[0].finite &&
           columns[1].finite;
}

// What the requests in `blocks`, with these weights, say.
static void bootstrap_estimate(const struct bootstrap_state *state,
                               double estimates[ESTIMATE_COUNT])
{
    for (int c = 0; c < BOOTSTRAP_COLUMNS; c++) {
        const struct bootstrap_column *columns = state->columns[c];
        uint64_t known = bootstrap_count(state, columns[0].known_before);

        for (int q = 0; q < BOOTSTRAP_QUANTILES; q++)
            estimates[c * BOOTSTRAP_QUANTILES + q] =
                state->same[c] || !bootstrap_has_quantile(state, c, q)
                    ? 0
                    : bootstrap_difference(bootstrap_quantile(state, &columns[0], q, known),
                                           bootstrap_quantile(state, &columns[1], q, known));
        estimates[ESTIMATE_MEAN + c] = (bootstrap_sum(state, columns[1].sum_before) -
                                        bootstrap_sum(state, columns[0].sum_before)) /
                                       (double)known;
    }
    estimates[ESTIMATE_SHARE] = bootstrap_share(state, 1) - bootstrap_share(state, 0);
}

// The series itself, as if it had been drawn.
static void bootstrap_take_all(struct bootstrap_state *state)
{
    size_t at = 0;

    for (size_t i = 0; i < state->block_count; i++) {
        size_t left = state->count - at, length = left < state->block ? left : state->block;

        state->blocks[i] = (struct bootstrap_block){(uint32_t)at, (uint32_t)length};
        at += length;
    }
    for (size_t i = 0; i < state->count; i++)
        state->weights[i] = 1;
}

static int bootstrap_compare(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

// How far the resamples are from the series, at 2.5 % and 97.5 %.
static struct bootstrap_interval bootstrap_interval(double *values, size_t resamples, double here,
                                                    double scale)
{
    size_t known = 0;

    for (size_t i = 0; i < resamples; i++) {
        if (!isnan(values[i]))
            values[known++] = values[i];
    }
    if (known < resamples / 2 || !isfinite(here))
        return (struct bootstrap_interval){NAN, NAN};
    qsort(values, known, sizeof *values, bootstrap_compare);

    size_t beyond = known / 40;
    double low = values[beyond] - here, high = values[known - 1 - beyond] - here;

    return (struct bootstrap_interval){scale * low, scale * high};
}

static void bootstrap_conclude(const struct bootstrap_state *state, double *values,
                               size_t resamples, const double here[ESTIMATE_COUNT],
                               struct bootstrap_result *result)
{
    bool has[ESTIMATE_COUNT];
    struct bootstrap_interval *slots[ESTIMATE_COUNT];

    for (int c = 0; c < BOOTSTRAP_COLUMNS; c++) {
        for (int q = 0; q < BOOTSTRAP_QUANTILES; q++) {
            has[c * BOOTSTRAP_QUANTILES + q] = bootstrap_has_quantile(state, c, q);
            slots[c * BOOTSTRAP_QUANTILES + q] = &result->quantiles[c][q];
        }
        has[ESTIMATE_MEAN + c] = bootstrap_has_mean(state, c);
        slots[ESTIMATE_MEAN + c] = &result->mean[c];
    }
    has[ESTIMATE_SHARE] = bootstrap_has_mean(state, BOOTSTRAP_TOTAL);
    slots[ESTIMATE_SHARE] = &result->wait_share;
    for (size_t e = 0; e < ESTIMATE_COUNT; e++) {
        if (has[e])
            *slots[e] =
                bootstrap_interval(values + e * resamples, resamples, here[e], state->scale);
    }
}

static void bootstrap_know_nothing(struct bootstrap_result *result)
{
    const struct bootstrap_interval none = {NAN, NAN};

    for (int c = 0; c < BOOTSTRAP_COLUMNS; c++) {
        for (int q = 0; q < BOOTSTRAP_QUANTILES; q++)
            result->quantiles[c][q] = none;
        result->mean[c] = none;
    }
    result->wait_share = none;
}

bool bootstrap_run(const struct bootstrap_series *series, const struct bootstrap_config *config,
                   struct bootstrap_result *result)
{
    bootstrap_know_nothing(result);
    if (series->count < BOOTSTRAP_LEAST)
        return true;

    struct bootstrap_state state;
    double here[ESTIMATE_COUNT], drawn[ESTIMATE_COUNT];
    double *values = calloc((size_t)config->resamples * ESTIMATE_COUNT, sizeof *values);

    bool good = bootstrap_prepare(&state, series, config) && values != NULL;

    if (good && bootstrap_worth(&state, state.count) >= BOOTSTRAP_LEAST) {
        bootstrap_take_all(&state);
        bootstrap_estimate(&state, here);
        for (size_t r = 0; r < config->resamples; r++) {
            bootstrap_draw(&state);
            bootstrap_estimate(&state, drawn);
            for (size_t e = 0; e < ESTIMATE_COUNT; e++)
                values[e * config->resamples + r] = drawn[e];
        }
        bootstrap_conclude(&state, values, config->resamples, here, result);
    }
    bootstrap_release(&state);
    free(values);
    return good;
}
