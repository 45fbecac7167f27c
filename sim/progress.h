// SPDX-License-Identifier: GPL-2.0-or-later
// A progress line on stderr: share done, rate, time left. Only for runs that last, and by default
// only when stderr is a terminal.
#ifndef SIM_PROGRESS_H
#define SIM_PROGRESS_H

#include "sim/run.h"

#include <stdbool.h>
#include <time.h>

struct progress {
    bool enabled;
    bool shown; // a line stands on the terminal
    struct timespec started;
    double last_s; // when it was drawn
};

// eta: "auto", "always" or "never", as in fio.
void progress_start(struct progress *progress, const char *eta);

// A run_progress; the context is the struct progress.
void progress_show(void *progress, const struct run_state *state);

// Takes the line away.
void progress_end(struct progress *progress);

#endif
