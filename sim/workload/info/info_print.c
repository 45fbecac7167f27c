// SPDX-License-Identifier: GPL-2.0-or-later
// For people, on 100 columns.
#include "sim/workload/info/trace_info.h"

#include "reports/label.h"
#include "sim/base/units.h"
#include "sim/scenario/scenario.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TEXT 32
#define COMMON_MAX 4               // of the commonest sizes
#define COARSE_NS INT64_C(1000000) // times that are multiples of this or more are worth a word

// "4 KiB", "512 B", "1 MiB": sizes of requests are exact as long as they have few digits.
static const char *size_text(uint64_t bytes, char text[TEXT])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    size_t unit = 0;
    double all = (double)bytes;
    while (unit < 3 && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    if (bytes >= 10000000)
        return units_format_size(all, text, TEXT);
    snprintf(text, TEXT, "%" PRIu64 " %s", bytes, units[unit]);
    return text;
}

// Numbers of any size in six places.
static const char *rate_text(double value, char text[TEXT])
{
    snprintf(text, TEXT, value < 999999.95 ? "%.1f" : "%.3g", value);
    return text;
}

static bool print_ops(const struct info_volume *volume, FILE *out)
{
    fprintf(out, "  %-14s %10s %10s %10s %10s %10s %10s %10s\n", "", "requests", "per s", "bytes",
            "smallest", "median", "p90", "largest");
    for (int i = 0; i < TRACE_OP_COUNT; i++) {
        const struct info_op *op = &volume->ops[i];
        char rate[TEXT], bytes[TEXT], smallest[TEXT], median[TEXT], p90[TEXT], largest[TEXT];
        uint64_t half, nine;
        if (op->requests == 0)
            continue;
        if (!info_sizes_quantile(&op->sizes, 500, &half) ||
            !info_sizes_quantile(&op->sizes, 900, &nine))
            return false;
        fprintf(out, "  %-14s %10" PRIu64 " %10s %10s %10s %10s %10s %10s\n",
                trace_op_name((enum trace_op)i), op->requests,
                rate_text(info_volume_rate(volume, op->requests), rate),
                units_format_size((double)op->bytes, bytes, sizeof bytes),
                size_text((uint64_t)op->sizes.histogram.min_ns, smallest), size_text(half, median),
                size_text(nine, p90), size_text((uint64_t)op->sizes.histogram.max_ns, largest));
    }
    return true;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : 100 * (double)part / (double)whole;
}

static bool print_common(const struct trace_info *info, const struct info_volume *volume, FILE *out)
{
    struct info_sizes sizes;
    char text[TEXT];
    bool ok = info_volume_sizes(volume, info->throttled, &sizes);
    struct report_trace_size *list = ok ? info_sizes_by_count(&sizes) : NULL;
    if (list != NULL) {
        fprintf(out, "  %-14s ", "commonest");
        for (size_t i = 0; i < sizes.used && i < COMMON_MAX; i++)
            fprintf(out, "%s%s %.3g %%", i > 0 ? ", " : "", size_text(list[i].bytes, text),
                    percent(list[i].requests, sizes.histogram.count));
        if (sizes.used > COMMON_MAX)
            fprintf(out, ", %s%zu more size%s", sizes.others > 0 ? "over " : "",
                    sizes.used - COMMON_MAX, sizes.used == COMMON_MAX + 1 ? "" : "s");
        fputc('\n', out);
    }
    free(list);
    info_sizes_free(&sizes);
    return ok;
}

static void print_places(const struct info_volume *volume, FILE *out)
{
    const struct info_direction *reads = &volume->directions[0], *writes = &volume->directions[1];
    char bytes[TEXT];
    if (reads->requests + writes->requests == 0)
        return;
    fprintf(out, "  %-14s ", "sequential");
    if (reads->requests > 0)
        fprintf(out, "%.3g %% of reads%s", percent(reads->sequential, reads->requests),
                writes->requests > 0 ? ", " : "");
    if (writes->requests > 0)
        fprintf(out, "%.3g %% of writes", percent(writes->sequential, writes->requests));
    fputs(" begin where the one before ended\n", out);
    fprintf(out, "  %-14s %s%s in %s%" PRIu64 " blocks of 4 KiB", "working set",
            volume->touched_cut ? "at least " : "",
            units_format_size((double)volume->touched * INFO_BLOCK_BYTES, bytes, sizeof bytes),
            volume->touched_error > 0 ? "about " : "", volume->touched);
    if (volume->touched_error > 0)
        fprintf(out, " (standard error %.2g %%)", 100 * volume->touched_error);
    fputc('\n', out);
}

static void print_gaps(const struct info_volume *volume, FILE *out)
{
    const struct report_histogram *gaps = &volume->gap_histogram;
    char mean[TEXT], median[TEXT], p99[TEXT], longest[TEXT];
    double variation = info_volume_gap_variation(volume);
    if (gaps->count == 0)
        return;
    fprintf(out, "  %-14s mean %s, p50 %s, p99 %s, max %s", "between two",
            units_format_duration((int64_t)volume->gaps.mean, mean, sizeof mean),
            units_format_duration(report_histogram_quantile(gaps, 500), median, sizeof median),
            units_format_duration(report_histogram_quantile(gaps, 990), p99, sizeof p99),
            units_format_duration(gaps->max_ns, longest, sizeof longest));
    if (variation >= 0)
        fprintf(out, "; coefficient of variation %.3g", variation);
    fputc('\n', out);
}

static void print_latency(const struct info_volume *volume, FILE *out)
{
    static const unsigned per_mille[] = {500, 900, 990, 999};
    static const char *const names[] = {"p50", "p90", "p99", "p99.9"};
    const struct report_histogram *latency = &volume->latency;
    char text[TEXT];
    if (latency->count == 0) {
        fprintf(out, "  %-14s not recorded\n", "latency");
        return;
    }
    fprintf(out, "  %-14s", "latency");
    if (latency->count < volume->requests)
        fprintf(out, " of %.3g %%:", percent(latency->count, volume->requests));
    for (size_t i = 0; i < sizeof per_mille / sizeof per_mille[0]; i++)
        fprintf(out, " %s %s,", names[i],
                units_format_duration(report_histogram_quantile(latency, per_mille[i]), text,
                                      sizeof text));
    fprintf(out, " max %s\n", units_format_duration(latency->max_ns, text, sizeof text));
}

static void print_windows(const struct info_volume *volume, FILE *out)
{
    const struct info_windows *windows = &volume->windows;
    const char *least = windows->cut ? ">= " : "";
    fprintf(out, "\n  %-26s", "in any window of");
    for (int i = 0; i < INFO_WINDOW_COUNT; i++)
        fprintf(out, " %20s", info_window_names[i]);
    fprintf(out, "\n  %-26s", "at most requests/s");
    for (int i = 0; i < INFO_WINDOW_COUNT; i++)
        fprintf(out, " %s%*.0f", least, 20 - (windows->cut ? 3 : 0),
                (double)windows->window[i].peak_requests * 1e9 / (double)info_window_ns[i]);
    fprintf(out, "\n  %-26s", "at most bytes/s");
    for (int i = 0; i < INFO_WINDOW_COUNT; i++) {
        char bytes[TEXT], rate[TEXT + 8];
        units_format_size((double)windows->window[i].peak_bytes * 1e9 / (double)info_window_ns[i],
                          bytes, sizeof bytes);
        snprintf(rate, sizeof rate, "%s%s/s", least, bytes);
        fprintf(out, " %20s", rate);
    }
    fprintf(out, "\n  %-26s", "index of dispersion");
    for (int i = 0; i < INFO_WINDOW_COUNT; i++) {
        double dispersion = info_counter_dispersion(&windows->window[i].counter);
        char text[TEXT];
        snprintf(text, sizeof text, dispersion < 0 ? "-" : "%.3g", dispersion);
        fprintf(out, " %20s", text);
    }
    fputc('\n', out);
}

static void print_answers(const struct info_answers *answers, FILE *out)
{
    bool confirmed = true;
    if (answers->requests == 0)
        return;
    fprintf(out, "\n  %-26s %20s %20s %20s\n", "lowest limit by which", "1 % wait", "0.1 % wait",
            "none wait");
    for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++) {
        fprintf(out, "  %-26s", info_limit_keys[kind]);
        for (int share = 0; share < INFO_SHARE_COUNT; share++) {
            const struct info_answer *answer = &answers->answer[kind][share];
            char text[TEXT] = "above 10^15";
            if (answer->limit > 0)
                snprintf(text, sizeof text, "%" PRId64, answer->limit);
            confirmed = confirmed && answer->confirmed;
            fprintf(out, " %20s", text);
        }
        fputc('\n', out);
    }
    if (!confirmed)
        fputs("  (of these, some were not replayed through the engine: see docs/trace-info.md)\n",
              out);
}

static bool print_volume(const struct trace_info *info, const struct info_volume *volume,
                         const char *title, FILE *out)
{
    char bytes[TEXT], rate[TEXT], requests[TEXT];
    fprintf(out, "%s\n", title);
    fprintf(out, "  %.3f s, %" PRIu64 " requests, %s; %s requests/s, %s/s; %.1f %% reads\n",
            info_volume_seconds(volume), volume->requests,
            units_format_size((double)volume->bytes, bytes, sizeof bytes),
            rate_text(info_volume_rate(volume, volume->requests), requests),
            units_format_size(info_volume_rate(volume, volume->bytes), rate, sizeof rate),
            100 * info_volume_read_share(volume));
    if (volume->requests == 0)
        return true;
    fputc('\n', out);
    if (!print_ops(volume, out))
        return false;
    fputc('\n', out);
    if (!print_common(info, volume, out))
        return false;
    print_places(volume, out);
    print_gaps(volume, out);
    print_latency(volume, out);
    print_windows(volume, out);
    print_answers(volume->answers, out);
    fputc('\n', out);
    return true;
}

// Which requests the peaks, limits and sizes are of.
static void print_throttled(const struct trace_info *info, FILE *out)
{
    fprintf(out, "  sizes, peaks and limits are of what a %s throttles: ",
            scenario_attach_name(info->options.attach));
    const char *between = "";
    for (int op = 0; op < TRACE_OP_COUNT; op++) {
        if ((info->throttled >> op & 1) != 0) {
            fprintf(out, "%s%s", between, trace_op_name((enum trace_op)op));
            between = ", ";
        }
    }
    fputs(info->throttled == 0 ? "nothing\n" : "\n", out);
}

// What a directory, a base name or a quoted glob stands for.
static bool print_files(const struct trace_info *info, const struct report_style *style)
{
    char label[REPORT_LABEL_MAX], *text = NULL;
    const char *path = trace_file_at(info->trace, 0);
    size_t length;
    FILE *words = open_memstream(&text, &length);
    for (size_t i = 0; words != NULL && (path = trace_file_at(info->trace, i)) != NULL; i++) {
        const char *slash = strrchr(path, '/');
        report_label(label, slash == NULL ? path : slash + 1, 100);
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
    FILE *out = style->out;
    char title[REPORT_LABEL_MAX + 16], text[TEXT], arrivals[TRACE_ARRIVALS_TEXT];
    size_t volumes[TRACE_ARRIVAL_AUTO + 1] = {0};
    trace_count_arrivals(info->trace, volumes);
    trace_arrivals_text(volumes, arrivals);
    fprintf(out, "%s: %s%s%s, %zu device%s\n", info->path, trace_format(info->trace),
            arrivals[0] == '\0' ? "" : ", arrivals at ", arrivals, info->volume_count,
            info->volume_count == 1 ? "" : "s");
    if (!print_files(info, style))
        return false;
    print_throttled(info, out);
    for (size_t i = 0; i < trace_notice_count(info->trace); i++) {
        const struct trace_notice *notice = trace_notice(info->trace, i);
        report_say(style, REPORT_PLAIN, "  notice: %s: %s", notice->source, notice->text);
    }
    if (info->resolution_ns >= COARSE_NS && info->all.requests > 2)
        fprintf(out,
                "  notice: all times are multiples of %s apart: peaks, and limits, are those of "
                "what arrives at the same time\n",
                units_format_duration(info->resolution_ns, text, sizeof text));
    for (size_t i = 0; i < info->volume_count; i++) {
        char name[REPORT_LABEL_MAX];
        bool named = report_label(name, info->volumes[i].name, 100) > 0;
        snprintf(title, sizeof title, "device %s", named ? name : "(not named)");
        if (!print_volume(info, &info->volumes[i], title, out))
            return false;
    }
    return info->volume_count < 2 || print_volume(info, &info->all, "all devices", out);
}
