// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/blktrace/blktrace_pair.h"
#include "traces/grow.h"

#include <stdlib.h>

#define RUNS_MAX 65536U // more than any machine has of CPUs and devices
#define ORDER_UNKNOWN UINT64_MAX

bool blktrace_pairing_order_batches(struct blktrace_pairing *pairing, enum trace_batch_order order)
{
    struct blktrace_batches *batches = &pairing->batches;
    if (order == TRACE_BATCH_ISSUE || pairing->arrival == TRACE_ARRIVAL_QUEUE)
        return true;
    batches->order = order;
    batches->queued = malloc(BLKTRACE_BATCH_QUEUED * sizeof *batches->queued);
    pairing->actions |= 1U << BLKTRACE_QUEUE;
    blktrace_pairing_weigh(pairing);
    return batches->queued != NULL;
}

void blktrace_batches_free(struct blktrace_batches *batches)
{
    for (uint32_t i = 0; i < batches->run_count; i++)
        free(batches->runs[i].members);
    free(batches->runs);
    trace_map_free(&batches->by_cpu);
    free(batches->queued);
    free(batches->kept);
}

// ---- The order of queueing ----

static void note_queued(struct blktrace_batches *batches, const struct blktrace_record *record,
                        uint32_t volume)
{
    batches->queued[batches->queued_count++ % BLKTRACE_BATCH_QUEUED] =
        (struct blktrace_batch_queued){
            .start = record->offset,
            .bytes = record->bytes,
            .minor = blktrace_key_minor(volume, blktrace_record_kind(record)),
        };
}

// The first Q of what is issued: the last ones of its bytes are meant.
static uint64_t find_order(const struct blktrace_batches *batches,
                           const struct blktrace_record *record, uint32_t volume)
{
    uint32_t minor = blktrace_key_minor(volume, blktrace_record_kind(record));
    uint64_t end = record->offset + record->bytes, left = record->bytes, count = 0;
    uint64_t order = ORDER_UNKNOWN;
    for (uint64_t at = batches->queued_count; at > 0 && left > 0; at--) {
        const struct blktrace_batch_queued *queued =
            &batches->queued[(at - 1) % BLKTRACE_BATCH_QUEUED];
        if (count++ == BLKTRACE_BATCH_QUEUED)
            break;
        uint64_t queued_end = queued->start + queued->bytes;
        if (queued->minor != minor || queued->start >= end || queued_end <= record->offset)
            continue;
        uint64_t from = queued->start > record->offset ? queued->start : record->offset;
        uint64_t covered = (queued_end < end ? queued_end : end) - from;
        left -= covered < left ? covered : left;
        order = at;
    }
    return left > 0 ? ORDER_UNKNOWN : order;
}

// ---- Another order ----

static int compare_order(const void *left, const void *right)
{
    const struct blktrace_batch_member *a = left, *b = right;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

static bool has_end(const struct blktrace_pending *request)
{
    return request->state == BLKTRACE_COMPLETED && request->latency_ns >= 0;
}

// Does each of the sorted members still arrive before it is complete if the i-th comes i-th?
static bool may_reorder(const struct blktrace_pairing *pairing,
                        const struct blktrace_batch_member *sorted, const uint64_t *numbers,
                        uint32_t count)
{
    bool differs = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct blktrace_pending *request =
            blktrace_window_at(&pairing->window, sorted[i].number);
        int64_t arrival_ns = blktrace_window_at(&pairing->window, numbers[i])->arrival_ns;
        differs = differs || sorted[i].number != numbers[i];
        if (sorted[i].order == ORDER_UNKNOWN || numbers[i] < pairing->window.first ||
            request->state == BLKTRACE_WITHDRAWN ||
            (has_end(request) && request->arrival_ns + request->latency_ns < arrival_ns))
            return false;
    }
    return differs;
}

// Puts a request in the place of another, whose time it gets.
static void place(struct blktrace_pairing *pairing, struct blktrace_pending request,
                  uint64_t number, int64_t arrival_ns)
{
    if (has_end(&request))
        request.latency_ns += request.arrival_ns - arrival_ns;
    if (request.state == BLKTRACE_PENDING) {
        uint32_t fragment = request.fragment;
        do {
            struct blktrace_fragment *part = blktrace_fragment_at(&pairing->fragments, fragment);
            part->request = number;
            fragment = part->next;
        } while (fragment != request.fragment);
    }
    request.arrival_ns = arrival_ns;
    *blktrace_window_at(&pairing->window, number) = request;
}

struct moved {
    struct blktrace_pending request;
    struct blktrace_sender sender;
    int64_t arrival_ns; // that was in its place
};

// The members are in the order of issue. False: out of memory.
static bool reorder(struct blktrace_pairing *pairing, struct blktrace_batch_member *members,
                    uint32_t count)
{
    struct blktrace_window *window = &pairing->window;
    uint64_t *numbers = malloc(count * sizeof *numbers);
    struct moved *moved = malloc(count * sizeof *moved);
    bool good = numbers != NULL && moved != NULL;
    for (uint32_t i = 0; good && i < count; i++)
        numbers[i] = members[i].number;
    if (good)
        qsort(members, count, sizeof *members, compare_order);
    if (good && may_reorder(pairing, members, numbers, count)) {
        pairing->batches.reordered++;
        for (uint32_t i = 0; i < count; i++) {
            moved[i].request = *blktrace_window_at(window, members[i].number);
            moved[i].arrival_ns = blktrace_window_at(window, numbers[i])->arrival_ns;
            if (window->has_senders)
                moved[i].sender = *blktrace_window_sender(window, members[i].number);
        }
        for (uint32_t i = 0; i < count; i++) {
            place(pairing, moved[i].request, numbers[i], moved[i].arrival_ns);
            if (window->has_senders)
                *blktrace_window_sender(window, numbers[i]) = moved[i].sender;
        }
    }
    free(numbers);
    free(moved);
    return good;
}

// ---- Which order it is ----

static bool keep(struct blktrace_batches *batches, const struct blktrace_run *run)
{
    if (run->count > batches->kept_capacity - batches->kept_count) {
        uint32_t capacity = 2 * batches->kept_capacity + run->count;
        struct blktrace_batch_member *kept =
            realloc(batches->kept, capacity * sizeof *batches->kept);
        if (kept == NULL)
            return false;
        batches->kept = kept;
        batches->kept_capacity = capacity;
    }
    for (uint32_t i = 0; i < run->count; i++) {
        batches->kept[batches->kept_count] = run->members[i];
        batches->kept[batches->kept_count++].is_first = i == 0;
    }
    return true;
}

// How many neighbours that waited complete in the opposite order.
static uint64_t count_opposite(const struct blktrace_pairing *pairing,
                               const struct blktrace_batch_member *members, uint32_t count,
                               uint64_t *neighbours)
{
    uint64_t opposite = 0;
    int64_t before_ns = INT64_MIN;
    *neighbours = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct blktrace_pending *request =
            blktrace_window_at(&pairing->window, members[i].number);
        if (!has_end(request) || request->latency_ns <= BLKTRACE_BATCH_WAITED_NS)
            continue;
        int64_t end_ns = request->arrival_ns + request->latency_ns;
        *neighbours += before_ns != INT64_MIN;
        opposite += before_ns > end_ns;
        before_ns = end_ns;
    }
    return opposite;
}

static uint32_t kept_batch(const struct blktrace_batches *batches, uint32_t first)
{
    uint32_t count = 1;
    while (first + count < batches->kept_count && !batches->kept[first + count].is_first)
        count++;
    return count;
}

static void count_batch(struct blktrace_pairing *pairing,
                        const struct blktrace_batch_member *members, uint32_t count)
{
    struct blktrace_batches *batches = &pairing->batches;
    struct blktrace_batch_member sorted[BLKTRACE_BATCH_MAX];
    uint64_t neighbours;
    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = members[i];
        if (members[i].order == ORDER_UNKNOWN)
            return;
    }
    qsort(sorted, count, sizeof *sorted, compare_order);
    batches->opposite_issued += count_opposite(pairing, members, count, &neighbours);
    batches->opposite_queued += count_opposite(pairing, sorted, count, &neighbours);
    batches->neighbours += neighbours;
}

void blktrace_batches_decide(struct blktrace_pairing *pairing)
{
    struct blktrace_batches *batches = &pairing->batches;
    for (uint32_t i = 0, count; i < batches->kept_count; i += count) {
        count = kept_batch(batches, i);
        count_batch(pairing, &batches->kept[i], count);
    }
    batches->order =
        batches->opposite_queued < batches->opposite_issued ? TRACE_BATCH_QUEUE : TRACE_BATCH_ISSUE;
    // Without memory the rest stays as it was issued.
    for (uint32_t i = 0, count; batches->order == TRACE_BATCH_QUEUE && i < batches->kept_count;
         i += count) {
        count = kept_batch(batches, i);
        (void)reorder(pairing, &batches->kept[i], count);
    }
    if (batches->order == TRACE_BATCH_ISSUE)
        batches->hold_from = UINT64_MAX;
    blktrace_pairing_weigh(pairing);
    free(batches->kept);
    batches->kept = NULL;
    batches->kept_count = 0;
}

// ---- Runs ----

static bool end_run(struct blktrace_pairing *pairing, struct blktrace_run *run)
{
    bool good = run->count < 2 || (pairing->batches.order == TRACE_BATCH_AUTO
                                       ? keep(&pairing->batches, run)
                                       : reorder(pairing, run->members, run->count));
    run->count = 0;
    return good;
}

// Those that end by their age; what is left says what is held, and until when.
bool blktrace_batches_end(struct blktrace_pairing *pairing, uint64_t now_ns)
{
    struct blktrace_batches *batches = &pairing->batches;
    bool good = true;
    batches->next_end_ns = INT64_MAX;
    batches->hold_from = UINT64_MAX;
    for (uint32_t i = 0; i < batches->run_count; i++) {
        struct blktrace_run *run = &batches->runs[i];
        if (run->count == 0)
            continue;
        uint64_t end_ns = run->last_ns + BLKTRACE_BATCH_GAP_NS;
        if ((int64_t)now_ns > (int64_t)end_ns || now_ns == UINT64_MAX) {
            good = end_run(pairing, run) && good;
            continue;
        }
        if ((int64_t)end_ns < (int64_t)batches->next_end_ns)
            batches->next_end_ns = end_ns;
        if (run->members[0].number < batches->hold_from)
            batches->hold_from = run->members[0].number;
    }
    return good;
}

// NULL: out of memory, or of what there should be.
static struct blktrace_run *find_run(struct blktrace_batches *batches, uint32_t volume,
                                     uint32_t cpu)
{
    struct trace_map_slot *slot = trace_map_slot(&batches->by_cpu, volume, cpu);
    if (slot == NULL || (slot->value == TRACE_MAP_NONE && batches->run_count == RUNS_MAX))
        return NULL;
    if (slot->value != TRACE_MAP_NONE)
        return &batches->runs[slot->value];
    struct blktrace_run *runs =
        trace_grown(batches->runs, batches->run_count, &batches->run_capacity, sizeof *runs);
    if (runs == NULL)
        return NULL;
    batches->runs = runs;
    trace_map_fill(&batches->by_cpu, slot, volume, cpu, batches->run_count);
    batches->runs[batches->run_count] = (struct blktrace_run){0};
    return &batches->runs[batches->run_count++];
}

static bool add_member(struct blktrace_pairing *pairing, struct blktrace_run *run,
                       const struct blktrace_record *record, uint32_t volume, uint64_t number)
{
    struct blktrace_batches *batches = &pairing->batches;
    struct blktrace_batch_member *members =
        trace_grown(run->members, run->count, &run->capacity, sizeof *members);
    if (members == NULL)
        return false;
    run->members = members;
    run->members[run->count++] = (struct blktrace_batch_member){
        .number = number, .order = find_order(batches, record, volume)};
    batches->hold_from = number < batches->hold_from ? number : batches->hold_from;
    if ((int64_t)(record->time_ns + BLKTRACE_BATCH_GAP_NS) < (int64_t)batches->next_end_ns)
        batches->next_end_ns = record->time_ns + BLKTRACE_BATCH_GAP_NS;
    return true;
}

bool blktrace_batches_watch(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                            uint32_t volume, uint64_t next)
{
    struct blktrace_batches *batches = &pairing->batches;
    unsigned action = blktrace_record_action(record);
    bool is_full = !blktrace_pairing_can_wait(pairing);
    bool is_late = (int64_t)record->time_ns > (int64_t)batches->next_end_ns;
    if ((is_full || is_late) &&
        !blktrace_batches_end(pairing, is_full ? UINT64_MAX : record->time_ns))
        return false;
    if (action == BLKTRACE_QUEUE)
        note_queued(batches, record, volume);
    if (record->cpu == BLKTRACE_CPU_UNKNOWN)
        return true;
    struct blktrace_run *run = find_run(batches, volume, record->cpu);
    if (run == NULL)
        return false;
    bool follows = record->sequence == 0 ? !run->is_broken : record->sequence == run->sequence + 1;
    if (action == BLKTRACE_COMPLETE) {
        run->sequence = follows ? record->sequence : run->sequence;
        return true;
    }
    if (action != BLKTRACE_ISSUE || pairing->window.next == next || record->bytes == 0) {
        run->is_broken = true;
        return true;
    }
    if (run->count > 0 &&
        (!follows || is_full || run->count == BLKTRACE_BATCH_MAX ||
         record->time_ns - run->last_ns > BLKTRACE_BATCH_GAP_NS) &&
        !end_run(pairing, run))
        return false;
    run->is_broken = false;
    run->sequence = record->sequence;
    run->last_ns = record->time_ns;
    return add_member(pairing, run, record, volume, next);
}

void blktrace_batches_report(const struct blktrace_batches *batches, const char *source,
                             struct trace_notices *notices)
{
    trace_notices_set(
        notices, "batch-order", source, batches->reordered,
        "%llu batches of requests that were handed over together are taken in the "
        "order of their queueing (Q), not of their issues (D): of %llu neighbours "
        "that waited, %llu complete in the opposite order as queued, %llu as issued.",
        (unsigned long long)batches->reordered, (unsigned long long)batches->neighbours,
        (unsigned long long)batches->opposite_queued, (unsigned long long)batches->opposite_issued);
}
