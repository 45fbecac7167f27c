// SPDX-License-Identifier: GPL-2.0-or-later
// What a format that can be written is made of: what it can hold, and how it puts that down.
//
// Requests are cut to what the format can hold before it sees them, so it writes what it is given.
// A new format is one constant table, and one line in write.c.
#ifndef TRACES_WRITE_WRITE_FORMAT_H
#define TRACES_WRITE_WRITE_FORMAT_H

#include "traces/blktrace/blktrace_record.h"
#include "traces/columns.h"
#include "traces/heap.h"

struct archive;

// ---- The file ----
// Buffered, compressed if its name says so, and under a name of its own until it is whole.
//
// An error sticks: what is written after it goes nowhere, and write_output_good says what it was.
// So formats write without asking, and are asked once per request.

// The most that may be asked for at once.
#define WRITE_RESERVE_MAX (128 * 1024)

// All zero is closed.
struct write_output {
    const char *path; // for messages, not owned
    int file;
    char *target;            // what the file will be called; NULL: it is written in place
    char *temporary;         // what it is called until then; NULL: there is none
    struct archive *archive; // the compressor, or NULL
    char *buffer;
    size_t used;
    bool opened;
    bool failed;
    struct trace_error error;
};

// Of a zeroed one. "-" is standard output; so is, in effect, whatever exists and is no regular
// file: it is written in place. False: error filled; it is still to be closed.
bool write_output_open(struct write_output *output, const char *path, struct trace_error *error);

// Room for so many bytes, at most WRITE_RESERVE_MAX, which write_output_take then takes.
char *write_output_reserve(struct write_output *output, size_t bytes);

// What is written ends here, within the room.
static inline void write_output_take(struct write_output *output, const char *end)
{
    output->used = (size_t)(end - output->buffer);
}

// False: something could not be written; the error is filled.
static inline bool write_output_good(const struct write_output *output, struct trace_error *error)
{
    if (output->failed)
        *error = output->error;
    return !output->failed;
}

// Writes what is buffered and gives the file its name.
bool write_output_finish(struct write_output *output, struct trace_error *error);

// Removes what was not finished.
void write_output_close(struct write_output *output);

// A whole file of this text, whatever its name: not compressed, and on the disk before it has its
// name. False: error filled.
bool write_output_text(const char *path, const char *text, struct trace_error *error);

// ---- Limits ----
// What a format cannot hold of a request is left out, rounded down or moved; and counted.

#define WRITE_SECTOR_BYTES 512

struct write_limits {
    unsigned operations;     // bit n: operation n has a word of its own
    bool empty;              // requests without bytes that are no flush
    int64_t time_step_ns;    // of arrivals
    int64_t time_min_ns;     // earlier ones are moved there
    int64_t latency_step_ns; // 0: there are no latencies
    bool latency_nonzero;    // 0 means that it is unknown
    bool completions;        // a latency is told by when it ends, which is below 2^63 ns
    uint64_t offset_step;    // bytes
    uint64_t bytes_step;
    uint64_t bytes_max; // a multiple of bytes_step
    bool streams;
};

// In requests.
struct write_losses {
    uint64_t zero_bytes;
    uint64_t operation_lost[TRACE_OP_COUNT];
    uint64_t operation_changed; // writes of zeroes, written as writes
    uint64_t time_rounded;
    uint64_t time_moved;
    uint64_t latency_lost;
    uint64_t latency_rounded;
    uint64_t offset_rounded;
    uint64_t length_rounded;
    uint64_t length_cut;
    uint64_t volume_lost;
    uint64_t stream_lost;
};

// False: the format cannot hold the request at all; it is counted.
bool write_clip(const struct write_limits *limits, struct trace_request *request,
                struct write_losses *losses);

void write_losses_report(const struct write_losses *losses, const struct write_limits *limits,
                         const char *path, struct trace_notices *notices);

// ---- Volumes ----
// A name that the format cannot hold is replaced by one that it can, different for each volume, in
// the order in which they come; so two volumes never become one but in a format that does not name
// them.

enum write_naming {
    WRITE_NAMES_NONE,      // the file is of one volume, without a name
    WRITE_NAMES_QUOTED,    // anything but a line end; held as a quoted field if need be
    WRITE_NAMES_WORD,      // without blanks, of at most 256 bytes, as fio has it
    WRITE_NAMES_HOST_DISK, // HOST_NUMBER, held as "HOST,NUMBER"
    WRITE_NAMES_NUMBER,    // a number below 2^31
    WRITE_NAMES_DEVICE,    // MAJOR,MINOR
};

// The longest text of a volume in a file.
#define WRITE_NAME_BYTES_MAX (33 * 1024)
#define WRITE_STREAM_BYTES_MAX (16 * 1024) // in quotes, twice that: a line has at most 64 KiB

struct write_volume {
    char *text; // as it stands in the file
    size_t length;
    size_t sub;      // where the second part starts, of names in two columns; else 0
    uint32_t device; // of WRITE_NAMES_DEVICE: as in a binary record
    uint32_t events; // of it so far, for formats that number them
};

// All zero but path and naming is an empty set.
struct write_volumes {
    const char *path; // for messages, not owned
    enum write_naming naming;
    struct trace_volumes known; // by their real names
    struct trace_volumes held;  // by the names in the file
    struct write_volume *items; // by the numbers of `known`
    size_t capacity;
    uint32_t last;     // number of the volume last asked for
    uint32_t next;     // the number or minor to be tried for the next volume without one
    uint64_t replaced; // names that are not held as they are
    char list[400];    // which became what, as far as there is room
    bool list_full;
};

// The number of a volume, new if it has not been seen. TRACE_VOLUME_NONE: error filled.
uint32_t write_volumes_find(struct write_volumes *volumes, const char *name,
                            struct trace_error *error);

// The notices `volume-renumbered` and `volume-renamed`.
void write_volumes_report(const struct write_volumes *volumes, struct trace_notices *notices);

void write_volumes_free(struct write_volumes *volumes);

// ---- Requests under way ----
// For the formats that write what happens in order of time: each leaves when it completes, and
// those that complete together in the order in which they came.

// As many as a reader of block events keeps (blktrace/fragments.h): 16 MiB at most.
#define WRITE_FLIGHTS_MAX (1 << 18)

struct write_flight {
    int64_t end_ns;
    uint64_t sequence;
    struct trace_request request;
};

// All zero is empty.
struct write_flights {
    struct trace_heap heap; // the next to complete first
    uint64_t pushed;
};

// Of a request that completes at end_ns; there is room. False: out of memory.
bool write_flights_push(struct write_flights *flights, const struct trace_request *request,
                        int64_t end_ns);

// The next that completes at this time or before. False: there is none.
bool write_flights_pop(struct write_flights *flights, int64_t until_ns,
                       struct trace_request *request);

// ---- Formats ----

struct write_context {
    const struct write_format *format;
    struct write_output output;
    struct write_volumes volumes;
    struct write_losses losses;
    struct write_flights flights; // of formats that write completions
    bool has_streams;             // and can hold them
    const char *stream;           // of the request that is put; "": not known
    uint32_t cpu;                 // of a name such as vdc.blktrace.N
    uint32_t records;             // so far, of formats that need to know
};

// One Q, D or C of a request, at its time.
struct write_event {
    enum blktrace_action action;
    uint64_t time_ns;
    uint64_t sector;
    uint64_t bytes;
    enum trace_op op;
    struct write_volume *volume;
};

struct write_format {
    const char *name;
    const struct columns_layout *layout; // of one line per request; NULL: another format
    enum write_naming naming;
    struct write_limits limits;                   // not of a layout, which says them
    void (*begin)(struct write_context *context); // before the first request; may be NULL
    // A request, whose volume is a number of `volumes`, or an event: one of the two.
    void (*put)(struct write_context *context, const struct trace_request *request);
    void (*put_event)(struct write_context *context, const struct write_event *event);
};

extern const struct write_format write_format_blkparse;
extern const struct write_format write_format_blktrace;
extern const struct write_format write_format_iolog;

// Of a layout: what its fields can tell, its header, a line.
struct write_limits write_columns_limits(const struct columns_layout *layout);
void write_columns_begin(struct write_context *context);
void write_columns_put(struct write_context *context, const struct trace_request *request);

// Of formats of events: writes the request as such, after all that completes up to its arrival.
// False: error filled.
bool write_events_put(struct write_context *context, const struct trace_request *request,
                      struct trace_error *error);

// All that is under way completes.
void write_events_finish(struct write_context *context);

#endif
