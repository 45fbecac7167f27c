// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef TRACES_LARGE_PAGES_H
#define TRACES_LARGE_PAGES_H

#include <stddef.h>

// Memory that will be filled, of a megabyte or more, in large pages if the system has any: it comes
// with a fault for each 2 MiB, not each 4 KiB. Freed with free(). NULL: there is none.
void *large_pages(size_t bytes);

#endif
