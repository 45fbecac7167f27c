// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/fit_record.h"

#include "sim/parts/cut.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 16
#define WINDOWS_MIN 8 // fewer tell nothing of a correlation

static void join_pairs(struct fit_bins *bins)
{
    size_t count = (bins->count + 1) / 2;
    for (size_t i = 0; i < count; i++) {
        uint64_t sum = bins->counts[2 * i];
        if (2 * i + 1 < bins->count)
            sum += bins->counts[2 * i + 1];
        bins->counts[i] = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
    }
    memset(bins->counts + count, 0, (bins->count - count) * sizeof *bins->counts);
    bins->count = count;
    bins->bin_ns *= 2;
}

static bool reserve(struct fit_bins *bins, size_t count)
{
    if (count <= bins->capacity)
        return true;
    size_t capacity = bins->capacity == 0 ? CAPACITY_MIN : bins->capacity;
    while (capacity < count)
        capacity *= 2;
    uint32_t *counts = realloc(bins->counts, capacity * sizeof *counts);
    if (counts == NULL)
        return false;
    memset(counts + bins->capacity, 0, (capacity - bins->capacity) * sizeof *counts);
    bins->counts = counts;
    bins->capacity = capacity;
    return true;
}

bool fit_bins_add(struct fit_bins *bins, int64_t since_ns, size_t bound)
{
    if (bins->bin_ns == 0)
        bins->bin_ns = FIT_BIN_NS;
    while (bins->count > bound || since_ns / bins->bin_ns >= (int64_t)bound)
        join_pairs(bins);
    size_t index = (size_t)(since_ns / bins->bin_ns);
    if (!reserve(bins, index + 1))
        return false;
    bins->counts[index] += bins->counts[index] < UINT32_MAX;
    if (index >= bins->count)
        bins->count = index + 1;
    return true;
}

void fit_bins_free(struct fit_bins *bins)
{
    free(bins->counts);
    *bins = (struct fit_bins){0};
}

static double count_in(const struct fit_bins *bins, size_t window, size_t joined)
{
    double sum = 0;
    for (size_t i = window * joined; i < (window + 1) * joined && i < bins->count; i++)
        sum += bins->counts[i];
    return sum;
}

double fit_bins_correlation(const struct fit_bins *left, const struct fit_bins *right,
                            int64_t window_ns)
{
    int64_t longest_ns = left->bin_ns > right->bin_ns ? left->bin_ns : right->bin_ns;
    if (left->bin_ns == 0 || right->bin_ns == 0)
        return 0;
    while (longest_ns < window_ns)
        longest_ns *= 2;
    size_t join_left = (size_t)(longest_ns / left->bin_ns);
    size_t join_right = (size_t)(longest_ns / right->bin_ns);
    size_t windows = left->count / join_left;
    if (right->count / join_right > windows)
        windows = right->count / join_right;
    if (windows < WINDOWS_MIN)
        return 0;
    double n = (double)windows, mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < windows; i++) {
        mean_a += count_in(left, i, join_left) / n;
        mean_b += count_in(right, i, join_right) / n;
    }
    for (size_t i = 0; i < windows; i++) {
        double a = count_in(left, i, join_left) - mean_a;
        double b = count_in(right, i, join_right) - mean_b;
        aa += a * a / (n - 1);
        bb += b * b / (n - 1);
        ab += a * b / (n - 1);
    }
    // A Poisson stream's counts vary by their mean, whatever its rate does.
    double product = (aa - mean_a) * (bb - mean_b);
    if (aa <= mean_a || bb <= mean_b || !(product > 0))
        return 0;
    return fmax(-1, fmin(1, ab / sqrt(product)));
}

// ---- Windows ----

#define MS INT64_C(1000000)

const int64_t fit_window_ns[FIT_WINDOW_COUNT] = {
    1 * MS,    3 * MS,     10 * MS,    30 * MS,     100 * MS,    300 * MS,    1000 * MS,
    3000 * MS, 10000 * MS, 30000 * MS, 100000 * MS, 300000 * MS, 1000000 * MS};

void fit_windows_add(struct fit_windows *windows, uint64_t since_ns)
{
    for (int i = 0; i < FIT_WINDOW_COUNT; i++) {
        struct info_counter *counter = &windows->counters[i];
        uint64_t length_ns = (uint64_t)fit_window_ns[i];
        uint64_t index = counter->index;
        // Few requests are the first of a window, and a division takes long.
        if (since_ns >= windows->end_ns[i]) {
            index = since_ns / length_ns;
            windows->end_ns[i] = (index + 1) * length_ns;
        }
        info_counter_add(counter, index);
    }
}

double fit_windows_dispersion(const struct fit_windows *windows, int window, uint64_t least)
{
    const struct info_counter *counter = &windows->counters[window];
    return counter->counts.count < least ? -1 : info_counter_dispersion(counter);
}

// ---- Runs ----

#define ON_SHARE_MIN 20
#define THRESHOLD_NS INT64_C(4000)

int64_t fit_runs_threshold(int level)
{
    return THRESHOLD_NS << 2 * level;
}

static void begin(struct fit_run *run, int64_t arrival_ns)
{
    run->first_ns = arrival_ns;
    run->requests = 1;
}

static bool is_period(const struct fit_run *run)
{
    uint64_t periods = run->length.count;
    return run->requests >= FIT_RUNS_ON_MIN &&
           (periods == 0 || run->requests >= run->on_requests / periods / ON_SHARE_MIN);
}

// A period lasts from before its first arrival to behind its last one: what is seen of it is short
// by about one gap.
static void end_period(struct fit_run *run, int64_t last_ns)
{
    double seen_ns = (double)(last_ns - run->first_ns);
    double edge_ns = seen_ns / (double)(run->requests - 1);
    if (run->length.count > 0)
        fit_sums_add(&run->pause, fmax(1, (double)(run->first_ns - run->on_last_ns) - edge_ns));
    fit_sums_add(&run->length, seen_ns + edge_ns + 1);
    run->on_requests += run->requests;
    run->on_last_ns = last_ns;
}

static void end(struct fit_run *run, int64_t last_ns, int64_t next_ns)
{
    fit_sums_add(&run->cycle, (double)(next_ns - run->first_ns));
    if (is_period(run))
        end_period(run, last_ns);
}

void fit_runs_add(struct fit_runs *runs, int64_t arrival_ns)
{
    bool is_first = runs->levels[0].requests == 0;
    int64_t gap_ns = is_first ? 0 : arrival_ns - runs->last_ns;
    // Most gaps end runs of the lower levels only.
    for (int level = 0; level < FIT_RUNS_LEVELS; level++) {
        struct fit_run *run = &runs->levels[level];
        if (is_first) {
            begin(run, arrival_ns);
        } else if (gap_ns > fit_runs_threshold(level)) {
            end(run, runs->last_ns, arrival_ns);
            begin(run, arrival_ns);
        } else {
            run->requests++;
        }
    }
    runs->last_ns = arrival_ns;
}

// ---- The whole ----

#define BOUND_MIN 256 // bins, blocks or places of a volume

// The greatest power of two that all volumes may have of a total, from BOUND_MIN to most.
static uint64_t bound_of(uint64_t total, uint64_t most, size_t volumes)
{
    uint64_t bound = most;
    while (bound > BOUND_MIN && bound * volumes > total)
        bound /= 2;
    return bound;
}

static bool learn_volumes(struct fit_record *record, uint32_t volume, struct sim_error *error)
{
    size_t count = (size_t)volume + 1;
    if (count > SYNTH_ENTRIES_MAX)
        return sim_fail(error, SIM_BAD_INPUT,
                        "there are more than %d volumes, which is the most that a specification "
                        "can describe; choose some with --device",
                        SYNTH_ENTRIES_MAX);
    if (count > record->volume_capacity) {
        size_t capacity = 2 * record->volume_capacity > count ? 2 * record->volume_capacity : count;
        struct fit_volume *volumes = realloc(record->volumes, capacity * sizeof *volumes);
        if (volumes == NULL)
            return sim_fail_memory(error);
        record->volumes = volumes;
        record->volume_capacity = capacity;
    }
    memset(record->volumes + record->volume_count, 0,
           (count - record->volume_count) * sizeof *record->volumes);
    record->volume_count = count;
    return true;
}

static bool add_blocks(struct fit_record *record, struct fit_volume *volume,
                       const struct trace_request *request)
{
    uint64_t bound = bound_of(FIT_RECORD_BLOCKS, INFO_BLOCKS_MAX, record->volume_count);
    bool moves_data = request->op == TRACE_READ || request->op == TRACE_WRITE;
    if (request->op != TRACE_FLUSH &&
        !fit_places_add(&volume->places[request->op], request, bound / 4))
        return false;
    return !moves_data ||
           info_blocks_add(&volume->info.blocks, request->offset, request->bytes, bound);
}

bool fit_record_add(struct fit_record *record, const struct trace_request *request,
                    struct sim_error *error)
{
    if (request->volume >= record->volume_count && !learn_volumes(record, request->volume, error))
        return false;
    struct fit_volume *volume = &record->volumes[request->volume];
    struct fit_volume *parts[] = {volume, &record->all};
    const size_t bounds[] = {bound_of(FIT_RECORD_BINS, FIT_BINS_MAX, record->volume_count),
                             FIT_BINS_MAX};
    bool ok = info_volume_add(&volume->info, &record->all.info, &record->resolution_ns, CUT_ALL_OPS,
                              request) &&
              add_blocks(record, volume, request);
    int64_t since_ns = request->arrival_ns - record->all.info.first_ns;
    if (ok && (FIT_DRAWN_OPS >> request->op & 1) != 0)
        ok = info_series_add(&record->all.info.series, since_ns, request->bytes);
    for (int i = 0; ok && i < 2; i++) {
        ok = fit_bins_add(&parts[i]->bins, since_ns, bounds[i]);
        fit_windows_add(&parts[i]->windows,
                        (uint64_t)(request->arrival_ns - parts[i]->info.first_ns));
    }
    if (!ok)
        return sim_fail_memory(error);
    fit_runs_add(&volume->runs, request->arrival_ns);
    return true;
}

static void free_volume(struct fit_volume *volume)
{
    info_volume_free(&volume->info);
    for (int op = 0; op < TRACE_OP_COUNT; op++)
        fit_places_free(&volume->places[op]);
    fit_bins_free(&volume->bins);
}

void fit_record_free(struct fit_record *record)
{
    for (size_t i = 0; i < record->volume_count; i++)
        free_volume(&record->volumes[i]);
    free_volume(&record->all);
    free(record->volumes);
    *record = (struct fit_record){0};
}
