// SPDX-License-Identifier: GPL-2.0-or-later
// Cells: what streams did in intervals, small, and put together. A record is numbers in 7 bits a
// byte, the lowest first, of which all but the last have the eighth bit set.
#include "reports/recorder/recorder_internal.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES_MAX 10

// ---- Making one ----

static void put(struct report_recorder *recorder, uint64_t number)
{
    struct recorder_cells *cells = &recorder->cells;
    if (cells->size - cells->used < NUMBER_BYTES_MAX) {
        size_t size = 2 * cells->size + 4096;
        uint8_t *bytes = realloc(cells->bytes, size);
        if (bytes == NULL) {
            report_rows_fail(recorder->rows, "out of memory for the intervals of a run");
            cells->used = 0;
            return;
        }
        cells->bytes = bytes;
        cells->size = size;
    }
    for (; number >= 0x80; number >>= 7)
        cells->bytes[cells->used++] = (uint8_t)(number | 0x80);
    cells->bytes[cells->used++] = (uint8_t)number;
}

static void put_sum(struct report_recorder *recorder, const struct report_sum *sum)
{
    put(recorder, sum->low);
    put(recorder, sum->high);
}

static void put_histogram(struct report_recorder *recorder, const struct report_histogram *from)
{
    struct report_histogram_range range;
    size_t position = 0, last = 0;
    put(recorder, from != NULL ? from->count : 0);
    if (from == NULL || from->count == 0)
        return;
    put(recorder, (uint64_t)from->min_ns);
    put(recorder, (uint64_t)(from->max_ns - from->min_ns));
    put_sum(recorder, &from->sum_ns);
    while (report_histogram_next(from, &position, &range)) {
        put(recorder, position - last);
        put(recorder, range.count);
        last = position;
    }
}

static void put_causes(struct report_recorder *recorder, const struct recorder_cause *causes)
{
    size_t present = 0;
    for (size_t i = 0; causes != NULL && i < recorder->wait_count; i++)
        present += causes[i].requests > 0;
    put(recorder, present);
    for (size_t i = 0; present > 0 && i < recorder->wait_count; i++) {
        if (causes[i].requests == 0)
            continue;
        put(recorder, i);
        put(recorder, causes[i].requests);
        put_sum(recorder, &causes[i].wait_ns);
    }
}

void recorder_cell_add(struct report_recorder *recorder, uint64_t key,
                       const struct recorder_span *span)
{
    struct recorder_cells *cells = &recorder->cells;
    size_t before = cells->used;
    cells->records++;
    put(recorder, key - cells->key);
    cells->key = key;
    for (size_t m = 0; m < RECORDER_MOMENT_COUNT; m++) {
        put(recorder, (uint64_t)span->moments[m].requests);
        put(recorder, (uint64_t)span->moments[m].bytes);
    }
    put(recorder, span->waiting_before);
    put(recorder, span->waiting);
    put(recorder, span->waiting_max);
    put_histogram(recorder, span->total);
    // The interval does not depend on why requests waited.
    cells->memory += cells->used - before;
    put(recorder, (uint64_t)span->extra);
    put_causes(recorder, span->causes);
}

void recorder_cell_end(struct report_recorder *recorder, int64_t start_ns)
{
    struct recorder_cells *cells = &recorder->cells;
    struct recorder_cell cell = {start_ns, malloc(cells->used + 1), cells->used};
    if (cells->count == cells->capacity) {
        size_t capacity = 2 * cells->capacity + 64;
        struct recorder_cell *items = realloc(cells->items, capacity * sizeof *items);
        if (items != NULL) {
            cells->items = items;
            cells->capacity = capacity;
        }
    }
    if (cell.bytes == NULL || cells->count == cells->capacity) {
        report_rows_fail(recorder->rows, "out of memory for the intervals of a run");
        free(cell.bytes);
    } else {
        memcpy(cell.bytes, cells->bytes, cell.length);
        cells->items[cells->count++] = cell;
    }
    cells->used = 0;
    cells->key = 0;
}

// ---- Reading ----

static uint64_t get(const uint8_t **at)
{
    uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *(*at)++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return number;
    }
}

static struct report_sum get_sum(const uint8_t **at)
{
    uint64_t low = get(at);
    return (struct report_sum){low, get(at)};
}

static void add_sum(struct report_sum *sum, struct report_sum more)
{
    report_sum_add(sum, more.low);
    sum->high += more.high;
}

static void add_service(struct report_service *to, const uint8_t **at)
{
    int64_t requests = (int64_t)get(at);
    report_service_add(to, &(struct report_service){requests, (int64_t)get(at)});
}

// levels: they are counted there, too, unless NULL. False: out of memory.
static bool add_histogram(struct report_histogram **into, const uint8_t **at, uint64_t *levels)
{
    uint64_t count = get(at);
    if (count == 0)
        return true;
    if (*into == NULL && (*into = calloc(1, sizeof **into)) == NULL)
        return false;
    struct report_histogram *sum = *into;
    int64_t min_ns = (int64_t)get(at), max_ns = min_ns + (int64_t)get(at);
    sum->min_ns = sum->count == 0 || min_ns < sum->min_ns ? min_ns : sum->min_ns;
    sum->max_ns = sum->count == 0 || max_ns > sum->max_ns ? max_ns : sum->max_ns;
    sum->count += count;
    add_sum(&sum->sum_ns, get_sum(at));
    for (size_t position = 0; count > 0;) {
        position += get(at);
        uint64_t in_bucket = get(at);
        if (!report_histogram_count(sum, position - 1, in_bucket))
            return false;
        if (levels != NULL)
            levels[recorder_level(position - 1)] += in_bucket;
        count -= in_bucket;
    }
    return true;
}

static bool add_causes(struct recorder_cause **into, size_t wait_count, const uint8_t **at)
{
    uint64_t present = get(at);
    if (present > 0 && *into == NULL && (*into = calloc(wait_count, sizeof **into)) == NULL)
        return false;
    for (; present > 0; present--) {
        struct recorder_cause *cause = &(*into)[get(at)];
        cause->requests += get(at);
        add_sum(&cause->wait_ns, get_sum(at));
    }
    return true;
}

// The next record of a cell.
struct cell_cursor {
    const struct recorder_cell *cell;
    const uint8_t *at;
    uint64_t key;     // UINT64_MAX: there is none
    uint64_t *levels; // of the cell's interval, or NULL
};

static void find_next(struct cell_cursor *cursor, uint64_t last_key)
{
    bool more = cursor->at < cursor->cell->bytes + cursor->cell->length;
    cursor->key = more ? last_key + get(&cursor->at) : UINT64_MAX;
}

// Adds a record to sum, of an interval that begins at start_ns. Those of earlier cells come first.
static void add_record(struct report_recorder *recorder, struct cell_cursor *cursor,
                       int64_t start_ns, bool first)
{
    struct recorder_span *sum = &recorder->cells.sum;
    const uint8_t **at = &cursor->at;
    for (size_t m = 0; m < RECORDER_MOMENT_COUNT; m++)
        add_service(&sum->moments[m], at);
    uint64_t before = get(at), waiting = get(at), most = get(at);
    if (first)
        sum->waiting_before = before;
    // As many waited in this interval, before the cell.
    if (cursor->cell->start_ns > start_ns && before > most)
        most = before;
    sum->waiting = waiting;
    sum->waiting_max = most > sum->waiting_max ? most : sum->waiting_max;
    bool both = cursor->key % RECORDER_STREAM_COUNT == RECORDER_PLACE_READ_WRITE;
    bool added = add_histogram(&sum->total, at, both ? cursor->levels : NULL);
    sum->extra = report_add_saturated(sum->extra, (int64_t)get(at));
    if (!added || !add_causes(&sum->causes, recorder->wait_count, at))
        report_rows_fail(recorder->rows, "out of memory for the intervals of a run");
    find_next(cursor, cursor->key);
}

// ---- Putting cells together ----

static uint64_t least_key(const struct cell_cursor *cursors, size_t count)
{
    uint64_t key = UINT64_MAX;
    for (size_t i = 0; i < count; i++)
        key = cursors[i].key < key ? cursors[i].key : key;
    return key;
}

typedef void visit_record(struct report_recorder *recorder, int64_t interval,
                          const struct recorder_span *span);

// Visits the records of a stream, those of so many ns together.
static void visit_key(struct report_recorder *recorder, struct cell_cursor *cursors, size_t count,
                      uint64_t key, int64_t together_ns, visit_record *visit)
{
    struct recorder_span *sum = &recorder->cells.sum;
    int64_t present = REPORT_NOT_YET;
    for (size_t i = 0; i < count; i++) {
        if (cursors[i].key != key)
            continue;
        int64_t interval = cursors[i].cell->start_ns / together_ns;
        if (present != REPORT_NOT_YET && interval != present) {
            visit(recorder, present, sum);
            recorder_span_clear(recorder, sum);
        }
        add_record(recorder, &cursors[i], interval * together_ns, interval != present);
        present = interval;
    }
    visit(recorder, present, sum);
    recorder_span_clear(recorder, sum);
}

static struct cell_cursor *open_cursors(struct report_recorder *recorder,
                                        const struct recorder_cell *cells, size_t count)
{
    struct cell_cursor *cursors = calloc(count + 1, sizeof *cursors);
    if (cursors == NULL)
        report_rows_fail(recorder->rows, "out of memory for the intervals of a run");
    for (size_t i = 0; cursors != NULL && i < count; i++) {
        cursors[i] = (struct cell_cursor){&cells[i], cells[i].bytes, 0, NULL};
        find_next(&cursors[i], 0);
    }
    return cursors;
}

static void keep_record(struct report_recorder *recorder, int64_t interval,
                        const struct recorder_span *span)
{
    (void)interval;
    recorder_cell_add(recorder, recorder->cells.kept, span);
}

// Puts the cells of the interval of the first of these together; returns how many they are.
static size_t coarsen_first(struct report_recorder *recorder, const struct recorder_cell *cells,
                            size_t left, int64_t interval_ns)
{
    size_t count = 1;
    while (count < left && cells[count].start_ns / interval_ns == cells->start_ns / interval_ns)
        count++;
    struct cell_cursor *cursors = open_cursors(recorder, cells, count);
    for (uint64_t key; cursors != NULL && report_recorder_ok(recorder);) {
        if ((key = least_key(cursors, count)) == UINT64_MAX)
            break;
        recorder->cells.kept = key;
        visit_key(recorder, cursors, count, key, interval_ns, keep_record);
    }
    free(cursors);
    return count;
}

void recorder_cells_coarsen(struct report_recorder *recorder, int64_t interval_ns)
{
    struct recorder_cells *cells = &recorder->cells;
    struct recorder_cell *fine = cells->items;
    size_t left = cells->count;
    cells->items = NULL;
    cells->count = cells->capacity = cells->memory = cells->records = 0;
    for (const struct recorder_cell *first = fine; left > 0;) {
        size_t count = 1;
        if (report_recorder_ok(recorder)) {
            count = coarsen_first(recorder, first, left, interval_ns);
            recorder_cell_end(recorder, first->start_ns / interval_ns * interval_ns);
        }
        for (left -= count; count > 0; count--)
            free((first++)->bytes);
    }
    free(fine);
}

// ---- Storing them ----

// More records than these are not stored of one run that adapts, about: those of most members are
// put together.
#define RECORDS_MAX 15000

// How many intervals of a member are one, unless it is stored in full.
static int64_t step_of_others(const struct report_recorder *recorder, int64_t intervals)
{
    size_t streams = 3 * recorder->member_count; // reads, writes, both
    int64_t each = (int64_t)(RECORDS_MAX / (streams + 1)) + 1;
    if (!recorder->adapts || recorder->cells.records <= RECORDS_MAX)
        return 1;
    return (intervals + each - 1) / each;
}

static void store_record(struct report_recorder *recorder, int64_t interval,
                         const struct recorder_span *span)
{
    recorder_series_add(recorder, interval * recorder->series.step, span);
}

static void store_streams(struct report_recorder *recorder, struct cell_cursor *cursors,
                          size_t count, int64_t interval_ns)
{
    struct recorder_series *series = &recorder->series;
    int64_t last = cursors[count - 1].cell->start_ns / interval_ns;
    int64_t others = step_of_others(recorder, last + 1);
    for (uint64_t key; report_recorder_ok(recorder);) {
        if ((key = least_key(cursors, count)) == UINT64_MAX)
            break;
        series->member = (uint32_t)(key / RECORDER_STREAM_COUNT);
        series->stream = recorder_streams_by_name[key % RECORDER_STREAM_COUNT];
        series->step = recorder->members[series->member].full ? 1 : others;
        visit_key(recorder, cursors, count, key, interval_ns * series->step, store_record);
        recorder_series_end(recorder);
        if (recorder->adapts)
            recorder_tell(recorder, RECORDER_SERIES_SHARE * (double)series->member /
                                        (double)recorder->member_count);
    }
}

static void free_items(struct recorder_cells *cells)
{
    for (size_t i = 0; i < cells->count; i++)
        free(cells->items[i].bytes);
    cells->count = cells->memory = cells->records = 0;
}

void recorder_cells_store(struct report_recorder *recorder, int64_t interval_ns)
{
    struct recorder_cells *cells = &recorder->cells;
    size_t count = cells->count, interval = 0;
    if (count == 0)
        return;
    uint64_t(*levels)[RECORDER_LEVELS] = calloc(count, sizeof *levels);
    struct cell_cursor *cursors = open_cursors(recorder, cells->items, count);
    if (levels == NULL)
        report_rows_fail(recorder->rows, "out of memory for the intervals of a run");
    // Of one interval there may be several cells.
    for (size_t i = 0; cursors != NULL && levels != NULL && i < count; i++) {
        if (cells->items[i].start_ns / interval_ns != cells->items[interval].start_ns / interval_ns)
            interval = i;
        cursors[i].levels = levels[interval];
    }
    if (cursors != NULL && levels != NULL)
        store_streams(recorder, cursors, count, interval_ns);
    for (size_t i = 0; levels != NULL && i < count; i++)
        recorder_levels_store(recorder, cells->items[i].start_ns / interval_ns, levels[i]);
    free(levels);
    free(cursors);
    free_items(cells);
}

void recorder_cells_free(struct recorder_cells *cells)
{
    free_items(cells);
    free(cells->items);
    free(cells->bytes);
    recorder_span_free(&cells->sum);
}
