// SPDX-License-Identifier: GPL-2.0-or-later
// Rows over time. Only what was active in an interval costs anything, and empty ones cost nothing.
#include "reports/recorder/recorder_internal.h"

#include <stdlib.h>

// If the length adapts: not more intervals than this, and one that begins with the run's last
// instant;
#define INTERVALS_MAX 1000
// and of more memory than this, the next length, if that leaves so many.
#define CELLS_MEMORY (UINT64_C(8) << 20)
#define INTERVALS_LEAST 50
// If it is given: stored when there are so many intervals, or bytes of them.
#define STORED_INTERVALS 4096
#define STORED_MEMORY (UINT64_C(1) << 20)
#define GROUP_ROWS_MEMORY UINT64_C(256) // of a group and interval, about

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

// Each is a multiple of the one before; the longest is enough for 292 years.
static const int64_t lengths_ns[] = {
    MS,          2 * MS,      10 * MS,     20 * MS,     100 * MS,    200 * MS,
    SECOND,      2 * SECOND,  10 * SECOND, 20 * SECOND, MINUTE,      2 * MINUTE,
    10 * MINUTE, 20 * MINUTE, HOUR,        2 * HOUR,    10 * HOUR,   20 * HOUR,
    100 * HOUR,  200 * HOUR,  1000 * HOUR, 2000 * HOUR, 10000 * HOUR};

#define LENGTH_COUNT (sizeof lengths_ns / sizeof lengths_ns[0])

const uint32_t recorder_streams_by_name[RECORDER_STREAM_COUNT] = {
    REPORT_DIRECTION_DISCARD, REPORT_DIRECTION_FLUSH, REPORT_DIRECTION_READ, RECORDER_READ_WRITE,
    REPORT_DIRECTION_WRITE};

static void begin_interval(struct recorder_grain *grain, int64_t now_ns)
{
    grain->start_ns = now_ns - now_ns % grain->interval_ns;
    grain->last_ns = grain->start_ns > INT64_MAX - grain->interval_ns
                         ? INT64_MAX
                         : grain->start_ns + grain->interval_ns - 1;
}

static void find_boundary(struct report_recorder *recorder)
{
    int64_t rows_ns = recorder_grain(recorder)->last_ns;
    int64_t spans_ns = recorder->grains[RECORDER_CONTENTION_GRAIN].last_ns;
    recorder->boundary_ns = rows_ns < spans_ns ? rows_ns : spans_ns;
}

bool recorder_open_intervals(struct report_recorder *recorder, int64_t interval_ns)
{
    bool is_one = recorder->omit_series || interval_ns != 0;
    // Without rows over time the whole run is an interval: nothing has to be done as it goes on.
    int64_t one_ns = recorder->omit_series ? INT64_MAX : interval_ns;
    recorder->adapts = interval_ns == 0;
    recorder->grain = RECORDER_FIRST_GRAIN;
    recorder->grain_count = RECORDER_FIRST_GRAIN + (is_one ? 1 : LENGTH_COUNT);
    recorder->grains[RECORDER_CONTENTION_GRAIN].interval_ns = RECORDER_CONTENTION_NS;
    for (size_t g = RECORDER_FIRST_GRAIN; g < recorder->grain_count; g++)
        recorder->grains[g].interval_ns = is_one ? one_ns : lengths_ns[g - RECORDER_FIRST_GRAIN];
    for (size_t g = 0; g < recorder->grain_count; g++)
        begin_interval(&recorder->grains[g], 0);
    find_boundary(recorder);
    size_t marks = recorder->throttle_count * recorder->grain_count;
    recorder->marks = calloc(marks + 1, sizeof *recorder->marks);
    for (size_t i = 0; recorder->marks != NULL && i < marks; i++)
        recorder->marks[i].start_ns = REPORT_NOT_YET;
    return recorder->marks != NULL;
}

static void free_grain(struct recorder_grain *grain)
{
    free(grain->active.items);
    free(grain->held.words);
    grain->active = (struct recorder_list){0};
    grain->held = (struct report_held){0};
}

void recorder_close_intervals(struct report_recorder *recorder)
{
    for (size_t g = 0; g < recorder->grain_count; g++)
        free_grain(&recorder->grains[g]);
    recorder_cells_free(&recorder->cells);
    free(recorder->marks);
}

// ---- What happens in them ----

static void activate(struct report_recorder *recorder, size_t grain, uint32_t group)
{
    if (recorder_list_add(recorder, &recorder->grains[grain].active, group))
        recorder->groups[group].active |= UINT32_C(1) << grain;
}

void recorder_activate_group(struct report_recorder *recorder, uint32_t group)
{
    const struct recorder_group *activated = &recorder->groups[group];
    if ((activated->active >> RECORDER_CONTENTION_GRAIN & 1) == 0)
        activate(recorder, RECORDER_CONTENTION_GRAIN, group);
    // An interval lies in the present ones of all longer lengths.
    for (size_t g = recorder->grain; g < recorder->grain_count; g++) {
        if ((activated->active >> g & 1) != 0)
            break;
        activate(recorder, g, group);
    }
}

static bool set_mark(struct report_recorder *recorder, uint32_t member, size_t grain)
{
    struct recorder_mark *mark = recorder_mark(recorder, member, grain);
    int64_t start_ns = recorder->grains[grain].start_ns;
    if (mark->start_ns == start_ns)
        return false;
    *mark = (struct recorder_mark){start_ns, recorder->members[member].served};
    return true;
}

void recorder_note_member(struct report_recorder *recorder, uint32_t number)
{
    struct recorder_member *member = &recorder->members[number];
    member->noted_ns = recorder->boundary_ns;
    if (!member->active)
        member->active = recorder_list_add(recorder, &recorder->active, number);
    set_mark(recorder, number, RECORDER_CONTENTION_GRAIN);
    for (size_t g = recorder->grain; g < recorder->grain_count; g++) {
        if (!set_mark(recorder, number, g))
            break;
    }
    // Its group stays active until the interval ends, and so does one that the member joins.
    if (member->group != REPORT_NONE)
        recorder_activate_group(recorder, member->group);
}

void recorder_forget_served(struct report_recorder *recorder, uint32_t number)
{
    for (size_t g = 0; g < recorder->grain_count; g++)
        *recorder_mark(recorder, number, g) =
            (struct recorder_mark){recorder->grains[g].start_ns, recorder->members[number].served};
}

// ---- Members ----

// All latencies of the interval are known: they go to the run's, and to reads and writes together.
static void add_up_direction(struct report_recorder *recorder, struct recorder_member *member,
                             uint32_t direction)
{
    struct recorder_stream *stream = &member->streams[direction];
    struct recorder_span *both = &member->streams[RECORDER_READ_WRITE].interval;
    recorder_add_zeros(recorder, &stream->interval.total,
                       stream->interval.moments[RECORDER_COMPLETED].requests);
    if (recorder_is_read_write(direction)) {
        for (size_t m = 0; m < RECORDER_MOMENT_COUNT; m++)
            report_service_add(&both->moments[m], &stream->interval.moments[m]);
    }
    if (!recorder->omit_series && recorder_is_read_write(direction))
        recorder_merge(recorder, &both->total, stream->interval.total);
    if (recorder->omit_series && stream->latency[RECORDER_TOTAL] == NULL) {
        stream->latency[RECORDER_TOTAL] = stream->interval.total;
        stream->interval.total = NULL;
    } else {
        recorder_merge(recorder, &stream->latency[RECORDER_TOTAL], stream->interval.total);
    }
}

static bool happened(const struct recorder_span *span)
{
    const struct report_service *counts = span->moments;
    return counts[RECORDER_ARRIVED].requests > 0 || counts[RECORDER_DISPATCHED].requests > 0 ||
           counts[RECORDER_COMPLETED].requests > 0;
}

// What the stream did in the interval is kept or stored, and goes to the run's sums.
static void close_stream(struct report_recorder *recorder, uint32_t member, uint32_t place)
{
    uint32_t number = recorder_streams_by_name[place];
    struct recorder_stream *stream = &recorder->members[member].streams[number];
    struct recorder_span *span = &stream->interval;
    struct recorder_queue *queue = &stream->queue;
    span->waiting_before = queue->before;
    span->waiting = queue->settled;
    span->waiting_max = queue->interval_max > queue->settled ? queue->interval_max : queue->settled;
    if (!recorder->omit_series)
        recorder_cell_add(recorder, (uint64_t)member * RECORDER_STREAM_COUNT + place, span);
    for (size_t m = 0; m < RECORDER_MOMENT_COUNT; m++)
        report_service_add(&stream->run[m], &span->moments[m]);
    recorder_span_clear(recorder, span);
    queue->before = queue->settled;
    queue->interval_max = 0;
}

static void close_member(struct report_recorder *recorder, uint32_t number)
{
    struct recorder_member *member = &recorder->members[number];
    for (uint32_t d = 0; d < REPORT_DIRECTION_COUNT; d++)
        add_up_direction(recorder, member, d);
    for (uint32_t place = 0; place < RECORDER_STREAM_COUNT; place++) {
        if (happened(&member->streams[recorder_streams_by_name[place]].interval))
            close_stream(recorder, number, place);
    }
    member->active = false;
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static void close_members(struct report_recorder *recorder)
{
    struct recorder_list *active = &recorder->active;
    if (active->count == 0)
        return;
    qsort(active->items, active->count, sizeof *active->items, compare_numbers);
    for (size_t i = 0; i < active->count; i++)
        close_member(recorder, active->items[i]);
    active->count = 0;
    if (recorder->omit_series)
        return;
    recorder_cell_end(recorder, recorder->cell_start_ns);
    if (!recorder->adapts &&
        (recorder->cells.memory > STORED_MEMORY || recorder->cells.count >= STORED_INTERVALS))
        recorder_cells_store(recorder, recorder_grain(recorder)->interval_ns);
}

// ---- From interval to interval ----

// With intervals as long as they are, are there too many?
static bool are_too_many(const struct report_recorder *recorder)
{
    const struct recorder_grain *grain = recorder_grain(recorder);
    // All longer ones together have fewer rows.
    uint64_t memory = recorder->cells.memory + 2 * GROUP_ROWS_MEMORY * grain->group_rows;
    if (recorder->grain + 1 == recorder->grain_count)
        return false;
    return grain->start_ns / grain->interval_ns > INTERVALS_MAX ||
           (memory > CELLS_MEMORY && grain->start_ns / grain[1].interval_ns >= INTERVALS_LEAST);
}

static void take_next_length(struct report_recorder *recorder)
{
    free_grain(&recorder->grains[recorder->grain++]);
    recorder_cells_coarsen(recorder, recorder_grain(recorder)->interval_ns);
}

void recorder_next_intervals(struct report_recorder *recorder, int64_t now_ns)
{
    if (now_ns > recorder_grain(recorder)->last_ns) {
        close_members(recorder);
        recorder->cell_start_ns = now_ns - now_ns % recorder_grain(recorder)->interval_ns;
    }
    for (size_t g = 0; g < recorder->grain_count; g++) {
        struct recorder_grain *grain = &recorder->grains[g];
        if ((g > 0 && g < recorder->grain) || now_ns <= grain->last_ns)
            continue;
        recorder_close_groups(recorder, g, grain->last_ns + 1);
        begin_interval(grain, now_ns);
    }
    while (recorder->adapts && are_too_many(recorder))
        take_next_length(recorder);
    find_boundary(recorder);
}

// ---- At the end ----

struct ranked_member {
    double waiting, wait_ns, requests;
    uint32_t number;
};

// As the tables rank them: by how many waited on average.
static int compare_waiting(const void *left, const void *right)
{
    const struct ranked_member *a = left, *b = right;
    if (a->waiting != b->waiting)
        return a->waiting < b->waiting ? 1 : -1;
    return (a->number > b->number) - (a->number < b->number);
}

static int compare_ranks(const void *left, const void *right)
{
    const struct ranked_member *a = left, *b = right;
    if (a->wait_ns != b->wait_ns)
        return a->wait_ns < b->wait_ns ? 1 : -1;
    if (a->requests != b->requests)
        return a->requests < b->requests ? 1 : -1;
    return (a->number > b->number) - (a->number < b->number);
}

static struct ranked_member rank_of(const struct report_recorder *recorder, uint32_t number,
                                    int64_t end_ns)
{
    const struct recorder_stream *streams = recorder->members[number].streams;
    struct ranked_member rank = {.number = number};
    rank.requests = (double)streams[RECORDER_READ_WRITE].run[RECORDER_ARRIVED].requests;
    for (size_t d = 0; d < REPORT_DIRECTION_COUNT; d++) {
        const struct report_histogram *waits = streams[d].latency[RECORDER_THROTTLE_WAIT];
        rank.waiting += recorder_queue_mean(recorder, &streams[d].queue, end_ns);
        if (recorder_is_read_write((uint32_t)d) && waits != NULL)
            rank.wait_ns += report_sum_value(&waits->sum_ns);
    }
    return rank;
}

void recorder_choose_full(struct report_recorder *recorder, int64_t end_ns)
{
    struct ranked_member *ranks = calloc(recorder->member_count + 1, sizeof *ranks);
    if (ranks == NULL) {
        report_rows_fail(recorder->rows, "out of memory for the members of a run");
        return;
    }
    for (uint32_t i = 0; i < recorder->member_count; i++)
        ranks[i] = rank_of(recorder, i, end_ns);
    qsort(ranks, recorder->member_count, sizeof *ranks, compare_ranks);
    for (size_t i = 0; i < recorder->member_count && i < RECORDER_FULL_MEMBERS; i++)
        recorder->members[ranks[i].number].full = true;
    qsort(ranks, recorder->member_count, sizeof *ranks, compare_waiting);
    for (size_t i = 0; i < recorder->member_count && i < RECORDER_FULL_MEMBERS; i++)
        recorder->members[ranks[i].number].whole = true;
    free(ranks);
}

// What intervals of a run would be that lasts so long, if memory does not matter.
static int64_t suitable_ns(int64_t end_ns)
{
    size_t i = 0;
    while (i + 1 < LENGTH_COUNT && end_ns / lengths_ns[i] > INTERVALS_MAX)
        i++;
    return lengths_ns[i];
}

// What was kept until the length of the intervals was known.
static void store_adapted(struct report_recorder *recorder, int64_t end_ns)
{
    const struct recorder_grain *grain = recorder_grain(recorder);
    int64_t interval_ns = recorder->omit_series ? suitable_ns(end_ns) : grain->interval_ns;
    report_rows_add(recorder->rows, REPORT_ROW_INTERVAL_LENGTH,
                    (struct report_value[]){report_integer(interval_ns)});
    report_rows_add_held(recorder->rows, &grain->held);
}

void recorder_end_intervals(struct report_recorder *recorder, int64_t end_ns)
{
    recorder_close_groups(recorder, RECORDER_CONTENTION_GRAIN, end_ns);
    recorder_store_contention(recorder);
    if (!recorder->omit_series)
        recorder_close_groups(recorder, recorder->grain, end_ns);
    close_members(recorder);
    if (recorder->adapts)
        store_adapted(recorder, end_ns);
    recorder_choose_full(recorder, end_ns);
    if (!recorder->omit_series)
        recorder_cells_store(recorder, recorder_grain(recorder)->interval_ns);
}
