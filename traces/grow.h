// SPDX-License-Identifier: GPL-2.0-or-later
// Arrays that double.
#ifndef TRACES_GROW_H
#define TRACES_GROW_H

#include <stdint.h>
#include <stdlib.h>

// Items of which there is room for one more, moved if need be; the capacity follows. NULL: out of
// memory, and nothing has changed.
static inline void *trace_grown(void *items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    uint32_t more = *capacity == 0 ? 16 : 2 * *capacity;
    void *grown = realloc(items, more * size);
    if (grown != NULL)
        *capacity = more;
    return grown;
}

#endif
