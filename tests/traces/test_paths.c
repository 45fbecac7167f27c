// SPDX-License-Identifier: GPL-2.0-or-later
// From what the user gave to the files that are read: one request per file tells which they were.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_part(const char *name, uint64_t mark)
{
    struct event event = {
        .time_ns = 1000 + mark, .sector = 8 * mark, .bytes = 4096, .action = EVENT_QUEUE_READ};
    struct bytes bytes = {0};
    bytes_event(&bytes, &event, false);
    if (strstr(name, ".gz") != NULL || strstr(name, ".zst") != NULL || strstr(name, ".xz") != NULL)
        scratch_compress(name, bytes.data, bytes.length);
    else
        scratch_write(name, bytes.data, bytes.length);
    bytes_free(&bytes);
}

// Reads the path and expects the marks, as a string of digits in order.
static struct reading expect_parts(const char *path, const char *marks)
{
    struct reading reading = read_trace(path, TRACE_ARRIVAL_QUEUE, NULL);
    char found[64] = "";
    if (reading.trace == NULL)
        fail_msg("%s", reading.error.message);
    for (size_t i = 0; i < reading.count && i < 60; i++)
        snprintf(found + i, sizeof found - i, "%d", (int)(reading.requests[i].offset / 4096));
    assert_string_equal(found, marks);
    return reading;
}

static int set_up(void **state)
{
    (void)state;
    scratch_clear();
    write_part("vdc.blktrace.0", 1);
    write_part("vdc.blktrace.1", 2);
    write_part("vdc.blktrace.10.gz", 3);
    write_part("vdd.blktrace.0.zst", 4);
    write_part("vdd.blktrace.1.xz", 5);
    write_part("vdcx.blktrace.0", 6);
    write_part("dump.bin", 7);
    scratch_text("notes.txt", "nothing");
    scratch_text("vdc.blktrace.x", "nothing");
    scratch_text("vdc.blktrace.0.old", "nothing");
    return 0;
}

static void test_base_names(void **state)
{
    (void)state;
    struct reading reading = expect_parts(scratch_path("vdc"), "123");
    assert_int_equal(reading_notice(&reading, "cpu-missing"), 8);
    const struct trace_notice *notice = trace_notice(reading.trace, 0);
    assert_non_null(strstr(notice->text, "(missing: 2-9)"));
    assert_string_equal(notice->source, scratch_path("vdc.blktrace"));
    reading_free(&reading);
    reading = expect_parts(scratch_path("vdc.blktrace"), "123");
    reading_free(&reading);
    reading = expect_parts(scratch_path("vdd"), "45");
    assert_int_equal(reading_notice(&reading, "cpu-missing"), 0);
    reading_free(&reading);
}

static void test_base_in_current_directory(void **state)
{
    (void)state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch()), 0);
    struct reading reading = expect_parts("vdd", "45");
    reading_free(&reading);
    assert_int_equal(chdir(before), 0);
}

static void test_single_files(void **state)
{
    (void)state;
    struct reading reading = expect_parts(scratch_path("vdc.blktrace.1"), "2");
    assert_int_equal(reading_notice(&reading, "cpu-missing"), 0);
    reading_free(&reading);
    reading = expect_parts(scratch_path("vdd.blktrace.1"), "5");
    assert_int_equal(reading_notice(&reading, "cpu-missing"), 0);
    reading_free(&reading);
    reading = expect_parts(scratch_path("dump.bin"), "7");
    assert_int_equal(reading_notice(&reading, "cpu-mismatch"), 0);
    reading_free(&reading);
}

static void test_glob_and_directory(void **state)
{
    (void)state;
    struct reading reading = expect_parts(scratch_path("vd[cd].blktrace.1*"), "235");
    assert_int_equal(reading_notice(&reading, "cpu-missing"), 1 + 8 + 1);
    assert_int_equal(reading_notice(&reading, "other-files"), 0);
    reading_free(&reading);
    reading = expect_parts(scratch(), "123456");
    assert_int_equal(reading_notice(&reading, "other-files"), 4);
    reading_free(&reading);
}

static void test_plain_before_compressed(void **state)
{
    (void)state;
    write_part("vdc.blktrace.0.gz", 8);
    write_part("vdc.blktrace.1.xz", 9);
    struct reading reading = expect_parts(scratch_path("vdc"), "123");
    assert_int_equal(reading_notice(&reading, "duplicate-file"), 2);
    reading_free(&reading);
}

static void test_missing_lists(void **state)
{
    (void)state;
    write_part("many.blktrace.1", 1);
    write_part("many.blktrace.3", 2);
    write_part("many.blktrace.99999", 3);
    struct reading reading = expect_parts(scratch_path("many"), "123");
    assert_int_equal(reading_notice(&reading, "cpu-missing"), 99999 - 2);
    for (size_t i = 0; i < trace_notice_count(reading.trace); i++) {
        const struct trace_notice *notice = trace_notice(reading.trace, i);
        if (strcmp(notice->kind, "cpu-missing") == 0)
            assert_non_null(strstr(notice->text, "(missing: 0, 2, 4-99998)"));
    }
    reading_free(&reading);
}

// A CPU on which nothing happened has an empty file.
static void test_empty_parts(void **state)
{
    (void)state;
    scratch_text("idle.blktrace.0", "");
    write_part("idle.blktrace.1", 5);
    scratch_text("idle.blktrace.2", "");
    struct reading reading = expect_parts(scratch_path("idle"), "5");
    assert_int_equal(reading_notice(&reading, "cpu-missing"), 0);
    assert_int_equal(reading_notice(&reading, "truncated"), 0);
    reading_free(&reading);
    reading = expect_parts(scratch_path("idle.blktrace.2"), "");
    assert_int_equal(trace_origin_ns(reading.trace), 0);
    reading_free(&reading);
}

static void expect_error(const char *path, const char *text)
{
    struct reading reading = read_trace(path, TRACE_ARRIVAL_QUEUE, NULL);
    assert_null(reading.trace);
    assert_message(&reading.error, text);
}

static void test_nothing_there(void **state)
{
    (void)state;
    expect_error(scratch_path("vbc"), "there is no such file, nor vbc.blktrace.N");
    expect_error(scratch_path("vdcc.blktrace"), "did you mean \"vdc");
    expect_error(scratch_path("dunp.bin"), "did you mean \"dump.bin\"?");
    expect_error(scratch_path("nowhere/vdc"), "there is no directory");
    expect_error(scratch_path("x*.blktrace.*"), "the pattern matches no file");
    expect_error("", "the path of the trace is empty");
    expect_error(scratch_path("two\nlines"), "two?lines");
    scratch_clear();
    expect_error(scratch(), "no file in this directory is named NAME.blktrace.N");
}

// A directory of one other file is that; of several, each is a trace of its own.
static void test_other_files(void **state)
{
    (void)state;
    scratch_clear();
    scratch_text(".hidden", "nothing\n");
    scratch_text("b.csv", "time_ns,op,offset,bytes\n7,read,0,512\n");
    struct reading reading = read_trace(scratch(), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.count, 1);
    reading_free(&reading);
    assert_null(trace_paths_within(scratch()));
    scratch_text("a.csv", "time_ns,op,offset,bytes\n");
    expect_error(scratch(), "as one recording's are; name one of the 2 others, as in ");
    char **within = trace_paths_within(scratch());
    assert_non_null(within);
    assert_string_equal(within[0], scratch_path("a.csv"));
    assert_string_equal(within[1], scratch_path("b.csv"));
    assert_null(within[2]);
    trace_paths_free(within);
}

// Files of CPUs that are named one by one.
static void test_join(void **state)
{
    (void)state;
    struct trace_error error;
    static const char *const names[] = {"a.blktrace.0", "a.blktrace.10", "a.blktrace.2",
                                        "b.blktrace.0", "b.blktrace.1",  "c.csv"};
    char *paths[7];
    size_t count;
    scratch_clear();
    for (size_t i = 0; i < 6; i++)
        scratch_text(names[i], "");
    for (size_t left_out = 0; left_out < 7; left_out++) {
        count = 0;
        for (size_t i = 0; i < 6; i++)
            if (i != left_out)
                paths[count++] = strdup(scratch_path(names[i]));
        paths[count] = NULL;
        char *kept[7];
        size_t before = count;
        memcpy(kept, paths, sizeof kept);
        bool good = trace_paths_join(paths, &count, &error);
        assert_int_equal(good, left_out > 2);
        if (!good)
            assert_message(&error, names[left_out]);
        else
            assert_int_equal(count, left_out == 5 ? 2 : 3);
        if (good) {
            assert_string_equal(paths[0], scratch_path("a.blktrace"));
            assert_string_equal(paths[1], scratch_path(left_out == 3   ? names[4]
                                                       : left_out == 4 ? names[3]
                                                                       : "b.blktrace"));
        }
        for (size_t i = 0; i < before; i++)
            free(kept[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_base_names, set_up),
    cmocka_unit_test_setup(test_base_in_current_directory, set_up),
    cmocka_unit_test_setup(test_single_files, set_up),
    cmocka_unit_test_setup(test_glob_and_directory, set_up),
    cmocka_unit_test_setup(test_plain_before_compressed, set_up),
    cmocka_unit_test_setup(test_missing_lists, set_up),
    cmocka_unit_test_setup(test_empty_parts, set_up),
    cmocka_unit_test_setup(test_nothing_there, set_up),
    cmocka_unit_test_setup(test_other_files, set_up),
    cmocka_unit_test(test_join),
};
TEST_GROUP(paths, tests, NULL, NULL);
