// SPDX-License-Identifier: GPL-2.0-or-later
// Devices on which no request delays another: it takes no time (null), always the same (fixed), or
// as long as it took when it was recorded.
#include "sim/replay/devices/device.h"

#include <stdlib.h>

static struct device *open_delay(const struct scenario_device *config,
                                 const struct scenario *scenario)
{
    (void)config;
    (void)scenario;
    return calloc(1, sizeof(struct device));
}

static void close_delay(struct device *device)
{
    free(device);
}

// REQUEST_UNKNOWN: nobody knows.
static int64_t latency_ns(const struct device *device, const struct sim_request *request)
{
    if (device->is == SCENARIO_DEVICE_RECORDED)
        return request->recorded_ns;
    return device->is == SCENARIO_DEVICE_FIXED ? device->config->latency_ns : 0;
}

static int64_t done_ns(struct device *device, int64_t now_ns, const struct sim_request *request,
                       uint64_t number)
{
    (void)number;
    int64_t takes_ns = latency_ns(device, request);
    return takes_ns == REQUEST_UNKNOWN || takes_ns >= INT64_MAX - now_ns ? INT64_MAX
                                                                         : now_ns + takes_ns;
}

const struct device_model device_delay = {open_delay, close_delay, done_ns};
