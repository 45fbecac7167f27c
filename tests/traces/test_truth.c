// SPDX-License-Identifier: GPL-2.0-or-later
// Recordings of a simulated block layer, which knows what became of each request: merges, splits
// (announced again by old kernels or not), partial completions in any order, requeues, flushes.
// Nothing is lost, so the reader has to find exactly the truth, for both kinds of arrival.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 60000
#define TRUTHS_MAX 20000
#define CPUS 3
#define SLOT_SECTORS 1024
#define SLOTS 64

struct truth {
    size_t arrival; // numbers of events
    size_t completion;
    uint64_t sector;
    uint32_t bytes;
    enum trace_op op;
};

struct world {
    uint64_t random;
    struct event *events;
    uint64_t *times; // when each event happens, before ties are resolved
    size_t event_count;
    struct truth *queued;
    size_t queued_count;
    struct truth *issued;
    size_t issued_count;
    uint64_t now;
    bool old_kernel; // queues the second half of a split again
};

static size_t add(struct world *world, uint64_t time, uint32_t action, uint64_t sector,
                  uint64_t sectors)
{
    assert_true(world->event_count < EVENTS_MAX);
    world->events[world->event_count] =
        (struct event){.action = action, .sector = sector, .bytes = (uint32_t)(sectors * 512)};
    world->times[world->event_count] = time;
    return world->event_count++;
}

static uint64_t pause(struct world *world)
{
    return 10 + random_below(&world->random, 100000);
}

static uint32_t queue_action(enum trace_op op)
{
    return op == TRACE_READ      ? EVENT_QUEUE_READ
           : op == TRACE_DISCARD ? EVENT_QUEUE_DISCARD
                                 : (uint32_t)EVENT_QUEUE_WRITE;
}

// Issues sectors [from, to) and completes them in up to three steps; done[i] becomes the event
// that completed sector i of the slot. Returns the time of the last step.
static uint64_t serve(struct world *world, uint64_t time, enum trace_op op, uint64_t base,
                      uint64_t from, uint64_t to, size_t *done)
{
    // D, C and R differ from Q in the category, not in the direction.
    uint32_t direction = queue_action(op) & 0x20030000;
    size_t issue = add(world, time += pause(world), direction | 0x01400007, base + from, to - from);
    if (random_below(&world->random, 8) == 0) {
        add(world, time += pause(world), direction | 0x01200006, base + from, to - from);
        issue = add(world, time += pause(world), direction | 0x01400007, base + from, to - from);
    }
    size_t last = issue;
    for (uint64_t at = from; at < to;) {
        bool partial = random_below(&world->random, 4) == 0;
        uint64_t end = partial ? at + 1 + random_below(&world->random, to - at) : to;
        last = add(world, time += pause(world), direction | 0x01800008, base + at, end - at);
        for (; at < end; at++)
            done[at] = last;
    }
    world->issued[world->issued_count++] =
        (struct truth){issue, last, base + from, (uint32_t)((to - from) * 512), op};
    return time;
}

static void add_queued(struct world *world, size_t arrival, uint64_t base, uint64_t from,
                       uint64_t to, enum trace_op op, const size_t *done)
{
    size_t last = done[from];
    for (uint64_t i = from; i < to; i++)
        last = world->times[done[i]] > world->times[last] ? done[i] : last;
    world->queued[world->queued_count++] =
        (struct truth){arrival, last, base + from, (uint32_t)((to - from) * 512), op};
}

// Several requests side by side, queued one after the other, sent to the device as one.
static uint64_t merged(struct world *world, uint64_t base, enum trace_op op)
{
    size_t arrivals[8];
    uint64_t starts[9] = {0};
    size_t done[SLOT_SECTORS] = {0};
    size_t count = 1 + random_below(&world->random, 8);
    uint64_t time = world->now;
    for (size_t i = 0; i < count; i++) {
        starts[i + 1] = starts[i] + 1 + random_below(&world->random, SLOT_SECTORS / 8 - 1);
        arrivals[i] = add(world, time += pause(world), queue_action(op), base + starts[i],
                          starts[i + 1] - starts[i]);
        if (i > 0)
            add(world, time, EVENT_MERGE_WRITE, base + starts[i], starts[i + 1] - starts[i]);
    }
    time = serve(world, time, op, base, 0, starts[count], done);
    for (size_t i = 0; i < count; i++)
        add_queued(world, arrivals[i], base, starts[i], starts[i + 1], op, done);
    return time;
}

// One request that is cut into pieces from its front, each served on its own.
static uint64_t split(struct world *world, uint64_t base, enum trace_op op)
{
    size_t done[SLOT_SECTORS] = {0};
    uint64_t time = world->now;
    uint64_t end = 64 + random_below(&world->random, SLOT_SECTORS - 64);
    uint64_t from = 0;
    uint64_t last = 0;
    size_t arrival = add(world, time += pause(world), queue_action(op), base, end);
    while (from < end) {
        uint64_t to = from + 1 + random_below(&world->random, end - from);
        if (to < end) {
            size_t cut = add(world, time += pause(world),
                             (queue_action(op) & 0x00030000) | 0x0000000d, base + from, end - from);
            event_split_at(&world->events[cut], base + to);
            if (world->old_kernel)
                add(world, time += pause(world), queue_action(op), base + to, end - to);
        }
        uint64_t served = serve(world, time, op, base, from, to, done);
        last = served > last ? served : last;
        from = to;
    }
    add_queued(world, arrival, base, 0, end, op, done);
    return last;
}

static uint64_t flush(struct world *world, uint64_t time)
{
    size_t queued = add(world, time += pause(world), EVENT_QUEUE_FLUSH, 0, 0);
    size_t issued = add(world, time += pause(world), EVENT_ISSUE_FLUSH, 0, 0);
    size_t served = add(world, time += pause(world), EVENT_COMPLETE_FLUSH, 0, 0);
    size_t done = add(world, time += pause(world), EVENT_COMPLETE_EMPTY, 0, 0);
    world->queued[world->queued_count++] = (struct truth){queued, done, 0, 0, TRACE_FLUSH};
    world->issued[world->issued_count++] = (struct truth){issued, served, 0, 0, TRACE_FLUSH};
    return time;
}

static const struct world *sorted_world;

static int compare_times(const void *left, const void *right)
{
    size_t a = *(const size_t *)left;
    size_t b = *(const size_t *)right;
    if (sorted_world->times[a] != sorted_world->times[b])
        return sorted_world->times[a] < sorted_world->times[b] ? -1 : 1;
    return a < b ? -1 : 1;
}

// Gives every event a time of its own, so that no tie is left to the order of the files.
static void write_world(struct world *world, const char *name, bool big_endian)
{
    size_t *order = malloc(world->event_count * sizeof *order);
    struct bytes files[CPUS] = {{0}};
    assert_non_null(order);
    for (size_t i = 0; i < world->event_count; i++)
        order[i] = i;
    sorted_world = world;
    qsort(order, world->event_count, sizeof *order, compare_times);
    for (size_t i = 0; i < world->event_count; i++) {
        struct event *event = &world->events[order[i]];
        event->time_ns = world->times[order[i]] * 2 + i;
        event->cpu = (uint32_t)random_below(&world->random, CPUS);
        if (random_below(&world->random, 50) == 0) {
            struct event process = {.action = EVENT_PROCESS, .pdu_bytes = 16, .pdu = "someone"};
            bytes_event(&files[event->cpu], &process, big_endian);
        }
        bytes_event(&files[event->cpu], event, big_endian);
    }
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        char file[64];
        snprintf(file, sizeof file, "%s.blktrace.%u", name, cpu);
        scratch_write(file, files[cpu].data, files[cpu].length);
        bytes_free(&files[cpu]);
    }
    free(order);
}

static int compare_arrivals(const void *left, const void *right)
{
    const struct truth *a = left;
    const struct truth *b = right;
    uint64_t a_time = sorted_world->events[a->arrival].time_ns;
    uint64_t b_time = sorted_world->events[b->arrival].time_ns;
    return a_time < b_time ? -1 : a_time > b_time;
}

static void check(const struct world *world, const char *name, enum trace_arrival arrival,
                  struct truth *truths, size_t count)
{
    qsort(truths, count, sizeof *truths, compare_arrivals);
    struct reading reading = read_trace(scratch_path(name), arrival, NULL);
    assert_int_equal(reading.result, TRACE_END);
    assert_int_equal(trace_notice_count(reading.trace), 0);
    assert_int_equal(reading.count, count);
    for (size_t i = 0; i < count; i++) {
        const struct trace_request *found = &reading.requests[i];
        uint64_t arrival_ns = world->events[truths[i].arrival].time_ns;
        uint64_t completion_ns = world->events[truths[i].completion].time_ns;
        assert_int_equal(found->arrival_ns, arrival_ns);
        assert_int_equal(found->offset, truths[i].sector * 512);
        assert_int_equal(found->bytes, truths[i].bytes);
        assert_int_equal(found->op, truths[i].op);
        assert_int_equal(found->latency_ns, completion_ns - arrival_ns);
    }
    reading_free(&reading);
}

static void fill_world(struct world *world)
{
    static const enum trace_op ops[] = {TRACE_READ, TRACE_WRITE, TRACE_WRITE, TRACE_DISCARD};
    uint64_t free_at[SLOTS] = {0};
    uint64_t flushed_at = 0;
    for (size_t i = 0; i < 1500; i++) {
        size_t slot = random_below(&world->random, SLOTS);
        enum trace_op op = ops[random_below(&world->random, 4)];
        world->now += random_below(&world->random, 50000);
        if (random_below(&world->random, 10) == 0) {
            flushed_at = flush(world, flushed_at > world->now ? flushed_at : world->now);
        } else if (free_at[slot] <= world->now) {
            uint64_t base = 4096 + slot * SLOT_SECTORS;
            bool splits = random_below(&world->random, 4) == 0;
            free_at[slot] = (splits ? split(world, base, op) : merged(world, base, op)) + 1;
        }
    }
}

static void test_reader_finds_truth(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct world world = {.random = seed, .now = 1000, .old_kernel = seed % 3 == 0};
        world.events = calloc(EVENTS_MAX, sizeof *world.events);
        world.times = calloc(EVENTS_MAX, sizeof *world.times);
        world.queued = calloc(TRUTHS_MAX, sizeof *world.queued);
        world.issued = calloc(TRUTHS_MAX, sizeof *world.issued);
        fill_world(&world);
        assert_true(world.queued_count > 1000 && world.issued_count > 500);
        write_world(&world, "truth", seed % 2 == 0);
        check(&world, "truth", TRACE_ARRIVAL_QUEUE, world.queued, world.queued_count);
        check(&world, "truth", TRACE_ARRIVAL_ISSUE, world.issued, world.issued_count);
        free(world.events);
        free(world.times);
        free(world.queued);
        free(world.issued);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_reader_finds_truth),
};
TEST_GROUP(truth, tests, NULL, NULL);
