// SPDX-License-Identifier: GPL-2.0-or-later
// A difference as a folder for those who did not see it: the scenario with the requests up to it,
// what both decided around it, what was done to QEMU, and a script that does it again without the
// simulator. Text only, small enough for a mailing list if what leads to the difference is short.
#ifndef SIM_VERIFY_REPORT_VERIFY_REPORT_H
#define SIM_VERIFY_REPORT_VERIFY_REPORT_H

#include "sim/verify/lockstep/lockstep.h"

struct verify_report {
    const char *folder;
    const struct scenario *scenario; // as it was verified, and with what
    const struct lockstep_config *config;
    const struct lockstep_result *result; // a difference
};

// Is there no such folder yet, or an empty one?
bool verify_report_can(const char *folder, struct sim_error *error);

// Makes the folder and runs what is in it once more.
bool verify_report_write(const struct verify_report *report, struct sim_error *error);

#endif
