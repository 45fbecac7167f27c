// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/traces/damage.h"

#include <string.h>

#define PIECE_BYTES_MAX 60

static void damage_piece(struct bytes *bytes, uint64_t *random)
{
    size_t at = random_below(random, bytes->length);
    size_t from = random_below(random, bytes->length);
    size_t length = 1 + random_below(random, PIECE_BYTES_MAX);
    length = length < bytes->length - at ? length : bytes->length - at;
    switch (random_below(random, 6)) {
    case 0:
        bytes->data[at] = (uint8_t)random_next(random);
        break;
    case 1:
        bytes->data[at] ^= (uint8_t)(1U << random_below(random, 8));
        break;
    case 2:
        memset(bytes->data + at,
               "\0\xff"
               "9 \n."[random_below(random, 6)],
               length);
        break;
    case 3:
        memmove(bytes->data + at, bytes->data + at + length, bytes->length - at - length);
        bytes->length -= length;
        break;
    case 4:
        length = length < bytes->length - from ? length : bytes->length - from;
        memmove(bytes->data + at, bytes->data + from, length);
        break;
    default:
        bytes->length = at + 1;
        break;
    }
}

static void damage_check(const struct bytes *bytes, const char *format)
{
    struct trace_config config = {
        .path = "damaged",
        .format = format,
        .text = (const char *)bytes->data,
        .text_size = bytes->length,
    };
    struct reading reading = read_config(&config);
    int64_t last_ns = INT64_MIN;
    if (reading.result == TRACE_ERROR)
        assert_message(&reading.error, "damaged");
    for (size_t i = 0; i < reading.count; i++) {
        const struct trace_request *request = &reading.requests[i];
        assert_true(request->arrival_ns >= last_ns);
        assert_true(request->latency_ns >= TRACE_LATENCY_UNKNOWN);
        assert_true(request->op < TRACE_OP_COUNT);
        assert_true(request->offset <= INT64_MAX);
        assert_true(request->bytes <= INT64_MAX - request->offset);
        assert_true(request->bytes > 0 || request->op == TRACE_FLUSH);
        assert_true(request->volume < trace_volume_count(reading.trace));
        last_ns = request->arrival_ns;
    }
    if (reading.trace != NULL) {
        assert_true(reading.count == 0 ||
                    trace_origin_ns(reading.trace) <= reading.requests[0].arrival_ns);
        reading_notice(&reading, "");
    }
    reading_free(&reading);
}

void damage_and_read(const struct bytes *good, const char *format, size_t rounds)
{
    uint64_t random = 7;
    for (size_t round = 0; round < rounds; round++) {
        struct bytes bytes = {0};
        bytes_append(&bytes, good->data, good->length);
        for (uint64_t changes = 1 + random_below(&random, 4); changes > 0 && bytes.length > 1;
             changes--)
            damage_piece(&bytes, &random);
        damage_check(&bytes, format);
        bytes_free(&bytes);
    }
}
