// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/random/random_case.h"

#include "sim/verify/random/random_case_internal.h"
#include "sim/verify/random/random_limits.h"

#include <stdlib.h>
#include <string.h>

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
    random_case->member_count = draw_member_count(rng);
    for (uint32_t i = 0; i < random_case->member_count; i++) {
        struct random_member *member = &random_case->members[i];
        uint32_t group = (uint32_t)random_draw_below(rng, random_case->group_count);
        member->group = (struct random_group){RANDOM_GROUP_DECLARED, group};
        member->attach = random_draw_percent(rng, drives) ? ENGINE_DRIVE : ENGINE_FILTER;
        if (random_draw_percent(rng, 5))
            member->group = (struct random_group){.kind = RANDOM_GROUP_NONE};
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

static void draw(gsl_rng *rng, struct random_case *random_case)
{
    bool extreme = random_draw_percent(rng, 30);
    draw_groups(rng, extreme, random_case);
    draw_members(rng, random_case);
    random_requests_draw(rng, random_case);
    random_operations_draw(rng, extreme, random_case);
    random_case->end_ns = draw_end(rng, random_case);
    lessen(random_case);
}

struct random_case *random_case_new(uint64_t seed)
{
    gsl_rng *rng = random_draw_new(seed);
    struct random_case *random_case = calloc(1, sizeof *random_case);
    if (random_case != NULL)
        random_case->events =
            calloc(RANDOM_REQUESTS_MAX + RANDOM_OPERATIONS_MAX, sizeof *random_case->events);
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
