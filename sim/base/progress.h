// SPDX-License-Identifier: GPL-2.0-or-later
// A progress line on stderr: share done, rate, time left. Only for runs that last, and by default
// only when stderr is a terminal.
#ifndef SIM_BASE_PROGRESS_H
#define SIM_BASE_PROGRESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

// How far some work has come.
struct progress_state {
    double share;      // of the time that it takes, as near as can be; below 0: not known
    uint64_t requests; // that have arrived, or were looked at; 0: it is not about requests
};

#define PROGRESS_UNKNOWN (-1.0)

// Called now and then.
typedef void progress_tell(void *context, const struct progress_state *state);

// Who looks after long work.
struct progress_watch {
    const volatile sig_atomic_t *stop; // becomes non-zero: it ends
    progress_tell *progress;           // may be NULL
    void *progress_context;
};

struct progress {
    bool enabled;
    bool shown; // a line stands on the terminal
    struct timespec started;
    double last_s; // when it was drawn,
    double last_share;
    double speed; // shares a second, those of late more than those before
    // For the rate: at this time counting requests began, and so many were told last.
    double counts_s;
    uint64_t requests;
};

// eta: "auto", "always" or "never", as in fio.
void progress_start(struct progress *progress, const char *eta);

// Work that is a part of some other: from one share of that to another.
struct progress_part {
    progress_tell *tell; // of the whole; NULL: nobody listens
    void *context;
    double from, to;
};

// A progress_tell; the context is the struct progress_part.
void progress_tell_part(void *part, const struct progress_state *state);

// A progress_tell; the context is the struct progress.
void progress_show(void *progress, const struct progress_state *state);

// The same for work that is not about requests.
void progress_show_part(void *progress, uint64_t done, uint64_t total);

// done / total; unknown if total is 0.
static inline double progress_share(uint64_t done, uint64_t total)
{
    return total == 0 ? PROGRESS_UNKNOWN : (double)done / (double)total;
}

// Takes the line away.
void progress_end(struct progress *progress);

#endif
