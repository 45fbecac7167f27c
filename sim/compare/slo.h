// SPDX-License-Identifier: GPL-2.0-or-later
// 'db.read.p99 < 20ms': what is to hold of one run, as --slo takes it. The grammar is that of
// conditions, of which parts can be left out: docs/tune.md.
#ifndef SIM_COMPARE_SLO_H
#define SIM_COMPARE_SLO_H

#include "reports/figure.h"
#include "sim/compare/condition.h"

// False with a usage error; compare_condition_free is needed in any case. text must stay. Its
// metric is one of which report_figure_is_known, its value one without a sign.
bool slo_parse(struct compare_condition *slo, const char *text, struct sim_error *error);

// The same of MEMBER.DIRECTION.METRIC alone, all of it; option: as in the condition.
bool slo_parse_subject(struct compare_condition *slo, const char *option, const char *text,
                       struct sim_error *error);

// What it is about.
struct report_figure slo_figure(const struct compare_condition *slo);

bool slo_holds(const struct compare_condition *slo, double value);

// How far the value is off, as a share of what is wanted; of 0 wanted, in ms or in ones. 0 or less:
// it holds, but that exactly what is wanted can be too much. INFINITY: it is not known.
double slo_excess(const struct compare_condition *slo, double value);

#endif
