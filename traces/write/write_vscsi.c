// SPDX-License-Identifier: GPL-2.0-or-later
// CloudPhysics' binary traces, version 1 (docs/traces.md has the fields). Version 2 has latencies
// of a unit that nobody knows.
#include "traces/write/write_format.h"
#include "traces/write/write_text.h"

#define VSCSI_RECORD_BYTES 32
#define VSCSI_VERSION (1 << 8)
#define VSCSI_NS_PER_US 1000
#define VSCSI_SYNCHRONIZE_CACHE 0x35

// The shorter command of 10 bytes where block and length fit in its 32 and 16 bits.
static unsigned vscsi_command(const struct trace_request *request)
{
    bool fits = request->offset / WRITE_SECTOR_BYTES <= UINT32_MAX &&
                request->bytes / WRITE_SECTOR_BYTES <= UINT16_MAX;
    if (request->op == TRACE_FLUSH)
        return VSCSI_SYNCHRONIZE_CACHE;
    if (request->op == TRACE_READ)
        return fits ? 0x28 : 0x88;
    return fits ? 0x2a : 0x8a;
}

static void vscsi_put(struct write_context *context, const struct trace_request *request)
{
    bool flush = request->op == TRACE_FLUSH;
    char *to = write_output_reserve(&context->output, VSCSI_RECORD_BYTES);
    to = write_little(to, ++context->records, 4);
    to = write_little(to, request->bytes, 4);
    to = write_little(to, !flush, 4); // segments
    to = write_little(to, vscsi_command(request), 2);
    to = write_little(to, VSCSI_VERSION, 2);
    to = write_little(to, flush ? 0 : request->offset / WRITE_SECTOR_BYTES, 8);
    to = write_little(to, (uint64_t)request->arrival_ns / VSCSI_NS_PER_US, 8);
    write_output_take(&context->output, to);
}

const struct write_format write_format_vscsi = {
    .name = "vscsi",
    .naming = WRITE_NAMES_NONE,
    .limits =
        {
            .operations = 1U << TRACE_READ | 1U << TRACE_WRITE | 1U << TRACE_FLUSH,
            .time_step_ns = VSCSI_NS_PER_US,
            .offset_step = WRITE_SECTOR_BYTES,
            .bytes_step = WRITE_SECTOR_BYTES,
            .bytes_max = UINT32_MAX - UINT32_MAX % WRITE_SECTOR_BYTES,
        },
    .put = vscsi_put,
};
