// SPDX-License-Identifier: GPL-2.0-or-later
// For programs. The keys are those of docs/trace-info.md.
#include "sim/workload/info/trace_info.h"

#include "sim/scenario/scenario.h"

#include <stdlib.h>

#define COMMON_MAX 8 // of the commonest sizes

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *number_or_null(double value)
{
    return value < 0 ? json_null() : json_real(value);
}

static json_t *ops_json(const struct info_volume *volume)
{
    json_t *ops = json_object();
    for (int i = 0; i < TRACE_OP_COUNT; i++) {
        const struct info_op *op = &volume->ops[i];
        uint64_t median, p90;
        if (op->requests == 0 || !info_sizes_quantile(&op->sizes, 500, &median) ||
            !info_sizes_quantile(&op->sizes, 900, &p90))
            continue;
        json_object_set_new(ops, trace_op_name((enum trace_op)i),
                            json_pack("{s:o, s:o, s:I, s:o, s:o, s:I}", "requests",
                                      integer(op->requests), "bytes", integer(op->bytes),
                                      "bytes_min", (json_int_t)op->sizes.histogram.min_ns,
                                      "bytes_p50", integer(median), "bytes_p90", integer(p90),
                                      "bytes_max", (json_int_t)op->sizes.histogram.max_ns));
    }
    return ops;
}

static json_t *common_json(const struct info_sizes *sizes)
{
    json_t *common = json_array();
    struct report_trace_size *list = info_sizes_by_count(sizes);
    for (size_t i = 0; list != NULL && i < sizes->used && i < COMMON_MAX; i++)
        json_array_append_new(common, json_pack("{s:o, s:o}", "bytes", integer(list[i].bytes),
                                                "requests", integer(list[i].requests)));
    free(list);
    return common;
}

static json_t *sizes_json(const struct info_volume *volume, unsigned ops)
{
    struct info_sizes sizes;
    uint64_t median, p90;
    json_t *json = json_null();
    if (info_volume_sizes(volume, ops, &sizes) && sizes.histogram.count > 0 &&
        info_sizes_quantile(&sizes, 500, &median) && info_sizes_quantile(&sizes, 900, &p90))
        json = json_pack("{s:I, s:o, s:o, s:I, s:o, s:b, s:o}", "min",
                         (json_int_t)sizes.histogram.min_ns, "p50", integer(median), "p90",
                         integer(p90), "max", (json_int_t)sizes.histogram.max_ns, "different",
                         integer(sizes.used), "exact", sizes.others == 0, "common",
                         common_json(&sizes));
    info_sizes_free(&sizes);
    return json;
}

static json_t *sequential_json(const struct info_volume *volume)
{
    const struct info_direction *reads = &volume->directions[0], *writes = &volume->directions[1];
    uint64_t all = reads->requests + writes->requests;
    uint64_t sequential = reads->sequential + writes->sequential;
    return json_pack("{s:o, s:o, s:o, s:o}", "share",
                     number_or_null(all == 0 ? -1 : (double)sequential / (double)all), "requests",
                     integer(sequential), "reads", integer(reads->sequential), "writes",
                     integer(writes->sequential));
}

static json_t *windows_json(const struct info_volume *volume)
{
    json_t *windows = json_object();
    for (int i = 0; i < INFO_WINDOW_COUNT; i++) {
        const struct info_window *window = &volume->windows.window[i];
        double seconds = (double)info_window_ns[i] / 1e9;
        json_object_set_new(
            windows, info_window_keys[i],
            json_pack("{s:o, s:o, s:f, s:f, s:b, s:o, s:o}", "peak_requests",
                      integer(window->peak_requests), "peak_bytes", integer(window->peak_bytes),
                      "peak_requests_per_s", (double)window->peak_requests / seconds,
                      "peak_bytes_per_s", (double)window->peak_bytes / seconds, "exact",
                      !volume->windows.cut, "windows", integer(window->counter.counts.count),
                      "dispersion", number_or_null(info_counter_dispersion(&window->counter))));
    }
    return windows;
}

static json_t *gaps_json(const struct info_volume *volume)
{
    const struct report_histogram *gaps = &volume->gap_histogram;
    if (gaps->count == 0)
        return json_null();
    return json_pack(
        "{s:I, s:f, s:o, s:I, s:I, s:I, s:I, s:I}", "count", (json_int_t)gaps->count, "mean_ns",
        volume->gaps.mean, "variation", number_or_null(info_volume_gap_variation(volume)), "min_ns",
        (json_int_t)gaps->min_ns, "p50_ns", (json_int_t)report_histogram_quantile(gaps, 500),
        "p90_ns", (json_int_t)report_histogram_quantile(gaps, 900), "p99_ns",
        (json_int_t)report_histogram_quantile(gaps, 990), "max_ns", (json_int_t)gaps->max_ns);
}

static json_t *working_set_json(const struct info_volume *volume)
{
    return json_pack("{s:i, s:o, s:o, s:b, s:f, s:b}", "block_bytes", INFO_BLOCK_BYTES, "blocks",
                     integer(volume->touched), "bytes", integer(volume->touched * INFO_BLOCK_BYTES),
                     "exact", volume->touched_error <= 0, "standard_error", volume->touched_error,
                     "whole", !volume->touched_cut);
}

static json_t *latency_json(const struct report_histogram *latency)
{
    if (latency->count == 0)
        return json_null();
    return json_pack("{s:I, s:f, s:I, s:I, s:I, s:I, s:I}", "count", (json_int_t)latency->count,
                     "mean_ns", report_histogram_mean(latency), "p50_ns",
                     (json_int_t)report_histogram_quantile(latency, 500), "p90_ns",
                     (json_int_t)report_histogram_quantile(latency, 900), "p99_ns",
                     (json_int_t)report_histogram_quantile(latency, 990), "p999_ns",
                     (json_int_t)report_histogram_quantile(latency, 999), "max_ns",
                     (json_int_t)latency->max_ns);
}

static json_t *answers_json(const struct info_answers *answers)
{
    json_t *limits = json_pack("{s:o}", "requests", integer(answers->requests));
    for (int kind = 0; kind < INFO_LIMIT_COUNT; kind++) {
        json_t *list = json_array();
        for (int share = 0; share < INFO_SHARE_COUNT; share++) {
            const struct info_answer *answer = &answers->answer[kind][share];
            json_t *limit = answer->limit == 0 ? json_null() : json_integer(answer->limit);
            json_array_append_new(list, json_pack("{s:f, s:o, s:o, s:b}", "share",
                                                  info_share_values[share], "limit", limit,
                                                  "waiting", integer(answer->waiting), "confirmed",
                                                  answer->confirmed));
        }
        json_object_set_new(limits, info_limit_keys[kind], list);
    }
    return limits;
}

// What the arrivals of one volume are, or of all: JSON's null if the format has one time per
// request.
static json_t *arrival_json(const struct trace_info *info, size_t first, size_t end)
{
    static const char *const words[] = {NULL, "queue", "issue", "both"};
    unsigned found = 0;
    for (size_t i = first; i < end; i++) {
        enum trace_arrival arrival = trace_volume_arrival(info->trace, (uint32_t)i);
        found |= arrival == TRACE_ARRIVAL_AUTO ? 0 : 1U << arrival;
    }
    return words[found] == NULL ? json_null() : json_string(words[found]);
}

static json_t *volume_json(const struct trace_info *info, const struct info_volume *volume)
{
    return json_pack(
        "{s:s?, s:I, s:I, s:I, s:o, s:o, s:f, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "device", volume->name, "first_ns", (json_int_t)volume->first_ns, "last_ns",
        (json_int_t)volume->last_ns, "span_ns", (json_int_t)(volume->last_ns - volume->first_ns),
        "requests", integer(volume->requests), "bytes", integer(volume->bytes), "requests_per_s",
        info_volume_rate(volume, volume->requests), "bytes_per_s",
        info_volume_rate(volume, volume->bytes), "read_share", info_volume_read_share(volume),
        "ops", ops_json(volume), "sizes", sizes_json(volume, info->throttled), "sequential",
        sequential_json(volume), "windows", windows_json(volume), "gaps", gaps_json(volume),
        "working_set", working_set_json(volume), "latency", latency_json(&volume->latency),
        "limits", answers_json(volume->answers));
}

static json_t *notices_json(const struct trace *trace)
{
    json_t *notices = json_array();
    for (size_t i = 0; i < trace_notice_count(trace); i++) {
        const struct trace_notice *notice = trace_notice(trace, i);
        json_array_append_new(notices, json_pack("{s:s, s:s, s:I, s:s}", "kind", notice->kind,
                                                 "source", notice->source, "count",
                                                 (json_int_t)notice->count, "text", notice->text));
    }
    return notices;
}

static json_t *ops_list(unsigned ops)
{
    json_t *list = json_array();
    for (int op = 0; op < TRACE_OP_COUNT; op++) {
        if ((ops >> op & 1) != 0)
            json_array_append_new(list, json_string(trace_op_name((enum trace_op)op)));
    }
    return list;
}

json_t *trace_info_json(const struct trace_info *info)
{
    json_t *volumes = json_array(), *files = json_array();
    const char *path;
    for (size_t i = 0; (path = trace_file_at(info->trace, i)) != NULL; i++)
        json_array_append_new(files, json_string(path));
    for (size_t i = 0; i < info->volume_count; i++) {
        json_t *volume = volume_json(info, &info->volumes[i]);
        json_object_set_new(volume, "arrival", arrival_json(info, i, i + 1));
        json_array_append_new(volumes, volume);
    }
    return json_pack("{s:s, s:o, s:s, s:o, s:s, s:o, s:I, s:I, s:o, s:o, s:o}", "trace", info->path,
                     "files", files, "format", trace_format(info->trace), "arrival",
                     arrival_json(info, 0, info->volume_count), "attach",
                     scenario_attach_name(info->options.attach), "throttled",
                     ops_list(info->throttled), "origin_ns",
                     (json_int_t)trace_origin_ns(info->trace), "resolution_ns",
                     (json_int_t)info->resolution_ns, "devices", volumes, "all",
                     volume_json(info, &info->all), "notices", notices_json(info->trace));
}
