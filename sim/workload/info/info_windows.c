// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/info_windows.h"

#include <stdlib.h>
#include <string.h>

void info_moments_add(struct info_moments *moments, double value)
{
    double distance = value - moments->mean;
    moments->count++;
    moments->mean += distance / (double)moments->count;
    moments->squares += distance * (value - moments->mean);
}

// Chan, Golub and LeVeque's rule for two samples, of which one is all zeros.
void info_moments_add_zeros(struct info_moments *moments, uint64_t count)
{
    if (count == 0)
        return;
    double old = (double)moments->count, added = (double)count;
    moments->squares += moments->mean * moments->mean * old * (added / (old + added));
    moments->mean *= old / (old + added);
    moments->count += count;
}

double info_moments_variance(const struct info_moments *moments)
{
    return moments->count < 2 ? 0 : moments->squares / (double)(moments->count - 1);
}

void info_counter_add(struct info_counter *counter, uint64_t index)
{
    if (index != counter->index) {
        info_moments_add(&counter->counts, (double)counter->requests);
        info_moments_add_zeros(&counter->counts, index - counter->index - 1);
        counter->index = index;
        counter->requests = 0;
    }
    counter->requests++;
}

double info_counter_dispersion(const struct info_counter *counter)
{
    const struct info_moments *counts = &counter->counts;
    return counts->count < 2 ? -1 : info_moments_variance(counts) / counts->mean;
}

// ---- Windows ----

#define INSTANTS_MIN 64

const int64_t info_window_ns[INFO_WINDOW_COUNT] = {1000000, 100000000, 1000000000};
const char *const info_window_names[INFO_WINDOW_COUNT] = {"1 ms", "100 ms", "1 s"};
const char *const info_window_keys[INFO_WINDOW_COUNT] = {"1ms", "100ms", "1s"};

uint64_t info_sum_bytes(uint64_t sum, uint64_t bytes)
{
    return bytes > INT64_MAX - sum ? INT64_MAX : sum + bytes;
}

static struct info_instant *instant_at(const struct info_windows *windows, uint64_t number)
{
    return &windows->ring[number & (windows->capacity - 1)];
}

static bool grow(struct info_windows *windows)
{
    uint64_t capacity = windows->capacity == 0 ? INSTANTS_MIN : 2 * windows->capacity;
    struct info_instant *ring = malloc(capacity * sizeof *ring);
    if (ring == NULL)
        return false;
    uint64_t oldest = windows->window[INFO_WINDOW_COUNT - 1].oldest;
    for (uint64_t number = oldest; number < windows->next; number++)
        ring[number & (capacity - 1)] = *instant_at(windows, number);
    free(windows->ring);
    windows->ring = ring;
    windows->capacity = capacity;
    return true;
}

static void forget_oldest(struct info_windows *windows)
{
    uint64_t oldest = windows->window[INFO_WINDOW_COUNT - 1].oldest + 1;
    windows->cut = true;
    for (int i = 0; i < INFO_WINDOW_COUNT; i++) {
        if (windows->window[i].oldest < oldest)
            windows->window[i].oldest = oldest;
    }
}

// Begins an instant, unless requests have arrived at this time already.
static bool reach(struct info_windows *windows, int64_t now_ns)
{
    if (windows->next > 0 && instant_at(windows, windows->next - 1)->ns == now_ns)
        return true;
    for (int i = 0; i < INFO_WINDOW_COUNT; i++) {
        struct info_window *window = &windows->window[i];
        while (window->oldest < windows->next &&
               (uint64_t)now_ns - (uint64_t)instant_at(windows, window->oldest)->ns >=
                   (uint64_t)info_window_ns[i])
            window->oldest++;
    }
    uint64_t held = windows->next - windows->window[INFO_WINDOW_COUNT - 1].oldest;
    if (held == INFO_INSTANTS_MAX)
        forget_oldest(windows);
    else if (held == windows->capacity && !grow(windows))
        return false;
    *instant_at(windows, windows->next++) =
        (struct info_instant){now_ns, windows->requests, windows->bytes};
    return true;
}

bool info_windows_add(struct info_windows *windows, int64_t arrival_ns, uint64_t bytes)
{
    if (windows->next == 0)
        windows->first_ns = arrival_ns;
    if (!reach(windows, arrival_ns))
        return false;
    uint64_t since_ns = (uint64_t)arrival_ns - (uint64_t)windows->first_ns;
    windows->requests++;
    windows->bytes = info_sum_bytes(windows->bytes, bytes);
    for (int i = 0; i < INFO_WINDOW_COUNT; i++) {
        struct info_window *window = &windows->window[i];
        const struct info_instant *before = instant_at(windows, window->oldest);
        if (windows->requests - before->requests > window->peak_requests)
            window->peak_requests = windows->requests - before->requests;
        if (windows->bytes - before->bytes > window->peak_bytes)
            window->peak_bytes = windows->bytes - before->bytes;
        // Mostly the window of the one before: a division takes longer than all else here.
        uint64_t length_ns = (uint64_t)info_window_ns[i], index = window->counter.index;
        if (since_ns - index * length_ns >= length_ns)
            index = since_ns / length_ns;
        info_counter_add(&window->counter, index);
    }
    return true;
}

bool info_windows_copy(struct info_windows *into, const struct info_windows *from)
{
    size_t bytes = from->capacity * sizeof *from->ring;
    struct info_instant *ring = bytes > 0 ? malloc(bytes) : NULL;
    if (bytes > 0 && ring == NULL)
        return false;
    if (bytes > 0)
        memcpy(ring, from->ring, bytes);
    *into = *from;
    into->ring = ring;
    return true;
}

void info_windows_free(struct info_windows *windows)
{
    free(windows->ring);
    *windows = (struct info_windows){0};
}
