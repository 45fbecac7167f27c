// SPDX-License-Identifier: GPL-2.0-or-later
// Arrivals that answer: laws over random recordings.
#include "tests/sim/answers_lab.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDINGS 150
#define OPEN "arrivals: open"
#define DEPENDENT "arrivals: dependent"

static int compare_times(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

// The median of what is recorded of requests of its member and, of one size here, its operation.
// INT64_MAX: nothing is.
static int64_t usual_ns(const struct answers *recorded, const struct answer *of, bool is_of_op)
{
    int64_t *all = malloc(recorded->count * sizeof *all);
    size_t count = 0;
    assert_non_null(all);
    for (size_t i = 0; i < recorded->count; i++) {
        const struct answer *at = &recorded->items[i];
        if (at->member == of->member && (at->op == of->op || !is_of_op) &&
            at->complete_ns != INT64_MAX)
            all[count++] = at->complete_ns - at->arrival_ns;
    }
    qsort(all, count, sizeof *all, compare_times);
    int64_t median_ns = count == 0 ? INT64_MAX : all[(count - 1) / 2];
    free(all);
    return median_ns == INT64_MAX && is_of_op ? usual_ns(recorded, of, false) : median_ns;
}

// What is not recorded to end took what is usual: that is checked here, and then forgotten.
static void forget_usual(const struct answers *recorded, struct answers *answers)
{
    for (size_t i = 0; i < recorded->count && i < answers->count; i++) {
        struct answer *at = &answers->items[i];
        if (recorded->items[i].complete_ns != INT64_MAX)
            continue;
        int64_t median_ns = usual_ns(recorded, &recorded->items[i], true);
        if (median_ns == INT64_MAX)
            assert_int_equal(at->complete_ns, INT64_MAX);
        else // medians are of a histogram
            assert_in_range(256 * (at->complete_ns - at->arrival_ns), 255 * median_ns,
                            257 * median_ns);
        at->complete_ns = INT64_MAX;
    }
}

// Nothing delays them and completions are recorded: they are the recording, bit for bit, whatever
// it is taken for. The limits are there, but never reached.
static void are_the_recording(void **state)
{
    (void)state;
    static const char *const models[] = {
        "arrivals: dependent",
        "arrivals: closed",
        "arrivals: closed, closed: {think: keep}",
        "arrivals: dependent, streams: {a: {kind: sync}, b: {kind: async}, c: {kind: paced}}",
        "arrivals: dependent, streams: {a: {kind: paced}, b: {kind: sync}, c: {kind: open}}",
        "arrivals: dependent, streams: {a: {kind: async}, b: {kind: paced}, c: {kind: sync}}",
        "arrivals: dependent, start-after: 5s",
        "arrivals: dependent, start-after: 1ms, streams: {a: {kind: async}, b: {kind: paced}}",
        "arrivals: dependent, streams: {a: {lifetime: recorded}, b: {lifetime: recorded}}",
    };
    static const char *const limits[] = {"", "iops-total: 1000000000, bps-total: 1000000000000"};
    for (uint64_t seed = 1; seed <= RECORDINGS; seed++) {
        char trace[200];
        snprintf(trace, sizeof trace, "path: t.csv, %s",
                 models[seed % (sizeof models / sizeof models[0])]);
        answers_write_random(seed, "t.csv", answers_names, 0);
        for (size_t i = 0; i < 2; i++) {
            const char *group = i > 0 ? ", group: g" : "";
            struct answers open =
                answers_replay("path: t.csv, " OPEN, "{model: recorded}", group, limits[i]);
            struct answers same = answers_replay(trace, "{model: recorded}", group, limits[i]);
            forget_usual(&open, &same);
            answers_expect_same(&open, &same, 0);
            assert_true(open.digest == same.digest);
            answers_free(&open);
            answers_free(&same);
        }
    }
}

// Whatever delays them, a thread's requests come in the order of the recording.
static void keep_the_order(const struct answers *answers)
{
    uint64_t last[2 * ANSWERS_NAMES] = {0};
    bool any[2 * ANSWERS_NAMES] = {false};
    for (size_t i = 0; i < answers->count; i++) {
        uint32_t stream = answers->items[i].stream;
        assert_in_range(stream, 0, 2 * ANSWERS_NAMES - 1);
        assert_true(!any[stream] || answers->items[i].order > last[stream]);
        last[stream] = answers->items[i].order;
        any[stream] = true;
    }
}

// Requests of this stream that were outstanding at most, those never completed aside.
static uint32_t most_outstanding(const struct answers *answers, uint32_t stream)
{
    uint32_t most = 0;
    for (size_t i = 0; i < answers->count; i++) {
        const struct answer *at = &answers->items[i];
        if (at->stream != stream || at->complete_ns == INT64_MAX)
            continue;
        uint32_t outstanding = 1;
        for (size_t j = 0; j < i; j++)
            outstanding += answers->items[j].stream == stream &&
                           answers->items[j].complete_ns != INT64_MAX &&
                           answers->items[j].complete_ns > at->arrival_ns;
        most = outstanding > most ? outstanding : most;
    }
    return most;
}

// A stream of depth D never has more than D outstanding; here of requests that end in the
// recording.
static void hold_under_limits(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RECORDINGS; seed++) {
        static const char *const limits[] = {"iops-total: 40", "bps-total: 100000",
                                             "iops-read: 20, bps-write: 65536",
                                             "iops-total: 20, iops-total-max: 200"};
        static const char *const devices[] = {"{model: recorded}", "{model: fixed, latency: 3ms}",
                                              "{model: \"null\"}"};
        static const char *const traces[] = {
            "path: t.csv, arrivals: dependent, streams: {a: {depth: 2}, b: {depth: 3}}",
            "path: t.csv, arrivals: closed, closed: {depth: 3}",
            "path: t.csv, arrivals: dependent, streams: {c: {kind: async}, d: {kind: async}}",
            "path: t.csv, arrivals: closed, closed: {think: keep}",
            "path: t.csv, arrivals: dependent",
        };
        answers_write_random(seed, "t.csv", answers_names, 0);
        struct answers answers =
            answers_replay(traces[seed % 5], devices[seed % 3], ", group: g", limits[seed % 4]);
        keep_the_order(&answers);
        for (uint32_t i = 0; i < answers.streams.count; i++) {
            const struct stream *stream = &answers.streams.items[i];
            bool has_depth =
                stream->kind == SCENARIO_STREAM_ASYNC || stream->origin == STREAM_CLOSED;
            if (has_depth && stream->endless == 0)
                assert_in_range(most_outstanding(&answers, i), 0, stream->depth);
        }
        answers_free(&answers);
    }
}

// What is dropped has completed at once, long before its recorded time: what the recording has
// after that comes then, and no sooner.
static void dropped_is_over_at_once(void **state)
{
    (void)state;
    FILE *out = fopen(scratch_path("t.csv"), "w");
    uint64_t random = 1;
    int64_t ticks_ns = 1234567;
    assert_non_null(out);
    fputs(STREAM_HEADER, out);
    for (int64_t i = 0; i < 60; i++) {
        int64_t time_ns = i * 100 * MS + (int64_t)random_below(&random, 900000);
        for (; ticks_ns < time_ns; ticks_ns += 10 * MS)
            fprintf(out, "%" PRId64 ",read,0,4096,vdc,1000,ticker\n", ticks_ns);
        fprintf(out, "%" PRId64 ",read,0,4096,vdc,2000000,caller\n", time_ns);
        fprintf(out, "%" PRId64 ",read,1,4096,vdc,%s,callee\n", time_ns + 2050000,
                i < 59 ? "5000000" : "10000000000");
    }
    for (; ticks_ns < 16 * SECOND; ticks_ns += 10 * MS)
        fprintf(out, "%" PRId64 ",read,0,4096,vdc,1000,ticker\n", ticks_ns);
    fprintf(out, "%" PRId64 ",read,1,4096,vdc,1000000,callee\n", 16 * SECOND);
    fclose(out);
    struct answers answers = answers_replay(
        "path: t.csv, " DEPENDENT
        ", streams: {caller: {kind: sync, lifetime: recorded}, ticker: {kind: open}}",
        "{model: fixed, latency: 30ms}", ", group: g", "iops-read: 1000");
    assert_int_equal(answers.streams.call_count, 1);
    assert_true(answers.count < 60 * 2 + 1 + 1600); // some were dropped
    keep_the_order(&answers);
    answers_free(&answers);
}

// The second program of a script starts when the first is over, what a clock starts does not.
static void programs_of_a_script(void **state)
{
    (void)state;
    static const struct {
        const char *start_after;
        int64_t arrivals_ns[5]; // of the two programs, then of the clock's
    } rows[] = {
        {"", {0, 4 * MS, 8 * MS, 1904 * MS, 6500 * MS}},
        {", start-after: 2ms", {0, 4 * MS, 904 * MS, 1904 * MS, 6500 * MS}},
        {", start-after: 10s", {0, 4 * MS, 904 * MS, 1904 * MS, 9388 * MS}},
    };
    scratch_text("t.csv", STREAM_HEADER "0,read,0,4096,vdc,1000000,one\n"
                                        "4000000,read,0,4096,vdc,2000000,one\n"
                                        "8000000,read,0,4096,vdc,1000000,two\n"
                                        "12000000,read,0,4096,vdc,1000000,two\n"
                                        "6500000000,read,0,4096,vdc,1000000,cron\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char trace[100];
        snprintf(trace, sizeof trace, "path: t.csv, arrivals: dependent%s", rows[i].start_after);
        struct answers answers =
            answers_replay(trace, "{model: recorded}", ", group: g", "iops-total: 1");
        assert_int_equal(answers.count, 5);
        for (size_t j = 0; j < answers.count; j++)
            assert_int_equal(answers.items[j].arrival_ns, rows[i].arrivals_ns[j]);
        answers_free(&answers);
    }
}

// A completion that is missing is one that is usual, not one that never comes.
static void missing_completions(void **state)
{
    (void)state;
    scratch_text("t.csv", STREAM_HEADER "0,read,0,4096,vdc,1000000,a\n"
                                        "2000000,read,0,4096,vdc,3000000,a\n"
                                        "6000000,write,0,65536,vdc,,a\n" // of its kind there is
                                        "9000000,write,0,65536,vdc,2000000,a\n"
                                        "12000000,flush,0,0,vdc,,a\n" // there is none of its kind
                                        "20000000,read,0,4096,vdc,1000000,a\n"
                                        "30000000,read,0,4096,vdd,,a\n" // nothing of its disk
                                        "40000000,read,0,4096,vdc,1000000,a\n");
    static const struct {
        const char *device;
        int64_t times_ns[8][2]; // arrival and completion
    } rows[] = {
        // The median of all, 1 ms, is that of a histogram.
        {"{model: recorded}",
         {{0, MS},
          {2 * MS, 5 * MS},
          {6 * MS, 8 * MS},
          {9 * MS, 11 * MS},
          {12 * MS, 13001471},
          {20 * MS, 21 * MS},
          {30 * MS, INT64_MAX},
          {40 * MS, 41 * MS}}},
        {"{model: fixed, latency: 10ms}",
         {{0, 10 * MS},
          {11 * MS, 21 * MS},
          {22 * MS, 32 * MS},
          {33 * MS, 43 * MS},
          {44 * MS, 54 * MS},
          {60998529, 70998529},
          {79998529, 89998529},
          {89998529, 99998529}}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answers answers = answers_replay("path: t.csv, " DEPENDENT, rows[i].device,
                                                ", group: g", "iops-total: 1000000");
        assert_int_equal(answers.count, 8);
        for (size_t j = 0; j < answers.count; j++) {
            assert_int_equal(answers.items[j].arrival_ns, rows[i].times_ns[j][0]);
            assert_int_equal(answers.items[j].complete_ns, rows[i].times_ns[j][1]);
        }
        answers_free(&answers);
    }
}

// Later, and by other names, nothing changes.
static void do_not_depend_on_names_and_times(void **state)
{
    (void)state;
    static const char *const other_names[ANSWERS_NAMES] = {
        "d", "a", "other b", "kworker/u8:2-flush", "kworker/0:1", "xfsaild/sda1", "c"};
    const int64_t shift_ns = 12345678901;
    for (uint64_t seed = 1; seed <= RECORDINGS / 3; seed++) {
        answers_write_random(seed, "t.csv", answers_names, 0);
        answers_write_random(seed, "u.csv", other_names, shift_ns);
        struct answers one = answers_replay("path: t.csv, " DEPENDENT, "{model: recorded}",
                                            ", group: g", "iops-total: 50");
        struct answers other = answers_replay("path: u.csv, " DEPENDENT, "{model: recorded}",
                                              ", group: g", "iops-total: 50");
        answers_expect_same(&one, &other, shift_ns);
        answers_free(&one);
        answers_free(&other);
    }
}

// What a user may say of streams, and what is said then.
static void refuses_what_cannot_be(void **state)
{
    (void)state;
    static const struct lab_refusal rows[] = {
        {"members: [{id: a}]\ntrace: {path: t.csv, arrivals: dependant}\n",
         "2:32: expected auto, open, closed or dependent, found 'dependant'; did you mean "
         "'dependent'?"},
        {"members: [{id: a}]\ntrace: {path: t.csv, streams: {fio: {depth: 0}}}\n",
         "2:45: expected a number of requests, 1 to 1000000, found '0'"},
        {"members: [{id: a}]\ntrace: {path: t.csv, streams: {fio: {kind: sink}}}\n",
         "2:44: expected inferred, open, sync, async or paced, found 'sink'; did you mean 'sync'?"},
        {"members: [{id: a}]\ntrace: {path: t.csv, streams: {fio: {}, fio: {}}}\n",
         "2:41: the stream 'fio' comes twice"},
        {"members: [{id: a}]\ntrace: {path: t.csv, streams: [fio]}\n",
         "2:31: expected the names of streams, each with what is known of it, such as fio: {kind: "
         "async, depth: 16}"},
        {"members: [{id: a}]\ntrace: {path: t.csv, closed: {depth: many}}\n",
         "2:38: expected a number of requests, 1 to 1000000, found 'many'"},
        {0},
    };
    scratch_text("t.csv", STREAM_HEADER "0,read,0,4096,a,5,x\n");
    lab_refuse_all(rows);
}

// ---- Flushes ----

// The second thread's flush answers that of the first, too: both go on after it.
static void a_flush_answers_all(void **state)
{
    (void)state;
    scratch_text("flush.txt", "8,0 0 1 0.000000000 9 Q W 8 + 8 [a]\n"
                              "8,0 0 2 0.000001000 9 D W 8 + 8 [a]\n"
                              "8,0 0 3 0.000101000 0 C W 8 + 8 [0]\n"
                              "8,0 0 4 0.000200000 9 Q FWS [a]\n"
                              "8,0 0 5 0.000201000 7 Q FWS [b]\n"
                              "8,0 0 6 0.000210000 5 D FN [kworker/0:1H]\n"
                              "8,0 0 7 0.001210000 0 C FN 0 [0]\n"
                              "8,0 0 8 0.001300000 9 Q W 16 + 8 [a]\n"
                              "8,0 0 9 0.001310000 9 D W 16 + 8 [a]\n"
                              "8,0 0 10 0.001400000 7 Q R 80 + 8 [b]\n"
                              "8,0 0 11 0.001410000 7 D R 80 + 8 [b]\n"
                              "8,0 0 12 0.001500000 0 C W 16 + 8 [0]\n"
                              "8,0 0 13 0.001600000 0 C R 80 + 8 [0]\n");
    struct answers answers = answers_of("members: [{id: a}]\n"
                                        "trace: {path: flush.txt, arrivals: dependent}\n"
                                        "device: {model: fixed, latency: 10ms}\n");
    static const int64_t expected_ns[] = {
        1000,
        210000,            // the flush is the first of its thread
        10210000 + 100000, // as long after it as recorded
        10210000 + 200000,
    };
    assert_int_equal(answers.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(answers.items[i].arrival_ns, expected_ns[i]);
    answers_free(&answers);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(refuses_what_cannot_be), cmocka_unit_test(are_the_recording),
    cmocka_unit_test(hold_under_limits),      cmocka_unit_test(dropped_is_over_at_once),
    cmocka_unit_test(programs_of_a_script),   cmocka_unit_test(missing_completions),
    cmocka_unit_test(a_flush_answers_all),    cmocka_unit_test(do_not_depend_on_names_and_times),
};
TEST_GROUP(dependent, tests, scratch_make, scratch_remove);
