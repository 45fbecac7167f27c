// SPDX-License-Identifier: GPL-2.0-or-later
// Devices that hand on the very requests that they got (md raid0 and linear of Linux 4.12 to 5.13)
// are never seen to complete them: the device that they were handed on to is.
#include "traces/blktrace/blktrace_pair.h"

#include <stdlib.h>

// A device completes its requests right after those below it: that many without one tell that it
// does not.
#define LOWER_COMPLETIONS_ENOUGH 4096
#define KEPT_MAX 16384U
#define PLACES_MAX 65536U

// A link's `request`: the upper volume, and how many sectors further it is there.
#define SECTORS_BITS 46
#define SECTORS_MAX (UINT64_C(1) << SECTORS_BITS)
#define ORIGIN_BITS (SECTORS_BITS + 1)

struct blktrace_kept {
    uint64_t time_ns;
    uint64_t offset; // of the upper volume
    uint32_t bytes;
    uint16_t volume;
    uint16_t category;
    bool is_own; // a completion of the volume itself, while others are kept that came before it
};

void blktrace_handed_free(struct blktrace_handed *handed)
{
    blktrace_fragments_free(&handed->links);
    trace_map_free(&handed->places);
    free(handed->kept);
}

static uint64_t origin_of(uint32_t volume, uint64_t from, uint64_t to)
{
    uint64_t further = SECTORS_MAX + from / BLKTRACE_SECTOR_BYTES - to / BLKTRACE_SECTOR_BYTES;
    return (uint64_t)volume << ORIGIN_BITS | further;
}

static uint64_t upper_offset(uint64_t origin, uint64_t offset)
{
    uint64_t further = origin & ((UINT64_C(1) << ORIGIN_BITS) - 1);
    return offset + (further - SECTORS_MAX) * BLKTRACE_SECTOR_BYTES;
}

static unsigned discards(unsigned category)
{
    return (category & BLKTRACE_DISCARD) != 0 ? 1 : 0;
}

// ---- Links ----

static bool add_link(struct blktrace_handed *handed, const struct blktrace_record *remap,
                     uint64_t origin)
{
    uint32_t place = trace_map_get(&handed->places, remap->to_device, 0);
    if (place == TRACE_MAP_NONE) {
        if (handed->place_count == PLACES_MAX)
            return true;
        place = handed->place_count;
        if (!trace_map_put(&handed->places, remap->to_device, 0, place))
            return false;
        handed->place_count++;
    }
    // Nobody completes them.
    if (handed->links.live == BLKTRACE_FRAGMENTS_MAX)
        blktrace_fragments_free(&handed->links);
    struct blktrace_key key = {remap->offset, place, blktrace_record_kind(remap)};
    uint32_t link =
        blktrace_fragments_add(&handed->links, &key, remap->bytes, origin, BLKTRACE_FRAGMENT_NONE);
    if (link == BLKTRACE_FRAGMENT_NONE)
        return false;
    blktrace_fragment_at(&handed->links, link)->forced =
        key.kind == BLKTRACE_KIND_WRITE && blktrace_record_has(remap, BLKTRACE_FUA);
    return true;
}

bool blktrace_pairing_remap(struct blktrace_pairing *pairing, const struct blktrace_record *remap,
                            uint32_t upper)
{
    struct blktrace_handed *handed = &pairing->handed;
    const struct blktrace_volume *volume =
        upper < pairing->volume_count ? &pairing->volumes[upper] : NULL;
    uint32_t place = trace_map_get(&handed->places, remap->from_device, 0);
    uint32_t above = BLKTRACE_FRAGMENT_NONE;
    if (remap->bytes == 0 || remap->to_device == 0 || remap->from_device == remap->to_device ||
        remap->from_offset / BLKTRACE_SECTOR_BYTES >= SECTORS_MAX ||
        remap->offset / BLKTRACE_SECTOR_BYTES >= SECTORS_MAX ||
        (volume != NULL &&
         volume->completers[discards(remap->category)] == BLKTRACE_COMPLETER_ITSELF))
        return true;
    // Handed on once more, as from a partition to its disk.
    struct blktrace_key key = {remap->from_offset, place, blktrace_record_kind(remap)};
    if (place != TRACE_MAP_NONE && !blktrace_fragments_take(&handed->links, &key, &above))
        return false;
    if (above != BLKTRACE_FRAGMENT_NONE) {
        const struct blktrace_fragment *link = blktrace_fragment_at(&handed->links, above);
        uint64_t offset = upper_offset(link->request, remap->from_offset);
        upper = (uint32_t)(link->request >> ORIGIN_BITS);
        if (offset / BLKTRACE_SECTOR_BYTES >= SECTORS_MAX)
            return true;
        return blktrace_fragments_consume(&handed->links, above,
                                          link->bytes < remap->bytes ? link->bytes
                                                                     : remap->bytes) &&
               add_link(handed, remap, origin_of(upper, offset, remap->offset));
    }
    if (volume == NULL || !volume->arrives || volume->is_below ||
        volume->arrival == TRACE_ARRIVAL_ISSUE)
        return true;
    return add_link(handed, remap, origin_of(upper, remap->from_offset, remap->offset));
}

// ---- Completions ----

static bool complete_upper(struct blktrace_pairing *pairing, const struct blktrace_kept *done)
{
    // What waits to be flushed has been: the data had waited for that below.
    uint16_t flushed = done->is_own ? 0 : BLKTRACE_FLUSH | BLKTRACE_FUA;
    struct blktrace_record record = {
        .time_ns = done->time_ns,
        .offset = done->offset,
        .bytes = done->bytes,
        .action = BLKTRACE_COMPLETE,
        .category = done->category | flushed,
    };
    uint64_t no_arrival = pairing->no_arrival;
    bool good = blktrace_pairing_complete_late(pairing, &record, done->volume);
    if (!done->is_own)
        pairing->no_arrival = no_arrival;
    return good;
}

static uint8_t *completer_of(const struct blktrace_pairing *pairing,
                             const struct blktrace_kept *done)
{
    return &pairing->volumes[done->volume].completers[discards(done->category)];
}

// Is it not known yet whether what is kept of it counts?
static bool is_waiting(const struct blktrace_volume *volume)
{
    bool waits = false;
    for (unsigned kind = 0; kind < BLKTRACE_COMPLETER_KINDS; kind++)
        waits = waits || (volume->completers[kind] == BLKTRACE_COMPLETER_UNKNOWN &&
                          volume->lower_completions[kind] > 0);
    return waits;
}

// Completes by what was kept for volumes of which it is known now that they need it.
static bool use_kept(struct blktrace_pairing *pairing)
{
    struct blktrace_handed *handed = &pairing->handed;
    uint32_t count = handed->kept_count;
    bool good = true;
    handed->kept_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct blktrace_kept *done = &handed->kept[i];
        uint8_t completer = *completer_of(pairing, done);
        if (completer == BLKTRACE_COMPLETER_UNKNOWN ||
            (done->is_own && is_waiting(&pairing->volumes[done->volume])))
            handed->kept[handed->kept_count++] = *done;
        else if (done->is_own || completer == BLKTRACE_COMPLETER_LOWER)
            good = complete_upper(pairing, done) && good;
    }
    return good;
}

// No completion of their own is waited for any longer.
static void stop_keeping(struct blktrace_pairing *pairing)
{
    struct blktrace_handed *handed = &pairing->handed;
    for (uint32_t i = 0; i < handed->kept_count; i++) {
        uint8_t *completer = completer_of(pairing, &handed->kept[i]);
        if (*completer == BLKTRACE_COMPLETER_UNKNOWN)
            *completer = BLKTRACE_COMPLETER_LOWER;
    }
    // Without memory their latencies stay unknown.
    (void)use_kept(pairing);
}

bool blktrace_pairing_give_up(struct blktrace_pairing *pairing)
{
    const struct blktrace_pending *oldest =
        blktrace_window_at(&pairing->window, pairing->window.first);
    if (pairing->handed.kept_count > 0 && !blktrace_pairing_can_wait(pairing))
        stop_keeping(pairing);
    if (oldest->state == BLKTRACE_PENDING && pairing->ended)
        blktrace_pairing_abandon(pairing, pairing->window.first);
    return oldest->state != BLKTRACE_PENDING;
}

static bool keep(struct blktrace_pairing *pairing, const struct blktrace_kept *done)
{
    struct blktrace_handed *handed = &pairing->handed;
    if (handed->kept == NULL)
        handed->kept = malloc(KEPT_MAX * sizeof *handed->kept);
    if (handed->kept == NULL)
        return false;
    handed->kept[handed->kept_count++] = *done;
    if (handed->kept_count == KEPT_MAX)
        stop_keeping(pairing);
    struct blktrace_volume *volume = &pairing->volumes[done->volume];
    unsigned kind = discards(done->category);
    if (done->is_own)
        return true;
    if (++volume->lower_completions[kind] < LOWER_COMPLETIONS_ENOUGH)
        return true;
    volume->completers[kind] = BLKTRACE_COMPLETER_LOWER;
    return use_kept(pairing);
}

// The first bytes of a link are complete.
static bool pass_up(struct blktrace_pairing *pairing, uint32_t number, uint32_t bytes,
                    const struct blktrace_record *record)
{
    struct blktrace_fragments *links = &pairing->handed.links;
    const struct blktrace_fragment *link = blktrace_fragment_at(links, number);
    struct blktrace_kept done = {
        .time_ns = record->time_ns,
        .offset = upper_offset(link->request, link->start),
        .bytes = bytes,
        .volume = (uint16_t)(link->request >> ORIGIN_BITS),
        .category = record->category,
    };
    uint8_t completer = *completer_of(pairing, &done);
    if (!blktrace_fragments_consume(links, number, bytes))
        return false;
    return completer == BLKTRACE_COMPLETER_ITSELF  ? true
           : completer == BLKTRACE_COMPLETER_LOWER ? complete_upper(pairing, &done)
                                                   : keep(pairing, &done);
}

// A write that is to be on the medium where the device cannot do that at once ends with a
// completion without bytes.
static bool pass_up_end(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                        struct blktrace_key key)
{
    struct blktrace_fragments *links = &pairing->handed.links;
    uint32_t number;
    key.kind = BLKTRACE_KIND_END;
    if (blktrace_record_has(record, BLKTRACE_FLUSH))
        return true;
    number = blktrace_fragments_find(links, &key);
    if (number == BLKTRACE_FRAGMENT_NONE && !blktrace_fragments_around(links, &key, 0, &number))
        return false;
    return number == BLKTRACE_FRAGMENT_NONE ||
           pass_up(pairing, number, blktrace_fragment_at(links, number)->bytes, record);
}

static bool hand_up(struct blktrace_pairing *pairing, const struct blktrace_record *record)
{
    struct blktrace_fragments *links = &pairing->handed.links;
    uint32_t place = trace_map_get(&pairing->handed.places, record->device, 0), number;
    struct blktrace_key key = {record->offset, place, blktrace_record_kind(record)};
    uint64_t end = record->offset + record->bytes;
    if (links->live == 0 || place == TRACE_MAP_NONE ||
        blktrace_record_has(record, BLKTRACE_PASSTHROUGH))
        return true;
    if (record->bytes == 0)
        return pass_up_end(pairing, record, key);
    while (key.start < end) {
        if (!blktrace_fragments_take(links, &key, &number))
            return false;
        if (number == BLKTRACE_FRAGMENT_NONE) {
            key.start = blktrace_fragments_next(links, &key, end);
            continue;
        }
        const struct blktrace_fragment *link = blktrace_fragment_at(links, number);
        uint32_t bytes = link->bytes < end - key.start ? link->bytes : (uint32_t)(end - key.start);
        bool waits =
            link->forced && bytes == link->bytes && !blktrace_record_has(record, BLKTRACE_FUA);
        key.start += bytes;
        if (!(waits ? blktrace_fragments_change(links, number, 0, BLKTRACE_KIND_END)
                    : pass_up(pairing, number, bytes, record)))
            return false;
    }
    return true;
}

bool blktrace_pairing_complete_watched(struct blktrace_pairing *pairing,
                                       const struct blktrace_record *record, uint32_t number)
{
    struct blktrace_volume *volume = &pairing->volumes[number];
    uint8_t *completer = &volume->completers[discards(record->category)];
    if (!hand_up(pairing, record))
        return false;
    if (*completer == BLKTRACE_COMPLETER_UNKNOWN && record->bytes > 0) {
        *completer = BLKTRACE_COMPLETER_ITSELF;
        if (pairing->handed.kept_count > 0 && !use_kept(pairing))
            return false;
    }
    if (volume->is_below)
        return true;
    if (pairing->handed.kept_count == 0 || record->bytes == 0 || !is_waiting(volume))
        return blktrace_pairing_complete_late(pairing, record, number);
    struct blktrace_kept done = {.time_ns = record->time_ns,
                                 .offset = record->offset,
                                 .bytes = record->bytes,
                                 .volume = (uint16_t)number,
                                 .category = record->category,
                                 .is_own = true};
    return keep(pairing, &done);
}
