// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/input/files.h"

#include "traces/input/input_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CPU_DIGITS_MAX 6
#define OTHERS_SHOWN_MAX 5

bool trace_path_ends_with(const char *path, size_t length, const char *ending)
{
    size_t ending_length = strlen(ending);
    return length > ending_length &&
           memcmp(path + length - ending_length, ending, ending_length) == 0;
}

const char *const trace_compressed_endings[TRACE_COMPRESSED_ENDINGS] = {".gz", ".zst", ".xz"};

size_t trace_path_uncompressed_length(const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < TRACE_COMPRESSED_ENDINGS; i++)
        if (trace_path_ends_with(path, length, trace_compressed_endings[i]))
            return length - strlen(trace_compressed_endings[i]);
    return length;
}

size_t trace_path_split(const char *path, int *cpu)
{
    size_t end = trace_path_uncompressed_length(path);
    size_t digits = end;
    while (digits > 0 && path[digits - 1] >= '0' && path[digits - 1] <= '9')
        digits--;
    int64_t number;
    if (end - digits > CPU_DIGITS_MAX || !trace_text_number(path + digits, end - digits, &number) ||
        digits == 0 || path[digits - 1] != '.' ||
        !trace_path_ends_with(path, digits - 1, TRACE_BLKTRACE_ENDING))
        return 0;
    *cpu = (int)number;
    return digits - 1;
}

static bool append(struct trace_files *files, struct trace_file *file, const char *path,
                   size_t base_length, struct trace_error *error)
{
    struct trace_file *items = realloc(files->items, (files->count + 1) * sizeof *items);
    if (items != NULL)
        files->items = items;
    file->path = strdup(path);
    file->base = strndup(path, base_length);
    if (items == NULL || file->path == NULL || file->base == NULL) {
        free(file->path);
        free(file->base);
        trace_error_no_memory(error);
        return false;
    }
    files->items[files->count++] = *file;
    return true;
}

// Of a file that has a path.
static bool is_stream(mode_t mode)
{
    return S_ISFIFO(mode) || S_ISCHR(mode);
}

bool trace_files_add_packed(struct trace_files *files, const char *path, struct trace_error *error)
{
    struct trace_file file = {.cpu = TRACE_CPU_NONE};
    size_t uncompressed = trace_path_uncompressed_length(path);
    size_t base = trace_path_split(path, &file.cpu);
    file.compressed = path[uncompressed] != '\0';
    return append(files, &file, path, base > 0 ? base : uncompressed, error);
}

bool trace_files_add(struct trace_files *files, const char *path, struct trace_error *error)
{
    struct stat status;
    if (!trace_files_add_packed(files, path, error))
        return false;
    struct trace_file *file = &files->items[files->count - 1];
    bool is_there = stat(path, &status) == 0;
    file->bytes = is_there && status.st_size > 0 ? (uint64_t)status.st_size : 0;
    file->is_stream = is_there && is_stream(status.st_mode);
    return true;
}

bool trace_files_add_text(struct trace_files *files, const char *name, const char *text,
                          size_t size, struct trace_error *error)
{
    struct trace_file file = {.cpu = TRACE_CPU_NONE, .bytes = size, .text = text};
    return append(files, &file, name, strlen(name), error);
}

bool trace_files_add_standard_input(struct trace_files *files, struct trace_error *error)
{
    struct trace_file file = {.cpu = TRACE_CPU_NONE, .is_stream = true};
    return append(files, &file, "-", 1, error);
}

bool trace_files_open_streams(struct trace_files *files, struct trace_error *error)
{
    for (size_t i = 0; i < files->count; i++) {
        struct trace_file *file = &files->items[i];
        if (!file->is_stream)
            continue;
        file->opened = calloc(1, sizeof *file->opened);
        if (file->opened == NULL) {
            trace_error_no_memory(error);
            return false;
        }
        if (!trace_input_open_stream(file->opened, file->path, error))
            return false;
    }
    return true;
}

static void free_file(struct trace_file *file)
{
    if (file->opened != NULL)
        trace_input_close(file->opened);
    free(file->opened);
    free(file->path);
    free(file->base);
}

void trace_files_free(struct trace_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free_file(&files->items[i]);
    if (files->unpacked != NULL)
        munmap(files->unpacked, files->unpacked_bytes);
    free(files->items);
    free(files->archive);
    free(files->within);
    *files = (struct trace_files){0};
}

void trace_files_choose(struct trace_files *files, const char *path, struct trace_notices *notices)
{
    int least = TRACE_CPU_NONE;
    size_t kept = 0, others = 0, used = 0;
    char names[300] = "";
    for (size_t i = 0; i < files->count; i++)
        if (files->items[i].cpu >= 0)
            least = 0;
    for (size_t i = 0; i < files->count; i++) {
        struct trace_file *file = &files->items[i];
        if (file->cpu >= least) {
            files->items[kept++] = *file;
            continue;
        }
        const char *slash = strrchr(file->path, '/');
        if (file->cpu == TRACE_CPU_NONE && others++ < OTHERS_SHOWN_MAX)
            used +=
                (size_t)snprintf(names + used, sizeof names - used, "%s%.40s",
                                 others > 1 ? ", " : "", slash != NULL ? slash + 1 : file->path);
        free_file(file);
    }
    trace_notices_set(notices, "other-files", path, files->archive == NULL ? others : 0,
                      "%zu files beside NAME.blktrace.N are no part of that recording and are not "
                      "read: %s%s.",
                      others, names, others > OTHERS_SHOWN_MAX ? ", ..." : "");
    files->count = kept;
}

static int compare(const void *left, const void *right)
{
    const struct trace_file *a = left;
    const struct trace_file *b = right;
    int order = strcmp(a->base, b->base);
    if (order == 0)
        order = (a->cpu > b->cpu) - (a->cpu < b->cpu);
    if (order == 0)
        order = (int)a->compressed - (int)b->compressed;
    return order != 0 ? order : strcmp(a->path, b->path);
}

void trace_files_sort(struct trace_files *files, struct trace_notices *notices)
{
    if (files->count > 0)
        qsort(files->items, files->count, sizeof *files->items, compare);
    size_t kept = 0;
    for (size_t i = 0; i < files->count; i++) {
        struct trace_file *file = &files->items[i];
        struct trace_file *before = kept > 0 ? &files->items[kept - 1] : NULL;
        if (before != NULL && before->cpu == file->cpu && strcmp(before->base, file->base) == 0) {
            trace_notices_set(notices, "duplicate-file", file->path, 1,
                              "The file is not read: %s holds the same part of the trace.",
                              before->path);
            free_file(file);
        } else {
            files->items[kept++] = *file;
        }
    }
    files->count = kept;
}

// Appends "first" or "first-last" while there is room; a list too long ends in "...".
static void append_text(char *list, size_t size, int first, int last)
{
    size_t used = strlen(list);
    if (used + 32 > size) {
        if (used + 6 <= size && strcmp(list + used - 3, "...") != 0)
            snprintf(list + used, size - used, ", ...");
        return;
    }
    used += (size_t)snprintf(list + used, size - used, "%s%d", used > 0 ? ", " : "", first);
    if (last > first)
        snprintf(list + used, size - used, "-%d", last);
}

void trace_files_report_missing(struct trace_files *files, struct trace_notices *notices)
{
    size_t next_base;
    for (size_t i = 0; i < files->count; i = next_base) {
        const char *base = files->items[i].base;
        char list[160] = "";
        int expected = 0;
        uint64_t missing = 0;
        next_base = i;
        for (; next_base < files->count && strcmp(files->items[next_base].base, base) == 0;
             next_base++) {
            int cpu = files->items[next_base].cpu;
            if (cpu > expected) {
                append_text(list, sizeof list, expected, cpu - 1);
                missing += (uint64_t)(cpu - expected);
            }
            expected = cpu + 1;
        }
        files->missing_cpus = files->missing_cpus || missing > 0;
        trace_notices_set(notices, "cpu-missing", base, missing,
                          "The files of %llu CPUs below the highest number, %d, are not there "
                          "(missing: %s); what happened on those CPUs is not in this trace.",
                          (unsigned long long)missing, expected - 1, list);
    }
}

// ---- What can be read once only: standard input, pipes, devices such as a terminal ----

static bool is_standard_input(const char *path)
{
    return strcmp(path, "-") == 0;
}

bool trace_path_is_stream(const char *path)
{
    struct stat status;
    return is_standard_input(path) || (stat(path, &status) == 0 && is_stream(status.st_mode));
}

// "/dev/stdin" may be the same pipe as "-".
bool trace_paths_are_one_stream(const char *path, const char *other)
{
    struct stat status[2];
    const char *const paths[2] = {path, other};
    if (!trace_path_is_stream(path) || !trace_path_is_stream(other))
        return false;
    if (strcmp(path, other) == 0)
        return true;
    for (size_t i = 0; i < 2; i++) {
        if ((is_standard_input(paths[i]) ? fstat(STDIN_FILENO, &status[i])
                                         : stat(paths[i], &status[i])) != 0)
            return false;
    }
    return status[0].st_dev == status[1].st_dev && status[0].st_ino == status[1].st_ino;
}
