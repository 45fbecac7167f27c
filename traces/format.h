// SPDX-License-Identifier: GPL-2.0-or-later
// What a format reader is given, and the few functions it is made of.
//
// A new format is one file that exports one constant table, and one line in trace.c. Most formats
// share a kind of reader: of block events (events.h), of one request after the other (input/flow.h)
// or of one request per line in columns (columns.h).
#ifndef TRACES_FORMAT_H
#define TRACES_FORMAT_H

#include "traces/input/files.h"
#include "traces/notices.h"
#include "traces/threads.h"
#include "traces/volumes.h"

// How much of a file's start a format sees to recognise it.
#define TRACE_HEAD_BYTES (32 * 1024)

struct trace_context {
    const struct trace_files *files;
    const char *volume; // only this one; NULL: all
    bool keeps_stacks;  // as in struct trace_config
    bool in_flight;     // as in struct trace_config
    const char *layout; // as in struct trace_config
    bool is_part;       // as in struct trace_config
    bool wants_streams; // as in struct trace_config
    enum trace_batch_order batch_order;
    bool is_unsorted;           // block events: times come as they stand, who reads them sorts
    enum trace_arrival arrival; // as asked for; the reader may store what it falls back to
    bool times_are_absolute;    // stored by the reader, as are the following
    bool knows_columns;         // of a text: what is wrong with it is not its header
    bool tells_streams;
    int64_t origin_ns;
    const struct trace_lines *lines; // stored by readers of text
    struct trace_volumes volumes;
    struct trace_volumes streams;  // their names; the first has the number 1
    struct trace_volumes texts;    // of native CSV: what tells streams apart, by their numbers
    struct trace_threads *threads; // NULL: nobody wants to know, or the format knows none
    struct trace_notices notices;
};

struct trace_reader_kind {
    // Told `how` by the format. The context outlives the reader. NULL: error filled.
    void *(*open)(struct trace_context *context, const void *how, struct trace_error *error);
    enum trace_result (*read)(void *reader, struct trace_request *request,
                              struct trace_error *error);
    // Brings the notices up to date.
    void (*report)(void *reader);
    // What the arrivals of a volume are; AUTO: it has no requests, or no choice.
    enum trace_arrival (*arrival)(const void *reader, uint32_t volume);
    // Bytes consumed of the files as they lie on disk.
    uint64_t (*consumed)(const void *reader);
    void (*close)(void *reader);
};

struct trace_format {
    const char *name;     // as trace_format() gives it
    const char *known_by; // how a user recognises a file: completes "expected ..."
    const char *wanted;   // what should have been recorded, if no request is; NULL: lines of them
    bool (*recognise)(const void *how, const uint8_t *head, size_t length); // NULL: by name only
    const struct trace_reader_kind *kind;
    const void *how; // what the kind wants to know
    bool is_binary;
};

// There is no request in what was read to its end: what is, by its lines and notices, and what
// should be. Always TRACE_ERROR.
enum trace_result trace_end_empty(struct trace_context *context, const struct trace_format *format,
                                  struct trace_error *error);

extern const struct trace_format trace_format_alibaba;
extern const struct trace_format trace_format_biosnoop;
extern const struct trace_format trace_format_blkreplay;
extern const struct trace_format trace_format_blkparse;
extern const struct trace_format trace_format_blkparse_f;
extern const struct trace_format trace_format_blktrace;
extern const struct trace_format trace_format_columns;
extern const struct trace_format trace_format_csv;
extern const struct trace_format trace_format_disksim;
extern const struct trace_format trace_format_ftrace;
extern const struct trace_format trace_format_hfplayer;
extern const struct trace_format trace_format_iolog;
extern const struct trace_format trace_format_mqsim;
extern const struct trace_format trace_format_msr;
extern const struct trace_format trace_format_oraclegeneral;
extern const struct trace_format trace_format_qemu;
extern const struct trace_format trace_format_spc;
extern const struct trace_format trace_format_systor;
extern const struct trace_format trace_format_tencent;
extern const struct trace_format trace_format_vscsi;

#endif
