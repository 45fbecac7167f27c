// SPDX-License-Identifier: GPL-2.0-or-later
// The fast pairing beside a slow and obvious one, over random events that need not make sense:
// arrivals on the same and on overlapping sectors, merged and partial completions, splits,
// requeues, lost records.
#include "tests/traces/trace_files.h"

#include "tests/support/test_group.h"
#include "traces/blktrace/blktrace_pair.h"

#include <stdlib.h>
#include <string.h>

#define MODEL_MAX 4000

// A part of a request that waits; kept in a plain array in order of coming to its start.
struct piece {
    uint64_t start;
    uint64_t bytes;
    size_t request;
    uint32_t volume;
    enum blktrace_kind kind;
    bool continued;
};

struct model_request {
    struct trace_request request;
    bool withdrawn;
    bool abandoned;
};

struct model {
    enum trace_arrival arrival;
    bool lossy;
    size_t suspect;
    struct piece pieces[MODEL_MAX];
    size_t piece_count;
    struct model_request requests[MODEL_MAX];
    size_t request_count;
    uint64_t no_arrival;
};

static void model_remove(struct model *model, size_t at)
{
    memmove(&model->pieces[at], &model->pieces[at + 1],
            (model->piece_count - at - 1) * sizeof model->pieces[0]);
    model->piece_count--;
}

static size_t model_pieces_of(const struct model *model, size_t request)
{
    size_t count = 0;
    for (size_t i = 0; i < model->piece_count; i++)
        count += model->pieces[i].request == request;
    return count;
}

static bool piece_is_at(const struct piece *piece, const struct blktrace_key *key)
{
    return piece->start == key->start && piece->volume == key->volume && piece->kind == key->kind;
}

// Numbers of the pieces at a key, oldest first.
static size_t model_find(const struct model *model, const struct blktrace_key *key, size_t *found)
{
    size_t count = 0;
    for (size_t i = 0; i < model->piece_count; i++)
        if (piece_is_at(&model->pieces[i], key))
            found[count++] = i;
    return count;
}

static void model_abandon(struct model *model, size_t request)
{
    for (size_t i = model->piece_count; i > 0; i--)
        if (model->pieces[i - 1].request == request)
            model_remove(model, i - 1);
    model->requests[request].abandoned = true;
}

// MODEL_MAX: none.
static size_t model_meant(struct model *model, const struct blktrace_key *key, uint64_t bytes)
{
    size_t found[MODEL_MAX];
    size_t count = model_find(model, key, found);
    while (count > 1 && (model->lossy || model->pieces[found[0]].request < model->suspect)) {
        model_abandon(model, model->pieces[found[0]].request);
        count = model_find(model, key, found);
    }
    for (size_t i = 0; i < count && i < 8; i++)
        if (model->pieces[found[i]].bytes == bytes)
            return found[i];
    return count > 0 ? found[0] : MODEL_MAX;
}

static void model_eat(struct model *model, size_t at, uint64_t bytes, int64_t now_ns)
{
    struct piece piece = model->pieces[at];
    model_remove(model, at);
    if (bytes < piece.bytes) {
        piece.start += bytes;
        piece.bytes -= bytes;
        model->pieces[model->piece_count++] = piece;
        return;
    }
    if (model_pieces_of(model, piece.request) == 0) {
        struct trace_request *request = &model->requests[piece.request].request;
        request->latency_ns = now_ns - request->arrival_ns;
    }
}

// Cuts the oldest piece in whose middle the key's start lies; the front's number is stored, the
// back is the last piece. False: there is none.
static bool model_cut(struct model *model, const struct blktrace_key *key, size_t *front)
{
    *front = MODEL_MAX;
    for (size_t i = 0; i < model->piece_count; i++) {
        const struct piece *piece = &model->pieces[i];
        if (piece->start < key->start && key->start < piece->start + piece->bytes &&
            piece->volume == key->volume && piece->kind == key->kind &&
            (*front == MODEL_MAX || piece->request < model->pieces[*front].request))
            *front = i;
    }
    if (*front == MODEL_MAX)
        return false;
    assert_true(model->piece_count < MODEL_MAX);
    struct piece back = model->pieces[*front];
    back.bytes -= key->start - back.start;
    back.start = key->start;
    back.continued = false;
    model->pieces[*front].bytes -= back.bytes;
    model->pieces[model->piece_count++] = back;
    return true;
}

// Where, behind the key's start and before `end`, a piece starts, or `end`.
static uint64_t model_next(const struct model *model, const struct blktrace_key *key, uint64_t end)
{
    for (size_t i = 0; i < model->piece_count; i++) {
        const struct piece *piece = &model->pieces[i];
        struct blktrace_key at = {piece->start, key->volume, key->kind};
        if (piece_is_at(piece, &at) && piece->start > key->start && piece->start < end)
            end = piece->start;
    }
    return end;
}

static void model_complete(struct model *model, const struct blktrace_record *record,
                           struct blktrace_key key)
{
    uint64_t end = record->offset + record->bytes;
    bool unknown = false;
    while (key.start < end) {
        size_t at = model_meant(model, &key, end - key.start), front;
        if (at == MODEL_MAX && model_cut(model, &key, &front))
            at = model->piece_count - 1;
        if (at == MODEL_MAX) {
            unknown = true;
            key.start = model_next(model, &key, end);
            continue;
        }
        uint64_t rest = end - key.start;
        uint64_t bytes = model->pieces[at].bytes < rest ? model->pieces[at].bytes : rest;
        model_eat(model, at, bytes, (int64_t)record->time_ns);
        key.start += bytes;
    }
    model->no_arrival += unknown;
}

static void model_arrive(struct model *model, const struct blktrace_record *record,
                         struct blktrace_key key, enum trace_op op)
{
    size_t found[MODEL_MAX];
    size_t count = model_find(model, &key, found);
    if (count > 0 && model->pieces[found[count - 1]].continued &&
        model->pieces[found[count - 1]].bytes == record->bytes) {
        model->pieces[found[count - 1]].continued = false;
        return;
    }
    assert_true(model->request_count < MODEL_MAX && model->piece_count < MODEL_MAX);
    model->pieces[model->piece_count++] =
        (struct piece){key.start, record->bytes, model->request_count, key.volume, key.kind, false};
    model->requests[model->request_count++] =
        (struct model_request){.request = {.arrival_ns = (int64_t)record->time_ns,
                                           .latency_ns = TRACE_LATENCY_UNKNOWN,
                                           .offset = record->offset,
                                           .bytes = record->bytes,
                                           .volume = key.volume,
                                           .op = op}};
}

static void model_split(struct model *model, const struct blktrace_record *record,
                        struct blktrace_key key)
{
    size_t found[MODEL_MAX];
    size_t count = model_find(model, &key, found), moved;
    // A device mapper has moved on: what lies before has no completion of its own.
    if (count == 0 && record->split_at == record->offset && model_cut(model, &key, &moved))
        model_remove(model, moved);
    if (count == 0 || record->split_at <= record->offset)
        return;
    struct piece *front = &model->pieces[found[count - 1]];
    uint64_t front_bytes = record->split_at - record->offset;
    if (front_bytes < front->bytes) {
        struct piece back = *front;
        back.start = record->split_at;
        back.bytes -= front_bytes;
        back.continued = true;
        front->bytes = front_bytes;
        model->pieces[model->piece_count++] = back;
    }
}

static void model_requeue(struct model *model, struct blktrace_key key)
{
    size_t found[MODEL_MAX];
    size_t count = model_find(model, &key, found);
    if (count == 0)
        return;
    struct piece *newest = &model->pieces[found[count - 1]];
    struct model_request *request = &model->requests[newest->request];
    if (newest->bytes < request->request.bytes) {
        newest->continued = true;
        return;
    }
    request->withdrawn = true;
    model_remove(model, found[count - 1]);
}

static void model_event(struct model *model, const struct blktrace_record *record, uint32_t volume)
{
    bool queue = model->arrival == TRACE_ARRIVAL_QUEUE;
    bool writes = (record->category & BLKTRACE_WRITE) != 0;
    bool flush = (record->category & BLKTRACE_FLUSH) != 0 && record->bytes == 0;
    struct blktrace_key key = {record->offset, volume,
                               writes ? BLKTRACE_KIND_WRITE : BLKTRACE_KIND_READ};
    if (record->after_gap)
        model->suspect = model->request_count;
    if (record->action == (queue ? BLKTRACE_QUEUE : BLKTRACE_ISSUE)) {
        key.kind = flush ? BLKTRACE_KIND_FLUSH : key.kind;
        model_arrive(model, record, key, flush ? TRACE_FLUSH : writes ? TRACE_WRITE : TRACE_READ);
    } else if (record->action == BLKTRACE_COMPLETE && record->bytes > 0) {
        model_complete(model, record, key);
    } else if (record->action == BLKTRACE_COMPLETE && (queue ? writes : flush)) {
        key.kind = BLKTRACE_KIND_FLUSH;
        size_t at = model_meant(model, &key, 0);
        if (at != MODEL_MAX)
            model_eat(model, at, 0, (int64_t)record->time_ns);
    } else if (record->action == BLKTRACE_SPLIT && queue) {
        model_split(model, record, key);
    } else if (record->action == BLKTRACE_REQUEUE && !queue) {
        key.kind = flush ? BLKTRACE_KIND_FLUSH : key.kind;
        model_requeue(model, key);
    }
}

// Sectors come from a small range in steps of half a page, so that everything meets everything.
static struct blktrace_record random_record(uint64_t *random, uint64_t time_ns)
{
    static const uint16_t actions[] = {BLKTRACE_QUEUE,    BLKTRACE_QUEUE,    BLKTRACE_QUEUE,
                                       BLKTRACE_ISSUE,    BLKTRACE_ISSUE,    BLKTRACE_ISSUE,
                                       BLKTRACE_COMPLETE, BLKTRACE_COMPLETE, BLKTRACE_COMPLETE,
                                       BLKTRACE_COMPLETE, BLKTRACE_SPLIT,    BLKTRACE_REQUEUE};
    struct blktrace_record record = {
        .time_ns = time_ns,
        .action = actions[random_below(random, 12)],
        .offset = random_below(random, 24) * 2048,
        .bytes = (uint32_t)(1 + random_below(random, 8)) * 2048,
        .category = random_below(random, 3) == 0 ? BLKTRACE_WRITE : 1,
        .after_gap = random_below(random, 60) == 0,
    };
    if (record.action == BLKTRACE_SPLIT) {
        uint64_t front = random_below(random, 5) * 2048;
        record.split_at = record.offset + (front < 8192 ? front + 512 : 0);
    } else if (random_below(random, 8) == 0) {
        bool queued = record.action == BLKTRACE_QUEUE ||
                      (record.action == BLKTRACE_COMPLETE && random_below(random, 2) == 0);
        record.bytes = 0;
        record.offset = 0;
        record.category = queued ? BLKTRACE_WRITE : 1 | BLKTRACE_FLUSH;
        if (record.action == BLKTRACE_QUEUE)
            record.category |= BLKTRACE_FLUSH;
    }
    return record;
}

// Compares what has been handed out from number *taken on with the model.
static void compare_taken(struct blktrace_pairing *pairing, const struct model *model,
                          size_t *taken)
{
    struct trace_request found;
    while (blktrace_pairing_take(pairing, &found)) {
        while (model->requests[*taken].withdrawn)
            ++*taken;
        assert_true(*taken < model->request_count);
        const struct trace_request *expected = &model->requests[(*taken)++].request;
        assert_int_equal(found.arrival_ns, expected->arrival_ns);
        assert_int_equal(found.latency_ns, expected->latency_ns);
        assert_int_equal(found.offset, expected->offset);
        assert_int_equal(found.bytes, expected->bytes);
        assert_int_equal(found.volume, expected->volume);
        assert_int_equal(found.op, expected->op);
    }
}

static void run_beside_model(uint64_t seed)
{
    uint64_t random = seed;
    struct model *model = calloc(1, sizeof *model);
    struct blktrace_pairing pairing;
    size_t taken = 0;
    uint64_t unknown = 0;
    uint64_t kept = 0;
    assert_non_null(model);
    model->arrival = seed % 2 == 0 ? TRACE_ARRIVAL_QUEUE : TRACE_ARRIVAL_ISSUE;
    model->lossy = seed % 5 == 0;
    blktrace_pairing_init(&pairing, model->arrival, model->lossy);
    for (uint64_t i = 0; i < 3000; i++) {
        struct blktrace_record record = random_record(&random, 1000 + i * 10);
        uint32_t volume = (uint32_t)random_below(&random, 2);
        model_event(model, &record, volume);
        assert_true(blktrace_pairing_event(&pairing, &record, volume));
        compare_taken(&pairing, model, &taken);
        assert_int_equal(pairing.fragments.live, model->piece_count);
    }
    blktrace_pairing_end(&pairing);
    compare_taken(&pairing, model, &taken);
    for (size_t i = 0; i < model->request_count; i++) {
        const struct model_request *request = &model->requests[i];
        assert_true(i < taken || request->withdrawn);
        kept += !request->withdrawn;
        unknown += !request->withdrawn && request->request.latency_ns == TRACE_LATENCY_UNKNOWN;
    }
    assert_int_equal(pairing.requests, kept);
    assert_int_equal(pairing.no_completion, unknown);
    assert_int_equal(pairing.no_arrival, model->no_arrival);
    assert_int_equal(pairing.fragments.live, 0);
    blktrace_pairing_free(&pairing);
    free(model);
}

static void test_pairing_equals_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++)
        run_beside_model(seed);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_pairing_equals_model),
};
TEST_GROUP(trace_model, tests, NULL, NULL);
