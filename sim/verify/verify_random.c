// SPDX-License-Identifier: GPL-2.0-or-later
// Random scenarios, several at a time. Their seeds are taken in order, so that the smallest failing
// one is found whatever their number.
#include "sim/base/jobs.h"
#include "sim/base/stop.h"
#include "sim/verify/random/shrink.h"
#include "sim/verify/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A random case as a scenario, and one that fails made small.

#define SHRINK_TRIES 400

static struct scenario *parse_case(const struct random_case *random_case, int64_t granularity_ns,
                                   struct sim_error *error)
{
    char name[64], *text = NULL;
    size_t length;
    struct scenario *scenario = NULL;
    FILE *out = open_memstream(&text, &length);
    bool ok = out != NULL && random_case_write(random_case, out);
    if (out != NULL)
        ok = fclose(out) == 0 && ok;
    snprintf(name, sizeof name, "random scenario %" PRIu64, random_case->seed);
    if (ok)
        scenario = scenario_parse(name, text, length, error);
    else
        sim_fail_memory(error);
    free(text);
    if (scenario != NULL && !verify_prepare(scenario, granularity_ns, error)) {
        scenario_free(scenario);
        return NULL;
    }
    return scenario;
}

static bool run_case(const struct verify_random_config *config,
                     const struct random_case *random_case, struct lockstep_result *result,
                     struct sim_error *error)
{
    struct scenario *scenario = parse_case(random_case, config->granularity_ns, error);
    bool ok = scenario != NULL && lockstep_run(scenario, &config->lockstep, result, error);
    scenario_free(scenario);
    return ok;
}

struct shrinking {
    const struct verify_random_config *config;
    struct sim_error *error;
    bool gave_up;
};

static bool still_fails(void *context, const struct random_case *random_case)
{
    struct shrinking *shrinking = context;
    struct lockstep_result result = {0};
    if (shrinking->gave_up)
        return false;
    shrinking->gave_up = !run_case(shrinking->config, random_case, &result, shrinking->error);
    bool fails = !shrinking->gave_up && !result.agree;
    verify_free(&result);
    return fails;
}

// With the granularity at which it fails, so that the file is all that is needed.
static bool write_case(const struct verify_random_config *config,
                       const struct random_case *random_case, const char *path,
                       struct sim_error *error)
{
    struct random_case whole = *random_case;
    whole.timer_granularity_ns = config->granularity_ns > 0 ? config->granularity_ns : 0;
    FILE *out = fopen(path, "w");
    bool ok = out != NULL && random_case_write(&whole, out);
    if (out != NULL)
        ok = fclose(out) == 0 && ok;
    return ok || sim_fail(error, SIM_FAILED, "%s: %s", path, strerror(errno));
}

static bool make_small(const struct verify_random_config *config,
                       const struct random_case *random_case, struct verify_failure *failure,
                       struct sim_error *error)
{
    struct shrinking shrinking = {config, error, false};
    struct random_case *small = shrink_case(random_case, still_fails, &shrinking, SHRINK_TRIES);
    bool ok = !shrinking.gave_up && (small != NULL || sim_fail_memory(error)) &&
              write_case(config, small, failure->small_path, error);
    random_case_free(small);
    if (!ok)
        return false;
    failure->small = scenario_load(failure->small_path, error);
    return failure->small != NULL &&
           verify_prepare(failure->small, config->granularity_ns, error) &&
           verify_scenario(failure->small, &config->lockstep, &failure->result, error);
}

bool verify_shrink(const struct verify_random_config *config, uint64_t seed,
                   struct verify_failure *failure, struct sim_error *error)
{
    *failure = (struct verify_failure){0};
    const char *folder = config->directory == NULL ? "" : config->directory;
    const char *slash = config->directory == NULL ? "" : "/";
    snprintf(failure->path, sizeof failure->path, "%s%sverify-%" PRIu64 ".yaml", folder, slash,
             seed);
    snprintf(failure->small_path, sizeof failure->small_path, "%s%sverify-%" PRIu64 "-small.yaml",
             folder, slash, seed);
    struct random_case *random_case = random_case_new(seed);
    if (random_case == NULL)
        return sim_fail_memory(error);
    bool ok = write_case(config, random_case, failure->path, error) &&
              make_small(config, random_case, failure, error);
    random_case_free(random_case);
    return ok;
}

void verify_failure_free(struct verify_failure *failure)
{
    verify_free(&failure->result);
    scenario_free(failure->small);
    *failure = (struct verify_failure){0};
}

// ---- Many ----

struct board {
    const struct verify_random_config *config;
    pthread_mutex_t lock; // of what is below
    struct verify_random_result *result;
    uint64_t failed;        // smallest index of a difference, or UINT64_MAX
    struct sim_error error; // why one could not be verified; the first
};

// False: no more of them are needed.
static bool note_result(struct board *board, uint64_t index, const struct lockstep_result *result)
{
    struct verify_random_result *all = board->result;
    memcpy(all->qemu_version, result->qemu_version, sizeof all->qemu_version);
    if (!result->agree) {
        board->failed = index < board->failed ? index : board->failed;
        return false;
    }
    all->scenarios++;
    all->requests += result->requests;
    all->waited += result->waited;
    all->operations += result->operations;
    return true;
}

static bool verify_next(void *context, uint64_t index)
{
    struct board *board = context;
    const struct verify_random_config *config = board->config;
    struct lockstep_result result = {0};
    struct sim_error error;
    if (stop_signal != 0)
        return false;
    struct random_case *random_case = random_case_new(config->seed + index);
    bool ok = random_case == NULL ? sim_fail_memory(&error)
                                  : run_case(config, random_case, &result, &error);
    random_case_free(random_case);
    pthread_mutex_lock(&board->lock);
    if (ok)
        ok = note_result(board, index, &result);
    else if (board->error.message[0] == '\0')
        board->error = error;
    pthread_mutex_unlock(&board->lock);
    verify_free(&result);
    return ok;
}

static void tell(void *context, uint64_t done)
{
    struct board *board = context;
    const struct verify_random_config *config = board->config;
    struct progress_state state = {.share = progress_share(done, config->count)};
    pthread_mutex_lock(&board->lock);
    state.requests = board->result->requests;
    pthread_mutex_unlock(&board->lock);
    config->progress(config->progress_context, &state);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool verify_random(const struct verify_random_config *config, struct verify_random_result *result,
                   struct sim_error *error)
{
    struct board board = {.config = config, .result = result, .failed = UINT64_MAX};
    struct jobs jobs = {
        .count = config->count,
        .threads = config->jobs,
        .work = verify_next,
        .tell = tell,
        .context = &board,
    };
    double started_s = now_s();
    *result = (struct verify_random_result){0};
    pthread_mutex_init(&board.lock, NULL);
    jobs_run(&jobs);
    pthread_mutex_destroy(&board.lock);
    result->agree = board.failed == UINT64_MAX;
    result->failing_seed = config->seed + board.failed;
    result->seconds = now_s() - started_s;
    if (stop_signal != 0)
        return sim_fail(error, SIM_FAILED, "interrupted");
    // A difference is an answer, even if another scenario could not be verified.
    if (result->agree && board.error.message[0] != '\0') {
        *error = board.error;
        return false;
    }
    return true;
}
