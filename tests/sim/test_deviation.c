// SPDX-License-Identifier: GPL-2.0-or-later
// Runs beside accepted results: counts and percentiles are those of the log of requests, and a
// single changed decision is named, whichever it is.
#include "tests/sim/lab.h"

#include "sim/check/deviation.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const volatile sig_atomic_t never_stop;

#define WORKLOAD                                                                                   \
    "groups: [{id: g, limits: {iops-total: 28, iops-total-max: 50, bps-write: 300kB}}]\n"          \
    "members: [{id: m0, group: g, attach: filter, discard: unmap},\n"                              \
    " {id: m1, group: g, attach: drive}, {id: m2}]\n"                                              \
    "trace: w.csv\ndevice: {model: fixed, latency: 3ms}\nend: 9s\n"

static void write_workload(void)
{
    static const char *const ops[] = {"read", "write", "discard", "flush"};
    char *text;
    size_t size;
    uint64_t random = 7;
    FILE *out = open_memstream(&text, &size);
    fputs("time_ns,op,offset,bytes,member\n", out);
    for (int i = 0; i < 600; i++) {
        uint64_t op = random_below(&random, 12);
        op = op < 5 ? 0 : op < 10 ? 1 : op - 8;
        fprintf(out, "%" PRId64 ",%s,0,%d,m%" PRIu64 "\n", (int64_t)(i / 3) * 40 * MS, ops[op],
                op == 3 ? 0 : 4096 * (1 + i % 4), random_below(&random, 3));
    }
    assert_int_equal(fclose(out), 0);
    scratch_write("w.csv", text, size);
    free(text);
}

// The run's deviation with `accepted`, the run's own results in *found.
static struct deviation compare(const struct accepted *accepted, struct accepted *found)
{
    struct progress_watch watch = {.stop = &never_stop};
    struct deviation deviation;
    struct sim_error error;
    struct scenario *scenario = lab_load("w.yaml", WORKLOAD, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    assert_true(deviation_open(&deviation, accepted));
    if (!collect_run(scenario, &watch, &deviation, found, &error))
        fail_msg("%s", error.message);
    scenario_free(scenario);
    return deviation;
}

static struct accepted collect(void)
{
    struct accepted nothing = {.engine = ""}, found;
    write_workload();
    struct deviation deviation = compare(&nothing, &found);
    deviation_close(&deviation);
    assert_true(found.decision_count > 250);
    size_t last = found.decision_count - 1;
    assert_true(found.decisions[last].dispatch_ns == ACCEPTED_NEVER);
    for (; found.decisions[last - 1].dispatch_ns == ACCEPTED_NEVER; last--)
        assert_true(found.decisions[last - 1].seq < found.decisions[last].seq);
    return found;
}

// Counts and percentiles, as SQL finds them in the log of the run.
static void test_numbers(void **state)
{
    static const unsigned percents[] = {50, 90, 99, 100};
    char sql[600];
    struct accepted found = collect();
    struct lab_run run = lab_run_complete(WORKLOAD);
    (void)state;
    assert_int_equal(lab_integer(&run, "SELECT count(*) FROM request_log"), found.requests);
    for (size_t i = 0; i < found.stream_count; i++) {
        const struct accepted_stream *stream = &found.streams[i];
        char where[200];
        snprintf(where, sizeof where,
                 " FROM request_log WHERE member = '%s' AND CASE op WHEN 'write-zeroes' THEN "
                 "'write' ELSE op END = '%s'",
                 stream->member, report_direction_name(stream->direction));
        static const char *const counts[] = {"1", "dispatch_ns NOT NULL", "complete_ns NOT NULL",
                                             "dispatch_ns IS NOT arrival_ns"};
        for (int n = 0; n <= ACCEPTED_WAITED; n++) {
            snprintf(sql, sizeof sql, "SELECT sum(%s)%s", counts[n], where);
            assert_int_equal(lab_integer(&run, sql), stream->numbers[n]);
        }
        for (int n = 0; n < 4; n++) {
            snprintf(sql, sizeof sql,
                     "WITH w AS (SELECT dispatch_ns - arrival_ns AS wait%s AND dispatch_ns NOT "
                     "NULL) SELECT min(wait) FROM w WHERE (SELECT count(*) FROM w AS v WHERE "
                     "v.wait <= w.wait) * 100 >= %u * (SELECT count(*) FROM w)",
                     where, percents[n]);
            assert_int_equal(lab_integer(&run, sql), stream->numbers[ACCEPTED_P50 + n]);
        }
    }
    lab_run_free(&run);
    accepted_free(&found);
}

static struct accepted copy(const struct accepted *accepted)
{
    struct accepted twin = *accepted;
    twin.streams = calloc(twin.stream_count + 1, sizeof *twin.streams);
    twin.decisions = calloc(twin.decision_count + 2, sizeof *twin.decisions);
    for (size_t i = 0; i < twin.stream_count; i++) {
        twin.streams[i] = accepted->streams[i];
        twin.streams[i].member = strdup(accepted->streams[i].member);
    }
    memcpy(twin.decisions, accepted->decisions, twin.decision_count * sizeof *twin.decisions);
    return twin;
}

static void expect_first(const struct accepted *accepted, uint64_t seq, int64_t leaves_ns,
                         int64_t accepted_ns)
{
    struct accepted found;
    struct deviation deviation = compare(accepted, &found);
    assert_int_equal(deviation.different, 1);
    assert_int_equal(deviation.first.seq, seq);
    assert_true(deviation.first.leaves_ns == leaves_ns);
    assert_true(deviation.first.accepted_ns == accepted_ns);
    assert_false(deviation_is_none(&deviation, &found));
    deviation_close(&deviation);
    accepted_free(&found);
}

static void test_equal_holds(void **state)
{
    struct accepted once = collect(), twice;
    struct deviation deviation = compare(&once, &twice);
    (void)state;
    assert_true(deviation_is_none(&deviation, &twice));
    assert_int_equal(deviation.different, 0);
    deviation_close(&deviation);
    accepted_free(&twice);
    accepted_free(&once);
}

// Each waiting request in turn: accepted 1 ns later; never; and at once, as one not in the list.
static void test_each_change_is_named(void **state)
{
    struct accepted found = collect();
    (void)state;
    for (size_t i = 0; i < found.decision_count; i++) {
        struct accepted twin = copy(&found);
        int64_t time_ns = found.decisions[i].dispatch_ns;
        uint64_t seq = found.decisions[i].seq;
        int64_t other_ns = time_ns == ACCEPTED_NEVER ? 8 * SECOND : time_ns + 1;
        twin.decisions[i].dispatch_ns = other_ns;
        expect_first(&twin, seq, time_ns, other_ns);
        twin.decisions[i] = twin.decisions[--twin.decision_count];
        expect_first(&twin, seq, time_ns, (int64_t)(seq / 3) * 40 * MS);
        accepted_free(&twin);
    }
    accepted_free(&found);
}

// Each request that left at once, accepted as one that waits.
static void test_each_wait_that_is_gone_is_named(void **state)
{
    struct accepted found = collect();
    bool waits[600] = {false};
    (void)state;
    for (size_t i = 0; i < found.decision_count; i++)
        waits[found.decisions[i].seq] = true;
    for (uint64_t seq = 0; seq < 600; seq++) {
        struct accepted twin = copy(&found);
        int64_t arrival_ns = (int64_t)(seq / 3) * 40 * MS;
        if (!waits[seq]) {
            twin.decisions[twin.decision_count++] =
                (struct accepted_decision){seq, arrival_ns + 5, 0};
            expect_first(&twin, seq, arrival_ns, arrival_ns + 5);
        }
        accepted_free(&twin);
    }
    accepted_free(&found);
}

// Of two changes, the one with the earlier time is the first, wherever they stand.
static void test_the_earliest_is_first(void **state)
{
    struct accepted found = collect();
    uint64_t random = 5;
    (void)state;
    for (int round = 0; round < 100; round++) {
        struct accepted twin = copy(&found), again;
        size_t one = random_below(&random, 200), other = random_below(&random, 200);
        size_t first = one < other ? one : other;
        twin.decisions[one].dispatch_ns += 2 * SECOND;
        twin.decisions[other].dispatch_ns += 2 * SECOND;
        struct deviation deviation = compare(&twin, &again);
        assert_true(deviation.first.leaves_ns == found.decisions[first].dispatch_ns);
        assert_int_equal(deviation.different, one == other ? 1 : 2);
        deviation_close(&deviation);
        accepted_free(&again);
        accepted_free(&twin);
    }
    accepted_free(&found);
}

// At the same time: the one that arrived first.
static void test_the_smallest_is_first(void **state)
{
    struct accepted found = collect();
    (void)state;
    for (size_t i = 0; i + 1 < 200; i++) {
        struct accepted twin = copy(&found), again;
        uint64_t one = twin.decisions[i].seq, other = twin.decisions[i + 1].seq;
        twin.decisions[i].dispatch_ns = twin.decisions[i + 1].dispatch_ns = 1;
        struct deviation deviation = compare(&twin, &again);
        assert_int_equal(deviation.first.seq, one < other ? one : other);
        deviation_close(&deviation);
        accepted_free(&again);
        accepted_free(&twin);
    }
    accepted_free(&found);
}

// Two that leave in the same instant, accepted the other way round.
static void test_order_counts(void **state)
{
    struct accepted found = collect();
    size_t pairs = 0;
    (void)state;
    for (size_t i = 0; i + 1 < found.decision_count; i++) {
        struct accepted twin = copy(&found), again;
        struct accepted_decision *pair = &twin.decisions[i], first = pair[0];
        if (pair[0].dispatch_ns == pair[1].dispatch_ns && first.dispatch_ns != ACCEPTED_NEVER) {
            pair[0] = pair[1];
            pair[1] = first;
            struct deviation deviation = compare(&twin, &again);
            assert_int_equal(deviation.different, 0);
            assert_true(deviation.in_other_order);
            assert_int_equal(deviation.first_in_order.seq, first.seq);
            assert_int_equal(deviation.accepted_seq, pair[0].seq);
            assert_false(deviation_is_none(&deviation, &again));
            deviation_close(&deviation);
            accepted_free(&again);
            pairs++;
        }
        accepted_free(&twin);
    }
    assert_true(pairs > 0);
    accepted_free(&found);
}

// Requests that leave at once are found in the list in whatever order they come.
static void test_any_order_is_found(void **state)
{
    struct accepted_decision decisions[20];
    struct accepted accepted = {.engine = "x", .requests = 40, .decisions = decisions};
    uint64_t random = 9;
    (void)state;
    for (uint64_t i = 0; i < 20; i++)
        decisions[i] = (struct accepted_decision){2 * ((i * 7) % 20), 5, 0};
    accepted.decision_count = 20;
    for (int round = 0; round < 1000; round++) {
        struct deviation deviation;
        uint64_t wanted = 0;
        assert_true(deviation_open(&deviation, &accepted));
        for (int i = 0; i < 30; i++) {
            struct report_request request = {.seq = random_below(&random, 42), .op = "read"};
            wanted += request.seq % 2 == 0 && request.seq < 40;
            deviation_note(&deviation, &request);
        }
        assert_int_equal(deviation.different, wanted);
        deviation_close(&deviation);
    }
}

// Everything but the decisions: each field alone.
static void test_each_field_counts(void **state)
{
    struct accepted found = collect();
    (void)state;
    for (int field = 0; field < 6 + ACCEPTED_NUMBER_COUNT; field++) {
        struct accepted twin = copy(&found), again;
        struct accepted_decision *decisions = twin.decisions;
        if (field == 0)
            twin.engine[0] = 'x';
        else if (field == 1)
            twin.digest++;
        else if (field == 2)
            twin.requests++;
        else if (field == 3)
            twin.requests_hash++;
        else if (field == 4)
            twin.streams[1].member[0] = 'x';
        else if (field == 5)
            decisions[0].seq ^= decisions[1].seq, decisions[1].seq ^= decisions[0].seq,
                decisions[0].seq ^= decisions[1].seq;
        else
            twin.streams[2].numbers[field - 6]++;
        struct deviation deviation = compare(&twin, &again);
        assert_false(deviation_is_none(&deviation, &again));
        deviation_close(&deviation);
        accepted_free(&again);
        accepted_free(&twin);
    }
    accepted_free(&found);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_numbers),
    cmocka_unit_test(test_equal_holds),
    cmocka_unit_test(test_each_change_is_named),
    cmocka_unit_test(test_each_wait_that_is_gone_is_named),
    cmocka_unit_test(test_the_earliest_is_first),
    cmocka_unit_test(test_the_smallest_is_first),
    cmocka_unit_test(test_order_counts),
    cmocka_unit_test(test_any_order_is_found),
    cmocka_unit_test(test_each_field_counts),
};
TEST_GROUP(deviation, tests, scratch_make, scratch_remove);
