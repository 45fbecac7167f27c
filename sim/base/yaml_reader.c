// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/yaml_reader.h"

#include "sim/base/units.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_place yaml_place(const yaml_node_t *node)
{
    return (struct sim_place){node->start_mark.line + 1, node->start_mark.column + 1};
}

static bool fail_at(struct yaml_reader *reader, struct sim_place place, const char *text)
{
    return sim_fail(reader->error, SIM_BAD_INPUT, "%s:%zu:%zu: %s", reader->name, place.line,
                    place.column, text);
}

bool yaml_fail(struct yaml_reader *reader, const yaml_node_t *node, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fail_at(reader, yaml_place(node), text);
}

// The scanner's marks count from 0; a message without one comes from the decoder.
static bool fail_syntax(struct yaml_reader *reader, const yaml_parser_t *parser)
{
    char text[512];
    struct sim_place place = {parser->problem_mark.line + 1, parser->problem_mark.column + 1};
    if (parser->error == YAML_MEMORY_ERROR)
        return sim_fail_memory(reader->error);
    if (parser->error == YAML_READER_ERROR)
        return sim_fail(reader->error, SIM_BAD_INPUT, "%s: byte %zu: not YAML or JSON text: %s",
                        reader->name, parser->problem_offset, parser->problem);
    snprintf(text, sizeof text, "not valid YAML: %s%s%s", parser->problem,
             parser->context == NULL ? "" : ", ", parser->context == NULL ? "" : parser->context);
    return fail_at(reader, place, text);
}

// libyaml's time grows with the square of the nesting and of the number of anchors; no
// document of ours needs much of either.
#define DEPTH_MAX 32
#define ANCHORS_MAX 1000

struct yaml_counts {
    int depth;
    int anchors;
    int documents;
};

// Says what is wrong with the document from this event on, if anything.
static void count_event(struct yaml_counts *counts, const yaml_event_t *event, const char *what,
                        char complaint[128])
{
    const yaml_char_t *anchor = NULL;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++counts->documents > 1)
            snprintf(complaint, 128, "a second document; %s is one, without '---' in it", what);
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        counts->depth++;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        counts->depth++;
        break;
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        break;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        counts->depth--;
        break;
    default:
        break;
    }
    counts->anchors += anchor != NULL;
    if (counts->depth > DEPTH_MAX)
        snprintf(complaint, 128, "nested more than 32 deep, which no %s is",
                 what + strcspn(what, " ") + 1);
    if (counts->anchors > ANCHORS_MAX)
        snprintf(complaint, 128, "more than 1000 anchors (&name)");
}

// Reads the text to its end: is it one document, of bounded depth?
static bool survey(struct yaml_reader *reader, yaml_parser_t *parser)
{
    struct yaml_counts counts = {0};
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return fail_syntax(reader, parser);
        char complaint[128] = "";
        count_event(&counts, &event, reader->what, complaint);
        struct sim_place place = {event.start_mark.line + 1, event.start_mark.column + 1};
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (complaint[0] != '\0')
            return fail_at(reader, place, complaint);
    }
    return counts.documents == 1 || sim_fail(reader->error, SIM_BAD_INPUT, "%s: empty; %s has %s",
                                             reader->name, reader->what, reader->parts);
}

static bool load(struct yaml_reader *reader, yaml_parser_t *parser)
{
    return yaml_parser_load(parser, &reader->document) || fail_syntax(reader, parser);
}

static bool parse(struct yaml_reader *reader, const char *text, size_t length,
                  bool (*step)(struct yaml_reader *, yaml_parser_t *))
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return sim_fail_memory(reader->error);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    bool ok = step(reader, &parser);
    yaml_parser_delete(&parser);
    return ok;
}

bool yaml_open(struct yaml_reader *reader, const char *text, size_t length)
{
    return parse(reader, text, length, survey) && parse(reader, text, length, load);
}

void yaml_close(struct yaml_reader *reader)
{
    yaml_document_delete(&reader->document);
}

static const char *kind_name(const yaml_node_t *node)
{
    switch (node->type) {
    case YAML_SCALAR_NODE:
        return "a single value";
    case YAML_SEQUENCE_NODE:
        return "a list";
    default:
        return "a mapping (key: value)";
    }
}

const char *yaml_text(struct yaml_reader *reader, const yaml_node_t *node, const char *expected)
{
    if (node->type != YAML_SCALAR_NODE) {
        yaml_fail(reader, node, "expected %s, found %s", expected, kind_name(node));
        return NULL;
    }
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length) {
        yaml_fail(reader, node, "expected %s, found text with a NUL in it", expected);
        return NULL;
    }
    return text;
}

static const char *field_at(const void *words, size_t index)
{
    return ((const struct yaml_field *)words)[index].key;
}

static bool is_known(nearest_word_at *key_at, const void *rows, const char *key)
{
    const char *known;
    for (size_t i = 0; (known = key_at(rows, i)) != NULL; i++) {
        if (strcmp(known, key) == 0)
            return true;
    }
    return false;
}

bool yaml_check_keys(struct yaml_reader *reader, yaml_node_t *mapping, const char *what,
                     nearest_word_at *key_at, const void *rows)
{
    if (mapping->type != YAML_MAPPING_NODE)
        return yaml_fail(reader, mapping, "expected %s as a mapping (key: value), found %s", what,
                         kind_name(mapping));
    yaml_node_pair_t *pairs = mapping->data.mapping.pairs.start;
    size_t count = (size_t)(mapping->data.mapping.pairs.top - pairs);
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *node = yaml_document_get_node(&reader->document, pairs[i].key);
        const char *key = yaml_text(reader, node, "a key");
        char hint[128];
        if (key == NULL)
            return false;
        if (isdigit((unsigned char)key[0]) && is_known(key_at, rows, "device"))
            return yaml_fail(reader, node,
                             "unknown key '%.64s' in %s; a device is written in quotes, such as "
                             "device: \"254,48\"",
                             key, what);
        if (!is_known(key_at, rows, key))
            return yaml_fail(reader, node, "unknown key '%.64s' in %s%s", key, what,
                             suggest(key, key_at, rows, hint, sizeof hint));
        // The first of two equal keys is the one that is found.
        yaml_node_t *value = yaml_document_get_node(&reader->document, pairs[i].value);
        if (yaml_find(reader, mapping, key) != value)
            return yaml_fail(reader, node, "key '%s' is given twice in %s", key, what);
    }
    return true;
}

yaml_node_t *yaml_find(struct yaml_reader *reader, yaml_node_t *mapping, const char *key)
{
    for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++) {
        yaml_node_t *node = yaml_document_get_node(&reader->document, pair->key);
        if (node->type == YAML_SCALAR_NODE &&
            strcmp((const char *)node->data.scalar.value, key) == 0)
            return yaml_document_get_node(&reader->document, pair->value);
    }
    return NULL;
}

bool yaml_read_mapping(struct yaml_reader *reader, yaml_node_t *node, const char *what,
                       const struct yaml_field *fields, void *target)
{
    if (!yaml_check_keys(reader, node, what, field_at, fields))
        return false;
    for (; fields->key != NULL; fields++) {
        yaml_node_t *value = yaml_find(reader, node, fields->key);
        if (value == NULL && fields->required)
            return yaml_fail(reader, node, "%s needs the key '%s'", what, fields->key);
        if (value != NULL && !fields->read(reader, value, (char *)target + fields->offset))
            return false;
    }
    return true;
}

bool yaml_read_sequence(struct yaml_reader *reader, yaml_node_t *node, const char *what,
                        yaml_read *each, void *target)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return yaml_fail(reader, node, "expected a list of %s, found %s", what, kind_name(node));
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        if (!each(reader, yaml_document_get_node(&reader->document, *item), target))
            return false;
    }
    return true;
}

void *yaml_append(struct yaml_reader *reader, void *array, size_t *count, size_t size)
{
    // It grows by doubling: there is room whenever the count is not a power of two.
    if ((*count & (*count - 1)) == 0)
        array = realloc(array, (*count == 0 ? 1 : 2 * *count) * size);
    if (array == NULL) {
        sim_fail_memory(reader->error);
        return NULL;
    }
    memset((char *)array + *count * size, 0, size);
    (*count)++;
    return array;
}

// An alias is short, but what it stands for is copied each time: a file of any size could fill any
// memory. Without aliases, a file that may be read holds no more than this.
#define COPIED_MAX (64u << 20)

bool yaml_read_string(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const char *text = yaml_text(reader, node, "a text");
    if (text == NULL)
        return false;
    if (text[0] == '\0')
        return yaml_fail(reader, node, "expected a text, found nothing");
    reader->copied += strlen(text) + 1;
    if (reader->copied > COPIED_MAX)
        return yaml_fail(
            reader, node,
            "all texts together are longer than 64 MiB, with those that aliases (*name) "
            "stand for; long traces belong in files");
    free(*(char **)target);
    *(char **)target = strdup(text);
    return *(char **)target != NULL || sim_fail_memory(reader->error);
}

bool yaml_read_duration(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    char hint[UNITS_HINT_MAX];
    const char *text = yaml_text(reader, node, YAML_DURATION);
    if (text == NULL)
        return false;
    return units_parse_duration(text, target) ||
           yaml_fail(reader, node, "expected " YAML_DURATION ", found '%.64s'%s", text,
                     units_meant(UNITS_TIME, text, hint, sizeof hint));
}
