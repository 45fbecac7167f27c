// SPDX-License-Identifier: GPL-2.0-or-later
// "Did you mean": the nearest of the known words.
#ifndef SIM_BASE_SUGGEST_H
#define SIM_BASE_SUGGEST_H

#include "traces/nearest_word.h"

// Writes "; did you mean 'X'?", or "" if nothing is near enough, into text, which is returned.
const char *suggest(const char *wrong, nearest_word_at *word_at, const void *words, char *text,
                    size_t size);

#endif
