// SPDX-License-Identifier: GPL-2.0-or-later
// How often and how long the event loop stood still: of some rates and means that which brings the
// distributions nearest. When it stood still nobody knows, so requests are not compared one by one.
#include "sim/base/jobs.h"
#include "sim/validate/validate.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SEEDS 5
#define BETTER 0.9 // times the distance without stalls; what is hardly better is not taken

static const int64_t rates[] = {1, 2, 5, 10, 20}; // per second
static const int64_t means_ms[] = {2, 5, 10, 20, 50};

#define MEANS (sizeof means_ms / sizeof means_ms[0])
#define TRIED (1 + MEANS * sizeof rates / sizeof rates[0]) // the first has none

struct search {
    struct validating *validating;
    double distances[TRIED][SEEDS];
    _Atomic bool failed;
    struct sim_error error; // of the one that failed
};

static struct scenario_stalls stalls_of(uint64_t tried, uint64_t seed)
{
    if (tried == 0)
        return (struct scenario_stalls){.seed = 1};
    return (struct scenario_stalls){
        .rate = {rates[(tried - 1) / MEANS], 1},
        .mean_ns = means_ms[(tried - 1) % MEANS] * 1000000,
        .seed = (int64_t)seed + 1,
    };
}

// W1/mean of the members, each as often as it has requests. False: out of memory.
static bool measure(const struct validating *validating, const struct validation_outcome *outcomes,
                    double *distance)
{
    const struct validation_requests *requests = &validating->validation->requests;
    double sum = 0, count = 0;
    for (size_t m = 0; m < requests->member_count; m++) {
        struct report_change values[VALIDATION_FIGURE_COUNT];
        uint64_t to_come;
        if (!validation_measure(requests, outcomes, m, values, &to_come))
            return false;
        double of_member = values[VALIDATION_REQUESTS].a;
        if (isnan(values[VALIDATION_W1].b))
            continue;
        sum += of_member * values[VALIDATION_W1].b;
        count += of_member;
    }
    *distance = count > 0 ? sum / count : INFINITY;
    return true;
}

static bool try_one(void *context, uint64_t index)
{
    struct search *search = context;
    struct validating *validating = search->validating;
    uint64_t tried = index / SEEDS, seed = index % SEEDS;
    struct validation_outcome *outcomes =
        malloc((validating->recorded.count + 1) * sizeof *outcomes);
    struct trial trial = trial_of(validating, outcomes);
    struct sim_error error = {.exit = SIM_FAILED};
    trial.is_dependent = validating->options->is_dependent;
    trial.scenario.stalls = stalls_of(tried, seed);
    bool ok = outcomes != NULL ? trial_run(&trial, &error) : sim_fail_memory(&error);
    if (ok && !measure(validating, outcomes, &search->distances[tried][seed]))
        ok = sim_fail_memory(&error);
    if (!ok && !atomic_exchange(&search->failed, true))
        search->error = error;
    free(outcomes);
    return ok;
}

static void tell_nothing(void *context, uint64_t done)
{
    (void)context;
    (void)done;
}

static double mean_of(const double distances[SEEDS])
{
    double sum = 0;
    for (int i = 0; i < SEEDS; i++)
        sum += distances[i];
    return sum / SEEDS;
}

static void choose(const struct search *search)
{
    struct validating *validating = search->validating;
    uint64_t best = 0;
    double none = mean_of(search->distances[0]), least = BETTER * none;
    for (uint64_t i = 1; i < TRIED; i++) {
        double distance = mean_of(search->distances[i]);
        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    validating->scenario->stalls = stalls_of(best, 0);
    if (best == 0)
        validation_add_fact(validating->validation, "stalls_per_s", 0,
                            "Stalls of the event loop: none, fitted: with none of those tried are "
                            "the distributions %.0f %% nearer (W1/mean %.3g %%)",
                            100 * (1 - BETTER), 100 * none);
    else
        validation_add_fact(
            validating->validation, "stalls_per_s", (double)rates[(best - 1) / MEANS],
            "Stalls of the event loop: %d a second of %d ms on average, fitted: W1/mean %.3g %%, "
            "without %.3g %%",
            (int)rates[(best - 1) / MEANS], (int)means_ms[(best - 1) % MEANS], 100 * least,
            100 * none);
}

bool fit_stalls(struct validating *validating, struct sim_error *error)
{
    struct search *search = calloc(1, sizeof *search);
    if (search == NULL)
        return sim_fail_memory(error);
    search->validating = validating;
    struct jobs jobs = {
        .count = TRIED * SEEDS,
        .threads = validating->options->jobs,
        .work = try_one,
        .tell = tell_nothing,
        .context = search,
    };
    jobs_run(&jobs);
    bool ok = !search->failed;
    if (ok)
        choose(search);
    else
        *error = search->error;
    free(search);
    return ok;
}
