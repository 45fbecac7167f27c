// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/ahead.h"

#include "sim/arrivals/apart.h"
#include "sim/arrivals/tape.h"

#include <pthread.h>
#include <signal.h>

#define BLOCK_ARRIVALS 4096
#define BLOCKS 8
// Who waits does so until there are so many to be filled, or emptied: to wake a thread costs.
#define BLOCKS_AT_ONCE (BLOCKS / 2)

// What goes from one processor to another costs more than to make it small: as they are, arrivals
// would cost as much as is gained.
struct block {
    _Alignas(APART) struct tape tape;
    bool is_last; // of those that are read ahead
    double share;
};

struct ahead {
    struct arrivals arrivals; // first: they lead back to it
    struct block blocks[BLOCKS];
    struct tape_reader reader; // of the block that is being taken
    struct arrival direct;     // without a thread: the next
    bool is_direct;            // nothing is read ahead any more
    bool has_thread;
    pthread_t thread;
    _Alignas(APART) struct ahead_config config;
    bool has_failed; // reading; the error says why
    struct sim_error error;
    _Alignas(APART) pthread_mutex_t reading; // of the context
    pthread_mutex_t lock;                    // of what is below
    pthread_cond_t has_changed;
    uint64_t filled, emptied; // blocks
    bool stops, is_over;      // is to stop; has read all there is to be read ahead
};

// ---- In the thread ----

// The next, which may be put in the room. NULL: there is none, or an error.
static const struct arrival *look_at_next(struct ahead *ahead, struct arrival *room)
{
    const struct ahead_config *config = &ahead->config;
    if (ahead->has_failed || config->from->next == NULL || config->complete == NULL)
        return ahead->has_failed ? NULL : config->from->next;
    *room = *config->from->next;
    ahead->has_failed = !config->complete(config->context, room, &ahead->error);
    return ahead->has_failed ? NULL : room;
}

static void leave_it(struct ahead *ahead)
{
    ahead->has_failed = !ahead->config.from->advance(ahead->config.from, &ahead->error);
}

// Adds the next to the block. False: none, an error, or one that is late, with which all ends that
// is read ahead.
static bool add_next(struct ahead *ahead, struct block *block)
{
    struct arrival room;
    const struct arrival *next = look_at_next(ahead, &room);
    if (next == NULL)
        return false;
    bool is_late = next->time_ns > ahead->config.until_ns;
    if (!tape_add(&block->tape, next, &ahead->error)) {
        ahead->has_failed = true;
        return false;
    }
    leave_it(ahead);
    return !is_late;
}

static void fill(struct ahead *ahead, struct block *block)
{
    tape_restart(&block->tape);
    do
        block->is_last = !add_next(ahead, block);
    while (!block->is_last && block->tape.count < BLOCK_ARRIVALS);
    block->share = ahead->config.share(ahead->config.context);
}

// With the lock. False: it is to stop.
static bool wait_for_room(struct ahead *ahead)
{
    if (ahead->filled - ahead->emptied == BLOCKS)
        while (ahead->filled - ahead->emptied > BLOCKS_AT_ONCE && !ahead->stops)
            pthread_cond_wait(&ahead->has_changed, &ahead->lock);
    return !ahead->stops;
}

static void *read_ahead(void *context)
{
    struct ahead *ahead = context;
    pthread_mutex_lock(&ahead->lock);
    while (!ahead->is_over && wait_for_room(ahead)) {
        struct block *block = &ahead->blocks[ahead->filled % BLOCKS];
        pthread_mutex_unlock(&ahead->lock);
        pthread_mutex_lock(&ahead->reading);
        fill(ahead, block);
        pthread_mutex_unlock(&ahead->reading);
        pthread_mutex_lock(&ahead->lock);
        ahead->filled++;
        ahead->is_over = block->is_last;
        if (ahead->is_over || ahead->filled - ahead->emptied == BLOCKS_AT_ONCE)
            pthread_cond_signal(&ahead->has_changed);
    }
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

// Signals are for the others.
static bool start_thread(struct ahead *ahead)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&ahead->thread, NULL, read_ahead, ahead) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

// ---- Taking ----

static struct block *present_block(struct ahead *ahead)
{
    return &ahead->blocks[ahead->emptied % BLOCKS];
}

static void take_directly(struct ahead *ahead)
{
    const struct arrival *next = look_at_next(ahead, &ahead->direct);
    ahead->arrivals.next = NULL;
    if (next == NULL)
        return;
    ahead->direct = *next;
    ahead->arrivals.next = &ahead->direct;
    leave_it(ahead);
}

// With the lock.
static void wait_for_blocks(struct ahead *ahead)
{
    while (ahead->filled - ahead->emptied < BLOCKS_AT_ONCE && !ahead->is_over)
        pthread_cond_wait(&ahead->has_changed, &ahead->lock);
}

// The present block has been taken.
static void take_next_block(struct ahead *ahead)
{
    if (present_block(ahead)->is_last) {
        ahead_stop(ahead);
        ahead->is_direct = true;
        return;
    }
    pthread_mutex_lock(&ahead->lock);
    ahead->emptied++;
    if (ahead->filled - ahead->emptied == BLOCKS_AT_ONCE)
        pthread_cond_signal(&ahead->has_changed);
    if (ahead->filled == ahead->emptied)
        wait_for_blocks(ahead);
    pthread_mutex_unlock(&ahead->lock);
    tape_start(&ahead->reader, &present_block(ahead)->tape);
}

// To the next that there is, or the error instead of it.
static bool settle(struct ahead *ahead, struct sim_error *error)
{
    while (!ahead->is_direct && ahead->reader.arrivals.next == NULL)
        take_next_block(ahead);
    if (ahead->is_direct)
        take_directly(ahead);
    else
        ahead->arrivals.next = ahead->reader.arrivals.next;
    if (ahead->arrivals.next != NULL || !ahead->has_failed)
        return true;
    *error = ahead->error;
    return false;
}

static bool advance(struct arrivals *arrivals, struct sim_error *error)
{
    struct ahead *ahead = (struct ahead *)arrivals;
    if (!ahead->is_direct)
        ahead->reader.arrivals.advance(&ahead->reader.arrivals, error);
    return settle(ahead, error);
}

static bool start(struct ahead *ahead, struct sim_error *error)
{
    ahead->has_thread = ahead->config.has_thread && start_thread(ahead);
    ahead->is_direct = !ahead->has_thread; // the system may have none for us
    if (ahead->has_thread) {
        pthread_mutex_lock(&ahead->lock);
        wait_for_blocks(ahead);
        pthread_mutex_unlock(&ahead->lock);
        tape_start(&ahead->reader, &present_block(ahead)->tape);
    }
    return settle(ahead, error);
}

struct ahead *ahead_open(const struct ahead_config *config, struct sim_error *error)
{
    struct ahead *ahead = allocate_apart(sizeof *ahead);
    if (ahead == NULL) {
        sim_fail_memory(error);
        return NULL;
    }
    ahead->arrivals.advance = advance;
    ahead->config = *config;
    pthread_mutex_init(&ahead->reading, NULL);
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->has_changed, NULL);
    if (start(ahead, error))
        return ahead;
    ahead_close(ahead);
    return NULL;
}

void ahead_stop(struct ahead *ahead)
{
    if (!ahead->has_thread)
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead->stops = true;
    pthread_cond_signal(&ahead->has_changed);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
    ahead->has_thread = false;
}

void ahead_close(struct ahead *ahead)
{
    if (ahead == NULL)
        return;
    ahead_stop(ahead);
    pthread_cond_destroy(&ahead->has_changed);
    pthread_mutex_destroy(&ahead->lock);
    pthread_mutex_destroy(&ahead->reading);
    for (size_t i = 0; i < BLOCKS; i++)
        tape_free(&ahead->blocks[i].tape);
    free(ahead);
}

struct arrivals *ahead_arrivals(struct ahead *ahead)
{
    return &ahead->arrivals;
}

double ahead_share(struct ahead *ahead)
{
    return ahead->is_direct ? ahead->config.share(ahead->config.context)
                            : present_block(ahead)->share;
}

void ahead_lock(struct ahead *ahead)
{
    if (ahead != NULL)
        pthread_mutex_lock(&ahead->reading);
}

void ahead_unlock(struct ahead *ahead)
{
    if (ahead != NULL)
        pthread_mutex_unlock(&ahead->reading);
}
