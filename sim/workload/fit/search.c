// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/search.h"

#include <math.h>
#include <stdlib.h>

// ---- Trials ----

#define REQUESTS_MIN 5000  // of a trial, however few the recording has
#define WINDOWS_MIN 8      // of a length, or it is not looked at
#define WINDOWS_TRUSTED 30 // at which a length has half its weight
#define CYCLES_MIN 5
#define BATCHES_MIN 10
#define DISPERSION_COST 0.25
#define PARAMETER_COST 0.01
#define DISPERSION_LEAST 1e-3 // below that all are as regular as can be

static int draw_parameters(const struct synth_draw *draw)
{
    return draw->law == SYNTH_CONSTANT || draw->law == SYNTH_EXPONENTIAL ? 1 : 2;
}

// How many numbers describe the process.
static int count_parameters(const struct synth_arrivals *arrivals)
{
    int count = draw_parameters(&arrivals->gap_ns);
    if (arrivals->process == SYNTH_ON_OFF)
        count += draw_parameters(&arrivals->on_ns) + draw_parameters(&arrivals->off_ns);
    if (arrivals->process == SYNTH_MMPP)
        count = 2 * (int)arrivals->state_count;
    if (arrivals->batch_mean > 1)
        count += 1 + draw_parameters(&arrivals->batch_gap_ns);
    return count;
}

// Of the arrivals of a trial.
struct trial {
    struct report_histogram gaps;
    struct fit_windows windows;
    uint64_t requests;
    int64_t first_ns;
    int64_t last_ns;
};

static bool add(struct trial *trial, int64_t arrival_ns)
{
    bool ok = true;
    if (trial->requests++ == 0)
        trial->first_ns = arrival_ns;
    else
        ok = report_histogram_record(&trial->gaps, arrival_ns - trial->last_ns);
    trial->last_ns = arrival_ns;
    fit_windows_add(&trial->windows, (uint64_t)(arrival_ns - trial->first_ns));
    return ok;
}

// A volume of nothing but flushes: only times matter.
static void make_spec(const struct fit_target *target, const struct synth_arrivals *arrivals,
                      struct synth_volume *volume, struct synth_spec *spec)
{
    static char name[] = "trial";
    uint64_t requests = target->volume->info.requests;
    uint64_t wanted = requests < REQUESTS_MIN ? REQUESTS_MIN : requests;
    double longer = (double)wanted / (double)requests * 1.2;
    double duration_ns = fmin((double)target->duration_ns * longer, (double)SYNTH_DURATION_NS_MAX);
    *volume = (struct synth_volume){.name = name, .count = 1, .arrivals = *arrivals};
    volume->kind_count = 1;
    volume->kinds[0] = (struct synth_kind){.op = TRACE_FLUSH,
                                           .weight = 1,
                                           .sizes = {{0, 1}},
                                           .size_count = 1,
                                           .span = 512,
                                           .align = 512};
    *spec = (struct synth_spec){.seed = 1,
                                .duration_ns = (int64_t)duration_ns,
                                .requests_max = target->trial_requests,
                                .volumes = volume,
                                .volume_count = 1};
}

static double dispersion_error(const struct fit_windows *wanted, const struct fit_windows *found)
{
    double sum = 0, weights = 0;
    for (int i = 0; i < FIT_WINDOW_COUNT; i++) {
        double want = fit_windows_dispersion(wanted, i, WINDOWS_MIN);
        double have = fit_windows_dispersion(found, i, WINDOWS_MIN);
        if (want < 0 || have < 0)
            continue;
        double windows = (double)wanted->counters[i].counts.count;
        double weight = windows / (windows + WINDOWS_TRUSTED);
        sum += weight * fabs(log2(fmax(want, DISPERSION_LEAST) / fmax(have, DISPERSION_LEAST)));
        weights += weight;
    }
    return weights > 0 ? sum / weights : 0;
}

// What changes so rarely that it comes a few times in the recording is not known from it, and a
// made workload of that length could be nearly anything.
static bool is_too_rare(const struct fit_target *target, const struct synth_arrivals *arrivals)
{
    double cycle_ns = 0, requests = (double)target->volume->info.requests;
    for (uint32_t i = 0; i < arrivals->state_count; i++)
        cycle_ns += arrivals->states[i].mean_ns;
    if (arrivals->process == SYNTH_ON_OFF)
        cycle_ns = arrivals->on_ns.mean + arrivals->off_ns.mean;
    return cycle_ns * CYCLES_MIN > (double)target->duration_ns ||
           (arrivals->batch_mean > 1 && arrivals->batch_mean * BATCHES_MIN > requests);
}

// A process that the generator does not accept has the score INFINITY. False with the error filled.
static bool try_process(const struct fit_target *target, const struct synth_arrivals *arrivals,
                        struct fit_score *score, struct sim_error *error)
{
    struct synth_spec spec;
    struct trace_error trace_error;
    struct trace_request request;
    struct trial trial = {0};
    *score = (struct fit_score){.score = INFINITY};
    if (is_too_rare(target, arrivals))
        return true;
    struct synth_volume *volume = malloc(sizeof *volume); // too large for a stack
    if (volume == NULL)
        return sim_fail_memory(error);
    make_spec(target, arrivals, volume, &spec);
    if (!synth_check(&spec, &trace_error)) {
        free(volume);
        return true;
    }
    struct synth *synth = synth_open(&spec, &trace_error);
    bool ok = synth != NULL;
    fit_work_trial(target->work);
    enum trace_result result = TRACE_ERROR;
    if (!ok)
        sim_fail_memory(error);
    while (ok && (result = synth_read(synth, &request, &trace_error)) == TRACE_REQUEST)
        ok = fit_work_step(target->work, FIT_TRIAL_US, error) &&
             (add(&trial, request.arrival_ns / target->resolution_ns * target->resolution_ns) ||
              sim_fail_memory(error));
    if (ok && result != TRACE_END)
        ok = sim_fail_memory(error);
    synth_close(synth);
    free(volume);
    if (ok && trial.requests > 1) {
        const struct fit_volume *wanted = target->volume;
        score->distance = fit_histogram_distance(&wanted->info.gap_histogram, &trial.gaps);
        score->dispersion = dispersion_error(&wanted->windows, &trial.windows);
        score->score = score->distance + DISPERSION_COST * score->dispersion +
                       PARAMETER_COST * count_parameters(arrivals);
    }
    report_histogram_release(&trial.gaps);
    return ok;
}

// ---- The search ----

#define IMPROVED_MAX 3      // of the forms, the best
#define PERIODS_REQUESTS 50 // of fewer, periods and states cannot be told from chance

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
    if (!try_process(search->target, &choice.arrivals, &choice.score, search->error))
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

static bool search_all(struct fit_search *search, const struct synth_arrivals *plain)
{
    static const struct {
        uint64_t requests; // at least
        bool (*search)(struct fit_search *search);
    } stages[FIT_STAGE_COUNT] = {
        {2, fit_search_renewal},
        {PERIODS_REQUESTS, fit_search_on_off},
        {PERIODS_REQUESTS, fit_search_mmpp},
        {FIT_IMPROVED_REQUESTS, improve_best},
        {FIT_IMPROVED_REQUESTS, fit_search_more_states},
        {FIT_IMPROVED_REQUESTS, improve_best},
    };
    const struct fit_target *target = search->target;
    const struct info_volume *info = &target->volume->info;
    // All requests at one time, or one alone: there is nothing to choose.
    if (info->requests < 2 || info->first_ns == info->last_ns)
        return fit_search_offer(search, plain, NULL);
    for (size_t i = 0; i < FIT_STAGE_COUNT && info->requests >= stages[i].requests; i++) {
        if (!stages[i].search(search))
            return false;
        fit_work_stage(target->work, i, target->volume, target->trial_requests);
    }
    return true;
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
