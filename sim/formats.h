// SPDX-License-Identifier: GPL-2.0-or-later
// The formats of traces by name, as the command line and scenarios give them.
#ifndef SIM_FORMATS_H
#define SIM_FORMATS_H

#include <stdbool.h>

enum { FORMATS_MESSAGE_MAX = 640 };

// Is there a format of this name? If not, the message says which there are: it goes after a place
// and a colon.
bool formats_check(const char *name, char message[FORMATS_MESSAGE_MAX]);

#endif
