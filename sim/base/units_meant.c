// SPDX-License-Identifier: GPL-2.0-or-later
// What a number with a unit was probably meant to be: a unit in another case or by another name, a
// space, a comma, none at all. What is proposed is accepted.
#include "sim/base/units.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PROPOSAL 48
#define LARGE 1e6 // what is refused although its unit is known, and is larger, is too large

// What stands behind the number, in any case, and what to write instead, with the number so many
// times as large.
struct written {
    const char *unit;
    double times;
    const char *instead;
    const char *or_else; // where it could be meant in two ways; NULL: it could not
};

static const struct written times[] = {
    {"", 1, "s", "ms"},           {"ns", 1, "ns", NULL},      {"nsec", 1, "ns", NULL},
    {"us", 1, "us", NULL},        {"usec", 1, "us", NULL},    {"\xc2\xb5s", 1, "us", NULL}, // micro
    {"\xce\xbcs", 1, "us", NULL},                                                           // mu
    {"ms", 1, "ms", NULL},        {"msec", 1, "ms", NULL},    {"s", 1, "s", NULL},
    {"sec", 1, "s", NULL},        {"secs", 1, "s", NULL},     {"second", 1, "s", NULL},
    {"seconds", 1, "s", NULL},    {"m", 1, "min", "ms"},      {"min", 1, "min", NULL},
    {"mins", 1, "min", NULL},     {"minute", 1, "min", NULL}, {"minutes", 1, "min", NULL},
    {"h", 1, "h", NULL},          {"hr", 1, "h", NULL},       {"hour", 1, "h", NULL},
    {"hours", 1, "h", NULL},      {"d", 24, "h", NULL},       {"day", 24, "h", NULL},
    {"days", 24, "h", NULL},      {NULL, 0, NULL, NULL},
};

// A rate in bytes is often written in bits.
static const struct written sizes[] = {
    {"", 1, "", NULL},           {"b", 1, "B", NULL},         {"byte", 1, "B", NULL},
    {"bytes", 1, "B", NULL},     {"k", 1, "K", "kB"},         {"kb", 1, "kB", NULL},
    {"kib", 1, "KiB", NULL},     {"m", 1, "M", "MB"},         {"mb", 1, "MB", NULL},
    {"mib", 1, "MiB", NULL},     {"g", 1, "G", "GB"},         {"gb", 1, "GB", NULL},
    {"gib", 1, "GiB", NULL},     {"t", 1, "T", "TB"},         {"tb", 1, "TB", NULL},
    {"tib", 1, "TiB", NULL},     {"bit", 0.125, "B", NULL},   {"kbit", 0.125, "kB", NULL},
    {"mbit", 0.125, "MB", NULL}, {"gbit", 0.125, "GB", NULL}, {"kbps", 0.125, "kB", NULL},
    {"mbps", 0.125, "MB", NULL}, {"gbps", 0.125, "GB", NULL}, {NULL, 0, NULL, NULL},
};

static const struct written counts[] = {
    {"", 1, "", NULL},     {"k", 1e3, "", NULL},     {"m", 1e6, "", NULL},
    {"iops", 1, "", NULL}, {"kiops", 1e3, "", NULL}, {NULL, 0, NULL, NULL},
};

static const struct kind {
    const struct written *rows;
    bool (*parse)(const char *text, int64_t *value);
} kinds[] = {
    [UNITS_TIME] = {times, units_parse_duration},
    [UNITS_SIZE] = {sizes, units_parse_size},
    [UNITS_COUNT] = {counts, units_parse_integer},
    [UNITS_SECONDS] = {times, units_parse_seconds},
};

// A comma before three digits and no more groups thousands, but not in a time; else it is a point.
static void take_commas(enum units_kind kind, char *text)
{
    char *comma = strchr(text, ',');
    bool thousands = comma != NULL && kind != UNITS_TIME && kind != UNITS_SECONDS &&
                     strspn(comma + 1, "0123456789") == 3;
    for (; comma != NULL; comma = strchr(comma, ',')) {
        if (thousands)
            memmove(comma, comma + 1, strlen(comma));
        else
            *comma = '.';
    }
}

// Without spaces, and without what says "a second" of a rate.
static void tidy(enum units_kind kind, const char *text, char *tidied, size_t size)
{
    size_t length = 0;
    for (; *text != '\0' && length + 1 < size; text++) {
        if (!isspace((unsigned char)*text) && *text != '_')
            tidied[length++] = *text;
    }
    tidied[length] = '\0';
    take_commas(kind, tidied);
    if (kind != UNITS_TIME && kind != UNITS_SECONDS && length > 2 &&
        strcasecmp(strchr(tidied, '\0') - 2, "/s") == 0)
        *(strchr(tidied, '\0') - 2) = '\0';
}

static bool propose(const struct kind *kind, double number, const char *unit, char text[PROPOSAL])
{
    int64_t value;
    int length = snprintf(text, PROPOSAL, "%.15g%s", number, unit);
    return length < PROPOSAL && kind->parse(text, &value);
}

const char *units_meant(enum units_kind kind, const char *text, char *hint, size_t size)
{
    char tidied[64], first[PROPOSAL], second[PROPOSAL], *unit;
    const struct kind *of = &kinds[kind];
    const struct written *row = of->rows;
    hint[0] = '\0';
    if (strlen(text) >= sizeof tidied)
        return hint;
    tidy(kind, text, tidied, sizeof tidied);
    if (tidied[0] == '-' && isdigit((unsigned char)tidied[1]))
        snprintf(hint, size, "; it cannot be below 0");
    if (!isdigit((unsigned char)tidied[0]) || tolower((unsigned char)tidied[1]) == 'x')
        return hint;
    double number = strtod(tidied, &unit);
    while (row->unit != NULL && strcasecmp(row->unit, unit) != 0)
        row++;
    // A large number was ns, which an earlier version took it for.
    if (kind == UNITS_TIME && unit[0] == '\0' && number >= 1e6 && number < 9e18)
        units_exact_duration((int64_t)number, first);
    else if (row->unit == NULL)
        return hint;
    else if (!propose(of, number * row->times, row->instead, first)) {
        if (number >= LARGE && (kind != UNITS_TIME || unit[0] != '\0'))
            snprintf(hint, size, "; it is too large");
        return hint;
    }
    if (strcmp(first, text) == 0) // well written, and wrong for another reason
        return hint;
    bool is_bare = unit[0] == '\0' && number >= 1e6;
    if (row->or_else != NULL && !is_bare && propose(of, number * row->times, row->or_else, second))
        snprintf(hint, size, "; did you mean '%s' or '%s'?", first, second);
    else
        snprintf(hint, size, "; did you mean '%s'?", first);
    return hint;
}
