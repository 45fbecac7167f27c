// SPDX-License-Identifier: GPL-2.0-or-later
// The digest: the same for the same decisions, another for any other.
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMITS(n) "groups: [{id: g, limits: {iops-total: " n "}}]\n"
#define MEMBERS                                                                                    \
    "members: [{id: a, group: g, trace: a.csv}, {id: b, group: g, attach: drive, trace: b.csv}]\n"

static void write_traces(void)
{
    scratch_text("a.csv", HEADER "0,read,0,512,,1000\n0,write,0,512,,2\n9,read,0,512,,\n");
    scratch_text("b.csv", HEADER "0,read,0,512,,7\n5,discard,0,512,,9\n5,read,0,512,,\n");
}

// As it is stored, valid until the fourth call from now.
static const char *digest_of(const char *scenario)
{
    static char digests[4][64];
    static unsigned next;
    char *digest = digests[next++ % 4];
    struct lab_run run = lab_run_complete(scenario);
    snprintf(digest, sizeof digests[0], "%s", lab_text(&run, "SELECT digest FROM run"));
    lab_run_free(&run);
    return digest;
}

static void what_does_not_matter(void **state)
{
    (void)state;
    write_traces();
    const char *digest = digest_of(LIMITS("10") MEMBERS);
    assert_string_equal(digest, digest_of(LIMITS("10") MEMBERS));
    assert_string_equal(digest, digest_of(LIMITS("10") MEMBERS "interval: 7us\n"));
    assert_string_equal(digest, digest_of(LIMITS("10") MEMBERS "device: {model: recorded}\n"));
    digest = digest_of(LIMITS("10") MEMBERS);
    assert_string_equal(digest,
                        digest_of(LIMITS("10") MEMBERS "device: {model: fixed, latency: 1s}\n"));
    assert_string_equal(digest, digest_of(LIMITS("10") MEMBERS "end: 1h\n"));
    assert_string_equal(digest, digest_of("engine: throttle-group\n" LIMITS("10") MEMBERS));
}

// The log, and with it the whole database, takes no part.
static void log_does_not_matter(void **state)
{
    (void)state;
    static const volatile sig_atomic_t never_stop = 0;
    struct run_options options = {.watch = {.stop = &never_stop}};
    struct report_error report_error;
    write_traces();
    struct lab_run logged = lab_run_complete(LIMITS("10") MEMBERS);
    struct lab_run plain = {.scenario = logged.scenario};
    plain.database = report_database_open(NULL, REPORT_WRITE, &report_error);
    assert_true(run_scenario(plain.scenario, &options, plain.database, &plain.run_id, &plain.status,
                             &plain.error));
    assert_int_equal(lab_integer(&plain, "SELECT count(*) FROM request"), 0);
    char digest[64];
    snprintf(digest, sizeof digest, "%s", lab_text(&plain, "SELECT digest FROM run"));
    assert_string_equal(digest, lab_text(&logged, "SELECT digest FROM run"));
    report_database_close(plain.database);
    lab_run_free(&logged);
}

// One request's dispatch moved by one nanosecond, one request fewer, two requests swapped.
static void every_decision_matters(void **state)
{
    (void)state;
    write_traces();
    char digest[64];
    snprintf(digest, sizeof digest, "%s", digest_of(LIMITS("10") MEMBERS));
    assert_string_not_equal(digest, digest_of(LIMITS("11") MEMBERS));
    assert_string_not_equal(digest, digest_of(LIMITS("10") MEMBERS "end: 150ms\n"));
    assert_string_not_equal(digest, digest_of(LIMITS("10") MEMBERS "timer-granularity: 7ms\n"));
    for (int i = 0; i < 3; i++) {
        char text[200];
        snprintf(text, sizeof text, HEADER "%d,read,0,512,,\n%d,read,0,512,,\n%d,read,0,512,,\n",
                 i == 0 ? 1 : 0, i == 1 ? 51 : 50, i == 2 ? 101 : 100);
        scratch_text("one.csv", text);
        char one[64];
        snprintf(one, sizeof one, "%s", digest_of("members: [{id: a, trace: one.csv}]\n"));
        scratch_text("one.csv", HEADER "0,read,0,512,,\n50,read,0,512,,\n100,read,0,512,,\n");
        assert_string_not_equal(one, digest_of("members: [{id: a, trace: one.csv}]\n"));
    }
}

// The same times, but another request leaves at the last of them: a flush passes what waits.
static void every_request_matters(void **state)
{
    (void)state;
    static const char scenario[] = LIMITS("10") "members: [{id: a, group: g, trace: one.csv}]\n";
    scratch_text("one.csv",
                 HEADER "0,read,0,512,,\n0,read,0,512,,\n0,read,0,512,,\n0,flush,0,0,,\n");
    char digest[64];
    snprintf(digest, sizeof digest, "%s", digest_of(scenario));
    scratch_text("one.csv",
                 HEADER "0,read,0,512,,\n0,read,0,512,,\n0,flush,0,0,,\n0,read,0,512,,\n");
    assert_string_not_equal(digest, digest_of(scenario));
}

#define MEMBER_A "trace: {path: a.csv, duration: 1h}}"
#define MEMBER_B "trace: {path: b.csv, duration: 1h}}"

// Requests that leave in one instant: their order counts within a group, not between groups. And
// the parts of a run that share nothing add up, however they are cut.
static void parts_add_up(void **state)
{
    (void)state;
    static const char *const scenarios[] = {
        // Two sets, two sets after others, one set by an event, one by the event loop.
        "groups: [{id: g, limits: {iops-total: 10}}, {id: h, limits: {iops-total: 20}}]\n"
        "members: [{id: a, group: g, " MEMBER_A ", {id: b, group: h, " MEMBER_B "]\n",
        "members: [{id: a, " MEMBER_A ", {id: b, " MEMBER_B "]\n",
        LIMITS("1000000") "members: [{id: a, group: g, " MEMBER_A ", {id: b, " MEMBER_B "]\n"
                          "events: [{at: 1s, join: {member: b, group: g}}]\n",
        "timer-granularity: 1ms\n"
        "members: [{id: a, " MEMBER_A ", {id: b, " MEMBER_B "]\n",
    };
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        uint64_t sums[2] = {0};
        for (int part = 0; part < 3; part++) { // a alone, b alone, both
            write_traces();
            if (part < 2)
                scratch_text(part == 0 ? "b.csv" : "a.csv", HEADER "7200000000000,read,0,1,,\n");
            sums[part / 2] += strtoull(digest_of(scenarios[i]), NULL, 16);
        }
        if (i < 2)
            assert_true(sums[0] == sums[1]);
        else
            assert_true(sums[0] != sums[1]);
    }
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t share(uint64_t member, uint64_t number, uint64_t time, uint64_t place)
{
    uint64_t key = mix(member + UINT64_C(0x9e3779b97f4a7c15));
    return mix(mix(mix(key ^ number) ^ time) ^ place);
}

// As docs/model.md defines it.
static void as_the_model_says(void **state)
{
    (void)state;
    write_traces();
    uint64_t alone = strtoull(digest_of("members: [{id: a, trace: a.csv}]\n"), NULL, 16);
    assert_true(alone == share(0, 0, 0, 0) + share(0, 1, 0, 1) + share(0, 2, 9, 0));
    uint64_t both = strtoull(digest_of(LIMITS("1000000") MEMBERS), NULL, 16);
    assert_true(both == share(0, 0, 0, 0) + share(0, 1, 0, 1) + share(1, 0, 0, 2) +
                            share(1, 1, 5, 0) + share(1, 2, 5, 1) + share(0, 2, 9, 0));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_does_not_matter),   cmocka_unit_test(log_does_not_matter),
    cmocka_unit_test(every_decision_matters), cmocka_unit_test(every_request_matters),
    cmocka_unit_test(parts_add_up),           cmocka_unit_test(as_the_model_says),
};
TEST_GROUP(digest, tests, scratch_make, scratch_remove);
