// SPDX-License-Identifier: GPL-2.0-or-later
// 'db.read.p99 > +5%': a condition on a comparison, as --fail-if takes it. Its grammar:
// docs/compare.md.
#ifndef SIM_COMPARE_CONDITION_H
#define SIM_COMPARE_CONDITION_H

#include "reports/compare.h"
#include "sim/base/error.h"

// What is compared with the number.
enum compare_measure {
    COMPARE_RELATIVE, // the change as a share of A
    COMPARE_ABSOLUTE, // the change
    COMPARE_IN_B,     // the value in B
    COMPARE_SHARE,    // the value in B as a share of the requests
};

struct compare_value {
    enum compare_measure measure;
    double number;
};

struct compare_condition {
    const char *text;      // the whole; the user's
    char *name;            // of the member or group; NULL: all members together
    const char *direction; // NULL: it is of a group
    int metric;            // enum report_metric or report_group_metric
    bool greater, or_equal;
    struct compare_value value;
};

// False with a usage error; compare_condition_free is needed in any case. text must stay.
bool compare_condition_parse(struct compare_condition *condition, const char *text,
                             struct sim_error *error);
void compare_condition_free(struct compare_condition *condition);

// Does it hold? *numbers: what it was measured by, for people. False with a usage error if there
// is no such member or group, or nothing in that direction.
bool compare_condition_check(const struct compare_condition *condition,
                             const struct report_comparison *comparison, bool *holds, char *numbers,
                             size_t size, struct sim_error *error);

#endif
