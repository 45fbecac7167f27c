// SPDX-License-Identifier: GPL-2.0-or-later
// How something is printed: where to, for what terminal, and how much of it. All that prints takes
// one of these, so that a printer can be tested with any.
#ifndef REPORTS_STYLE_H
#define REPORTS_STYLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum report_format {
    REPORT_TEXT,
    REPORT_JSON,
};

#define REPORT_WIDTH 80 // of what is not known to be a terminal
#define REPORT_WIDTH_MIN 40
#define REPORT_TOP 40 // what is shown unless more or less is asked for

struct report_style {
    FILE *out;
    enum report_format format;
    int width;   // characters of a line of text; below REPORT_WIDTH_MIN it counts as that
    bool colour; // of text: a terminal shows it
    int64_t top; // how many members, groups, devices there are at most; 0: all
};
#endif
