// SPDX-License-Identifier: GPL-2.0-or-later
// Other people's recordings, where they are there: every request against a slow, obvious reading
// of the same lines with sscanf, sorted with qsort.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PUBLIC(name) TEST_PUBLIC_TRACES_DIR "/" name

struct slow_request {
    struct trace_request request;
    char volume[24];
    size_t line;
};

struct slow_trace {
    struct slow_request *items;
    size_t count;
};

// The digits behind a point, as so many of the power's places.
static int64_t slow_fraction(const char *digits, int places)
{
    char padded[20] = "0000000000000000";
    memcpy(padded, digits, strlen(digits) < (size_t)places ? strlen(digits) : (size_t)places);
    padded[places] = '\0';
    return strtoll(padded, NULL, 10);
}

static bool slow_blkreplay(const char *line, struct slow_request *slow)
{
    struct trace_request *request = &slow->request;
    int64_t seconds, duration;
    char fraction[20], op[8];
    if (sscanf(line,
               " %" SCNd64 ".%19[0-9] ; %" SCNu64 " ; %" SCNu64 " ; %7[A-Z] ; 0.0 ; 0.%" SCNd64,
               &seconds, fraction, &request->offset, &request->bytes, op, &duration) != 6)
        return false;
    request->arrival_ns = seconds * 1000000000 + slow_fraction(fraction, 9);
    request->op = strcmp(op, "W") == 0 ? TRACE_WRITE : TRACE_READ;
    return true;
}

static bool slow_disksim(const char *line, struct slow_request *slow)
{
    struct trace_request *request = &slow->request;
    int64_t ms;
    char fraction[20];
    unsigned flags;
    if (sscanf(line, "%" SCNd64 ".%19[0-9] %23s %" SCNu64 " %" SCNu64 " %x", &ms, fraction,
               slow->volume, &request->offset, &request->bytes, &flags) != 6)
        return false;
    request->arrival_ns = ms * 1000000 + slow_fraction(fraction, 6);
    request->op = flags % 2 == 1 ? TRACE_READ : TRACE_WRITE;
    return true;
}

static bool slow_mqsim(const char *line, struct slow_request *slow)
{
    struct trace_request *request = &slow->request;
    int type;
    if (sscanf(line, "%" SCNd64 " %23s %" SCNu64 " %" SCNu64 " %d", &request->arrival_ns,
               slow->volume, &request->offset, &request->bytes, &type) != 5)
        return false;
    request->op = type == 1 ? TRACE_READ : TRACE_WRITE;
    return true;
}

static bool slow_hfplayer(const char *line, struct slow_request *slow)
{
    struct trace_request *request = &slow->request;
    int64_t us, latency_us;
    char rest[20] = "", latency_rest[20] = "";
    int op;
    // The whole microseconds, then what is behind their point if there is one.
    if (sscanf(line, "%*[0-9],%" SCNd64 "%19[.0-9],%*d,%*[^,],%*d,%*d,%*d,%23[^,],%d", &us, rest,
               slow->volume, &op) != 4 &&
        sscanf(line, "%*[0-9],%" SCNd64 ",%*d,%*[^,],%*d,%*d,%*d,%23[^,],%d", &us, slow->volume,
               &op) != 3)
        return false;
    const char *at = line;
    for (int commas = 0; commas < 10 && at != NULL; commas++)
        at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL;
    if (at == NULL || sscanf(at, "%" SCNu64 ",%" SCNu64 ",%*d,%*d,%*d,%" SCNd64 "%19[.0-9]",
                             &request->offset, &request->bytes, &latency_us, latency_rest) < 3)
        return false;
    request->arrival_ns = us * 1000 + (rest[0] == '.' ? slow_fraction(rest + 1, 3) : 0);
    request->latency_ns =
        latency_us * 1000 + (latency_rest[0] == '.' ? slow_fraction(latency_rest + 1, 3) : 0);
    request->op = op == 0 ? TRACE_READ : TRACE_WRITE;
    return true;
}

static int by_time(const void *left, const void *right)
{
    const struct slow_request *a = left, *b = right;
    if (a->request.arrival_ns != b->request.arrival_ns)
        return a->request.arrival_ns < b->request.arrival_ns ? -1 : 1;
    return a->line < b->line ? -1 : 1;
}

// False: there is no such file.
static bool slow_read(const char *path, bool (*parse)(const char *, struct slow_request *),
                      struct slow_trace *trace)
{
    char line[1000];
    if (!scratch_decompress("slow", path))
        return false;
    FILE *file = fopen(scratch_path("slow"), "r");
    assert_non_null(file);
    *trace = (struct slow_trace){calloc(300000, sizeof *trace->items), 0};
    assert_non_null(trace->items);
    for (size_t number = 0; fgets(line, sizeof line, file) != NULL; number++) {
        struct slow_request *slow = &trace->items[trace->count];
        *slow = (struct slow_request){.request.latency_ns = TRACE_LATENCY_UNKNOWN, .line = number};
        if (parse(line, slow)) {
            slow->request.offset *= 512;
            slow->request.bytes *= 512;
            trace->count++;
        }
    }
    fclose(file);
    qsort(trace->items, trace->count, sizeof *trace->items, by_time);
    return true;
}

static void test_public(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *format;
        bool (*parse)(const char *, struct slow_request *);
        size_t count; // as the collection's list has it
    } files[] = {
        {PUBLIC("blkreplay/linux-mysql.load.gz"), "blkreplay", slow_blkreplay, 80794},
        {PUBLIC("blkreplay/linux-webserver-2.load.gz"), "blkreplay", slow_blkreplay, 269007},
        {PUBLIC("blkreplay/windows-mssql.load.gz"), "blkreplay", slow_blkreplay, 42976},
        {PUBLIC("blkreplay/windows-shared-server.load.gz"), "blkreplay", slow_blkreplay, 1371},
        {PUBLIC("disksim/disksim-ascii.trace"), "disksim", slow_disksim, 100000},
        {PUBLIC("disksim/mqsim-tpcc-small.trace"), "mqsim", slow_mqsim, 6999},
        {PUBLIC("hfplayer/sampleTrace.csv"), "hfplayer", slow_hfplayer, 19},
        {PUBLIC("hfplayer/scrub-512MB-Q5.csv.200"), "hfplayer", slow_hfplayer, 200},
        {PUBLIC("hfplayer/small-tpch.csv"), "hfplayer", slow_hfplayer, 780},
    };
    size_t read = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct slow_trace slow;
        if (!slow_read(files[i].path, files[i].parse, &slow))
            continue;
        struct reading reading = read_trace(files[i].path, TRACE_ARRIVAL_QUEUE, NULL);
        assert_int_equal(reading.result, TRACE_END);
        assert_string_equal(trace_format(reading.trace), files[i].format);
        assert_int_equal(slow.count, files[i].count);
        assert_int_equal(reading.count, slow.count);
        for (size_t k = 0; k < slow.count; k++) {
            const struct trace_request *a = &reading.requests[k], *b = &slow.items[k].request;
            assert_true(a->arrival_ns == b->arrival_ns && a->latency_ns == b->latency_ns);
            assert_true(a->offset == b->offset && a->bytes == b->bytes && a->op == b->op);
            assert_string_equal(trace_volume_name(reading.trace, a->volume), slow.items[k].volume);
        }
        reading_free(&reading);
        free(slow.items);
        read++;
    }
    if (read == 0)
        skip();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_public),
};
TEST_GROUP(public_columns, tests, NULL, NULL);
