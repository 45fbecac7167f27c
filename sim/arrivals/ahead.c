// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/ahead.h"

#include "traces/large_pages.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define BLOCK_ARRIVALS 1024 // some 100 KB, which stay in a processor's cache
#define BLOCKS 16
// Who waits does so until there are so many to be filled, or emptied: to wake a thread costs.
#define BLOCKS_AT_ONCE (BLOCKS / 2)

// What one thread writes at each arrival does not lie beside what the other reads.
#define APART 128

struct block {
    _Alignas(APART) struct arrival items[BLOCK_ARRIVALS];
    size_t count;
    bool is_last; // of those that are read ahead
    double share;
};

struct ahead {
    struct arrivals arrivals; // first: they lead back to it
    struct block *blocks;     // a ring; without a thread the first item of the first is enough
    size_t taken;             // items of the block that is being taken
    bool is_direct;           // nothing is read ahead any more
    bool has_thread;
    pthread_t thread;
    _Alignas(APART) struct ahead_config config;
    bool has_failed; // reading; the error says why
    struct sim_error error;
    _Alignas(APART) pthread_mutex_t reading; // of the context
    pthread_mutex_t lock;                    // of what is below
    pthread_cond_t has_changed;
    uint64_t filled, emptied; // blocks
    bool stops, is_over;      // is to stop; has
};

// ---- In the thread ----

// Reads the next into the item. False: there is none, or an error.
static bool read_one(struct ahead *ahead, struct arrival *item)
{
    const struct ahead_config *config = &ahead->config;
    if (ahead->has_failed || config->from->next == NULL)
        return false;
    *item = *config->from->next;
    if (config->complete != NULL && !config->complete(config->context, item, &ahead->error)) {
        ahead->has_failed = true;
        return false;
    }
    ahead->has_failed = !config->from->advance(config->from, &ahead->error);
    return true;
}

static void fill(struct ahead *ahead, struct block *block)
{
    block->count = 0;
    block->is_last = false;
    while (block->count < BLOCK_ARRIVALS && !block->is_last) {
        struct arrival *item = &block->items[block->count];
        bool is_read = read_one(ahead, item);
        block->count += is_read;
        block->is_last = !is_read || item->time_ns > ahead->config.until_ns;
    }
    block->share = ahead->config.share(ahead->config.context);
}

static void *read_ahead(void *context)
{
    struct ahead *ahead = context;
    pthread_mutex_lock(&ahead->lock);
    while (!ahead->is_over) {
        if (ahead->filled - ahead->emptied == BLOCKS)
            while (ahead->filled - ahead->emptied > BLOCKS_AT_ONCE && !ahead->stops)
                pthread_cond_wait(&ahead->has_changed, &ahead->lock);
        struct block *block = &ahead->blocks[ahead->filled % BLOCKS];
        pthread_mutex_unlock(&ahead->lock);
        pthread_mutex_lock(&ahead->reading);
        fill(ahead, block);
        pthread_mutex_unlock(&ahead->reading);
        pthread_mutex_lock(&ahead->lock);
        ahead->filled++;
        ahead->is_over = block->is_last || ahead->stops;
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

static struct block *present_block(const struct ahead *ahead)
{
    return &ahead->blocks[ahead->emptied % BLOCKS];
}

static bool take(struct ahead *ahead, struct sim_error *error)
{
    struct block *block = present_block(ahead);
    ahead->arrivals.next = NULL;
    if (ahead->is_direct) {
        if (read_one(ahead, &block->items[0]))
            ahead->arrivals.next = &block->items[0];
    } else if (ahead->taken < block->count) {
        ahead->arrivals.next = &block->items[ahead->taken++];
    }
    if (ahead->arrivals.next == NULL && ahead->has_failed) {
        *error = ahead->error;
        return false;
    }
    return true;
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
    ahead->taken = 0;
    if (ahead->filled - ahead->emptied == BLOCKS_AT_ONCE)
        pthread_cond_signal(&ahead->has_changed);
    if (ahead->filled == ahead->emptied)
        wait_for_blocks(ahead);
    pthread_mutex_unlock(&ahead->lock);
}

static bool advance(struct arrivals *arrivals, struct sim_error *error)
{
    struct ahead *ahead = (struct ahead *)arrivals;
    while (!ahead->is_direct && ahead->taken == present_block(ahead)->count)
        take_next_block(ahead);
    return take(ahead, error);
}

static bool start(struct ahead *ahead, struct sim_error *error)
{
    ahead->has_thread = ahead->config.has_thread && start_thread(ahead);
    ahead->is_direct = !ahead->has_thread; // the system may have none for us
    if (ahead->has_thread) {
        pthread_mutex_lock(&ahead->lock);
        wait_for_blocks(ahead);
        pthread_mutex_unlock(&ahead->lock);
    }
    return advance(&ahead->arrivals, error);
}

struct ahead *ahead_open(const struct ahead_config *config, struct sim_error *error)
{
    struct ahead *ahead = aligned_alloc(APART, sizeof *ahead);
    size_t bytes = BLOCKS * sizeof(struct block);
    struct block *blocks = config->has_thread ? large_pages(bytes) : aligned_alloc(APART, bytes);
    if (ahead == NULL || blocks == NULL) {
        free(ahead);
        free(blocks);
        sim_fail_memory(error);
        return NULL;
    }
    blocks[0].count = 0;
    *ahead = (struct ahead){.arrivals.advance = advance, .config = *config, .blocks = blocks};
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
    free(ahead->blocks);
    free(ahead);
}

struct arrivals *ahead_arrivals(struct ahead *ahead)
{
    return &ahead->arrivals;
}

double ahead_share(const struct ahead *ahead)
{
    return ahead->is_direct ? ahead->config.share(ahead->config.context)
                            : present_block(ahead)->share;
}

void ahead_lock(struct ahead *ahead)
{
    pthread_mutex_lock(&ahead->reading);
}

void ahead_unlock(struct ahead *ahead)
{
    pthread_mutex_unlock(&ahead->reading);
}
