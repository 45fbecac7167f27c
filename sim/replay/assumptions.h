// SPDX-License-Identifier: GPL-2.0-or-later
// What a replay takes for granted where it could be otherwise, so that nobody takes its numbers for
// an answer to another question.
#ifndef SIM_REPLAY_ASSUMPTIONS_H
#define SIM_REPLAY_ASSUMPTIONS_H

#include "sim/replay/replay.h"

// key: what is assumed ("arrival", "attach", ...); value: what (a word, for programs); text: in
// words, for people. They are valid only during the call.
typedef void assumption_tell(void *context, const char *key, const char *value, const char *text);

// Of a replay that is over, in the order in which they are to be shown. Keys and values:
// docs/database.md.
void assumptions_each(const struct replay *replay, assumption_tell *tell, void *context);

#endif
