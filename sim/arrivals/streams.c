// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/streams.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REACTION_NS 150000     // nobody reacts faster, or has a batch take longer
#define WRITEBACK_QUEUES 8     // outstanding
#define MOMENTS_MAX (1U << 16) // enough to be sure of a call; bounds the memory
#define SLAB_PROBES 256

// A request on its way through the first reading.
struct stream_probe {
    struct timer due; // first: links back to it
    int64_t time_ns;
    int64_t end_ns;
    uint64_t arrivals; // of the stream when the phase began
    struct stream_who who;
    uint8_t phase; // what comes next
    struct stream_probe *next;
};

enum { PHASE_BEGUN, PHASE_END, PHASE_AFTER };

struct probe_slab {
    struct probe_slab *next;
    struct stream_probe probes[SLAB_PROBES];
};

void streams_free(struct streams *streams)
{
    for (uint32_t i = 0; i < streams->count; i++) {
        free(streams->items[i].name);
        free(streams->items[i].cycles);
    }
    free(streams->items);
    free(streams->cache);
    free(streams->whos);
    free(streams->groups);
    names_free(&streams->keys);
    for (size_t i = 0; i < streams->key_count; i++)
        free(streams->key_texts[i]);
    free(streams->key_texts);
    timer_heap_free(&streams->probes);
    while (streams->slabs != NULL) {
        struct probe_slab *slab = streams->slabs;
        streams->slabs = slab->next;
        free(slab);
    }
    free(streams->starts.items);
    free(streams->ends.items);
    free(streams->calls);
    *streams = (struct streams){0};
}

// ---- Who ----

// Room for one more of `size` bytes. False: out of memory.
static bool grow(void **items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    uint32_t more = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = realloc(*items, more * size);
    if (grown == NULL)
        return false;
    *items = grown;
    *capacity = more;
    return true;
}

#define KEY_TEXT 32 // but for the name
#define THREAD_TEXT 16

static void key_text(char *text, size_t size, char kind, uint32_t recording, uint32_t of,
                     const char *name)
{
    snprintf(text, size, "%c%" PRIu32 " %" PRIu32 " %s", kind, recording, of, name);
}

// The number of a key, `next` if it is new. NAMES_NONE: out of memory.
static uint32_t key_number(struct streams *streams, char kind, uint32_t recording, uint32_t of,
                           const char *name, uint32_t next)
{
    size_t size = strlen(name) + KEY_TEXT;
    char *key = malloc(size);
    if (key == NULL)
        return NAMES_NONE;
    key_text(key, size, kind, recording, of, name);
    uint32_t known = names_find(&streams->keys, key);
    if (known == NAMES_NONE && grow((void **)&streams->key_texts, streams->key_count,
                                    &streams->key_capacity, sizeof *streams->key_texts)) {
        streams->key_texts[streams->key_count++] = key;
        return names_add(&streams->keys, key, next);
    }
    free(key);
    return known;
}

static bool add_stream(struct streams *streams, const struct stream_key *key,
                       enum stream_origin origin)
{
    bool is_of_device = origin > STREAM_MADE;
    const char *name = origin == STREAM_OF_WRITEBACK ? "kworker" : key->name;
    if (!grow((void **)&streams->items, streams->count, &streams->capacity,
              sizeof streams->items[0]))
        return false;
    struct stream *stream = &streams->items[streams->count];
    *stream = (struct stream){
        .name = strdup(name[0] != '\0' ? name : key->device_name),
        .recording = key->recording,
        .device = is_of_device ? key->device : STREAM_NONE,
        .origin = origin,
        .depth = 1,
        .lifetime_ns = INT64_MAX,
    };
    streams->count += stream->name != NULL;
    return stream->name != NULL;
}

static bool begins_with(const char *name, const char *what)
{
    return strncmp(name, what, strlen(what)) == 0;
}

static bool find_stream(struct streams *streams, const struct stream_key *key, uint32_t *stream)
{
    enum stream_origin origin = key->origin;
    if (origin == STREAM_OF_THREAD && key->thread == 0)
        origin = STREAM_OF_DEVICE;
    else if (origin == STREAM_OF_THREAD && begins_with(key->name, "kworker"))
        origin = STREAM_OF_WRITEBACK;
    else if (origin == STREAM_OF_THREAD && (begins_with(key->name, TRACE_STREAM_OPEN) ||
                                            begins_with(key->name, TRACE_STREAM_CLOSED)))
        origin = STREAM_MADE;
    if (origin > STREAM_MADE)
        *stream = key_number(streams, (char)('0' + origin), key->recording, key->device, "",
                             streams->count);
    else if (strchr(key->name, '/') != NULL)
        *stream = key_number(streams, 'k', key->recording, 0, key->name, streams->count);
    else
        *stream = key_number(streams, 't', key->recording, key->thread, "", streams->count);
    return *stream != NAMES_NONE && (*stream < streams->count || add_stream(streams, key, origin));
}

static bool find_group(struct streams *streams, const struct stream_key *key,
                       struct stream_who *who)
{
    who->group = key_number(streams, 'g', key->recording, key->device,
                            streams->items[who->stream].name, streams->group_count);
    if (who->group == NAMES_NONE)
        return false;
    if (who->group < streams->group_count)
        return true;
    if (!grow((void **)&streams->groups, streams->group_count, &streams->group_capacity,
              sizeof streams->groups[0]))
        return false;
    streams->groups[streams->group_count++] =
        (struct stream_group){.device = key->device, .stream = who->stream};
    return true;
}

// A thread may get another name: it is taken for what it was at its first request.
static bool find_who(struct streams *streams, const struct stream_key *key, struct stream_who *who)
{
    char thread[THREAD_TEXT];
    snprintf(thread, sizeof thread, "%" PRIu32, key->thread);
    uint32_t number = key_number(streams, (char)('A' + key->origin), key->recording, key->device,
                                 thread, streams->who_count);
    if (number < streams->who_count) {
        *who = streams->whos[number];
        return true;
    }
    if (number == NAMES_NONE || !find_stream(streams, key, &who->stream) ||
        !find_group(streams, key, who) ||
        !grow((void **)&streams->whos, streams->who_count, &streams->who_capacity,
              sizeof streams->whos[0]))
        return false;
    streams->whos[streams->who_count++] = *who;
    return true;
}

uint32_t streams_known(const struct streams *streams, const struct stream_key *key)
{
    char text[KEY_TEXT + THREAD_TEXT], thread[THREAD_TEXT];
    snprintf(thread, sizeof thread, "%" PRIu32, key->thread);
    key_text(text, sizeof text, (char)('A' + key->origin), key->recording, key->device, thread);
    uint32_t number = names_find(&streams->keys, text);
    return number == NAMES_NONE ? STREAM_NONE : streams->whos[number].stream;
}

static struct stream_cached *cached_of(const struct streams *streams, struct stream_cached *sought,
                                       const struct stream_key *key)
{
    uint64_t major = (uint64_t)key->recording << 32 | key->thread;
    uint64_t minor = ((uint64_t)key->device << 3 | (uint64_t)key->origin) + 1;
    *sought = (struct stream_cached){.key = major, .minor = minor};
    return &streams->cache[(major * 31 + minor * 7 + (major >> 32) * 97) % STREAM_CACHE];
}

bool streams_find_again(const struct streams *streams, const struct stream_key *key,
                        struct stream_who *who)
{
    struct stream_cached sought;
    if (streams->cache == NULL)
        return false;
    const struct stream_cached *cached = cached_of(streams, &sought, key);
    *who = cached->who;
    return cached->key == sought.key && cached->minor == sought.minor;
}

bool streams_find(struct streams *streams, const struct stream_key *key, struct stream_who *who)
{
    struct stream_cached found;
    if (streams_find_again(streams, key, who))
        return true;
    if (streams->cache == NULL)
        streams->cache = calloc(STREAM_CACHE, sizeof *streams->cache);
    if (streams->cache == NULL || !find_who(streams, key, who))
        return false;
    struct stream_cached *cached = cached_of(streams, &found, key);
    *cached = found;
    cached->who = *who;
    return true;
}

// ---- The first reading ----

static struct stream_probe *take_probe(struct streams *streams)
{
    if (streams->free_probes == NULL) {
        struct probe_slab *slab = malloc(sizeof *slab);
        if (slab == NULL)
            return NULL;
        slab->next = streams->slabs;
        streams->slabs = slab;
        for (size_t i = SLAB_PROBES; i-- > 0;) {
            slab->probes[i].next = streams->free_probes;
            streams->free_probes = &slab->probes[i];
        }
    }
    struct stream_probe *probe = streams->free_probes;
    streams->free_probes = probe->next;
    return probe;
}

static bool remember(struct stream_moments *moments, const struct stream_moment *moment)
{
    if (moments->count == MOMENTS_MAX)
        return true;
    if (moments->count == moments->capacity) {
        size_t capacity = moments->capacity == 0 ? 256 : moments->capacity * 2;
        struct stream_moment *items = realloc(moments->items, capacity * sizeof *items);
        if (items == NULL)
            return false;
        moments->items = items;
        moments->capacity = capacity;
    }
    moments->items[moments->count++] = *moment;
    return true;
}

static bool end_request(struct streams *streams, struct stream_probe *probe)
{
    struct stream *stream = &streams->items[probe->who.stream];
    struct stream_group *group = &streams->groups[probe->who.group];
    stream->completions++;
    stream->last_end_ns = probe->end_ns;
    group->outstanding--;
    group->last_ns = probe->end_ns;
    return remember(&streams->ends,
                    &(struct stream_moment){probe->end_ns, probe->who.group, group->device, 0});
}

static void give_probe(struct streams *streams, struct stream_probe *probe)
{
    probe->next = streams->free_probes;
    streams->free_probes = probe;
}

// A request's phases: 150 us after its arrival; its completion; as long after that again.
static bool follow_probe(struct streams *streams, struct stream_probe *probe)
{
    struct stream *stream = &streams->items[probe->who.stream];
    int64_t flight_ns = probe->end_ns - probe->time_ns - REACTION_NS;
    uint64_t since = stream->requests - probe->arrivals;
    probe->arrivals = stream->requests;
    if (probe->phase == PHASE_AFTER) {
        stream->after += since;
        give_probe(streams, probe);
        return true;
    }
    int64_t due_ns = probe->end_ns;
    if (probe->phase == PHASE_END) {
        stream->during += flight_ns > 0 ? since : 0;
        if (!end_request(streams, probe))
            return false;
        if (flight_ns <= 0 || flight_ns >= INT64_MAX - probe->end_ns) {
            give_probe(streams, probe);
            return true;
        }
        due_ns += flight_ns;
    }
    probe->phase++;
    timer_heap_arm(&streams->probes, &probe->due, due_ns);
    return true;
}

// What is due before an arrival at this time. Probes that begin at it come after it.
static bool follow_probes(struct streams *streams, int64_t time_ns)
{
    while (streams->probes.count > 0 && timer_heap_deadline(&streams->probes) <= time_ns) {
        struct stream_probe *probe = (struct stream_probe *)timer_heap_take(&streams->probes);
        if (!follow_probe(streams, probe))
            return false;
    }
    return true;
}

static bool start_probe(struct streams *streams, const struct stream_who *who, int64_t time_ns,
                        int64_t latency_ns)
{
    struct stream_probe *probe = take_probe(streams);
    if (probe == NULL || !timer_heap_reserve(&streams->probes, (size_t)streams->probes.count + 1))
        return false;
    bool is_long = latency_ns > REACTION_NS;
    *probe = (struct stream_probe){
        .time_ns = time_ns,
        .end_ns = time_ns + latency_ns,
        .arrivals = streams->items[who->stream].requests,
        .who = *who,
        .phase = is_long ? PHASE_BEGUN : PHASE_END,
    };
    timer_init(&probe->due);
    timer_heap_arm(&streams->probes, &probe->due,
                   is_long ? time_ns + REACTION_NS + 1 : probe->end_ns);
    return true;
}

static bool learn_group(struct streams *streams, const struct stream_who *who, int64_t time_ns)
{
    struct stream_group *group = &streams->groups[who->group];
    if (group->outstanding == 0) {
        int64_t idle_ns = group->is_seen ? time_ns - group->last_ns : INT64_MAX;
        if (idle_ns > STREAM_IDLE_NS &&
            !remember(&streams->starts,
                      &(struct stream_moment){time_ns, who->group, group->device, idle_ns}))
            return false;
    }
    group->is_seen = true;
    group->last_ns = time_ns;
    return true;
}

bool streams_learn(struct streams *streams, const struct stream_who *who, int64_t time_ns,
                   int64_t latency_ns)
{
    if (!follow_probes(streams, time_ns) || !learn_group(streams, who, time_ns))
        return false;
    struct stream *stream = &streams->items[who->stream];
    bool is_first = stream->requests + stream->endless == 0;
    int64_t since_ns = is_first ? 0 : time_ns - stream->last_ns;
    if (is_first)
        stream->first_ns = stream->cycle_from_ns = time_ns;
    stream->last_ns = time_ns;
    if (latency_ns == TRACE_LATENCY_UNKNOWN || latency_ns >= INT64_MAX - time_ns) {
        stream->endless++;
        return true;
    }
    uint64_t outstanding = stream->requests - stream->completions;
    stream->depth = outstanding >= stream->depth ? (uint32_t)outstanding + 1 : stream->depth;
    stream->shallow += outstanding < WRITEBACK_QUEUES;
    stream->hits += outstanding > 0 && since_ns > REACTION_NS;
    stream->prompt += stream->completions > 0 && time_ns - stream->last_end_ns <= STREAM_PROMPT_NS;
    if (outstanding == 0 && stream->completions > 0 && !stream_end_cycle(stream, time_ns))
        return false;
    stream->requests++;
    streams->groups[who->group].outstanding++;
    return start_probe(streams, who, time_ns, latency_ns);
}

// ---- The end of it ----

bool streams_conclude(struct streams *streams)
{
    if (!follow_probes(streams, INT64_MAX))
        return false;
    for (uint32_t i = 0; i < streams->count; i++)
        stream_conclude(&streams->items[i]);
    return streams_find_calls(streams);
}
