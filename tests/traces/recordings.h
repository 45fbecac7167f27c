// SPDX-License-Identifier: GPL-2.0-or-later
// The project's own recordings, what blkparse makes of them, and readings compared with each other.
#ifndef TESTS_TRACES_RECORDINGS_H
#define TESTS_TRACES_RECORDINGS_H

#include "tests/traces/trace_files.h"

#define RECORDING_COUNT 8
extern const char *const recordings[RECORDING_COUNT]; // "mixed/vdc", ...

// The test cannot run (tests/support/test_group.h) unless the recordings and blkparse are there.
void recordings_needed(void);

// The base name under which a recording is read.
const char *recording_path(const char *recording);

// Its files, uncompressed as blkparse wants them, as NAME.blktrace.N in the scratch directory.
void recording_unpack(const char *recording, const char *name);

// Runs blkparse in the scratch directory; what it prints becomes the file.
void blkparse_run(const char *arguments, const char *file);

// Both are whole, and have the same requests at the same time after the origin; those of equal
// times may come in any order, which blkparse leaves open. A step coarser than 1 ns cuts the times
// of the second reading, to which its clock is added.
struct comparison {
    int64_t step_ns;  // 0: 1
    bool ignores_ops; // and the flushes of the first reading, which are not in the second
};
void compare_readings(struct reading *first, struct reading *second,
                      const struct comparison *comparison);

#endif
