// SPDX-License-Identifier: GPL-2.0-or-later
// Why the requests of a stored run waited, as tables for people, or as one JSON object for
// programs.
//
// The JSON object; times are integer nanoseconds, those beyond 2^63 - 1 that number:
//   run         as in the object of report_print (reports/tables.h)
//   members     [{name, throttles, directions}]: all of the run, or only the one asked for;
//               throttles is null, or of a member with several [{name, stage, wait_ns, causes {KEY:
//               wait_ns}}] from above: how long requests waited in each; directions has
//               read, write and discard as far as requests of them waited and left, each with
//               waited (how many; null in an unfinished run), wait_ns, and causes {KEY: {requests,
//               wait_ns}}: requests waited for this cause among others; the causes' wait_ns add up
//               to the direction's. read+write is not there: add both
//   intervals   only of one member: [{interval, start_ns, directions}] in order of time, as far as
//               requests that had waited left in it; directions {NAME: {KEY: {requests, wait_ns}}}
//   operations  [{at_ns, what, effect, waiting, released, released_wait_ns}]: what was done that
//               changed something, as in that object; of one member: of it and of its groups
//   burst_ends  [{at_ns, group, limit, refill_ns}] in order of time: a burst allowance had run out;
//               of one member: of the group in which it was then
// Keys are stable; more may come.
#ifndef REPORTS_EXPLAIN_H
#define REPORTS_EXPLAIN_H

#include "reports/tables.h"

// Prints and flushes. member NULL: all. Whatever names hold, the text has no control
// characters. False with the error filled: no such run or member, a run of an earlier throttlesim,
// which did not store the causes, an unreadable database, the file cannot be written.
bool report_explain(struct report_database *database, int64_t run_id, const char *member,
                    const struct report_style *style, struct report_error *error);

// Finds the member with this name. False with the error filled, naming the members there are.
bool report_explain_member(struct report_database *database, int64_t run_id, const char *member,
                           int64_t *member_id, struct report_error *error);
#endif
