// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/stop.h"

#include <stdio.h>
#include <time.h>

#define SAME_S 2 // what comes within less may be the same wish

volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t stopped_s; // when it came, on a clock that nobody sets

// timeout(1) sends its signal twice, to its child and to the group that the child is in.
static void on_signal(int signal_number)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (stop_signal == 0) {
        stopped_s = (sig_atomic_t)now.tv_sec;
        stop_signal = signal_number;
    } else if ((sig_atomic_t)now.tv_sec - stopped_s >= SAME_S) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
}

void stop_on_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction before;
        sigaction(signals[i], NULL, &before);
        if (before.sa_handler != SIG_IGN) // nohup, a background job
            sigaction(signals[i], &action, NULL);
    }
}

void stop_die(void)
{
    if (stop_signal == 0)
        return;
    fflush(stdout);
    signal(stop_signal, SIG_DFL);
    raise(stop_signal);
}
