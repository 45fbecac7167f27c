// SPDX-License-Identifier: GPL-2.0-or-later
// Which number has this name? Looked up in time logarithmic in their number.
#ifndef SIM_BASE_NAMES_H
#define SIM_BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAMES_NONE UINT32_MAX

// All zero is empty. The names are the caller's and must stay.
struct names {
    void *tree;
};

// Gives the name this number, unless it has one already. Returns its number then, or NAMES_NONE:
// out of memory.
uint32_t names_add(struct names *names, const char *name, uint32_t number);

// Gives the name this number, in place of one that it may have. False: out of memory.
bool names_set(struct names *names, const char *name, uint32_t number);

// NAMES_NONE: it has none.
uint32_t names_find(const struct names *names, const char *name);

// The base name if it has no number, else "BASE-2", "BASE-3", ...: the first that has none. The
// caller frees it; NULL: out of memory.
char *names_unused(const struct names *names, const char *base);

// Adds a copy to a list of names that the caller frees, each and the list. A list that is not empty
// was made here, and has not become shorter but to nothing. False: out of memory.
bool names_append(char ***list, size_t *count, const char *name);

void names_free(struct names *names);

#endif
