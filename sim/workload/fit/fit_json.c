// SPDX-License-Identifier: GPL-2.0-or-later
// For programs. The keys are those of docs/trace-fit.md.
#include "sim/workload/fit/fit.h"

static json_t *number_or_null(double value)
{
    return value < 0 ? json_null() : json_real(value);
}

static json_t *figures_json(const struct fit_figures *figures)
{
    json_t *dispersion = json_object();
    for (int i = 0; i < FIT_SHOWN_WINDOWS; i++)
        json_object_set_new(dispersion, fit_shown_keys[i], number_or_null(figures->dispersion[i]));
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
    char text[256];
    for (size_t i = 0; fit_goodness_verdict(goodness, i, text, sizeof text); i++)
        json_array_append_new(verdicts, json_string(text));
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
        json_object_set_new(correlation, fit_correlation_keys[i],
                            fit->pairs == 0 ? json_null() : json_real(fit->correlations[i]));
    return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:s}", "trace", fit->path, "format",
                     trace_format(fit->stream.trace), "requests",
                     (json_int_t)fit->record.all.info.requests, "duration_ns",
                     (json_int_t)fit->spec.duration_ns, "volumes", volumes, "all",
                     goodness_json(&fit->all), "correlation", correlation, "spec", spec);
}
