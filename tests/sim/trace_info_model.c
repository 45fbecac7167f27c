// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/sim/trace_info_model.h"

#include "tests/sim/lab.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t random_gap(uint64_t *state, int64_t unit_ns)
{
    switch (random_below(state, 8)) {
    case 0:
    case 1:
        return 0;
    case 2:
        return (int64_t)random_below(state, 300) * unit_ns;
    case 3:
        return (int64_t)random_below(state, 3) * unit_ns;
    case 4:
        return random_below(state, 40) == 0 ? (int64_t)random_below(state, 4000) * MS : 0;
    default:
        return (int64_t)random_below(state, 20) * unit_ns;
    }
}

void model_make(struct model_trace *trace, uint64_t seed)
{
    static const int64_t units_ns[] = {1, 1000, 33333, 100000, MS};
    static const uint64_t sizes[] = {512, 4096, 4096, 8192, 65536, 1 << 20};
    uint64_t state = seed, end = 0;
    int64_t now_ns = (int64_t)random_below(&state, SECOND);
    int64_t unit_ns = units_ns[random_below(&state, 5)];
    bool odd_sizes = random_below(&state, 3) == 0;
    trace->volumes = 1 + (uint32_t)random_below(&state, 4);
    trace->count = 1 + random_below(&state, random_below(&state, 4) == 0 ? 4 : MODEL_MAX);
    for (size_t i = 0; i < trace->count; i++) {
        struct model_request *request = &trace->requests[i];
        now_ns += random_gap(&state, unit_ns);
        *request = (struct model_request){
            .arrival_ns = now_ns,
            .latency_ns = random_below(&state, 5) == 0 ? -1 : (int64_t)random_below(&state, 9999),
            .bytes = odd_sizes ? 1 + random_below(&state, 30000) : sizes[random_below(&state, 6)],
            .volume = (uint32_t)random_below(&state, trace->volumes),
            .op = (enum trace_op)random_below(&state, 12),
        };
        if (request->op >= TRACE_OP_COUNT)
            request->op = request->op % 2 == 0 ? TRACE_READ : TRACE_WRITE;
        if (request->op == TRACE_FLUSH)
            request->bytes = 0;
        request->offset = random_below(&state, 2) == 0 ? end : random_below(&state, 1 << 22);
        end = request->offset + request->bytes;
    }
}

void model_write(const struct model_trace *trace, const char *name)
{
    FILE *file = fopen(scratch_path(name), "w");
    assert_non_null(file);
    fputs(HEADER, file);
    for (size_t i = 0; i < trace->count; i++) {
        const struct model_request *request = &trace->requests[i];
        fprintf(file, "%" PRId64 ",%s,%" PRIu64 ",%" PRIu64 ",v%" PRIu32 ",", request->arrival_ns,
                trace_op_name(request->op), request->offset, request->bytes, request->volume);
        if (request->latency_ns >= 0)
            fprintf(file, "%" PRId64, request->latency_ns);
        fputc('\n', file);
    }
    assert_int_equal(fclose(file), 0);
}

void model_read(const char *name, struct trace_info *info)
{
    struct trace_config config = {.path = scratch_path(name)};
    static const struct trace_info_options filter = {
        .wants_series = true, .ops = CUT_ALL_OPS, .attach = ENGINE_FILTER};
    struct sim_error error;
    if (!trace_info_read(info, &config, &filter, &error))
        fail_msg("%s", error.message);
}

struct model_request *model_of(const struct model_trace *trace, const struct info_volume *volume,
                               size_t *count)
{
    struct model_request *requests = malloc(trace->count * sizeof *requests);
    uint32_t wanted = volume->name == NULL ? 0 : (uint32_t)strtoul(volume->name + 1, NULL, 10);
    assert_non_null(requests);
    *count = 0;
    for (size_t i = 0; i < trace->count; i++) {
        if (volume->name == NULL || trace->requests[i].volume == wanted)
            requests[(*count)++] = trace->requests[i];
    }
    return requests;
}
