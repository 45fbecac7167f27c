// SPDX-License-Identifier: GPL-2.0-or-later
// A part of a trace: which of its requests take part, and when they arrive.
//
// Volumes and operations are filtered, a piece of its time is cut out, and what is left is put on a
// clock that counts from the start of the piece, faster or slower than the recording's.
#ifndef SIM_PARTS_CUT_H
#define SIM_PARTS_CUT_H

#include "engine/timer_heap.h"
#include "sim/base/error.h"
#include "sim/base/names.h"
#include "sim/base/units.h"
#include "traces/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CUT_FOR_EVER INT64_MAX // as a duration
// Of an arrival: half of what fits, so that no later sum overflows: 146 years.
#define CUT_LATEST_NS (INT64_MAX / 2)
#define CUT_ALL_OPS ((1u << TRACE_OP_COUNT) - 1)

// A time t of the recording, counted from its origin, becomes (t - start_ns) / speed, rounded down,
// and delay_ns more.
struct cut {
    const char *const *volumes; // only these, by name
    size_t volume_count;        // 0: all
    bool may_miss_volumes;      // one that is not in the trace is no error
    unsigned ops;               // bit n: of operation n
    int64_t start_ns;
    int64_t duration_ns; // of the recording, from start_ns on
    struct fraction speed;
    int64_t delay_ns; // at most CUT_LATEST_NS
};

struct cut cut_of_all(void);

// Adds the operation of this name; false: there is none.
bool cut_add_op(unsigned *ops, const char *name);

// For suggest(): the names of the operations.
const char *cut_op_at(const void *words, size_t index);

// ---- Reading ----

// Called with every request that is read, whether it takes part or not. False with the error
// filled: the reading ends.
typedef bool cut_look(void *context, struct sim_error *error);

struct cut_stream {
    const struct cut *cut;
    const char *path;
    struct trace *trace;
    int64_t origin_ns; // to be set before reading, see merge_start
    cut_look *look;    // may be set before reading
    void *look_context;
    bool is_cut_off;        // the rest of the trace is not in the piece and was not read
    uint64_t requests_read; // whether they take part or not
    uint64_t filtered;      // of them, in the piece, but of other volumes or operations
    struct trace_request next;
    int64_t next_ns;     // when it arrives
    struct timer due;    // the same, among others (struct merge)
    uint32_t *selection; // by volume of the trace: index of its name in the cut, or a mark
    size_t selection_count;
    struct names wanted; // the cut's volumes, to their first place there
    bool *is_found;      // by place: there was a request of it
};

// The config's volume is set by the cut. Path and cut must stay. On failure nothing is left to
// close.
bool cut_open(struct cut_stream *stream, const struct trace_config *config, const struct cut *cut,
              struct sim_error *error);
void cut_close(struct cut_stream *stream); // allowed on a zeroed one

// Reads up to the next request that takes part: fills next, next_ns. *more: there is one; after
// false do not call it again. A volume of the cut that is not in the whole trace is an error,
// unless it may miss some.
bool cut_advance(struct cut_stream *stream, bool *more, struct sim_error *error);

// Has a request of this volume of the cut come up?
bool cut_has_found(const struct cut_stream *stream, const char *volume);

typedef void cut_notice(void *context, const struct trace_notice *notice);

// Tells of the volumes of the cut, which all the streams have, that came up in none of them: where
// they were not read to their ends, that is no error.
void cut_notice_missed(const struct cut_stream *streams, size_t count, cut_notice *notice,
                       void *context);

// ---- Merging ----

// Parts of several traces as one stream in order of arrival.
//
// Recorded formats count from the earliest record of all traces; the times of a native CSV are
// taken as they are. Equal times: in the order of the traces, each in its own order.

// Told of a stream's next request before it is waited for. Not accepted: the stream goes on to the
// one behind it. False with the error filled ends the merging.
typedef bool merge_accept(void *context, size_t stream, bool *accepted, struct sim_error *error);

// All zero is one without streams.
struct merge {
    struct cut_stream *streams; // the caller's, opened
    size_t count;
    merge_accept *accept; // NULL: all are accepted
    void *context;
    struct timer_heap heap; // of the streams with a next request, in their order; any can be moved
};

// Sets the streams' origins and reads the first request of each. The heap's order is theirs.
bool merge_start(struct merge *merge, struct sim_error *error);
void merge_free(struct merge *merge); // leaves the streams open

// The stream whose request is the next; `count` at the end.
size_t merge_next(const struct merge *merge);

// Goes on behind it; there must be one.
bool merge_advance(struct merge *merge, struct sim_error *error);

// How much of all that is to be read has been, by the bytes of the files and, of a piece of them,
// its time; as struct progress_state has it.
double merge_share(const struct merge *merge);

#endif
