// SPDX-License-Identifier: GPL-2.0-or-later
// Which cases may be, which random_case.h says; and how they are written as scenario files.
#include "sim/scenario/scenario.h"
#include "sim/verify/random/random_case.h"
#include "sim/verify/random/random_limits.h"

#include <inttypes.h>
#include <stdlib.h>

// ---- Operations ----

void random_state_begin(struct random_state *state, const struct random_case *random_case)
{
    for (uint32_t i = 0; i < random_case->group_count; i++)
        state->limits[i] = random_case->groups[i];
    for (uint32_t i = 0; i < random_case->member_count; i++)
        state->groups[i] = random_case->members[i].group;
}

static bool is_known(const struct random_case *random_case, struct random_group group)
{
    if (group.kind == RANDOM_GROUP_DECLARED)
        return group.index < random_case->group_count;
    if (group.kind == RANDOM_GROUP_MEMBER)
        return group.index < random_case->member_count;
    return true;
}

static bool qom_set(struct random_state *state, const struct random_event *operation)
{
    if (operation->group.kind != RANDOM_GROUP_DECLARED)
        return false;
    struct engine_parameters merged = state->limits[operation->group.index];
    random_limits_merge(&merged, &operation->limits);
    if (!random_limits_are_valid(&merged))
        return false;
    state->limits[operation->group.index] = merged;
    return true;
}

static bool names_all_averages(const struct engine_parameters *limits)
{
    for (unsigned bucket = 0; bucket < RANDOM_LIMITS_BUCKETS; bucket++) {
        int row = random_limits_row(bucket, RANDOM_LIMITS_AVERAGE);
        if ((limits->given & (UINT32_C(1) << row)) == 0)
            return false;
    }
    return true;
}

static bool block_set_io_throttle(struct random_state *state, const struct random_case *random_case,
                                  const struct random_event *operation)
{
    uint32_t member = operation->member;
    if (member >= random_case->member_count ||
        random_case->members[member].attach != ENGINE_DRIVE ||
        !names_all_averages(&operation->limits) || !random_limits_are_valid(&operation->limits))
        return false;
    struct random_group *group = &state->groups[member];
    if (random_limits_are_off(&operation->limits)) {
        *group = (struct random_group){.kind = RANDOM_GROUP_NONE};
        return true;
    }
    if (operation->group.kind != RANDOM_GROUP_NONE)
        *group = operation->group;
    else if (group->kind == RANDOM_GROUP_NONE)
        *group = (struct random_group){RANDOM_GROUP_MEMBER, member};
    if (group->kind == RANDOM_GROUP_DECLARED)
        state->limits[group->index] = operation->limits;
    return true;
}

bool random_event_has_member(const struct random_event *event)
{
    bool of_all = event->command == SCENARIO_DRAIN_ALL || event->command == SCENARIO_STOP ||
                  event->command == SCENARIO_BLOCKDEV_SNAPSHOT;
    return event->kind != RANDOM_QOM_SET && (event->kind != RANDOM_COMMAND || !of_all);
}

// Filters are in declared groups or in none.
static bool do_command(struct random_state *state, const struct random_case *random_case,
                       const struct random_event *command)
{
    if (!random_event_has_member(command))
        return true;
    if (command->member >= random_case->member_count)
        return false;
    struct random_group *group = &state->groups[command->member];
    bool is_in = group->kind != RANDOM_GROUP_NONE, adds = command->command == SCENARIO_BLOCKDEV_ADD;
    if (command->command == SCENARIO_BLOCK_RESIZE)
        return true;
    if (random_case->members[command->member].attach != ENGINE_FILTER || is_in == adds)
        return false;
    bool goes = command->command == SCENARIO_BLOCKDEV_DEL;
    if (command->group.kind != (goes ? RANDOM_GROUP_NONE : RANDOM_GROUP_DECLARED))
        return false;
    *group = command->group;
    return true;
}

bool random_state_apply(struct random_state *state, const struct random_case *random_case,
                        const struct random_event *operation)
{
    if (!is_known(random_case, operation->group))
        return false;
    if (random_event_has_member(operation) && operation->member < random_case->member_count &&
        random_case->members[operation->member].upper.kind != RANDOM_GROUP_NONE)
        return false;
    if (operation->kind == RANDOM_QOM_SET)
        return qom_set(state, operation);
    if (operation->kind == RANDOM_COMMAND)
        return do_command(state, random_case, operation);
    return block_set_io_throttle(state, random_case, operation);
}

// ---- How long requests can wait ----

// The lowest that comes up, or 0 if none does.
struct slowest {
    int64_t bps;
    int64_t iops;
    int64_t iops_size;
};

static void lower(int64_t *lowest, int64_t value)
{
    if (value > 0 && (*lowest == 0 || value < *lowest))
        *lowest = value;
}

static void look_at(struct slowest *slowest, const struct engine_parameters *limits)
{
    for (unsigned bucket = 0; bucket < RANDOM_LIMITS_BUCKETS; bucket++) {
        int64_t average =
            random_limits_value(limits, random_limits_row(bucket, RANDOM_LIMITS_AVERAGE));
        lower(bucket < RANDOM_LIMITS_FIRST_IOPS ? &slowest->bps : &slowest->iops, average);
    }
    lower(&slowest->iops_size, random_limits_value(limits, random_limits_iops_size()));
}

bool random_case_waits_are_bounded(const struct random_case *random_case)
{
    struct slowest slowest = {0};
    uint64_t bytes = 0, requests = 0, seconds = 0;
    for (uint32_t i = 0; i < random_case->group_count; i++)
        look_at(&slowest, &random_case->groups[i]);
    for (size_t i = 0; i < random_case->event_count; i++) {
        const struct random_event *event = &random_case->events[i];
        if (event->kind == RANDOM_REQUEST) {
            bytes += event->bytes;
            requests++;
        } else {
            look_at(&slowest, &event->limits);
        }
    }
    uint64_t units = requests;
    if (slowest.iops_size > 0)
        units += bytes / (uint64_t)slowest.iops_size;
    if (slowest.bps > 0)
        seconds += bytes / (uint64_t)slowest.bps + 1;
    if (slowest.iops > 0)
        seconds += units / (uint64_t)slowest.iops + 1;
    return seconds <= (uint64_t)(RANDOM_CASE_WAIT_MAX_NS / INT64_C(1000000000));
}

// ---- The whole ----

static bool is_declared_or_none(const struct random_case *random_case, struct random_group group)
{
    return group.kind == RANDOM_GROUP_NONE ||
           (group.kind == RANDOM_GROUP_DECLARED && group.index < random_case->group_count);
}

static bool groups_and_members_are_valid(const struct random_case *random_case)
{
    if (random_case->group_count > RANDOM_CASE_GROUPS_MAX || random_case->member_count == 0 ||
        random_case->member_count > RANDOM_CASE_MEMBERS_MAX)
        return false;
    for (uint32_t i = 0; i < random_case->group_count; i++) {
        if (!random_limits_are_valid(&random_case->groups[i]))
            return false;
    }
    for (uint32_t i = 0; i < random_case->member_count; i++) {
        const struct random_group group = random_case->members[i].group;
        const struct random_group upper = random_case->members[i].upper;
        if (!is_declared_or_none(random_case, group) || !is_declared_or_none(random_case, upper) ||
            (group.kind == RANDOM_GROUP_NONE && upper.kind != RANDOM_GROUP_NONE))
            return false;
    }
    return true;
}

static bool request_is_valid(const struct random_case *random_case,
                             const struct random_event *request)
{
    if (request->member >= random_case->member_count)
        return false;
    if (request->op == ENGINE_WRITE_ZEROES || request->op == ENGINE_DISCARD)
        return request->bytes <= RANDOM_CASE_ZEROES_MAX && request->bytes > 0;
    return (request->op == ENGINE_READ || request->op == ENGINE_WRITE) &&
           request->bytes <= RANDOM_CASE_BYTES_MAX;
}

bool random_case_is_valid(const struct random_case *random_case)
{
    if (!groups_and_members_are_valid(random_case) || random_case->end_ns < 0)
        return false;
    struct random_state state;
    random_state_begin(&state, random_case);
    int64_t last_ns = 0;
    for (size_t i = 0; i < random_case->event_count; i++) {
        const struct random_event *event = &random_case->events[i];
        if (event->at_ns < last_ns || event->at_ns > RANDOM_CASE_TIME_MAX_NS)
            return false;
        last_ns = event->at_ns;
        if (event->kind == RANDOM_REQUEST ? !request_is_valid(random_case, event)
                                          : !random_state_apply(&state, random_case, event))
            return false;
    }
    return random_case_waits_are_bounded(random_case);
}

// ---- As a file ----

#define NAME_SIZE 12 // "m39"

// A scenario of which all but the texts stands here, and the names in it: by kind and index.
struct draft {
    struct scenario scenario;
    struct scenario_group groups[RANDOM_CASE_GROUPS_MAX];
    struct scenario_member members[RANDOM_CASE_MEMBERS_MAX];
    struct scenario_trace trace;
    char names[RANDOM_GROUP_MEMBER + 1][RANDOM_CASE_MEMBERS_MAX][NAME_SIZE];
};

// NULL: none.
static char *name_of(struct draft *draft, struct random_group group)
{
    char *name = draft->names[group.kind][group.index];
    snprintf(name, NAME_SIZE, "%c%" PRIu32, " gxm"[group.kind], group.index);
    return group.kind == RANDOM_GROUP_NONE ? NULL : name;
}

static void draft_members(struct draft *draft, const struct random_case *random_case)
{
    for (uint32_t i = 0; i < random_case->group_count; i++) {
        draft->groups[i] = (struct scenario_group){
            .name = name_of(draft, (struct random_group){RANDOM_GROUP_DECLARED, i}),
            .limits = random_case->groups[i],
        };
    }
    for (uint32_t i = 0; i < random_case->member_count; i++) {
        const struct random_member *member = &random_case->members[i];
        draft->members[i] = (struct scenario_member){
            .name = name_of(draft, (struct random_group){RANDOM_GROUP_MEMBER, i}),
            .group = member->group.kind == RANDOM_GROUP_NONE ? SCENARIO_NONE : member->group.index,
            .device = SCENARIO_NONE,
            .attach = member->attach,
            .upper_count = member->upper.kind != RANDOM_GROUP_NONE,
            .upper = {member->upper.index},
            .discard = member->unmaps ? SCENARIO_DISCARD_UNMAP : SCENARIO_DISCARD_IGNORE,
        };
    }
}

static void draft_events(struct draft *draft, const struct random_case *random_case, FILE *csv)
{
    static const char *const ops[ENGINE_OP_COUNT] = {
        [ENGINE_READ] = "read",
        [ENGINE_WRITE] = "write",
        [ENGINE_WRITE_ZEROES] = "write-zeroes",
        [ENGINE_DISCARD] = "discard",
    };
    static const enum scenario_event_kind kinds[] = {
        [RANDOM_QOM_SET] = SCENARIO_QOM_SET,
        [RANDOM_BLOCK_SET_IO_THROTTLE] = SCENARIO_BLOCK_SET_IO_THROTTLE,
    };
    fputs("time_ns,op,offset,bytes,member\n", csv);
    for (size_t i = 0; i < random_case->event_count; i++) {
        const struct random_event *event = &random_case->events[i];
        if (event->kind == RANDOM_REQUEST) {
            fprintf(csv, "%" PRId64 ",%s,0,%" PRIu64 ",m%" PRIu32 "\n", event->at_ns,
                    ops[event->op], event->bytes, event->member);
            draft->scenario.trace_count = 1;
            continue;
        }
        draft->scenario.events[draft->scenario.event_count++] = (struct scenario_event){
            .at_ns = event->at_ns,
            .kind = event->kind == RANDOM_COMMAND ? event->command : kinds[event->kind],
            .member = random_event_has_member(event) ? event->member : SCENARIO_NONE,
            .group = name_of(draft, event->group),
            .limits = event->limits,
        };
    }
}

bool random_case_write(const struct random_case *random_case, FILE *out)
{
    struct draft draft = {.scenario = scenario_default(), .trace = scenario_trace_default()};
    struct scenario *scenario = &draft.scenario;
    size_t size;
    FILE *csv = open_memstream(&draft.trace.csv, &size);
    scenario->groups = draft.groups;
    scenario->group_count = random_case->group_count;
    scenario->members = draft.members;
    scenario->member_count = random_case->member_count;
    scenario->traces = &draft.trace;
    scenario->events = calloc(random_case->event_count + 1, sizeof *scenario->events);
    scenario->end_ns = random_case->end_ns;
    scenario->timer_granularity_ns = random_case->timer_granularity_ns;
    bool ok = csv != NULL && scenario->events != NULL;
    if (ok) {
        draft_members(&draft, random_case);
        draft_events(&draft, random_case, csv);
    }
    ok = csv != NULL && fclose(csv) == 0 && ok;
    fprintf(out, "# Random scenario, seed %" PRIu64 "\n", random_case->seed);
    ok = ok && scenario_write(scenario, out);
    free(scenario->events);
    free(draft.trace.csv);
    return ok;
}
