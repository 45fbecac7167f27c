// SPDX-License-Identifier: GPL-2.0-or-later
// The letters by which the kernel tells an operation, "WS", "RA", "FWFS", "DE", in columns.
#ifndef TRACES_COLUMNS_LETTERS_H
#define TRACES_COLUMNS_LETTERS_H

#include "traces/columns/split.h"
#include "traces/trace.h"

struct columns_letters {
    enum trace_op op; // of bytes; a write if the kernel has no letter for it
    bool flushes;     // before or after it; without bytes it is a flush
    bool is_named;    // R, W or D is among them
};

// False: there are none, or others.
bool columns_letters_parse(const struct columns_field *field, struct columns_letters *letters);

#endif
