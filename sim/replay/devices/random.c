// SPDX-License-Identifier: GPL-2.0-or-later
// A device on which each request takes a time of its own, drawn from what its kind takes. No
// request delays another.
#include "sim/replay/devices/device.h"
#include "sim/replay/devices/draws.h"

#include <stdlib.h>

struct random {
    struct device device; // first: a device leads back to it
    struct draws draws;
};

static void close_random(struct device *device)
{
    draws_close(&((struct random *)device)->draws);
    free(device);
}

static struct device *open_random(const struct scenario_device *config,
                                  const struct scenario *scenario)
{
    struct random *random = calloc(1, sizeof *random);
    if (random != NULL && draws_open(&random->draws, config, scenario))
        return &random->device;
    if (random != NULL)
        close_random(&random->device);
    return NULL;
}

static int64_t done_ns(struct device *device, int64_t now_ns, const struct sim_request *request,
                       uint64_t number)
{
    int64_t takes_ns = draws_take(&((struct random *)device)->draws, request, number).takes_ns;
    return takes_ns >= INT64_MAX - now_ns ? INT64_MAX : now_ns + takes_ns;
}

const struct device_model device_random = {open_random, close_random, done_ns};
