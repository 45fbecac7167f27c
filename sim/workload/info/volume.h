// SPDX-License-Identifier: GPL-2.0-or-later
// What is learnt about one volume of a recording, or about all of them, request by request.
#ifndef SIM_WORKLOAD_INFO_VOLUME_H
#define SIM_WORKLOAD_INFO_VOLUME_H

#include "reports/histogram.h"
#include "reports/plot/plot_trace.h"
#include "sim/workload/info/info_limits.h"
#include "sim/workload/info/info_windows.h"
#include "traces/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How many different blocks of 4 KiB are touched: exact up to a bound, then estimated.
//
// Wegman's adaptive sampling: the set holds every block whose hash ends in `level` zero bits. When
// it is full, level grows by one and what no longer qualifies leaves; the estimate is the size of
// the set times 2^level. At level 0 it is exact. Else its standard error is 1.2 / sqrt(bound):
// 0.23 % with 2^18 blocks. The hash is a bijection, so no two blocks are ever taken for one.

#define INFO_BLOCK_BYTES 4096
#define INFO_BLOCKS_MAX (UINT64_C(1) << 18)         // in the set
#define INFO_BLOCKS_REQUEST_MAX (UINT64_C(1) << 14) // of one request; the rest is not looked at

// All zero is empty, to be freed after use.
struct info_blocks {
    uint64_t *table; // hashes; 0: free
    size_t capacity; // a power of two, at least twice `used`
    size_t used;
    bool has_zero;  // the block whose hash is 0; it is counted in `used`
    unsigned level; // 0: exact
    double error;   // standard error of the estimate, relative
    bool cut;       // a request was too large to be counted whole
};

// Touches all blocks that [offset, offset + bytes) lies in. bound: of the set, at least 1. False:
// out of memory.
bool info_blocks_add(struct info_blocks *blocks, uint64_t offset, uint64_t bytes, uint64_t bound);
// The same of one block of any kind, by its number.
bool info_blocks_add_one(struct info_blocks *blocks, uint64_t block, uint64_t bound);
uint64_t info_blocks_count(const struct info_blocks *blocks);
void info_blocks_free(struct info_blocks *blocks);

// How often requests have which size. Exact up to INFO_SIZES_MAX different sizes, as block devices
// have far fewer; beyond, quantiles have the histogram's error (0.4 %), and sizes that were first
// seen after the others are not told apart.

#define INFO_SIZES_MAX 4096

// All zero is empty, to be freed after use.
struct info_sizes {
    struct report_trace_size *table; // by a hash of the size; no requests: free
    size_t capacity;                 // a power of two, at least twice `used`
    size_t used;
    uint64_t others; // requests of sizes that found no place
    struct report_histogram histogram;
};

// bytes <= INT64_MAX. False: out of memory.
bool info_sizes_add(struct info_sizes *sizes, uint64_t bytes);
void info_sizes_free(struct info_sizes *sizes);

// All in the table, by size or the commonest first (then by size); to be freed. NULL: out of
// memory, or none.
struct report_trace_size *info_sizes_by_size(const struct info_sizes *sizes);
struct report_trace_size *info_sizes_by_count(const struct info_sizes *sizes);

// By nearest rank; 0 of nothing. False: out of memory.
bool info_sizes_quantile(const struct info_sizes *sizes, unsigned per_mille, uint64_t *bytes);

// Requests and bytes over time, for plots: at most INFO_BINS_MAX bins of equal length. When they do
// not reach, 2 or 5 are joined, so that the length is always a round number.

#define INFO_BINS_MAX 2000

// All zero is empty, to be freed after use.
struct info_series {
    struct report_trace_bin *bins; // INFO_BINS_MAX
    int64_t bin_ns;
};

// since_ns: since the beginning of the trace, never negative. False: out of memory.
bool info_series_add(struct info_series *series, int64_t since_ns, uint64_t bytes);
// Joins bins until they are bin_ns long, which is a length that another series has.
void info_series_join(struct info_series *series, int64_t bin_ns);
void info_series_free(struct info_series *series);

#define INFO_DIRECTION_COUNT 2 // reads, writes (of zeroes, too); nothing else has a place to follow

struct info_op {
    uint64_t requests;
    uint64_t bytes; // at most INT64_MAX, where sums of bytes stop
    struct info_sizes sizes;
};

struct info_direction {
    uint64_t requests;
    uint64_t sequential; // begin where the one before of this volume and direction ended
    uint64_t end;        // where the last one ended
};

// All zero is empty, to be freed after use.
struct info_volume {
    const char *name; // NULL: all volumes
    uint64_t requests;
    uint64_t bytes;   // at most INT64_MAX
    int64_t first_ns; // arrivals
    int64_t last_ns;
    struct info_op ops[TRACE_OP_COUNT];
    struct info_direction directions[INFO_DIRECTION_COUNT];
    struct info_windows windows;
    struct info_moments gaps; // times from one arrival to the next, ns
    struct report_histogram gap_histogram;
    struct report_histogram latency;
    struct info_blocks blocks;          // that are read or written
    struct info_series series;          // only if it is wanted
    const struct info_answers *answers; // owned by struct trace_info

    // Of all: sums over the volumes.
    uint64_t touched; // blocks
    double touched_error;
    bool touched_cut;
};

// Adds it to its volume and to all; to their windows only if its operation is one of `counted` (bit
// n: operation n). resolution_ns: all arrivals are a multiple of it apart, 0 as long as they are at
// one time. all: NULL if there is only one volume, which has it all, see info_volume_copy. False:
// out of memory.
bool info_volume_add(struct info_volume *volume, struct info_volume *all, int64_t *resolution_ns,
                     unsigned counted, const struct trace_request *request);

// What has been added to a volume, but for its blocks and its series: into one that has no more
// than those. False: out of memory.
bool info_volume_copy(struct info_volume *into, const struct info_volume *from);

void info_volume_free(struct info_volume *volume);

// ---- What follows from it ----

double info_volume_seconds(const struct info_volume *volume);
// 0 when the rate has no meaning, as all requests came at once.
double info_volume_rate(const struct info_volume *volume, uint64_t count);
// Of the requests that move data.
double info_volume_read_share(const struct info_volume *volume);
// Standard deviation by mean of the times between arrivals; negative: fewer than two, or all 0.
double info_volume_gap_variation(const struct info_volume *volume);
// Sizes of requests of these operations. False: out of memory; to be freed in any case.
bool info_volume_sizes(const struct info_volume *volume, unsigned ops, struct info_sizes *sizes);

// What is drawn beside each other: volumes with series that begin at one time.
struct info_drawing {
    const char *name;                                    // of the whole
    const char *prefix;                                  // of the files' names
    struct info_volume *volumes[REPORT_TRACE_LINES_MAX]; // their series are made as long as another
    const char *names[REPORT_TRACE_LINES_MAX];
    size_t count;          // at least 1
    uint64_t hidden_count; // volumes that are not drawn
    unsigned ops;          // whose sizes are drawn
    int64_t span_ns;
};

bool info_drawing_write(const struct info_drawing *drawing, const char *directory,
                        report_plot_written *written, void *context, struct sim_error *error);

#endif
