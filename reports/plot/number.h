// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers in plots: exact, in digits, and in a unit only where that leaves nothing out.
#ifndef REPORTS_PLOT_NUMBER_H
#define REPORTS_PLOT_NUMBER_H

#define PLOT_NUMBER_MAX 96 // bytes

// An integer, from five digits on in groups of three: "1000", "100 000" with thin spaces.
void plot_number_integer(char text[PLOT_NUMBER_MAX], double value);

// "10 MB", "1500 kB", "10 485 760 B".
void plot_number_bytes(char text[PLOT_NUMBER_MAX], double bytes);

// "1.5 s", "90 s", "15 min", "12 h": minutes, hours and days only if they are whole.
void plot_number_duration(char text[PLOT_NUMBER_MAX], double ns);
#endif
