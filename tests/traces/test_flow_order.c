// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever the order of its lines, a recording gives the same requests; and what no order can mend,
// several recordings in one file, is an error. In every format that has one request after the
// other.
#include "tests/support/test_group.h"
#include "tests/traces/written.h"
#include "traces/reorder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- Lines, in any order ----

struct lines {
    struct bytes bytes;
    size_t *starts; // of each line, and the end
    size_t count;
};

static void lines_cut(struct lines *lines)
{
    lines->starts = calloc(lines->bytes.length + 1, sizeof *lines->starts);
    assert_non_null(lines->starts);
    for (size_t at = 0; at < lines->bytes.length; at++)
        if (at == 0 || lines->bytes.data[at - 1] == '\n')
            lines->starts[lines->count++] = at;
    lines->starts[lines->count] = lines->bytes.length;
}

static void lines_free(struct lines *lines)
{
    bytes_free(&lines->bytes);
    free(lines->starts);
    *lines = (struct lines){0};
}

// Those before `head` stay in front.
static void lines_write(const struct lines *lines, const size_t *order, const char *name)
{
    struct bytes bytes = {0};
    for (size_t i = 0; i < lines->count; i++)
        bytes_append(&bytes, lines->bytes.data + lines->starts[order[i]],
                     lines->starts[order[i] + 1] - lines->starts[order[i]]);
    scratch_write(name, bytes.data, bytes.length);
    bytes_free(&bytes);
}

enum mixing { REVERSED, SHUFFLED, CHUNKS, ROTATED, MIXINGS };

// `order` of `count`, of which the first `head` stay.
static void mix(size_t *order, size_t count, size_t head, enum mixing mixing, uint64_t *random)
{
    size_t rest = count - head;
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    if (rest == 0)
        return;
    size_t piece = 1 + (size_t)random_below(random, 7);
    for (size_t i = 0; i < rest; i++) {
        size_t from = i - i % piece;
        size_t size = rest - from < piece ? rest - from : piece;
        size_t place = mixing == REVERSED ? rest - 1 - i
                       : mixing == CHUNKS ? from + size - 1 - i % piece
                                          : (i + rest / 3) % rest;
        order[head + i] = head + place;
    }
    for (size_t i = rest; mixing == SHUFFLED && i > 1; i--) {
        size_t other = head + (size_t)random_below(random, i);
        size_t kept = order[head + i - 1];
        order[head + i - 1] = order[other];
        order[other] = kept;
    }
}

static struct reading read_as(const char *name, const char *format)
{
    struct trace_config config = {
        .path = scratch_path(name), .format = format, .arrival = TRACE_ARRIVAL_AUTO};
    struct reading reading = read_config(&config);
    if (reading.result != TRACE_END)
        fail_msg("%s: %s", format, reading.error.message);
    return reading;
}

static const struct trace *compared;

// The volumes have the names that they have, whatever their numbers.
static int compare_whole(const void *left, const void *right)
{
    const struct trace_request *a = left;
    const struct trace_request *b = right;
    int order = request_compare(a, b);
    return order != 0 ? order
                      : strcmp(trace_volume_name(compared, a->volume),
                               trace_volume_name(compared, b->volume));
}

static void expect_same(struct reading *sorted, struct reading *mixed, bool only_times)
{
    assert_int_equal(sorted->count, mixed->count);
    assert_true(trace_origin_ns(sorted->trace) == trace_origin_ns(mixed->trace));
    for (size_t i = 0; i < sorted->count; i++)
        assert_true(sorted->requests[i].arrival_ns == mixed->requests[i].arrival_ns);
    if (only_times)
        return;
    compared = sorted->trace;
    qsort(sorted->requests, sorted->count, sizeof *sorted->requests, compare_whole);
    compared = mixed->trace;
    qsort(mixed->requests, mixed->count, sizeof *mixed->requests, compare_whole);
    for (size_t i = 0; i < sorted->count; i++) {
        const struct trace_request *a = &sorted->requests[i], *b = &mixed->requests[i];
        assert_int_equal(request_compare(a, b), 0);
        assert_string_equal(trace_volume_name(sorted->trace, a->volume),
                            trace_volume_name(mixed->trace, b->volume));
    }
}

static struct workload workload;

// Lines of a header, before the requests.
static size_t count_head(const char *format)
{
    static const char *const headers[] = {"csv", "iolog", "hfplayer"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        if (strcmp(headers[i], format) == 0)
            return 1;
    return 0;
}

static size_t skip_prose(const struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        if (memchr("0123456789", lines->bytes.data[lines->starts[i] + 1], 10) != NULL)
            return i;
    return lines->count;
}

static void check_format(const struct held *format, uint64_t seed)
{
    uint64_t random = seed * 31;
    struct lines lines = {0};
    size_t counts[] = {1, 2, 3, 10, 100, 1000};
    workload_random(&workload, counts[seed % 6], false,
                    format->names != NULL ? format->names : held[0].names, seed);
    trace_writer_free(workload_write(&workload, scratch_path("sorted"), format->format));
    scratch_read("sorted", &lines.bytes);
    lines_cut(&lines);
    size_t head =
        strcmp(format->format, "blkreplay") == 0 ? skip_prose(&lines) : count_head(format->format);
    size_t *order = calloc(lines.count + 1, sizeof *order);
    assert_non_null(order);
    for (int mixing = 0; mixing < MIXINGS && lines.count > head; mixing++) {
        mix(order, lines.count, head, (enum mixing)mixing, &random);
        lines_write(&lines, order, "mixed");
        struct reading sorted = read_as("sorted", format->format);
        struct reading mixed = read_as("mixed", format->format);
        // Within a second tencent's requests have the order of the file.
        expect_same(&sorted, &mixed, strcmp(format->format, "tencent") == 0);
        reading_free(&sorted);
        reading_free(&mixed);
    }
    free(order);
    lines_free(&lines);
}

static bool is_block_events(const struct held *format)
{
    return strcmp(format->format, "blktrace") == 0 || strcmp(format->format, "blkparse") == 0;
}

static void test_any_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRITTEN_FORMATS; i++)
        for (uint64_t seed = 1; seed <= 12 && !is_block_events(&held[i]); seed++)
            check_format(&held[i], seed);
}

// ---- More than the window holds ----

#define MANY (3 * TRACE_REORDER_MAX)

// Times are i * 1000 + 7 of the i-th, whichever line it is in.
static void make_many(const char *name, const size_t *order, size_t count)
{
    struct bytes bytes = {0};
    static const char header[] = "time_ns,op,offset,bytes,member\n";
    bytes_append(&bytes, header, strlen(header));
    for (size_t i = 0; i < count; i++) {
        char line[80];
        int length = snprintf(line, sizeof line, "%zu,%s,%zu,4096,%c\n", order[i] * 1000 + 7,
                              order[i] % 3 == 0 ? "read" : "write", order[i] * 4096,
                              (char)('a' + order[i] % 5));
        bytes_append(&bytes, line, (size_t)length);
    }
    scratch_write(name, bytes.data, bytes.length);
    bytes_free(&bytes);
}

static void expect_many(struct reading *reading, size_t count)
{
    if (reading->result != TRACE_END)
        fail_msg("%s", reading->error.message);
    assert_int_equal(reading->count, count);
    assert_int_equal(reading_notice(reading, "too-late"), 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(reading->requests[i].arrival_ns, i * 1000 + 7);
        assert_int_equal(reading->requests[i].offset, i * 4096);
        assert_int_equal(reading->requests[i].op, i % 3 == 0 ? TRACE_READ : TRACE_WRITE);
        const char *name = trace_volume_name(reading->trace, reading->requests[i].volume);
        assert_int_equal(name[0], 'a' + i % 5);
    }
    reading_free(reading);
}

static void test_many(void **state)
{
    (void)state;
    static size_t order[MANY];
    uint64_t random = 3;
    for (int mixing = 0; mixing < MIXINGS; mixing++) {
        mix(order, MANY, 0, (enum mixing)mixing, &random);
        make_many("many.csv", order, MANY);
        struct reading reading = read_trace(scratch_path("many.csv"), TRACE_ARRIVAL_AUTO, NULL);
        assert_true(reading_notice(&reading, "out-of-order") > 0);
        expect_many(&reading, MANY);
    }
    // A part that only samples show, and of a text in memory.
    for (size_t late = 1000; late < MANY / 2; late *= 7) {
        struct bytes bytes = {0};
        for (size_t i = 0; i < MANY; i++)
            order[i] = (i + late) % MANY;
        make_many("many.csv", order, MANY);
        struct reading reading = read_trace(scratch_path("many.csv"), TRACE_ARRIVAL_AUTO, NULL);
        expect_many(&reading, MANY);
        scratch_read("many.csv", &bytes);
        struct trace_config config = {
            .path = "text", .text = (const char *)bytes.data, .text_size = bytes.length};
        reading = read_config(&config);
        expect_many(&reading, MANY);
        bytes_free(&bytes);
    }
}

// Samples are read beside what a reader holds of requests that wait for their end.
static void test_pairs(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    for (size_t i = 0; i < MANY + 100; i++) {
        char lines[200] = "";
        int length = 0;
        if (i < MANY)
            length = sprintf(lines,
                             "1@%zu.%06zu:virtio_blk_handle_read vdev 0x10 req 0x%zx sector %zu "
                             "nsectors 8\n",
                             i / 1000000, i % 1000000, i * 16, i * 8);
        if (i >= 100)
            length += sprintf(lines + length,
                              "1@%zu.%06zu:virtio_blk_rw_complete vdev 0x10 req 0x%zx ret 0\n",
                              i / 1000000, i % 1000000, (i - 100) * 16);
        bytes_append(&bytes, lines, (size_t)length);
    }
    scratch_write("pairs.log", bytes.data, bytes.length);
    bytes_free(&bytes);
    struct reading reading = read_trace(scratch_path("pairs.log"), TRACE_ARRIVAL_AUTO, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(reading.requests[i].offset, i * 4096);
        assert_int_equal(reading.requests[i].latency_ns, 100000);
    }
    reading_free(&reading);
}

static struct reading read_piped(const char *name)
{
    int file = open(scratch_path(name), O_RDONLY);
    assert_int_equal(dup2(file, STDIN_FILENO), STDIN_FILENO);
    close(file);
    return read_trace("-", TRACE_ARRIVAL_AUTO, NULL);
}

// What is far off is seen at once; what comes too late later on is not let pass.
static void test_pipe(void **state)
{
    (void)state;
    static size_t order[MANY];
    uint64_t random = 4;
    for (int mixing = 0; mixing < CHUNKS; mixing++) {
        mix(order, MANY, 0, (enum mixing)mixing, &random);
        make_many("many.csv", order, MANY);
        struct reading reading = read_piped("many.csv");
        expect_many(&reading, MANY);
    }
    for (size_t i = 0; i < MANY; i++)
        order[i] = (i + MANY / 2) % MANY;
    make_many("many.csv", order, MANY);
    assert_refused(read_piped("many.csv"), "more than 65536 requests behind their time");
    // A few are a notice.
    for (size_t i = 0; i < MANY; i++)
        order[i] = (i + 5) % MANY;
    make_many("many.csv", order, MANY);
    struct reading reading = read_piped("many.csv");
    assert_int_equal(reading.count, MANY);
    assert_int_equal(reading_notice(&reading, "too-late"), 5);
    reading_free(&reading);
}

// ---- Several recordings ----

// Once, and once more behind it.
static void make_twice(const char *format, size_t requests)
{
    struct bytes bytes = {0};
    workload = (struct workload){.count = requests};
    for (size_t i = 0; i < WORKLOAD_VOLUMES; i++)
        workload.names[i] =
            held_find(format)->names == NULL ? held[0].names[i] : held_find(format)->names[i];
    for (size_t i = 0; i < requests; i++)
        workload.requests[i] = (struct trace_request){
            (int64_t)i * 300000000, 1000000, i * 4096, 4096, 1, TRACE_READ, 0, 0};
    trace_writer_free(workload_write(&workload, scratch_path("one"), format));
    scratch_read("one", &bytes);
    scratch_read("one", &bytes);
    scratch_write("two", bytes.data, bytes.length);
    bytes_free(&bytes);
}

static void test_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRITTEN_FORMATS; i++) {
        bool is_blktrace = strcmp(held[i].format, "blktrace") == 0;
        for (size_t requests = 50; requests < WORKLOAD_MAX; requests *= 20) {
            char place[60];
            make_twice(held[i].format, requests);
            struct trace_config config = {.path = scratch_path("two"),
                                          .format = held[i].format,
                                          .arrival = TRACE_ARRIVAL_AUTO};
            struct reading reading = read_config(&config);
            assert_int_equal(reading.result, TRACE_ERROR);
            snprintf(place, sizeof place, "two: %s ", is_blktrace ? "byte" : "line");
            assert_message(&reading.error, place);
            assert_message(&reading.error, "starts here");
            assert_message(&reading.error, "split");
            reading_free(&reading);
        }
    }
}

static void test_place(void **state)
{
    (void)state;
    make_twice("spc", 100);
    assert_refused(read_trace(scratch_path("two"), TRACE_ARRIVAL_AUTO, NULL),
                   "two: line 101: found a time 29.700000000 s before that of the request before "
                   "it: another recording starts here, whose times are its own; split the file "
                   "there and read the parts one by one, or sort it by time if it is one");
    assert_refused(read_trace(TEST_SOURCE_DIR "/traces/cases/t25-iolog-two-jobs.iolog",
                              TRACE_ARRIVAL_AUTO, NULL),
                   "line 6: another iolog starts within this line: several jobs of fio wrote into "
                   "this file at the same time, in pieces that cannot be told apart; record again "
                   "with a write_iolog of its own for each job");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_any_order), cmocka_unit_test(test_many),  cmocka_unit_test(test_pairs),
    cmocka_unit_test(test_pipe),      cmocka_unit_test(test_twice), cmocka_unit_test(test_place),
};
TEST_GROUP(flow_order, tests, scratch_make, scratch_remove);
