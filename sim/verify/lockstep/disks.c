// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/lockstep/disks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DISK_SIZE "1T"

// ---- What can be asked ----

static bool cannot(const struct scenario *scenario, const struct scenario_event *event,
                   const char *why, struct sim_error *error)
{
    return sim_fail(error, SIM_BAD_INPUT, "%s:%zu:%zu: %s cannot be verified: %s", scenario->name,
                    event->place.line, event->place.column, scenario_event_name(event->kind), why);
}

static bool can_do(const struct scenario *scenario, const struct scenario_event *event,
                   struct sim_error *error)
{
    bool is_drive =
        event->kind != SCENARIO_QOM_SET && scenario->members[event->member].attach == ENGINE_DRIVE;
    switch (event->kind) {
    case SCENARIO_QOM_SET:
        return names_find(&scenario->group_names, event->group) != NAMES_NONE ||
               cannot(scenario, event,
                      "a group that block_set_io_throttle made has no path in QEMU's object tree",
                      error);
    case SCENARIO_BLOCK_SET_IO_THROTTLE:
        return is_drive ||
               cannot(scenario, event,
                      "QEMU would put a second throttle above the filter; use qom-set", error);
    case SCENARIO_LEAVE:
        return is_drive ||
               cannot(scenario, event, "QEMU has no command for a filter that does it", error);
    case SCENARIO_JOIN:
        return cannot(scenario, event,
                      "QEMU moves a drive together with limits only: use block_set_io_throttle",
                      error);
    default:
        return cannot(scenario, event, "QEMU has no command that does it", error);
    }
}

bool disks_can(const struct scenario *scenario, struct sim_error *error)
{
    if (strcmp(scenario->algorithm->name, "throttle-group") != 0)
        return sim_fail(error, SIM_BAD_INPUT, "%s: engine '%s' is not QEMU's of today",
                        scenario->name, scenario->algorithm->name);
    for (size_t i = 0; i < scenario->event_count; i++) {
        if (!can_do(scenario, &scenario->events[i], error))
            return false;
    }
    return true;
}

// ---- Names ----

static bool learn_name(struct disks *disks, const char *name)
{
    uint32_t id = names_add(&disks->ids, name, disks->id_count);
    disks->id_count += id == disks->id_count;
    return id != NAMES_NONE;
}

static bool learn_names(struct disks *disks)
{
    const struct scenario *scenario = disks->scenario;
    bool ok = true;
    for (size_t i = 0; ok && i < scenario->group_count; i++)
        ok = learn_name(disks, scenario->groups[i].name);
    for (size_t i = 0; ok && i < scenario->member_count; i++)
        ok = learn_name(disks, scenario->members[i].name);
    for (size_t i = 0; ok && i < scenario->event_count; i++)
        ok = scenario->events[i].group == NULL || learn_name(disks, scenario->events[i].group);
    return ok;
}

static uint32_t id_of(const struct disks *disks, const char *name)
{
    return names_find(&disks->ids, name);
}

uint32_t disks_id(const struct disks *disks, uint32_t member)
{
    return id_of(disks, disks->scenario->members[member].name);
}

// ---- The command line ----

// A drive without limits would be in no group, so it starts with one that is replaced by the
// group's own (set_limits) before anything happens.
static void write_drive(FILE *out, const struct disks *disks, const struct scenario_member *member)
{
    fprintf(out, "if=none,id=n%" PRIu32, id_of(disks, member->name));
    uint32_t group = member->group == SCENARIO_NONE
                         ? 0
                         : id_of(disks, disks->scenario->groups[member->group].name);
    if (member->group == SCENARIO_NONE)
        fputs(",driver=null-co,size=" DISK_SIZE ",read-zeroes=on", out);
    else if (member->attach == ENGINE_FILTER)
        fprintf(out,
                ",driver=throttle,throttle-group=n%" PRIu32
                ",file.driver=null-co,file.size=" DISK_SIZE ",file.read-zeroes=on",
                group);
    else
        fprintf(out,
                ",driver=null-co,size=" DISK_SIZE ",read-zeroes=on,throttling.group=n%" PRIu32
                ",throttling.iops-total=1",
                group);
}

// "-object", ..., "-drive", ... in order of joining; to be freed with free_arguments.
static char **make_arguments(const struct disks *disks)
{
    const struct scenario *scenario = disks->scenario;
    size_t count = 0;
    char **arguments =
        calloc(2 * (scenario->group_count + scenario->member_count) + 1, sizeof *arguments);
    bool ok = arguments != NULL;
    for (size_t i = 0; ok && i < scenario->group_count + scenario->member_count; i++) {
        bool is_group = i < scenario->group_count;
        size_t length;
        arguments[count++] = strdup(is_group ? "-object" : "-drive");
        FILE *out = open_memstream(&arguments[count], &length);
        if (out == NULL)
            break;
        count++;
        if (is_group)
            fprintf(out, "throttle-group,id=n%" PRIu32, id_of(disks, scenario->groups[i].name));
        else
            write_drive(out, disks, &scenario->members[i - scenario->group_count]);
        ok = fclose(out) == 0;
    }
    return arguments;
}

static void free_arguments(char **arguments)
{
    for (size_t i = 0; arguments != NULL && arguments[i] != NULL; i++)
        free(arguments[i]);
    free(arguments);
}

// ---- Limits ----

static json_t *limits_json(const struct engine_algorithm *algorithm,
                           const struct engine_parameters *limits, bool as_qmp)
{
    json_t *object = json_object();
    for (size_t i = 0; i < algorithm->parameter_count; i++) {
        const struct engine_parameter *row = &algorithm->parameters[i];
        if (limits->given >> i & 1)
            json_object_set_new(object, as_qmp ? row->qmp_key : row->key,
                                json_integer(limits->value[i]));
    }
    return object;
}

static bool set_limits(struct disks *disks, const char *group,
                       const struct engine_parameters *limits, struct sim_error *error)
{
    char path[32];
    snprintf(path, sizeof path, "/objects/n%" PRIu32, id_of(disks, group));
    json_t *values = limits_json(disks->scenario->algorithm, limits, false);
    return qemu_execute(
        &disks->qemu, "qom-set",
        json_pack("{ss ss so}", "path", path, "property", "limits", "value", values), NULL, error);
}

static bool set_all_limits(struct disks *disks, const struct control *control,
                           struct sim_error *error)
{
    const struct scenario *scenario = disks->scenario;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        struct engine_parameters limits;
        engine_parameters_of(control->engine, i, &limits);
        if (!set_limits(disks, scenario->groups[i].name, &limits, error))
            return false;
    }
    return true;
}

bool disks_open(struct disks *disks, const struct control *control,
                const struct qemu_config *config, struct sim_error *error)
{
    *disks = (struct disks){.scenario = control->scenario};
    disks->zeroes = calloc(control->scenario->member_count, sizeof *disks->zeroes);
    char **arguments = disks->zeroes != NULL && learn_names(disks) ? make_arguments(disks) : NULL;
    bool ok = (arguments != NULL || sim_fail_memory(error)) &&
              qemu_start(&disks->qemu, config, arguments, error) &&
              set_all_limits(disks, control, error);
    free_arguments(arguments);
    return ok;
}

void disks_close(struct disks *disks)
{
    qemu_stop(&disks->qemu);
    names_free(&disks->ids);
    free(disks->zeroes);
}

// ---- Operations ----

static bool throttle_drive(struct disks *disks, const struct scenario_event *event,
                           struct sim_error *error)
{
    char id[16];
    snprintf(id, sizeof id, "n%" PRIu32, disks_id(disks, event->member));
    json_t *arguments = limits_json(disks->scenario->algorithm, &event->limits, true);
    json_object_set_new(arguments, "device", json_string(id));
    if (event->group != NULL) {
        snprintf(id, sizeof id, "n%" PRIu32, id_of(disks, event->group));
        json_object_set_new(arguments, "group", json_string(id));
    }
    return qemu_execute(&disks->qemu, "block_set_io_throttle", arguments, NULL, error);
}

// No limits: a drive is in no group then.
static bool unthrottle_drive(struct disks *disks, const struct scenario_event *event,
                             struct sim_error *error)
{
    static const char *const averages[] = {"bps", "bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr"};
    struct scenario_event zero = *event;
    zero.limits = (struct engine_parameters){0};
    zero.group = NULL;
    for (size_t i = 0; i < sizeof averages / sizeof averages[0]; i++)
        zero.limits.given |= UINT32_C(1)
                             << engine_parameter_find(disks->scenario->algorithm, averages[i]);
    return throttle_drive(disks, &zero, error);
}

bool disks_apply(struct disks *disks, const struct scenario_event *event, struct sim_error *error)
{
    if (event->kind == SCENARIO_QOM_SET)
        return set_limits(disks, event->group, &event->limits, error);
    if (event->kind == SCENARIO_LEAVE)
        return unthrottle_drive(disks, event, error);
    return throttle_drive(disks, event, error);
}
