// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/sizes.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 16

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
    struct info_sizes bigger = {.capacity =
                                    sizes->capacity == 0 ? CAPACITY_MIN : 2 * sizes->capacity};
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

bool info_sizes_merge(struct info_sizes *into, const struct info_sizes *from)
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
