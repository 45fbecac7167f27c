// SPDX-License-Identifier: GPL-2.0-or-later
// The key `classes` of a device: how long which requests take.
#include "sim/base/units.h"
#include "sim/scenario/scenario_internal.h"

#include <string.h>

static const char *const op_names[ENGINE_OP_COUNT + 2] = {
    "any", "read", "write", "discard", "write-zeroes", "flush",
};

static const struct setting_kind op_kind = {
    .type = "any, read, write, discard, write-zeroes, flush",
    .expected = "any, read, write, discard, write-zeroes or flush",
    .words = op_names,
};

const char *scenario_class_op_name(unsigned op)
{
    return op_names[op];
}

static const char *const size_names[SCENARIO_SIZE_COUNT + 1] = {
    [SCENARIO_SIZE_ANY] = "any",
    [SCENARIO_SIZE_SMALL] = "4KiB",
    [SCENARIO_SIZE_MEDIUM] = "64KiB",
    [SCENARIO_SIZE_LARGE] = "above",
};

static const struct setting_kind size_kind = {
    .type = "any, 4KiB, 64KiB, above",
    .expected = "any, 4KiB, 64KiB or above",
    .words = size_names,
};

const char *scenario_size_name(enum scenario_size size)
{
    return size_names[size];
}

enum scenario_size scenario_size_of(uint64_t bytes)
{
    return bytes <= SCENARIO_SMALL_BYTES    ? SCENARIO_SIZE_SMALL
           : bytes <= SCENARIO_MEDIUM_BYTES ? SCENARIO_SIZE_MEDIUM
                                            : SCENARIO_SIZE_LARGE;
}

static const char *const law_names[] = {
    [SCENARIO_LAW_EMPIRICAL] = "empirical",
    [SCENARIO_LAW_LOGNORMAL] = "lognormal",
    [SCENARIO_LAW_GAMMA] = "gamma",
    NULL,
};

static const struct setting_kind law_kind = {
    .type = "empirical, lognormal, gamma",
    .expected = "empirical, lognormal or gamma",
    .words = law_names,
};

static bool read_quantile(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario_class *class = target;
    int64_t value_ns, before_ns = 0;
    if (!yaml_read_duration(reader, node, &value_ns))
        return false;
    if (class->quantile_count > 0)
        before_ns = class->quantiles[class->quantile_count - 1];
    if (value_ns < before_ns)
        return yaml_fail(reader, node, "quantiles go upwards: this is below the one before it");
    if (class->quantile_count == SCENARIO_QUANTILES_MAX)
        return yaml_fail(reader, node, "there are more than %d quantiles", SCENARIO_QUANTILES_MAX);
    int64_t *quantiles =
        yaml_append(reader, class->quantiles, &class->quantile_count, sizeof *quantiles);
    if (quantiles == NULL)
        return false;
    class->quantiles = quantiles;
    quantiles[class->quantile_count - 1] = value_ns;
    return true;
}

static bool read_quantiles(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return yaml_read_sequence(reader, node, "times", read_quantile, target);
}

static void write_quantiles(struct setting_writer *writer, const void *value)
{
    const struct scenario_class *class = value;
    char text[UNITS_EXACT_MAX];
    for (size_t i = 0; i < class->quantile_count; i++)
        fprintf(writer->out, "%s%s", i == 0 ? " [" : ", ",
                units_exact_duration(class->quantiles[i], text));
    putc(']', writer->out);
}

static const struct setting_kind quantiles_kind = {
    .type = "list of durations",
    .at = offsetof(struct scenario_class, quantile_count),
    .size = sizeof(size_t),
    .read = read_quantiles,
    .write = write_quantiles,
};

const struct setting scenario_class_rows[] = {
    {"member", &setting_text, .offset = offsetof(struct scenario_class, member)},
    {"op", &op_kind, offsetof(struct scenario_class, op), .fallback = "any"},
    {"size", &size_kind, offsetof(struct scenario_class, size), .fallback = "any"},
    {"law", &law_kind, offsetof(struct scenario_class, law), .fallback = "empirical"},
    {"quantiles", &quantiles_kind, .offset = 0},
    {"mean", &setting_duration, offsetof(struct scenario_class, mean_ns), .fallback = ""},
    {"shape", &scenario_factor_kind, .offset = offsetof(struct scenario_class, shape)},
    {"serial", &setting_duration, offsetof(struct scenario_class, serial_ns), .fallback = ""},
    {.key = NULL},
};

const char *scenario_class_fault(const struct scenario_class *class, bool is_queue)
{
    const struct fraction *given = &class->shape;
    bool has_shape = given->denominator > 0;
    double shape = has_shape ? (double)given->numerator / (double)given->denominator : 0;
    bool has_serial = class->serial_ns != INT64_MAX;
    if (has_serial && !is_queue)
        return "only classes of model queue have a serial part";
    if (class->law == SCENARIO_LAW_EMPIRICAL) {
        if (class->mean_ns != INT64_MAX || has_shape)
            return "an empirical class has quantiles, and no mean and shape";
        return class->quantile_count > 0 ? NULL
                                         : "an empirical class needs quantiles, such as "
                                           "quantiles: [80us, 100us, 2ms]";
    }
    if (class->quantile_count > 0)
        return "only an empirical class has quantiles";
    if (class->mean_ns == INT64_MAX || !has_shape)
        return "a class of this law needs a mean and a shape, such as mean: 200us, shape: 1.5";
    if (class->law == SCENARIO_LAW_LOGNORMAL && !(shape >= 0.02 && shape <= 4))
        return "the shape of lognormal is from 0.02 to 4";
    if (!(shape >= 0.02 && shape <= 500))
        return "the shape of gamma is from 0.02 to 500";
    return is_queue && !has_serial ? "a class of this law of model queue needs its serial part, "
                                     "such as serial: 50us"
                                   : NULL;
}

static bool read_class(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario_device *device = target;
    struct scenario_class *classes =
        yaml_append(reader, device->classes, &device->class_count, sizeof *classes);
    if (classes == NULL)
        return false;
    device->classes = classes;
    struct scenario_class *class = &classes[device->class_count - 1];
    setting_set_defaults(scenario_class_rows, class);
    if (!setting_read(reader, node, "a class", scenario_class_rows, class))
        return false;
    const char *fault = scenario_class_fault(class, device->model == SCENARIO_DEVICE_QUEUE);
    return fault == NULL || yaml_fail(reader, node, "%s", fault);
}

static bool read_classes(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return yaml_read_sequence(reader, node, "classes", read_class, target);
}

static void write_classes(struct setting_writer *writer, const void *value)
{
    const struct scenario_device *device = value;
    const char *between = writer->between;
    bool is_whole = strcmp(between, "\n") == 0;
    writer->between = ", ";
    for (size_t i = 0; i < device->class_count; i++) {
        fputs(is_whole ? "\n  - {" : i == 0 ? " [{" : ", {", writer->out);
        setting_write_rows(writer, scenario_class_rows, &device->classes[i]);
        putc('}', writer->out);
    }
    if (!is_whole)
        putc(']', writer->out);
    writer->between = between;
}

const struct setting_kind scenario_classes = {
    .type = "list of classes",
    .at = offsetof(struct scenario_device, class_count),
    .size = sizeof(size_t),
    .read = read_classes,
    .write = write_classes,
};
