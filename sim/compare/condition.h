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

// What conditions may be about.
struct condition_metrics {
    const struct report_metric_row *rows;
    size_t count;
    int change_count;     // those before have a value on both sides
    bool of_requests;     // of counts there are shares
    const char *expected; // in the place of MEMBER.METRIC, with an example
    const char *a, *b;    // what the sides are called
};

struct compare_condition {
    const char *option;                      // that gave it, without the dashes, for messages
    const char *example;                     // of a whole one
    bool is_absolute;                        // values are of one run: without a sign
    const char *text;                        // the whole; the user's
    char *name;                              // of the member or group; NULL: all members together
    bool is_worst;                           // of an SLO: of the member where it is worst
    const char *direction;                   // NULL: there is none, as of a group
    const struct condition_metrics *metrics; // of a member, of a group, or the caller's
    int metric;                              // place there
    bool greater, or_equal;
    struct compare_value value;
};

// False with a usage error; compare_condition_free is needed in any case. text must stay.
bool compare_condition_parse(struct compare_condition *condition, const char *text,
                             struct sim_error *error);
// The same of MEMBER.METRIC, without a direction, of these metrics; the name is never NULL.
bool condition_parse(struct compare_condition *condition, const struct condition_metrics *metrics,
                     const char *text, struct sim_error *error);
// The text, in the form that compare takes, of a condition of this option, text and metrics.
bool condition_parse_as(struct compare_condition *condition, const struct compare_condition *form,
                        const char *text, struct sim_error *error);
// Of what is before the operator alone, MEMBER.DIRECTION.METRIC, into a condition that is a form.
bool condition_parse_subject(struct compare_condition *condition, const char *text,
                             struct sim_error *error);
void compare_condition_free(struct compare_condition *condition);

// Does it hold? *numbers: what it was measured by, for people. False with a usage error if there
// is no such member or group, or nothing in that direction.
bool compare_condition_check(const struct compare_condition *condition,
                             const struct report_comparison *comparison, bool *holds, char *numbers,
                             size_t size, struct sim_error *error);

// Does it hold of what was found, among so many requests?
bool condition_holds(const struct compare_condition *condition, const struct report_change *change,
                     uint64_t requests, char *numbers, size_t size);

// A usage error: there is no such member.
bool condition_fail_member(const struct compare_condition *condition,
                           const char *(*name_at)(const void *names, size_t index),
                           const void *names, struct sim_error *error);

#endif
