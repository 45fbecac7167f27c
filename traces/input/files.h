// SPDX-License-Identifier: GPL-2.0-or-later
// The files that make up a trace, and what their names say.
#ifndef TRACES_INPUT_FILES_H
#define TRACES_INPUT_FILES_H

#include "traces/notices.h"

#define TRACE_BLKTRACE_ENDING ".blktrace"

#define TRACE_COMPRESSED_ENDINGS 3
extern const char *const trace_compressed_endings[TRACE_COMPRESSED_ENDINGS];

// A file that is not named NAME.blktrace.N.
#define TRACE_CPU_NONE (-1)
// One in an archive of which there is a later one.
#define TRACE_CPU_REPLACED (-2)

struct trace_input;

struct trace_file {
    char *path;
    char *base;       // up to and with ".blktrace"; without a CPU number: all but .gz, .zst, .xz
    int cpu;          // N, or TRACE_CPU_NONE
    bool compressed;  // by its name
    uint64_t bytes;   // on disk, or of the text
    bool is_whole;    // of a text: as in struct trace_config
    const char *text; // the bytes themselves, not owned; NULL: they are on disk
    bool is_stream;   // standard input, a pipe, a device: can be read once
    struct trace_input *opened; // of a stream; NULL: to be opened
};

// All zero is empty.
struct trace_files {
    struct trace_file *items;
    size_t count;
    bool missing_cpus; // a number below a base's highest is not there
    char *archive;     // that the files are in; NULL: none
    char *within;      // of it only this file, base or directory; NULL: all
    void *unpacked;    // what they consist of
    size_t unpacked_bytes;
};

bool trace_path_ends_with(const char *path, size_t length, const char *ending);

// Without .gz, .zst or .xz at its end.
size_t trace_path_uncompressed_length(const char *path);

// Length of NAME.blktrace in NAME.blktrace.N[.gz|.zst|.xz] and the N; 0 for any other path.
size_t trace_path_split(const char *path, int *cpu);

bool trace_files_add(struct trace_files *files, const char *path, struct trace_error *error);

// Bytes in memory as a file; the name, whatever it looks like, is for messages only.
bool trace_files_add_text(struct trace_files *files, const char *name, const char *text,
                          size_t size, struct trace_error *error);

// A file in an archive, whose bytes are elsewhere.
bool trace_files_add_packed(struct trace_files *files, const char *path, struct trace_error *error);

// Standard input, as the file "-".
bool trace_files_add_standard_input(struct trace_files *files, struct trace_error *error);

// Of all files, those that can be read once.
bool trace_files_open_streams(struct trace_files *files, struct trace_error *error);

// How much of a file's start says whether it is an archive.
#define TRACE_ARCHIVE_HEAD_BYTES 512

bool trace_head_is_archive(const uint8_t *head, size_t length);

// If the one file is an archive (tar or zip, itself compressed or not), the files in it, or only
// those asked for, take its place, as texts; with names only, without their bytes. Others stay.
bool trace_files_unpack(struct trace_files *files, bool names_only, struct trace_error *error);

// Of the files of a path, those of a recording, NAME.blktrace.N, if there are such; the notice
// `other-files` tells which of a directory are left.
void trace_files_choose(struct trace_files *files, const char *path, struct trace_notices *notices);

// By base, then CPU. Of a file that is there plain and compressed, the plain one stays, with the
// notice `duplicate-file`.
void trace_files_sort(struct trace_files *files, struct trace_notices *notices);

// The notice `cpu-missing`, for sorted files.
void trace_files_report_missing(struct trace_files *files, struct trace_notices *notices);

// From the path that a user gave: the rules are in docs/traces.md. Streams are open afterwards.
// Adds the notices `cpu-missing` and `duplicate-file`. On failure nothing is left to free.
bool trace_paths_resolve(struct trace_files *files, const char *path, struct trace_notices *notices,
                         struct trace_error *error);

void trace_files_free(struct trace_files *files);

#endif
