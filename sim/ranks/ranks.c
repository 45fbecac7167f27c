// SPDX-License-Identifier: GPL-2.0-or-later
// What goes from rank to rank is two numbers: the claim of a part, and its answer. MPI is called by
// one thread at a time (MPI_THREAD_SERIALIZED): in rank 0 the one that hands out, in the others
// under the lock.
#include "sim/ranks/ranks.h"

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

#ifdef THROTTLESIM_MPI
#include <mpi.h>

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

static void tell(int rank, enum tag tag, uint64_t first, uint64_t second)
{
    uint64_t numbers[2] = {first, second};
    MPI_Send(numbers, 2, MPI_UINT64_T, rank, (int)tag, MPI_COMM_WORLD);
}

// ---- Rank 0 ----

static bool takes_claims(struct ranks *ranks)
{
    pthread_mutex_lock(&ranks->lock);
    bool takes = ranks->is_shared || ranks->is_ending;
    pthread_mutex_unlock(&ranks->lock);
    return takes;
}

static void hear(struct ranks *ranks, const MPI_Status *status)
{
    uint64_t numbers[2], from, to;
    MPI_Recv(numbers, 2, MPI_UINT64_T, status->MPI_SOURCE, status->MPI_TAG, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
    if (status->MPI_TAG == TAG_CLAIM) {
        claim_here(ranks, numbers[0], &from, &to);
        tell(status->MPI_SOURCE, TAG_PART, from, to);
    }
    pthread_mutex_lock(&ranks->lock);
    ranks->heard_s[status->MPI_SOURCE] = status->MPI_TAG == TAG_DONE ? INFINITY : now_s();
    pthread_mutex_unlock(&ranks->lock);
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
    MPI_Status status;
    while (!is_ending(ranks) || is_waited_for(ranks)) {
        int found = 0;
        MPI_Iprobe(MPI_ANY_SOURCE, takes_claims(ranks) ? MPI_ANY_TAG : TAG_ALIVE, MPI_COMM_WORLD,
                   &found, &status);
        if (found)
            hear(ranks, &status);
        else
            rest(SERVE_NS);
    }
    return NULL;
}

// ---- The others ----

static void *beat(void *context)
{
    struct ranks *ranks = context;
    for (unsigned i = 0; !is_ending(ranks); i++) {
        pthread_mutex_lock(&ranks->lock);
        if (i % BEATS_PER_MESSAGE == 0)
            tell(0, TAG_ALIVE, 0, 0);
        pthread_mutex_unlock(&ranks->lock);
        rest(BEAT_NS);
    }
    return NULL;
}

static bool claim_there(struct ranks *ranks, uint64_t most, uint64_t *from, uint64_t *to)
{
    uint64_t numbers[2];
    MPI_Request answer;
    int found = 0;
    pthread_mutex_lock(&ranks->lock);
    MPI_Irecv(numbers, 2, MPI_UINT64_T, 0, TAG_PART, MPI_COMM_WORLD, &answer);
    tell(0, TAG_CLAIM, most, 0);
    while (!found) {
        MPI_Test(&answer, &found, MPI_STATUS_IGNORE);
        pthread_mutex_unlock(&ranks->lock);
        if (!found)
            rest(SERVE_NS);
        pthread_mutex_lock(&ranks->lock);
    }
    pthread_mutex_unlock(&ranks->lock);
    *from = numbers[0];
    *to = numbers[1];
    return *from < *to;
}

// ---- All ----

static bool start(struct ranks *ranks, struct sim_error *error)
{
    int level;
    sigset_t all, before;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level) != MPI_SUCCESS ||
        level < MPI_THREAD_SERIALIZED)
        return sim_fail(error, SIM_FAILED, "MPI cannot be used by several threads here");
    MPI_Comm_rank(MPI_COMM_WORLD, &ranks->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks->size);
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
    int is_initialised;
    pthread_mutex_lock(&ranks->lock);
    ranks->is_ending = true;
    for (int i = 0; *signal != 0 && i < ranks->size; i++)
        ranks->heard_s[i] = INFINITY;
    pthread_mutex_unlock(&ranks->lock);
    if (ranks->has_thread)
        pthread_join(ranks->thread, NULL);
    if (ranks->has_thread && ranks->rank != 0)
        tell(0, TAG_DONE, 0, 0);
    MPI_Initialized(&is_initialised);
    if (is_initialised && *signal == 0)
        MPI_Finalize();
}
#else
static bool claim_there(struct ranks *ranks, uint64_t most, uint64_t *from, uint64_t *to)
{
    return claim_here(ranks, most, from, to);
}

static bool start(struct ranks *ranks, struct sim_error *error)
{
    (void)ranks;
    return sim_fail(error, SIM_USAGE,
                    "several were started by mpirun, but this throttlesim was built without MPI; "
                    "use --shard I/N, or build it where libopenmpi-dev is installed");
}

static void stop(struct ranks *ranks, const volatile sig_atomic_t *signal)
{
    (void)ranks;
    (void)signal;
}
#endif

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
