// SPDX-License-Identifier: GPL-2.0-or-later
// What a thread writes at each arrival is not to lie in a line of the processor's cache, of which
// it takes two at a time, with what another one uses.
#ifndef SIM_ARRIVALS_APART_H
#define SIM_ARRIVALS_APART_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define APART ((size_t)128)

// All zero, in lines of its own; freed with free(). NULL: out of memory.
static inline void *allocate_apart(size_t bytes)
{
    size_t rounded = (bytes + APART - 1) / APART * APART;
    void *allocated = aligned_alloc(APART, rounded);
    if (allocated != NULL)
        memset(allocated, 0, rounded);
    return allocated;
}

#endif
