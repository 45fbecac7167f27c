// SPDX-License-Identifier: GPL-2.0-or-later
// A random scenario as data: which groups and members there are, and the requests and operations
// that happen to them. It is made for a comparison with QEMU, so it holds only what QEMU accepts
// and what its monitor can do:
//
// - groups are changed by qom-set, and those made by name cannot be;
// - block_set_io_throttle is for drives, and names all six averages;
// - filters are moved, added and removed by the commands that do it, between declared groups;
// - what has two throttles is only drained, with all others;
// - every set of limits is valid when its turn comes;
// - reads and writes have at most 4 MiB, write-zeroes and discards 1 to 2147483136 bytes: empty
//   ones leave no trace in what QEMU counts;
// - no request waits so long that QEMU's clock overflows.
//
// The same seed gives the same case on every machine: only integers are drawn.
#ifndef SIM_VERIFY_RANDOM_RANDOM_CASE_H
#define SIM_VERIFY_RANDOM_RANDOM_CASE_H

#include "engine/engine.h"
#include "sim/scenario/scenario_event.h"
#include "sim/verify/random/random_limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define RANDOM_CASE_GROUPS_MAX 3
#define RANDOM_CASE_MEMBERS_MAX 40
#define RANDOM_CASE_BYTES_MAX UINT64_C(4194304)     // of a read or a write
#define RANDOM_CASE_ZEROES_MAX UINT64_C(2147483136) // of a write-zeroes
#define RANDOM_CASE_TIME_MAX_NS (INT64_C(1) << 61)  // of an arrival or an operation
#define RANDOM_CASE_WAIT_MAX_NS (INT64_C(1) << 61)  // of any request, whatever happens
#define RANDOM_CASE_NO_END INT64_MAX

enum random_group_kind {
    RANDOM_GROUP_NONE,     // in none; of an operation: not named
    RANDOM_GROUP_DECLARED, // "g0": in the list of groups
    RANDOM_GROUP_NAMED,    // "x0": made by the operation that names it
    RANDOM_GROUP_MEMBER,   // "m0": the same, with a member's name
};

struct random_group {
    enum random_group_kind kind;
    uint32_t index;
};

struct random_member {
    struct random_group group; // none or a declared one
    enum engine_attach attach;
    bool unmaps;               // a filter: discards come to it
    struct random_group upper; // of a throttle above, declared, or none
};

enum random_event_kind {
    RANDOM_REQUEST,
    RANDOM_QOM_SET,
    RANDOM_BLOCK_SET_IO_THROTTLE,
    RANDOM_COMMAND, // that drains
};

struct random_event {
    int64_t at_ns;
    enum random_event_kind kind;
    uint32_t member;                  // where random_event_has_member
    enum engine_op op;                // of a request: all but a flush
    uint64_t bytes;                   // of a request
    enum scenario_event_kind command; // drain_all, stop, block_resize, blockdev-...
    struct random_group group;        // of operations; declared for qom-set
    struct engine_parameters limits;  // of operations
};

struct random_case {
    uint64_t seed;
    struct engine_parameters groups[RANDOM_CASE_GROUPS_MAX]; // their limits; given: what is written
    uint32_t group_count;
    struct random_member members[RANDOM_CASE_MEMBERS_MAX]; // in order of joining
    uint32_t member_count;
    struct random_event *events; // in order of time
    size_t event_count;
    int64_t end_ns;               // or RANDOM_CASE_NO_END
    int64_t timer_granularity_ns; // for what is written; not drawn
};

// 1 to 3 groups, 1 to 40 members, 30 to 250 requests. NULL: out of memory.
struct random_case *random_case_new(uint64_t seed);
struct random_case *random_case_copy(const struct random_case *original); // NULL: out of memory
void random_case_free(struct random_case *random_case);                   // NULL is allowed

// Does it keep to all that is said above? Then the file that is written from it loads. It may have
// no groups and no events.
bool random_case_is_valid(const struct random_case *random_case);

// The scenario file, with the requests in it. False: the stream could not be written.
bool random_case_write(const struct random_case *random_case, FILE *out);

// ---- For those that make and check them ----

// What operations have made of the groups so far.
struct random_state {
    struct engine_parameters limits[RANDOM_CASE_GROUPS_MAX]; // in force; missing: initial
    struct random_group groups[RANDOM_CASE_MEMBERS_MAX];     // where the members are
};

void random_state_begin(struct random_state *state, const struct random_case *random_case);

bool random_event_has_member(const struct random_event *event);

// False, and nothing changes: the operation would be refused, or is not one that a case may have.
bool random_state_apply(struct random_state *state, const struct random_case *random_case,
                        const struct random_event *operation);

// Is RANDOM_CASE_WAIT_MAX_NS kept even if all requests are accounted at once and then leak at the
// slowest rate that comes up?
bool random_case_waits_are_bounded(const struct random_case *random_case);

#define RANDOM_REQUESTS_MAX 250

// Into events that have room for so many: first the requests, then operations between them.
void random_requests_draw(gsl_rng *rng, struct random_case *random_case);

#endif
