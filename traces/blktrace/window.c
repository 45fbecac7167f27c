// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/blktrace/blktrace_pair.h"

#include <assert.h>
#include <stdlib.h>

_Static_assert((BLKTRACE_CHUNKS - 1) * (uint64_t)BLKTRACE_CHUNK_REQUESTS > BLKTRACE_WINDOW_MAX,
               "a full window never meets its own first chunk");

void blktrace_window_free(struct blktrace_window *window)
{
    for (size_t i = 0; i < BLKTRACE_CHUNKS; i++)
        free(window->chunks[i]);
    free(window->spare);
}

// Memory for the next chunk; false: there is none.
static bool extend_window(struct blktrace_window *window)
{
    struct blktrace_pending **chunk =
        &window->chunks[window->next / BLKTRACE_CHUNK_REQUESTS % BLKTRACE_CHUNKS];
    assert(*chunk == NULL && window->next - window->first <= BLKTRACE_WINDOW_MAX);
    *chunk = window->spare;
    window->spare = NULL;
    if (*chunk == NULL)
        *chunk =
            malloc(BLKTRACE_CHUNK_REQUESTS *
                   (sizeof **chunk + (window->has_senders ? sizeof(struct blktrace_sender) : 0)));
    return *chunk != NULL;
}

struct blktrace_pending *blktrace_window_push(struct blktrace_window *window)
{
    if (window->next % BLKTRACE_CHUNK_REQUESTS == 0 && !extend_window(window))
        return NULL;
    return blktrace_window_at(window, window->next++);
}

void blktrace_window_pop(struct blktrace_window *window)
{
    window->first++;
    if (window->first % BLKTRACE_CHUNK_REQUESTS > 0)
        return;
    struct blktrace_pending **chunk =
        &window->chunks[(window->first - 1) / BLKTRACE_CHUNK_REQUESTS % BLKTRACE_CHUNKS];
    assert(window->first <= window->next);
    free(window->spare);
    window->spare = *chunk;
    *chunk = NULL;
}
