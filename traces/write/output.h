// SPDX-License-Identifier: GPL-2.0-or-later
// The file that a trace is written to: buffered, compressed if its name says so, and under a name
// of its own until it is whole.
//
// An error sticks: what is written after it goes nowhere, and write_output_good says what it was.
// So formats write without asking, and are asked once per request.
#ifndef TRACES_WRITE_OUTPUT_H
#define TRACES_WRITE_OUTPUT_H

#include "traces/trace_error.h"

#include <stdint.h>

// The most that may be asked for at once.
#define WRITE_RESERVE_MAX (128 * 1024)

struct archive;

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

#endif
