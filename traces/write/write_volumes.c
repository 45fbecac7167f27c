// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/write/write_format.h"

#include "traces/write/write_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES_MAX (16 * 1024) // quoted, twice that: a line has at most 64 KiB
#define SHORT_NAME_BYTES_MAX 256
#define NUMBER_MAX INT32_MAX
#define MAJOR_MAX 0xfff
#define MINOR_BITS 20
#define MINOR_MAX ((1 << MINOR_BITS) - 1)
#define SUFFIX_BYTES_MAX 24
#define LISTED_NAME_BYTES_MAX 32

// Of devices without a number: Linux leaves the majors 240 to 254 to local use.
#define MAJOR_ASSIGNED "240,"

_Static_assert(2 * NAME_BYTES_MAX + 2 <= WRITE_NAME_BYTES_MAX, "quotes and quoted quotes");

// A decimal number as it would be printed; returns what follows it, NULL if there is none.
static const char *name_take_number(const char *at, uint32_t limit, uint32_t *number)
{
    uint64_t value = 0;
    const char *start = at;
    for (; *at >= '0' && *at <= '9' && value <= limit; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    if (at == start || value > limit || (*start == '0' && at - start > 1))
        return NULL;
    *number = (uint32_t)value;
    return at;
}

static bool name_is_number(const char *name)
{
    uint32_t number;
    const char *end = name_take_number(name, NUMBER_MAX, &number);
    return end != NULL && *end == '\0';
}

static bool name_is_device(const char *name, uint32_t *device)
{
    uint32_t major, minor;
    const char *end = name_take_number(name, MAJOR_MAX, &major);
    if (end == NULL || *end != ',')
        return false;
    end = name_take_number(end + 1, MINOR_MAX, &minor);
    if (end == NULL || *end != '\0')
        return false;
    *device = major << MINOR_BITS | minor;
    return true;
}

// Where the disk's number of HOST_NUMBER starts, with its '_'; NULL: there is none.
static const char *name_find_disk(const char *name)
{
    const char *disk = strrchr(name, '_');
    return disk != NULL && disk > name && name_is_number(disk + 1) ? disk : NULL;
}

// May the byte stand in a name?
static bool name_allows(enum write_naming naming, char byte)
{
    unsigned char value = (unsigned char)byte;
    switch (naming) {
    case WRITE_NAMES_QUOTED:
        return byte != '\n';
    case WRITE_NAMES_HOST_DISK:
        return byte != ',' && value >= ' ';
    default:
        return value > ' ' && value != 0x7f;
    }
}

// The number of the text in the set of those used, added if it is new; *is_new says so.
static bool claim(struct write_volumes *volumes, const char *text, size_t length, bool *is_new)
{
    struct trace_error ignored;
    size_t before = volumes->held.count;
    uint32_t number = trace_volumes_intern(&volumes->held, text, length, &ignored);
    *is_new = volumes->held.count > before;
    return number != TRACE_VOLUME_NONE;
}

// A name in words: what cannot stand there is replaced, what is too long cut, what is taken
// numbered. Stores it in `text`.
static bool hold_word(struct write_volumes *volumes, const char *name, char *text)
{
    enum write_naming naming = volumes->naming;
    const char *disk = naming == WRITE_NAMES_HOST_DISK ? name_find_disk(name) : NULL;
    size_t stem = disk != NULL ? (size_t)(disk - name) : strlen(name);
    const char *tail = naming != WRITE_NAMES_HOST_DISK ? "" : disk != NULL ? disk : "_0";
    size_t limit = naming == WRITE_NAMES_WORD ? SHORT_NAME_BYTES_MAX : NAME_BYTES_MAX;
    limit -= strlen(tail);
    if (stem == 0 && naming != WRITE_NAMES_QUOTED) {
        name = "unnamed";
        stem = strlen(name);
    }
    bool is_new = false;
    // Numbers from that of the volume on: almost always the first one is free.
    for (size_t number = volumes->known.count; !is_new; number++) {
        char suffix[SUFFIX_BYTES_MAX] = "";
        if (number > volumes->known.count)
            snprintf(suffix, sizeof suffix, "-%zu", number);
        size_t room = limit - strlen(suffix);
        size_t length = stem < room ? stem : room;
        for (size_t i = 0; i < length; i++)
            text[i] = name_allows(naming, name[i]) ? name[i] : '_';
        snprintf(text + length, NAME_BYTES_MAX + 1 - length, "%s%s", suffix, tail);
        if (!claim(volumes, text, strlen(text), &is_new))
            return false;
    }
    return true;
}

// A number or a device: its own if it is one, else the next that is free.
static bool hold_number(struct write_volumes *volumes, const char *name, char *text)
{
    bool devices = volumes->naming == WRITE_NAMES_DEVICE;
    uint32_t device;
    bool is_new = false;
    if (devices ? name_is_device(name, &device) : name_is_number(name)) {
        strcpy(text, name);
        if (!claim(volumes, text, strlen(text), &is_new))
            return false;
    }
    // Fewer volumes than minors, so there is always a free one.
    for (; !is_new; volumes->next++) {
        char *end = text;
        if (devices)
            end = write_string(end, MAJOR_ASSIGNED);
        *write_number(end, volumes->next) = '\0';
        if (!claim(volumes, text, strlen(text), &is_new))
            return false;
    }
    return true;
}

// Adds an entry to the list; after one that did not fit, which "..." stands for, none follows.
static void add_to_list(struct write_volumes *volumes, const char *name, const char *text)
{
    static const char more[] = ", ...";
    char entry[2 * LISTED_NAME_BYTES_MAX + 32];
    size_t used = strlen(volumes->list);
    bool cut = strlen(name) > LISTED_NAME_BYTES_MAX;
    if (volumes->list_full)
        return;
    snprintf(entry, sizeof entry, "%s\"%.*s%s\" is \"%.*s\"", used > 0 ? ", " : "",
             LISTED_NAME_BYTES_MAX, name, cut ? "..." : "", LISTED_NAME_BYTES_MAX, text);
    volumes->list_full = used + strlen(entry) + sizeof more > sizeof volumes->list;
    snprintf(volumes->list + used, sizeof volumes->list - used, "%s",
             volumes->list_full ? more : entry);
}

// Makes the item of a name that the file holds as `held`.
static bool fill_item(struct write_volume *item, enum write_naming naming, const char *held)
{
    char text[WRITE_NAME_BYTES_MAX];
    char *end = naming == WRITE_NAMES_QUOTED ? write_quoted(text, held) : write_string(text, held);
    *item = (struct write_volume){.length = (size_t)(end - text)};
    if (naming == WRITE_NAMES_HOST_DISK) {
        item->sub = (size_t)(name_find_disk(held) - held);
        text[item->sub++] = ',';
    }
    if (naming == WRITE_NAMES_DEVICE)
        name_is_device(held, &item->device);
    item->text = malloc(item->length + 1);
    if (item->text != NULL)
        memcpy(item->text, text, item->length);
    return item->text != NULL;
}

static bool hold_name(struct write_volumes *volumes, const char *name)
{
    char held[NAME_BYTES_MAX + 1] = "";
    struct write_volume *item = &volumes->items[volumes->known.count];
    bool numbers = volumes->naming == WRITE_NAMES_NUMBER || volumes->naming == WRITE_NAMES_DEVICE;
    bool good = volumes->naming == WRITE_NAMES_NONE ||
                (numbers ? hold_number(volumes, name, held) : hold_word(volumes, name, held));
    if (!good || !fill_item(item, volumes->naming, held))
        return false;
    if (volumes->naming != WRITE_NAMES_NONE && strcmp(held, name) != 0) {
        volumes->replaced++;
        add_to_list(volumes, name, held);
    }
    return true;
}

static bool reserve(struct write_volumes *volumes)
{
    if (volumes->known.count < volumes->capacity)
        return true;
    size_t capacity = volumes->capacity == 0 ? 8 : volumes->capacity * 2;
    struct write_volume *items = realloc(volumes->items, capacity * sizeof *items);
    if (items == NULL)
        return false;
    volumes->items = items;
    volumes->capacity = capacity;
    return true;
}

uint32_t write_volumes_find(struct write_volumes *volumes, const char *name,
                            struct trace_error *error)
{
    struct trace_volumes *known = &volumes->known;
    // Most requests are of the volume of the one before.
    if (volumes->last < known->count && strcmp(known->names[volumes->last], name) == 0)
        return volumes->last;
    size_t count = known->count;
    bool good = reserve(volumes);
    uint32_t number =
        good ? trace_volumes_intern(known, name, strlen(name), error) : TRACE_VOLUME_NONE;
    if (number == TRACE_VOLUME_NONE && count == TRACE_VOLUMES_MAX) {
        trace_error_set(error, "%s: cannot be written: there are more than %u volumes",
                        volumes->path, TRACE_VOLUMES_MAX);
        return number;
    }
    if (known->count > count) {
        // The item of the new volume has its place, but is not counted until it is whole.
        known->count = count;
        good = hold_name(volumes, name);
        known->count = count + 1;
    }
    if (!good || number == TRACE_VOLUME_NONE) {
        trace_error_set(error, "%s: out of memory while writing a trace", volumes->path);
        return TRACE_VOLUME_NONE;
    }
    volumes->last = number;
    return number;
}

void write_volumes_report(const struct write_volumes *volumes, struct trace_notices *notices)
{
    static const char *const wanted[] = {
        [WRITE_NAMES_NUMBER] = "wants numbers",
        [WRITE_NAMES_DEVICE] = "wants MAJOR,MINOR",
        [WRITE_NAMES_QUOTED] = "cannot hold line ends or more than 16 KiB in a name",
        [WRITE_NAMES_WORD] = "cannot hold blanks, nothing or more than 256 bytes as a name",
        [WRITE_NAMES_HOST_DISK] = "wants HOST_NUMBER without commas",
        [WRITE_NAMES_NONE] = "",
    };
    bool numbers = volumes->naming == WRITE_NAMES_NUMBER || volumes->naming == WRITE_NAMES_DEVICE;
    trace_notices_set(
        notices, numbers ? "volume-renumbered" : "volume-renamed", volumes->path, volumes->replaced,
        "%llu volumes have another name in the file, since the format %s: %s.",
        (unsigned long long)volumes->replaced, wanted[volumes->naming], volumes->list);
}

void write_volumes_free(struct write_volumes *volumes)
{
    for (size_t i = 0; i < volumes->known.count; i++)
        free(volumes->items[i].text);
    free(volumes->items);
    trace_volumes_free(&volumes->known);
    trace_volumes_free(&volumes->held);
    *volumes = (struct write_volumes){0};
}
