// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/input/utf16.h"

#include <stdlib.h>

#define MARK 0xfeffU
#define NO_CHARACTER 0xfffdU
// Binary files may begin with a mark, but hardly go on like this.
#define LOOKED_AT_BYTES 16

bool trace_utf16_begins(const uint8_t *block, size_t size, bool *big_endian)
{
    *big_endian = size >= 2 && block[0] == 0xfe && block[1] == 0xff;
    if (size < 4 || (!*big_endian && (block[0] != 0xff || block[1] != 0xfe)))
        return false;
    for (size_t i = 2; i + 1 < size && i < LOOKED_AT_BYTES; i += 2) {
        uint8_t low = block[i + *big_endian];
        bool is_text = (low >= 0x20 && low < 0x7f) || low == '\t' || low == '\r' || low == '\n';
        if (block[i + !*big_endian] != 0 || !is_text)
            return false;
    }
    return true;
}

static uint8_t *put(uint8_t *to, uint32_t character)
{
    if (character < 0x80) {
        *to++ = (uint8_t)character;
        return to;
    }
    if (character < 0x800) {
        *to++ = (uint8_t)(0xc0 | character >> 6);
    } else if (character < 0x10000) {
        *to++ = (uint8_t)(0xe0 | character >> 12);
        *to++ = (uint8_t)(0x80 | (character >> 6 & 0x3f));
    } else {
        *to++ = (uint8_t)(0xf0 | character >> 18);
        *to++ = (uint8_t)(0x80 | (character >> 12 & 0x3f));
        *to++ = (uint8_t)(0x80 | (character >> 6 & 0x3f));
    }
    *to++ = (uint8_t)(0x80 | (character & 0x3f));
    return to;
}

static uint8_t *put_unit(struct trace_utf16 *text, uint8_t *to, uint32_t unit)
{
    uint32_t high = text->high;
    bool is_low = unit >= 0xdc00 && unit < 0xe000;
    text->high = unit >= 0xd800 && unit < 0xdc00 ? unit : 0;
    if (high != 0 && is_low)
        return put(to, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
    if (high != 0)
        to = put(to, NO_CHARACTER);
    if (text->high != 0 || unit == MARK)
        return to;
    return put(to, is_low ? NO_CHARACTER : unit);
}

size_t trace_utf16_decode(struct trace_utf16 *text, const uint8_t *block, size_t size)
{
    // A unit is at most three bytes, and may come after one that was kept back.
    size_t needed = size / 2 * 3 + 16;
    if (text->capacity < needed) {
        free(text->bytes);
        text->bytes = malloc(needed);
        text->capacity = text->bytes != NULL ? needed : 0;
        if (text->bytes == NULL)
            return SIZE_MAX;
    }
    uint8_t *to = text->bytes;
    for (size_t i = 0; i < size; i++) {
        if (text->is_odd)
            to = put_unit(text, to,
                          text->big_endian ? (uint32_t)text->odd << 8 | block[i]
                                           : (uint32_t)block[i] << 8 | text->odd);
        text->odd = block[i];
        text->is_odd = !text->is_odd;
    }
    return (size_t)(to - text->bytes);
}
