// SPDX-License-Identifier: GPL-2.0-or-later
// A real, unmodified QEMU without a machine, whose main loop's clock is ours (clock_page.h).
//
// Its time stands still until qemu_set_clock, and each function below returns only when the main
// loop has done all that is due and gone to sleep. Nothing of it is in the file system, and it dies
// with the program, however that ends.
#ifndef SIM_VERIFY_QEMU_QEMU_H
#define SIM_VERIFY_QEMU_QEMU_H

#include "sim/base/error.h"
#include "sim/verify/qemu/clock_page.h"

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// ---- The monitor ----

// Commands and their answers, one at a time, as lines of JSON on a socket.
//
// Everything fails, with the error filled, when the other side is gone, answers with an error, says
// what is no answer, or does not answer in time; and when the stop flag is set.
struct qmp {
    int fd;                            // owned by the caller
    int64_t patience_ns;               // for one answer, however it comes
    const volatile sig_atomic_t *stop; // non-zero: give up
    int64_t give_up_ns;                // on the real clock
    bool is_closed;                    // by the other side, which may have ended
    int others_fd;                     // an epoll of what else QEMU sends to; -1: nothing
    bool (*take_others)(void *context, struct sim_error *error); // which it may wait for
    void *others_context;
    char *line; // what has been read, from the next line on
    size_t used;
    size_t size;
};

// What QEMU says of itself.
struct qmp_version {
    int major, minor;
    char text[160]; // for people: "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)"
};

// Reads the greeting and enters the command mode.
bool qmp_open(struct qmp *qmp, struct qmp_version *version, struct sim_error *error);
void qmp_close(struct qmp *qmp); // frees; the descriptor stays open

// Takes the arguments over (NULL: none). *answer, unless NULL, is what "return" has, to be given
// back with json_decref.
bool qmp_execute(struct qmp *qmp, const char *command, json_t *arguments, json_t **answer,
                 struct sim_error *error);

// The same with a command that QEMU may refuse.
bool qmp_try(struct qmp *qmp, const char *command, json_t *arguments, struct sim_error *error);

// A line for the human monitor, which must print nothing but "OK": what it prints is the error.
bool qmp_monitor(struct qmp *qmp, const char *line, struct sim_error *error);

// Waits until a descriptor can be read that the process at the other end writes to, but no longer
// than what is left of the patience. Meanwhile what comes from the others is taken. qmp_execute and
// qmp_be_patient begin it anew.
bool qmp_wait(struct qmp *qmp, int fd, struct sim_error *error);
void qmp_be_patient(struct qmp *qmp);

// ---- The whole ----

struct qemu_config {
    const char *path;    // of the binary; without a slash it is looked for in PATH
    int64_t patience_ns; // longest time to wait for an answer
    const volatile sig_atomic_t *stop;
    FILE *transcript; // of all that is done to it, a line each; NULL: none
};

struct qemu {
    struct qmp qmp;
    struct clock_page *page;
    int page_fd;
    int wake_fd;
    int asleep_fd;
    int output_fd; // what it prints
    int pid;       // 0: not running
    int64_t base_ns;
    FILE *transcript;
    struct qmp_version version;
};

// A transcript has these lines, each of which is written before it is done:
//
//     start ["-M", "none", ...]   the arguments
//     clock 1000                  qemu_set_clock
//     qmp COMMAND {...}           qemu_execute; nothing behind it: no arguments
//     try COMMAND {...}           qemu_try
//     hmp LINE                    qemu_monitor

// Starts it with these arguments, NULL behind the last, besides those that every one gets. Its
// clock is at 0. False with the error filled; qemu_stop is needed in any case.
bool qemu_start(struct qemu *qemu, const struct qemu_config *config, char *const *arguments,
                struct sim_error *error);
void qemu_stop(struct qemu *qemu);

// Later than before, from 0 on.
bool qemu_set_clock(struct qemu *qemu, int64_t now_ns, struct sim_error *error);

// As qmp_execute, qmp_try and qmp_monitor. If QEMU has ended, the error says how.
bool qemu_execute(struct qemu *qemu, const char *command, json_t *arguments, json_t **answer,
                  struct sim_error *error);
bool qemu_try(struct qemu *qemu, const char *command, json_t *arguments, struct sim_error *error);
bool qemu_monitor(struct qemu *qemu, const char *line, struct sim_error *error);

// Wakes the main loop and waits until it sleeps again. A sleep that it is in may be one of a
// command, after which it goes on.
bool qemu_settle(struct qemu *qemu, struct sim_error *error);

// Returns ok. If not, and QEMU has ended, the error says how.
bool qemu_after(struct qemu *qemu, bool ok, struct sim_error *error);

// How long the main loop wants to sleep from now on, or CLOCK_FOR_EVER.
int64_t qemu_timeout_ns(const struct qemu *qemu);

// The main loop's next deadline: it is in (after_ns, by_ns]; by_ns INT64_MAX: there is none.
struct qemu_deadline {
    int64_t after_ns, by_ns;
};

// The clock goes on from now_ns, by less than up to the deadline.
bool qemu_find_deadline(struct qemu *qemu, int64_t now_ns, struct qemu_deadline *deadline,
                        struct sim_error *error);

#endif
