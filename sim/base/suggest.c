// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/suggest.h"

#include <stdio.h>
#include <string.h>

const char *suggest(const char *wrong, nearest_word_at *word_at, const void *words, char *text,
                    size_t size)
{
    const char *nearest = nearest_word(wrong, strlen(wrong), word_at, words);
    text[0] = '\0';
    if (nearest != NULL)
        snprintf(text, size, "; did you mean '%s'?", nearest);
    return text;
}
