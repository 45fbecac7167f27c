// SPDX-License-Identifier: GPL-2.0-or-later
// Begins and finishes a run.
#include "reports/recorder/recorder_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const recorder_stream_names[RECORDER_STREAM_COUNT] = {
    [REPORT_DIRECTION_READ] = "read",       [REPORT_DIRECTION_WRITE] = "write",
    [REPORT_DIRECTION_DISCARD] = "discard", [REPORT_DIRECTION_FLUSH] = "flush",
    [RECORDER_READ_WRITE] = "read+write",
};

const char *report_direction_name(size_t index)
{
    return index < RECORDER_STREAM_COUNT ? recorder_stream_names[index] : NULL;
}

bool recorder_list_grow(struct report_recorder *recorder, struct recorder_list *list)
{
    size_t capacity = list->capacity ? list->capacity * 2 : 16;
    uint32_t *items = realloc(list->items, capacity * sizeof *items);
    if (items == NULL) {
        report_rows_fail(recorder->rows, "out of memory while recording a run");
        return false;
    }
    list->items = items;
    list->capacity = capacity;
    return true;
}

int64_t report_recorder_run_id(const struct report_recorder *recorder)
{
    return recorder->run_id;
}

bool report_recorder_ok(const struct report_recorder *recorder)
{
    return report_rows_error(recorder->rows) == NULL;
}

static void free_histogram(struct report_histogram *histogram)
{
    if (histogram != NULL)
        report_histogram_release(histogram);
    free(histogram);
}

static void free_stream(struct recorder_stream *stream)
{
    for (size_t m = 0; m < RECORDER_METRIC_COUNT; m++)
        free_histogram(stream->latency[m]);
    recorder_span_free(&stream->interval);
}

static void free_recorder(struct report_recorder *recorder)
{
    for (size_t i = 0; i < recorder->throttle_count; i++) {
        for (size_t s = 0; s < RECORDER_STREAM_COUNT; s++)
            free_stream(&recorder->members[i].streams[s]);
    }
    for (size_t i = 0; i < recorder->group_count; i++) {
        report_fairness_free(recorder->groups[i].fairness);
        free(recorder->groups[i].backlogged.items);
        free(recorder->groups[i].left.items);
    }
    free(recorder->series.causes);
    free(recorder->members);
    free(recorder->groups);
    free(recorder->touched.items);
    free(recorder->active.items);
    free(recorder->unsettled_groups.items);
    recorder_close_intervals(recorder);
    report_rows_close(recorder->rows);
    free(recorder);
}

// Members, groups and the run's own row.
static bool store_beginning(struct report_recorder *recorder, const struct report_run *run,
                            struct report_error *error)
{
    struct report_run first = *run;
    first.interval_ns = recorder->adapts ? RECORDER_SHORTEST_NS : run->interval_ns; // so far
    recorder->run_id = report_run_insert(recorder->database, &first, error);
    if (recorder->run_id == 0)
        return false;
    recorder->rows = report_rows_open(recorder->database, recorder->run_id, error);
    if (recorder->rows == NULL)
        return false;
    for (size_t i = 0; i < run->member_count; i++) {
        const struct report_member *member = &run->members[i];
        report_rows_add(recorder->rows, REPORT_ROW_MEMBER,
                        (struct report_value[]){report_count(i), report_string(member->name),
                                                report_string(member->attach),
                                                report_string(member->trace)});
    }
    for (size_t i = 0; i < run->group_count; i++)
        report_recorder_group(recorder, run->groups[i].name);
    if (report_rows_flush(recorder->rows))
        return true;
    *error = *report_rows_error(recorder->rows);
    return false;
}

// Members, and behind them their throttles below the topmost; how much there is of each.
static bool make_members(struct report_recorder *recorder, const struct report_run *run)
{
    size_t count = run->member_count, most = 0;
    for (size_t i = 0; i < run->member_count; i++) {
        count += run->members[i].below;
        most = run->members[i].below > most ? run->members[i].below : most;
    }
    recorder->wait_count = recorder->cause_count * (most + 1);
    recorder->series.causes = calloc(recorder->wait_count + 1, sizeof *recorder->series.causes);
    recorder->members = calloc(count + 1, sizeof *recorder->members);
    if (recorder->series.causes == NULL || recorder->members == NULL)
        return false;
    recorder->member_count = run->member_count;
    recorder->throttle_count = count;
    for (uint32_t i = 0, next = (uint32_t)run->member_count; i < run->member_count; i++) {
        struct recorder_member *members = recorder->members;
        members[i].owner = i;
        members[i].stage = run->members[i].below;
        members[i].lower[0] = next;
        for (uint32_t stage = members[i].stage; stage-- > 0; next++) {
            members[next].owner = i;
            members[next].stage = stage;
        }
        members[i].lower[1] = next;
    }
    for (size_t i = 0; i < count; i++) {
        struct recorder_member *member = &recorder->members[i];
        member->group = member->backlog_position = REPORT_NONE;
        member->slot = REPORT_FAIRNESS_NO_SLOT;
        member->noted_ns = REPORT_NOT_YET;
    }
    return true;
}

struct report_recorder *report_recorder_begin(struct report_database *database,
                                              const struct report_recorder_config *config,
                                              struct report_error *error)
{
    const struct report_run *run = &config->run;
    struct report_recorder *recorder = calloc(1, sizeof *recorder);
    assert(run->interval_ns >= 0);
    if (recorder == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for a run");
        return NULL;
    }
    recorder->database = database;
    recorder->warm_up_ns = config->warm_up_ns;
    recorder->log_requests = config->log_requests;
    recorder->omit_series = config->omit_series;
    recorder->gauge = config->gauge;
    recorder->gauge_context = config->gauge_context;
    recorder->tell = config->tell;
    recorder->tell_context = config->tell_context;
    memcpy(recorder->causes, config->causes, sizeof recorder->causes);
    recorder->cause_count = config->cause_count;
    recorder->latest.stream = REPORT_NONE;
    recorder->first_arrival_ns = REPORT_NOT_YET;
    if (!make_members(recorder, run) || !recorder_open_intervals(recorder, run->interval_ns))
        snprintf(error->message, sizeof error->message, "out of memory for %zu members",
                 run->member_count);
    else if (store_beginning(recorder, run, error))
        return recorder;
    if (recorder->run_id != 0)
        report_run_mark_failed(database, recorder->run_id, error->message);
    free_recorder(recorder);
    return NULL;
}

static void store_outcome(struct report_recorder *recorder, const struct report_outcome *outcome,
                          int64_t end_ns, const struct report_service *totals)
{
    static const char *const names[] = {
        [REPORT_RUNNING] = "running",
        [REPORT_COMPLETE] = "complete",
        [REPORT_FAILED] = "failed",
        [REPORT_INTERRUPTED] = "interrupted",
    };
    char digest[17];
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)outcome->digest);
    report_rows_add(recorder->rows, REPORT_ROW_OUTCOME,
                    (struct report_value[]){report_string(names[outcome->status]),
                                            report_string(outcome->error), report_string(digest),
                                            report_integer(end_ns),
                                            report_integer(totals[RECORDER_ARRIVED].requests),
                                            report_integer(totals[RECORDER_DISPATCHED].requests),
                                            report_integer(totals[RECORDER_COMPLETED].requests)});
}

bool report_recorder_finish(struct report_recorder *recorder, const struct report_outcome *outcome,
                            struct report_error *error)
{
    int64_t end_ns = outcome->end_ns > recorder->now_ns ? outcome->end_ns : recorder->now_ns;
    struct report_service totals[RECORDER_MOMENT_COUNT] = {{0, 0}};
    assert(outcome->status != REPORT_RUNNING);
    report_recorder_advance(recorder, end_ns);
    recorder_settle(recorder);
    recorder_end_intervals(recorder, end_ns);
    recorder_store_statistics(recorder, end_ns, totals);
    recorder_store_achieved(
        recorder, end_ns, totals[RECORDER_COMPLETED].requests == totals[RECORDER_ARRIVED].requests);
    // Last, so that a run is complete only when all of it is stored.
    store_outcome(recorder, outcome, end_ns, totals);
    bool stored = report_rows_flush(recorder->rows);
    if (!stored) {
        *error = *report_rows_error(recorder->rows);
        report_run_mark_failed(recorder->database, recorder->run_id, error->message);
    }
    free_recorder(recorder);
    return stored;
}
