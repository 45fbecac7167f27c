// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/digest.h"

#include "traces/bit_mix.h"

#include <stdlib.h>

// ---- Which members share something ----

static uint32_t find_set(struct digest *digest, uint32_t member)
{
    while (digest->members[member].set != member)
        member = digest->members[member].set = digest->members[digest->members[member].set].set;
    return member;
}

static void unite(struct digest *digest, uint32_t left, uint32_t right)
{
    uint32_t a = find_set(digest, left), b = find_set(digest, right);
    digest->members[a > b ? a : b].set = a > b ? b : a;
}

// The member is named for a group, as were those before it.
static bool name_group(struct digest *digest, struct names *groups, const char *group,
                       uint32_t member)
{
    uint32_t first = names_add(groups, group, member);
    if (first == NAMES_NONE)
        return false;
    unite(digest, first, member);
    return true;
}

static bool name_groups(struct digest *digest, struct names *groups,
                        const struct scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->member_count; i++) {
        const struct scenario_member *member = &scenario->members[i];
        if (scenario->timer_granularity_ns != 0) // whatever happens wakes the one event loop
            unite(digest, 0, i);
        for (uint32_t stage = 0; stage <= member->upper_count; stage++) {
            uint32_t group = scenario_stage_group(member, stage);
            if (group != SCENARIO_NONE &&
                !name_group(digest, groups, scenario->groups[group].name, i))
                return false;
        }
    }
    for (size_t i = 0; i < scenario->event_count; i++) {
        const struct scenario_event *event = &scenario->events[i];
        const char *group = event->group;
        if (event->member == SCENARIO_NONE)
            continue;
        if (group == NULL && event->kind == SCENARIO_BLOCK_SET_IO_THROTTLE) // see control_apply
            group = scenario->members[event->member].name;
        if (group == NULL)
            continue;
        if (!name_group(digest, groups, group, event->member))
            return false;
    }
    return true;
}

bool digest_open(struct digest *digest, const struct scenario *scenario)
{
    size_t count = scenario->member_count;
    struct names groups = {0};
    *digest = (struct digest){
        .members = calloc(count + 1, sizeof *digest->members),
        .sets = calloc(count + 1, sizeof *digest->sets),
    };
    if (digest->members == NULL || digest->sets == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        digest->members[i].set = i;
        digest->members[i].key = trace_mix(i + TRACE_MIX_STEP);
    }
    bool ok = name_groups(digest, &groups, scenario);
    for (uint32_t i = 0; i < count; i++)
        digest->members[i].set = find_set(digest, i);
    names_free(&groups);
    return ok;
}

void digest_close(struct digest *digest)
{
    free(digest->members);
    free(digest->sets);
    *digest = (struct digest){0};
}

// ---- Adding ----

uint64_t digest_add(struct digest *digest, const struct sim_request *request, int64_t now_ns)
{
    const struct digest_member *member = &digest->members[request->engine.member];
    struct digest_set *set = &digest->sets[member->set];
    uint64_t number = sim_request_number(request, member->arrived);
    if (set->now_ns != now_ns)
        *set = (struct digest_set){.now_ns = now_ns};
    uint64_t hash = trace_mix(member->key ^ number);
    hash = trace_mix(hash ^ (uint64_t)now_ns);
    digest->sum += trace_mix(hash ^ set->left++);
    return number;
}
