// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers as people write them: with units, and exact factors. Parsers return false on anything
// else, and on overflow; none accepts leading or trailing space.
#ifndef SIM_BASE_UNITS_H
#define SIM_BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// "42", "-1".
bool units_parse_integer(const char *text, int64_t *value);

// "200us", "1.5s", "2min", "1h"; ns ms too. Only 0 needs no unit. Exact: a fraction must come out
// in whole ns.
bool units_parse_duration(const char *text, int64_t *ns);

// "3", "3s", "2min": whole seconds.
bool units_parse_seconds(const char *text, int64_t *seconds);

// "4096", "4K", "1.5MiB", "10MB". K, M, G, T and KiB, ... are powers of 1024, as in QEMU;
// kB, KB, MB, GB, TB powers of 1000. A fraction must come out in whole bytes.
bool units_parse_size(const char *text, int64_t *bytes);

enum units_kind {
    UNITS_TIME,    // units_parse_duration
    UNITS_SIZE,    // units_parse_size
    UNITS_COUNT,   // units_parse_integer: also of what happens a second
    UNITS_SECONDS, // units_parse_seconds
};

#define UNITS_HINT_MAX 128

// Of a text that is none of the kind: "; did you mean '60s'?", with what would be accepted, or "".
const char *units_meant(enum units_kind kind, const char *text, char *hint, size_t size);

#define UNITS_EXACT_MAX 32

// What units_parse_duration reads as this: "1500ms", "60s", "0".
const char *units_exact_duration(int64_t ns, char text[UNITS_EXACT_MAX]);

// "90.1 s", "12 ms": three significant digits, for people.
const char *units_format_duration(int64_t ns, char *text, size_t size);
const char *units_format_size(double bytes, char *text, size_t size);

// "10 MiB", in the largest unit of which it is a whole number; false: it is none of KiB.
bool units_format_binary(double bytes, char *text, size_t size);

// An exact factor above 0, such as the speed of a replay.

#define FRACTION_MAX INT64_C(1000000000) // of each of the two, so that no product overflows

// Both from 1 to FRACTION_MAX, without a common divisor.
struct fraction {
    int64_t numerator;
    int64_t denominator;
};

// "2", "1.5", "1/3". False on anything else, on 0, and on what needs larger numbers.
bool fraction_parse(const char *text, struct fraction *fraction);

// Completes "expected ..." for fraction_parse.
#define FRACTION_EXPECTED "a factor above 0, such as 2, 1.5 or 1/3"

// *quotient = value / divisor, rounded down, exactly. value is at least 0. False: it does not fit.
bool fraction_divide(int64_t value, const struct fraction *divisor, int64_t *quotient);

// Of two numbers that are not negative, by Euclid; 0 and a number: that number.
int64_t greatest_divisor(int64_t a, int64_t b);

#endif
