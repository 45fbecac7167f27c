// SPDX-License-Identifier: GPL-2.0-or-later
// The limits of the drawn groups over time.
#ifndef REPORTS_PLOT_PLOT_LIMITS_H
#define REPORTS_PLOT_PLOT_LIMITS_H

#include "reports/plot/script.h"

// From at_ns on the limit has this value; 0: no limit.
struct plot_limit_change {
    size_t group; // index among the drawn ones
    char key[24];
    double at_ns;
    double value; // requests/s or bytes/s
};

struct plot_limits {
    struct plot_limit_change *changes; // in order of group, key, time
    size_t count;
};

// Only averages and maxima; changes that would fall into one column of a picture are thinned out.
bool plot_limits_load(const struct plot_run *run, struct plot_limits *limits,
                      struct report_error *error);
void plot_limits_free(struct plot_limits *limits);

// The value that a limit has at a time, 0 if none.
double plot_limits_at(const struct plot_limits *limits, size_t group, const char *key,
                      double at_ns);
#endif
