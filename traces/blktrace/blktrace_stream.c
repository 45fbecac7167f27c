// SPDX-License-Identifier: GPL-2.0-or-later
// What ends a stream: a header cut short by the end of the file is how a recording that was killed
// or ran out of disk ends, and a notice; a whole header whose PDU runs past the end is a length
// that cannot be believed, and an error.
#include "traces/blktrace/blktrace_stream.h"

#include "traces/events/order.h"
#include "traces/notices.h"

#include <stdio.h>
#include <string.h>

#define PREFIX_BYTES_MAX 16384

size_t blktrace_stream_prefix(const uint8_t *bytes, size_t length)
{
    static const char start[] = "Input file ", end[] = " added\n";
    size_t at = 0;
    while (length - at > sizeof start && memcmp(bytes + at, start, sizeof start - 1) == 0) {
        const uint8_t *newline = memchr(bytes + at, '\n', length - at);
        if (newline == NULL || (size_t)(newline - bytes) - at < sizeof start + sizeof end ||
            memcmp(newline + 2 - sizeof end, end, sizeof end - 1) != 0)
            break;
        at = (size_t)(newline - bytes) + 1;
    }
    return at;
}

// To the first record.
static bool begin(struct trace_input *input, struct trace_error *error)
{
    if (!trace_input_peek(input, BLKTRACE_HEADER_BYTES, error))
        return false;
    if (input->at == input->end || *input->at != 'I')
        return true;
    if (!trace_input_peek(input, PREFIX_BYTES_MAX, error))
        return false;
    trace_input_advance(input, blktrace_stream_prefix(input->at, (size_t)(input->end - input->at)));
    return trace_input_peek(input, BLKTRACE_HEADER_BYTES, error);
}

bool blktrace_stream_open(struct blktrace_stream *stream, const struct trace_context *context,
                          const struct trace_file *file, struct trace_error *error)
{
    *stream = (struct blktrace_stream){
        .file = file,
        .threads = context->threads,
        .own_cpu = (uint32_t)file->cpu,
        .is_unsorted = context->is_unsorted,
    };
    if (!trace_input_open(&stream->input, file, error))
        return false;
    if (!begin(&stream->input, error)) {
        trace_input_close(&stream->input);
        return false;
    }
    unsigned version;
    const struct trace_input *input = &stream->input;
    stream->swapped = (size_t)(input->end - input->at) >= BLKTRACE_HEADER_BYTES &&
                      blktrace_record_magic(input->at, &version) == BLKTRACE_MAGIC_SWAPPED;
    return true;
}

// Behind the magic stands a version, and a record's length leads to the next one's.
size_t blktrace_stream_align(const uint8_t *bytes, size_t length)
{
    for (size_t at = 0; at + BLKTRACE_HEADER_BYTES <= length; at++) {
        struct blktrace_record record;
        unsigned version;
        enum blktrace_magic magic = blktrace_record_magic(bytes + at, &version);
        if (magic == BLKTRACE_MAGIC_NONE ||
            !blktrace_record_decode(&record, bytes + at, magic == BLKTRACE_MAGIC_SWAPPED))
            continue;
        size_t next = at + BLKTRACE_HEADER_BYTES + record.pdu_bytes;
        if (next + sizeof(uint32_t) > length ||
            blktrace_record_magic(bytes + next, &version) == magic)
            return at;
    }
    return length;
}

void blktrace_stream_close(struct blktrace_stream *stream)
{
    trace_input_close(&stream->input);
    blktrace_sequences_free(&stream->sequences);
}

static enum trace_result fail(const struct blktrace_stream *stream, const char *text,
                              struct trace_error *error)
{
    trace_error_set(error, "%s: byte %llu%s: %s", stream->input.path,
                    (unsigned long long)stream->input.offset, trace_input_suffix(&stream->input),
                    text);
    return TRACE_ERROR;
}

static enum trace_result fail_magic(const struct blktrace_stream *stream, const uint8_t *header,
                                    struct trace_error *error)
{
    char text[320];
    unsigned version;
    enum blktrace_magic magic = blktrace_record_magic(header, &version);
    if (magic == BLKTRACE_MAGIC_NONE) {
        snprintf(text, sizeof text,
                 "no blktrace record starts here: found %02x %02x %02x %02x, expected "
                 "07 74 61 65 (little-endian) or 65 61 74 07 (big-endian)",
                 header[0], header[1], header[2], header[3]);
    } else if (version == 8) {
        snprintf(text, sizeof text,
                 "blktrace version 8 (struct blk_io_trace2) is known but not supported, expected "
                 "version 7; record with an older blktrace");
    } else if (version != BLKTRACE_VERSION) {
        snprintf(text, sizeof text, "unknown blktrace version %u, expected version 7", version);
    } else {
        snprintf(text, sizeof text,
                 "the byte order changes within the file: was it joined from "
                 "recordings of different machines?");
    }
    return fail(stream, text, error);
}

// What no kernel writes and no later calculation could hold; NULL if there is nothing of the kind.
static const char *is_implausible(const struct blktrace_record *record)
{
    if (record->time_ns > INT64_MAX)
        return "the record's time is beyond 2^63 ns: the record is damaged";
    // Records without bytes, and commands passed through to the device, need not have a sector.
    bool has_sector = record->bytes > 0 && !blktrace_record_has(record, BLKTRACE_PASSTHROUGH);
    if (has_sector && record->offset > (uint64_t)INT64_MAX - record->bytes)
        return "the record's sector is beyond 2^63 bytes: the record is damaged";
    return NULL;
}

// Makes a whole record contiguous. TRACE_END: there is none left.
static enum trace_result fill(struct blktrace_stream *stream, size_t wanted,
                              struct trace_error *error)
{
    struct trace_input *input = &stream->input;
    if (!trace_input_peek(input, wanted, error))
        return TRACE_ERROR;
    size_t have = (size_t)(input->end - input->at);
    if (have >= wanted)
        return TRACE_REQUEST;
    if (wanted == BLKTRACE_HEADER_BYTES) {
        stream->truncated_at = input->offset;
        stream->truncated_bytes = have;
        return TRACE_END;
    }
    char text[160];
    snprintf(text, sizeof text,
             "the record says that %zu bytes of data follow it, but the file ends after %zu: "
             "the record is damaged, or the file was cut",
             wanted - BLKTRACE_HEADER_BYTES, have - BLKTRACE_HEADER_BYTES);
    return fail(stream, text, error);
}

// Blocks that were never written, of a disk that was full or a machine that stopped, are zeros.
static bool skip_zeros(struct blktrace_stream *stream, struct trace_error *error)
{
    struct trace_input *input = &stream->input;
    for (;;) {
        if (!trace_input_peek(input, 1, error))
            return false;
        if (input->at == input->end || *input->at != 0)
            return true;
        trace_input_advance(input, 1);
        stream->zero_bytes++;
    }
}

// Decodes the record at the start of the window and moves past it.
static enum trace_result take(struct blktrace_stream *stream, struct trace_error *error)
{
    struct blktrace_record *record = &stream->record;
    struct trace_input *input = &stream->input;
    static const uint8_t nothing[sizeof(uint32_t)];
    if (!trace_input_peek(input, sizeof nothing, error))
        return TRACE_ERROR;
    // No record begins with a zero.
    if (stream->records > 0 && (size_t)(input->end - input->at) >= sizeof nothing &&
        memcmp(input->at, nothing, sizeof nothing) == 0 && !skip_zeros(stream, error))
        return TRACE_ERROR;
    enum trace_result result = fill(stream, BLKTRACE_HEADER_BYTES, error);
    if (result != TRACE_REQUEST)
        return result;
    if (!blktrace_record_decode(record, input->at, stream->swapped))
        return fail_magic(stream, input->at, error);
    size_t length = BLKTRACE_HEADER_BYTES + (size_t)record->pdu_bytes;
    if (fill(stream, length, error) != TRACE_REQUEST)
        return TRACE_ERROR;
    if (!blktrace_record_has(record, BLKTRACE_NOTIFY)) {
        const char *implausible = is_implausible(record);
        if (implausible != NULL)
            return fail(stream, implausible, error);
        if (blktrace_record_action(record) == BLKTRACE_SPLIT)
            blktrace_record_decode_split(record, input->at + BLKTRACE_HEADER_BYTES);
        if (blktrace_record_action(record) == BLKTRACE_REMAP)
            blktrace_record_decode_remap(record, input->at + BLKTRACE_HEADER_BYTES);
    } else if (stream->threads != NULL) {
        const char *name;
        size_t name_length =
            blktrace_record_thread_name(record, input->at + BLKTRACE_HEADER_BYTES, &name);
        trace_threads_name(stream->threads, record->pid, name, name_length,
                           (int64_t)record->time_ns);
    }
    trace_input_advance(input, length);
    return TRACE_REQUEST;
}

// Keeps the stream's times in order, which the merge relies on.
static enum trace_result hold_time(struct blktrace_stream *stream, struct trace_error *error)
{
    struct blktrace_record *record = &stream->record;
    const struct blktrace_sequence *before = stream->sequences.current;
    if (stream->is_unsorted)
        return TRACE_REQUEST;
    uint64_t step_ns = stream->last_ns - record->time_ns;
    bool starts_over = before != NULL && before->device == record->device &&
                       before->cpu == record->cpu && record->sequence <= before->last;
    if (events_order_is_other((int64_t)step_ns, starts_over)) {
        char place[600];
        snprintf(place, sizeof place, "%s: byte %llu%s", stream->input.path,
                 (unsigned long long)stream->record_at, trace_input_suffix(&stream->input));
        return events_order_fail(place, record, (int64_t)step_ns, error);
    }
    stream->backwards++;
    if (step_ns > stream->backwards_max_ns)
        stream->backwards_max_ns = step_ns;
    record->time_ns = stream->last_ns;
    return TRACE_REQUEST;
}

// Is it plausible, and neither passed over nor in need of its PDU?
static inline bool is_ordinary(const struct blktrace_record *record)
{
    return record->offset <= INT64_MAX - UINT32_MAX &&
           !blktrace_record_has(record, BLKTRACE_NOTIFY) &&
           blktrace_record_action(record) != BLKTRACE_SPLIT;
}

// Those of one device and CPU. Nearly every record of a trace passes through here.
static size_t run_alike(struct blktrace_stream *stream, struct blktrace_sequence *sequence,
                        uint64_t limit_ns, const struct trace_events_wanted *wanted,
                        struct blktrace_record *records, size_t room)
{
    struct blktrace_record *record = records;
    const uint8_t *at = stream->input.at, *end = stream->input.end;
    uint64_t last_ns = stream->last_ns;
    uint32_t device = sequence->device, cpu = sequence->cpu, last = sequence->last;
    bool selected = !wanted->selects || wanted->device == device;
    unsigned actions = selected ? wanted->actions : 0;
    unsigned categories = selected ? BLKTRACE_PASSTHROUGH : 0;
    while (room > 0 && (size_t)(end - at) >= BLKTRACE_HEADER_BYTES) {
        bool decoded = blktrace_record_decode(record, at, false);
        size_t length = BLKTRACE_HEADER_BYTES + (size_t)record->pdu_bytes;
        // One branch for what is never so.
        uint32_t other = (record->device ^ device) | (record->cpu ^ cpu) |
                         (record->sequence ^ (last + 1)) | !decoded;
        if (other != 0 || !is_ordinary(record) || record->time_ns < last_ns ||
            record->time_ns >= limit_ns || (size_t)(end - at) < length)
            break;
        unsigned action = blktrace_record_action(record);
        if (action == BLKTRACE_REMAP)
            blktrace_record_decode_remap(record, at + BLKTRACE_HEADER_BYTES);
        at += length;
        last++;
        last_ns = record->time_ns;
        size_t taken = (actions >> (action & 31) & 1) | blktrace_record_has(record, categories);
        record += taken;
        room -= taken;
    }
    uint32_t count = last - sequence->last;
    sequence->last = last;
    stream->last_ns = last_ns;
    stream->records += count;
    stream->foreign_cpu += cpu != stream->own_cpu ? count : 0;
    trace_input_advance(&stream->input, (size_t)(at - stream->input.at));
    return (size_t)(record - records);
}

// The device and CPU of the next record, if they are other ones that there have been; else NULL.
static struct blktrace_sequence *find_other(const struct blktrace_stream *stream)
{
    const struct blktrace_sequences *sequences = &stream->sequences;
    struct blktrace_record record;
    if (sequences->count < 2 ||
        (size_t)(stream->input.end - stream->input.at) < BLKTRACE_HEADER_BYTES ||
        !blktrace_record_decode(&record, stream->input.at, false) ||
        (record.device == sequences->current->device && record.cpu == sequences->current->cpu))
        return NULL;
    uint32_t number = trace_map_get(&sequences->index, record.device, record.cpu);
    return number != TRACE_MAP_NONE ? &sequences->items[number] : NULL;
}

size_t blktrace_stream_run(struct blktrace_stream *stream, uint64_t limit_ns,
                           const struct trace_events_wanted *wanted,
                           struct blktrace_record *records, size_t room)
{
    struct blktrace_sequence *sequence = stream->sequences.current;
    size_t count = 0;
    while (sequence != NULL && !stream->swapped) {
        uint64_t before = stream->records;
        count += run_alike(stream, sequence, limit_ns, wanted, records + count, room - count);
        // Who looks at the next record wants to know of the one before it.
        if (stream->records > before)
            stream->sequences.current = sequence;
        else if (sequence != stream->sequences.current)
            break;
        sequence = count < room ? find_other(stream) : NULL;
    }
    return count;
}

bool blktrace_stream_step(struct blktrace_stream *stream, uint64_t limit_ns)
{
    static const struct trace_events_wanted everything = {.actions = UINT32_MAX};
    return blktrace_stream_run(stream, limit_ns, &everything, &stream->record, 1) > 0;
}

enum trace_result blktrace_stream_next(struct blktrace_stream *stream, struct trace_error *error)
{
    const struct blktrace_record *record = &stream->record;
    if (blktrace_stream_step(stream, BLKTRACE_TIME_LIMIT_NS))
        return TRACE_REQUEST;
    do {
        stream->record_at = stream->input.offset;
        enum trace_result result = take(stream, error);
        if (result != TRACE_REQUEST)
            return result;
    } while (blktrace_record_has(record, BLKTRACE_NOTIFY));
    stream->records++;
    if (record->time_ns < stream->last_ns && hold_time(stream, error) == TRACE_ERROR)
        return TRACE_ERROR;
    stream->last_ns = record->time_ns;
    stream->foreign_cpu += record->cpu != stream->own_cpu;
    const char *wrong;
    return blktrace_sequences_check(&stream->sequences, &stream->record, &wrong)
               ? TRACE_REQUEST
               : fail(stream, wrong, error);
}

void blktrace_stream_report(const struct blktrace_stream *stream, struct trace_notices *notices)
{
    const char *source = stream->file->path;
    trace_notices_set(notices, "truncated", source, stream->truncated_bytes > 0,
                      "The file ends within a record: %llu of 48 header bytes at byte %llu; "
                      "that record is lost.",
                      (unsigned long long)stream->truncated_bytes,
                      (unsigned long long)stream->truncated_at);
    trace_notices_count(notices, "zero-padding", source, stream->zero_bytes,
                        "bytes between or behind the records are zeros, as of blocks that were "
                        "never written; they are passed over.");
    uint64_t foreign_cpu = stream->file->cpu != TRACE_CPU_NONE ? stream->foreign_cpu : 0;
    trace_notices_set(notices, "cpu-mismatch", source, foreign_cpu,
                      "%llu of %llu records are of another CPU than the file's number %d; they "
                      "are read all the same.",
                      (unsigned long long)foreign_cpu, (unsigned long long)stream->records,
                      stream->file->cpu);
    blktrace_sequences_report(&stream->sequences, source, notices);
    trace_notices_set(notices, "time-backwards", source, stream->backwards,
                      "%llu records are earlier than the one before them, by up to %llu ns; they "
                      "are taken to be at the same time.",
                      (unsigned long long)stream->backwards,
                      (unsigned long long)stream->backwards_max_ns);
}
