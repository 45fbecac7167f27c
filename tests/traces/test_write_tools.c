// SPDX-License-Identifier: GPL-2.0-or-later
// What other programs make of written files: blkparse of block traces, fio of these and of iologs.
#include "tests/support/test_group.h"
#include "tests/traces/written.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct workload workload;

// Runs it in the scratch directory; what it prints goes to the file `printed`.
static int run(const char *command)
{
    char line[1200];
    snprintf(line, sizeof line, "cd %s && (%s) >printed 2>errors", scratch(), command);
    return system(line);
}

static void run_well(const char *command)
{
    struct bytes errors = {0};
    int status = run(command);
    scratch_read("errors", &errors);
    bytes_append(&errors, "", 1);
    if (status != 0 || errors.length > 1)
        fail_msg("%s: %d: %s", command, status, (const char *)errors.data);
    bytes_free(&errors);
}

static void need(const char *command)
{
    if (run(command) != 0)
        test_cannot_run(command);
}

static void write_as(const char *name, const char *format)
{
    trace_writer_free(workload_write(&workload, scratch_path(name), format));
}

// What blkparse prints of the binary file is, but for the order of equal times, which it leaves
// open, what is written as its text.
static void test_blkparse(void **state)
{
    (void)state;
    need("blkparse -V");
    for (uint64_t seed = 1; seed <= 5; seed += 2) {
        bool huge = seed == 5;
        workload_random(&workload, seed == 1 ? WORKLOAD_MAX : 500, huge,
                        held_find("blktrace")->names, seed);
        // The text has lengths in sectors, and no place of a flush.
        for (size_t i = 0; i < workload.count; i++) {
            struct trace_request *request = &workload.requests[i];
            // blkparse prints 2^31 s at most.
            if (request->latency_ns > 0)
                request->latency_ns %= INT64_C(1000000000000000000);
            if (request->op == TRACE_FLUSH)
                request->offset = 0;
            else
                request->bytes = request->bytes < 512 ? 512 : request->bytes / 512 * 512;
        }
        // What blkparse sees first is at 0.
        workload.requests[0] = (struct trace_request){0, 1, 0, 4096, 0, TRACE_READ, 0, 0};
        write_as("out.blktrace.0", "blktrace");
        write_as("text", "blkparse");
        run_well("blkparse -q -i out >printed.1; grep -c . printed.1 | grep -qv '^0$'");
        run_well("grep -E '^ *[0-9]+,[0-9]+ ' printed.1 | LC_ALL=C sort >left;"
                 "LC_ALL=C sort text >right; test -s left; diff left right >&2");
        // The dump is a trace of the same requests.
        run_well("blkparse -q -O -i out -d dump");
        struct reading dump = read_trace(scratch_path("dump"), TRACE_ARRIVAL_QUEUE, NULL);
        struct reading direct = read_trace(scratch_path("out"), TRACE_ARRIVAL_QUEUE, NULL);
        assert_int_equal(dump.result, TRACE_END);
        assert_int_equal(dump.count, direct.count);
        reading_free(&dump);
        reading_free(&direct);
    }
}

#define FIO                                                                                        \
    "fio --name=a --ioengine=null --replay_redirect=$PWD/target --filesize=100G "                  \
    "--output-format=json "

// Ordinary requests that fio has room for, from 1 s on: to fio a time of 0 is none.
static void make_for_fio(const char *const *names, enum trace_op never)
{
    workload_random(&workload, 400, false, names, 3);
    for (size_t i = 0; i < workload.count; i++) {
        struct trace_request *request = &workload.requests[i];
        request->op = request->op == never ? TRACE_READ : request->op;
        request->bytes = request->op == TRACE_FLUSH ? 0 : 512 * (1 + request->bytes % 100);
        request->arrival_ns += 1000000000;
        request->offset &= ~UINT64_C(511);
    }
}

// fio replays exactly the requests of an iolog; trims left aside, which fio 3.33 passes over.
static void test_fio_iolog(void **state)
{
    (void)state;
    need("fio --version");
    make_for_fio(held_find("iolog")->names, TRACE_DISCARD);
    write_as("a.iolog", "iolog");
    FILE *file = fopen(scratch_path("expected"), "w");
    assert_non_null(file);
    for (size_t i = 0; i < workload.count; i++) {
        const struct trace_request *request = &workload.requests[i];
        fprintf(file, "%llu/%llu\n",
                request->op == TRACE_FLUSH ? 0 : (unsigned long long)request->offset,
                (unsigned long long)request->bytes);
    }
    assert_int_equal(fclose(file), 0);
    run_well(FIO "--read_iolog=a.iolog --parse-only");
    run_well(FIO "--read_iolog=a.iolog --replay_no_stall=1 --debug=io >fio.out;"
                 "sed -n 's,.*iolog: get \\([0-9]*/[0-9]*\\)/.*,\\1,p' fio.out >replayed;"
                 "diff expected replayed");
}

// Time goes by as it is in the file: 300 ms take at least that.
static void test_fio_iolog_time(void **state)
{
    (void)state;
    need("fio --version");
    workload = (struct workload){.count = 2, .names = {"vdc", "", "", "", ""}};
    workload.requests[0] = (struct trace_request){0, 1, 0, 4096, 0, TRACE_READ, 0, 0};
    workload.requests[1] = (struct trace_request){300000000, 1, 4096, 4096, 0, TRACE_READ, 0, 0};
    write_as("b.iolog", "iolog");
    run_well(FIO "--read_iolog=b.iolog >fio.out;"
                 "ms=$(sed -n 's/.*\"job_runtime\" : \\([0-9]*\\).*/\\1/p' fio.out);"
                 "test \"$ms\" -ge 299");
}

// What fio takes from a binary block trace, with the time between the requests.
static void test_fio_blktrace(void **state)
{
    (void)state;
    need("fio --version");
    make_for_fio(held_find("blktrace")->names, TRACE_WRITE_ZEROES);
    write_as("c.blktrace.0", "blktrace");
    FILE *file = fopen(scratch_path("expected"), "w");
    int64_t last_ns = 0;
    assert_non_null(file);
    for (size_t i = 0; i < workload.count; i++) {
        const struct trace_request *request = &workload.requests[i];
        long long wait_us = last_ns > 0 ? (request->arrival_ns - last_ns) / 1000 : 0;
        last_ns = request->arrival_ns;
        if (request->op == TRACE_FLUSH)
            fprintf(file, "flush delay=%lld\n", wait_us);
        else
            fprintf(file, "%s, off=%llu, len=%llu, delay=%lld\n",
                    request->op == TRACE_READ    ? "ddir=0"
                    : request->op == TRACE_WRITE ? "ddir=1"
                                                 : "discard",
                    (unsigned long long)request->offset, (unsigned long long)request->bytes,
                    wait_us);
    }
    assert_int_equal(fclose(file), 0);
    run_well(FIO "--read_iolog=c.blktrace.0 --parse-only");
    run_well(FIO "--read_iolog=c.blktrace.0 --debug=blktrace >fio.out;"
                 "sed -n 's/.* store //p' fio.out >replayed; diff expected replayed");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_blkparse),
    cmocka_unit_test(test_fio_iolog),
    cmocka_unit_test(test_fio_iolog_time),
    cmocka_unit_test(test_fio_blktrace),
};
TEST_GROUP(write_tools, tests, NULL, NULL);
