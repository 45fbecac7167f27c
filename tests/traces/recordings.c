// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/traces/recordings.h"

#include "tests/support/test_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CPUS_MAX 64

const char *const recordings[RECORDING_COUNT] = {
    "mixed/vdc",          "mixed/vdd",          "mixed/vde",          "mixed/vdf",
    "throttled-iops/vdc", "throttled-iops/vdd", "throttled-iops/vde", "throttled-iops/vdf",
};

const char *recording_path(const char *recording)
{
    static char path[512];
    snprintf(path, sizeof path, TEST_TRACES_DIR "/recorded/%s", recording);
    return path;
}

static bool recording_is_there(const char *recording)
{
    char path[600];
    struct stat status;
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s.blktrace.0%s", recording_path(recording),
                 i == 0 ? "" : ".zst");
        if (stat(path, &status) == 0)
            return true;
    }
    return false;
}

void recordings_needed(void)
{
    for (size_t i = 0; i < RECORDING_COUNT; i++)
        if (!recording_is_there(recordings[i]))
            test_cannot_run(recordings[i]);
    if (system("blkparse -V >/dev/null 2>&1") != 0)
        test_cannot_run("blkparse");
}

void recording_unpack(const char *recording, const char *name)
{
    for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
        char path[600];
        char file[64];
        snprintf(path, sizeof path, "%s.blktrace.%d", recording_path(recording), cpu);
        snprintf(file, sizeof file, "%s.blktrace.%d", name, cpu);
        if (!scratch_decompress(file, path)) {
            strcat(path, ".zst");
            if (!scratch_decompress(file, path))
                return;
        }
    }
}

void blkparse_run(const char *arguments, const char *file)
{
    char command[1200];
    snprintf(command, sizeof command, "cd %s && blkparse %s >%s 2>/dev/null", scratch(), arguments,
             file);
    assert_int_equal(system(command), 0);
}

// From the origin, in steps, in one order.
static void normalise(struct reading *reading, const struct comparison *comparison)
{
    int64_t step_ns = comparison->step_ns > 0 ? comparison->step_ns : 1;
    int64_t origin_ns = trace_origin_ns(reading->trace);
    size_t kept = 0;
    for (size_t i = 0; i < reading->count; i++) {
        struct trace_request request = reading->requests[i];
        int64_t end_ns = request.arrival_ns + request.latency_ns;
        if (comparison->ignores_ops && request.op == TRACE_FLUSH)
            continue;
        request.op = comparison->ignores_ops ? TRACE_READ : request.op;
        request.arrival_ns = (request.arrival_ns - origin_ns) / step_ns * step_ns;
        if (request.latency_ns != TRACE_LATENCY_UNKNOWN)
            request.latency_ns = (end_ns - origin_ns) / step_ns * step_ns - request.arrival_ns;
        reading->requests[kept++] = request;
    }
    reading->count = kept;
    qsort(reading->requests, kept, sizeof *reading->requests, request_compare);
}

void compare_readings(struct reading *first, struct reading *second,
                      const struct comparison *comparison)
{
    assert_int_equal(first->result, TRACE_END);
    if (second->result != TRACE_END)
        fail_msg("%s", second->error.message);
    normalise(first, comparison);
    normalise(second, comparison);
    assert_true(first->count > 500);
    assert_int_equal(first->count, second->count);
    for (size_t i = 0; i < first->count; i++) {
        const struct trace_request *a = &first->requests[i];
        const struct trace_request *b = &second->requests[i];
        assert_int_equal(a->arrival_ns, b->arrival_ns);
        assert_int_equal(a->latency_ns, b->latency_ns);
        assert_int_equal(a->offset, b->offset);
        assert_int_equal(a->bytes, b->bytes);
        assert_int_equal(a->op, b->op);
        assert_string_equal(trace_volume_name(first->trace, a->volume),
                            trace_volume_name(second->trace, b->volume));
    }
    reading_free(first);
    reading_free(second);
}
