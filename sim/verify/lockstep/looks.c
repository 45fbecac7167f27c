// SPDX-License-Identifier: GPL-2.0-or-later
// A look at what QEMU has decided, beside what the simulator has.
#include "sim/verify/lockstep/lockstep_internal.h"

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

// As many have left, but not at these times.
static void note_latency(struct lockstep *lockstep, uint32_t member, enum disk_direction direction)
{
    lockstep->differs = true;
    lockstep->result->difference = (struct difference){
        .kind = DIFFERENCE_LATENCY,
        .found_ns = lockstep->now_ns,
        .member = member,
        .direction = direction,
        .our_left = lockstep->ours[member].left[direction],
        .our_ns = (int64_t)lockstep->ours[member].latency_ns[direction],
        .qemu_ns = (int64_t)lockstep->counted[member].latency_ns[direction],
        .operation_count = lockstep->replay.next_event,
    };
}

static void compare_latencies(struct lockstep *lockstep)
{
    for (uint32_t i = 0; i < lockstep->scenario->member_count; i++) {
        for (int j = 0; j < DISK_DIRECTION_COUNT && !lockstep->differs; j++) {
            if (lockstep->ours[i].latency_ns[j] != lockstep->counted[i].latency_ns[j])
                note_latency(lockstep, i, (enum disk_direction)j);
        }
    }
}

bool lockstep_compare_counts(struct lockstep *lockstep, int64_t time_ns)
{
    for (uint32_t i = 0; i < lockstep->scenario->member_count; i++) {
        for (int j = 0; j < DISK_DIRECTION_COUNT; j++) {
            if (lockstep->ours[i].left[j] != lockstep->counted[i].left[j])
                return note_departure(lockstep, time_ns, i, (enum disk_direction)j);
        }
    }
    return true;
}

bool lockstep_look(struct lockstep *lockstep)
{
    const struct lockstep_request *followed = lockstep->followed;
    const struct lockstep_config *config = lockstep->config;
    if (!disks_count(&lockstep->disks, lockstep->counted, lockstep->error))
        return false;
    if (config->looked != NULL)
        config->looked(config->looked_context, &lockstep->disks, lockstep->now_ns, lockstep->ours,
                       lockstep->counted);
    if (followed != NULL)
        lockstep->differs =
            lockstep->counted[followed->member].left[followed->direction] >= followed->number;
    else if (!lockstep_compare_counts(lockstep, lockstep->now_ns))
        return false;
    else
        compare_latencies(lockstep);
    if (lockstep->differs)
        return true;
    lockstep->looked_ns = lockstep->now_ns;
    lockstep->is_new = false;
    return true;
}
