// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/label.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// Length in bytes of the well-formed UTF-8 sequence at text (Unicode table 3-7), or 0.
static size_t sequence_length(const unsigned char *text, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = text[0] < 0x80             ? 1
                    : (text[0] & 0xe0) == 0xc0 ? 2
                    : (text[0] & 0xf0) == 0xe0 ? 3
                    : (text[0] & 0xf8) == 0xf0 ? 4
                                               : 0;
    if (length == 0)
        return 0;
    *code = length == 1 ? text[0] : text[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (text[i] & 0x3f);
    }
    bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
    return *code < smallest[length] || *code > 0x10ffff || surrogate ? 0 : length;
}

// What moves a terminal's cursor, changes its state, or reorders, hides or joins what stands
// around.
static bool is_unsafe(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } unsafe[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x300, 0x36f},
        {0x61c, 0x61c},   {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
        {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff9, 0xffff}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++) {
        if (code >= unsafe[i].first && code <= unsafe[i].last)
            return true;
    }
    return false;
}

void report_write_utf8(FILE *out, const char *text)
{
    const unsigned char *from = (const unsigned char *)text;
    while (*from) {
        uint32_t code;
        size_t length = sequence_length(from, &code);
        if (length)
            fwrite(from, 1, length, out);
        else
            fputs("\xef\xbf\xbd", out);
        from += length ? length : 1;
    }
}

size_t report_label(char out[REPORT_LABEL_MAX], const char *text, size_t characters)
{
    const unsigned char *from = (const unsigned char *)text;
    size_t count = 0, used = 0;
    size_t cut = 0; // where "..." goes if the text turns out too long
    assert(characters >= 4 && characters < REPORT_LABEL_MAX / 4);
    while (*from) {
        uint32_t code = 0;
        size_t length = sequence_length(from, &code);
        if (count == characters) {
            memcpy(out + cut, "...", 4);
            return characters;
        }
        if (count == characters - 3)
            cut = used;
        if (length == 0 || is_unsafe(code)) {
            out[used++] = '?';
            from += length ? length : 1;
        } else {
            memcpy(out + used, from, length);
            used += length;
            from += length;
        }
        count++;
    }
    out[used] = '\0';
    return count;
}
