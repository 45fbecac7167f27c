// SPDX-License-Identifier: GPL-2.0-or-later
// The keys `device` and `devices` of a scenario, and the `device` of a member.
#include "sim/base/units.h"
#include "sim/scenario/scenario_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// ---- One device ----

static const char *const model_names[SCENARIO_DEVICE_COUNT + 1] = {
    [SCENARIO_DEVICE_AUTO] = "auto",     [SCENARIO_DEVICE_NULL] = "null",
    [SCENARIO_DEVICE_FIXED] = "fixed",   [SCENARIO_DEVICE_RECORDED] = "recorded",
    [SCENARIO_DEVICE_RANDOM] = "random", [SCENARIO_DEVICE_QUEUE] = "queue",
};

static void write_model(struct setting_writer *writer, const void *value)
{
    unsigned model;
    memcpy(&model, value, sizeof model);
    fprintf(writer->out, " \"%s\"", model_names[model]); // null without quotes is nothing
}

static const struct setting_kind model_kind = {
    .type = "auto, null, fixed, recorded, random, queue",
    .expected = "auto, null, fixed, recorded, random or queue",
    .words = model_names,
    .write = write_model,
};

const char *scenario_device_name(enum scenario_device_model model)
{
    return model_names[model];
}

static bool parse_seed(struct setting_input *input, void *value)
{
    int64_t seed;
    bool ok = units_parse_integer(input->text, &seed) && seed >= 0;
    if (ok)
        *(int64_t *)value = seed;
    return ok;
}

static bool parse_servers(struct setting_input *input, void *value)
{
    int64_t servers;
    bool ok = units_parse_integer(input->text, &servers) && servers >= 1 &&
              servers <= SCENARIO_SERVERS_MAX;
    if (ok)
        *(uint32_t *)value = (uint32_t)servers;
    return ok;
}

static bool parse_bandwidth(struct setting_input *input, void *value)
{
    int64_t bytes;
    bool ok = units_parse_size(input->text, &bytes) && bytes > 0;
    if (ok)
        *(int64_t *)value = bytes;
    return ok;
}

static void write_whole(struct setting_writer *writer, const void *value)
{
    fprintf(writer->out, " %" PRId64, *(const int64_t *)value);
}

static void write_servers(struct setting_writer *writer, const void *value)
{
    fprintf(writer->out, " %" PRIu32, *(const uint32_t *)value);
}

const struct setting_kind scenario_seed_kind = {
    .type = "whole number",
    .expected = "a whole number from 0 on",
    .size = sizeof(int64_t),
    .parse = parse_seed,
    .write = write_whole,
};

static const struct setting_kind servers_kind = {
    .type = "whole number",
    .expected = "a number of servers, 1 to 1024",
    .size = sizeof(uint32_t),
    .parse = parse_servers,
    .write = write_servers,
};

static const struct setting_kind bandwidth_kind = {
    .type = "bytes per second",
    .expected = "bytes per second, such as 500MB",
    .size = sizeof(int64_t),
    .parse = parse_bandwidth,
    .write = write_whole,
};

// The first is of those in `devices` only.
const struct setting scenario_device_rows[] = {
    {"id", &setting_id, offsetof(struct scenario_device, name), .required = true},
    {"model", &model_kind, offsetof(struct scenario_device, model), .required = true},
    {"latency", &setting_duration, .offset = offsetof(struct scenario_device, latency_ns)},
    {"seed", &scenario_seed_kind, .offset = offsetof(struct scenario_device, seed)},
    {"servers", &servers_kind, .offset = offsetof(struct scenario_device, servers)},
    {"bandwidth", &bandwidth_kind, .offset = offsetof(struct scenario_device, bandwidth)},
    {"classes", &scenario_classes, .offset = 0},
    {.key = NULL},
};

#define SEED_ROW 3 // from here on they are of models that have classes

static bool has_classes(const struct scenario_device *device)
{
    return device->model == SCENARIO_DEVICE_RANDOM || device->model == SCENARIO_DEVICE_QUEUE;
}

// What is wrong with it, or NULL; *key: of the value that it is about.
static const char *device_fault(const struct scenario_device *device, const char **key)
{
    bool is_queue = device->model == SCENARIO_DEVICE_QUEUE;
    *key = "servers";
    if (!is_queue && device->servers > 0)
        return "only model queue has servers";
    *key = "bandwidth";
    if (!is_queue && device->bandwidth > 0)
        return "only model queue has a bandwidth";
    *key = "seed";
    if (!has_classes(device) && device->seed > 0)
        return "only models random and queue have a seed";
    *key = "classes";
    if (!has_classes(device))
        return device->class_count == 0 ? NULL : "only models random and queue have classes";
    if (device->class_count == 0)
        return "models random and queue need classes, as 'throttlesim device fit' writes them";
    const struct scenario_class *last = &device->classes[device->class_count - 1];
    bool is_of_all = last->member == NULL && last->op == 0 && last->size == SCENARIO_SIZE_ANY;
    return is_of_all ? NULL
                     : "the last class must be one of all requests, without member, op and size: "
                       "it is of those that no other is of";
}

static bool check_read(struct yaml_reader *reader, yaml_node_t *node,
                       const struct scenario_device *device)
{
    const char *key, *fault = device_fault(device, &key);
    yaml_node_t *latency = yaml_find(reader, node, "latency");
    if (device->model == SCENARIO_DEVICE_FIXED && latency == NULL)
        return yaml_fail(reader, node, "model fixed needs a latency, such as latency: 200us");
    if (device->model != SCENARIO_DEVICE_FIXED && latency != NULL)
        return yaml_fail(reader, latency, "only model fixed has a latency");
    if (fault == NULL)
        return true;
    yaml_node_t *at = yaml_find(reader, node, key);
    return yaml_fail(reader, at != NULL ? at : node, "%s", fault);
}

bool scenario_check_device(const struct scenario_device *device, char message[DEVICE_MESSAGE_MAX])
{
    const char *key, *fault = device_fault(device, &key);
    for (size_t i = 0; fault == NULL && i < device->class_count; i++)
        fault = scenario_class_fault(&device->classes[i], device->model == SCENARIO_DEVICE_QUEUE);
    if (fault != NULL)
        snprintf(message, DEVICE_MESSAGE_MAX, "%s", fault);
    return fault == NULL;
}

void scenario_device_free(struct scenario_device *device)
{
    for (size_t i = 0; i < device->class_count; i++) {
        free(device->classes[i].member);
        free(device->classes[i].quantiles);
    }
    free(device->classes);
    free(device->name);
    *device = (struct scenario_device){.name = NULL};
}

static bool read_root(struct yaml_reader *reader, yaml_node_t *root, void *target)
{
    return setting_read(reader, root, "a device", scenario_device_rows + 1, target) &&
           check_read(reader, root, target);
}

static const struct scenario_file device_file = {"a file of a device", "a model and classes",
                                                 read_root};

static bool read_from(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return scenario_read_file(reader, node, &device_file, target);
}

static const struct setting_kind from_kind = {.type = "path", .read = read_from};

const struct setting scenario_device_file_rows[] = {
    {"id", &setting_id, offsetof(struct scenario_device, name), .required = true},
    {"from", &from_kind, .offset = 0, .required = true},
    {.key = NULL},
};

// skipped: of the rows, those that it does not have.
static bool read_any(struct yaml_reader *reader, yaml_node_t *node, const char *what, int skipped,
                     struct scenario_device *device)
{
    device->place = yaml_place(node);
    if (node->type == YAML_MAPPING_NODE && yaml_find(reader, node, "from") != NULL)
        return setting_read(reader, node, what, scenario_device_file_rows + skipped, device);
    return setting_read(reader, node, what, scenario_device_rows + skipped, device) &&
           check_read(reader, node, device);
}

static void write_rest(struct setting_writer *writer, const struct scenario_device *device)
{
    char text[UNITS_EXACT_MAX];
    fputs("model:", writer->out);
    write_model(writer, &device->model);
    if (device->model == SCENARIO_DEVICE_FIXED) // 0 is written too
        fprintf(writer->out, "%slatency: %s", writer->between,
                units_exact_duration(device->latency_ns, text));
    if (has_classes(device)) {
        fputs(writer->between, writer->out);
        setting_write_rows(writer, scenario_device_rows + SEED_ROW, device);
    }
}

bool scenario_write_device(const struct scenario_device *device, FILE *out)
{
    struct setting_writer writer = {.out = out, .between = "\n"};
    write_rest(&writer, device);
    putc('\n', out);
    return ferror(out) == 0;
}

// ---- That of all members ----

static bool read_device(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return read_any(reader, node, "device", 1, target);
}

static bool parse_fixed(struct setting_input *input, struct scenario_device *device)
{
    char hint[UNITS_HINT_MAX] = "";
    const char *latency = input->text + strlen("fixed:");
    size_t digits = strspn(latency, "0123456789");
    device->model = SCENARIO_DEVICE_FIXED;
    if (units_parse_duration(latency, &device->latency_ns))
        return true;
    if (digits > 0 && latency[digits] == '\0') // devices take microseconds
        snprintf(hint, sizeof hint, "; did you mean '%.32sus'?", input->text);
    else
        units_meant(UNITS_TIME, latency, hint, sizeof hint);
    snprintf(input->message, sizeof input->message,
             "expected fixed: and " YAML_DURATION ", such as fixed:200us, found '%.64s'%s",
             input->text, hint);
    return false;
}

static bool parse_device(struct setting_input *input, void *value)
{
    struct scenario_device device = {.name = NULL};
    bool ok;
    if (strncmp(input->text, "fixed:", 6) == 0)
        ok = parse_fixed(input, &device);
    else if (strncmp(input->text, "from:", 5) == 0)
        ok = scenario_parse_file(input, "from:", &device_file, &device);
    else
        ok = setting_parse_word(model_names, input->text, &device.model) &&
             device.model != SCENARIO_DEVICE_FIXED && !has_classes(&device);
    scenario_device_free(ok ? value : &device);
    if (ok)
        *(struct scenario_device *)value = device;
    return ok;
}

static void write_device(struct setting_writer *writer, const void *value)
{
    const struct scenario_device *device = value;
    const char *between = writer->between;
    writer->between = ", ";
    fputs(" {", writer->out);
    if (device->name != NULL) {
        fputs("id:", writer->out);
        setting_write_text(writer, &device->name);
        fputs(", ", writer->out);
    }
    write_rest(writer, device);
    putc('}', writer->out);
    writer->between = between;
}

const struct setting_kind device_kind = {
    .type = "device",
    .expected = "auto, null, fixed:LATENCY (fixed:200us), recorded or from:FILE",
    .rows = scenario_device_rows + 1,
    .at = offsetof(struct scenario_device, model),
    .size = sizeof(enum scenario_device_model),
    .read = read_device,
    .parse = parse_device,
    .write = write_device,
};

bool scenario_parse_device(const char *text, struct scenario_device *device)
{
    struct setting_input input = {.text = text};
    return parse_device(&input, device);
}

// ---- Those with names ----

static bool read_named(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const struct scenario *scenario = scenario_of(reader);
    struct scenario_device *device = target;
    if (!read_any(reader, node, "a device", 0, device))
        return false;
    if (strcmp(device->name, "default") == 0)
        return yaml_fail(reader, node,
                         "a device cannot be called 'default', which is that of the "
                         "scenario's own key 'device'");
    for (const struct scenario_device *other = scenario->devices; other < device; other++) {
        if (strcmp(other->name, device->name) == 0)
            return yaml_fail(reader, node, "there is a device '%s' already, in line %zu",
                             device->name, other->place.line);
    }
    return true;
}

static const struct setting_list devices_list =
    SETTING_LIST("devices", devices, device_count, read_named, write_device);

const struct setting_kind scenario_devices = {
    .type = "list of devices",
    .list = &devices_list,
};

static bool parse_member_device(struct setting_input *input, void *value)
{
    char hint[128];
    uint32_t count = input->scenario == NULL ? 0 : (uint32_t)input->scenario->device_count;
    uint32_t found = 0;
    while (found < count && strcmp(input->scenario->devices[found].name, input->text) != 0)
        found++;
    bool is_default = strcmp(input->text, "default") == 0;
    if (is_default || found < count)
        *(uint32_t *)value = is_default ? SCENARIO_NONE : found;
    else
        snprintf(input->message, sizeof input->message, "there is no device '%.64s'%s", input->text,
                 suggest(input->text, scenario_device_at, input->scenario, hint, sizeof hint));
    return is_default || found < count;
}

static void write_member_device(struct setting_writer *writer, const void *value)
{
    setting_write_text(writer, &writer->scenario->devices[*(const uint32_t *)value].name);
}

const struct setting_kind scenario_member_device = {
    .type = "id of a device",
    .expected = "the id of a device",
    .size = sizeof(uint32_t),
    .parse = parse_member_device,
    .write = write_member_device,
};
