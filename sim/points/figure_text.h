// SPDX-License-Identifier: GPL-2.0-or-later
// What is to be known of a point, as text: "worst.read+write.p99".
#ifndef SIM_POINTS_FIGURE_TEXT_H
#define SIM_POINTS_FIGURE_TEXT_H

#include "reports/figure.h"
#include "sim/scenario/scenario.h"

// MEMBER.DIRECTION.METRIC, as conditions of compare have it; MEMBER is total, all together, worst,
// the one where it is worst, or a member of the scenario, in double quotes too. *name: to be freed
// after the figure. option: without its dashes, begins the error. False with a usage error that
// suggests.
bool figure_parse(struct report_figure *figure, char **name, const char *option, const char *text,
                  const struct scenario *scenario, struct sim_error *error);

#endif
