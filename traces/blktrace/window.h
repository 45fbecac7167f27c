// SPDX-License-Identifier: GPL-2.0-or-later
// Requests in order of arrival, from the oldest that has not been handed out to the newest.
//
// Numbered from 0 without end; kept in chunks, so that the window grows and shrinks without
// copying.
#ifndef TRACES_BLKTRACE_WINDOW_H
#define TRACES_BLKTRACE_WINDOW_H

#include "traces/trace.h"

// More than any device has outstanding, and little enough to keep in memory (32 MiB).
#define BLKTRACE_WINDOW_MAX (UINT64_C(1) << 20)

enum blktrace_state {
    BLKTRACE_PENDING,   // some of its bytes have not been completed
    BLKTRACE_COMPLETED, // latency_ns holds
    BLKTRACE_WITHDRAWN, // requeued before the device took it: not a request
};

struct blktrace_pending {
    int64_t arrival_ns;
    uint64_t offset;
    union { // apart from the arrival: one wide load of a store just made and an old one would stall
        int64_t latency_ns; // when completed
        uint32_t fragment;  // while pending: one of its outstanding fragments
    };
    uint32_t bytes;
    uint16_t volume;
    uint8_t op;    // enum trace_op
    uint8_t state; // enum blktrace_state
};

#define BLKTRACE_CHUNK_REQUESTS 4096
#define BLKTRACE_CHUNKS 512

// All zero is an empty window.
struct blktrace_window {
    uint64_t first; // number of the oldest
    uint64_t next;  // number that the next one gets; next - first <= BLKTRACE_WINDOW_MAX + 1
    struct blktrace_pending *chunks[BLKTRACE_CHUNKS];
    struct blktrace_pending *spare;
};

void blktrace_window_free(struct blktrace_window *window);

static inline struct blktrace_pending *blktrace_window_at(const struct blktrace_window *window,
                                                          uint64_t number)
{
    return &window->chunks[number / BLKTRACE_CHUNK_REQUESTS % BLKTRACE_CHUNKS]
                          [number % BLKTRACE_CHUNK_REQUESTS];
}

// Used by blktrace_window_push and blktrace_window_pop only: memory for the next chunk (false:
// there is none), and that of the one before the first chunk given back.
bool blktrace_window_extend(struct blktrace_window *window);
void blktrace_window_shrink(struct blktrace_window *window);

// The new request, to be filled, with the number next - 1; NULL: out of memory.
static inline struct blktrace_pending *blktrace_window_push(struct blktrace_window *window)
{
    if (window->next % BLKTRACE_CHUNK_REQUESTS == 0 && !blktrace_window_extend(window))
        return NULL;
    return blktrace_window_at(window, window->next++);
}

// Drops the oldest.
static inline void blktrace_window_pop(struct blktrace_window *window)
{
    window->first++;
    if (window->first % BLKTRACE_CHUNK_REQUESTS == 0)
        blktrace_window_shrink(window);
}

#endif
