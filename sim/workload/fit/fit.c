// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/fit.h"

#include "sim/base/stop.h"

#include <gsl/gsl_errno.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRIAL_REQUESTS_MAX 100000  // of one trial
#define TRIAL_REQUESTS_ALL 4000000 // of one trial of each volume
#define TRIAL_REQUESTS_MIN 5000
#define MADE_MAX 10000000 // requests that are compared with the recording
#define CORRELATION_MIN 0.05
#define NO_NUMBER UINT32_MAX

#define REQUESTS_PER_GUESS 4096

struct fit_options fit_options_of_all(void)
{
    return (struct fit_options){.seed = 1, .count = 1, .cut = cut_of_all()};
}

// ---- The recording ----

static uint64_t trial_requests(size_t volumes)
{
    uint64_t each = TRIAL_REQUESTS_ALL / volumes;
    return each > TRIAL_REQUESTS_MAX   ? TRIAL_REQUESTS_MAX
           : each < TRIAL_REQUESTS_MIN ? TRIAL_REQUESTS_MIN
                                       : each;
}

static uint64_t trial_of(const struct fit *fit, size_t volume)
{
    uint64_t requests = fit->record.volumes[volume].info.requests;
    uint64_t most = trial_requests(fit->record.volume_count);
    return requests > most ? most : requests < TRIAL_REQUESTS_MIN ? TRIAL_REQUESTS_MIN : requests;
}

// What it takes, if the volumes from `first` on are still to be described.
static double work_ahead(const struct fit *fit, size_t first)
{
    double ahead = FIT_READ_US * fmin((double)fit->record.all.info.requests, MADE_MAX);
    for (size_t i = first; i < fit->record.volume_count; i++)
        ahead += fit_work_volume(&fit->work, &fit->record.volumes[i], trial_of(fit, i));
    return ahead;
}

// Of every request that is read, whether it takes part or not.
static bool look(void *context, struct sim_error *error)
{
    struct fit *fit = context;
    if (fit->work.requests % REQUESTS_PER_GUESS == 0) {
        uint64_t consumed, total;
        trace_progress(fit->stream.trace, &consumed, &total);
        double all = consumed == 0 ? 1 : (double)total / (double)consumed;
        fit->work.total = fit->work.done * all + work_ahead(fit, 0);
    }
    return fit_work_step(&fit->work, FIT_READ_US, error);
}

// Volumes are numbered as they come up.
static bool number_volumes(struct fit *fit, struct sim_error *error)
{
    size_t count = trace_volume_count(fit->stream.trace);
    uint32_t *numbers = realloc(fit->numbers, count * sizeof *numbers);
    if (numbers == NULL)
        return sim_fail_memory(error);
    fit->numbers = numbers;
    for (; fit->number_count < count; fit->number_count++)
        numbers[fit->number_count] = NO_NUMBER;
    return true;
}

static bool read_request(struct fit *fit, struct sim_error *error)
{
    struct trace_request request = fit->stream.next;
    uint32_t volume = request.volume;
    request.arrival_ns = fit->stream.next_ns;
    if (volume >= fit->number_count && !number_volumes(fit, error))
        return false;
    if (fit->numbers[volume] == NO_NUMBER)
        fit->numbers[volume] = (uint32_t)fit->record.volume_count;
    request.volume = fit->numbers[volume];
    return fit_record_add(&fit->record, &request, error);
}

static bool read_all(struct fit *fit, struct sim_error *error)
{
    bool more, ok;
    fit->stream.look = look;
    fit->stream.look_context = fit;
    fit->stream.origin_ns =
        trace_times_are_absolute(fit->stream.trace) ? 0 : trace_origin_ns(fit->stream.trace);
    while ((ok = cut_advance(&fit->stream, &more, error)) && more) {
        if (!read_request(fit, error))
            return false;
    }
    return ok &&
           (fit->record.all.info.requests > 0 ||
            sim_fail(error, SIM_BAD_INPUT, "%s: there is no request in %s, so nothing to describe",
                     fit->path, fit->stream.requests_read > 0 ? "the part asked for" : "it"));
}

// ---- The specification ----

// A name as the recording has it, without what a specification does not allow.
static char *make_name(const char *name)
{
    char *copy = strdup(name == NULL || name[0] == '\0' ? "volume" : name);
    for (char *c = copy; c != NULL && *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
        if (c - copy == 255)
            *c = '\0';
    }
    return copy;
}

// So long that the rate is the same up to the end: a mean gap beyond the last arrival; and that
// there is a nanosecond for each request, as more is not made.
static int64_t duration_of(const struct info_volume *all)
{
    int64_t span_ns = all->last_ns - all->first_ns;
    int64_t gap_ns = all->requests > 1 ? span_ns / (int64_t)(all->requests - 1) : 1000000000;
    if (span_ns >= SYNTH_DURATION_NS_MAX || gap_ns >= SYNTH_DURATION_NS_MAX - span_ns)
        return SYNTH_DURATION_NS_MAX;
    int64_t duration_ns = span_ns + gap_ns;
    return duration_ns < (int64_t)all->requests ? (int64_t)all->requests : duration_ns;
}

// Of its clock, ns.
static int64_t tick_of(const struct fit_record *record)
{
    return record->resolution_ns < 1 ? 1 : record->resolution_ns;
}

static bool make_volume(struct fit *fit, size_t index, struct sim_error *error)
{
    const struct fit_volume *volume = &fit->record.volumes[index];
    struct synth_volume *spec = &fit->spec.volumes[index];
    struct fit_target target = {volume, fit->spec.duration_ns, tick_of(&fit->record),
                                trial_of(fit, index), &fit->work};
    struct fit_choice choice;
    spec->count = 1;
    if (spec->name == NULL)
        return sim_fail_memory(error);
    if (!fit_mix(volume, spec, &fit->work, error) || !fit_arrivals(&target, &choice, error))
        return false;
    spec->arrivals = choice.arrivals;
    fit->entries[index].score = choice.score;
    return true;
}

static bool make_spec(struct fit *fit, uint64_t seed, struct sim_error *error)
{
    const struct fit_record *record = &fit->record;
    fit->spec = (struct synth_spec){
        .seed = seed,
        .duration_ns = duration_of(&record->all.info),
        .volumes = calloc(record->volume_count, sizeof *fit->spec.volumes),
    };
    fit->spec.volume_count = fit->spec.volumes == NULL ? 0 : record->volume_count;
    fit->entries = calloc(record->volume_count, sizeof *fit->entries);
    if (fit->spec.volumes == NULL || fit->entries == NULL)
        return sim_fail_memory(error);
    for (uint32_t volume = 0; volume < fit->number_count; volume++) {
        if (fit->numbers[volume] != NO_NUMBER)
            fit->spec.volumes[fit->numbers[volume]].name =
                make_name(trace_volume_name(fit->stream.trace, volume));
    }
    for (size_t i = 0; i < record->volume_count; i++) {
        fit->work.total = fit->work.done + work_ahead(fit, i);
        fit->work.later = work_ahead(fit, i + 1);
        if (!make_volume(fit, i, error))
            return false;
        fit_work_learn(&fit->work, &record->volumes[i]);
    }
    fit->work.total = fit->work.done + fit->work.later;
    struct trace_error trace_error;
    return synth_check(&fit->spec, &trace_error) ||
           sim_fail(error, SIM_BAD_INPUT, "%s: no specification can describe it: %s", fit->path,
                    trace_error.message);
}

// ---- How good it is ----

static bool make_requests(struct fit *fit, struct fit_record *made, int64_t *last_ns,
                          struct sim_error *error)
{
    struct trace_error trace_error;
    struct trace_request request;
    enum trace_result result = TRACE_ERROR;
    int64_t resolution_ns = tick_of(&fit->record);
    fit->spec.requests_max = MADE_MAX;
    struct synth *synth = synth_open(&fit->spec, &trace_error);
    bool ok = synth != NULL;
    while (ok && (result = synth_read(synth, &request, &trace_error)) == TRACE_REQUEST) {
        *last_ns = request.arrival_ns;
        request.arrival_ns = request.arrival_ns / resolution_ns * resolution_ns;
        ok = fit_work_step(&fit->work, FIT_READ_US, error) && fit_record_add(made, &request, error);
    }
    if (synth == NULL || (ok && result != TRACE_END))
        ok = sim_fail(error, SIM_BAD_INPUT, "%s: no specification can describe it: %s", fit->path,
                      trace_error.message);
    synth_close(synth);
    fit->spec.requests_max = 0;
    return ok;
}

static bool compare_made(struct fit *fit, struct sim_error *error)
{
    static const struct fit_volume nothing;
    struct fit_record *made = &fit->made;
    int64_t last_ns = 0;
    bool ok = make_requests(fit, made, &last_ns, error);
    double recorded_s = (double)fit->spec.duration_ns / 1e9;
    double made_s = made->all.info.requests < MADE_MAX ? recorded_s : (double)last_ns / 1e9;
    ok = ok && (fit_goodness_fill(&fit->all, &fit->record.all, &made->all, recorded_s, made_s) ||
                sim_fail_memory(error));
    for (size_t i = 0; ok && i < fit->spec.volume_count; i++) {
        struct fit_goodness *goodness = &fit->entries[i].goodness;
        const struct fit_volume *its = i < made->volume_count ? &made->volumes[i] : &nothing;
        ok = fit_goodness_fill(goodness, &fit->record.volumes[i], its, recorded_s, made_s) ||
             sim_fail_memory(error);
        // Blocks are counted by volume only.
        fit->all.recorded.working_set += goodness->recorded.working_set;
        fit->all.made.working_set += goodness->made.working_set;
    }
    return ok;
}

bool fit_draw(struct fit *fit, const char *directory, report_plot_written *written, void *context,
              struct sim_error *error)
{
    struct info_volume *recorded = &fit->record.all.info, *made = &fit->made.all.info;
    int64_t recorded_ns = recorded->last_ns - recorded->first_ns;
    int64_t made_ns = made->last_ns - made->first_ns;
    if (recorded->series.bins == NULL)
        return sim_fail(error, SIM_BAD_INPUT, "%s: there are no reads or writes to be drawn",
                        fit->path);
    const struct info_drawing drawing = {.name = fit->path,
                                         .prefix = "fit-",
                                         .volumes = {recorded, made},
                                         .names = {"recorded", "made"},
                                         .count = made->series.bins != NULL ? 2 : 1,
                                         .ops = FIT_DRAWN_OPS,
                                         .span_ns = recorded_ns > made_ns ? recorded_ns : made_ns};
    return info_drawing_write(&drawing, directory, written, context, error);
}

// Volumes alike are given the correlation that the recording's volumes have at a second.
static void set_counts(struct fit *fit, uint32_t count)
{
    fit_correlate(&fit->record, fit->correlations, &fit->pairs);
    double correlation = fit->correlations[FIT_CORRELATION_COUNT - 1];
    for (size_t i = 0; i < fit->spec.volume_count; i++) {
        struct synth_volume *volume = &fit->spec.volumes[i];
        bool has_bursts = volume->arrivals.process != SYNTH_RENEWAL;
        volume->count = count;
        if (count > 1 && has_bursts && correlation >= CORRELATION_MIN)
            volume->correlation = (double)(int)(correlation * 100 + 0.5) / 100;
    }
}

bool fit_read(struct fit *fit, const struct trace_config *config, const struct fit_options *options,
              struct sim_error *error)
{
    struct trace_error trace_error;
    *fit = (struct fit){.path = config->path,
                        .cut = options->cut,
                        .work = fit_work_begin(options->progress, options->progress_context)};
    if (!cut_open(&fit->stream, config, &fit->cut, error))
        return false;
    // GSL would end the program where a number is too small for it; what it returns is looked at.
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    bool ok =
        read_all(fit, error) && make_spec(fit, options->seed, error) && compare_made(fit, error);
    gsl_set_error_handler(handler);
    if (ok)
        set_counts(fit, options->count);
    if (ok && stop_signal != 0)
        ok = sim_fail(error, SIM_FAILED, "interrupted");
    return ok && (synth_check(&fit->spec, &trace_error) ||
                  sim_fail(error, SIM_USAGE, "--volumes: %s", trace_error.message));
}

void fit_free(struct fit *fit)
{
    synth_spec_free(&fit->spec);
    free(fit->entries);
    free(fit->numbers);
    fit_record_free(&fit->record);
    fit_record_free(&fit->made);
    cut_close(&fit->stream);
    *fit = (struct fit){0};
}
