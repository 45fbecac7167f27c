// SPDX-License-Identifier: GPL-2.0-or-later
// The passes that narrow the brackets. The last step is in info_trial.c.
#include "sim/workload/info/info_limits.h"

#include "sim/base/stop.h"
#include "sim/workload/info/info_filter.h"

#include <math.h>
#include <stdlib.h>

#define LANES 24 // limits that are followed at a time
#define GUESS_FIRST (-6)
#define GUESS_STEP 0.75

const char *const info_limit_keys[INFO_LIMIT_COUNT] = {"iops-total", "bps-total"};
const double info_share_values[INFO_SHARE_COUNT] = {0.01, 0.001, 0};

uint64_t info_limits_allowed(uint64_t requests, enum info_share share)
{
    static const uint64_t one_in[INFO_SHARE_COUNT] = {100, 1000, UINT64_MAX};
    return requests / one_in[share];
}

// Too many wait under `low` (under 0: by definition), not under `high`.
struct bracket {
    int64_t low;
    int64_t high;
    uint64_t waiting; // under high
};

struct lanes {
    size_t count;
    int64_t limit[LANES];
    double level[LANES];
    double rate[LANES]; // units per ns
    double edge[LANES]; // from here on a request waits a nanosecond or more
    double waiting[LANES];
    int64_t last_ns;
};

// A volume, or all of them.
struct stream {
    uint64_t requests;
    double mean[INFO_LIMIT_COUNT]; // units per second; infinite or no number: all came at once
    struct bracket brackets[INFO_LIMIT_COUNT][INFO_SHARE_COUNT];
    struct lanes lanes[INFO_LIMIT_COUNT];
};

#define FILTERS 2 // the first makes the second quick

struct search {
    struct info_spool *spool;
    size_t volume_count;
    struct stream *streams; // of the volumes, and of all
    int filtered;           // so many times
    struct info_spool busy; // then: what matters under the floors and above
    int64_t (*floors)[INFO_LIMIT_COUNT];
};

static bool is_open(const struct bracket *bracket)
{
    return bracket->high - bracket->low > 1;
}

static void lanes_put(struct lanes *lanes, int64_t limit)
{
    size_t i = lanes->count++;
    lanes->limit[i] = limit;
    lanes->rate[i] = (double)limit / 1e9;
    lanes->edge[i] = (double)limit / 10.0 + lanes->rate[i];
}

// Up to `count` limits within a bracket: by equal ratios while it is wide, else by equal steps.
static void lanes_put_bracket(struct lanes *lanes, const struct bracket *bracket, size_t count)
{
    double low = bracket->low > 1 ? (double)bracket->low : 1, high = (double)bracket->high;
    double width = (double)(bracket->high - bracket->low);
    int64_t last = bracket->low;
    for (size_t i = 1; i <= count; i++) {
        double part = (double)i / (double)(count + 1);
        double limit = high > 4 * low ? low * pow(high / low, part) : low + width * part;
        int64_t whole = (int64_t)limit;
        if (whole <= last)
            whole = last + 1;
        if (whole >= bracket->high)
            return;
        lanes_put(lanes, whole);
        last = whole;
    }
}

// Limits around and above the mean rate, where the answers lie unless nearly all comes at once: the
// next to it the closer to each other.
static void lanes_put_guess(struct lanes *lanes, double mean)
{
    static const double below[] = {0.2, 0.5, 0.9};
    int64_t last = 0;
    for (size_t i = 0; i < LANES; i++) {
        size_t above = i - sizeof below / sizeof below[0];
        double limit = mean * (i < sizeof below / sizeof below[0]
                                   ? below[i]
                                   : 1 + exp2(GUESS_FIRST + GUESS_STEP * (double)above));
        if (!(limit < (double)INFO_LIMIT_MAX))
            return;
        last = (int64_t)limit > last ? (int64_t)limit : last + 1;
        lanes_put(lanes, last);
    }
}

// Open, and not the same as the one before: then one set of limits serves both.
static bool needs_lanes(const struct bracket brackets[INFO_SHARE_COUNT], int share)
{
    const struct bracket *bracket = &brackets[share];
    return is_open(bracket) &&
           (share == 0 || bracket[-1].low != bracket->low || bracket[-1].high != bracket->high);
}

// False: nothing is left to be narrowed.
static bool prepare(struct stream *stream, bool is_first)
{
    bool any = false;
    for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++) {
        const struct bracket *brackets = stream->brackets[kind];
        size_t open = 0;
        stream->lanes[kind] = (struct lanes){0};
        for (int share = 0; share < INFO_SHARE_COUNT; share++)
            open += needs_lanes(brackets, share);
        for (int share = 0; share < INFO_SHARE_COUNT; share++) {
            if (needs_lanes(brackets, share))
                lanes_put_bracket(&stream->lanes[kind], &brackets[share], LANES / open);
        }
        if (open > 0 && is_first && stream->mean[kind] >= 1 &&
            stream->mean[kind] < INFO_LIMIT_MAX) {
            stream->lanes[kind].count = 0;
            lanes_put_guess(&stream->lanes[kind], stream->mean[kind]);
        }
        any = any || open > 0;
    }
    return any;
}

// A request of so many units. Simple enough for vectors, if there are always as many: what is in
// lanes that are not used does not matter.
static void lanes_add(struct lanes *lanes, int64_t arrival_ns, double units)
{
    double gap_ns = (double)(arrival_ns - lanes->last_ns);
    lanes->last_ns = arrival_ns;
    for (size_t i = 0; i < LANES; i++) {
        double level = lanes->level[i] - lanes->rate[i] * gap_ns;
        level = level > 0 ? level : 0;
        lanes->waiting[i] += level >= lanes->edge[i] ? 1.0 : 0.0;
        lanes->level[i] = level + units;
    }
}

// first_limit: INFO_OF_VOLUME or INFO_OF_ALL, which the stream is.
static void stream_add(struct stream *stream, const struct info_record *record,
                       unsigned first_limit)
{
    unsigned spared = record->spared >> first_limit;
    if ((spared >> INFO_IOPS_TOTAL & 1) == 0)
        lanes_add(&stream->lanes[INFO_IOPS_TOTAL], record->arrival_ns, 1);
    if ((spared >> INFO_BPS_TOTAL & 1) == 0)
        lanes_add(&stream->lanes[INFO_BPS_TOTAL], record->arrival_ns, (double)record->bytes);
}

static void narrow(struct bracket *bracket, const struct lanes *lanes, double allowed)
{
    for (size_t i = 0; i < lanes->count; i++) {
        if (lanes->limit[i] <= bracket->low || lanes->limit[i] >= bracket->high)
            continue;
        if (lanes->waiting[i] > allowed) {
            bracket->low = lanes->limit[i];
        } else {
            bracket->high = lanes->limit[i];
            bracket->waiting = (uint64_t)lanes->waiting[i];
        }
    }
}

static void narrow_all(struct stream *stream)
{
    for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++) {
        for (int share = 0; share < INFO_SHARE_COUNT; share++)
            narrow(&stream->brackets[kind][share], &stream->lanes[kind],
                   (double)info_limits_allowed(stream->requests, (enum info_share)share));
    }
}

// How many passes are left until all brackets are closed, about.
static double passes_left(const struct stream *streams, size_t count)
{
    double widest = 1;
    for (size_t i = 0; i < count; i++) {
        for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++) {
            for (int share = 0; share < INFO_SHARE_COUNT; share++) {
                const struct bracket *bracket = &streams[i].brackets[kind][share];
                widest = fmax(widest, (double)(bracket->high - bracket->low));
            }
        }
    }
    return fmin(log(widest) / log((double)LANES / INFO_SHARE_COUNT + 1), INFO_PASSES_GUESS);
}

// So many passes and the confirmation are ahead.
static void foresee(const struct search *search, double passes)
{
    struct info_work *work = search->spool->work;
    double all = (double)search->spool->records, busy = (double)search->busy.records;
    if (work == NULL)
        return;
    work->total = (double)work->done;
    if (search->filtered < FILTERS) { // a pass, and one that leaves most out
        work->total += 2 * INFO_STEPS_PASS * (search->filtered > 0 ? busy : all);
        busy = INFO_BUSY_GUESS * all;
    }
    work->total += busy * (passes * INFO_STEPS_PASS + INFO_STEPS_CONFIRM);
}

// Reads the spool once; false: an error.
static bool pass(struct info_spool *spool, struct stream *streams, size_t volume_count,
                 struct sim_error *error)
{
    struct info_record record;
    int more;
    if (!info_spool_rewind(spool, error))
        return false;
    while ((more = info_spool_read(spool, &record, error)) > 0) {
        stream_add(&streams[record.volume], &record, INFO_OF_VOLUME);
        if (volume_count > 1)
            stream_add(&streams[volume_count], &record, INFO_OF_ALL);
    }
    return more == 0;
}

static int64_t lowest(const struct bracket brackets[INFO_SHARE_COUNT])
{
    int64_t low = brackets[0].low;
    for (int share = 1; share < INFO_SHARE_COUNT; share++)
        low = brackets[share].low < low ? brackets[share].low : low;
    return low;
}

// Puts what still matters into a spool of its own, which takes the place of another such.
static bool leave_out(struct search *search, struct sim_error *error)
{
    struct info_spool less = {0};
    struct info_spool *from = search->filtered > 0 ? &search->busy : search->spool;
    for (size_t i = 0; i <= search->volume_count; i++)
        for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++)
            search->floors[i][kind] = lowest(search->streams[i].brackets[kind]);
    bool ok = info_filter(from, search->volume_count, search->floors, &less, error);
    info_spool_close(&search->busy);
    search->busy = less;
    search->filtered++;
    return ok;
}

static bool narrow_brackets(struct search *search, struct sim_error *error)
{
    // With one volume, what it does is what all do.
    size_t count = search->volume_count > 1 ? search->volume_count + 1 : search->volume_count;
    for (int done = 0;; done++) {
        bool any = false;
        for (size_t i = 0; i < count; i++)
            any = prepare(&search->streams[i], done == 0) || any;
        if (!any)
            return true;
        if (stop_signal != 0)
            return sim_fail(error, SIM_FAILED, "interrupted");
        foresee(search, ceil(passes_left(search->streams, count)));
        if (!pass(search->filtered > 0 ? &search->busy : search->spool, search->streams,
                  search->volume_count, error))
            return false;
        for (size_t i = 0; i < count; i++)
            narrow_all(&search->streams[i]);
        if (done % 2 == 0 && search->filtered < FILTERS && !leave_out(search, error))
            return false;
    }
}

static void begin(struct stream *stream, const struct info_answers *answers)
{
    int64_t high = answers->requests == 0 ? 1 : INFO_LIMIT_MAX + 1;
    stream->requests = answers->requests;
    stream->mean[INFO_IOPS_TOTAL] = (double)answers->requests / answers->seconds;
    stream->mean[INFO_BPS_TOTAL] = answers->bytes / answers->seconds;
    for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++) {
        for (int share = 0; share < INFO_SHARE_COUNT; share++)
            stream->brackets[kind][share] = (struct bracket){0, high, 0};
    }
}

static void finish(const struct stream *stream, struct info_answers *answers)
{
    for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++) {
        for (int share = 0; share < INFO_SHARE_COUNT; share++) {
            const struct bracket *bracket = &stream->brackets[kind][share];
            answers->answer[kind][share] = (struct info_answer){
                .limit = bracket->high > INFO_LIMIT_MAX ? 0 : bracket->high,
                .waiting = bracket->waiting,
            };
        }
    }
}

bool info_limits_find(struct info_spool *spool, size_t volume_count, struct info_answers *answers,
                      struct sim_error *error)
{
    struct search search = {.spool = spool, .volume_count = volume_count};
    search.streams = calloc(volume_count + 1, sizeof *search.streams);
    search.floors = calloc(volume_count + 1, sizeof *search.floors);
    bool ok = (search.streams != NULL && search.floors != NULL) || sim_fail_memory(error);
    spool->steps = INFO_STEPS_PASS;
    for (size_t i = 0; ok && i <= volume_count; i++)
        begin(&search.streams[i], &answers[i]);
    ok = ok && narrow_brackets(&search, error);
    for (size_t i = 0; ok && i <= volume_count; i++)
        finish(&search.streams[i], &answers[i]);
    foresee(&search, 0);
    spool->steps = INFO_STEPS_CONFIRM;
    search.busy.steps = INFO_STEPS_CONFIRM;
    ok = ok && info_limits_confirm(spool, search.filtered > 0 ? &search.busy : NULL, search.floors,
                                   volume_count, answers, error);
    if (ok && volume_count == 1)
        answers[1] = answers[0];
    info_spool_close(&search.busy);
    free(search.streams);
    free(search.floors);
    return ok;
}
