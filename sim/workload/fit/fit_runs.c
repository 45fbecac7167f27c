// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/fit_runs.h"

#include <math.h>
#include <stdbool.h>

#define ON_SHARE_MIN 20
#define THRESHOLD_NS INT64_C(4000)

int64_t fit_runs_threshold(int level)
{
    return THRESHOLD_NS << 2 * level;
}

static void begin(struct fit_run *run, int64_t arrival_ns)
{
    run->first_ns = arrival_ns;
    run->requests = 1;
}

static bool is_period(const struct fit_run *run)
{
    uint64_t periods = run->length.count;
    return run->requests >= FIT_RUNS_ON_MIN &&
           (periods == 0 || run->requests >= run->on_requests / periods / ON_SHARE_MIN);
}

// A period lasts from before its first arrival to behind its last one: what is seen of it is short
// by about one gap.
static void end_period(struct fit_run *run, int64_t last_ns)
{
    double seen_ns = (double)(last_ns - run->first_ns);
    double edge_ns = seen_ns / (double)(run->requests - 1);
    if (run->length.count > 0)
        fit_sums_add(&run->pause, fmax(1, (double)(run->first_ns - run->on_last_ns) - edge_ns));
    fit_sums_add(&run->length, seen_ns + edge_ns + 1);
    run->on_requests += run->requests;
    run->on_last_ns = last_ns;
}

static void end(struct fit_run *run, int64_t last_ns, int64_t next_ns)
{
    fit_sums_add(&run->cycle, (double)(next_ns - run->first_ns));
    if (is_period(run))
        end_period(run, last_ns);
}

void fit_runs_add(struct fit_runs *runs, int64_t arrival_ns)
{
    int64_t gap_ns = runs->is_begun ? arrival_ns - runs->last_ns : 0;
    // Most gaps end runs of the lower levels only.
    for (int level = 0; level < FIT_RUNS_LEVELS; level++) {
        struct fit_run *run = &runs->levels[level];
        if (!runs->is_begun) {
            begin(run, arrival_ns);
        } else if (gap_ns > fit_runs_threshold(level)) {
            end(run, runs->last_ns, arrival_ns);
            begin(run, arrival_ns);
        } else {
            run->requests++;
        }
    }
    runs->is_begun = true;
    runs->last_ns = arrival_ns;
}
