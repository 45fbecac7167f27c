// SPDX-License-Identifier: GPL-2.0-or-later
// The last step of every estimate: each number in turn is made a little larger or smaller, as long
// as the trial comes out better. All trials have the same seed, so that a difference between two is
// that of the numbers.
#include "sim/workload/fit/search.h"

#include <math.h>

#define NUMBERS_MAX (2 * FIT_HIDDEN_STATES_MAX + 8)

static size_t add_draw(struct synth_draw *draw, bool has_mean, double **numbers)
{
    size_t count = 0;
    if (has_mean)
        numbers[count++] = &draw->mean;
    if (draw->law != SYNTH_CONSTANT && draw->law != SYNTH_EXPONENTIAL)
        numbers[count++] = &draw->shape;
    return count;
}

// What may change; the mean gap follows from the rate of all.
static size_t list_numbers(struct synth_arrivals *arrivals, double **numbers)
{
    size_t count = 0;
    if (arrivals->process == SYNTH_ON_OFF) {
        count += add_draw(&arrivals->on_ns, true, numbers + count);
        count += add_draw(&arrivals->off_ns, true, numbers + count);
    }
    if (arrivals->process == SYNTH_MMPP) {
        for (uint32_t i = 0; i < arrivals->state_count; i++) {
            numbers[count++] = &arrivals->states[i].rate_per_s;
            numbers[count++] = &arrivals->states[i].mean_ns;
        }
    } else if (arrivals->process == SYNTH_ON_OFF || arrivals->batch_mean > 1) {
        count += add_draw(&arrivals->gap_ns, false, numbers + count);
    }
    if (arrivals->batch_mean > 1) {
        numbers[count++] = &arrivals->batch_mean;
        count += add_draw(&arrivals->batch_gap_ns, true, numbers + count);
    }
    return count;
}

static bool try_factor(struct fit_search *search, struct synth_arrivals *arrivals, double *number,
                       double factor, double *score, bool *better)
{
    double before = *number, found;
    *number *= factor;
    if (!fit_search_offer(search, arrivals, &found))
        return false;
    *better = found < *score;
    if (*better)
        *score = found;
    else
        *number = before;
    return true;
}

bool fit_search_improve(struct fit_search *search, const struct fit_choice *choice)
{
    static const double steps[] = {2, 1.4, 1.15, 1.05};
    struct synth_arrivals arrivals = choice->arrivals;
    double *numbers[NUMBERS_MAX], score = choice->score.score;
    size_t count = list_numbers(&arrivals, numbers);
    for (size_t step = 0; step < sizeof steps / sizeof steps[0]; step++) {
        for (size_t i = 0; i < count; i++) {
            bool better;
            if (!try_factor(search, &arrivals, numbers[i], steps[step], &score, &better))
                return false;
            if (!better &&
                !try_factor(search, &arrivals, numbers[i], 1 / steps[step], &score, &better))
                return false;
        }
    }
    return true;
}

// A state becomes two, with different rates.
static bool split_state(struct fit_search *search, const struct fit_choice *choice)
{
    static const double factors[] = {0.3, 0.7, 3};
    const struct synth_arrivals *before = &choice->arrivals;
    for (uint32_t i = 0; i < before->state_count; i++) {
        for (size_t f = 0; f < sizeof factors / sizeof factors[0]; f++) {
            struct synth_arrivals arrivals = *before;
            struct synth_state *added = &arrivals.states[arrivals.state_count++];
            *added = before->states[i];
            added->rate_per_s *= factors[f];
            added->mean_ns /= factors[f];
            if (!fit_search_offer(search, &arrivals, NULL))
                return false;
        }
    }
    return true;
}

bool fit_search_more_states(struct fit_search *search)
{
    for (size_t form = 0; form < FIT_FORM_COUNT; form++) {
        struct fit_choice choice = search->best[form];
        if (isfinite(choice.score.score) && choice.arrivals.process == SYNTH_MMPP &&
            choice.arrivals.state_count < FIT_HIDDEN_STATES_MAX && !split_state(search, &choice))
            return false;
    }
    return true;
}
