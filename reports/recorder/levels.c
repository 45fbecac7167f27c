// SPDX-License-Identifier: GPL-2.0-or-later
// How many requests of all members had about which latency in an interval. Levels are half as wide
// as a power of two, which histograms' buckets never cross.
#include "reports/recorder/recorder_internal.h"

#include <string.h>

static size_t level_of(int64_t ns)
{
    size_t power = 0;
    if (ns <= 1)
        return ns == 1;
    while (ns >> power > 1)
        power++;
    return 2 * power + (size_t)(ns >> (power - 1) & 1);
}

static int64_t low_ns(size_t level)
{
    if (level <= 1)
        return (int64_t)level;
    return (int64_t)(2 + level % 2) << (level / 2 - 1);
}

void recorder_levels_store(struct report_recorder *recorder)
{
    struct recorder_levels *levels = &recorder->levels;
    for (size_t i = 0; i < RECORDER_LEVELS; i++) {
        if (levels->counts[i] > 0)
            report_rows_add(recorder->rows, REPORT_ROW_LATENCY_INTERVAL,
                            (struct report_value[]){
                                report_integer(levels->interval),
                                report_integer(low_ns(i)),
                                report_count(levels->counts[i]),
                            });
    }
    memset(levels, 0, sizeof *levels);
}

void recorder_levels_add(struct report_recorder *recorder, int64_t interval,
                         const struct report_histogram *latencies)
{
    struct recorder_levels *levels = &recorder->levels;
    struct report_histogram_range range;
    if (interval != levels->interval)
        recorder_levels_store(recorder);
    levels->interval = interval;
    for (size_t position = 0; report_histogram_next(latencies, &position, &range);)
        levels->counts[level_of(range.low_ns)] += range.count;
}
