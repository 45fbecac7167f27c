// SPDX-License-Identifier: GPL-2.0-or-later
// A device like the one that a recording was made on, and how good it is: docs/model.md.
//
// A recording is replayed without limits, on the device 'recorded', and looked at; then on each
// device that may do, and looked at in the same way. Classes are fitted to every second of their
// requests and compared with the others.
#ifndef SIM_WORKLOAD_DEVICE_DEVICE_FIT_H
#define SIM_WORKLOAD_DEVICE_DEVICE_FIT_H

#include "reports/histogram.h"
#include "reports/style.h"
#include "sim/base/progress.h"
#include "sim/scenario/scenario.h"

#include <jansson.h>
#include <signal.h>

// What a device that is accepted may be off by.
#define FIT_DISTANCE_MAX 0.15 // of each member's latencies (KS)
#define FIT_MEAN_MAX 0.25     // of each mean
#define FIT_MEAN_LEAST 20     // requests: of fewer, a mean is not judged
#define FIT_CLASS_LEAST 20    // of fewer there is no class of their own
#define FIT_CLASS_JUDGED 100  // requests: of fewer, a class is not judged
#define FIT_CLASS_DISTANCE_MAX 0.08

// What a request finds when it comes.
enum fit_found {
    FIT_ALONE,  // nothing
    FIT_OTHERS, // requests of other members, none of its own
    FIT_OWN,    // requests of its own
    FIT_FOUND_COUNT,
};

struct fit_mean {
    uint64_t count;
    double sum_ns;
};

struct fit_member_times {
    struct report_histogram histogram;
    struct fit_mean means[FIT_FOUND_COUNT];
};

// Of one class of requests of one member, or of all (SCENARIO_NONE).
struct fit_samples {
    int64_t *values;
    size_t count;
    uint64_t seen;
    uint64_t stride; // every so many is kept
};

#define FIT_LAW_COUNT 3 // enum scenario_law

struct fit_class {
    uint32_t member; // SCENARIO_NONE: of any
    unsigned op;     // as in struct scenario_class
    unsigned size;
    uint64_t requests;
    struct fit_samples fitted; // every second one, of all
    struct fit_samples idle;   // of them, those that found nothing
    struct fit_samples tested; // the others
    double distances[FIT_LAW_COUNT];
};

#define FIT_CANDIDATES_MAX 8

struct fit_candidate {
    enum scenario_device_model model;
    uint32_t servers;
    struct fit_member_times *times; // by member
    double *distances;              // by member (KS)
    double worst_distance;
    double worst_mean; // with its sign
    uint32_t worst_member;
    enum fit_found worst_found;
    double score; // at most 1: accepted
};

struct device_fit_options {
    enum scenario_device_model model; // AUTO: whichever is better
    enum scenario_law law;
    uint32_t servers; // 0: some are tried
    int64_t bandwidth;
    int64_t seed;
    const volatile sig_atomic_t *stop;
    progress_tell *progress; // may be NULL
    void *progress_context;
};

struct device_fit {
    struct scenario *scenario; // the caller's: its device is changed
    struct device_fit_options options;
    struct fit_class *classes; // those of members, then of any
    size_t class_count;
    uint64_t requests;
    uint64_t unknown; // that the recording does not tell the latency of
    struct fit_member_times *recorded;
    struct fit_candidate candidates[FIT_CANDIDATES_MAX];
    size_t candidate_count;
    size_t best;
    struct scenario_device device; // the best
};

// The scenario has traces and no limits. False with the error filled; device_fit_free is needed in
// any case.
bool device_fit(struct device_fit *fit, struct scenario *scenario,
                const struct device_fit_options *options, struct sim_error *error);
void device_fit_free(struct device_fit *fit);

// False: out of memory.
bool device_fit_print(const struct device_fit *fit, const struct report_style *style);

// A new reference; NULL: out of memory, or a name that is not UTF-8.
json_t *device_fit_json(const struct device_fit *fit);

const char *fit_found_name(enum fit_found found);
static inline double fit_mean_value(const struct fit_mean *mean)
{
    return mean->count == 0 ? 0 : mean->sum_ns / (double)mean->count;
}

// ---- Parts ----

// A device of this kind, from the classes. False with the error filled.
bool fit_make_device(const struct device_fit *fit, enum scenario_device_model model,
                     uint32_t servers, struct scenario_device *device, struct sim_error *error);

// How far each law is from the requests that it was not fitted to.
void fit_measure_classes(struct device_fit *fit);

bool fit_samples_add(struct fit_samples *samples, int64_t value_ns);

// Replays the scenario as it is. classes: they take the samples, too. False with the error filled.
bool fit_replay(struct device_fit *fit, struct fit_member_times *times, bool classes, unsigned pass,
                struct sim_error *error);

#endif
