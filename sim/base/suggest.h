// SPDX-License-Identifier: GPL-2.0-or-later
// "Did you mean": the nearest of the known words.
#ifndef SIM_BASE_SUGGEST_H
#define SIM_BASE_SUGGEST_H

#include <stddef.h>

// How a list of words is walked: the word at `index`, or NULL behind the last.
typedef const char *suggest_word(const void *words, size_t index);

// The nearest word, or NULL if none is near enough.
const char *suggest_nearest(const char *wrong, suggest_word *word_at, const void *words);

// Writes "; did you mean 'X'?", or "" if nothing is near enough, into text, which is returned.
const char *suggest(const char *wrong, suggest_word *word_at, const void *words, char *text,
                    size_t size);

// For an array of pointers that ends with NULL.
const char *suggest_in_array(const void *words, size_t index);

#endif
