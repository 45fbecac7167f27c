// SPDX-License-Identifier: GPL-2.0-or-later
// Which scenarios there are to check, and where what was accepted of them is kept.
#ifndef SIM_CHECK_SUITE_H
#define SIM_CHECK_SUITE_H

#include "sim/base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct suite_entry {
    char *scenario; // path; NULL: accepted results without a scenario
    char *accepted; // path
};

// All zero is empty.
struct suite {
    struct suite_entry *entries; // in the order of the operands, in a folder by name
    size_t count;
    size_t scenario_count;
};

// Each operand is a scenario file or a folder, of which *.yaml, *.yml and *.json are taken, but not
// what is in folders in it, nor names that begin with a dot. A scenario named twice counts once.
// suite_free is needed in any case.
bool suite_find(struct suite *suite, char *const *operands, size_t count, struct sim_error *error);
void suite_free(struct suite *suite);

#endif
