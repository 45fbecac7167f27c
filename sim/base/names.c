// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/names.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct name_entry {
    const char *name;
    uint32_t number;
};

static int compare(const void *left, const void *right)
{
    const struct name_entry *a = left, *b = right;
    return strcmp(a->name, b->name);
}

// The name's entry, made with this number if there is none. NULL: out of memory.
static struct name_entry *get(struct names *names, const char *name, uint32_t number)
{
    struct name_entry *entry = malloc(sizeof *entry);
    if (entry == NULL)
        return NULL;
    *entry = (struct name_entry){name, number};
    struct name_entry **found = tsearch(entry, &names->tree, compare);
    if (found == NULL || *found != entry)
        free(entry);
    return found == NULL ? NULL : *found;
}

uint32_t names_add(struct names *names, const char *name, uint32_t number)
{
    const struct name_entry *entry = get(names, name, number);
    return entry == NULL ? NAMES_NONE : entry->number;
}

bool names_set(struct names *names, const char *name, uint32_t number)
{
    struct name_entry *entry = get(names, name, number);
    if (entry != NULL)
        entry->number = number;
    return entry != NULL;
}

uint32_t names_find(const struct names *names, const char *name)
{
    struct name_entry wanted = {name, NAMES_NONE};
    struct name_entry *const *found = tfind(&wanted, &names->tree, compare);
    return found == NULL ? NAMES_NONE : (*found)->number;
}

char *names_unused(const struct names *names, const char *base)
{
    size_t size = strlen(base) + 24;
    char *name = malloc(size);
    if (name == NULL)
        return NULL;
    snprintf(name, size, "%s", base);
    for (unsigned n = 2; names_find(names, name) != NAMES_NONE; n++)
        snprintf(name, size, "%s-%u", base, n);
    return name;
}

bool names_append(char ***list, size_t *count, const char *name)
{
    if ((*count & (*count - 1)) == 0) { // full: it has doubled at each power of two
        char **longer = realloc(*list, (*count == 0 ? 1 : 2 * *count) * sizeof *longer);
        if (longer == NULL)
            return false;
        *list = longer;
    }
    if (((*list)[*count] = strdup(name)) == NULL)
        return false;
    (*count)++;
    return true;
}

void names_free(struct names *names)
{
    while (names->tree != NULL) {
        struct name_entry *entry = *(struct name_entry **)names->tree;
        tdelete(entry, &names->tree, compare);
        free(entry);
    }
}
