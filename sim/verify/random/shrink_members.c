// SPDX-License-Identifier: GPL-2.0-or-later
// Shrinking, the members and groups: those that nothing happens to are taken out, all at once if
// that works. The others are numbered anew.
#include "sim/verify/random/shrink.h"

#define NUMBERS_MAX RANDOM_CASE_MEMBERS_MAX

// Which members, or groups, may go.
struct removal {
    bool of_groups;
    bool is_unused[NUMBERS_MAX];
    uint32_t count;
};

// The number that remains for one that stays.
static uint32_t number_of(const struct removal *removal, uint32_t number)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < number; i++)
        before += removal->is_unused[i];
    return number - before;
}

// What is done with a number of a member, or group, wherever it stands.
typedef void visit_number(struct removal *removal, uint32_t *number);

static void visit_all(struct random_case *random_case, struct removal *removal, visit_number *visit)
{
    enum random_group_kind kind = removal->of_groups ? RANDOM_GROUP_DECLARED : RANDOM_GROUP_MEMBER;
    for (uint32_t i = 0; i < random_case->member_count; i++) {
        if (random_case->members[i].group.kind == kind)
            visit(removal, &random_case->members[i].group.index);
        if (random_case->members[i].upper.kind == kind)
            visit(removal, &random_case->members[i].upper.index);
    }
    for (size_t i = 0; i < random_case->event_count; i++) {
        struct random_event *event = &random_case->events[i];
        if (!removal->of_groups && random_event_has_member(event))
            visit(removal, &event->member);
        if (event->group.kind == kind)
            visit(removal, &event->group.index);
    }
}

static void mark_used(struct removal *removal, uint32_t *number)
{
    removal->is_unused[*number] = false;
}

static void renumber(struct removal *removal, uint32_t *number)
{
    *number = number_of(removal, *number);
}

static void take_out(struct random_case *random_case, struct removal *removal)
{
    uint32_t *number = removal->of_groups ? &random_case->group_count : &random_case->member_count;
    uint32_t count = 0;
    visit_all(random_case, removal, renumber);
    for (uint32_t i = 0; i < *number; i++) {
        if (removal->is_unused[i])
            continue;
        if (removal->of_groups)
            random_case->groups[count++] = random_case->groups[i];
        else
            random_case->members[count++] = random_case->members[i];
    }
    *number = count;
}

// All that are not used, or if that does not work each by itself.
static bool remove_unused(struct shrink *shrink, bool groups)
{
    struct random_case *best = shrink->best;
    struct removal unused = {.of_groups = groups,
                             .count = groups ? best->group_count : best->member_count};
    for (uint32_t i = 0; i < unused.count; i++)
        unused.is_unused[i] = true;
    visit_all(best, &unused, mark_used);
    if (!groups && number_of(&unused, unused.count) == 0) // there must be one
        unused.is_unused[0] = false;
    struct random_case *candidate =
        number_of(&unused, unused.count) == unused.count ? NULL : shrink_candidate(shrink);
    if (candidate == NULL)
        return false;
    take_out(candidate, &unused);
    if (shrink_offer(shrink, candidate))
        return true;
    bool any = false;
    for (uint32_t i = unused.count; i-- > 0;) {
        struct removal single = {.of_groups = groups, .count = unused.count};
        single.is_unused[i] = true;
        candidate = unused.is_unused[i] ? shrink_candidate(shrink) : NULL;
        if (candidate == NULL)
            continue;
        take_out(candidate, &single);
        any |= shrink_offer(shrink, candidate); // numbers below i stay
    }
    return any;
}

// ---- Members ----

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

typedef void lessen_member(struct random_member *member);

static void ignore_discards(struct random_member *member)
{
    member->unmaps = false;
}

static void leave_one_throttle(struct random_member *member)
{
    member->upper = (struct random_group){.kind = RANDOM_GROUP_NONE};
}

static bool lessen_all(struct shrink *shrink, lessen_member *lessen)
{
    struct random_case *candidate = shrink_candidate(shrink);
    if (candidate == NULL)
        return false;
    for (uint32_t i = 0; i < candidate->member_count; i++)
        lessen(&candidate->members[i]);
    return shrink_offer(shrink, candidate);
}

bool shrink_members(struct shrink *shrink)
{
    bool any = unite_members(shrink);
    any |= remove_unused(shrink, false);
    any |= lessen_all(shrink, ignore_discards);
    any |= lessen_all(shrink, leave_one_throttle);
    return make_filters(shrink) || any;
}

// ---- Groups ----

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
    return remove_unused(shrink, true) || any;
}
