// SPDX-License-Identifier: GPL-2.0-or-later
// Reading a YAML (or JSON) document by tables of keys. Every error says file, line and column, what
// was found and what was expected.
#ifndef SIM_BASE_YAML_READER_H
#define SIM_BASE_YAML_READER_H

#include "sim/base/error.h"
#include "sim/base/suggest.h"

#include <stdbool.h>
#include <yaml.h>

struct yaml_reader {
    yaml_document_t document;
    const char *name; // of the file
    struct sim_error *error;
    const char *what;      // the document is, for messages: "a scenario"
    const char *parts;     // that it has: "groups, members and traces"
    void *filled;          // the whole that the document is read into
    const char *directory; // that paths are relative to
    size_t copied;         // bytes of all texts taken so far
};

// Reads one value into *target. False with the error filled.
typedef bool yaml_read(struct yaml_reader *reader, yaml_node_t *node, void *target);

// A key of a mapping; a table ends with key NULL. Keys are read in the order of the table, whatever
// their order in the file.
struct yaml_field {
    const char *key;
    yaml_read *read;
    size_t offset; // of the value in the target
    bool required;
};

bool yaml_open(struct yaml_reader *reader, const char *text, size_t length);
void yaml_close(struct yaml_reader *reader);

// Always false.
bool yaml_fail(struct yaml_reader *reader, const yaml_node_t *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct sim_place yaml_place(const yaml_node_t *node);

// A mapping, whose keys are all among those of the rows, and none comes twice? `what` names the
// thing in messages: "a member".
bool yaml_check_keys(struct yaml_reader *reader, yaml_node_t *mapping, const char *what,
                     nearest_word_at *key_at, const void *rows);

bool yaml_read_mapping(struct yaml_reader *reader, yaml_node_t *node, const char *what,
                       const struct yaml_field *fields, void *target);

// The value of a key, or NULL.
yaml_node_t *yaml_find(struct yaml_reader *reader, yaml_node_t *mapping, const char *key);

// Calls `each` with every item and the target itself.
bool yaml_read_sequence(struct yaml_reader *reader, yaml_node_t *node, const char *what,
                        yaml_read *each, void *target);

// A scalar's text, or NULL with the error filled; `expected` completes "expected ...".
const char *yaml_text(struct yaml_reader *reader, const yaml_node_t *node, const char *expected);

// The array, moved if need be, with one zeroed item more, counted; NULL with the error filled, and
// the array is as it was.
void *yaml_append(struct yaml_reader *reader, void *array, size_t *count, size_t size);

// What a duration is expected to be.
#define YAML_DURATION "a time with a unit (ns, us, ms, s, min, h)"

yaml_read yaml_read_string;   // char *
yaml_read yaml_read_duration; // int64_t

#endif
