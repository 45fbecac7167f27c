// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/unknown.h"

#include "traces/columns.h"
#include "traces/columns/propose.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_BYTES_MAX 60

struct known {
    const char *bytes;
    size_t length;
    const char *what; // completes "this is"
};

#define KNOWN(bytes, what)                                                                         \
    {                                                                                              \
        bytes, sizeof bytes - 1, what                                                              \
    }

// What people have beside their traces, by how it begins.
static const struct known known[] = {
    KNOWN("PERFILE2", "a recording of perf (perf.data); print it with 'perf script --ns -F "
                      "comm,tid,cpu,time,event,trace -i FILE' and read that"),
    KNOWN("\x17\x08"
          "Dtracing",
          "a recording of trace-cmd (trace.dat); print it with 'trace-cmd report -t -i FILE' and "
          "read that"),
    KNOWN("\xc1\x1f\xfc\xc1",
          "a recording of LTTng (CTF); print its directory with 'babeltrace2 DIR'"),
    KNOWN(
        "\xff\xff\xff\xff\xff\xff\xff\xff\xb4\x29\xa4\x0a\xcb\x77\xb1\xf2",
        "a recording of QEMU (simpletrace); print it with scripts/simpletrace.py of QEMU's source"),
    KNOWN("\xd4\xc3\xb2\xa1", "a recording of a network (pcap); record the disk with blktrace"),
    KNOWN("\x4d\x3c\xb2\xa1", "a recording of a network (pcap); record the disk with blktrace"),
    KNOWN("\xa1\xb2\xc3\xd4", "a recording of a network (pcap); record the disk with blktrace"),
    KNOWN("\x0a\x0d\x0d\x0a", "a recording of a network (pcapng); record the disk with blktrace"),
    KNOWN("QFI\xfb", "the image of a disk (qcow2), not a recording of what is read and written"),
    KNOWN("KDMV", "the image of a disk (VMDK), not a recording of what is read and written"),
    KNOWN("vhdxfile", "the image of a disk (VHDX), not a recording of what is read and written"),
    KNOWN("SQLite format 3\0", "a database (SQLite); if it holds runs of throttlesim, 'throttlesim "
                               "report' shows them"),
    KNOWN("PAR1", "a table (Parquet); write it as CSV, and read that"),
    KNOWN("7z\xbc\xaf\x27\x1c", "an archive (7-Zip); unpack it, and read what is in it"),
    KNOWN("Rar!\x1a\x07", "an archive (RAR); unpack it, and read what is in it"),
    KNOWN("070701", "an archive (cpio); unpack it, and read what is in it"),
    KNOWN("!<arch>\n", "an archive (ar); unpack it, and read what is in it"),
    KNOWN("LZIP", "compressed with lzip; decompress it, and read that"),
    KNOWN("\x1f\x9d", "compressed with compress (.Z); decompress it, and read that"),
    KNOWN("\x5d\0\0", "compressed with lzma; decompress it, and read that"),
    KNOWN("\x7f"
          "ELF",
          "a program (ELF)"),
    KNOWN("\x89PNG", "a picture (PNG)"),
    KNOWN("%PDF-", "a document (PDF)"),
    KNOWN("<!DOCTYPE ", "a web page, perhaps in place of a download that wants a login"),
    KNOWN("<!doctype ", "a web page, perhaps in place of a download that wants a login"),
    KNOWN("<html", "a web page, perhaps in place of a download that wants a login"),
    KNOWN("version https://git-lfs.github.com/", "a pointer of Git LFS; get the file with 'git lfs "
                                                 "pull'"),
    KNOWN("#!/", "a script"),
    KNOWN("{\n  \"fio version\"", "what fio found (JSON); a trace is what its write_iolog writes"),
};

static const char *find_known(const uint8_t *head, size_t length)
{
    if (trace_head_is_archive(head, length))
        return "an archive (tar or zip) within another, or beside other files; unpack it";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (length >= known[i].length && memcmp(head, known[i].bytes, known[i].length) == 0)
            return known[i].what;
    return NULL;
}

static bool is_text(const uint8_t *head, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((head[i] < 0x20 && strchr("\t\n\r\f\033", head[i]) == NULL) || head[i] == 0)
            return false;
    return true;
}

// Could a file whose first line has these characters be of the format?
static bool is_possible(const struct trace_format *format, const uint8_t *line, size_t length)
{
    if (format->recognise == NULL)
        return false;
    if (format->kind != &trace_reader_columns)
        return true;
    const struct columns_layout *layout = format->how;
    return layout->separator == ' ' || memchr(line, layout->separator, length) != NULL;
}

// "blkparse, ftrace".
static void list_formats(const struct trace_format *const *formats, bool text, const uint8_t *line,
                         size_t length, char *list, size_t size)
{
    size_t used = 0;
    list[0] = '\0';
    for (; *formats != NULL && used < size; formats++)
        if ((*formats)->is_binary != text && is_possible(*formats, line, length))
            used += (size_t)snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "",
                                     (*formats)->name);
}

// "7f 45 4c 46 02 01 01 00"
static void show_bytes(const uint8_t *head, size_t length, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < length && i < 8; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%02x", i > 0 ? " " : "", head[i]);
    }
}

static void fail_binary(const char *path, const uint8_t *head, size_t length, const char *list,
                        struct trace_error *error)
{
    char bytes[32];
    char shown[17];
    show_bytes(head, length, bytes, sizeof bytes);
    size_t shown_length = length < sizeof shown - 1 ? length : sizeof shown - 1;
    for (size_t i = 0; i < shown_length; i++)
        shown[i] = head[i] >= 0x20 && head[i] < 0x7f ? (char)head[i] : '.';
    shown[shown_length] = '\0';
    trace_error_set(error,
                    "%s: not a trace of a known format: it starts with %s (\"%s\"); as it is no "
                    "text, expected one of: %s",
                    path, bytes, shown, list);
}

void trace_unknown_fail(const char *path, const uint8_t *head, size_t length,
                        const struct trace_format *const *formats, struct trace_error *error)
{
    char list[400];
    const char *what = find_known(head, length);
    bool text = is_text(head, length);
    const uint8_t *newline = memchr(head, '\n', length);
    size_t line = newline != NULL ? (size_t)(newline - head) : length;
    list_formats(formats, text, head, line, list, sizeof list);
    if (what != NULL) {
        trace_error_set(error, "%s: not a trace: this is %s", path, what);
    } else if (!text) {
        fail_binary(path, head, length, list, error);
    } else {
        line -= line > 0 && head[line - 1] == '\r';
        trace_error_set(
            error,
            "%s: not a trace of a known format: it starts with \"%.*s%s\"; expected one "
            "of: %s",
            path, line < SHOWN_BYTES_MAX ? (int)line : SHOWN_BYTES_MAX, (const char *)head,
            line > SHOWN_BYTES_MAX ? "..." : "", list);
        if (!trace_unknown_hint(head, length, error))
            trace_error_add(error, "; any other CSV can be read with format columns and a layout");
    }
}

bool trace_unknown_hint(const uint8_t *head, size_t length, struct trace_error *error)
{
    char layout[COLUMNS_PROPOSED_BYTES], note[COLUMNS_NOTE_BYTES];
    if (!columns_propose(head, length, layout, note))
        return false;
    trace_error_add(error, "; its columns can be read with --format columns --layout '%s'%s",
                    layout, note);
    return true;
}
