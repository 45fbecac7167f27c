// SPDX-License-Identifier: GPL-2.0-or-later
// What is done during a run: a scenario's events.
#ifndef SIM_SCENARIO_SCENARIO_EVENT_H
#define SIM_SCENARIO_SCENARIO_EVENT_H

#include "engine/engine.h"
#include "sim/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCENARIO_NONE UINT32_MAX // no group, no member

enum scenario_event_kind {
    SCENARIO_QOM_SET,
    SCENARIO_BLOCK_SET_IO_THROTTLE,
    SCENARIO_DRAINED_BEGIN,
    SCENARIO_DRAINED_END,
    SCENARIO_LEAVE,
    SCENARIO_JOIN,
    SCENARIO_DRAIN_ALL,
    // Commands of QEMU that drain: scenario_event_drains. The last three are also a join, a move
    // (either only if a group is named) and a leave.
    SCENARIO_STOP,
    SCENARIO_MIGRATE,
    SCENARIO_BLOCKDEV_SNAPSHOT,
    SCENARIO_BLOCKDEV_BACKUP,
    SCENARIO_BLOCKDEV_MIRROR,
    SCENARIO_BLOCK_RESIZE,
    SCENARIO_BLOCKDEV_ADD,
    SCENARIO_BLOCKDEV_REOPEN,
    SCENARIO_BLOCKDEV_DEL,
    SCENARIO_EVENT_COUNT,
};

// Which disks an event drains, begin and end, by itself.
enum scenario_drains {
    SCENARIO_DRAINS_NONE,
    SCENARIO_DRAINS_OWN, // the member's
    SCENARIO_DRAINS_ALL, // every member
};

// A version of QEMU as a number: 7.2 is 702.
#define SCENARIO_QEMU(major, minor) (100 * (major) + (minor))

struct scenario_event {
    int64_t at_ns;
    size_t order; // in the file
    enum scenario_event_kind kind;
    uint32_t member;        // index, or SCENARIO_NONE: it is about none
    char *group;            // by name, since groups can come up later; NULL: not named
    unsigned arrivals_pass; // of SCENARIO_DRAINED_BEGIN
    struct engine_parameters limits;
    struct sim_place place;
};

const char *scenario_event_name(enum scenario_event_kind kind);

// By the rules of a version of QEMU. Source: docs/model.md, section 3.
enum scenario_drains scenario_event_drains(enum scenario_event_kind kind, int64_t qemu);
// Is this member's disk among them?
bool scenario_event_drains_member(const struct scenario_event *event, int64_t qemu,
                                  uint32_t member);

#endif
