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
#define REPORT_WIDTH_MIN 60
#define REPORT_TOP 40 // lines of members, unless more or less is asked for

struct report_style {
    FILE *out;
    enum report_format format;
    int width;     // cells of a line of text (reports/label.h); below REPORT_WIDTH_MIN it is that
    bool colour;   // of text: a terminal shows it
    int64_t top;   // how many members, groups, devices there are at most; 0: all
    bool is_brief; // nobody asked for so many: one line for each if they come to more than `top`
};

int report_width(const struct report_style *style);

enum report_paint {
    REPORT_PLAIN, // ends the others
    REPORT_BOLD,  // titles and headings
    REPORT_GOOD,
    REPORT_BAD,
    REPORT_WARNING,
};

// To be written before and, REPORT_PLAIN, behind what it is for; "" without colours.
const char *report_paint(const struct report_style *style, enum report_paint paint);

// A sentence of its own line, or lines: it is broken between words, and what follows is two blanks
// further in. A word wider than the line stays whole. Names in it may hold anything; long ones are
// to be shortened before (report_label).
void report_say(const struct report_style *style, enum report_paint paint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A blank line, and the title of a table.
void report_title(const struct report_style *style, const char *title);

// Text of several lines, each as report_say does it.
void report_fold(FILE *out, int width, const char *text);

// An entry of a list: what it is called, and from this column on what is said of it, in one line or
// several, on the next line if the name is too long.
void report_item(FILE *out, int width, int column, const char *head, const char *text);
#endif
