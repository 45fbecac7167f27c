// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim engines, throttlesim limits
#include "sim/cli/command.h"

#include "engine/engine.h"
#include "sim/cli/options.h"
#include "sim/scenario/scenario.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct engines_arguments {
    bool help;
    bool json;
    const char *engine;
};

static const struct option_row engines_rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct engines_arguments, help), "print this"},
    {"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct engines_arguments, json),
     "print the list as JSON"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

static const struct option_row limits_rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct engines_arguments, help), "print this"},
    {"engine", 0, OPTION_TEXT, "NAME", NULL, offsetof(struct engines_arguments, engine),
     "of this engine (default throttle-group)"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

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
    return (algorithm->operations >> kind & 1) != 0 &&
           (kind != ENGINE_MEMBER_JOIN || algorithm->has_groups);
}

static void print_words(const char *title, const char *const *words, size_t count)
{
    int column = printf("    %-10s", title);
    for (size_t i = 0; i < count; i++) {
        if (column + 1 + (int)strlen(words[i]) > 96)
            column = printf("\n    %-10s", "") - 1;
        column += printf(" %s", words[i]);
    }
    puts(count == 0 ? " none" : "");
}

static void print_engine(const struct engine_algorithm *algorithm, bool is_default)
{
    const char *words[ENGINE_PARAMETER_MAX + OPERATION_COUNT];
    size_t count = 0;
    printf("%s%s: %s\n", algorithm->name, is_default ? " (default)" : "", algorithm->help);
    for (size_t i = 0; i < algorithm->parameter_count; i++)
        words[count++] = algorithm->parameters[i].key;
    print_words("limits", words, count);
    printf("    %-10s %s\n", "groups",
           algorithm->has_groups ? "yes" : "no: each member has limits for itself");
    count = 0;
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        if (knows(algorithm, i))
            words[count++] = operations[i].name;
    }
    print_words("events", words, count);
    if (algorithm->uses_completes)
        printf("    %-10s %s\n", "device",
               "counts requests when the device has finished them: its latency matters");
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
                     "uses_completions", algorithm->uses_completes, "limits", limits, "events",
                     events);
}

static bool print_json(const struct engine_algorithm *const *algorithms, size_t count,
                       struct sim_error *error)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < count; i++)
        ok = json_array_append_new(list, engine_json(algorithms[i], i == 0)) == 0;
    if (ok)
        return command_print_json(list, error);
    json_decref(list);
    return sim_fail_memory(error);
}

// Options only. False: the exit code says how the command ends.
static bool parse(int argc, char **argv, const struct option_row *rows, const char *usage,
                  struct engines_arguments *arguments, struct sim_error *error, enum sim_exit *exit)
{
    int first;
    *exit = SIM_USAGE;
    if (!options_parse(argc, argv, rows, arguments, &first, error))
        return false;
    if (first < argc)
        return sim_fail(error, SIM_USAGE, "'%s' takes nothing more, found '%s'", argv[0],
                        argv[first]);
    if (!arguments->help)
        return true;
    puts(usage);
    options_help(stdout, rows);
    *exit = command_flush(error);
    return false;
}

enum sim_exit command_engines(int argc, char **argv, struct sim_error *error)
{
    struct engines_arguments arguments = {0};
    enum sim_exit exit;
    size_t count;
    const struct engine_algorithm *const *algorithms = engine_algorithms(&count);
    if (!parse(argc, argv, engines_rows,
               "usage: throttlesim engines [OPTION...]\n\n"
               "Lists the throttling algorithms, and what each supports. A scenario chooses one "
               "with\n'engine: NAME', 'run' with --engine NAME.\n",
               &arguments, error, &exit))
        return exit;
    if (arguments.json)
        return print_json(algorithms, count, error) ? command_flush(error) : error->exit;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            putchar('\n');
        print_engine(algorithms[i], i == 0);
    }
    return command_flush(error);
}

enum sim_exit command_limits(int argc, char **argv, struct sim_error *error)
{
    struct engines_arguments arguments = {0};
    size_t count;
    const struct engine_algorithm *algorithm = engine_algorithms(&count)[0];
    enum sim_exit exit;
    if (!parse(argc, argv, limits_rows,
               "usage: throttlesim limits [OPTION...]\n\n"
               "Lists the limits that can be set, as scenarios and QEMU spell them.\n",
               &arguments, error, &exit))
        return exit;
    if (!options_engine(arguments.engine, &algorithm, error))
        return error->exit;
    printf("%-22s %-20s %s\n", "limit", "QMP", "meaning");
    for (size_t i = 0; i < algorithm->parameter_count; i++) {
        const struct engine_parameter *row = &algorithm->parameters[i];
        printf("%-22s %-20s %s\n", row->key, row->qmp_key, row->help);
    }
    return command_flush(error);
}
