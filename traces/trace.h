// SPDX-License-Identifier: GPL-2.0-or-later
// A recorded workload as a stream of requests in order of arrival.
//
// Whatever the file format, a trace is opened by path, or as text in memory, and read request by
// request; memory does not grow with its length (the one look-ahead, pairing arrivals with
// completions, is bounded).
// What was odd or missing in the recording is collected as notices, complete once the end is read.
//
// Times are int64_t nanoseconds, offsets and lengths are bytes; both fit in int64_t.
// Formats: docs/traces.md.
#ifndef TRACES_TRACE_H
#define TRACES_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trace_op {
    TRACE_READ,
    TRACE_WRITE,
    TRACE_DISCARD,
    TRACE_WRITE_ZEROES,
    TRACE_FLUSH,
    TRACE_OP_COUNT,
};

// Which record of a block trace is the arrival: entering the block layer (Q), or handed to the
// device (D), after merging and scheduling: what a throttle below a guest's driver sees. Formats
// with one time per request ignore it.
enum trace_arrival {
    TRACE_ARRIVAL_QUEUE,
    TRACE_ARRIVAL_ISSUE,
    TRACE_ARRIVAL_AUTO, // of each volume D if it has any, else Q
};

// Of block events, with arrivals at issue: in what order requests that were handed over together
// come. The kernel tells their issues in the reverse order.
enum trace_batch_order {
    TRACE_BATCH_ISSUE,
    TRACE_BATCH_QUEUE, // in that of their Q
    TRACE_BATCH_AUTO,  // that which the completions of the first 65,536 records fit better
};

#define TRACE_LATENCY_UNKNOWN (-1)
#define TRACE_ARRIVALS_TEXT 80
#define TRACE_STREAM_TEXT 160 // of a thread

// Streams of made workloads have names that begin with what they are known to be.
#define TRACE_STREAM_OPEN "open:"     // they come as they come
#define TRACE_STREAM_CLOSED "closed:" // each waits for its request, thinks, and sends another

struct trace_request {
    int64_t arrival_ns; // on the recording's own clock; never decreases within a trace, is never
                        // below the origin, nor 2^63 ns or more above it; may be below 0
    int64_t latency_ns; // completion - arrival as recorded, or TRACE_LATENCY_UNKNOWN
    uint64_t offset;    // bytes from the start of the volume
    uint64_t bytes;     // 0 for a flush
    uint32_t volume;    // index for trace_volume_name
    enum trace_op op;
    uint32_t stream; // who submitted it: number for trace_stream_name; 0: not known
    uint32_t also;   // of a flush issued to a device: whose other flushes it ends: number for
                     // trace_stream_set; 0: nobody's
};

enum trace_result {
    TRACE_ERROR = -1, // the error struct says what, where, and what was expected
    TRACE_END = 0,
    TRACE_REQUEST = 1,
};

struct trace_error {
    char message[1024]; // one line, no newline, no "error:" prefix
};

struct trace_config {
    const char *path;           // file, base name, glob, directory, archive, ARCHIVE/NAME or "-",
                                // standard input; with a text only its name; see
                                // trace_path_is_stream
    enum trace_arrival arrival; // QUEUE falls back to ISSUE, with a notice, if there is no Q
    const char *volume;         // only this volume ("254,48" for a block trace); NULL: all
    bool keeps_stacks;          // of block traces: devices that lie on one another are all taken,
                                // else only the top; a volume is taken whatever lies on it
    bool in_flight;             // of block traces: requests that were in flight when the recording
                                // began, whose completions are among the first 65,536 records, come
                                // first, at its origin; else they are only counted
    const char *format;         // by name, see trace_format_at; NULL: recognised by content
    const char *layout;         // of formats that need to be told: the columns of a CSV file, the
                                // format string of blkparse -f; NULL: none
    bool is_part;               // will not be read to its end: only 65,536 records of the wanted
                                // devices are looked through for a Q, if there is a D among them
    const char *text;           // not a file but these bytes; NULL: a file
    size_t text_size;
    bool text_is_whole; // its last line needs no end: it was not cut from a file
    bool may_be_empty;  // that no request is in it is its end, not an error
    enum trace_batch_order batch_order;
    bool wants_streams; // of block events: who sent what is found out, which takes time
};

// One oddity of the recording, in words, with how often it happened.
struct trace_notice {
    const char *kind;   // stable identifier: "cpu-missing", "sequence-gap", ...
    const char *source; // the file it is about
    uint64_t count;
    const char *text; // one line, a full sentence
};

// What became of the lines of a text. Every line is one of them: none is lost in silence.
enum trace_line {
    TRACE_LINE_TAKEN,       // a request, or an event of the block layer
    TRACE_LINE_ABOUT,       // blank, comment, header, statistics
    TRACE_LINE_OTHER_EVENT, // of another kind, that tells nothing of requests
    TRACE_LINE_OPERATION,   // of an operation that is no read, write, discard or flush
    TRACE_LINE_EMPTY,       // a request without bytes that is no flush
    TRACE_LINE_OTHER,       // nothing that is known
    TRACE_LINE_CUT,         // the last, without its end
    TRACE_LINE_COUNT,
};

struct trace;

// Opens a trace and reads as far as needed to know its format, origin and arrival point.
// Returns NULL with the error filled. The strings of config are copied, the text is not: it must
// stay until the trace is closed.
struct trace *trace_open(const struct trace_config *config, struct trace_error *error);

// The next request. After TRACE_END or TRACE_ERROR, only the queries below and close are allowed.
enum trace_result trace_read(struct trace *trace, struct trace_request *request,
                             struct trace_error *error);

// NULL is allowed.
void trace_close(struct trace *trace);

// Can what the path names be read once only: standard input ("-"), a pipe, a terminal? Opening it
// and reading it then fail when a signal comes whose handler does not restart system calls.
bool trace_path_is_stream(const char *path);

// A directory or an archive whose files are no recording, NAME.blktrace.N, but several other ones,
// is as many traces: their paths, NULL after the last, to be freed with trace_paths_free. NULL: the
// path is one trace, or none; opening it tells.
char **trace_paths_within(const char *path);
void trace_paths_free(char **paths);

// Of several paths, those of one recording's NAME.blktrace.N become one, NAME.blktrace: the first
// is cut short, the others are left out. False: not all files of it are named, error filled.
bool trace_paths_join(char **paths, size_t *count, struct trace_error *error);

// Do both name the same stream?
bool trace_paths_are_one_stream(const char *path, const char *other);

// Stable name of the format: "blktrace", "csv", ...
const char *trace_format(const struct trace *trace);

// The names of all formats that can be read; NULL after the last. For messages and help.
const char *trace_format_at(size_t index);
// What a file of it looks like, in words; NULL: no such format.
const char *trace_format_help(const char *name);

// The files that it is read from, in their order; NULL after the last.
const char *trace_file_at(const struct trace *trace, size_t index);

// Is what has this path one of the files that it is read from, by whatever name? Not so for
// standard input, nor if there is nothing of that path.
bool trace_reads_file(const struct trace *trace, const char *path);

// True if the file's times are meant as they stand (native CSV); false if they are a recording's
// clock, to be counted from trace_origin_ns, or from the earliest origin of several traces.
bool trace_times_are_absolute(const struct trace *trace);

// Time of the earliest record (not only request) of the trace.
int64_t trace_origin_ns(const struct trace *trace);

// Volumes seen so far; the names live as long as the trace.
size_t trace_volume_count(const struct trace *trace);
const char *trace_volume_name(const struct trace *trace, uint32_t volume);

// Does it tell who submitted its requests? Formats of block events do if that is wanted.
bool trace_tells_streams(const struct trace *trace);

// A stream seen so far; 0: "". Several threads may have one name. Valid until the next read: a
// thread that has become another program has its name.
const char *trace_stream_name(const struct trace *trace, uint32_t stream);

// What tells it from all others, as native CSV has it: of a CSV what stands there, of a thread
// NAME[PID], in `text`. 0: "". Valid as long as the name, and the text.
const char *trace_stream_text(const struct trace *trace, uint32_t stream,
                              char text[TRACE_STREAM_TEXT]);

// Streams that share something, in ascending order, each once; of 0 there are none. Valid until the
// next read.
const uint32_t *trace_stream_set(const struct trace *trace, uint32_t number, size_t *count);

// What the arrivals of a volume that has requests really are, after any fallback. AUTO: the format
// has one time per request. Complete after TRACE_END, as the next is.
enum trace_arrival trace_volume_arrival(const struct trace *trace, uint32_t volume);

// Adds how many volumes have which arrivals.
void trace_count_arrivals(const struct trace *trace, size_t volumes[TRACE_ARRIVAL_AUTO + 1]);

// That in words: "D (issue)", "Q (queue)"; where they differ "Q (queue) of 2 devices, D (issue) of
// 1". "": all have one time per request, or there is no request.
const char *trace_arrivals_text(const size_t volumes[TRACE_ARRIVAL_AUTO + 1],
                                char text[TRACE_ARRIVALS_TEXT]);

// Notices so far; complete after TRACE_END. They live until the next read or close.
size_t trace_notice_count(const struct trace *trace);
const struct trace_notice *trace_notice(const struct trace *trace, size_t index);

// Lines read so far of a text (not of block events that were read ahead), and how many of them
// became what: the sum of all is the number read. 0 of formats that are no text.
uint64_t trace_lines_read(const struct trace *trace);
uint64_t trace_line_count(const struct trace *trace, enum trace_line what);

// For progress: bytes of the files as they lie on disk, or of the text, consumed so far and in all.
void trace_progress(const struct trace *trace, uint64_t *consumed, uint64_t *total);

// "read", "write", "discard", "write-zeroes", "flush".
const char *trace_op_name(enum trace_op op);

#endif
