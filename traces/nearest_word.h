// SPDX-License-Identifier: GPL-2.0-or-later
// "Did you mean": the nearest of the known words.
#ifndef TRACES_NEAREST_WORD_H
#define TRACES_NEAREST_WORD_H

#include <stddef.h>

// How a list of words is walked: the word at `index`, or NULL behind the last.
typedef const char *nearest_word_at(const void *words, size_t index);

// The nearest if it is near enough to be a slip of the fingers, else NULL. Of equally near ones the
// first; none if that or the wrong one has more than 128 bytes.
const char *nearest_word(const char *wrong, size_t length, nearest_word_at *word_at,
                         const void *words);

// For an array of pointers that ends with NULL.
const char *nearest_word_in_array(const void *words, size_t index);

#endif
