// SPDX-License-Identifier: GPL-2.0-or-later
// The window against a slow model of what its header promises, over random inputs; and what the
// model cannot know: that requests which are not too far off come out sorted, and none is lost.
#include "tests/traces/trace_files.h"

#include "tests/support/test_group.h"
#include "traces/reorder.h"

#include <stdlib.h>

// What is in the window, in no order: the earliest is searched for.
struct slow_window {
    struct trace_reorder_entry *entries;
    size_t count;
    uint64_t pushed;
    int64_t last_ns;
    uint64_t late;
};

static void slow_push(struct slow_window *slow, const struct trace_request *request)
{
    slow->entries[slow->count++] = (struct trace_reorder_entry){*request, slow->pushed++};
}

static bool slow_pop(struct slow_window *slow, struct trace_request *request)
{
    size_t first = 0;
    if (slow->count == 0)
        return false;
    for (size_t i = 1; i < slow->count; i++) {
        const struct trace_reorder_entry *a = &slow->entries[i], *b = &slow->entries[first];
        if (a->request.arrival_ns < b->request.arrival_ns ||
            (a->request.arrival_ns == b->request.arrival_ns && a->sequence < b->sequence))
            first = i;
    }
    *request = slow->entries[first].request;
    slow->entries[first] = slow->entries[--slow->count];
    slow->late += request->arrival_ns < slow->last_ns;
    if (request->arrival_ns < slow->last_ns)
        request->arrival_ns = slow->last_ns;
    slow->last_ns = request->arrival_ns;
    return true;
}

static void check_same_pop(struct trace_reorder *reorder, struct slow_window *slow)
{
    struct trace_request a, b;
    bool popped = trace_reorder_pop(reorder, &a);
    assert_int_equal(popped, slow_pop(slow, &b));
    if (popped) {
        assert_true(a.arrival_ns == b.arrival_ns);
        assert_true(a.offset == b.offset);
    }
}

// Pushes and pops at random, with times that go on, jump back, and are equal.
static void test_against_model(void **state)
{
    (void)state;
    uint64_t random = 5;
    for (int round = 0; round < 200; round++) {
        struct trace_error error;
        struct trace_reorder reorder;
        struct slow_window slow = {.last_ns = INT64_MIN};
        int64_t now = (int64_t)random_below(&random, 3) - 1;
        uint64_t spread = 1 + random_below(&random, 40);
        slow.entries = calloc(600, sizeof *slow.entries);
        assert_non_null(slow.entries);
        assert_true(trace_reorder_init(&reorder, true, &error));
        for (uint64_t i = 0; i < 600; i++) {
            now += (int64_t)random_below(&random, 3);
            struct trace_request request = {
                .arrival_ns = now - (int64_t)random_below(&random, spread), .offset = i};
            trace_reorder_push(&reorder, &request);
            slow_push(&slow, &request);
            for (uint64_t pops = random_below(&random, 3); i % 100 > 20 && pops > 0; pops--)
                check_same_pop(&reorder, &slow);
        }
        while (slow.count > 0)
            check_same_pop(&reorder, &slow);
        check_same_pop(&reorder, &slow);
        assert_int_equal(reorder.late, slow.late);
        trace_reorder_free(&reorder);
        free(slow.entries);
    }
}

#define MANY (3 * TRACE_REORDER_MAX)

// Moves each request of a sorted sequence at most `far` places, by sorting blocks the wrong way
// round, and reads it through a full window.
static void read_reversed_blocks(size_t block, uint64_t *late, uint64_t *displaced)
{
    struct trace_error error;
    struct trace_reorder reorder;
    struct trace_request request;
    int64_t last_ns = INT64_MIN;
    size_t popped = 0;
    uint64_t sum = 0;
    assert_true(trace_reorder_init(&reorder, true, &error));
    for (size_t i = 0; i < MANY; i++) {
        size_t from = i - i % block;
        size_t size = MANY - from < block ? MANY - from : block;
        request = (struct trace_request){.arrival_ns = (int64_t)(from + size - 1 - i % block),
                                         .offset = i};
        if (trace_reorder_full(&reorder)) {
            struct trace_request out;
            assert_true(trace_reorder_pop(&reorder, &out));
            assert_true(out.arrival_ns >= last_ns);
            last_ns = out.arrival_ns;
            sum += out.offset;
            popped++;
        }
        trace_reorder_push(&reorder, &request);
    }
    while (trace_reorder_pop(&reorder, &request)) {
        assert_true(request.arrival_ns >= last_ns);
        last_ns = request.arrival_ns;
        sum += request.offset;
        popped++;
    }
    assert_int_equal(popped, MANY);
    assert_true(sum == (uint64_t)MANY * (MANY - 1) / 2);
    *late = reorder.late;
    *displaced = reorder.displaced;
    trace_reorder_free(&reorder);
}

static void test_reach(void **state)
{
    (void)state;
    uint64_t late, displaced;
    read_reversed_blocks(1, &late, &displaced);
    assert_int_equal(late, 0);
    assert_int_equal(displaced, 0);
    // The last of a block comes out first: the others of it are all in the window then.
    read_reversed_blocks(TRACE_REORDER_MAX, &late, &displaced);
    assert_int_equal(late, 0);
    assert_int_equal(displaced, 3 * (TRACE_REORDER_MAX - 1));
    read_reversed_blocks(TRACE_REORDER_MAX + 1, &late, &displaced);
    assert_true(late > 0);
}

static void test_too_late(void **state)
{
    (void)state;
    struct trace_error error;
    struct trace_reorder reorder;
    struct trace_notices notices = {0};
    struct trace_request request = {.arrival_ns = 100};
    assert_true(trace_reorder_init(&reorder, true, &error));
    trace_reorder_report(&reorder, &notices, "f");
    assert_int_equal(notices.count, 0);
    trace_reorder_push(&reorder, &request);
    assert_true(trace_reorder_pop(&reorder, &request));
    request.arrival_ns = -20;
    trace_reorder_push(&reorder, &request);
    request.arrival_ns = INT64_MIN;
    trace_reorder_push(&reorder, &request);
    for (int i = 0; i < 2; i++) {
        assert_true(trace_reorder_pop(&reorder, &request));
        assert_int_equal(request.arrival_ns, 100);
    }
    assert_int_equal(reorder.late, 2);
    assert_true(reorder.late_ns == INT64_MAX);
    trace_reorder_report(&reorder, &notices, "f");
    assert_int_equal(notices.count, 1);
    assert_string_equal(notices.items[0].kind, "too-late");
    assert_int_equal(notices.items[0].count, 2);
    trace_notices_free(&notices);
    trace_reorder_free(&reorder);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_against_model),
    cmocka_unit_test(test_reach),
    cmocka_unit_test(test_too_late),
};
TEST_GROUP(reorder, tests, NULL, NULL);
