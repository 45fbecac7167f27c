// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/jobs.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#define LOOK_NS 100000000 // between two times of telling

struct team {
    const struct jobs *jobs;
    pthread_mutex_t lock; // of what is below
    pthread_cond_t one_has_ended;
    uint64_t next;
    uint64_t done;
    unsigned working; // threads
    bool is_over;
};

static void *work(void *context)
{
    struct team *team = context;
    const struct jobs *jobs = team->jobs;
    pthread_mutex_lock(&team->lock);
    while (!team->is_over && team->next < jobs->count) {
        uint64_t index = team->next++;
        pthread_mutex_unlock(&team->lock);
        bool goes_on = jobs->work(jobs->context, index);
        pthread_mutex_lock(&team->lock);
        team->is_over = team->is_over || !goes_on;
        team->done++;
    }
    team->working--;
    pthread_cond_signal(&team->one_has_ended);
    pthread_mutex_unlock(&team->lock);
    return NULL;
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
        pthread_cond_timedwait(&team->one_has_ended, &team->lock, &until);
        team->jobs->tell(team->jobs->context, team->done);
    }
    pthread_mutex_unlock(&team->lock);
}

static unsigned start(struct team *team, pthread_t *threads, uint64_t count)
{
    unsigned started = 0;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&team->lock);
    while (started < count && pthread_create(&threads[started], NULL, work, team) == 0)
        team->working = ++started;
    pthread_mutex_unlock(&team->lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void jobs_run(const struct jobs *jobs)
{
    pthread_t threads[JOBS_MAX];
    struct team team = {.jobs = jobs};
    pthread_mutex_init(&team.lock, NULL);
    pthread_cond_init(&team.one_has_ended, NULL);
    unsigned started =
        start(&team, threads, jobs->threads < jobs->count ? jobs->threads : jobs->count);
    if (started == 0) { // the system has none for us
        team.working = 1;
        work(&team);
    }
    wait_for_all(&team);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_cond_destroy(&team.one_has_ended);
    pthread_mutex_destroy(&team.lock);
}
