// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/nearest_word.h"

#include <string.h>

#define BYTES_MAX 128

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Levenshtein's distance, with two neighbours swapped as one step. Rows of the usual matrix: the
// one before the last, the last, the current.
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][BYTES_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *current = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        current[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t cost = a[i - 1] != b[j - 1];
            current[j] = smaller(smaller(last[j], current[j - 1]) + 1, last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                current[j] = smaller(current[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = last;
        last = current;
        current = oldest;
    }
    return last[b_length];
}

const char *nearest_word(const char *wrong, size_t length, nearest_word_at *word_at,
                         const void *words)
{
    const char *nearest = NULL;
    size_t best = length / 3 + 1; // one slip in three characters, and one in a very short word
    const char *word;
    for (size_t i = 0; length <= BYTES_MAX && (word = word_at(words, i)) != NULL; i++) {
        if (strlen(word) > BYTES_MAX)
            continue;
        size_t steps = distance(wrong, length, word, strlen(word));
        if (steps < best || (steps == best && nearest == NULL)) {
            nearest = word;
            best = steps;
        }
    }
    return nearest;
}

const char *nearest_word_in_array(const void *words, size_t index)
{
    return ((const char *const *)words)[index];
}
