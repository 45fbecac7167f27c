// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers as text and bytes, for formats of which millions of lines are written. Each function
// writes at `to`, where there is room, and returns what follows; nothing ends with NUL.
#ifndef TRACES_WRITE_WRITE_TEXT_H
#define TRACES_WRITE_WRITE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Of UINT64_MAX.
#define WRITE_DIGITS_MAX 20

char *write_number(char *to, uint64_t number);

// At least `width` characters, with zeros or blanks in front.
char *write_number_zeros(char *to, uint64_t number, unsigned width);
char *write_number_blanks(char *to, uint64_t number, unsigned width);

// number / 10^power with `decimals` digits behind the point, at most `power` of them; the rest is
// cut off. Without decimals there is no point. power is at most 18.
char *write_decimal(char *to, uint64_t number, unsigned power, unsigned decimals);

// In little-endian order.
static inline char *write_little(char *to, uint64_t number, unsigned bytes)
{
    for (; bytes > 0; bytes--, number >>= 8)
        *to++ = (char)(unsigned char)(number & 0xff);
    return to;
}

static inline char *write_bytes(char *to, const char *bytes, size_t length)
{
    memcpy(to, bytes, length);
    return to + length;
}

static inline char *write_string(char *to, const char *string)
{
    return write_bytes(to, string, strlen(string));
}

// As a field of a CSV, in quotes if it needs them.
char *write_quoted(char *to, const char *string);

#endif
