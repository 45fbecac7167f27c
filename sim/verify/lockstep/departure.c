// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/lockstep/departure.h"

#define MILLISECOND_NS INT64_C(1000000)

struct search {
    struct difference *difference;
    const struct scenario *scenario;
    const struct lockstep_config *config;
    struct sim_error *error;
};

static bool probe(const struct search *search, int64_t at_ns, bool *has_left, int64_t *wakes_ns)
{
    const struct difference *difference = search->difference;
    uint64_t left;
    int64_t timeout_ns;
    if (!lockstep_probe(search->scenario, search->config, at_ns, difference->member,
                        difference->direction, &left, &timeout_ns, search->error))
        return false;
    *has_left = left >= difference->number;
    *wakes_ns = timeout_ns == CLOCK_FOR_EVER ? ENGINE_NEVER : at_ns + timeout_ns;
    return true;
}

// It left in (qemu_after_ns, qemu_ns].
static bool halve(const struct search *search)
{
    struct difference *difference = search->difference;
    while (difference->qemu_ns - difference->qemu_after_ns > 1) {
        int64_t distance_ns = difference->qemu_ns - difference->qemu_after_ns;
        int64_t middle_ns = difference->qemu_after_ns + distance_ns / 2;
        int64_t unused;
        bool has_left;
        if (!probe(search, middle_ns, &has_left, &unused))
            return false;
        if (has_left)
            difference->qemu_ns = middle_ns;
        else
            difference->qemu_after_ns = middle_ns;
    }
    return true;
}

// QEMU is late: its main loop says when it wakes next, which is less than a millisecond after its
// deadline.
static bool find_late(const struct search *search)
{
    struct difference *difference = search->difference;
    bool has_left;
    int64_t wakes_ns, unused;
    difference->qemu_after_ns = difference->found_ns;
    if (!probe(search, difference->found_ns, &has_left, &wakes_ns))
        return false;
    difference->qemu_ns = wakes_ns;
    if (wakes_ns == ENGINE_NEVER)
        return true;
    if (!probe(search, wakes_ns, &has_left, &unused))
        return false;
    if (!has_left) { // something else wakes it, and the request goes later
        difference->qemu_after_ns = wakes_ns;
        difference->qemu_ns = ENGINE_NEVER;
        return true;
    }
    int64_t lately_ns = wakes_ns - MILLISECOND_NS;
    if (lately_ns > difference->qemu_after_ns) {
        if (!probe(search, lately_ns, &has_left, &unused))
            return false;
        *(has_left ? &difference->qemu_ns : &difference->qemu_after_ns) = lately_ns;
    }
    return halve(search);
}

// QEMU was looked at each time that it woke, so an early request was seen as it left.
static bool find_wake(const struct search *search)
{
    struct difference *difference = search->difference;
    struct lockstep_request request = {difference->member, difference->direction,
                                       difference->number};
    difference->qemu_ns = difference->found_ns;
    if (difference->qemu_left < difference->our_left &&
        !lockstep_follow(search->scenario, search->config, &request, &difference->qemu_ns,
                         search->error))
        return false;
    difference->qemu_after_ns = difference->qemu_ns - 1;
    return true;
}

bool departure_find(struct difference *difference, const struct scenario *scenario,
                    const struct lockstep_config *config, struct sim_error *error)
{
    struct search search = {difference, scenario, config, error};
    if (scenario->timer_granularity_ns != 0)
        return find_wake(&search);
    if (difference->qemu_left < difference->our_left)
        return find_late(&search);
    difference->qemu_after_ns = difference->looked_ns;
    difference->qemu_ns = difference->found_ns;
    return halve(&search);
}
