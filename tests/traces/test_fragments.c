// SPDX-License-Identifier: GPL-2.0-or-later
// What is outstanding, found by what lies in it: a slow obvious model beside the cells.
#include "tests/support/test_group.h"
#include "tests/traces/trace_files.h"
#include "traces/blktrace/blktrace_pair.h"

#include <stdlib.h>
#include <string.h>

#define MODEL_MAX 6000
#define SECTOR 512

struct model {
    struct blktrace_fragments fragments;
    uint32_t numbers[MODEL_MAX];
    size_t count;
    uint64_t requests;
    uint64_t random;
};

static uint64_t draw(struct model *model, uint64_t below)
{
    return random_below(&model->random, below);
}

static const struct blktrace_fragment *at(const struct model *model, size_t i)
{
    return blktrace_fragment_at(&model->fragments, model->numbers[i]);
}

// Looks at each.
static uint32_t find_slowly(const struct model *model, const struct blktrace_key *key,
                            uint64_t from)
{
    uint32_t found = BLKTRACE_FRAGMENT_NONE;
    uint64_t oldest = UINT64_MAX;
    for (size_t i = 0; i < model->count; i++) {
        const struct blktrace_fragment *fragment = at(model, i);
        if (fragment->volume == key->volume && fragment->kind == key->kind &&
            fragment->start < key->start && key->start < fragment->start + fragment->bytes &&
            fragment->request >= from && fragment->request < oldest) {
            oldest = fragment->request;
            found = model->numbers[i];
        }
    }
    return found;
}

static void add(struct model *model, uint64_t span, uint64_t sectors_max)
{
    struct blktrace_key key = {draw(model, span) * SECTOR, (uint32_t)draw(model, 2),
                               (enum blktrace_kind)draw(model, 2)};
    uint32_t bytes = (uint32_t)((1 + draw(model, 1 + draw(model, sectors_max))) * SECTOR);
    model->numbers[model->count] = blktrace_fragments_add(
        &model->fragments, &key, bytes, model->requests++, BLKTRACE_FRAGMENT_NONE);
    assert_int_not_equal(model->numbers[model->count++], BLKTRACE_FRAGMENT_NONE);
}

static void drop(struct model *model)
{
    size_t i = draw(model, model->count);
    blktrace_fragments_remove(&model->fragments, model->numbers[i]);
    model->numbers[i] = model->numbers[--model->count];
}

static void shorten(struct model *model)
{
    size_t i = draw(model, model->count);
    uint32_t sectors = at(model, i)->bytes / SECTOR;
    enum blktrace_kind kind = (enum blktrace_kind)draw(model, 2);
    assert_true(blktrace_fragments_change(&model->fragments, model->numbers[i],
                                          (uint32_t)draw(model, sectors) * SECTOR, kind));
}

// Asks, and sometimes cuts there.
static void ask(struct model *model, uint64_t span)
{
    struct blktrace_key key = {draw(model, span) * SECTOR, (uint32_t)draw(model, 2),
                               (enum blktrace_kind)draw(model, 2)};
    uint64_t from = draw(model, 3) == 0 ? draw(model, model->requests + 1) : 0;
    uint32_t found;
    uint32_t back;
    assert_true(blktrace_fragments_around(&model->fragments, &key, from, &found));
    assert_int_equal(found, find_slowly(model, &key, from));
    uint64_t end = key.start + (1 + draw(model, span)) * SECTOR;
    uint64_t next = end;
    for (size_t i = 0; i < model->count; i++) {
        const struct blktrace_fragment *fragment = at(model, i);
        if (fragment->volume == key.volume && fragment->kind == key.kind &&
            fragment->start > key.start && fragment->start < next)
            next = fragment->start;
    }
    assert_int_equal(blktrace_fragments_next(&model->fragments, &key, end), next);
    if (found == BLKTRACE_FRAGMENT_NONE || draw(model, 2) == 0 || model->count == MODEL_MAX)
        return;
    struct blktrace_fragment whole = *blktrace_fragment_at(&model->fragments, found);
    assert_true(blktrace_fragments_cut(&model->fragments, found, &key, &back));
    const struct blktrace_fragment *front = blktrace_fragment_at(&model->fragments, found);
    const struct blktrace_fragment *rest = blktrace_fragment_at(&model->fragments, back);
    assert_true(front->start == whole.start && front->start + front->bytes == key.start);
    assert_true(rest->start == key.start && rest->bytes + front->bytes == whole.bytes);
    assert_int_equal(rest->request, whole.request);
    model->numbers[model->count++] = back;
}

// `span` sectors in all; up to so many fragments, before it drains and starts over.
static void check(uint64_t seed, size_t most, uint64_t span, uint64_t sectors_max, int steps)
{
    struct model *model = calloc(1, sizeof *model);
    assert_non_null(model);
    model->random = seed;
    bool grows = true;
    for (int i = 0; i < steps; i++) {
        uint64_t what = draw(model, 8);
        grows = model->count == 0 || (grows && model->count < most);
        if (model->count == 0 || (what < (grows ? 5 : 1) && model->count < MODEL_MAX))
            add(model, span, sectors_max);
        else if (what < 5)
            drop(model);
        else if (what == 5)
            shorten(model);
        else
            ask(model, span);
        assert_int_equal(model->fragments.live, model->count);
    }
    while (model->count > 0)
        drop(model);
    assert_int_equal(model->fragments.cells.used, 0);
    assert_int_equal(model->fragments.index.used, 0);
    blktrace_fragments_free(&model->fragments);
    free(model);
}

static void test_around(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++)
        check(seed, 4 + seed % 50, 16 + seed * 7, 1 + seed % 40, 2000);
}

// Beyond what could be looked at one by one, and with lengths from a sector to a gigabyte.
static void test_many_in_flight(void **state)
{
    (void)state;
    check(7, 5000, 1 << 16, 64, 20000);
    check(8, 3000, UINT64_C(1) << 40, 1 << 21, 10000);
}

#define DEEP 200000

// As many in flight as there can be, each answered in two pieces, the second first.
static void test_pieces_of_very_many(void **state)
{
    (void)state;
    struct blktrace_pairing pairing;
    struct trace_request request;
    blktrace_pairing_init(&pairing, TRACE_ARRIVAL_QUEUE, false);
    for (uint64_t i = 0; i < 3 * DEEP; i++) {
        struct blktrace_record record = {
            .time_ns = i,
            .action = i < DEEP ? BLKTRACE_QUEUE : BLKTRACE_COMPLETE,
            .category = 1,
            .offset = i % DEEP * 8192 + (i >= DEEP && i < 2 * DEEP ? 4096 : 0),
            .bytes = i < DEEP ? 8192 : 4096,
        };
        assert_true(blktrace_pairing_event(&pairing, &record, 0));
        while (blktrace_pairing_take(&pairing, &request))
            assert_int_equal(request.latency_ns, 2 * DEEP);
    }
    assert_int_equal(pairing.window.first, DEEP);
    assert_int_equal(pairing.no_arrival, 0);
    blktrace_pairing_free(&pairing);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_around),
    cmocka_unit_test(test_many_in_flight),
    cmocka_unit_test(test_pieces_of_very_many),
};
TEST_GROUP(fragments, tests, NULL, NULL);
