// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/trace_info.h"

#include "reports/grid.h"
#include "reports/label.h"
#include "sim/base/units.h"
#include "sim/scenario/scenario.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT 32
#define COLUMN 15      // from where on a line's words stand
#define COMMON_MAX 4   // of the commonest sizes
#define DETAILED_MAX 4 // devices that are told in full unless more are asked for
#define DRIVE_DISCARDS ", and discards, which --attach filter --discard unmap throttles"
#define COARSE_NS INT64_C(1000000) // times that are multiples of this or more are worth a word

static void say_item(const struct report_style *style, const char *head, const char *text)
{
    report_item(style->out, report_width(style), COLUMN, head, text);
}

static bool print_ops(const struct info_volume *volume, const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "", GRID_TEXT},      {NULL, "requests", GRID_COUNT},  {NULL, "per s", GRID_NUMBER},
        {NULL, "data", GRID_BYTES}, {"size", "smallest", GRID_SIZE}, {NULL, "median", GRID_SIZE},
        {NULL, "p90", GRID_SIZE},   {NULL, "largest", GRID_SIZE},
    };
    struct grid *grid = grid_create(columns, COUNT_OF(columns));
    bool ok = grid != NULL;
    for (int i = 0; ok && i < TRACE_OP_COUNT; i++) {
        const struct info_op *op = &volume->ops[i];
        uint64_t half, nine;
        if (op->requests == 0)
            continue;
        ok = info_sizes_quantile(&op->sizes, 500, &half) &&
             info_sizes_quantile(&op->sizes, 900, &nine);
        if (!ok)
            break;
        grid_text(grid, trace_op_name((enum trace_op)i));
        grid_number(grid, (double)op->requests);
        grid_number(grid, info_volume_rate(volume, op->requests));
        grid_number(grid, (double)op->bytes);
        grid_number(grid, (double)op->sizes.histogram.min_ns);
        grid_number(grid, (double)half);
        grid_number(grid, (double)nine);
        grid_number(grid, (double)op->sizes.histogram.max_ns);
    }
    fputc('\n', style->out);
    ok = ok && grid_print(grid, style);
    fputc('\n', style->out);
    grid_free(grid);
    return ok;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : 100 * (double)part / (double)whole;
}

static bool print_common(const struct trace_info *info, const struct info_volume *volume,
                         const struct report_style *style)
{
    struct info_sizes sizes;
    char size[GRID_NUMBER_MAX], text[256] = "";
    bool ok = info_volume_sizes(volume, info->throttled, &sizes);
    struct report_trace_size *list = ok ? info_sizes_by_count(&sizes) : NULL;
    if (list != NULL) {
        int used = 0;
        for (size_t i = 0; i < sizes.used && i < COMMON_MAX; i++)
            used += snprintf(text + used, sizeof text - (size_t)used, "%s%s %.3g %%",
                             i > 0 ? ", " : "", grid_format(size, (double)list[i].bytes, GRID_SIZE),
                             percent(list[i].requests, sizes.histogram.count));
        if (sizes.used > COMMON_MAX)
            snprintf(text + used, sizeof text - (size_t)used, ", %s%zu more size%s",
                     sizes.others > 0 ? "over " : "", sizes.used - COMMON_MAX,
                     sizes.used == COMMON_MAX + 1 ? "" : "s");
        say_item(style, "commonest", text);
    }
    free(list);
    info_sizes_free(&sizes);
    return ok;
}

static void print_places(const struct info_volume *volume, const struct report_style *style)
{
    const struct info_direction *reads = &volume->directions[0], *writes = &volume->directions[1];
    char bytes[TEXT], text[160], error[64] = "";
    int used = 0;
    if (reads->requests + writes->requests == 0)
        return;
    if (reads->requests > 0)
        used =
            snprintf(text, sizeof text, "%.3g %% of reads%s",
                     percent(reads->sequential, reads->requests), writes->requests > 0 ? ", " : "");
    if (writes->requests > 0)
        used += snprintf(text + used, sizeof text - (size_t)used, "%.3g %% of writes",
                         percent(writes->sequential, writes->requests));
    snprintf(text + used, sizeof text - (size_t)used, " begin where the one before ended");
    say_item(style, "sequential", text);
    if (volume->touched_error > 0)
        snprintf(error, sizeof error, " (standard error %.2g %%)", 100 * volume->touched_error);
    snprintf(text, sizeof text, "%s%s in %s%" PRIu64 " blocks of 4 KiB%s",
             volume->touched_cut ? "at least " : "",
             units_format_size((double)volume->touched * INFO_BLOCK_BYTES, bytes, sizeof bytes),
             volume->touched_error > 0 ? "about " : "", volume->touched, error);
    say_item(style, "working set", text);
}

// "p50 509 us, p90 2.6 ms, max 161 ms", appended.
static void add_quantiles(const struct report_histogram *histogram, char *text, size_t size)
{
    static const unsigned per_mille[] = {500, 900, 990, 999};
    static const char *const names[] = {"p50", "p90", "p99", "p99.9"};
    char time[GRID_NUMBER_MAX];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        double value = (double)report_histogram_quantile(histogram, per_mille[i]);
        snprintf(text + strlen(text), size - strlen(text), "%s %s, ", names[i],
                 grid_format(time, value, GRID_TIME));
    }
    snprintf(text + strlen(text), size - strlen(text), "max %s",
             grid_format(time, (double)histogram->max_ns, GRID_TIME));
}

static void print_gaps(const struct info_volume *volume, const struct report_style *style)
{
    char text[256], mean[GRID_NUMBER_MAX];
    double variation = info_volume_gap_variation(volume);
    if (volume->gap_histogram.count == 0)
        return;
    snprintf(text, sizeof text, "mean %s, ", grid_format(mean, volume->gaps.mean, GRID_TIME));
    add_quantiles(&volume->gap_histogram, text, sizeof text);
    if (variation >= 0)
        snprintf(text + strlen(text), sizeof text - strlen(text), "; coefficient of variation %.3g",
                 variation);
    say_item(style, "between two", text);
}

static void print_latency(const struct info_volume *volume, const struct report_style *style)
{
    char text[256] = "";
    if (volume->latency.count == 0) {
        say_item(style, "latency", "not recorded");
        return;
    }
    if (volume->latency.count < volume->requests)
        snprintf(text, sizeof text,
                 "of %.3g %%: ", percent(volume->latency.count, volume->requests));
    add_quantiles(&volume->latency, text, sizeof text);
    say_item(style, "latency", text);
}

static bool print_windows(const struct info_volume *volume, const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "in any window of", GRID_TEXT},
        {"at most", "requests/s", GRID_COUNT},
        {NULL, "data/s", GRID_BYTES},
        {"index of dispersion", "", GRID_NUMBER},
    };
    const struct info_windows *windows = &volume->windows;
    struct grid *grid = grid_create(columns, COUNT_OF(columns));
    for (int i = 0; grid != NULL && i < INFO_WINDOW_COUNT; i++) {
        double per_s = 1e9 / (double)info_window_ns[i];
        double dispersion = info_counter_dispersion(&windows->window[i].counter);
        grid_text(grid, info_window_names[i]);
        grid_number(grid, (double)windows->window[i].peak_requests * per_s);
        grid_number(grid, (double)windows->window[i].peak_bytes * per_s);
        grid_number(grid, dispersion < 0 ? NAN : dispersion);
    }
    fputc('\n', style->out);
    bool ok = grid != NULL && grid_print(grid, style);
    grid_free(grid);
    if (windows->cut)
        report_say(style, REPORT_PLAIN, "(the true peaks may be higher: see docs/trace-info.md)");
    return ok;
}

static void add_answer(struct grid *grid, const struct info_answer *answer)
{
    grid_number(grid, answer->limit > 0 ? (double)answer->limit : NAN);
}

static bool print_answers(const struct info_answers *answers, const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "lowest limit by which", GRID_TEXT},
        {NULL, "1 % wait", GRID_COUNT},
        {NULL, "0.1 % wait", GRID_COUNT},
        {NULL, "none wait", GRID_COUNT},
    };
    bool confirmed = true, found = true;
    if (answers->requests == 0)
        return true;
    struct grid *grid = grid_create(columns, COUNT_OF(columns));
    for (int kind = 0; grid != NULL && kind < INFO_LIMIT_COUNT; kind++) {
        grid_text(grid, info_limit_keys[kind]);
        for (int share = 0; share < INFO_SHARE_COUNT; share++) {
            const struct info_answer *answer = &answers->answer[kind][share];
            add_answer(grid, answer);
            confirmed = confirmed && answer->confirmed;
            found = found && answer->limit > 0;
        }
    }
    fputc('\n', style->out);
    bool ok = grid != NULL && grid_print(grid, style);
    grid_free(grid);
    if (!found)
        report_say(style, REPORT_PLAIN, "(-: above 10^15)");
    if (!confirmed)
        report_say(style, REPORT_PLAIN,
                   "(of these, some were not replayed through the engine: see docs/trace-info.md)");
    return ok;
}

static bool print_volume(const struct trace_info *info, const struct info_volume *volume,
                         const char *title, const struct report_style *style)
{
    char bytes[TEXT], rate[TEXT], requests[GRID_NUMBER_MAX];
    report_title(style, title);
    report_say(style, REPORT_PLAIN,
               "%.3f s, %" PRIu64 " requests, %s; %s requests/s, %s/s; %.1f %% reads",
               info_volume_seconds(volume), volume->requests,
               units_format_size((double)volume->bytes, bytes, sizeof bytes),
               grid_format(requests, info_volume_rate(volume, volume->requests), GRID_NUMBER),
               units_format_size(info_volume_rate(volume, volume->bytes), rate, sizeof rate),
               100 * info_volume_read_share(volume));
    if (volume->requests == 0)
        return true;
    if (!print_ops(volume, style) || !print_common(info, volume, style))
        return false;
    print_places(volume, style);
    print_gaps(volume, style);
    print_latency(volume, style);
    return print_windows(volume, style) && print_answers(volume->answers, style);
}

// ---- Several devices ----

static const char *name_of(const struct info_volume *volume)
{
    return volume->name[0] != '\0' ? volume->name : "(not named)";
}

static int compare_volumes(const void *left, const void *right)
{
    const struct info_volume *a = *(const struct info_volume *const *)left;
    const struct info_volume *b = *(const struct info_volume *const *)right;
    // Equal ones in the order of the trace.
    return a->requests != b->requests ? (a->requests < b->requests ? 1 : -1) : (a > b) - (a < b);
}

static void add_device(struct grid *grid, const char *name, const struct info_volume *volume)
{
    grid_text(grid, name);
    grid_number(grid, (double)volume->requests);
    grid_number(grid, info_volume_rate(volume, volume->requests));
    grid_number(grid, info_volume_rate(volume, volume->bytes));
    grid_number(grid, 100 * info_volume_read_share(volume));
    for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++) {
        if (volume->answers != NULL && volume->answers->requests > 0)
            add_answer(grid, &volume->answers->answer[kind][INFO_SHARE_COUNT - 1]);
        else
            grid_number(grid, NAN);
    }
}

// Those that are not shown, as far as it can be added up.
static void add_rest(struct grid *grid, const struct trace_info *info,
                     struct info_volume *const *sorted, size_t shown)
{
    struct info_volume rest = info->all;
    char name[TEXT];
    rest.requests = rest.bytes = 0;
    rest.answers = NULL;
    for (int d = 0; d < INFO_DIRECTION_COUNT; d++)
        rest.directions[d].requests = 0;
    for (size_t i = shown; i < info->volume_count; i++) {
        rest.requests += sorted[i]->requests;
        rest.bytes = info_sum_bytes(rest.bytes, sorted[i]->bytes);
        for (int d = 0; d < INFO_DIRECTION_COUNT; d++)
            rest.directions[d].requests += sorted[i]->directions[d].requests;
    }
    snprintf(name, sizeof name, "(%zu more)", info->volume_count - shown);
    add_device(grid, name, &rest);
}

static bool print_devices(const struct trace_info *info, struct info_volume *const *sorted,
                          size_t shown, const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "device", GRID_TEXT},     {NULL, "requests", GRID_COUNT},
        {NULL, "per s", GRID_NUMBER},    {NULL, "data/s", GRID_BYTES},
        {NULL, "reads", GRID_PERCENT},   {"none waits by", "iops-total", GRID_COUNT},
        {NULL, "bps-total", GRID_COUNT},
    };
    struct grid *grid = grid_create(columns, COUNT_OF(columns));
    for (size_t i = 0; grid != NULL && i < shown; i++)
        add_device(grid, name_of(sorted[i]), sorted[i]);
    if (grid != NULL && shown < info->volume_count)
        add_rest(grid, info, sorted, shown);
    if (grid != NULL)
        add_device(grid, "(all devices)", &info->all);
    return grid_show(grid, "Devices, those with the most requests first", style);
}

static bool print_all(const struct trace_info *info, const struct report_style *style)
{
    struct info_volume **sorted = calloc(info->volume_count + 1, sizeof(struct info_volume *));
    size_t count = info->volume_count, detailed = count;
    bool ok = sorted != NULL;
    for (size_t i = 0; ok && i < count; i++)
        sorted[i] = &info->volumes[i];
    if (ok)
        qsort(sorted, count, sizeof *sorted, compare_volumes);
    size_t shown = style->top > 0 && count > (size_t)style->top ? (size_t)style->top : count;
    if (ok && count > 1)
        ok = print_devices(info, sorted, shown, style);
    detailed = style->is_brief && count > DETAILED_MAX ? 0 : shown;
    for (size_t i = 0; ok && i < detailed; i++) {
        char name[REPORT_LABEL_MAX], title[REPORT_LABEL_MAX + 16];
        report_label(name, name_of(sorted[i]), 40);
        snprintf(title, sizeof title, "device %s", name);
        ok = print_volume(info, sorted[i], title, style);
    }
    free(sorted);
    return ok && (count < 2 || print_volume(info, &info->all, "all devices", style));
}

// Which requests the peaks, limits and sizes are of.
static void print_throttled(const struct trace_info *info, const struct report_style *style)
{
    char text[160] = "";
    for (int op = 0; op < TRACE_OP_COUNT; op++)
        if ((info->throttled >> op & 1) != 0)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
                     *text != '\0' ? ", " : "", trace_op_name((enum trace_op)op));
    report_say(style, REPORT_PLAIN, "  sizes, peaks and limits are of what a %s throttles: %s",
               scenario_attach_name(info->options.attach), *text != '\0' ? text : "nothing");
    if (info->all.requests > info->all.answers->requests)
        report_say(style, REPORT_PLAIN,
                   "  requests and data are of all; %" PRIu64 " are not throttled there: flushes%s",
                   info->all.requests - info->all.answers->requests,
                   info->options.attach != ENGINE_FILTER ? DRIVE_DISCARDS : "");
}

// What a directory, a base name or a quoted glob stands for.
static bool print_files(const struct trace_info *info, const struct report_style *style)
{
    char label[REPORT_LABEL_MAX], *text = NULL;
    const char *path;
    size_t length;
    FILE *words = open_memstream(&text, &length);
    for (size_t i = 0; words != NULL && (path = trace_file_at(info->trace, i)) != NULL; i++) {
        const char *slash = strrchr(path, '/');
        report_label(label, slash == NULL ? path : slash + 1, 40);
        fprintf(words, "%s%s", i > 0 ? ", " : "", label);
    }
    bool good = words != NULL && fclose(words) == 0;
    if (good && strcmp(trace_file_at(info->trace, 0), info->path) != 0)
        report_say(style, REPORT_PLAIN, "  files: %s", text);
    free(text);
    return good;
}

bool trace_info_print(const struct trace_info *info, const struct report_style *style)
{
    char text[TEXT], arrivals[TRACE_ARRIVALS_TEXT];
    size_t volumes[TRACE_ARRIVAL_AUTO + 1] = {0};
    trace_count_arrivals(info->trace, volumes);
    trace_arrivals_text(volumes, arrivals);
    report_say(style, REPORT_BOLD, "%s: %s%s%s, %zu device%s", info->path,
               trace_format(info->trace), arrivals[0] == '\0' ? "" : ", arrivals at ", arrivals,
               info->volume_count, info->volume_count == 1 ? "" : "s");
    if (!print_files(info, style))
        return false;
    print_throttled(info, style);
    for (size_t i = 0; i < trace_notice_count(info->trace); i++) {
        const struct trace_notice *notice = trace_notice(info->trace, i);
        report_say(style, REPORT_WARNING, "  notice: %s: %s", notice->source, notice->text);
    }
    if (info->resolution_ns >= COARSE_NS && info->all.requests > 2)
        report_say(style, REPORT_WARNING,
                   "  notice: all times are multiples of %s apart: peaks, and limits, are those of "
                   "what arrives at the same time",
                   units_format_duration(info->resolution_ns, text, sizeof text));
    return print_all(info, style);
}
