// SPDX-License-Identifier: GPL-2.0-or-later
// Which cases may be, which random_case.h says; and how they are written as scenario files.
#include "sim/scenario/scenario.h"
#include "sim/verify/random/random_case.h"
#include "sim/verify/random/random_case_internal.h"
#include "sim/verify/random/random_limits.h"

#include <inttypes.h>

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

bool random_state_apply(struct random_state *state, const struct random_case *random_case,
                        const struct random_event *operation)
{
    if (!is_known(random_case, operation->group))
        return false;
    if (operation->kind == RANDOM_QOM_SET)
        return qom_set(state, operation);
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
        struct random_group group = random_case->members[i].group;
        if (group.kind != RANDOM_GROUP_NONE &&
            (group.kind != RANDOM_GROUP_DECLARED || group.index >= random_case->group_count))
            return false;
    }
    return true;
}

static bool request_is_valid(const struct random_case *random_case,
                             const struct random_event *request)
{
    if (request->member >= random_case->member_count)
        return false;
    if (request->op == ENGINE_WRITE_ZEROES)
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

// Format: docs/scenario.md.

// "iops-total: 10, iops-size: 4096": the keys that are given.
static void write_limits(FILE *out, const struct engine_parameters *limits, bool as_qmp,
                         const char *separator)
{
    const struct engine_algorithm *algorithm = random_limits_algorithm();
    for (size_t i = 0; i < algorithm->parameter_count; i++) {
        const struct engine_parameter *row = &algorithm->parameters[i];
        if ((limits->given & (UINT32_C(1) << i)) == 0)
            continue;
        fprintf(out, "%s%s: %" PRId64, separator, as_qmp ? row->qmp_key : row->key,
                limits->value[i]);
        separator = ", ";
    }
}

// What comes before the group's number.
static const char *group_prefix(enum random_group_kind kind)
{
    static const char *const prefixes[] = {
        [RANDOM_GROUP_NONE] = "",
        [RANDOM_GROUP_DECLARED] = "g",
        [RANDOM_GROUP_NAMED] = "x",
        [RANDOM_GROUP_MEMBER] = "m",
    };
    return prefixes[kind];
}

static void write_group(FILE *out, struct random_group group)
{
    if (group.kind != RANDOM_GROUP_NONE)
        fprintf(out, ", group: %s%" PRIu32, group_prefix(group.kind), group.index);
}

static void write_groups(FILE *out, const struct random_case *random_case)
{
    if (random_case->group_count > 0)
        fputs("groups:\n", out);
    for (uint32_t i = 0; i < random_case->group_count; i++) {
        fprintf(out, "  - {id: g%" PRIu32, i);
        if (random_case->groups[i].given != 0) {
            fputs(", limits: {", out);
            write_limits(out, &random_case->groups[i], false, "");
            putc('}', out);
        }
        fputs("}\n", out);
    }
}

static void write_members(FILE *out, const struct random_case *random_case)
{
    fputs("members:\n", out);
    for (uint32_t i = 0; i < random_case->member_count; i++) {
        const struct random_member *member = &random_case->members[i];
        fprintf(out, "  - {id: m%" PRIu32, i);
        write_group(out, member->group);
        fprintf(out, ", attach: %s}\n", scenario_attach_name(member->attach));
    }
}

static void write_operation(FILE *out, const struct random_event *operation)
{
    fprintf(out, "  - {at: %" PRId64 ", ", operation->at_ns);
    if (operation->kind == RANDOM_QOM_SET) {
        fprintf(out, "qom-set: {group: g%" PRIu32 ", limits: {", operation->group.index);
        write_limits(out, &operation->limits, false, "");
        fputs("}}}\n", out);
    } else {
        fprintf(out, "block_set_io_throttle: {device: m%" PRIu32, operation->member);
        write_group(out, operation->group);
        write_limits(out, &operation->limits, true, ", ");
        fputs("}}\n", out);
    }
}

static void write_operations(FILE *out, const struct random_case *random_case)
{
    bool is_first = true;
    for (size_t i = 0; i < random_case->event_count; i++) {
        if (random_case->events[i].kind == RANDOM_REQUEST)
            continue;
        if (is_first)
            fputs("events:\n", out);
        is_first = false;
        write_operation(out, &random_case->events[i]);
    }
}

static void write_requests(FILE *out, const struct random_case *random_case)
{
    static const char *const ops[ENGINE_OP_COUNT] = {
        [ENGINE_READ] = "read",
        [ENGINE_WRITE] = "write",
        [ENGINE_WRITE_ZEROES] = "write-zeroes",
    };
    bool is_first = true;
    for (size_t i = 0; i < random_case->event_count; i++) {
        const struct random_event *event = &random_case->events[i];
        if (event->kind != RANDOM_REQUEST)
            continue;
        if (is_first)
            fputs("trace:\n  csv: |\n    time_ns,op,offset,bytes,member\n", out);
        is_first = false;
        fprintf(out, "    %" PRId64 ",%s,0,%" PRIu64 ",m%" PRIu32 "\n", event->at_ns,
                ops[event->op], event->bytes, event->member);
    }
}

bool random_case_write(const struct random_case *random_case, FILE *out)
{
    fprintf(out, "# Random scenario, seed %" PRIu64 "\n", random_case->seed);
    write_groups(out, random_case);
    write_members(out, random_case);
    if (random_case->end_ns != RANDOM_CASE_NO_END)
        fprintf(out, "end: %" PRId64 "\n", random_case->end_ns);
    write_operations(out, random_case);
    write_requests(out, random_case);
    return ferror(out) == 0;
}
