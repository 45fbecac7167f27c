// SPDX-License-Identifier: GPL-2.0-or-later
// The formats of traces by name, as the command line and scenarios give them.
#ifndef SIM_PARTS_FORMATS_H
#define SIM_PARTS_FORMATS_H

#include "sim/base/error.h"

#include <stdbool.h>

enum { FORMATS_MESSAGE_MAX = 640 };

// Is there a format of this name? If not, the message says which there are: it goes after a place
// and a colon.
bool formats_check(const char *name, char message[FORMATS_MESSAGE_MAX]);

// Can a trace be written in this format, or with NULL in the one that the name of the file says?
// The error is about --to.
bool formats_check_output(const char *format, const char *path, struct sim_error *error);

#endif
