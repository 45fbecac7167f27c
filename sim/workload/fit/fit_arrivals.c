// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/fit_arrivals.h"

#include "sim/workload/fit/search.h"

#include <math.h>

#define IMPROVED_MAX 3        // of the forms, the best
#define PERIODS_REQUESTS 50   // of fewer, periods and states cannot be told from chance,
#define IMPROVED_REQUESTS 200 // and numbers are as good as they can be

static void round_draw(struct synth_draw *draw)
{
    draw->mean = fit_round(draw->mean);
    draw->shape =
        draw->law == SYNTH_CONSTANT || draw->law == SYNTH_EXPONENTIAL ? 0 : fit_round(draw->shape);
}

// Gaps become as long, or rates as high, as it takes.
static void set_rate(struct synth_arrivals *arrivals, double rate_per_s)
{
    struct synth_volume volume = {.arrivals = *arrivals};
    if (arrivals->process != SYNTH_MMPP)
        volume.arrivals.gap_ns.mean = arrivals->gap_ns.mean = 1e9;
    double factor = rate_per_s / synth_volume_rate_per_s(&volume);
    arrivals->gap_ns.mean /= factor;
    for (uint32_t i = 0; i < arrivals->state_count; i++)
        arrivals->states[i].rate_per_s *= factor;
}

static void finish(struct synth_arrivals *arrivals, const struct fit_target *target)
{
    double rate_per_s = (double)target->volume->info.requests / ((double)target->duration_ns / 1e9);
    arrivals->batch_mean = fit_round(fmax(1, arrivals->batch_mean));
    round_draw(&arrivals->batch_gap_ns);
    round_draw(&arrivals->on_ns);
    round_draw(&arrivals->off_ns);
    for (uint32_t i = 0; i < arrivals->state_count; i++)
        arrivals->states[i].mean_ns = fit_round(arrivals->states[i].mean_ns);
    set_rate(arrivals, rate_per_s);
    round_draw(&arrivals->gap_ns);
    for (uint32_t i = 0; i < arrivals->state_count; i++)
        arrivals->states[i].rate_per_s = arrivals->states[i].rate_per_s < SYNTH_RATE_MIN
                                             ? 0
                                             : fit_round(arrivals->states[i].rate_per_s);
}

static size_t form_of(const struct synth_arrivals *arrivals)
{
    size_t states = arrivals->process == SYNTH_MMPP ? arrivals->state_count - 2 : 0;
    return 2 * ((size_t)arrivals->process + states) + (arrivals->batch_mean > 1);
}

bool fit_search_offer(struct fit_search *search, const struct synth_arrivals *arrivals,
                      double *score)
{
    struct fit_choice choice = {.arrivals = *arrivals};
    finish(&choice.arrivals, search->target);
    if (!fit_try(search->target, &choice.arrivals, &choice.score, search->error))
        return false;
    struct fit_choice *best = &search->best[form_of(&choice.arrivals)];
    if (choice.score.score < best->score.score)
        *best = choice;
    if (score != NULL)
        *score = choice.score.score;
    return true;
}

static size_t best_form(const struct fit_search *search, const bool *excluded)
{
    size_t best = FIT_FORM_COUNT;
    for (size_t i = 0; i < FIT_FORM_COUNT; i++) {
        if (!excluded[i] && isfinite(search->best[i].score.score) &&
            (best == FIT_FORM_COUNT ||
             search->best[i].score.score < search->best[best].score.score))
            best = i;
    }
    return best;
}

static bool improve_best(struct fit_search *search)
{
    bool done[FIT_FORM_COUNT] = {false};
    size_t form;
    for (int i = 0; i < IMPROVED_MAX; i++) {
        if ((form = best_form(search, done)) == FIT_FORM_COUNT)
            break;
        done[form] = true;
        bool is_new = search->best[form].score.score < search->improved[form];
        if (is_new && !fit_search_improve(search, &search->best[form]))
            return false;
        search->improved[form] = search->best[form].score.score;
    }
    return true;
}

// All requests at one time, or one alone: there is nothing to choose.
static bool is_trivial(const struct fit_volume *volume)
{
    return volume->info.requests < 2 || volume->info.first_ns == volume->info.last_ns;
}

static bool search_all(struct fit_search *search, const struct synth_arrivals *plain)
{
    uint64_t requests = search->target->volume->info.requests;
    if (is_trivial(search->target->volume))
        return fit_search_offer(search, plain, NULL);
    if (!fit_search_renewal(search))
        return false;
    if (requests >= PERIODS_REQUESTS && (!fit_search_on_off(search) || !fit_search_mmpp(search)))
        return false;
    return requests < IMPROVED_REQUESTS ||
           (improve_best(search) && fit_search_more_states(search) && improve_best(search));
}

bool fit_arrivals(const struct fit_target *target, struct fit_choice *best, struct sim_error *error)
{
    struct fit_search search = {.target = target, .error = error};
    static const bool none[FIT_FORM_COUNT] = {false};
    struct synth_arrivals plain = {.process = SYNTH_RENEWAL, .gap_ns = {.law = SYNTH_CONSTANT}};
    for (size_t i = 0; i < FIT_FORM_COUNT; i++)
        search.best[i].score.score = search.improved[i] = INFINITY;
    if (!search_all(&search, &plain))
        return false;
    size_t form = best_form(&search, none);
    if (form < FIT_FORM_COUNT) {
        *best = search.best[form];
    } else {
        // Nothing that the generator accepts: the plainest, for its message.
        finish(&plain, target);
        *best = (struct fit_choice){plain, {.score = INFINITY}};
    }
    return true;
}
