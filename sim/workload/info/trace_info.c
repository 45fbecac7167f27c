// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/trace_info.h"

#include "sim/base/stop.h"
#include "sim/replay/replay.h"

#include <math.h>
#include <stdlib.h>

#define BLOCKS_TOTAL (UINT64_C(1) << 22) // of all volumes' working sets, in memory
#define BLOCKS_MIN 256                   // of each

static bool learn_volumes(struct trace_info *info)
{
    size_t count = trace_volume_count(info->trace);
    // So far that one had all.
    if (info->volume_count == 1 && !info_volume_copy(&info->all, &info->volumes[0]))
        return false;
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

static bool is_throttled(const struct trace_info *info, enum trace_op op)
{
    return (info->throttled >> op & 1) != 0;
}

static bool add_request(struct trace_info *info, const struct trace_request *request)
{
    if (request->volume >= info->volume_count && !learn_volumes(info))
        return false;
    struct info_volume *volume = &info->volumes[request->volume];
    struct info_volume *all = info->volume_count > 1 ? &info->all : NULL;
    if (!info_volume_add(volume, all, &info->resolution_ns, info->throttled, request))
        return false;
    int64_t since_ns = request->arrival_ns - (all != NULL ? all : volume)->first_ns;
    bool in_series = info->options.wants_series && is_throttled(info, request->op);
    bool is_drawn = in_series && request->volume < TRACE_INFO_DRAWN_MAX;
    if ((is_drawn && !info_series_add(&volume->series, since_ns, request->bytes)) ||
        (in_series && !info_series_add(&info->all.series, since_ns, request->bytes)))
        return false;
    return (request->op != TRACE_READ && request->op != TRACE_WRITE) ||
           info_blocks_add(&volume->blocks, request->offset, request->bytes,
                           blocks_bound(info->volume_count));
}

#define REQUESTS_PER_GUESS 4096

// Of every request that is read: how much there will be to do, as far as can be known.
static void look(struct trace_info *info, struct info_work *work)
{
    if (work->requests % REQUESTS_PER_GUESS == 0) {
        uint64_t consumed, total;
        trace_progress(info->trace, &consumed, &total);
        double all = consumed > 0 ? (double)total / (double)consumed * (double)work->requests : 0;
        work->total =
            all * (INFO_STEPS_READ + 2 * INFO_STEPS_PASS +
                   INFO_BUSY_GUESS * (INFO_PASSES_GUESS * INFO_STEPS_PASS + INFO_STEPS_CONFIRM));
    }
    info_work_step(work, INFO_STEPS_READ);
}

static bool read_all(struct trace_info *info, struct info_spool *spool, struct sim_error *error)
{
    struct trace_error trace_error;
    struct trace_request request;
    enum trace_result result;
    // A run counts from there, too; the recording's own times may be below 0.
    int64_t origin_ns = trace_times_are_absolute(info->trace) ? 0 : trace_origin_ns(info->trace);
    while ((result = trace_read(info->trace, &request, &trace_error)) == TRACE_REQUEST) {
        look(info, spool->work);
        if ((info->options.ops >> request.op & 1) == 0)
            continue;
        if (!add_request(info, &request))
            return sim_fail_memory(error);
        struct info_record record = {request.arrival_ns - origin_ns, request.bytes, request.volume,
                                     request.op, 0};
        if (is_throttled(info, request.op) && !info_spool_add(spool, &record, error))
            return false;
        if (stop_signal != 0)
            return sim_fail(error, SIM_FAILED, "interrupted");
    }
    if (result == TRACE_ERROR)
        return sim_fail(error, SIM_BAD_INPUT, "%s", trace_error.message);
    return info->volume_count != 1 || info_volume_copy(&info->all, &info->volumes[0]) ||
           sim_fail_memory(error);
}

static bool find_limits(struct trace_info *info, struct info_spool *spool, struct sim_error *error)
{
    info->answers = calloc(info->volume_count + 1, sizeof *info->answers);
    if (info->answers == NULL)
        return sim_fail_memory(error);
    for (size_t i = 0; i <= info->volume_count; i++) {
        struct info_volume *volume = i < info->volume_count ? &info->volumes[i] : &info->all;
        for (int op = 0; op < TRACE_OP_COUNT; op++) {
            if (!is_throttled(info, (enum trace_op)op))
                continue;
            info->answers[i].requests += volume->ops[op].requests;
            info->answers[i].bytes += (double)volume->ops[op].bytes;
        }
        info->answers[i].seconds = info_volume_seconds(volume);
        volume->answers = &info->answers[i];
    }
    return info_limits_find(spool, info->volume_count, info->answers, error);
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

static unsigned throttled_ops(const struct trace_info_options *options)
{
    size_t count;
    const struct engine_algorithm *algorithm = engine_algorithms(&count)[0];
    unsigned ops = 0;
    for (int op = 0; op < TRACE_OP_COUNT; op++) {
        if (engine_direction_of(algorithm, options->attach, replay_op((enum trace_op)op)) !=
            ENGINE_NOT_THROTTLED)
            ops |= options->ops & 1U << op;
    }
    return ops;
}

bool trace_info_read(struct trace_info *info, const struct trace_config *config,
                     const struct trace_info_options *options, struct sim_error *error)
{
    struct trace_error trace_error;
    struct info_work work = {.progress = options->progress, .context = options->progress_context};
    struct info_spool spool = {.work = &work};
    *info = (struct trace_info){
        .path = config->path, .options = *options, .throttled = throttled_ops(options)};
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
    free(info->answers);
    trace_close(info->trace);
    *info = (struct trace_info){0};
}
