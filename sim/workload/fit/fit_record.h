// SPDX-License-Identifier: GPL-2.0-or-later
// What an estimate needs to know of a recording, or of a made workload: one pass, and per volume
// memory that does not grow with the requests.
//
// Of a volume: 10 KiB, histograms of at most 60 KiB each, its counts in at most FIT_BINS_MAX bins,
// and samples of its blocks and places (see sim/workload/info/blocks.h). Bins and samples are fewer
// when there are many volumes, so that all of them take about FIT_RECORD_BINS * 4 bytes, and 16 *
// FIT_RECORD_BLOCKS.
#ifndef SIM_WORKLOAD_FIT_FIT_RECORD_H
#define SIM_WORKLOAD_FIT_FIT_RECORD_H

#include "sim/base/error.h"
#include "sim/workload/fit/bins.h"
#include "sim/workload/fit/fit_places.h"
#include "sim/workload/fit/fit_runs.h"
#include "sim/workload/fit/fit_windows.h"
#include "sim/workload/info/volume.h"

#define FIT_RECORD_BINS (UINT64_C(1) << 24)
#define FIT_RECORD_BLOCKS (UINT64_C(1) << 22)

struct fit_volume {
    struct info_volume info; // its limits and plots are not filled
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
