// SPDX-License-Identifier: GPL-2.0-or-later
// A layout in a user's words: "time=1:s,op=3,offset=4:sectors,bytes=5,separator=;".
#ifndef TRACES_COLUMNS_LAYOUT_H
#define TRACES_COLUMNS_LAYOUT_H

#include "traces/columns.h"

#define COLUMNS_WORDS_MAX 64

// One block of memory, freed with free().
struct columns_user_layout {
    struct columns_layout layout;
    struct columns_column columns[COLUMNS_MAX];
    struct columns_word words[COLUMNS_WORDS_MAX + 1];
    size_t word_count;
    char names[COLUMNS_ROLE_COUNT][24]; // "4 (offset)"
    char words_help[200];
    char text[]; // where names and words lie
};

// NULL: the error says what is wrong with the text; `path` is the file that it is for.
struct columns_user_layout *columns_layout_parse(const char *path, const char *text,
                                                 struct trace_error *error);

#endif
