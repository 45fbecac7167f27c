// SPDX-License-Identifier: GPL-2.0-or-later
// The page of memory that the verifier and the library preloaded into QEMU share: the verifier sets
// the clock, the library tells when the main loop has gone to sleep, and for how long it wants to.
//
// The library looks for the page's and two event descriptors' numbers in the environment
// (CLOCK_ENVIRONMENT, "PAGE,WAKE,ASLEEP"). It does nothing in a process other than `pid`, and
// nothing in a thread other than that process's first.
#ifndef SIM_VERIFY_QEMU_CLOCK_PAGE_H
#define SIM_VERIFY_QEMU_CLOCK_PAGE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_ENVIRONMENT "THROTTLESIM_CLOCK"
#define CLOCK_FOR_EVER (-1)

struct clock_page {
    // The verifier's.
    _Atomic int32_t pid;    // whose clock is under control; 0: nobody's yet
    _Atomic int64_t now_ns; // what CLOCK_MONOTONIC is there
    _Atomic uint64_t set;   // counts each time that now_ns was set
    // The library's.
    _Atomic uint64_t seen;      // `set` when the main loop woke up last; after `asleep` is 0
    _Atomic int64_t timeout_ns; // how long it wants to sleep, or CLOCK_FOR_EVER
    _Atomic int32_t asleep;     // 1 while it sleeps. `seen` and `timeout_ns` are set before
};

// The library itself, as bytes of the program (qemu_clock_bytes.c, made): no file need be found.
extern const unsigned char qemu_clock_bytes[];
extern const size_t qemu_clock_bytes_size;

#endif
