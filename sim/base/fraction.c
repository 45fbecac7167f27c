// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/fraction.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

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

static bool reduce(struct fraction *fraction)
{
    int64_t a = fraction->numerator, b = fraction->denominator;
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
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
    // value = whole * numerator + rest: the rest's share is below 10^18.
    int64_t whole = value / divisor->numerator;
    int64_t rest = value % divisor->numerator;
    int64_t low = rest * divisor->denominator / divisor->numerator;
    if (whole > (INT64_MAX - low) / divisor->denominator)
        return false;
    *quotient = whole * divisor->denominator + low;
    return true;
}
