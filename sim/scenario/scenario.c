// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/scenario/scenario_internal.h"

#include "sim/base/units.h"

#include <stdlib.h>
#include <string.h>

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

const char *scenario_device_name(enum scenario_device_model model)
{
    static const char *const names[] = {
        [SCENARIO_DEVICE_NULL] = "null",
        [SCENARIO_DEVICE_FIXED] = "fixed",
        [SCENARIO_DEVICE_RECORDED] = "recorded",
    };
    return names[model];
}

bool scenario_parse_device(const char *text, struct scenario_device *device)
{
    if (strcmp(text, "null") == 0)
        device->model = SCENARIO_DEVICE_NULL;
    else if (strcmp(text, "recorded") == 0)
        device->model = SCENARIO_DEVICE_RECORDED;
    else if (strncmp(text, "fixed:", 6) == 0 && units_parse_duration(text + 6, &device->latency_ns))
        device->model = SCENARIO_DEVICE_FIXED;
    else
        return false;
    return true;
}

bool scenario_parse_arrival(const char *text, enum trace_arrival *arrival)
{
    bool issue = strcmp(text, "issue") == 0;
    *arrival = issue ? TRACE_ARRIVAL_ISSUE : TRACE_ARRIVAL_QUEUE;
    return issue || strcmp(text, "queue") == 0;
}

static const char *const attach_names[ENGINE_ATTACH_COUNT] = {
    [ENGINE_FILTER] = "filter",
    [ENGINE_DRIVE] = "drive",
};

bool scenario_parse_attach(const char *text, enum engine_attach *attach)
{
    for (int i = 0; i < ENGINE_ATTACH_COUNT; i++) {
        if (strcmp(text, attach_names[i]) == 0) {
            *attach = (enum engine_attach)i;
            return true;
        }
    }
    return false;
}

const char *scenario_attach_name(enum engine_attach attach)
{
    return attach_names[attach];
}

const char *scenario_event_name(enum scenario_event_kind kind)
{
    static const char *const names[SCENARIO_EVENT_COUNT] = {
        [SCENARIO_QOM_SET] = "qom-set",
        [SCENARIO_BLOCK_SET_IO_THROTTLE] = "block_set_io_throttle",
        [SCENARIO_DRAINED_BEGIN] = "drained_begin",
        [SCENARIO_DRAINED_END] = "drained_end",
        [SCENARIO_LEAVE] = "leave",
        [SCENARIO_JOIN] = "join",
    };
    return names[kind];
}

const char *scenario_algorithm_at(const void *words, size_t index)
{
    (void)words;
    size_t count;
    const struct engine_algorithm *const *algorithms = engine_algorithms(&count);
    return index < count ? algorithms[index]->name : NULL;
}
