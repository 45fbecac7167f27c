// SPDX-License-Identifier: GPL-2.0-or-later
// A stored run as tables for people, or as one JSON object for programs.
//
// The JSON object; times are integer nanoseconds, sizes bytes, what is not known is null:
//   run         run_id, name, status, error, version, sqlite, engine, device, interval_ns,
//               started_at, finished_at, end_ns, digest, arrived, dispatched, completed, waiting,
//               at_device
//   assumptions [{key, value, text}]: docs/database.md
//   notices     [{kind, source, count, text}]: oddities of the input
//   groups      [{name, limits, let_through, fairness, rates}]: limits {KEY: value} as set first;
//               let_through [{limit, unit, rate, allowance, burst_rate, at_once, burst_ns,
//               refill_ns}], as the table limit_effect has them (docs/database.md); fairness
//               {contended_intervals, jain_requests_mean, jain_requests_min, jain_bytes_mean,
//               jain_bytes_min, max_service_difference_requests, max_service_difference_bytes},
//               Jain's index over seconds in which at least two members were backlogged; null of
//               a group that never had two members
//   members     [{name, attach, trace, directions, rates}]: directions has read, write, discard and
//               flush as far as there are any, and read+write if there is either, each with
//               requests, bytes, waited, dispatched, completed, queue_mean, queue_max and latency,
//               which has throttle_wait, service, total and recorded as far as known, each with
//               count, mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns
//               Members, groups and the whole have rates {DIRECTION: {demanded_requests_per_s,
//               demanded_bytes_per_s, requests_per_s, bytes_per_s, busy_requests_per_s,
//               busy_bytes_per_s, busy_share}} of read, write and read+write: docs/database.md,
//               achieved_rate
//   total       {DIRECTION: {...}}: all members together, as the directions of one; queue_max is
//               null
//   rates       as of a member, of all together
//   operations  [{at_ns, what, result, effect, waiting, released, released_wait_ns}]: control
//               operations; the result is "done" or says why not, the effect what changed, in
//               words; of the requests of its member, or group, that waited it let some go, which
//               had waited so long together
// Keys are stable; more may come.
#ifndef REPORTS_TABLES_H
#define REPORTS_TABLES_H

#include "reports/database.h"
#include "reports/style.h"

#include <stdbool.h>

// Prints the run and flushes: all members, or only the style's `top` whose requests waited longest,
// and their groups. Whatever names hold, the text has no control characters. False with the error
// filled: no such run, an unreadable database, the file cannot be written.
bool report_print(struct report_database *database, int64_t run_id,
                  const struct report_style *style, struct report_error *error);
#endif
