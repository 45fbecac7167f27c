// SPDX-License-Identifier: GPL-2.0-or-later
// Damaged files: thousands of random changes to good ones. Reading ends, with an end or with an
// error that names the file, and what was read keeps its promises. Under the sanitizers this is
// also the test that nothing is read or written out of bounds.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 2500

// In memory, under the name of the file, the bytes are the same trace: the same requests and the
// same end. A number in the name does not mean a CPU then.
static void check_text(const struct trace_config *config, const struct reading *from_file)
{
    struct reading reading = read_config(config);
    assert_int_equal(reading.result, from_file->result);
    if (reading.result == TRACE_ERROR)
        assert_string_equal(reading.error.message, from_file->error.message);
    assert_int_equal(reading.count, from_file->count);
    for (size_t i = 0; i < reading.count; i++) {
        const struct trace_request *a = &reading.requests[i], *b = &from_file->requests[i];
        assert_true(a->arrival_ns == b->arrival_ns && a->latency_ns == b->latency_ns);
        assert_true(a->offset == b->offset && a->bytes == b->bytes);
        assert_true(a->volume == b->volume && a->op == b->op);
    }
    reading_free(&reading);
}

static void check_reading(const char *name, const struct bytes *bytes, uint64_t *random)
{
    char *text = malloc(bytes->length + 1);
    assert_non_null(text);
    if (bytes->length > 0)
        memcpy(text, bytes->data, bytes->length);
    scratch_write(name, bytes->data, bytes->length);
    struct trace_config config = {
        .path = scratch_path(name),
        .arrival = (enum trace_arrival)random_below(random, 2),
    };
    struct reading reading = read_config(&config);
    int64_t last_ns = INT64_MIN;
    if (reading.result == TRACE_ERROR)
        assert_message(&reading.error, "damaged");
    for (size_t i = 0; i < reading.count; i++) {
        const struct trace_request *request = &reading.requests[i];
        assert_true(request->arrival_ns >= last_ns && request->arrival_ns >= 0);
        assert_true(request->latency_ns >= TRACE_LATENCY_UNKNOWN);
        assert_true(request->op < TRACE_OP_COUNT);
        assert_true(request->offset <= INT64_MAX);
        assert_true(request->bytes <= INT64_MAX - request->offset);
        assert_true(request->volume < trace_volume_count(reading.trace));
        last_ns = request->arrival_ns;
    }
    if (reading.trace != NULL)
        reading_notice(&reading, "");
    config.text = text;
    config.text_size = bytes->length;
    if (strstr(name, ".blktrace.") == NULL)
        check_text(&config, &reading);
    reading_free(&reading);
    free(text);
}

// Changes, removes or repeats a few pieces.
static void damage(struct bytes *bytes, uint64_t *random)
{
    for (uint64_t changes = 1 + random_below(random, 4); changes > 0 && bytes->length > 8;
         changes--) {
        size_t at = random_below(random, bytes->length);
        size_t length = 1 + random_below(random, 60);
        length = length < bytes->length - at ? length : bytes->length - at;
        switch (random_below(random, 5)) {
        case 0:
            bytes->data[at] = (uint8_t)random_next(random);
            break;
        case 1:
            bytes->data[at] ^= (uint8_t)(1U << random_below(random, 8));
            break;
        case 2:
            memset(bytes->data + at, random_below(random, 2) == 0 ? 0 : 0xff, length);
            break;
        case 3:
            memmove(bytes->data + at, bytes->data + at + length, bytes->length - at - length);
            bytes->length -= length;
            break;
        default:
            bytes->length = at;
            break;
        }
    }
}

static void make_records(struct bytes *bytes, uint64_t *random)
{
    static const uint32_t actions[] = {
        EVENT_QUEUE_READ,     EVENT_QUEUE_WRITE,    EVENT_QUEUE_FLUSH,    EVENT_QUEUE_DISCARD,
        EVENT_ISSUE_READ,     EVENT_ISSUE_WRITE,    EVENT_ISSUE_FLUSH,    EVENT_COMPLETE_READ,
        EVENT_COMPLETE_WRITE, EVENT_COMPLETE_FLUSH, EVENT_COMPLETE_EMPTY, EVENT_REQUEUE_READ,
        EVENT_SPLIT_READ,     EVENT_SPLIT_WRITE,    EVENT_PROCESS,        EVENT_REMAP_READ};
    bool big_endian = random_below(random, 2) == 0;
    for (uint64_t i = 0; i < 40; i++) {
        struct event event = {.time_ns = 1000 + i * 10,
                              .sector = random_below(random, 16) * 8,
                              .bytes = (uint32_t)random_below(random, 5) * 4096,
                              .action = actions[random_below(random, 16)]};
        if ((event.action & 0xff) == 0x0d)
            event_split_at(&event, event.sector + 8);
        bytes_event(bytes, &event, big_endian);
    }
}

static void make_csv(struct bytes *bytes, uint64_t *random)
{
    static const char header[] = "time_ns,op,offset,bytes,member,latency_ns\n";
    static const char *const lines[] = {
        "17,read,4096,4096,a,\n", "18,write,0,512,\"b,\"\"c\",5\n",      "# comment\n", "\r\n",
        "19,flush,0,0,a,0\n",     "9223372036854775807,discard,1,2,,3\n"};
    bytes_append(bytes, header, sizeof header - 1);
    for (uint64_t i = 0; i < 20; i++) {
        const char *line = lines[random_below(random, i < 15 ? 2 : 6)];
        bytes_append(bytes, line, strlen(line));
    }
}

static void test_damaged_files(void **state)
{
    (void)state;
    uint64_t random = 99;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct bytes bytes = {0};
        bool csv = round % 3 == 0;
        (csv ? make_csv : make_records)(&bytes, &random);
        damage(&bytes, &random);
        const char *records = round % 2 == 0 ? "damaged.blktrace.0" : "damaged.bin";
        check_reading(csv ? "damaged.csv" : records, &bytes, &random);
        bytes_free(&bytes);
    }
}

// Damage to the compressed form of good records.
static void test_damaged_compression(void **state)
{
    (void)state;
    static const char *const names[] = {"damaged.gz", "damaged.zst", "damaged.xz"};
    uint64_t random = 100;
    for (size_t round = 0; round < 600; round++) {
        struct bytes bytes = {0};
        struct bytes packed = {0};
        const char *name = names[round % 3];
        make_records(&bytes, &random);
        scratch_compress(name, bytes.data, bytes.length);
        scratch_read(name, &packed);
        damage(&packed, &random);
        check_reading(name, &packed, &random);
        bytes_free(&bytes);
        bytes_free(&packed);
    }
}

// More devices than there can be: an error, not memory without end.
static void test_endless_devices(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    for (uint32_t i = 1; i <= 70000; i++) {
        struct event event = {.time_ns = i, .bytes = 512, .action = EVENT_QUEUE_READ, .device = i};
        bytes_event(&bytes, &event, false);
    }
    scratch_write("devices.bin", bytes.data, bytes.length);
    bytes_free(&bytes);
    struct reading reading = read_trace(scratch_path("devices.bin"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.result, TRACE_ERROR);
    assert_message(&reading.error, "devices.bin");
    assert_message(&reading.error, "this is not a recording");
    reading_free(&reading);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_damaged_files),
    cmocka_unit_test(test_damaged_compression),
    cmocka_unit_test(test_endless_devices),
};
TEST_GROUP(hostile, tests, NULL, NULL);
