// SPDX-License-Identifier: GPL-2.0-or-later
// Which completions end which requests, by the intervals of bytes that they cover: the rules of
// docs/traces.md, over a plain array.
#include "tests/witness/witness.h"

#include <stdlib.h>

struct request *requests;
size_t request_count;
static size_t first_open; // all before are done with

// Still to be completed, of the same device, and both write or both do not.
static bool is_open(const struct request *request, enum kind kind, const struct record *record)
{
    return request->open && request->kind == kind && request->arrival.device == record->device &&
           ((request->arrival.action ^ record->action) & WRITES) == 0;
}

// A write that is queued with a flush before it, or is to be on the medium when it ends: of it the
// kernel makes a sequence of flushes and a write, all of which the application waits for.
static bool is_sequence(const struct request *request)
{
    uint32_t bits = request->arrival.action;
    return request->kind != ISSUED && request->op == OP_WRITE &&
           (((bits & FUA) != 0 && !request->is_forced) ||
            ((bits & FLUSHES) != 0 && find_device(request->arrival.device)->flushes));
}

static void complete_data(enum kind kind, const struct record *done);

// What was handed on ends where it came from too, whatever had to be flushed.
static void finish(struct request *request, uint64_t now_ns)
{
    struct record upper = request->arrival;
    request->open = false;
    request->known = true;
    request->end_ns = now_ns;
    if (request->kind != HANDED)
        return;
    upper.time_ns = now_ns;
    upper.device = request->upper;
    upper.to = request->upper_from + (upper.to - upper.from);
    upper.from = request->upper_from;
    upper.action |= FUA;
    complete_data(QUEUED, &upper);
}

static void add_wait(struct request *request, uint64_t from, uint64_t to)
{
    request->waits = grow(request->waits, request->wait_count, sizeof *request->waits);
    request->waits[request->wait_count++] = (struct interval){from, to};
}

// Takes [from, to) out of what the request waits for.
static void cut(struct request *request, uint64_t from, uint64_t to)
{
    size_t count = request->wait_count;
    for (size_t i = 0; i < count; i++) {
        struct interval wait = request->waits[i];
        if (to <= wait.from || wait.to <= from)
            continue;
        request->waits[i].to = wait.from < from ? from : wait.from;
        if (to < wait.to)
            add_wait(request, to, wait.to);
    }
}

static uint64_t bytes_left(const struct request *request)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < request->wait_count; i++)
        bytes += request->waits[i].to - request->waits[i].from;
    return bytes;
}

// The part of a request that waits for the byte at `at`, or NULL.
static const struct interval *find_wait(const struct request *request, uint64_t at)
{
    for (size_t i = 0; i < request->wait_count; i++)
        if (request->waits[i].from <= at && at < request->waits[i].to)
            return &request->waits[i];
    return NULL;
}

// Of those that wait for the byte at `at` the oldest of which the record is all that is left from
// there on, else the oldest. NULL: there is none.
static struct request *find_waiting(enum kind kind, const struct record *record, uint64_t at)
{
    struct request *oldest = NULL;
    for (size_t i = first_open; i < request_count; i++) {
        const struct interval *wait = find_wait(&requests[i], at);
        if (wait == NULL || !is_open(&requests[i], kind, record))
            continue;
        if (wait->from == at && wait->to == record->to)
            return &requests[i];
        oldest = oldest == NULL ? &requests[i] : oldest;
    }
    return oldest;
}

// The newest that waits for bytes from where the record starts, or NULL.
static struct request *find_newest(enum kind kind, const struct record *record)
{
    for (size_t i = request_count; i > first_open; i--) {
        const struct interval *wait = find_wait(&requests[i - 1], record->from);
        if (wait != NULL && wait->from == record->from && is_open(&requests[i - 1], kind, record))
            return &requests[i - 1];
    }
    return NULL;
}

static void complete_data(enum kind kind, const struct record *done)
{
    for (uint64_t at = done->from; at < done->to;) {
        struct request *request = find_waiting(kind, done, at);
        uint64_t end = at + SECTOR_BYTES;
        if (request != NULL) {
            end = find_wait(request, at)->to;
            end = end < done->to ? end : done->to;
            cut(request, at, end);
            request->is_forced = request->is_forced || (done->action & FUA) != 0;
            if (bytes_left(request) == 0 && !is_sequence(request))
                finish(request, done->time_ns);
        }
        at = end;
    }
}

// The oldest flush of that sector, or NULL.
static struct request *find_flush(enum kind kind, const struct record *done)
{
    for (size_t i = first_open; i < request_count; i++) {
        struct request *request = &requests[i];
        if (request->open && request->op == OP_FLUSH && request->kind == kind &&
            request->arrival.device == done->device && request->arrival.from == done->from)
            return request;
    }
    return NULL;
}

// The last sequence with that sector that has not ended, or NULL.
static struct request *find_sequence(const struct record *done)
{
    for (size_t i = request_count; i > first_open; i--) {
        struct request *request = &requests[i - 1];
        if ((is_open(request, QUEUED, done) || is_open(request, HANDED, done)) &&
            is_sequence(request) && request->ends > 0 && request->arrival.from <= done->from &&
            done->from < request->arrival.to)
            return request;
    }
    return NULL;
}

// A completion without bytes is that of a flush which the device was sent; or of a flush that was
// queued; or the end of a sequence, or of one of the parts that it was cut into.
static void complete_empty(const struct record *done)
{
    struct request *issued = find_flush(ISSUED, done);
    struct request *queued = find_flush(QUEUED, done);
    struct request *sequence = queued == NULL ? find_sequence(done) : NULL;
    if (issued != NULL && (done->action & FLUSHES) != 0)
        finish(issued, done->time_ns);
    if (is_of_device(done))
        return;
    if (queued != NULL)
        finish(queued, done->time_ns);
    if (sequence != NULL && --sequence->ends == 0 && bytes_left(sequence) == 0)
        finish(sequence, done->time_ns);
}

// A request that is cut in two ends with both; some kernels queue the second part again. A device
// mapper tells of it where the second part begins: then the first has no completion of its own.
static void split(const struct record *record)
{
    struct request *request = record->split_at > record->from ? find_newest(QUEUED, record) : NULL;
    if (request != NULL) {
        uint64_t to = find_wait(request, record->from)->to;
        cut(request, record->split_at, to);
        request->again = (struct interval){record->split_at, to};
        add_wait(request, record->split_at, to);
        request->ends++;
    }
    request = record->split_at == record->from ? find_waiting(QUEUED, record, record->from) : NULL;
    if (request != NULL)
        cut(request, 0, record->from);
}

// The device did not take it. What has been completed in part stays a request.
static void requeue(const struct record *record)
{
    struct request *request =
        op_of(record) == OP_FLUSH ? find_flush(ISSUED, record) : find_newest(ISSUED, record);
    if (request == NULL)
        return;
    if (bytes_left(request) < request->arrival.to - request->arrival.from) {
        request->again = (struct interval){record->from, record->to};
    } else {
        request->open = false;
        request->withdrawn = true;
    }
}

static bool is_again(enum kind kind, const struct record *record)
{
    for (size_t i = first_open; i < request_count; i++) {
        struct interval *again = &requests[i].again;
        if (is_open(&requests[i], kind, record) && record->from < record->to &&
            again->from == record->from && again->to == record->to) {
            *again = (struct interval){0, 0};
            return true;
        }
    }
    return false;
}

static void arrive(enum kind kind, const struct record *record)
{
    if (!is_request(record) || is_again(kind, record))
        return;
    requests = grow(requests, request_count, sizeof *requests);
    struct request *request = &requests[request_count++];
    *request = (struct request){
        .arrival = *record, .kind = kind, .op = op_of(record), .open = true, .ends = 1};
    add_wait(request, record->from, record->to);
}

// A remap. What was handed on already, as to a partition, is so once more.
static void hand_on(const struct record *record)
{
    const struct device *source = find_device(record->source);
    struct record before = *record;
    if (record->from == record->to || source->completes[op_of(record) == OP_DISCARD])
        return;
    before.device = record->source;
    before.from = record->source_from;
    struct request *request = find_newest(HANDED, &before);
    if (request == NULL && !source->has[QUEUED])
        return;
    if (request == NULL) {
        requests = grow(requests, request_count, sizeof *requests);
        request = &requests[request_count++];
        *request = (struct request){.upper = record->source, .upper_from = record->source_from};
    }
    request->kind = HANDED;
    request->op = op_of(record);
    request->arrival = *record;
    request->arrival.device = record->target;
    request->open = true;
    request->ends = 1;
    request->wait_count = 0;
    add_wait(request, record->from, record->to);
}

void pair_record(const struct record *record)
{
    unsigned action = record->action & 0xff;
    while (first_open < request_count && !requests[first_open].open)
        first_open++;
    if (action == ACTION_Q)
        arrive(QUEUED, record);
    if (action == ACTION_D)
        arrive(ISSUED, record);
    if (action == ACTION_A)
        hand_on(record);
    if (action == ACTION_X)
        split(record);
    if (action == ACTION_R)
        requeue(record);
    if (action == ACTION_C && record->from == record->to)
        complete_empty(record);
    for (int kind = 0; kind < KINDS && action == ACTION_C; kind++)
        complete_data((enum kind)kind, record);
}
