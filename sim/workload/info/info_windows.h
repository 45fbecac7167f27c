// SPDX-License-Identifier: GPL-2.0-or-later
// What arrives within windows of 1 ms, 100 ms and 1 s: the most in any window wherever it begins,
// and how the counts of windows that follow each other vary.
//
// A peak is exact: the most requests (or bytes) that arrive in any half-open interval of this
// length. What arrived in the last second is kept for it, up to INFO_INSTANTS_MAX different times;
// of more than that, the oldest are forgotten and a peak may be too low, which is said.
//
// The index of dispersion is the variance of the counts of the windows [k w, (k + 1) w) since the
// first arrival, divided by their mean; windows that the last arrival has passed are counted. 1 is
// a Poisson process, 0 a metronome.
#ifndef SIM_WORKLOAD_INFO_INFO_WINDOWS_H
#define SIM_WORKLOAD_INFO_INFO_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Mean and variance of a stream in constant memory, by Welford's recurrence; zeros can be added any
// number at a time, which a count of requests per window needs where nothing happens for long.

// All zero is empty.
struct info_moments {
    uint64_t count;
    double mean;
    double squares; // sum of the squared distances from the mean
};

void info_moments_add(struct info_moments *moments, double value);
void info_moments_add_zeros(struct info_moments *moments, uint64_t count);

// Of a sample, as gsl_rstat_variance; 0 of fewer than two values.
double info_moments_variance(const struct info_moments *moments);

// How the counts of windows [k w, (k + 1) w) that follow each other vary.

// All zero is before the first window.
struct info_counter {
    uint64_t index;             // of the window that is being counted
    uint64_t requests;          // in it so far
    struct info_moments counts; // of the windows that have passed
};

// A request arrives in the window of this index, which never decreases.
void info_counter_add(struct info_counter *counter, uint64_t index);

// The variance of the counts divided by their mean; negative: fewer than two windows have passed.
double info_counter_dispersion(const struct info_counter *counter);

#define INFO_WINDOW_COUNT 3
#define INFO_INSTANTS_MAX (UINT64_C(1) << 20)

extern const int64_t info_window_ns[INFO_WINDOW_COUNT];
extern const char *const info_window_names[INFO_WINDOW_COUNT]; // "1 ms"
extern const char *const info_window_keys[INFO_WINDOW_COUNT];  // "1ms"

struct info_window {
    uint64_t peak_requests;
    uint64_t peak_bytes;
    uint64_t oldest; // number of the oldest instant in the window that ends now
    struct info_counter counter;
};

// A time at which requests arrived, and how many, with how many bytes, had arrived before it.
struct info_instant {
    int64_t ns;
    uint64_t requests;
    uint64_t bytes;
};

// All zero is empty, to be freed after use.
struct info_windows {
    struct info_window window[INFO_WINDOW_COUNT];
    struct info_instant *ring;
    uint64_t capacity; // of the ring, a power of two
    uint64_t next;     // number of the next instant; it lies at the number modulo capacity
    int64_t first_ns;
    uint64_t requests;
    uint64_t bytes; // at most INT64_MAX
    bool cut;       // instants were forgotten too early
};

// Arrivals never decrease. False: out of memory.
bool info_windows_add(struct info_windows *windows, int64_t arrival_ns, uint64_t bytes);
void info_windows_free(struct info_windows *windows);
// Into what is all zero. False: out of memory.
bool info_windows_copy(struct info_windows *into, const struct info_windows *from);

// At most INT64_MAX, which is where sums of bytes stop.
uint64_t info_sum_bytes(uint64_t sum, uint64_t bytes);

#endif
