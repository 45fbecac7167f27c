// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/fit_record.h"

#include "sim/workload/info/divisor.h"

#include <stdlib.h>
#include <string.h>

#define BOUND_MIN 256 // bins, blocks or places of a volume

// The greatest power of two that all volumes may have of a total, from BOUND_MIN to most.
static uint64_t bound_of(uint64_t total, uint64_t most, size_t volumes)
{
    uint64_t bound = most;
    while (bound > BOUND_MIN && bound * volumes > total)
        bound /= 2;
    return bound;
}

static bool learn_volumes(struct fit_record *record, uint32_t volume, struct sim_error *error)
{
    size_t count = (size_t)volume + 1;
    if (count > SYNTH_ENTRIES_MAX)
        return sim_fail(error, SIM_BAD_INPUT,
                        "there are more than %d volumes, which is the most that a specification "
                        "can describe; choose some with --volume",
                        SYNTH_ENTRIES_MAX);
    if (count > record->volume_capacity) {
        size_t capacity = 2 * record->volume_capacity > count ? 2 * record->volume_capacity : count;
        struct fit_volume *volumes = realloc(record->volumes, capacity * sizeof *volumes);
        if (volumes == NULL)
            return sim_fail_memory(error);
        record->volumes = volumes;
        record->volume_capacity = capacity;
    }
    memset(record->volumes + record->volume_count, 0,
           (count - record->volume_count) * sizeof *record->volumes);
    record->volume_count = count;
    return true;
}

static bool add_to(struct fit_volume *volume, const struct trace_request *request, bool sequential,
                   int64_t since_ns, size_t bins)
{
    if (!info_volume_add(&volume->info, request, sequential) ||
        !fit_bins_add(&volume->bins, since_ns, bins))
        return false;
    fit_windows_add(&volume->windows, (uint64_t)(request->arrival_ns - volume->info.first_ns));
    return true;
}

static bool add_blocks(struct fit_record *record, struct fit_volume *volume,
                       const struct trace_request *request)
{
    uint64_t bound = bound_of(FIT_RECORD_BLOCKS, INFO_BLOCKS_MAX, record->volume_count);
    bool moves_data = request->op == TRACE_READ || request->op == TRACE_WRITE;
    if (request->op != TRACE_FLUSH &&
        !fit_places_add(&volume->places[request->op], request, bound / 4))
        return false;
    return !moves_data ||
           info_blocks_add(&volume->info.blocks, request->offset, request->bytes, bound);
}

bool fit_record_add(struct fit_record *record, const struct trace_request *request,
                    struct sim_error *error)
{
    if (request->volume >= record->volume_count && !learn_volumes(record, request->volume, error))
        return false;
    struct fit_volume *volume = &record->volumes[request->volume];
    bool sequential = info_volume_is_sequential(&volume->info, request);
    size_t bins = bound_of(FIT_RECORD_BINS, FIT_BINS_MAX, record->volume_count);
    if (record->all.info.requests == 0)
        record->all.info.first_ns = request->arrival_ns;
    else
        record->resolution_ns = info_greatest_divisor(
            request->arrival_ns - record->all.info.last_ns, record->resolution_ns);
    int64_t since_ns = request->arrival_ns - record->all.info.first_ns;
    if (!add_to(volume, request, sequential, since_ns, bins) ||
        !add_to(&record->all, request, sequential, since_ns, FIT_BINS_MAX) ||
        !add_blocks(record, volume, request))
        return sim_fail_memory(error);
    fit_runs_add(&volume->runs, request->arrival_ns);
    return true;
}

static void free_volume(struct fit_volume *volume)
{
    info_volume_free(&volume->info);
    for (int op = 0; op < TRACE_OP_COUNT; op++)
        fit_places_free(&volume->places[op]);
    fit_bins_free(&volume->bins);
}

void fit_record_free(struct fit_record *record)
{
    for (size_t i = 0; i < record->volume_count; i++)
        free_volume(&record->volumes[i]);
    free_volume(&record->all);
    free(record->volumes);
    *record = (struct fit_record){0};
}
