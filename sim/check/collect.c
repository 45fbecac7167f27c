// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/check/deviation.h"

#include "reports/quantile.h"
#include "sim/replay/assumptions.h"
#include "sim/replay/recording.h"

#include <stdlib.h>
#include <string.h>

// How long a decided request had waited.
struct wait {
    uint32_t stream;
    int64_t ns;
};

struct collector {
    struct accepted *found; // its streams are of every member and direction, as long as it runs
    struct deviation *deviation;
    struct wait *waits;
    size_t wait_count;
    size_t room; // for waits, and for decisions
    bool no_memory;
};

static uint32_t stream_of(const struct report_request *request)
{
    return request->member * REPORT_DIRECTION_COUNT + (uint32_t)request->direction;
}

// ---- While it runs ----

static bool make_room(struct collector *collector)
{
    struct accepted *found = collector->found;
    if (found->decision_count < collector->room)
        return true;
    size_t room = collector->room == 0 ? 1024 : collector->room * 2;
    void *decisions = realloc(found->decisions, room * sizeof *found->decisions);
    if (decisions != NULL)
        found->decisions = decisions;
    void *waits = realloc(collector->waits, room * sizeof *collector->waits);
    if (waits != NULL)
        collector->waits = waits;
    if (decisions == NULL || waits == NULL)
        return false;
    collector->room = room;
    return true;
}

static void add_decision(struct collector *collector, const struct report_request *request,
                         int64_t dispatch_ns)
{
    struct accepted *found = collector->found;
    found->is_cut = found->is_cut || found->decision_count == ACCEPTED_DECISIONS_MAX;
    if (found->is_cut || collector->no_memory)
        return;
    if (!make_room(collector)) {
        collector->no_memory = true;
        return;
    }
    if (dispatch_ns != ACCEPTED_NEVER)
        collector->waits[collector->wait_count++] =
            (struct wait){stream_of(request), dispatch_ns - request->arrival_ns};
    found->decisions[found->decision_count++] =
        (struct accepted_decision){request->seq, dispatch_ns, stream_of(request)};
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 29;
}

// Summed up, so that the order in which requests leave does not matter.
static uint64_t hash_request(const struct report_request *request)
{
    uint64_t hash = mix(UINT64_C(0x2545f4914f6cdd1d), request->seq);
    hash = mix(hash, request->member);
    for (const char *p = request->op; *p != '\0'; p++)
        hash = mix(hash, (unsigned char)*p);
    hash = mix(hash, request->offset);
    hash = mix(hash, request->bytes);
    return mix(hash, (uint64_t)request->arrival_ns);
}

// It leaves, or it has not until the end.
static void note_departure(void *context, const struct sim_request *departing)
{
    struct collector *collector = context;
    const struct report_request request = recording_request(departing, REPORT_NOT_YET);
    uint64_t *numbers = collector->found->streams[stream_of(&request)].numbers;
    bool is_left = request.dispatch_ns != REPORT_NOT_YET;
    numbers[ACCEPTED_ARRIVED]++;
    numbers[ACCEPTED_DISPATCHED] += is_left;
    collector->found->requests++;
    collector->found->requests_hash += hash_request(&request);
    if (collector->deviation != NULL)
        deviation_note(collector->deviation, &request);
    if (request.dispatch_ns == request.arrival_ns)
        return;
    numbers[ACCEPTED_WAITED]++;
    add_decision(collector, &request, is_left ? request.dispatch_ns : ACCEPTED_NEVER);
}

static void note_completion(void *context, const struct sim_request *request, int64_t now_ns)
{
    struct collector *collector = context;
    struct report_request report = recording_request(request, now_ns);
    collector->found->streams[stream_of(&report)].numbers[ACCEPTED_COMPLETED]++;
}

static void note_rest(void *context, const struct sim_request *request)
{
    if (sim_request_is(request, REQUEST_WAITS))
        note_departure(context, request);
}

static const struct replay_observer observer = {
    .dispatch = note_departure,
    .complete = note_completion,
};

static bool run_to_end(struct replay *replay, struct collector *collector,
                       const struct progress_watch *watch, struct sim_error *error)
{
    if (!replay_start(replay, &observer, collector))
        return false;
    enum replay_step step = replay_all(replay, watch);
    if (step == REPLAY_STOPPED)
        return sim_fail(error, SIM_FAILED, "interrupted");
    request_pool_walk(replay->pool, note_rest, collector);
    return step == REPLAY_FINISHED;
}

// ---- Afterwards ----

static int compare_waits(const void *left, const void *right)
{
    const struct wait *a = left, *b = right;
    if (a->stream != b->stream)
        return a->stream < b->stream ? -1 : 1;
    return (a->ns > b->ns) - (a->ns < b->ns);
}

// The waiting ones come out of the pool in no order.
static void sort_never(struct accepted *found)
{
    size_t first = found->decision_count;
    while (first > 0 && found->decisions[first - 1].dispatch_ns == ACCEPTED_NEVER)
        first--;
    if (first < found->decision_count)
        qsort(&found->decisions[first], found->decision_count - first, sizeof *found->decisions,
              accepted_compare_seq);
}

// By nearest rank; 0 of none. The waits that are not in the list are 0.
static uint64_t percentile(const struct wait *sorted, uint64_t waits, uint64_t all,
                           unsigned percent)
{
    uint64_t rank = quantile_rank(all, percent), zeros = all - waits;
    return all == 0 || rank <= zeros ? 0 : (uint64_t)sorted[rank - zeros - 1].ns;
}

static void measure(struct collector *collector)
{
    struct accepted *found = collector->found;
    const struct wait *waits = collector->waits, *end = waits + collector->wait_count;
    if (collector->wait_count > 0)
        qsort(collector->waits, collector->wait_count, sizeof *waits, compare_waits);
    for (size_t stream = 0; stream < found->stream_count; stream++) {
        uint64_t *numbers = found->streams[stream].numbers, all = numbers[ACCEPTED_DISPATCHED];
        size_t count = 0;
        while (waits + count < end && waits[count].stream == stream)
            count++;
        numbers[ACCEPTED_P50] = percentile(waits, count, all, 50);
        numbers[ACCEPTED_P90] = percentile(waits, count, all, 90);
        numbers[ACCEPTED_P99] = percentile(waits, count, all, 99);
        numbers[ACCEPTED_MAX] = percentile(waits, count, all, 100);
        waits += count;
    }
}

// Only streams with requests stay, and get their members' names.
static bool keep_streams(struct accepted *found, const struct scenario *scenario)
{
    size_t kept = 0;
    uint32_t *places = calloc(found->stream_count + 1, sizeof *places);
    bool ok = places != NULL;
    for (size_t i = 0; ok && i < found->stream_count; i++) {
        places[i] = (uint32_t)kept;
        if (found->streams[i].numbers[ACCEPTED_ARRIVED] == 0)
            continue;
        struct accepted_stream *stream = &found->streams[kept++];
        *stream = found->streams[i];
        stream->direction = (enum report_direction)(i % REPORT_DIRECTION_COUNT);
        stream->member = strdup(scenario->members[i / REPORT_DIRECTION_COUNT].name);
        ok = stream->member != NULL;
    }
    found->stream_count = kept;
    for (size_t i = 0; ok && i < found->decision_count; i++)
        found->decisions[i].stream = places[found->decisions[i].stream];
    free(places);
    return ok;
}

static void note_assumption(void *context, const char *key, const char *value, const char *text)
{
    char *assumed = context;
    size_t used = strlen(assumed);
    (void)text;
    snprintf(assumed + used, ACCEPTED_ASSUMED_SIZE - used, "%s%s %s", used > 0 ? ", " : "", key,
             value);
}

static bool finish(struct collector *collector, const struct replay *replay,
                   const struct scenario *scenario)
{
    struct accepted *found = collector->found;
    found->digest = replay->digest.sum;
    snprintf(found->engine, sizeof found->engine, "%s", scenario->algorithm->name);
    assumptions_each(replay, note_assumption, found->assumed);
    if (!found->is_cut)
        measure(collector);
    sort_never(found);
    return !collector->no_memory && keep_streams(found, scenario);
}

bool collect_run(const struct scenario *scenario, const struct progress_watch *watch,
                 struct deviation *deviation, struct accepted *found, struct sim_error *error)
{
    struct collector collector = {.found = found, .deviation = deviation};
    struct replay replay;
    *found = (struct accepted){.stream_count = scenario->member_count * REPORT_DIRECTION_COUNT};
    found->streams = calloc(found->stream_count + 1, sizeof *found->streams);
    if (found->streams == NULL) {
        found->stream_count = 0;
        return sim_fail_memory(error);
    }
    bool ok = replay_open(&replay, scenario, NULL, error) &&
              run_to_end(&replay, &collector, watch, error) &&
              (finish(&collector, &replay, scenario) || sim_fail_memory(error));
    replay_close(&replay);
    free(collector.waits);
    return ok;
}
