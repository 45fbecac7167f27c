// SPDX-License-Identifier: GPL-2.0-or-later
// How many requests of all members had about which latency in an interval. Levels are half as wide
// as a power of two, which histograms' buckets never cross.
#include "reports/recorder/recorder_internal.h"

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

size_t recorder_level(size_t bucket)
{
    return level_of(report_histogram_range(bucket).low_ns);
}

void recorder_levels_store(struct report_recorder *recorder, int64_t interval,
                           const uint64_t counts[RECORDER_LEVELS])
{
    for (size_t i = 0; i < RECORDER_LEVELS; i++) {
        if (counts[i] > 0)
            report_rows_add(recorder->rows, REPORT_ROW_LATENCY_INTERVAL,
                            (struct report_value[]){report_integer(interval),
                                                    report_integer(low_ns(i)),
                                                    report_count(counts[i])});
    }
}
