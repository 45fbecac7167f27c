// SPDX-License-Identifier: GPL-2.0-or-later
// Recordings that nobody records: nothing in them, everything at once, numbers at their ends.
#include "tests/sim/lab.h"

#include "sim/workload/info/trace_info.h"
#include "tests/support/test_group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_text(struct trace_info *info, const char *text)
{
    struct trace_config config = {.path = scratch_path("a.csv")};
    static const struct trace_info_options filter = {
        .wants_series = true, .ops = CUT_ALL_OPS, .attach = ENGINE_FILTER};
    struct sim_error error;
    scratch_text("a.csv", text);
    if (!trace_info_read(info, &config, &filter, &error))
        fail_msg("%s", error.message);
}

// The text has no line wider than the terminal but a word that is (a path), and no number that is
// none; the JSON holds what JSON can hold.
static json_t *show(struct trace_info *info)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_true(trace_info_print(info, &(struct report_style){.out = out, .width = REPORT_WIDTH}));
    fclose(out);
    assert_null(strstr(text, " nan"));
    assert_null(strstr(text, " inf"));
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n"), blanks = strspn(line, " ");
        if (length > REPORT_WIDTH && strcspn(line + blanks, " \n") < length - blanks)
            fail_msg("too wide, though it is no single word: %.200s", line);
    }
    free(text);
    json_t *json = trace_info_json(info);
    assert_non_null(json);
    text = json_dumps(json, 0);
    assert_non_null(text);
    free(text);
    return json;
}

static void show_and_free(struct trace_info *info)
{
    json_decref(show(info));
    trace_info_free(info);
}

static const struct info_answer *answer(const struct trace_info *info, int kind, int share)
{
    return &info->all.answers->answer[kind][share];
}

static void nothing(void **state)
{
    (void)state;
    struct trace_info info;
    struct sim_error error;
    read_text(&info, HEADER);
    assert_int_equal(info.all.requests, 0);
    assert_int_equal(answer(&info, INFO_IOPS_TOTAL, 0)->limit, 1);
    assert_false(info_draw(&info, "nowhere", NULL, NULL, &error));
    assert_int_equal(error.exit, SIM_BAD_INPUT);
    show_and_free(&info);
}

static void one_request(void **state)
{
    (void)state;
    struct trace_info info;
    read_text(&info, HEADER "5,read,0,4096,,77\n");
    assert_int_equal(info.all.windows.window[0].peak_requests, 1);
    assert_int_equal(info.all.gap_histogram.count, 0);
    assert_int_equal(info.all.touched, 1);
    for (int i = 0; i < INFO_SHARE_COUNT; i++) {
        assert_int_equal(answer(&info, INFO_IOPS_TOTAL, i)->limit, 1);
        assert_int_equal(answer(&info, INFO_BPS_TOTAL, i)->limit, 1);
        assert_true(answer(&info, INFO_BPS_TOTAL, i)->confirmed);
    }
    show_and_free(&info);
}

static void only_flushes(void **state)
{
    (void)state;
    struct trace_info info;
    read_text(&info, HEADER "5,flush,0,0,,\n6,flush,0,0,,\n7,flush,0,0,,\n");
    assert_int_equal(info.all.answers->requests, 0);
    assert_int_equal(info.all.requests, 3);
    assert_true(info_volume_read_share(&info.all) <= 0);
    show_and_free(&info);
}

static void all_at_one_time(void **state)
{
    (void)state;
    struct trace_info info;
    char *text = malloc(1 << 20);
    assert_non_null(text);
    strcpy(text, HEADER);
    for (size_t i = 0, used = strlen(text); i < 5001; i++)
        used += (size_t)sprintf(text + used, "9,write,%zu,512,,\n", i * 512);
    read_text(&info, text);
    free(text);
    assert_int_equal(info.all.windows.window[0].peak_requests, 5001);
    assert_int_equal(info.all.windows.next, 1);
    assert_true(info_volume_gap_variation(&info.all) < 0);
    assert_int_equal(info.resolution_ns, 0);
    assert_int_equal(answer(&info, INFO_IOPS_TOTAL, INFO_SHARE_NONE)->limit, 50000);
    assert_int_equal(answer(&info, INFO_BPS_TOTAL, INFO_SHARE_NONE)->limit, 512 * 50000);
    assert_int_equal(info.all.directions[1].sequential, 5000);
    show_and_free(&info);
}

static void late_times(void **state)
{
    (void)state;
    struct trace_info info;
    read_text(&info, HEADER "0,read,0,512,a,\n4611686018427387904,read,0,512,b,\n"
                            "4611686018427387905,read,0,512,a,4611686018427387904\n"
                            "9223372036854775806,write,0,512,b,9223372036854775807\n");
    assert_int_equal(info.all.last_ns, INT64_MAX - 1);
    assert_int_equal(info.all.windows.window[0].counter.counts.count, (INT64_MAX - 1) / MS);
    assert_int_equal(info.all.windows.window[0].peak_requests, 2);
    // One unit of the first has to fit into a tenth of a second.
    assert_int_equal(answer(&info, INFO_IOPS_TOTAL, INFO_SHARE_NONE)->limit, 10);
    show_and_free(&info);
}

// Sums stop at 2^63 - 1, a limit for it is beyond what an engine takes, and nothing overflows.
static void far_offsets(void **state)
{
    (void)state;
    struct trace_info info;
    read_text(&info, HEADER "0,read,9223372036854775806,1,,\n1,write,0,9223372036854775807,,\n"
                            "2,discard,1,9223372036854775806,,\n3,read,0,9223372036854775807,,\n"
                            "4,write-zeroes,9223372036854774784,512,,\n5,read,0,1,,\n");
    assert_int_equal(info.all.bytes, INT64_MAX);
    assert_true(info.all.touched_cut);
    assert_int_equal(answer(&info, INFO_BPS_TOTAL, INFO_SHARE_NONE)->limit, 0);
    assert_true(answer(&info, INFO_BPS_TOTAL, INFO_SHARE_NONE)->confirmed);
    json_t *json = show(&info);
    json_t *limits = json_object_get(json_object_get(json, "all"), "limits");
    assert_true(json_is_null(
        json_object_get(json_array_get(json_object_get(limits, "bps-total"), 0), "limit")));
    json_decref(json);
    trace_info_free(&info);
}

// Random rows with numbers of every magnitude: no more is asked than that it ends.
static void random_magnitudes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        char text[20000] = HEADER;
        uint64_t random = seed, now_ns = 0;
        struct trace_info info;
        for (size_t used = strlen(text); used < sizeof text - 200;) {
            uint64_t gap_ns = random_next(&random) >> (7 + random_below(&random, 57));
            uint64_t bytes = random_next(&random) >> (1 + random_below(&random, 63));
            uint64_t offset = random_below(&random, (uint64_t)INT64_MAX - bytes);
            enum trace_op op = (enum trace_op)random_below(&random, TRACE_OP_COUNT);
            now_ns += gap_ns < INT64_MAX - now_ns ? gap_ns : 0;
            used += (size_t)sprintf(text + used, "%llu,%s,%llu,%llu,v%d,%llu\n",
                                    (unsigned long long)now_ns, trace_op_name(op),
                                    (unsigned long long)offset,
                                    (unsigned long long)(op == TRACE_FLUSH ? 0 : bytes),
                                    (int)random_below(&random, 9), (unsigned long long)gap_ns);
        }
        read_text(&info, text);
        show_and_free(&info);
    }
}

// As many volumes as a file of this size can name: the answers are there, not confirmed.
static void many_volumes(void **state)
{
    (void)state;
    struct trace_info info;
    char *text = malloc(1 << 20);
    assert_non_null(text);
    strcpy(text, HEADER);
    for (size_t i = 0, used = strlen(text); i < 6000; i++)
        used += (size_t)sprintf(text + used, "%zu,write,0,4096,volume-%zu,\n", i, i % 3000);
    read_text(&info, text);
    free(text);
    assert_int_equal(info.volume_count, 3000);
    assert_int_equal(info.all.touched, 3000);
    assert_false(answer(&info, INFO_IOPS_TOTAL, INFO_SHARE_NONE)->confirmed);
    assert_in_range(answer(&info, INFO_IOPS_TOTAL, INFO_SHARE_NONE)->limit, 59980, 59991);
    show_and_free(&info);
}

// The search alone finds what the engine would say, where no request stands at the edge.
static void answers_without_the_engine(void **state)
{
    (void)state;
    static const int64_t limits[INFO_SHARE_COUNT] = {21770, 21970, 21990};
    static const uint64_t waiting[INFO_SHARE_COUNT] = {22, 2, 0};
    struct trace_info info;
    char *text = malloc(1 << 18);
    assert_non_null(text);
    strcpy(text, HEADER);
    for (size_t i = 0, used = strlen(text); i < 2200; i++)
        used += (size_t)sprintf(text + used, "7,read,0,1000,volume-%zu,\n", i % 1100);
    read_text(&info, text);
    free(text);
    for (int share = 0; share < INFO_SHARE_COUNT; share++) {
        assert_false(answer(&info, INFO_IOPS_TOTAL, share)->confirmed);
        assert_int_equal(answer(&info, INFO_IOPS_TOTAL, share)->limit, limits[share]);
        assert_int_equal(answer(&info, INFO_IOPS_TOTAL, share)->waiting, waiting[share]);
        assert_int_equal(answer(&info, INFO_BPS_TOTAL, share)->limit, 1000 * limits[share]);
        assert_int_equal(answer(&info, INFO_BPS_TOTAL, share)->waiting, waiting[share]);
    }
    show_and_free(&info);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(nothing),
    cmocka_unit_test(one_request),
    cmocka_unit_test(only_flushes),
    cmocka_unit_test(all_at_one_time),
    cmocka_unit_test(late_times),
    cmocka_unit_test(far_offsets),
    cmocka_unit_test(random_magnitudes),
    cmocka_unit_test(many_volumes),
    cmocka_unit_test(answers_without_the_engine),
};
TEST_GROUP(trace_info_hostile, tests, scratch_make, scratch_remove);
