// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/devices/draws.h"

#include <stdlib.h>
#include <string.h>

#define SERIAL_SHARE 0.1

int64_t draws_quantile(const struct scenario_class *class, double share)
{
    double place = share * (double)(class->quantile_count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= class->quantile_count)
        return class->quantiles[class->quantile_count - 1];
    int64_t step_ns = class->quantiles[below + 1] - class->quantiles[below];
    return class->quantiles[below] + (int64_t)((double)step_ns * (place - (double)below));
}

static void open_class(struct draws_of_class *of, const struct scenario_class *class)
{
    static const enum synth_law laws[] = {
        [SCENARIO_LAW_LOGNORMAL] = SYNTH_LOGNORMAL,
        [SCENARIO_LAW_GAMMA] = SYNTH_GAMMA,
    };
    of->class = class;
    of->serial_ns = class->serial_ns;
    if (class->law != SCENARIO_LAW_EMPIRICAL)
        synth_sampler_init(&of->sampler, &(struct synth_draw){
                                             .law = laws[class->law],
                                             .mean = (double)class->mean_ns,
                                             .shape = (double)class->shape.numerator /
                                                      (double)class->shape.denominator,
                                         });
    else if (class->serial_ns == INT64_MAX)
        of->serial_ns = draws_quantile(class, SERIAL_SHARE);
}

// By its id, or by the volume of a recording that it replays.
static bool is_called(const struct scenario_member *member, const char *name)
{
    return strcmp(member->name, name) == 0 ||
           (member->volume != NULL && strcmp(member->volume, name) == 0);
}

// The first class counts.
static const struct draws_of_class *find_class(const struct draws *draws,
                                               const struct scenario_member *member, unsigned op,
                                               unsigned size)
{
    const struct draws_of_class *of = draws->classes;
    for (;; of++) {
        const struct scenario_class *class = of->class;
        bool is_its = class->member == NULL || is_called(member, class->member);
        if (is_its && (class->op == 0 || class->op == op + 1) &&
            (class->size == SCENARIO_SIZE_ANY || class->size == size))
            return of;
    }
}

static void open_member(const struct draws *draws, struct draws_of_member *member,
                        const struct scenario_member *of, int64_t seed)
{
    struct synth_stream stream;
    synth_stream_init(&stream, (uint64_t)seed, of->name, SYNTH_FOR_DEVICES);
    member->key = synth_stream_bits(&stream);
    for (unsigned op = 0; op < ENGINE_OP_COUNT; op++) {
        for (unsigned size = SCENARIO_SIZE_SMALL; size < SCENARIO_SIZE_COUNT; size++)
            member->classes[op][size] = find_class(draws, of, op, size);
    }
}

bool draws_open(struct draws *draws, const struct scenario_device *config,
                const struct scenario *scenario)
{
    *draws = (struct draws){
        .classes = calloc(config->class_count, sizeof *draws->classes),
        .members = calloc(scenario->member_count, sizeof *draws->members),
    };
    if (draws->classes == NULL || draws->members == NULL)
        return false;
    for (size_t i = 0; i < config->class_count; i++)
        open_class(&draws->classes[i], &config->classes[i]);
    for (size_t i = 0; i < scenario->member_count; i++)
        open_member(draws, &draws->members[i], &scenario->members[i], config->seed);
    return true;
}

void draws_close(struct draws *draws)
{
    free(draws->classes);
    free(draws->members);
}

struct draw draws_take(const struct draws *draws, const struct sim_request *request,
                       uint64_t number)
{
    const struct draws_of_member *member = &draws->members[request->engine.member];
    enum scenario_size size = scenario_size_of(request->engine.bytes);
    const struct draws_of_class *of = member->classes[request->engine.op][size];
    struct synth_stream stream;
    synth_stream_init(&stream, member->key + number, "", SYNTH_FOR_DEVICES);
    if (of->class->law == SCENARIO_LAW_EMPIRICAL)
        return (struct draw){draws_quantile(of->class, synth_stream_share(&stream)), of->serial_ns};
    double takes_ns = synth_sampler_draw(&of->sampler, &stream) + 0.5;
    return (struct draw){takes_ns < 0x1p62 ? (int64_t)takes_ns : INT64_MAX, of->serial_ns};
}
