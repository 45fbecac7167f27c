// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a scenario for what there is to accept of it.
#ifndef SIM_CHECK_COLLECT_H
#define SIM_CHECK_COLLECT_H

#include "sim/check/comparison.h"
#include "sim/replay/replay.h"

// To stop: it fails, "interrupted". comparison: is told of every request; may be NULL. *found is to
// be freed in any case. Its memory is bounded: of more requests that wait than
// ACCEPTED_DECISIONS_MAX none is kept.
bool collect_run(const struct scenario *scenario, const struct replay_watch *watch,
                 struct comparison *comparison, struct accepted *found, struct sim_error *error);

#endif
