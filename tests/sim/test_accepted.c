// SPDX-License-Identifier: GPL-2.0-or-later
// Accepted results: what is written is read again, and what is damaged is refused.
#include "tests/sim/lab.h"

#include "sim/check/accepted.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Written and read ----

static const char *const names[] = {"db", "a \"b\" \\", "with\nline", "gr\303\266\303\237er",
                                    "#",  " "};

// The steps between two decisions that the text has words for, and others.
static int64_t draw_gap(uint64_t *state, int64_t last_gap)
{
    switch (random_below(state, 8)) {
    case 0:
        return (int64_t)random_below(state, 3 * (uint64_t)SECOND);
    case 1:
        return last_gap + 1;
    case 2:
        return last_gap > 0 ? last_gap - 1 : 0;
    case 3:
        return 0;
    case 4:
        return last_gap + 2;
    case 5:
        return last_gap > 1 ? last_gap - 2 : 0;
    default:
        return last_gap;
    }
}

static void draw_streams(struct accepted *accepted, uint64_t *state)
{
    accepted->stream_count = 1 + random_below(state, 60);
    accepted->streams = calloc(accepted->stream_count, sizeof *accepted->streams);
    for (size_t i = 0; i < accepted->stream_count; i++) {
        struct accepted_stream *stream = &accepted->streams[i];
        stream->member = strdup(names[random_below(state, 6)]);
        stream->direction = (enum report_direction)random_below(state, REPORT_DIRECTION_COUNT);
        for (int n = 0; n < ACCEPTED_NUMBER_COUNT; n++)
            stream->numbers[n] = random_next(state) >> random_below(state, 64);
        stream->numbers[ACCEPTED_WAITED] = 0;
    }
}

// The requests in any order, since other engines may have any.
static struct accepted draw(uint64_t seed)
{
    uint64_t state = seed, *seqs;
    struct accepted accepted = {.engine = "throttle-group", .digest = random_next(&state)};
    int64_t now_ns = 0, gap_ns = 0;
    accepted.decision_count = random_below(&state, 400);
    accepted.requests = accepted.decision_count + random_below(&state, 100);
    accepted.requests_hash = random_next(&state);
    draw_streams(&accepted, &state);
    accepted.decisions = calloc(accepted.decision_count + 1, sizeof *accepted.decisions);
    seqs = calloc(accepted.requests + 1, sizeof *seqs);
    for (uint64_t i = 0; i < accepted.requests; i++)
        seqs[i] = i;
    for (size_t i = 0; i < accepted.decision_count; i++) {
        uint64_t other =
            i + random_below(&state, random_below(&state, 4) > 0 ? 1 : accepted.requests - i);
        uint64_t seq = seqs[other];
        seqs[other] = seqs[i];
        bool leaves = i < accepted.decision_count * 4 / 5;
        uint32_t stream = (uint32_t)random_below(&state, 1 + accepted.stream_count / 30);
        gap_ns = draw_gap(&state, gap_ns);
        now_ns += gap_ns;
        accepted.decisions[i] =
            (struct accepted_decision){seq, leaves ? now_ns : ACCEPTED_NEVER, stream};
        accepted.streams[stream].numbers[ACCEPTED_WAITED]++;
    }
    free(seqs);
    return accepted;
}

static void expect_same(const struct accepted *wanted, const struct accepted *found)
{
    assert_string_equal(found->engine, wanted->engine);
    assert_true(found->digest == wanted->digest);
    assert_true(found->requests == wanted->requests);
    assert_true(found->requests_hash == wanted->requests_hash);
    assert_int_equal(found->stream_count, wanted->stream_count);
    for (size_t i = 0; i < wanted->stream_count; i++) {
        assert_string_equal(found->streams[i].member, wanted->streams[i].member);
        assert_int_equal(found->streams[i].direction, wanted->streams[i].direction);
        assert_memory_equal(found->streams[i].numbers, wanted->streams[i].numbers,
                            sizeof wanted->streams[i].numbers);
    }
    assert_int_equal(found->decision_count, wanted->decision_count);
    for (size_t i = 0; i < wanted->decision_count; i++) {
        assert_true(found->decisions[i].seq == wanted->decisions[i].seq);
        assert_true(found->decisions[i].dispatch_ns == wanted->decisions[i].dispatch_ns);
        assert_int_equal(found->decisions[i].stream, wanted->decisions[i].stream);
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct sim_error error = {SIM_DONE, ""};
        struct accepted wanted = draw(seed), found;
        assert_true(accepted_write(scratch_path("x.accepted"), "x\n.yaml", &wanted, &error));
        if (accepted_read(scratch_path("x.accepted"), &found, &error) != ACCEPTED_READ)
            fail_msg("seed %" PRIu64 ": %s", seed, error.message);
        expect_same(&wanted, &found);
        accepted_free(&wanted);
        accepted_free(&found);
    }
}

static void test_labels(void **state)
{
    static const struct {
        size_t stream;
        const char *label;
    } rows[] = {{0, "a"}, {25, "z"}, {26, "aa"}, {51, "az"}, {52, "ba"}, {701, "zz"}, {702, "aaa"}};
    char label[ACCEPTED_LABEL_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(accepted_label(rows[i].stream, label), rows[i].label);
}

// ---- Damaged ----

#define HEAD                                                                                       \
    "throttlesim-accepted 1\nengine throttle-group\ndigest 00000000000000ff\n"                     \
    "requests 9 0000000000000001\n"
#define STREAM(waited) "stream a read 9 9 9 " waited " 0 0 0 0 \"db\"\n"

static const struct {
    const char *text;
    enum accepted_found found;
    const char *message; // between the file's name and what to do
} messages[] = {
    {"", ACCEPTED_FOREIGN, ":1: expected 'throttlesim-accepted 1': this is no file"},
    {"engine x\n", ACCEPTED_FOREIGN, ":1: expected 'throttlesim-accepted 1': this is no file"},
    {"throttlesim-accepted 2\n", ACCEPTED_FOREIGN, "1: expected 'throttlesim-accepted 1', "},
    {"throttlesim-accepted 1\n", ACCEPTED_BROKEN, ":2: expected 'engine NAME', found ''"},
    {"throttlesim-accepted 1\n\n#\nengin x\n", ACCEPTED_BROKEN,
     ":4: expected 'engine NAME', found 'engin'"},
    {HEAD "decisions 1048577\n", ACCEPTED_BROKEN, ":5: expected 'decisions NUMBER'"},
    {HEAD "decisions 18446744073709551616\n", ACCEPTED_BROKEN, ":5: expected 'decisions"},
    {HEAD "decisions 0\nstream b read 0\n", ACCEPTED_BROKEN,
     ":6: expected the next stream's letter, found 'b'"},
    {HEAD "decisions 0\nstream a rad 0\n", ACCEPTED_BROKEN, ":6: expected read, write"},
    {HEAD "decisions 0\nstream a read 0 x\n", ACCEPTED_BROKEN, ":6: expected a number"},
    {HEAD "decisions 0\nstream a read 0 0 0 0 0 0 0 0 db\n", ACCEPTED_BROKEN,
     ":6: expected a member's name as in JSON, found 'db'"},
    {HEAD "decisions 1\n" STREAM("1") "end\n", ACCEPTED_BROKEN, ":7: expected as many decisions"},
    {HEAD "decisions 1\n" STREAM("1") "at 5: b1\n", ACCEPTED_BROKEN,
     ":7: expected a stream's letter, found 'b1'"},
    {HEAD "decisions 1\n" STREAM("1") "at 5: a9\n", ACCEPTED_BROKEN, ":7: expected the number"},
    {HEAD "decisions 1\n" STREAM("1") "at 5: a-1\n", ACCEPTED_BROKEN, ":7: expected how many"},
    {HEAD "decisions 2\n" STREAM("2") "at 5: a1 a1\n", ACCEPTED_BROKEN, ":7: expected ':' and"},
    {HEAD "decisions 2\n" STREAM("2") "at 5: a1 a1:0<\n", ACCEPTED_BROKEN,
     ":7: expected a stream's letter, found '<'"},
    {HEAD "decisions 3\n" STREAM("3") "at 5: a1 a1:0 a1<\n", ACCEPTED_BROKEN,
     ":7: expected ':' and"},
    {HEAD "decisions 2\n" STREAM("2") "at 5: a1 a0:1\nend\n", ACCEPTED_BROKEN,
     ":8: expected each request once"},
    {HEAD "decisions 2\n" STREAM("2") "at 5: a1\nat 4: a1\n", ACCEPTED_BROKEN,
     ":8: expected a time that is not before the last one"},
    {HEAD "decisions 2\n" STREAM("2") "never: a1\nat 4: a1\n", ACCEPTED_BROKEN,
     ":8: expected 'never:' or 'end', found 'at'"},
    {HEAD "decisions 2\n" STREAM("2") "at 9223372036854775806: a1 a1:1\n", ACCEPTED_BROKEN,
     ":7: expected an earlier time"},
    {HEAD "decisions 2\n" STREAM("2") "at 9223372036854775807: a1\n", ACCEPTED_BROKEN,
     ":7: expected a time"},
    {HEAD "decisions 1\n" STREAM("2") "at 5: a1\nend\n", ACCEPTED_BROKEN,
     ":8: expected as many decisions of each stream"},
    {HEAD "decisions 1\n" STREAM("1") "never: a0*999999999999\n", ACCEPTED_BROKEN,
     ":7: expected no more decisions than announced"},
    {HEAD "decisions 2\n" STREAM("2") "at 5: a1*2\n", ACCEPTED_BROKEN, ":7: expected one"},
    {HEAD "decisions 1\n" STREAM("1") "never:\n", ACCEPTED_BROKEN, ":7: expected a stream's"},
    {HEAD "decisions 1\n" STREAM("1") "at 5: a1\nmore\n", ACCEPTED_BROKEN,
     ":8: expected 'at TIME:', 'never:' or 'end', found 'more'"},
    {HEAD "decisions 1\n" STREAM("1") "at 5: a1\n", ACCEPTED_BROKEN,
     ":8: expected 'at TIME:', 'never:' or 'end', found ''"},
    {HEAD "decisions 1\n" STREAM("1") "at 5: a1\nend\nend\n", ACCEPTED_BROKEN,
     ":9: expected nothing behind the end, found 'end'"},
};

static void test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        struct accepted accepted;
        struct sim_error error = {SIM_DONE, ""};
        scratch_text("x.accepted", messages[i].text);
        assert_int_equal(accepted_read(scratch_path("x.accepted"), &accepted, &error),
                         messages[i].found);
        if (strstr(error.message, messages[i].message) == NULL)
            fail_msg("row %zu: '%s' is not in '%s'", i, messages[i].message, error.message);
        assert_int_equal(error.exit, SIM_BAD_INPUT);
    }
}

static char *print(const struct accepted *accepted, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    assert_true(accepted_print(accepted, "x.yaml", out));
    assert_int_equal(fclose(out), 0);
    return text;
}

static enum accepted_found read_bytes(const char *text, size_t size)
{
    struct accepted accepted;
    struct sim_error error = {SIM_DONE, ""};
    scratch_write("x.accepted", text, size);
    enum accepted_found found = accepted_read(scratch_path("x.accepted"), &accepted, &error);
    assert_true(found == ACCEPTED_READ || strchr(error.message, '\n') == NULL);
    assert_true((found == ACCEPTED_READ) == (error.message[0] == '\0'));
    accepted_free(&accepted);
    return found;
}

// A file that was cut anywhere is not whole, but for its last line's end.
static void test_cut(void **state)
{
    size_t size;
    struct accepted accepted = draw(3);
    char *text = print(&accepted, &size);
    (void)state;
    assert_true(accepted.decision_count > 0);
    assert_int_equal(read_bytes(text, size - 1), ACCEPTED_READ);
    for (size_t length = 0; length < size - 1; length++)
        assert_int_not_equal(read_bytes(text, length), ACCEPTED_READ);
    free(text);
    accepted_free(&accepted);
}

static void test_damaged(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        size_t size;
        struct accepted accepted = draw(seed);
        char *text = print(&accepted, &size);
        for (int i = 0; i < 100; i++) {
            size_t place = random_below(&random, size);
            char before = text[place];
            static const char likely[] = "0129ab :*<>-\n#\"";
            text[place] = random_below(&random, 4) == 0
                              ? (char)random_below(&random, 256)
                              : likely[random_below(&random, sizeof likely)];
            read_bytes(text, size);
            text[place] = before;
        }
        free(text);
        accepted_free(&accepted);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_round_trip), cmocka_unit_test(test_labels),
    cmocka_unit_test(test_messages),   cmocka_unit_test(test_cut),
    cmocka_unit_test(test_damaged),
};
TEST_GROUP(accepted, tests, scratch_make, scratch_remove);
