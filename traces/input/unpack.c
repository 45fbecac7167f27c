// SPDX-License-Identifier: GPL-2.0-or-later
// An archive's files: unpacked once, one after the other, into a temporary file, and read there as
// texts in memory are. So an archive may come from a pipe, its files are read at the same time, and
// as often as a reader needs, and memory is the page cache's. Names in it are names only.
#include "traces/input/files.h"
#include "traces/input/input.h"
#include "traces/input/temporary.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// No archive of recordings has more, nor longer names.
#define UNPACKED_FILES_MAX 16384
#define UNPACKED_NAME_BYTES_MAX 4096
// Of what is real, no more becomes of a byte; what is small may be anything.
#define UNPACKED_RATIO_MAX 256
#define UNPACKED_SMALL_BYTES (UINT64_C(64) << 20)

struct unpacking {
    struct trace_files *files; // the archive's
    const char *path;          // of the archive
    struct trace_input *input;
    struct archive *archive;
    int spool;
    uint64_t bytes; // in the spool
    bool names_only;
    bool input_failed; // and has said why
    struct trace_error *error;
};

bool trace_head_is_archive(const uint8_t *head, size_t length)
{
    return (length >= 4 && (memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0)) ||
           (length >= TRACE_ARCHIVE_HEAD_BYTES && memcmp(head + 257, "ustar", 5) == 0);
}

static la_ssize_t read_input(struct archive *archive, void *opaque, const void **bytes)
{
    struct unpacking *unpacking = opaque;
    struct trace_input *input = unpacking->input;
    unpacking->input_failed = !trace_input_peek(input, 1, unpacking->error);
    if (unpacking->input_failed) {
        archive_set_error(archive, EIO, "cannot be read");
        return ARCHIVE_FATAL;
    }
    size_t have = (size_t)(input->end - input->at);
    *bytes = input->at;
    trace_input_advance(input, have);
    return (la_ssize_t)have;
}

static bool fail_damaged(const struct unpacking *unpacking, const char *path)
{
    const char *why = archive_error_string(unpacking->archive);
    if (!unpacking->input_failed)
        trace_error_set(unpacking->error,
                        "%s: cannot be unpacked, so the archive is damaged or cut short: %s", path,
                        why != NULL ? why : "unknown error");
    return false;
}

static bool fail_temporary(const struct unpacking *unpacking, const char *doing)
{
    trace_error_set(unpacking->error,
                    "%s: %s a temporary file in %.200s (TMPDIR), to unpack the archive: %s",
                    unpacking->path, doing, trace_temporary_folder(), strerror(errno));
    return false;
}

static bool check_size(const struct unpacking *unpacking, uint64_t place, const char *path)
{
    uint64_t packed = trace_input_consumed(unpacking->input);
    if (place <= UNPACKED_SMALL_BYTES || place / UNPACKED_RATIO_MAX <= packed)
        return true;
    trace_error_set(unpacking->error,
                    "%s: the archive becomes more than %d times its size, which no recording does",
                    path, UNPACKED_RATIO_MAX);
    return false;
}

static bool write_block(struct unpacking *unpacking, const uint8_t *block, size_t size,
                        uint64_t place)
{
    while (size > 0) {
        ssize_t written = pwrite(unpacking->spool, block, size, (off_t)place);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fail_temporary(unpacking, "writing");
        block += written;
        place += (uint64_t)written;
        size -= (size_t)written;
    }
    return true;
}

// The bytes of one file, which may have holes.
static bool unpack_bytes(struct unpacking *unpacking, struct trace_file *file)
{
    const void *block;
    size_t size;
    la_int64_t offset;
    int status;
    while ((status = archive_read_data_block(unpacking->archive, &block, &size, &offset)) ==
           ARCHIVE_OK) {
        uint64_t end = (uint64_t)offset + size;
        if (offset < 0)
            return fail_damaged(unpacking, file->path);
        if (!check_size(unpacking, unpacking->bytes + end, file->path) ||
            !write_block(unpacking, block, size, unpacking->bytes + (uint64_t)offset))
            return false;
        file->bytes = size > 0 && end > file->bytes ? end : file->bytes;
    }
    unpacking->bytes += file->bytes;
    return status == ARCHIVE_EOF || fail_damaged(unpacking, file->path);
}

// Is the file what was asked for: itself, one of a base, or below a directory?
static bool is_wanted(const char *within, const char *name)
{
    int cpu;
    size_t length = within != NULL ? strlen(within) : 0;
    if (within == NULL || strcmp(name, within) == 0)
        return true;
    if (strncmp(name, within, length) != 0)
        return false;
    size_t base = trace_path_split(name, &cpu);
    return name[length] == '/' || base == length ||
           (base == length + strlen(TRACE_BLKTRACE_ENDING) && base > 0);
}

// "a/b" of "./a/b"; NULL: a name that is not to be seen, such as "._vdc.csv" of macOS.
static const char *visible_name(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    if (name == NULL)
        name = archive_entry_pathname_utf8(entry);
    while (name != NULL && name[0] == '.' && name[1] == '/')
        name += 2;
    const char *slash = name != NULL ? strrchr(name, '/') : NULL;
    const char *last = slash != NULL ? slash + 1 : name;
    return last == NULL || last[0] == '.' || last[0] == '\0' ? NULL : name;
}

// Of a name that is there twice, the later one counts, as when it is unpacked.
static void forget_earlier(struct trace_files *files)
{
    const struct trace_file *last = &files->items[files->count - 1];
    for (size_t i = 0; i + 1 < files->count; i++)
        if (files->items[i].cpu != TRACE_CPU_REPLACED &&
            strcmp(files->items[i].path, last->path) == 0)
            files->items[i].cpu = TRACE_CPU_REPLACED;
}

static bool unpack_file(struct unpacking *unpacking, struct archive_entry *entry)
{
    struct trace_files *files = unpacking->files;
    char path[2 * UNPACKED_NAME_BYTES_MAX];
    const char *name = visible_name(entry);
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != NULL ||
        name == NULL || !is_wanted(files->within, name))
        return true;
    int length = snprintf(path, sizeof path, "%s/%s", unpacking->path, name);
    if (files->count == UNPACKED_FILES_MAX || strlen(name) > UNPACKED_NAME_BYTES_MAX ||
        length >= (int)sizeof path) {
        trace_error_set(unpacking->error,
                        "%s: has more than %d files, or names longer than %d bytes; unpack it",
                        unpacking->path, UNPACKED_FILES_MAX, UNPACKED_NAME_BYTES_MAX);
        return false;
    }
    if (archive_entry_is_encrypted(entry) > 0) {
        trace_error_set(unpacking->error,
                        "%s: is encrypted; unpack the archive with its password, and read the "
                        "files in it",
                        path);
        return false;
    }
    if (!trace_files_add_packed(files, path, unpacking->error))
        return false;
    forget_earlier(files);
    return unpacking->names_only || unpack_bytes(unpacking, &files->items[files->count - 1]);
}

static bool unpack_all(struct unpacking *unpacking)
{
    struct archive *archive = unpacking->archive;
    struct archive_entry *entry;
    int status = archive_read_support_format_tar(archive);
    if (status == ARCHIVE_OK)
        status = archive_read_support_format_zip_streamable(archive);
    if (status == ARCHIVE_OK)
        status = archive_read_open2(archive, unpacking, NULL, read_input, NULL, NULL);
    if (status != ARCHIVE_OK)
        return fail_damaged(unpacking, unpacking->path);
    // A warning is of a name's character set, or the like.
    while ((status = archive_read_next_header(archive, &entry)) == ARCHIVE_OK ||
           status == ARCHIVE_WARN)
        if (!unpack_file(unpacking, entry))
            return false;
    return status == ARCHIVE_EOF || fail_damaged(unpacking, unpacking->path);
}

// Where the files' bytes are from now on.
static bool map_spool(struct unpacking *unpacking)
{
    struct trace_files *files = unpacking->files;
    const char *at = "";
    if (unpacking->bytes > 0) {
        files->unpacked =
            mmap(NULL, (size_t)unpacking->bytes, PROT_READ, MAP_SHARED, unpacking->spool, 0);
        if (files->unpacked == MAP_FAILED) {
            files->unpacked = NULL;
            return fail_temporary(unpacking, "mapping");
        }
        files->unpacked_bytes = (size_t)unpacking->bytes;
        at = files->unpacked;
    }
    for (size_t i = 0; i < files->count; i++) {
        files->items[i].text = at;
        at += files->items[i].bytes;
    }
    return true;
}

static bool unpack(struct trace_files *files, struct trace_input *input, const char *path,
                   bool names_only, struct trace_error *error)
{
    struct unpacking unpacking = {.files = files,
                                  .path = path,
                                  .input = input,
                                  .archive = archive_read_new(),
                                  .spool = names_only ? -1 : trace_temporary_make(),
                                  .names_only = names_only,
                                  .error = error};
    bool good = unpacking.archive != NULL;
    if (!good)
        trace_error_no_memory(error);
    else if (unpacking.spool < 0 && !names_only)
        good = fail_temporary(&unpacking, "making");
    good = good && unpack_all(&unpacking) && map_spool(&unpacking);
    archive_read_free(unpacking.archive);
    if (unpacking.spool >= 0)
        close(unpacking.spool);
    return good;
}

// The files that are in it instead of the archive.
static bool replace(struct trace_files *files, struct trace_input *input, bool names_only,
                    struct trace_error *error)
{
    struct trace_files packed = {.within = files->within, .archive = strdup(files->items[0].path)};
    files->within = NULL;
    bool good = packed.archive != NULL;
    if (!good)
        trace_error_no_memory(error);
    good = good && unpack(&packed, input, packed.archive, names_only, error);
    trace_files_free(files);
    *files = packed;
    return good;
}

bool trace_files_unpack(struct trace_files *files, bool names_only, struct trace_error *error)
{
    struct trace_input own = {0};
    struct trace_file *file = &files->items[0];
    if (files->count != 1 || file->text != NULL || file->cpu != TRACE_CPU_NONE)
        return true;
    // A stream stays open: it cannot be read again.
    struct trace_input *input = file->opened != NULL ? file->opened : &own;
    bool good = (file->opened != NULL || trace_input_open(&own, file, error)) &&
                trace_input_peek(input, TRACE_ARCHIVE_HEAD_BYTES, error);
    if (good && trace_head_is_archive(input->at, (size_t)(input->end - input->at))) {
        good = replace(files, input, names_only, error);
    } else if (good && files->within != NULL) {
        trace_error_set(error,
                        "%s is neither a directory nor an archive (tar, zip), so that %s "
                        "cannot be in it",
                        file->path, files->within);
        good = false;
    }
    trace_input_close(&own);
    return good;
}
