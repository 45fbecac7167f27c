// SPDX-License-Identifier: GPL-2.0-or-later
// A throttle group with one limit, and how many requests wait in it: a replay on a device that
// takes no time, to which its arrivals are given one by one.
#ifndef SIM_WORKLOAD_INFO_INFO_TRIAL_H
#define SIM_WORKLOAD_INFO_INFO_TRIAL_H

#include "sim/replay/replay.h"
#include "sim/workload/info/info_limits.h"

// In flight in all trials together; of more, about 25 MB, a trial gives up.
#define INFO_TRIAL_REQUESTS_MAX (UINT64_C(1) << 18)

// A group of so many members; all zero is none.
struct info_group {
    struct scenario scenario;
    struct scenario_group group;
    struct sim_error error; // of its trials: they fail for want of memory only
};

struct info_trial {
    struct arrivals arrivals; // first: they lead back to it
    struct arrival arrival;
    struct replay replay;
    bool is_open;
    bool given_up;    // more waited than the pool has room for; it is closed
    uint64_t waiting; // complete after info_trial_finish
};

// False: out of memory; info_group_free in any case.
bool info_group_make(struct info_group *group, uint32_t members);
void info_group_free(struct info_group *group);

// The group under `key` = `limit` alone. The group, not its limit, must stay, and the pool. False:
// out of memory; info_trial_close is needed in any case.
bool info_trial_open(struct info_trial *trial, struct info_group *group, struct request_pool *pool,
                     const char *key, int64_t limit);
bool info_trial_add(struct info_trial *trial, uint32_t member, const struct info_record *record);
void info_trial_finish(struct info_trial *trial);
void info_trial_close(struct info_trial *trial);

#endif
