// SPDX-License-Identifier: GPL-2.0-or-later
// Memory that grows with a run: a private file without a name, so that what is not in use need not
// stay in memory, and nothing is left however the program ends.
#ifndef REPORTS_SPILL_H
#define REPORTS_SPILL_H

#include "reports/database.h"

#include <signal.h>

struct report_spill {
    void *bytes; // zeros; NULL for a size of 0
    size_t size;
};

// Room for count items of this size, in a file in TMPDIR (default /tmp). False with the error
// filled: no room there.
bool report_spill_open(struct report_spill *spill, uint64_t count, size_t item_size,
                       struct report_error *error);
void report_spill_close(struct report_spill *spill); // all zero is allowed

// TMPDIR, or /tmp.
const char *report_temporary_folder(void);

// Makes the folder and those above it where they are missing. False with errno.
bool report_make_folder(const char *path);

// An unnamed file in the directory, closed by programs that are started; -1 with errno.
int report_unnamed_file(const char *directory);

// No signal ends the program before report_allow_signals, which keeps errno. Programs started in
// between would inherit that.
void report_defer_signals(sigset_t *before);
void report_allow_signals(const sigset_t *before);
#endif
