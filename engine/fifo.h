// SPDX-License-Identifier: GPL-2.0-or-later
// FIFOs of requests, linked through their `next`, and why the request at the head of one waits,
// taken down as it happens: afterwards nobody knows.
//
// Everything behind the head waits for the queue; the head for a limit or its turn, and from a
// timer's deadline on for the timer. Only the head's wait has parts, so they are kept here and not
// in the requests: in a long FIFO these are far from any cache.
#ifndef ENGINE_FIFO_H
#define ENGINE_FIFO_H

#include "engine/leaky_bucket.h"

#include <string.h>

// Empty when all bytes are zero.
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

// NULL: it is empty.
static inline struct engine_request *request_queue_pop(struct request_queue *queue)
{
    struct engine_request *request = queue->head;
    if (request != NULL)
        queue->head = request->next;
    return request;
}

struct fifo {
    struct request_queue requests;
    int cause;                     // why the head waits, from since_ns on
    int64_t came_ns;               // when the head did; before that it waited for the queue
    int64_t since_ns;              // the wait before this is in the parts already
    int64_t deadline_ns;           // of the head's timer; ENGINE_NEVER: it has none
    int64_t parts_ns[CAUSE_COUNT]; // of the head's wait; without a head: anything
};

// A request has come to the head, or joined an empty FIFO. The cause stays what it is. The request
// is fetched for when it leaves, but not waited for: that took a fifth of a run in which most wait.
static inline void fifo_begin_wait(struct fifo *fifo, int64_t now_ns)
{
    __builtin_prefetch(fifo->requests.head);
    memset(fifo->parts_ns, 0, sizeof fifo->parts_ns);
    fifo->came_ns = now_ns;
    fifo->since_ns = now_ns;
}

// The wait up to now goes into the parts.
static inline void fifo_settle(struct fifo *fifo, int64_t now_ns)
{
    int64_t due_ns = fifo->deadline_ns < now_ns ? fifo->deadline_ns : now_ns;
    if (due_ns < fifo->since_ns)
        due_ns = fifo->since_ns;
    fifo->parts_ns[fifo->cause] += due_ns - fifo->since_ns;
    fifo->parts_ns[CAUSE_TIMER] += now_ns - due_ns;
    fifo->since_ns = now_ns;
}

// From now on the head waits for this, until the deadline.
static inline void fifo_wait_for(struct fifo *fifo, int64_t now_ns, int cause, int64_t deadline_ns)
{
    fifo_settle(fifo, now_ns);
    fifo->cause = cause;
    fifo->deadline_ns = deadline_ns;
}

// When it came, which need not be when it arrived, is kept where the time of its dispatch will be.
static inline void fifo_push(struct fifo *fifo, int64_t now_ns, struct engine_request *request)
{
    bool is_first = fifo->requests.head == NULL;
    request->dispatch_ns = now_ns;
    request_queue_push(&fifo->requests, request);
    if (is_first)
        fifo_begin_wait(fifo, now_ns);
}

// The head leaves; its parts go to wait_ns. NULL: it is empty.
static inline struct engine_request *fifo_pop(struct fifo *fifo, int64_t now_ns,
                                              int64_t wait_ns[CAUSE_COUNT])
{
    struct engine_request *request = request_queue_pop(&fifo->requests);
    if (request == NULL)
        return NULL;
    fifo_settle(fifo, now_ns);
    fifo->parts_ns[CAUSE_QUEUE] += fifo->came_ns - request->dispatch_ns;
    fifo->parts_ns[CAUSE_DRAIN] = request->dispatch_ns - request->arrival_ns;
    memcpy(wait_ns, fifo->parts_ns, sizeof fifo->parts_ns);
    if (fifo->requests.head != NULL)
        fifo_begin_wait(fifo, now_ns);
    return request;
}

#endif
