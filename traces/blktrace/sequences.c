// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/blktrace/sequences.h"

#include <stdlib.h>

// More than any machine has; bounds what a hostile file can make the reader allocate.
#define SEQUENCES_MAX 65536U

void blktrace_sequences_free(struct blktrace_sequences *sequences)
{
    trace_map_free(&sequences->index);
    free(sequences->items);
    sequences->items = NULL;
    sequences->current = NULL;
    sequences->count = 0;
    sequences->capacity = 0;
}

static bool reserve(struct blktrace_sequences *sequences)
{
    if (sequences->count < sequences->capacity)
        return true;
    uint32_t capacity = sequences->count == 0 ? 4 : sequences->count * 2;
    void *items = realloc(sequences->items, capacity * sizeof *sequences->items);
    if (items == NULL)
        return false;
    sequences->items = items;
    sequences->capacity = capacity;
    return true;
}

// Makes the record's device and CPU the current one.
static bool find_current(struct blktrace_sequences *sequences, const struct blktrace_record *record,
                         const char **wrong)
{
    uint32_t number = trace_map_get(&sequences->index, record->device, record->cpu);
    if (number == TRACE_MAP_NONE) {
        number = sequences->count;
        if (number == SEQUENCES_MAX) {
            *wrong = "more than 65536 pairs of device and CPU: this is not a recording";
            return false;
        }
        if (!reserve(sequences) ||
            !trace_map_put(&sequences->index, record->device, record->cpu, number)) {
            *wrong = "out of memory";
            return false;
        }
        sequences->items[number] = (struct blktrace_sequence){
            .device = record->device,
            .cpu = record->cpu,
            .last = sequences->start_anywhere ? record->sequence - 1 : 0,
        };
        sequences->count++;
    }
    sequences->current = &sequences->items[number];
    return true;
}

// The kernel numbers the records of a device from 1 on each CPU; numbers that start over are
// another recording in the same file, not a loss. In a dump, remaps may carry the device they lead
// to instead of their own: one that does not fit there fills a gap of another device.
bool blktrace_sequences_check(struct blktrace_sequences *sequences, struct blktrace_record *record,
                              const char **wrong)
{
    struct blktrace_sequence *sequence = sequences->current;
    if ((sequence == NULL || sequence->device != record->device || sequence->cpu != record->cpu) &&
        !find_current(sequences, record, wrong))
        return false;
    sequence = sequences->current;
    if (blktrace_record_action(record) == BLKTRACE_REMAP &&
        record->sequence != sequence->last + 1) {
        sequences->misplaced_remaps++;
        return true;
    }
    if (record->sequence > sequence->last && record->sequence - sequence->last > 1) {
        uint64_t missing = record->sequence - sequence->last - 1;
        uint64_t remaps =
            missing < sequences->misplaced_remaps ? missing : sequences->misplaced_remaps;
        sequences->misplaced_remaps -= remaps;
        sequences->lost += missing - remaps;
        sequences->gaps += missing > remaps;
        record->after_gap = missing > remaps;
    }
    sequence->last = record->sequence;
    return true;
}

void blktrace_sequences_report(const struct blktrace_sequences *sequences, const char *source,
                               struct trace_notices *notices)
{
    trace_notices_set(notices, "sequence-gap", source, sequences->lost,
                      "%llu records are missing in %llu places, by their sequence numbers; what "
                      "they told is not in this trace.",
                      (unsigned long long)sequences->lost, (unsigned long long)sequences->gaps);
}
