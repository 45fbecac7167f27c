// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/scenario/scenario_internal.h"

#include <stdlib.h>

void scenario_free(struct scenario *scenario)
{
    if (scenario == NULL)
        return;
    names_free(&scenario->group_names);
    names_free(&scenario->member_names);
    for (size_t i = 0; i < scenario->group_count; i++)
        free(scenario->groups[i].name);
    for (size_t i = 0; i < scenario->member_count; i++) {
        free(scenario->members[i].name);
        free(scenario->members[i].volume);
        scenario_trace_free(&scenario->members[i].trace);
    }
    for (size_t i = 0; i < scenario->event_count; i++)
        free(scenario->events[i].group);
    for (size_t i = 0; i < scenario->notice_count; i++)
        free(scenario->notices[i]);
    free(scenario->notices);
    for (size_t i = 0; i < scenario->trace_count; i++)
        scenario_trace_free(&scenario->traces[i]);
    free(scenario->traces);
    free(scenario->groups);
    free(scenario->members);
    free(scenario->events);
    free(scenario->name);
    free(scenario->source);
    free(scenario);
}

const char *scenario_algorithm_at(const void *words, size_t index)
{
    (void)words;
    size_t count;
    const struct engine_algorithm *const *algorithms = engine_algorithms(&count);
    return index < count ? algorithms[index]->name : NULL;
}
