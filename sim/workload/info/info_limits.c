// SPDX-License-Identifier: GPL-2.0-or-later
// A record is its operation (one byte) and the time since the record before, volume and length as
// numbers of 7 bits a byte, the lowest first. Blocks are filled to the last byte that a whole
// record leaves, the rest is INFO_SPOOL_END.
#include "sim/workload/info/info_limits.h"

#include "reports/spill.h"
#include "sim/base/stop.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_MAX (1 + 3 * 10) // bytes
#define RECORD_END 0xff         // instead of an operation: the block ends here

#define REQUESTS_PER_LOOK 4096
#define SHARE_MOST 0.99 // the total is a guess

void info_work_step(struct info_work *work, unsigned steps)
{
    work->done += steps;
    if (++work->requests % REQUESTS_PER_LOOK != 0 || work->progress == NULL)
        return;
    double share = work->total > 0 ? (double)work->done / work->total : PROGRESS_UNKNOWN;
    work->progress(work->context,
                   &(struct progress_state){fmin(share, SHARE_MOST), work->requests});
}

// A block of the file, written or read.
static bool transfer(struct info_spool *spool, uint64_t number, bool writes,
                     struct sim_error *error)
{
    size_t done = 0;
    while (done < INFO_SPOOL_BLOCK) {
        unsigned char *bytes = spool->block + done;
        size_t left = INFO_SPOOL_BLOCK - done;
        off_t place = (off_t)(number * INFO_SPOOL_BLOCK + done);
        ssize_t length = writes ? pwrite(spool->file, bytes, left, place)
                                : pread(spool->file, bytes, left, place);
        if (length == 0 || (length < 0 && errno != EINTR))
            return sim_fail(error, SIM_FAILED,
                            "%s a temporary file in %.1000s (TMPDIR): %s; it takes about 8 bytes "
                            "for each request of the trace",
                            writes ? "writing" : "reading", report_temporary_folder(),
                            strerror(length == 0 ? EIO : errno));
        done += length > 0 ? (size_t)length : 0;
    }
    return true;
}

static bool write_block(struct info_spool *spool, struct sim_error *error)
{
    if (spool->blocks == 0 && (spool->file = report_unnamed_file(report_temporary_folder())) < 0)
        return sim_fail(error, SIM_FAILED, "making a temporary file in %.1000s (TMPDIR): %s",
                        report_temporary_folder(), strerror(errno));
    if (spool->used < INFO_SPOOL_BLOCK)
        spool->block[spool->used] = RECORD_END;
    spool->used = 0;
    return transfer(spool, spool->blocks++, true, error);
}

static void put(struct info_spool *spool, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        spool->block[spool->used++] = (unsigned char)(value | 0x80);
    spool->block[spool->used++] = (unsigned char)value;
}

bool info_spool_add(struct info_spool *spool, const struct info_record *record,
                    struct sim_error *error)
{
    if (spool->block == NULL && (spool->block = calloc(1, INFO_SPOOL_BLOCK)) == NULL)
        return sim_fail_memory(error);
    if (INFO_SPOOL_BLOCK - spool->used < RECORD_MAX && !write_block(spool, error))
        return false;
    spool->block[spool->used++] = (unsigned char)record->op;
    put(spool, (uint64_t)record->arrival_ns - (uint64_t)spool->last_ns);
    put(spool, record->volume);
    put(spool, record->bytes);
    spool->last_ns = record->arrival_ns;
    spool->records++;
    return true;
}

bool info_spool_rewind(struct info_spool *spool, struct sim_error *error)
{
    // The last block follows the others into the file, if there are any.
    if (spool->blocks > 0 && spool->used > 0 && !write_block(spool, error))
        return false;
    spool->at = 0;
    spool->next = 0;
    spool->left = spool->records;
    spool->last_ns = 0;
    return spool->blocks == 0 || transfer(spool, spool->next++, false, error);
}

static uint64_t get(struct info_spool *spool)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        unsigned char byte = spool->block[spool->at++];
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
}

int info_spool_read(struct info_spool *spool, struct info_record *record, struct sim_error *error)
{
    if (spool->left == 0)
        return 0;
    bool ended = INFO_SPOOL_BLOCK - spool->at < RECORD_MAX || spool->block[spool->at] == RECORD_END;
    if (spool->blocks > 0 && ended) {
        spool->at = 0;
        if (!transfer(spool, spool->next++, false, error))
            return -1;
    }
    record->op = (enum trace_op)spool->block[spool->at++];
    record->arrival_ns = (int64_t)((uint64_t)spool->last_ns + get(spool));
    record->volume = (uint32_t)get(spool);
    record->bytes = get(spool);
    spool->last_ns = record->arrival_ns;
    spool->left--;
    if (spool->work != NULL)
        info_work_step(spool->work, spool->steps);
    return 1;
}

void info_spool_close(struct info_spool *spool)
{
    if (spool->blocks > 0)
        close(spool->file);
    free(spool->block);
    *spool = (struct info_spool){0};
}

// ---- Limits ----

// The passes that narrow the brackets. The last step is in limits_confirm.c.

#define LANES 24 // limits that are followed at a time

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
};

// A volume, or all of them.
struct stream {
    uint64_t requests;
    int64_t last_ns;
    struct bracket brackets[INFO_LIMIT_COUNT][INFO_SHARE_COUNT];
    struct lanes lanes[INFO_LIMIT_COUNT];
};

static bool is_open(const struct bracket *bracket)
{
    return bracket->high - bracket->low > 1;
}

static void lanes_put(struct lanes *lanes, int64_t limit)
{
    size_t i = lanes->count++;
    lanes->limit[i] = limit;
    lanes->level[i] = 0;
    lanes->waiting[i] = 0;
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

// Open, and not the same as the one before: then one set of limits serves both.
static bool needs_lanes(const struct bracket brackets[INFO_SHARE_COUNT], int share)
{
    const struct bracket *bracket = &brackets[share];
    return is_open(bracket) &&
           (share == 0 || bracket[-1].low != bracket->low || bracket[-1].high != bracket->high);
}

// False: nothing is left to be narrowed.
static bool prepare(struct stream *stream)
{
    bool any = false;
    stream->last_ns = 0;
    for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++) {
        const struct bracket *brackets = stream->brackets[kind];
        size_t open = 0;
        stream->lanes[kind].count = 0;
        for (int share = 0; share < INFO_SHARE_COUNT; share++)
            open += needs_lanes(brackets, share);
        for (int share = 0; share < INFO_SHARE_COUNT; share++) {
            if (needs_lanes(brackets, share))
                lanes_put_bracket(&stream->lanes[kind], &brackets[share], LANES / open);
        }
        any = any || open > 0;
    }
    return any;
}

// A request of so many units, so long after the last. Simple enough for vectors.
static void lanes_add(struct lanes *lanes, double gap_ns, double units)
{
    for (size_t i = 0; i < lanes->count; i++) {
        double level = lanes->level[i] - lanes->rate[i] * gap_ns;
        level = level > 0 ? level : 0;
        lanes->waiting[i] += level >= lanes->edge[i] ? 1.0 : 0.0;
        lanes->level[i] = level + units;
    }
}

static void stream_add(struct stream *stream, const struct info_record *record)
{
    double gap_ns = (double)(record->arrival_ns - stream->last_ns);
    stream->last_ns = record->arrival_ns;
    lanes_add(&stream->lanes[INFO_IOPS_TOTAL], gap_ns, 1);
    lanes_add(&stream->lanes[INFO_BPS_TOTAL], gap_ns, (double)record->bytes);
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

static void foresee(struct info_spool *spool, double passes)
{
    if (spool->work != NULL)
        spool->work->total =
            (double)spool->work->done +
            (double)spool->records * (passes * INFO_STEPS_PASS + INFO_STEPS_CONFIRM);
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
        stream_add(&streams[record.volume], &record);
        if (volume_count > 1)
            stream_add(&streams[volume_count], &record);
    }
    return more == 0;
}

static bool search(struct info_spool *spool, struct stream *streams, size_t volume_count,
                   struct sim_error *error)
{
    // With one volume, what it does is what all do.
    size_t count = volume_count > 1 ? volume_count + 1 : volume_count;
    for (;;) {
        bool any = false;
        for (size_t i = 0; i < count; i++)
            any = prepare(&streams[i]) || any;
        if (!any)
            return true;
        if (stop_signal != 0)
            return sim_fail(error, SIM_FAILED, "interrupted");
        foresee(spool, ceil(passes_left(streams, count)));
        if (!pass(spool, streams, volume_count, error))
            return false;
        for (size_t i = 0; i < count; i++)
            narrow_all(&streams[i]);
    }
}

static void begin(struct stream *stream, uint64_t requests)
{
    int64_t high = requests == 0 ? 1 : INFO_LIMIT_MAX + 1;
    stream->requests = requests;
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
    struct stream *streams = calloc(volume_count + 1, sizeof *streams);
    bool ok = streams != NULL || sim_fail_memory(error);
    spool->steps = INFO_STEPS_PASS;
    for (size_t i = 0; ok && i <= volume_count; i++)
        begin(&streams[i], answers[i].requests);
    ok = ok && search(spool, streams, volume_count, error);
    for (size_t i = 0; ok && i <= volume_count; i++)
        finish(&streams[i], &answers[i]);
    free(streams);
    foresee(spool, 0);
    spool->steps = INFO_STEPS_CONFIRM;
    ok = ok && info_limits_confirm(spool, volume_count, answers, error);
    if (ok && volume_count == 1)
        answers[1] = answers[0];
    return ok;
}
