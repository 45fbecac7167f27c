// SPDX-License-Identifier: GPL-2.0-or-later
// A process of clock_guest.c with the library preloaded, and the test's end of everything.
#ifndef TESTS_VERIFY_GUEST_H
#define TESTS_VERIFY_GUEST_H

#include "sim/verify/qemu/clock_page.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define SECOND_NS INT64_C(1000000000)

struct guest {
    struct clock_page *page;
    int page_fd;
    int wake_fd;
    int asleep_fd;
    int polled[2]; // a pipe: the guest sleeps on its first end
    pid_t pid;
    FILE *commands;
    int answers_fd;
};

// What a line of it says.
struct clocks {
    long long monotonic, realtime, raw, boottime;
};
struct slept {
    int ready, revents;
    long long took;
};

// environment: the value of CLOCK_ENVIRONMENT; NULL: the right one; "": none at all.
void guest_start(struct guest *guest, const char *environment);
void guest_stop(struct guest *guest);

void guest_tell(struct guest *guest, const char *where);
void guest_tell_sleep(struct guest *guest, const char *where, int64_t timeout_ns);
struct clocks guest_hear_clocks(struct guest *guest);
struct slept guest_hear_slept(struct guest *guest);

// Is something to be heard within that time?
bool guest_answers(const struct guest *guest, int milliseconds);

// What the verifier does.
void guest_wake(struct guest *guest);
bool guest_falls_asleep(struct guest *guest); // within a few seconds; takes the event

#endif
