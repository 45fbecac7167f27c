// SPDX-License-Identifier: GPL-2.0-or-later
// Scenarios that are whole in themselves: their requests in the key `csv`, their text in memory.
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- The same as a file ----

// Random lines; equal times, comments, quotes and line ends of both kinds among them.
static char *random_csv(uint64_t *random)
{
    static const char *const members[] = {"a", "b", "\"c d\"", "e"};
    static const char *const ops[] = {"read", "write", "discard", "write-zeroes"};
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs(HEADER, out);
    uint64_t time_ns = random_below(random, 1000);
    for (int i = 0; i < 60; i++) {
        time_ns += random_below(random, 3) * random_below(random, 1000);
        fprintf(out, "%llu,%s,%d,512,%s,%s\n", (unsigned long long)time_ns,
                ops[random_below(random, 4)], i, members[random_below(random, 4)],
                random_below(random, 2) == 0 ? "" : "77");
        if (random_below(random, 9) == 0)
            fputs("# a comment: {}\n\n", out);
    }
    assert_int_equal(fclose(out), 0);
    return text;
}

// The scenario with its trace from all.csv, or with these lines as a block of YAML.
static char *scenario_of(const char *csv, const char *trace_keys, const char *members)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fprintf(out, "groups: [{id: g, limits: {iops-total: 100000}}]\nmembers: %s\ntrace:\n%s%s\n",
            members, trace_keys, csv == NULL ? "  path: all.csv" : "  csv: |");
    for (const char *line = csv; line != NULL && *line != '\0';) {
        int length = (int)strcspn(line, "\n");
        fprintf(out, "    %.*s\n", length, line);
        line += length + 1;
    }
    assert_int_equal(fclose(out), 0);
    return text;
}

static void csv_equals_file(void **state)
{
    (void)state;
    static const char *const keys[] = {"",
                                       "  speed: 0.37\n",
                                       "  start: 5us\n  duration: 12us\n",
                                       "  device: b\n",
                                       "  device: c d\n  speed: 2\n  start: 100ns\n",
                                       "  arrival: issue\n"};
    static const char *const members[] = {
        "[{id: a, group: g}, {id: b, group: g}, {id: x, group: g, volume: c d}]",
        "[{id: b, group: g}, {id: c d, attach: drive, group: g}]"};
    uint64_t random = 5;
    for (int round = 0; round < 48; round++) {
        char *csv = random_csv(&random);
        char *from_file = scenario_of(NULL, keys[round % 6], members[round / 6 % 2]);
        char *from_text = scenario_of(csv, keys[round % 6], members[round / 6 % 2]);
        scratch_text("all.csv", csv);
        struct lab_run file = lab_run_complete(from_file), text = lab_run_complete(from_text);
        assert_true(lab_integer(&file, "SELECT arrived FROM run") > 0);
        char digest[200];
        snprintf(digest, sizeof digest, "%s", lab_text(&file, "SELECT digest FROM run"));
        assert_string_equal(lab_text(&text, "SELECT digest FROM run"), digest);
        char log[4096];
        const char *sql = "SELECT group_concat(member || ' ' || offset || ' ' || arrival_ns) FROM "
                          "(SELECT * FROM request_log ORDER BY seq)";
        snprintf(log, sizeof log, "%s", lab_text(&file, sql));
        assert_string_equal(lab_text(&text, sql), log);
        lab_run_free(&file);
        lab_run_free(&text);
        free(csv);
        free(from_file);
        free(from_text);
    }
}

// A member's own, beside a recording: its times are the scenario's, not the recording's.
static void csv_of_members(void **state)
{
    (void)state;
    struct lab_run run =
        lab_run_complete("members:\n"
                         "  - id: a\n"
                         "    trace: {csv: \"time_ns,op,offset,bytes\\n3,read,1,512\"}\n"
                         "  - id: vdc\n"
                         "    trace: " TEST_TRACES_DIR "/recorded/mixed/vdc.blktrace\n"
                         "  - id: b\n"
                         "    trace:\n"
                         "      csv: |\n"
                         "        time_ns,op,offset,bytes\n"
                         "        0,write,2,512\n"
                         "        3,write,3,512\n"
                         "  - id: c\n"
                         "trace:\n"
                         "  csv: |\n"
                         "    time_ns,op,offset,bytes,member\n"
                         "    3,read,4,512,c\n"
                         "    3,read,5,512,nobody\n"
                         "end: 1us\n");
    lab_expect_rows(&run,
                    "SELECT member, offset, arrival_ns FROM request_log WHERE member <> 'vdc' "
                    "ORDER BY seq",
                    "b 2 0\na 1 3\nb 3 3\nc 4 3\n");
    // Where a member's requests come from is a place in the scenario.
    char expected[2000];
    snprintf(expected, sizeof expected,
             "a %s:3:18 (csv)\nvdc %s/recorded/mixed/vdc.blktrace\nb %s:8:12 (csv)\nc %s:14:8 "
             "(csv)\n",
             scratch_path("run.yaml"), TEST_TRACES_DIR, scratch_path("run.yaml"),
             scratch_path("run.yaml"));
    lab_expect_rows(&run, "SELECT name, trace FROM member ORDER BY member_id", expected);
    snprintf(expected, sizeof expected, "%s:14:8 (csv) 1\n", scratch_path("run.yaml"));
    lab_expect_rows(&run, "SELECT source, count FROM notice WHERE kind = 'no-member'", expected);
    lab_run_free(&run);
}

// ---- Broken ones ----

#define KNOWN                                                                                      \
    "expected blktrace records, which start with 07 74 61 65 or 65 61 74 07, or a CSV file with "  \
    "the header time_ns,op,offset,bytes[,member][,latency_ns]"

static void broken_csv(void **state)
{
    (void)state;
    lab_expect_failure("members: [{id: a}]\ntrace:\n  csv: |\n    time_ns,op,offset,bytes\n"
                       "    0,reed,0,1\n",
                       "DIR/run.yaml:3:8 (csv): line 2: column op: found \"reed\", expected read, "
                       "write, discard, write-zeroes or flush");
    lab_expect_failure(
        "members: [{id: a, trace: {csv: 'time_ns,op,offset,bytes,member\n\n"
        "  0,read,0,1,x\n\n  0,read,0,1,y'}}]\n",
        "DIR/run.yaml:1:32 (csv): holds several devices, 'x' and 'y' among them; choose "
        "one (device: \"x\" beside the trace's csv), or make it the scenario's own "
        "'trace' and give each member a volume");
    lab_expect_failure(
        "members: [{id: a}]\ntrace: {csv: \"time_ns,op,offset,bytes,member\", "
        "device: x}\n",
        "DIR/run.yaml:2:14 (csv): no line has \"x\" in column member; members are: ");
}

// What is wrong further on: what came before is kept.
static void broken_later(void **state)
{
    (void)state;
    struct lab_run run = lab_run("members: [{id: a}]\ntrace:\n  csv: |\n    " HEADER
                                 "    5,read,1,512,,\n    0,read,2,512,,\n    4,Read,3,512,,\n");
    assert_false(run.ok);
    lab_expect_message(
        &run.error, SIM_BAD_INPUT,
        "DIR/run.yaml:3:8 (csv): line 4: column op: found \"Read\", expected read, write, "
        "discard, write-zeroes or flush");
    lab_expect_rows(&run, "SELECT status, arrived FROM run", "failed 2\n");
    lab_run_free(&run);
}

// Text that is no CSV at all.
static void hostile_csv(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\" \"", "\"\\n\\n\"", "\"#\"", "\"\\x01\\x02\\xff,,,\"", "\"\\x1f\\x8b\\x08\"", "vdc.csv"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char scenario[200];
        snprintf(scenario, sizeof scenario, "members: [{id: a}]\ntrace: {csv: %s}\n", texts[i]);
        struct lab_run run = lab_run(scenario);
        assert_false(run.ok);
        assert_int_equal(run.error.exit, SIM_BAD_INPUT);
        assert_non_null(strstr(run.error.message,
                               "run.yaml:2:14 (csv): not a trace of a known format: it starts"));
        lab_run_free(&run);
    }
}

// A line without end, in a scenario as large as they may be.
static void huge_line(void **state)
{
    (void)state;
    static const char start[] = "members: [{id: a}]\ntrace: {csv: \"time_ns,op,offset,bytes\\n";
    size_t size = 40u << 20;
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, '7', size);
    memcpy(text, start, strlen(start));
    memcpy(text + size - 3, "\"}\n", 4);
    lab_expect_failure(text,
                       "DIR/run.yaml:2:14 (csv): line 2: longer than 65536 bytes: this is not a "
                       "trace");
    free(text);
}

// Written once, meant for a thousand members: their copies would fill any memory.
static void many_aliases(void **state)
{
    (void)state;
    struct sim_error error;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs("members:\n  - {id: m, trace: {csv: &t \"", out);
    for (int i = 0; i < 100000; i++)
        fputs("0123456789", out);
    fputs("\"}}\n", out);
    for (int i = 0; i < 1000; i++)
        fprintf(out, "  - {id: m%d, trace: {csv: *t}}\n", i);
    assert_int_equal(fclose(out), 0);
    assert_null(lab_load("run.yaml", text, &error));
    lab_expect_message(&error, SIM_BAD_INPUT,
                       "DIR/run.yaml:2:26: all texts together are longer than 64 MiB, with those "
                       "that aliases (*name) stand for; long traces belong in files");
    free(text);
}

// ---- From memory ----

#define SELF_CONTAINED                                                                             \
    "members: [{id: a}]\ntrace:\n  csv: |\n    time_ns,op,offset,bytes\n    7,read,1,512\n"

static void parsed(void **state)
{
    (void)state;
    struct sim_error error;
    // Without a NUL behind it, in a buffer that ends there.
    size_t length = strlen(SELF_CONTAINED);
    char *text = malloc(length);
    assert_non_null(text);
    memcpy(text, SELF_CONTAINED, length);
    struct scenario *scenario = scenario_parse("case 7", text, length, &error);
    free(text);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    assert_string_equal(scenario->name, "case 7");
    assert_string_equal(scenario->source, SELF_CONTAINED);
    assert_int_equal(scenario->source_length, length);
    assert_string_equal(scenario->traces[0].csv, "time_ns,op,offset,bytes\n7,read,1,512\n");
    assert_string_equal(scenario->traces[0].path, "case 7:3:8 (csv)");
    assert_int_equal(scenario->trace_count, 1);
    assert_null(scenario->members[0].trace.path);
    assert_null(scenario->members[0].trace.csv);
    scenario_free(scenario);
}

static void parsed_paths(void **state)
{
    (void)state;
    static const char text[] = "members: [{id: a, trace: sub/a.csv}, {id: b, trace: /b.csv}]";
    struct sim_error error;
    struct scenario *scenario = scenario_parse("dir/case", text, sizeof text - 1, &error);
    assert_non_null(scenario);
    assert_string_equal(scenario->members[0].trace.path, "sub/a.csv");
    assert_string_equal(scenario->members[1].trace.path, "/b.csv");
    scenario_free(scenario);
}

static void parsed_badly(void **state)
{
    (void)state;
    static const struct lab_refusal rows[] = {
        {"", "case: empty; a scenario has groups, members and traces"},
        {"members: []", "case: there are no members"},
        {"members: [{iid: a}]", "case:1:12: unknown key 'iid' in a member; did you mean 'id'?"},
        {"members: [{id: a}]\nevents: [{at: 1ns, drained_end: {member: a}}]\n",
         "case:2:10: drained_end a: the member is not drained"},
    };
    struct sim_error error = {SIM_DONE, ""};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_null(scenario_parse("case", rows[i].text, strlen(rows[i].text), &error));
        lab_expect_message(&error, SIM_BAD_INPUT, rows[i].message);
    }
    assert_null(scenario_parse("case", "a\0b", 3, &error));
    lab_expect_message(&error, SIM_BAD_INPUT,
                       "case: byte 1: not YAML or JSON text: control characters are not allowed");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(csv_equals_file), cmocka_unit_test(csv_of_members),
    cmocka_unit_test(broken_csv),      cmocka_unit_test(broken_later),
    cmocka_unit_test(hostile_csv),     cmocka_unit_test(huge_line),
    cmocka_unit_test(many_aliases),    cmocka_unit_test(parsed),
    cmocka_unit_test(parsed_paths),    cmocka_unit_test(parsed_badly),
};
TEST_GROUP(inline, tests, scratch_make, scratch_remove);
