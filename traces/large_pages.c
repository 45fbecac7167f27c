// SPDX-License-Identifier: GPL-2.0-or-later
#define _DEFAULT_SOURCE // madvise
#include "traces/large_pages.h"

#include <stdlib.h>
#include <sys/mman.h>

#define LARGE_PAGE_BYTES ((size_t)2 << 20)

void *large_pages(size_t bytes)
{
    bytes = (bytes + LARGE_PAGE_BYTES - 1) / LARGE_PAGE_BYTES * LARGE_PAGE_BYTES;
    void *memory = aligned_alloc(LARGE_PAGE_BYTES, bytes);
#ifdef MADV_HUGEPAGE
    if (memory != NULL)
        madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}
