// SPDX-License-Identifier: GPL-2.0-or-later
// The scenario file's keys, as tables. Format: docs/scenario.md.
#include "sim/scenario/scenario_internal.h"

#include "sim/base/suggest.h"
#include "sim/base/text_file.h"
#include "sim/base/units.h"

#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

// ---- Values ----

static bool parse_engine(struct setting_input *input, void *value)
{
    char hint[SCENARIO_ENGINE_HINT];
    const struct engine_algorithm **algorithm = value, *found = engine_find(input->text);
    if (found == NULL)
        snprintf(input->message, sizeof input->message, "unknown engine '%.64s'%s", input->text,
                 scenario_engine_hint(input->text, hint));
    else if (input->scenario == NULL || !input->scenario->is_algorithm_set)
        *algorithm = found;
    return found != NULL;
}

static void write_engine(struct setting_writer *writer, const void *value)
{
    fprintf(writer->out, " %s", (*(const struct engine_algorithm *const *)value)->name);
}

static const struct setting_kind engine_kind = {
    .type = "name",
    .expected = "the name of an engine",
    .size = sizeof(struct engine_algorithm *),
    .parse = parse_engine,
    .write = write_engine,
};

// "7.2", "10.0.13": what decides is the first two numbers.
static bool parse_qemu(struct setting_input *input, void *value)
{
    int major, minor, micro, used = 0, longer = 0;
    int count = sscanf(input->text, "%2d.%2d%n.%3d%n", &major, &minor, &used, &micro, &longer);
    used = count == 3 ? longer : used;
    if (count < 2 || input->text[used] != '\0' || input->text[strspn(input->text, "0123456789.")])
        return false;
    int64_t version = SCENARIO_QEMU(major, minor);
    if (version < SCENARIO_QEMU(3, 1))
        snprintf(input->message, sizeof input->message,
                 "the rules of QEMU %.16s are others; 3.1 is the earliest", input->text);
    else
        *(int64_t *)value = version;
    return version >= SCENARIO_QEMU(3, 1);
}

static void write_qemu(struct setting_writer *writer, const void *value)
{
    int64_t version = *(const int64_t *)value;
    fprintf(writer->out, " %" PRId64 ".%" PRId64, version / 100, version % 100);
}

static const struct setting_kind qemu_kind = {
    .type = "version",
    .expected = "a version of QEMU, such as 7.2",
    .size = sizeof(int64_t),
    .parse = parse_qemu,
    .write = write_qemu,
};

static bool parse_interval(struct setting_input *input, void *value)
{
    int64_t interval_ns;
    if (strcmp(input->text, "auto") == 0) {
        *(int64_t *)value = 0;
        return true;
    }
    if (!units_parse_duration(input->text, &interval_ns))
        return false;
    if (interval_ns == 0)
        snprintf(input->message, sizeof input->message, "an interval must be longer than 0");
    else
        *(int64_t *)value = interval_ns;
    return interval_ns > 0;
}

static const struct setting_kind interval_kind = {
    .type = "duration above 0, or auto",
    .expected = YAML_DURATION " or auto",
    .size = sizeof(int64_t),
    .parse = parse_interval,
    .is_time = true,
    .write = setting_write_time,
};

// ---- The whole ----

// Groups, devices and traces before members before events: each may name the earlier ones, and
// members may be the volumes of the traces.
const struct setting scenario_rows[] = {
    {"engine", &engine_kind, offsetof(struct scenario, algorithm), .fallback = "throttle-group"},
    {"qemu", &qemu_kind, offsetof(struct scenario, qemu), .fallback = "11.1"},
    {"groups", &scenario_groups, .offset = 0},
    {"devices", &scenario_devices, .offset = 0},
    {"trace", &scenario_traces, .offset = 0},
    {"members", &scenario_members, .offset = 0, .required = true},
    {"events", &scenario_events, .offset = 0},
    {"loop-stalls", &scenario_stalls_kind, .offset = offsetof(struct scenario, stalls)},
#define ROW(key, kind, field, fallback, option, ...)                                               \
    {                                                                                              \
        key, &kind, offsetof(struct scenario, field), false, fallback, option                      \
    }
    SCENARIO_OPTIONS(ROW),
    {.key = NULL},
};

bool scenario_has_option(const char *name)
{
    const struct setting *row = scenario_rows;
    while (row->key != NULL && (row->option == NULL || strcmp(row->option, name) != 0))
        row++;
    return row->key != NULL;
}

static bool read_source(struct scenario *scenario, const char *path, struct sim_error *error)
{
    scenario->is_standard_input = strcmp(path, "-") == 0;
    return text_file_read(path,
                          "not a scenario; a trace is replayed with --limits KEY=VALUE,... TRACE",
                          &scenario->source, &scenario->source_length, error);
}

static bool copy_source(struct scenario *scenario, const char *text, size_t length,
                        struct sim_error *error)
{
    scenario->source = malloc(length + 1);
    if (scenario->source == NULL)
        return sim_fail_memory(error);
    memcpy(scenario->source, text, length);
    scenario->source[length] = '\0';
    scenario->source_length = length;
    return true;
}

// From the source; paths are relative to the directory.
static bool fill(struct scenario *scenario, const char *directory,
                 const struct scenario_settings *settings, struct sim_error *error)
{
    struct yaml_reader reader = {
        .name = scenario->name,
        .error = error,
        .what = "a scenario",
        .parts = "groups, members and traces",
        .filled = scenario,
        .directory = directory,
    };
    if (!yaml_open(&reader, scenario->source, scenario->source_length))
        return false;
    bool ok = setting_read(&reader, yaml_document_get_root_node(&reader.document), "the scenario",
                           scenario_rows, scenario);
    yaml_close(&reader);
    if (ok && scenario->member_count == 0)
        return sim_fail(error, SIM_BAD_INPUT, "%s: there are no members", scenario->name);
    for (size_t i = 0; ok && settings != NULL && i < settings->value_count; i++)
        ok = scenario_set(scenario, settings->values[i].address, settings->values[i].text, error);
    return ok && scenario_fit_groups(scenario, error) && scenario_check(scenario, error);
}

// Of the scenario, which may be NULL, only names are asked for.
static bool read_included(const struct scenario_file *file, const char *path,
                          const struct scenario *scenario, void *target, struct sim_error *error)
{
    char *text = NULL, not_this[64];
    size_t length;
    struct yaml_reader reader = {
        .name = path,
        .error = error,
        .what = file->what,
        .parts = file->parts,
        .filled = (void *)(uintptr_t)scenario,
        .directory = ".",
    };
    snprintf(not_this, sizeof not_this, "not %s", file->what);
    bool ok =
        text_file_read(path, not_this, &text, &length, error) && yaml_open(&reader, text, length);
    if (ok) {
        ok = file->read(&reader, yaml_document_get_root_node(&reader.document), target);
        yaml_close(&reader);
    }
    free(text);
    return ok;
}

bool scenario_read_file(struct yaml_reader *reader, yaml_node_t *node,
                        const struct scenario_file *file, void *target)
{
    char *path = NULL;
    bool ok = scenario_read_path(reader, node, &path) &&
              read_included(file, path, scenario_of(reader), target, reader->error);
    free(path);
    return ok;
}

bool scenario_parse_file(struct setting_input *input, const char *prefix,
                         const struct scenario_file *file, void *target)
{
    struct sim_error error;
    bool ok = read_included(file, input->text + strlen(prefix), input->scenario, target, &error);
    if (!ok)
        snprintf(input->message, sizeof input->message, "%.600s", error.message);
    return ok;
}

struct scenario *scenario_load(const char *path, struct sim_error *error)
{
    return scenario_load_as(path, NULL, error);
}

struct scenario *scenario_load_as(const char *path, const struct scenario_settings *settings,
                                  struct sim_error *error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct scenario *scenario = scenario_new(is_stdin ? "standard input" : path, settings, error);
    if (scenario == NULL)
        return NULL;
    char *copy = strdup(path);
    if (copy == NULL)
        sim_fail_memory(error);
    bool ok = copy != NULL && read_source(scenario, path, error) &&
              fill(scenario, is_stdin ? "." : dirname(copy), settings, error);
    free(copy);
    if (ok)
        return scenario;
    scenario_free(scenario);
    return NULL;
}

struct scenario *scenario_parse_as(const char *name, const char *directory, const char *text,
                                   size_t length, const struct scenario_settings *settings,
                                   struct sim_error *error)
{
    struct scenario *scenario = scenario_new(name, settings, error);
    if (scenario == NULL)
        return NULL;
    if (copy_source(scenario, text, length, error) && fill(scenario, directory, settings, error))
        return scenario;
    scenario_free(scenario);
    return NULL;
}

struct scenario *scenario_parse(const char *name, const char *text, size_t length,
                                struct sim_error *error)
{
    return scenario_parse_as(name, ".", text, length, NULL, error);
}
