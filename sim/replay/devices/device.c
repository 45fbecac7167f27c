// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/devices/device.h"

// By enum scenario_device_model.
static const struct device_model *const models[] = {
    [SCENARIO_DEVICE_NULL] = &device_delay,
    [SCENARIO_DEVICE_FIXED] = &device_delay,
    [SCENARIO_DEVICE_RECORDED] = &device_delay,
};

struct device *device_open(const struct scenario_device *config)
{
    struct device *device = models[config->model]->open(config);
    if (device != NULL)
        device->model = models[config->model];
    return device;
}

void device_close(struct device *device)
{
    if (device != NULL)
        device->model->close(device);
}
