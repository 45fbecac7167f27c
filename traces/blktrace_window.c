// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/blktrace_window.h"

#include <assert.h>
#include <stdlib.h>

_Static_assert(sizeof(struct blktrace_pending) == 32, "2^20 of them are 32 MiB");
_Static_assert((BLKTRACE_CHUNKS - 1) * (uint64_t)BLKTRACE_CHUNK_REQUESTS > BLKTRACE_WINDOW_MAX,
               "a full window never meets its own first chunk");

void blktrace_window_free(struct blktrace_window *window)
{
    for (size_t i = 0; i < BLKTRACE_CHUNKS; i++) {
        free(window->chunks[i]);
    }
    free(window->spare);
    *window = (struct blktrace_window){0};
}

struct blktrace_pending *blktrace_window_push(struct blktrace_window *window)
{
    struct blktrace_pending **chunk =
        &window->chunks[window->next / BLKTRACE_CHUNK_REQUESTS % BLKTRACE_CHUNKS];
    assert(window->next - window->first <= BLKTRACE_WINDOW_MAX);
    if (*chunk == NULL) {
        *chunk = window->spare;
        window->spare = NULL;
    }
    if (*chunk == NULL) {
        *chunk = malloc(BLKTRACE_CHUNK_REQUESTS * sizeof(**chunk));
        if (*chunk == NULL) {
            return NULL;
        }
    }
    return blktrace_window_at(window, window->next++);
}

void blktrace_window_pop(struct blktrace_window *window)
{
    assert(window->first < window->next);
    struct blktrace_pending **chunk =
        &window->chunks[window->first / BLKTRACE_CHUNK_REQUESTS % BLKTRACE_CHUNKS];
    window->first++;
    if (window->first % BLKTRACE_CHUNK_REQUESTS == 0) {
        free(window->spare);
        window->spare = *chunk;
        *chunk = NULL;
    }
}
