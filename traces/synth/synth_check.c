// SPDX-License-Identifier: GPL-2.0-or-later
// What a specification must be, so that every number drawn from it is finite, no step takes no time
// for ever, and memory is bounded. Comparisons are written so that a NaN fails them.
#include "traces/synth.h"

#include "traces/notices.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct check {
    struct trace_error *error;
    const char *volume;
};

static bool fail(const struct check *check, const char *format, ...) TRACE_PRINTF(2, 3);

static bool fail(const struct check *check, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    trace_error_set(check->error, "volume %.100s: %s", check->volume, text);
    return false;
}

static bool in_range(const struct check *check, const char *what, double value, double least,
                     double most, const char *unit)
{
    return (value >= least && value <= most) ||
           fail(check, "%s must be %.15g to %.15g%s, found %.15g", what, least, most, unit, value);
}

// ---- Laws ----

static const struct {
    const char *name;
    double least, most; // of the shape; 0: it has none
} laws[SYNTH_LAW_COUNT] = {
    [SYNTH_CONSTANT] = {"constant", 0, 0},   [SYNTH_EXPONENTIAL] = {"exponential", 0, 0},
    [SYNTH_GAMMA] = {"gamma", 0.01, 1000},   [SYNTH_WEIBULL] = {"weibull", 0.1, 100},
    [SYNTH_PARETO] = {"pareto", 1.01, 1000}, [SYNTH_LOGNORMAL] = {"lognormal", 0.01, 5},
};

const char *synth_law_name(enum synth_law law)
{
    return laws[law].name;
}

static bool check_shape(const struct check *check, const char *what, const struct synth_draw *draw)
{
    char name[64];
    snprintf(name, sizeof name, "%s: the shape of %s", what, laws[draw->law].name);
    return laws[draw->law].most == 0 ||
           in_range(check, name, draw->shape, laws[draw->law].least, laws[draw->law].most, "");
}

static bool check_draw(const struct check *check, const char *what, const struct synth_draw *draw)
{
    char name[64];
    snprintf(name, sizeof name, "the mean of %s", what);
    return in_range(check, name, draw->mean, SYNTH_MEAN_NS_MIN, SYNTH_MEAN_NS_MAX, " ns") &&
           check_shape(check, what, draw);
}

// One whose mean may be 0.
static bool check_draw_or_none(const struct check *check, const char *what,
                               const struct synth_draw *draw)
{
    return draw->mean == 0 || check_draw(check, what, draw);
}

// ---- Arrivals ----

static bool check_rate(const struct check *check, const char *what, double rate_per_s)
{
    return in_range(check, what, rate_per_s, SYNTH_RATE_MIN, SYNTH_RATE_MAX, " a second");
}

// A gap's mean is given as a rate.
static bool check_gap(const struct check *check, const struct synth_draw *gap)
{
    return check_rate(check, "the rate", 1e9 / gap->mean) && check_draw(check, "the gap", gap);
}

static bool check_states(const struct check *check, const struct synth_arrivals *arrivals)
{
    bool has_rate = false;
    if (arrivals->state_count < 2 || arrivals->state_count > SYNTH_STATES_MAX)
        return fail(check, "an mmpp has 2 to %d states, found %" PRIu32, SYNTH_STATES_MAX,
                    arrivals->state_count);
    for (uint32_t i = 0; i < arrivals->state_count; i++) {
        const struct synth_state *state = &arrivals->states[i];
        if (state->rate_per_s != 0 && !check_rate(check, "the rate of a state", state->rate_per_s))
            return false;
        has_rate = has_rate || state->rate_per_s > 0;
        if (!in_range(check, "the mean of a state", state->mean_ns, SYNTH_MEAN_NS_MIN,
                      SYNTH_MEAN_NS_MAX, " ns"))
            return false;
    }
    return has_rate || fail(check, "no state of the mmpp has a rate above 0");
}

static bool check_diurnal(const struct check *check, const struct synth_arrivals *arrivals)
{
    if (arrivals->period_ns < 1 || arrivals->period_ns > SYNTH_PERIOD_NS_MAX)
        return fail(check, "the period must be 1 ns to 366 days, found %" PRId64 " ns",
                    arrivals->period_ns);
    if (arrivals->peak_ns < 0 || arrivals->peak_ns >= arrivals->period_ns)
        return fail(check,
                    "the peak must be within the period, at 0 to %" PRId64 " ns, found %" PRId64
                    " ns",
                    arrivals->period_ns - 1, arrivals->peak_ns);
    return check_rate(check, "the rate", arrivals->rate_per_s) &&
           in_range(check, "the amplitude", arrivals->amplitude, 0, 1, "") &&
           check_rate(check, "the highest rate", arrivals->rate_per_s * (1 + arrivals->amplitude));
}

static bool check_closed(const struct check *check, const struct synth_volume *volume)
{
    const struct synth_arrivals *arrivals = &volume->arrivals;
    if (arrivals->clients < 1 || arrivals->clients > SYNTH_CLIENTS_MAX)
        return fail(check, "there must be 1 to %d clients, found %" PRIu32, SYNTH_CLIENTS_MAX,
                    arrivals->clients);
    if (arrivals->batch_mean != 0 && arrivals->batch_mean != 1)
        return fail(check, "closed clients send one request at a time: instead of batches, give "
                           "them more clients");
    if (volume->latency_ns.mean == 0)
        return fail(check, "closed clients wait for their requests, so a latency is needed");
    return check_draw_or_none(check, "the thinking", &arrivals->think_ns);
}

static bool check_process(const struct check *check, const struct synth_volume *volume)
{
    const struct synth_arrivals *arrivals = &volume->arrivals;
    switch (arrivals->process) {
    case SYNTH_RENEWAL:
        return check_gap(check, &arrivals->gap_ns);
    case SYNTH_ON_OFF:
        return check_gap(check, &arrivals->gap_ns) &&
               check_draw(check, "the on periods", &arrivals->on_ns) &&
               check_draw(check, "the off periods", &arrivals->off_ns);
    case SYNTH_MMPP:
        return check_states(check, arrivals);
    case SYNTH_DIURNAL:
        return check_diurnal(check, arrivals);
    default:
        return check_closed(check, volume);
    }
}

static bool check_bursts(const struct check *check, const struct synth_volume *volume)
{
    bool has_bursts =
        volume->arrivals.process == SYNTH_ON_OFF || volume->arrivals.process == SYNTH_MMPP;
    if (!in_range(check, "the correlation", volume->correlation, 0, 1, ""))
        return false;
    return has_bursts || (volume->correlation == 0 && volume->bursts == NULL) ||
           fail(check, "only on-off and mmpp have bursts that can be correlated");
}

static bool check_batches(const struct check *check, const struct synth_arrivals *arrivals)
{
    return (arrivals->batch_mean == 0 ||
            in_range(check, "the mean of a batch", arrivals->batch_mean, 1, 1e6, " requests")) &&
           check_draw_or_none(check, "the gap in a batch", &arrivals->batch_gap_ns);
}

// ---- Requests ----

static bool check_sizes(const struct check *check, const struct synth_kind *kind)
{
    double sum = 0;
    if (kind->size_count > SYNTH_SIZES_MAX || (kind->size_count == 0 && kind->op != TRACE_FLUSH))
        return fail(check, "a kind has 1 to %d sizes, found %" PRIu32, SYNTH_SIZES_MAX,
                    kind->size_count);
    for (uint32_t i = 0; i < kind->size_count; i++) {
        uint64_t bytes = kind->sizes[i].bytes;
        if ((bytes == 0) != (kind->op == TRACE_FLUSH))
            return fail(check, "a size of %" PRIu64 " bytes; a flush has none, and all else has",
                        bytes);
        if (bytes > kind->span && kind->op != TRACE_FLUSH)
            return fail(check,
                        "requests of %" PRIu64 " bytes do not fit into the %" PRIu64
                        " bytes where they are to be",
                        bytes, kind->span);
        if (!in_range(check, "the weight of a size", kind->sizes[i].weight, 0, 1e15, ""))
            return false;
        sum += kind->sizes[i].weight;
    }
    return kind->size_count == 0 ||
           in_range(check, "the weight of all sizes", sum, 1e-15, 1e18, "");
}

static bool check_places(const struct check *check, const struct synth_kind *kind)
{
    const uint64_t end_max = UINT64_C(1) << 63;
    if (kind->op == TRACE_FLUSH)
        return true;
    if (kind->first >= end_max || kind->span >= end_max || kind->first + kind->span >= end_max)
        return fail(check,
                    "the end of the space must be below 2^63 bytes, found %" PRIu64 " + %" PRIu64,
                    kind->first, kind->span);
    if (kind->align < 1 || kind->align >= end_max)
        return fail(check, "places are aligned to 1 byte or more, found %" PRIu64, kind->align);
    if (!in_range(check, "the sequential share", kind->sequential, 0, 1, ""))
        return false;
    if (kind->place == SYNTH_UNIFORM)
        return true;
    if (kind->span / kind->align > SYNTH_PLACES_MAX)
        return fail(check, "zipf has at most 2^40 places, found %" PRIu64 ": align to more bytes",
                    kind->span / kind->align);
    return in_range(check, "the exponent of zipf", kind->zipf_exponent, 0.01, 10, "");
}

static bool check_kinds(const struct check *check, const struct synth_volume *volume)
{
    double sum = 0;
    if (volume->kind_count < 1 || volume->kind_count > SYNTH_KINDS_MAX)
        return fail(check, "there must be 1 to %d kinds of requests, found %" PRIu32,
                    SYNTH_KINDS_MAX, volume->kind_count);
    for (uint32_t i = 0; i < volume->kind_count; i++) {
        const struct synth_kind *kind = &volume->kinds[i];
        if (!check_sizes(check, kind) || !check_places(check, kind) ||
            !in_range(check, "the weight of a kind", kind->weight, 0, 1e15, ""))
            return false;
        sum += kind->weight;
    }
    return in_range(check, "the weight of all kinds", sum, 1e-15, 1e18, "");
}

static bool check_name(const struct check *check, const char *name)
{
    if (name == NULL || name[0] == '\0' || strlen(name) > 255)
        return fail(check, "a name has 1 to 255 bytes");
    for (; *name != '\0'; name++) {
        if ((unsigned char)*name < 0x20 || *name == 0x7f)
            return fail(check, "a name has no control characters");
    }
    return true;
}

bool synth_check_volume(const struct synth_volume *volume, struct trace_error *error)
{
    struct check check = {error, volume->name == NULL ? "" : volume->name};
    if (!check_name(&check, volume->name) ||
        (volume->bursts != NULL && !check_name(&check, volume->bursts)))
        return false;
    if (volume->count < 1 || volume->count > SYNTH_VOLUMES_MAX)
        return fail(&check, "the count of volumes must be 1 to %d, found %" PRIu32,
                    SYNTH_VOLUMES_MAX, volume->count);
    return check_process(&check, volume) && check_bursts(&check, volume) &&
           check_batches(&check, &volume->arrivals) && check_kinds(&check, volume) &&
           check_draw_or_none(&check, "the latency", &volume->latency_ns);
}
