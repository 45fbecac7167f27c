// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/bootstrap/bootstrap_internal.h"

#include "reports/quantile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PREPARE_ALIKE 8 // times the stride is not above the inflation: little is lost

struct prepare_item {
    int64_t value;
    uint32_t at;
};

static int prepare_compare(const void *a, const void *b)
{
    const struct prepare_item *first = a, *second = b;

    if (first->value != second->value)
        return first->value < second->value ? -1 : 1;
    return (first->at > second->at) - (first->at < second->at);
}

static bool prepare_order(const struct bootstrap_state *state, struct bootstrap_column *column)
{
    struct prepare_item *items = calloc(state->count, sizeof *items);

    column->order = calloc(state->count, sizeof *column->order);
    if (items == NULL || column->order == NULL) {
        free(items);
        return false;
    }
    column->finite = true;
    for (size_t i = 0; i < state->count; i++) {
        if (column->values[i] != BOOTSTRAP_UNKNOWN)
            items[column->known++] = (struct prepare_item){column->values[i], (uint32_t)i};
        column->finite = column->finite && column->values[i] != BOOTSTRAP_NEVER;
    }
    qsort(items, column->known, sizeof *items, prepare_compare);
    for (size_t i = 0; i < column->known; i++)
        column->order[i] = items[i].at;
    free(items);
    return true;
}

// Positions of the series and, closing the circle, of one more block.
static size_t prepare_positions(const struct bootstrap_state *state)
{
    return state->count + state->block;
}

static bool prepare_mark(const struct bootstrap_state *state, const struct bootstrap_column *column,
                         struct bootstrap_mark *mark, unsigned percent)
{
    bool *below = calloc(state->count, sizeof *below);

    mark->before = calloc(prepare_positions(state) + 1, sizeof *mark->before);
    if (below != NULL && mark->before != NULL && column->known > 0) {
        mark->place = quantile_rank(column->known, percent) - 1;
        for (size_t i = 0; i <= mark->place; i++)
            below[column->order[i]] = true;
        for (size_t i = 0; i < prepare_positions(state); i++)
            mark->before[i + 1] = mark->before[i] + below[i % state->count];
    }
    bool good = below != NULL && mark->before != NULL;

    free(below);
    return good;
}

static bool prepare_sums(const struct bootstrap_state *state, struct bootstrap_column *column)
{
    size_t positions = prepare_positions(state);

    column->known_before = calloc(positions + 1, sizeof *column->known_before);
    column->sum_before = calloc(positions + 1, sizeof *column->sum_before);
    if (column->known_before == NULL || column->sum_before == NULL)
        return false;
    for (size_t i = 0; i < positions; i++) {
        int64_t value = column->values[i % state->count];
        bool known = value != BOOTSTRAP_UNKNOWN;

        column->known_before[i + 1] = column->known_before[i] + known;
        column->sum_before[i + 1] = column->sum_before[i] + (known ? (double)value : 0);
    }
    return true;
}

static bool prepare_known_wait(struct bootstrap_state *state, int side)
{
    const int64_t *waits = state->columns[BOOTSTRAP_WAIT][side].values;
    const int64_t *totals = state->columns[BOOTSTRAP_TOTAL][side].values;
    double *before = calloc(prepare_positions(state) + 1, sizeof *before);

    state->known_wait_before[side] = before;
    for (size_t i = 0; before != NULL && i < prepare_positions(state); i++) {
        size_t at = i % state->count;

        before[i + 1] = before[i] + (totals[at] == BOOTSTRAP_UNKNOWN ? 0 : (double)waits[at]);
    }
    return before != NULL;
}

// Where in the whole series each block begins: of a thinned one, one in each of equal stretches.
static void prepare_choose(const struct bootstrap_state *state, size_t whole, size_t *starts)
{
    size_t span = state->block * state->stride;
    size_t stretch = state->thinned ? whole / (state->count / state->block) : span;

    // An integer type of 64 bits: i * stretch cannot overflow, it is below `whole`.
    for (size_t i = 0; i * state->block < state->count; i++) {
        starts[i] = i * stretch;
        if (state->thinned)
            starts[i] += gsl_rng_uniform_int(state->rng, (unsigned long)(stretch - span + 1));
    }
}

static bool prepare_values(struct bootstrap_state *state, const struct bootstrap_series *series)
{
    size_t *starts = calloc(state->block_count, sizeof *starts);
    bool good = starts != NULL;

    if (good)
        prepare_choose(state, series->count, starts);
    for (int c = 0; good && c < BOOTSTRAP_COLUMNS; c++) {
        const int64_t *const *from = c == BOOTSTRAP_TOTAL ? series->total_ns : series->wait_ns;

        for (int side = 0; good && side < 2; side++) {
            int64_t *values = malloc(state->count * sizeof *values);

            state->columns[c][side].values = values;
            good = values != NULL;
            for (size_t i = 0; good && i < state->count; i++)
                values[i] = from[side][starts[i / state->block] + i % state->block * state->stride];
        }
        state->same[c] = good && !memcmp(state->columns[c][0].values, state->columns[c][1].values,
                                         state->count * sizeof(int64_t));
    }
    free(starts);
    return good;
}

// A long series is thinned in two steps: where neighbours are much alike, one of `stride` is taken;
// if there are still too many, blocks.
static void prepare_size(struct bootstrap_state *state, size_t whole, size_t most)
{
    size_t needed = (whole + most - 1) / most, alike = (size_t)(state->inflation / PREPARE_ALIKE);

    state->stride = alike < needed ? alike : needed;
    state->stride += state->stride == 0;
    state->inflation = fmax(1, state->inflation / (double)state->stride);
    size_t length = whole / state->stride;

    state->thinned = length > most;
    state->count = state->thinned ? most : length;
    state->block = bootstrap_block(state->count, state->inflation);
    if (state->thinned)
        state->count -= state->count % state->block;
    state->scale = sqrt((double)state->count / (double)length);
    state->block_count = (state->count + state->block - 1) / state->block;
}

bool bootstrap_prepare(struct bootstrap_state *state, const struct bootstrap_series *series,
                       const struct bootstrap_config *config)
{
    *state = (struct bootstrap_state){.rng = gsl_rng_alloc(gsl_rng_mt19937),
                                      .inflation = bootstrap_inflation(series)};
    if (state->rng == NULL)
        return false;
    gsl_rng_set(state->rng, config->seed);
    prepare_size(state, series->count, config->most);
    state->blocks = calloc(state->block_count, sizeof *state->blocks);
    state->weights = calloc(prepare_positions(state) + 1, sizeof *state->weights);
    if (state->blocks == NULL || state->weights == NULL || !prepare_values(state, series))
        return false;
    for (int c = 0; c < BOOTSTRAP_COLUMNS; c++) {
        for (int side = 0; side < 2; side++) {
            struct bootstrap_column *column = &state->columns[c][side];

            if (!prepare_order(state, column) || !prepare_sums(state, column))
                return false;
            for (int q = 0; q < BOOTSTRAP_QUANTILES; q++) {
                if (!prepare_mark(state, column, &column->marks[q], bootstrap_percents[q]))
                    return false;
            }
        }
    }
    return prepare_known_wait(state, 0) && prepare_known_wait(state, 1);
}

void bootstrap_release(struct bootstrap_state *state)
{
    for (int c = 0; c < BOOTSTRAP_COLUMNS; c++) {
        for (int side = 0; side < 2; side++) {
            struct bootstrap_column *column = &state->columns[c][side];

            free(column->values);
            free(column->order);
            free(column->known_before);
            free(column->sum_before);
            for (int q = 0; q < BOOTSTRAP_QUANTILES; q++)
                free(column->marks[q].before);
        }
    }
    free(state->known_wait_before[0]);
    free(state->known_wait_before[1]);
    free(state->blocks);
    free(state->weights);
    if (state->rng != NULL)
        gsl_rng_free(state->rng);
}
