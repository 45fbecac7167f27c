// SPDX-License-Identifier: GPL-2.0-or-later
// What an estimate needs to know of a recording, or of a made workload: one pass, and per volume
// memory that does not grow with the requests.
//
// Of a volume: 10 KiB, histograms of at most 60 KiB each, its counts in at most FIT_BINS_MAX bins,
// and samples of its blocks and places (see struct info_blocks). Bins and samples are fewer
// when there are many volumes, so that all of them take about FIT_RECORD_BINS * 4 bytes, and 16 *
// FIT_RECORD_BLOCKS.
#ifndef SIM_WORKLOAD_FIT_FIT_RECORD_H
#define SIM_WORKLOAD_FIT_FIT_RECORD_H

#include "sim/base/error.h"
#include "sim/workload/fit/law.h"
#include "sim/workload/info/info_windows.h"
#include "sim/workload/info/volume.h"
#include "traces/synth.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How many requests came in each bin of time since the trace began. Bins have one length, 1 ms at
// first; when there would be too many, each two become one.

#define FIT_BIN_NS INT64_C(1000000)
#define FIT_BINS_MAX 32768

// All zero is empty, to be freed after use.
struct fit_bins {
    uint32_t *counts;
    size_t count; // up to the last that is not empty
    size_t capacity;
    int64_t bin_ns;
};

// since_ns: never negative. bound: how many bins there may be, a power of two. False: out of
// memory.
bool fit_bins_add(struct fit_bins *bins, int64_t since_ns, size_t bound);
void fit_bins_free(struct fit_bins *bins);

// How the momentary rates of two streams go together, -1 to 1: the correlation of their counts in
// windows of at least window_ns, without what each varies by at random. 0 where it is not known.
double fit_bins_correlation(const struct fit_bins *left, const struct fit_bins *right,
                            int64_t window_ns);

// The index of dispersion of a stream's counts over a ladder of window lengths.

#define FIT_WINDOW_COUNT 13

// 1 ms, 3 ms, 10 ms, ... 1000 s.
extern const int64_t fit_window_ns[FIT_WINDOW_COUNT];

// All zero is empty.
struct fit_windows {
    struct info_counter counters[FIT_WINDOW_COUNT];
    uint64_t end_ns[FIT_WINDOW_COUNT]; // of the window that is being counted
};

// since_ns: since the first arrival; never decreases.
void fit_windows_add(struct fit_windows *windows, uint64_t since_ns);

// Negative: unknown, as fewer than `least` windows (at least 2) have passed.
double fit_windows_dispersion(const struct fit_windows *windows, int window, uint64_t least);

// A stream of arrivals cut where nothing came for longer than a threshold, for a ladder of
// thresholds: what stands together is a batch, or a period in which the stream is on.

#define FIT_RUNS_ON_MIN 3
#define FIT_RUNS_LEVELS 17 // thresholds of 4 us, 16 us, ... 4^16 us (17 000 s)

struct fit_run {
    int64_t first_ns;  // of the run that is not over
    uint64_t requests; // in it

    // As batches: all runs.
    struct fit_sums cycle; // from a run to the next

    // As periods: runs of FIT_RUNS_ON_MIN requests or more, and of a twentieth of what they have on
    // average. What comes alone in a long pause does not end the pause.
    struct fit_sums length; // from the first to the last arrival, and a gap more; 1 ns at least
    struct fit_sums pause;  // from the last arrival of a period to the first of the next
    uint64_t on_requests;
    int64_t on_last_ns; // of the last period
};

// All zero is empty.
struct fit_runs {
    struct fit_run levels[FIT_RUNS_LEVELS];
    int64_t last_ns;
};

int64_t fit_runs_threshold(int level);
// Arrivals never decrease.
void fit_runs_add(struct fit_runs *runs, int64_t arrival_ns);

// Where the requests of one operation go.

#define FIT_ALIGN_LEVELS 31 // powers of two up to 1 GiB

// All zero is empty, to be freed after use.
struct fit_places {
    uint64_t requests;
    uint64_t sequential;                // begin where the one before ended
    uint64_t end;                       // where the last one ended
    uint64_t lowest;                    // offset
    uint64_t highest;                   // end
    uint64_t aligned[FIT_ALIGN_LEVELS]; // not sequential: by the greatest power that divides them
    struct info_blocks different;       // offsets of those that are not sequential
};

// bound: of the set of different places. False: out of memory.
bool fit_places_add(struct fit_places *places, const struct trace_request *request, uint64_t bound);
void fit_places_free(struct fit_places *places);

// Fills sequential, place, zipf_exponent, first, span, align of the kind, whose sizes are known.
void fit_places_kind(const struct fit_places *places, struct synth_kind *kind);

// How many of so many places are asked for at least once by so many requests, on average, where
// rank r is asked for in proportion to r^-exponent.
double fit_places_touched(double places, double requests, double exponent);

// What is drawn: a single discard can have more bytes than all else together.
#define FIT_DRAWN_OPS (1u << TRACE_READ | 1u << TRACE_WRITE | 1u << TRACE_WRITE_ZEROES)

#define FIT_RECORD_BINS (UINT64_C(1) << 24)
#define FIT_RECORD_BLOCKS (UINT64_C(1) << 22)

struct fit_volume {
    struct info_volume info; // its limits are not filled, its series of the whole record only
    struct fit_places places[TRACE_OP_COUNT];
    struct fit_runs runs;
    struct fit_bins bins; // since the beginning of the record
    struct fit_windows windows;
};

// All zero is empty, to be freed after use.
struct fit_record {
    struct fit_volume *volumes; // volume_count, and room for more; by the requests' volumes
    size_t volume_count;
    size_t volume_capacity;
    struct fit_volume all; // without runs
    int64_t resolution_ns; // all arrivals are a multiple of it apart; 0: all at one time
};

// False with the error filled: out of memory, or more volumes than a specification can have.
bool fit_record_add(struct fit_record *record, const struct trace_request *request,
                    struct sim_error *error);
void fit_record_free(struct fit_record *record);

#endif
