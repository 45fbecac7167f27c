// SPDX-License-Identifier: GPL-2.0-or-later
// Ctrl-C and its kin: work is stopped in order, and then the program dies of the signal, so that
// the shell learns of an interruption as of any other.
#ifndef SIM_BASE_STOP_H
#define SIM_BASE_STOP_H

#include <signal.h>

// The signal that came, or 0.
extern volatile sig_atomic_t stop_signal;

// From now on SIGINT, SIGTERM and SIGHUP set it. Another one kills at once, unless it comes within
// the same second or the next.
void stop_on_signals(void);

// If one came: flushes standard output and does not return.
void stop_die(void);

#endif
