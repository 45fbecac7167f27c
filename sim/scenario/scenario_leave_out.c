// SPDX-License-Identifier: GPL-2.0-or-later
// What a scenario asks for and its engine cannot do: an error, or if the scenario is read
// leniently, left out with a notice that is stored with the run.
#include "sim/scenario/scenario_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COPIES_MAX ((size_t)100000) // of events; a small file must not become a huge scenario

bool scenario_leave_out(struct scenario *scenario, struct sim_place place, struct sim_error *error,
                        const char *lenient, const char *format, ...)
{
    char what[512], where[64] = "", text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (scenario->lenient) {
        if (place.line > 0)
            snprintf(where, sizeof where, "line %zu: ", place.line);
        snprintf(text, sizeof text, "%s%s; %s", where, what, lenient);
        return names_append(&scenario->notices, &scenario->notice_count, text) ||
               sim_fail_memory(error);
    }
    if (place.line > 0)
        snprintf(where, sizeof where, ":%zu:%zu", place.line, place.column);
    return sim_fail(error, place.line > 0 ? SIM_BAD_INPUT : SIM_USAGE,
                    "%s%s: %s ('throttlesim engines' tells what each can do); with --lenient %s",
                    scenario->name, where, what, lenient);
}

// Which members each group has, before any is split: those of group g, in their order, are from
// members[first[g]] on up to members[first[g + 1]].
struct sharing {
    size_t group_count;
    size_t *first;
    uint32_t *members;
    char **names; // of groups that have been split, as they were
};

static size_t members_of(const struct sharing *sharing, uint32_t group)
{
    return sharing->first[group + 1] - sharing->first[group];
}

static bool find_sharing(const struct scenario *scenario, struct sharing *sharing)
{
    size_t count = scenario->group_count;
    *sharing = (struct sharing){
        .group_count = count,
        .first = calloc(count + 2, sizeof *sharing->first),
        .members = calloc(scenario->member_count + 1, sizeof *sharing->members),
        .names = calloc(count + 1, sizeof *sharing->names),
    };
    if (sharing->first == NULL || sharing->members == NULL || sharing->names == NULL)
        return false;
    // While the members are put in place, first[g + 1] is where the next one of g goes.
    for (size_t i = 0; i < scenario->member_count; i++) {
        if (scenario->members[i].group != SCENARIO_NONE)
            sharing->first[scenario->members[i].group + 2]++;
    }
    for (size_t i = 2; i < count + 2; i++)
        sharing->first[i] += sharing->first[i - 1];
    for (size_t i = 0; i < scenario->member_count; i++) {
        if (scenario->members[i].group != SCENARIO_NONE)
            sharing->members[sharing->first[scenario->members[i].group + 1]++] = (uint32_t)i;
    }
    return true;
}

static void free_sharing(const struct scenario *scenario, struct sharing *sharing)
{
    for (size_t i = 0; sharing->names != NULL && i < sharing->group_count; i++) {
        if (scenario->groups[i].name != sharing->names[i])
            free(sharing->names[i]);
    }
    free(sharing->first);
    free(sharing->members);
    free(sharing->names);
}

// "gold/vdc", a name that no group has yet.
static char *own_name(const struct scenario *scenario, const char *group, const char *member)
{
    size_t size = strlen(group) + strlen(member) + 2;
    char *base = malloc(size), *name = NULL;
    if (base != NULL) {
        snprintf(base, size, "%s/%s", group, member);
        name = names_unused(&scenario->group_names, base);
    }
    free(base);
    return name;
}

static bool name_group(struct scenario *scenario, uint32_t group, char *name)
{
    if (name == NULL || names_add(&scenario->group_names, name, group) == NAMES_NONE) {
        free(name);
        return false;
    }
    scenario->groups[group].name = name;
    return true;
}

static bool add_names(struct scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        if (names_add(&scenario->group_names, scenario->groups[i].name, i) == NAMES_NONE)
            return false;
    }
    return true;
}

// The member moves from its group into a new one with the same limits.
static bool give_own_group(struct scenario *scenario, struct scenario_member *member,
                           const char *group_name)
{
    size_t count = scenario->group_count;
    struct scenario_group *groups = realloc(scenario->groups, (count + 1) * sizeof *groups);
    if (groups == NULL)
        return false;
    scenario->groups = groups;
    groups[count] = groups[member->group];
    groups[count].name = NULL;
    scenario->group_count++;
    member->group = (uint32_t)count;
    return name_group(scenario, member->group, own_name(scenario, group_name, member->name));
}

// The group's old name stays in the look-up, for the events, until all groups are split.
static bool split_group(struct scenario *scenario, struct sharing *sharing, uint32_t group)
{
    size_t first = sharing->first[group];
    sharing->names[group] = scenario->groups[group].name;
    for (size_t i = first; i < sharing->first[group + 1]; i++) {
        struct scenario_member *member = &scenario->members[sharing->members[i]];
        const char *name = sharing->names[group];
        bool ok = i == first ? name_group(scenario, group, own_name(scenario, name, member->name))
                             : give_own_group(scenario, member, name);
        if (!ok)
            return false;
    }
    return true;
}

static bool fit_group(struct scenario *scenario, struct sharing *sharing, uint32_t group,
                      struct sim_error *error)
{
    if (members_of(sharing, group) < 2)
        return true;
    const uint32_t *members = &sharing->members[sharing->first[group]];
    const struct scenario_member *second = &scenario->members[members[1]];
    return scenario_leave_out(scenario, second->place, error,
                              "each member of it has these limits for itself",
                              "engine '%s' has no groups: '%s' and '%s' cannot share '%s'",
                              scenario->algorithm->name, scenario->members[members[0]].name,
                              second->name, scenario->groups[group].name) &&
           (split_group(scenario, sharing, group) || sim_fail_memory(error));
}

// ---- Events that name a group which is no more ----

// The group, or SCENARIO_NONE.
static uint32_t split_group_of(const struct scenario *scenario, const struct sharing *sharing,
                               const struct scenario_event *event)
{
    if (event->group == NULL)
        return SCENARIO_NONE;
    uint32_t group = scenario_find_group(scenario, event->group);
    bool is_split = group < sharing->group_count && sharing->names[group] != NULL &&
                    strcmp(sharing->names[group], event->group) == 0;
    return is_split ? group : SCENARIO_NONE;
}

static void add_event(struct scenario *scenario, const struct scenario_event *event)
{
    scenario->events[scenario->event_count++] = *event;
}

// A qom-set becomes one of each of its members' groups.
static bool set_each(struct scenario *scenario, const struct sharing *sharing, uint32_t group,
                     const struct scenario_event *event)
{
    bool ok = true;
    for (size_t i = sharing->first[group]; ok && i < sharing->first[group + 1]; i++) {
        struct scenario_event copy = *event;
        uint32_t own = scenario->members[sharing->members[i]].group;
        copy.group = strdup(scenario->groups[own].name);
        ok = copy.group != NULL;
        if (ok)
            add_event(scenario, &copy);
    }
    free(event->group);
    return ok;
}

static bool follow_event(struct scenario *scenario, const struct sharing *sharing,
                         struct scenario_event *event, struct sim_error *error)
{
    uint32_t group = split_group_of(scenario, sharing, event);
    if (group != SCENARIO_NONE && event->kind == SCENARIO_QOM_SET)
        return set_each(scenario, sharing, group, event) || sim_fail_memory(error);
    if (group != SCENARIO_NONE) {
        free(event->group);
        event->group = NULL; // of block_set_io_throttle: it means the member's own
    }
    if (group == SCENARIO_NONE || event->kind != SCENARIO_JOIN) {
        add_event(scenario, event);
        return true;
    }
    return scenario_leave_out(scenario, event->place, error, "it is left out",
                              "join of '%s': engine '%s' has no groups",
                              scenario->members[event->member].name, scenario->algorithm->name);
}

static bool count_copies(const struct scenario *scenario, const struct sharing *sharing,
                         size_t *copies, struct sim_error *error)
{
    *copies = 0;
    for (size_t i = 0; i < scenario->event_count; i++) {
        const struct scenario_event *event = &scenario->events[i];
        uint32_t group = split_group_of(scenario, sharing, event);
        if (group != SCENARIO_NONE && event->kind == SCENARIO_QOM_SET)
            *copies += members_of(sharing, group) - 1;
        if (*copies > COPIES_MAX)
            return sim_fail(error, SIM_BAD_INPUT,
                            "%s:%zu:%zu: engine '%s' has no groups: with a qom-set for each "
                            "member of its group there are more than %zu new events",
                            scenario->name, event->place.line, event->place.column,
                            scenario->algorithm->name, COPIES_MAX);
    }
    return true;
}

static bool follow_events(struct scenario *scenario, const struct sharing *sharing,
                          struct sim_error *error)
{
    struct scenario_event *old = scenario->events;
    size_t count = scenario->event_count, copies;
    if (count == 0)
        return true;
    if (!count_copies(scenario, sharing, &copies, error))
        return false;
    struct scenario_event *events = malloc((count + copies) * sizeof *events);
    if (events == NULL)
        return sim_fail_memory(error);
    bool ok = true;
    scenario->events = events;
    scenario->event_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (ok)
            ok = follow_event(scenario, sharing, &old[i], error);
        else
            free(old[i].group);
    }
    free(old);
    return ok;
}

// An engine that counts in slices of time has nothing to be filled.
static bool leave_out_levels(struct scenario *scenario, struct sim_error *error)
{
    bool ok = scenario->algorithm->operations[ENGINE_NODE_FILL] != NULL;
    for (size_t i = 0; !ok && i < scenario->group_count; i++) {
        struct scenario_group *group = &scenario->groups[i];
        if (group->levels.numerator == 0)
            continue;
        if (!scenario_leave_out(scenario, group->place, error, "they are left out",
                                "levels of group '%s': engine '%s' has no buckets", group->name,
                                scenario->algorithm->name))
            return false;
        group->levels = (struct fraction){0};
    }
    return true;
}

// An engine that knows one throttle of a disk only.
static bool leave_out_throttles(struct scenario *scenario, struct sim_error *error)
{
    bool ok = scenario->algorithm->operations[ENGINE_STAGE_CREATE] != NULL;
    for (size_t i = 0; !ok && i < scenario->member_count; i++) {
        struct scenario_member *member = &scenario->members[i];
        if (member->upper_count == 0)
            continue;
        if (!scenario_leave_out(scenario, member->place, error,
                                "only the one nearest to the disk is left",
                                "engine '%s' has no throttles one above the other, as of '%s'",
                                scenario->algorithm->name, member->name))
            return false;
        member->upper_count = 0;
    }
    return true;
}

bool scenario_fit_groups(struct scenario *scenario, struct sim_error *error)
{
    if (!leave_out_levels(scenario, error) || !leave_out_throttles(scenario, error))
        return false;
    if (scenario->algorithm->has_groups)
        return true;
    struct sharing sharing;
    bool ok = find_sharing(scenario, &sharing) || sim_fail_memory(error);
    for (uint32_t group = 0; ok && group < sharing.group_count; group++)
        ok = fit_group(scenario, &sharing, group, error);
    ok = ok && follow_events(scenario, &sharing, error);
    names_free(&scenario->group_names); // some of which are to be freed
    ok = ok && (add_names(scenario) || sim_fail_memory(error));
    free_sharing(scenario, &sharing);
    return ok;
}

// ---- A limit per disk ----

// A rate or a maximum, of which each of several gets a part.
static bool is_shared(const char *key)
{
    return strstr(key, "-length") == NULL && strcmp(key, "iops-size") != 0;
}

// Rounded down, but never to 0, which would be no limit.
static void take_part(const struct engine_algorithm *algorithm, struct engine_parameters *limits,
                      size_t of)
{
    for (size_t i = 0; i < algorithm->parameter_count; i++) {
        int64_t *value = &limits->value[i];
        if ((limits->given & (UINT32_C(1) << i)) != 0 && *value > 0 &&
            is_shared(algorithm->parameters[i].key))
            *value = *value / (int64_t)of > 0 ? *value / (int64_t)of : 1;
    }
}

static bool share_out(struct scenario *scenario, struct sharing *sharing, uint32_t group)
{
    size_t count = members_of(sharing, group);
    if (count < 2)
        return true;
    if (!split_group(scenario, sharing, group))
        return false;
    for (size_t i = sharing->first[group]; i < sharing->first[group + 1]; i++) {
        const struct scenario_member *member = &scenario->members[sharing->members[i]];
        take_part(scenario->algorithm, &scenario->groups[member->group].limits, count);
    }
    return true;
}

bool scenario_share_out(struct scenario *scenario, struct sim_error *error)
{
    struct sharing sharing;
    for (size_t i = 0; i < scenario->event_count; i++) {
        const struct scenario_event *event = &scenario->events[i];
        if (event->group != NULL)
            return sim_fail(error, SIM_BAD_INPUT,
                            "%s:%zu:%zu: with a limit per disk there is no group '%s' for an event",
                            scenario->name, event->place.line, event->place.column, event->group);
    }
    for (size_t i = 0; i < scenario->member_count; i++) {
        const struct scenario_member *member = &scenario->members[i];
        if (member->upper_count > 0)
            return sim_fail(error, SIM_BAD_INPUT,
                            "%s:%zu:%zu: '%s' has several throttles, so that there is no limit per "
                            "disk",
                            scenario->name, member->place.line, member->place.column, member->name);
    }
    bool ok = find_sharing(scenario, &sharing);
    for (uint32_t group = 0; ok && group < sharing.group_count; group++)
        ok = share_out(scenario, &sharing, group);
    names_free(&scenario->group_names); // some of which are to be freed
    for (size_t i = 0; ok && i < sharing.group_count; i++) {
        if (sharing.names[i] == NULL)
            sharing.names[i] = scenario->groups[i].name;
    }
    ok = ok && add_names(scenario);
    free_sharing(scenario, &sharing);
    return ok ? scenario_check(scenario, error) : sim_fail_memory(error);
}
