// SPDX-License-Identifier: GPL-2.0-or-later
// What a scenario asks for and its engine cannot do: an error, or if the scenario is read
// leniently, left out with a notice that is stored with the run.
#include "sim/scenario_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_notice(struct scenario *scenario, const char *text, struct sim_error *error)
{
    size_t count = scenario->notice_count;
    char **notices = realloc(scenario->notices, (count + 1) * sizeof *notices);
    if (notices == NULL)
        return sim_fail_memory(error);
    scenario->notices = notices;
    notices[count] = strdup(text);
    if (notices[count] == NULL)
        return sim_fail_memory(error);
    scenario->notice_count++;
    return true;
}

bool scenario_leave_out(struct scenario *scenario, struct scenario_place place,
                        struct sim_error *error, const char *lenient, const char *format, ...)
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
        return add_notice(scenario, text, error);
    }
    if (place.line > 0)
        snprintf(where, sizeof where, ":%zu:%zu", place.line, place.column);
    return sim_fail(error, place.line > 0 ? SIM_BAD_INPUT : SIM_USAGE,
                    "%s%s: %s ('throttlesim engines' tells what each can do); with --lenient %s",
                    scenario->name, where, what, lenient);
}

void scenario_remove_event(struct scenario *scenario, size_t index)
{
    struct scenario_event *event = &scenario->events[index];
    free(event->group);
    scenario->event_count--;
    memmove(event, event + 1, (scenario->event_count - index) * sizeof *event);
}

// "gold/vdc", a name that no group has yet.
static char *own_name(const struct scenario *scenario, const char *group, const char *member)
{
    size_t size = strlen(group) + strlen(member) + 16;
    char *name = malloc(size);
    if (name == NULL)
        return NULL;
    snprintf(name, size, "%s/%s", group, member);
    for (unsigned n = 2; scenario_find_group(scenario, name) != SCENARIO_NONE; n++)
        snprintf(name, size, "%s/%s-%u", group, member, n);
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

static bool rebuild_names(struct scenario *scenario)
{
    names_free(&scenario->group_names);
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

// A qom-set of a group that is no more becomes one of each of its members' groups.
static bool set_each(struct scenario *scenario, size_t index, const bool *was_in_group)
{
    const char *name = NULL;
    for (size_t i = 0; i < scenario->member_count; i++) {
        if (!was_in_group[i])
            continue;
        const char *own = scenario->groups[scenario->members[i].group].name;
        struct scenario_event *events =
            realloc(scenario->events, (scenario->event_count + 1) * sizeof *events);
        if (events == NULL)
            return false;
        scenario->events = events;
        struct scenario_event *event = &events[index];
        if (name != NULL) { // the first keeps the event, the next get copies after it
            memmove(event + 1, event, (scenario->event_count++ - index) * sizeof *event);
            event = &events[++index];
        } else {
            free(event->group);
        }
        event->group = strdup(own);
        name = own;
        if (event->group == NULL)
            return false;
    }
    return true;
}

static bool leave_out_join(struct scenario *scenario, size_t index, struct sim_error *error)
{
    const struct scenario_event *event = &scenario->events[index];
    bool ok = scenario_leave_out(scenario, event->place, error, "it is left out",
                                 "join of '%s': engine '%s' has no groups",
                                 scenario->members[event->member].name, scenario->algorithm->name);
    scenario_remove_event(scenario, index);
    return ok;
}

// The events that name a group which is no more.
static bool follow_events(struct scenario *scenario, const char *group_name,
                          const bool *was_in_group, struct sim_error *error)
{
    for (size_t i = 0; i < scenario->event_count; i++) {
        struct scenario_event *event = &scenario->events[i];
        if (event->group == NULL || strcmp(event->group, group_name) != 0)
            continue;
        if (event->kind == SCENARIO_QOM_SET) {
            if (!set_each(scenario, i, was_in_group))
                return sim_fail_memory(error);
        } else if (event->kind == SCENARIO_JOIN) {
            if (!leave_out_join(scenario, i--, error))
                return false;
        } else if (event->kind == SCENARIO_BLOCK_SET_IO_THROTTLE) {
            free(event->group); // it means the member's own
            event->group = NULL;
        }
    }
    return true;
}

static bool split_group(struct scenario *scenario, uint32_t group, struct sim_error *error)
{
    bool *was_in_group = calloc(scenario->member_count, sizeof *was_in_group);
    char *group_name = scenario->groups[group].name; // looked up until the names are rebuilt
    bool ok = was_in_group != NULL;
    bool is_first = true;
    for (size_t i = 0; ok && i < scenario->member_count; i++) {
        struct scenario_member *member = &scenario->members[i];
        if (member->group != group)
            continue;
        was_in_group[i] = true;
        ok = is_first ? name_group(scenario, group, own_name(scenario, group_name, member->name))
                      : give_own_group(scenario, member, group_name);
        is_first = false;
    }
    ok = rebuild_names(scenario) && ok;
    ok = ok ? follow_events(scenario, group_name, was_in_group, error) : sim_fail_memory(error);
    free(was_in_group);
    if (scenario->groups[group].name != group_name)
        free(group_name);
    return ok;
}

static bool fit_group(struct scenario *scenario, uint32_t group, struct sim_error *error)
{
    const struct scenario_member *first = NULL, *second = NULL;
    for (size_t i = 0; i < scenario->member_count && second == NULL; i++) {
        if (scenario->members[i].group != group)
            continue;
        if (first == NULL)
            first = &scenario->members[i];
        else
            second = &scenario->members[i];
    }
    if (second == NULL)
        return true;
    return scenario_leave_out(scenario, second->place, error,
                              "each member of it has these limits for itself",
                              "engine '%s' has no groups: '%s' and '%s' cannot share '%s'",
                              scenario->algorithm->name, first->name, second->name,
                              scenario->groups[group].name) &&
           split_group(scenario, group, error);
}

bool scenario_fit_groups(struct scenario *scenario, struct sim_error *error)
{
    size_t count = scenario->group_count;
    for (uint32_t group = 0; !scenario->algorithm->has_groups && group < count; group++) {
        if (!fit_group(scenario, group, error))
            return false;
    }
    return true;
}
