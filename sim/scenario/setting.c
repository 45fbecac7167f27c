// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/scenario/setting.h"

#include "sim/base/text_file.h"
#include "sim/base/units.h"
#include "sim/scenario/scenario_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// ---- Kinds ----

static bool parse_text(struct setting_input *input, void *value)
{
    char **target = value, *copy = input->text[0] == '\0' ? NULL : strdup(input->text);
    if (copy == NULL)
        return false;
    free(*target);
    *target = copy;
    return true;
}

void setting_write_text(struct setting_writer *writer, const void *value)
{
    putc(' ', writer->out);
    text_write_quoted(writer->out, *(char *const *)value);
}

const struct setting_kind setting_text = {
    .type = "text",
    .expected = "a text",
    .size = sizeof(char *),
    .read = yaml_read_string,
    .parse = parse_text,
    .write = setting_write_text,
};

const struct setting_kind setting_id = {
    .type = "text",
    .read = yaml_read_string,
    .write = setting_write_text,
};

static bool parse_duration(struct setting_input *input, void *value)
{
    if (input->scenario != NULL || input->text[0] != '\0')
        return units_parse_duration(input->text, value);
    *(int64_t *)value = INT64_MAX;
    return true;
}

void setting_write_time(struct setting_writer *writer, const void *value)
{
    char text[UNITS_EXACT_MAX];
    fprintf(writer->out, " %s", units_exact_duration(*(const int64_t *)value, text));
}

const struct setting_kind setting_duration = {
    .type = "duration",
    .expected = YAML_DURATION,
    .size = sizeof(int64_t),
    .parse = parse_duration,
    .is_time = true,
    .write = setting_write_time,
};

// ---- Rows ----

const char *setting_key_at(const void *rows, size_t index)
{
    return ((const struct setting *)rows)[index].key;
}

const struct setting *setting_find(const struct setting *rows, const char *key)
{
    while (rows->key != NULL && strcmp(rows->key, key) != 0)
        rows++;
    return rows->key == NULL ? NULL : rows;
}

bool setting_parse_word(const char *const *words, const char *text, void *value)
{
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            memcpy(value, &i, sizeof i);
            return true;
        }
    }
    return false;
}

bool setting_parse(struct setting_input *input, const struct setting *row, void *target)
{
    const struct setting_kind *kind = row->kind;
    char hint[UNITS_HINT_MAX] = "";
    void *value = (char *)target + row->offset;
    if (kind->parse != NULL ? kind->parse(input, value)
                            : setting_parse_word(kind->words, input->text, value))
        return true;
    if (kind->words != NULL)
        suggest(input->text, nearest_word_in_array, kind->words, hint, sizeof hint);
    if (kind->is_time)
        units_meant(UNITS_TIME, input->text, hint, sizeof hint);
    if (input->message[0] == '\0')
        snprintf(input->message, sizeof input->message, "expected %s, found '%.64s'%s",
                 kind->expected, input->text, hint);
    return false;
}

void setting_set_defaults(const struct setting *rows, void *target)
{
    for (; rows->key != NULL; rows++) {
        struct setting_input input = {.text = rows->fallback};
        if (rows->fallback != NULL)
            setting_parse(&input, rows, target);
    }
}

bool setting_apply(const struct scenario *scenario, const struct setting *rows,
                   const struct scenario_option *options, size_t count, void *target,
                   struct sim_error *error)
{
    for (; rows->key != NULL; rows++) {
        for (size_t i = 0; i < count && rows->option != NULL; i++) {
            struct setting_input input = {.scenario = scenario, .text = options[i].text};
            if (strcmp(options[i].name, rows->option) == 0 && !setting_parse(&input, rows, target))
                return sim_fail(error, SIM_USAGE, "--%s: %s", rows->option, input.message);
        }
    }
    return true;
}

// ---- Reading ----

bool setting_read_some(struct yaml_reader *reader, yaml_node_t *node, const char *many,
                       yaml_read *each, void *target)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return each(reader, node, target);
    if (node->data.sequence.items.start == node->data.sequence.items.top)
        return yaml_fail(reader, node, "expected at least one of %s, found an empty list", many);
    return yaml_read_sequence(reader, node, many, each, target);
}

// Of many: a row, and what the value is in.
struct one_of {
    const struct setting *row;
    void *target;
};

static bool read_one(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const struct one_of *one = target;
    struct setting_input input = {.scenario = scenario_of(reader)};
    char *text = NULL;
    bool ok = yaml_read_string(reader, node, &text);
    input.text = text;
    ok = ok && (setting_parse(&input, one->row, one->target) ||
                yaml_fail(reader, node, "%s", input.message));
    free(text);
    return ok;
}

bool setting_read_value(struct yaml_reader *reader, yaml_node_t *node, const struct setting *row,
                        void *target)
{
    struct setting_input input = {.scenario = scenario_of(reader)};
    if (row->kind->read != NULL)
        return row->kind->read(reader, node, (char *)target + row->offset);
    if (row->kind->list != NULL)
        return setting_read_list(reader, node, row->kind->list);
    if (row->kind->many != NULL) {
        row->kind->clear((char *)target + row->offset);
        return setting_read_some(reader, node, row->kind->many, read_one,
                                 &(struct one_of){row, target});
    }
    input.text = yaml_text(reader, node, row->kind->expected);
    if (input.text == NULL)
        return false;
    return setting_parse(&input, row, target) || yaml_fail(reader, node, "%s", input.message);
}

bool setting_read(struct yaml_reader *reader, yaml_node_t *node, const char *what,
                  const struct setting *rows, void *target)
{
    if (!yaml_check_keys(reader, node, what, setting_key_at, rows))
        return false;
    for (; rows->key != NULL; rows++) {
        yaml_node_t *value = yaml_find(reader, node, rows->key);
        if (value == NULL && rows->required)
            return yaml_fail(reader, node, "%s needs the key '%s'", what, rows->key);
        if (value != NULL && !setting_read_value(reader, value, rows, target))
            return false;
    }
    return true;
}

void *setting_append(struct yaml_reader *reader, const struct setting_list *list)
{
    char *scenario = reader->filled, *array;
    size_t *count = (size_t *)(void *)(scenario + list->count);
    memcpy(&array, scenario + list->items, sizeof array);
    array = yaml_append(reader, array, count, list->size);
    if (array == NULL)
        return NULL;
    memcpy(scenario + list->items, &array, sizeof array);
    return array + (*count - 1) * list->size;
}

static bool read_item(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const struct setting_list *list = target;
    void *item = setting_append(reader, list);
    return item != NULL && list->read(reader, node, item);
}

bool setting_read_list(struct yaml_reader *reader, yaml_node_t *node,
                       const struct setting_list *list)
{
    return yaml_read_sequence(reader, node, list->what, read_item, (void *)list);
}

// ---- Writing ----

bool setting_is_given(const struct setting *row, const void *source)
{
    const struct setting_kind *kind = row->kind;
    const char *value = (const char *)source + row->offset + kind->at;
    struct setting_input input = {.text = row->fallback};
    struct setting alone = {.kind = kind};
    int64_t fallback[4] = {0};
    if (row->fallback != NULL)
        setting_parse(&input, &alone, fallback);
    if (kind->list != NULL)
        return *(const size_t *)(const void *)((const char *)source + kind->list->count) > 0;
    return row->required ||
           memcmp(value, fallback, kind->size > 0 ? kind->size : sizeof(unsigned)) != 0;
}

static void write_mapping(struct setting_writer *writer, const struct setting *rows,
                          const void *source)
{
    const char *between = writer->between;
    writer->between = ", ";
    fputs(" {", writer->out);
    setting_write_rows(writer, rows, source);
    putc('}', writer->out);
    writer->between = between;
}

static void write_list(struct setting_writer *writer, const struct setting_kind *kind)
{
    const char *scenario = (const char *)writer->scenario, *array;
    size_t count;
    memcpy(&array, scenario + kind->list->items, sizeof array);
    memcpy(&count, scenario + kind->list->count, sizeof count);
    for (size_t i = 0; i < count; i++) {
        fputs("\n  -", writer->out);
        if (kind->list->write != NULL)
            kind->list->write(writer, array + i * kind->list->size);
        else
            write_mapping(writer, kind->rows, array + i * kind->list->size);
    }
}

static void write_value(struct setting_writer *writer, const struct setting_kind *kind,
                        const void *value)
{
    unsigned index;
    if (kind->write != NULL) {
        kind->write(writer, value);
    } else if (kind->list != NULL) {
        write_list(writer, kind);
    } else if (kind->rows != NULL) {
        write_mapping(writer, kind->rows, value);
    } else {
        memcpy(&index, value, sizeof index);
        fprintf(writer->out, " %s", kind->words[index]);
    }
}

void setting_write_rows(struct setting_writer *writer, const struct setting *rows,
                        const void *source)
{
    const char *before = "";
    for (; rows->key != NULL; rows++) {
        const struct setting_kind *kind = rows->kind;
        const void *value = (const char *)source + rows->offset;
        if (kind->is_left_out != NULL ? kind->is_left_out(value) : !setting_is_given(rows, source))
            continue;
        fprintf(writer->out, "%s%s:", before, rows->key);
        write_value(writer, kind, value);
        before = writer->between;
    }
}

// ---- The whole ----

bool scenario_write(const struct scenario *scenario, FILE *out)
{
    struct setting_writer writer = {.out = out, .scenario = scenario, .between = "\n"};
    setting_write_rows(&writer, scenario_rows, scenario);
    putc('\n', out);
    return ferror(out) == 0;
}

char *scenario_inputs(const struct scenario *scenario)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    struct setting_writer writer = {.out = out, .scenario = scenario, .between = "\n"};
    if (out == NULL)
        return NULL;
    fprintf(out, "end %" PRId64 "\n", scenario->end_ns);
    for (size_t i = 0; i < scenario->trace_count; i++)
        setting_write_rows(&writer, scenario_trace_rows, &scenario->traces[i]);
    for (size_t i = 0; i < scenario->member_count; i++) {
        const struct scenario_member *member = &scenario->members[i];
        fprintf(out, "\nmember %s %d %s\n", member->name, (int)member->arrivals,
                member->volume == NULL ? "" : member->volume);
        if (member->trace.path != NULL)
            setting_write_rows(&writer, scenario_trace_rows, &member->trace);
    }
    return fclose(out) == 0 ? text : NULL;
}

bool scenario_write_source(struct scenario *scenario, struct sim_error *error)
{
    free(scenario->source);
    scenario->source = NULL;
    FILE *out = open_memstream(&scenario->source, &scenario->source_length);
    if (out == NULL)
        return sim_fail_memory(error);
    bool ok = scenario_write(scenario, out);
    return (fclose(out) == 0 && ok) || sim_fail_memory(error);
}

bool scenario_note_options(struct scenario *scenario, const char *options, struct sim_error *error)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        return sim_fail_memory(error);
    fwrite(scenario->source, 1, scenario->source_length, out);
    fprintf(out, "\n# Run with:%s\n", options);
    if (fclose(out) != 0)
        return sim_fail_memory(error);
    free(scenario->source);
    scenario->source = text;
    scenario->source_length = length;
    return true;
}
