// SPDX-License-Identifier: GPL-2.0-or-later
// What is done to the disks: a scenario's events as QEMU's commands.
#include "sim/verify/lockstep/disks_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DRAIN_WAKES_MAX 20

// ---- What can be asked ----

static bool cannot(const struct scenario *scenario, const struct scenario_event *event,
                   const char *why, struct sim_error *error)
{
    return sim_fail(error, SIM_BAD_INPUT, "%s:%zu:%zu: %s cannot be verified: %s", scenario->name,
                    event->place.line, event->place.column, scenario_event_name(event->kind), why);
}

// Whose member must be what; why not, unless it is NULL: then it can be done.
struct possible {
    bool of_drives, of_filters;
    const char *why;
};

#define NO_LENGTH "QEMU's drains have no length of ours; use block_resize or drain_all"
#define NO_JOB "it needs a job and its target; use drain_all"
#define NO_FILTER "a drive is moved by block_set_io_throttle; this is for filters"

static const struct possible possible[SCENARIO_EVENT_COUNT] = {
    [SCENARIO_QOM_SET] = {true, true, NULL},
    [SCENARIO_BLOCK_SET_IO_THROTTLE] =
        {true, false, "QEMU would put a second throttle above the filter; use qom-set"},
    [SCENARIO_DRAINED_BEGIN] = {false, false, NO_LENGTH},
    [SCENARIO_DRAINED_END] = {false, false, NO_LENGTH},
    [SCENARIO_LEAVE] = {true, true, NULL},
    [SCENARIO_JOIN] = {false, true,
                       "QEMU moves a drive together with limits only: use block_set_io_throttle"},
    [SCENARIO_DRAIN_ALL] = {true, true, NULL},
    [SCENARIO_STOP] = {true, true, NULL},
    [SCENARIO_MIGRATE] = {false, false, "it needs somewhere to go; use drain_all"},
    [SCENARIO_BLOCKDEV_SNAPSHOT] = {true, true, NULL},
    [SCENARIO_BLOCKDEV_BACKUP] = {false, false, NO_JOB},
    [SCENARIO_BLOCKDEV_MIRROR] = {false, false, NO_JOB},
    [SCENARIO_BLOCK_RESIZE] = {true, true, NULL},
    [SCENARIO_BLOCKDEV_ADD] = {false, true, NO_FILTER},
    [SCENARIO_BLOCKDEV_REOPEN] = {false, true, NO_FILTER},
    [SCENARIO_BLOCKDEV_DEL] = {false, true, NO_FILTER},
};

// A drain of a node does not lift the limits of those below it.
static bool can_do_to_stack(const struct scenario *scenario, const struct scenario_event *event)
{
    return event->kind == SCENARIO_BLOCKDEV_SNAPSHOT ||
           (event->kind == SCENARIO_BLOCK_SET_IO_THROTTLE &&
            scenario->members[event->member].upper_count == 1);
}

static bool can_do(const struct scenario *scenario, const struct scenario_event *event,
                   struct sim_error *error)
{
    const struct possible *row = &possible[event->kind];
    bool is_drive =
        event->member != SCENARIO_NONE && scenario->members[event->member].attach == ENGINE_DRIVE;
    if (event->kind == SCENARIO_QOM_SET &&
        names_find(&scenario->group_names, event->group) == NAMES_NONE)
        return cannot(scenario, event,
                      "a group that block_set_io_throttle made has no path in QEMU's object tree",
                      error);
    if (event->kind == SCENARIO_JOIN && event->limits.given != 0)
        return cannot(scenario, event, "it sets limits too; use qom-set", error);
    bool is_stacked =
        event->member != SCENARIO_NONE && scenario->members[event->member].upper_count > 0;
    if (is_stacked && !can_do_to_stack(scenario, event))
        return cannot(
            scenario, event,
            "QEMU waits, with its clock standing still, for what waits in a throttle below", error);
    return (is_drive ? row->of_drives : row->of_filters) ||
           cannot(scenario, event, row->why, error);
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

// ---- Drives ----

static const char *name_of(const struct disks *disks, const struct scenario_event *event)
{
    return disks->scenario->members[event->member].name;
}

static bool throttle_drive(struct disks *disks, const struct scenario_event *event,
                           struct sim_error *error)
{
    char id[DISKS_ID_MAX];
    json_t *arguments = disks_limits(disks->scenario->algorithm, &event->limits, true);
    json_object_set_new(arguments, "device",
                        json_string(disks_id(disks, 'n', name_of(disks, event), id)));
    if (event->group != NULL)
        json_object_set_new(arguments, "group",
                            json_string(disks_id(disks, 'n', event->group, id)));
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

// ---- Filters ----

// The version whose rules this QEMU follows.
static int64_t rules_of(const struct disks *disks)
{
    return SCENARIO_QEMU(disks->qemu.version.major, disks->qemu.version.minor);
}

// Are answers missing of a disk that has just been drained?
static bool is_owed(const struct disks *disks, const struct scenario_event *event)
{
    for (uint32_t i = 0; i < disks->scenario->member_count; i++) {
        if (scenario_event_drains_member(event, rules_of(disks), i) &&
            nbd_outstanding(&disks->disks[i].nbd) > 0)
            return true;
    }
    return false;
}

// A drain leaves work to the main loop, of which that may not know until something else wakes it:
// seen in 10.0.13, once in five drains of one scenario, and for as long as it was let sleep.
static bool finish_drain(struct disks *disks, const struct scenario_event *event,
                         struct sim_error *error)
{
    for (int i = 0; i < DRAIN_WAKES_MAX && is_owed(disks, event); i++) {
        if (!disks_set_clock(disks, disks->now_ns, error))
            return false;
    }
    return true;
}

// Drains the disk, before 8.0 it alone, and moves it if the group is another.
static bool reopen(struct disks *disks, const struct scenario_event *event, const char *group,
                   struct sim_error *error)
{
    const struct scenario_member *member = &disks->scenario->members[event->member];
    char node[DISKS_ID_MAX], below[DISKS_ID_MAX], in[DISKS_ID_MAX];
    json_t *options = json_pack("{ss ss ss ss ss}", "driver", "throttle", "node-name",
                                disks_id(disks, 't', member->name, node), "file",
                                disks_id(disks, 'b', member->name, below), "throttle-group",
                                disks_id(disks, 'n', group, in), "discard",
                                member->discard == SCENARIO_DISCARD_UNMAP ? "unmap" : "ignore");
    if (rules_of(disks) < SCENARIO_QEMU(6, 1))
        return qemu_execute(&disks->qemu, "x-blockdev-reopen", options, NULL, error);
    return qemu_execute(&disks->qemu, "blockdev-reopen", json_pack("{s[o]}", "options", options),
                        NULL, error);
}

// Gives a member another disk: a filter's in this group, or one in none. What QEMU has counted of
// the one before is kept.
static bool replace_disk(struct disks *disks, const struct scenario_event *event, const char *group,
                         struct sim_error *error)
{
    struct disk *disk = &disks->disks[event->member];
    char id[DISKS_ID_MAX], line[32], *text = NULL;
    size_t length;
    if (!disks_ask(disks, json_object(), error))
        return false;
    disks_id(disks, 'n', name_of(disks, event), id);
    snprintf(line, sizeof line, "drive_del %s", id);
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        return sim_fail_memory(error);
    fputs("drive_add 0 ", out);
    disks_describe(disks, event->member, group, out);
    bool ok = fclose(out) == 0 || sim_fail_memory(error);
    for (int j = 0; j < DISK_DIRECTION_COUNT; j++) {
        disk->before.left[j] += disk->counted.left[j];
        disk->before.latency_ns[j] += disk->counted.latency_ns[j];
    }
    disk->counted = (struct disk_counts){0};
    disk->zeroes_sent = disk->zeroes_left = 0;
    ok = ok && qemu_monitor(&disks->qemu, line, error) && qemu_monitor(&disks->qemu, text, error);
    free(text);
    return ok;
}

static bool add_filter(struct disks *disks, const struct scenario_event *event,
                       struct sim_error *error)
{
    if (disks->disks[event->member].is_filter)
        return cannot(disks->scenario, event, "the disk has a throttle already", error);
    return replace_disk(disks, event, event->group, error) &&
           disks_export(disks, event->member, error);
}

// What waits has to be let go before: QEMU keeps an export as long as it has requests.
static bool remove_filter(struct disks *disks, const struct scenario_event *event,
                          struct sim_error *error)
{
    struct disk *disk = &disks->disks[event->member];
    char id[DISKS_ID_MAX];
    if (!reopen(disks, event, disk->group, error) || !disks_collect(disks, error) ||
        !finish_drain(disks, event, error))
        return false;
    if (nbd_outstanding(&disk->nbd) > 0)
        return sim_fail(error, SIM_FAILED, "%s:%zu:%zu: QEMU has drained '%s', but requests wait",
                        disks->scenario->name, event->place.line, event->place.column,
                        name_of(disks, event));
    nbd_close(&disk->nbd);
    disk->is_filter = false;
    disks_id(disks, 'e', name_of(disks, event), id);
    bool ok = disks->by_monitor ||
              qemu_execute(&disks->qemu, "block-export-del",
                           json_pack("{ss ss}", "id", id, "mode", "hard"), NULL, error);
    return ok && replace_disk(disks, event, NULL, error);
}

// A node with a child, that is no disk of ours, comes or goes.
static bool add_and_remove(struct disks *disks, struct sim_error *error)
{
    return qemu_execute(&disks->qemu, "blockdev-add",
                        json_pack("{ss ss s{ss}}", "driver", "raw", "node-name", "other", "file",
                                  "driver", "null-co"),
                        NULL, error) &&
           qemu_execute(&disks->qemu, "blockdev-del", json_pack("{ss}", "node-name", "other"), NULL,
                        error);
}

// Moves a filter, or makes one, or takes it away.
static bool join(struct disks *disks, const struct scenario_event *event, struct sim_error *error)
{
    struct disk *disk = &disks->disks[event->member];
    bool ok = disk->is_filter ? reopen(disks, event, event->group, error)
                              : add_filter(disks, event, error);
    disk->group = event->group;
    return ok;
}

// ---- All ----

static bool resize(struct disks *disks, const struct scenario_event *event, struct sim_error *error)
{
    char id[DISKS_ID_MAX];
    const struct disk *disk = &disks->disks[event->member];
    // An export does not let it: a filter is drained by reopening it as it is.
    if (disk->is_filter)
        return reopen(disks, event, disk->group, error);
    return qemu_try(&disks->qemu, "block_resize",
                    json_pack("{ss si}", "device", disks_id(disks, 'n', name_of(disks, event), id),
                              "size", 1 << 30),
                    error);
}

static bool stop(struct disks *disks, struct sim_error *error)
{
    return qemu_execute(&disks->qemu, "cont", NULL, NULL, error) &&
           qemu_execute(&disks->qemu, "stop", NULL, NULL, error);
}

// Those that drain nobody in the scenario, but do in this QEMU.
static bool drains_too_many(const struct disks *disks, const struct scenario_event *event)
{
    bool is_bare = event->kind == SCENARIO_JOIN || event->kind == SCENARIO_LEAVE;
    return is_bare && disks->scenario->members[event->member].attach == ENGINE_FILTER &&
           rules_of(disks) >= SCENARIO_QEMU(8, 0);
}

static bool apply(struct disks *disks, const struct scenario_event *event, struct sim_error *error)
{
    bool is_drive = event->member != SCENARIO_NONE &&
                    disks->scenario->members[event->member].attach == ENGINE_DRIVE;
    bool is_other = event->member == SCENARIO_NONE ||
                    (event->group == NULL && event->kind == SCENARIO_BLOCKDEV_ADD);
    switch (event->kind) {
    case SCENARIO_QOM_SET:
        return disks_set_limits(disks, event->group, &event->limits, error);
    case SCENARIO_BLOCK_SET_IO_THROTTLE:
        return throttle_drive(disks, event, error);
    case SCENARIO_LEAVE:
        return is_drive ? unthrottle_drive(disks, event, error)
                        : remove_filter(disks, event, error);
    case SCENARIO_BLOCK_RESIZE:
        return resize(disks, event, error);
    case SCENARIO_BLOCKDEV_SNAPSHOT:
        return qemu_try(&disks->qemu, "blockdev-snapshot",
                        json_pack("{ss ss}", "node", "none", "overlay", "none"), error);
    case SCENARIO_JOIN:
        return join(disks, event, error);
    case SCENARIO_BLOCKDEV_ADD:
        return is_other ? add_and_remove(disks, error) : join(disks, event, error);
    case SCENARIO_BLOCKDEV_REOPEN:
        return event->group == NULL ? resize(disks, event, error) : join(disks, event, error);
    case SCENARIO_BLOCKDEV_DEL:
        return is_other || !disks->disks[event->member].is_filter
                   ? add_and_remove(disks, error)
                   : remove_filter(disks, event, error);
    default:
        return stop(disks, error);
    }
}

bool disks_apply(struct disks *disks, const struct scenario_event *event, struct sim_error *error)
{
    if (drains_too_many(disks, event))
        return cannot(disks->scenario, event,
                      "since 8.0 QEMU drains all disks besides; use blockdev-reopen, blockdev-add "
                      "or blockdev-del",
                      error);
    return apply(disks, event, error) && disks_collect(disks, error) &&
           finish_drain(disks, event, error);
}
