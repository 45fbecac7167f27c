// SPDX-License-Identifier: GPL-2.0-or-later
// The layout of a CSV that nobody knows, from its header.
#ifndef TRACES_COLUMNS_PROPOSE_H
#define TRACES_COLUMNS_PROPOSE_H

#include "traces/columns.h"

#define COLUMNS_PROPOSED_BYTES 400
#define COLUMNS_NOTE_BYTES 100

// The layout reads the lines that are there. The note says what was only guessed, if anything.
bool columns_propose(const uint8_t *head, size_t length, char layout[COLUMNS_PROPOSED_BYTES],
                     char note[COLUMNS_NOTE_BYTES]);

#endif
