// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a trace to its end, and nothing else: what reading alone costs.
//
// usage: bench_read TRACE [FORMAT [LAYOUT]]
#include "traces/trace.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: %s TRACE [FORMAT [LAYOUT]]\n", argv[0]);
        return 2;
    }
    struct trace_config config = {
        .path = argv[1],
        .format = argc > 2 ? argv[2] : NULL,
        .layout = argc > 3 ? argv[3] : NULL,
    };
    struct trace_error error;
    struct trace_request request;
    enum trace_result result = TRACE_ERROR;
    unsigned long long requests = 0, sum = 0; // over what the requests say
    struct trace *trace = trace_open(&config, &error);
    while (trace != NULL && (result = trace_read(trace, &request, &error)) == TRACE_REQUEST) {
        requests++;
        sum += (unsigned long long)request.arrival_ns ^ request.offset ^ request.bytes ^
               (unsigned long long)request.latency_ns;
    }
    if (result == TRACE_ERROR)
        fprintf(stderr, "%s\n", error.message);
    else
        printf("%s: %llu requests (sum %llx)\n", trace_format(trace), requests, sum);
    trace_close(trace);
    return result == TRACE_ERROR;
}
