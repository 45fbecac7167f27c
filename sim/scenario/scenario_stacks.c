// SPDX-License-Identifier: GPL-2.0-or-later
// The key `group` of a member: one group, or those of several throttles, one above the other.
#include "sim/base/suggest.h"
#include "sim/base/text_file.h"
#include "sim/scenario/scenario_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// What stands for the field `group`, and the two behind it.
struct member_groups {
    uint32_t group, upper_count, upper[SCENARIO_STAGES_MAX - 1];
};

static_assert(offsetof(struct scenario_member, upper) - offsetof(struct scenario_member, group) ==
                  offsetof(struct member_groups, upper),
              "a member's groups are together");

uint32_t scenario_stage_group(const struct scenario_member *member, uint32_t stage)
{
    return stage == 0 ? member->group : member->upper[stage - 1];
}

static bool parse_group(struct setting_input *input, void *value)
{
    char hint[128];
    bool is_none = strcmp(input->text, "none") == 0;
    uint32_t found = is_none ? SCENARIO_NONE : scenario_find_group(input->scenario, input->text);
    if (is_none || found != SCENARIO_NONE)
        memcpy(value, (const uint32_t[]){found, 0}, 2 * sizeof(uint32_t));
    else
        snprintf(input->message, sizeof input->message, "there is no group '%.64s'%s", input->text,
                 suggest(input->text, scenario_group_at, input->scenario, hint, sizeof hint));
    return is_none || found != SCENARIO_NONE;
}

static bool read_group_id(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct setting_input input = {.scenario = scenario_of(reader)};
    input.text = yaml_text(reader, node, "the id of a group, or a list of them");
    return input.text != NULL &&
           (parse_group(&input, target) || yaml_fail(reader, node, "%s", input.message));
}

// One more, above those that there are. Before the first there is none.
static bool read_upper_group(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct member_groups *groups = target;
    uint32_t one[2];
    if (!read_group_id(reader, node, one))
        return false;
    if (one[0] == SCENARIO_NONE)
        return yaml_fail(reader, node, "'none' is no throttle: leave it out of the list");
    if (groups->group == SCENARIO_NONE) {
        groups->group = one[0];
        return true;
    }
    if (groups->upper_count == SCENARIO_STAGES_MAX - 1)
        return yaml_fail(reader, node, "a member has at most %d throttles", SCENARIO_STAGES_MAX);
    groups->upper[groups->upper_count++] = one[0];
    return true;
}

static bool read_groups_of(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct member_groups *groups = target;
    if (node->type != YAML_SEQUENCE_NODE)
        return read_group_id(reader, node, target);
    groups->group = SCENARIO_NONE;
    groups->upper_count = 0;
    return setting_read_some(reader, node, "a member's groups", read_upper_group, target);
}

static void write_group(struct setting_writer *writer, const void *value)
{
    const struct member_groups *groups = value;
    const struct scenario_group *all = writer->scenario->groups;
    bool is_list = groups->upper_count > 0;
    fputs(is_list ? " [" : " ", writer->out);
    text_write_quoted(writer->out, all[groups->group].name);
    for (uint32_t i = 0; i < groups->upper_count; i++) {
        fputs(", ", writer->out);
        text_write_quoted(writer->out, all[groups->upper[i]].name);
    }
    fputs(is_list ? "]" : "", writer->out);
}

const struct setting_kind scenario_member_groups = {
    .type = "id of a group, or a list of them",
    .expected = "the id of a group",
    .size = sizeof(uint32_t),
    .read = read_groups_of,
    .parse = parse_group,
    .write = write_group,
};
