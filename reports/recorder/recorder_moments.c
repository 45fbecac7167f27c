// SPDX-License-Identifier: GPL-2.0-or-later
// Takes down the moments of requests. This is what a request costs: see ZEROS and struct
// recorder_latest for what is saved, and why nothing is lost by it.
#include "reports/recorder/recorder_internal.h"

#include <assert.h>
#include <stdlib.h>

static bool have_histogram(struct report_histogram **histogram)
{
    if (*histogram == NULL)
        *histogram = calloc(1, sizeof **histogram);
    return *histogram != NULL;
}

static void check_histogram(struct report_recorder *recorder, bool good)
{
    if (!good)
        report_rows_fail(recorder->rows, "out of memory for a latency histogram");
}

static void record_first(struct report_recorder *recorder, struct report_histogram **histogram,
                         int64_t latency_ns)
{
    check_histogram(recorder,
                    have_histogram(histogram) && report_histogram_record(*histogram, latency_ns));
}

static inline void record_latency(struct report_recorder *recorder,
                                  struct report_histogram **histogram, int64_t latency_ns)
{
    assert(latency_ns >= 0);
    if (*histogram == NULL || !report_histogram_record(*histogram, latency_ns))
        record_first(recorder, histogram, latency_ns);
}

int64_t recorder_add_zeros(struct report_recorder *recorder, struct report_histogram **histogram,
                           int64_t count)
{
    int64_t zeros = count - (*histogram != NULL ? (int64_t)(*histogram)->count : 0);
    if (zeros > 0)
        check_histogram(recorder, have_histogram(histogram) &&
                                      report_histogram_add_many(*histogram, 0, (uint64_t)zeros));
    return zeros;
}

void recorder_merge(struct report_recorder *recorder, struct report_histogram **into,
                    const struct report_histogram *from)
{
    if (from != NULL && from->count > 0)
        check_histogram(recorder, have_histogram(into) && report_histogram_merge(*into, from));
}

static inline uint32_t stream_number(const struct report_request *request)
{
    return request->member * REPORT_DIRECTION_COUNT + (uint32_t)request->direction;
}

// Counts a request at one of its moments, the present instant.
static inline struct recorder_stream *count_request(struct report_recorder *recorder,
                                                    const struct report_request *request,
                                                    enum recorder_moment moment)
{
    assert(request->member < recorder->member_count);
    struct recorder_member *member = &recorder->members[request->member];
    struct recorder_stream *stream = &member->streams[request->direction];
    report_service_count(&stream->interval.moments[moment], request->bytes);
    if (recorder->now_ns > member->noted_ns)
        recorder_note_member(recorder, request->member);
    return stream;
}

// `change` more requests of the stream wait: 1, or -1 as an unsigned number.
static void change_queue(struct report_recorder *recorder, uint32_t number, bool throttled,
                         uint64_t change)
{
    struct recorder_member *member = &recorder->members[number / REPORT_DIRECTION_COUNT];
    uint32_t direction = number % REPORT_DIRECTION_COUNT;
    struct recorder_stream *stream = &member->streams[direction];
    assert(change == 1 || stream->queue.length > 0);
    stream->queue.length += change;
    if (recorder_is_read_write(direction))
        member->streams[RECORDER_READ_WRITE].queue.length += change;
    if (throttled)
        member->backlog += change;
    recorder_touch(recorder, number, stream);
}

void recorder_queue_latest(struct report_recorder *recorder)
{
    const struct recorder_latest *latest = &recorder->latest;
    if (latest->stream != REPORT_NONE)
        change_queue(recorder, latest->stream, latest->throttled, 1);
    recorder->latest.stream = REPORT_NONE;
}

// In the one throttle of its member. Of several report_recorder_passed tells.
static bool waits_there(const struct report_recorder *recorder,
                        const struct report_request *request)
{
    return request->throttled && !recorder_is_stacked(&recorder->members[request->member]);
}

bool report_recorder_counts(const struct report_recorder *recorder, int64_t arrival_ns)
{
    return arrival_ns >= recorder->warm_up_ns;
}

static bool is_early(const struct report_recorder *recorder, const struct report_request *request)
{
    return !report_recorder_counts(recorder, request->arrival_ns - request->late_ns);
}

void report_recorder_arrival(struct report_recorder *recorder, const struct report_request *request)
{
    if (is_early(recorder, request))
        return;
    recorder_reach(recorder, request->arrival_ns);
    count_request(recorder, request, RECORDER_ARRIVED);
    recorder_achieve_arrival(recorder, request);
    recorder_queue_latest(recorder);
    recorder->latest =
        (struct recorder_latest){stream_number(request), waits_there(recorder, request)};
}

// It no longer waits.
static void unqueue(struct report_recorder *recorder, const struct report_request *request)
{
    uint32_t number = stream_number(request);
    bool throttled = waits_there(recorder, request);
    // Of one stream and instant, one is as good as another.
    if (recorder->latest.stream == number && recorder->latest.throttled == throttled)
        recorder->latest.stream = REPORT_NONE;
    else
        change_queue(recorder, number, throttled, UINT64_MAX);
}

// A throttle lets a request of so many bytes go.
static void serve(struct report_recorder *recorder, struct recorder_member *throttle,
                  uint64_t bytes)
{
    report_service_count(&throttle->served, bytes);
    if (throttle->slot == REPORT_FAIRNESS_NO_SLOT)
        return;
    report_fairness_serve(recorder->groups[throttle->group].fairness, throttle->slot, bytes);
    recorder_unsettle_group(recorder, throttle->group);
}

// `change` more requests wait in a throttle.
static struct recorder_member *change_backlog(struct report_recorder *recorder, uint32_t number,
                                              const struct report_request *request, uint64_t change)
{
    struct recorder_member *throttle = &recorder->members[number];
    uint32_t direction = (uint32_t)request->direction;
    if (recorder->now_ns > throttle->noted_ns)
        recorder_note_member(recorder, number);
    throttle->backlog += change;
    recorder_touch(recorder, number * REPORT_DIRECTION_COUNT + direction,
                   &throttle->streams[direction]);
    return throttle;
}

void report_recorder_passed(struct report_recorder *recorder, const struct report_request *request,
                            int64_t now_ns, uint32_t from, uint32_t to)
{
    if (is_early(recorder, request))
        return;
    recorder_reach(recorder, now_ns);
    if (from != REPORT_NONE) {
        struct recorder_member *left = change_backlog(recorder, from, request, UINT64_MAX);
        serve(recorder, left, request->bytes);
        recorder_log_stage(recorder, request, left->stage);
    }
    if (to != REPORT_NONE)
        change_backlog(recorder, to, request, 1);
}

void report_recorder_dispatch(struct report_recorder *recorder,
                              const struct report_request *request)
{
    if (is_early(recorder, request))
        return;
    recorder_reach(recorder, request->dispatch_ns);
    struct recorder_member *member = &recorder->members[request->member];
    struct recorder_stream *stream = count_request(recorder, request, RECORDER_DISPATCHED);
    unqueue(recorder, request);
    int64_t wait_ns = request->dispatch_ns - request->arrival_ns + request->late_ns;
    if (wait_ns != 0)
        record_latency(recorder, &stream->latency[RECORDER_THROTTLE_WAIT], wait_ns);
    if (waits_there(recorder, request))
        serve(recorder, member, request->bytes);
}

void report_recorder_complete(struct report_recorder *recorder,
                              const struct report_request *request)
{
    if (is_early(recorder, request))
        return;
    recorder_reach(recorder, request->complete_ns);
    struct recorder_stream *stream = count_request(recorder, request, RECORDER_COMPLETED);
    recorder_achieve_completion(recorder, request);
    if (request->complete_ns != request->dispatch_ns)
        record_latency(recorder, &stream->latency[RECORDER_SERVICE],
                       request->complete_ns - request->dispatch_ns);
    int64_t total_ns = request->complete_ns - request->arrival_ns + request->late_ns;
    if (total_ns != 0)
        record_latency(recorder, &stream->interval.total, total_ns);
    if (request->recorded_ns >= 0)
        record_latency(recorder, &stream->latency[RECORDER_RECORDED], request->recorded_ns);
    recorder_log_request(recorder, request);
}

void report_recorder_unfinished(struct report_recorder *recorder,
                                const struct report_request *request)
{
    if (is_early(recorder, request))
        return;
    recorder_log_request(recorder, request);
}
