// SPDX-License-Identifier: GPL-2.0-or-later
// Items of one size put into order of their time, however many: sorted runs in memory, and beyond
// that in a temporary file (TMPDIR, else /tmp). Equal times keep their order.
#ifndef TRACES_SORTER_H
#define TRACES_SORTER_H

#include "traces/heap.h"
#include "traces/notices.h"

// So many bytes of items are sorted at a time, in twice the memory.
#define TRACE_SORTER_RUN_BYTES (UINT32_C(8) << 20)

struct trace_sorter_run;

// All zero but for the size is empty.
struct trace_sorter {
    size_t item_bytes; // an item begins with its time, int64_t ns
    uint8_t *items;    // of the run in memory
    uint8_t *other;    // what it is merged into; while reading, the runs' buffers
    size_t count, capacity;
    size_t next; // to be read
    uint64_t displaced;
    int64_t last_ns;    // of the items added, the latest
    int file;           // if there are runs on disk
    uint64_t file_size; // bytes
    struct trace_sorter_run *runs;
    size_t run_count;
    size_t run_capacity;
    size_t buffer_items; // of each run, while reading
    struct trace_heap heap;
    struct trace_sorter_run *current; // whose item was given out last
};

void trace_sorter_free(struct trace_sorter *sorter);

bool trace_sorter_add(struct trace_sorter *sorter, const void *item, struct trace_error *error);

// Nothing more is added; the next item is the first. Again: reading starts over.
bool trace_sorter_rewind(struct trace_sorter *sorter, struct trace_error *error);

// The next in order, valid until the next call.
enum trace_result trace_sorter_next(struct trace_sorter *sorter, const void **item,
                                    struct trace_error *error);

// How much of what was added has been read since it was rewound: 0 to 1.
double trace_sorter_share(const struct trace_sorter *sorter);

#endif
