// SPDX-License-Identifier: GPL-2.0-or-later
// What a format that can be written is made of: what it can hold, and how it puts that down.
//
// Requests are cut to what the format can hold (write/write_clip.h) before it sees them, so it
// writes what it is given. A new format is one constant table, and one line in write.c.
#ifndef TRACES_WRITE_WRITE_FORMAT_H
#define TRACES_WRITE_WRITE_FORMAT_H

#include "traces/columns.h"
#include "traces/write/flights.h"
#include "traces/write/output.h"
#include "traces/write/write_clip.h"
#include "traces/write/write_volumes.h"

struct write_context {
    const struct write_format *format;
    struct write_output output;
    struct write_volumes volumes;
    struct write_losses losses;
    struct write_flights flights; // of formats that write completions
    uint32_t cpu;                 // of a name such as vdc.blktrace.N
    uint32_t records;             // so far, of formats that need to know
};

// What can be written of a request.
enum write_stage {
    WRITE_ARRIVAL, // it enters the block layer, and goes to the device at once
    WRITE_COMPLETION,
};

struct write_format {
    const char *name;
    const struct columns_layout *layout; // of one line per request; NULL: another format
    enum write_naming naming;
    struct write_limits limits;                   // not of a layout, which says them
    void (*begin)(struct write_context *context); // before the first request; may be NULL
    // A request, whose volume is a number of `volumes`; not of a layout, nor with `stage`.
    void (*put)(struct write_context *context, const struct trace_request *request);
    // Of formats that write completions (write/flights.h): what happens to a request, in order of
    // time.
    void (*stage)(struct write_context *context, const struct trace_request *request,
                  enum write_stage stage);
};

extern const struct write_format write_format_alibaba;
extern const struct write_format write_format_blkparse;
extern const struct write_format write_format_blkreplay;
extern const struct write_format write_format_blktrace;
extern const struct write_format write_format_csv;
extern const struct write_format write_format_disksim;
extern const struct write_format write_format_hfplayer;
extern const struct write_format write_format_iolog;
extern const struct write_format write_format_mqsim;
extern const struct write_format write_format_msr;
extern const struct write_format write_format_spc;
extern const struct write_format write_format_systor;
extern const struct write_format write_format_tencent;

// What the fields of a layout can tell.
struct write_limits write_columns_limits(const struct columns_layout *layout);

#endif
