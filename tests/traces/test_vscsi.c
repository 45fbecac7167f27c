// SPDX-License-Identifier: GPL-2.0-or-later
// CloudPhysics' binary traces: both versions, what is odd, what is no such trace, and a public one
// against its own CSV form.
#include "tests/support/test_group.h"
#include "tests/traces/damage.h"

#include <inttypes.h>
#include <stdio.h>

#define NAME "a.vscsi"

struct command {
    unsigned operation; // SCSI's
    uint32_t bytes;
    uint64_t block;
    uint64_t time_us;
    unsigned version; // 0: that of the file
};

static void put(struct bytes *bytes, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes_append(bytes, &(uint8_t){(uint8_t)(number >> 8 * i)}, 1);
}

static void put_command(struct bytes *bytes, const struct command *command, unsigned version)
{
    unsigned shown = command->version != 0 ? command->version : version;
    if (version == 2) {
        put(bytes, command->operation, 2);
        put(bytes, shown << 8, 2);
    }
    put(bytes, 77, 4);
    put(bytes, command->bytes, 4);
    put(bytes, 1, 4);
    if (version == 1) {
        put(bytes, command->operation, 2);
        put(bytes, shown << 8, 2);
    }
    put(bytes, command->block, 8);
    put(bytes, command->time_us, 8);
    if (version == 2)
        put(bytes, 12345, 8);
}

static struct bytes make(const struct command *commands, size_t count, unsigned version)
{
    struct bytes bytes = {0};
    for (size_t i = 0; i < count; i++)
        put_command(&bytes, &commands[i], version);
    return bytes;
}

static struct reading read_bytes(const struct bytes *bytes, const char *format, const char *volume)
{
    struct trace_config config = {
        .path = NAME,
        .format = format,
        .volume = volume,
        .text = (const char *)bytes->data,
        .text_size = bytes->length,
    };
    return read_config(&config);
}

static void expect(const struct trace_request *request, int64_t arrival_ns, enum trace_op op,
                   uint64_t offset, uint64_t bytes)
{
    assert_int_equal(request->arrival_ns, arrival_ns);
    assert_int_equal(request->op, op);
    assert_int_equal(request->offset, offset);
    assert_int_equal(request->bytes, bytes);
    assert_int_equal(request->latency_ns, TRACE_LATENCY_UNKNOWN);
    assert_int_equal(request->volume, 0);
}

static void test_both_versions(void **state)
{
    (void)state;
    static const struct command commands[] = {
        {0x28, 4096, 8, 1000, 0}, {0x12, 36, 0, 1001, 0},
        {0x2a, 512, 1, 1002, 0},  {0x35, 0, 0, 1003, 0},
        {0x88, 0, 5, 1004, 0},    {0x8a, 1024, UINT64_C(1) << 40, 1005, 0},
        {0x08, 512, 3, 1004, 0},  {0x42, 24, 0, 1006, 0},
        {0xa8, 512, 0, 1007, 0},  {0x0a, 65536, 128, 1007, 0},
    };
    for (unsigned version = 1; version <= 2; version++) {
        struct bytes bytes = make(commands, 10, version);
        struct reading reading = read_bytes(&bytes, NULL, NULL);
        assert_int_equal(reading.result, TRACE_END);
        assert_string_equal(trace_format(reading.trace), "vscsi");
        assert_false(trace_times_are_absolute(reading.trace));
        assert_int_equal(trace_origin_ns(reading.trace), 1000000);
        assert_int_equal(reading.count, 7);
        expect(&reading.requests[0], 1000000, TRACE_READ, 4096, 4096);
        expect(&reading.requests[1], 1002000, TRACE_WRITE, 512, 512);
        expect(&reading.requests[2], 1003000, TRACE_FLUSH, 0, 0);
        expect(&reading.requests[3], 1004000, TRACE_READ, 1536, 512);
        expect(&reading.requests[4], 1005000, TRACE_WRITE, UINT64_C(1) << 49, 1024);
        expect(&reading.requests[5], 1007000, TRACE_READ, 0, 512);
        expect(&reading.requests[6], 1007000, TRACE_WRITE, 65536, 65536);
        assert_int_equal(trace_volume_count(reading.trace), 1);
        assert_string_equal(trace_volume_name(reading.trace, 0), "");
        assert_int_equal(reading_notice(&reading, "passthrough"), 2);
        assert_int_equal(reading_notice(&reading, "zero-bytes"), 1);
        assert_int_equal(reading_notice(&reading, "out-of-order"), 1);
        assert_int_equal(reading_notice(&reading, "latency-unit"), version == 2);
        assert_int_equal(reading_notice(&reading, "truncated"), 0);
        reading_free(&reading);
        bytes_free(&bytes);
    }
}

static void test_cut_compressed_and_selected(void **state)
{
    (void)state;
    static const struct command one = {0x28, 4096, 8, 1000, 0};
    struct bytes bytes = {0};
    for (size_t i = 0; i < 3000; i++)
        put_command(&bytes, &one, 1);
    bytes.length -= 5;
    scratch_compress("a.vscsi.zst", bytes.data, bytes.length);
    struct reading reading = read_trace(scratch_path("a.vscsi.zst"), TRACE_ARRIVAL_ISSUE, NULL);
    assert_int_equal(reading.count, 2999);
    assert_int_equal(reading_notice(&reading, "truncated"), 1);
    reading_free(&reading);
    reading = read_bytes(&bytes, NULL, "sda");
    assert_int_equal(reading.result, TRACE_ERROR);
    assert_message(&reading.error, "no request of volume \"sda\" is in the trace; it has one "
                                   "volume, without a name");
    reading_free(&reading);
    bytes_free(&bytes);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        struct command command;
        const char *message;
    } cases[] = {
        {{0x28, 512, 0, 2000, 3}, "byte 64000: the record's version is not that of the file's"},
        {{0x28, 512, 0, UINT64_MAX / 1000, 0}, "byte 64000: the record's time is beyond 2^63 ns"},
        {{0x28, 512, INT64_MAX / 512 + 1, 1, 0}, "byte 64000: the record's block is beyond 2^63"},
        {{0x28, 512, INT64_MAX / 512, 1, 0}, "byte 64000: the record's block is beyond 2^63"},
    };
    static const struct command good = {0x28, 4096, 8, 1000, 0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes bytes = {0};
        for (size_t j = 0; j < 2000; j++)
            put_command(&bytes, &good, 1);
        put_command(&bytes, &cases[i].command, 1);
        assert_refused(read_bytes(&bytes, NULL, NULL), cases[i].message);
        bytes_free(&bytes);
    }
}

// Nothing marks the start of these files, so one implausible record among the first is enough to
// make them something else. Named by its format, the file is read as far as it goes.
static void test_recognition_is_strict(void **state)
{
    (void)state;
    static const struct command odd[] = {
        {0x99, 512, 1, 1, 0},      // no such command
        {0x128, 512, 1, 1, 0},     // not in one byte
        {0x28, 511, 1, 1, 0},      // not whole sectors
        {0x28, 32 << 20, 1, 1, 0}, // too large
        {0x28, 512, UINT64_C(1) << 50, 1, 0},
        {0x28, 512, 1, UINT64_MAX, 0},
        {0x28, 512, 1, 1, 4},
    };
    static const struct command good = {0x2a, 4096, 8, 1000, 0};
    static const struct command test_unit_ready = {0x00, 0, 0, 0, 0};
    for (size_t i = 0; i <= sizeof odd / sizeof odd[0]; i++) {
        bool last = i == sizeof odd / sizeof odd[0];
        struct bytes bytes = {0};
        for (size_t j = 0; j < 100; j++)
            put_command(&bytes, last ? &test_unit_ready : j == 90 ? &odd[i] : &good, 1);
        struct reading reading = read_bytes(&bytes, NULL, NULL);
        assert_null(reading.trace);
        assert_message(&reading.error, "not a trace of a known format");
        reading_free(&reading);
        reading = read_bytes(&bytes, "vscsi", NULL);
        if (i < 2)
            assert_int_equal(reading.count, 99); // without a command that is none
        else if (!last && i < 4)
            assert_int_equal(reading.count, 100);
        else
            assert_int_equal(reading.result, last || i == 4 ? TRACE_END : TRACE_ERROR);
        reading_free(&reading);
        bytes_free(&bytes);
    }
    struct bytes text = {0};
    bytes_append(&text, "no records at all, but text that is long enough for one", 55);
    struct reading reading = read_bytes(&text, "vscsi", NULL);
    assert_message(&reading.error, NAME ": byte 0: no vscsi record starts here; expected one of");
    reading_free(&reading);
    bytes_free(&text);
}

static void test_damaged(void **state)
{
    (void)state;
    for (unsigned version = 1; version <= 2; version++) {
        struct bytes bytes = {0};
        for (uint64_t i = 0; i < 40; i++) {
            struct command command = {i % 3 == 0 ? 0x28 : 0x2a, 4096, i * 8, 1000 + i, 0};
            put_command(&bytes, &command, version);
        }
        damage_and_read(&bytes, NULL, 1500);
        damage_and_read(&bytes, "vscsi", 1500);
        bytes_free(&bytes);
    }
}

// The same recording as text, of which libCacheSim made it: version,time,op,size,lbn with whole
// seconds.
static void test_public_trace(void **state)
{
    (void)state;
    static const char folder[] = TEST_PUBLIC_TRACES_DIR "/libcachesim/";
    char path[1024];
    char line[200];
    size_t at = 0;
    snprintf(path, sizeof path, "%scloudPhysicsIO.csv", folder);
    FILE *csv = fopen(path, "r");
    if (csv == NULL)
        skip();
    snprintf(path, sizeof path, "%scloudPhysicsIO.vscsi", folder);
    struct reading reading = read_trace(path, TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading_notice(&reading, "passthrough"), 0);
    assert_non_null(fgets(line, sizeof line, csv));
    for (; fgets(line, sizeof line, csv) != NULL; at++) {
        unsigned operation;
        uint64_t seconds, bytes, block;
        assert_int_equal(sscanf(line, "1,%" SCNu64 ",%x,%" SCNu64 ",%" SCNu64, &seconds, &operation,
                                &bytes, &block),
                         4);
        assert_true(at < reading.count);
        const struct trace_request *request = &reading.requests[at];
        assert_int_equal(request->arrival_ns / 1000000000, seconds);
        assert_int_equal(request->op, operation == 0x28 ? TRACE_READ : TRACE_WRITE);
        assert_int_equal(request->bytes, bytes);
        assert_int_equal(request->offset, block * 512);
    }
    fclose(csv);
    assert_int_equal(at, 113872);
    assert_int_equal(reading.count, at);
    reading_free(&reading);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_both_versions), cmocka_unit_test(test_cut_compressed_and_selected),
    cmocka_unit_test(test_errors),        cmocka_unit_test(test_recognition_is_strict),
    cmocka_unit_test(test_damaged),       cmocka_unit_test(test_public_trace),
};
TEST_GROUP(vscsi, tests, NULL, NULL);
