// SPDX-License-Identifier: GPL-2.0-or-later
// Scenarios are taken by threads in order, so that the results do not depend on their number.
#include "sim/check/check.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#define LOOK_NS 100000000 // between two looks at the progress
#define JOBS_MAX 256

struct team {
    const struct suite *suite;
    const struct check_options *options;
    struct check_result *results;
    _Atomic size_t next;
    _Atomic uint64_t requests;
    pthread_mutex_t lock; // of what is below
    pthread_cond_t one_is_done;
    size_t done;
    size_t working; // threads
};

static void work(struct team *team)
{
    size_t index;
    while (*team->options->stop == 0 &&
           (index = atomic_fetch_add(&team->next, 1)) < team->suite->count) {
        check_entry(&team->suite->entries[index], team->options, &team->requests,
                    &team->results[index]);
        pthread_mutex_lock(&team->lock);
        team->done++;
        pthread_mutex_unlock(&team->lock);
    }
}

static void *work_in_thread(void *context)
{
    struct team *team = context;
    work(team);
    pthread_mutex_lock(&team->lock);
    team->working--;
    pthread_cond_signal(&team->one_is_done);
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

static void show_progress(struct team *team)
{
    struct check_state state = {
        .done = team->done,
        .count = team->suite->count,
        .requests = atomic_load(&team->requests),
    };
    if (team->options->progress != NULL)
        team->options->progress(team->options->progress_context, &state);
}

static void wait_for_all(struct team *team)
{
    pthread_mutex_lock(&team->lock);
    while (team->working > 0) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += LOOK_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&team->one_is_done, &team->lock, &until);
        show_progress(team);
    }
    pthread_mutex_unlock(&team->lock);
}

// Signals are for the thread that began it all.
static size_t start(struct team *team, pthread_t *threads, size_t count)
{
    size_t started = 0;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&team->lock);
    while (started < count && pthread_create(&threads[started], NULL, work_in_thread, team) == 0) {
        started++;
        team->working++;
    }
    pthread_mutex_unlock(&team->lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

bool check_suite(const struct suite *suite, const struct check_options *options,
                 struct check_result *results, struct sim_error *error)
{
    struct team team = {.suite = suite, .options = options, .results = results};
    pthread_t threads[JOBS_MAX];
    size_t jobs = options->jobs < JOBS_MAX ? options->jobs : JOBS_MAX;
    memset(results, 0, suite->count * sizeof *results);
    pthread_mutex_init(&team.lock, NULL);
    pthread_cond_init(&team.one_is_done, NULL);
    size_t started = start(&team, threads, jobs < suite->count ? jobs : suite->count);
    if (started == 0)
        work(&team);
    wait_for_all(&team);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_cond_destroy(&team.one_is_done);
    pthread_mutex_destroy(&team.lock);
    return *options->stop == 0 || sim_fail(error, SIM_FAILED, "interrupted");
}
