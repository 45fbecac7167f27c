// SPDX-License-Identifier: GPL-2.0-or-later
// What is stored of a scenario with a run: enough to run it again.
#include "sim/scenario/scenario.h"

#include "sim/base/text_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

// A key of a mapping, behind another one, if there is a value.
static void write_optional(FILE *out, const char *key, const char *value)
{
    if (value != NULL) {
        fprintf(out, ", %s: ", key);
        text_write_quoted(out, value);
    }
}

static void write_group(FILE *out, const struct scenario *scenario, size_t group)
{
    const struct engine_parameters *limits = &scenario->groups[group].limits;
    const char *separator = "";
    fputs("  - id: ", out);
    text_write_quoted(out, scenario->groups[group].name);
    fputs("\n    limits: {", out);
    for (size_t i = 0; i < scenario->algorithm->parameter_count; i++) {
        if (limits->given & (1u << i)) {
            fprintf(out, "%s%s: %" PRId64, separator, scenario->algorithm->parameters[i].key,
                    limits->value[i]);
            separator = ", ";
        }
    }
    fputs("}\n", out);
}

static void write_settings(FILE *out, const struct scenario *scenario)
{
    fprintf(out, "engine: %s\ndevice: {model: \"%s\"", scenario->algorithm->name,
            scenario_device_name(scenario->device.model));
    if (scenario->device.model == SCENARIO_DEVICE_FIXED)
        fprintf(out, ", latency: %" PRId64, scenario->device.latency_ns);
    fprintf(out, "}\ninterval: %" PRId64 "\n", scenario->interval_ns);
    if (scenario->end_ns != SCENARIO_NO_LIMIT)
        fprintf(out, "end: %" PRId64 "\n", scenario->end_ns);
    fprintf(out, "timer-granularity: %" PRId64 "\n", scenario->timer_granularity_ns);
}

static void write_trace(FILE *out, const struct scenario_trace *trace)
{
    fputs("{path: ", out);
    text_write_quoted(out, trace->path);
    for (size_t i = 0; i < trace->cut.volume_count; i++) {
        fputs(i == 0 ? ", device: [" : ", ", out);
        text_write_quoted(out, trace->devices[i]);
    }
    fputs(trace->cut.volume_count > 0 ? "]" : "", out);
    write_optional(out, "format", trace->format);
    write_optional(out, "layout", trace->layout);
    fprintf(out, ", arrival: %s}\n", trace->arrival == TRACE_ARRIVAL_ISSUE ? "issue" : "queue");
}

static void write_member(FILE *out, const struct scenario *scenario,
                         const struct scenario_member *member)
{
    fputs("  - id: ", out);
    text_write_quoted(out, member->name);
    fputs("\n    group: ", out);
    text_write_quoted(out, scenario->groups[member->group].name);
    fprintf(out, "\n    attach: %s\n    trace: ", scenario_attach_name(member->attach));
    write_trace(out, &member->trace);
}

// All members have what the first has.
static void write_volume_members(FILE *out, const struct scenario *scenario)
{
    fputs("members: {from: trace, group: ", out);
    text_write_quoted(out, scenario->groups[0].name);
    fprintf(out, ", attach: %s}\ntrace:\n", scenario_attach_name(scenario->members[0].attach));
    for (size_t i = 0; i < scenario->trace_count; i++) {
        fputs("  - ", out);
        write_trace(out, &scenario->traces[i]);
    }
}

bool scenario_write_source(struct scenario *scenario, struct sim_error *error)
{
    FILE *out = open_memstream(&scenario->source, &scenario->source_length);
    if (out == NULL)
        return sim_fail_memory(error);
    write_settings(out, scenario);
    fputs("groups:\n", out);
    for (size_t i = 0; i < scenario->group_count; i++)
        write_group(out, scenario, i);
    if (scenario->is_member_a_volume) {
        write_volume_members(out, scenario);
    } else {
        fputs("members:\n", out);
        for (size_t i = 0; i < scenario->member_count; i++)
            write_member(out, scenario, &scenario->members[i]);
    }
    return fclose(out) == 0 || sim_fail_memory(error);
}

bool scenario_note_options(struct scenario *scenario, const char *options, struct sim_error *error)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        return sim_fail_memory(error);
    fwrite(scenario->source, 1, scenario->source_length, out);
    fprintf(out, "\n# Run with:%s\n", options);
    if (fclose(out) != 0)
        return sim_fail_memory(error);
    free(scenario->source);
    scenario->source = text;
    scenario->source_length = length;
    return true;
}
