// SPDX-License-Identifier: GPL-2.0-or-later
// The heap beside a plain array that is searched from end to end.
#include "tests/sim/lab.h"

#include "engine/timer_heap.h"
#include "tests/support/test_group.h"

#include <stdlib.h>

#define ENTRIES_MAX 300

struct entry {
    struct timer timer; // first: a timer leads back to it
    int64_t time_ns;
    uint64_t order;
};

struct plain {
    struct entry *entries[ENTRIES_MAX];
    size_t count;
};

static size_t first_of(const struct plain *plain)
{
    size_t first = 0;
    for (size_t i = 1; i < plain->count; i++) {
        const struct entry *a = plain->entries[i], *b = plain->entries[first];
        if (a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->order < b->order))
            first = i;
    }
    return first;
}

// Few different times, so that the order decides often; some at the very end of time.
static int64_t draw_time(uint64_t *random)
{
    return random_below(random, 20) == 0 ? INT64_MAX - 1
                                             : (int64_t)random_below(random, 40);
}

static void push(struct timer_heap *heap, struct plain *plain, uint64_t *random, uint64_t order)
{
    struct entry *entry = calloc(1, sizeof *entry);
    assert_non_null(entry);
    *entry = (struct entry){.time_ns = draw_time(random), .order = order};
    timer_init(&entry->timer);
    assert_true(timer_heap_reserve(heap, plain->count + 1));
    timer_heap_arm_in_order(heap, &entry->timer, entry->time_ns, order);
    plain->entries[plain->count++] = entry;
}

static void forget(struct plain *plain, size_t index)
{
    free(plain->entries[index]);
    plain->entries[index] = plain->entries[--plain->count];
}

static void same_as_a_plain_array(void **state)
{
    (void)state;
    uint64_t random = 7, order = 0;
    struct timer_heap heap = {0};
    static struct plain plain;
    plain.count = 0;
    for (int step = 0; step < 50000; step++) {
        uint64_t what = random_below(&random, 8);
        // Grows to some hundreds, then shrinks to nothing, again and again.
        bool grows = step % 2000 < 1000;
        size_t first = first_of(&plain);
        size_t any = plain.count == 0 ? 0 : (size_t)random_below(&random, plain.count);
        if (plain.count == 0 || (plain.count < ENTRIES_MAX && what < (grows ? 5u : 2u))) {
            push(&heap, &plain, &random, order++);
        } else if (what == 7) {
            // The first is put off; any other moves either way.
            bool is_first = random_below(&random, 2) == 0;
            struct entry *entry = plain.entries[is_first ? first : any];
            int64_t later_ns = (int64_t)random_below(&random, 30);
            if (!is_first)
                entry->time_ns = draw_time(&random);
            else if (entry->time_ns < 1000)
                entry->time_ns += later_ns;
            timer_heap_arm_in_order(&heap, &entry->timer, entry->time_ns, entry->order);
            assert_int_equal(timer_deadline_ns(&heap, &entry->timer), entry->time_ns);
        } else if (what == 6) {
            timer_heap_cancel(&heap, &plain.entries[any]->timer);
            assert_false(timer_is_pending(&plain.entries[any]->timer));
            forget(&plain, any);
        } else {
            assert_ptr_equal(timer_heap_take(&heap), &plain.entries[first]->timer);
            assert_false(timer_is_pending(&plain.entries[first]->timer));
            forget(&plain, first);
        }
        assert_int_equal(heap.count, plain.count);
        assert_int_equal(timer_heap_deadline(&heap),
                         plain.count == 0 ? INT64_MAX : plain.entries[first_of(&plain)]->time_ns);
    }
    while (plain.count > 0)
        forget(&plain, 0);
    timer_heap_free(&heap);
    assert_int_equal(heap.count, 0);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_a_plain_array)};
TEST_GROUP(timer_heap, tests, NULL, NULL);
