// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/volume.h"

#include <math.h>

// The index of its direction, or INFO_DIRECTION_COUNT.
static size_t direction_of(enum trace_op op)
{
    if (op == TRACE_READ)
        return 0;
    return op == TRACE_WRITE || op == TRACE_WRITE_ZEROES ? 1 : INFO_DIRECTION_COUNT;
}

bool info_volume_is_sequential(const struct info_volume *volume,
                               const struct trace_request *request)
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

bool info_volume_add(struct info_volume *volume, const struct trace_request *request,
                     bool sequential)
{
    struct info_op *op = &volume->ops[request->op];
    if (!add_time(volume, request->arrival_ns) || !info_sizes_add(&op->sizes, request->bytes) ||
        !info_windows_add(&volume->windows, request->arrival_ns, request->bytes))
        return false;
    add_direction(volume, request, sequential);
    volume->requests++;
    volume->bytes = info_sum_bytes(volume->bytes, request->bytes);
    op->requests++;
    op->bytes = info_sum_bytes(op->bytes, request->bytes);
    return request->latency_ns == TRACE_LATENCY_UNKNOWN ||
           report_histogram_record(&volume->latency, request->latency_ns);
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

bool info_volume_sizes(const struct info_volume *volume, struct info_sizes *sizes)
{
    *sizes = (struct info_sizes){0};
    for (int i = 0; i < TRACE_OP_COUNT; i++) {
        if (i != TRACE_FLUSH && !info_sizes_merge(sizes, &volume->ops[i].sizes))
            return false;
    }
    return true;
}
