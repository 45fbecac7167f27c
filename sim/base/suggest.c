// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/suggest.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 63 // longer words get no suggestion

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Levenshtein's distance, with two neighbours swapped as one step. Rows of the usual matrix: the
// one before the last, the last, the current.
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *current = rows[2];
    size_t length = strlen(b);
    for (size_t j = 0; j <= length; j++)
        last[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        current[0] = i;
        for (size_t j = 1; j <= length; j++) {
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
    return last[length];
}

const char *suggest_nearest(const char *wrong, suggest_word *word_at, const void *words)
{
    size_t length = strlen(wrong);
    size_t best = length / 3 + 1; // about every third letter may be wrong
    const char *nearest = NULL;
    if (length > WORD_MAX)
        return NULL;
    const char *word;
    for (size_t i = 0; (word = word_at(words, i)) != NULL; i++) {
        if (strlen(word) > WORD_MAX)
            continue;
        size_t steps = distance(wrong, word);
        if (steps < best || (steps == best && nearest == NULL)) {
            best = steps;
            nearest = word;
        }
    }
    return nearest;
}

const char *suggest(const char *wrong, suggest_word *word_at, const void *words, char *text,
                    size_t size)
{
    const char *nearest = suggest_nearest(wrong, word_at, words);
    text[0] = '\0';
    if (nearest != NULL)
        snprintf(text, size, "; did you mean '%s'?", nearest);
    return text;
}

const char *suggest_in_array(const void *words, size_t index)
{
    return ((const char *const *)words)[index];
}
