// SPDX-License-Identifier: GPL-2.0-or-later
// A progress line on stderr: share done, rate, time left. Only for runs that last, and by default
// only when stderr is a terminal.
#ifndef SIM_BASE_PROGRESS_H
#define SIM_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

// How far some work has come.
struct progress_state {
    uint64_t consumed; // bytes of the traces read, or other steps of the same length
    uint64_t total;    // and in all; 0: not known
    uint64_t requests; // that have arrived, or were looked at; 0: it is not about requests
    uint64_t waiting;  // of them, in the throttle
};

// Called now and then.
typedef void progress_tell(void *context, const struct progress_state *state);

struct progress {
    bool enabled;
    bool shown; // a line stands on the terminal
    struct timespec started;
    double last_s; // when it was drawn
};

// eta: "auto", "always" or "never", as in fio.
void progress_start(struct progress *progress, const char *eta);

// A progress_tell; the context is the struct progress.
void progress_show(void *progress, const struct progress_state *state);

// The same for work that is not about requests.
void progress_show_part(void *progress, uint64_t done, uint64_t total);

// Takes the line away.
void progress_end(struct progress *progress);

#endif
