// SPDX-License-Identifier: GPL-2.0-or-later
// The project's recordings, written in each format that can hold all of them, are the same
// requests; whatever the arrival is taken to be. Real disks do write the same bytes again and
// again, but not at the same time.
#include "tests/support/test_group.h"
#include "tests/traces/recordings.h"
#include "traces/write.h"

static void write_reading(const struct reading *reading, const char *format)
{
    struct trace_error error = {""};
    struct trace_writer_config config = {.path = scratch_path("written"), .format = format};
    struct trace_writer *writer = trace_writer_open(&config, &error);
    assert_non_null(writer);
    for (size_t i = 0; i < reading->count; i++) {
        const struct trace_request *request = &reading->requests[i];
        if (!trace_writer_put(writer, request, trace_volume_name(reading->trace, request->volume),
                              NULL, &error))
            fail_msg("%s", error.message);
    }
    assert_true(trace_writer_finish(writer, &error));
    assert_int_equal(trace_writer_notice_count(writer), 0);
    trace_writer_free(writer);
}

static void test_recordings(void **state)
{
    (void)state;
    static const char *const formats[] = {"csv", "blktrace", "blkparse"};
    static const struct comparison exact = {0};
    for (size_t i = 0; i < RECORDING_COUNT; i++) {
        for (size_t j = 0; j < sizeof formats / sizeof formats[0]; j++) {
            enum trace_arrival arrival =
                (i + j) % 2 == 0 ? TRACE_ARRIVAL_QUEUE : TRACE_ARRIVAL_ISSUE;
            struct reading recorded = read_trace(recording_path(recordings[i]), arrival, NULL);
            assert_int_equal(recorded.result, TRACE_END);
            write_reading(&recorded, formats[j]);
            struct reading written = read_trace(scratch_path("written"), TRACE_ARRIVAL_QUEUE, NULL);
            // The origin of a recording is its first record, whatever that is.
            int64_t shift_ns = trace_origin_ns(written.trace) - trace_origin_ns(recorded.trace);
            for (size_t k = 0; k < recorded.count; k++)
                recorded.requests[k].arrival_ns -= shift_ns;
            compare_readings(&recorded, &written, &exact);
        }
    }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_recordings)};
TEST_GROUP(write_recordings, tests, NULL, NULL);
