// SPDX-License-Identifier: GPL-2.0-or-later
// Files without a name for what does not fit into memory: in TMPDIR, else /tmp.
#ifndef TRACES_INPUT_TEMPORARY_H
#define TRACES_INPUT_TEMPORARY_H

const char *trace_temporary_folder(void);

// A descriptor to be closed; -1: errno says why.
int trace_temporary_make(void);

#endif
