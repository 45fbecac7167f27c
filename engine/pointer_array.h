// SPDX-License-Identifier: GPL-2.0-or-later
// Growing an array of pointers, for the operations that give out ids.
#ifndef ENGINE_POINTER_ARRAY_H
#define ENGINE_POINTER_ARRAY_H

#include <stdint.h>
#include <stdlib.h>

// The array, with room for one more pointer than `count`, or NULL: out of memory, and the array is
// as it was. It grows by doubling, so there is room whenever `count` is not a power of two.
static inline void *pointer_array_with_room(void *pointers, uint32_t count)
{
    if ((count & (count - 1)) != 0)
        return pointers;
    return realloc(pointers, (count == 0 ? 1 : 2 * (size_t)count) * sizeof(void *));
}

#endif
