// SPDX-License-Identifier: GPL-2.0-or-later
// Whether requests that are not in order are those of one recording, or of several in one file, one
// after the other, whose times have nothing to do with each other.
//
// A file whose lines were mixed up goes back all the time. Where another recording starts a volume
// goes back once, far, after many requests that went forward, and many that go forward follow, in
// the midst of the times that were there before.
#ifndef TRACES_INPUT_RESTART_H
#define TRACES_INPUT_RESTART_H

#include "traces/notices.h"

// By at least so much; what is less is disorder.
#define TRACE_RESTART_MIN_NS INT64_C(1000000000)

// So many requests before and after are many: if all of them go forward, and if not.
#define TRACE_RESTART_ORDERED 8
#define TRACE_RESTART_MIXED 32

struct trace_restart_run {
    uint64_t count;
    int64_t min_ns;
    int64_t max_ns;
    int64_t last_ns;
    bool mixed; // not all go forward
};

// All zero is empty.
struct trace_restarts {
    struct trace_restart_volume {
        struct trace_restart_run before;
        struct trace_restart_run after; // since it went back far
        uint64_t place;                 // where that was
    } * volumes;
    size_t count;
    size_t capacity;
};

void trace_restarts_free(struct trace_restarts *restarts);

// The next request in the order of the file, whose place is a line or the like. TRACE_REQUEST: it
// goes on; TRACE_END: another recording started at the place *restart, so far back; TRACE_ERROR:
// out of memory, error filled.
enum trace_result trace_restarts_add(struct trace_restarts *restarts,
                                     const struct trace_request *request, uint64_t place,
                                     uint64_t *restart, int64_t *back_ns,
                                     struct trace_error *error);

#endif
