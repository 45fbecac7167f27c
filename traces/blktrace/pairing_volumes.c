// SPDX-License-Identifier: GPL-2.0-or-later
// What is the arrival where it is for each volume to tell: a volume that has a D has one between
// the Q and the C of each request, so little has to be kept until it is known.
#include "traces/blktrace/blktrace_pair.h"

#include <stdlib.h>

bool blktrace_pairing_reserve(struct blktrace_pairing *pairing, size_t count)
{
    size_t capacity = count > 2 * pairing->volume_capacity ? count : 2 * pairing->volume_capacity;
    if (count > pairing->volume_capacity) {
        struct blktrace_volume *volumes =
            realloc(pairing->volumes, capacity * sizeof *pairing->volumes);
        if (volumes == NULL)
            return false;
        pairing->volumes = volumes;
        pairing->volume_capacity = capacity;
    }
    while (pairing->volume_count < count)
        pairing->volumes[pairing->volume_count++] =
            (struct blktrace_volume){.arrival = pairing->arrival};
    return true;
}

enum trace_arrival blktrace_pairing_arrival(const struct blktrace_pairing *pairing, uint32_t volume)
{
    return volume < pairing->volume_count ? pairing->volumes[volume].arrival : TRACE_ARRIVAL_AUTO;
}

bool blktrace_pairing_decide(struct blktrace_pairing *pairing, struct blktrace_volume *volume)
{
    if (blktrace_pairing_can_wait(pairing))
        return false;
    volume->arrival = TRACE_ARRIVAL_QUEUE;
    return true;
}

void blktrace_pairing_hide(struct blktrace_pairing *pairing, struct blktrace_volume *volume)
{
    if (volume->is_below)
        return;
    for (uint64_t i = pairing->window.first; i < pairing->window.next; i++)
        if (&pairing->volumes[blktrace_window_at(&pairing->window, i)->volume] == volume &&
            i >= volume->from)
            volume->hidden[volume->arrival == TRACE_ARRIVAL_ISSUE]++;
    volume->is_below = true;
    volume->arrival = TRACE_ARRIVAL_AUTO;
    volume->from = UINT64_MAX;
}

static const char *arrival_letters(const struct blktrace_pairing *pairing)
{
    static const char *const letters[] = {"Q or D", "Q", "D", "Q or D"};
    unsigned found = 0;
    for (size_t i = 0; i < pairing->volume_count; i++)
        found |= pairing->volumes[i].arrival == TRACE_ARRIVAL_QUEUE   ? 1
                 : pairing->volumes[i].arrival == TRACE_ARRIVAL_ISSUE ? 2
                                                                      : 0;
    return letters[found];
}

// So many may be in flight where a recording begins or ends.
static bool is_few(const struct blktrace_pairing *pairing, uint64_t count)
{
    return count <= 2 || count <= pairing->requests / 10;
}

void blktrace_pairing_report(const struct blktrace_pairing *pairing, const char *source,
                             struct trace_notices *notices)
{
    const char *arrivals = arrival_letters(pairing);
    uint64_t unknown = pairing->no_completion, unasked = pairing->no_arrival;
    trace_notices_set(notices, "no-completion", source, unknown,
                      "%llu of %llu requests (%s) have no completion (C), so that their latency is "
                      "unknown; %s.",
                      (unsigned long long)unknown, (unsigned long long)pairing->requests, arrivals,
                      is_few(pairing, unknown)
                          ? "a few in flight when the recording ended are normal"
                          : "so many are not in flight when a recording ends: completions were not "
                            "recorded, or were lost");
    trace_notices_set(notices, "no-arrival", source, unasked,
                      "%llu completions (C) cover bytes that no request before them (%s) asked "
                      "for; %s.",
                      (unsigned long long)unasked, arrivals,
                      is_few(pairing, unasked)
                          ? "a few in flight when the recording began are normal"
                          : "so many are not in flight when a recording begins: arrivals were not "
                            "recorded, or were lost");
    trace_notices_set(notices, "in-flight", source, pairing->started.taken,
                      "%llu request%s in flight when the recording began, as completions (C) "
                      "without an arrival show; they arrive at its start.",
                      (unsigned long long)pairing->started.taken,
                      pairing->started.taken == 1 ? " was" : "s were");
    trace_notices_count(notices, "passthrough", source, pairing->passthrough,
                        "commands passed through to the device (SCSI or the like) are skipped: "
                        "they are not reads or writes of the volume.");
    trace_notices_count(notices, "zero-bytes", source, pairing->zero_bytes,
                        "requests without bytes that are no flush are skipped.");
    trace_notices_count(notices, "bad-split", source, pairing->bad_splits,
                        "split records (X) do not say where the request was split; the latency "
                        "of its second half may be unknown.");
}
