// SPDX-License-Identifier: GPL-2.0-or-later
// The keys `groups` and `members` of a scenario.
#include "sim/scenario/scenario_internal.h"

#include "sim/base/suggest.h"
#include "sim/base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Groups ----

static bool parse_levels(struct setting_input *input, void *value)
{
    struct fraction *levels = value;
    bool is_empty = strcmp(input->text, "0") == 0, is_full = strcmp(input->text, "full") == 0;
    if (!is_empty && !is_full)
        return fraction_parse(input->text, levels);
    *levels = (struct fraction){is_full, is_full};
    return true;
}

static void write_levels(struct setting_writer *writer, const void *value)
{
    const struct fraction *levels = value;
    if (levels->numerator == levels->denominator)
        fputs(" full", writer->out);
    else
        scenario_factor_kind.write(writer, value);
}

static const struct setting_kind levels_kind = {
    .type = "0, full, or a factor",
    .expected = "0, full, or a share of what the buckets hold, such as 0.5 or 1.2",
    .size = sizeof(struct fraction),
    .parse = parse_levels,
    .write = write_levels,
};

const struct setting scenario_group_rows[] = {
    {"id", &setting_id, offsetof(struct scenario_group, name), .required = true},
    {"limits", &scenario_group_limits, .offset = offsetof(struct scenario_group, limits)},
#define ROW(key, kind, field, fallback, option, ...)                                               \
    {                                                                                              \
        key, &kind, offsetof(struct scenario_group, field), false, fallback, option                \
    }
    SCENARIO_GROUP_OPTIONS(ROW),
#undef ROW
    {.key = NULL},
};

static bool add_group_name(struct yaml_reader *reader, yaml_node_t *node,
                           struct scenario_group *group)
{
    struct scenario *scenario = scenario_of(reader);
    uint32_t index = (uint32_t)(group - scenario->groups);
    group->place = yaml_place(node);
    if (strcmp(group->name, "none") == 0)
        return yaml_fail(reader, node, "a group cannot be called 'none', which means no group");
    uint32_t other = names_add(&scenario->group_names, group->name, index);
    if (other == NAMES_NONE)
        return sim_fail_memory(reader->error);
    return other == index || yaml_fail(reader, node, "there is a group '%s' already, in line %zu",
                                       group->name, scenario->groups[other].place.line);
}

static bool read_group(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return setting_read(reader, node, "a group", scenario_group_rows, target) &&
           add_group_name(reader, node, target);
}

static const struct setting_list groups_list =
    SETTING_LIST("groups", groups, group_count, read_group, NULL);

const struct setting_kind scenario_groups = {
    .type = "list of groups",
    .rows = scenario_group_rows,
    .list = &groups_list,
};

// ---- Members ----

static const char *const attach_names[ENGINE_ATTACH_COUNT + 1] = {
    [ENGINE_FILTER] = "filter",
    [ENGINE_DRIVE] = "drive",
    NULL,
};

static const struct setting_kind attach_kind = {
    .type = "filter, drive",
    .expected = "filter or drive",
    .words = attach_names,
};

static const char *const discard_names[] = {
    [SCENARIO_DISCARD_IGNORE] = "ignore",
    [SCENARIO_DISCARD_UNMAP] = "unmap",
    NULL,
};

static const struct setting_kind discard_kind = {
    .type = "ignore, unmap",
    .expected = "ignore or unmap",
    .words = discard_names,
};

enum engine_attach scenario_filter_attach(const struct scenario_member *member)
{
    return member->discard == SCENARIO_DISCARD_IGNORE ? ENGINE_FILTER_IGNORES : ENGINE_FILTER;
}

enum engine_attach scenario_engine_attach(const struct scenario_member *member)
{
    return member->attach == ENGINE_FILTER ? scenario_filter_attach(member) : member->attach;
}

bool scenario_ignores_discards(const struct scenario_member *member)
{
    bool has_filter = member->attach == ENGINE_FILTER || member->upper_count > 0;
    return has_filter && member->discard == SCENARIO_DISCARD_IGNORE;
}

bool scenario_parse_attach(const char *text, enum engine_attach *attach)
{
    return setting_parse_word(attach_names, text, attach);
}

const char *scenario_attach_name(enum engine_attach attach)
{
    return attach_names[attach == ENGINE_DRIVE ? ENGINE_DRIVE : ENGINE_FILTER];
}

static bool read_count(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    char hint[UNITS_HINT_MAX];
    int64_t count = 0;
    const char *text = yaml_text(reader, node, "a number of members");
    if (text == NULL)
        return false;
    if (!units_parse_integer(text, &count) || count < 1 || count > SCENARIO_COUNT_MAX)
        return yaml_fail(reader, node, "expected a number of members, 1 to %d, found '%.64s'%s",
                         SCENARIO_COUNT_MAX, text,
                         units_meant(UNITS_COUNT, text, hint, sizeof hint));
    *(uint32_t *)target = (uint32_t)count;
    return true;
}

static void write_count(struct setting_writer *writer, const void *value)
{
    fprintf(writer->out, " %" PRIu32, *(const uint32_t *)value);
}

// They are not set later: by then the members are there.
static const struct setting_kind count_kind = {
    .type = "whole number",
    .size = sizeof(uint32_t),
    .read = read_count,
    .write = write_count,
};

static const struct setting_kind stagger_kind = {
    .type = "duration",
    .size = sizeof(int64_t),
    .read = yaml_read_duration,
    .write = setting_write_time,
};

const struct setting scenario_member_rows[] = {
    {"id", &setting_id, offsetof(struct scenario_member, name), .required = true},
    {"group", &scenario_member_groups, offsetof(struct scenario_member, group), .fallback = "none"},
#define ROW(key, kind, field, fallback, option, ...)                                               \
    {                                                                                              \
        key, &kind, offsetof(struct scenario_member, field), false, fallback, option               \
    }
    SCENARIO_MEMBER_OPTIONS(ROW),
    {"arrivals", &scenario_arrivals_kind, offsetof(struct scenario_member, arrivals),
     .fallback = "auto"},
    {"device", &scenario_member_device, offsetof(struct scenario_member, device),
     .fallback = "default"},
    {"limits", &scenario_member_limits, .offset = offsetof(struct scenario_member, limits)},
    {"trace", &scenario_trace_kind, .offset = offsetof(struct scenario_member, trace)},
    {"volume", &setting_text, .offset = offsetof(struct scenario_member, volume)},
    {"count", &count_kind, .offset = offsetof(struct scenario_member, count)},
    {"stagger", &stagger_kind, .offset = offsetof(struct scenario_member, stagger_ns)},
    {.key = NULL},
};

struct scenario_member scenario_member_default(void)
{
    struct scenario_member member = {.trace = scenario_trace_default()};
    setting_set_defaults(scenario_member_rows, &member);
    return member;
}

// As in QEMU, limits without a group make one that has the member's name.
static bool add_own_group(struct yaml_reader *reader, yaml_node_t *node,
                          struct scenario_member *member)
{
    if (!scenario_check_limits(reader, yaml_find(reader, node, "limits"), LIMITS_TEXT_NEW_GROUP,
                               &member->limits))
        return false;
    struct scenario_group *group = setting_append(reader, &groups_list);
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

// Makes a member that has its name one of the scenario.
static bool add_member(struct yaml_reader *reader, yaml_node_t *node,
                       struct scenario_member *member)
{
    struct scenario *scenario = scenario_of(reader);
    uint32_t index = (uint32_t)(member - scenario->members);
    member->place = yaml_place(node);
    uint32_t other = names_add(&scenario->member_names, member->name, index);
    if (other == NAMES_NONE)
        return sim_fail_memory(reader->error);
    if (other != index)
        return yaml_fail(reader, node, "there is a member '%s' already, in line %zu", member->name,
                         scenario->members[other].place.line);
    if (member->limits.given != 0 && member->group == SCENARIO_NONE)
        return add_own_group(reader, node, member);
    if (member->limits.given != 0 && member->upper_count > 0)
        return yaml_fail(reader, yaml_find(reader, node, "limits"),
                         "limits of a member with several throttles: give them to its groups");
    return true;
}

static yaml_read read_member;

static const struct setting_list members_list =
    SETTING_LIST("members", members, member_count, read_member, NULL);

// Makes the member that has been read the one with this number of so many, from 0.
static bool be_copy(struct yaml_reader *reader, struct scenario_member *member, uint32_t number)
{
    size_t size = strlen(member->name) + 12;
    char *name = malloc(size);
    if (name == NULL)
        return sim_fail_memory(reader->error);
    snprintf(name, size, "%s-%" PRIu32, member->name, number + 1);
    free(member->name);
    member->name = name;
    member->trace.cut.delay_ns += number * member->stagger_ns;
    member->count = 0;
    member->stagger_ns = 0;
    return true;
}

static bool check_count(struct yaml_reader *reader, yaml_node_t *node,
                        const struct scenario_member *member)
{
    yaml_node_t *count = yaml_find(reader, node, "count");
    yaml_node_t *stagger = yaml_find(reader, node, "stagger");
    if (count == NULL && stagger != NULL)
        return yaml_fail(reader, stagger, "'stagger' goes with 'count'");
    if (count != NULL && member->trace.path == NULL)
        return yaml_fail(reader, count, "a member with a 'count' needs a 'trace' of its own");
    if (count != NULL && member->stagger_ns > 0 &&
        (CUT_LATEST_NS - member->trace.cut.delay_ns) / member->stagger_ns < member->count)
        return yaml_fail(reader, stagger, "the last of %" PRIu32 " would begin after 146 years",
                         member->count);
    return true;
}

// One that is repeated is read anew for each copy.
static bool read_member(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario_member *member = target;
    uint32_t count = 1;
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && (member = setting_append(reader, &members_list)) == NULL)
            return false;
        *member = scenario_member_default();
        if (!setting_read(reader, node, "a member", scenario_member_rows, member) ||
            !check_count(reader, node, member))
            return false;
        bool is_copy = member->count > 0;
        count = is_copy ? member->count : 1;
        if ((is_copy && !be_copy(reader, member, i)) || !add_member(reader, node, member))
            return false;
    }
    return true;
}

// ---- Members from the trace ----

struct volume_members {
    struct yaml_reader *reader;
    yaml_node_t *node;
    unsigned from;
    struct scenario_member like; // without a name
    char *prefix;                // of the names; NULL: none
};

static const char *const from_names[] = {"trace", NULL};

static const struct setting_kind from_kind = {
    .type = "trace",
    .expected = "trace, which makes each volume in the scenario's 'trace' a member",
    .words = from_names,
};

const struct setting scenario_volume_member_rows[] = {
    {"from", &from_kind, offsetof(struct volume_members, from), .required = true},
    {"group", &scenario_member_groups, offsetof(struct volume_members, like.group),
     .fallback = "none"},
    {"attach", &attach_kind, offsetof(struct volume_members, like.attach), .fallback = "drive"},
    {"discard", &discard_kind, offsetof(struct volume_members, like.discard), .fallback = "ignore"},
    {"device", &scenario_member_device, offsetof(struct volume_members, like.device),
     .fallback = "default"},
    {"limits", &scenario_member_limits, .offset = offsetof(struct volume_members, like.limits)},
    {"prefix", &setting_text, .offset = offsetof(struct volume_members, prefix)},
    {.key = NULL},
};

static bool add_volume(void *context, const char *volume)
{
    struct volume_members *members = context;
    const char *prefix = members->prefix == NULL ? "" : members->prefix;
    struct scenario_member *member = setting_append(members->reader, &members_list);
    if (member == NULL)
        return false;
    *member = members->like;
    size_t size = strlen(prefix) + strlen(volume) + 1;
    member->name = malloc(size);
    member->volume = strdup(volume);
    if (member->name == NULL || member->volume == NULL)
        return sim_fail_memory(members->reader->error);
    snprintf(member->name, size, "%s%s", prefix, volume);
    return add_member(members->reader, members->node, member);
}

static bool read_volume_members(struct yaml_reader *reader, yaml_node_t *node)
{
    struct scenario *scenario = scenario_of(reader);
    struct volume_members members = {reader, node, .like = scenario_member_default()};
    bool ok = setting_read(reader, node, "members", scenario_volume_member_rows, &members);
    if (ok && scenario->trace_count == 0)
        ok = yaml_fail(reader, node,
                       "members: {from: trace} needs the scenario's own 'trace', whose volumes "
                       "they are");
    ok = ok && scenario_volumes_read(scenario, add_volume, &members, reader->error);
    free(members.prefix);
    return ok;
}

static bool read_members(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    (void)target;
    if (node->type == YAML_MAPPING_NODE && yaml_find(reader, node, "from") != NULL)
        return read_volume_members(reader, node);
    return setting_read_list(reader, node, &members_list);
}

const struct setting_kind scenario_members = {
    .type = "list of members, or each volume",
    .rows = scenario_member_rows,
    .list = &members_list,
    .read = read_members,
};
