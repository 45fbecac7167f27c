// SPDX-License-Identifier: GPL-2.0-or-later
// The keys `groups` and `members` of a scenario.
#include "sim/scenario/scenario_internal.h"

#include "sim/base/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Groups ----

static const struct yaml_field group_fields[] = {
    {"id", yaml_read_string, offsetof(struct scenario_group, name), true},
    {"limits", scenario_read_group_limits, offsetof(struct scenario_group, limits), false},
    {NULL, NULL, 0, false},
};

static struct scenario_group *append_group(struct yaml_reader *reader, yaml_node_t *node)
{
    struct scenario *scenario = scenario_of(reader);
    struct scenario_group *array =
        yaml_append(reader, scenario->groups, &scenario->group_count, sizeof *array);
    if (array == NULL)
        return NULL;
    scenario->groups = array;
    array[scenario->group_count - 1].place = yaml_place(node);
    return &array[scenario->group_count - 1];
}

static bool add_group_name(struct yaml_reader *reader, yaml_node_t *node,
                           const struct scenario_group *group)
{
    struct scenario *scenario = scenario_of(reader);
    uint32_t index = (uint32_t)(group - scenario->groups);
    uint32_t other = names_add(&scenario->group_names, group->name, index);
    if (other == NAMES_NONE)
        return sim_fail_memory(reader->error);
    return other == index || yaml_fail(reader, node, "there is a group '%s' already, in line %zu",
                                       group->name, scenario->groups[other].place.line);
}

static bool read_group(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    (void)target;
    struct scenario_group *group = append_group(reader, node);
    if (group == NULL || !yaml_read_mapping(reader, node, "a group", group_fields, group))
        return false;
    if (strcmp(group->name, "none") == 0)
        return yaml_fail(reader, node, "a group cannot be called 'none', which means no group");
    return add_group_name(reader, node, group);
}

bool scenario_read_groups(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return yaml_read_sequence(reader, node, "groups", read_group, target);
}

// ---- Members ----

static bool read_attach(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const char *text = yaml_text(reader, node, "filter or drive");
    if (text == NULL)
        return false;
    return scenario_parse_attach(text, target) ||
           yaml_fail(reader, node, "expected filter or drive, found '%.64s'", text);
}

static bool read_member_group(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    char hint[128];
    const char *text = yaml_text(reader, node, "the id of a group");
    if (text == NULL)
        return false;
    uint32_t *group = target;
    *group = scenario_find_group(scenario_of(reader), text);
    if (*group != SCENARIO_NONE || strcmp(text, "none") == 0)
        return true;
    return yaml_fail(reader, node, "there is no group '%.64s'%s", text,
                     suggest(text, scenario_group_at, scenario_of(reader), hint, sizeof hint));
}

static const struct yaml_field member_fields[] = {
    {"id", yaml_read_string, offsetof(struct scenario_member, name), true},
    {"group", read_member_group, offsetof(struct scenario_member, group), false},
    {"attach", read_attach, offsetof(struct scenario_member, attach), false},
    {"limits", scenario_read_member_limits, offsetof(struct scenario_member, limits), false},
    {"trace", scenario_read_trace, offsetof(struct scenario_member, trace), false},
    {"volume", yaml_read_string, offsetof(struct scenario_member, volume), false},
    {NULL, NULL, 0, false},
};

// As in QEMU, limits without a group make one that has the member's name.
static bool add_own_group(struct yaml_reader *reader, yaml_node_t *node,
                          struct scenario_member *member)
{
    if (!scenario_check_limits(reader, yaml_find(reader, node, "limits"), &member->limits))
        return false;
    struct scenario_group *group = append_group(reader, node);
    if (group == NULL)
        return false;
    group->limits = member->limits;
    group->name = strdup(member->name);
    if (group->name == NULL)
        return sim_fail_memory(reader->error);
    member->group = (uint32_t)(group - scenario_of(reader)->groups);
    member->limits.given = 0;
    return add_group_name(reader, node, group);
}

// A new member, in no group, without a trace.
static struct scenario_member *append_member(struct yaml_reader *reader, yaml_node_t *node)
{
    struct scenario *scenario = scenario_of(reader);
    struct scenario_member *array =
        yaml_append(reader, scenario->members, &scenario->member_count, sizeof *array);
    if (array == NULL)
        return NULL;
    scenario->members = array;
    struct scenario_member *member = &array[scenario->member_count - 1];
    member->place = yaml_place(node);
    member->group = SCENARIO_NONE;
    member->trace = scenario_trace_default();
    return member;
}

// Makes the newest member, which has its name, one of the scenario.
static bool add_member(struct yaml_reader *reader, yaml_node_t *node)
{
    struct scenario *scenario = scenario_of(reader);
    uint32_t index = (uint32_t)(scenario->member_count - 1);
    struct scenario_member *member = &scenario->members[index];
    uint32_t other = names_add(&scenario->member_names, member->name, index);
    if (other == NAMES_NONE)
        return sim_fail_memory(reader->error);
    if (other != index)
        return yaml_fail(reader, node, "there is a member '%s' already, in line %zu", member->name,
                         scenario->members[other].place.line);
    if (member->limits.given != 0 && member->group == SCENARIO_NONE)
        return add_own_group(reader, node, member);
    return true;
}

static bool read_member(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    (void)target;
    struct scenario_member *member = append_member(reader, node);
    return member != NULL && yaml_read_mapping(reader, node, "a member", member_fields, member) &&
           add_member(reader, node);
}

// ---- Members from the trace ----

struct volume_members {
    struct scenario_member like; // without a name
    char *prefix;                // of the names; NULL: none
};

static bool read_from(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    (void)target;
    const char *text = yaml_text(reader, node, "trace");
    return text != NULL &&
           (strcmp(text, "trace") == 0 ||
            yaml_fail(reader, node,
                      "expected trace, which makes each volume in the scenario's 'trace' a member, "
                      "found '%.64s'",
                      text));
}

static const struct yaml_field volume_member_fields[] = {
    {"from", read_from, 0, true},
    {"group", read_member_group, offsetof(struct volume_members, like.group), false},
    {"attach", read_attach, offsetof(struct volume_members, like.attach), false},
    {"limits", scenario_read_member_limits, offsetof(struct volume_members, like.limits), false},
    {"prefix", yaml_read_string, offsetof(struct volume_members, prefix), false},
    {NULL, NULL, 0, false},
};

static bool add_volume_member(struct yaml_reader *reader, yaml_node_t *node,
                              const struct volume_members *members, const char *volume)
{
    const char *prefix = members->prefix == NULL ? "" : members->prefix;
    struct scenario_member *member = append_member(reader, node);
    if (member == NULL)
        return false;
    member->group = members->like.group;
    member->attach = members->like.attach;
    member->limits = members->like.limits;
    size_t size = strlen(prefix) + strlen(volume) + 1;
    member->name = malloc(size);
    member->volume = strdup(volume);
    if (member->name == NULL || member->volume == NULL)
        return sim_fail_memory(reader->error);
    snprintf(member->name, size, "%s%s", prefix, volume);
    return add_member(reader, node);
}

static bool read_volume_members(struct yaml_reader *reader, yaml_node_t *node)
{
    struct scenario *scenario = scenario_of(reader);
    struct volume_members members = {.like.group = SCENARIO_NONE};
    struct scenario_volumes volumes = {0};
    bool ok = yaml_read_mapping(reader, node, "members", volume_member_fields, &members);
    if (ok && scenario->trace_count == 0)
        ok = yaml_fail(reader, node,
                       "members: {from: trace} needs the scenario's own 'trace', whose volumes "
                       "they are");
    ok = ok && scenario_volumes_read(&volumes, scenario, reader->error);
    for (size_t i = 0; ok && i < volumes.count; i++)
        ok = add_volume_member(reader, node, &members, volumes.names[i]);
    scenario_volumes_free(&volumes);
    free(members.prefix);
    return ok;
}

bool scenario_read_members(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    if (node->type == YAML_MAPPING_NODE && yaml_find(reader, node, "from") != NULL)
        return read_volume_members(reader, node);
    return yaml_read_sequence(reader, node, "members", read_member, target);
}
