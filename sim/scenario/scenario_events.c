// SPDX-License-Identifier: GPL-2.0-or-later
// Limits and events of the scenario file. Format: docs/scenario.md.
#include "sim/scenario/scenario_internal.h"

#include "sim/base/suggest.h"
#include "sim/base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Limits ----

// One key and value of a mapping as a limit.
static bool read_limit(struct yaml_reader *reader, const yaml_node_pair_t *pair,
                       enum limits_text_spelling spelling, struct engine_parameters *limits)
{
    char message[LIMITS_TEXT_MESSAGE_MAX];
    yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
    yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
    const char *key_text = yaml_text(reader, key, "the name of a limit");
    const char *value_text =
        key_text == NULL ? NULL : yaml_text(reader, value, "the value of a limit");
    if (value_text == NULL)
        return false;
    enum limits_text_result result = limits_text_set(scenario_of(reader)->algorithm, spelling,
                                                     key_text, value_text, limits, message);
    if (result == LIMITS_TEXT_ELSEWHERE)
        return scenario_leave_out(scenario_of(reader), yaml_place(key), reader->error,
                                  "it is left out", "engine '%s' has no limit '%.64s'",
                                  scenario_of(reader)->algorithm->name, key_text);
    if (result == LIMITS_TEXT_SET)
        return true;
    // A key that is known is right, so its value is to blame.
    bool key_is_wrong = engine_parameter_find(scenario_of(reader)->algorithm, key_text) < 0;
    return yaml_fail(reader, key_is_wrong ? key : value, "%s", message);
}

// All keys but those in `others`, which ends with NULL.
static bool read_limits(struct yaml_reader *reader, yaml_node_t *node,
                        enum limits_text_spelling spelling, const char *const *others,
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

bool scenario_check_limits(struct yaml_reader *reader, yaml_node_t *node,
                           enum limits_text_spelling spelling,
                           const struct engine_parameters *limits)
{
    char message[LIMITS_TEXT_MESSAGE_MAX];
    struct engine_fault fault;
    const struct engine_algorithm *algorithm = scenario_of(reader)->algorithm;
    if (engine_check(algorithm, limits, &fault) == ENGINE_OK)
        return true;
    limits_text_fault(algorithm, spelling, limits, &fault, message);
    const struct engine_parameter *row = &algorithm->parameters[fault.parameter];
    yaml_node_t *value = yaml_find(reader, node, row->key);
    if (value == NULL)
        value = yaml_find(reader, node, row->qmp_key);
    return yaml_fail(reader, value == NULL ? node : value, "%s", message);
}

static bool read_member_limits(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return read_limits(reader, node, LIMITS_TEXT_NEW_GROUP, no_others, target);
}

static bool read_group_limits(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return read_member_limits(reader, node, target) &&
           scenario_check_limits(reader, node, LIMITS_TEXT_NEW_GROUP, target);
}

static bool read_qom_limits(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return read_limits(reader, node, LIMITS_TEXT_QOM_SET, no_others, target);
}

// "iops-total: 10, iops-size: 4096".
static void write_pairs(struct setting_writer *writer, enum limits_text_spelling spelling,
                        const char *before, const struct engine_parameters *limits)
{
    const struct engine_algorithm *algorithm = writer->scenario->algorithm;
    for (size_t i = 0; i < algorithm->parameter_count; i++) {
        if ((limits->given & (UINT32_C(1) << i)) == 0)
            continue;
        fprintf(writer->out, "%s%s: %" PRId64, before,
                limits_text_key(&algorithm->parameters[i], spelling), limits->value[i]);
        before = ", ";
    }
}

static void write_limits(struct setting_writer *writer, const void *value)
{
    fputs(" {", writer->out);
    write_pairs(writer, LIMITS_TEXT_QOM_SET, "", value);
    putc('}', writer->out);
}

#define LIMITS_KIND(reader)                                                                        \
    {                                                                                              \
        .type = "limits", .at = offsetof(struct engine_parameters, given),                         \
        .size = sizeof(uint32_t), .read = reader, .write = write_limits,                           \
    }

const struct setting_kind scenario_group_limits = LIMITS_KIND(read_group_limits);
const struct setting_kind scenario_member_limits = LIMITS_KIND(read_member_limits);
static const struct setting_kind qom_limits = LIMITS_KIND(read_qom_limits);

// ---- Events ----

static bool parse_member(struct setting_input *input, void *value)
{
    char hint[128];
    uint32_t *member = value;
    *member = scenario_find_member(input->scenario, input->text);
    if (*member == SCENARIO_NONE)
        snprintf(input->message, sizeof input->message, "there is no member '%.64s'%s", input->text,
                 suggest(input->text, scenario_member_at, input->scenario, hint, sizeof hint));
    return *member != SCENARIO_NONE;
}

static void write_member(struct setting_writer *writer, const void *value)
{
    setting_write_text(writer, &writer->scenario->members[*(const uint32_t *)value].name);
}

static const struct setting_kind member_kind = {
    .type = "member",
    .expected = "the id of a member",
    .parse = parse_member,
    .write = write_member,
};

static bool is_no_member(const void *value)
{
    return *(const uint32_t *)value == SCENARIO_NONE;
}

static const struct setting_kind any_member_kind = {
    .type = "member",
    .expected = "the id of a member",
    .parse = parse_member,
    .is_left_out = is_no_member,
    .write = write_member,
};

static const char *const drain_arrivals[] = {"wait", "pass", NULL};

static const struct setting_kind drain_arrivals_kind = {
    .type = "wait, pass",
    .expected = "wait or pass",
    .words = drain_arrivals,
    .size = sizeof(unsigned),
};

static const struct setting qom_set_rows[] = {
    {"group", &setting_text, offsetof(struct scenario_event, group), .required = true},
    {"limits", &qom_limits, offsetof(struct scenario_event, limits), .required = true},
    {.key = NULL},
};

static const struct setting member_rows[] = {
    {"member", &member_kind, offsetof(struct scenario_event, member), .required = true},
    {.key = NULL},
};

static const struct setting drain_rows[] = {
    {"member", &member_kind, offsetof(struct scenario_event, member), .required = true},
    {"arrivals", &drain_arrivals_kind, offsetof(struct scenario_event, arrivals_pass),
     .fallback = "wait"},
    {.key = NULL},
};

static const struct setting no_rows[] = {{.key = NULL}};

// Of a disk that may be none of the scenario's.
static const struct setting any_rows[] = {
    {"member", &any_member_kind, .offset = offsetof(struct scenario_event, member)},
    {.key = NULL},
};

static const struct setting add_rows[] = {
    {"member", &any_member_kind, .offset = offsetof(struct scenario_event, member)},
    {"group", &setting_text, .offset = offsetof(struct scenario_event, group)},
    {.key = NULL},
};

static const struct setting reopen_rows[] = {
    {"member", &member_kind, offsetof(struct scenario_event, member), .required = true},
    {"group", &setting_text, .offset = offsetof(struct scenario_event, group)},
    {.key = NULL},
};

static const struct setting join_rows[] = {
    {"member", &member_kind, offsetof(struct scenario_event, member), .required = true},
    {"group", &setting_text, offsetof(struct scenario_event, group), .required = true},
    {"limits", &scenario_member_limits, .offset = offsetof(struct scenario_event, limits)},
    {.key = NULL},
};

// Beside the limits, which are in the same mapping.
static const struct setting throttle_rows[] = {
    {"device", &member_kind, offsetof(struct scenario_event, member), .required = true},
    {"group", &setting_text, .offset = offsetof(struct scenario_event, group)},
    {.key = NULL},
};

#define NONE SCENARIO_DRAINS_NONE
#define OWN SCENARIO_DRAINS_OWN
#define ALL SCENARIO_DRAINS_ALL

// drains: by QEMU before 8.0, and since: there whoever changes the block graph drains all disks.
static const struct {
    const char *key;
    const char *what; // in messages
    const struct setting *rows;
    enum scenario_drains drains[2];
} kinds[SCENARIO_EVENT_COUNT] = {
    [SCENARIO_QOM_SET] = {"qom-set", "qom-set", qom_set_rows, {NONE, NONE}},
    [SCENARIO_BLOCK_SET_IO_THROTTLE] = {"block_set_io_throttle", NULL, throttle_rows, {NONE, NONE}},
    [SCENARIO_DRAINED_BEGIN] = {"drained_begin", "the event", drain_rows, {NONE, NONE}},
    [SCENARIO_DRAINED_END] = {"drained_end", "the event", member_rows, {NONE, NONE}},
    [SCENARIO_LEAVE] = {"leave", "the event", member_rows, {NONE, NONE}},
    [SCENARIO_JOIN] = {"join", "join", join_rows, {NONE, NONE}},
    [SCENARIO_DRAIN_ALL] = {"drain_all", "drain_all", no_rows, {ALL, ALL}},
    [SCENARIO_STOP] = {"stop", "stop", no_rows, {ALL, ALL}},
    [SCENARIO_MIGRATE] = {"migrate", "migrate", no_rows, {ALL, ALL}},
    [SCENARIO_BLOCKDEV_SNAPSHOT] = {"blockdev-snapshot", "the event", any_rows, {ALL, ALL}},
    [SCENARIO_BLOCKDEV_BACKUP] = {"blockdev-backup", "the event", any_rows, {ALL, ALL}},
    [SCENARIO_BLOCKDEV_MIRROR] = {"blockdev-mirror", "the event", any_rows, {NONE, ALL}},
    [SCENARIO_BLOCK_RESIZE] = {"block_resize", "the event", member_rows, {OWN, ALL}},
    [SCENARIO_BLOCKDEV_ADD] = {"blockdev-add", "the event", add_rows, {NONE, ALL}},
    [SCENARIO_BLOCKDEV_REOPEN] = {"blockdev-reopen", "the event", reopen_rows, {OWN, ALL}},
    [SCENARIO_BLOCKDEV_DEL] = {"blockdev-del", "the event", any_rows, {NONE, ALL}},
};

enum scenario_drains scenario_event_drains(enum scenario_event_kind kind, int64_t qemu)
{
    return kinds[kind].drains[qemu >= SCENARIO_QEMU(8, 0)];
}

bool scenario_event_drains_member(const struct scenario_event *event, int64_t qemu, uint32_t member)
{
    enum scenario_drains drains = scenario_event_drains(event->kind, qemu);
    return drains == SCENARIO_DRAINS_ALL ||
           (drains == SCENARIO_DRAINS_OWN && member == event->member);
}

const char *scenario_event_name(enum scenario_event_kind kind)
{
    return kinds[kind].key;
}

// QEMU's command wants the six averages and knows the member as device or id.
static bool read_throttle(struct yaml_reader *reader, yaml_node_t *node,
                          struct scenario_event *event)
{
    static const char *const others[] = {"device", "id", "group", NULL};
    static const char *const required[] = {"bps", "bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr"};
    if (!read_limits(reader, node, LIMITS_TEXT_QMP, others, &event->limits))
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
    return setting_read_value(reader, device, &throttle_rows[0], event) &&
           (group == NULL || setting_read_value(reader, group, &throttle_rows[1], event)) &&
           scenario_check_limits(reader, node, LIMITS_TEXT_QMP, &event->limits);
}

// The time, and one key for each kind.
static const char *event_key_at(const void *words, size_t index)
{
    (void)words;
    return index == 0 ? "at" : index <= SCENARIO_EVENT_COUNT ? kinds[index - 1].key : NULL;
}

static bool fail_count(struct yaml_reader *reader, yaml_node_t *node, size_t count)
{
    char keys[320] = "";
    for (int kind = 0; kind < SCENARIO_EVENT_COUNT; kind++)
        snprintf(keys + strlen(keys), sizeof keys - strlen(keys), "%s%s", kind == 0 ? "" : ", ",
                 kinds[kind].key);
    return yaml_fail(reader, node,
                     "an event does one thing: expected one of %s beside 'at', found %zu", keys,
                     count);
}

static bool read_what(struct yaml_reader *reader, yaml_node_t *node, struct scenario_event *event)
{
    yaml_node_t *value, *what = NULL;
    size_t count = 0;
    for (int kind = 0; kind < SCENARIO_EVENT_COUNT; kind++) {
        if ((value = yaml_find(reader, node, kinds[kind].key)) != NULL) {
            event->kind = (enum scenario_event_kind)kind;
            what = value;
            count++;
        }
    }
    if (count != 1)
        return fail_count(reader, node, count);
    event->member = SCENARIO_NONE;
    if (event->kind == SCENARIO_BLOCK_SET_IO_THROTTLE)
        return read_throttle(reader, what, event);
    return setting_read(reader, what, kinds[event->kind].what, kinds[event->kind].rows, event) &&
           (event->group == NULL || event->kind != SCENARIO_BLOCKDEV_ADD ||
            event->member != SCENARIO_NONE ||
            yaml_fail(reader, what, "'group' needs a 'member', which joins it"));
}

static bool read_event(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario_event *event = target;
    event->place = yaml_place(node);
    event->order = scenario_of(reader)->event_count;
    if (!yaml_check_keys(reader, node, "an event", event_key_at, NULL))
        return false;
    yaml_node_t *at = yaml_find(reader, node, "at");
    if (at == NULL)
        return yaml_fail(reader, node, "an event needs the key 'at'");
    return yaml_read_duration(reader, at, &event->at_ns) && read_what(reader, node, event);
}

static void write_event(struct setting_writer *writer, const void *value)
{
    const struct scenario_event *event = value;
    const char *between = writer->between;
    char at[UNITS_EXACT_MAX];
    writer->between = ", ";
    fprintf(writer->out, " {at: %s, %s: {", units_exact_duration(event->at_ns, at),
            kinds[event->kind].key);
    setting_write_rows(writer, kinds[event->kind].rows, event);
    if (event->kind == SCENARIO_BLOCK_SET_IO_THROTTLE)
        write_pairs(writer, LIMITS_TEXT_QMP, ", ", &event->limits);
    fputs("}}", writer->out);
    writer->between = between;
}

static const struct setting_list events_list =
    SETTING_LIST("events", events, event_count, read_event, write_event);

static int compare_events(const void *left, const void *right)
{
    const struct scenario_event *a = left, *b = right;
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

// In order of time, then as they stand in the file.
static bool read_events(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario *scenario = target;
    if (!setting_read_list(reader, node, &events_list))
        return false;
    if (scenario->event_count > 1)
        qsort(scenario->events, scenario->event_count, sizeof *scenario->events, compare_events);
    return true;
}

const struct setting_kind scenario_events = {
    .type = "list of events",
    .list = &events_list,
    .read = read_events,
};
