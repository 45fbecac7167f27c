// SPDX-License-Identifier: GPL-2.0-or-later
// Rows of what streams did in intervals: cells, one after the other, as JSON. A row is short enough
// to lie in a page of the database with others.
#include "reports/recorder/recorder_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Texts ----

void recorder_text_number(struct recorder_text *text, uint64_t number)
{
    char digits[20];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0)
        text->bytes[text->used++] = digits[--count];
}

// A comma, unless it is the first, and what begins a thing.
void recorder_text_begin(struct recorder_text *text, char with)
{
    text->bytes[text->used] = text->used == 0 ? with : ',';
    text->used++;
}

static void put_sum(struct recorder_text *text, const struct report_sum *sum)
{
    if (sum->high == 0 && sum->low <= INT64_MAX)
        recorder_text_number(text, sum->low);
    else
        text->used += (size_t)snprintf(text->bytes + text->used, RECORDER_TEXT_CELL, "%.17g",
                                       report_sum_value(sum));
}

static void begin_cell(struct recorder_text *text, int64_t interval)
{
    if (text->used == 0)
        text->first = interval;
    recorder_text_begin(text, '[');
    text->bytes[text->used++] = '[';
    recorder_text_number(text, (uint64_t)interval);
}

static void put(struct recorder_text *text, uint64_t number)
{
    text->bytes[text->used++] = ',';
    recorder_text_number(text, number);
}

const char *recorder_text_end(struct recorder_text *text, char with)
{
    text->bytes[text->used] = with;
    text->bytes[text->used + 1] = '\0';
    text->used = 0;
    return text->bytes;
}

// ---- Rows ----

static void end_plain(struct report_recorder *recorder, enum report_row row,
                      struct recorder_text *text)
{
    const struct recorder_series *series = &recorder->series;
    if (text->used > 0)
        report_rows_add(recorder->rows, row,
                        (struct report_value[]){
                            report_integer(series->member),
                            report_string(recorder_stream_names[series->stream]),
                            report_integer(text->first),
                            report_integer(series->step),
                            report_string(recorder_text_end(text, ']')),
                        });
}

static void end_cause(struct report_recorder *recorder, size_t cause)
{
    struct recorder_series *series = &recorder->series;
    struct recorder_text *text = &series->causes[cause];
    bool is_stacked = recorder_is_stacked(&recorder->members[series->member]);
    size_t stage = cause / recorder->cause_count;
    if (text->used == 0)
        return;
    const struct report_value values[] = {
        report_integer(series->member),
        report_count(stage),
        report_string(recorder_stream_names[series->stream]),
        report_string(recorder->causes[cause % recorder->cause_count]),
        report_integer(text->first),
        report_integer(series->step),
        report_string(recorder_text_end(text, ']')),
    };
    if (is_stacked)
        report_rows_add(recorder->rows, REPORT_ROW_STAGE_WAIT_SERIES, values);
    else
        report_rows_add(recorder->rows, REPORT_ROW_WAIT_SERIES,
                        (struct report_value[]){values[0], values[2], values[3], values[4],
                                                values[5], values[6]});
}

void recorder_series_end(struct report_recorder *recorder)
{
    end_plain(recorder, REPORT_ROW_MEMBER_SERIES, &recorder->series.moments);
    end_plain(recorder, REPORT_ROW_COUNTED_SERIES, &recorder->series.counted);
    for (size_t i = 0; i < recorder->wait_count; i++)
        end_cause(recorder, i);
}

static bool is_full(const struct recorder_text *text)
{
    return text->used >= RECORDER_TEXT_FULL;
}

static void add_moments(struct report_recorder *recorder, int64_t interval,
                        const struct recorder_span *span)
{
    struct recorder_text *text = &recorder->series.moments;
    const struct report_histogram *total = span->total;
    begin_cell(text, interval);
    for (size_t m = 0; m < RECORDER_MOMENT_COUNT; m++) {
        put(text, (uint64_t)span->moments[m].requests);
        put(text, (uint64_t)span->moments[m].bytes);
    }
    put(text, span->waiting);
    put(text, span->waiting_max);
    if (total != NULL && total->count > 0) {
        text->bytes[text->used++] = ',';
        put_sum(text, &total->sum_ns);
        put(text, (uint64_t)report_histogram_quantile(total, 500));
        put(text, (uint64_t)report_histogram_quantile(total, 990));
        put(text, (uint64_t)total->max_ns);
    }
    text->bytes[text->used++] = ']';
    if (is_full(text))
        end_plain(recorder, REPORT_ROW_MEMBER_SERIES, text);
}

static void add_causes(struct report_recorder *recorder, int64_t interval,
                       const struct recorder_cause *causes)
{
    for (size_t i = 0; i < recorder->wait_count; i++) {
        struct recorder_text *text = &recorder->series.causes[i];
        const struct report_sum *wait_ns = &causes[i].wait_ns;
        if (causes[i].requests == 0)
            continue;
        begin_cell(text, interval);
        put(text, causes[i].requests);
        put(text, wait_ns->high > 0 || wait_ns->low > INT64_MAX ? INT64_MAX : wait_ns->low);
        text->bytes[text->used++] = ']';
        if (is_full(text))
            end_cause(recorder, i);
    }
}

void recorder_series_add(struct report_recorder *recorder, int64_t interval,
                         const struct recorder_span *span)
{
    add_moments(recorder, interval, span);
    if (span->causes != NULL)
        add_causes(recorder, interval, span->causes);
    if (span->extra > 0) {
        struct recorder_text *text = &recorder->series.counted;
        begin_cell(text, interval);
        put(text, (uint64_t)span->extra);
        text->bytes[text->used++] = ']';
        if (is_full(text))
            end_plain(recorder, REPORT_ROW_COUNTED_SERIES, text);
    }
}

void recorder_span_clear(const struct report_recorder *recorder, struct recorder_span *span)
{
    struct recorder_span cleared = {.total = span->total, .causes = span->causes};
    if (span->total != NULL)
        report_histogram_clear(span->total);
    if (span->causes != NULL)
        memset(span->causes, 0, recorder->wait_count * sizeof *span->causes);
    *span = cleared;
}

void recorder_span_free(struct recorder_span *span)
{
    if (span->total != NULL)
        report_histogram_release(span->total);
    free(span->total);
    free(span->causes);
}
