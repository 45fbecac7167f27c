// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/lockstep/lockstep_internal.h"

#define MILLISECOND_NS INT64_C(1000000)
#define SLEEP_MAX_MS INT64_C(2147483647) // a main loop sleeps no longer at a time

// ---- Counts ----

static bool note_departure(struct lockstep *lockstep, int64_t found_ns, uint32_t member,
                           enum disk_direction direction)
{
    struct difference *difference = &lockstep->result->difference;
    uint64_t ours = lockstep->ours[member].left[direction];
    uint64_t theirs = lockstep->counted[member].left[direction];
    difference_free(difference);
    *difference = (struct difference){
        .kind = DIFFERENCE_DEPARTURE,
        .found_ns = found_ns,
        .looked_ns = lockstep->looked_ns,
        .member = member,
        .direction = direction,
        .number = (ours < theirs ? ours : theirs) + 1,
        .our_left = ours,
        .qemu_left = theirs,
    };
    lockstep->differs = true;
    return difference_look(difference, &lockstep->replay.control, found_ns) ||
           sim_fail_memory(lockstep->error);
}

bool lockstep_compare(struct lockstep *lockstep, int64_t time_ns)
{
    for (uint32_t i = 0; i < lockstep->scenario->member_count; i++) {
        for (int j = 0; j < DISK_DIRECTION_COUNT; j++) {
            if (lockstep->ours[i].left[j] != lockstep->counted[i].left[j])
                return note_departure(lockstep, time_ns, i, (enum disk_direction)j);
        }
    }
    return true;
}

// A look at QEMU's counts.
bool lockstep_look(struct lockstep *lockstep)
{
    const struct lockstep_request *followed = lockstep->followed;
    if (!disks_count(&lockstep->disks, lockstep->counted, lockstep->error))
        return false;
    lockstep->result->looks++;
    if (followed != NULL)
        lockstep->differs =
            lockstep->counted[followed->member].left[followed->direction] >= followed->number;
    else if (!lockstep_compare(lockstep, lockstep->now_ns))
        return false;
    if (lockstep->differs)
        return true;
    lockstep->looked_ns = lockstep->now_ns;
    lockstep->is_new = false;
    return true;
}

// ---- Sleeps ----

// How long a main loop sleeps whose next deadline is the engine's.
static int64_t expected_timeout_ns(const struct lockstep *lockstep)
{
    int64_t deadline_ns = engine_next_deadline(lockstep->replay.control.engine);
    if (deadline_ns == ENGINE_NEVER)
        return CLOCK_FOR_EVER;
    int64_t distance_ns = deadline_ns - lockstep->now_ns;
    int64_t sleep_ms = distance_ns / MILLISECOND_NS + (distance_ns % MILLISECOND_NS > 0);
    return (sleep_ms < SLEEP_MAX_MS ? sleep_ms : SLEEP_MAX_MS) * MILLISECOND_NS;
}

int64_t lockstep_wakes_ns(int64_t now_ns, int64_t timeout_ns)
{
    return timeout_ns == CLOCK_FOR_EVER ? ENGINE_NEVER : now_ns + timeout_ns;
}

// Requests are the better witnesses. So the first difference of this kind is kept, and the search
// goes on for one of theirs.
static bool look_at_sleep(struct lockstep *lockstep)
{
    struct difference *difference = &lockstep->result->difference;
    int64_t ours_ns = expected_timeout_ns(lockstep);
    int64_t theirs_ns = qemu_timeout_ns(&lockstep->disks.qemu);
    if (ours_ns == theirs_ns || !lockstep->result->agree || lockstep->followed != NULL)
        return true;
    *difference = (struct difference){
        .kind = DIFFERENCE_SLEEP,
        .found_ns = lockstep->now_ns,
        .our_ns = lockstep_wakes_ns(lockstep->now_ns, ours_ns),
        .qemu_ns = lockstep_wakes_ns(lockstep->now_ns, theirs_ns),
        .member = ENGINE_NONE,
        .operation_count = lockstep->replay.next_event,
    };
    lockstep->result->agree = false;
    return true;
}

bool lockstep_sleeps(const struct lockstep *lockstep)
{
    return lockstep->scenario->timer_granularity_ns != 0;
}

// An instant is over: what has happened in it is compared once.
bool lockstep_end_instant(struct lockstep *lockstep)
{
    if (lockstep->is_probe)
        return true;
    return ((!lockstep->is_new && !lockstep_sleeps(lockstep)) || lockstep_look(lockstep)) &&
           (lockstep->differs || look_at_sleep(lockstep));
}
