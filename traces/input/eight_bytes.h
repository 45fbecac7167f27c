// SPDX-License-Identifier: GPL-2.0-or-later
// Text eight bytes at a time, as a word whose lowest byte is the first: no loop, and no branch for
// each byte. Where a byte is meant, its upper bit is set in a mask, and no other bit.
#ifndef TRACES_INPUT_EIGHT_BYTES_H
#define TRACES_INPUT_EIGHT_BYTES_H

#include <stddef.h>
#include <stdint.h>

#define EIGHT_BYTES(byte) (UINT64_C(0x0101010101010101) * (byte))

// Compilers make one load of each, on little-endian machines.
static inline uint64_t eight_load_four(const unsigned char *bytes)
{
    return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 |
           (uint64_t)bytes[3] << 24;
}

static inline uint64_t eight_load(const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 |
           (uint64_t)bytes[3] << 24 | (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 |
           (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56;
}

// Of 1 to 8 bytes, behind as many '0' as are missing: their length costs no loop either.
static inline uint64_t eight_load_digits(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    uint64_t word = EIGHT_BYTES('0') >> 4 * length >> 4 * length;
    if (length == 8)
        return eight_load(text);
    // Bytes that are taken twice come to the same place.
    if (length >= 4)
        return word | eight_load_four(bytes) << 8 * (8 - length) |
               eight_load_four(bytes + length - 4) << 32;
    return word | (uint64_t)bytes[0] << 8 * (8 - length) |
           (uint64_t)bytes[length / 2] << 8 * (8 - length + length / 2) |
           (uint64_t)bytes[length - 1] << 56;
}

// Bytes that are the character.
static inline uint64_t eight_equal(uint64_t word, char character)
{
    uint64_t other = word ^ EIGHT_BYTES((unsigned char)character); // 0 where it is
    return ~(((other & EIGHT_BYTES(0x7f)) + EIGHT_BYTES(0x7f)) | other) & EIGHT_BYTES(0x80);
}

static inline uint64_t eight_blanks(uint64_t word)
{
    return eight_equal(word, ' ') | eight_equal(word, '\t');
}

// Bytes that are no decimal digits.
static inline uint64_t eight_no_digits(uint64_t word)
{
    uint64_t digits = word ^ EIGHT_BYTES('0'); // 0 to 9 where there is one
    return (((digits & EIGHT_BYTES(0x7f)) + EIGHT_BYTES(0x80 - 10)) | digits) & EIGHT_BYTES(0x80);
}

// The place of the first byte of a mask that is not 0.
static inline unsigned eight_first(uint64_t mask)
{
    return (unsigned)__builtin_ctzll(mask) / 8;
}

// The number that the lower halves of the bytes are the digits of: pairs, fours, all.
static inline uint64_t eight_number(uint64_t word)
{
    word = (word & EIGHT_BYTES(0x0f)) * (10 * 256 + 1) >> 8;
    word = (word & UINT64_C(0x00ff00ff00ff00ff)) * (100 * 65536 + 1) >> 16;
    return (word & UINT64_C(0x0000ffff0000ffff)) * (10000 * (UINT64_C(1) << 32) + 1) >> 32;
}

#endif
