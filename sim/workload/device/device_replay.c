// SPDX-License-Identifier: GPL-2.0-or-later
// One replay of a fit, and what each of its requests found and took.
#include "sim/replay/replay.h"
#include "sim/workload/device/device_fit.h"
#include "traces/map.h"

#include <stdlib.h>

#define PASSES (1 + FIT_CANDIDATES_MAX)

struct watching {
    struct device_fit *fit;
    struct fit_member_times *times;
    bool classes;
    uint64_t *outstanding; // by member
    uint64_t all;
    struct trace_map found; // by the request's number, while it is outstanding
    bool no_memory;
    unsigned pass;
};

// Of one whose latency nobody knows nothing is known of when it was outstanding.
static void arrive(void *context, const struct sim_request *request)
{
    struct watching *watching = context;
    uint32_t member = request->engine.member;
    if (request->recorded_ns == REQUEST_UNKNOWN)
        return;
    enum fit_found found = watching->outstanding[member] > 0 ? FIT_OWN
                           : watching->all > 0               ? FIT_OTHERS
                                                             : FIT_ALONE;
    watching->outstanding[member]++;
    watching->all++;
    if (!trace_map_put(&watching->found, sim_request_seq(request), 0, found))
        watching->no_memory = true;
}

static void add_to_class(struct watching *watching, struct fit_class *class, enum fit_found found,
                         int64_t latency_ns)
{
    struct fit_samples *half = class->requests % 2 == 0 ? &class->fitted : &class->tested;
    bool ok = fit_samples_add(half, latency_ns);
    if (half == &class->fitted && found == FIT_ALONE)
        ok = fit_samples_add(&class->idle, latency_ns) && ok;
    class->requests++;
    watching->no_memory = watching->no_memory || !ok;
}

static void complete(void *context, const struct sim_request *request, int64_t now_ns)
{
    struct watching *watching = context;
    struct device_fit *fit = watching->fit;
    const struct engine_request *engine = &request->engine;
    if (request->recorded_ns == REQUEST_UNKNOWN)
        return;
    if (watching->no_memory)
        return;
    struct trace_map_slot *slot = trace_map_find(&watching->found, sim_request_seq(request), 0);
    enum fit_found found = (enum fit_found)slot->value;
    int64_t latency_ns = now_ns - engine->arrival_ns;
    struct fit_member_times *times = &watching->times[engine->member];
    trace_map_clear(&watching->found, slot);
    watching->outstanding[engine->member]--;
    watching->all--;
    times->means[found].count++;
    times->means[found].sum_ns += (double)latency_ns;
    if (!report_histogram_record(&times->histogram, latency_ns))
        watching->no_memory = true;
    unsigned size =
        engine->op == ENGINE_FLUSH ? SCENARIO_SIZE_ANY : (unsigned)scenario_size_of(engine->bytes);
    for (size_t i = 0; watching->classes && i < fit->class_count; i++) {
        struct fit_class *class = &fit->classes[i];
        if ((class->member == SCENARIO_NONE || class->member == engine->member) &&
            (class->op == 0 || (class->op == engine->op + 1u && class->size == size)))
            add_to_class(watching, class, found, latency_ns);
    }
}

static void progress(void *context, const struct progress_state *state)
{
    const struct watching *watching = context;
    struct progress_state whole = *state;
    if (whole.share >= 0)
        whole.share = (watching->pass + whole.share) / PASSES;
    watching->fit->options.progress(watching->fit->options.progress_context, &whole);
}

static bool watch(struct watching *watching, struct sim_error *error)
{
    static const struct replay_observer observer = {.arrival = arrive, .complete = complete};
    const struct device_fit_options *options = &watching->fit->options;
    struct progress_watch watch = {options->stop, options->progress == NULL ? NULL : progress,
                                   watching};
    struct replay replay;
    enum replay_step step = REPLAY_FAILED;
    if (replay_open(&replay, watching->fit->scenario, NULL, error) &&
        replay_start(&replay, &observer, watching))
        step = replay_all(&replay, &watch);
    watching->fit->requests = replay.next_seq;
    replay_close(&replay);
    if (step == REPLAY_STOPPED)
        return sim_fail(error, SIM_FAILED, "stopped");
    return step == REPLAY_FINISHED && (!watching->no_memory || sim_fail_memory(error));
}

bool fit_replay(struct device_fit *fit, struct fit_member_times *times, bool classes, unsigned pass,
                struct sim_error *error)
{
    struct watching watching = {
        .fit = fit,
        .times = times,
        .classes = classes,
        .pass = pass,
        .outstanding = calloc(fit->scenario->member_count, sizeof *watching.outstanding),
    };
    bool ok = watching.outstanding != NULL ? watch(&watching, error) : sim_fail_memory(error);
    free(watching.outstanding);
    trace_map_free(&watching.found);
    return ok;
}
