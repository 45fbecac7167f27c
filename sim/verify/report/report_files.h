// SPDX-License-Identifier: GPL-2.0-or-later
// Files that every report has, as bytes of the program (made by ../qemu/embed.cmake).
#ifndef SIM_VERIFY_REPORT_REPORT_FILES_H
#define SIM_VERIFY_REPORT_REPORT_FILES_H

#include <stddef.h>

extern const unsigned char report_replay_py[];
extern const size_t report_replay_py_size;
extern const unsigned char report_qemu_clock_c[];
extern const size_t report_qemu_clock_c_size;
extern const unsigned char report_clock_page_h[];
extern const size_t report_clock_page_h_size;

#endif
