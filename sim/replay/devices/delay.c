// SPDX-License-Identifier: GPL-2.0-or-later
// Devices on which no request delays another: it takes no time (null), always the same (fixed), or
// as long as it took when it was recorded.
#include "sim/replay/devices/device.h"

#include <stddef.h>
#include <stdlib.h>

struct delay {
    struct device device; // first: a device leads back to it
    struct scenario_device config;
    struct timer_heap requests; // by the time at which they are done, then in order of arrival
};

static struct device *open_delay(const struct scenario_device *config)
{
    struct delay *delay = calloc(1, sizeof *delay);
    if (delay == NULL)
        return NULL;
    delay->config = *config;
    delay->device.next_ns = INT64_MAX;
    return &delay->device;
}

static void close_delay(struct device *device)
{
    struct delay *delay = (struct delay *)device;
    timer_heap_free(&delay->requests);
    free(delay);
}

// REQUEST_UNKNOWN: nobody knows.
static int64_t latency_ns(const struct scenario_device *config, const struct sim_request *request)
{
    if (config->model == SCENARIO_DEVICE_RECORDED)
        return request->recorded_ns;
    return config->model == SCENARIO_DEVICE_FIXED ? config->latency_ns : 0;
}

static enum device_start start(struct device *device, int64_t now_ns, struct sim_request *request)
{
    struct delay *delay = (struct delay *)device;
    int64_t takes_ns = latency_ns(&delay->config, request);
    if (takes_ns == 0)
        return DEVICE_DONE;
    if (takes_ns == REQUEST_UNKNOWN || takes_ns >= INT64_MAX - now_ns)
        return DEVICE_NEVER;
    if (!timer_heap_reserve(&delay->requests, (size_t)delay->requests.count + 1))
        return DEVICE_NO_MEMORY;
    timer_init(&request->due);
    timer_heap_arm_in_order(&delay->requests, &request->due, now_ns + takes_ns, request->seq);
    device->next_ns = timer_heap_deadline(&delay->requests);
    return DEVICE_BUSY;
}

static struct sim_request *pop(struct device *device)
{
    struct delay *delay = (struct delay *)device;
    struct timer *due = timer_heap_take(&delay->requests);
    device->next_ns = timer_heap_deadline(&delay->requests);
    return (struct sim_request *)(void *)((char *)due - offsetof(struct sim_request, due));
}

const struct device_model device_delay = {open_delay, close_delay, start, pop};
