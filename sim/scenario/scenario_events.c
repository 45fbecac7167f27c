// SPDX-License-Identifier: GPL-2.0-or-later
// Limits and events of the scenario file. Format: docs/scenario.md.
#include "sim/scenario/scenario_internal.h"

#include "sim/base/suggest.h"
#include "sim/scenario/limits_text.h"

#include <stdlib.h>
#include <string.h>

// ---- Limits ----

// One key and value of a mapping as a limit.
static bool read_limit(struct yaml_reader *reader, const yaml_node_pair_t *pair,
                       enum limits_spelling spelling, struct engine_parameters *limits)
{
    char message[LIMITS_MESSAGE_MAX];
    yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
    yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
    const char *key_text = yaml_text(reader, key, "the name of a limit");
    const char *value_text =
        key_text == NULL ? NULL : yaml_text(reader, value, "the value of a limit");
    if (value_text == NULL)
        return false;
    enum limits_result result =
        limits_set(scenario_of(reader)->algorithm, spelling, key_text, value_text, limits, message);
    if (result == LIMITS_ELSEWHERE)
        return scenario_leave_out(scenario_of(reader), yaml_place(key), reader->error,
                                  "it is left out", "engine '%s' has no limit '%.64s'",
                                  scenario_of(reader)->algorithm->name, key_text);
    if (result == LIMITS_SET)
        return true;
    // A key that is known is right, so its value is to blame.
    bool key_is_wrong = engine_parameter_find(scenario_of(reader)->algorithm, key_text) < 0;
    return yaml_fail(reader, key_is_wrong ? key : value, "%s", message);
}

// All keys but those in `others`, which ends with NULL.
static bool read_limits(struct yaml_reader *reader, yaml_node_t *node,
                        enum limits_spelling spelling, const char *const *others,
                        struct engine_parameters *limits)
{
    if (node->type != YAML_MAPPING_NODE)
        return yaml_fail(reader, node, "expected limits as a mapping, such as {iops-total: 300}");
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
        const char *const *other = others;
        while (*other != NULL && (key->type != YAML_SCALAR_NODE ||
                                  strcmp(*other, (const char *)key->data.scalar.value) != 0))
            other++;
        if (*other == NULL && !read_limit(reader, pair, spelling, limits))
            return false;
        // The first of two equal keys is the one that is found.
        yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
        if (*other != NULL && yaml_find(reader, node, *other) != value)
            return yaml_fail(reader, key, "key '%s' is given twice", *other);
    }
    return true;
}

static const char *const no_others[] = {NULL};

// Is this a valid set by itself?
static bool check_limits(struct yaml_reader *reader, yaml_node_t *node,
                         enum limits_spelling spelling, const struct engine_parameters *limits)
{
    char message[LIMITS_MESSAGE_MAX];
    struct engine_fault fault;
    const struct engine_algorithm *algorithm = scenario_of(reader)->algorithm;
    if (engine_check(algorithm, limits, &fault) == ENGINE_OK)
        return true;
    limits_fault_text(algorithm, spelling, limits, &fault, message);
    const struct engine_parameter *row = &algorithm->parameters[fault.parameter];
    yaml_node_t *value = yaml_find(reader, node, row->key);
    if (value == NULL)
        value = yaml_find(reader, node, row->qmp_key);
    return yaml_fail(reader, value == NULL ? node : value, "%s", message);
}

bool scenario_check_limits(struct yaml_reader *reader, yaml_node_t *node,
                           const struct engine_parameters *limits)
{
    return check_limits(reader, node, LIMITS_NEW_GROUP, limits);
}

bool scenario_read_group_limits(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return read_limits(reader, node, LIMITS_NEW_GROUP, no_others, target) &&
           check_limits(reader, node, LIMITS_NEW_GROUP, target);
}

bool scenario_read_member_limits(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return read_limits(reader, node, LIMITS_NEW_GROUP, no_others, target);
}

static bool read_qom_limits(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return read_limits(reader, node, LIMITS_QOM_SET, no_others, target);
}

// ---- Events ----

static bool read_member(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    char hint[128];
    uint32_t *member = target;
    const char *text = yaml_text(reader, node, "the id of a member");
    if (text == NULL)
        return false;
    *member = scenario_find_member(scenario_of(reader), text);
    return *member != SCENARIO_NONE ||
           yaml_fail(reader, node, "there is no member '%.64s'%s", text,
                     suggest(text, scenario_member_at, scenario_of(reader), hint, sizeof hint));
}

static const struct yaml_field qom_set_fields[] = {
    {"group", yaml_read_string, offsetof(struct scenario_event, group), true},
    {"limits", read_qom_limits, offsetof(struct scenario_event, limits), true},
    {NULL, NULL, 0, false},
};

static const struct yaml_field member_fields[] = {
    {"member", read_member, offsetof(struct scenario_event, member), true},
    {NULL, NULL, 0, false},
};

static const struct yaml_field join_fields[] = {
    {"member", read_member, offsetof(struct scenario_event, member), true},
    {"group", yaml_read_string, offsetof(struct scenario_event, group), true},
    {"limits", scenario_read_member_limits, offsetof(struct scenario_event, limits), false},
    {NULL, NULL, 0, false},
};

static bool read_qom_set(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return yaml_read_mapping(reader, node, "qom-set", qom_set_fields, target);
}

static bool read_member_event(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return yaml_read_mapping(reader, node, "the event", member_fields, target);
}

static bool read_join(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return yaml_read_mapping(reader, node, "join", join_fields, target);
}

// QEMU's command wants the six averages and knows the member as device or id.
static bool read_block_set_io_throttle(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    static const char *const others[] = {"device", "id", "group", NULL};
    static const char *const required[] = {"bps", "bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr"};
    struct scenario_event *event = target;
    if (!read_limits(reader, node, LIMITS_QMP, others, &event->limits))
        return false;
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        if (yaml_find(reader, node, required[i]) == NULL)
            return yaml_fail(reader, node,
                             "block_set_io_throttle needs %s (it sets all limits; 0: no limit)",
                             required[i]);
    }
    yaml_node_t *device = yaml_find(reader, node, "device");
    yaml_node_t *id = yaml_find(reader, node, "id");
    yaml_node_t *group = yaml_find(reader, node, "group");
    if (device != NULL && id != NULL)
        return yaml_fail(reader, id, "block_set_io_throttle takes 'device' or 'id', not both");
    if (device == NULL)
        device = id;
    if (device == NULL)
        return yaml_fail(reader, node, "block_set_io_throttle needs the key 'device'");
    return read_member(reader, device, &event->member) &&
           (group == NULL || yaml_read_string(reader, group, &event->group)) &&
           check_limits(reader, node, LIMITS_QMP, &event->limits);
}

// The first is the time; then one per kind, in the order of enum scenario_event_kind.
static const struct yaml_field event_fields[] = {
    {"at", yaml_read_duration, offsetof(struct scenario_event, at_ns), true},
    {"qom-set", read_qom_set, 0, false},
    {"block_set_io_throttle", read_block_set_io_throttle, 0, false},
    {"drained_begin", read_member_event, 0, false},
    {"drained_end", read_member_event, 0, false},
    {"leave", read_member_event, 0, false},
    {"join", read_join, 0, false},
    {NULL, NULL, 0, false},
};

bool scenario_read_event(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario *scenario = target;
    struct scenario_event *array =
        yaml_append(reader, scenario->events, &scenario->event_count, sizeof *array);
    if (array == NULL)
        return false;
    scenario->events = array;
    struct scenario_event *event = &array[scenario->event_count - 1];
    event->place = yaml_place(node);
    event->order = scenario->event_count;
    if (!yaml_read_mapping(reader, node, "an event", event_fields, event))
        return false;
    size_t kinds = 0;
    for (int kind = 0; kind < SCENARIO_EVENT_COUNT; kind++) {
        if (yaml_find(reader, node, event_fields[kind + 1].key) != NULL) {
            event->kind = (enum scenario_event_kind)kind;
            kinds++;
        }
    }
    return kinds == 1 || yaml_fail(reader, node,
                                   "an event does one thing: expected one of qom-set, "
                                   "block_set_io_throttle, drained_begin, drained_end, leave, "
                                   "join beside 'at', found %zu",
                                   kinds);
}

static int compare_events(const void *left, const void *right)
{
    const struct scenario_event *a = left, *b = right;
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

void scenario_sort_events(struct scenario *scenario)
{
    if (scenario->event_count > 1)
        qsort(scenario->events, scenario->event_count, sizeof *scenario->events, compare_events);
}
