// SPDX-License-Identifier: GPL-2.0-or-later
// Specifications as a whole: what they ask for, and whether that can be had.
#include "traces/notices.h"
#include "traces/synth.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BATCHES_MAX 1e6            // at once, of all volumes
#define CHANGES_MAX 1e9            // of periods and states, of all volumes, and
#define CHANGES_A_REQUEST_MAX 1000 // for each request

const char *synth_process_name(enum synth_process process)
{
    static const char *const names[SYNTH_PROCESS_COUNT] = {
        [SYNTH_RENEWAL] = "renewal", [SYNTH_ON_OFF] = "on-off", [SYNTH_MMPP] = "mmpp",
        [SYNTH_DIURNAL] = "diurnal", [SYNTH_CLOSED] = "closed",
    };
    return names[process];
}

const char *synth_place_name(enum synth_place place)
{
    static const char *const names[SYNTH_PLACE_COUNT] = {
        [SYNTH_UNIFORM] = "uniform",
        [SYNTH_ZIPF] = "zipf",
    };
    return names[place];
}

void synth_spec_free(struct synth_spec *spec)
{
    for (size_t i = 0; i < spec->volume_count; i++) {
        free(spec->volumes[i].name);
        free(spec->volumes[i].bursts);
    }
    free(spec->volumes);
    *spec = (struct synth_spec){0};
}

// ---- What is asked for ----

static double mmpp_rate(const struct synth_arrivals *arrivals)
{
    double requests = 0, total_ns = 0;
    for (uint32_t i = 0; i < arrivals->state_count; i++) {
        requests += arrivals->states[i].rate_per_s * arrivals->states[i].mean_ns;
        total_ns += arrivals->states[i].mean_ns;
    }
    return requests / total_ns;
}

static double batch_mean(const struct synth_arrivals *arrivals)
{
    return arrivals->batch_mean > 1 ? arrivals->batch_mean : 1;
}

double synth_volume_rate_per_s(const struct synth_volume *volume)
{
    const struct synth_arrivals *arrivals = &volume->arrivals;
    double batches = batch_mean(arrivals);
    switch (arrivals->process) {
    case SYNTH_RENEWAL:
        return batches * 1e9 / arrivals->gap_ns.mean;
    case SYNTH_ON_OFF:
        return batches * 1e9 / arrivals->gap_ns.mean * arrivals->on_ns.mean /
               (arrivals->on_ns.mean + arrivals->off_ns.mean);
    case SYNTH_MMPP:
        return batches * mmpp_rate(arrivals);
    case SYNTH_DIURNAL:
        return batches * arrivals->rate_per_s;
    default:
        return arrivals->clients * 1e9 / (arrivals->think_ns.mean + volume->latency_ns.mean);
    }
}

// Of batches, while it is highest.
static double peak_rate_per_s(const struct synth_arrivals *arrivals)
{
    double peak = 0;
    if (arrivals->process == SYNTH_DIURNAL)
        return arrivals->rate_per_s * (1 + arrivals->amplitude);
    if (arrivals->process != SYNTH_MMPP)
        return 1e9 / arrivals->gap_ns.mean;
    for (uint32_t i = 0; i < arrivals->state_count; i++)
        peak = arrivals->states[i].rate_per_s > peak ? arrivals->states[i].rate_per_s : peak;
    return peak;
}

// Changes of state a second, with those of the common states.
static double changes_per_s(const struct synth_arrivals *arrivals)
{
    double cycle_ns = 0;
    if (arrivals->process == SYNTH_ON_OFF)
        return 4e9 / (arrivals->on_ns.mean + arrivals->off_ns.mean);
    if (arrivals->process != SYNTH_MMPP)
        return 0;
    for (uint32_t i = 0; i < arrivals->state_count; i++)
        cycle_ns += arrivals->states[i].mean_ns;
    return 2e9 * arrivals->state_count / cycle_ns;
}

struct totals {
    uint64_t volumes;
    uint64_t clients;
    double batches; // at once
    double requests;
    double changes;
};

static struct totals count_totals(const struct synth_spec *spec)
{
    struct totals totals = {0};
    double duration_s = (double)spec->duration_ns / 1e9;
    for (size_t i = 0; i < spec->volume_count; i++) {
        const struct synth_volume *volume = &spec->volumes[i];
        const struct synth_arrivals *arrivals = &volume->arrivals;
        totals.volumes += volume->count;
        totals.requests += volume->count * duration_s * synth_volume_rate_per_s(volume);
        totals.changes += volume->count * duration_s * changes_per_s(arrivals);
        if (arrivals->process == SYNTH_CLOSED)
            totals.clients += (uint64_t)volume->count * arrivals->clients;
        else
            totals.batches += volume->count * peak_rate_per_s(arrivals) *
                              (batch_mean(arrivals) - 1) * arrivals->batch_gap_ns.mean / 1e9;
    }
    if (spec->requests_max > 0 && totals.requests > (double)spec->requests_max)
        totals.requests = (double)spec->requests_max;
    return totals;
}

static bool check_totals(const struct synth_spec *spec, struct trace_error *error)
{
    struct totals totals = count_totals(spec);
    bool ok = false;
    if (totals.volumes > SYNTH_VOLUMES_MAX)
        trace_error_set(error, "%" PRIu64 " volumes in all, at most %d are possible",
                        totals.volumes, SYNTH_VOLUMES_MAX);
    else if (totals.clients > SYNTH_CLIENTS_MAX)
        trace_error_set(error, "%" PRIu64 " clients in all, at most %d are possible",
                        totals.clients, SYNTH_CLIENTS_MAX);
    else if (!(totals.batches <= BATCHES_MAX))
        trace_error_set(error,
                        "about %.3g batches at once, at most %.0e are possible: shorten the gap in "
                        "a batch",
                        totals.batches, BATCHES_MAX);
    else if (!(totals.requests <= SYNTH_REQUESTS_MAX))
        trace_error_set(error,
                        "about %.3g requests are asked for, at most %.0e are possible: lower the "
                        "rates, the duration, or give a number of requests",
                        totals.requests, SYNTH_REQUESTS_MAX);
    else if (!(totals.changes <= CHANGES_MAX) &&
             !(totals.changes <= CHANGES_A_REQUEST_MAX * totals.requests))
        trace_error_set(error,
                        "periods and states change about %.3g times, for %.3g requests: make them "
                        "longer, or the duration shorter",
                        totals.changes, totals.requests);
    else
        ok = true;
    return ok;
}

// ---- Common periods ----

static bool is_same_draw(const struct synth_draw *a, const struct synth_draw *b)
{
    bool has_shape = a->law != SYNTH_CONSTANT && a->law != SYNTH_EXPONENTIAL;
    return a->law == b->law && a->mean == b->mean && (!has_shape || a->shape == b->shape);
}

static bool has_same_periods(const struct synth_arrivals *a, const struct synth_arrivals *b)
{
    if (a->process != b->process)
        return false;
    if (a->process == SYNTH_ON_OFF)
        return is_same_draw(&a->on_ns, &b->on_ns) && is_same_draw(&a->off_ns, &b->off_ns);
    if (a->state_count != b->state_count)
        return false;
    for (uint32_t i = 0; i < a->state_count; i++) {
        if (a->states[i].mean_ns != b->states[i].mean_ns)
            return false;
    }
    return true;
}

// Whatever is compared with the first of the same name is compared with all.
static bool check_common(const struct synth_spec *spec, size_t index, struct trace_error *error)
{
    const struct synth_volume *volume = &spec->volumes[index];
    for (size_t i = 0; volume->bursts != NULL && i < index; i++) {
        const struct synth_volume *other = &spec->volumes[i];
        if (other->bursts == NULL || strcmp(other->bursts, volume->bursts) != 0)
            continue;
        if (has_same_periods(&volume->arrivals, &other->arrivals))
            return true;
        trace_error_set(error,
                        "volume %.100s: its bursts '%.100s' are those of volume %.100s, so process "
                        "and periods must be the same",
                        volume->name, volume->bursts, other->name);
        return false;
    }
    return true;
}

// Most volumes of the same name are found here, where one knows the entry; an "a-1" beside two "a"
// only by synth_open.
static bool check_same_name(const struct synth_spec *spec, size_t index, struct trace_error *error)
{
    const struct synth_volume *volume = &spec->volumes[index];
    for (size_t i = 0; i < index; i++) {
        const struct synth_volume *other = &spec->volumes[i];
        if ((volume->count == 1) == (other->count == 1) && strcmp(volume->name, other->name) == 0) {
            trace_error_set(error, "volume %.255s: there are two of that name", volume->name);
            return false;
        }
    }
    return true;
}

bool synth_check_entry(const struct synth_spec *spec, size_t index, struct trace_error *error)
{
    return synth_check_volume(&spec->volumes[index], error) && check_common(spec, index, error) &&
           check_same_name(spec, index, error);
}

bool synth_check(const struct synth_spec *spec, struct trace_error *error)
{
    if (spec->volume_count < 1 || spec->volume_count > SYNTH_ENTRIES_MAX) {
        trace_error_set(error, "a specification has 1 to %d volumes or kinds of volumes, found %zu",
                        SYNTH_ENTRIES_MAX, spec->volume_count);
        return false;
    }
    if (spec->duration_ns < 1 || spec->duration_ns > SYNTH_DURATION_NS_MAX) {
        trace_error_set(error, "the duration must be 1 ns to 2^62 ns, found %" PRId64 " ns",
                        spec->duration_ns);
        return false;
    }
    for (size_t i = 0; i < spec->volume_count; i++) {
        if (!synth_check_entry(spec, i, error))
            return false;
    }
    return check_totals(spec, error);
}
