// SPDX-License-Identifier: GPL-2.0-or-later
// The plots, and what they share: members, latencies, limits.
#ifndef REPORTS_PLOT_FIGURES_H
#define REPORTS_PLOT_FIGURES_H

#include "reports/histogram.h"
#include "reports/plot/script.h"

plot_figure plot_demand; // detail: an enum plot_view
plot_figure plot_latency_cdf;
plot_figure plot_latency_map;
plot_figure plot_latency_over_time;
plot_figure plot_throughput;
plot_figure plot_waiting;
plot_figure plot_bucket_levels;
plot_figure plot_fairness;
plot_figure plot_wait_causes; // the only one that can be of one member

// What a member's stairs show of a bin that is so long; NAN: nothing.
typedef double plot_cell_value(const struct plot_cell *cell, double seconds);

// What is drawn of the flow of a group in a bin.
typedef double plot_flow_value(const struct plot_flow *flow);

// Of a view of a group (number drawn_groups: what is in none of them) the highest rate per second.
double plot_flows_most(const struct plot_run *run, size_t group, enum plot_view view,
                       plot_flow_value *value);
// Its rates, as a data block NAMEgroup of stairs.
void plot_flows_data(const struct plot_script *script, const char *name, size_t group,
                     enum plot_view view, plot_flow_value *value);
// The unit for an axis of rates that ends there.
struct plot_unit plot_rate_unit(const struct plot_run *run, bool bytes, double top);

// Data blocks NAME0, NAME1, ... of the members with a name, and NAMEothers of the rest.
void plot_members_data(const struct plot_script *script, const char *name, plot_cell_value *value);
// Their clauses of a plot command, each after a comma; columns: "" or "using ...". The width is
// that of the lines with a name, 0: as wide as bins leave room for.
void plot_members_clauses(const struct plot_script *script, const char *name, const char *columns,
                          double width);
// Their entries in the legend.
void plot_members_legend(const struct plot_script *script);
// The entry for the members without a name, if there are any.
void plot_members_legend_others(const struct plot_script *script);

// ---- Maps ----

// Of a value over time and rows of another axis: 0 and below are left white.
struct plot_map {
    const char *name;    // of the data block
    const char *title;   // of the vertical axis
    const char *nothing; // said if there is no value
    double (*value)(const void *context, size_t row, size_t bin);
    const void *context;
    bool is_latency; // in ns
    bool is_ratio;   // of what is got and what is due
};

// After plot_script_begin: panels leave room for names and the scale of colours.
void plot_map_begin(struct plot_script *script);

// A panel whose vertical axis is set, for rows at 0, 1, ...
void plot_map_panel(const struct plot_script *script, const struct plot_map *map, size_t rows,
                    size_t panel, size_t panels);

// Whether there are so many members that a line for each cannot be told from the others.
bool plot_is_map(const struct plot_run *run);

struct plot_members_map {
    const char *name; // of the data block
    plot_cell_value *value;
    struct plot_unit unit;
    const char *nothing;
    bool is_latency;
};

// What the legend says of them, and names on the vertical axis, where `panels` share the height.
void plot_members_map_legend(const struct plot_script *script, size_t panels);
void plot_members_map_names(const struct plot_script *script, size_t panels);
// A figure of maps, one below the other, with a row for each member.
void plot_members_maps(struct plot_script *script, const char *title,
                       const struct plot_members_map *maps, size_t count);

// ---- Latencies ----

// Takes in one more distribution, of which `never` requests have no end.
void plot_extent_add(struct plot_extent *extent, const struct report_histogram *latencies,
                     double never);

// The scale of distributions: place of a share (90 % at 2, 99 % at 3, 99.9 % at 4, ...), and the
// axis for curves of at most this many requests.
double plot_latency_place(double share);
void plot_latency_share_axis(const struct plot_script *script, double most);
// The points of such a curve, of latencies and of so many that have no end, as lines with corners,
// so that they can be dashed. per_column: decades of an axis that begins at left_ns.
void plot_latency_curve(FILE *out, const struct report_histogram *latencies, double never,
                        double left_ns, double per_column);

// The limits of the drawn groups over time.

// From at_ns on the limit has this value; 0: no limit.
struct plot_limit_change {
    size_t group; // index among the drawn ones
    char key[24]; // of an average or a -max
    double at_ns;
    double value;    // requests/s or bytes/s; of a -max without a length: requests or bytes
    double length_s; // of a -max
};

struct plot_limits {
    struct plot_limit_change *changes; // in order of group, key, time
    size_t count;
};

// Changes that would fall into one column of a picture are thinned out.
bool plot_limits_load(const struct plot_run *run, struct plot_limits *limits,
                      struct report_error *error);
void plot_limits_free(struct plot_limits *limits);

// The value that a limit has at a time, 0 if none.
double plot_limits_at(const struct plot_limits *limits, size_t group, const char *key,
                      double at_ns);

typedef void limit_number(char text[PLOT_NUMBER_MAX], double value);

#define PLOT_ALL_GROUPS SIZE_MAX

// Which limits a panel shows, and how.
struct plot_limits_view {
    const char *prefix;    // of their keys: "iops-"
    const char *direction; // "total", "read", "write"; NULL: all
    size_t group;          // or PLOT_ALL_GROUPS
    const char *colour;    // NULL: that of their group
    limit_number *number;
    const char *counted; // what they limit
    const char *columns; // "using ..." that scales them to the axis
    double top;          // of the axis
    size_t room;         // lines of the legend
};

// The highest rate among those up to `below`.
double plot_limits_highest(const struct plot_limits *limits, const struct plot_limits_view *view,
                           double below);
// Data blocks of all limits, once for a figure.
void plot_limits_data(const struct plot_script *script, const struct plot_limits *limits);
// Their clauses of a plot command, each after a comma.
void plot_limits_clauses(const struct plot_script *script, const struct plot_limits *limits,
                         const struct plot_limits_view *view);
// Their entries in the legend.
void plot_limits_legend(const struct plot_script *script, const struct plot_limits *limits,
                        const struct plot_limits_view *view);
#endif
