// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/lockstep/disks_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define DISK_SIZE "1T"

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

const char *disks_id(const struct disks *disks, char letter, const char *name,
                     char id[DISKS_ID_MAX])
{
    snprintf(id, DISKS_ID_MAX, "%c%" PRIu32, letter, names_find(&disks->ids, name));
    return id;
}

// ---- The command line ----

// The filters of a member: nodes one below the other, of which QEMU opens the lowest first. A drive
// without limits would be in no group, so it starts with one that is replaced by the group's own
// (disks_set_limits) before anything happens.
void disks_describe(const struct disks *disks, uint32_t member, const char *group, FILE *out)
{
    const struct scenario_member *of = &disks->scenario->members[member];
    char id[DISKS_ID_MAX], in[DISKS_ID_MAX], level[8 * SCENARIO_STAGES_MAX] = "";
    uint32_t stages = group == NULL ? 0 : of->upper_count + 1;
    fprintf(out, "if=none,id=%s", disks_id(disks, 'n', of->name, id));
    for (uint32_t stage = stages; stage-- > 0;) {
        const char *name =
            stages == 1 ? group : disks->scenario->groups[scenario_stage_group(of, stage)].name;
        disks_id(disks, 'n', name, in);
        if (stage == of->upper_count && of->attach == ENGINE_DRIVE) {
            fprintf(out, ",throttling.group=%s,throttling.iops-total=1", in);
            continue;
        }
        disks_id(disks, disks_node(of, stage), of->name, id);
        fprintf(out, ",%sdriver=throttle,%snode-name=%s,%sdiscard=%s,%sthrottle-group=%s", level,
                level, id, level, of->discard == SCENARIO_DISCARD_UNMAP ? "unmap" : "ignore", level,
                in);
        strcat(level, "file.");
    }
    fprintf(out, ",%sdriver=null-co,%ssize=" DISK_SIZE ",%sread-zeroes=on", level, level, level);
    if (level[0] != '\0')
        fprintf(out, ",%snode-name=%s", level, disks_id(disks, 'b', of->name, id));
}

static const char *first_group(const struct disks *disks, uint32_t member)
{
    uint32_t group = disks->scenario->members[member].group;
    return group == SCENARIO_NONE ? NULL : disks->scenario->groups[group].name;
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
        uint32_t member = (uint32_t)(i - scenario->group_count);
        char id[DISKS_ID_MAX];
        size_t length;
        arguments[count++] = strdup(is_group ? "-object" : "-drive");
        FILE *out = open_memstream(&arguments[count], &length);
        if (out == NULL)
            break;
        count++;
        if (is_group)
            fprintf(out, "throttle-group,id=%s",
                    disks_id(disks, 'n', scenario->groups[i].name, id));
        else
            disks_describe(disks, member, first_group(disks, member), out);
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

json_t *disks_limits(const struct engine_algorithm *algorithm,
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

bool disks_set_limits(struct disks *disks, const char *group,
                      const struct engine_parameters *limits, struct sim_error *error)
{
    char path[32], id[DISKS_ID_MAX];
    snprintf(path, sizeof path, "/objects/%s", disks_id(disks, 'n', group, id));
    json_t *values = disks_limits(disks->scenario->algorithm, limits, false);
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
        if (!disks_set_limits(disks, scenario->groups[i].name, &limits, error))
            return false;
    }
    return true;
}

// ---- Exports ----

// Its name is nobody else's.
static bool start_server(struct disks *disks, struct sim_error *error)
{
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return sim_fail(error, SIM_FAILED, "no random number is to be had");
    snprintf(disks->socket, sizeof disks->socket, "throttlesim-%016" PRIx64, number);
    disks->has_server = true;
    disks->qemu.qmp.take_others = disks_take_answers;
    disks->qemu.qmp.others_context = disks;
    return qemu_execute(&disks->qemu, "nbd-server-start",
                        json_pack("{s{ss s{ss sb}} si}", "addr", "type", "unix", "data", "path",
                                  disks->socket, "abstract", 1, "max-connections", 0),
                        NULL, error);
}

bool disks_export(struct disks *disks, uint32_t member, struct sim_error *error)
{
    const char *name = disks->scenario->members[member].name;
    char export[DISKS_ID_MAX], node[DISKS_ID_MAX], drive[DISKS_ID_MAX];
    disks->disks[member].is_filter = true;
    if (disks->by_monitor)
        return true;
    if (!disks->has_server && !start_server(disks, error))
        return false;
    return qemu_execute(&disks->qemu, "block-export-add",
                        json_pack("{ss ss ss ss sb}", "type", "nbd", "id",
                                  disks_id(disks, 'e', name, export), "node-name",
                                  disks_id(disks, 't', name, node), "name",
                                  disks_id(disks, 'n', name, drive), "writable", 1),
                        NULL, error);
}

static bool export_all(struct disks *disks, struct sim_error *error)
{
    for (uint32_t i = 0; i < disks->scenario->member_count; i++) {
        const struct scenario_member *member = &disks->scenario->members[i];
        disks->disks[i].group = first_group(disks, i);
        if (member->attach == ENGINE_FILTER && member->group != SCENARIO_NONE &&
            !disks_export(disks, i, error))
            return false;
    }
    return true;
}

// ---- From outside ----

bool disks_open(struct disks *disks, const struct control *control,
                const struct qemu_config *config, struct sim_error *error)
{
    *disks =
        (struct disks){.scenario = control->scenario, .by_monitor = config->transcript != NULL};
    disks->disks = calloc(control->scenario->member_count, sizeof *disks->disks);
    char **arguments = disks->disks != NULL && learn_names(disks) ? make_arguments(disks) : NULL;
    bool ok = (arguments != NULL || sim_fail_memory(error)) &&
              qemu_start(&disks->qemu, config, arguments, error) &&
              set_all_limits(disks, control, error) && export_all(disks, error);
    free_arguments(arguments);
    return ok;
}

void disks_close(struct disks *disks)
{
    for (size_t i = 0; disks->disks != NULL && i < disks->scenario->member_count; i++)
        nbd_close(&disks->disks[i].nbd);
    qemu_stop(&disks->qemu);
    names_free(&disks->ids);
    free(disks->disks);
}
