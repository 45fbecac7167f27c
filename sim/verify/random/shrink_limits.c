// SPDX-License-Identifier: GPL-2.0-or-later
// Shrinking, the limits: keys are no longer given; those that an operation must give become 0.
#include "sim/verify/random/shrink_internal.h"

#include "sim/verify/random/random_limits.h"

#define MASKS_MAX 64

// Groups first, then operations, by number. NULL behind the last.
static struct engine_parameters *set_at(struct random_case *random_case, size_t index,
                                        bool *is_command)
{
    *is_command = false;
    if (index < random_case->group_count)
        return &random_case->groups[index];
    index -= random_case->group_count;
    for (size_t i = 0; i < random_case->event_count; i++) {
        struct random_event *event = &random_case->events[i];
        if (event->kind == RANDOM_REQUEST || index-- > 0)
            continue;
        *is_command = event->kind == RANDOM_BLOCK_SET_IO_THROTTLE;
        return &event->limits;
    }
    return NULL;
}

static uint32_t bit(unsigned bucket, enum random_limits_part part)
{
    return UINT32_C(1) << random_limits_row(bucket, part);
}

// False: there is nothing of it to remove.
static bool remove_rows(struct engine_parameters *limits, uint32_t mask, bool is_command)
{
    bool any = false;
    for (unsigned bucket = 0; bucket < RANDOM_LIMITS_BUCKETS && is_command; bucket++) {
        int row = random_limits_row(bucket, RANDOM_LIMITS_AVERAGE);
        if ((mask & bit(bucket, RANDOM_LIMITS_AVERAGE)) == 0)
            continue;
        any |= limits->value[row] != 0;
        limits->value[row] = 0;
        mask &= ~bit(bucket, RANDOM_LIMITS_AVERAGE);
    }
    any |= (limits->given & mask) != 0;
    limits->given &= ~mask;
    return any;
}

// From one set, or from all.
static bool remove_from(struct shrink *shrink, uint32_t mask, size_t index, bool is_all)
{
    struct random_case *candidate = shrink_candidate(shrink);
    if (candidate == NULL)
        return false;
    bool is_command, any = false;
    struct engine_parameters *limits;
    for (size_t i = is_all ? 0 : index; (limits = set_at(candidate, i, &is_command)) != NULL; i++) {
        any |= remove_rows(limits, mask, is_command);
        if (!is_all)
            break;
    }
    if (any)
        return shrink_offer(shrink, candidate);
    random_case_free(candidate);
    return false;
}

static uint32_t burst(unsigned bucket)
{
    return bit(bucket, RANDOM_LIMITS_MAX) | bit(bucket, RANDOM_LIMITS_LENGTH);
}

// What is removed together, the most first. Returns how many.
static size_t list_masks(uint32_t masks[MASKS_MAX])
{
    uint32_t all = 0, bps = 0, bursts = 0;
    size_t count = 4;
    for (unsigned bucket = 0; bucket < RANDOM_LIMITS_BUCKETS; bucket++) {
        uint32_t bucket_mask = bit(bucket, RANDOM_LIMITS_AVERAGE) | burst(bucket);
        masks[count++] = bucket_mask;
        all |= bucket_mask;
        bursts |= burst(bucket);
        if (bucket < RANDOM_LIMITS_FIRST_IOPS)
            bps |= bucket_mask;
    }
    all |= UINT32_C(1) << random_limits_iops_size();
    masks[0] = all;
    masks[1] = bps;
    masks[2] = all & ~bps;
    masks[3] = bursts;
    for (unsigned bucket = 0; bucket < RANDOM_LIMITS_BUCKETS; bucket++)
        masks[count++] = burst(bucket);
    for (size_t row = 0; row < random_limits_algorithm()->parameter_count; row++)
        masks[count++] = UINT32_C(1) << row;
    return count;
}

bool shrink_limits(struct shrink *shrink)
{
    uint32_t masks[MASKS_MAX];
    size_t count = list_masks(masks);
    bool any = false, is_command;
    for (size_t i = 0; i < count; i++) {
        if (remove_from(shrink, masks[i], 0, true)) {
            any = true;
            continue;
        }
        for (size_t set = 0; set_at(shrink->best, set, &is_command) != NULL; set++)
            any |= remove_from(shrink, masks[i], set, false);
    }
    return any;
}
