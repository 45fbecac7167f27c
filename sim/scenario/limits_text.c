// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/scenario/limits_text.h"

#include "sim/base/suggest.h"
#include "sim/base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *limits_text_key(const struct engine_parameter *row, enum limits_text_spelling spelling)
{
    return spelling == LIMITS_TEXT_QMP ? row->qmp_key : row->key;
}

// For suggest(): the keys of one spelling.
struct key_list {
    const struct engine_algorithm *algorithm;
    enum limits_text_spelling spelling;
};

static const char *key_at(const void *words, size_t index)
{
    const struct key_list *list = words;
    if (index >= list->algorithm->parameter_count)
        return NULL;
    return limits_text_key(&list->algorithm->parameters[index], list->spelling);
}

// The key without the prefix that some of QEMU's interfaces put before it.
static const char *without_prefix(const char *key, enum limits_text_spelling spelling)
{
    static const char *const prefixes[] = {"throttling.", "limits.", "x-"};
    if (spelling != LIMITS_TEXT_NEW_GROUP)
        return key;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t length = strlen(prefixes[i]);
        if (strncmp(key, prefixes[i], length) == 0)
            return key + length;
    }
    return key;
}

static int find_row(const struct key_list *keys, const char *key)
{
    const char *word;
    for (size_t i = 0; (word = key_at(keys, i)) != NULL; i++) {
        if (strcmp(word, key) == 0)
            return (int)i;
    }
    return -1;
}

static const char *expected(enum engine_unit unit)
{
    switch (unit) {
    case ENGINE_BYTES_PER_SECOND:
        return "bytes per second, such as 1048576 or 10MB";
    case ENGINE_BYTES:
        return "bytes, such as 4096 or 4KiB";
    case ENGINE_SECONDS:
        return "whole seconds, such as 3 or 3s";
    case ENGINE_OPS_PER_SECOND:
        break;
    }
    return "requests per second, such as 300";
}

// A bare number is in bytes or seconds, as in QEMU.
static enum units_kind kind_of(enum engine_unit unit)
{
    return unit == ENGINE_OPS_PER_SECOND ? UNITS_COUNT
           : unit == ENGINE_SECONDS      ? UNITS_SECONDS
                                         : UNITS_SIZE;
}

static bool parse_value(enum engine_unit unit, const char *text, int64_t *value)
{
    enum units_kind kind = kind_of(unit);
    return units_parse_integer(text, value) ||
           (kind == UNITS_SIZE && units_parse_size(text, value)) ||
           (kind == UNITS_SECONDS && units_parse_seconds(text, value));
}

static void explain_unknown(const struct key_list *keys, const char *key,
                            char message[LIMITS_TEXT_MESSAGE_MAX])
{
    char hint[128];
    int other = engine_parameter_find(keys->algorithm, key);
    if (other >= 0)
        snprintf(message, LIMITS_TEXT_MESSAGE_MAX, "unknown limit '%.64s'; here it is called '%s'",
                 key, limits_text_key(&keys->algorithm->parameters[other], keys->spelling));
    else if (keys->spelling == LIMITS_TEXT_QOM_SET && strncmp(key, "x-", 2) == 0)
        snprintf(message, LIMITS_TEXT_MESSAGE_MAX,
                 "'%.64s' can be set only while the group is made; use '%.64s'", key, key + 2);
    else
        snprintf(message, LIMITS_TEXT_MESSAGE_MAX, "unknown limit '%.64s'%s", key,
                 suggest(key, key_at, keys, hint, sizeof hint));
}

static bool is_elsewhere(enum limits_text_spelling spelling, const char *key)
{
    size_t count;
    const struct engine_algorithm *const *algorithms = engine_algorithms(&count);
    for (size_t i = 0; i < count; i++) {
        struct key_list keys = {algorithms[i], spelling};
        if (find_row(&keys, key) >= 0)
            return true;
    }
    return false;
}

enum limits_text_result limits_text_set(const struct engine_algorithm *algorithm,
                                        enum limits_text_spelling spelling, const char *key,
                                        const char *value, struct engine_parameters *limits,
                                        char message[LIMITS_TEXT_MESSAGE_MAX])
{
    struct key_list keys = {algorithm, spelling};
    char hint[UNITS_HINT_MAX];
    int row = find_row(&keys, without_prefix(key, spelling));
    if (row < 0 && is_elsewhere(spelling, without_prefix(key, spelling)))
        return LIMITS_TEXT_ELSEWHERE;
    if (row < 0) {
        explain_unknown(&keys, key, message);
        return LIMITS_TEXT_WRONG;
    }
    if (limits->given & (UINT32_C(1) << row)) {
        snprintf(message, LIMITS_TEXT_MESSAGE_MAX, "'%.64s' is given twice", key);
        return LIMITS_TEXT_WRONG;
    }
    if (!parse_value(algorithm->parameters[row].unit, value, &limits->value[row])) {
        enum engine_unit unit = algorithm->parameters[row].unit;
        snprintf(message, LIMITS_TEXT_MESSAGE_MAX, "%.64s: expected %s, found '%.64s'%s", key,
                 expected(unit), value, units_meant(kind_of(unit), value, hint, sizeof hint));
        return LIMITS_TEXT_WRONG;
    }
    limits->given |= UINT32_C(1) << row;
    return LIMITS_TEXT_SET;
}

// "iops-total (300)", or only the name if the value is not a given one.
static void describe(const struct engine_parameter *row, enum limits_text_spelling spelling,
                     const struct engine_parameters *limits, int index, char *text, size_t size)
{
    if (limits->given & (UINT32_C(1) << index))
        snprintf(text, size, "%s (%" PRId64 ")", limits_text_key(row, spelling),
                 limits->value[index]);
    else
        snprintf(text, size, "%s", limits_text_key(row, spelling));
}

void limits_text_fault(const struct engine_algorithm *algorithm, enum limits_text_spelling spelling,
                       const struct engine_parameters *limits, const struct engine_fault *fault,
                       char message[LIMITS_TEXT_MESSAGE_MAX])
{
    char first[96], second[96] = "";
    const struct engine_parameter *rows = algorithm->parameters;
    describe(&rows[fault->parameter], spelling, limits, fault->parameter, first, sizeof first);
    if (fault->other >= 0)
        describe(&rows[fault->other], spelling, limits, fault->other, second, sizeof second);
    snprintf(message, LIMITS_TEXT_MESSAGE_MAX, "%s %s%s%s", first, fault->rule,
             fault->other >= 0 ? " " : "", second);
}
