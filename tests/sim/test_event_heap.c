// SPDX-License-Identifier: GPL-2.0-or-later
// The heap beside a plain array that is searched from end to end.
#include "tests/sim/lab.h"

#include "sim/base/event_heap.h"
#include "tests/support/test_group.h"

#define ENTRIES_MAX 300

struct plain {
    struct event_heap_entry entries[ENTRIES_MAX];
    size_t count;
};

static size_t first_of(const struct plain *plain)
{
    size_t first = 0;
    for (size_t i = 1; i < plain->count; i++) {
        const struct event_heap_entry *a = &plain->entries[i], *b = &plain->entries[first];
        if (a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->order < b->order))
            first = i;
    }
    return first;
}

// Few different times, so that the order decides often; some at the very end of time.
static int64_t draw_time(uint64_t *random)
{
    return lab_random_below(random, 20) == 0 ? INT64_MAX - 1
                                             : (int64_t)lab_random_below(random, 40);
}

static void push(struct event_heap *heap, struct plain *plain, uint64_t *random, uint64_t order)
{
    int64_t time_ns = draw_time(random);
    void *item = (void *)(uintptr_t)(order + 1);
    assert_true(event_heap_push(heap, time_ns, order, item));
    plain->entries[plain->count++] = (struct event_heap_entry){time_ns, order, item};
}

static void same_as_a_plain_array(void **state)
{
    (void)state;
    uint64_t random = 7, order = 0;
    struct event_heap heap = {0};
    static struct plain plain;
    plain.count = 0;
    for (int step = 0; step < 50000; step++) {
        uint64_t what = lab_random_below(&random, 8);
        // Grows to some hundreds, then shrinks to nothing, again and again.
        bool grows = step % 2000 < 1000;
        if (plain.count == 0 || (plain.count < ENTRIES_MAX && what < (grows ? 5u : 2u))) {
            push(&heap, &plain, &random, order++);
        } else if (what == 7) {
            size_t first = first_of(&plain);
            int64_t later_ns = plain.entries[first].time_ns;
            later_ns += later_ns < 1000 ? (int64_t)lab_random_below(&random, 30) : 0;
            event_heap_postpone(&heap, later_ns);
            plain.entries[first].time_ns = later_ns;
        } else {
            size_t first = first_of(&plain);
            assert_ptr_equal(event_heap_pop(&heap), plain.entries[first].item);
            plain.entries[first] = plain.entries[--plain.count];
        }
        assert_int_equal(heap.count, plain.count);
        assert_int_equal(event_heap_time(&heap),
                         plain.count == 0 ? INT64_MAX : plain.entries[first_of(&plain)].time_ns);
    }
    event_heap_free(&heap);
    assert_int_equal(heap.count, 0);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_a_plain_array)};
TEST_GROUP(event_heap, tests, NULL, NULL);
