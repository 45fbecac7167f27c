// SPDX-License-Identifier: GPL-2.0-or-later
// Parts of several traces as one stream in order of arrival.
//
// Recorded formats count from the earliest record of all traces; the times of a native CSV are
// taken as they are. Equal times: in the order of the traces, each in its own order.
#ifndef SIM_PARTS_MERGE_H
#define SIM_PARTS_MERGE_H

#include "sim/base/event_heap.h"
#include "sim/parts/cut.h"

// Told of a stream's next request before it is waited for. Not accepted: the stream goes on to the
// one behind it. False with the error filled ends the merging.
typedef bool merge_accept(void *context, size_t stream, bool *accepted, struct sim_error *error);

// All zero is one without streams.
struct merge {
    struct cut_stream *streams; // the caller's, opened
    size_t count;
    merge_accept *accept; // NULL: all are accepted
    void *context;
    struct event_heap heap; // of the streams with a next request
};

// Sets the streams' origins and reads the first request of each. The heap's order is theirs.
bool merge_start(struct merge *merge, struct sim_error *error);
void merge_free(struct merge *merge); // leaves the streams open

// The stream whose request is the next; `count` at the end.
size_t merge_next(const struct merge *merge);

// Goes on behind it; there must be one.
bool merge_advance(struct merge *merge, struct sim_error *error);

// Bytes of all files, read so far and in all.
void merge_progress(const struct merge *merge, uint64_t *consumed, uint64_t *total);

#endif
