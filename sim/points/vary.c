// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/points/vary.h"

#include "sim/base/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_MAX (UINT64_C(1) << 53)

// What is being taken apart, for messages.
struct parsing {
    struct vary *vary;
    struct names *known; // its values
    const char *text;
    struct sim_error *error;
};

static bool add(const struct parsing *parsing, const char *value)
{
    struct vary *vary = parsing->vary;
    if (names_find(parsing->known, value) != NAMES_NONE)
        return sim_fail(parsing->error, SIM_USAGE, "--vary '%s': the value '%s' is there twice",
                        parsing->text, value);
    if (vary->count == VARY_VALUES_MAX)
        return sim_fail(parsing->error, SIM_USAGE, "--vary '%s': more than %d values",
                        parsing->text, VARY_VALUES_MAX);
    return (names_append(&vary->values, &vary->count, value) &&
            names_add(parsing->known, vary->values[vary->count - 1], 0) != NAMES_NONE) ||
           sim_fail_memory(parsing->error);
}

// ---- Ranges ----

// What the numbers of a range may be, the first that all are.
static const struct {
    bool (*parse)(const char *text, int64_t *value);
    bool is_time;
} range_kinds[] = {
    {units_parse_integer, false}, {units_parse_duration, true}, {units_parse_size, false}};

static bool add_number(const struct parsing *parsing, int64_t value, bool is_time)
{
    char text[UNITS_EXACT_MAX];
    if (is_time)
        units_exact_duration(value, text);
    else
        snprintf(text, sizeof text, "%" PRId64, value);
    return add(parsing, text);
}

static bool fail_range(const struct parsing *parsing, const char *range)
{
    return sim_fail(parsing->error, SIM_USAGE,
                    "--vary '%s': expected a range FIRST:LAST:STEP with FIRST up to LAST and a "
                    "STEP above 0, such as 100:2000:100, 1ms:10ms:1ms or 100:6400:x2, found "
                    "'%.64s'",
                    parsing->text, range);
}

// FIRST, FIRST * factor, ... up to LAST.
static bool add_powers(const struct parsing *parsing, const int64_t ends[2], bool is_time,
                       const char *step, const char *range)
{
    struct fraction factor;
    if (!fraction_parse(step, &factor) || factor.numerator <= factor.denominator || ends[0] < 1 ||
        ends[1] < ends[0])
        return fail_range(parsing, range);
    long double exact = (long double)ends[0];
    for (int64_t value = ends[0], last = 0; value <= ends[1];) {
        if (value > last && !add_number(parsing, value, is_time))
            return false;
        last = value;
        exact = exact * (long double)factor.numerator / (long double)factor.denominator;
        if (exact > (long double)ends[1] + 0.5L)
            break;
        value = (int64_t)(exact + 0.5L);
    }
    return true;
}

static bool add_range(const struct parsing *parsing, const char *range, char *parts[3])
{
    int64_t numbers[3];
    bool is_factor = parts[2][0] == 'x';
    for (size_t i = 0; i < sizeof range_kinds / sizeof range_kinds[0]; i++) {
        bool is_time = range_kinds[i].is_time;
        if (!range_kinds[i].parse(parts[0], &numbers[0]) ||
            !range_kinds[i].parse(parts[1], &numbers[1]))
            continue;
        if (is_factor)
            return add_powers(parsing, numbers, is_time, parts[2] + 1, range);
        if (!range_kinds[i].parse(parts[2], &numbers[2]))
            continue;
        if (numbers[1] < numbers[0] || numbers[2] <= 0)
            return fail_range(parsing, range);
        uint64_t steps = ((uint64_t)numbers[1] - (uint64_t)numbers[0]) / (uint64_t)numbers[2];
        for (uint64_t s = 0; s <= steps; s++) {
            if (!add_number(parsing, numbers[0] + (int64_t)s * numbers[2], is_time))
                return false;
        }
        return true;
    }
    return fail_range(parsing, range);
}

// A text that begins with a digit and has colons is meant as a range: no value of a key is like it.
static bool add_values(const struct parsing *parsing, char *item)
{
    char whole[80], *parts[3] = {item};
    if (item[0] < '0' || item[0] > '9' || strchr(item, ':') == NULL)
        return add(parsing, item);
    snprintf(whole, sizeof whole, "%s", item);
    for (int i = 1; i < 3; i++) {
        char *colon = strchr(parts[i - 1], ':');
        if (colon == NULL)
            return fail_range(parsing, whole);
        *colon = '\0';
        parts[i] = colon + 1;
    }
    return add_range(parsing, whole, parts);
}

bool vary_parse(struct vary *vary, const char *text, struct sim_error *error)
{
    struct names known = {0};
    const struct parsing parsing = {vary, &known, text, error};
    *vary = (struct vary){.address = NULL};
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0')
        return sim_fail(error, SIM_USAGE,
                        "--vary: expected KEY=VALUES, such as gold.iops-total=100:2000:100 or "
                        "engine=throttle-group,leaky-bucket, found '%.64s'",
                        text);
    vary->address = strndup(text, (size_t)(equals - text));
    char *copy = strdup(equals + 1);
    bool ok = (vary->address != NULL && copy != NULL) || sim_fail_memory(error);
    for (char *item = copy; ok && item != NULL;) {
        char *comma = strchr(item, ',');
        if (comma != NULL)
            *comma = '\0';
        ok = item[0] != '\0' ? add_values(&parsing, item)
                             : sim_fail(error, SIM_USAGE, "--vary '%s': a value is missing", text);
        item = comma != NULL ? comma + 1 : NULL;
    }
    names_free(&known);
    free(copy);
    return ok;
}

void vary_free(struct vary *vary)
{
    for (size_t i = 0; i < vary->count; i++)
        free(vary->values[i]);
    free(vary->values);
    free(vary->address);
    *vary = (struct vary){.address = NULL};
}

// ---- Points ----

uint64_t vary_points(const struct vary *varies, size_t count)
{
    uint64_t points = 1;
    for (size_t i = 0; i < count; i++) {
        if (points > POINTS_MAX / varies[i].count)
            return 0;
        points *= varies[i].count;
    }
    return points;
}

uint64_t vary_stride(const struct vary *varies, size_t count, size_t setting)
{
    return vary_points(varies + setting + 1, count - setting - 1);
}

void vary_point(const struct vary *varies, size_t count, uint64_t point,
                struct scenario_value *values)
{
    for (size_t i = count; i > 0; i--) {
        const struct vary *vary = &varies[i - 1];
        values[i - 1] = (struct scenario_value){vary->address, vary->values[point % vary->count]};
        point /= vary->count;
    }
}
