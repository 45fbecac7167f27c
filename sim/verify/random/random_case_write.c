// SPDX-License-Identifier: GPL-2.0-or-later
// A random case as a scenario file. Format: docs/scenario.md.
#include "sim/verify/random/random_case.h"

#include "sim/scenario/scenario.h"
#include "sim/verify/random/random_limits.h"

#include <inttypes.h>

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
