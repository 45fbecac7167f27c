// SPDX-License-Identifier: GPL-2.0-or-later
// Shared by disks.c, which sets them up, disks_events.c and disks_requests.c.
#ifndef SIM_VERIFY_LOCKSTEP_DISKS_INTERNAL_H
#define SIM_VERIFY_LOCKSTEP_DISKS_INTERNAL_H

#include "sim/verify/lockstep/disks.h"

#include <stdio.h>

#define DISKS_ID_MAX 16

// What QEMU calls this: a letter and the number of the name. n: group, drive, or export's name; t:
// the node of the topmost throttle; A, B, ...: of those below it, upwards; b: the node below all;
// e: an export.
const char *disks_id(const struct disks *disks, char letter, const char *name,
                     char id[DISKS_ID_MAX]);

// The letter of a filter's node.
static inline char disks_node(const struct scenario_member *member, uint32_t stage)
{
    return stage == member->upper_count ? 't' : (char)('A' + stage);
}

// A member's disk as -drive and drive_add have it. group: NULL, in none.
void disks_describe(const struct disks *disks, uint32_t member, const char *group, FILE *out);

bool disks_set_limits(struct disks *disks, const char *group,
                      const struct engine_parameters *limits, struct sim_error *error);
json_t *disks_limits(const struct engine_algorithm *algorithm,
                     const struct engine_parameters *limits, bool as_qmp);

// Makes the export of a filter's disk.
bool disks_export(struct disks *disks, uint32_t member, struct sim_error *error);

// Asks QEMU for its counts. Arguments that are empty, not NULL, make no look of it in a transcript.
bool disks_ask(struct disks *disks, json_t *arguments, struct sim_error *error);

// Takes the answers that are there. The context is the struct disks.
bool disks_take_answers(void *disks, struct sim_error *error);

// QEMU has nothing left to do: takes all answers to requests.
bool disks_collect(struct disks *disks, struct sim_error *error);

#endif
