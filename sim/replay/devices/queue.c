// SPDX-License-Identifier: GPL-2.0-or-later
// A device of a few servers: what every request of its kind takes at least (the 10th percentile),
// and the transfer of its bytes, is done by one of them, one request after the other; the rest of
// the time drawn for it passes beside that of others. So a burst of one member is waited for by
// all.
//
// A request takes the server that is free first, in the order in which they begin; so when a server
// is free is known as soon as a request begins, and nothing is queued here. Source: docs/model.md.
#include "sim/replay/devices/device.h"
#include "sim/replay/devices/draws.h"

#include <stdlib.h>

struct queue {
    struct device device; // first: a device leads back to it
    struct draws draws;
    int64_t *free_ns; // from when on each server is
    uint32_t servers;
};

static void close_queue(struct device *device)
{
    struct queue *queue = (struct queue *)device;
    draws_close(&queue->draws);
    free(queue->free_ns);
    free(queue);
}

static struct device *open_queue(const struct scenario_device *config,
                                 const struct scenario *scenario)
{
    struct queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL)
        return NULL;
    queue->servers = config->servers > 0 ? config->servers : 1;
    queue->free_ns = calloc(queue->servers, sizeof *queue->free_ns);
    if (queue->free_ns != NULL && draws_open(&queue->draws, config, scenario))
        return &queue->device;
    close_queue(&queue->device);
    return NULL;
}

static int64_t add(int64_t left, int64_t right)
{
    return right >= INT64_MAX - left ? INT64_MAX : left + right;
}

// Rounded up.
static int64_t transfer_ns(const struct scenario_device *config, const struct sim_request *request)
{
    bool has_data = request->engine.op == ENGINE_READ || request->engine.op == ENGINE_WRITE;
    if (config->bandwidth == 0 || !has_data)
        return 0;
    double ns = (double)request->engine.bytes * 1e9 / (double)config->bandwidth;
    int64_t whole_ns = ns < 0x1p62 ? (int64_t)ns : INT64_MAX - 1;
    return whole_ns + ((double)whole_ns < ns);
}

static int64_t done_ns(struct device *device, int64_t now_ns, const struct sim_request *request,
                       uint64_t number)
{
    struct queue *queue = (struct queue *)device;
    struct draw draw = draws_take(&queue->draws, request, number);
    int64_t *server = queue->free_ns;
    for (uint32_t i = 1; i < queue->servers; i++)
        server = queue->free_ns[i] < *server ? &queue->free_ns[i] : server;
    int64_t start_ns = *server > now_ns ? *server : now_ns;
    int64_t least_ns = draw.takes_ns < draw.serial_ns ? draw.takes_ns : draw.serial_ns;
    int64_t serial_ns = add(least_ns, transfer_ns(device->config, request));
    *server = add(start_ns, serial_ns);
    return add(start_ns, draw.takes_ns > serial_ns ? draw.takes_ns : serial_ns);
}

const struct device_model device_queue = {open_queue, close_queue, done_ns};
