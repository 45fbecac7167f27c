// SPDX-License-Identifier: GPL-2.0-or-later
#define _XOPEN_SOURCE 700 // realpath
#include "traces/write/write_format.h"

#include "traces/input/files.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_BUFFER_BYTES (2 * WRITE_RESERVE_MAX)
#define OUTPUT_NAMES_TRIED_MAX 10000 // one process may write many files at a time
#define OUTPUT_TEMPORARY_BYTES 64    // longer than the name of a temporary file

static void fail(struct write_output *output, const char *reason)
{
    if (!output->failed)
        trace_error_set(&output->error, "%s: cannot be written: %s", output->path, reason);
    output->failed = true;
}

static void write_all(struct write_output *output, const char *bytes, size_t length)
{
    while (length > 0 && !output->failed) {
        ssize_t written = write(output->file, bytes, length);
        if (written >= 0) {
            bytes += written;
            length -= (size_t)written;
        } else if (errno != EINTR) {
            fail(output, strerror(errno));
        }
    }
}

// What the compressor calls.
static la_ssize_t take_compressed(struct archive *archive, void *opaque, const void *bytes,
                                  size_t length)
{
    struct write_output *output = opaque;
    write_all(output, bytes, length);
    if (!output->failed)
        return (la_ssize_t)length;
    archive_set_error(archive, EIO, "cannot be written");
    return -1;
}

static void check_archive(struct write_output *output, int status)
{
    if (status >= ARCHIVE_OK || status == ARCHIVE_WARN)
        return;
    const char *text = archive_error_string(output->archive);
    fail(output, text != NULL ? text : "it cannot be compressed");
}

static int add_filter(struct archive *archive, const char *path)
{
    size_t length = strlen(path);
    if (trace_path_ends_with(path, length, ".zst"))
        return archive_write_add_filter_zstd(archive);
    if (trace_path_ends_with(path, length, ".xz"))
        return archive_write_add_filter_xz(archive);
    // Without the time of writing, so that the same trace gives the same bytes.
    int status = archive_write_add_filter_gzip(archive);
    return status == ARCHIVE_OK
               ? archive_write_set_filter_option(archive, "gzip", "timestamp", NULL)
               : status;
}

// Sets the compressor up, if the path asks for one.
static bool compress(struct write_output *output, struct trace_error *error)
{
    bool compressed = false;
    for (size_t i = 0; i < TRACE_COMPRESSED_ENDINGS; i++)
        compressed = compressed || trace_path_ends_with(output->path, strlen(output->path),
                                                        trace_compressed_endings[i]);
    if (!compressed)
        return true;
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    output->archive = archive;
    bool good = archive != NULL && entry != NULL;
    if (good) {
        archive_entry_set_pathname(entry, "data");
        archive_entry_set_filetype(entry, AE_IFREG);
        good =
            archive_write_set_format_raw(archive) == ARCHIVE_OK &&
            add_filter(archive, output->path) == ARCHIVE_OK &&
            archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK &&
            archive_write_open2(archive, output, NULL, take_compressed, NULL, NULL) == ARCHIVE_OK &&
            archive_write_header(archive, entry) == ARCHIVE_OK;
    }
    archive_entry_free(entry);
    if (!good) {
        const char *text = archive != NULL ? archive_error_string(archive) : NULL;
        trace_error_set(error, "%s: the compressor does not start: %s", output->path,
                        text != NULL ? text : "out of memory");
    }
    return good;
}

static bool fail_memory(struct write_output *output, struct trace_error *error)
{
    trace_error_set(error, "%s: out of memory while writing a trace", output->path);
    return false;
}

// A new file beside the target. A target that is a symbolic link stays one.
static bool open_beside(struct write_output *output, bool exists, struct trace_error *error)
{
    output->target = exists ? realpath(output->path, NULL) : strdup(output->path);
    size_t size = output->target != NULL ? strlen(output->target) + OUTPUT_TEMPORARY_BYTES : 1;
    char *name = malloc(size);
    if (output->target == NULL || name == NULL) {
        free(name);
        return fail_memory(output, error);
    }
    const char *slash = strrchr(output->target, '/');
    int directory = slash != NULL ? (int)(slash + 1 - output->target) : 0;
    output->file = -1;
    for (unsigned i = 0; output->file < 0 && i < OUTPUT_NAMES_TRIED_MAX; i++) {
        snprintf(name, size, "%.*s.throttlesim-%ld-%u.part", directory, output->target,
                 (long)getpid(), i);
        output->file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (output->file < 0 && errno != EEXIST)
            break;
    }
    if (output->file >= 0) {
        output->temporary = name;
        return true;
    }
    trace_error_set(error, "%s: cannot be written: %s", output->path,
                    errno == ENOENT ? "there is no such directory" : strerror(errno));
    free(name);
    return false;
}

static bool open_file(struct write_output *output, struct trace_error *error)
{
    struct stat status;
    const char *path = output->path;
    if (path[0] == '\0') {
        trace_error_set(error, "the path of the trace to be written is empty");
        return false;
    }
    if (strcmp(path, "-") == 0) {
        output->file = dup(STDOUT_FILENO);
    } else {
        bool exists = stat(path, &status) == 0;
        if (!exists || S_ISREG(status.st_mode)) {
            if (!open_beside(output, exists, error))
                return false;
            // The new file may be read by whom the old one could.
            if (exists && fchmod(output->file, status.st_mode & 0777) != 0)
                fail(output, strerror(errno));
            return true;
        }
        output->file = open(path, O_WRONLY | O_CLOEXEC);
    }
    if (output->file < 0)
        trace_error_set(error, "%s: cannot be written: %s", path, strerror(errno));
    return output->file >= 0;
}

bool write_output_open(struct write_output *output, const char *path, struct trace_error *error)
{
    output->path = path;
    output->opened = open_file(output, error);
    if (!output->opened)
        return false;
    output->buffer = malloc(OUTPUT_BUFFER_BYTES);
    if (output->buffer == NULL)
        return fail_memory(output, error);
    return compress(output, error);
}

static void flush(struct write_output *output)
{
    if (output->archive == NULL) {
        write_all(output, output->buffer, output->used);
    } else if (!output->failed && output->used > 0) {
        la_ssize_t written = archive_write_data(output->archive, output->buffer, output->used);
        check_archive(output, written < 0 ? (int)written : ARCHIVE_OK);
    }
    output->used = 0;
}

char *write_output_reserve(struct write_output *output, size_t bytes)
{
    assert(bytes <= WRITE_RESERVE_MAX);
    if (OUTPUT_BUFFER_BYTES - output->used < bytes)
        flush(output);
    return output->buffer + output->used;
}

static void close_file(struct write_output *output)
{
    if (output->opened && close(output->file) != 0)
        fail(output, strerror(errno));
    output->opened = false;
}

bool write_output_finish(struct write_output *output, struct trace_error *error)
{
    flush(output);
    if (output->archive != NULL && !output->failed)
        check_archive(output, archive_write_close(output->archive));
    close_file(output);
    if (!output->failed && output->temporary != NULL) {
        if (rename(output->temporary, output->target) != 0) {
            fail(output, strerror(errno));
        } else {
            free(output->temporary);
            output->temporary = NULL;
        }
    }
    return write_output_good(output, error);
}

void write_output_close(struct write_output *output)
{
    if (output->archive != NULL) {
        // Nothing more goes to the file: what the compressor still holds is dropped.
        output->failed = true;
        archive_write_free(output->archive);
    }
    close_file(output);
    if (output->temporary != NULL)
        unlink(output->temporary);
    free(output->temporary);
    free(output->target);
    free(output->buffer);
    *output = (struct write_output){0};
}

bool write_output_text(const char *path, const char *text, struct trace_error *error)
{
    struct write_output output = {.path = path};
    output.opened = open_file(&output, error);
    bool ok = output.opened;
    if (ok) {
        write_all(&output, text, strlen(text));
        if (!output.failed && output.temporary != NULL && fsync(output.file) != 0)
            fail(&output, strerror(errno));
        ok = write_output_finish(&output, error);
    }
    write_output_close(&output);
    return ok;
}
