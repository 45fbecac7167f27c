// SPDX-License-Identifier: GPL-2.0-or-later
// What goes from rank to rank is two numbers: the claim of a part, and its answer. MPI is called by
// one thread at a time (MPI_THREAD_SERIALIZED): in rank 0 the one that hands out, in the others
// under the lock.
#include "sim/ranks/ranks.h"

#include "sim/ranks/messages.h"

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

// What mpirun (Open MPI, and others that speak PMI) or srun says to those that it starts.
static long started_with(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *size = getenv(names[i]);
        if (size != NULL)
            return strtol(size, NULL, 10);
    }
    return 1;
}

static bool claim_here(struct ranks *ranks, uint64_t most, uint64_t *from, uint64_t *to)
{
    pthread_mutex_lock(&ranks->lock);
    uint64_t left = ranks->is_ending ? 0 : ranks->end - ranks->next;
    *from = ranks->next;
    *to = ranks->next += most < left ? most : left;
    pthread_mutex_unlock(&ranks->lock);
    return *from < *to;
}

void ranks_share(struct ranks *ranks, uint64_t count)
{
    pthread_mutex_lock(&ranks->lock);
    ranks->end = count;
    ranks->is_shared = true;
    pthread_mutex_unlock(&ranks->lock);
}

uint64_t ranks_claimed(struct ranks *ranks)
{
    pthread_mutex_lock(&ranks->lock);
    uint64_t claimed = ranks->next;
    pthread_mutex_unlock(&ranks->lock);
    return claimed;
}

#define SERVE_NS 500000   // how often rank 0 looks for claims
#define BEAT_NS 100000000 // how often the others look whether they are to end
#define BEATS_PER_MESSAGE 10

enum tag { TAG_CLAIM = 1, TAG_ALIVE, TAG_DONE, TAG_PART };

static void rest(long time_ns)
{
    const struct timespec time = {0, time_ns};
    nanosleep(&time, NULL);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// ---- Rank 0 ----

static bool takes_claims(struct ranks *ranks)
{
    pthread_mutex_lock(&ranks->lock);
    bool takes = ranks->is_shared || ranks->is_ending;
    pthread_mutex_unlock(&ranks->lock);
    return takes;
}

// False: nothing.
static bool hear(struct ranks *ranks)
{
    uint64_t numbers[2], from, to;
    int rank = RANK_MESSAGES_ANY;
    int tag = takes_claims(ranks) ? RANK_MESSAGES_ANY : TAG_ALIVE;
    if (!ranks->messages->receive(&rank, &tag, numbers))
        return false;
    if (tag == TAG_CLAIM) {
        claim_here(ranks, numbers[0], &from, &to);
        ranks->messages->send(rank, TAG_PART, from, to);
    }
    pthread_mutex_lock(&ranks->lock);
    ranks->heard_s[rank] = tag == TAG_DONE ? INFINITY : now_s();
    pthread_mutex_unlock(&ranks->lock);
    return true;
}

// Is any other rank alive, and at work?
static bool is_waited_for(struct ranks *ranks)
{
    bool is_any = false;
    pthread_mutex_lock(&ranks->lock);
    for (int i = 1; i < ranks->size; i++)
        is_any = is_any ||
                 (isfinite(ranks->heard_s[i]) && now_s() - ranks->heard_s[i] < RANKS_SILENCE_S);
    pthread_mutex_unlock(&ranks->lock);
    return is_any;
}

static bool is_ending(struct ranks *ranks)
{
    pthread_mutex_lock(&ranks->lock);
    bool ending = ranks->is_ending;
    pthread_mutex_unlock(&ranks->lock);
    return ending;
}

static void *serve(void *context)
{
    struct ranks *ranks = context;
    while (!is_ending(ranks) || is_waited_for(ranks))
        if (!hear(ranks))
            rest(SERVE_NS);
    return NULL;
}

// ---- The others ----

static void *beat(void *context)
{
    struct ranks *ranks = context;
    for (unsigned i = 0; !is_ending(ranks); i++) {
        pthread_mutex_lock(&ranks->lock);
        if (i % BEATS_PER_MESSAGE == 0)
            ranks->messages->send(0, TAG_ALIVE, 0, 0);
        pthread_mutex_unlock(&ranks->lock);
        rest(BEAT_NS);
    }
    return NULL;
}

static bool claim_there(struct ranks *ranks, uint64_t most, uint64_t *from, uint64_t *to)
{
    uint64_t numbers[2];
    int rank = 0;
    int tag = TAG_PART;
    pthread_mutex_lock(&ranks->lock);
    ranks->messages->send(0, TAG_CLAIM, most, 0);
    while (!ranks->messages->receive(&rank, &tag, numbers)) {
        pthread_mutex_unlock(&ranks->lock);
        rest(SERVE_NS);
        pthread_mutex_lock(&ranks->lock);
    }
    pthread_mutex_unlock(&ranks->lock);
    *from = numbers[0];
    *to = numbers[1];
    return *from < *to;
}

// ---- All ----

// MPI's own modules look for its names in the program.
static bool load(struct ranks *ranks, struct sim_error *error)
{
    void *module = dlopen(THROTTLESIM_MPI_MODULE, RTLD_NOW | RTLD_GLOBAL);
    ranks->messages = module != NULL ? dlsym(module, "rank_messages") : NULL;
    return ranks->messages != NULL ||
           sim_fail(error, SIM_USAGE,
                    "several were started by mpirun, but this throttlesim has no MPI (%s); use "
                    "--shard I/N, or build it where libopenmpi-dev is installed",
                    dlerror());
}

static bool start(struct ranks *ranks, struct sim_error *error)
{
    sigset_t all, before;
    if (!load(ranks, error))
        return false;
    if (!ranks->messages->start(&ranks->rank, &ranks->size))
        return sim_fail(error, SIM_FAILED, "MPI cannot be used by several threads here");
    ranks->heard_s = calloc((size_t)ranks->size, sizeof *ranks->heard_s);
    if (ranks->heard_s == NULL)
        return sim_fail_memory(error);
    for (int i = 0; i < ranks->size; i++)
        ranks->heard_s[i] = now_s();
    // Signals are for the main thread.
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ranks->has_thread =
        pthread_create(&ranks->thread, NULL, ranks->rank == 0 ? serve : beat, ranks) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ranks->has_thread || sim_fail(error, SIM_FAILED, "the system has no thread for us");
}

static void stop(struct ranks *ranks, const volatile sig_atomic_t *signal)
{
    pthread_mutex_lock(&ranks->lock);
    ranks->is_ending = true;
    for (int i = 0; *signal != 0 && i < ranks->size; i++)
        ranks->heard_s[i] = INFINITY;
    pthread_mutex_unlock(&ranks->lock);
    if (ranks->has_thread)
        pthread_join(ranks->thread, NULL);
    if (ranks->has_thread && ranks->rank != 0)
        ranks->messages->send(0, TAG_DONE, 0, 0);
    if (ranks->messages != NULL && *signal == 0)
        ranks->messages->finish();
}

bool ranks_claim(struct ranks *ranks, uint64_t most, uint64_t *from, uint64_t *to)
{
    return ranks->rank == 0 ? claim_here(ranks, most, from, to)
                            : claim_there(ranks, most, from, to);
}

bool ranks_open(struct ranks *ranks, struct sim_error *error)
{
    *ranks = (struct ranks){.size = 1};
    pthread_mutex_init(&ranks->lock, NULL);
    return started_with() <= 1 || start(ranks, error);
}

void ranks_close(struct ranks *ranks, const volatile sig_atomic_t *signal)
{
    if (started_with() > 1)
        stop(ranks, signal);
    free(ranks->heard_s);
    pthread_mutex_destroy(&ranks->lock);
}
