// SPDX-License-Identifier: GPL-2.0-or-later
// Hostile traces through all of it: what a reader makes of a damaged file goes to an engine, as
// `trace info` and `run` do it. Whatever the file, both end, with an answer or an error.
#include "tests/sim/lab.h"

#include "sim/workload/info/trace_info.h"
#include "tests/support/test_group.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "trace"
#define BYTES_MAX 8192
#define ROUNDS 24

#define SCENARIO                                                                                   \
    "groups: [{id: g, limits: {iops-total: 50}}]\n"                                                \
    "members: {from: trace, group: g}\n"                                                           \
    "trace: " NAME "\n"

static size_t read_file(const char *path, char *bytes)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, BYTES_MAX, file);
    fclose(file);
    return length;
}

static const struct trace_info_options options = {.ops = CUT_ALL_OPS, .attach = ENGINE_FILTER};

static void ask_about(const char *path)
{
    struct trace_config config = {.path = path};
    struct trace_info info;
    struct sim_error error = {SIM_DONE, ""};
    if (!trace_info_read(&info, &config, &options, &error))
        assert_int_not_equal(error.exit, SIM_DONE);
    trace_info_free(&info);
}

// As `trace info` does: of an archive it may be several traces.
static void ask_info(void)
{
    char **within = trace_paths_within(scratch_path(NAME));
    for (size_t i = 0; within != NULL && within[i] != NULL; i++)
        ask_about(within[i]);
    trace_paths_free(within);
    ask_about(scratch_path(NAME));
}

// As `run` does.
static void run_it(void)
{
    static const volatile sig_atomic_t never_stop = 0;
    struct run_options run_options = {.watch = {.stop = &never_stop}};
    struct sim_error error;
    struct report_error report_error;
    enum report_status status;
    int64_t run_id;
    struct scenario *scenario = lab_load("run.yaml", SCENARIO, &error);
    if (scenario == NULL) {
        assert_int_not_equal(error.exit, SIM_DONE);
        return;
    }
    struct report_database *database = report_database_open(NULL, REPORT_WRITE, &report_error);
    assert_non_null(database);
    if (!run_scenario(scenario, &run_options, database, &run_id, &status, &error))
        assert_int_not_equal(error.exit, SIM_DONE);
    report_database_close(database);
    scenario_free(scenario);
}

// Digits are what times and sizes are made of.
static void damage(char *bytes, size_t *length, uint64_t *random)
{
    for (uint64_t changes = random_below(random, 4); changes > 0 && *length > 8; changes--) {
        size_t at = random_below(random, *length);
        size_t count = 1 + random_below(random, 40);
        count = count < *length - at ? count : *length - at;
        switch (random_below(random, 4)) {
        case 0:
            bytes[at] = (char)('0' + random_below(random, 10));
            break;
        case 1:
            bytes[at] = (char)random_next(random);
            break;
        case 2:
            memmove(bytes + at, bytes + at + count, *length - at - count);
            *length -= count;
            break;
        default:
            *length = at;
            break;
        }
    }
}

// The file as it is, then damaged.
static void try_file(const char *path, uint64_t *random)
{
    static char good[BYTES_MAX];
    static char bytes[BYTES_MAX];
    size_t good_length = read_file(path, good);
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t length = good_length;
        memcpy(bytes, good, length);
        if (round > 0)
            damage(bytes, &length, random);
        scratch_write(NAME, bytes, length);
        ask_info();
        run_it();
    }
}

// All files below a directory, in the order of their names.
static void try_all(const char *directory, uint64_t *random)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, alphasort);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            DIR *below = opendir(path);
            if (below != NULL) {
                closedir(below);
                try_all(path, random);
            } else {
                try_file(path, random);
            }
        }
        free(entries[i]);
    }
    free(entries);
}

static void every_format(void **state)
{
    (void)state;
    uint64_t random = 13;
    try_all(TEST_SOURCE_DIR "/fuzz/corpus", &random);
}

static void what_people_have(void **state)
{
    (void)state;
    uint64_t random = 14;
    try_all(TEST_SOURCE_DIR "/traces/cases", &random);
}

// An arrival before 0, as in almost every file of biosnoop.
static void arrivals_before_zero(void **state)
{
    (void)state;
    struct trace_info info;
    struct sim_error error;
    struct trace_config config = {.path = TEST_SOURCE_DIR "/traces/cases/t06-biosnoop-abort.txt"};
    if (!trace_info_read(&info, &config, &options, &error))
        fail_msg("%s", error.message);
    assert_int_equal(info.all.requests, 2);
    assert_int_equal(info.all.last_ns - info.all.first_ns, 10000);
    trace_info_free(&info);
    // Beside one whose times are as large as can be: an error, not a sum that overflows.
    scratch_text("late.txt", "TIME(s) COMM PID DISK T SECTOR BYTES LAT(ms)\n"
                             "0.000000 a 1 sda R 8 4096 3000000.00\n"
                             "9223372036.854775807 a 1 sda R 8 4096 0.00\n");
    config.path = scratch_path("late.txt");
    assert_false(trace_info_read(&info, &config, &options, &error));
    assert_non_null(strstr(error.message, "late.txt: found a request at 9223372036854775807 ns, "
                                          "more than 2^63 ns after the recording's start"));
    trace_info_free(&info);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(arrivals_before_zero),
    cmocka_unit_test(every_format),
    cmocka_unit_test(what_people_have),
};
TEST_GROUP(trace_end_to_end, tests, scratch_make, scratch_remove);
