// SPDX-License-Identifier: GPL-2.0-or-later
// The numbers that the kernel gives to the records of each device and CPU, and what is missing of
// them.
#ifndef TRACES_BLKTRACE_SEQUENCES_H
#define TRACES_BLKTRACE_SEQUENCES_H

#include "traces/blktrace/blktrace_record.h"
#include "traces/map.h"
#include "traces/notices.h"

struct blktrace_sequence {
    uint32_t device;
    uint32_t cpu;
    uint32_t last;
};

// All zero is empty.
struct blktrace_sequences {
    bool start_anywhere;               // the first number of a device and CPU need not be 1
    struct blktrace_sequence *current; // that of the last record
    uint64_t lost;                     // by the gaps
    uint64_t gaps;
    uint64_t misplaced_remaps;
    // A dump and a text hold many, a per-CPU file one.
    struct trace_map index; // by (device, CPU)
    struct blktrace_sequence *items;
    uint32_t count;
    uint32_t capacity;
};

// The counts stay.
void blktrace_sequences_free(struct blktrace_sequences *sequences);

// Sets after_gap of a record before which others are missing. False: `wrong` says why.
bool blktrace_sequences_check(struct blktrace_sequences *sequences, struct blktrace_record *record,
                              const char **wrong);

// The notice `sequence-gap`.
void blktrace_sequences_report(const struct blktrace_sequences *sequences, const char *source,
                               struct trace_notices *notices);

#endif
