// SPDX-License-Identifier: GPL-2.0-or-later
// "-" is standard input: a pipe, plain or compressed, recognised by content, the same requests as
// from a file. So is a pipe that has a name.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Writes the bytes in pieces, and ends the process.
static void write_pieces(int file, const struct bytes *bytes)
{
    for (size_t at = 0; at < bytes->length;) {
        size_t piece = bytes->length - at < 1000 ? bytes->length - at : 1000;
        ssize_t written = write(file, bytes->data + at, piece);
        if (written <= 0)
            break;
        at += (size_t)written;
    }
    _exit(0);
}

static pid_t fork_writer(void)
{
    fflush(NULL);
    pid_t writer = fork();
    assert_true(writer >= 0);
    return writer;
}

// Reads "-" while a process writes the bytes into it.
static struct reading read_piped_volume(const struct bytes *bytes, const char *format,
                                        const char *volume)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t writer = fork_writer();
    if (writer == 0) {
        close(ends[0]);
        write_pieces(ends[1], bytes);
    }
    close(ends[1]);
    int kept = dup(STDIN_FILENO);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    struct trace_config config = {.path = "-", .format = format, .volume = volume};
    struct reading reading = read_config(&config);
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    } else {
        close(STDIN_FILENO);
    }
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    return reading;
}

static struct reading read_piped(const struct bytes *bytes, const char *format)
{
    return read_piped_volume(bytes, format, NULL);
}

// The per-CPU files of a base name, all of which are pipes.
static struct reading read_named_pipes(const struct bytes *bytes, size_t count)
{
    pid_t writers[4];
    char name[64];
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "pipe.blktrace.%zu", i);
        assert_int_equal(mkfifo(scratch_path(name), 0600), 0);
    }
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "pipe.blktrace.%zu", i);
        writers[i] = fork_writer();
        if (writers[i] == 0)
            write_pieces(open(scratch_path(name), O_WRONLY), &bytes[i]);
    }
    struct reading reading = read_trace(scratch_path("pipe"), TRACE_ARRIVAL_QUEUE, NULL);
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "pipe.blktrace.%zu", i);
        assert_int_equal(waitpid(writers[i], NULL, 0), writers[i]);
        assert_int_equal(unlink(scratch_path(name)), 0);
    }
    return reading;
}

static void check_same(const struct reading *piped, const struct reading *from_file)
{
    if (piped->result == TRACE_ERROR)
        fail_msg("%s", piped->error.message);
    assert_int_equal(piped->count, from_file->count);
    assert_string_equal(trace_format(piped->trace), trace_format(from_file->trace));
    for (size_t i = 0; i < piped->count; i++) {
        const struct trace_request *a = &piped->requests[i], *b = &from_file->requests[i];
        assert_true(a->arrival_ns == b->arrival_ns && a->latency_ns == b->latency_ns);
        assert_true(a->offset == b->offset && a->bytes == b->bytes && a->op == b->op);
    }
}

// A text format of some size, and a binary one that is looked through when it is opened.
static void make_trace(const char *name, struct bytes *bytes)
{
    if (strcmp(name, "msr") == 0) {
        for (int i = 0; i < 30000; i++) {
            char line[80];
            int length =
                snprintf(line, sizeof line, "%d,a,%d,Read,%d,512,%d\n", i * 10, i % 3, i * 512, i);
            bytes_append(bytes, line, (size_t)length);
        }
        return;
    }
    uint32_t queue = strcmp(name, "queued") == 0 ? EVENT_QUEUE_READ : EVENT_ISSUE_READ;
    for (uint64_t i = 0; i < 3000; i++) {
        struct event first = {.time_ns = i * 1000, .sector = i * 8, .bytes = 4096, .action = queue};
        struct event last = {.time_ns = i * 1000 + 500,
                             .sector = i * 8,
                             .bytes = 4096,
                             .action = EVENT_COMPLETE_READ};
        bytes_event(bytes, &first, false);
        bytes_event(bytes, &last, false);
    }
}

static void test_pipes(void **state)
{
    (void)state;
    static const char *const traces[] = {"msr", "queued", "issued"};
    static const char *const endings[] = {"", ".gz", ".zst", ".xz"};
    for (size_t i = 0; i < 3; i++) {
        struct bytes plain = {0};
        make_trace(traces[i], &plain);
        for (size_t k = 0; k < 4; k++) {
            char name[20];
            struct bytes packed = {0};
            snprintf(name, sizeof name, "trace%s", endings[k]);
            if (k == 0)
                scratch_write(name, plain.data, plain.length);
            else
                scratch_compress(name, plain.data, plain.length);
            scratch_read(name, &packed);
            struct reading from_file = read_trace(scratch_path(name), TRACE_ARRIVAL_QUEUE, NULL);
            struct reading piped = read_piped(&packed, NULL);
            assert_true(from_file.count > 0);
            check_same(&piped, &from_file);
            assert_int_equal(trace_notice_count(piped.trace), trace_notice_count(from_file.trace));
            reading_free(&piped);
            piped = read_piped(&packed, trace_format(from_file.trace));
            check_same(&piped, &from_file);
            reading_free(&piped);
            reading_free(&from_file);
            bytes_free(&packed);
        }
        bytes_free(&plain);
    }
}

// Of a recording that is looked through for a Q, too.
static void test_named_pipes(void **state)
{
    (void)state;
    static const uint32_t actions[] = {EVENT_QUEUE_READ, EVENT_ISSUE_READ};
    for (size_t k = 0; k < 2; k++) {
        struct bytes bytes[3] = {0};
        for (uint64_t i = 0; i < 9000; i++) {
            struct event event = {.time_ns = i * 1000,
                                  .sector = i * 8,
                                  .bytes = 4096,
                                  .action = actions[k],
                                  .cpu = (uint32_t)(i % 3)};
            bytes_event(&bytes[i % 3], &event, false);
        }
        for (size_t i = 0; i < 3; i++) {
            char name[32];
            snprintf(name, sizeof name, "file%zu.blktrace.%zu", k, i);
            scratch_write(name, bytes[i].data, bytes[i].length);
        }
        struct reading from_files =
            read_trace(scratch_path(k == 0 ? "file0" : "file1"), TRACE_ARRIVAL_QUEUE, NULL);
        struct reading piped = read_named_pipes(bytes, 3);
        assert_int_equal(from_files.count, 9000);
        check_same(&piped, &from_files);
        assert_int_equal(reading_notice(&piped, "no-queue-events"), k);
        reading_free(&piped);
        reading_free(&from_files);
        for (size_t i = 0; i < 3; i++)
            bytes_free(&bytes[i]);
    }
}

#define OTHERS 70000
#define WANTED 100

// However late the selected device appears: the arrivals are what its own records tell.
static void test_late_device(void **state)
{
    (void)state;
    static const uint32_t actions[] = {EVENT_QUEUE_READ, EVENT_ISSUE_READ};
    for (size_t k = 0; k < 2; k++) {
        struct bytes bytes = {0};
        for (uint64_t i = 0; i < OTHERS + WANTED; i++) {
            bool wanted = i >= OTHERS;
            struct event event = {.time_ns = i * 1000,
                                  .sector = i * 8,
                                  .bytes = 4096,
                                  .device = wanted ? 8 << 20 | 16 : 8 << 20,
                                  .action = wanted ? actions[k] : actions[1 - k]};
            bytes_event(&bytes, &event, false);
        }
        scratch_write("late", bytes.data, bytes.length);
        struct reading from_file = read_trace(scratch_path("late"), TRACE_ARRIVAL_QUEUE, "8,16");
        struct reading piped = read_piped_volume(&bytes, NULL, "8,16");
        assert_int_equal(from_file.count, WANTED);
        check_same(&piped, &from_file);
        assert_true(trace_origin_ns(piped.trace) == trace_origin_ns(from_file.trace));
        assert_int_equal(reading_notice(&piped, "no-queue-events"), k);
        reading_free(&piped);
        reading_free(&from_file);
        piped = read_piped_volume(&bytes, NULL, "8,32");
        assert_message(&piped.error, "-: the trace has no record of device 8,32; it has 8,0, 8,16");
        reading_free(&piped);
        bytes_free(&bytes);
    }
}

// What is known of paths: which can be read once, and which are the same.
static void test_streams(void **state)
{
    (void)state;
    scratch_text("regular", "");
    const char *regular = scratch_path("regular"), *pipe_path = scratch_path("pipe");
    const char *link = scratch_path("link");
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(symlink("pipe", link), 0);
    assert_true(trace_path_is_stream("-"));
    assert_true(trace_path_is_stream(pipe_path) && trace_path_is_stream(link));
    assert_true(trace_path_is_stream("/dev/null"));
    assert_false(trace_path_is_stream(regular) || trace_path_is_stream(scratch()));
    assert_false(trace_path_is_stream(scratch_path("nothing")));
    assert_true(trace_paths_are_one_stream("-", "-"));
    assert_true(trace_paths_are_one_stream(pipe_path, link));
    assert_false(trace_paths_are_one_stream(pipe_path, "/dev/null"));
    assert_false(trace_paths_are_one_stream(regular, regular));
    assert_int_equal(unlink(link), 0);
    assert_int_equal(unlink(pipe_path), 0);
}

static void test_errors(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    struct reading reading = read_piped(&bytes, NULL);
    assert_message(&reading.error, "-: the file is empty; expected a trace");
    reading_free(&reading);
    bytes_append(&bytes, "hello\n", 6);
    assert_refused(read_piped(&bytes, NULL),
                   "-: not a trace of a known format: it starts with \"hello\"; expected one of: "
                   "blkparse, ");
    assert_refused(read_piped(&bytes, "msr"), "-: line 1: found 1 field, expected 7");
    bytes_free(&bytes);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_pipes),       cmocka_unit_test(test_named_pipes),
    cmocka_unit_test(test_late_device), cmocka_unit_test(test_streams),
    cmocka_unit_test(test_errors),
};
TEST_GROUP(standard_input, tests, NULL, NULL);
