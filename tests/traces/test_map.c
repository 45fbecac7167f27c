// SPDX-License-Identifier: GPL-2.0-or-later
// The hash table beside a plain list of pairs, over random operations on few keys, so that runs of
// neighbours, removals within them and growth all happen.
#include "tests/traces/trace_files.h"

#include "tests/support/test_group.h"
#include "traces/map.h"

#define KEYS 300
#define OPERATIONS 200000

// Does nothing if the key is not there.
static void remove_key(struct trace_map *map, uint64_t major, uint32_t minor)
{
    struct trace_map_slot *slot = map->size > 0 ? trace_map_find(map, major, minor) : NULL;
    if (slot != NULL && slot->value != TRACE_MAP_NONE)
        trace_map_clear(map, slot);
}

static void test_map_equals_list(void **state)
{
    (void)state;
    uint64_t random = 1;
    struct trace_map map = {0};
    uint32_t values[KEYS];
    for (size_t i = 0; i < KEYS; i++)
        values[i] = TRACE_MAP_NONE;
    for (size_t i = 0; i < OPERATIONS; i++) {
        // The table fills and drains in turns.
        bool filling = i / 2000 % 2 == 0;
        uint64_t key = random_below(&random, KEYS);
        uint64_t major = key / 2 * 4096;
        uint32_t minor = (uint32_t)(key % 2);
        if (random_below(&random, 4) < (filling ? 3 : 1)) {
            values[key] = (uint32_t)random_below(&random, 1000);
            assert_true(trace_map_put(&map, major, minor, values[key]));
        } else {
            values[key] = TRACE_MAP_NONE;
            remove_key(&map, major, minor);
        }
        uint64_t probe = random_below(&random, KEYS);
        assert_int_equal(trace_map_get(&map, probe / 2 * 4096, (uint32_t)(probe % 2)),
                         values[probe]);
        if (i % 1000 == 0) {
            size_t used = 0;
            for (size_t j = 0; j < KEYS; j++) {
                used += values[j] != TRACE_MAP_NONE;
                assert_int_equal(trace_map_get(&map, j / 2 * 4096, (uint32_t)(j % 2)), values[j]);
            }
            assert_int_equal(map.used, used);
        }
    }
    trace_map_free(&map);
}

#define COUNT 20000

// Addresses in steps of any power of two: no step makes the runs of neighbours long.
static void test_strides(void **state)
{
    (void)state;
    for (unsigned shift = 9; shift < 48; shift++) {
        struct trace_map map = {0};
        for (uint32_t i = 0; i < COUNT; i++)
            assert_true(trace_map_put(&map, (uint64_t)i << shift, i % 3, i));
        size_t run = 0;
        size_t longest = 0;
        for (size_t i = 0; i < map.size; i++) {
            run = map.slots[i].value == TRACE_MAP_NONE ? 0 : run + 1;
            longest = run > longest ? run : longest;
        }
        assert_true(longest < 200);
        trace_map_free(&map);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_map_equals_list),
    cmocka_unit_test(test_strides),
};
TEST_GROUP(map, tests, NULL, NULL);
