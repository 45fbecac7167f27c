// SPDX-License-Identifier: GPL-2.0-or-later
// Reading JSON in tests. JSON is YAML, so libyaml does the work and these functions only walk its
// tree. Values belong to the document. A value of the wrong kind fails the running test.
#ifndef TESTS_SUPPORT_JSON_H
#define TESTS_SUPPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

struct json {
    yaml_document_t document;
};

typedef const yaml_node_t json_value;

// False: not one well-formed document. Otherwise to be freed.
bool json_parse(struct json *json, const char *text, size_t size);
void json_free(struct json *json);

json_value *json_root(struct json *json);

// The value of a key, or NULL.
json_value *json_get(struct json *json, json_value *object, const char *key);

// Items of an array or pairs of an object.
size_t json_count(json_value *value);
json_value *json_at(struct json *json, json_value *array, size_t index);
const char *json_key_at(struct json *json, json_value *object, size_t index);
json_value *json_value_at(struct json *json, json_value *object, size_t index);

const char *json_text(json_value *value);
int64_t json_integer(json_value *value);
bool json_boolean(json_value *value);

// A whole file with a 0 byte after it, to be freed. Fails the running test if it cannot be read.
char *json_read_file(const char *path, size_t *size);

#endif
