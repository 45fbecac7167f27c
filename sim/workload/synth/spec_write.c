// SPDX-License-Identifier: GPL-2.0-or-later
// A specification as text. Every number is the shortest that is read as the same double.
#include "sim/workload/synth/synth_spec.h"

#include "sim/base/text_file.h"
#include "sim/base/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER 32         // characters
#define TIME (NUMBER + 2) // with a unit
#define WHOLE_MAX 1e15    // up to there all digits of a whole number are written

// The shortest text of which a number is made that is as good as this value.
static const char *format_shortest(double value, bool is_as_good(double read, double wanted),
                                   double wanted, char text[NUMBER])
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, NUMBER, "%.*g", digits, value);
        if (is_as_good(strtod(text, NULL), wanted))
            break;
    }
    double read = strtod(text, NULL);
    if (fabs(read) < WHOLE_MAX && read == floor(read))
        snprintf(text, NUMBER, "%.0f", read); // 3940, not 3.94e+03
    return text;
}

static bool is_same(double read, double wanted)
{
    return read == wanted;
}

static bool is_rate_of(double read, double gap_ns)
{
    return 1e9 / read == gap_ns;
}

static const char *format_number(double value, char text[NUMBER])
{
    return format_shortest(value, is_same, value, text);
}

static void write_number(FILE *out, const char *key, double value)
{
    char text[NUMBER];
    fprintf(out, "%s: %s", key, format_number(value, text));
}

// In the largest unit in which it is at least 1 and read as the same.
static const char *format_time(double ns, char text[TIME])
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}};
    char number[NUMBER];
    size_t i = 0;
    for (; i < 3; i++) {
        if (ns >= units[i].ns &&
            strtod(format_number(ns / units[i].ns, number), NULL) * units[i].ns == ns)
            break;
    }
    snprintf(text, TIME, "%s%s", format_number(ns / units[i].ns, number), units[i].name);
    return text;
}

static void write_time(FILE *out, double ns)
{
    char text[TIME];
    fputs(format_time(ns, text), out);
}

static void write_draw(FILE *out, const char *key, const struct synth_draw *draw)
{
    fprintf(out, "%s: ", key);
    if (draw->law == SYNTH_CONSTANT) {
        write_time(out, draw->mean);
        return;
    }
    fprintf(out, "{law: %s, mean: ", synth_law_name(draw->law));
    write_time(out, draw->mean);
    if (draw->law != SYNTH_EXPONENTIAL)
        write_number(out, ", shape", draw->shape);
    putc('}', out);
}

// ---- Arrivals ----

// As a rate, if that is read as the same and not much longer.
static void write_gap(FILE *out, const struct synth_draw *gap)
{
    char as_rate[NUMBER], as_time[TIME];
    double rate = strtod(format_shortest(1e9 / gap->mean, is_rate_of, gap->mean, as_rate), NULL);
    format_time(gap->mean, as_time);
    bool is_rate = is_rate_of(rate, gap->mean) && rate >= SYNTH_RATE_MIN &&
                   rate <= SYNTH_RATE_MAX && strlen(as_rate) <= strlen(as_time) + 2;
    fprintf(out, is_rate ? ", rate: %s" : ", gap: %s", is_rate ? as_rate : as_time);
    if (gap->law != SYNTH_CONSTANT && gap->law != SYNTH_EXPONENTIAL)
        write_number(out, ", shape", gap->shape);
}

static void write_states(FILE *out, const struct synth_arrivals *arrivals)
{
    fputs(", states: [", out);
    for (uint32_t i = 0; i < arrivals->state_count; i++) {
        write_number(out, i == 0 ? "{rate" : ", {rate", arrivals->states[i].rate_per_s);
        fputs(", mean: ", out);
        write_time(out, arrivals->states[i].mean_ns);
        putc('}', out);
    }
    putc(']', out);
}

static void write_arrivals(FILE *out, const struct synth_arrivals *arrivals)
{
    char time[UNITS_EXACT_MAX];
    enum synth_law law = arrivals->gap_ns.law;
    const char *process = synth_process_name(arrivals->process);
    if (arrivals->process == SYNTH_RENEWAL)
        process = law == SYNTH_EXPONENTIAL ? "poisson" : synth_law_name(law);
    fprintf(out, "    arrivals: {process: %s", process);
    switch (arrivals->process) {
    case SYNTH_RENEWAL:
        write_gap(out, &arrivals->gap_ns);
        break;
    case SYNTH_ON_OFF:
        fprintf(out, ", law: %s", synth_law_name(law));
        write_gap(out, &arrivals->gap_ns);
        write_draw(out, ", on", &arrivals->on_ns);
        write_draw(out, ", off", &arrivals->off_ns);
        break;
    case SYNTH_MMPP:
        write_states(out, arrivals);
        break;
    case SYNTH_DIURNAL:
        write_number(out, ", rate", arrivals->rate_per_s);
        write_number(out, ", amplitude", arrivals->amplitude);
        fprintf(out, ", period: %s", units_exact_duration(arrivals->period_ns, time));
        fprintf(out, ", peak: %s", units_exact_duration(arrivals->peak_ns, time));
        break;
    default:
        fprintf(out, ", clients: %" PRIu32, arrivals->clients);
        write_draw(out, ", think", &arrivals->think_ns);
        break;
    }
    fputs("}\n", out);
    if (arrivals->batch_mean > 1) {
        write_number(out, "    batch: {mean", arrivals->batch_mean);
        write_draw(out, ", gap", &arrivals->batch_gap_ns);
        fputs("}\n", out);
    }
}

// ---- Requests ----

static void write_kind(FILE *out, const struct synth_kind *kind)
{
    char text[NUMBER];
    fprintf(out, "      - {op: %s, weight: %s", trace_op_name(kind->op),
            format_number(kind->weight, text));
    if (kind->op == TRACE_FLUSH) {
        fputs("}\n", out);
        return;
    }
    fputs(", sizes: {", out);
    for (uint32_t i = 0; i < kind->size_count; i++)
        fprintf(out, "%s%" PRIu64 ": %s", i == 0 ? "" : ", ", kind->sizes[i].bytes,
                format_number(kind->sizes[i].weight, text));
    fprintf(out, "},\n         offsets: {place: %s", synth_place_name(kind->place));
    if (kind->place == SYNTH_ZIPF)
        write_number(out, ", exponent", kind->zipf_exponent);
    write_number(out, ", sequential", kind->sequential);
    fprintf(out, ", first: %" PRIu64 ", size: %" PRIu64 ", align: %" PRIu64 "}}\n", kind->first,
            kind->span, kind->align);
}

static void write_volume(FILE *out, const struct synth_volume *volume)
{
    fputs("  - id: ", out);
    text_write_quoted(out, volume->name);
    fprintf(out, "\n    count: %" PRIu32 "\n", volume->count);
    write_arrivals(out, &volume->arrivals);
    if (volume->correlation > 0) {
        write_number(out, "    correlation", volume->correlation);
        putc('\n', out);
    }
    if (volume->bursts != NULL) {
        fputs("    bursts: ", out);
        text_write_quoted(out, volume->bursts);
        putc('\n', out);
    }
    fputs("    mix:\n", out);
    for (uint32_t i = 0; i < volume->kind_count; i++)
        write_kind(out, &volume->kinds[i]);
    if (volume->latency_ns.mean > 0) {
        write_draw(out, "    latency", &volume->latency_ns);
        putc('\n', out);
    }
}

bool synth_spec_write(const struct synth_spec *spec, FILE *out)
{
    char duration[UNITS_EXACT_MAX];
    fprintf(out, "seed: %" PRIu64 "\nduration: %s\n", spec->seed,
            units_exact_duration(spec->duration_ns, duration));
    if (spec->requests_max > 0)
        fprintf(out, "requests: %" PRIu64 "\n", spec->requests_max);
    fputs("volumes:\n", out);
    for (size_t i = 0; i < spec->volume_count; i++)
        write_volume(out, &spec->volumes[i]);
    return ferror(out) == 0;
}
