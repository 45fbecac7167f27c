// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a trace to its end, several times, and nothing else.
//
// usage: bench_read ROUNDS MB_PER_S TRACE [FORMAT [LAYOUT]]
//
// Prints the requests and the speed, in bytes of the file per second of CPU time of this process;
// exit 1 if the median is below MB_PER_S.
#include "traces/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS_MAX 100

struct run {
    unsigned long long requests;
    unsigned long long sum; // over what the requests say: the same in every round
    uint64_t bytes;
    char format[32];
};

static void read_all(const struct trace_config *config, struct run *run)
{
    struct trace_error error;
    struct trace_request request;
    enum trace_result result = TRACE_ERROR;
    uint64_t total;
    *run = (struct run){0};
    struct trace *trace = trace_open(config, &error);
    while (trace != NULL && (result = trace_read(trace, &request, &error)) == TRACE_REQUEST) {
        run->requests++;
        run->sum += (unsigned long long)request.arrival_ns ^ request.offset ^ request.bytes ^
                    (unsigned long long)request.latency_ns;
    }
    if (result == TRACE_ERROR) {
        fprintf(stderr, "%s\n", error.message);
        exit(2);
    }
    trace_progress(trace, &run->bytes, &total);
    snprintf(run->format, sizeof run->format, "%s", trace_format(trace));
    trace_close(trace);
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

int main(int argc, char **argv)
{
    size_t rounds = argc >= 4 && argc <= 6 ? strtoul(argv[1], NULL, 10) : 0;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: %s ROUNDS MB_PER_S TRACE [FORMAT [LAYOUT]]\n", argv[0]);
        return 2;
    }
    struct trace_config config = {
        .path = argv[3],
        .format = argc > 4 ? argv[4] : NULL,
        .layout = argc > 5 ? argv[5] : NULL,
    };
    double wanted = atof(argv[2]), speeds[ROUNDS_MAX];
    struct run run;
    for (size_t i = 0; i < rounds; i++) {
        clock_t start = clock();
        read_all(&config, &run);
        speeds[i] = (double)run.bytes / 1e6 / ((double)(clock() - start) / CLOCKS_PER_SEC);
    }
    qsort(speeds, rounds, sizeof *speeds, by_value);
    printf(
        "%s: %llu requests (sum %llx), %.1f MB, %zu rounds: min %.0f, median %.0f, max %.0f MB/s "
        "of CPU time (wanted: at least %.0f)\n",
        run.format, run.requests, run.sum, (double)run.bytes / 1e6, rounds, speeds[0],
        speeds[rounds / 2], speeds[rounds - 1], wanted);
    return speeds[rounds / 2] < wanted;
}
