// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim engines, throttlesim trace formats
#include "sim/cli/command.h"

#include "engine/engine.h"

#include <stdio.h>
#include <string.h>

#define LIST_COLUMN 15 // from where on words stand

static const struct option_row list_rows[] = {OPTION_JSON("the list as JSON"), OPTIONS_END};

// ---- engines ----

// What an engine may know of what a scenario can ask for.
static const struct {
    const char *name;
    enum engine_operation_kind kind;
} operations[] = {
    {"qom-set", ENGINE_NODE_SET},          {"block_set_io_throttle", ENGINE_MEMBER_SET},
    {"drained_begin", ENGINE_DRAIN_BEGIN}, {"drained_end", ENGINE_DRAIN_END},
    {"leave", ENGINE_MEMBER_LEAVE},        {"join", ENGINE_MEMBER_JOIN},
};

#define OPERATION_COUNT (sizeof operations / sizeof operations[0])

static bool knows(const struct engine_algorithm *algorithm, size_t operation)
{
    enum engine_operation_kind kind = operations[operation].kind;
    // Without groups a member joins its own when it is set up, and no other ever.
    return algorithm->operations[kind] != NULL &&
           (kind != ENGINE_MEMBER_JOIN || algorithm->has_groups);
}

// A line of what an engine supports, or lines.
static void print_words(const char *title, const char *const *words, size_t count)
{
    char head[32], text[ENGINE_PARAMETER_MAX * 32] = "";
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "",
                 words[i]);
    snprintf(head, sizeof head, "    %s", title);
    report_item(stdout, terminal_style(stdout).width, LIST_COLUMN, head,
                count == 0 ? "none" : text);
}

static void print_engine(const struct engine_algorithm *algorithm, bool is_default)
{
    const struct report_style style = terminal_style(stdout);
    static const char *const device[] = {
        "counts requests when the device has finished them: its latency matters"};
    const char *words[ENGINE_PARAMETER_MAX + OPERATION_COUNT];
    const char *groups = algorithm->has_groups ? "yes" : "no: each member has limits for itself";
    size_t count = 0;
    report_say(&style, REPORT_PLAIN, "%s%s: %s", algorithm->name, is_default ? " (default)" : "",
               algorithm->help);
    for (size_t i = 0; i < algorithm->parameter_count; i++)
        words[count++] = algorithm->parameters[i].key;
    print_words("limits", words, count);
    print_words("groups", &groups, 1);
    count = 0;
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        if (knows(algorithm, i))
            words[count++] = operations[i].name;
    }
    print_words("events", words, count);
    if (algorithm->complete != NULL)
        print_words("device", device, 1);
}

static json_t *engine_json(const struct engine_algorithm *algorithm, bool is_default)
{
    json_t *limits = json_array(), *events = json_array();
    for (size_t i = 0; i < algorithm->parameter_count; i++)
        json_array_append_new(limits, json_string(algorithm->parameters[i].key));
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        if (knows(algorithm, i))
            json_array_append_new(events, json_string(operations[i].name));
    }
    return json_pack("{s:s, s:s, s:b, s:b, s:b, s:o, s:o}", "name", algorithm->name, "help",
                     algorithm->help, "default", is_default, "groups", algorithm->has_groups,
                     "uses_completions", algorithm->complete != NULL, "limits", limits, "events",
                     events);
}

// Takes the value over; NULL: out of memory.
static bool append(json_t *list, json_t *value, struct sim_error *error)
{
    return json_array_append_new(list, value) == 0 || sim_fail_memory(error);
}

static bool run_engines(void *opaque, struct sim_error *error)
{
    const struct command_call *call = opaque;
    size_t count;
    const struct engine_algorithm *const *algorithms = engine_algorithms(&count);
    json_t *list = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        if (call->json) {
            ok = append(list, engine_json(algorithms[i], i == 0), error);
            continue;
        }
        if (i > 0)
            putchar('\n');
        print_engine(algorithms[i], i == 0);
    }
    if (ok && call->json)
        return command_print_json(list, error);
    json_decref(list);
    return ok;
}

const struct command command_engines[] = {
    {NULL, "engines", "list the throttling algorithms and what each supports", NULL,
     "Lists the throttling algorithms, and what each supports. A scenario chooses one with "
     "'engine: NAME', 'run' with --engine NAME.",
     list_rows, sizeof(struct command_call), run_engines},
};

// ---- trace formats ----

static bool run_formats(void *opaque, struct sim_error *error)
{
    const struct command_call *call = opaque;
    json_t *list = json_array();
    const char *name;
    bool ok = true;
    for (size_t i = 0; ok && (name = trace_format_at(i)) != NULL; i++) {
        const char *help = trace_format_help(name);
        if (call->json)
            ok = append(list, json_pack("{s:s, s:s}", "name", name, "help", help), error);
        else
            report_item(stdout, terminal_style(stdout).width, 14, name, help);
    }
    if (ok && call->json)
        return command_print_json(list, error);
    json_decref(list);
    return ok;
}

const struct command command_formats[] = {
    {"trace", "trace formats", "list the formats of traces that can be read", NULL,
     "Lists the formats of traces that can be read, in the order in which they are tried, "
     "with what a file of each looks like.",
     list_rows, sizeof(struct command_call), run_formats},
};
