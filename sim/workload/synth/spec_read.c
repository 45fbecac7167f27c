// SPDX-License-Identifier: GPL-2.0-or-later
// A specification as a whole, and its volumes.
#include "sim/workload/synth/spec_read.h"

#include "sim/base/text_file.h"
#include "sim/base/units.h"
#include "sim/parts/cut.h"
#include "traces/synth.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_RATE 100 // a second
#define DEFAULT_EXPONENT 0.9
#define DEFAULT_SPAN (UINT64_C(10) << 30)
#define DEFAULT_ALIGN 4096
#define DEFAULT_BYTES 4096

// ---- mix: operations, sizes, offsets ----

static struct synth_kind default_kind(enum trace_op op, double weight)
{
    return (struct synth_kind){
        .op = op,
        .weight = weight,
        .zipf_exponent = DEFAULT_EXPONENT,
        .span = DEFAULT_SPAN,
        .align = DEFAULT_ALIGN,
        .sizes = {{DEFAULT_BYTES, 1}},
    };
}

static void default_mix(struct synth_volume *volume)
{
    volume->kinds[0] = default_kind(TRACE_READ, 70);
    volume->kinds[1] = default_kind(TRACE_WRITE, 30);
    volume->kinds[0].size_count = volume->kinds[1].size_count = 1;
    volume->kind_count = 2;
}

static bool read_op(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    int op =
        synth_read_word(reader, node, "read, write, discard, write-zeroes or flush", cut_op_at);
    *(enum trace_op *)target = op < 0 ? TRACE_READ : (enum trace_op)op;
    return op >= 0;
}

static const char *place_at(const void *words, size_t index)
{
    (void)words;
    return index < SYNTH_PLACE_COUNT ? synth_place_name((enum synth_place)index) : NULL;
}

static bool read_place(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    int place = synth_read_word(reader, node, "uniform or zipf", place_at);
    *(enum synth_place *)target = place < 0 ? SYNTH_UNIFORM : (enum synth_place)place;
    return place >= 0;
}

static const struct yaml_field offset_fields[] = {
    {"place", read_place, offsetof(struct synth_kind, place), false},
    {"exponent", synth_read_number, offsetof(struct synth_kind, zipf_exponent), false},
    {"sequential", synth_read_number, offsetof(struct synth_kind, sequential), false},
    {"first", synth_read_size, offsetof(struct synth_kind, first), false},
    {"size", synth_read_size, offsetof(struct synth_kind, span), false},
    {"align", synth_read_size, offsetof(struct synth_kind, align), false},
    {NULL, NULL, 0, false},
};

static bool read_offsets(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct synth_kind *kind = target;
    if (!yaml_read_mapping(reader, node, "offsets", offset_fields, kind))
        return false;
    yaml_node_t *exponent = yaml_find(reader, node, "exponent");
    if (exponent == NULL || kind->place == SYNTH_ZIPF)
        return true;
    if (yaml_find(reader, node, "place") != NULL)
        return yaml_fail(reader, exponent, "only place: zipf has an exponent");
    kind->place = SYNTH_ZIPF;
    return true;
}

// A size alone, or sizes with their weights.
static bool read_sizes(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct synth_kind *kind = target;
    if (node->type == YAML_SCALAR_NODE) {
        kind->sizes[0].weight = 1;
        kind->size_count = 1;
        return synth_read_size(reader, node, &kind->sizes[0].bytes);
    }
    if (node->type != YAML_MAPPING_NODE)
        return yaml_fail(reader, node,
                         "expected a size, or a mapping of sizes and weights such as {4KiB: 80, "
                         "64KiB: 20}");
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
        yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
        if (kind->size_count == SYNTH_SIZES_MAX)
            return yaml_fail(reader, key, "more than %d sizes", SYNTH_SIZES_MAX);
        struct synth_size *size = &kind->sizes[kind->size_count];
        if (!synth_read_size(reader, key, &size->bytes) ||
            !synth_read_number(reader, value, &size->weight))
            return false;
        for (uint32_t i = 0; i < kind->size_count; i++) {
            if (kind->sizes[i].bytes == size->bytes)
                return yaml_fail(reader, key, "the size of %" PRIu64 " bytes is given twice",
                                 size->bytes);
        }
        kind->size_count++;
    }
    return true;
}

static const struct yaml_field kind_fields[] = {
    {"op", read_op, offsetof(struct synth_kind, op), true},
    {"weight", synth_read_number, offsetof(struct synth_kind, weight), false},
    {"sizes", read_sizes, 0, false},
    {"offsets", read_offsets, 0, false},
    {NULL, NULL, 0, false},
};

static bool read_kind(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct synth_volume *volume = target;
    if (volume->kind_count == SYNTH_KINDS_MAX)
        return yaml_fail(reader, node, "more than %d kinds of requests", SYNTH_KINDS_MAX);
    struct synth_kind *kind = &volume->kinds[volume->kind_count++];
    *kind = default_kind(TRACE_READ, 1);
    if (!yaml_read_mapping(reader, node, "a kind of requests", kind_fields, kind))
        return false;
    yaml_node_t *sizes = yaml_find(reader, node, "sizes");
    if (kind->op == TRACE_FLUSH && sizes != NULL)
        return yaml_fail(reader, sizes, "a flush has no size");
    if (sizes == NULL && kind->op != TRACE_FLUSH)
        kind->size_count = 1;
    return true;
}

static bool read_mix(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct synth_volume *volume = target;
    volume->kind_count = 0;
    return yaml_read_sequence(reader, node, "kinds of requests", read_kind, volume);
}

// ---- The whole ----

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
    {"mix", read_mix, 0, false},
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
        .gap_ns = {SYNTH_EXPONENTIAL, 1e9 / DEFAULT_RATE, 0},
        .rate_per_s = DEFAULT_RATE,
        .amplitude = 0.5,
        .period_ns = INT64_C(24) * 3600 * 1000000000,
        .clients = 1,
    };
    default_mix(volume);
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
