// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/input/input_text.h"

#include <string.h>

#define SHOWN_BYTES_MAX 40

// Finds the end of the line, asking for more of the file until it is there or the line too long.
static bool measure(struct trace_lines *lines, size_t *length, struct trace_error *error)
{
    struct trace_input *input = lines->input;
    size_t wanted = 1;
    size_t searched = 0;
    for (;;) {
        if (!trace_input_peek(input, wanted, error))
            return false;
        size_t have = (size_t)(input->end - input->at);
        if (have == 0) {
            *length = 0;
            return true;
        }
        // One more for CR, one for LF.
        size_t limit = have < TRACE_LINE_BYTES_MAX + 2 ? have : TRACE_LINE_BYTES_MAX + 2;
        const uint8_t *newline = memchr(input->at + searched, '\n', limit - searched);
        if (newline != NULL || have < wanted) {
            *length = newline != NULL ? (size_t)(newline - input->at) : have;
            return true;
        }
        if (have >= TRACE_LINE_BYTES_MAX + 2) {
            *length = have;
            return true;
        }
        searched = have;
        wanted = have * 2 < TRACE_LINE_BYTES_MAX + 2 ? have * 2 : TRACE_LINE_BYTES_MAX + 2;
        wanted = wanted < 256 ? 256 : wanted;
    }
}

enum trace_result trace_lines_next(struct trace_lines *lines, struct trace_error *error)
{
    if (lines->taken > 0) {
        trace_input_advance(lines->input, lines->taken);
        lines->taken = 0;
    }
    size_t length;
    if (!measure(lines, &length, error))
        return TRACE_ERROR;
    size_t have = (size_t)(lines->input->end - lines->input->at);
    if (have == 0)
        return TRACE_END;
    lines->number++;
    lines->text = (const char *)lines->input->at;
    lines->taken = length < have ? length + 1 : length;
    if (length == have && !lines->keeps_cut) {
        lines->cut_bytes = length;
        trace_lines_count(lines, TRACE_LINE_CUT);
        return TRACE_END;
    }
    if (lines->number == 1 && length >= 3 && memcmp(lines->text, "\xef\xbb\xbf", 3) == 0) {
        lines->text += 3;
        lines->taken -= 3;
        length -= 3;
        trace_input_advance(lines->input, 3);
    }
    lines->length = length > 0 && lines->text[length - 1] == '\r' ? length - 1 : length;
    if (lines->length > TRACE_LINE_BYTES_MAX) {
        trace_error_set(error, "%s: line %llu: longer than %d bytes: this is not a trace",
                        lines->input->path, (unsigned long long)lines->number,
                        TRACE_LINE_BYTES_MAX);
        return TRACE_ERROR;
    }
    return TRACE_REQUEST;
}

bool trace_lines_fail(const struct trace_lines *lines, const char *column, const char *found,
                      size_t length, const char *expected, struct trace_error *error)
{
    bool cut = length > SHOWN_BYTES_MAX;
    trace_error_set(error, "%s: line %llu: column %s: found \"%.*s%s\", expected %s",
                    lines->input->path, (unsigned long long)lines->number, column,
                    cut ? SHOWN_BYTES_MAX : (int)length, found, cut ? "..." : "", expected);
    return false;
}

void trace_lines_report(const struct trace_lines *lines, struct trace_notices *notices)
{
    trace_notices_set(notices, "truncated", lines->input->path, lines->cut_bytes > 0,
                      "The file ends within line %llu, which has no line end; its %zu bytes are "
                      "lost.",
                      (unsigned long long)lines->number, lines->cut_bytes);
}

const uint64_t trace_text_tens[] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};
#define TENS_MAX ((int)(sizeof trace_text_tens / sizeof trace_text_tens[0]) - 1)

bool trace_text_number(const char *text, size_t length, int64_t *number)
{
    uint64_t value = 0, others = 0;
    if (length == 0 || length > TRACE_DIGITS_MAX)
        return false;
    for (; length > 8; text += 8, length -= 8) {
        uint64_t word = eight_load(text);
        others |= eight_no_digits(word);
        value = value * trace_text_tens[8] + eight_number(word);
    }
    uint64_t word = eight_load_digits(text, length);
    others |= eight_no_digits(word);
    value = value * trace_text_tens[length] + eight_number(word);
    if (others != 0 || value > INT64_MAX)
        return false;
    *number = (int64_t)value;
    return true;
}

bool trace_text_hex(const char *text, size_t length, int64_t *number)
{
    uint64_t value = 0;
    if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text += 2;
        length -= 2;
    }
    if (length == 0 || length > 16)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        unsigned letter = ((unsigned)(unsigned char)text[i] | 0x20U) - 'a';
        if (digit > 9 && letter > 5)
            return false;
        value = value << 4 | (digit <= 9 ? digit : letter + 10);
    }
    *number = (int64_t)value;
    return value <= INT64_MAX;
}

// More would shift every digit out, or overflow, whatever the digits are.
#define EXPONENT_MAX 4096

// The "e-3" at `at`; false: it is something else.
static bool take_exponent(const char *at, const char *end, int *exponent)
{
    int64_t value;
    bool negative = end - at > 1 && at[1] == '-';
    at += 1 + (end - at > 1 && (at[1] == '-' || at[1] == '+'));
    if (!trace_text_number(at, (size_t)(end - at), &value) || value > EXPONENT_MAX)
        return false;
    *exponent += negative ? -(int)value : (int)value;
    return true;
}

bool trace_text_shift(uint64_t value, int power, int64_t *number)
{
    if (power < 0) {
        value = power >= -TENS_MAX ? value / trace_text_tens[-power] : 0;
    } else if (power > 0 && value > 0) {
        if (power > TENS_MAX || __builtin_mul_overflow(value, trace_text_tens[power], &value))
            return false;
    }
    *number = (int64_t)value;
    return value <= INT64_MAX;
}

bool trace_text_decimal(const char *text, size_t length, int power, int64_t *number)
{
    uint64_t plain = 0;
    int decimals;
    const char *at = text;
    const char *end = text + length;
    if (trace_text_plain(text, end, &plain, &decimals) == end)
        return trace_text_shift(plain, power - decimals, number);
    uint64_t value = 0;
    size_t digits = 0;
    bool behind_point = false;
    for (; at < end; at++) {
        unsigned digit = (unsigned)(unsigned char)*at - '0';
        if (digit <= 9 && value <= (UINT64_MAX - 9) / 10) {
            value = value * 10 + digit;
            power -= behind_point;
        } else if (digit <= 9) {
            // No room: before the point the digit counts as 0, and overflows; behind it, it is
            // below what the result can tell.
            power += !behind_point;
        } else if (*at == '.' && !behind_point) {
            behind_point = true;
            continue;
        } else {
            break;
        }
        digits++;
    }
    if (digits == 0 || digits > EXPONENT_MAX)
        return false;
    if (at < end && ((*at | 0x20) != 'e' || !take_exponent(at, end, &power)))
        return false;
    return trace_text_shift(value, power, number);
}

bool trace_text_equal(const char *text, size_t length, const char *word)
{
    size_t i = 0;
    for (; i < length && word[i] != '\0'; i++) {
        unsigned char a = (unsigned char)text[i];
        unsigned char b = (unsigned char)word[i];
        unsigned char letter = a | 0x20;
        if (a != b && (letter != (b | 0x20) || letter < 'a' || letter > 'z'))
            return false;
    }
    return i == length && word[i] == '\0';
}
