// SPDX-License-Identifier: GPL-2.0-or-later
// Text in UTF-16, as of Windows' tools (PowerShell's >), becomes UTF-8 block by block.
#ifndef TRACES_INPUT_UTF16_H
#define TRACES_INPUT_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_utf16 {
    bool big_endian;
    uint8_t odd; // the first byte of a unit, if is_odd
    bool is_odd;
    uint32_t high;  // the first of two surrogates; 0: none
    uint8_t *bytes; // the last block, in UTF-8
    size_t capacity;
};

// Is it the start of such a text: a byte order mark, and characters of ASCII?
bool trace_utf16_begins(const uint8_t *block, size_t size, bool *big_endian);

// What is no character becomes U+FFFD; a mark at the start is passed over. Returns the length, or
// SIZE_MAX: out of memory.
size_t trace_utf16_decode(struct trace_utf16 *text, const uint8_t *block, size_t size);

#endif
