// SPDX-License-Identifier: GPL-2.0-or-later
// From the requests of a class to how long they take, and how far that is from the others.
#include "sim/workload/device/device_fit.h"
#include "sim/workload/fit/law.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES_MAX ((size_t)1 << 18) // of a class: of more, fewer are kept
#define SHAPE_PARTS 10000             // in one of a shape
#define SERIAL_SHARE 10               // of so many, the first

bool fit_samples_add(struct fit_samples *samples, int64_t value_ns)
{
    if (samples->stride == 0)
        samples->stride = 1;
    if (samples->seen++ % samples->stride != 0)
        return true;
    size_t count = samples->count;
    if (count == SAMPLES_MAX) {
        for (size_t i = 0; i < count / 2; i++)
            samples->values[i] = samples->values[2 * i];
        samples->count = count / 2;
        samples->stride *= 2;
        count = samples->count;
    }
    if ((count & (count - 1)) == 0 && count < SAMPLES_MAX) {
        size_t room = count == 0 ? 1 : 2 * count;
        int64_t *values = realloc(samples->values, room * sizeof *values);
        if (values == NULL)
            return false;
        samples->values = values;
    }
    samples->values[samples->count++] = value_ns;
    return true;
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void sort(struct fit_samples *samples)
{
    if (samples->count > 1)
        qsort(samples->values, samples->count, sizeof *samples->values, compare);
}

// ---- Classes of a device ----

static bool fill_quantiles(struct scenario_class *class, const struct fit_samples *samples)
{
    size_t count =
        samples->count < SCENARIO_QUANTILES_MAX ? samples->count : SCENARIO_QUANTILES_MAX;
    class->quantiles = calloc(count, sizeof *class->quantiles);
    if (class->quantiles == NULL)
        return false;
    class->quantile_count = count;
    for (size_t i = 0; i < count; i++)
        class->quantiles[i] =
            samples->values[count == 1 ? 0 : i * (samples->count - 1) / (count - 1)];
    return true;
}

static struct synth_draw find_law(enum scenario_law law, const struct fit_samples *samples)
{
    struct fit_sums sums = {.count = 0};
    for (size_t i = 0; i < samples->count; i++)
        fit_sums_add(&sums, samples->values[i] > 0 ? (double)samples->values[i] : 1);
    return fit_sums_of(&sums, law == SCENARIO_LAW_GAMMA ? SYNTH_GAMMA : SYNTH_LOGNORMAL);
}

static void fill_law(struct scenario_class *class, const struct fit_samples *samples, bool is_queue)
{
    struct synth_draw draw = find_law((enum scenario_law) class->law, samples);
    int64_t parts = (int64_t)(draw.shape * SHAPE_PARTS + 0.5);
    int64_t divisor = greatest_divisor(parts, SHAPE_PARTS);
    class->shape = (struct fraction){parts / divisor, SHAPE_PARTS / divisor};
    class->mean_ns = (int64_t)(draw.mean + 0.5);
    if (is_queue)
        class->serial_ns = samples->values[(samples->count - 1) / SERIAL_SHARE];
}

// A queue makes what waits for others itself: its classes are of those that found nothing, if there
// are enough of them.
static const struct fit_samples *samples_for(const struct fit_class *class, bool is_queue)
{
    return is_queue && class->idle.count >= FIT_CLASS_LEAST ? &class->idle : &class->fitted;
}

static bool fill_class(const struct device_fit *fit, const struct fit_class *of, bool is_queue,
                       struct scenario_class *class)
{
    const struct fit_samples *samples = samples_for(of, is_queue);
    *class = (struct scenario_class){
        .op = of->op,
        .size = of->size,
        .law = fit->options.law,
        .mean_ns = INT64_MAX,
        .serial_ns = INT64_MAX,
    };
    if (of->member != SCENARIO_NONE) {
        class->member = strdup(fit->scenario->members[of->member].name);
        if (class->member == NULL)
            return false;
    }
    if (class->law == SCENARIO_LAW_EMPIRICAL)
        return fill_quantiles(class, samples);
    fill_law(class, samples, is_queue);
    return true;
}

bool fit_make_device(const struct device_fit *fit, enum scenario_device_model model,
                     uint32_t servers, struct scenario_device *device, struct sim_error *error)
{
    bool is_queue = model == SCENARIO_DEVICE_QUEUE;
    *device = (struct scenario_device){
        .model = model,
        .seed = fit->options.seed,
        .servers = is_queue ? servers : 0,
        .bandwidth = is_queue ? fit->options.bandwidth : 0,
        .classes = calloc(fit->class_count, sizeof *device->classes),
    };
    if (device->classes == NULL)
        return sim_fail_memory(error);
    for (size_t i = 0; i < fit->class_count; i++) {
        const struct fit_class *of = &fit->classes[i];
        bool is_last = i + 1 == fit->class_count;
        if (of->fitted.count < FIT_CLASS_LEAST && !is_last)
            continue;
        if (!fill_class(fit, of, is_queue, &device->classes[device->class_count++]))
            return sim_fail_memory(error);
    }
    return true;
}

// ---- Distances ----

// The share of what lies between the quantiles that is at most the value, or below it.
static double share_of(const struct scenario_class *class, int64_t value, bool is_below)
{
    size_t low = 0, high = class->quantile_count; // the first that is above, or at least the value
    while (low < high) {
        size_t middle = (low + high) / 2;
        int64_t quantile = class->quantiles[middle];
        if (is_below ? quantile < value : quantile <= value)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || class->quantile_count == 1)
        return low == 0 ? 0 : 1;
    if (low == class->quantile_count)
        return 1;
    double step = (double)(class->quantiles[low] - class->quantiles[low - 1]);
    double part = step > 0 ? (double)(value - class->quantiles[low - 1]) / step : 0;
    return ((double)(low - 1) + part) / (double)(class->quantile_count - 1);
}

static double distance_of(const struct scenario_class *class, const struct synth_draw *draw,
                          const struct fit_samples *tested)
{
    double distance = 0, count = (double)tested->count;
    for (size_t i = 0; i < tested->count;) {
        int64_t value = tested->values[i];
        size_t first = i;
        while (i < tested->count && tested->values[i] == value)
            i++;
        double below =
            draw != NULL ? fit_law_share(draw, (double)value) : share_of(class, value, true);
        double at = draw != NULL ? below : share_of(class, value, false);
        distance = fmax(distance, fabs((double)first / count - below));
        distance = fmax(distance, fabs((double)i / count - at));
    }
    return distance;
}

static void measure(struct fit_class *class)
{
    struct scenario_class empirical = {.quantiles = NULL};
    sort(&class->fitted);
    sort(&class->idle);
    sort(&class->tested);
    for (int law = 0; law < FIT_LAW_COUNT; law++)
        class->distances[law] = NAN;
    if (class->fitted.count == 0 || class->tested.count == 0)
        return;
    if (fill_quantiles(&empirical, &class->fitted))
        class->distances[SCENARIO_LAW_EMPIRICAL] = distance_of(&empirical, NULL, &class->tested);
    free(empirical.quantiles);
    for (int law = SCENARIO_LAW_LOGNORMAL; law < FIT_LAW_COUNT; law++) {
        struct synth_draw draw = find_law((enum scenario_law)law, &class->fitted);
        class->distances[law] = distance_of(NULL, &draw, &class->tested);
    }
}

void fit_measure_classes(struct device_fit *fit)
{
    for (size_t i = 0; i < fit->class_count; i++)
        measure(&fit->classes[i]);
}
