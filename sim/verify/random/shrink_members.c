// SPDX-License-Identifier: GPL-2.0-or-later
// Shrinking, the members and groups: those that nothing happens to are taken out, all at once if
// that works. The others are numbered anew.
#include "sim/verify/random/shrink.h"

#define NUMBERS_MAX RANDOM_CASE_MEMBERS_MAX

// Which members, or groups, may go.
struct removal {
    bool is_unused[NUMBERS_MAX];
    uint32_t count;
};

// The number that remains for one that stays.
static uint32_t renumber(const struct removal *removal, uint32_t number)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < number; i++)
        before += removal->is_unused[i];
    return number - before;
}

// All that are marked, or if that does not work each by itself.
static bool remove_marked(struct shrink *shrink, const struct removal *marked,
                          void take_out(struct random_case *, const struct removal *))
{
    uint32_t marks = marked->count - renumber(marked, marked->count);
    struct random_case *candidate = marks == 0 ? NULL : shrink_candidate(shrink);
    if (candidate == NULL)
        return false;
    take_out(candidate, marked);
    if (shrink_offer(shrink, candidate))
        return true;
    bool any = false;
    for (uint32_t i = marked->count; i-- > 0;) {
        struct removal single = {.count = marked->count};
        single.is_unused[i] = true;
        candidate = marked->is_unused[i] ? shrink_candidate(shrink) : NULL;
        if (candidate == NULL)
            continue;
        take_out(candidate, &single);
        any |= shrink_offer(shrink, candidate); // numbers below i stay
    }
    return any;
}

// ---- Members ----

static void remove_members(struct random_case *random_case, const struct removal *removal)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < random_case->member_count; i++) {
        if (i >= removal->count || !removal->is_unused[i])
            random_case->members[count++] = random_case->members[i];
    }
    random_case->member_count = count;
    for (size_t i = 0; i < random_case->event_count; i++) {
        struct random_event *event = &random_case->events[i];
        if (event->kind != RANDOM_QOM_SET)
            event->member = renumber(removal, event->member);
        if (event->group.kind == RANDOM_GROUP_MEMBER)
            event->group.index = renumber(removal, event->group.index);
    }
}

// The requests of one member become those of the first.
static bool unite_members(struct shrink *shrink)
{
    bool any = false;
    for (uint32_t member = shrink->best->member_count; --member > 0;) {
        struct random_case *candidate = shrink_candidate(shrink);
        if (candidate == NULL)
            return any;
        for (size_t i = 0; i < candidate->event_count; i++) {
            struct random_event *event = &candidate->events[i];
            if (event->kind == RANDOM_REQUEST && event->member == member)
                event->member = 0;
        }
        any |= shrink_offer(shrink, candidate);
    }
    return any;
}

// Throttles where block_set_io_throttle is not needed become filters, the default.
static bool make_filters(struct shrink *shrink)
{
    struct random_case *candidate = shrink_candidate(shrink);
    if (candidate == NULL)
        return false;
    bool is_needed[RANDOM_CASE_MEMBERS_MAX] = {false};
    for (size_t i = 0; i < candidate->event_count; i++) {
        if (candidate->events[i].kind == RANDOM_BLOCK_SET_IO_THROTTLE)
            is_needed[candidate->events[i].member] = true;
    }
    for (uint32_t i = 0; i < candidate->member_count; i++) {
        if (!is_needed[i])
            candidate->members[i].attach = ENGINE_FILTER;
    }
    return shrink_offer(shrink, candidate);
}

bool shrink_members(struct shrink *shrink)
{
    bool any = unite_members(shrink);
    const struct random_case *best = shrink->best;
    struct removal unused = {.count = best->member_count};
    for (uint32_t i = 0; i < best->member_count; i++)
        unused.is_unused[i] = true;
    for (size_t i = 0; i < best->event_count; i++) {
        const struct random_event *event = &best->events[i];
        if (event->kind != RANDOM_QOM_SET)
            unused.is_unused[event->member] = false;
        if (event->group.kind == RANDOM_GROUP_MEMBER)
            unused.is_unused[event->group.index] = false;
    }
    if (renumber(&unused, unused.count) == 0) // there must be one
        unused.is_unused[0] = false;
    any |= remove_marked(shrink, &unused, remove_members);
    return make_filters(shrink) || any;
}

// ---- Groups ----

static void renumber_group(const struct removal *removal, struct random_group *group)
{
    if (group->kind == RANDOM_GROUP_DECLARED)
        group->index = renumber(removal, group->index);
}

static void remove_groups(struct random_case *random_case, const struct removal *removal)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < random_case->group_count; i++) {
        if (i >= removal->count || !removal->is_unused[i])
            random_case->groups[count++] = random_case->groups[i];
    }
    random_case->group_count = count;
    for (uint32_t i = 0; i < random_case->member_count; i++)
        renumber_group(removal, &random_case->members[i].group);
    for (size_t i = 0; i < random_case->event_count; i++)
        renumber_group(removal, &random_case->events[i].group);
}

// An operation that works without naming a group need not name one.
static bool unname_groups(struct shrink *shrink)
{
    bool any = false;
    for (size_t i = 0; i < shrink->best->event_count; i++) {
        const struct random_event *event = &shrink->best->events[i];
        if (event->kind != RANDOM_BLOCK_SET_IO_THROTTLE || event->group.kind == RANDOM_GROUP_NONE)
            continue;
        struct random_case *candidate = shrink_candidate(shrink);
        if (candidate == NULL)
            return any;
        candidate->events[i].group = (struct random_group){.kind = RANDOM_GROUP_NONE};
        any |= shrink_offer(shrink, candidate);
    }
    return any;
}

bool shrink_groups(struct shrink *shrink)
{
    bool any = unname_groups(shrink);
    const struct random_case *best = shrink->best;
    struct removal unused = {.count = best->group_count};
    for (uint32_t i = 0; i < best->group_count; i++)
        unused.is_unused[i] = true;
    for (uint32_t i = 0; i < best->member_count; i++) {
        if (best->members[i].group.kind == RANDOM_GROUP_DECLARED)
            unused.is_unused[best->members[i].group.index] = false;
    }
    for (size_t i = 0; i < best->event_count; i++) {
        if (best->events[i].group.kind == RANDOM_GROUP_DECLARED)
            unused.is_unused[best->events[i].group.index] = false;
    }
    return remove_marked(shrink, &unused, remove_groups) || any;
}
