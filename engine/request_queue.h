// SPDX-License-Identifier: GPL-2.0-or-later
// A FIFO of requests, linked through their `next`. Empty when all bytes are zero.
#ifndef ENGINE_REQUEST_QUEUE_H
#define ENGINE_REQUEST_QUEUE_H

#include "engine/engine.h"

struct request_queue {
    struct engine_request *head;
    struct engine_request *tail; // if there is a head
};

static inline void request_queue_push(struct request_queue *queue, struct engine_request *request)
{
    request->next = NULL;
    if (queue->head == NULL)
        queue->head = request;
    else
        queue->tail->next = request;
    queue->tail = request;
}

static inline void request_queue_push_front(struct request_queue *queue,
                                            struct engine_request *request)
{
    if (queue->head == NULL)
        queue->tail = request;
    request->next = queue->head;
    queue->head = request;
}

// NULL: it is empty.
static inline struct engine_request *request_queue_pop(struct request_queue *queue)
{
    struct engine_request *request = queue->head;
    if (request != NULL)
        queue->head = request->next;
    return request;
}

#endif
