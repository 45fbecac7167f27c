// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/report/decisions.h"

#include "reports/label.h"
#include "sim/replay/recording.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 20 // before the one that differs, and after
#define NAME_CHARACTERS 60

// ---- In the simulator ----

static bool make_room(struct decisions *decisions)
{
    if (decisions->count < decisions->size)
        return true;
    size_t size = decisions->size == 0 ? 64 : 2 * decisions->size;
    struct decision *bigger = realloc(decisions->items, size * sizeof *bigger);
    if (bigger == NULL)
        return false;
    decisions->items = bigger;
    decisions->size = size;
    return true;
}

static void queue_last(struct decisions *decisions, const struct decision *decision)
{
    if (decision->direction == DISK_NOT_COUNTED)
        return;
    struct decision_queue *queue = &decisions->queues[decision->member][decision->direction];
    if (queue->first == 0)
        queue->first = decisions->count;
    else
        decisions->items[queue->last - 1].next = decisions->count;
    queue->last = decisions->count;
}

static void note_arrival(void *context, const struct sim_request *request)
{
    struct decisions *decisions = context;
    const struct engine_request *engine = &request->engine;
    if (engine->arrival_ns > decisions->until_ns || decisions->is_out_of_memory)
        return;
    decisions->is_out_of_memory = !make_room(decisions);
    if (decisions->is_out_of_memory)
        return;
    struct decision *decision = &decisions->items[decisions->count++];
    *decision = (struct decision){
        .member = engine->member,
        .direction = disks_direction(engine->op, sim_request_is(request, REQUEST_THROTTLED)),
        .op = recording_request(request, REPORT_NOT_YET).op,
        .bytes = engine->bytes,
        .arrival_ns = engine->arrival_ns,
        .our_ns = ENGINE_NEVER,
        .qemu_after_ns = engine->arrival_ns - 1,
        .qemu_ns = ENGINE_NEVER,
    };
    queue_last(decisions, decision);
}

static void note_departure(void *context, const struct sim_request *request)
{
    struct decisions *decisions = context;
    if (sim_request_seq(request) < decisions->count)
        decisions->items[sim_request_seq(request)].our_ns = request->engine.dispatch_ns;
}

bool decisions_collect(struct decisions *decisions, const struct scenario *scenario,
                       int64_t until_ns, struct sim_error *error)
{
    static const struct replay_observer observer = {
        .arrival = note_arrival,
        .dispatch = note_departure,
    };
    static const volatile sig_atomic_t never;
    struct replay replay;
    *decisions = (struct decisions){.looked_ns = -1, .until_ns = until_ns};
    decisions->queues = calloc(scenario->member_count, sizeof *decisions->queues);
    decisions->counted = calloc(scenario->member_count, sizeof *decisions->counted);
    if (decisions->queues == NULL || decisions->counted == NULL)
        return sim_fail_memory(error);
    bool ok = replay_open(&replay, scenario, NULL, error) &&
              replay_start(&replay, &observer, decisions) &&
              replay_all(&replay, &(struct progress_watch){.stop = &never}) == REPLAY_FINISHED;
    replay_close(&replay);
    return ok && (!decisions->is_out_of_memory || sim_fail_memory(error));
}

void decisions_free(struct decisions *decisions)
{
    free(decisions->items);
    free(decisions->queues);
    free(decisions->counted);
    *decisions = (struct decisions){0};
}

// ---- In QEMU ----

// As many and as long together as in the simulator: at the same times.
static void note_left(struct decisions *decisions, struct decision_queue *queue, int64_t now_ns,
                      bool is_same)
{
    struct decision *decision = &decisions->items[queue->first - 1];
    decision->qemu_ns = is_same ? decision->our_ns : now_ns;
    if (is_same)
        decision->qemu_after_ns = decision->our_ns - 1;
    else if (decisions->looked_ns > decision->qemu_after_ns)
        decision->qemu_after_ns = decisions->looked_ns;
    queue->first = decision->next;
}

void decisions_look(struct decisions *decisions, const struct scenario *scenario, int64_t now_ns,
                    const struct disk_counts *ours, const struct disk_counts *counted)
{
    for (uint32_t i = 0; i < scenario->member_count; i++) {
        for (int j = 0; j < DISK_DIRECTION_COUNT; j++) {
            struct decision_queue *queue = &decisions->queues[i][j];
            bool is_same = ours[i].left[j] == counted[i].left[j] &&
                           ours[i].latency_ns[j] == counted[i].latency_ns[j];
            for (uint64_t left = decisions->counted[i].left[j];
                 left < counted[i].left[j] && queue->first != 0; left++)
                note_left(decisions, queue, now_ns, is_same);
        }
        decisions->counted[i] = counted[i];
    }
    decisions->looked_ns = now_ns;
}

// ---- As text ----

static int compare_departures(const void *a, const void *b)
{
    const struct decision *const *first = a, *const *second = b;
    if ((*first)->our_ns != (*second)->our_ns)
        return (*first)->our_ns < (*second)->our_ns ? -1 : 1;
    return *first < *second ? -1 : *first > *second;
}

static const char *time_text(int64_t time_ns, char *text, size_t size)
{
    snprintf(text, size, "%" PRId64, time_ns);
    return time_ns == ENGINE_NEVER ? "never" : text;
}

static const char *qemu_text(const struct decisions *decisions, const struct decision *decision,
                             bool is_found, char *text, size_t size)
{
    if (decision->direction == DISK_NOT_COUNTED)
        return "-";
    if (decision->qemu_ns == ENGINE_NEVER && !is_found)
        snprintf(text, size, "after %" PRId64, decisions->looked_ns);
    else if (decision->qemu_ns == ENGINE_NEVER || decision->qemu_after_ns >= decision->qemu_ns - 1)
        return time_text(decision->qemu_ns, text, size);
    else
        snprintf(text, size, "%" PRId64 "..%" PRId64, decision->qemu_after_ns + 1,
                 decision->qemu_ns);
    return text;
}

// Is it known that QEMU lets it go at another time?
static bool differs(const struct decisions *decisions, const struct decision *decision,
                    bool is_found)
{
    if (decision->direction == DISK_NOT_COUNTED)
        return false;
    if (decision->qemu_ns == ENGINE_NEVER)
        return is_found || decision->our_ns <= decisions->looked_ns;
    return decision->our_ns <= decision->qemu_after_ns || decision->our_ns > decision->qemu_ns;
}

static void print_decision(const struct decisions *decisions, const struct scenario *scenario,
                           const struct decision *decision, bool is_found, FILE *out)
{
    char label[REPORT_LABEL_MAX], ours[32], theirs[64];
    report_label(label, scenario->members[decision->member].name, NAME_CHARACTERS);
    fprintf(out, "%-8td %-12s %-12s %10" PRIu64 " %20" PRId64 " %20s %20s%s\n",
            decision - decisions->items, label, decision->op, decision->bytes, decision->arrival_ns,
            time_text(decision->our_ns, ours, sizeof ours),
            qemu_text(decisions, decision, is_found, theirs, sizeof theirs),
            differs(decisions, decision, is_found) ? "  differs" : "");
}

bool decisions_print(struct decisions *decisions, const struct scenario *scenario,
                     const struct difference *difference, FILE *out)
{
    const struct decision **sorted = malloc((decisions->count + 1) * sizeof *sorted);
    struct decision *found = NULL;
    size_t centre = 0;
    if (sorted == NULL)
        return false;
    if (difference->kind == DIFFERENCE_DEPARTURE && difference->has_request &&
        difference->seq < decisions->count) {
        found = &decisions->items[difference->seq];
        found->qemu_after_ns = difference->qemu_after_ns;
        found->qemu_ns = difference->qemu_ns;
    }
    for (size_t i = 0; i < decisions->count; i++)
        sorted[i] = &decisions->items[i];
    qsort(sorted, decisions->count, sizeof *sorted, compare_departures);
    while (
        centre < decisions->count &&
        (found != NULL ? sorted[centre] != found : sorted[centre]->our_ns < difference->found_ns))
        centre++;
    fprintf(out, "%-8s %-12s %-12s %10s %20s %20s %20s\n", "request", "member", "op", "bytes",
            "arrives_ns", "leaves_simulator_ns", "leaves_qemu_ns");
    for (size_t i = centre > SHOWN ? centre - SHOWN : 0;
         i < decisions->count && i <= centre + SHOWN; i++)
        print_decision(decisions, scenario, sorted[i], sorted[i] == found, out);
    free(sorted);
    return true;
}
