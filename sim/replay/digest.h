// SPDX-License-Identifier: GPL-2.0-or-later
// The digest of a run: 64 bits over which request left when.
//
// It is a sum over all requests that leave, so that independent parts of a run can be simulated
// apart, in any order: within an instant a request's place counts among those of its set only, and
// members of different sets share nothing. Exactly: docs/model.md, "The digest".
#ifndef SIM_REPLAY_DIGEST_H
#define SIM_REPLAY_DIGEST_H

#include "sim/arrivals/request_pool.h"
#include "sim/scenario/scenario.h"

struct digest_member {
    uint64_t arrived; // requests; the number of the next one
    uint64_t key;
    uint32_t set;
};

// Of a set, by the number of its first member.
struct digest_set {
    int64_t now_ns; // when something last left
    uint64_t left;  // in that instant
};

struct digest {
    struct digest_member *members;
    struct digest_set *sets;
    uint64_t sum; // the digest
};

// False: out of memory; digest_close is needed in any case.
bool digest_open(struct digest *digest, const struct scenario *scenario);
void digest_close(struct digest *digest);

// A request leaves. In order of time. Which of its member's it is, from 0.
uint64_t digest_add(struct digest *digest, const struct sim_request *request, int64_t now_ns);

#endif
