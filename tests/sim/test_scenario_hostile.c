// SPDX-License-Identifier: GPL-2.0-or-later
// Files that are no scenarios at all, or hardly: an answer in finite time and memory, never a
// crash.
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char good[] =
    "groups:\n"
    "  - {id: gold, limits: {iops-total: 300, iops-total-max: 900, iops-total-max-length: 3}}\n"
    "  - &b {id: silver, limits: &l {bps-read: 1.5MB}}\n"
    "members:\n"
    "  - {id: db, group: gold, attach: drive, trace: vdc.csv}\n"
    "  - {id: web, group: silver, volume: \"x\", trace: {path: b.csv, arrival: issue,\n"
    "     device: \"254,48\", speed: 2.0, start: 10s, duration: 60s}}\n"
    "trace: {csv: \"time_ns,op,offset,bytes\\n0,read,0,512\\n\", speed: 2}\n"
    "device: {model: fixed, latency: 200us}\n"
    "events:\n"
    "  - {at: 30s, qom-set: {group: gold, limits: {iops-total: 100}}}\n"
    "  - {at: 31s, block_set_io_throttle: {device: db, bps: 0, bps_rd: 0, bps_wr: 0, iops: 50,\n"
    "     iops_rd: 0, iops_wr: 0, group: new}}\n"
    "  - {at: 40s, drained_begin: {member: db}}\n"
    "  - {at: 41s, drained_end: {member: db}}\n"
    "  - {at: 45s, leave: {member: web}}\n"
    "  - {at: 50s, join: {member: web, group: new, limits: *l}}\n"
    "interval: 500ms\n"
    "timer-granularity: 1ms\n"
    "end: 2min\n";

// A scenario or an error of one line that begins with the file's name.
static bool loads(const void *bytes, size_t size)
{
    struct sim_error error = {SIM_DONE, ""};
    scratch_write("h.yaml", bytes, size);
    struct scenario *scenario = scenario_load(scratch_path("h.yaml"), &error);
    bool loaded = scenario != NULL;
    if (!loaded) {
        assert_int_equal(error.exit, SIM_BAD_INPUT);
        assert_int_equal(
            strncmp(error.message, scratch_path("h.yaml"), strlen(scratch_path("h.yaml"))), 0);
    }
    scenario_free(scenario);
    return loaded;
}

static size_t splice(char *text, size_t size, size_t at, size_t removed, const char *inserted,
                     size_t inserted_size)
{
    memmove(text + at + inserted_size, text + at + removed, size - at - removed);
    memcpy(text + at, inserted, inserted_size);
    return size - removed + inserted_size;
}

static size_t mutate(char *text, size_t size, uint64_t *random)
{
    static const char *const words[] = {
        "{",           "}",      "[",
        "]",           ": ",     ", ",
        "- ",          "&a ",    "*a",
        "*l",          "*b",     "\n",
        "\n---\n",     "...",    "\"",
        "'",           "#",      "|",
        ">",           "!!int ", "? ",
        "0",           "-1",     "9223372036854775807",
        "1e9",         "~",      "iops-total: 1, ",
        "members",     "group",  "gold",
        "db",          "\t",     "\\",
        "%YAML 1.1\n", "none",
    };
    size_t at = (size_t)random_below(random, size);
    size_t length = 1 + (size_t)random_below(random, 12);
    length = length < size - at ? length : size - at;
    const char *word = words[random_below(random, sizeof words / sizeof words[0])];
    char copy[16], byte = (char)random_next(random);
    size_t from = (size_t)random_below(random, size - 12);
    switch (random_below(random, 5)) {
    case 0:
        return splice(text, size, at, 1, &byte, 1);
    case 1:
        return splice(text, size, at, length, "", 0);
    case 2:
        memcpy(copy, text + from, 12);
        return splice(text, size, at, 0, copy, 12);
    case 3:
        return splice(text, size, at, length, word, strlen(word));
    default:
        return splice(text, size, at, 0, word, strlen(word));
    }
}

static void mutations(void **state)
{
    (void)state;
    uint64_t random = 42;
    int loaded = 0, rounds = 6000;
    for (int round = 0; round < rounds; round++) {
        char text[sizeof good + 200];
        size_t size = sizeof good - 1;
        memcpy(text, good, size);
        for (uint64_t n = 1 + random_below(&random, 4); n > 0; n--)
            size = mutate(text, size, &random);
        loaded += loads(text, size);
    }
    // Both answers must occur often, or the mutations test nothing.
    assert_in_range(loaded, rounds / 300, rounds / 2);
}

static void every_prefix(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof good - 1; size++)
        loads(good, size);
    assert_true(loads(good, sizeof good - 1));
}

static void random_bytes(void **state)
{
    (void)state;
    uint64_t random = 3;
    for (int round = 0; round < 1000; round++) {
        char bytes[256];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)random_next(&random);
        assert_false(loads(bytes, (size_t)random_below(&random, sizeof bytes)));
    }
}

// `count` times the word between two others.
static char *repeat(const char *before, const char *word, size_t count, const char *after)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs(before, out);
    for (size_t i = 0; i < count; i++)
        fputs(word, out);
    fputs(after, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void nesting(void **state)
{
    (void)state;
    static const char *const openers[] = {"[", "{", "{a: ", "- ", "? ", "[{a: [", "&a [", "!t ["};
    for (size_t i = 0; i < sizeof openers / sizeof openers[0]; i++) {
        char *text = repeat("members: ", openers[i], 1000000, "");
        assert_false(loads(text, strlen(text)));
        free(text);
    }
}

// Each line means ten of the line before: expanded, it would fill any memory.
static void many_laughs(void **state)
{
    (void)state;
    static const char laughs[] = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
                                 "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                                 "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                                 "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                                 "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
                                 "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
                                 "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n"
                                 "h: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g,*g]\n"
                                 "i: &i [*h,*h,*h,*h,*h,*h,*h,*h,*h,*h]\n"
                                 "members: *i\n";
    assert_false(loads(laughs, strlen(laughs)));
}

// One event, written once and meant ten thousand times.
static void many_aliases(void **state)
{
    (void)state;
    char *text = repeat("members: [{id: a}]\nevents: [&e {at: 1ns, drained_begin: {member: a}}",
                        ", *e", 10000, "]\n");
    struct sim_error error;
    struct scenario *scenario = lab_load("h.yaml", text, &error);
    assert_non_null(scenario);
    assert_int_equal(scenario->event_count, 10001);
    scenario_free(scenario);
    free(text);
}

static void too_large(void **state)
{
    (void)state;
    struct sim_error error;
    scratch_text("large.yaml", good);
    assert_int_equal(truncate(scratch_path("large.yaml"), 65L << 20), 0);
    assert_null(scenario_load(scratch_path("large.yaml"), &error));
    lab_expect_message(&error, SIM_BAD_INPUT,
                       "DIR/large.yaml: larger than 64 MiB, so not a scenario; a trace is replayed "
                       "with --limits KEY=VALUE,... TRACE");
}

static void not_a_file(void **state)
{
    (void)state;
    struct sim_error error;
    assert_null(scenario_load(scratch_path("missing.yaml"), &error));
    lab_expect_message(&error, SIM_BAD_INPUT, "DIR/missing.yaml: No such file or directory");
    assert_null(scenario_load(scratch_path("."), &error));
    lab_expect_message(&error, SIM_BAD_INPUT, "DIR/.: Is a directory");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(mutations), cmocka_unit_test(every_prefix), cmocka_unit_test(random_bytes),
    cmocka_unit_test(nesting),   cmocka_unit_test(many_laughs),  cmocka_unit_test(many_aliases),
    cmocka_unit_test(too_large), cmocka_unit_test(not_a_file),
};
TEST_GROUP(scenario_hostile, tests, scratch_make, scratch_remove);
