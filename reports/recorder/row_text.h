// SPDX-License-Identifier: GPL-2.0-or-later
// A row that is being made as JSON: cells of intervals, or buckets of a histogram.
#ifndef REPORTS_RECORDER_ROW_TEXT_H
#define REPORTS_RECORDER_ROW_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define RECORDER_TEXT_FULL 800 // bytes, from which on it is stored
#define RECORDER_TEXT_CELL 300 // no cell is longer

struct recorder_text {
    int64_t first; // interval, or bucket
    size_t used;
    char bytes[RECORDER_TEXT_FULL + RECORDER_TEXT_CELL];
};

void recorder_text_number(struct recorder_text *text, uint64_t number);
void recorder_text_begin(struct recorder_text *text, char with);
// Ends it with this character; it is empty then.
const char *recorder_text_end(struct recorder_text *text, char with);

#endif
