// SPDX-License-Identifier: GPL-2.0-or-later
// What a header of any CSV means by its names.
#ifndef TRACES_COLUMNS_NAMING_H
#define TRACES_COLUMNS_NAMING_H

#include "traces/columns.h"

// Longest word that is known.
#define COLUMNS_WORD_BYTES 24

struct columns_naming {
    char separator; // given
    struct columns_field names[COLUMNS_MAX];
    size_t count;
    size_t place[COLUMNS_ROLE_COUNT];     // COLUMNS_MAX: none
    const char *unit[COLUMNS_ROLE_COUNT]; // as layouts have it; "": to be guessed; NULL: none
    bool says_unit[COLUMNS_ROLE_COUNT];   // the header does
};

// False: the line does not name all that a request needs. The names lie in the line.
bool columns_naming_find(struct columns_naming *naming, const char *line, size_t length);

// Does the line name the columns of a request, but not as they are in the layout?
bool columns_naming_differs(const struct columns_layout *layout, const char *line, size_t length);

// The fields of a line without what is around them; returns how many there are.
size_t columns_naming_split(const struct columns_naming *naming, const char *line, size_t length,
                            struct columns_field fields[COLUMNS_MAX]);

// Is the word among those, which have a blank on each side?
bool columns_word_is_among(const char *words, const char *word);

#endif
