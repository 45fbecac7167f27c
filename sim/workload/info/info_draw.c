// SPDX-License-Identifier: GPL-2.0-or-later
// Which volumes are drawn, and their numbers for reports.
#include "sim/workload/info/trace_info.h"

#include "reports/plot/plot_trace.h"
#include "sim/workload/info/info_windows.h"
#include "sim/workload/info/volume.h"

#include <stdlib.h>
#include <string.h>

#define BIN_NS_MIN 1000

// 1, 2, 10, 20, 100, ... us: doubled while the first digit is 1.
static int64_t next_length(int64_t bin_ns)
{
    int64_t power = BIN_NS_MIN;
    while (power < bin_ns)
        power *= 10;
    return power == bin_ns ? 2 * bin_ns : 5 * bin_ns;
}

static void join_once(struct info_series *series)
{
    int64_t longer_ns = next_length(series->bin_ns);
    size_t joined = (size_t)(longer_ns / series->bin_ns);
    for (size_t i = 0; i < INFO_BINS_MAX; i++) {
        struct report_trace_bin bin = series->bins[i];
        series->bins[i] = (struct report_trace_bin){0};
        series->bins[i / joined].requests += bin.requests;
        series->bins[i / joined].bytes = info_sum_bytes(series->bins[i / joined].bytes, bin.bytes);
    }
    series->bin_ns = longer_ns;
}

bool info_series_add(struct info_series *series, int64_t since_ns, uint64_t bytes)
{
    if (series->bins == NULL) {
        series->bins = calloc(INFO_BINS_MAX, sizeof *series->bins);
        series->bin_ns = BIN_NS_MIN;
    }
    if (series->bins == NULL)
        return false;
    while (since_ns / series->bin_ns >= INFO_BINS_MAX)
        join_once(series);
    struct report_trace_bin *bin = &series->bins[since_ns / series->bin_ns];
    bin->requests++;
    bin->bytes = info_sum_bytes(bin->bytes, bytes);
    return true;
}

void info_series_join(struct info_series *series, int64_t bin_ns)
{
    while (series->bins != NULL && series->bin_ns < bin_ns)
        join_once(series);
}

void info_series_free(struct info_series *series)
{
    free(series->bins);
    *series = (struct info_series){0};
}

// The first is all; then those with the most requests.
static void choose(struct info_drawing *drawing, struct trace_info *info)
{
    size_t count = 1;
    drawing->volumes[0] = &info->all;
    for (size_t i = 0; info->volume_count > 1 && i < info->volume_count; i++) {
        struct info_volume *volume = &info->volumes[i];
        size_t place = count;
        while (place > 1 && drawing->volumes[place - 1]->requests < volume->requests)
            place--;
        if (volume->series.bins == NULL || place == REPORT_TRACE_LINES_MAX)
            continue;
        count += count < REPORT_TRACE_LINES_MAX;
        for (size_t j = count - 1; j > place; j--)
            drawing->volumes[j] = drawing->volumes[j - 1];
        drawing->volumes[place] = volume;
    }
    drawing->count = count;
    drawing->hidden_count = info->volume_count > 1 ? info->volume_count + 1 - count : 0;
}

static const char *name_of(const struct trace_info *info, const struct info_volume *volume)
{
    const char *name = volume->name != NULL      ? volume->name
                       : info->volume_count == 1 ? info->volumes[0].name
                                                 : "all devices";
    return name[0] != '\0' ? name : "(not named)";
}

// sizes: to be freed.
static bool fill(const struct info_drawing *drawing, size_t number, int64_t bin_ns,
                 struct report_trace_line *line, struct report_trace_size **sizes_by_size)
{
    struct info_volume *volume = drawing->volumes[number];
    struct info_sizes sizes;
    bool ok = info_volume_sizes(volume, drawing->ops, &sizes);
    *sizes_by_size = info_sizes_by_size(&sizes);
    ok = ok && (sizes.used == 0 || *sizes_by_size != NULL);
    info_series_join(&volume->series, bin_ns);
    *line = (struct report_trace_line){
        .name = drawing->names[number],
        .bins = volume->series.bins,
        .sizes = *sizes_by_size,
        .size_count = sizes.used,
        .gaps = &volume->gap_histogram,
        .latencies = &volume->latency,
    };
    info_sizes_free(&sizes);
    return ok;
}

bool info_drawing_write(const struct info_drawing *drawing, const char *directory,
                        report_plot_written *written, void *context, struct sim_error *error)
{
    struct report_trace_line lines[REPORT_TRACE_LINES_MAX];
    struct report_trace_size *sizes[REPORT_TRACE_LINES_MAX] = {0};
    struct info_series *longest = &drawing->volumes[0]->series;
    struct report_error report_error;
    for (size_t i = 1; i < drawing->count; i++) {
        if (drawing->volumes[i]->series.bin_ns > longest->bin_ns)
            longest = &drawing->volumes[i]->series;
    }
    // What is not drawn is in the span, but not in the bins.
    while (drawing->span_ns / longest->bin_ns >= INFO_BINS_MAX)
        info_series_join(longest, longest->bin_ns + 1);
    const struct report_trace trace = {
        .name = drawing->name,
        .prefix = drawing->prefix,
        .lines = lines,
        .line_count = drawing->count,
        .hidden_count = drawing->hidden_count,
        .span_ns = drawing->span_ns,
        .bin_ns = longest->bin_ns,
        .bin_count = (size_t)(drawing->span_ns / longest->bin_ns) + 1,
    };
    bool ok = true;
    for (size_t i = 0; ok && i < drawing->count; i++)
        ok = fill(drawing, i, trace.bin_ns, &lines[i], &sizes[i]) || sim_fail_memory(error);
    if (ok && !report_trace_plot(&trace, directory, written, context, &report_error))
        ok = sim_fail(error, SIM_FAILED, "%s", report_error.message);
    for (size_t i = 0; i < REPORT_TRACE_LINES_MAX; i++)
        free(sizes[i]);
    return ok;
}

bool info_draw(struct trace_info *info, const char *directory, report_plot_written *written,
               void *context, struct sim_error *error)
{
    struct info_drawing drawing = {.name = info->path,
                                   .prefix = "trace-",
                                   .ops = info->throttled,
                                   .span_ns = info->all.last_ns - info->all.first_ns};
    if (info->all.series.bins == NULL)
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: there are no requests that a throttle counts, so none to be drawn",
                        info->path);
    choose(&drawing, info);
    for (size_t i = 0; i < drawing.count; i++)
        drawing.names[i] = name_of(info, drawing.volumes[i]);
    return info_drawing_write(&drawing, directory, written, context, error);
}
