// SPDX-License-Identifier: GPL-2.0-or-later
// Limits as users write them, in all of QEMU's spellings, into an engine's parameters.
#ifndef SIM_SCENARIO_LIMITS_TEXT_H
#define SIM_SCENARIO_LIMITS_TEXT_H

#include "engine/engine.h"

#include <stdbool.h>
#include <stddef.h>

enum limits_text_spelling {
    LIMITS_TEXT_NEW_GROUP, // "iops-total-max", and with "x-", "throttling." or "limits." before it
    LIMITS_TEXT_QOM_SET,   // the same without "x-", which only a group that is being made takes
    LIMITS_TEXT_QMP,       // "iops_max", as block_set_io_throttle has it
};

#define LIMITS_TEXT_MESSAGE_MAX 512

// What a limit is called: without the prefixes.
const char *limits_text_key(const struct engine_parameter *row, enum limits_text_spelling spelling);

enum limits_text_result {
    LIMITS_TEXT_SET,
    LIMITS_TEXT_WRONG, // the message says why: unknown key (with a suggestion), given twice, not a
                       // number, negative
    LIMITS_TEXT_ELSEWHERE, // only other engines have a limit of this name
};

// Sets one limit from text.
enum limits_text_result limits_text_set(const struct engine_algorithm *algorithm,
                                        enum limits_text_spelling spelling, const char *key,
                                        const char *value, struct engine_parameters *limits,
                                        char message[LIMITS_TEXT_MESSAGE_MAX]);

// "iops-size needs an iops limit, such as iops-total": what engine_check found, in words.
void limits_text_fault(const struct engine_algorithm *algorithm, enum limits_text_spelling spelling,
                       const struct engine_parameters *limits, const struct engine_fault *fault,
                       char message[LIMITS_TEXT_MESSAGE_MAX]);

#endif
