// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario's groups, members and events on an engine: names become nodes, events become
// operations.
//
// Group names come and go: a group made by block_set_io_throttle is gone with its last member, and
// its name can then come up again for another node. Member numbers of the scenario and of the
// engine are the same; so are the numbers of the scenario's groups and the engine's first nodes.
// The throttles of members below their topmost come behind the members: of the first that has some
// from above, then of the next.
#ifndef SIM_SCENARIO_CONTROL_H
#define SIM_SCENARIO_CONTROL_H

#include "sim/base/names.h"
#include "sim/scenario/scenario.h"

struct control {
    const struct scenario *scenario;
    int64_t qemu; // by whose rules events drain; the scenario's
    struct engine *engine;
    const char **node_names; // by node; the scenario's strings
    uint32_t node_count;
    uint32_t *below; // by member: its throttle below the topmost; NULL: none has several
    uint32_t throttle_count;
    struct names nodes; // the last node of each name: of several, only that one can be there
};

// Makes the engine with all groups and members at time 0. False with the error filled;
// control_close is needed in any case.
bool control_open(struct control *control, const struct scenario *scenario,
                  const struct engine_callbacks *callbacks, struct sim_error *error);
void control_close(struct control *control);

// The number of a member's throttle: stage 0 is nearest to the disk, the topmost is the member.
uint32_t control_throttle(const struct control *control, uint32_t member, uint32_t stage);
// Whose throttle has this number.
uint32_t control_member(const struct control *control, uint32_t throttle);

// Carries out an event. On ENGINE_INVALID, *done says in `fault` what is wrong; its member and node
// are those that the event is about, or ENGINE_NONE.
enum engine_status control_apply(struct control *control, int64_t now_ns,
                                 const struct scenario_event *event, struct engine_operation *done);

// The event in words, without its time: "qom-set gold".
void control_describe(const struct control *control, const struct scenario_event *event, char *text,
                      size_t size);

// Why an operation was refused, in words.
void control_refusal(const struct control *control, const struct scenario_event *event,
                     enum engine_status status, const struct engine_operation *done, char *text,
                     size_t size);

#endif
