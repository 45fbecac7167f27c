// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/info_filter.h"

#include <stdlib.h>

// So many requests are held until it is known whether somebody waits in their stretch; of a longer
// one all that would be left out is not.
#define HELD_MAX (UINT64_C(1) << 15)
#define LATER_NS 1000.0
#define LOWER 0.999

#define LIMITS (2 * INFO_LIMIT_COUNT) // that a record may matter to

// The work under one floor.
struct work {
    double level;
    double rate; // units per ns
    double edge; // no request waits below
    int64_t last_ns;
    uint64_t start; // number of the first record of the stretch
    bool waits;     // somebody has waited in it
};

struct held {
    struct info_record record;
    uint64_t above_before; // above the number of the record of its volume before it; 0: none
    unsigned needed;       // bit by limit
};

struct filter {
    struct info_spool *busy;
    size_t volume_count;
    struct work (*works)[INFO_LIMIT_COUNT];
    uint64_t *above_newest; // by volume: above the number of the last record
    struct held *held;
    uint64_t first; // number of the first that is held
    uint64_t next;
};

static struct held *held_at(const struct filter *filter, uint64_t number)
{
    return &filter->held[number % HELD_MAX];
}

static struct work *work_of(const struct filter *filter, uint32_t volume, unsigned limit)
{
    return limit < INFO_OF_ALL ? &filter->works[volume][limit]
                               : &filter->works[filter->volume_count][limit - INFO_OF_ALL];
}

// The last of its stretch that is held waits: so all of it is needed.
static void need_stretch(const struct filter *filter, const struct work *work, unsigned limit)
{
    uint64_t from = work->start > filter->first ? work->start : filter->first;
    for (uint64_t above = filter->next; above > from;) {
        struct held *held = held_at(filter, above - 1);
        held->needed |= 1U << limit;
        above = limit < INFO_OF_ALL ? held->above_before : above - 1;
    }
}

static void add_to_work(const struct filter *filter, struct work *work, struct held *newest,
                        unsigned limit)
{
    double gap_ns = (double)(newest->record.arrival_ns - work->last_ns);
    double left = work->level - work->rate * gap_ns;
    if (left + work->rate * LATER_NS <= 0) {
        work->start = filter->next - 1;
        work->waits = false;
    }
    work->last_ns = newest->record.arrival_ns;
    work->level = left > 0 ? left : 0;
    if (work->waits)
        newest->needed |= 1U << limit;
    else if (work->level >= work->edge)
        need_stretch(filter, work, limit);
    work->waits = work->waits || work->level >= work->edge;
    work->level += limit % INFO_LIMIT_COUNT == INFO_IOPS_TOTAL ? 1 : (double)newest->record.bytes;
}

// What is in a stretch that goes on may be needed.
static bool let_go(struct filter *filter, struct sim_error *error)
{
    struct held *held = held_at(filter, filter->first);
    struct info_record record = held->record;
    for (unsigned limit = 0; limit < LIMITS; limit++) {
        bool goes_on = (limit < INFO_OF_ALL || filter->volume_count > 1) &&
                       work_of(filter, record.volume, limit)->start <= filter->first;
        if ((held->needed >> limit & 1) == 0 && !goes_on)
            record.spared |= 1U << limit;
    }
    filter->first++;
    return record.spared == (1U << LIMITS) - 1 || info_spool_add(filter->busy, &record, error);
}

static bool add(struct filter *filter, const struct info_record *record, struct sim_error *error)
{
    if (filter->next - filter->first == HELD_MAX && !let_go(filter, error))
        return false;
    struct held *held = held_at(filter, filter->next++);
    *held = (struct held){*record, filter->above_newest[record->volume], 0};
    filter->above_newest[record->volume] = filter->next;
    for (unsigned limit = 0; limit < (filter->volume_count > 1 ? LIMITS : INFO_OF_ALL); limit++)
        if ((record->spared >> limit & 1) == 0)
            add_to_work(filter, work_of(filter, record->volume, limit), held, limit);
    return true;
}

static bool begin(struct filter *filter, int64_t (*floors)[INFO_LIMIT_COUNT])
{
    size_t count = filter->volume_count;
    filter->works = calloc(count + 1, sizeof *filter->works);
    filter->above_newest = calloc(count + 1, sizeof *filter->above_newest);
    filter->held = malloc(HELD_MAX * sizeof *filter->held);
    if (filter->works == NULL || filter->above_newest == NULL || filter->held == NULL)
        return false;
    for (size_t i = 0; i <= count; i++) {
        for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++) {
            double limit = LOWER * (double)floors[i][kind];
            filter->works[i][kind].rate = limit / 1e9;
            filter->works[i][kind].edge = limit / 10;
        }
    }
    return true;
}

static bool pass(struct filter *filter, struct info_spool *spool, struct sim_error *error)
{
    struct info_record record;
    int more;
    if (!info_spool_rewind(spool, error))
        return false;
    while ((more = info_spool_read(spool, &record, error)) > 0)
        if (!add(filter, &record, error))
            return false;
    while (more == 0 && filter->first < filter->next)
        if (!let_go(filter, error))
            return false;
    return more == 0;
}

bool info_filter(struct info_spool *spool, size_t volume_count, int64_t (*floors)[INFO_LIMIT_COUNT],
                 struct info_spool *busy, struct sim_error *error)
{
    struct filter filter = {.busy = busy, .volume_count = volume_count};
    busy->work = spool->work;
    busy->steps = spool->steps;
    bool ok = begin(&filter, floors) || sim_fail_memory(error);
    ok = ok && pass(&filter, spool, error);
    free(filter.works);
    free(filter.above_newest);
    free(filter.held);
    return ok;
}
