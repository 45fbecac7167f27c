// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/sim/fit_lab.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

char *fit_lab_text(const struct synth_spec *spec, size_t *size)
{
    struct trace_error error;
    struct trace_request request;
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    struct synth *synth = synth_open(spec, &error);
    assert_non_null(out);
    if (synth == NULL)
        fail_msg("%s", error.message);
    fputs(HEADER, out);
    while (synth_read(synth, &request, &error) == TRACE_REQUEST) {
        fprintf(out, "%" PRId64 ",%s,%" PRIu64 ",%" PRIu64 ",%s,", request.arrival_ns,
                trace_op_name(request.op), request.offset, request.bytes,
                synth_volume_name(synth, request.volume));
        if (request.latency_ns != TRACE_LATENCY_UNKNOWN)
            fprintf(out, "%" PRId64, request.latency_ns);
        fputc('\n', out);
    }
    synth_close(synth);
    fclose(out);
    return text;
}

struct synth_spec *fit_lab_spec(const struct synth_arrivals *arrivals, uint64_t seed,
                                double requests)
{
    struct synth_spec *spec = calloc(1, sizeof *spec);
    struct synth_volume *volume = calloc(1, sizeof *volume);
    assert_non_null(spec);
    assert_non_null(volume);
    volume->name = strdup("v");
    volume->count = 1;
    volume->arrivals = *arrivals;
    volume->kind_count = 1;
    volume->kinds[0] = (struct synth_kind){.op = TRACE_READ,
                                           .weight = 1,
                                           .sizes = {{4096, 1}},
                                           .size_count = 1,
                                           .sequential = 0.2,
                                           .place = SYNTH_ZIPF,
                                           .zipf_exponent = 0.9,
                                           .span = UINT64_C(1) << 30,
                                           .align = 4096};
    volume->latency_ns = (struct synth_draw){SYNTH_LOGNORMAL, 1e6, 0.8};
    *spec = (struct synth_spec){.seed = seed, .volumes = volume, .volume_count = 1};
    spec->duration_ns = (int64_t)(requests / synth_volume_rate_per_s(volume) * 1e9);
    return spec;
}

void fit_lab_free(struct synth_spec *spec)
{
    synth_spec_free(spec);
    free(spec);
}

struct fit fit_lab_fit(const char *text, size_t size, const struct fit_options *options)
{
    const struct fit_options plain = fit_options_of_all();
    struct trace_config config = {.path = "test.csv", .text = text, .text_size = size};
    struct sim_error error;
    struct fit fit;
    if (!fit_read(&fit, &config, options == NULL ? &plain : options, &error))
        fail_msg("%s", error.message);
    return fit;
}

void fit_lab_fail(const char *text, const char *message)
{
    const struct fit_options plain = fit_options_of_all();
    struct trace_config config = {.path = "test.csv", .text = text, .text_size = strlen(text)};
    struct sim_error error;
    struct fit fit;
    assert_false(fit_read(&fit, &config, &plain, &error));
    fit_free(&fit);
    if (strstr(error.message, message) == NULL)
        fail_msg("expected '%s' in '%s'", message, error.message);
}

void fit_lab_near(double found, double wanted, double share, const char *what)
{
    if (!(fabs(found - wanted) <= share * fabs(wanted)))
        fail_msg("%s: expected %g within %g %%, found %g", what, wanted, 100 * share, found);
}

struct fit fit_lab_refit(const struct synth_arrivals *arrivals, uint64_t seed, double requests)
{
    size_t size;
    struct synth_spec *spec = fit_lab_spec(arrivals, seed, requests);
    char *text = fit_lab_text(spec, &size);
    struct fit fit = fit_lab_fit(text, size, NULL);
    struct trace_error error;
    assert_true(synth_check(&fit.spec, &error));
    // The rate in the long run is the recording's, but for the rounding of each number.
    fit_lab_near(synth_volume_rate_per_s(fit.spec.volumes),
                 (double)fit.record.all.info.requests / ((double)fit.spec.duration_ns / 1e9), 0.001,
                 "requests/s");
    // The recording was made stationary, so that its own rate is near, too.
    fit_lab_free(spec);
    free(text);
    return fit;
}

void fit_lab_draw(const struct synth_draw *found, const struct synth_draw *wanted,
                  double mean_share, double shape_share, const char *what)
{
    if (found->law != wanted->law)
        fail_msg("%s: expected %s, found %s", what, synth_law_name(wanted->law),
                 synth_law_name(found->law));
    fit_lab_near(found->mean, wanted->mean, mean_share, what);
    fit_lab_near(found->shape, wanted->shape, shape_share, what);
}

struct fit fit_lab_path(const char *path)
{
    struct trace_config config = {.path = path};
    struct fit_options options = fit_options_of_all();
    struct sim_error error;
    struct fit fit;
    if (!fit_read(&fit, &config, &options, &error))
        fail_msg("%s", error.message);
    return fit;
}

void fit_lab_check(const struct fit_lab_case *row)
{
    struct fit fit = fit_lab_path(row->path);
    const struct fit_goodness *goodness = &fit.entries[0].goodness;
    const struct fit_figures *recording = &goodness->recorded, *made = &goodness->made;
    assert_int_equal(fit.spec.volume_count, 1);
    fit_lab_near(synth_volume_rate_per_s(&fit.spec.volumes[0]), recording->requests_per_s, 0.001,
                 "requests/s of the specification");
    if (goodness->gap_distance > row->gaps || goodness->size_distance > row->sizes)
        fail_msg("%s: distances of gaps %.3f, of sizes %.3f", row->path, goodness->gap_distance,
                 goodness->size_distance);
    if (row->latencies >= 0)
        assert_true(goodness->latency_distance >= 0 &&
                    goodness->latency_distance <= row->latencies);
    // Shares of so many requests vary by chance.
    double chance = 3 * 0.5 / sqrt((double)made->requests);
    assert_true(fabs(made->read_share - recording->read_share) < 0.01 + chance);
    assert_true(fabs(made->sequential_share - recording->sequential_share) < 0.01 + chance);
    // Bursts that are described are those of the recording within a factor; at 100 ms for all.
    assert_true(fabs(log2(made->dispersion[2] / recording->dispersion[2])) < 1);
    fit_free(&fit);
}
