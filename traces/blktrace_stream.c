// SPDX-License-Identifier: GPL-2.0-or-later
// What ends a stream: a header cut short by the end of the file is how a recording that was killed
// or ran out of disk ends, and a notice; a whole header whose PDU runs past the end is a length
// that cannot be believed, and an error.
#include "traces/blktrace_stream.h"

#include "traces/error.h"

#include <stdio.h>
#include <stdlib.h>

// More than any machine has; bounds what a hostile file can make the reader allocate.
#define SEQUENCES_MAX 65536U

bool blktrace_stream_open(struct blktrace_stream *stream, const struct trace_file *file,
                          struct trace_error *error)
{
    *stream = (struct blktrace_stream){.file = file, .own_cpu = (uint32_t)file->cpu};
    if (!trace_input_open(&stream->input, file, error))
        return false;
    if (!trace_input_peek(&stream->input, BLKTRACE_HEADER_BYTES, error)) {
        trace_input_close(&stream->input);
        return false;
    }
    unsigned version;
    const struct trace_input *input = &stream->input;
    stream->swapped = (size_t)(input->end - input->at) >= BLKTRACE_HEADER_BYTES &&
                      blktrace_record_magic(input->at, &version) == BLKTRACE_MAGIC_SWAPPED;
    return true;
}

void blktrace_stream_close(struct blktrace_stream *stream)
{
    trace_input_close(&stream->input);
    trace_map_free(&stream->sequence_index);
    free(stream->sequences);
    stream->sequences = NULL;
    stream->sequence = NULL;
    stream->sequence_count = 0;
    stream->sequence_capacity = 0;
}

static enum trace_result stream_error(const struct blktrace_stream *stream, const char *text,
                                      struct trace_error *error)
{
    trace_error_set(error, "%s: byte %llu%s: %s", stream->input.path,
                    (unsigned long long)stream->input.offset, trace_input_suffix(&stream->input),
                    text);
    return TRACE_ERROR;
}

static enum trace_result stream_bad_magic(const struct blktrace_stream *stream,
                                          const uint8_t *header, struct trace_error *error)
{
    char text[320];
    unsigned version;
    enum blktrace_magic magic = blktrace_record_magic(header, &version);
    if (magic == BLKTRACE_MAGIC_NONE) {
        snprintf(text, sizeof(text),
                 "no blktrace record starts here: found %02x %02x %02x %02x, expected "
                 "07 74 61 65 (little-endian) or 65 61 74 07 (big-endian)",
                 header[0], header[1], header[2], header[3]);
    } else if (version == 8) {
        snprintf(text, sizeof(text),
                 "blktrace version 8 (struct blk_io_trace2) is known but not supported, expected "
                 "version 7; record with an older blktrace");
    } else if (version != BLKTRACE_VERSION) {
        snprintf(text, sizeof(text), "unknown blktrace version %u, expected version 7", version);
    } else {
        snprintf(text, sizeof(text),
                 "the byte order changes within the file: was it joined from "
                 "recordings of different machines?");
    }
    return stream_error(stream, text, error);
}

static bool stream_find_sequence(struct blktrace_stream *stream, struct trace_error *error)
{
    const struct blktrace_record *record = &stream->record;
    uint32_t number = trace_map_get(&stream->sequence_index, record->device, record->cpu);
    if (number == TRACE_MAP_NONE) {
        number = stream->sequence_count;
        if (number == SEQUENCES_MAX) {
            stream_error(stream, "more than 65536 pairs of device and CPU: this is not a recording",
                         error);
            return false;
        }
        if (number == stream->sequence_capacity) {
            uint32_t capacity = number == 0 ? 4 : number * 2;
            void *sequences = realloc(stream->sequences, capacity * sizeof(*stream->sequences));
            if (sequences == NULL) {
                trace_error_no_memory(error);
                return false;
            }
            stream->sequences = sequences;
            stream->sequence_capacity = capacity;
        }
        if (!trace_map_put(&stream->sequence_index, record->device, record->cpu, number)) {
            trace_error_no_memory(error);
            return false;
        }
        stream->sequences[number] =
            (struct blktrace_sequence){.device = record->device, .cpu = record->cpu};
        stream->sequence_count++;
    }
    stream->sequence = &stream->sequences[number];
    return true;
}

// The kernel numbers the records of a device from 1 on each CPU; numbers that start over are
// another recording in the same file, not a loss. In a dump, remaps may carry the device they lead
// to instead of their own: one that does not fit there fills a gap of another device.
static bool stream_check_sequence(struct blktrace_stream *stream, struct trace_error *error)
{
    struct blktrace_record *record = &stream->record;
    if (!stream_find_sequence(stream, error))
        return false;
    struct blktrace_sequence *sequence = stream->sequence;
    if (blktrace_record_action(record) == BLKTRACE_REMAP &&
        record->sequence != sequence->last + 1) {
        stream->misplaced_remaps++;
        return true;
    }
    if (record->sequence > sequence->last && record->sequence - sequence->last > 1) {
        uint64_t missing = record->sequence - sequence->last - 1;
        uint64_t remaps = missing < stream->misplaced_remaps ? missing : stream->misplaced_remaps;
        stream->misplaced_remaps -= remaps;
        stream->lost += missing - remaps;
        stream->gaps += missing > remaps;
        record->after_gap = missing > remaps;
    }
    sequence->last = record->sequence;
    return true;
}

// What no kernel writes and no later calculation could hold; NULL if there is nothing of the kind.
static const char *stream_implausible(const struct blktrace_record *record)
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
static enum trace_result stream_fill(struct blktrace_stream *stream, size_t wanted,
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
    snprintf(text, sizeof(text),
             "the record says that %zu bytes of data follow it, but the file ends after %zu: "
             "the record is damaged, or the file was cut",
             wanted - BLKTRACE_HEADER_BYTES, have - BLKTRACE_HEADER_BYTES);
    return stream_error(stream, text, error);
}

// Decodes the record at the start of the window and moves past it.
static enum trace_result stream_take(struct blktrace_stream *stream, struct trace_error *error)
{
    struct blktrace_record *record = &stream->record;
    struct trace_input *input = &stream->input;
    enum trace_result result = stream_fill(stream, BLKTRACE_HEADER_BYTES, error);
    if (result != TRACE_REQUEST)
        return result;
    if (!blktrace_record_decode(record, input->at, stream->swapped))
        return stream_bad_magic(stream, input->at, error);
    size_t length = BLKTRACE_HEADER_BYTES + (size_t)record->pdu_bytes;
    if (stream_fill(stream, length, error) != TRACE_REQUEST)
        return TRACE_ERROR;
    if (!blktrace_record_has(record, BLKTRACE_NOTIFY)) {
        const char *implausible = stream_implausible(record);
        if (implausible != NULL)
            return stream_error(stream, implausible, error);
        if (blktrace_record_action(record) == BLKTRACE_SPLIT)
            blktrace_record_decode_split(record, input->at + BLKTRACE_HEADER_BYTES);
    }
    trace_input_advance(input, length);
    return TRACE_REQUEST;
}

// Keeps the stream's times in order, which the merge relies on.
static void stream_hold_time(struct blktrace_stream *stream, uint64_t last_ns)
{
    struct blktrace_record *record = &stream->record;
    uint64_t step_ns = last_ns - record->time_ns;
    stream->backwards++;
    if (step_ns > stream->backwards_max_ns)
        stream->backwards_max_ns = step_ns;
    record->time_ns = last_ns;
}

enum trace_result blktrace_stream_next(struct blktrace_stream *stream, struct trace_error *error)
{
    const struct blktrace_record *record = &stream->record;
    if (blktrace_stream_advance(stream, BLKTRACE_TIME_LIMIT_NS))
        return TRACE_REQUEST;
    do {
        enum trace_result result = stream_take(stream, error);
        if (result != TRACE_REQUEST)
            return result;
    } while (blktrace_record_has(record, BLKTRACE_NOTIFY));
    stream->records++;
    if (record->time_ns < stream->last_ns)
        stream_hold_time(stream, stream->last_ns);
    stream->last_ns = record->time_ns;
    stream->foreign_cpu += record->cpu != stream->own_cpu;
    return stream_check_sequence(stream, error) ? TRACE_REQUEST : TRACE_ERROR;
}

void blktrace_stream_report(const struct blktrace_stream *stream, struct trace_notices *notices)
{
    const char *source = stream->file->path;
    trace_notices_set(notices, "truncated", source, stream->truncated_bytes > 0,
                      "The file ends within a record: %llu of 48 header bytes at byte %llu; "
                      "that record is lost.",
                      (unsigned long long)stream->truncated_bytes,
                      (unsigned long long)stream->truncated_at);
    uint64_t foreign_cpu = stream->file->cpu != TRACE_CPU_NONE ? stream->foreign_cpu : 0;
    trace_notices_set(notices, "cpu-mismatch", source, foreign_cpu,
                      "%llu of %llu records are of another CPU than the file's number %d; they "
                      "are read all the same.",
                      (unsigned long long)foreign_cpu, (unsigned long long)stream->records,
                      stream->file->cpu);
    trace_notices_set(notices, "sequence-gap", source, stream->lost,
                      "%llu records are missing in %llu places, by their sequence numbers; what "
                      "they told is not in this trace.",
                      (unsigned long long)stream->lost, (unsigned long long)stream->gaps);
    trace_notices_set(notices, "time-backwards", source, stream->backwards,
                      "%llu records are earlier than the one before them, by up to %llu ns; they "
                      "are taken to be at the same time.",
                      (unsigned long long)stream->backwards,
                      (unsigned long long)stream->backwards_max_ns);
}
