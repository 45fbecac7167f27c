// SPDX-License-Identifier: GPL-2.0-or-later
// Pieces of gnuplot scripts that all plots share: text, colours, axes, stairs, legend.
//
// Screen positions leave the right quarter to the legend, so that it never covers data.
#ifndef REPORTS_PLOT_SCRIPT_H
#define REPORTS_PLOT_SCRIPT_H

#include "reports/plot/plot_run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct plot_unit {
    double scale; // one of it, in ns, requests/s or bytes/s
    const char *name;
};

struct plot_script {
    FILE *out;  // commands, which each format gets
    FILE *data; // data blocks, which stand before them once
    const struct plot_run *run;
    struct plot_unit time; // unit of the time axis
    double left, right;    // edges of the panels, as parts of the width
    const char *member;    // for a figure of one member only: its name; else NULL
    int64_t member_id;     // if there is one
    const void *figure;    // of figures that are not of a stored run: what they show
    const void *detail;    // of the drawing
    size_t *legend_lines;  // so far
};

// Writes a script with all its panels. False with the error filled if the database cannot be read.
typedef bool plot_figure(struct plot_script *script, struct report_error *error);

// Begins a script: encoding, title, and a plot without axes of which only the title and the legend
// are seen, so that a legend has the whole height whatever the number of panels. Its entries follow
// as clauses, each after a comma, then plot_script_end_legend.
void plot_script_begin(struct plot_script *script, const char *title);
// With a title that does not name the run.
void plot_script_begin_titled(struct plot_script *script, const char *title);
void plot_script_end_legend(const struct plot_script *script);

// Lines that the legend has room for; of more gnuplot would make a second column, outside.
#define PLOT_LEGEND_LINES 28

// Text as a quoted string in which nothing has a meaning to gnuplot.
void plot_script_quote(const struct plot_script *script, const char *text);

// The operations on the run, after all other entries of the legend, as many as there is room for.
// plot_script_time_panel marks them.
void plot_events_legend(const struct plot_script *script);
void plot_events_marks(const struct plot_script *script, bool labelled);

// An entry of the legend whose line is not seen.
#define PLOT_NO_LINE ", keyentry with lines lc rgb 'white'"

// A remark in the legend: an entry without a line.
__attribute__((format(printf, 2, 3))) void plot_script_remark(const struct plot_script *script,
                                                              const char *format, ...);
// The same for groups that are not drawn, if there are any.
void plot_script_more_groups(const struct plot_script *script);

// The title of an entry of the legend: its parts one after the other, on several lines where one
// cannot hold them.
void plot_script_title(const struct plot_script *script, const char *const parts[], size_t count);

// The title of an entry that fits on its line.
void plot_script_name(const struct plot_script *script, const char *name);

// Begins panel number `panel` of `panels`, from the top. The title is that of its vertical axis,
// where labels of any length leave room for it.
void plot_script_panel(const struct plot_script *script, size_t panel, size_t panels,
                       const char *title);
// One over time: the lowest panel has the labels of the time axis.
void plot_script_time_panel(const struct plot_script *script, size_t panel, size_t panels,
                            const char *title);

// The same in two columns: the panel is narrow.
void plot_script_time_cell(const struct plot_script *script, size_t row, size_t rows, size_t column,
                           const char *title);
// Vertical place of a panel, as parts of the picture's height.
void plot_script_place(size_t panel, size_t panels, double *top, double *bottom);
// How far apart the labels of a narrow time axis are, in its unit.
double plot_script_time_step(const struct plot_script *script);
// A name in the corner of the current panel.
void plot_script_panel_name(const struct plot_script *script, const char *name);

// The time axis: range, and if it is labelled, labels and title. The title says how long a bin
// is, so that the panels' own titles fit beside them however long that is.
void plot_script_time_axis(const struct plot_script *script, bool labelled);

// What several latencies or distributions of them cover. All zero: nothing yet.
struct plot_extent {
    double low_ns, high_ns; // of the latencies above 0
    double zeros;           // requests, or 1, with a latency of 0
    double requests;        // of the one with the most
    double right_ns;        // end of the axis: plot_script_latency_axis
};

// Takes in another one.
void plot_extent_join(struct plot_extent *extent, const struct plot_extent *other);
// A logarithmic axis ("x", "y", "cb") of latencies that covers it. Returns its lower end, in ns;
// with zeros that is an extra place, labelled 0, where latencies of 0 belong.
double plot_script_latency_axis(const struct plot_script *script, const char *axis,
                                struct plot_extent *extent);
// The label of a latency.
void plot_script_latency(const struct plot_script *script, double ns);

// A line style for member number `line`: colour and dashes; grey for those without a name.
void plot_script_line_style(const struct plot_script *script, size_t line, double width);
const char *plot_script_colour(size_t line);
const char *plot_script_light_colour(size_t line);
const char *plot_script_group_colour(size_t group);

// A data block NAME of stairs: value(context, bin) holds over the bin; NAN: nothing is drawn.
typedef double plot_value(const void *context, size_t bin);
void plot_script_stairs(const struct plot_script *script, const char *name, size_t number,
                        plot_value *value, const void *context);
// Adds stairs to an open data block.
void plot_script_stairs_rows(const struct plot_script *script, plot_value *value,
                             const void *context);

// A sentence in the middle of the current panel, which is otherwise empty.
void plot_script_message(const struct plot_script *script, const char *text);

// ---- Numbers: exact, in digits, and in a unit only where that leaves nothing out ----

#define PLOT_NUMBER_MAX 96 // bytes

// An integer, from five digits on in groups of three: "1000", "100 000" with thin spaces.
void plot_number_integer(char text[PLOT_NUMBER_MAX], double value);

// "10 MB", "1500 kB", "10 485 760 B".
void plot_number_bytes(char text[PLOT_NUMBER_MAX], double bytes);

// "1.5 s", "90 s", "15 min", "12 h": minutes, hours and days only if they are whole.
void plot_number_duration(char text[PLOT_NUMBER_MAX], double ns);
#endif
