// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/traces/written.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const any_names[] = {"vdc", "a,b \"c\"", "", "\r#", "h\xc3\xa4"};
static const char *const words[] = {"vdc", "a,b", "\"", "#x", "254,48"};
static const char *const disks[] = {"hm_0", "hm_1", "a_b_0", "x y_12", "\"_2147483647"};
static const char *const numbers[] = {"0", "7", "2147483647", "1", "1000000"};
static const char *const devices[] = {"254,48", "8,0", "0,0", "4095,1048575", "240,1"};
static const char *const nameless[] = {"", "", "", "", ""};

#define SECTORS (UINT64_MAX >> 1 & ~UINT64_C(511))
#define U32_SECTORS (UINT64_C(0xfffffe00))

const struct held held[WRITTEN_FORMATS] = {
    {"csv", "RWDZF", 1, 1, 1, 1, INT64_MAX, any_names, false},
    {"blktrace", "RWDF", 1, 1, 512, 1, UINT32_MAX, devices, true},
    {"blkparse", "RWDF", 1, 1, 512, 512, U32_SECTORS, devices, true},
    {"iolog", "RWDF", 1000, 0, 1, 1, UINT32_MAX, words, false},
    {"msr", "RW", 100, 100, 1, 1, INT64_MAX, disks, false},
    {"alibaba", "RW", 1000, 0, 1, 1, INT64_MAX, numbers, false},
    {"tencent", "RW", 1000000000, 0, 512, 512, SECTORS, numbers, false},
    {"systor", "RW", 1, 1, 1, 1, INT64_MAX, numbers, false},
    {"spc", "RW", 1, 0, 512, 1, INT64_MAX, numbers, false},
    {"disksim", "RW", 1, 0, 512, 512, SECTORS, numbers, false},
    {"mqsim", "RW", 1, 0, 512, 512, SECTORS, numbers, false},
    {"blkreplay", "RW", 1, 1, 512, 512, SECTORS, nameless, false},
    {"hfplayer", "RW", 1, 1, 512, 512, SECTORS, numbers, false},
};

const char *const loss_kinds[LOSS_COUNT] = {
    "zero-bytes",     "operation-lost", "operation-changed", "time-rounded",
    "time-moved",     "latency-lost",   "latency-rounded",   "offset-rounded",
    "length-rounded", "length-cut",     "volume-lost",
};

const struct held *held_find(const char *format)
{
    for (size_t i = 0; i < WRITTEN_FORMATS; i++)
        if (strcmp(held[i].format, format) == 0)
            return &held[i];
    return NULL;
}

// Any number of bits is as likely as any other.
static uint64_t random_bits(uint64_t *state, unsigned bits_max)
{
    unsigned bits = (unsigned)random_below(state, bits_max + 1);
    return bits == 0 ? 0 : random_next(state) >> (64 - bits);
}

static void random_request(struct trace_request *request, size_t number, bool huge, uint64_t *state)
{
    // A slot of its own for each: 2^40 bytes, of which a disk's request takes at most 2^20.
    uint64_t slot = huge ? (number * 2039 + 1) % (1 << 23) : number;
    uint64_t within = random_bits(state, 39);
    unsigned op = (unsigned)random_below(state, 12);
    request->op = op < TRACE_OP_COUNT ? (enum trace_op)op : op % 2 == 0 ? TRACE_READ : TRACE_WRITE;
    request->offset = (huge ? slot << 40 : slot << 22) + (huge ? within : within % (1 << 20));
    request->bytes = 1 + random_bits(state, 19);
    if (random_below(state, 2) == 0) {
        request->offset &= ~UINT64_C(511);
        request->bytes = (request->bytes + 511) & ~UINT64_C(511);
    }
    if (huge && random_below(state, 4) == 0)
        request->bytes = random_below(state, 2) == 0 ? (uint64_t)INT64_MAX - request->offset
                                                     : random_bits(state, 33);
    if (request->bytes > (uint64_t)INT64_MAX - request->offset)
        request->bytes = (uint64_t)INT64_MAX - request->offset;
    request->latency_ns = (int64_t)random_bits(state, huge ? 63 : 32);
    if (random_below(state, 8) == 0)
        request->latency_ns = TRACE_LATENCY_UNKNOWN;
    if (request->op == TRACE_FLUSH) {
        request->bytes = 0;
        request->latency_ns = 100;
    }
    if (random_below(state, 50) == 0)
        request->bytes = 0;
}

void workload_random(struct workload *workload, size_t count, bool huge, const char *const *names,
                     uint64_t seed)
{
    int64_t now_ns = huge && seed % 2 == 0 ? INT64_MAX - (INT64_C(1) << 50) : 0;
    *workload = (struct workload){.count = count};
    for (size_t i = 0; i < WORKLOAD_VOLUMES; i++)
        workload->names[i] = names[i];
    for (size_t i = 0; i < count; i++) {
        struct trace_request *request = &workload->requests[i];
        random_request(request, i, huge, &seed);
        request->volume = (uint32_t)random_below(&seed, WORKLOAD_VOLUMES);
        request->arrival_ns = now_ns;
        // One of three comes at the time of the one before.
        if (random_below(&seed, 3) > 0)
            now_ns += (int64_t)random_bits(&seed, huge ? 37 : 24);
    }
}

static bool hold_operation(const struct held *format, struct trace_request *request,
                           uint64_t *losses)
{
    static const char letters[] = {'R', 'W', 'D', 'Z', 'F'};
    if (request->bytes == 0 && request->op != TRACE_FLUSH && strcmp(format->format, "csv") != 0) {
        losses[LOSS_ZERO_BYTES]++;
        return false;
    }
    if (strchr(format->operations, letters[request->op]) != NULL)
        return true;
    if (request->op == TRACE_WRITE_ZEROES) {
        request->op = TRACE_WRITE;
        losses[LOSS_OPERATION_CHANGED]++;
        return true;
    }
    losses[LOSS_OPERATION_LOST]++;
    return false;
}

static void hold_times(const struct held *format, struct trace_request *request, uint64_t *losses)
{
    int64_t arrival_ns = request->arrival_ns;
    int64_t latency_ns = request->latency_ns;
    bool reaches_end = latency_ns > INT64_MAX - arrival_ns;
    request->arrival_ns = arrival_ns / format->time_ns * format->time_ns;
    losses[LOSS_TIME_ROUNDED] += request->arrival_ns != arrival_ns;
    if (strcmp(format->format, "iolog") == 0 && request->arrival_ns == 0) {
        losses[LOSS_TIME_ROUNDED] -= arrival_ns != 0;
        losses[LOSS_TIME_MOVED]++;
        request->arrival_ns = 1000;
    }
    if (latency_ns == TRACE_LATENCY_UNKNOWN)
        return;
    bool lost = format->latency_ns == 0 || (format->by_completion && reaches_end) ||
                (strcmp(format->format, "blkreplay") == 0 && latency_ns == 0);
    if (lost) {
        request->latency_ns = TRACE_LATENCY_UNKNOWN;
        losses[LOSS_LATENCY_LOST]++;
    } else {
        request->latency_ns = latency_ns / format->latency_ns * format->latency_ns;
        losses[LOSS_LATENCY_ROUNDED] += request->latency_ns != latency_ns;
    }
}

static void hold_range(const struct held *format, struct trace_request *request, uint64_t *losses)
{
    uint64_t offset = request->offset;
    uint64_t bytes = request->bytes;
    if (request->op == TRACE_FLUSH)
        return;
    request->offset = offset / format->offset * format->offset;
    losses[LOSS_OFFSET_ROUNDED] += request->offset != offset;
    if (bytes > format->length_max) {
        request->bytes = format->length_max;
        losses[LOSS_LENGTH_CUT]++;
    } else if (bytes % format->length != 0) {
        request->bytes =
            bytes < format->length ? format->length : bytes / format->length * format->length;
        losses[LOSS_LENGTH_ROUNDED]++;
    }
    while (request->offset + request->bytes > INT64_MAX)
        request->offset -= format->offset;
}

void workload_held(const struct workload *workload, const struct held *format,
                   struct workload *expected)
{
    memcpy(expected->names, workload->names, sizeof expected->names);
    memset(expected->losses, 0, sizeof expected->losses);
    expected->count = 0;
    for (size_t i = 0; i < workload->count; i++) {
        struct trace_request request = workload->requests[i];
        if (!hold_operation(format, &request, expected->losses))
            continue;
        hold_times(format, &request, expected->losses);
        hold_range(format, &request, expected->losses);
        expected->losses[LOSS_VOLUME_LOST] +=
            format->names == nameless && workload->names[request.volume][0] != '\0';
        expected->requests[expected->count++] = request;
    }
}

struct trace_writer *workload_write(const struct workload *workload, const char *path,
                                    const char *format)
{
    struct trace_error error = {""};
    struct trace_writer_config config = {.path = path, .format = format};
    struct trace_writer *writer = trace_writer_open(&config, &error);
    if (writer == NULL)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < workload->count; i++) {
        const struct trace_request *request = &workload->requests[i];
        if (!trace_writer_put(writer, request, workload->names[request->volume], NULL, &error))
            fail_msg("%s", error.message);
    }
    if (!trace_writer_finish(writer, &error))
        fail_msg("%s", error.message);
    return writer;
}

static const struct trace_notice *writer_find(const struct trace_writer *writer, const char *kind)
{
    const struct trace_notice *found = NULL;
    for (size_t i = 0; i < trace_writer_notice_count(writer); i++) {
        const struct trace_notice *notice = trace_writer_notice(writer, i);
        assert_true(strlen(notice->text) > 20);
        assert_null(strchr(notice->text, '\n'));
        assert_true(notice->count > 0);
        if (strcmp(notice->kind, kind) == 0) {
            assert_null(found);
            found = notice;
        }
    }
    return found;
}

uint64_t writer_notice(const struct trace_writer *writer, const char *kind)
{
    const struct trace_notice *notice = writer_find(writer, kind);
    return notice != NULL ? notice->count : 0;
}

const char *writer_notice_text(const struct trace_writer *writer, const char *kind)
{
    const struct trace_notice *notice = writer_find(writer, kind);
    assert_non_null(notice);
    return notice->text;
}

// Number of the name among those of the workload.
static uint32_t name_number(const struct workload *workload, const char *name)
{
    for (uint32_t i = 0; i < WORKLOAD_VOLUMES; i++)
        if (strcmp(workload->names[i], name) == 0)
            return i;
    fail_msg("there is no volume \"%s\"", name);
    return 0;
}

// The requests in a form in which they can be compared. Where a flush is means nothing, but in the
// native CSV.
static struct trace_request *normalised(const struct trace_request *requests, size_t count,
                                        const struct held *format)
{
    struct trace_request *copy = calloc(count + 1, sizeof *copy);
    assert_non_null(copy);
    for (size_t i = 0; i < count; i++) {
        copy[i] = requests[i];
        copy[i].arrival_ns -= copy[i].arrival_ns % format->time_ns;
        if (copy[i].op == TRACE_FLUSH && strcmp(format->format, "csv") != 0)
            copy[i].offset = 0;
    }
    return copy;
}

void workload_compare(const struct workload *expected, const struct reading *reading,
                      const struct held *format, bool names)
{
    if (reading->result != TRACE_END)
        fail_msg("%s: %s", format->format, reading->error.message);
    assert_string_equal(trace_format(reading->trace), format->format);
    assert_int_equal(reading->count, expected->count);
    struct trace_request *left = normalised(expected->requests, expected->count, format);
    struct trace_request *right = normalised(reading->requests, reading->count, format);
    for (size_t i = 0; i < reading->count; i++) {
        left[i].volume = names ? name_number(expected, expected->names[left[i].volume]) : 0;
        right[i].volume =
            names ? name_number(expected, trace_volume_name(reading->trace, right[i].volume)) : 0;
    }
    for (size_t i = 0; i < expected->count; i++) {
        const struct trace_request *a = &left[i];
        const struct trace_request *b = &right[i];
        if (a->arrival_ns != b->arrival_ns || a->latency_ns != b->latency_ns || a->op != b->op ||
            a->offset != b->offset || a->bytes != b->bytes || a->volume != b->volume)
            fail_msg("%s: request %zu: %" PRId64 " %d %" PRIu64 "+%" PRIu64 " %" PRId64 " %u, not"
                     " %" PRId64 " %d %" PRIu64 "+%" PRIu64 " %" PRId64 " %u",
                     format->format, i, b->arrival_ns, b->op, b->offset, b->bytes, b->latency_ns,
                     b->volume, a->arrival_ns, a->op, a->offset, a->bytes, a->latency_ns,
                     a->volume);
    }
    free(left);
    free(right);
}
