// SPDX-License-Identifier: GPL-2.0-or-later
// A throttle group of the real engine with one limit, and how many requests wait in it: a replay
// without anything else, a device that takes no time, and timers that fire at their deadlines.
#ifndef SIM_WORKLOAD_INFO_INFO_TRIAL_H
#define SIM_WORKLOAD_INFO_INFO_TRIAL_H

#include "engine/engine.h"
#include "sim/workload/info/spool.h"

// Requests for any number of trials; all zero is empty.
struct info_pool {
    struct engine_request *free;
    struct info_chunk *chunks;
    uint64_t count; // in all chunks
};

struct info_trial {
    struct engine *engine; // NULL: none; closed
    struct info_pool *pool;
    uint64_t waiting; // complete after info_trial_finish
    int64_t now_ns;
    bool given_up; // more waited than the pool has room for
};

// A group of so many members under `key` = `limit` alone. False: out of memory; info_trial_close is
// needed in any case.
bool info_trial_open(struct info_trial *trial, struct info_pool *pool, const char *key,
                     int64_t limit, uint32_t members);
bool info_trial_add(struct info_trial *trial, uint32_t member, const struct info_record *record);
void info_trial_finish(struct info_trial *trial);
void info_trial_close(struct info_trial *trial);

void info_pool_free(struct info_pool *pool);

#endif
