// SPDX-License-Identifier: GPL-2.0-or-later
// The limits under which few requests wait: what a whole run says at the limit and just below, and
// that the share that waits never grows with the limit.
#include "tests/sim/lab.h"
#include "tests/sim/trace_info_model.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRACES 12

// How many requests wait in a run with the members of a trace in one group; alone: only this one.
static uint64_t run_waiting(const struct model_trace *trace, const char *alone, const char *key,
                            int64_t limit)
{
    char text[1024], member[128];
    snprintf(text, sizeof text, "groups: [{id: g, limits: {%s: %" PRId64 "}}]\nmembers:\n", key,
             limit);
    for (uint32_t i = 0; i < trace->volumes; i++) {
        snprintf(member, sizeof member, "v%" PRIu32, i);
        bool is_in = alone == NULL || strcmp(alone, member) == 0;
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "  - {id: %s, attach: filter, discard: unmap%s}\n", member,
                 is_in ? ", group: g" : "");
    }
    strcat(text, "trace: random.csv\n");
    struct lab_run run = lab_run_complete(text);
    uint64_t waiting = (uint64_t)lab_integer(
        &run, "SELECT count(*) FROM request_log WHERE ifnull(dispatch_ns, 1 << 62) > arrival_ns");
    lab_run_free(&run);
    return waiting;
}

static void check_answer(const struct model_trace *trace, const struct info_volume *volume,
                         int kind, int share)
{
    const struct info_answers *answers = volume->answers;
    const struct info_answer *answer = &answers->answer[kind][share];
    const char *key = info_limit_keys[kind];
    double most = info_share_values[share] * (double)answers->requests;
    assert_true(answer->confirmed);
    assert_true(answer->limit > 0);
    assert_int_equal(run_waiting(trace, volume->name, key, answer->limit), answer->waiting);
    assert_true((double)answer->waiting <= most);
    if (answer->limit > 1)
        assert_true((double)run_waiting(trace, volume->name, key, answer->limit - 1) > most);
}

static void runs_agree(void **state)
{
    (void)state;
    static struct model_trace trace;
    for (uint64_t seed = 100; seed < 100 + TRACES; seed++) {
        struct trace_info info;
        model_make(&trace, seed);
        model_write(&trace, "random.csv");
        model_read("random.csv", &info);
        for (int i = 0; i < INFO_LIMIT_COUNT * INFO_SHARE_COUNT; i++) {
            int kind = i / INFO_SHARE_COUNT, share = i % INFO_SHARE_COUNT;
            check_answer(&trace, &info.all, kind, share);
            check_answer(&trace, &info.volumes[seed % info.volume_count], kind, share);
        }
        trace_info_free(&info);
    }
}

// The law that lets the answer be searched for at all.
static void waiting_falls_with_the_limit(void **state)
{
    (void)state;
    static struct model_trace trace;
    for (uint64_t seed = 200; seed < 203; seed++) {
        uint64_t random = seed, last = UINT64_MAX;
        model_make(&trace, seed);
        model_write(&trace, "random.csv");
        for (int64_t limit = 1 + (int64_t)random_below(&random, 3); limit < 1000000;
             limit += 1 + (int64_t)random_below(&random, (uint64_t)limit)) {
            uint64_t waiting = run_waiting(&trace, NULL, "iops-total", limit);
            assert_true(waiting <= last);
            last = waiting;
        }
        assert_int_equal(last, 0);
    }
}

// A burst of n at one time needs n - 1 in a tenth of a second; then a pause, and the same again.
static void known_answers(void **state)
{
    (void)state;
    FILE *file = fopen(scratch_path("burst.csv"), "w");
    assert_non_null(file);
    fputs(HEADER, file);
    for (int i = 0; i < 1000; i++)
        fprintf(file, "%d,%s,0,1000,a,\n", i < 500 ? 0 : 2000000000, i % 2 == 0 ? "read" : "write");
    fclose(file);
    struct trace_info info;
    model_read("burst.csv", &info);
    const struct info_answers *answers = info.all.answers;
    assert_int_equal(answers->requests, 1000);
    // 10 may wait, 5 of each burst: the 495th may find 494 before it.
    assert_int_equal(answers->answer[INFO_IOPS_TOTAL][INFO_SHARE_1_PERCENT].limit, 4940);
    assert_int_equal(answers->answer[INFO_IOPS_TOTAL][INFO_SHARE_1_PERCENT].waiting, 10);
    // 1 may wait, so none of the last of one burst can: as if none may.
    assert_int_equal(answers->answer[INFO_IOPS_TOTAL][INFO_SHARE_01_PERCENT].limit, 4990);
    assert_int_equal(answers->answer[INFO_IOPS_TOTAL][INFO_SHARE_NONE].limit, 4990);
    assert_int_equal(answers->answer[INFO_BPS_TOTAL][INFO_SHARE_1_PERCENT].limit, 4940000);
    assert_int_equal(answers->answer[INFO_BPS_TOTAL][INFO_SHARE_NONE].limit, 4990000);
    trace_info_free(&info);
}

// Evenly spaced requests stand right at the edge, where rounding decides: the engine's.
static void edges_are_the_engines(void **state)
{
    (void)state;
    static const int64_t gaps_ns[] = {1, 3, 999, 333333, 333334, 1000000, 6666667, 700000001};
    for (size_t i = 0; i < sizeof gaps_ns / sizeof gaps_ns[0]; i++) {
        static struct model_trace trace;
        struct trace_info info;
        trace = (struct model_trace){.count = 2500, .volumes = 1};
        for (size_t j = 0; j < trace.count; j++)
            trace.requests[j] = (struct model_request){
                .arrival_ns = (int64_t)j * gaps_ns[i],
                .latency_ns = -1,
                .bytes = 4096,
                .op = j % 3 == 0 ? TRACE_WRITE : TRACE_READ,
            };
        model_write(&trace, "random.csv");
        model_read("random.csv", &info);
        for (int j = 0; j < INFO_LIMIT_COUNT * INFO_SHARE_COUNT; j++)
            check_answer(&trace, &info.all, j / INFO_SHARE_COUNT, j % INFO_SHARE_COUNT);
        trace_info_free(&info);
    }
}

// A wrong guess is put right, from either side and from far away.
static void wrong_guesses_are_corrected(void **state)
{
    (void)state;
    static const int64_t guesses[] = {0,    1,    2,    4900,    4939,
                                      4940, 4941, 5000, 4000000, INFO_LIMIT_MAX};
    for (size_t i = 0; i < sizeof guesses / sizeof guesses[0]; i++) {
        struct info_spool spool = {0};
        struct sim_error error;
        struct info_answers answers[2] = {{.requests = 1000}};
        for (int j = 0; j < 1000; j++) {
            struct info_record record = {j < 500 ? 0 : 2 * SECOND, 1000, 0, TRACE_READ, 0};
            assert_true(info_spool_add(&spool, &record, &error));
        }
        for (int share = 0; share < INFO_SHARE_COUNT; share++) {
            answers[0].answer[INFO_IOPS_TOTAL][share].limit = guesses[i];
            answers[0].answer[INFO_BPS_TOTAL][share].limit = guesses[i];
        }
        assert_true(info_limits_confirm(&spool, NULL, NULL, 1, answers, &error));
        assert_int_equal(answers[0].answer[INFO_IOPS_TOTAL][0].limit, 4940);
        assert_int_equal(answers[0].answer[INFO_IOPS_TOTAL][2].limit, 4990);
        assert_int_equal(answers[0].answer[INFO_BPS_TOTAL][0].limit, 4940000);
        assert_true(answers[0].answer[INFO_BPS_TOTAL][0].confirmed);
        info_spool_close(&spool);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(runs_agree),
    cmocka_unit_test(waiting_falls_with_the_limit),
    cmocka_unit_test(known_answers),
    cmocka_unit_test(edges_are_the_engines),
    cmocka_unit_test(wrong_guesses_are_corrected),
};
TEST_GROUP(trace_info_limits, tests, scratch_make, scratch_remove);
