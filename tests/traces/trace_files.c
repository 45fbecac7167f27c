// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/traces/trace_files.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void event_split_at(struct event *event, uint64_t sector)
{
    for (size_t i = 0; i < 8; i++)
        event->pdu[event->pdu_bytes + i] = (uint8_t)(sector >> (56 - 8 * i));
    event->pdu_bytes = (uint16_t)(event->pdu_bytes + 8);
}

void bytes_append(struct bytes *bytes, const void *data, size_t length)
{
    if (bytes->length + length > bytes->capacity) {
        bytes->capacity = (bytes->length + length) * 2;
        bytes->data = realloc(bytes->data, bytes->capacity);
        assert_non_null(bytes->data);
    }
    if (length > 0)
        memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
}

static void bytes_number(struct bytes *bytes, uint64_t number, size_t size, bool big_endian)
{
    uint8_t field[8];
    for (size_t i = 0; i < size; i++)
        field[i] = (uint8_t)(number >> 8 * (big_endian ? size - 1 - i : i));
    bytes_append(bytes, field, size);
}

void bytes_event(struct bytes *bytes, const struct event *event, bool big_endian)
{
    bool notify = (event->action & 0x04000000) != 0;
    uint32_t sequence = event->sequence != 0 ? event->sequence : bytes->sequence + 1;
    if (notify)
        sequence = 0;
    else
        bytes->sequence = sequence;
    bytes_number(bytes, event->magic != 0 ? event->magic : 0x65617407, 4, big_endian);
    bytes_number(bytes, sequence, 4, big_endian);
    bytes_number(bytes, event->time_ns, 8, big_endian);
    bytes_number(bytes, event->sector, 8, big_endian);
    bytes_number(bytes, event->bytes, 4, big_endian);
    bytes_number(bytes, event->action, 4, big_endian);
    bytes_number(bytes, event->pid != 0 ? event->pid : 4711, 4, big_endian);
    bytes_number(bytes, event->device != 0 ? event->device : EVENT_DEVICE, 4, big_endian);
    bytes_number(bytes, event->cpu, 4, big_endian);
    bytes_number(bytes, 0, 2, big_endian);
    bytes_number(bytes, event->pdu_bytes, 2, big_endian);
    bytes_append(bytes, event->pdu, event->pdu_bytes < PDU_BYTES_MAX ? event->pdu_bytes : 0);
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

void scratch_compress(const char *name, const void *data, size_t length)
{
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    const char *ending = strrchr(name, '.');
    archive_write_set_format_raw(archive);
    if (strcmp(ending, ".gz") == 0)
        assert_int_equal(archive_write_add_filter_gzip(archive), ARCHIVE_OK);
    else if (strcmp(ending, ".zst") == 0)
        assert_int_equal(archive_write_add_filter_zstd(archive), ARCHIVE_OK);
    else
        assert_int_equal(archive_write_add_filter_xz(archive), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(archive, scratch_path(name)), ARCHIVE_OK);
    archive_entry_set_pathname(entry, "data");
    archive_entry_set_filetype(entry, AE_IFREG);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(archive, data, length), length);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
    archive_entry_free(entry);
}

void scratch_read(const char *name, struct bytes *bytes)
{
    uint8_t block[8192];
    size_t got;
    FILE *file = fopen(scratch_path(name), "rb");
    assert_non_null(file);
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        bytes_append(bytes, block, got);
    fclose(file);
}

bool scratch_decompress(const char *name, const char *path)
{
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    archive_read_support_filter_all(archive);
    archive_read_support_format_raw(archive);
    bool found = archive_read_open_filename(archive, path, 65536) == ARCHIVE_OK;
    if (found) {
        FILE *file = fopen(scratch_path(name), "wb");
        assert_non_null(file);
        assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_OK);
        assert_int_equal(archive_read_data_into_fd(archive, fileno(file)), ARCHIVE_OK);
        assert_int_equal(fclose(file), 0);
    }
    archive_read_free(archive);
    return found;
}

void scratch_events(const char *name, const struct event *events, size_t count, bool big_endian)
{
    struct bytes bytes = {0};
    for (size_t i = 0; i < count; i++)
        bytes_event(&bytes, &events[i], big_endian);
    scratch_write(name, bytes.data, bytes.length);
    bytes_free(&bytes);
}

struct reading read_config(const struct trace_config *config)
{
    struct reading reading = {.result = TRACE_ERROR};
    struct trace_request request;
    size_t capacity = 0;
    struct trace_config plain = *config;
    plain.may_be_empty = !config->may_be_empty; // so that a test may have it the other way round
    reading.trace = trace_open(&plain, &reading.error);
    if (reading.trace == NULL)
        return reading;
    while ((reading.result = trace_read(reading.trace, &request, &reading.error)) ==
           TRACE_REQUEST) {
        if (reading.count == capacity) {
            capacity = capacity == 0 ? 64 : capacity * 2;
            reading.requests = realloc(reading.requests, capacity * sizeof request);
            assert_non_null(reading.requests);
        }
        reading.requests[reading.count++] = request;
    }
    return reading;
}

struct reading read_trace(const char *path, enum trace_arrival arrival, const char *volume)
{
    struct trace_config config = {.path = path, .arrival = arrival, .volume = volume};
    return read_config(&config);
}

void reading_free(struct reading *reading)
{
    trace_close(reading->trace);
    free(reading->requests);
    *reading = (struct reading){0};
}

uint64_t reading_notice(const struct reading *reading, const char *kind)
{
    uint64_t sum = 0;
    size_t count = trace_notice_count(reading->trace);
    for (size_t i = 0; i < count; i++) {
        const struct trace_notice *notice = trace_notice(reading->trace, i);
        assert_true(strlen(notice->text) > 20);
        assert_null(strchr(notice->text, '\n'));
        if (strcmp(notice->kind, kind) == 0)
            sum += notice->count;
    }
    return sum;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int request_compare(const void *left, const void *right)
{
    const struct trace_request *a = left;
    const struct trace_request *b = right;
    if (a->arrival_ns != b->arrival_ns)
        return a->arrival_ns < b->arrival_ns ? -1 : 1;
    if (a->offset != b->offset)
        return compare_numbers(a->offset, b->offset);
    if (a->bytes != b->bytes)
        return compare_numbers(a->bytes, b->bytes);
    if (a->latency_ns != b->latency_ns)
        return a->latency_ns < b->latency_ns ? -1 : 1;
    return compare_numbers(a->op, b->op);
}

void assert_message(const struct trace_error *error, const char *text)
{
    if (strstr(error->message, text) == NULL || strchr(error->message, '\n') != NULL)
        fail_msg("\"%s\" does not say \"%s\"", error->message, text);
}

void assert_refused(struct reading reading, const char *text)
{
    assert_int_equal(reading.result, TRACE_ERROR);
    assert_message(&reading.error, text);
    reading_free(&reading);
}
