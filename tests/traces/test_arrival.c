// SPDX-License-Identifier: GPL-2.0-or-later
// Which event is the arrival where it is for each device to tell.
#include "tests/support/same_request.h"
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"
#include "traces/blktrace/blktrace_pair.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define DEVICE(major, minor) ((major) << 20 | (minor))
#define MAPPER DEVICE(253, 0)  // of the device mapper: Q and C, no D
#define DISK DEVICE(254, 0)    // all three
#define ISSUED DEVICE(254, 16) // `blktrace -a issue -a complete`
#define SILENT DEVICE(254, 32) // only completions

#define EVENT(time, what, sector_, of)                                                             \
    {                                                                                              \
        .time_ns = (time), .sector = (sector_), .bytes = 4096, .action = (what), .device = (of)    \
    }

static const struct event mapped[] = {
    EVENT(100, EVENT_QUEUE_READ, 8, MAPPER),      EVENT(110, EVENT_QUEUE_READ, 1008, DISK),
    EVENT(120, EVENT_QUEUE_READ, 2008, DISK),     EVENT(130, EVENT_ISSUE_READ, 1008, DISK),
    EVENT(140, EVENT_ISSUE_READ, 8, ISSUED),      EVENT(150, EVENT_COMPLETE_READ, 1008, DISK),
    EVENT(160, EVENT_COMPLETE_READ, 8, MAPPER),   EVENT(170, EVENT_COMPLETE_READ, 8, ISSUED),
    EVENT(180, EVENT_ISSUE_READ, 2008, DISK),     EVENT(190, EVENT_COMPLETE_READ, 2008, DISK),
    EVENT(200, EVENT_QUEUE_READ, 16, MAPPER),     EVENT(210, EVENT_COMPLETE_READ, 16, MAPPER),
    EVENT(220, EVENT_COMPLETE_READ, 800, SILENT),
};

static void expect_mapped(struct reading *reading)
{
    static const struct {
        int64_t arrival_ns, latency_ns;
        const char *volume;
        enum trace_arrival arrival;
    } expected[] = {
        {100, 60, "253,0", TRACE_ARRIVAL_QUEUE},  {130, 20, "254,0", TRACE_ARRIVAL_ISSUE},
        {140, 30, "254,16", TRACE_ARRIVAL_ISSUE}, {180, 10, "254,0", TRACE_ARRIVAL_ISSUE},
        {200, 10, "253,0", TRACE_ARRIVAL_QUEUE},
    };
    char text[TRACE_ARRIVALS_TEXT];
    size_t volumes[TRACE_ARRIVAL_AUTO + 1] = {0};
    assert_int_equal(reading->result, TRACE_END);
    assert_int_equal(reading->count, 5);
    for (size_t i = 0; i < 5; i++) {
        const struct trace_request *request = &reading->requests[i];
        assert_int_equal(request->arrival_ns, expected[i].arrival_ns);
        assert_int_equal(request->latency_ns, expected[i].latency_ns);
        assert_string_equal(trace_volume_name(reading->trace, request->volume), expected[i].volume);
        assert_int_equal(trace_volume_arrival(reading->trace, request->volume),
                         expected[i].arrival);
    }
    trace_count_arrivals(reading->trace, volumes);
    assert_string_equal(trace_arrivals_text(volumes, text),
                        "Q (queue) of 1 device, D (issue) of 2");
    assert_int_equal(reading_notice(reading, "no-queue-events"), 0);
    assert_int_equal(reading_notice(reading, "no-completion"), 0);
    reading_free(reading);
}

// A device with only Q does not come out empty beside others that have D, from a file or a stream.
static void test_each_device(void **state)
{
    (void)state;
    scratch_events("mapped.bin", mapped, sizeof mapped / sizeof mapped[0], false);
    struct reading file = read_trace(scratch_path("mapped.bin"), TRACE_ARRIVAL_AUTO, NULL);
    expect_mapped(&file);
    int input = open(scratch_path("mapped.bin"), O_RDONLY);
    assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
    close(input);
    struct reading stream = read_trace("-", TRACE_ARRIVAL_AUTO, NULL);
    expect_mapped(&stream);
}

static void test_one_device(void **state)
{
    (void)state;
    static const struct {
        const char *device, *text;
        size_t count;
    } cases[] = {
        {"253,0", "Q (queue)", 2},
        {"254,0", "D (issue)", 2},
        {"254,16", "D (issue)", 1},
        {"254,32", "", 0},
    };
    scratch_events("mapped.bin", mapped, sizeof mapped / sizeof mapped[0], false);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TRACE_ARRIVALS_TEXT];
        size_t volumes[TRACE_ARRIVAL_AUTO + 1] = {0};
        struct reading reading =
            read_trace(scratch_path("mapped.bin"), TRACE_ARRIVAL_AUTO, cases[i].device);
        assert_int_equal(reading.count, cases[i].count);
        trace_count_arrivals(reading.trace, volumes);
        assert_string_equal(trace_arrivals_text(volumes, text), cases[i].text);
        reading_free(&reading);
    }
    assert_refused(read_trace(scratch_path("mapped.bin"), TRACE_ARRIVAL_AUTO, "8,0"),
                   "no record of device 8,0");
}

// ---- Law: each device is as if its events had been asked for ----

#define VOLUMES 3 // with Q and D; without D; without Q
#define RECORDS 3000

static struct blktrace_record random_record(uint64_t *random, uint64_t time_ns, uint32_t volume)
{
    static const uint16_t actions[] = {BLKTRACE_QUEUE,    BLKTRACE_QUEUE,    BLKTRACE_ISSUE,
                                       BLKTRACE_ISSUE,    BLKTRACE_COMPLETE, BLKTRACE_COMPLETE,
                                       BLKTRACE_COMPLETE, BLKTRACE_SPLIT,    BLKTRACE_REQUEUE};
    struct blktrace_record record = {
        .time_ns = time_ns,
        .action = actions[random_below(random, 9)],
        .offset = random_below(random, 24) * 2048,
        .bytes = (uint32_t)(1 + random_below(random, 8)) * 2048,
        .category = random_below(random, 3) == 0 ? BLKTRACE_WRITE : 1,
        .after_gap = random_below(random, 60) == 0,
    };
    // The first D comes late: all that was queued before is then no request.
    if (record.action == BLKTRACE_ISSUE && (volume == 1 || (volume == 0 && time_ns < 5000)))
        record.action = BLKTRACE_COMPLETE;
    if (record.action == BLKTRACE_QUEUE && volume == 2)
        record.action = BLKTRACE_ISSUE;
    if (record.action == BLKTRACE_SPLIT)
        record.split_at = record.offset + random_below(random, 4) * 2048 + 512;
    return record;
}

struct taken {
    struct trace_request requests[VOLUMES][RECORDS];
    size_t count[VOLUMES];
};

static void take_all(struct blktrace_pairing *pairing, struct taken *taken, int64_t *last_ns)
{
    struct trace_request request;
    while (blktrace_pairing_take(pairing, &request)) {
        assert_true(request.arrival_ns >= *last_ns);
        *last_ns = request.arrival_ns;
        taken->requests[request.volume][taken->count[request.volume]++] = request;
    }
}

static struct taken *run(uint64_t seed, enum trace_arrival arrival)
{
    struct taken *taken = calloc(1, sizeof *taken);
    struct blktrace_pairing pairing;
    uint64_t random = seed;
    int64_t last_ns = 0;
    assert_non_null(taken);
    blktrace_pairing_init(&pairing, arrival, seed % 5 == 0);
    for (uint64_t i = 0; i < RECORDS; i++) {
        uint32_t volume = (uint32_t)random_below(&random, VOLUMES);
        struct blktrace_record record = random_record(&random, 1000 + i * 10, volume);
        assert_true(blktrace_pairing_event(&pairing, &record, volume));
        take_all(&pairing, taken, &last_ns);
    }
    blktrace_pairing_end(&pairing);
    take_all(&pairing, taken, &last_ns);
    assert_int_equal(pairing.fragments.live, 0);
    assert_int_equal(pairing.requests, taken->count[0] + taken->count[1] + taken->count[2]);
    blktrace_pairing_free(&pairing);
    return taken;
}

static void test_as_if_asked_for(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct taken *queue = run(seed, TRACE_ARRIVAL_QUEUE);
        struct taken *issue = run(seed, TRACE_ARRIVAL_ISSUE);
        struct taken *found = run(seed, TRACE_ARRIVAL_AUTO);
        for (size_t volume = 0; volume < VOLUMES; volume++) {
            const struct taken *expected = volume == 1 ? queue : issue;
            assert_true(found->count[volume] > 100);
            assert_int_equal(found->count[volume], expected->count[volume]);
            for (size_t i = 0; i < found->count[volume]; i++)
                assert_same_request(&found->requests[volume][i], &expected->requests[volume][i]);
        }
        free(queue);
        free(issue);
        free(found);
    }
}

// ---- Without end ----

// So many completions without a D are enough, and so is no room to wait any longer.
static void test_decided(void **state)
{
    (void)state;
    for (int completes = 0; completes < 2; completes++) {
        struct blktrace_pairing pairing;
        struct trace_request request;
        uint64_t taken = 0, first = 0;
        blktrace_pairing_init(&pairing, TRACE_ARRIVAL_AUTO, false);
        for (uint64_t i = 0; i < BLKTRACE_WINDOW_MAX; i++) {
            struct blktrace_record record = {
                .time_ns = i, .offset = i * 4096, .bytes = 4096, .action = BLKTRACE_QUEUE};
            assert_true(blktrace_pairing_event(&pairing, &record, 0));
            record.action = BLKTRACE_COMPLETE;
            assert_true(completes == 0 || blktrace_pairing_event(&pairing, &record, 0));
            while (blktrace_pairing_take(&pairing, &request))
                assert_int_equal(request.arrival_ns, taken++);
            first = taken > 0 && first == 0 ? i + 1 : first;
            if (completes != 0 && taken > 0)
                break;
        }
        assert_int_equal(first,
                         completes != 0 ? BLKTRACE_UNDECIDED_MAX : BLKTRACE_FRAGMENTS_MAX + 1);
        assert_int_equal(blktrace_pairing_arrival(&pairing, 0), TRACE_ARRIVAL_QUEUE);
        blktrace_pairing_free(&pairing);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_each_device),
    cmocka_unit_test(test_one_device),
    cmocka_unit_test(test_as_if_asked_for),
    cmocka_unit_test(test_decided),
};
TEST_GROUP(arrival, tests, NULL, NULL);
