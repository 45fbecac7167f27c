// SPDX-License-Identifier: GPL-2.0-or-later
// One file, on disk or in memory, as a stream of bytes, plain or compressed (gzip, zstd, xz, and
// bzip2 and lz4 if libarchive has them), for binary and line readers. UTF-16 becomes UTF-8.
//
// The window `at`..`end` lies in the decompressor's own block; only where something wanted in one
// piece crosses from one block into the next is it copied.
#ifndef TRACES_INPUT_INPUT_H
#define TRACES_INPUT_INPUT_H

#include "traces/input/files.h"
#include "traces/input/utf16.h"

struct archive;
struct trace_input_stream;

struct trace_input {
    const uint8_t *at;  // the next byte
    const uint8_t *end; // end of what is in memory
    uint64_t offset;    // of `at`, in the decompressed stream
    bool ended;         // nothing follows `end`

    // Of the present block: its bytes, and where it and the one before it end, decompressed and on
    // disk.
    size_t block_bytes;
    uint64_t block_offset;
    uint64_t disk_before, disk_offset;

    char *path;
    struct archive *archive;
    struct trace_input_stream *stream; // NULL: a file or a text
    bool begun;                        // the first block has been read
    bool is_utf16;
    struct trace_utf16 utf16;
    // While the window lies in the carry buffer: its bytes from `joint` on are those before
    // `block_at`, so that reading can go back into the block once `at` has reached `joint`.
    bool carrying;
    uint8_t *carry;
    size_t carry_size;
    const uint8_t *joint;
    const uint8_t *block_at;
    const uint8_t *block_end;
};

// A regular file, or a text, which must stay; of a file that is open already, takes it over. On
// failure nothing is left to close.
bool trace_input_open(struct trace_input *input, const struct trace_file *file,
                      struct trace_error *error);

// What can be read once: standard input ("-"), a pipe, a device. On failure nothing is left to
// close. Opening and reading it fail when a signal comes whose handler does not restart system
// calls.
bool trace_input_open_stream(struct trace_input *input, const char *path,
                             struct trace_error *error);

// Allowed on a closed or zeroed input.
void trace_input_close(struct trace_input *input);

// Bytes of the file as it lies on disk or in memory that have been taken so far; of a compressed
// one, as if all of a block were compressed alike.
uint64_t trace_input_consumed(const struct trace_input *input);

// " (decompressed)" for a compressed file, " (as UTF-8)" for UTF-16, else "": offsets in errors are
// of the stream that comes out.
const char *trace_input_suffix(const struct trace_input *input);

bool trace_input_fill(struct trace_input *input, size_t wanted, struct trace_error *error);

// Makes at least `wanted` bytes contiguous at `at`, fewer only at the end of the file: the number
// there is end - at. False: the file cannot be read. Pointers into the window become invalid.
static inline bool trace_input_peek(struct trace_input *input, size_t wanted,
                                    struct trace_error *error)
{
    return (size_t)(input->end - input->at) >= wanted || trace_input_fill(input, wanted, error);
}

static inline void trace_input_advance(struct trace_input *input, size_t bytes)
{
    input->at += bytes;
    input->offset += bytes;
}

#endif
