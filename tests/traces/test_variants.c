// SPDX-License-Identifier: GPL-2.0-or-later
// What tools print that are near to those whose text was read first: the requests of each, to the
// nanosecond.
#include "tests/support/test_group.h"
#include "tests/traces/damage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CASES TEST_SOURCE_DIR "/traces/cases"

// "VOLUME ARRIVAL_NS LATENCY_NS OP OFFSET BYTES;" of all requests.
static void show_requests(const struct reading *reading, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0, used = 0; i < reading->count && used < size; i++) {
        const struct trace_request *request = &reading->requests[i];
        used += (size_t)snprintf(
            text + used, size - used, "%s %" PRId64 " %" PRId64 " %s %" PRIu64 " %" PRIu64 ";",
            trace_volume_name(reading->trace, request->volume), request->arrival_ns,
            request->latency_ns, trace_op_name(request->op), request->offset, request->bytes);
    }
}

static void show_notices(const struct reading *reading, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0, used = 0; i < trace_notice_count(reading->trace) && used < size; i++) {
        const struct trace_notice *notice = trace_notice(reading->trace, i);
        used += (size_t)snprintf(text + used, size - used, "%s %" PRIu64 ";", notice->kind,
                                 notice->count);
    }
}

static const struct variant {
    const char *format;
    const char *as;     // the format, if it has to be named
    const char *layout; // or NULL
    enum trace_arrival arrival;
    const char *text; // or the name of a case
    const char *requests;
    const char *notices;
} variants[] = {
    // ---- biosnoop, iosnoop ----
    {"biosnoop", NULL, NULL, TRACE_ARRIVAL_AUTO, "t08-libbpf-biosnoop-timestamp.txt",
     "sde 64737812191000 1809000 write 21476922880 524288;"
     "sde 64737812251000 1749000 write 21476398592 524288;"
     "sde 64737812571000 1429000 write 21475874304 524288;"
     "sde 64737812578000 1422000 write 21475350016 524288;"
     "sde 64738099191000 1809000 write 21476922880 524288;",
     ""},
    {"biosnoop", NULL, NULL, TRACE_ARRIVAL_QUEUE,
     "TIMESTAMP COMM PID DISK T SECTOR BYTES QUE(ms) LAT(ms)\n"
     "23:59:59.999 a b 1 sda R 8 512 0.5 1.000\n"
     "00:00:00.001 a b 1 sda W 8 512 0.5 1.000\n"
     "23:59:59.999 a b 1 sda D 16 512 0.0 0.000\n",
     "sda 86399997500000 1500000 read 4096 512;sda 86399999000000 0 discard 8192 512;"
     "sda 86399999500000 1500000 write 4096 512;",
     ""},
    {"biosnoop", NULL, NULL, TRACE_ARRIVAL_AUTO, "t16-iosnoop-ts.txt",
     "202,1 5982800302061000 618000 write 8724275200 4096;"
     "202,1 5982800302423000 419000 write 8724279296 4096;"
     "202,1 5982800304962000 484000 write 8724283392 4096;"
     "202,1 5982800305250000 426000 write 8724287488 4096;"
     "202,1 5982800308849000 603000 write 6585581568 4096;"
     "202,1 5982800308856000 614000 read 8724291584 4096;"
     "202,1 5982801309123000 582000 write 8724295680 4096;"
     "202,1 5982801309252000 508000 write 6585585664 4096;",
     ""},
    {"biosnoop", NULL, NULL, TRACE_ARRIVAL_AUTO,
     "STARTs COMM PID TYPE DEV BLOCK BYTES LATms\n"
     "1.000000 x y 7 R 8,0 8 512 0.25\n1.500000 x 7 W 8,0 8 512 -1.0\n",
     "8,0 1000000000 250000 read 4096 512;8,0 1500000000 -1 write 4096 512;", "bad-latency 1;"},
    {"biosnoop", NULL, NULL, TRACE_ARRIVAL_AUTO,
     "ENDs COMM PID TYPE DEV BLOCK BYTES LATms\n1.000000 x 7 RM 8,0 8 512 0.25\n",
     "8,0 999750000 250000 read 4096 512;", ""},
    {"biosnoop", NULL, "T=R BYTES=4096", TRACE_ARRIVAL_AUTO,
     "Attaching 4 probes...\nTIME(ms)     DISK             COMM             PID    LAT(ms)\n"
     "611          nvme0n1          bash             4179        10\n"
     "612          nvme0n1          ck sum           4179         0\n",
     "nvme0n1 601000000 10000000 read 0 4096;nvme0n1 612000000 0 read 0 4096;", ""},
    {"biosnoop", "biosnoop", "TIME(ms) COMM PID LAT(ms) T=W BYTES=512 SECTOR=8", TRACE_ARRIVAL_AUTO,
     "611 bash 4179 10\n", " 601000000 10000000 write 4096 512;", ""},
    {"biosnoop", NULL, "BYTES=4096 T=W", TRACE_ARRIVAL_AUTO,
     "TIME(ms)     DISK ID        COMM             PID    LAT(ms)\n             MAJOR MINOR\n"
     "611          259   0        bash             4179        10\n",
     "259,0 601000000 10000000 write 0 4096;", ""},
    // ---- tracepoints ----
    {"ftrace", NULL, NULL, TRACE_ARRIVAL_QUEUE,
     "   blkdiscard-2477 [020] .....   960.989131: block_bio_queue: 259,0 WZS 0 + 80 [blk]\n"
     "   blkdiscard-2477 [020] .....   960.989135: block_io_start: 259,0 WZS 40960 () 0 + 80 "
     "be,0,4 [blk]\n"
     "kworker/20:1H-736  [020] .....   960.989166: block_rq_issue: 259,0 WZS 40960 () 0 + 80 "
     "be,0,4 [kworker/20:1H]\n"
     "       <idle>-0    [020] d.h1.   960.989476: block_rq_complete: 259,0 WZS () 0 + 80 "
     "be,0,4 [0]\n"
     "       <idle>-0    [020] dNh1.   960.989482: block_io_done: 259,0 WZS 0 () 0 + 0 "
     "none,0,0 [swapper/20]\n",
     "259,0 960989131000 345000 write 0 40960;", ""},
    {"ftrace", NULL, NULL, TRACE_ARRIVAL_AUTO,
     "dd   313 [000]   273.355000: block:block_io_start: 8,0 W 4096 () 2048 + 8 be,0,4 [dd]\n"
     "dd   313 [000]   273.355100: block:block_io_start: 8,0 R 8192 () 4096 + 16 be,0,4 [dd]\n"
     "dd   313 [000]   273.355200: block:block_io_start: 8,0 FWS 0 () 18446744073709551615 + 0 "
     "be,0,4 [dd]\n"
     "dd   313 [000]   273.355300: block:block_io_start: 8,0 N 36 (12 00 00) 0 + 0 [dd]\n"
     "swapper 0 [000]  273.356048:  block:block_io_done: 8,0 R 0 () 4096 + 0 none,0,0 [swap]\n"
     "swapper 0 [000]  273.357048:  block:block_io_done: 8,0 W 0 () 2048 + 0 [swapper/0]\n"
     "swapper 0 [000]  273.357148:  block:block_io_done: 8,0 W 0 () 9999 + 0 [swapper/0]\n"
     "swapper 0 [000]  273.358048:  block:block_io_done: 8,0 FWS 0 () 18446744073709551615 + 0 "
     "[swapper/0]\n",
     "8,0 273355000000 2048000 write 1048576 4096;8,0 273355100000 948000 read 2097152 8192;"
     "8,0 273355200000 2848000 flush 0 0;",
     ""},
    {"ftrace", NULL, NULL, TRACE_ARRIVAL_AUTO,
     "x-1 [000] ..... 5.000000: block_rq_issue: 8,0 RA 4096 () 8 + 8 none,0,0 [x]\n"
     "x-1 [000] ..... 5.001000: block_io_done: dev=8388608 sector=8 nr_sector=0 bytes=0 "
     "rwbs=RA comm=[x]\n",
     "8,0 5000000000 1000000 read 4096 4096;", ""},
    // ---- LTTng ----
    {"ftrace", NULL, NULL, TRACE_ARRIVAL_QUEUE,
     "[23:59:59.900000000] (+?.?) host block_bio_queue: { cpu_id = 2 }, { dev = 8388608, "
     "sector = 120, nr_sector = 8, rwbs = 33, tid = 17, comm = \"dd\" }\n"
     "[23:59:59.900001000] (+0.000001000) host block_rq_issue: { cpu_id = 2 }, { dev = 8388608, "
     "sector = 120, nr_sector = 8, bytes = 0, rwbs = 33, cmd = [ ], comm = \"dd\" }\n"
     "[23:59:59.900002000] (+0.000001000) host sched_switch: { cpu_id = 2 }, { next = 0 }\n"
     "[00:00:00.100000000] (+0.199998000) host block_rq_complete: { cpu_id = 1 }, { dev = "
     "8388608, sector = 120, nr_sector = 8, errors = 0, rwbs = 33, cmd = [ ] }\n",
     "8,0 86399900000000 200000000 write 61440 4096;", ""},
    {"ftrace", NULL, NULL, TRACE_ARRIVAL_AUTO,
     "[1970-01-02 00:00:01.5] block_rq_issue:{ dev = 265289728, sector = 8, nr_sector = 8, bytes "
     "= 0, rwbs = 2, comm = \"a, rwbs = 9\" }\n"
     "[1970-01-02 00:00:01.75] block_rq_issue:{ dev = 265289728, sector = 64, nr_sector = 0, "
     "bytes = 0, rwbs = 1025, comm = \"a\" }\n"
     "[1970-01-02 00:00:02] block_rq_complete: { dev = 265289728, sector = 8, nr_sector = 8, "
     "error = 0, rwbs = 2 }\n",
     "253,0 86401500000000 500000000 discard 4096 4096;253,0 86401750000000 -1 flush 32768 0;",
     "no-completion 1;"},
    {"ftrace", NULL, NULL, TRACE_ARRIVAL_AUTO,
     "[1424468354.000000100] (+?.?) block_rq_issue: { cpu_id = 0 }, { dev = 8388608, "
     "sector = 8, nr_sector = 8, rwbs = 12 }\n"
     "[1424468354.000000350] (+0.000000250) block_rq_complete: { cpu_id = 0 }, { dev = 8388608, "
     "sector = 8, nr_sector = 8, rwbs = 12 }\n",
     "8,0 1424468354000000100 250 read 4096 4096;", ""},
    // ---- QEMU ----
    {"qemu", NULL, NULL, TRACE_ARRIVAL_AUTO, "t24-qemu-trace-log.txt",
     "0x55d0 1700000000123456000 100000 write 1048576 4096;"
     "0x55d0 1700000000133456000 500000 read 2097152 32768;",
     ""},
    // Two disks that use an address at once, a flush, a request that never ends, one of no data,
    // one
    // that began before.
    {"qemu", NULL, NULL, TRACE_ARRIVAL_AUTO,
     "char device redirected\n"
     "1@9.000000:virtio_blk_rw_complete vdev 0xa00 req 0xf req 0xf ret 0\n"
     "1@9.000100:virtio_blk_handle_read vdev 0xa00 req 0xf sector 8 nsectors 8\n"
     "2@9.000200:virtio_blk_handle_write vdev 0xb00 req 0xf sector 16 nsectors 1\n"
     "1@9.000250:virtio_blk_submit_multireq vdev 0xb00 mrb 0x1 start 0 num_reqs 1\n"
     "1@9.000260:virtqueue_pop vq 0x1\n"
     "2@9.000300:virtio_blk_rw_complete vdev 0xb00 req 0xf ret 0\n"
     "2@9.000310:virtio_blk_req_complete vdev 0xb00 req 0xf status 0\n"
     "1@9.000400:virtio_blk_req_complete vdev 0xa00 req 0xf status 0\n"
     "1@9.000500:virtio_blk_req_complete vdev 0xa00 req 0xe status 0\n"
     "[    1.0] vda: vda1\n"
     "1@9.000600:virtio_blk_handle_read vdev 0xa00 req 0xc sector 0 nsectors 0\n"
     "1@9.000601:virtio_blk_req_complete vdev 0xa00 req 0xc status 1\n"
     "1@9.000700:virtio_blk_handle_read vdev 0xa00 req 0xd sector 8 nsectors 8\n"
     "1@9.000800:virtio_blk_handle_read vdev 0xa00 req 0xd sector 9 nsectors 1\n",
     "0xa00 9000100000 300000 read 4096 4096;0xb00 9000200000 100000 write 8192 512;"
     "0xa00 9000700000 -1 read 4096 4096;0xa00 9000800000 -1 read 4608 512;",
     "other-lines 1;zero-bytes 1;no-completion 2;no-arrival 1;"},
    {"qemu", NULL, NULL, TRACE_ARRIVAL_AUTO,
     "2025-11-30T12:00:00.000001Z virtio_blk_handle_read vdev 0xa req 0xf sector 8 nsectors 8\n"
     "2025-11-30T12:00:00.000011Z virtio_blk_rw_complete vdev 0xa req 0xf ret 0\n",
     "0xa 1764504000000001000 10000 read 4096 4096;", ""},
    {"qemu", NULL, NULL, TRACE_ARRIVAL_AUTO,
     "qemu-kvm-77 [001] ..... 5.000001: tracing_mark_write: virtio_blk_handle_read vdev 0xa req "
     "0xf sector 8 nsectors 8\n"
     "qemu-kvm-77 [001] ..... 5.000011: tracing_mark_write: virtio_blk_rw_complete vdev 0xa req "
     "0xf ret 0\n",
     "0xa 5000001000 10000 read 4096 4096;", ""},
    // ---- Columns with the kernel's letters ----
    {"columns", "columns", "time=1:s,op=2,offset=3:sectors,bytes=4,separator=space",
     TRACE_ARRIVAL_AUTO,
     "0.000000001 RA 8 512\n0.1 FWFSM 8 512\n0.2 FWS 8 0\n0.3 FF 0 0\n0.4 DES 8 1024\n"
     "0.5 WZS 8 512\n0.6 ZA 8 512\n0.7 N 8 512\n0.8 N 0 0\n0.9 WS 8 0\n1.0 Flush 8 9\n",
     " 1 -1 read 4096 512; 100000000 -1 write 4096 512; 200000000 -1 flush 4096 0;"
     " 300000000 -1 flush 0 0; 400000000 -1 discard 4096 1024;"
     " 500000000 -1 write-zeroes 4096 512; 600000000 -1 write 4096 512;"
     " 700000000 -1 write 4096 512; 1000000000 -1 flush 4096 0;",
     "zero-bytes 2;"},
};

static struct reading read_variant(const struct variant *variant)
{
    char path[300];
    bool is_case = strchr(variant->text, '\n') == NULL;
    snprintf(path, sizeof path, is_case ? CASES "/%s" : "a.txt", variant->text);
    struct trace_config config = {
        .path = path,
        .arrival = variant->arrival,
        .format = variant->as,
        .layout = variant->layout,
        .text = is_case ? NULL : variant->text,
        .text_size = is_case ? 0 : strlen(variant->text),
    };
    return read_config(&config);
}

static void test_variants(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        char text[2000];
        struct reading reading = read_variant(&variants[i]);
        if (reading.result != TRACE_END)
            fail_msg("%s: %s", variants[i].text, reading.error.message);
        assert_string_equal(trace_format(reading.trace), variants[i].format);
        show_requests(&reading, text, sizeof text);
        assert_string_equal(text, variants[i].requests);
        show_notices(&reading, text, sizeof text);
        assert_string_equal(text, variants[i].notices);
        uint64_t lines = 0;
        for (int what = 0; what < TRACE_LINE_COUNT; what++)
            lines += trace_line_count(reading.trace, (enum trace_line)what);
        assert_int_equal(lines, trace_lines_read(reading.trace));
        reading_free(&reading);
    }
}

// `blkparse -f` without an action: every line is a request.
static void test_without_action(void **state)
{
    (void)state;
    struct trace_config config = {
        .path = CASES "/t21-f-without-action.txt",
        .format = "columns",
        .layout = "time=1:s,op=2,offset=3:sectors,bytes=4,separator=space",
    };
    struct reading reading = read_config(&config);
    size_t reads = 0;
    for (size_t i = 0; i < reading.count; i++)
        reads += reading.requests[i].op == TRACE_READ;
    assert_int_equal(reading.count, 18);
    assert_int_equal(reads, 12);
    assert_int_equal(reading_notice(&reading, "zero-bytes"), 2);
    assert_int_equal(reading.requests[17].arrival_ns, INT64_C(5012279170));
    reading_free(&reading);
    config.format = "blkparse-f";
    config.layout = "%T.%9t %d %S %N";
    assert_refused(read_config(&config), "it lacks %a (action); expected at least");
    assert_refused(read_config(&config), "lines without an action are read by format columns");
}

// What cannot be replayed, and what to do.
static void test_refused(void **state)
{
    (void)state;
    static const struct variant refused[] = {
        {.text = "COMM PID TYPE DEV BLOCK BYTES LATms\nx 7 R 8,0 8 512 0.25\n",
         .requests = "line 1: found rows without a time, expected TIME(s), or STARTs and ENDs: "
                     "record with iosnoop -ts"},
        {.text = "TIME(ms) DISK COMM PID LAT(ms)\n611 nvme0n1 bash 4179 10\n",
         .requests = "say what all requests are, as --format biosnoop --layout 'T=R BYTES=4096'"},
        {.text = "TIME(ms) DISK COMM PID LAT(ms)\n611 nvme0n1 bash 4179 10\n",
         .layout = "T=R",
         .requests = "--layout 'BYTES=4096'"},
        {.text = "TIME(ms) DISK COMM PID LAT(ms)\n611 nvme0n1 bash 4179 10\n",
         .layout = "T=R BYTES=4k",
         .requests = "line 2: column BYTES: found \"4k\", expected a number"},
        {.text = "TIME(ms) DISK COMM PID LAT(ms)\n",
         .layout = "T= BYTES=4",
         .requests = "expected the header line of biosnoop"},
        {.text = "TIMESTAMP COMM PID DISK T SECTOR BYTES LAT(ms)\n"
                 "17:58:57.814 a 1 sda R 8 512 0.1\n17:58:57.815 1 sda R 8\n",
         .requests = "line 3: found 5 fields, expected at least 7: TIMESTAMP COMM PID DISK T "
                     "SECTOR BYTES LAT(ms)"},
        {.text = "[00:00:01.5] host block_rq_issue: { cpu_id = 0 }, { dev = 8388608, sector = 8 }\n"
                 "[00:00:01.5] host block_rq_issue: { cpu_id = 0 }, { dev = 8388608, sector = 8, "
                 "nr_sector = 8, rwbs = 4 }\n",
         .requests = "line 1: column 35: found \"{ cpu_id = 0 }, { dev = ...\", expected dev="},
        {.text = "virtio_blk_handle_read vdev 0xa req 0xf sector 8 nsectors 8\n",
         .requests = "line 1: column 1: found \"virtio_blk_handle_read vdev"},
        {.text = "virtio_blk_handle_read vdev 0xa req 0xf sector 8 nsectors 8\n",
         .requests = "start QEMU with -msg timestamp=on"},
        {.text =
             "1@1.5:virtio_blk_handle_read vdev 0xa req 0xf sector 18014398509481983 nsectors 1\n",
         .requests = "expected vdev ADDRESS req ADDRESS sector N nsectors N, below 2^63 bytes"},
        {.text = "1.0 X 8 512\n",
         .as = "columns",
         .layout = "time=1:s,op=2,offset=3,bytes=4,separator=space",
         .requests = "found \"X\", expected one of R, read, W, write, D, discard, trim, unmap, "
                     "write-zeroes, F, flush, or the kernel's letters, such as WS or FWFS"},
        {.text = "1.0 WS 8 512\n",
         .as = "columns",
         .layout = "time=1:s,op=2,offset=3,bytes=4,separator=space,write=W",
         .requests = "found \"WS\", expected one of W"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_refused(read_variant(&refused[i]), refused[i].requests);
}

static void test_damaged(void **state)
{
    (void)state;
    static const char *const names[] = {"t08-libbpf-biosnoop-timestamp.txt", "t16-iosnoop-ts.txt",
                                        "t24-qemu-trace-log.txt"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[4096], path[300];
        struct bytes bytes = {0};
        snprintf(path, sizeof path, CASES "/%s", names[i]);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        bytes_append(&bytes, text, fread(text, 1, sizeof text, file));
        fclose(file);
        damage_and_read(&bytes, i < 2 ? "biosnoop" : "qemu", 1000);
        bytes_free(&bytes);
    }
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        struct bytes bytes = {0};
        bytes_append(&bytes, variants[i].text, strlen(variants[i].text));
        damage_and_read(&bytes, variants[i].as == NULL ? variants[i].format : NULL, 200);
        bytes_free(&bytes);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_variants),
    cmocka_unit_test(test_without_action),
    cmocka_unit_test(test_refused),
    cmocka_unit_test(test_damaged),
};
TEST_GROUP(variants, tests, NULL, NULL);
