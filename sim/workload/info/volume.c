// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/volume.h"

#include "sim/base/units.h"
#include "traces/bit_mix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 64

static bool qualifies(const struct info_blocks *blocks, uint64_t hash)
{
    return (hash & ((UINT64_C(1) << blocks->level) - 1)) == 0;
}

static void insert(uint64_t *table, size_t capacity, uint64_t hash, size_t *used)
{
    size_t place = (size_t)(hash >> 32) & (capacity - 1);
    while (table[place] != 0 && table[place] != hash)
        place = (place + 1) & (capacity - 1);
    *used += table[place] == 0;
    table[place] = hash;
}

static bool grow_blocks(struct info_blocks *blocks)
{
    size_t capacity = blocks->capacity == 0 ? CAPACITY_MIN : 2 * blocks->capacity;
    uint64_t *table = calloc(capacity, sizeof *table);
    if (table == NULL)
        return false;
    blocks->used = blocks->has_zero;
    for (size_t i = 0; i < blocks->capacity; i++) {
        if (blocks->table[i] != 0)
            insert(table, capacity, blocks->table[i], &blocks->used);
    }
    free(blocks->table);
    blocks->table = table;
    blocks->capacity = capacity;
    return true;
}

// Only those that qualify stay. In place: the pages of a new table would cost more than all else.
// From a free place on, none moves but towards its own.
static void purge(struct info_blocks *blocks)
{
    size_t first = 0;
    while (blocks->table[first] != 0)
        first++;
    blocks->used = blocks->has_zero;
    for (size_t i = 1; i < blocks->capacity; i++) {
        uint64_t *place = &blocks->table[(first + i) & (blocks->capacity - 1)];
        uint64_t hash = *place;
        *place = 0;
        if (hash != 0 && qualifies(blocks, hash))
            insert(blocks->table, blocks->capacity, hash, &blocks->used);
    }
}

static bool add_hash(struct info_blocks *blocks, uint64_t hash, uint64_t bound)
{
    if (2 * (blocks->used + 1) > blocks->capacity && !grow_blocks(blocks))
        return false;
    if (hash == 0) {
        blocks->used += !blocks->has_zero;
        blocks->has_zero = true;
    } else {
        insert(blocks->table, blocks->capacity, hash, &blocks->used);
    }
    while (blocks->used > bound) {
        blocks->level++;
        blocks->error = fmax(blocks->error, 1.2 / sqrt((double)bound));
        purge(blocks);
    }
    return true;
}

bool info_blocks_add_one(struct info_blocks *blocks, uint64_t block, uint64_t bound)
{
    uint64_t hash = trace_mix(block);
    return !qualifies(blocks, hash) || add_hash(blocks, hash, bound);
}

bool info_blocks_add(struct info_blocks *blocks, uint64_t offset, uint64_t bytes, uint64_t bound)
{
    if (bytes == 0)
        return true;
    uint64_t first = offset / INFO_BLOCK_BYTES;
    uint64_t last = (offset + (bytes - 1)) / INFO_BLOCK_BYTES;
    if (last - first >= INFO_BLOCKS_REQUEST_MAX) {
        blocks->cut = true;
        last = first + INFO_BLOCKS_REQUEST_MAX - 1;
    }
    // Most do not qualify for long.
    for (uint64_t block = first; block <= last; block++) {
        uint64_t hash = trace_mix(block);
        if (qualifies(blocks, hash) && !add_hash(blocks, hash, bound))
            return false;
    }
    return true;
}

uint64_t info_blocks_count(const struct info_blocks *blocks)
{
    return (uint64_t)blocks->used << blocks->level;
}

void info_blocks_free(struct info_blocks *blocks)
{
    free(blocks->table);
    *blocks = (struct info_blocks){0};
}

// ---- Sizes ----

#define SIZES_CAPACITY_MIN 16

// Where this size is, or the free place where it belongs.
static struct report_trace_size *find(const struct info_sizes *sizes, uint64_t bytes)
{
    size_t mask = sizes->capacity - 1;
    size_t place = (size_t)(bytes * UINT64_C(0x9e3779b97f4a7c15) >> 40) & mask;
    while (sizes->table[place].requests != 0 && sizes->table[place].bytes != bytes)
        place = (place + 1) & mask;
    return &sizes->table[place];
}

static bool grow(struct info_sizes *sizes)
{
    struct info_sizes bigger = {.capacity = sizes->capacity == 0 ? SIZES_CAPACITY_MIN
                                                                 : 2 * sizes->capacity};
    bigger.table = calloc(bigger.capacity, sizeof *bigger.table);
    if (bigger.table == NULL)
        return false;
    for (size_t i = 0; i < sizes->capacity; i++) {
        if (sizes->table[i].requests != 0)
            *find(&bigger, sizes->table[i].bytes) = sizes->table[i];
    }
    free(sizes->table);
    sizes->table = bigger.table;
    sizes->capacity = bigger.capacity;
    return true;
}

static bool add_to_table(struct info_sizes *sizes, uint64_t bytes, uint64_t requests)
{
    if (2 * sizes->used >= sizes->capacity && !grow(sizes))
        return false;
    struct report_trace_size *size = find(sizes, bytes);
    if (size->requests == 0 && sizes->used == INFO_SIZES_MAX) {
        sizes->others += requests;
        return true;
    }
    sizes->used += size->requests == 0;
    size->bytes = bytes;
    size->requests += requests;
    return true;
}

bool info_sizes_add(struct info_sizes *sizes, uint64_t bytes)
{
    return report_histogram_record(&sizes->histogram, (int64_t)bytes) &&
           add_to_table(sizes, bytes, 1);
}

static bool merge_sizes(struct info_sizes *into, const struct info_sizes *from)
{
    for (size_t i = 0; i < from->capacity; i++) {
        const struct report_trace_size *size = &from->table[i];
        if (size->requests != 0 && !add_to_table(into, size->bytes, size->requests))
            return false;
    }
    into->others += from->others;
    return report_histogram_merge(&into->histogram, &from->histogram);
}

void info_sizes_free(struct info_sizes *sizes)
{
    report_histogram_release(&sizes->histogram);
    free(sizes->table);
    *sizes = (struct info_sizes){0};
}

static int compare_sizes(const void *left, const void *right)
{
    const struct report_trace_size *a = left, *b = right;
    return (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

static int compare_counts(const void *left, const void *right)
{
    const struct report_trace_size *a = left, *b = right;
    if (a->requests != b->requests)
        return a->requests < b->requests ? 1 : -1;
    return compare_sizes(left, right);
}

static struct report_trace_size *sorted(const struct info_sizes *sizes,
                                        int (*compare)(const void *, const void *))
{
    struct report_trace_size *list = sizes->used == 0 ? NULL : malloc(sizes->used * sizeof *list);
    size_t count = 0;
    if (list == NULL)
        return NULL;
    for (size_t i = 0; i < sizes->capacity; i++) {
        if (sizes->table[i].requests != 0)
            list[count++] = sizes->table[i];
    }
    qsort(list, count, sizeof *list, compare);
    return list;
}

struct report_trace_size *info_sizes_by_size(const struct info_sizes *sizes)
{
    return sorted(sizes, compare_sizes);
}

struct report_trace_size *info_sizes_by_count(const struct info_sizes *sizes)
{
    return sorted(sizes, compare_counts);
}

bool info_sizes_quantile(const struct info_sizes *sizes, unsigned per_mille, uint64_t *bytes)
{
    uint64_t count = sizes->histogram.count;
    *bytes = 0;
    if (count == 0 || sizes->others > 0) {
        *bytes = (uint64_t)report_histogram_quantile(&sizes->histogram, per_mille);
        return true;
    }
    struct report_trace_size *list = info_sizes_by_size(sizes);
    if (list == NULL)
        return false;
    // ceil(count * per_mille / 1000) without overflow.
    uint64_t rank = count / 1000 * per_mille + (count % 1000 * per_mille + 999) / 1000;
    uint64_t seen = list[0].requests;
    size_t i = 0;
    while (seen < rank)
        seen += list[++i].requests;
    *bytes = list[i].bytes;
    free(list);
    return true;
}

// ---- Volumes ----

// The index of its direction, or INFO_DIRECTION_COUNT.
static size_t direction_of(enum trace_op op)
{
    if (op == TRACE_READ)
        return 0;
    return op == TRACE_WRITE || op == TRACE_WRITE_ZEROES ? 1 : INFO_DIRECTION_COUNT;
}

// Does it begin where the one before ended?
static bool is_sequential(const struct info_volume *volume, const struct trace_request *request)
{
    size_t direction = direction_of(request->op);
    return direction < INFO_DIRECTION_COUNT && volume->directions[direction].requests > 0 &&
           volume->directions[direction].end == request->offset;
}

static void add_direction(struct info_volume *volume, const struct trace_request *request,
                          bool sequential)
{
    size_t index = direction_of(request->op);
    if (index == INFO_DIRECTION_COUNT)
        return;
    struct info_direction *direction = &volume->directions[index];
    direction->requests++;
    direction->sequential += sequential;
    direction->end = request->offset + request->bytes;
}

static bool add_time(struct info_volume *volume, int64_t arrival_ns)
{
    bool ok = true;
    if (volume->requests == 0) {
        volume->first_ns = arrival_ns;
    } else {
        int64_t gap_ns = arrival_ns - volume->last_ns;
        info_moments_add(&volume->gaps, (double)gap_ns);
        ok = report_histogram_record(&volume->gap_histogram, gap_ns);
    }
    volume->last_ns = arrival_ns;
    return ok;
}

static bool add_to(struct info_volume *volume, const struct trace_request *request, bool sequential,
                   unsigned counted)
{
    struct info_op *op = &volume->ops[request->op];
    if (!add_time(volume, request->arrival_ns) || !info_sizes_add(&op->sizes, request->bytes) ||
        ((counted >> request->op & 1) != 0 &&
         !info_windows_add(&volume->windows, request->arrival_ns, request->bytes)))
        return false;
    add_direction(volume, request, sequential);
    volume->requests++;
    volume->bytes = info_sum_bytes(volume->bytes, request->bytes);
    op->requests++;
    op->bytes = info_sum_bytes(op->bytes, request->bytes);
    return request->latency_ns == TRACE_LATENCY_UNKNOWN ||
           report_histogram_record(&volume->latency, request->latency_ns);
}

bool info_volume_add(struct info_volume *volume, struct info_volume *all, int64_t *resolution_ns,
                     unsigned counted, const struct trace_request *request)
{
    bool sequential = is_sequential(volume, request);
    const struct info_volume *whole = all != NULL ? all : volume;
    if (whole->requests > 0)
        *resolution_ns = greatest_divisor(request->arrival_ns - whole->last_ns, *resolution_ns);
    return add_to(volume, request, sequential, counted) &&
           (all == NULL || add_to(all, request, sequential, counted));
}

bool info_volume_copy(struct info_volume *into, const struct info_volume *from)
{
    into->requests = from->requests;
    into->bytes = from->bytes;
    into->first_ns = from->first_ns;
    into->last_ns = from->last_ns;
    into->gaps = from->gaps;
    memcpy(into->directions, from->directions, sizeof into->directions);
    for (int op = 0; op < TRACE_OP_COUNT; op++) {
        into->ops[op].requests = from->ops[op].requests;
        into->ops[op].bytes = from->ops[op].bytes;
        if (!merge_sizes(&into->ops[op].sizes, &from->ops[op].sizes))
            return false;
    }
    return info_windows_copy(&into->windows, &from->windows) &&
           report_histogram_merge(&into->gap_histogram, &from->gap_histogram) &&
           report_histogram_merge(&into->latency, &from->latency);
}

void info_volume_free(struct info_volume *volume)
{
    for (int i = 0; i < TRACE_OP_COUNT; i++)
        info_sizes_free(&volume->ops[i].sizes);
    info_windows_free(&volume->windows);
    report_histogram_release(&volume->gap_histogram);
    report_histogram_release(&volume->latency);
    info_blocks_free(&volume->blocks);
    info_series_free(&volume->series);
    *volume = (struct info_volume){0};
}

double info_volume_seconds(const struct info_volume *volume)
{
    return (double)(volume->last_ns - volume->first_ns) / 1e9;
}

double info_volume_rate(const struct info_volume *volume, uint64_t count)
{
    double seconds = info_volume_seconds(volume);
    return seconds > 0 ? (double)count / seconds : 0;
}

double info_volume_read_share(const struct info_volume *volume)
{
    uint64_t reads = volume->directions[0].requests;
    uint64_t all = reads + volume->directions[1].requests;
    return all == 0 ? 0 : (double)reads / (double)all;
}

double info_volume_gap_variation(const struct info_volume *volume)
{
    const struct info_moments *gaps = &volume->gaps;
    return gaps->count < 2 || gaps->mean <= 0 ? -1 : sqrt(info_moments_variance(gaps)) / gaps->mean;
}

bool info_volume_sizes(const struct info_volume *volume, unsigned ops, struct info_sizes *sizes)
{
    *sizes = (struct info_sizes){0};
    for (int i = 0; i < TRACE_OP_COUNT; i++) {
        if ((ops >> i & 1) != 0 && !merge_sizes(sizes, &volume->ops[i].sizes))
            return false;
    }
    return true;
}
