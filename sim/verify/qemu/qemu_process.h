// SPDX-License-Identifier: GPL-2.0-or-later
// How a QEMU comes up (qemu.h): its descriptors, its environment, its arguments.
#ifndef SIM_VERIFY_QEMU_QEMU_PROCESS_H
#define SIM_VERIFY_QEMU_QEMU_PROCESS_H

#include "sim/verify/qemu/qemu.h"

#define QEMU_NOT_RUN 127 // exit code of a child that could not become QEMU, as in shells

// Makes the page, the event descriptors and the file for what it prints. False: errno says why.
bool qemu_process_prepare(struct qemu *qemu);

// Starts it, with the monitor on a socket without a name.
bool qemu_process_start(struct qemu *qemu, const char *path, char *const *arguments,
                        struct sim_error *error);

#endif
