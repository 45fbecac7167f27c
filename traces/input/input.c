// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/input/input.h"

#include "traces/notices.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Large enough that system calls do not matter, small enough for hundreds of per-CPU files.
#define INPUT_BLOCK_BYTES (64 * 1024)

// What cannot be opened a second time.
struct trace_input_stream {
    int file;
    bool is_standard; // stays open
    uint8_t buffer[]; // a block
};

static bool check_file(const char *path, struct trace_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        trace_error_set(error, "%s: cannot be read: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        trace_error_set(error, "%s: not a regular file; a trace is read from files", path);
        return false;
    }
    return true;
}

// Only the decompressors that libarchive has built in: none of its external programs.
static bool set_up(struct archive *archive)
{
    return archive_read_support_filter_none(archive) == ARCHIVE_OK &&
           archive_read_support_filter_gzip(archive) == ARCHIVE_OK &&
           archive_read_support_filter_zstd(archive) == ARCHIVE_OK &&
           archive_read_support_filter_xz(archive) == ARCHIVE_OK &&
           (archive_bzlib_version() == NULL ||
            archive_read_support_filter_bzip2(archive) == ARCHIVE_OK) &&
           (archive_liblz4_version() == NULL ||
            archive_read_support_filter_lz4(archive) == ARCHIVE_OK) &&
           archive_read_support_format_empty(archive) == ARCHIVE_OK &&
           archive_read_support_format_raw(archive) == ARCHIVE_OK;
}

static const char *fail_archive(struct archive *archive)
{
    const char *text = archive_error_string(archive);
    return text != NULL ? text : "unknown error";
}

// Unlike libarchive's own, ends when a signal comes that the program handles: a pipe can be silent
// for ever.
static la_ssize_t read_stream(struct archive *archive, void *opaque, const void **bytes)
{
    struct trace_input_stream *stream = opaque;
    *bytes = stream->buffer;
    ssize_t got = read(stream->file, stream->buffer, INPUT_BLOCK_BYTES);
    if (got >= 0)
        return got;
    archive_set_error(archive, errno, "%s", strerror(errno));
    return ARCHIVE_FATAL;
}

static int open_archive(struct trace_input *input, const struct trace_file *file)
{
    struct archive *archive = input->archive;
    if (file == NULL)
        return archive_read_open2(archive, input->stream, NULL, read_stream, NULL, NULL);
    return file->text != NULL ? archive_read_open_memory2(archive, file->text, (size_t)file->bytes,
                                                          INPUT_BLOCK_BYTES)
                              : archive_read_open_filename(archive, file->path, INPUT_BLOCK_BYTES);
}

// Reads up to the first block. NULL is the stream.
static bool start(struct trace_input *input, const struct trace_file *file,
                  struct trace_error *error)
{
    struct archive_entry *entry;
    int status = ARCHIVE_FATAL;
    if (!set_up(input->archive)) {
        trace_error_set(error, "libarchive was built without gzip, zstd or xz: %s",
                        fail_archive(input->archive));
    } else if (open_archive(input, file) != ARCHIVE_OK) {
        int cause = archive_errno(input->archive); // libarchive's own numbers are below 0
        trace_error_set(error, "%s: cannot be read: %s", input->path,
                        cause > 0 ? strerror(cause) : fail_archive(input->archive));
    } else {
        status = archive_read_next_header(input->archive, &entry);
        if (status != ARCHIVE_OK && status != ARCHIVE_EOF) {
            trace_error_set(error,
                            "%s: cannot be read or decompressed, so it is damaged or cut short: %s",
                            input->path, fail_archive(input->archive));
        }
    }
    input->ended = status == ARCHIVE_EOF;
    return status == ARCHIVE_OK || status == ARCHIVE_EOF;
}

static bool open_plain(struct trace_input *input, const struct trace_file *file, const char *path,
                       struct trace_error *error)
{
    input->path = strdup(path);
    input->archive = archive_read_new();
    bool good = input->path != NULL && input->archive != NULL;
    if (!good)
        trace_error_no_memory(error);
    return good && start(input, file, error);
}

// What was looked at is still in the window.
static bool take_over(struct trace_input *input, struct trace_input *opened, const char *path,
                      struct trace_error *error)
{
    if (opened->archive == NULL) {
        trace_error_set(error, "%s: was read already, and can be read once only", path);
        return false;
    }
    *input = *opened;
    *opened = (struct trace_input){.ended = true};
    return true;
}

bool trace_input_open(struct trace_input *input, const struct trace_file *file,
                      struct trace_error *error)
{
    *input = (struct trace_input){0};
    if (file->opened != NULL)
        return take_over(input, file->opened, file->path, error);
    if (file->text == NULL && !check_file(file->path, error))
        return false;
    bool good = open_plain(input, file, file->path, error);
    if (!good)
        trace_input_close(input);
    return good;
}

// Waiting for a pipe's writer, too, ends when a signal comes.
static bool open_descriptor(struct trace_input_stream *stream, const char *path,
                            struct trace_error *error)
{
    stream->is_standard = strcmp(path, "-") == 0;
    stream->file = stream->is_standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (stream->file < 0)
        trace_error_set(error, "%s: cannot be read: %s", path, strerror(errno));
    return stream->file >= 0;
}

bool trace_input_open_stream(struct trace_input *input, const char *path, struct trace_error *error)
{
    struct trace_input_stream *stream = malloc(sizeof *stream + INPUT_BLOCK_BYTES);
    *input = (struct trace_input){0};
    if (stream == NULL) {
        trace_error_no_memory(error);
        return false;
    }
    if (!open_descriptor(stream, path, error)) {
        free(stream);
        return false;
    }
    input->stream = stream;
    bool good = open_plain(input, NULL, path, error);
    if (!good)
        trace_input_close(input);
    return good;
}

void trace_input_close(struct trace_input *input)
{
    if (input->archive != NULL)
        archive_read_free(input->archive);
    if (input->stream != NULL && !input->stream->is_standard)
        close(input->stream->file);
    free(input->path);
    free(input->carry);
    free(input->stream);
    free(input->utf16.bytes);
    *input = (struct trace_input){.ended = true};
}

// On disk, up to the end of the blocks that libarchive has let go of.
static uint64_t bytes_read(const struct trace_input *input)
{
    la_int64_t bytes = archive_filter_bytes(input->archive, -1);
    return bytes > 0 ? (uint64_t)bytes : 0;
}

static bool is_compressed(const struct trace_input *input)
{
    return input->archive != NULL && archive_filter_code(input->archive, 0) != ARCHIVE_FILTER_NONE;
}

uint64_t trace_input_consumed(const struct trace_input *input)
{
    uint64_t left = input->block_offset - input->offset;
    if (input->archive == NULL || input->block_bytes == 0)
        return 0;
    if (left == 0)
        return input->ended ? bytes_read(input) : input->disk_offset;
    if (left > input->block_bytes) // in the carry buffer is the rest of another one
        left = input->block_bytes;
    return input->disk_offset - (uint64_t)((double)(input->disk_offset - input->disk_before) *
                                           (double)left / (double)input->block_bytes);
}

const char *trace_input_suffix(const struct trace_input *input)
{
    return input->is_utf16 ? " (as UTF-8)" : is_compressed(input) ? " (decompressed)" : "";
}

// Makes it the block, as UTF-8.
static bool take_block(struct trace_input *input, const void *block, size_t size,
                       struct trace_error *error)
{
    size_t raw_bytes = size;
    if (!input->begun)
        input->is_utf16 = trace_utf16_begins(block, size, &input->utf16.big_endian);
    input->begun = true;
    if (input->is_utf16) {
        size = trace_utf16_decode(&input->utf16, block, size);
        block = input->utf16.bytes;
    }
    if (size == SIZE_MAX) {
        trace_error_no_memory(error);
        return false;
    }
    input->block_at = block;
    input->block_end = input->block_at + size;
    input->block_bytes = size;
    input->block_offset += size;
    input->disk_before = input->disk_offset;
    input->disk_offset = is_compressed(input) ? bytes_read(input) : input->disk_before + raw_bytes;
    return true;
}

// The next block, or `ended`.
static bool next_block(struct trace_input *input, struct trace_error *error)
{
    while (!input->ended) {
        const void *block;
        size_t size;
        la_int64_t offset;
        int status = archive_read_data_block(input->archive, &block, &size, &offset);
        if (status == ARCHIVE_EOF) {
            input->ended = true;
        } else if (status != ARCHIVE_OK) {
            trace_error_set(error,
                            "%s: byte %llu%s: cannot be read or decompressed, so it is damaged or "
                            "cut short: %s",
                            input->path,
                            (unsigned long long)input->offset +
                                (unsigned long long)(input->end - input->at),
                            trace_input_suffix(input), fail_archive(input->archive));
            return false;
        } else if (size > 0) {
            if (!take_block(input, block, size, error))
                return false;
            if (input->block_at < input->block_end)
                return true;
        }
    }
    return true;
}

// Moves what is left of the window to the start of a carry buffer that holds `wanted` bytes.
static bool carry_over(struct trace_input *input, size_t wanted, struct trace_error *error)
{
    size_t left = (size_t)(input->end - input->at);
    if (input->carry_size < wanted) {
        uint8_t *larger = malloc(wanted);
        if (larger == NULL) {
            trace_error_no_memory(error);
            return false;
        }
        if (left > 0)
            memcpy(larger, input->at, left);
        free(input->carry);
        input->carry = larger;
        input->carry_size = wanted;
    } else if (left > 0) {
        memmove(input->carry, input->at, left);
    }
    if (!input->carrying) {
        input->block_at = NULL;
        input->block_end = NULL;
    }
    input->carrying = true;
    input->at = input->carry;
    input->end = input->carry + left;
    input->joint = input->end;
    return true;
}

bool trace_input_fill(struct trace_input *input, size_t wanted, struct trace_error *error)
{
    for (;;) {
        size_t left = (size_t)(input->end - input->at);
        if (input->carrying && input->at >= input->joint && input->block_end != NULL) {
            input->at = input->block_at - left;
            input->end = input->block_end;
            input->carrying = false;
            left = (size_t)(input->end - input->at);
        }
        if (left >= wanted || (input->ended && !input->carrying))
            return true;
        if (!carry_over(input, wanted, error))
            return false;
        if (input->block_at == input->block_end) {
            input->joint = input->end;
            if (!next_block(input, error))
                return false;
            if (input->ended)
                return true;
            continue;
        }
        size_t rest = (size_t)(input->block_end - input->block_at);
        size_t more = wanted - left < rest ? wanted - left : rest;
        memcpy(input->carry + left, input->block_at, more);
        input->block_at += more;
        input->end += more;
    }
}
