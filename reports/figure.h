// SPDX-License-Identifier: GPL-2.0-or-later
// One number of a stored run, such as the p99 of a member's reads. As in the tables, but that a
// request which still waits in the throttle at the end has waited without end, as for a comparison.
#ifndef REPORTS_FIGURE_H
#define REPORTS_FIGURE_H

#include "reports/compare.h"
#include "reports/database.h"

struct report_figure {
    const char *member; // NULL: all together, or, if it is the worst, the one where it is worst
    bool is_worst;
    const char *direction;     // report_direction_name
    enum report_metric metric; // one of which report_figure_is_known
};

// Is it stored with every run?
bool report_figure_is_known(enum report_metric metric);

// Is more of it worse, as of latencies, or better, as of rates?
bool report_figure_more_is_worse(enum report_metric metric);

// *value: NAN if there is no such request; INFINITY: without end. *member_id: where it is worst, or
// -1. False with the error filled.
bool report_figure_read(struct report_database *database, int64_t run_id,
                        const struct report_figure *figure, double *value, int64_t *member_id,
                        struct report_error *error);
#endif
