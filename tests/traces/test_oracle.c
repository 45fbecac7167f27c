// SPDX-License-Identifier: GPL-2.0-or-later
// libCacheSim's oracleGeneral: what its records say, and what is none.
#include "tests/support/test_group.h"
#include "tests/traces/damage.h"

#include <stdio.h>

static void add_record(struct bytes *bytes, uint32_t time_s, uint64_t block, uint32_t length,
                       int64_t next)
{
    uint8_t record[24];
    for (int i = 0; i < 8; i++) {
        if (i < 4) {
            record[i] = (uint8_t)(time_s >> 8 * i);
            record[12 + i] = (uint8_t)(length >> 8 * i);
        }
        record[4 + i] = (uint8_t)(block >> 8 * i);
        record[16 + i] = (uint8_t)((uint64_t)next >> 8 * i);
    }
    bytes_append(bytes, record, sizeof record);
}

static struct reading read_bytes(const struct bytes *bytes, const char *format)
{
    struct trace_config config = {.path = "a.bin",
                                  .format = format,
                                  .text = (const char *)bytes->data,
                                  .text_size = bytes->length};
    return read_config(&config);
}

// Times are those of seconds, in their order; who is next must be the same block.
static void test_oracle(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    add_record(&bytes, 100, 8, 4096, 3);
    add_record(&bytes, 100, 64, 512, -1);
    add_record(&bytes, 102, 8, 8192, -1);
    bytes_append(&bytes, "cut", 3);
    struct reading reading = read_bytes(&bytes, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_string_equal(trace_format(reading.trace), "oraclegeneral");
    assert_int_equal(reading.count, 3);
    assert_int_equal(reading.requests[0].offset, 4096);
    assert_int_equal(reading.requests[2].bytes, 8192);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(reading.requests[i].arrival_ns / 1000000000, i < 2 ? 100 : 102);
        assert_int_equal(reading.requests[i].op, TRACE_READ);
        assert_int_equal(reading.requests[i].latency_ns, TRACE_LATENCY_UNKNOWN);
    }
    assert_true(reading.requests[1].arrival_ns > reading.requests[0].arrival_ns);
    assert_int_equal(reading_notice(&reading, "no-operation"), 1);
    assert_int_equal(reading_notice(&reading, "truncated"), 1);
    reading_free(&reading);
    static const size_t places[] = {0, 4, 13, 16, 48};
    static const uint8_t values[] = {101, 9, 1, 2, 99};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        uint8_t was = bytes.data[places[i]];
        bytes.data[places[i]] = values[i];
        assert_refused(read_bytes(&bytes, NULL), "not a trace of a known format");
        bytes.data[places[i]] = was;
    }
    bytes.data[10] = 0x40;
    assert_refused(read_bytes(&bytes, "oraclegeneral"), "byte 0: the record's block is beyond");
    damage_and_read(&bytes, "oraclegeneral", 500);
    bytes_free(&bytes);
}

// As many requests as the other form of the same trace has, at the same blocks.
static void test_public_oracle(void **state)
{
    (void)state;
    static const char folder[] = TEST_PUBLIC_TRACES_DIR "/libcachesim/cloudPhysicsIO.";
    char path[400];
    snprintf(path, sizeof path, "%soracleGeneral.bin", folder);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        skip();
    fclose(file);
    struct reading oracle = read_trace(path, TRACE_ARRIVAL_AUTO, NULL);
    snprintf(path, sizeof path, "%svscsi", folder);
    struct reading vscsi = read_trace(path, TRACE_ARRIVAL_AUTO, NULL);
    assert_string_equal(trace_format(oracle.trace), "oraclegeneral");
    assert_int_equal(oracle.count, 113872);
    assert_int_equal(oracle.count, vscsi.count);
    uint64_t sum = 0;
    for (size_t i = 0; i < oracle.count; i++)
        sum += oracle.requests[i].offset - vscsi.requests[i].offset;
    assert_int_equal(sum, 0);
    reading_free(&oracle);
    reading_free(&vscsi);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_oracle),
    cmocka_unit_test(test_public_oracle),
};
TEST_GROUP(oracle, tests, NULL, NULL);
