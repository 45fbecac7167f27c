// SPDX-License-Identifier: GPL-2.0-or-later
// The library that is preloaded into QEMU (qemu_clock.c), as bytes: there is no file to be found.
#ifndef SIM_VERIFY_QEMU_QEMU_CLOCK_BYTES_H
#define SIM_VERIFY_QEMU_QEMU_CLOCK_BYTES_H

#include <stddef.h>

extern const unsigned char qemu_clock_bytes[];
extern const size_t qemu_clock_bytes_size;

#endif
