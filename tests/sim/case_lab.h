// SPDX-License-Identifier: GPL-2.0-or-later
// Random cases as text, as scenarios, and as requests with the times at which they left.
#ifndef TESTS_SIM_CASE_LAB_H
#define TESTS_SIM_CASE_LAB_H

#include "sim/verify/random/random_case.h"
#include "tests/sim/lab.h"
#include "tests/sim/slow_replay.h"

// To be freed.
char *case_text(const struct random_case *random_case);

// The text must load.
struct scenario *case_load(const struct random_case *random_case);

// Its requests as the slow replay wants them; to be freed. Of those that never left or never
// arrived, dispatch_ns is SLOW_NOT_YET.
struct slow_request *case_requests(const struct random_case *random_case, size_t *count);

// The times at which they leave in a run of the program, and in the slow replay.
void case_run(const struct random_case *random_case, struct slow_request *requests, size_t count);
void case_replay_slowly(const struct random_case *random_case, struct slow_request *requests,
                        size_t count);

#endif
