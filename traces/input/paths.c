// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/input/files.h"

#include "traces/nearest_word.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Splits a path into its directory, as a new string, and the name in it.
static char *split_path(const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    if (slash == NULL)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static char *join(const char *directory, const char *name)
{
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = malloc(size);
    if (path != NULL) {
        const char *slash = directory[strlen(directory) - 1] == '/' ? "" : "/";
        snprintf(path, size, "%s%s%s", directory, slash, name);
    }
    return path;
}

// Is it to be added: NAME.blktrace.N, of one base or (NULL) of all, which has other files too?
static bool is_wanted(const char *directory, const char *name, const char *base)
{
    int cpu;
    struct stat status;
    size_t length = trace_path_split(name, &cpu);
    if (base != NULL || length > 0)
        return length > 0 &&
               (base == NULL || (strlen(base) == length && memcmp(base, name, length) == 0));
    char *path = name[0] != '.' ? join(directory, name) : NULL;
    bool wanted = path != NULL && stat(path, &status) == 0 && S_ISREG(status.st_mode);
    free(path);
    return wanted;
}

static bool add_directory(struct trace_files *files, const char *directory, const char *base,
                          struct trace_error *error)
{
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        trace_error_set(error, "%s: cannot list the directory: %s", directory, strerror(errno));
        return false;
    }
    bool good = true;
    for (const struct dirent *entry = readdir(stream); good && entry != NULL;
         entry = readdir(stream)) {
        if (!is_wanted(directory, entry->d_name, base))
            continue;
        // "vdc" in the current directory is shown as the user wrote it, not as "./vdc".
        bool here = strcmp(directory, ".") == 0 && base != NULL;
        char *path = here ? strdup(entry->d_name) : join(directory, entry->d_name);
        good = path != NULL;
        if (!good)
            trace_error_no_memory(error);
        good = good && trace_files_add(files, path, error);
        free(path);
    }
    closedir(stream);
    return good;
}

static bool add_glob(struct trace_files *files, const char *pattern, struct trace_error *error)
{
    glob_t matches;
    int status = glob(pattern, 0, NULL, &matches);
    if (status == GLOB_NOMATCH)
        return true;
    if (status != 0) {
        trace_error_set(error, "%s: the pattern cannot be expanded", pattern);
        return false;
    }
    bool good = true;
    for (size_t i = 0; good && i < matches.gl_pathc; i++)
        good = trace_files_add(files, matches.gl_pathv[i], error);
    globfree(&matches);
    return good;
}

// A file that was compressed since its name was written down.
static bool add_compressed(struct trace_files *files, const char *path, struct trace_error *error)
{
    bool good = true;
    for (size_t i = 0; good && i < TRACE_COMPRESSED_ENDINGS; i++) {
        struct stat status;
        size_t size = strlen(path) + strlen(trace_compressed_endings[i]) + 1;
        char *compressed = malloc(size);
        if (compressed == NULL) {
            trace_error_no_memory(error);
            return false;
        }
        snprintf(compressed, size, "%s%s", path, trace_compressed_endings[i]);
        if (stat(compressed, &status) == 0)
            good = trace_files_add(files, compressed, error);
        free(compressed);
    }
    return good;
}

static bool add_base(struct trace_files *files, const char *path, struct trace_error *error)
{
    const char *name;
    char *directory = split_path(path, &name);
    size_t size = strlen(name) + sizeof TRACE_BLKTRACE_ENDING;
    char *base = malloc(size);
    struct stat status;
    bool good = true;
    if (directory == NULL || base == NULL) {
        trace_error_no_memory(error);
        good = false;
    } else if (stat(directory, &status) == 0 && S_ISDIR(status.st_mode)) {
        bool whole = trace_path_ends_with(name, strlen(name), TRACE_BLKTRACE_ENDING);
        snprintf(base, size, "%s%s", name, whole ? "" : TRACE_BLKTRACE_ENDING);
        good = add_directory(files, directory, base, error);
    }
    free(directory);
    free(base);
    return good;
}

#define SUGGESTED_FROM_MAX 4096
#define SHOWN_NAMES_MAX 5

// The nearest name in the directory, whole or without ".blktrace.N"; NULL or a string to free.
static char *suggest(const char *directory, const char *name)
{
    DIR *stream = opendir(directory);
    char *nearest = NULL;
    if (stream == NULL)
        return NULL;
    size_t seen = 0;
    for (const struct dirent *entry = readdir(stream); entry != NULL && seen < SUGGESTED_FROM_MAX;
         entry = readdir(stream), seen++) {
        int cpu;
        size_t length = trace_path_split(entry->d_name, &cpu);
        char *base = strndup(entry->d_name, length);
        char *stem =
            strndup(entry->d_name, length > 0 ? length - strlen(TRACE_BLKTRACE_ENDING) : 0);
        const char *candidates[] = {nearest, base, stem, entry->d_name, NULL};
        size_t first = nearest == NULL;
        const char *better = NULL;
        if (base != NULL && stem != NULL && entry->d_name[0] != '.')
            better = nearest_word(name, strlen(name), nearest_word_in_array, candidates + first);
        if (better != NULL && better != nearest) {
            char *copy = strdup(better);
            free(nearest);
            nearest = copy;
        }
        free(base);
        free(stem);
    }
    closedir(stream);
    return nearest;
}

static void fail_not_found(const char *path, struct trace_error *error)
{
    const char *name;
    char *directory = split_path(path, &name);
    struct stat status;
    if (directory == NULL) {
        trace_error_no_memory(error);
    } else if (strpbrk(path, "*?[") != NULL) {
        trace_error_set(error, "%s: the pattern matches no file", path);
    } else if (stat(directory, &status) != 0) {
        trace_error_set(error, "%s: there is no directory %s", path, directory);
    } else {
        char *nearest = suggest(directory, name);
        bool whole = trace_path_ends_with(name, strlen(name), TRACE_BLKTRACE_ENDING);
        trace_error_set(error,
                        "%s: there is no such file, nor %s%s.N (N: a CPU number, with or without "
                        ".gz, .zst, .xz)%s%s%s",
                        path, name, whole ? "" : TRACE_BLKTRACE_ENDING,
                        nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                        nearest != NULL ? "\"?" : "");
        free(nearest);
    }
    free(directory);
}

// "x.tar" and "vdc" of "x.tar/vdc", where x.tar is a file.
static bool add_within(struct trace_files *files, const char *path, struct trace_error *error)
{
    struct stat status = {0};
    char *archive = strdup(path);
    char *slash = archive;
    do {
        slash = slash != NULL ? strrchr(archive, '/') : NULL;
        if (slash != NULL)
            *slash = '\0';
    } while (slash != NULL && slash > archive && stat(archive, &status) != 0);
    bool found = slash != NULL && slash > archive && S_ISREG(status.st_mode);
    if (found && path[slash - archive + 1] != '\0')
        files->within = strdup(path + (slash - archive) + 1);
    bool good =
        archive != NULL && (!found || path[slash - archive + 1] == '\0' || files->within != NULL);
    if (!good)
        trace_error_no_memory(error);
    good = good && (!found || trace_files_add(files, archive, error));
    free(archive);
    return good;
}

static bool collect(struct trace_files *files, const char *path, struct trace_error *error)
{
    struct stat status;
    if (path[0] == '\0') {
        trace_error_set(error, "the path of the trace is empty");
        return false;
    }
    if (strcmp(path, "-") == 0)
        return trace_files_add_standard_input(files, error);
    if (stat(path, &status) != 0) {
        bool good = add_compressed(files, path, error);
        good = good && (files->count > 0 || add_base(files, path, error));
        if (good && files->count == 0 && strpbrk(path, "*?[") != NULL)
            good = add_glob(files, path, error);
        good = good && (files->count > 0 || add_within(files, path, error));
        if (good && files->count == 0) {
            fail_not_found(path, error);
            good = false;
        }
        return good;
    }
    if (!S_ISDIR(status.st_mode))
        return trace_files_add(files, path, error);
    return add_directory(files, path, NULL, error);
}

// What is no recording, and not one file, is several traces, or none.
static bool check_one(const struct trace_files *files, const char *path, struct trace_error *error)
{
    char names[600] = "";
    size_t used = 0;
    struct stat status;
    bool is_directory = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    const char *what = is_directory ? "directory" : "archive";
    if ((!is_directory && files->archive == NULL) || files->count == 1 ||
        (files->count > 0 && files->items[0].cpu != TRACE_CPU_NONE))
        return true;
    // Those of an archive have its path before them, whatever part of it was asked for.
    size_t prefix = strlen(files->archive != NULL ? files->archive : path) + 1;
    for (size_t i = 0; i < files->count && i < SHOWN_NAMES_MAX && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%.80s", i > 0 ? ", " : "",
                                 files->items[i].path + prefix);
    if (files->count == 0 && !is_directory && strcmp(files->archive, path) != 0)
        trace_error_set(error, "%s: there is no such file in the archive", path);
    else if (files->count == 0)
        trace_error_set(error, "%s: no file in this %s is named NAME.blktrace.N", path, what);
    else
        trace_error_set(error,
                        "%s: no file in this %s is named NAME.blktrace.N, as one recording's are; "
                        "name one of the %zu others, as in %s/NAME: %s%s",
                        path, what, files->count, files->archive != NULL ? files->archive : path,
                        names, files->count > SHOWN_NAMES_MAX ? ", ..." : "");
    return false;
}

bool trace_paths_resolve(struct trace_files *files, const char *path, struct trace_notices *notices,
                         struct trace_error *error)
{
    int cpu;
    *files = (struct trace_files){0};
    bool good = collect(files, path, error) && trace_files_open_streams(files, error) &&
                trace_files_unpack(files, false, error);
    if (good) {
        trace_files_choose(files, path, notices);
        trace_files_sort(files, notices);
    }
    if (!good || !check_one(files, path, error)) {
        trace_files_free(files);
        return false;
    }
    // One CPU's file that was named itself is all that was asked for.
    if (trace_path_split(path, &cpu) == 0 || strpbrk(path, "*?[") != NULL)
        trace_files_report_missing(files, notices);
    return true;
}

// In an archive or a directory, not in a stream, which is read once only.
char **trace_paths_within(const char *path)
{
    struct trace_files files = {0};
    struct trace_notices notices = {0};
    struct trace_error unused;
    char **paths = NULL;
    if (!trace_path_is_stream(path) && collect(&files, path, &unused) &&
        trace_files_unpack(&files, true, &unused)) {
        trace_files_choose(&files, path, &notices);
        trace_files_sort(&files, &notices);
        if (files.count > 0 && !check_one(&files, path, &unused))
            paths = calloc(files.count + 1, sizeof *paths);
    }
    for (size_t i = 0; paths != NULL && i < files.count; i++) {
        paths[i] = files.items[i].path;
        files.items[i].path = NULL;
    }
    trace_files_free(&files);
    trace_notices_free(&notices);
    return paths;
}

void trace_paths_free(char **paths)
{
    for (size_t i = 0; paths != NULL && paths[i] != NULL; i++)
        free(paths[i]);
    free(paths);
}
