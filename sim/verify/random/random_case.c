// SPDX-License-Identifier: GPL-2.0-or-later
// A random case: all that is drawn of it but its requests. Of its operations many come at the very
// time of a request; which are possible depends on those before, so they are drawn in order of
// time.
#include "sim/verify/random/random_case.h"

#include "sim/verify/random/random_limits.h"

#include <stdlib.h>
#include <string.h>

#define OPERATIONS_MAX 24
#define SECOND INT64_C(1000000000)

struct draft {
    gsl_rng *rng;
    struct random_case *random_case;
    bool extreme;
};

static int compare_times(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

// Of a request, just beside one, or any.
static int64_t draw_operation_time(struct draft *draft)
{
    const struct random_case *random_case = draft->random_case;
    size_t index = (size_t)random_draw_below(draft->rng, random_case->event_count);
    int64_t at_ns = random_case->events[index].at_ns;
    int64_t last_ns = random_case->events[random_case->event_count - 1].at_ns;
    if (random_draw_percent(draft->rng, 30))
        return random_draw_between(draft->rng, 0, last_ns + SECOND);
    if (random_draw_percent(draft->rng, 30))
        return at_ns + (at_ns > 0 && random_draw_percent(draft->rng, 50) ? -1 : 1);
    return at_ns;
}

// A drive, or any member if there is none.
static uint32_t draw_drive(struct draft *draft)
{
    const struct random_case *random_case = draft->random_case;
    uint32_t first = (uint32_t)random_draw_below(draft->rng, random_case->member_count);
    for (uint32_t i = 0; i < random_case->member_count; i++) {
        uint32_t member = (first + i) % random_case->member_count;
        if (random_case->members[member].attach == ENGINE_DRIVE)
            return member;
    }
    return first;
}

static struct random_group draw_group(struct draft *draft, uint32_t member)
{
    static const unsigned weights[] = {45, 25, 20, 10}; // as enum random_group_kind
    const struct random_case *random_case = draft->random_case;
    struct random_group group = {.kind = RANDOM_GROUP_NONE};
    group.kind = (enum random_group_kind)random_draw_weighted(draft->rng, weights, 4);
    if (group.kind == RANDOM_GROUP_DECLARED)
        group.index = (uint32_t)random_draw_below(draft->rng, random_case->group_count);
    else if (group.kind == RANDOM_GROUP_NAMED)
        group.index = (uint32_t)random_draw_below(draft->rng, 2);
    else if (group.kind == RANDOM_GROUP_MEMBER)
        group.index = random_draw_percent(draft->rng, 60)
                          ? member
                          : (uint32_t)random_draw_below(draft->rng, random_case->member_count);
    return group;
}

// It may not be possible as things stand: then it is not taken.
static void draw_command(struct draft *draft, const struct random_state *state,
                         struct random_event *command)
{
    static const enum scenario_event_kind kinds[] = {
        SCENARIO_DRAIN_ALL,         SCENARIO_STOP,
        SCENARIO_BLOCKDEV_SNAPSHOT, SCENARIO_BLOCK_RESIZE,
        SCENARIO_BLOCK_RESIZE,      SCENARIO_BLOCKDEV_REOPEN,
        SCENARIO_BLOCKDEV_REOPEN,   SCENARIO_BLOCKDEV_REOPEN,
        SCENARIO_BLOCKDEV_DEL,
    };
    gsl_rng *rng = draft->rng;
    const struct random_case *random_case = draft->random_case;
    uint32_t member = (uint32_t)random_draw_below(rng, random_case->member_count);
    uint32_t group = (uint32_t)random_draw_below(rng, random_case->group_count);
    command->kind = RANDOM_COMMAND;
    command->command = kinds[random_draw_below(rng, sizeof kinds / sizeof kinds[0])];
    if (state->groups[member].kind == RANDOM_GROUP_NONE)
        command->command = SCENARIO_BLOCKDEV_ADD;
    if (random_event_has_member(command))
        command->member = member;
    if (command->command == SCENARIO_BLOCKDEV_ADD || command->command == SCENARIO_BLOCKDEV_REOPEN)
        command->group = (struct random_group){RANDOM_GROUP_DECLARED, group};
}

static void draw_operation(struct draft *draft, const struct random_state *state,
                           struct random_event *operation)
{
    gsl_rng *rng = draft->rng;
    bool extreme = draft->extreme && random_draw_percent(rng, 40);
    if (random_draw_percent(rng, 28)) {
        draw_command(draft, state, operation);
        return;
    }
    uint32_t member = draw_drive(draft);
    operation->member = member;
    if (draft->random_case->members[member].attach != ENGINE_DRIVE ||
        random_draw_percent(rng, 45)) {
        uint32_t group = (uint32_t)random_draw_below(rng, draft->random_case->group_count);
        operation->kind = RANDOM_QOM_SET;
        operation->member = 0;
        operation->group = (struct random_group){RANDOM_GROUP_DECLARED, group};
        random_limits_draw_change(rng, extreme, &state->limits[group], &operation->limits);
        return;
    }
    operation->kind = RANDOM_BLOCK_SET_IO_THROTTLE;
    operation->group = draw_group(draft, member);
    if (random_draw_percent(rng, 15))
        random_limits_draw_leave(rng, &operation->limits);
    else
        random_limits_draw_command(rng, extreme, &operation->limits);
}

// After those of an earlier time and earlier operations, before the requests of its time.
static void insert(struct random_case *random_case, const struct random_event *operation)
{
    struct random_event *at = random_case->events, *end = at + random_case->event_count;
    while (at < end && (at->at_ns < operation->at_ns ||
                        (at->at_ns == operation->at_ns && at->kind != RANDOM_REQUEST)))
        at++;
    memmove(at + 1, at, (size_t)(end - at) * sizeof *at);
    *at = *operation;
    random_case->event_count++;
}

static void draw_operations(gsl_rng *rng, bool extreme, struct random_case *random_case)
{
    struct draft draft = {rng, random_case, extreme};
    int64_t times_ns[OPERATIONS_MAX];
    size_t count = random_draw_percent(rng, 25) ? 0 : (size_t)random_draw_between(rng, 1, 8);
    if (random_draw_percent(rng, 15))
        count = (size_t)random_draw_between(rng, 1, OPERATIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        bool is_together = i > 0 && random_draw_percent(rng, 15);
        times_ns[i] = is_together ? times_ns[i - 1] : draw_operation_time(&draft);
    }
    qsort(times_ns, count, sizeof times_ns[0], compare_times);
    struct random_state state;
    random_state_begin(&state, random_case);
    for (size_t i = 0; i < count; i++) {
        struct random_event operation = {.at_ns = times_ns[i]};
        draw_operation(&draft, &state, &operation);
        if (random_state_apply(&state, random_case, &operation))
            insert(random_case, &operation);
    }
}

// ---- The whole ----

struct random_case *random_case_copy(const struct random_case *original)
{
    struct random_case *copy = malloc(sizeof *copy);
    if (copy == NULL)
        return NULL;
    *copy = *original;
    copy->events = malloc((original->event_count + 1) * sizeof *copy->events);
    if (copy->events == NULL) {
        free(copy);
        return NULL;
    }
    if (original->event_count > 0)
        memcpy(copy->events, original->events, original->event_count * sizeof *copy->events);
    return copy;
}

void random_case_free(struct random_case *random_case)
{
    if (random_case == NULL)
        return;
    free(random_case->events);
    free(random_case);
}

// The first group has limits.
static void draw_groups(gsl_rng *rng, bool extreme, struct random_case *random_case)
{
    random_case->group_count = 1 + (uint32_t)random_draw_below(rng, RANDOM_CASE_GROUPS_MAX);
    for (uint32_t i = 0; i < random_case->group_count; i++) {
        if (i == 0 || random_draw_percent(rng, 88))
            random_limits_draw(rng, extreme && random_draw_percent(rng, 60),
                               &random_case->groups[i]);
    }
}

static uint32_t draw_member_count(gsl_rng *rng)
{
    static const unsigned weights[] = {15, 15, 30, 20, 20};
    static const uint32_t least[] = {1, 2, 3, 6, 13, RANDOM_CASE_MEMBERS_MAX + 1};
    size_t range = random_draw_weighted(rng, weights, sizeof weights / sizeof weights[0]);
    return (uint32_t)random_draw_between(rng, least[range], least[range + 1] - 1);
}

static void draw_members(gsl_rng *rng, struct random_case *random_case)
{
    static const int64_t percents[] = {0, 50, 50, 50, 100};
    unsigned drives = (unsigned)RANDOM_DRAW_PICK(rng, percents);
    unsigned stacked = random_draw_percent(rng, 30) ? 40 : 0; // with two throttles
    random_case->member_count = draw_member_count(rng);
    for (uint32_t i = 0; i < random_case->member_count; i++) {
        struct random_member *member = &random_case->members[i];
        uint32_t group = (uint32_t)random_draw_below(rng, random_case->group_count);
        member->group = (struct random_group){RANDOM_GROUP_DECLARED, group};
        member->attach = random_draw_percent(rng, drives) ? ENGINE_DRIVE : ENGINE_FILTER;
        member->unmaps = member->attach == ENGINE_FILTER && random_draw_percent(rng, 60);
        if (random_draw_percent(rng, stacked)) {
            group = (uint32_t)random_draw_below(rng, random_case->group_count);
            member->upper = (struct random_group){RANDOM_GROUP_DECLARED, group};
        } else if (random_draw_percent(rng, 5)) {
            member->group = (struct random_group){.kind = RANDOM_GROUP_NONE};
        }
    }
}

// Until no request can wait too long.
static void lessen(struct random_case *random_case)
{
    while (!random_case_waits_are_bounded(random_case)) {
        for (size_t i = 0; i < random_case->event_count; i++) {
            if (random_case->events[i].bytes > 1)
                random_case->events[i].bytes /= 2;
        }
    }
}

// The time of the last event, of any, some time later, or none.
static int64_t draw_end(gsl_rng *rng, const struct random_case *random_case)
{
    int64_t last_ns = random_case->events[random_case->event_count - 1].at_ns;
    size_t any = (size_t)random_draw_below(rng, random_case->event_count);
    switch (random_draw_below(rng, 8)) {
    case 0:
        return last_ns;
    case 1:
        return random_case->events[any].at_ns;
    case 2:
        return last_ns + random_draw_magnitude(rng, INT64_C(3600000000000));
    default:
        return RANDOM_CASE_NO_END;
    }
}

// QEMU before 8.0 drains all drives before their filters; here it is one disk after the other.
static void unstack_drained_drives(struct random_case *random_case)
{
    bool drains = false;
    for (size_t i = 0; i < random_case->event_count; i++)
        drains |= random_case->events[i].kind == RANDOM_COMMAND;
    for (uint32_t i = 0; i < random_case->member_count; i++) {
        struct random_member *member = &random_case->members[i];
        if (drains && member->attach == ENGINE_DRIVE)
            member->upper = (struct random_group){.kind = RANDOM_GROUP_NONE};
    }
}

static void draw(gsl_rng *rng, struct random_case *random_case)
{
    bool extreme = random_draw_percent(rng, 30);
    draw_groups(rng, extreme, random_case);
    draw_members(rng, random_case);
    random_requests_draw(rng, random_case);
    draw_operations(rng, extreme, random_case);
    unstack_drained_drives(random_case);
    random_case->end_ns = draw_end(rng, random_case);
    lessen(random_case);
}

struct random_case *random_case_new(uint64_t seed)
{
    gsl_rng *rng = random_draw_new(seed);
    struct random_case *random_case = calloc(1, sizeof *random_case);
    if (random_case != NULL)
        random_case->events =
            calloc(RANDOM_REQUESTS_MAX + OPERATIONS_MAX, sizeof *random_case->events);
    if (rng == NULL || random_case == NULL || random_case->events == NULL) {
        random_case_free(random_case);
        random_case = NULL;
    } else {
        random_case->seed = seed;
        draw(rng, random_case);
    }
    if (rng != NULL)
        gsl_rng_free(rng);
    return random_case;
}
