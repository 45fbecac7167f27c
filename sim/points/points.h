// SPDX-License-Identifier: GPL-2.0-or-later
// Variants of a scenario, each run as if it stood in a file of its own.
//
// A point is the scenario with some values set. The traces are read once, into a tape
// (senders_keep), for all points whose inputs are the same (scenario_inputs): what a point says of
// limits, engines, attach, devices or events does not change them; what it says of traces does, and
// then there is another tape. Any number of points can run at once.
//
//     struct points points;
//     struct point_result result;
//     const struct scenario_value values[] = {{"gold.iops-total", "500"}, {"engine", "slice"}};
//     points_open(&points, scenario, ".", &settings, &error)
//     point_run(&points, &(struct point){values, 2}, &options, &result)
//     points_close(&points)
#ifndef SIM_POINTS_POINTS_H
#define SIM_POINTS_POINTS_H

#include "reports/figure.h"
#include "reports/sweep.h"
#include "sim/points/vary.h"
#include "sim/replay/run.h"

#include <pthread.h>

#define POINT_FIGURES_MAX 64

struct points_tape;

// What they share.
struct points {
    const struct scenario *base;
    char *text; // from which each point's scenario is read
    size_t length;
    char *directory; // paths there are relative to it
    struct scenario_settings settings;
    const volatile sig_atomic_t *stop;
    pthread_mutex_t lock; // of the tapes
    struct points_tape *tapes;
};

// The scenario has been loaded, or made from the command line, with these settings; their values
// are not used. It must stay. path: of its file; "-", or NULL: paths in it are relative to the
// working directory. Its traces are read. False with the error filled; points_close is needed in
// any case.
bool points_open(struct points *points, struct scenario *base, const char *path,
                 const struct scenario_settings *settings, const struct progress_watch *watch,
                 struct sim_error *error);
void points_close(struct points *points);

// Arrivals in the scenario's own tape, and bytes that all tapes take.
uint64_t points_requests(const struct points *points);
uint64_t points_tape_size(struct points *points);

// Of those arrivals: other traces, or a part of them, have another one.
uint64_t points_checksum(const struct points *points);

// Are they of one setting? "gold.iops-total" is "groups.gold.iops-total" as well.
bool points_same_address(const char *one, const char *other);

// Is each value of each setting one by itself? Of what only goes together with others the points
// tell. False with a usage error that names the setting, and suggests, or if it was to stop.
bool points_check(const struct points *points, const struct vary *varies, size_t count,
                  struct sim_error *error);

// Is anything of the scenario drawn, so that seeds make a difference?
bool points_are_drawn(const struct scenario *scenario);

// A key that only points have: "group", members share the limits of their groups, or "per-disk",
// each of the N members of a group has one of its own, with the N-th part of the rates and maxima.
#define POINT_SHARING REPORT_SWEEP_SHARING

struct point {
    const struct scenario_value *values; // "engine" and POINT_SHARING may be among them
    size_t count;
    uint32_t seed; // added to all seeds of the scenario
};

// The scenario of a point, with a source that is all of it. NULL with the error filled:
// SIM_BAD_INPUT, its values do not go together; SIM_USAGE, one is none.
struct scenario *point_scenario(const struct points *points, const struct point *point,
                                struct sim_error *error);

struct point_options {
    const struct report_figure *figures; // what is to be known of it
    size_t figure_count;                 // at most POINT_FIGURES_MAX
    // Where the run is stored, whole; NULL: nowhere. One point at a time, then.
    struct report_database *database;
    bool log_requests; // there
};

struct point_result {
    struct sim_error error; // exit SIM_DONE: it has run; otherwise nothing else is known
    bool is_stopped;        // it was to stop, and is as if it had not begun
    int64_t run_id;         // in the database; 0: not stored
    uint64_t digest;
    int64_t end_ns;
    int64_t arrived, dispatched, completed;
    double values[POINT_FIGURES_MAX];   // of the figures; NAN: there are no such requests
    int64_t members[POINT_FIGURES_MAX]; // where it is worst: place in the scenario; else -1
};

// Runs it. True: the result's exit is SIM_DONE.
bool point_run(struct points *points, const struct point *point,
               const struct point_options *options, struct point_result *result);

#endif
