// SPDX-License-Identifier: GPL-2.0-or-later
// What follows when an instant is over: queue lengths, who is backlogged, and fairness. Behind it:
// rows per interval. Only what was active in one costs anything, and empty ones cost nothing.
#include "reports/recorder/recorder_internal.h"

void recorder_unsettle_group(struct report_recorder *recorder, uint32_t group)
{
    bool *unsettled = &recorder->groups[group].unsettled;
    if (!*unsettled)
        *unsettled = recorder_list_add(recorder, &recorder->unsettled_groups, group);
}

static uint64_t larger(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

static void settle_queue(struct report_recorder *recorder, struct recorder_queue *queue)
{
    int64_t now_ns = recorder->now_ns;
    if (queue->length == queue->settled)
        return;
    if (queue->settled > 0) {
        report_sum_add_product(&queue->area, queue->settled, (uint64_t)(now_ns - queue->since_ns));
        // The old length stood in this interval, unless that begins with this very instant.
        if (now_ns > recorder->interval * recorder->interval_ns)
            queue->interval_max = larger(queue->interval_max, queue->settled);
    }
    queue->settled = queue->length;
    queue->since_ns = now_ns;
    queue->max = larger(queue->max, queue->settled);
    queue->interval_max = larger(queue->interval_max, queue->settled);
}

static void enter_backlog(struct report_recorder *recorder, uint32_t number)
{
    struct recorder_member *member = &recorder->members[number];
    struct recorder_group *group = &recorder->groups[member->group];
    if (group->fairness == NULL)
        group->fairness = report_fairness_create();
    if (group->fairness == NULL) {
        report_rows_fail(recorder->rows, "out of memory for the fairness of a group");
        return;
    }
    if (!recorder_list_add(recorder, &group->backlogged, number))
        return;
    member->backlog_position = (uint32_t)group->backlogged.count - 1;
    member->backlogged_since_ns = recorder->now_ns;
    member->slot = report_fairness_enter(group->fairness);
}

// Takes a member off its group's list of the backlogged.
static void remove_backlogged(struct report_recorder *recorder, struct recorder_member *member)
{
    struct recorder_list *list = &recorder->groups[member->group].backlogged;
    uint32_t last = list->items[--list->count];
    list->items[member->backlog_position] = last;
    recorder->members[last].backlog_position = member->backlog_position;
    member->backlog_position = REPORT_NONE;
}

static void leave_backlog(struct report_recorder *recorder, struct recorder_member *member)
{
    remove_backlogged(recorder, member);
    report_fairness_leave(recorder->groups[member->group].fairness, member->slot);
    member->slot = REPORT_FAIRNESS_NO_SLOT;
}

void recorder_leave_group(struct report_recorder *recorder, uint32_t number)
{
    struct recorder_member *member = &recorder->members[number];
    if (member->backlog_position == REPORT_NONE)
        return;
    remove_backlogged(recorder, member);
    recorder_list_add(recorder, &recorder->groups[member->group].left, member->slot);
    recorder_unsettle_group(recorder, member->group);
    member->slot = REPORT_FAIRNESS_NO_SLOT;
}

static void settle_stream(struct report_recorder *recorder, uint32_t stream)
{
    uint32_t number = stream / REPORT_DIRECTION_COUNT;
    struct recorder_member *member = &recorder->members[number];
    struct recorder_stream *touched = &member->streams[stream % REPORT_DIRECTION_COUNT];
    touched->touched = false;
    settle_queue(recorder, &touched->queue);
    settle_queue(recorder, &member->streams[RECORDER_READ_WRITE].queue);
    bool backlogged = member->backlog_position != REPORT_NONE;
    if (backlogged && member->backlog == 0)
        leave_backlog(recorder, member);
    else if (!backlogged && member->backlog > 0 && member->group != REPORT_NONE)
        enter_backlog(recorder, number);
}

static void settle_group(struct recorder_group *group)
{
    report_fairness_settle(group->fairness);
    for (size_t i = 0; i < group->left.count; i++)
        report_fairness_leave(group->fairness, group->left.items[i]);
    group->left.count = 0;
    group->unsettled = false;
}

void recorder_settle(struct report_recorder *recorder)
{
    recorder_queue_latest(recorder);
    // Fairness first: the request that ends a backlog still counts.
    for (size_t i = 0; i < recorder->unsettled_groups.count; i++)
        settle_group(&recorder->groups[recorder->unsettled_groups.items[i]]);
    recorder->unsettled_groups.count = 0;
    for (size_t i = 0; i < recorder->touched.count; i++)
        settle_stream(recorder, recorder->touched.items[i]);
    recorder->touched.count = 0;
}

// ---- Intervals ----

static bool is_unsettled(const struct report_recorder *recorder)
{
    return recorder->latest.stream != REPORT_NONE || recorder->touched.count > 0 ||
           recorder->unsettled_groups.count > 0;
}
void recorder_activate_group(struct report_recorder *recorder, uint32_t group)
{
    bool *active = &recorder->groups[group].active;
    if (!*active)
        *active = recorder_list_add(recorder, &recorder->active_groups, group);
}

struct interval_shares {
    size_t members;
    double sum_requests, squares_requests;
    double sum_bytes, squares_bytes;
};

// What those got that were backlogged from start_ns on, and still are.
static struct interval_shares backlogged_shares(const struct report_recorder *recorder,
                                                const struct recorder_group *group,
                                                int64_t start_ns)
{
    struct interval_shares shares = {0};
    for (size_t i = 0; i < group->backlogged.count; i++) {
        const struct recorder_member *member = &recorder->members[group->backlogged.items[i]];
        double requests = (double)member->served.requests;
        double bytes = (double)member->served.bytes;
        if (member->backlogged_since_ns > start_ns)
            continue;
        shares.members++;
        shares.sum_requests += requests;
        shares.squares_requests += requests * requests;
        shares.sum_bytes += bytes;
        shares.squares_bytes += bytes * bytes;
    }
    return shares;
}

static struct report_value jain_or_null(size_t members, double sum, double squares)
{
    return squares > 0.0 ? report_real(report_jain(members, sum, squares)) : report_null();
}

static void store_buckets(struct report_recorder *recorder, uint32_t group, int64_t end_ns)
{
    struct report_bucket buckets[REPORT_BUCKET_MAX];
    size_t count = recorder->gauge != NULL
                       ? recorder->gauge(recorder->gauge_context, group, end_ns, buckets)
                       : 0;
    for (size_t i = 0; i < count; i++)
        report_rows_add(recorder->rows, REPORT_ROW_BUCKET_INTERVAL,
                        (struct report_value[]){
                            report_integer(recorder->interval),
                            report_integer(group),
                            report_string(buckets[i].name),
                            report_real(buckets[i].level),
                            report_real(buckets[i].size),
                            report_real(buckets[i].burst_level),
                            report_real(buckets[i].burst_size),
                        });
}

static void close_group(struct report_recorder *recorder, uint32_t number, int64_t end_ns)
{
    struct recorder_group *group = &recorder->groups[number];
    struct interval_shares shares =
        backlogged_shares(recorder, group, recorder->interval * recorder->interval_ns);
    report_rows_add(recorder->rows, REPORT_ROW_GROUP_INTERVAL,
                    (struct report_value[]){
                        report_integer(recorder->interval),
                        report_integer(number),
                        report_count(shares.members),
                        jain_or_null(shares.members, shares.sum_requests, shares.squares_requests),
                        jain_or_null(shares.members, shares.sum_bytes, shares.squares_bytes),
                    });
    if (!recorder->omit_series)
        store_buckets(recorder, number, end_ns);
    group->active = false;
}

static void store_stream(struct report_recorder *recorder, uint32_t member, uint32_t number)
{
    const struct recorder_stream *stream = &recorder->members[member].streams[number];
    const struct report_service *counts = stream->interval;
    const struct recorder_queue *queue = &stream->queue;
    const struct report_histogram *total = stream->interval_total;
    bool any = total != NULL && total->count > 0;
    report_rows_add(recorder->rows, REPORT_ROW_MEMBER_INTERVAL,
                    (struct report_value[]){
                        report_integer(recorder->interval),
                        report_integer(member),
                        report_string(recorder_stream_names[number]),
                        report_integer(counts[RECORDER_ARRIVED].requests),
                        report_integer(counts[RECORDER_ARRIVED].bytes),
                        report_integer(counts[RECORDER_DISPATCHED].requests),
                        report_integer(counts[RECORDER_DISPATCHED].bytes),
                        report_integer(counts[RECORDER_COMPLETED].requests),
                        report_integer(counts[RECORDER_COMPLETED].bytes),
                        report_count(queue->settled),
                        report_count(queue->interval_max > queue->settled ? queue->interval_max
                                                                          : queue->settled),
                        any ? report_real(report_histogram_mean(total)) : report_null(),
                        any ? report_integer(report_histogram_quantile(total, 500)) : report_null(),
                        any ? report_integer(report_histogram_quantile(total, 990)) : report_null(),
                        any ? report_integer(total->max_ns) : report_null(),
                    });
}

// What the stream counted in the interval goes to the run's sums.
static void reset_stream(struct recorder_stream *stream)
{
    for (size_t m = 0; m < RECORDER_MOMENT_COUNT; m++) {
        report_service_add(&stream->run[m], &stream->interval[m]);
        stream->interval[m] = (struct report_service){0, 0};
    }
    if (stream->interval_total != NULL)
        report_histogram_clear(stream->interval_total);
    stream->queue.interval_max = 0;
}

// All latencies of the interval are known: they go to the run's, and to reads and writes together.
static void add_up_direction(struct report_recorder *recorder, struct recorder_member *member,
                             uint32_t direction)
{
    struct recorder_stream *stream = &member->streams[direction];
    struct recorder_stream *both = &member->streams[RECORDER_READ_WRITE];
    recorder_add_zeros(recorder, &stream->interval_total,
                       stream->interval[RECORDER_COMPLETED].requests);
    recorder_merge(recorder, &stream->latency[RECORDER_TOTAL], stream->interval_total);
    if (!recorder_is_read_write(direction))
        return;
    for (size_t m = 0; m < RECORDER_MOMENT_COUNT; m++)
        report_service_add(&both->interval[m], &stream->interval[m]);
    recorder_merge(recorder, &both->interval_total, stream->interval_total);
}

static bool happened(const struct recorder_stream *stream)
{
    const struct report_service *counts = stream->interval;
    return counts[RECORDER_ARRIVED].requests > 0 || counts[RECORDER_DISPATCHED].requests > 0 ||
           counts[RECORDER_COMPLETED].requests > 0;
}

static void close_member(struct report_recorder *recorder, uint32_t number)
{
    // In the order of the table's key rows are cheapest to store.
    static const uint32_t by_name[RECORDER_STREAM_COUNT] = {
        REPORT_DIRECTION_DISCARD, REPORT_DIRECTION_FLUSH, REPORT_DIRECTION_READ,
        RECORDER_READ_WRITE, REPORT_DIRECTION_WRITE};
    struct recorder_member *member = &recorder->members[number];
    for (uint32_t d = 0; d < REPORT_DIRECTION_COUNT; d++)
        add_up_direction(recorder, member, d);
    for (size_t i = 0; i < RECORDER_STREAM_COUNT; i++) {
        struct recorder_stream *stream = &member->streams[by_name[i]];
        if (!happened(stream))
            continue;
        if (!recorder->omit_series) {
            store_stream(recorder, number, by_name[i]);
            recorder_store_causes(recorder, number, by_name[i]);
            recorder_store_counted(recorder, number, by_name[i]);
        }
        reset_stream(stream);
    }
    member->served = (struct report_service){0, 0};
    member->active = false;
}

void recorder_close_interval(struct report_recorder *recorder, int64_t end_ns)
{
    // Groups first: they read what their members were served.
    for (size_t i = 0; i < recorder->active_groups.count; i++)
        close_group(recorder, recorder->active_groups.items[i], end_ns);
    recorder->active_groups.count = 0;
    for (size_t i = 0; i < recorder->active.count; i++)
        close_member(recorder, recorder->active.items[i]);
    recorder->active.count = 0;
}

void report_recorder_advance(struct report_recorder *recorder, int64_t now_ns)
{
    if (now_ns <= recorder->now_ns)
        return;
    if (is_unsettled(recorder))
        recorder_settle(recorder);
    recorder->now_ns = now_ns;
    if (now_ns <= recorder->interval_last_ns)
        return;
    recorder_close_interval(recorder, recorder->interval_last_ns + 1);
    int64_t start_ns = now_ns - now_ns % recorder->interval_ns;
    recorder->interval = now_ns / recorder->interval_ns;
    recorder->interval_last_ns = start_ns > INT64_MAX - recorder->interval_ns
                                     ? INT64_MAX
                                     : start_ns + recorder->interval_ns - 1;
}
