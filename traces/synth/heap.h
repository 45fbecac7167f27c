// SPDX-License-Identifier: GPL-2.0-or-later
// What is to happen, the earliest on top: by (time, order). Volumes, clients and batches wait in
// such heaps.
#ifndef TRACES_SYNTH_HEAP_H
#define TRACES_SYNTH_HEAP_H

#include "traces/synth/clock.h"

#include <stdbool.h>
#include <stddef.h>

struct synth_event {
    struct synth_clock clock;
    uint64_t order; // between events at the same ns; all differ
    uint64_t left;  // of a batch: requests
};

// All zero is empty.
struct synth_heap {
    struct synth_event *events; // events[0] is the earliest
    size_t count;
    size_t capacity;
};

// False: out of memory, and the heap is as it was.
bool synth_heap_push(struct synth_heap *heap, const struct synth_event *event);

// The earliest event has been put off, or has not changed.
void synth_heap_settle(struct synth_heap *heap);

void synth_heap_pop(struct synth_heap *heap); // of at least one

void synth_heap_free(struct synth_heap *heap);

#endif
