// SPDX-License-Identifier: GPL-2.0-or-later
// What can go wrong with the file: errors say it, and nothing half-written stays.
#include "tests/support/test_group.h"
#include "tests/traces/written.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct trace_writer *open_writer(const char *path, const char *format,
                                        struct trace_error *error)
{
    struct trace_writer_config config = {.path = path, .format = format};
    return trace_writer_open(&config, error);
}

// False: the error is filled.
static bool put_requests(struct trace_writer *writer, int64_t count, struct trace_error *error)
{
    for (int64_t i = 0; i < count; i++) {
        struct trace_request request = {i * 1000, 7, (uint64_t)i * 4096, 4096, 0, TRACE_READ, 0, 0};
        if (!trace_writer_put(writer, &request, "254,48", NULL, error))
            return false;
    }
    return true;
}

// Files in the scratch directory, those with a dot in front too.
static size_t count_files(void)
{
    size_t count = 0;
    DIR *stream = opendir(scratch());
    assert_non_null(stream);
    for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(stream);
    return count;
}

static void expect_refused(const char *path, const char *format, const char *message)
{
    struct trace_error error = {""};
    assert_null(open_writer(path, format, &error));
    assert_message(&error, message);
    assert_int_equal(count_files(), 0);
}

static void test_refused(void **state)
{
    (void)state;
    static const char list[] = "csv, blktrace, blkparse, iolog, msr, alibaba, tencent, systor, "
                               "spc, disksim, mqsim, blkreplay, hfplayer";
    scratch_clear();
    expect_refused("a", "blktrac", "a: unknown format \"blktrac\", did you mean \"blktrace\"?");
    expect_refused("a", "zzzzzzzzz", "unknown format \"zzzzzzzzz\"; one of these can be written: ");
    expect_refused("a", "zzzzzzzzz", list);
    expect_refused("a", "ftrace", "a: unknown format \"ftrace\", did you mean \"blktrace\"?");
    expect_refused("a.csv", "biosnoop", list);
    expect_refused("a.vscsi", NULL, "a.vscsi: its ending does not say in which format");
    expect_refused("a.csv", "columns", "a.csv: format columns cannot be written: its layout is");
    expect_refused("a", "blkparse-f", "a: format blkparse-f cannot be written: its layout is");
    expect_refused("a", NULL, "a: its ending does not say in which format to write; name one of: ");
    expect_refused("-", NULL, list);
    expect_refused("", "csv", "the path of the trace to be written is empty");
    expect_refused(scratch(), "csv", "cannot be written: Is a directory");
    expect_refused(scratch_path("none/a.csv"), NULL,
                   "none/a.csv: cannot be written: there is no such directory");
}

static void expect_failure(const char *path, const char *format, int64_t count, const char *reason)
{
    struct trace_error error = {""};
    struct trace_writer *writer = open_writer(path, format, &error);
    if (writer == NULL)
        fail_msg("%s", error.message);
    bool failed = !put_requests(writer, count, &error) || !trace_writer_finish(writer, &error);
    assert_true(failed);
    assert_message(&error, path);
    assert_message(&error, ": cannot be written: ");
    assert_message(&error, reason);
    trace_writer_free(writer);
}

static void test_full_disk(void **state)
{
    (void)state;
    static const char *const formats[] = {"csv", "blktrace", "iolog"};
    for (size_t i = 0; i < 3; i++) {
        expect_failure("/dev/full", formats[i], 1, "No space left on device");
        expect_failure("/dev/full", formats[i], 20000, "No space left on device");
    }
    static const char *const endings[] = {"full.gz", "full.zst", "full.xz"};
    for (size_t i = 0; i < 3; i++) {
        const char *path = scratch_path(endings[i]);
        assert_int_equal(symlink("/dev/full", path), 0);
        expect_failure(path, "csv", 1, "No space left on device");
        expect_failure(path, "csv", 60000, "No space left on device");
        assert_int_equal(unlink(path), 0);
    }
}

// A limit on the size of files stands for a disk that becomes full.
static void test_file_too_large(void **state)
{
    (void)state;
    struct rlimit before, limit;
    scratch_clear();
    scratch_text("a.csv", "what was there");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 1 << 20;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    expect_failure(scratch_path("a.csv"), "csv", 60000, "File too large");
    expect_failure(scratch_path("b.csv"), "csv", 60000, "File too large");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(count_files(), 1);
    struct bytes bytes = {0};
    scratch_read("a.csv", &bytes);
    assert_int_equal(bytes.length, strlen("what was there"));
    bytes_free(&bytes);
}

static void test_closed_pipe(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int ends[2];
        char path[64];
        struct trace_error error = {""};
        signal(SIGPIPE, SIG_IGN);
        assert_int_equal(pipe(ends), 0);
        snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
        struct trace_writer *writer = open_writer(path, "csv", &error);
        assert_non_null(writer);
        close(ends[0]);
        bool failed = !put_requests(writer, i == 0 ? 1 : 100000, &error) ||
                      !trace_writer_finish(writer, &error);
        assert_true(failed);
        assert_message(&error, "cannot be written: Broken pipe");
        trace_writer_free(writer);
        close(ends[1]);
    }
}

// The file is there when it is whole, not before; one that is not finished leaves nothing.
static void test_unfinished(void **state)
{
    (void)state;
    static const char *const names[] = {"a.csv", "a.csv.gz", "a.csv.zst", "a.csv.xz", "a.iolog"};
    for (size_t i = 0; i < 2 * sizeof names / sizeof names[0]; i++) {
        struct trace_error error;
        bool finish = i % 2 == 0;
        scratch_clear();
        struct trace_writer *writer = open_writer(scratch_path(names[i / 2]), NULL, &error);
        assert_non_null(writer);
        assert_true(put_requests(writer, 20000, &error));
        assert_int_not_equal(access(scratch_path(names[i / 2]), F_OK), 0);
        assert_int_equal(count_files(), 1);
        if (finish)
            assert_true(trace_writer_finish(writer, &error));
        assert_int_equal(access(scratch_path(names[i / 2]), F_OK) == 0, finish);
        trace_writer_free(writer);
        assert_int_equal(count_files(), finish);
    }
    trace_writer_free(NULL);
}

// What has the name stays until it is replaced; its mode, and a link to it, stay after that.
static void test_replaced(void **state)
{
    (void)state;
    struct trace_error error;
    struct stat status;
    struct bytes bytes = {0};
    scratch_clear();
    scratch_text("target", "what was there");
    assert_int_equal(chmod(scratch_path("target"), 0640), 0);
    assert_int_equal(symlink("target", scratch_path("a.csv")), 0);
    for (size_t i = 0; i < 2; i++) {
        struct trace_writer *writer = open_writer(scratch_path("a.csv"), NULL, &error);
        assert_non_null(writer);
        assert_true(put_requests(writer, 20000, &error));
        scratch_read("target", &bytes);
        assert_memory_equal(bytes.data + bytes.length - 14, "what was there", 14);
        if (i == 1)
            assert_true(trace_writer_finish(writer, &error));
        trace_writer_free(writer);
        assert_int_equal(count_files(), 2);
    }
    bytes_free(&bytes);
    assert_int_equal(lstat(scratch_path("a.csv"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(stat(scratch_path("target"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    struct reading reading = read_trace(scratch_path("target"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.count, 20000);
    reading_free(&reading);
    scratch_clear();
}

// A new file may be read by whom the process lets.
static void test_mode(void **state)
{
    (void)state;
    struct trace_error error;
    struct stat status;
    mode_t before = umask(027);
    struct trace_writer *writer = open_writer(scratch_path("a.csv"), NULL, &error);
    umask(before);
    assert_true(trace_writer_finish(writer, &error));
    trace_writer_free(writer);
    assert_int_equal(stat(scratch_path("a.csv"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
}

// A name that leaves no room for a longer one beside it, and a path with nothing before it.
static void test_names_of_files(void **state)
{
    (void)state;
    struct trace_error error;
    char name[256];
    char directory[1024];
    memset(name, 'n', sizeof name);
    strcpy(name + sizeof name - 5, ".csv");
    assert_non_null(getcwd(directory, sizeof directory));
    assert_int_equal(chdir(scratch()), 0);
    struct trace_writer *writer = open_writer(name, NULL, &error);
    assert_non_null(writer);
    assert_true(trace_writer_finish(writer, &error));
    trace_writer_free(writer);
    assert_int_equal(access(name, F_OK), 0);
    assert_int_equal(chdir(directory), 0);
}

// Standard output, and pipes, are written as they come.
static void test_in_place(void **state)
{
    (void)state;
    static const char expected[] = "time_ns,op,offset,bytes,member,latency_ns\n"
                                   "0,read,0,4096,\"254,48\",7\n"
                                   "1000,read,4096,4096,\"254,48\",7\n";
    for (size_t i = 0; i < 2; i++) {
        struct trace_error error;
        char path[64] = "-", text[sizeof expected + 1];
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        fflush(stdout);
        int output = dup(STDOUT_FILENO);
        if (i == 0)
            dup2(ends[1], STDOUT_FILENO);
        else
            snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
        struct trace_writer *writer = open_writer(path, "csv", &error);
        bool good = writer != NULL && put_requests(writer, 2, &error) &&
                    trace_writer_finish(writer, &error);
        trace_writer_free(writer);
        dup2(output, STDOUT_FILENO);
        close(output);
        close(ends[1]);
        assert_true(good);
        assert_int_equal(read(ends[0], text, sizeof text), strlen(expected));
        assert_memory_equal(text, expected, strlen(expected));
        assert_int_equal(read(ends[0], text, sizeof text), 0);
        close(ends[0]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_refused),        cmocka_unit_test(test_full_disk),
    cmocka_unit_test(test_file_too_large), cmocka_unit_test(test_closed_pipe),
    cmocka_unit_test(test_unfinished),     cmocka_unit_test(test_replaced),
    cmocka_unit_test(test_mode),           cmocka_unit_test(test_names_of_files),
    cmocka_unit_test(test_in_place),
};
TEST_GROUP(write_errors, tests, NULL, NULL);
