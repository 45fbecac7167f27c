// SPDX-License-Identifier: GPL-2.0-or-later
// The statistics of a whole run: per member and direction, and of its reads and writes together.
#include "reports/recorder/recorder_internal.h"

static const char *const metric_names[RECORDER_METRIC_COUNT] = {
    [RECORDER_THROTTLE_WAIT] = "throttle_wait",
    [RECORDER_SERVICE] = "service",
    [RECORDER_TOTAL] = "total",
    [RECORDER_RECORDED] = "recorded",
};

// One row's key.
struct statistics_row {
    int64_t member; // -1: all
    const char *direction;
    unsigned fold; // of its histograms
    bool omits;    // them: those of all together are enough
};

double recorder_queue_mean(const struct report_recorder *recorder,
                           const struct recorder_queue *queue, int64_t end_ns)
{
    struct report_sum area = queue->area;
    int64_t start_ns = recorder->warm_up_ns;
    if (end_ns <= start_ns)
        return 0.0;
    report_sum_add_product(&area, queue->settled, (uint64_t)(end_ns - queue->since_ns));
    return report_sum_value(&area) / (double)(end_ns - start_ns);
}

static bool is_folded(const struct recorder_member *member)
{
    return !member->full && !member->whole;
}

// at_once: requests that were dispatched in the instant of their arrival.
static void store_counts(struct report_recorder *recorder, const struct statistics_row *row,
                         const struct recorder_stream *stream, int64_t at_once, int64_t end_ns)
{
    const struct report_service *counts = stream->run;
    const struct report_service *arrived = &counts[RECORDER_ARRIVED];
    report_rows_add(recorder->rows, REPORT_ROW_MEMBER_STATISTICS,
                    (struct report_value[]){
                        report_integer(row->member),
                        report_string(row->direction),
                        report_integer(arrived->requests),
                        report_integer(arrived->bytes),
                        report_integer(arrived->requests - at_once),
                        report_integer(counts[RECORDER_DISPATCHED].requests),
                        report_integer(counts[RECORDER_COMPLETED].requests),
                        report_real(recorder_queue_mean(recorder, &stream->queue, end_ns)),
                        report_count(stream->queue.max),
                    });
}

static void store_buckets(struct report_recorder *recorder, const struct statistics_row *row,
                          const char *metric, struct recorder_text *text)
{
    if (text->used > 0)
        report_rows_add(recorder->rows, REPORT_ROW_HISTOGRAM,
                        (struct report_value[]){
                            report_integer(row->member),
                            report_string(row->direction),
                            report_string(metric),
                            report_integer(text->first),
                            report_integer(row->fold),
                            report_string(recorder_text_end(text, '}')),
                        });
}

static void add_bucket(struct recorder_text *text, size_t bucket, uint64_t count)
{
    if (text->used == 0)
        text->first = (int64_t)bucket;
    recorder_text_begin(text, '{');
    text->bytes[text->used++] = '"';
    recorder_text_number(text, bucket);
    text->bytes[text->used++] = '"';
    text->bytes[text->used++] = ':';
    recorder_text_number(text, count);
}

static void store_histogram(struct report_recorder *recorder, const struct statistics_row *row,
                            const char *metric, const struct report_histogram *latency)
{
    struct recorder_text *text = &recorder->series.moments;
    struct report_histogram_range range;
    size_t position = 0, bucket = 0;
    uint64_t count = 0;
    while (report_histogram_next(latency, &position, &range)) {
        if (count > 0 && range.bucket >> row->fold != bucket) {
            add_bucket(text, bucket, count);
            count = 0;
            if (text->used >= RECORDER_TEXT_FULL)
                store_buckets(recorder, row, metric, text);
        }
        bucket = range.bucket >> row->fold;
        count += range.count;
    }
    if (count > 0)
        add_bucket(text, bucket, count);
    store_buckets(recorder, row, metric, text);
}

static void store_latency(struct report_recorder *recorder, const struct statistics_row *row,
                          const char *metric, const struct report_histogram *latency)
{
    if (latency == NULL || latency->count == 0)
        return;
    report_rows_add(recorder->rows, REPORT_ROW_LATENCY_STATISTICS,
                    (struct report_value[]){
                        report_integer(row->member),
                        report_string(row->direction),
                        report_string(metric),
                        report_count(latency->count),
                        report_real(report_histogram_mean(latency)),
                        report_integer(report_histogram_quantile(latency, 500)),
                        report_integer(report_histogram_quantile(latency, 900)),
                        report_integer(report_histogram_quantile(latency, 990)),
                        report_integer(report_histogram_quantile(latency, 999)),
                        report_integer(latency->max_ns),
                    });
}

// Returns how many were dispatched at once.
static int64_t store_direction(struct report_recorder *recorder, const struct statistics_row *row,
                               struct recorder_stream *stream, int64_t end_ns)
{
    int64_t at_once = recorder_add_zeros(recorder, &stream->latency[RECORDER_THROTTLE_WAIT],
                                         stream->run[RECORDER_DISPATCHED].requests);
    recorder_add_zeros(recorder, &stream->latency[RECORDER_SERVICE],
                       stream->run[RECORDER_COMPLETED].requests);
    store_counts(recorder, row, stream, at_once, end_ns);
    for (size_t m = 0; m < RECORDER_METRIC_COUNT; m++) {
        store_latency(recorder, row, metric_names[m], stream->latency[m]);
        if (stream->latency[m] != NULL && !row->omits)
            store_histogram(recorder, row, metric_names[m], stream->latency[m]);
    }
    return at_once;
}

// merged: an empty histogram, and so it comes back.
static void store_both(struct report_recorder *recorder, uint32_t number, int64_t at_once,
                       int64_t end_ns, struct report_histogram *merged)
{
    const struct recorder_member *member = &recorder->members[number];
    const struct statistics_row row = {.member = number,
                                       .direction = recorder_stream_names[RECORDER_READ_WRITE]};
    store_counts(recorder, &row, &member->streams[RECORDER_READ_WRITE], at_once, end_ns);
    for (size_t m = 0; m < RECORDER_METRIC_COUNT; m++) {
        recorder_merge(recorder, &merged, member->streams[REPORT_DIRECTION_READ].latency[m]);
        recorder_merge(recorder, &merged, member->streams[REPORT_DIRECTION_WRITE].latency[m]);
        store_latency(recorder, &row, metric_names[m], merged);
        report_histogram_clear(merged);
    }
}

static void store_member(struct report_recorder *recorder, uint32_t number, int64_t end_ns,
                         struct report_histogram *merged, struct report_service *totals)
{
    struct recorder_member *member = &recorder->members[number];
    int64_t at_once = 0; // of reads and writes
    for (uint32_t d = 0; d < REPORT_DIRECTION_COUNT; d++) {
        struct recorder_stream *stream = &member->streams[d];
        const struct statistics_row row = {
            .member = number,
            .direction = recorder_stream_names[d],
            .fold = is_folded(member) ? recorder->fold : 0,
            .omits = is_folded(member) && recorder->omit_series,
        };
        if (stream->run[RECORDER_ARRIVED].requests == 0)
            continue;
        int64_t direction_at_once = store_direction(recorder, &row, stream, end_ns);
        if (recorder_is_read_write(d))
            at_once += direction_at_once;
        for (size_t m = 0; m < RECORDER_MOMENT_COUNT; m++)
            report_service_add(&totals[m], &stream->run[m]);
    }
    if (member->streams[RECORDER_READ_WRITE].run[RECORDER_ARRIVED].requests > 0)
        store_both(recorder, number, at_once, end_ns, merged);
}

static void store_differences(struct report_recorder *recorder)
{
    for (size_t i = 0; i < recorder->group_count; i++) {
        const struct report_fairness *fairness = recorder->groups[i].fairness;
        struct report_service difference = {0, 0};
        bool known = fairness == NULL || report_fairness_difference(fairness, &difference);
        report_rows_add(recorder->rows, REPORT_ROW_GROUP_DIFFERENCE,
                        (struct report_value[]){
                            report_count(i),
                            known ? report_integer(difference.requests) : report_null(),
                            known ? report_integer(difference.bytes) : report_null(),
                        });
    }
}

// ---- Folding ----

// Buckets of histograms that are stored, about, of members that are not stored in full.
#define BUCKETS_MAX 100000
#define FOLD_MAX 7 // a bucket a power of two

// How many buckets those of the member are with each fold.
static void count_buckets(const struct recorder_member *member, uint64_t counts[FOLD_MAX + 1])
{
    for (size_t i = 0; i < REPORT_DIRECTION_COUNT * RECORDER_METRIC_COUNT; i++) {
        const struct report_histogram *latency =
            member->streams[i / RECORDER_METRIC_COUNT].latency[i % RECORDER_METRIC_COUNT];
        struct report_histogram_range range;
        size_t last = SIZE_MAX;
        for (size_t position = 0;
             latency != NULL && report_histogram_next(latency, &position, &range);
             last = range.bucket) {
            for (unsigned fold = 0; fold <= FOLD_MAX; fold++)
                counts[fold] += range.bucket >> fold != last >> fold;
        }
    }
}

static unsigned choose_fold(const struct report_recorder *recorder)
{
    uint64_t counts[FOLD_MAX + 1] = {0};
    unsigned fold = 0;
    for (size_t i = 0; i < recorder->member_count; i++) {
        if (is_folded(&recorder->members[i]))
            count_buckets(&recorder->members[i], counts);
    }
    while (fold < FOLD_MAX && counts[fold] > BUCKETS_MAX)
        fold++;
    return fold;
}

// Those of all members together, which reports show, are not folded, and quicker to read.
static void store_all(struct report_recorder *recorder, struct report_histogram *merged)
{
    for (uint32_t d = 0; d < REPORT_DIRECTION_COUNT; d++) {
        const struct statistics_row row = {.member = -1, .direction = recorder_stream_names[d]};
        for (size_t m = 0; m < RECORDER_METRIC_COUNT; m++) {
            for (size_t i = 0; i < recorder->member_count; i++)
                recorder_merge(recorder, &merged, recorder->members[i].streams[d].latency[m]);
            store_histogram(recorder, &row, metric_names[m], merged);
            report_histogram_clear(merged);
        }
    }
}

void recorder_store_statistics(struct report_recorder *recorder, int64_t end_ns,
                               struct report_service totals[RECORDER_MOMENT_COUNT])
{
    struct report_histogram merged = {0};
    double from = recorder->adapts && !recorder->omit_series ? RECORDER_SERIES_SHARE : 0;
    recorder->fold = recorder->omit_series ? 0 : choose_fold(recorder);
    for (size_t i = 0; i < recorder->member_count; i++) {
        store_member(recorder, (uint32_t)i, end_ns, &merged, totals);
        recorder_tell(recorder, from + (1 - from) * (double)i / (double)recorder->member_count);
    }
    if (recorder->member_count > RECORDER_FULL_MEMBERS)
        store_all(recorder, &merged);
    store_differences(recorder);
    report_histogram_release(&merged);
}
