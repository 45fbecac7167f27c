// SPDX-License-Identifier: GPL-2.0-or-later
// QEMU's monitor: commands and their answers, one at a time, as lines of JSON on a socket.
//
// Everything fails, with the error filled, when the other side is gone, answers with an error, says
// what is no answer, or does not answer in time; and when the stop flag is set.
#ifndef SIM_VERIFY_QEMU_QMP_H
#define SIM_VERIFY_QEMU_QMP_H

#include "sim/base/error.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct qmp {
    int fd;                            // owned by the caller
    int64_t patience_ns;               // for one answer, however it comes
    const volatile sig_atomic_t *stop; // non-zero: give up
    int64_t give_up_ns;                // on the real clock
    bool is_closed;                    // by the other side, which may have ended
    char *line;                        // what has been read, from the next line on
    size_t used;
    size_t size;
};

// Reads the greeting and enters the command mode. version is for people:
// "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)".
bool qmp_open(struct qmp *qmp, char *version, size_t version_size, struct sim_error *error);
void qmp_close(struct qmp *qmp); // frees; the descriptor stays open

// Takes the arguments over (NULL: none). *answer, unless NULL, is what "return" has, to be given
// back with json_decref.
bool qmp_execute(struct qmp *qmp, const char *command, json_t *arguments, json_t **answer,
                 struct sim_error *error);

// A line for the human monitor. *text, unless NULL, is what it prints, to be freed.
bool qmp_monitor(struct qmp *qmp, const char *line, char **text, struct sim_error *error);

// Waits until a descriptor can be read that the process at the other end writes to, but no longer
// than what is left of the patience. qmp_execute and qmp_be_patient begin it anew.
bool qmp_wait(struct qmp *qmp, int fd, struct sim_error *error);
void qmp_be_patient(struct qmp *qmp);

#endif
