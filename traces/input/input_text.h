// SPDX-License-Identifier: GPL-2.0-or-later
// What all line formats share: lines, strict numbers.
#ifndef TRACES_INPUT_INPUT_TEXT_H
#define TRACES_INPUT_INPUT_TEXT_H

#include "traces/input/eight_bytes.h"
#include "traces/input/input.h"
#include "traces/notices.h"

#include <string.h>

// Longest line accepted, without its end.
#define TRACE_LINE_BYTES_MAX (64 * 1024)

struct trace_lines {
    struct trace_input *input;
    uint64_t number;  // of the line last returned, from 1
    const char *text; // that line, without LF or CRLF; not NUL-terminated
    size_t length;
    // A last line without its end was cut, so that its last number may be another than it was. It
    // is left out, and `cut_bytes` long; who keeps it, judges it.
    bool keeps_cut;
    size_t cut_bytes;
    uint64_t counts[TRACE_LINE_COUNT]; // by who reads them
    size_t taken;                      // its bytes in the input, consumed at the next call
};

// Before the first line a byte order mark may stand.
// TRACE_REQUEST: a line; TRACE_END: no more. The text lives until the next call.
enum trace_result trace_lines_next(struct trace_lines *lines, struct trace_error *error);

// Fails with "FILE: line N: column C: found "...", expected ..."; always false.
bool trace_lines_fail(const struct trace_lines *lines, const char *column, const char *found,
                      size_t length, const char *expected, struct trace_error *error);

// What became of the current line.
static inline void trace_lines_count(struct trace_lines *lines, enum trace_line what)
{
    lines->counts[what]++;
}

// The bytes of the current line if it is not whole, because the file ends in it; else 0.
static inline size_t trace_lines_cut(const struct trace_lines *lines)
{
    return lines->text[lines->taken - 1] == '\n' ? 0 : lines->length;
}

// The notice `truncated`, if the last line was cut.
void trace_lines_report(const struct trace_lines *lines, struct trace_notices *notices);

// The first blank or tab; the end: there is none.
static inline const char *trace_text_blank(const char *at, const char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t blanks = eight_blanks(eight_load(at));
        if (blanks != 0)
            return at + eight_first(blanks);
    }
    while (at < end && *at != ' ' && *at != '\t')
        at++;
    return at;
}

// As many digits as a number may have whatever they are: 10^19 < 2^64.
#define TRACE_DIGITS_MAX 19

extern const uint64_t trace_text_tens[]; // up to 10^19

// Takes the digits at `at`, at most TRACE_DIGITS_MAX, onto the value; returns what follows. Eight
// at a time up to `end`, which may lie behind what is meant. Inlined, text of numbers is read in 5
// to 10 % less time.
static inline __attribute__((always_inline)) const char *
trace_text_digits(const char *at, const char *end, uint64_t *value)
{
    end = end - at > TRACE_DIGITS_MAX ? at + TRACE_DIGITS_MAX : end;
    for (; end - at >= 8; at += 8) {
        uint64_t word = eight_load(at);
        uint64_t others = eight_no_digits(word);
        if (others != 0) {
            // The digits move to the end, behind zeroes.
            unsigned count = eight_first(others);
            if (count > 0)
                *value = *value * trace_text_tens[count] + eight_number(word << 8 * (8 - count));
            return at + count;
        }
        *value = *value * trace_text_tens[8] + eight_number(word);
    }
    for (; at < end && (unsigned char)(*at - '0') <= 9; at++)
        *value = *value * 10 + (unsigned char)(*at - '0');
    return at;
}

// Takes digits and a point between, before or behind them onto the value; returns what follows.
// NULL: there is no digit, or too many.
static inline const char *trace_text_plain(const char *at, const char *end, uint64_t *value,
                                           int *decimals)
{
    const char *point = trace_text_digits(at, end, value);
    const char *stop = point;
    if (stop < end && *stop == '.')
        stop = trace_text_digits(stop + 1, end, value);
    *decimals = stop > point ? (int)(stop - point) - 1 : 0;
    return stop - at <= TRACE_DIGITS_MAX + 1 && (point > at || *decimals > 0) ? stop : NULL;
}

// value * 10^power, cut off. False: more than INT64_MAX.
bool trace_text_shift(uint64_t value, int power, int64_t *number);

// Decimal digits only: no sign, no blank, at most INT64_MAX.
bool trace_text_number(const char *text, size_t length, int64_t *number);

// As trace_text_number, in hexadecimal, with or without "0x".
bool trace_text_hex(const char *text, size_t length, int64_t *number);

// A decimal number without a sign, "12", "12.5", ".5" or "1.25e-3", times ten to the power; what is
// left behind the point is cut off. Exact, and at most INT64_MAX: with the power 9, seconds become
// nanoseconds.
bool trace_text_decimal(const char *text, size_t length, int power, int64_t *number);

// Equal but for the case of ASCII letters?
bool trace_text_equal(const char *text, size_t length, const char *word);

#endif
