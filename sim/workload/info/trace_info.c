// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/trace_info.h"

#include "sim/base/stop.h"
#include "sim/base/units.h"

#include <math.h>
#include <stdlib.h>

#define BLOCKS_TOTAL (UINT64_C(1) << 22) // of all volumes' working sets, in memory
#define BLOCKS_MIN 256                   // of each

static bool learn_volumes(struct trace_info *info)
{
    size_t count = trace_volume_count(info->trace);
    if (count > info->volume_capacity) {
        size_t capacity = count > 2 * info->volume_capacity ? count : 2 * info->volume_capacity;
        struct info_volume *volumes = realloc(info->volumes, capacity * sizeof *volumes);
        if (volumes == NULL)
            return false;
        info->volumes = volumes;
        info->volume_capacity = capacity;
    }
    for (; info->volume_count < count; info->volume_count++) {
        info->volumes[info->volume_count] = (struct info_volume){
            .name = trace_volume_name(info->trace, (uint32_t)info->volume_count),
        };
    }
    return true;
}

// How many blocks the set of one volume may hold.
static uint64_t blocks_bound(size_t volume_count)
{
    uint64_t bound = BLOCKS_TOTAL / volume_count;
    if (bound > INFO_BLOCKS_MAX)
        return INFO_BLOCKS_MAX;
    return bound < BLOCKS_MIN ? BLOCKS_MIN : bound;
}

static bool add_to(struct trace_info *info, struct info_volume *volume, bool is_drawn,
                   const struct trace_request *request, bool sequential)
{
    if (is_drawn &&
        !info_series_add(&volume->series, request->arrival_ns - info->all.first_ns, request->bytes))
        return false;
    return info_volume_add(volume, request, sequential);
}

static bool add_request(struct trace_info *info, const struct trace_request *request)
{
    if (request->volume >= info->volume_count && !learn_volumes(info))
        return false;
    struct info_volume *volume = &info->volumes[request->volume];
    bool sequential = info_volume_is_sequential(volume, request);
    if (info->all.requests == 0)
        info->all.first_ns = request->arrival_ns;
    else
        info->resolution_ns =
            greatest_divisor(request->arrival_ns - info->all.last_ns, info->resolution_ns);
    bool is_drawn = info->wants_series && request->volume < TRACE_INFO_DRAWN_MAX;
    if (!add_to(info, volume, is_drawn, request, sequential) ||
        !add_to(info, &info->all, info->wants_series, request, sequential))
        return false;
    return (request->op != TRACE_READ && request->op != TRACE_WRITE) ||
           info_blocks_add(&volume->blocks, request->offset, request->bytes,
                           blocks_bound(info->volume_count));
}

static bool read_all(struct trace_info *info, struct info_spool *spool, struct sim_error *error)
{
    struct trace_error trace_error;
    struct trace_request request;
    enum trace_result result;
    while ((result = trace_read(info->trace, &request, &trace_error)) == TRACE_REQUEST) {
        if (!add_request(info, &request))
            return sim_fail_memory(error);
        struct info_record record = {request.arrival_ns, request.bytes, request.volume, request.op};
        if (request.op != TRACE_FLUSH && !info_spool_add(spool, &record, error))
            return false;
        if (stop_signal != 0)
            return sim_fail(error, SIM_FAILED, "interrupted");
    }
    return result == TRACE_END || sim_fail(error, SIM_BAD_INPUT, "%s", trace_error.message);
}

// What a throttle counts.
static uint64_t counted_requests(const struct info_volume *volume)
{
    return volume->requests - volume->ops[TRACE_FLUSH].requests;
}

static bool find_limits(struct trace_info *info, struct info_spool *spool, struct sim_error *error)
{
    struct info_answers *answers = calloc(info->volume_count + 1, sizeof *answers);
    bool ok = answers != NULL || sim_fail_memory(error);
    for (size_t i = 0; ok && i < info->volume_count; i++)
        answers[i].requests = counted_requests(&info->volumes[i]);
    if (ok)
        answers[info->volume_count].requests = counted_requests(&info->all);
    ok = ok && info_limits_find(spool, info->volume_count, answers, error);
    for (size_t i = 0; ok && i < info->volume_count; i++)
        info->volumes[i].answers = answers[i];
    if (ok)
        info->all.answers = answers[info->volume_count];
    free(answers);
    return ok;
}

static void sum_blocks(struct trace_info *info)
{
    double squares = 0;
    for (size_t i = 0; i < info->volume_count; i++) {
        struct info_volume *volume = &info->volumes[i];
        volume->touched = info_blocks_count(&volume->blocks);
        volume->touched_error = volume->blocks.error;
        volume->touched_cut = volume->blocks.cut;
        info->all.touched += volume->touched;
        info->all.touched_cut = info->all.touched_cut || volume->touched_cut;
        squares += pow((double)volume->touched * volume->touched_error, 2);
    }
    if (squares > 0)
        info->all.touched_error = sqrt(squares) / (double)info->all.touched;
}

bool trace_info_read(struct trace_info *info, const struct trace_config *config, bool wants_series,
                     struct sim_error *error)
{
    struct trace_error trace_error;
    struct info_spool spool = {0};
    *info = (struct trace_info){.path = config->path, .wants_series = wants_series};
    info->trace = trace_open(config, &trace_error);
    if (info->trace == NULL)
        return sim_fail(error, SIM_BAD_INPUT, "%s", trace_error.message);
    bool ok = read_all(info, &spool, error) && find_limits(info, &spool, error);
    info_spool_close(&spool);
    if (ok)
        sum_blocks(info);
    return ok;
}

void trace_info_free(struct trace_info *info)
{
    for (size_t i = 0; i < info->volume_count; i++)
        info_volume_free(&info->volumes[i]);
    info_volume_free(&info->all);
    free(info->volumes);
    trace_close(info->trace);
    *info = (struct trace_info){0};
}

const char *trace_info_arrival(const struct trace_info *info)
{
    return trace_arrival_used(info->trace) == TRACE_ARRIVAL_ISSUE ? "issue" : "queue";
}
