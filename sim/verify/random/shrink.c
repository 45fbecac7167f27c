// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/random/shrink.h"

#include <stdlib.h>
#include <string.h>

// ---- Candidates ----

struct random_case *shrink_candidate(struct shrink *shrink)
{
    struct random_case *candidate = shrink->is_over ? NULL : random_case_copy(shrink->best);
    shrink->is_over = candidate == NULL;
    return candidate;
}

// FNV-1a of the file that the case makes. False: out of memory.
static bool hash_case(const struct random_case *random_case, uint64_t *hash)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    bool ok = out != NULL && random_case_write(random_case, out);
    ok = out != NULL && fclose(out) == 0 && ok;
    *hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; ok && i < length; i++)
        *hash = (*hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    free(text);
    return ok;
}

// True if it has not been asked about before; then it is noted.
static bool is_new(struct shrink *shrink, const struct random_case *candidate)
{
    uint64_t hash;
    if (!hash_case(candidate, &hash)) {
        shrink->is_over = true;
        return false;
    }
    for (size_t i = 0; i < shrink->asked_count; i++) {
        if (shrink->asked[i] == hash)
            return false;
    }
    // The original takes the first place, without a call.
    if (shrink->asked_count > shrink->call_max) {
        shrink->is_over = true;
        return false;
    }
    shrink->asked[shrink->asked_count++] = hash;
    return true;
}

bool shrink_offer(struct shrink *shrink, struct random_case *candidate)
{
    if (!random_case_is_valid(candidate) || !is_new(shrink, candidate) ||
        !shrink->fails(shrink->context, candidate)) {
        random_case_free(candidate);
        return false;
    }
    random_case_free(shrink->best);
    shrink->best = candidate;
    return true;
}

// ---- Events ----

static bool remove_events(struct shrink *shrink, size_t first, size_t count)
{
    struct random_case *candidate = shrink_candidate(shrink);
    if (candidate == NULL)
        return false;
    struct random_event *events = candidate->events;
    memmove(events + first, events + first + count,
            (candidate->event_count - first - count) * sizeof *events);
    candidate->event_count -= count;
    return shrink_offer(shrink, candidate);
}

// From the last on, which are least likely to matter.
static bool remove_chunks(struct shrink *shrink, size_t chunk)
{
    bool any = false;
    for (size_t end = shrink->best->event_count; end > 0;) {
        size_t first = end > chunk ? end - chunk : 0;
        any |= remove_events(shrink, first, end - first);
        end = first;
    }
    return any;
}

// Ever smaller chunks; single ones until none can go.
bool shrink_events(struct shrink *shrink)
{
    bool any = false;
    for (size_t chunk = shrink->best->event_count / 2; chunk > 1; chunk /= 2)
        any |= remove_chunks(shrink, chunk);
    while (remove_chunks(shrink, 1))
        any = true;
    return any;
}

// ---- The whole ----

static bool shrink_once(struct shrink *shrink)
{
    static shrink_pass *const passes[] = {
        shrink_events, shrink_members, shrink_groups, shrink_limits, shrink_sizes, shrink_times,
    };
    bool any = false;
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        any |= passes[i](shrink);
    return any;
}

struct random_case *shrink_case(const struct random_case *original, shrink_fails *fails,
                                void *context, unsigned call_max)
{
    struct shrink shrink = {.fails = fails, .context = context, .call_max = call_max};
    shrink.best = random_case_copy(original);
    shrink.asked = malloc(((size_t)call_max + 1) * sizeof *shrink.asked);
    shrink.is_over = shrink.asked == NULL || shrink.best == NULL;
    if (!shrink.is_over)
        is_new(&shrink, shrink.best);
    while (!shrink.is_over && shrink_once(&shrink))
        continue;
    free(shrink.asked);
    return shrink.best;
}
