// SPDX-License-Identifier: GPL-2.0-or-later
// mix: operations, sizes, offsets.
#include "sim/workload/synth/spec_read.h"

#include "sim/base/units.h"

#include <inttypes.h>
#include <string.h>

static struct synth_kind default_kind(enum trace_op op, double weight)
{
    return (struct synth_kind){
        .op = op,
        .weight = weight,
        .zipf_exponent = SYNTH_DEFAULT_EXPONENT,
        .span = SYNTH_DEFAULT_SPAN,
        .align = SYNTH_DEFAULT_ALIGN,
        .sizes = {{SYNTH_DEFAULT_BYTES, 1}},
    };
}

void synth_default_mix(struct synth_volume *volume)
{
    volume->kinds[0] = default_kind(TRACE_READ, 70);
    volume->kinds[1] = default_kind(TRACE_WRITE, 30);
    volume->kinds[0].size_count = volume->kinds[1].size_count = 1;
    volume->kind_count = 2;
}

static const char *op_at(const void *words, size_t index)
{
    (void)words;
    return index < TRACE_OP_COUNT ? trace_op_name((enum trace_op)index) : NULL;
}

static bool read_op(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    int op = synth_read_word(reader, node, "read, write, discard, write-zeroes or flush", op_at);
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

bool synth_read_mix(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct synth_volume *volume = target;
    volume->kind_count = 0;
    return yaml_read_sequence(reader, node, "kinds of requests", read_kind, volume);
}
