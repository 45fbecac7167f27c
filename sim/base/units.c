// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit durations[] = {
    {"ns", 1},
    {"us", 1000},
    {"ms", 1000000},
    {"s", 1000000000},
    {"min", INT64_C(60000000000)},
    {"h", INT64_C(3600000000000)},
    {NULL, 0},
};

static const struct unit sizes[] = {
    {"", 1},
    {"B", 1},
    {"K", 1024},
    {"KiB", 1024},
    {"kB", 1000},
    {"KB", 1000},
    {"M", 1048576},
    {"MiB", 1048576},
    {"MB", 1000000},
    {"G", 1073741824},
    {"GiB", 1073741824},
    {"GB", 1000000000},
    {"T", INT64_C(1099511627776)},
    {"TiB", INT64_C(1099511627776)},
    {"TB", INT64_C(1000000000000)},
    {NULL, 0},
};

bool units_parse_integer(const char *text, int64_t *value)
{
    char *end;
    if (!isdigit((unsigned char)text[text[0] == '-']))
        return false;
    errno = 0;
    long long parsed = strtoll(text, &end, 10);
    *value = parsed;
    return errno == 0 && *end == '\0';
}

static bool multiply(int64_t a, int64_t b, int64_t *product)
{
    if (a != 0 && b > INT64_MAX / a)
        return false;
    *product = a * b;
    return true;
}

// Are there only zeros up to the unit? Such digits change nothing.
static bool is_zeros_only(const char *digits)
{
    return !isdigit((unsigned char)digits[strspn(digits, "0")]);
}

// Whole part, then each digit of the fraction as a share of the factor; no doubles, so nothing
// rounds.
static bool parse_scaled(const char *text, const struct unit *units, int64_t *value)
{
    int64_t whole = 0, fraction = 0, scale = 1;
    const char *p = text;
    if (!isdigit((unsigned char)*p))
        return false;
    for (; isdigit((unsigned char)*p); p++) {
        if (whole > (INT64_MAX - (*p - '0')) / 10)
            return false;
        whole = whole * 10 + (*p - '0');
    }
    if (*p == '.') {
        if (!isdigit((unsigned char)*++p))
            return false;
        for (; isdigit((unsigned char)*p); p++) {
            if (is_zeros_only(p))
                continue;
            if (scale > INT64_MAX / 100)
                return false;
            fraction = fraction * 10 + (*p - '0');
            scale *= 10;
        }
    }
    while (units->name != NULL && strcmp(units->name, p) != 0)
        units++;
    int64_t high, low;
    if (units->name == NULL || !multiply(whole, units->factor, &high) ||
        !multiply(fraction, units->factor, &low) || low % scale != 0 ||
        high > INT64_MAX - low / scale)
        return false;
    *value = high + low / scale;
    return true;
}

bool units_parse_duration(const char *text, int64_t *ns)
{
    static const struct unit nothing[] = {{"", 1}, {NULL, 0}};
    return parse_scaled(text, durations, ns) || (parse_scaled(text, nothing, ns) && *ns == 0);
}

bool units_parse_seconds(const char *text, int64_t *seconds)
{
    int64_t ns;
    if (units_parse_integer(text, seconds))
        return true;
    if (!units_parse_duration(text, &ns) || ns % INT64_C(1000000000) != 0)
        return false;
    *seconds = ns / INT64_C(1000000000);
    return true;
}

const char *units_exact_duration(int64_t ns, char text[UNITS_EXACT_MAX])
{
    static const struct unit steps[] = {
        {"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};
    const struct unit *unit = steps;
    while (ns % unit->factor != 0)
        unit++;
    snprintf(text, UNITS_EXACT_MAX, "%" PRId64 "%s", ns / unit->factor, ns == 0 ? "" : unit->name);
    return text;
}

bool units_parse_size(const char *text, int64_t *bytes)
{
    return parse_scaled(text, sizes, bytes);
}

static const char *format(double value, const struct unit *steps, char *text, size_t size)
{
    const struct unit *unit = steps;
    while (unit[1].name != NULL && value >= 0.9995 * (double)unit[1].factor)
        unit++;
    snprintf(text, size, "%.3g %s", value / (double)unit->factor, unit->name);
    return text;
}

const char *units_format_duration(int64_t ns, char *text, size_t size)
{
    static const struct unit steps[] = {
        {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {NULL, 0}};
    double seconds = (double)ns / 1e9;
    if (ns < INT64_C(1000000000000))
        return format((double)ns, steps, text, size);
    snprintf(text, size, "%.0f s", seconds);
    return text;
}

const char *units_format_size(double bytes, char *text, size_t size)
{
    static const struct unit steps[] = {
        {"B", 1}, {"kB", 1000}, {"MB", 1000000}, {"GB", 1000000000}, {"TB", INT64_C(1000000000000)},
        {NULL, 0}};
    return format(bytes, steps, text, size);
}

bool units_format_binary(double bytes, char *text, size_t size)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    for (; unit + 1 < sizeof names / sizeof names[0] && bytes >= 1024 && fmod(bytes, 1024) == 0;
         unit++)
        bytes /= 1024;
    snprintf(text, size, "%.0f %s", bytes, names[unit]);
    return unit > 0;
}

// ---- Factors ----

// Appends the digits to the number, of at most FRACTION_MAX * FRACTION_MAX.
static bool read_digits(const char *digits, size_t count, int64_t *number)
{
    for (size_t i = 0; i < count; i++) {
        if (*number >= FRACTION_MAX * FRACTION_MAX / 10)
            return false;
        *number = *number * 10 + (digits[i] - '0');
    }
    return true;
}

static size_t count_digits(const char *text)
{
    size_t count = 0;
    while (isdigit((unsigned char)text[count]))
        count++;
    return count;
}

// What stands behind the point; zeros at the end change nothing.
static bool read_decimals(const char *text, size_t count, struct fraction *fraction)
{
    while (count > 0 && text[count - 1] == '0')
        count--;
    for (size_t i = 0; i < count; i++) {
        if (fraction->denominator == FRACTION_MAX)
            return false;
        fraction->denominator *= 10;
    }
    return read_digits(text, count, &fraction->numerator);
}

int64_t greatest_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static bool reduce(struct fraction *fraction)
{
    int64_t a = greatest_divisor(fraction->numerator, fraction->denominator);
    if (fraction->numerator == 0 || fraction->denominator == 0)
        return false;
    fraction->numerator /= a;
    fraction->denominator /= a;
    return fraction->numerator <= FRACTION_MAX && fraction->denominator <= FRACTION_MAX;
}

bool fraction_parse(const char *text, struct fraction *fraction)
{
    struct fraction parsed = {0, 1};
    size_t whole = count_digits(text);
    bool ok = read_digits(text, whole, &parsed.numerator);
    const char *rest = text + whole;
    size_t more = rest[0] == '\0' ? 0 : count_digits(rest + 1);
    if (rest[0] == '.') {
        ok = ok && more > 0 && read_decimals(rest + 1, more, &parsed);
    } else if (rest[0] == '/') {
        parsed.denominator = 0;
        ok = ok && whole > 0 && more > 0 && read_digits(rest + 1, more, &parsed.denominator);
    } else {
        ok = ok && whole > 0;
    }
    rest += rest[0] == '.' || rest[0] == '/' ? more + 1 : 0;
    if (!ok || rest[0] != '\0' || !reduce(&parsed))
        return false;
    *fraction = parsed;
    return true;
}

bool fraction_divide(int64_t value, const struct fraction *divisor, int64_t *quotient)
{
    if (divisor->numerator == divisor->denominator) { // nearly always, and four divisions less
        *quotient = value;
        return true;
    }
    // value = whole * numerator + rest: the rest's share is below 10^18.
    int64_t whole = value / divisor->numerator;
    int64_t rest = value % divisor->numerator;
    int64_t low = rest * divisor->denominator / divisor->numerator;
    if (whole > (INT64_MAX - low) / divisor->denominator)
        return false;
    *quotient = whole * divisor->denominator + low;
    return true;
}
