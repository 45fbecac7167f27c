// SPDX-License-Identifier: GPL-2.0-or-later
// Laws of all formats of text, on every file of the corpus and those that people have: no line is
// lost in silence, and a last line that was cut never becomes a request that was not there.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORPUS TEST_SOURCE_DIR "/fuzz/corpus"
#define CASES TEST_SOURCE_DIR "/traces/cases"
#define BYTES_MAX 40000

struct text {
    char bytes[BYTES_MAX];
    size_t length;
    const char *layout; // within the bytes, of those that have one
    size_t start;
};

// A corpus file may begin with a layout, up to a NUL.
static void load(struct text *text, const char *path, bool has_layout)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text->length = fread(text->bytes, 1, BYTES_MAX, file);
    fclose(file);
    const char *end = has_layout ? memchr(text->bytes, '\0', text->length) : NULL;
    text->layout = end != NULL ? text->bytes : NULL;
    text->start = end != NULL ? (size_t)(end - text->bytes) + 1 : 0;
}

static struct reading read_start(const struct text *text, const char *format, size_t length)
{
    struct trace_config config = {
        .path = "text",
        .arrival = TRACE_ARRIVAL_QUEUE,
        .format = format,
        .layout = text->layout,
        .text = text->bytes + text->start,
        .text_size = length,
    };
    return read_config(&config);
}

static uint64_t sum(const struct trace *trace)
{
    uint64_t lines = 0;
    for (int what = 0; what < TRACE_LINE_COUNT; what++)
        lines += trace_line_count(trace, (enum trace_line)what);
    return lines;
}

// Lines read are lines taken and lines counted as something else; those of a whole file are all.
static void check_sum(const struct text *text, const char *path, const char *format)
{
    size_t length = text->length - text->start;
    struct reading reading = read_start(text, format, length);
    if (reading.trace != NULL && reading.result == TRACE_END && trace_lines_read(reading.trace)) {
        uint64_t lines = 0;
        for (size_t i = text->start; i < text->length; i++)
            lines += text->bytes[i] == '\n';
        lines += text->bytes[text->length - 1] != '\n';
        if (trace_lines_read(reading.trace) != lines || sum(reading.trace) != lines)
            fail_msg("%s: %llu lines, %llu read, %llu counted", path, (unsigned long long)lines,
                     (unsigned long long)trace_lines_read(reading.trace),
                     (unsigned long long)sum(reading.trace));
        if (reading.count > 0)
            assert_true(trace_line_count(reading.trace, TRACE_LINE_TAKEN) > 0);
    }
    reading_free(&reading);
}

static bool is_among(const struct reading *whole, const struct reading *cut, size_t number)
{
    const struct trace_request *request = &cut->requests[number];
    const char *name = trace_volume_name(cut->trace, request->volume);
    // The times of whole seconds depend on how many requests there are in one.
    bool spread = strcmp(trace_format(cut->trace), "tencent") == 0;
    for (size_t i = 0; i < whole->count; i++) {
        const struct trace_request *other = &whole->requests[i];
        if (other->offset == request->offset && other->bytes == request->bytes &&
            other->op == request->op && (spread || other->arrival_ns == request->arrival_ns) &&
            strcmp(trace_volume_name(whole->trace, other->volume), name) == 0)
            return true;
    }
    return false;
}

// Without its only Q a text has other arrivals.
static bool have_same_arrivals(const struct reading *whole, const struct reading *cut)
{
    size_t of_whole[TRACE_ARRIVAL_AUTO + 1];
    size_t of_cut[TRACE_ARRIVAL_AUTO + 1];
    trace_count_arrivals(whole->trace, of_whole);
    trace_count_arrivals(cut->trace, of_cut);
    return memcmp(of_whole, of_cut, sizeof of_cut) == 0;
}

// In another encoding, the whole text is the same requests.
static void check_same(const struct text *text, const char *path, const char *format,
                       const struct reading *expected, char *bytes, size_t length, const char *what)
{
    struct trace_config config = {.path = "text",
                                  .arrival = TRACE_ARRIVAL_QUEUE,
                                  .format = format,
                                  .layout = text->layout,
                                  .text = bytes,
                                  .text_size = length};
    struct reading found = read_config(&config);
    if (found.result != expected->result || found.count != expected->count)
        fail_msg("%s %s: %zu requests, expected %zu: %s", path, what, found.count, expected->count,
                 found.result == TRACE_ERROR ? found.error.message : "");
    for (size_t i = 0; i < found.count; i++)
        assert_int_equal(request_compare(&found.requests[i], &expected->requests[i]), 0);
    reading_free(&found);
}

static void check_encodings(const struct text *text, const char *path, const char *format)
{
    static char bytes[4 * BYTES_MAX + 8];
    const char *start = text->bytes + text->start;
    size_t length = text->length - text->start, crlf = 0;
    struct reading expected = read_start(text, format, length);
    if (expected.trace == NULL || trace_lines_read(expected.trace) == 0) {
        reading_free(&expected);
        return;
    }
    for (size_t i = 0; i < length; i++) {
        if (start[i] == '\n' && (i == 0 || start[i - 1] != '\r'))
            bytes[crlf++] = '\r';
        bytes[crlf++] = start[i];
    }
    check_same(text, path, format, &expected, bytes, crlf, "with CRLF");
    bool ascii = true;
    for (size_t i = 0; i < length; i++)
        ascii = ascii && start[i] > 0;
    ascii = ascii && length > 8 && memcmp(start, "\xef\xbb\xbf", 3) != 0;
    for (size_t big = 0; big < 2 && ascii; big++) {
        bytes[0] = (char)(big ? 0xfe : 0xff);
        bytes[1] = (char)(big ? 0xff : 0xfe);
        for (size_t i = 0; i < length; i++) {
            bytes[2 + 2 * i + big] = start[i];
            bytes[3 + 2 * i - big] = '\0';
        }
        check_same(text, path, format, &expected, bytes, 2 + 2 * length, "in UTF-16");
    }
    reading_free(&expected);
}

// Cut anywhere in its last line, a text has no request that it did not have.
static void check_cut(const struct text *text, const char *path, const char *format)
{
    size_t length = text->length - text->start;
    const char *start = text->bytes + text->start;
    struct reading whole = read_start(text, format, length);
    bool is_text = whole.trace != NULL && trace_lines_read(whole.trace) > 0;
    size_t end = length - (length > 0 && start[length - 1] == '\n');
    for (; is_text && whole.result == TRACE_END && end > 0 && start[end - 1] != '\n'; end--) {
        struct reading cut = read_start(text, trace_format(whole.trace), end);
        if (cut.trace != NULL && have_same_arrivals(&whole, &cut)) {
            assert_true(cut.count <= whole.count);
            for (size_t i = 0; i < cut.count; i++)
                if (!is_among(&whole, &cut, i))
                    fail_msg("%s cut to %zu bytes: request %zu was not there", path, end, i);
        }
        reading_free(&cut);
    }
    reading_free(&whole);
}

typedef void law(const struct text *text, const char *path, const char *format);

static void for_files(const char *directory, const char *format, law *check)
{
    static struct text text;
    DIR *stream = opendir(directory);
    assert_non_null(stream);
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (entry->d_name[0] == '.' || strstr(entry->d_name, ".bz2") != NULL ||
            strstr(entry->d_name, "utf16") != NULL)
            continue;
        load(&text, path, format != NULL);
        check(&text, path, format);
    }
    closedir(stream);
}

static void for_all(law *check)
{
    for (size_t i = 0; trace_format_at(i) != NULL; i++) {
        char directory[600];
        snprintf(directory, sizeof directory, CORPUS "/%s", trace_format_at(i));
        if (strstr("blktrace vscsi oraclegeneral", trace_format_at(i)) == NULL)
            for_files(directory, trace_format_at(i), check);
    }
    for_files(CASES, NULL, check);
}

static void test_no_line_is_lost(void **state)
{
    (void)state;
    for_all(check_sum);
}

static void test_encodings(void **state)
{
    (void)state;
    for_all(check_encodings);
}

static void test_last_line_is_cut(void **state)
{
    (void)state;
    for_all(check_cut);
}

// Half an hour of two volumes, not fifty years of three.
static void test_cut_is_said(void **state)
{
    (void)state;
    struct reading reading =
        read_trace(CASES "/t09-alibaba-cut-last-line.csv", TRACE_ARRIVAL_QUEUE, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(reading.count, 3);
    assert_int_equal(reading.requests[2].arrival_ns - reading.requests[0].arrival_ns, 1046000);
    assert_int_equal(reading_notice(&reading, "truncated"), 1);
    assert_int_equal(trace_line_count(reading.trace, TRACE_LINE_CUT), 1);
    reading_free(&reading);
    // A text that is no file needs no end.
    struct trace_config config = {.path = "inline",
                                  .text = "time_ns,op,offset,bytes\n1,read,0,512",
                                  .text_size = 36,
                                  .text_is_whole = true};
    for (int whole = 0; whole < 2; whole++) {
        config.text_is_whole = whole;
        reading = read_config(&config);
        assert_int_equal(reading.count, whole);
        assert_int_equal(reading_notice(&reading, "truncated"), !whole);
        reading_free(&reading);
    }
}

// ---- Silent halves ----

static void expect(const char *name, enum trace_arrival arrival, size_t requests, size_t paired,
                   const char *format)
{
    char path[300];
    snprintf(path, sizeof path, CASES "/%s", name);
    struct reading reading = read_trace(path, arrival, NULL);
    if (reading.result != TRACE_END)
        fail_msg("%s", reading.error.message);
    size_t known = 0;
    for (size_t i = 0; i < reading.count; i++)
        known += reading.requests[i].latency_ns != TRACE_LATENCY_UNKNOWN;
    assert_string_equal(trace_format(reading.trace), format);
    assert_int_equal(reading.count, requests);
    assert_int_equal(known, paired);
    assert_int_equal(trace_line_count(reading.trace, TRACE_LINE_OTHER), 0);
    reading_free(&reading);
}

// How many requests the text shows, and how many of them complete.
static void test_variants(void **state)
{
    (void)state;
    expect("t02-dm-striped-split.blktrace.0", TRACE_ARRIVAL_QUEUE, 9, 8, "blktrace");
    expect("t02b-raid10-middle-completion.bin", TRACE_ARRIVAL_QUEUE, 13, 12, "blktrace");
    expect("t04-trace-cmd-ts-diff.txt", TRACE_ARRIVAL_QUEUE, 7, 6, "ftrace");
    expect("t05-zoned-new-kernel.txt", TRACE_ARRIVAL_QUEUE, 2, 2, "ftrace");
    expect("t12-ftrace-blk-tracer.txt", TRACE_ARRIVAL_QUEUE, 4, 3, "blkparse");
    expect("t12-ftrace-blk-tracer.txt", TRACE_ARRIVAL_ISSUE, 3, 3, "blkparse");
    expect("t12b-ftrace-blk-classic.txt", TRACE_ARRIVAL_QUEUE, 4, 3, "blkparse");
    expect("t14-perf-script-F-without-cpu.txt", TRACE_ARRIVAL_QUEUE, 3, 3, "ftrace");
    expect("t15-trace-cmd-raw.txt", TRACE_ARRIVAL_QUEUE, 3, 2, "ftrace");
    expect("t15b-trace-cmd-latency.txt", TRACE_ARRIVAL_ISSUE, 3, 2, "ftrace");
    expect("t17-bom-blkparse.txt", TRACE_ARRIVAL_QUEUE, 2, 1, "blkparse");
    expect("t07-biosnoop-empty-disk.txt", TRACE_ARRIVAL_ISSUE, 9, 9, "biosnoop");
    expect("t08-libbpf-biosnoop-timestamp.txt", TRACE_ARRIVAL_ISSUE, 5, 5, "biosnoop");
    expect("t16-iosnoop-ts.txt", TRACE_ARRIVAL_ISSUE, 8, 8, "biosnoop");
    expect("t24-qemu-trace-log.txt", TRACE_ARRIVAL_ISSUE, 2, 2, "qemu");
    expect("t22-financial.spc.bz2", TRACE_ARRIVAL_QUEUE, 42, 0, "spc");
    expect("t26-biosnoop-3-decimals.txt", TRACE_ARRIVAL_ISSUE, 2, 2, "biosnoop");
}

// A clock that counts: its unit has to be said.
static void test_counted_clock(void **state)
{
    (void)state;
    struct trace_config config = {.path = CASES "/t13-ftrace-integer-clock.txt"};
    struct reading reading = read_config(&config);
    assert_message(&reading.error, "this clock only counts");
    reading_free(&reading);
    config.layout = "clock=4ms";
    reading = read_config(&config);
    assert_int_equal(reading.count, 3);
    assert_int_equal(reading.requests[0].arrival_ns, INT64_C(44327) * 4000000);
    assert_int_equal(reading.requests[2].latency_ns, 5 * 4000000);
    reading_free(&reading);
    config.layout = "clock=fast";
    reading = read_config(&config);
    assert_message(&reading.error, "layout \"clock=fast\": expected how long a count of the clock");
    reading_free(&reading);
}

// What blkparse -d - prints before the records is passed over.
static void test_text_before_records(void **state)
{
    (void)state;
    static struct text text;
    load(&text, CASES "/t19-blkparse-d-dash.bin", false);
    struct reading cut = read_start(&text, NULL, text.length);
    assert_message(&cut.error, "byte 2976: the record says that 16 bytes of data follow it");
    reading_free(&cut);
    struct bytes bytes = {0};
    static const char before[] = "Input file a.blktrace.0 added\nInput file a.blktrace.1 added\n";
    struct event event = {.time_ns = 5, .sector = 8, .bytes = 4096, .action = EVENT_QUEUE_READ};
    bytes_append(&bytes, before, sizeof before - 1);
    bytes_event(&bytes, &event, false);
    event.action = EVENT_COMPLETE_READ;
    event.time_ns = 12;
    bytes_event(&bytes, &event, false);
    scratch_write("dump", bytes.data, bytes.length);
    bytes_free(&bytes);
    struct reading reading = read_trace(scratch_path("dump"), TRACE_ARRIVAL_QUEUE, NULL);
    assert_string_equal(trace_format(reading.trace), "blktrace");
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.requests[0].latency_ns, 7);
    assert_int_equal(trace_notice_count(reading.trace), 0);
    reading_free(&reading);
}

// Nothing found is not success.
static void test_nothing_arrives(void **state)
{
    (void)state;
    for (int arrival = 0; arrival <= TRACE_ARRIVAL_AUTO; arrival++) {
        struct reading reading =
            read_trace(CASES "/t10-complete-only.txt", (enum trace_arrival)arrival, NULL);
        assert_int_equal(reading.result, TRACE_ERROR);
        assert_message(&reading.error, "no request arrives in it: found events 4 C, but neither Q "
                                       "(queue) nor D (issue); record these too: blktrace -a");
        reading_free(&reading);
    }
    struct trace_config config = {.path = "inserts",
                                  .text =
                                      "8,0 3 1 0.0 0 I R 8 + 8 [x]\n8,0 3 2 0.1 0 C R 8 + 8 [0]\n"
                                      "8,0 3 3 0.2 0 C N 0 [0]\n"};
    config.text_size = strlen(config.text);
    struct reading reading = read_config(&config);
    assert_int_equal(reading.result, TRACE_ERROR);
    assert_message(&reading.error, "found events 1 C, 1 I, but");
    reading_free(&reading);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_no_line_is_lost), cmocka_unit_test(test_last_line_is_cut),
    cmocka_unit_test(test_encodings),       cmocka_unit_test(test_cut_is_said),
    cmocka_unit_test(test_variants),        cmocka_unit_test(test_counted_clock),
    cmocka_unit_test(test_nothing_arrives), cmocka_unit_test(test_text_before_records),
};
TEST_GROUP(lines, tests, NULL, NULL);
