// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/write/write_text.h"

// Two digits at a time: half the divisions.
static const char digit_pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233"
    "34353637383940414243444546474849505152535455565758596061626364656667"
    "6869707172737475767778798081828384858687888990919293949596979899";

// The digits end at `end`; returns where they start.
static char *put_digits(char *end, uint64_t number)
{
    while (number >= 100) {
        const char *pair = &digit_pairs[number % 100 * 2];
        number /= 100;
        *--end = pair[1];
        *--end = pair[0];
    }
    if (number >= 10) {
        *--end = digit_pairs[number * 2 + 1];
        *--end = digit_pairs[number * 2];
    } else {
        *--end = (char)('0' + number);
    }
    return end;
}

char *write_number(char *to, uint64_t number)
{
    char digits[WRITE_DIGITS_MAX];
    const char *start = put_digits(digits + sizeof digits, number);
    return write_bytes(to, start, (size_t)(digits + sizeof digits - start));
}

static char *put_padded(char *to, uint64_t number, unsigned width, char padding)
{
    char digits[WRITE_DIGITS_MAX];
    const char *start = put_digits(digits + sizeof digits, number);
    size_t length = (size_t)(digits + sizeof digits - start);
    if (length < width) {
        memset(to, padding, width - length);
        to += width - length;
    }
    return write_bytes(to, start, length);
}

char *write_number_zeros(char *to, uint64_t number, unsigned width)
{
    return put_padded(to, number, width, '0');
}

char *write_number_blanks(char *to, uint64_t number, unsigned width)
{
    return put_padded(to, number, width, ' ');
}

static uint64_t power_of_ten(unsigned power)
{
    uint64_t value = 1;
    for (; power > 0; power--)
        value *= 10;
    return value;
}

char *write_decimal(char *to, uint64_t number, unsigned power, unsigned decimals)
{
    uint64_t one = power_of_ten(power);
    to = write_number(to, number / one);
    if (decimals == 0)
        return to;
    *to++ = '.';
    return write_number_zeros(to, number % one / power_of_ten(power - decimals), decimals);
}

char *write_quoted(char *to, const char *string)
{
    if (strpbrk(string, ",\"\r") == NULL)
        return write_string(to, string);
    *to++ = '"';
    for (; *string != '\0'; string++) {
        if (*string == '"')
            *to++ = '"';
        *to++ = *string;
    }
    *to++ = '"';
    return to;
}
