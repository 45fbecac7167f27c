// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of a layout, one "key=value" at a time.
#ifndef TRACES_COLUMNS_LAYOUT_ITEMS_H
#define TRACES_COLUMNS_LAYOUT_ITEMS_H

#include "traces/columns/layout.h"

#define LAYOUT_KEY_COUNT 15

struct layout_parser {
    struct columns_user_layout *user;
    const char *path;
    struct trace_error *error;
    char *at; // in the copy of the text
    bool seen[LAYOUT_KEY_COUNT];
    int64_t number[COLUMNS_ROLE_COUNT];               // of the role's column; 0: none, or by name
    struct columns_column column[COLUMNS_ROLE_COUNT]; // without a name: none
    bool header;
    bool all;
};

// Takes one item and stores what it says; *stop is what ended it, ',' or NUL.
bool layout_item(struct layout_parser *parser, char *stop);

// Fails with "FILE: layout: KEY TEXT".
bool layout_wrong(struct layout_parser *parser, const char *key, const char *text);

#endif
