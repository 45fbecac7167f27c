// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace_info.h"

#include "reports/label.h"
#include "sim/units.h"

#include <inttypes.h>
#include <stdlib.h>

// ---- Reading ----

static bool add_request(struct volume_info *volume, const struct trace_request *request)
{
    struct trace_op_info *op = &volume->ops[request->op];
    if (op->requests == 0 || request->bytes < op->smallest)
        op->smallest = request->bytes;
    if (request->bytes > op->largest)
        op->largest = request->bytes;
    op->requests++;
    op->bytes += request->bytes;
    if (request->arrival_ns < volume->first_ns)
        volume->first_ns = request->arrival_ns;
    if (request->arrival_ns > volume->last_ns)
        volume->last_ns = request->arrival_ns;
    return request->latency_ns == TRACE_LATENCY_UNKNOWN ||
           report_histogram_record(&volume->latency, request->latency_ns);
}

static bool learn_volumes(struct trace_info *info)
{
    size_t count = trace_volume_count(info->trace);
    struct volume_info *volumes = realloc(info->volumes, count * sizeof *volumes);
    if (volumes == NULL)
        return false;
    info->volumes = volumes;
    for (; info->volume_count < count; info->volume_count++) {
        volumes[info->volume_count] = (struct volume_info){
            .name = trace_volume_name(info->trace, (uint32_t)info->volume_count),
            .first_ns = INT64_MAX,
        };
    }
    return true;
}

bool trace_info_read(struct trace_info *info, const struct trace_config *config,
                     struct sim_error *error)
{
    struct trace_error trace_error;
    struct trace_request request;
    enum trace_result result;
    *info = (struct trace_info){.path = config->path, .all = {.first_ns = INT64_MAX}};
    info->trace = trace_open(config, &trace_error);
    if (info->trace == NULL)
        return sim_fail(error, SIM_BAD_INPUT, "%s", trace_error.message);
    while ((result = trace_read(info->trace, &request, &trace_error)) == TRACE_REQUEST) {
        if (request.volume >= info->volume_count && !learn_volumes(info))
            return sim_fail_memory(error);
        if (!add_request(&info->volumes[request.volume], &request) ||
            !add_request(&info->all, &request))
            return sim_fail_memory(error);
    }
    return result == TRACE_END || sim_fail(error, SIM_BAD_INPUT, "%s", trace_error.message);
}

void trace_info_free(struct trace_info *info)
{
    for (size_t i = 0; i < info->volume_count; i++)
        report_histogram_release(&info->volumes[i].latency);
    report_histogram_release(&info->all.latency);
    free(info->volumes);
    trace_close(info->trace);
    *info = (struct trace_info){0};
}

// ---- What follows from it ----

static struct trace_op_info sum_of(const struct volume_info *volume)
{
    struct trace_op_info sum = {0};
    for (int i = 0; i < TRACE_OP_COUNT; i++) {
        sum.requests += volume->ops[i].requests;
        sum.bytes += volume->ops[i].bytes;
    }
    return sum;
}

static double duration_s(const struct volume_info *volume)
{
    return volume->last_ns < volume->first_ns ? 0
                                              : (double)(volume->last_ns - volume->first_ns) / 1e9;
}

// 0 when the rate has no meaning.
static double per_second(uint64_t count, const struct volume_info *volume)
{
    double seconds = duration_s(volume);
    return seconds > 0 ? (double)count / seconds : 0;
}

// Of the requests that move data.
static double read_share(const struct volume_info *volume)
{
    uint64_t reads = volume->ops[TRACE_READ].requests;
    uint64_t writes = volume->ops[TRACE_WRITE].requests + volume->ops[TRACE_WRITE_ZEROES].requests;
    return reads + writes == 0 ? 0 : (double)reads / (double)(reads + writes);
}

// ---- For people ----

static void print_ops(const struct volume_info *volume, FILE *out)
{
    for (int i = 0; i < TRACE_OP_COUNT; i++) {
        const struct trace_op_info *op = &volume->ops[i];
        char bytes[32], smallest[32], mean[32], largest[32];
        if (op->requests == 0)
            continue;
        fprintf(out, "  %-14s %10" PRIu64 " %10.1f %10s %10s %10s %10s\n",
                trace_op_name((enum trace_op)i), op->requests, per_second(op->requests, volume),
                units_format_size((double)op->bytes, bytes, sizeof bytes),
                units_format_size((double)op->smallest, smallest, sizeof smallest),
                units_format_size((double)op->bytes / (double)op->requests, mean, sizeof mean),
                units_format_size((double)op->largest, largest, sizeof largest));
    }
}

static void print_latency(const struct report_histogram *latency, uint64_t requests, FILE *out)
{
    static const unsigned per_mille[] = {500, 900, 990, 999};
    static const char *const names[] = {"p50", "p90", "p99", "p99.9"};
    if (latency->count == 0) {
        fputs("  latency        not recorded\n", out);
        return;
    }
    fprintf(out, "  latency        of %" PRIu64 " of %" PRIu64 " requests:", latency->count,
            requests);
    for (size_t i = 0; i < sizeof per_mille / sizeof per_mille[0]; i++) {
        char text[32];
        fprintf(out, " %s %s,", names[i],
                units_format_duration(report_histogram_quantile(latency, per_mille[i]), text,
                                      sizeof text));
    }
    char text[32];
    fprintf(out, " max %s\n", units_format_duration(latency->max_ns, text, sizeof text));
}

static void print_volume(const struct volume_info *volume, const char *title, FILE *out)
{
    struct trace_op_info sum = sum_of(volume);
    char bytes[32], rate[32];
    fprintf(out, "%s\n", title);
    fprintf(out, "  %.3f s, %" PRIu64 " requests, %s; %.1f requests/s, %s/s; %.1f %% reads\n",
            duration_s(volume), sum.requests,
            units_format_size((double)sum.bytes, bytes, sizeof bytes),
            per_second(sum.requests, volume),
            units_format_size(per_second(sum.bytes, volume), rate, sizeof rate),
            100 * read_share(volume));
    fprintf(out, "  %-14s %10s %10s %10s %10s %10s %10s\n", "", "requests", "per s", "bytes",
            "smallest", "mean", "largest");
    print_ops(volume, out);
    print_latency(&volume->latency, sum.requests, out);
}

static const char *arrival_name(const struct trace *trace)
{
    return trace_arrival_used(trace) == TRACE_ARRIVAL_ISSUE ? "issue" : "queue";
}

void trace_info_print(const struct trace_info *info, FILE *out)
{
    char title[REPORT_LABEL_MAX + 16];
    const char *format = trace_format(info->trace);
    fprintf(out, "%s: %s, arrivals at %s, %zu device%s\n", info->path, format,
            arrival_name(info->trace), info->volume_count, info->volume_count == 1 ? "" : "s");
    for (size_t i = 0; i < trace_notice_count(info->trace); i++) {
        const struct trace_notice *notice = trace_notice(info->trace, i);
        fprintf(out, "  notice: %s: %s\n", notice->source, notice->text);
    }
    for (size_t i = 0; i < info->volume_count; i++) {
        char name[REPORT_LABEL_MAX];
        bool named = report_label(name, info->volumes[i].name, 100) > 0;
        snprintf(title, sizeof title, "device %s", named ? name : "(not named)");
        print_volume(&info->volumes[i], title, out);
    }
    if (info->volume_count > 1)
        print_volume(&info->all, "all devices", out);
}

// ---- For programs ----

static json_t *ops_json(const struct volume_info *volume)
{
    json_t *ops = json_object();
    for (int i = 0; i < TRACE_OP_COUNT; i++) {
        const struct trace_op_info *op = &volume->ops[i];
        if (op->requests == 0)
            continue;
        json_object_set_new(ops, trace_op_name((enum trace_op)i),
                            json_pack("{s:I, s:I, s:I, s:I}", "requests", (json_int_t)op->requests,
                                      "bytes", (json_int_t)op->bytes, "bytes_min",
                                      (json_int_t)op->smallest, "bytes_max",
                                      (json_int_t)op->largest));
    }
    return ops;
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

static json_t *volume_json(const struct volume_info *volume)
{
    struct trace_op_info sum = sum_of(volume);
    bool empty = sum.requests == 0;
    return json_pack("{s:s?, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:o, s:o}", "device", volume->name,
                     "first_ns", (json_int_t)(empty ? 0 : volume->first_ns), "last_ns",
                     (json_int_t)volume->last_ns, "requests", (json_int_t)sum.requests, "bytes",
                     (json_int_t)sum.bytes, "requests_per_s", per_second(sum.requests, volume),
                     "bytes_per_s", per_second(sum.bytes, volume), "read_share", read_share(volume),
                     "ops", ops_json(volume), "latency", latency_json(&volume->latency));
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

json_t *trace_info_json(const struct trace_info *info)
{
    json_t *volumes = json_array();
    for (size_t i = 0; i < info->volume_count; i++)
        json_array_append_new(volumes, volume_json(&info->volumes[i]));
    return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:o}", "trace", info->path, "format",
                     trace_format(info->trace), "arrival", arrival_name(info->trace), "origin_ns",
                     (json_int_t)trace_origin_ns(info->trace), "devices", volumes, "all",
                     volume_json(&info->all), "notices", notices_json(info->trace));
}
