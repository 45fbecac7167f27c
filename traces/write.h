// SPDX-License-Identifier: GPL-2.0-or-later
// Writing a workload in one of the formats that can hold it.
//
// Requests go in by order of arrival, one at a time; memory does not grow with their number, only,
// for the formats that write completions, with the requests in flight. What a format cannot hold
// (latencies, volumes, operations, fractions of its unit of time) is left out, rounded down or
// moved, counted, and told as notices.
//
// A file is written beside its final name and gets that name when it is whole, so that a file of
// that name is never half a trace. What exists and is no regular file, such as a pipe, is written
// in place; so is standard output. Endings .gz, .zst and .xz of the path compress. Who ignores
// SIGPIPE gets a closed pipe as an error.
#ifndef TRACES_WRITE_H
#define TRACES_WRITE_H

#include "traces/trace.h"

struct trace_writer_config {
    const char *path;   // "-": standard output
    const char *format; // by name, see trace_writer_format_at; NULL: as the path ends
    bool has_streams;   // requests have them, so that a format may need a column
};

struct trace_writer;

// Can such a file tell who sent its requests?
bool trace_writer_tells_streams(const struct trace_writer_config *config);

// NULL with the error filled: no such format, one that cannot be written, or the file cannot be.
struct trace_writer *trace_writer_open(const struct trace_writer_config *config,
                                       struct trace_error *error);

// The next request: arrival_ns is not less than that of the one before (below 0 it is moved),
// offset + bytes is below 2^63, a flush has no bytes. Its volume is that of the name, whatever the
// number in the request says; so is its stream, which is NULL or "" if it is not known. The names
// are copied. False with the error filled: it could not be written; only the free may follow.
bool trace_writer_put(struct trace_writer *writer, const struct trace_request *request,
                      const char *volume, const char *stream, struct trace_error *error);

// Writes what is still to be written and gives the file its name. Notices stay until the free.
bool trace_writer_finish(struct trace_writer *writer, struct trace_error *error);

// What is unfinished leaves no file. NULL is allowed.
void trace_writer_free(struct trace_writer *writer);

// What was lost, moved or left out (docs/traces.md has the kinds); complete after finish.
size_t trace_writer_notice_count(const struct trace_writer *writer);
const struct trace_notice *trace_writer_notice(const struct trace_writer *writer, size_t index);

// The names of all formats that can be written; NULL after the last.
const char *trace_writer_format_at(size_t index);

// The format that a path's ending asks for, or NULL: .NAME of a format that can be written, such as
// .csv or .iolog; .blktrace.N; .load (blkreplay). .gz, .zst and .xz behind it do not count.
const char *trace_writer_format_of_path(const char *path);

#endif
