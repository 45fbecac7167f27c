// SPDX-License-Identifier: GPL-2.0-or-later
// Times of the day as text, with or without a date.
#ifndef TRACES_INPUT_CLOCK_TEXT_H
#define TRACES_INPUT_CLOCK_TEXT_H

#include <stdbool.h>
#include <stdint.h>

// Takes "HH:MM:SS", with a fraction of up to 9 digits that count, and before it "YYYY-MM-DD" and a
// 'T' or a blank, if there is one. Stores ns since midnight, or since 1970, and moves `at` behind
// it. False: there is nothing of the kind.
bool trace_clock_take(const char **at, const char *end, int64_t *time_ns);

// A time of a day whose date is not known becomes the one nearest to that of the line before, so
// that it goes on at midnight. `last_ns` is 0 at first.
int64_t trace_clock_continue(int64_t *last_ns, int64_t time_ns);

#endif
