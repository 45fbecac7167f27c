// SPDX-License-Identifier: GPL-2.0-or-later
// Shrinking, the numbers: limits are no longer given, or 0 where an operation must give them; sizes
// of requests and times between events become round and smaller.
#include "sim/verify/random/random_limits.h"
#include "sim/verify/random/shrink.h"

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

// ---- Sizes and times ----

#define STEPS 4

// Changes one event, the most at step 0.
typedef void cut_event(struct random_case *random_case, size_t index, unsigned step);

static bool cut_events(struct shrink *shrink, cut_event *cut, size_t first, size_t end)
{
    for (unsigned step = 0; step < STEPS; step++) {
        struct random_case *candidate = shrink_candidate(shrink);
        if (candidate == NULL)
            return false;
        for (size_t i = first; i < end; i++)
            cut(candidate, i, step);
        if (shrink_offer(shrink, candidate))
            return true;
    }
    return false;
}

// All events together, then each.
static bool cut_all(struct shrink *shrink, cut_event *cut)
{
    size_t count = shrink->best->event_count;
    bool any = cut_events(shrink, cut, 0, count);
    for (size_t i = 0; i < count; i++)
        any |= cut_events(shrink, cut, i, i + 1);
    return any;
}

static void lower_size(struct random_case *random_case, size_t index, unsigned step)
{
    static const uint64_t sizes[STEPS] = {512, 4096, 65536, 1048576};
    if (random_case->events[index].bytes > sizes[step])
        random_case->events[index].bytes = sizes[step];
}

bool shrink_sizes(struct shrink *shrink)
{
    return cut_all(shrink, lower_size);
}

// To so many leading digits, the others 0.
static int64_t round_down(int64_t value, unsigned digits)
{
    int64_t limit = 1, unit = 1;
    if (digits == 0)
        return 0;
    for (unsigned i = 0; i < digits; i++)
        limit *= 10;
    while (value / unit >= limit)
        unit *= 10;
    return value / unit * unit;
}

// Rounds the time before an event. What comes later, the end too, moves with it.
static void round_gap(struct random_case *random_case, size_t index, unsigned digits)
{
    struct random_event *events = random_case->events;
    int64_t from_ns = index == 0 ? 0 : events[index - 1].at_ns;
    int64_t gap_ns = events[index].at_ns - from_ns;
    int64_t less_ns = gap_ns - round_down(gap_ns, digits);
    if (random_case->end_ns != RANDOM_CASE_NO_END && random_case->end_ns >= events[index].at_ns)
        random_case->end_ns -= less_ns;
    for (size_t i = index; i < random_case->event_count; i++)
        events[i].at_ns -= less_ns;
}

static bool drop_end(struct shrink *shrink)
{
    struct random_case *candidate = shrink_candidate(shrink);
    if (candidate == NULL)
        return false;
    candidate->end_ns = RANDOM_CASE_NO_END;
    return shrink_offer(shrink, candidate);
}

bool shrink_times(struct shrink *shrink)
{
    bool any = drop_end(shrink);
    return cut_all(shrink, round_gap) || any;
}
