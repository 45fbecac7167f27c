// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/plot/script.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_EXACT_MAX 1e18 // only damaged databases hold more
#define NUMBER_UNGROUPED_MAX 4
#define NUMBER_THIN_SPACE "\u2009"

void plot_number_integer(char text[PLOT_NUMBER_MAX], double value)
{
    char digits[32];
    size_t used = 0;
    if (!(fabs(value) < NUMBER_EXACT_MAX)) {
        snprintf(text, PLOT_NUMBER_MAX, "%.3g", value);
        return;
    }
    int length = snprintf(digits, sizeof digits, "%.0f", fabs(value));
    if (value < 0)
        text[used++] = '-';
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && length > NUMBER_UNGROUPED_MAX) {
            memcpy(text + used, NUMBER_THIN_SPACE, sizeof NUMBER_THIN_SPACE - 1);
            used += sizeof NUMBER_THIN_SPACE - 1;
        }
        text[used++] = digits[i];
    }
    text[used] = '\0';
}

void plot_number_bytes(char text[PLOT_NUMBER_MAX], double bytes)
{
    static const struct {
        double bytes;
        const char *name;
    } units[] = {{1e6, " MB"}, {1e3, " kB"}, {1, " B"}};
    size_t i = 0, length;
    while (units[i].bytes > 1 && (bytes <= 0 || fmod(bytes, units[i].bytes) > 0))
        i++;
    plot_number_integer(text, bytes / units[i].bytes);
    length = strlen(text);
    snprintf(text + length, PLOT_NUMBER_MAX - length, "%s", units[i].name);
}

void plot_number_duration(char text[PLOT_NUMBER_MAX], double ns)
{
    static const struct {
        double ns;
        const char *name;
        bool whole;
    } units[] = {{86400e9, "d", true}, {3600e9, "h", true}, {60e9, "min", true}, {1e9, "s", false},
                 {1e6, "ms", false},   {1e3, "us", false},  {1, "ns", false}};
    size_t i = 0;
    while (units[i].ns > 1 && (ns < units[i].ns || (units[i].whole && fmod(ns, units[i].ns) > 0)))
        i++;
    snprintf(text, PLOT_NUMBER_MAX, "%.10g %s", ns / units[i].ns, units[i].name);
}
