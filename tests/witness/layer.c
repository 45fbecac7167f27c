// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/witness/layer.h"

#include <stdlib.h>

// What the kernel adds to these actions: QUEUE, REQUEUE, ISSUE, COMPLETE, and FS to a request.
static const uint32_t categories[16] = {
    [ACTION_Q] = 1U << 20, [ACTION_M] = 1U << 20,  [ACTION_F] = 1U << 20,
    [ACTION_G] = 1U << 20, [ACTION_R] = 9U << 21,  [ACTION_D] = 5U << 22,
    [ACTION_C] = 3U << 23, [ACTION_I] = 17U << 20, [ACTION_A] = 1U << 20,
};

struct device devices[DEVICES] = {
    [MAPPER] = {.name = "dm-0", .number = 253U << 20},
    [MIRROR] = {.name = "md0", .number = 9U << 20 | 2},
    [RAID] = {.name = "md1", .number = 9U << 20 | 1},
    [NVME] = {.name = "nvme0n1", .number = 259U << 20, .has_fua = true},
    [SDA] = {.name = "sda", .number = 8U << 20},
};

struct event events[EVENTS_MAX];
size_t event_count;
struct truth truths[TRUTHS_MAX];
size_t truth_count;
bool old_kernel;
static uint64_t random_state;

void set_seed(uint64_t seed)
{
    random_state = seed;
    below(2);
}

uint64_t below(uint64_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (random_state >> 33) % limit;
}

bool one_in(uint64_t n)
{
    return below(n) == 0;
}

void put(uint8_t *bytes, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (size - 1 - i) * 8);
}

// ---- Events ----

static size_t add(struct at *at, unsigned action, const struct bio *bio)
{
    static const uint64_t skews_ns[CPUS] = {300, 0, 450, 120};
    if (event_count == EVENTS_MAX)
        exit(1);
    struct event *event = &events[event_count];
    *event = (struct event){
        .time_ns = at->time_ns + skews_ns[at->cpu],
        .number = event_count,
        .device = bio->device,
        .cpu = at->cpu,
        .action = action | categories[action] | bio->bits,
        .sector = bio->sector,
        .sectors = bio->sectors,
    };
    if (action == ACTION_X)
        event->action = action | (bio->bits & (READ | WRITE));
    return event_count++;
}

// The next event, at once and on the same CPU.
static size_t soon(struct at *at, unsigned action, struct bio bio)
{
    at->time_ns += 10 + below(3000);
    return add(at, action, &bio);
}

// The next event, wherever, and later than clocks differ.
static size_t later(struct at *at, unsigned action, struct bio bio)
{
    at->time_ns += 1000 + below(one_in(20) ? 900000 : 60000);
    at->cpu = (uint32_t)below(CPUS);
    return add(at, action, &bio);
}

static size_t last_of(size_t a, size_t b)
{
    return events[a].time_ns < events[b].time_ns ? b : a;
}

static void know(bool issued, size_t arrival, size_t end)
{
    if (truth_count == TRUTHS_MAX)
        exit(1);
    truths[truth_count++] = (struct truth){issued, arrival, end};
}

struct bio part_of(struct bio bio, uint64_t from, uint64_t to)
{
    bio.sector = from;
    bio.sectors = to - from;
    return bio;
}

static void catch_up(struct at *at, const struct at *other)
{
    if (at->time_ns < other->time_ns)
        *at = *other;
}

// ---- A disk ----

// Issues a request and completes it in one or more parts; done[i] becomes the event that completed
// its sector i.
static size_t serve(struct at *at, struct bio request, size_t *done)
{
    uint64_t to = request.sector + request.sectors;
    size_t issue = later(at, ACTION_D, request), end = issue;
    if (one_in(10)) {
        later(at, ACTION_R, request);
        issue = later(at, ACTION_D, request);
    }
    for (uint64_t from = request.sector; from < to;) {
        uint64_t part = one_in(6) ? from + 1 + below(to - from) : to;
        end = later(at, ACTION_C, part_of(request, from, part));
        for (; from < part; from++)
            done[from - request.sector] = end;
        if (from < to && one_in(3)) {
            later(at, ACTION_R, part_of(request, from, to));
            later(at, ACTION_D, part_of(request, from, to));
        }
    }
    know(true, issue, end);
    return end;
}

static void flush_device(struct at *at, size_t device)
{
    struct bio flush = {.device = device, .bits = FLUSH};
    if (at->time_ns < devices[device].flushed_ns)
        at->time_ns = devices[device].flushed_ns;
    size_t issue = later(at, ACTION_D, flush);
    know(true, issue, later(at, ACTION_C, flush));
    devices[device].flushed_ns = at->time_ns + 1000;
}

// A flush, and a write with a flush before it or that has to be on the medium: the kernel completes
// it once more, without bytes, when all is done. Of a device that can do FUA that alone is no more
// than a bit of the write.
static size_t sequence(struct at *at, struct bio bio)
{
    size_t done[SLOT_SECTORS];
    bool has_fua = devices[bio.device].has_fua;
    struct bio data = bio;
    data.bits &= ~(FLUSH | (has_fua ? 0 : FUA));
    if ((bio.bits & FLUSH) != 0)
        flush_device(at, bio.device);
    else if (has_fua)
        return serve(at, data, done);
    // The request is then where its last part began.
    if (bio.sectors > 0)
        data.sector = events[serve(at, data, done)].sector;
    if ((bio.bits & FUA) != 0 && !has_fua)
        flush_device(at, bio.device);
    data.sectors = 0;
    return soon(at, ACTION_C, data);
}

// Cuts a bio into requests from its front.
static size_t cut(struct at *at, struct bio bio, uint64_t pieces)
{
    size_t done[SLOT_SECTORS], end = 0;
    uint64_t to = bio.sector + bio.sectors;
    struct at ended = *at;
    for (uint64_t from = bio.sector; from < to; pieces--) {
        uint64_t part = pieces > 1 ? from + 1 + below(to - from) : to;
        if (part < to) {
            put(events[soon(at, ACTION_X, part_of(bio, from, part))].data, part, 8);
            events[event_count - 1].data_bytes = 8;
        }
        if (part < to && old_kernel)
            soon(at, ACTION_Q, part_of(bio, part, to));
        struct at piece = *at;
        size_t last = (bio.bits & (FLUSH | FUA)) != 0
                          ? sequence(&piece, part_of(bio, from, part))
                          : serve(&piece, part_of(bio, from, part), done);
        end = from == bio.sector ? last : last_of(end, last);
        catch_up(&ended, &piece);
        from = part;
    }
    *at = ended;
    return end;
}

static size_t submit_to_disk(struct at *at, struct bio bio)
{
    size_t arrival = soon(at, ACTION_Q, bio), end;
    soon(at, ACTION_G, bio);
    if (bio.sectors == 0)
        end = sequence(at, bio);
    else
        end = cut(at, bio, one_in(4) ? 1 + below(4) : 1);
    know(false, arrival, end);
    return end;
}

// ---- The stack ----

// The part of the disk below that holds a part of the device mapper or RAID, within one stripe.
static struct bio map(struct bio bio)
{
    uint64_t stripe = bio.sector / STRIPE_SECTORS;
    uint64_t start = bio.device == RAID ? STRIPED_FROM * 4 : STRIPED_FROM;
    bio.device = stripe % 2 == 0 ? NVME : SDA;
    if (bio.sectors > 0)
        bio.sector = start + stripe / 2 * STRIPE_SECTORS + bio.sector % STRIPE_SECTORS;
    return bio;
}

static void remap(struct at *at, uint32_t device, uint64_t sector, struct bio to)
{
    uint8_t *data = events[soon(at, ACTION_A, to)].data;
    put(data, device, 4);
    put(data + 4, devices[to.device].number, 4);
    put(data + 8, sector, 8);
    events[event_count - 1].data_bytes = 16;
}

static void flush_below(struct at *at, size_t upper)
{
    struct at start = *at;
    for (size_t device = NVME; device <= SDA; device++) {
        struct at branch = start;
        struct bio lower = {device, WRITE | FLUSH | SYNC, 0, 0};
        remap(&branch, devices[upper].number, 0, lower);
        submit_to_disk(&branch, lower);
        catch_up(at, &branch);
    }
}

// Hands the bio itself on to where its last stripe is, and clones of it to where the others are:
// what is handed on is not queued again, and only there it is seen to end. Not so with discards.
static void submit_to_raid(struct at *at, struct bio bio)
{
    size_t arrival = soon(at, ACTION_Q, bio), end = arrival;
    uint64_t to = bio.sector + bio.sectors;
    if ((bio.bits & FLUSH) != 0)
        flush_below(at, RAID);
    bio.bits &= ~(bio.sectors > 0 ? FLUSH : 0);
    struct at ended = *at;
    for (uint64_t from = bio.sector; from < to;) {
        uint64_t part = (from / STRIPE_SECTORS + 1) * STRIPE_SECTORS;
        if (part < to) {
            put(events[soon(at, ACTION_X, part_of(bio, from, part))].data, part, 8);
            events[event_count - 1].data_bytes = 8;
        }
        struct bio lower = map(part_of(bio, from, part < to ? part : to)), partition = lower;
        partition.sector -= 2048;
        if (lower.device == SDA && one_in(2)) {
            remap(at, devices[RAID].number, from, partition);
            put(events[event_count - 1].data + 4, devices[SDA].number | 1, 4);
            remap(at, devices[SDA].number | 1, partition.sector, lower);
        } else {
            remap(at, devices[RAID].number, from, lower);
        }
        struct at branch = *at;
        bool clones = part < to && (bio.bits & FUA) == 0;
        size_t last = clones ? submit_to_disk(&branch, lower) : cut(&branch, lower, 1);
        end = from == bio.sector ? last : last_of(end, last);
        catch_up(&ended, &branch);
        from = part;
    }
    *at = ended;
    if (bio.sectors == 0 || (bio.bits & DISCARD) != 0)
        end = later(at, ACTION_C, bio);
    know(false, arrival, end);
}

static size_t submit_to_mapper(struct at *at, struct bio bio)
{
    size_t arrival = soon(at, ACTION_Q, bio), end;
    uint64_t to = bio.sector + bio.sectors, rest = bio.sector;
    if ((bio.bits & FLUSH) != 0)
        flush_below(at, MAPPER);
    struct bio data = bio;
    data.bits &= ~(bio.sectors > 0 ? FLUSH : 0);
    struct at ended = *at;
    for (uint64_t from = bio.sector; from < to;) {
        uint64_t part = (from / STRIPE_SECTORS + 1) * STRIPE_SECTORS;
        struct bio piece = part_of(data, from, part < to ? part : to), lower = map(piece);
        remap(at, devices[MAPPER].number, from, lower);
        if (part < to) {
            put(events[soon(at, ACTION_X, part_of(data, part, to))].data, part, 8);
            events[event_count - 1].data_bytes = 8;
            rest = part;
        }
        struct at branch = *at;
        submit_to_disk(&branch, lower);
        catch_up(&ended, &branch);
        from = piece.sector + piece.sectors;
    }
    *at = ended;
    end = later(at, ACTION_C, part_of(data, rest, to));
    know(false, arrival, end);
    return end;
}

// Completes in pieces, in any order, whatever the disks have done.
static void submit_to_mirror(struct at *at, struct bio bio)
{
    uint64_t edges[5] = {bio.sector}, count = 1 + below(4);
    size_t order[4] = {0, 1, 2, 3}, arrival = soon(at, ACTION_Q, bio), end = arrival;
    for (uint64_t i = 1; i <= count; i++)
        edges[i] = bio.sector + bio.sectors * i / count;
    for (uint64_t i = count; i > 0; i--) {
        uint64_t chosen = below(i);
        size_t piece = order[chosen];
        order[chosen] = order[i - 1];
        if (edges[piece] < edges[piece + 1])
            end = later(at, ACTION_C, part_of(bio, edges[piece], edges[piece + 1]));
    }
    know(false, arrival, end);
}

void pass_through(struct at *at, struct bio bio)
{
    bio.bits |= COMMAND;
    later(at, ACTION_D, bio);
    later(at, ACTION_C, bio);
}

void submit(struct at *at, struct bio bio)
{
    if (bio.device == MAPPER)
        submit_to_mapper(at, bio);
    else if (bio.device == RAID)
        submit_to_raid(at, bio);
    else if (bio.device == MIRROR)
        submit_to_mirror(at, bio);
    else {
        // Through a partition, which is no device of its own.
        if (bio.device == SDA && bio.sectors > 0 && one_in(2))
            remap(at, devices[SDA].number | 1, bio.sector - 2048, bio);
        submit_to_disk(at, bio);
    }
}

void merge(struct at *at, struct bio bio)
{
    size_t mapped[6], arrivals[6], done[SLOT_SECTORS], count = 2 + below(5);
    struct bio bios[6], whole = bio;
    uint64_t from = bio.sector, to = bio.sector, size = bio.device == MAPPER ? 10 : 100;
    for (size_t i = 0; i < count; i++) {
        bool front = i > 0 && one_in(3);
        uint64_t sectors = 1 + below(size);
        bios[i] = front ? part_of(bio, from - sectors, from) : part_of(bio, to, to + sectors);
        from -= front ? sectors : 0;
        to += front ? 0 : sectors;
        struct bio lower = bio.device == MAPPER ? map(bios[i]) : bios[i];
        if (bio.device == MAPPER) {
            mapped[i] = later(at, ACTION_Q, bios[i]);
            remap(at, devices[MAPPER].number, bios[i].sector, lower);
        }
        arrivals[i] = bio.device == MAPPER ? soon(at, ACTION_Q, lower) : later(at, ACTION_Q, lower);
        soon(at, i == 0 ? ACTION_G : front ? ACTION_F : ACTION_M, lower);
        bios[i] = lower;
        whole = i == 0 || front ? lower : whole;
    }
    serve(at, part_of(whole, whole.sector, whole.sector + to - from), done);
    for (size_t i = 0; i < count; i++) {
        size_t end = done[bios[i].sector - whole.sector];
        for (uint64_t k = 0; k < bios[i].sectors; k++)
            end = last_of(end, done[bios[i].sector - whole.sector + k]);
        know(false, arrivals[i], end);
        if (bio.device == MAPPER) {
            struct bio upper = {MAPPER, bio.bits, events[mapped[i]].sector, bios[i].sectors};
            know(false, mapped[i], soon(at, ACTION_C, upper));
        }
    }
}
