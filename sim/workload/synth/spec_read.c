// SPDX-License-Identifier: GPL-2.0-or-later
// A specification as a whole, and its volumes.
#include "sim/workload/synth/spec_read.h"

#include "sim/base/text_file.h"
#include "sim/base/units.h"
#include "traces/synth/synth_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool read_batch_mean(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    double *mean = target;
    return synth_read_number(reader, node, mean) &&
           (*mean >= 1 ||
            yaml_fail(reader, node, "a batch has 1 or more requests, found %g", *mean));
}

static const struct yaml_field batch_fields[] = {
    {"mean", read_batch_mean, offsetof(struct synth_arrivals, batch_mean), true},
    {"gap", synth_read_draw, offsetof(struct synth_arrivals, batch_gap_ns), false},
    {NULL, NULL, 0, false},
};

static bool read_batch(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return yaml_read_mapping(reader, node, "a batch", batch_fields, target);
}

static const struct yaml_field volume_fields[] = {
    {"id", yaml_read_string, offsetof(struct synth_volume, name), true},
    {"count", synth_read_count, offsetof(struct synth_volume, count), false},
    {"arrivals", synth_read_arrivals, offsetof(struct synth_volume, arrivals), false},
    {"batch", read_batch, offsetof(struct synth_volume, arrivals), false},
    {"correlation", synth_read_number, offsetof(struct synth_volume, correlation), false},
    {"bursts", yaml_read_string, offsetof(struct synth_volume, bursts), false},
    {"mix", synth_read_mix, 0, false},
    {"latency", synth_read_draw, offsetof(struct synth_volume, latency_ns), false},
    {NULL, NULL, 0, false},
};

static bool read_volume(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct synth_spec *spec = target;
    struct trace_error problem;
    if (spec->volume_count == SYNTH_ENTRIES_MAX)
        return yaml_fail(reader, node,
                         "more than %d volumes; those that are alike are one entry "
                         "with a count",
                         SYNTH_ENTRIES_MAX);
    struct synth_volume *array =
        yaml_append(reader, spec->volumes, &spec->volume_count, sizeof *array);
    if (array == NULL)
        return false;
    spec->volumes = array;
    struct synth_volume *volume = &array[spec->volume_count - 1];
    volume->count = 1;
    volume->arrivals = (struct synth_arrivals){
        .gap_ns = {SYNTH_EXPONENTIAL, 1e9 / SYNTH_DEFAULT_RATE, 0},
        .rate_per_s = SYNTH_DEFAULT_RATE,
        .amplitude = 0.5,
        .period_ns = INT64_C(24) * 3600 * 1000000000,
        .clients = 1,
    };
    synth_default_mix(volume);
    return yaml_read_mapping(reader, node, "a volume", volume_fields, volume) &&
           (synth_check_entry(spec, spec->volume_count - 1, &problem) ||
            yaml_fail(reader, node, "%s", problem.message));
}

static bool read_volumes(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const struct synth_spec *spec = target;
    return yaml_read_sequence(reader, node, "volumes", read_volume, target) &&
           (spec->volume_count > 0 ||
            yaml_fail(reader, node, "a specification has at least one volume"));
}

static bool read_whole(struct yaml_reader *reader, yaml_node_t *node, int64_t least,
                       uint64_t *target)
{
    const char *text = yaml_text(reader, node, "a whole number");
    int64_t value;
    if (text == NULL)
        return false;
    if (!units_parse_integer(text, &value) || value < least)
        return yaml_fail(reader, node,
                         "expected a whole number of %" PRId64 " to 2^63 - 1, found '%.64s'", least,
                         text);
    *target = (uint64_t)value;
    return true;
}

static bool read_seed(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return read_whole(reader, node, 0, target);
}

static bool read_requests(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return read_whole(reader, node, 1, target);
}

static bool read_duration(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const int64_t *duration_ns = target;
    return yaml_read_duration(reader, node, target) &&
           ((*duration_ns >= 1 && *duration_ns <= SYNTH_DURATION_NS_MAX) ||
            yaml_fail(reader, node, "the duration must be 1 ns to 2^62 ns, found %" PRId64 " ns",
                      *duration_ns));
}

static const struct yaml_field spec_fields[] = {
    {"seed", read_seed, offsetof(struct synth_spec, seed), false},
    {"duration", read_duration, offsetof(struct synth_spec, duration_ns), false},
    {"requests", read_requests, offsetof(struct synth_spec, requests_max), false},
    {"volumes", read_volumes, 0, true},
    {NULL, NULL, 0, false},
};

bool synth_spec_parse(struct synth_spec *spec, const char *name, const char *text, size_t length,
                      struct sim_error *error)
{
    struct yaml_reader reader = {
        .name = name,
        .error = error,
        .what = "a specification",
        .parts = "volumes",
    };
    *spec = (struct synth_spec){.seed = 1, .duration_ns = INT64_C(60000000000)};
    if (!yaml_open(&reader, text, length))
        return false;
    yaml_node_t *root = yaml_document_get_root_node(&reader.document);
    bool ok = yaml_read_mapping(&reader, root, "the specification", spec_fields, spec);
    yaml_close(&reader);
    if (!ok)
        synth_spec_free(spec);
    return ok;
}

bool synth_spec_load(struct synth_spec *spec, const char *path, struct sim_error *error)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    char *text;
    size_t length;
    *spec = (struct synth_spec){0};
    bool ok = text_file_read(path, "not a specification", &text, &length, error) &&
              synth_spec_parse(spec, name, text, length, error);
    free(text);
    return ok;
}
