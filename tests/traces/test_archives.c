// SPDX-License-Identifier: GPL-2.0-or-later
// An archive is like a directory: the files in it are read as those in a directory are, whatever it
// is compressed with and wherever it comes from. What is hostile in it is an error.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDED TEST_SOURCE_DIR "/../traces/recorded/throttled-iops"
#define CSV "time_ns,op,offset,bytes\n7,read,0,512\n"

static struct archive *start_archive(const char *name)
{
    struct archive *archive = archive_write_new();
    const char *ending = strrchr(name, '.');
    if (strcmp(ending, ".zip") == 0)
        assert_int_equal(archive_write_set_format_zip(archive), ARCHIVE_OK);
    else
        assert_int_equal(archive_write_set_format_pax_restricted(archive), ARCHIVE_OK);
    if (strcmp(ending, ".tgz") == 0)
        assert_int_equal(archive_write_add_filter_gzip(archive), ARCHIVE_OK);
    if (strcmp(ending, ".zst") == 0)
        assert_int_equal(archive_write_add_filter_zstd(archive), ARCHIVE_OK);
    assert_int_equal(archive_write_set_bytes_in_last_block(archive, 1), ARCHIVE_OK);
    return archive;
}

static void add_file(struct archive *archive, const char *name, const void *data, size_t length)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)length);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(archive, data, length), length);
    archive_entry_free(entry);
}

static struct archive *open_archive(const char *name)
{
    struct archive *archive = start_archive(name);
    assert_int_equal(archive_write_open_filename(archive, scratch_path(name)), ARCHIVE_OK);
    return archive;
}

static void close_archive(struct archive *archive)
{
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
}

// Of so many names, each with the text behind it.
static void pack(const char *name, const char *const *files, size_t count)
{
    struct archive *archive = open_archive(name);
    for (size_t i = 0; i < count; i += 2)
        add_file(archive, files[i], files[i + 1], strlen(files[i + 1]));
    close_archive(archive);
}

// The project's recording, eight files that are compressed themselves, below a directory.
static void pack_recording(const char *name)
{
    struct archive *archive = open_archive(name);
    for (int disk = 'f'; disk >= 'c'; disk--)
        for (int cpu = 0; cpu < 2; cpu++) {
            char path[300], inside[100];
            struct bytes bytes = {0};
            snprintf(path, sizeof path, RECORDED "/vd%c.blktrace.%d.zst", disk, cpu);
            snprintf(inside, sizeof inside, "./throttled/vd%c.blktrace.%d.zst", disk, cpu);
            scratch_read(path, &bytes);
            add_file(archive, inside, bytes.data, bytes.length);
            bytes_free(&bytes);
        }
    add_file(archive, "./throttled/README", "about it\n", 9);
    close_archive(archive);
}

static void assert_same(const struct reading *expected, const struct reading *found)
{
    if (found->result != TRACE_END)
        fail_msg("%s", found->error.message);
    assert_int_equal(expected->result, TRACE_END);
    assert_int_equal(found->count, expected->count);
    for (size_t i = 0; i < found->count; i++) {
        const struct trace_request *a = &expected->requests[i], *b = &found->requests[i];
        assert_int_equal(request_compare(a, b), 0);
        assert_string_equal(trace_volume_name(expected->trace, a->volume),
                            trace_volume_name(found->trace, b->volume));
    }
    assert_int_equal(trace_notice_count(found->trace), trace_notice_count(expected->trace));
}

static void check_like(const char *expected_path, const char *path)
{
    struct reading expected = read_trace(expected_path, TRACE_ARRIVAL_QUEUE, NULL);
    struct reading found = read_trace(path, TRACE_ARRIVAL_QUEUE, NULL);
    assert_same(&expected, &found);
    reading_free(&expected);
    reading_free(&found);
}

static void test_recording(void **state)
{
    (void)state;
    static const char *const names[] = {"a.tar", "a.tgz", "a.tar.zst", "a.zip"};
    char path[300];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        pack_recording(names[i]);
        check_like(RECORDED, scratch_path(names[i]));
        snprintf(path, sizeof path, "%s/throttled", scratch_path(names[i]));
        check_like(RECORDED, path);
        snprintf(path, sizeof path, "%s/throttled/vdc", scratch_path(names[i]));
        check_like(RECORDED "/vdc", path);
        snprintf(path, sizeof path, "%s/throttled/vdd.blktrace.1.zst", scratch_path(names[i]));
        check_like(RECORDED "/vdd.blktrace.1.zst", path);
    }
    // Through a pipe, as it cannot be sought in.
    snprintf(path, sizeof path, "cat %s", scratch_path("a.tgz"));
    FILE *reader = popen(path, "r");
    assert_non_null(reader);
    snprintf(path, sizeof path, "/dev/fd/%d", fileno(reader));
    check_like(RECORDED, path);
    pclose(reader);
}

// The files that there are, and what is said of them.
static void test_names(void **state)
{
    (void)state;
    pack_recording("a.tar");
    struct reading reading = read_trace(scratch_path("a.tar"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_non_null(strstr(trace_file_at(reading.trace, 0), "/a.tar/throttled/vdc.blktrace.0.zst"));
    assert_true(trace_reads_file(reading.trace, scratch_path("a.tar")));
    reading_free(&reading);
    pack("gap.tar", (const char *const[]){"x.blktrace.0", "", "x.blktrace.2", ""}, 4);
    reading = read_trace(scratch_path("gap.tar"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading_notice(&reading, "cpu-missing"), 1);
    assert_non_null(strstr(trace_notice(reading.trace, 0)->source, "/gap.tar/x.blktrace"));
    reading_free(&reading);
}

static void check_error(const char *path, const char *text)
{
    assert_refused(read_trace(path, TRACE_ARRIVAL_QUEUE, NULL), text);
}

// An archive of one other file is that; of several, each is a trace of its own.
static void test_other_files(void **state)
{
    (void)state;
    static const char *const files[] = {"b.csv",  CSV,  "d/a.csv", CSV,
                                        ".b.csv", "no", "d/._x",   "no"};
    scratch_text("b.csv", CSV);
    pack("one.zip", files, 2);
    check_like(scratch_path("b.csv"), scratch_path("one.zip"));
    pack("two.tar.zst", files, 8);
    const char *path = scratch_path("two.tar.zst");
    char inside[300];
    snprintf(inside, sizeof inside, "%s/d/a.csv", path);
    check_like(scratch_path("b.csv"), inside);
    check_error(path, "two.tar.zst: no file in this archive is named NAME.blktrace.N, as one "
                      "recording's are; name one of the 2 others, as in ");
    char **within = trace_paths_within(path);
    assert_non_null(within);
    assert_non_null(strstr(within[0], "/two.tar.zst/b.csv"));
    assert_string_equal(within[1], inside);
    assert_null(within[2]);
    trace_paths_free(within);
    assert_null(trace_paths_within(scratch_path("one.zip")));
    assert_null(trace_paths_within(RECORDED));
    assert_null(trace_paths_within(scratch_path("b.csv")));
    assert_null(trace_paths_within(scratch_path("nothing")));
    assert_null(trace_paths_within("-"));
    snprintf(inside, sizeof inside, "%s/c.csv", path);
    check_error(inside, "/c.csv: there is no such file in the archive");
    snprintf(inside, sizeof inside, "%s/c.csv", scratch_path("b.csv"));
    check_error(inside, "b.csv is neither a directory nor an archive (tar, zip), so that c.csv");
}

// Names are names, whatever they look like, and never a file's outside.
static void test_hostile_names(void **state)
{
    (void)state;
    static const char *const names[] = {"../../../etc/passwd", "/etc/passwd", "../b.csv", "-",
                                        "a\nb\033[1m.csv"};
    scratch_text("b.csv", CSV);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        pack("x.tar", (const char *const[]){names[i], CSV}, 2);
        check_like(scratch_path("b.csv"), scratch_path("x.tar"));
    }
    pack("x.tar", (const char *const[]){"a\nb", "x\n"}, 2);
    check_error(scratch_path("x.tar"), "x.tar/a?b: not a trace");
    // Of two of a name the later one, as when they are unpacked.
    pack("x.tar", (const char *const[]){"b.csv", "nothing\n", "b.csv", CSV}, 4);
    check_like(scratch_path("b.csv"), scratch_path("x.tar"));
    pack("in.zip", (const char *const[]){"b.csv", CSV}, 2);
    struct bytes bytes = {0};
    scratch_read("in.zip", &bytes);
    struct archive *archive = open_archive("out.tar");
    add_file(archive, "in.zip", bytes.data, bytes.length);
    close_archive(archive);
    bytes_free(&bytes);
    check_error(scratch_path("out.tar"), "out.tar/in.zip: not a trace");
    pack("empty.zip", NULL, 0);
    check_error(scratch_path("empty.zip"), "no file in this archive is named NAME.blktrace.N");
}

static void test_encrypted(void **state)
{
    (void)state;
    struct archive *archive = start_archive("x.zip");
    if (archive_write_set_options(archive, "zip:encryption=traditional") != ARCHIVE_OK) {
        archive_write_free(archive);
        skip();
    }
    assert_int_equal(archive_write_set_passphrase(archive, "secret"), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(archive, scratch_path("x.zip")), ARCHIVE_OK);
    add_file(archive, "b.csv", CSV, strlen(CSV));
    close_archive(archive);
    check_error(scratch_path("x.zip"), "x.zip/b.csv: is encrypted; unpack the archive with its "
                                       "password");
}

// A GiB of zeros is a few KiB: it is given up long before.
static void test_bomb(void **state)
{
    (void)state;
    static uint8_t zeros[1 << 20];
    struct archive *archive = open_archive("x.tar.zst");
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, "x.blktrace.0");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, 1 << 30);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    for (int i = 0; i < 1024; i++)
        assert_int_equal(archive_write_data(archive, zeros, sizeof zeros), sizeof zeros);
    archive_entry_free(entry);
    close_archive(archive);
    check_error(scratch_path("x.tar.zst"),
                "x.tar.zst/x.blktrace.0: the archive becomes more than 256 times its size");
}

// Cut anywhere, it is an error or, where a tar is cut between two files, has fewer of them.
static void test_cut(void **state)
{
    (void)state;
    static const char *const names[] = {"a.tar", "a.tgz", "a.zip"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct bytes bytes = {0};
        pack(names[i], (const char *const[]){"b.csv", CSV}, 2);
        scratch_read(names[i], &bytes);
        for (size_t length = 1; length < 700 && length < bytes.length; length += 7) {
            scratch_write("cut", bytes.data, length);
            struct reading reading = read_trace(scratch_path("cut"), TRACE_ARRIVAL_QUEUE, NULL);
            // What is behind the file itself need not be there.
            assert_true(reading.result == TRACE_ERROR || reading.count == 1);
            if (length < 512 + strlen(CSV) && i == 0)
                assert_int_equal(reading.result, TRACE_ERROR);
            reading_free(&reading);
        }
        bytes_free(&bytes);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_recording),   cmocka_unit_test(test_names),
    cmocka_unit_test(test_other_files), cmocka_unit_test(test_hostile_names),
    cmocka_unit_test(test_encrypted),   cmocka_unit_test(test_bomb),
    cmocka_unit_test(test_cut),
};
TEST_GROUP(archives, tests, scratch_make, scratch_remove);
