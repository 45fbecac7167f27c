// SPDX-License-Identifier: GPL-2.0-or-later
// For people: comments at the head of the specification.
#include "reports/label.h"
#include "sim/base/units.h"
#include "sim/workload/fit/fit.h"

#include <inttypes.h>

#define TEXT 64

static const char *number_text(double value, char text[TEXT])
{
    snprintf(text, TEXT, value < 0 ? "-" : "%.4g", value);
    return text;
}

static const char *share_text(double value, char text[TEXT])
{
    snprintf(text, TEXT, "%.1f %%", 100 * value);
    return text;
}

static const char *bytes_text(double value, char text[TEXT])
{
    return units_format_size(value, text, TEXT);
}

static const char *time_text(double value, char text[TEXT])
{
    if (value < 0)
        snprintf(text, TEXT, "-");
    else
        units_format_duration((int64_t)value, text, TEXT);
    return text;
}

typedef const char *figure_text(double value, char text[TEXT]);

static void print_row(const char *what, figure_text *form, double recorded, double made, FILE *out)
{
    char left[TEXT], right[TEXT];
    fprintf(out, "#   %-30s %14s %14s\n", what, form(recorded, left), form(made, right));
}

static void print_goodness(const struct fit_goodness *goodness, FILE *out)
{
    const struct fit_figures *recorded = &goodness->recorded, *made = &goodness->made;
    char text[TEXT], verdicts[FIT_VERDICTS_MAX][FIT_VERDICT_MAX];
    fprintf(out, "#   %-30s %14s %14s\n", "", "recorded", "made");
    print_row("requests/s", number_text, recorded->requests_per_s, made->requests_per_s, out);
    print_row("bytes/s", bytes_text, recorded->bytes_per_s, made->bytes_per_s, out);
    print_row("reads", share_text, recorded->read_share, made->read_share, out);
    print_row("sequential", share_text, recorded->sequential_share, made->sequential_share, out);
    print_row("working set", bytes_text, recorded->working_set, made->working_set, out);
    if (recorded->latency_ns >= 0)
        print_row("latency, mean", time_text, recorded->latency_ns, made->latency_ns, out);
    for (int i = 0; i < FIT_SHOWN_WINDOWS; i++) {
        snprintf(text, sizeof text, "index of dispersion, %s", fit_shown[i].name);
        print_row(text, number_text, recorded->dispersion[i], made->dispersion[i], out);
    }
    fprintf(out, "#   distance (KS): gaps %.3f, sizes %.3f", goodness->gap_distance,
            goodness->size_distance);
    if (goodness->latency_distance >= 0)
        fprintf(out, ", latencies %.3f", goodness->latency_distance);
    fputc('\n', out);
    size_t count = fit_goodness_verdicts(goodness, verdicts);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "#   ! %s\n", verdicts[i]);
    fputs("#\n", out);
}

static void print_entry(const struct fit *fit, size_t index, FILE *out)
{
    const struct synth_volume *volume = &fit->spec.volumes[index];
    const struct synth_arrivals *arrivals = &volume->arrivals;
    char name[REPORT_LABEL_MAX];
    report_label(name, volume->name, 60);
    fprintf(out, "# volume %s: %s", name, synth_process_name(arrivals->process));
    if (arrivals->process == SYNTH_MMPP)
        fprintf(out, ", %" PRIu32 " states", arrivals->state_count);
    else
        fprintf(out, ", %s gaps", synth_law_name(arrivals->gap_ns.law));
    if (arrivals->batch_mean > 1)
        fprintf(out, ", batches of %.3g", arrivals->batch_mean);
    fprintf(out, "; score %.3f\n", fit->entries[index].score.score);
    print_goodness(&fit->entries[index].goodness, out);
}

static void print_together(const struct fit *fit, FILE *out)
{
    if (fit->spec.volume_count < 2)
        return;
    fputs("# all volumes\n", out);
    print_goodness(&fit->all, out);
    fputs("# correlation of two volumes' rates, on average:", out);
    for (int i = 0; i < FIT_CORRELATION_COUNT; i++)
        fprintf(out, "%s %.2f at %s", i == 0 ? "" : ",", fit->correlations[i],
                fit_correlation_lengths[i].name);
    fputs("\n#\n", out);
}

static void print_operations(const struct cut *cut, FILE *out)
{
    const char *name, *before = "; operations";
    for (size_t i = 0; (name = cut_op_at(NULL, i)) != NULL; i++) {
        if ((cut->ops >> i & 1) == 0)
            continue;
        fprintf(out, "%s %s", before, name);
        before = ",";
    }
}

// What was asked for, if that is not all. The volumes are those that follow.
static void print_part(const struct cut *cut, FILE *out)
{
    char text[TEXT];
    bool is_long = cut->duration_ns == CUT_FOR_EVER;
    if (cut->start_ns == 0 && is_long && cut->ops == CUT_ALL_OPS && cut->volume_count == 0)
        return;
    fputs("# Of the recording: ", out);
    if (cut->start_ns == 0 && is_long)
        fputs("all of its time", out);
    else
        fprintf(out, "from %s on", units_format_duration(cut->start_ns, text, sizeof text));
    if (!is_long)
        fprintf(out, " for %s", units_format_duration(cut->duration_ns, text, sizeof text));
    if (cut->ops != CUT_ALL_OPS)
        print_operations(cut, out);
    fprintf(out, "; %s.\n", cut->volume_count == 0 ? "all volumes" : "some volumes");
}

void fit_print(const struct fit *fit, FILE *out)
{
    char path[REPORT_LABEL_MAX], text[TEXT], arrivals[TRACE_ARRIVALS_TEXT];
    size_t volumes[TRACE_ARRIVAL_AUTO + 1] = {0};
    trace_count_arrivals(fit->stream.trace, volumes);
    trace_arrivals_text(volumes, arrivals);
    report_label(path, fit->path, 60);
    fprintf(out, "# Fitted by 'throttlesim trace fit' to %s:\n", path);
    fprintf(out, "# %s%s%s, %" PRIu64 " requests of %zu volume%s in %s.\n",
            trace_format(fit->stream.trace), arrivals[0] == '\0' ? "" : ", arrivals at ", arrivals,
            fit->record.all.info.requests, fit->spec.volume_count,
            fit->spec.volume_count == 1 ? "" : "s",
            units_format_duration(fit->spec.duration_ns, text, sizeof text));
    print_part(&fit->cut, out);
    fputs(
        "#\n"
        "# made: by one run of each volume of this specification in that time.\n"
        "# index of dispersion: the variance of how many requests come in windows of that length,\n"
        "#     divided by the mean; 1 is Poisson's, a hundred is long bursts, 0 is a clock.\n"
        "# distance (KS): how far the two distributions are apart at most, 0 (alike) to 1.\n"
        "# score: how far arrivals are off, the least of all that was tried.\n"
        "# !: what this specification does not describe.\n#\n",
        out);
    for (size_t i = 0; i < fit->spec.volume_count; i++)
        print_entry(fit, i, out);
    print_together(fit, out);
}

// For programs. The keys are those of docs/trace-fit.md.

static json_t *number_or_null(double value)
{
    return value < 0 ? json_null() : json_real(value);
}

static json_t *figures_json(const struct fit_figures *figures)
{
    json_t *dispersion = json_object();
    for (int i = 0; i < FIT_SHOWN_WINDOWS; i++)
        json_object_set_new(dispersion, fit_shown[i].key, number_or_null(figures->dispersion[i]));
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f, s:o, s:o}", "requests",
                     (json_int_t)figures->requests, "requests_per_s", figures->requests_per_s,
                     "bytes_per_s", figures->bytes_per_s, "read_share", figures->read_share,
                     "sequential_share", figures->sequential_share, "working_set_bytes",
                     figures->working_set, "latency_mean_ns", number_or_null(figures->latency_ns),
                     "dispersion", dispersion);
}

static json_t *verdicts_json(const struct fit_goodness *goodness)
{
    json_t *verdicts = json_array();
    char texts[FIT_VERDICTS_MAX][FIT_VERDICT_MAX];
    size_t count = fit_goodness_verdicts(goodness, texts);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(verdicts, json_string(texts[i]));
    return verdicts;
}

static json_t *goodness_json(const struct fit_goodness *goodness)
{
    return json_pack("{s:o, s:o, s:{s:f, s:f, s:o}, s:o}", "recorded",
                     figures_json(&goodness->recorded), "made", figures_json(&goodness->made),
                     "distance", "gaps", goodness->gap_distance, "sizes", goodness->size_distance,
                     "latencies", number_or_null(goodness->latency_distance), "verdicts",
                     verdicts_json(goodness));
}

static json_t *entry_json(const struct fit *fit, size_t index)
{
    const struct synth_volume *volume = &fit->spec.volumes[index];
    const struct fit_score *score = &fit->entries[index].score;
    json_t *json = goodness_json(&fit->entries[index].goodness);
    json_object_set_new(json, "volume", json_string(volume->name));
    json_object_set_new(json, "process", json_string(synth_process_name(volume->arrivals.process)));
    json_object_set_new(json, "score",
                        json_pack("{s:f, s:f, s:f}", "score", score->score, "distance",
                                  score->distance, "dispersion", score->dispersion));
    return json;
}

json_t *fit_json(const struct fit *fit, const char *spec)
{
    json_t *volumes = json_array(), *correlation = json_object();
    for (size_t i = 0; i < fit->spec.volume_count; i++)
        json_array_append_new(volumes, entry_json(fit, i));
    for (int i = 0; i < FIT_CORRELATION_COUNT; i++)
        json_object_set_new(correlation, fit_correlation_lengths[i].key,
                            fit->pairs == 0 ? json_null() : json_real(fit->correlations[i]));
    return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:s}", "trace", fit->path, "format",
                     trace_format(fit->stream.trace), "requests",
                     (json_int_t)fit->record.all.info.requests, "duration_ns",
                     (json_int_t)fit->spec.duration_ns, "volumes", volumes, "all",
                     goodness_json(&fit->all), "correlation", correlation, "spec", spec);
}
