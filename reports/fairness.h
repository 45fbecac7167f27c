// SPDX-License-Identifier: GPL-2.0-or-later
// How evenly the members of one group are served while they compete.
//
// Jain's index of n members that got x_1 .. x_n is (sum x)^2 / (n * sum x^2): 1 when all got the
// same, 1/n when one got everything (R. Jain, D. Chiu, W. Hawe, DEC TR-301, 1984).
//
// The service difference is the largest |S_i(t1, t2) - S_j(t1, t2)| over all pairs of members i, j
// and all t1 < t2 such that both are backlogged at every moment of [t1, t2). S counts what was
// dispatched at the instants in (t1, t2], so the request that ends a backlog counts. What happens
// in one instant is taken as a whole: the order of dispatches within it does not matter.
//
// INVARIANT. lead(i, j) is the largest S_i - S_j over all t1 from the moment since when both are
// backlogged up to now (0 for t1 = now). When i and j get a and b in an instant, it becomes
// max(0, lead + a - b): either an earlier t1 stays best or the interval starts anew. The largest
// lead ever seen is the result, exactly; an instant costs one step per served and backlogged
// member.
#ifndef REPORTS_FAIRNESS_H
#define REPORTS_FAIRNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The pairs need memory and time; with more members backlogged at once the measure is given up.
#define REPORT_FAIRNESS_MEMBERS 256

#define REPORT_FAIRNESS_NO_SLOT UINT32_MAX

// What somebody got. Sums stay at INT64_MAX when they reach it.
struct report_service {
    int64_t requests;
    int64_t bytes;
};

// left, right >= 0.
static inline int64_t report_add_saturated(int64_t left, int64_t right)
{
    uint64_t sum = (uint64_t)left + (uint64_t)right;
    return sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
}

static inline void report_service_add(struct report_service *to, const struct report_service *what)
{
    to->requests = report_add_saturated(to->requests, what->requests);
    to->bytes = report_add_saturated(to->bytes, what->bytes);
}

// One more request.
static inline void report_service_count(struct report_service *to, uint64_t bytes)
{
    to->requests++; // one a nanosecond would take 292 years to overflow
    to->bytes = report_add_saturated(to->bytes, bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes);
}

// Jain's index of n members from the sums over their x and x^2. sum_squares > 0.
double report_jain(size_t n, double sum, double sum_squares);

struct report_fairness;

struct report_fairness *report_fairness_create(void);        // NULL: no memory
void report_fairness_free(struct report_fairness *fairness); // NULL is allowed

// A member becomes backlogged: gets a slot until it leaves. REPORT_FAIRNESS_NO_SLOT when the
// measure is given up: too many members, or no memory. Not between a serve and its settle.
uint32_t report_fairness_enter(struct report_fairness *fairness);
// Its backlog has ended. Not between a serve and its settle. NO_SLOT is allowed.
void report_fairness_leave(struct report_fairness *fairness, uint32_t slot);
// A backlogged member is served. NO_SLOT is allowed.
void report_fairness_serve(struct report_fairness *fairness, uint32_t slot, uint64_t bytes);
// The instant is over. Comes before the members enter and leave whose backlog began or ended in it.
void report_fairness_settle(struct report_fairness *fairness);

// The largest differences so far, requests and bytes each on their own. False: given up.
bool report_fairness_difference(const struct report_fairness *fairness,
                                struct report_service *difference);
#endif
