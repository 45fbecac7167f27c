// SPDX-License-Identifier: GPL-2.0-or-later
// Draws with the real gnuplot and looks at the files.
#include "reports/plot.h"
#include "tests/reports/answers.h"
#include "tests/reports/pictures.h"
#include "tests/reports/stored_run_lab.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLOT_COUNT 9

static const char *const names[PLOT_COUNT] = {"demand",      "throughput",    "waiting",
                                              "wait-causes", "latency-cdf",   "latency-over-time",
                                              "latency-map", "bucket-levels", "fairness"};

struct written {
    size_t count;
    char paths[2 * PLOT_COUNT][512];
    size_t done; // as it was told last
};

static void note_written(void *context, const char *path, size_t done, size_t total)
{
    struct written *written = context;
    assert_true(done < total);
    if (path == NULL) {
        assert_int_equal(written->count, 0);
        assert_true(done >= written->done);
        written->done = done;
        return;
    }
    assert_true(written->count < 2 * PLOT_COUNT);
    snprintf(written->paths[written->count++], sizeof written->paths[0], "%s", path);
}

static void draw(int64_t run_id, const char *directory, struct written *written)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    if (!report_plot(database, run_id, false, directory, note_written, written, &error))
        fail_msg("%s", error.message);
    report_database_close(database);
}

static void check_all(int64_t run_id, const char *name)
{
    const char *directory = scratch_path(name);
    struct written written = {0};
    char path[512];
    draw(run_id, directory, &written);
    assert_int_equal(written.count, 2 * PLOT_COUNT);
    assert_int_equal(picture_count(directory), 2 * PLOT_COUNT);
    for (size_t i = 0; i < PLOT_COUNT; i++) {
        snprintf(path, sizeof path, "%s/run%" PRId64 "-%s.svg", directory, run_id, names[i]);
        assert_string_equal(written.paths[2 * i], path);
        picture_assert_svg(path);
        snprintf(path, sizeof path, "%s/run%" PRId64 "-%s.png", directory, run_id, names[i]);
        assert_string_equal(written.paths[2 * i + 1], path);
        picture_assert_png(path);
    }
}

static void test_all_files(void **state)
{
    (void)state;
    check_all(STORED_SMALL, "small");
    check_all(STORED_EMPTY, "empty");
    check_all(STORED_MANY, "many");
    check_all(STORED_LONG, "long");
}

static void assert_shows(const char *path, const char *text)
{
    size_t length;
    char *svg = picture_bytes(path, &length);
    if (strstr(svg, text) == NULL)
        fail_msg("%s does not show \"%s\"", path, text);
    free(svg);
}

static const struct {
    int64_t run_id;
    const char *plot, *text;
} shown[] = {
    {STORED_SMALL, "latency-cdf", "Latency distribution of reads and writes - small.yaml, run 1<"},
    {STORED_SMALL, "latency-cdf", "db (43 % at 0)"},
    {STORED_SMALL, "latency-cdf", ">100 us<"},
    {STORED_SMALL, "demand", "Asked for and delivered - small.yaml, run 1<"},
    {STORED_SMALL, "demand", ">gold: iops-total 10/s, 5/s<"},
    {STORED_SMALL, "demand", ">gold: iops-total-max<"},
    {STORED_SMALL, "demand", ">  20/s in a burst<"},
    {STORED_SMALL, "demand", ">1: 5 s qom-set gold<"},
    {STORED_SMALL, "demand", ">  (failed) qom-set gold<"},
    {STORED_SMALL, "demand", ">in no group (no limits)<"},
    {STORED_EMPTY, "demand", ">asked for (arrived)<"},
    {STORED_SMALL, "throughput", "gold: iops-total 10/s, 5/s"},
    {STORED_SMALL, "throughput", "all of gold"},
    {STORED_SMALL, "throughput", "time [s], in steps of 1 s<"},
    {STORED_SMALL, "bucket-levels", "gold: iops-total<"},
    {STORED_SMALL, "fairness", "  7 requests"},
    {STORED_SMALL, "fairness", "  28\u2009672 B"},
    {STORED_EMPTY, "latency-cdf", "empty.yaml, run 2 (interrupted)"},
    {STORED_EMPTY, "latency-cdf", "No read or write was completed."},
    {STORED_EMPTY, "latency-over-time", "No read or write was completed."},
    {STORED_EMPTY, "latency-map", ">No read or write was completed.<"},
    {STORED_MANY, "latency-map", ">Not known: an earlier version stored this run.<"},
    {STORED_EMPTY, "waiting", "No read or write waited."},
    {STORED_SMALL, "wait-causes", "Why requests waited - small.yaml, run 1<"},
    {STORED_SMALL, "wait-causes", ">iops-total: the limit<"},
    {STORED_SMALL, "wait-causes", ">bps-total-max:<"},
    {STORED_SMALL, "wait-causes", ">turn: of another member<"},
    {STORED_SMALL, "wait-causes", ">wait [s]<"},
    {STORED_EMPTY, "wait-causes", "No request waited."},
    {STORED_MANY, "wait-causes", ">timer: it fired too late<"},
    {STORED_EMPTY, "fairness", "No group had two members"},
    {STORED_MANY, "latency-cdf", "28 others"},
    {STORED_MANY, "latency-cdf", "disk39"},
    {STORED_MANY, "waiting", ">40 members, a row each:<"},
    {STORED_MANY, "waiting", ">disk39<"},
    {STORED_MANY, "throughput", ">40 members, a row each:<"},
    {STORED_MANY, "latency-over-time", ">40 members, a row each:<"},
    {STORED_MANY, "latency-over-time", ">highest p99 latency<"},
    {STORED_MANY, "waiting", "time [min], in steps of 30 s<"},
    {STORED_LONG, "latency-over-time", ">time [d], in steps of 5 d<"},
    {STORED_LONG, "latency-over-time", ">highest p99 latency<"},
    {STORED_LONG, "throughput", ">requests/s<"},
    {STORED_LONG, "throughput", ">kB/s<"},
    {STORED_LONG, "throughput", ">iops-total 123\u2009456/s (above)<"},
    {STORED_LONG, "throughput", ">  1\u2009000\u2009000 at once<"},
    {STORED_LONG, "throughput", ">bps-total 10 MB/s (above)<"},
    {STORED_LONG, "throughput", ">  10\u2009485\u2009760 B at once<"},
    {STORED_SMALL, "fairness", ">got / equal share<"},
    {STORED_LONG, "bucket-levels",
     ">highest level [% of the size], cut off at 300 (highest: 134\u2009000)<"},
};

static void test_what_is_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        static const char *const directories[] = {"", "small", "empty", "hostile", "many", "long"};
        char path[512];
        snprintf(path, sizeof path, "%s/run%" PRId64 "-%s.svg",
                 scratch_path(directories[shown[i].run_id]), shown[i].run_id, shown[i].plot);
        assert_shows(path, shown[i].text);
    }
}

static void test_hostile_names_are_inert(void **state)
{
    char before[512], path[600];
    (void)state;
    // Whatever a name could run would leave its file in the current directory.
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(mkdir(scratch_path("cwd"), 0777), 0);
    assert_int_equal(chdir(scratch_path("cwd")), 0);
    check_all(STORED_HOSTILE, "hostile");
    assert_int_equal(picture_count("."), 0);
    assert_int_equal(chdir(before), 0);
    snprintf(path, sizeof path, "%s/run3-waiting.svg", scratch_path("hostile"));
    assert_shows(path, "\"; syst...le\") #");
    assert_shows(path, "`touch ...wned \\");
    assert_shows(path, "&lt;&amp;>???y...yyyyyy");
}

static void test_same_run_same_bytes(void **state)
{
    struct written first = {0}, second = {0};
    (void)state;
    draw(STORED_SMALL, scratch_path("first"), &first);
    draw(STORED_SMALL, scratch_path("second"), &second);
    for (size_t i = 0; i < first.count; i++) {
        size_t first_length, second_length;
        char *a = picture_bytes(first.paths[i], &first_length);
        char *b = picture_bytes(second.paths[i], &second_length);
        assert_int_equal(first_length, second_length);
        assert_memory_equal(a, b, first_length);
        free(a);
        free(b);
    }
}

// Draws, expecting an error that contains `expected`, and no file and no child left behind.
static void assert_fails(const char *directory, const char *expected)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    struct written written = {0};
    assert_false(
        report_plot(database, STORED_SMALL, false, directory, note_written, &written, &error));
    if (strstr(error.message, expected) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, expected);
    assert_int_equal(written.count, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    report_database_close(database);
}

// Puts a shell script in gnuplot's place; NULL: nothing.
static void with_gnuplot(const char *script, const char *name, const char *expected)
{
    char *path = strdup(getenv("PATH")), program[512], search[1100];
    const char *bin = scratch_path(name);
    assert_non_null(path);
    assert_int_equal(mkdir(bin, 0777), 0);
    snprintf(program, sizeof program, "%s/gnuplot", bin);
    if (script != NULL) {
        scratch_write(program, script, strlen(script));
        assert_int_equal(chmod(program, 0755), 0);
    }
    snprintf(search, sizeof search, "%s", bin);
    setenv("PATH", search, 1);
    assert_fails(scratch_path("failed"), expected);
    setenv("PATH", path, 1);
    free(path);
    assert_int_equal(picture_count(scratch_path("failed")), 0);
}

static void test_gnuplot_fails(void **state)
{
    (void)state;
    with_gnuplot(NULL, "bin-none", "gnuplot-nox");
    with_gnuplot("#!/bin/sh\necho 'line 7: no such thing' >&2\nexit 1\n", "bin-error",
                 "line 7: no such thing");
    with_gnuplot("#!/bin/sh\nkill -9 $$\n", "bin-killed", "signal 9");
    with_gnuplot("#!/bin/sh\nexit 0\n", "bin-silent", "wrote nothing");
    with_gnuplot("#!/bin/sh\nexit 3\n", "bin-mute", "it said nothing");
}

// In place of gnuplot a program that ends the one that started it.
static void test_interrupted(void **state)
{
    static const char script[] = "#!/bin/sh\necho half\nkill -TERM $PPID\n";
    const char *bin = scratch_path("bin-interrupt"), *directory = scratch_path("interrupted");
    char program[512];
    int status = 0;
    pid_t child;
    (void)state;
    assert_int_equal(mkdir(bin, 0777), 0);
    snprintf(program, sizeof program, "%s/gnuplot", bin);
    scratch_write(program, script, strlen(script));
    assert_int_equal(chmod(program, 0755), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct written written = {0};
        setenv("PATH", bin, 1);
        draw(STORED_SMALL, directory, &written);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    assert_int_equal(picture_count(directory), 0);
}

static void test_directory_cannot_be_written(void **state)
{
    (void)state;
    scratch_write(scratch_path("file"), "x", 1);
    assert_fails(scratch_path("file"), "Not a directory");
    assert_fails(scratch_path("file/deeper"), "Not a directory");
    assert_fails("/proc", "/proc");
}

static void test_unknown_run(void **state)
{
    struct report_database *database = stored_run_open();
    struct report_error error = {.message = ""};
    (void)state;
    assert_false(
        report_plot(database, STORED_UNKNOWN, false, scratch_path("unknown"), NULL, NULL, &error));
    assert_non_null(strstr(error.message, "99"));
    assert_int_not_equal(access(scratch_path("unknown"), F_OK), 0);
    report_database_close(database);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_all_files),
    cmocka_unit_test(test_what_is_shown),
    cmocka_unit_test(test_hostile_names_are_inert),
    cmocka_unit_test(test_same_run_same_bytes),
    cmocka_unit_test(test_gnuplot_fails),
    cmocka_unit_test(test_interrupted),
    cmocka_unit_test(test_directory_cannot_be_written),
    cmocka_unit_test(test_unknown_run),
};
TEST_GROUP(plot, tests, scratch_make, picture_remove_directories);
