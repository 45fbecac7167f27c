// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/devices/device.h"

#include <stddef.h>
#include <stdlib.h>

// By enum scenario_device_model.
static const struct device_model *const models[SCENARIO_DEVICE_COUNT] = {
    [SCENARIO_DEVICE_NULL] = &device_delay,     [SCENARIO_DEVICE_FIXED] = &device_delay,
    [SCENARIO_DEVICE_RECORDED] = &device_delay, [SCENARIO_DEVICE_RANDOM] = &device_random,
    [SCENARIO_DEVICE_QUEUE] = &device_queue,
};

static struct device *open_one(const struct scenario_device *config,
                               const struct scenario *scenario, bool answers)
{
    enum scenario_device_model is = config->model;
    if (is == SCENARIO_DEVICE_AUTO)
        is = answers ? SCENARIO_DEVICE_RECORDED : SCENARIO_DEVICE_NULL;
    struct device *device = models[is]->open(config, scenario);
    if (device != NULL) {
        device->model = models[is];
        device->config = config;
        device->is = is;
    }
    return device;
}

bool devices_open(struct devices *devices, const struct scenario *scenario, bool answers)
{
    size_t named = scenario->device_count;
    *devices = (struct devices){
        .items = calloc(named + 1, sizeof(struct device *)),
        .of_member = calloc(scenario->member_count + 1, sizeof(struct device *)),
        .next_ns = INT64_MAX,
    };
    if (devices->items == NULL || devices->of_member == NULL)
        return false;
    for (size_t i = 0; i <= named; i++, devices->count++) {
        const struct scenario_device *config =
            i < named ? &scenario->devices[i] : &scenario->device;
        devices->items[i] = open_one(config, scenario, answers);
        if (devices->items[i] == NULL)
            return false;
    }
    for (size_t i = 0; i < scenario->member_count; i++) {
        uint32_t device = scenario->members[i].device;
        devices->of_member[i] = devices->items[device == SCENARIO_NONE ? named : device];
    }
    return true;
}

void devices_close(struct devices *devices)
{
    for (size_t i = 0; i < devices->count; i++)
        devices->items[i]->model->close(devices->items[i]);
    free(devices->items);
    free(devices->of_member);
    timer_heap_free(&devices->requests);
}

enum device_start devices_start(struct devices *devices, int64_t now_ns,
                                struct sim_request *request, uint64_t number)
{
    struct device *device = devices->of_member[request->engine.member];
    int64_t done_ns = device->model->done_ns(device, now_ns, request, number);
    if (done_ns == now_ns)
        return DEVICE_DONE;
    if (done_ns == INT64_MAX)
        return DEVICE_NEVER;
    if (!timer_heap_reserve(&devices->requests, (size_t)devices->requests.count + 1))
        return DEVICE_NO_MEMORY;
    timer_init(&request->due);
    timer_heap_arm_in_order(&devices->requests, &request->due, done_ns, sim_request_seq(request));
    devices->next_ns = timer_heap_deadline(&devices->requests);
    return DEVICE_BUSY;
}

struct sim_request *devices_pop(struct devices *devices)
{
    struct timer *due = timer_heap_take(&devices->requests);
    devices->next_ns = timer_heap_deadline(&devices->requests);
    return (struct sim_request *)(void *)((char *)due - offsetof(struct sim_request, due));
}

size_t devices_members(const struct devices *devices, const struct scenario *scenario,
                       size_t device)
{
    size_t count = 0;
    for (size_t i = 0; i < scenario->member_count; i++)
        count += devices->of_member[i] == devices->items[device];
    return count;
}
