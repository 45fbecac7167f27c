// SPDX-License-Identifier: GPL-2.0-or-later
// Binary records of one volume, little-endian, without a header. CloudPhysics' have one for each
// SCSI command of a virtual disk, in two versions; libCacheSim's oracleGeneral tells when which
// block was asked for and when it will be next. docs/traces.md has the fields.
#include "traces/input/flow.h"

#include <string.h>

#define VSCSI_SECTOR_BYTES 512
#define VSCSI_US_NS 1000
#define VSCSI_S_NS 1000000000
#define VSCSI_RECORD_BYTES_MAX 40
#define VSCSI_RECOGNISED_BYTES_MAX (16 << 20) // no plausible request is larger

struct vscsi_layout {
    unsigned version; // the upper byte of the field; 0: there is none, and no command
    size_t bytes;
    size_t length_at; // u32, bytes
    size_t command_at;
    size_t version_at;
    size_t block_at; // u64
    size_t time_at;
    size_t time_bytes;
    int64_t time_ns; // its unit
};

static const struct vscsi_layout layouts[] = {
    {1, 32, 4, 12, 14, 16, 24, 8, VSCSI_US_NS},
    {2, 40, 8, 0, 2, 16, 24, 8, VSCSI_US_NS},
};
#define VSCSI_LAYOUT_COUNT (sizeof layouts / sizeof layouts[0])

static const struct vscsi_layout oracle = {0, 24, 12, 0, 0, 4, 0, 4, VSCSI_S_NS};
#define ORACLE_NEXT_AT 16 // i64, the number of the block's next record, from 1

// Operation codes of SCSI block commands (SPC, SBC), as far as guests use them.
enum vscsi_kind { VSCSI_UNKNOWN, VSCSI_OTHER, VSCSI_READS, VSCSI_WRITES, VSCSI_FLUSHES };
static const uint8_t kinds[256] = {
    [0x00] = VSCSI_OTHER,  [0x03] = VSCSI_OTHER,   [0x04] = VSCSI_OTHER,  [0x08] = VSCSI_READS,
    [0x0a] = VSCSI_WRITES, [0x12] = VSCSI_OTHER,   [0x15] = VSCSI_OTHER,  [0x16] = VSCSI_OTHER,
    [0x17] = VSCSI_OTHER,  [0x1a] = VSCSI_OTHER,   [0x1b] = VSCSI_OTHER,  [0x1e] = VSCSI_OTHER,
    [0x25] = VSCSI_OTHER,  [0x28] = VSCSI_READS,   [0x2a] = VSCSI_WRITES, [0x2e] = VSCSI_WRITES,
    [0x2f] = VSCSI_OTHER,  [0x35] = VSCSI_FLUSHES, [0x41] = VSCSI_OTHER,  [0x42] = VSCSI_OTHER,
    [0x4d] = VSCSI_OTHER,  [0x55] = VSCSI_OTHER,   [0x5a] = VSCSI_OTHER,  [0x5e] = VSCSI_OTHER,
    [0x5f] = VSCSI_OTHER,  [0x83] = VSCSI_OTHER,   [0x84] = VSCSI_OTHER,  [0x85] = VSCSI_OTHER,
    [0x88] = VSCSI_READS,  [0x89] = VSCSI_OTHER,   [0x8a] = VSCSI_WRITES, [0x8e] = VSCSI_WRITES,
    [0x8f] = VSCSI_OTHER,  [0x91] = VSCSI_FLUSHES, [0x93] = VSCSI_OTHER,  [0x9e] = VSCSI_OTHER,
    [0xa0] = VSCSI_OTHER,  [0xa3] = VSCSI_OTHER,   [0xa4] = VSCSI_OTHER,  [0xa8] = VSCSI_READS,
    [0xaa] = VSCSI_WRITES, [0xae] = VSCSI_WRITES,
};

struct vscsi_reader {
    struct trace_flow flow;
    const struct vscsi_layout *layout;
    uint64_t others;     // commands that are no requests
    uint64_t zero_bytes; // reads and writes without data
    uint64_t cut_bytes;  // of a last record that is not whole
};

static uint64_t read_number(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = size; i > 0; i--)
        number = number << 8 | bytes[i - 1];
    return number;
}

static unsigned command_of(const struct vscsi_layout *layout, const uint8_t *record)
{
    return (unsigned)read_number(record + layout->command_at, 2);
}

static enum vscsi_kind kind_of(const struct vscsi_layout *layout, const uint8_t *record)
{
    unsigned command = command_of(layout, record);
    if (layout->version == 0)
        return VSCSI_READS;
    return command < sizeof kinds ? (enum vscsi_kind)kinds[command] : VSCSI_UNKNOWN;
}

static bool has_version(const struct vscsi_layout *layout, const uint8_t *record)
{
    return layout->version == 0 || record[layout->version_at + 1] == layout->version;
}

// In its unit.
static uint64_t time_of(const struct vscsi_layout *layout, const uint8_t *record)
{
    return read_number(record + layout->time_at, layout->time_bytes);
}

// As strict as real traces allow, since nothing marks the start of such a file.
static bool is_plausible(const struct vscsi_layout *layout, const uint8_t *record)
{
    enum vscsi_kind kind = kind_of(layout, record);
    uint64_t length = read_number(record + layout->length_at, 4);
    uint64_t block = read_number(record + layout->block_at, 8);
    bool moves = kind == VSCSI_READS || kind == VSCSI_WRITES;
    return has_version(layout, record) && kind != VSCSI_UNKNOWN &&
           time_of(layout, record) <= (uint64_t)(INT64_MAX / layout->time_ns) &&
           (!moves || (length % VSCSI_SECTOR_BYTES == 0 && length <= VSCSI_RECOGNISED_BYTES_MAX &&
                       block <= (UINT64_C(1) << 48)));
}

// All whole records of the head are plausible, and one of them at least moves data.
static const struct vscsi_layout *find_layout(const uint8_t *head, size_t length)
{
    for (size_t i = 0; i < VSCSI_LAYOUT_COUNT; i++) {
        const struct vscsi_layout *layout = &layouts[i];
        size_t plausible = 0;
        size_t moving = 0;
        size_t records = length / layout->bytes;
        for (; plausible < records; plausible++) {
            const uint8_t *record = head + plausible * layout->bytes;
            if (!is_plausible(layout, record))
                break;
            enum vscsi_kind kind = kind_of(layout, record);
            moving += kind == VSCSI_READS || kind == VSCSI_WRITES;
        }
        if (plausible == records && moving > 0)
            return layout;
    }
    return NULL;
}

static bool recognise(const void *how, const uint8_t *head, size_t length)
{
    (void)how;
    return find_layout(head, length) != NULL;
}

// Records of which each is as it should be, and whose next one is of the same block, and not before
// it.
static bool recognise_oracle(const void *how, const uint8_t *head, size_t length)
{
    (void)how;
    size_t records = length / oracle.bytes;
    for (size_t i = 0; i < records; i++) {
        const uint8_t *record = head + i * oracle.bytes;
        uint64_t next = read_number(record + ORACLE_NEXT_AT, 8);
        if (!is_plausible(&oracle, record) || read_number(record + oracle.length_at, 4) == 0 ||
            next <= i + 1 ||
            (i > 0 && time_of(&oracle, record) < time_of(&oracle, record - oracle.bytes)))
            return false;
        const uint8_t *other = next <= records ? head + (next - 1) * oracle.bytes : record;
        if (memcmp(record + oracle.block_at, other + oracle.block_at, 8) != 0)
            return false;
    }
    return records > 0;
}

static enum trace_result fail(const struct vscsi_reader *reader, const char *text,
                              struct trace_error *error)
{
    const struct trace_input *input = &reader->flow.input;
    trace_error_set(error, "%s: byte %llu%s: %s", input->path, (unsigned long long)input->offset,
                    trace_input_suffix(input), text);
    return TRACE_ERROR;
}

// TRACE_END: it is none, and counted.
static enum trace_result decode(struct vscsi_reader *reader, const uint8_t *record,
                                struct trace_request *request, struct trace_error *error)
{
    const struct vscsi_layout *layout = reader->layout;
    enum vscsi_kind kind = kind_of(layout, record);
    uint64_t block = read_number(record + layout->block_at, 8);
    uint64_t time = time_of(layout, record);
    *request = (struct trace_request){.latency_ns = TRACE_LATENCY_UNKNOWN};
    if (!has_version(layout, record))
        return fail(reader,
                    "the record's version is not that of the file's first; bytes are "
                    "missing before it, or it is damaged",
                    error);
    if (time > (uint64_t)(INT64_MAX / layout->time_ns))
        return fail(reader, "the record's time is beyond 2^63 ns: the record is damaged", error);
    request->arrival_ns = (int64_t)time * layout->time_ns;
    if (kind == VSCSI_FLUSHES) {
        request->op = TRACE_FLUSH;
        return TRACE_REQUEST;
    }
    if (kind != VSCSI_READS && kind != VSCSI_WRITES) {
        reader->others++;
        return TRACE_END;
    }
    request->op = kind == VSCSI_READS ? TRACE_READ : TRACE_WRITE;
    request->bytes = read_number(record + layout->length_at, 4);
    if (block > (INT64_MAX - request->bytes) / VSCSI_SECTOR_BYTES)
        return fail(reader, "the record's block is beyond 2^63 bytes: the record is damaged",
                    error);
    request->offset = block * VSCSI_SECTOR_BYTES;
    reader->zero_bytes += request->bytes == 0;
    return request->bytes > 0 ? TRACE_REQUEST : TRACE_END;
}

static enum trace_result next_request(void *opaque, struct trace_request *request,
                                      struct trace_error *error)
{
    struct vscsi_reader *reader = opaque;
    struct trace_input *input = &reader->flow.input;
    size_t bytes = reader->layout->bytes;
    enum trace_result result;
    do {
        if (!trace_input_peek(input, bytes, error))
            return TRACE_ERROR;
        size_t have = (size_t)(input->end - input->at);
        if (have < bytes) {
            reader->cut_bytes = have;
            return TRACE_END;
        }
        result = decode(reader, input->at, request, error);
        trace_input_advance(input, bytes);
    } while (result == TRACE_END);
    return result;
}

// Which version, also where the format was not recognised but named.
static bool choose_layout(struct vscsi_reader *reader, struct trace_error *error)
{
    struct trace_input *input = &reader->flow.input;
    if (!trace_input_peek(input, TRACE_HEAD_BYTES, error))
        return false;
    size_t length = (size_t)(input->end - input->at);
    reader->layout = find_layout(input->at, length < TRACE_HEAD_BYTES ? length : TRACE_HEAD_BYTES);
    for (size_t i = 0; reader->layout == NULL && i < VSCSI_LAYOUT_COUNT; i++) {
        if (length >= layouts[i].bytes && has_version(&layouts[i], input->at))
            reader->layout = &layouts[i];
    }
    if (reader->layout == NULL)
        fail(reader,
             "no vscsi record starts here; expected one of version 1 (32 bytes) or 2 "
             "(40 bytes)",
             error);
    return reader->layout != NULL;
}

// The one volume, number 0.
static bool add_volume(struct vscsi_reader *reader, struct trace_error *error)
{
    return trace_volumes_intern(&reader->flow.context->volumes, "", 0, error) != TRACE_VOLUME_NONE;
}

static bool start(void *opaque, struct trace_error *error)
{
    struct vscsi_reader *reader = opaque;
    if (!add_volume(reader, error) || !choose_layout(reader, error))
        return false;
    reader->flow.item_bytes = reader->layout->bytes;
    return true;
}

static bool start_oracle(void *opaque, struct trace_error *error)
{
    struct vscsi_reader *reader = opaque;
    reader->layout = &oracle;
    reader->flow.item_bytes = oracle.bytes;
    reader->flow.spread_ns = VSCSI_S_NS;
    return add_volume(reader, error);
}

static void report(void *opaque)
{
    struct vscsi_reader *reader = opaque;
    struct trace_notices *notices = &reader->flow.context->notices;
    const char *path = reader->flow.input.path;
    trace_flow_report_late(&reader->flow);
    trace_flow_report_displaced(&reader->flow);
    trace_notices_set(notices, "latency-unit", path, reader->layout->version == 2,
                      "Version 2 records how long each request took, but not in which unit; the "
                      "latencies are unknown.");
    trace_notices_set(notices, "no-operation", path, reader->layout == &oracle,
                      "The trace does not tell reads from writes; all requests are taken to be "
                      "reads.");
    trace_notices_count(notices, "passthrough", path, reader->others,
                        "SCSI commands that neither read, write nor flush were skipped.");
    trace_notices_count(notices, "zero-bytes", path, reader->zero_bytes,
                        "reads and writes without bytes were skipped.");
    trace_notices_set(notices, "truncated", path, reader->cut_bytes > 0,
                      "The file ends within a record: its last %llu bytes were skipped.",
                      (unsigned long long)reader->cut_bytes);
}

static const struct trace_flow_source source = {
    .what = "a vscsi trace",
    .bytes = sizeof(struct vscsi_reader),
    .start = start,
    .next = next_request,
    .report = report,
};

const struct trace_format trace_format_vscsi = {
    .name = "vscsi",
    .known_by = "a CloudPhysics vscsi trace (binary records of 32 or 40 bytes)",
    .wanted = "commands that read, write or flush",
    .recognise = recognise,
    .kind = &trace_reader_flow,
    .how = &source,
    .is_binary = true,
};

static const struct trace_flow_source oracle_source = {
    .what = "an oracleGeneral trace",
    .bytes = sizeof(struct vscsi_reader),
    .start = start_oracle,
    .next = next_request,
    .report = report,
};

const struct trace_format trace_format_oraclegeneral = {
    .name = "oraclegeneral",
    .known_by = "a trace of blocks in libCacheSim's oracleGeneral (binary records of 24 bytes)",
    .is_binary = true,
    .recognise = recognise_oracle,
    .kind = &trace_reader_flow,
    .how = &oracle_source,
};
