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
        if (is_drive && scenario->members[event->member].upper_count > 1)
            return cannot(scenario, event,
                          "QEMU waits, with its clock standing still, for what waits below the "
                          "drive's first filter",
                          error);
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

// The number of a member's name.
static uint32_t member_id(const struct disks *disks, uint32_t member)
{
    return id_of(disks, disks->scenario->members[member].name);
}

// ---- The command line ----

// The filters of a member: nodes one below the other, of which QEMU opens the lowest first. A drive
// without limits would be in no group, so it starts with one that is replaced by the group's own
// (set_limits) before anything happens.
static void write_drive(FILE *out, const struct disks *disks, const struct scenario_member *member)
{
    char level[8 * SCENARIO_STAGES_MAX] = "";
    uint32_t stage = member->group == SCENARIO_NONE ? 0 : member->upper_count + 1;
    fprintf(out, "if=none,id=n%" PRIu32, id_of(disks, member->name));
    while (stage-- > 0) {
        uint32_t group = scenario_stage_group(member, stage);
        uint32_t id = id_of(disks, disks->scenario->groups[group].name);
        if (stage == member->upper_count && member->attach == ENGINE_DRIVE) {
            fprintf(out, ",throttling.group=n%" PRIu32 ",throttling.iops-total=1", id);
            continue;
        }
        fprintf(out, ",%sdriver=throttle,%sthrottle-group=n%" PRIu32, level, level, id);
        strcat(level, "file.");
    }
    fprintf(out, ",%sdriver=null-co,%ssize=" DISK_SIZE ",%sread-zeroes=on", level, level, level);
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
    snprintf(id, sizeof id, "n%" PRIu32, member_id(disks, event->member));
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

// Requests to the disks, and how many of them have left.
//
// QEMU counts and times the reads and writes of its monitor, but not its writes of zeroes. These
// are told by where they end: the n-th of a disk ends ZEROES_STEP behind the one before, and QEMU
// says what the highest byte is that was written. All others are written to the disk's first bytes.

#define REQUEST_MAX UINT64_C(2147483136) // QEMU's own, BDRV_REQUEST_MAX_BYTES
#define ZEROES_BASE (UINT64_C(1) << 31)  // above what is written otherwise
#define ZEROES_STEP UINT64_C(512)

enum disk_direction disks_direction(enum engine_op op, bool throttled)
{
    if (op == ENGINE_FLUSH || (op == ENGINE_DISCARD && !throttled))
        return DISK_NOT_COUNTED;
    return op == ENGINE_READ ? DISK_READ : DISK_WRITE;
}

// ---- Sending ----

// The monitor has no discard that can wait: a throttled one is sent as a write of zeroes, which is
// to the throttle what it is, a write of its length.
static const char *command_of(enum engine_op op, bool throttled)
{
    switch (op) {
    case ENGINE_READ:
        return "aio_read -q";
    case ENGINE_WRITE:
        return "aio_write -q";
    case ENGINE_WRITE_ZEROES:
        return "aio_write -q -z";
    case ENGINE_DISCARD:
        return throttled ? "aio_write -q -z" : "discard -q";
    default:
        return "flush";
    }
}

static bool is_zeroes(enum engine_op op, bool throttled)
{
    return op == ENGINE_WRITE_ZEROES || (op == ENGINE_DISCARD && throttled);
}

bool disks_times(enum engine_op op, bool throttled)
{
    return disks_direction(op, throttled) != DISK_NOT_COUNTED && !is_zeroes(op, throttled);
}

bool disks_have_untimed(const struct disks *disks)
{
    for (uint32_t i = 0; i < disks->scenario->member_count; i++) {
        if (disks->zeroes[i].left < disks->zeroes[i].sent)
            return true;
    }
    return false;
}

bool disks_submit(struct disks *disks, const struct engine_request *request, bool throttled,
                  struct sim_error *error)
{
    char line[128], range[48] = "";
    uint64_t bytes = request->bytes, offset = 0;
    if (request->op == ENGINE_DISCARD && !throttled && bytes > REQUEST_MAX)
        bytes = REQUEST_MAX; // its length does not matter
    const struct scenario_member *member = &disks->scenario->members[request->member];
    if (request->op == ENGINE_DISCARD && throttled && member->attach == ENGINE_DRIVE)
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: a discard by '%s' cannot be verified: the drive's throttle does not "
                        "count it, those below do, and the monitor has none that waits",
                        disks->scenario->name, member->name);
    if (bytes > REQUEST_MAX)
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: a request of %" PRIu64 " bytes by '%s': QEMU takes at most %" PRIu64,
                        disks->scenario->name, bytes,
                        disks->scenario->members[request->member].name, REQUEST_MAX);
    if (bytes == 0 && is_zeroes(request->op, throttled))
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: %s of 0 bytes by '%s' cannot be verified: QEMU counts none of them",
                        disks->scenario->name,
                        request->op == ENGINE_DISCARD ? "a discard" : "write-zeroes",
                        disks->scenario->members[request->member].name);
    if (is_zeroes(request->op, throttled))
        offset = ZEROES_BASE + ++disks->zeroes[request->member].sent * ZEROES_STEP - bytes;
    if (request->op != ENGINE_FLUSH)
        snprintf(range, sizeof range, " %" PRIu64 " %" PRIu64, offset, bytes);
    snprintf(line, sizeof line, "qemu-io n%" PRIu32 " \"%s%s\"", member_id(disks, request->member),
             command_of(request->op, throttled), range);
    return qemu_monitor(&disks->qemu, line, error);
}

// ---- Counting ----

// An entry for each disk, in the order of -drive.
static bool read_counts(struct disks *disks, const json_t *answer, struct disk_counts *counts)
{
    for (uint32_t i = 0; i < disks->scenario->member_count; i++) {
        const char *device;
        json_int_t reads, writes, read_ns, write_ns, highest;
        char name[16];
        if (json_unpack(json_array_get(answer, i), "{ss s{sI sI sI sI sI}}", "device", &device,
                        "stats", "rd_operations", &reads, "wr_operations", &writes,
                        "rd_total_time_ns", &read_ns, "wr_total_time_ns", &write_ns,
                        "wr_highest_offset", &highest) != 0)
            return false;
        snprintf(name, sizeof name, "n%" PRIu32, member_id(disks, i));
        if (strcmp(device, name) != 0)
            return false;
        struct disk_zeroes *zeroes = &disks->zeroes[i];
        if (zeroes->sent > 0 && (uint64_t)highest > ZEROES_BASE)
            zeroes->left = ((uint64_t)highest - ZEROES_BASE) / ZEROES_STEP;
        counts[i] = (struct disk_counts){
            .left = {(uint64_t)reads, (uint64_t)writes + zeroes->left},
            .latency_ns = {(uint64_t)read_ns, (uint64_t)write_ns},
        };
    }
    return true;
}

bool disks_count(struct disks *disks, struct disk_counts *counts, struct sim_error *error)
{
    json_t *answer;
    if (!qemu_execute(&disks->qemu, "query-blockstats", NULL, &answer, error))
        return false;
    bool ok = read_counts(disks, answer, counts) ||
              sim_fail(error, SIM_FAILED,
                       "QEMU's answer to 'query-blockstats' is not the one entry for each disk "
                       "that was expected");
    json_decref(answer);
    return ok;
}
