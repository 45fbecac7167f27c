// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/stop.h"

#include <stdio.h>

volatile sig_atomic_t stop_signal;

static void on_signal(int signal_number)
{
    stop_signal = signal_number;
}

void stop_on_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
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
