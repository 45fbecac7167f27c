// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/assumptions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_SIZE 240
#define DURATION_SIZE 32

struct telling {
    const struct replay *replay;
    const struct scenario *scenario;
    assumption_tell *tell;
    void *context;
};

static void tell(const struct telling *telling, const char *key, const char *value,
                 const char *text)
{
    telling->tell(telling->context, key, value, text);
}

static void tell_attach(const struct telling *telling)
{
    const struct scenario *scenario = telling->scenario;
    size_t drives = 0, ignoring = 0;
    char text[TEXT_SIZE];
    if (scenario->group_count == 0)
        return;
    for (size_t i = 0; i < scenario->member_count; i++) {
        enum engine_attach attach = scenario_engine_attach(&scenario->members[i]);
        drives += attach == ENGINE_DRIVE;
        ignoring += attach == ENGINE_FILTER_IGNORES;
    }
    size_t filters = scenario->member_count - drives;
    const char *discards = ignoring == filters ? "ignored (discard: unmap would throttle them)"
                           : ignoring == 0     ? "throttled"
                                               : "throttled or ignored, as each has it";
    if (filters == 0)
        snprintf(text, sizeof text, "drive; discards and flushes are not throttled");
    else if (drives == 0)
        snprintf(text, sizeof text, "filter; discards are %s, flushes are not throttled", discards);
    else
        snprintf(text, sizeof text,
                 "%zu as drive, %zu as filter; discards of filters are %s, those of drives and "
                 "flushes are not throttled",
                 drives, filters, discards);
    tell(telling, "attach", filters == 0 ? "drive" : drives == 0 ? "filter" : "mixed", text);
}

// What the model of a device is, behind its name.
static void describe_device(const struct device *device, bool answers, char text[TEXT_SIZE])
{
    const struct scenario_device *config = device->config;
    char latency[DURATION_SIZE], bandwidth[DURATION_SIZE] = "";
    switch (device->is) {
    case SCENARIO_DEVICE_FIXED:
        snprintf(text, TEXT_SIZE, "fixed; each request takes %s, alone or not",
                 units_format_duration(config->latency_ns, latency, sizeof latency));
        break;
    case SCENARIO_DEVICE_RECORDED:
        snprintf(text, TEXT_SIZE,
                 "recorded%s; each request takes as long as recorded, alone or not",
                 config->model == SCENARIO_DEVICE_AUTO && answers ? ", since arrivals answer" : "");
        break;
    case SCENARIO_DEVICE_RANDOM:
        snprintf(text, TEXT_SIZE,
                 "random, seed %" PRId64 "; each request takes a time drawn for it, alone or not",
                 config->seed);
        break;
    case SCENARIO_DEVICE_QUEUE:
        if (config->bandwidth > 0)
            units_format_size((double)config->bandwidth, bandwidth, sizeof bandwidth);
        snprintf(text, TEXT_SIZE,
                 "queue, %" PRIu32 " server%s%s%s%s, seed %" PRId64
                 "; a part of each request waits "
                 "for those before it",
                 config->servers > 0 ? config->servers : 1, config->servers > 1 ? "s" : "",
                 config->bandwidth > 0 ? " of " : "", bandwidth, config->bandwidth > 0 ? "/s" : "",
                 config->seed);
        break;
    default:
        snprintf(text, TEXT_SIZE,
                 "null, which takes no time; a total latency is the wait in the throttle");
        break;
    }
}

// Each that members have; named if there are several.
static void tell_devices(const struct telling *telling)
{
    const struct devices *devices = &telling->replay->devices;
    bool has_names = telling->scenario->device_count > 0;
    char text[TEXT_SIZE], named[2 * TEXT_SIZE];
    for (size_t i = 0; i < devices->count; i++) {
        const struct device *device = devices->items[i];
        size_t members = devices_members(devices, telling->scenario, i);
        const char *name = device->config->name;
        if (members == 0)
            continue;
        describe_device(device, telling->replay->senders.answers, text);
        snprintf(named, sizeof named, "%.64s%s%zu member%s: %s", name == NULL ? "" : name,
                 name == NULL ? "" : ", of ", members, members == 1 ? "" : "s", text);
        tell(telling, "device", scenario_device_name(device->is), has_names ? named : text);
    }
}

static void tell_feedback(const struct telling *telling)
{
    const struct senders *senders = &telling->replay->senders;
    uint32_t open = 0, closed = 0;
    char text[TEXT_SIZE], late[DURATION_SIZE];
    if (!senders->answers) {
        tell(telling, "feedback", "none",
             "none; requests arrive as recorded, however long others wait: under a limit below the "
             "demand, latencies are upper bounds");
        return;
    }
    for (uint32_t i = 0; i < senders->streams.count; i++) {
        open += senders->streams.items[i].kind == SCENARIO_STREAM_OPEN;
        closed += senders->streams.items[i].origin == STREAM_CLOSED;
    }
    uint32_t dependent = senders->streams.count - open - closed;
    if (open + closed == 0)
        snprintf(text, sizeof text,
                 "dependent; each of %" PRIu32 " streams goes on when what it waited for is "
                 "complete",
                 dependent);
    else if (open + dependent == 0)
        snprintf(text, sizeof text,
                 "closed; of each member never more outstanding than a certain number");
    else
        snprintf(text, sizeof text,
                 "mixed; %" PRIu32 " streams come as recorded, %" PRIu32
                 " as closed loops, %" PRIu32 " when what they waited for is complete",
                 open, closed, dependent);
    tell(telling, "feedback",
         open + closed == 0      ? "dependent"
         : open + dependent == 0 ? "closed"
                                 : "mixed",
         text);
    units_format_duration(dependent_late_ns(senders->dependent), late, sizeof late);
    snprintf(text, sizeof text, "requests came up to %s later than recorded", late);
    tell(telling, "delay", late, text);
}

// "gold 1, silver 1.13". False: all are empty.
static bool tell_levels(const struct telling *telling)
{
    const struct scenario *scenario = telling->scenario;
    size_t filled = 0, used = 0;
    char names[TEXT_SIZE / 2] = "", text[TEXT_SIZE];
    for (size_t i = 0; i < scenario->group_count; i++) {
        const struct fraction *levels = &scenario->groups[i].levels;
        if (levels->numerator == 0)
            continue;
        if (used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.32s %.6g",
                                     filled > 0 ? ", " : "", scenario->groups[i].name,
                                     (double)levels->numerator / (double)levels->denominator);
        filled++;
    }
    if (used >= sizeof names)
        snprintf(names, sizeof names, "of %zu groups", filled);
    snprintf(text, sizeof text, "filled; at the start they hold, of their sizes: %s%s", names,
             filled < scenario->group_count ? "; the others are empty" : "");
    if (filled > 0)
        tell(telling, "buckets", "filled", text);
    return filled > 0;
}

static void tell_buckets(const struct telling *telling)
{
    const struct engine_algorithm *algorithm = telling->scenario->algorithm;
    bool any = false, has_bursts = false;
    for (size_t i = 0; i < algorithm->parameter_count; i++)
        has_bursts = has_bursts || strstr(algorithm->parameters[i].key, "-max") != NULL;
    for (size_t i = 0; i < telling->scenario->group_count; i++)
        any = any || telling->scenario->groups[i].limits.given != 0;
    for (size_t i = 0; i < telling->scenario->member_count; i++)
        any = any || telling->scenario->members[i].limits.given != 0;
    if (tell_levels(telling))
        return;
    if (any && has_bursts)
        tell(telling, "buckets", "empty", "empty; the whole burst allowance is there at the start");
}

static void tell_timers(const struct telling *telling)
{
    int64_t granularity_ns = telling->scenario->timer_granularity_ns;
    char text[TEXT_SIZE], step[DURATION_SIZE];
    if (granularity_ns == 0)
        return;
    snprintf(text, sizeof text, "coarse; they fire up to %s late",
             units_format_duration(granularity_ns, step, sizeof step));
    tell(telling, "timers", "coarse", text);
}

static void tell_warm_up(const struct telling *telling)
{
    int64_t warm_up_ns = telling->scenario->warm_up_ns;
    char text[TEXT_SIZE], time[DURATION_SIZE];
    if (warm_up_ns == 0)
        return;
    snprintf(text, sizeof text,
             "%s; requests that arrived before are simulated, and in none of the numbers",
             units_format_duration(warm_up_ns, time, sizeof time));
    tell(telling, "warm-up", time, text);
}

static void tell_stalls(const struct telling *telling)
{
    const struct scenario_stalls *stalls = &telling->scenario->stalls;
    char text[TEXT_SIZE], mean[DURATION_SIZE];
    if (stalls->rate.numerator == 0)
        return;
    snprintf(text, sizeof text,
             "stalls, seed %" PRId64 "; %.6g a second, of %s on average: what comes meanwhile is "
             "looked at when they end",
             stalls->seed, (double)stalls->rate.numerator / (double)stalls->rate.denominator,
             units_format_duration(stalls->mean_ns, mean, sizeof mean));
    tell(telling, "loop", "stalls", text);
}

static void tell_arrival(const struct telling *telling)
{
    static const char *const values[] = {"none", "queue", "issue", "mixed"};
    static const char *const texts[] = {
        "", "; when requests entered the block layer, before they were merged and scheduled",
        "; when requests were handed to the device", ""};
    size_t volumes[TRACE_ARRIVAL_AUTO + 1] = {0};
    char taken[TRACE_ARRIVALS_TEXT], text[TEXT_SIZE];
    sources_count_arrivals(telling->replay->senders.sources, volumes);
    size_t kind =
        (size_t)(volumes[TRACE_ARRIVAL_QUEUE] > 0) + 2 * (size_t)(volumes[TRACE_ARRIVAL_ISSUE] > 0);
    snprintf(text, sizeof text, "%s%s", trace_arrivals_text(volumes, taken), texts[kind]);
    if (kind > 0) // else there is one time for each request
        tell(telling, "arrival", values[kind], text);
}

static void tell_speed(const struct telling *telling, const struct sources_taken *taken)
{
    const struct fraction *speed = &taken->cut->speed;
    char text[TEXT_SIZE], value[DURATION_SIZE];
    snprintf(value, sizeof value, "%.6g", (double)speed->numerator / (double)speed->denominator);
    if (!taken->is_one_speed) {
        tell(telling, "speed", "mixed", "not all traces are replayed as fast as the others");
    } else if (speed->numerator != speed->denominator) {
        snprintf(text, sizeof text, "%s times that of the recording", value);
        tell(telling, "speed", value, text);
    }
}

// ---- What was left out ----

static void tell_left_out(const struct telling *telling, const char *value, uint64_t count,
                          const char *what)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%" PRIu64 " request%s %s", count, count == 1 ? "" : "s", what);
    if (count > 0)
        tell(telling, "left out", value, text);
}

static void tell_time(const struct telling *telling, const struct sources_taken *taken)
{
    const struct cut *cut = taken->cut;
    char text[TEXT_SIZE], start[DURATION_SIZE], duration[DURATION_SIZE];
    units_format_duration(cut->start_ns, start, sizeof start);
    units_format_duration(cut->duration_ns, duration, sizeof duration);
    if (!taken->is_one_time)
        tell(telling, "left out", "time", "parts of the time of some of the traces");
    else if (cut->duration_ns != CUT_FOR_EVER)
        snprintf(text, sizeof text, "all of the recording but %s from %s on", duration, start);
    else
        snprintf(text, sizeof text, "the first %s of the recording", start);
    if (taken->is_one_time && (cut->start_ns > 0 || cut->duration_ns != CUT_FOR_EVER))
        tell(telling, "left out", "time", text);
}

static void tell_end(const struct telling *telling)
{
    const struct replay *replay = telling->replay;
    char text[TEXT_SIZE], end[DURATION_SIZE];
    if (replay->nothing_left || replay->now_ns != telling->scenario->end_ns)
        return;
    snprintf(text, sizeof text, "what would come after %s, the end of the scenario",
             units_format_duration(replay->now_ns, end, sizeof end));
    tell(telling, "left out", "end", text);
}

void assumptions_each(const struct replay *replay, assumption_tell *each, void *context)
{
    const struct telling telling = {replay, replay->scenario, each, context};
    struct sources_taken taken = {.traces = 0};
    if (replay->senders.sources != NULL)
        sources_taken(replay->senders.sources, &taken);
    if (taken.traces > 0) {
        tell_arrival(&telling);
        tell_speed(&telling, &taken);
    }
    tell_attach(&telling);
    tell_devices(&telling);
    tell_feedback(&telling);
    tell_buckets(&telling);
    tell_timers(&telling);
    tell_stalls(&telling);
    tell_warm_up(&telling);
    if (taken.traces > 0)
        tell_time(&telling, &taken);
    tell_end(&telling);
    tell_left_out(&telling, "not-chosen", taken.filtered,
                  "of other devices or operations than those chosen");
    tell_left_out(&telling, "no-member", taken.no_member, "of volumes that no member has");
    tell_left_out(&telling, "no-completion", replay->never_complete,
                  "that never complete: the recording does not say how long they took");
}
