// SPDX-License-Identifier: GPL-2.0-or-later
// Limits as users write them, in all of QEMU's spellings, into an engine's parameters.
#ifndef SIM_SCENARIO_LIMITS_TEXT_H
#define SIM_SCENARIO_LIMITS_TEXT_H

#include "engine/engine.h"

#include <stdbool.h>
#include <stddef.h>

enum limits_spelling {
    LIMITS_NEW_GROUP, // "iops-total-max", and with "x-", "throttling." or "limits." before it
    LIMITS_QOM_SET,   // the same without "x-", which only a group that is being made takes
    LIMITS_QMP,       // "iops_max", as block_set_io_throttle has it
};

#define LIMITS_MESSAGE_MAX 512

enum limits_result {
    LIMITS_SET,
    LIMITS_WRONG,     // the message says why: unknown key (with a suggestion), given twice, not a
                      // number, negative
    LIMITS_ELSEWHERE, // only other engines have a limit of this name
};

// Sets one limit from text.
enum limits_result limits_set(const struct engine_algorithm *algorithm,
                              enum limits_spelling spelling, const char *key, const char *value,
                              struct engine_parameters *limits, char message[LIMITS_MESSAGE_MAX]);

// What becomes of a limit that only other engines have. False: the parsing ends.
typedef bool limits_elsewhere(void *context, const char *key);

// "iops-total=300,iops-total-max=900". False with the message, or without if `elsewhere` said so.
bool limits_parse(const struct engine_algorithm *algorithm, const char *text,
                  struct engine_parameters *limits, limits_elsewhere *elsewhere, void *context,
                  char message[LIMITS_MESSAGE_MAX]);

// "iops-size needs an iops limit, such as iops-total": what engine_check found, in words.
void limits_fault_text(const struct engine_algorithm *algorithm, enum limits_spelling spelling,
                       const struct engine_parameters *limits, const struct engine_fault *fault,
                       char message[LIMITS_MESSAGE_MAX]);

#endif
