// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

bool json_parse(struct json *json, const char *text, size_t size)
{
    yaml_parser_t parser;
    assert_true(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    bool ok = yaml_parser_load(&parser, &json->document);
    yaml_parser_delete(&parser);
    if (ok && json_root(json) == NULL) {
        json_free(json);
        ok = false;
    }
    return ok;
}

void json_free(struct json *json)
{
    yaml_document_delete(&json->document);
}

json_value *json_root(struct json *json)
{
    return yaml_document_get_root_node(&json->document);
}

static json_value *node(struct json *json, int index)
{
    json_value *found = yaml_document_get_node(&json->document, index);
    assert_non_null(found);
    return found;
}

json_value *json_get(struct json *json, json_value *object, const char *key)
{
    for (size_t i = 0; i < json_count(object); i++) {
        if (strcmp(json_key_at(json, object, i), key) == 0)
            return json_value_at(json, object, i);
    }
    return NULL;
}

size_t json_count(json_value *value)
{
    assert_non_null(value);
    if (value->type == YAML_MAPPING_NODE) {
        return (size_t)(value->data.mapping.pairs.top - value->data.mapping.pairs.start);
    }
    assert_int_equal(value->type, YAML_SEQUENCE_NODE);
    return (size_t)(value->data.sequence.items.top - value->data.sequence.items.start);
}

json_value *json_at(struct json *json, json_value *array, size_t index)
{
    assert_int_equal(array->type, YAML_SEQUENCE_NODE);
    assert_true(index < json_count(array));
    return node(json, array->data.sequence.items.start[index]);
}

static const yaml_node_pair_t *pair_at(json_value *object, size_t index)
{
    assert_int_equal(object->type, YAML_MAPPING_NODE);
    assert_true(index < json_count(object));
    return &object->data.mapping.pairs.start[index];
}

const char *json_key_at(struct json *json, json_value *object, size_t index)
{
    return json_text(node(json, pair_at(object, index)->key));
}

json_value *json_value_at(struct json *json, json_value *object, size_t index)
{
    return node(json, pair_at(object, index)->value);
}

const char *json_text(json_value *value)
{
    assert_non_null(value);
    assert_int_equal(value->type, YAML_SCALAR_NODE);
    return (const char *)value->data.scalar.value;
}

int64_t json_integer(json_value *value)
{
    const char *text = json_text(value);
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        fail_msg("\"%s\" is not a 64-bit integer", text);
    return number;
}

bool json_boolean(json_value *value)
{
    const char *text = json_text(value);
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        fail_msg("\"%s\" is not true or false", text);
    return text[0] == 't';
}

char *json_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s: %s", path, strerror(errno));
    char *text = NULL;
    size_t capacity = 0;
    *size = 0;
    for (;;) {
        if (capacity - *size < 2) {
            capacity = capacity == 0 ? 65536 : capacity * 2;
            text = realloc(text, capacity);
            assert_non_null(text);
        }
        size_t got = fread(text + *size, 1, capacity - *size - 1, file);
        if (got == 0)
            break;
        *size += got;
    }
    assert_false(ferror(file));
    fclose(file);
    text[*size] = '\0';
    return text;
}
