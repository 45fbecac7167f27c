// SPDX-License-Identifier: GPL-2.0-or-later
// Recordings of a random block layer that behaves as Linux's does, for the witness and the program:
//
//   generate_events SEED DIRECTORY
//
// A disk with a write cache (sda), one that can also do FUA (nvme0n1), a device mapper that stripes
// over both (dm-0), another that hands its requests on as they are (md1), and a mirror of which no
// disk is recorded (md0). Their requests are merged,
// cut, requeued and completed in parts, out of order, on CPUs whose clocks differ a little. Written
// are the files DEVICE.blktrace.CPU, and queue.csv and issue.csv: what is true, as `trace convert`
// would write it. Of every fourth seed both ends are cut off, and nobody knows the truth.
#include "tests/witness/layer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS 3000 // about
#define PATH_MAX_BYTES 1024

static uint64_t now_ns = 1000000;
static size_t mapped_from;   // events, before which the device mapper is not used
static uint64_t flushing_ns; // flushes that are queued are told apart by their order only

// ---- The workload ----

// A place where nothing of the kind is under way.
static size_t find_slot(size_t device, bool reads)
{
    for (;;) {
        size_t slot = below(SLOTS);
        if (devices[device].busy_ns[reads][slot] < now_ns)
            return slot;
        now_ns += below(1000);
    }
}

static void act(void)
{
    static const uint32_t bits[] = {READ, READ | SYNC, WRITE, WRITE | SYNC, WRITE | DISCARD | SYNC};
    static const uint32_t wishes[] = {FLUSH | FUA, FLUSH | FUA, FLUSH, FUA};
    struct bio bio = {below(DEVICES), bits[below(5)], 0, 1 + below(one_in(3) ? 1000 : 64)};
    if (bio.device == MAPPER && event_count < mapped_from)
        bio.device = SDA;
    uint64_t kind = bio.device == MIRROR ? 9 : below(10);
    if (bio.device == RAID && kind < 3)
        kind = 9;
    bool flushes = (kind == 3 || kind == 4) && flushing_ns < now_ns;
    if (flushes)
        bio.bits = WRITE | SYNC | wishes[below(4)];
    size_t slot = find_slot(bio.device, (bio.bits & READ) != 0);
    struct at at = {now_ns, (uint32_t)below(CPUS)};
    bio.sector =
        (slot + 1) * SLOT_SECTORS + (bio.device >= NVME ? STRIPED_FROM * 2 : 0) + SLOT_SECTORS / 2;
    if (kind < 3) {
        bio.sector += STRIPE_SECTORS / 2;
        merge(&at, bio);
    } else if (flushes && (bio.bits & FUA) == 0 && one_in(2)) {
        // Of a partition, old kernels say where it begins.
        uint64_t sector = old_kernel && bio.device == SDA ? 2048 : 0;
        submit(&at, part_of(bio, sector, sector));
    } else if (kind == 5 && bio.device >= NVME) {
        pass_through(&at, bio);
    } else {
        submit(&at, bio);
    }
    if (flushes)
        flushing_ns = at.time_ns + 10000;
    devices[bio.device].busy_ns[(bio.bits & READ) != 0][slot] = at.time_ns + 10000;
}

// ---- Files ----

static uint64_t first_ns; // what is recorded
static uint64_t last_ns = UINT64_MAX;
static bool big_endian;
static bool with_cgroup;

static int compare_events(const void *left, const void *right)
{
    const struct event *a = left;
    const struct event *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    if (a->cpu != b->cpu)
        return a->cpu < b->cpu ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static void write_number(FILE *file, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    put(bytes, value, size);
    for (size_t i = 0; i < size; i++)
        fputc(bytes[big_endian ? i : size - 1 - i], file);
}

static void write_record(FILE *file, const struct event *event, uint32_t sequence)
{
    size_t cgroup_bytes = (event->action & CGROUP) != 0 ? 8 : 0;
    write_number(file, 0x65617407, 4);
    write_number(file, sequence, 4);
    write_number(file, event->time_ns + UINT64_C(5000000000), 8);
    write_number(file, event->sector, 8);
    write_number(file, event->sectors * 512, 4);
    write_number(file, event->action, 4);
    write_number(file, 100 + event->cpu, 4);
    write_number(file, devices[event->device].number, 4);
    write_number(file, event->cpu, 4);
    write_number(file, 0, 2);
    write_number(file, event->data_bytes + cgroup_bytes, 2);
    for (size_t i = 0; i < cgroup_bytes; i++)
        fputc(7, file);
    fwrite(event->data, event->data_bytes, 1, file);
}

// Notes come first: a process's name, and a message, which is numbered like no event.
static void write_files(const char *directory)
{
    for (size_t i = 0; i < DEVICES * CPUS; i++) {
        char path[PATH_MAX_BYTES];
        size_t device = i / CPUS;
        uint32_t cpu = i % CPUS, sequence = 0;
        struct event note = {.device = device, .cpu = cpu, .action = NOTIFY, .data_bytes = 16};
        snprintf(path, sizeof path, "%s/%s.blktrace.%u", directory, devices[device].name, cpu);
        FILE *file = fopen(path, "wb");
        if (file == NULL)
            exit(1);
        write_record(file, &note, 0);
        note.action = NOTIFY | CGROUP | 2;
        write_record(file, &note, 0);
        for (size_t k = 0; k < event_count; k++) {
            struct event event = events[k];
            event.action |= with_cgroup ? CGROUP : 0;
            if (event.device == device && event.cpu == cpu && event.time_ns >= first_ns &&
                event.time_ns < last_ns)
                write_record(file, &event, ++sequence);
        }
        if (fclose(file) != 0)
            exit(1);
    }
}

static const char *name_of(const struct event *event)
{
    if ((event->action & DISCARD) != 0)
        return "discard";
    if (event->sectors == 0)
        return "flush";
    return (event->action & WRITE) != 0 ? "write" : "read";
}

// The requests of one kind, in the order of their arrivals among the sorted events.
static void write_truth(const char *directory, bool issued)
{
    char path[PATH_MAX_BYTES];
    static size_t truth_of[EVENTS_MAX];
    static uint64_t times_ns[EVENTS_MAX];
    snprintf(path, sizeof path, "%s/%s.csv", directory, issued ? "issue" : "queue");
    FILE *file = fopen(path, "w");
    if (file == NULL)
        exit(1);
    memset(truth_of, 0, sizeof truth_of);
    for (size_t i = 0; i < truth_count; i++)
        if (truths[i].issued == issued)
            truth_of[truths[i].arrival] = i + 1;
    for (size_t i = 0; i < event_count; i++)
        times_ns[events[i].number] = events[i].time_ns;
    fputs("time_ns,op,offset,bytes,member,latency_ns\n", file);
    for (size_t i = 0; i < event_count; i++) {
        const struct event *event = &events[i];
        if (truth_of[event->number] == 0)
            continue;
        const struct truth *truth = &truths[truth_of[event->number] - 1];
        fprintf(file, "%" PRIu64 ",%s,%" PRIu64 ",%" PRIu64 ",\"%u,%u\",%" PRIu64 "\n",
                event->time_ns - events[0].time_ns, name_of(event), event->sector * 512,
                event->sectors * 512, devices[event->device].number >> 20,
                devices[event->device].number & 0xfffff, times_ns[truth->end] - event->time_ns);
    }
    if (fclose(file) != 0)
        exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: generate_events SEED DIRECTORY\n", stderr);
        return 2;
    }
    uint64_t seed = strtoull(argv[1], NULL, 10);
    bool is_cut = seed % 4 == 0;
    set_seed(seed);
    old_kernel = one_in(2);
    big_endian = one_in(4);
    with_cgroup = one_in(4);
    mapped_from = one_in(4) ? EVENTS / 3 : 0;
    while (event_count < EVENTS) {
        now_ns += below(one_in(50) ? 5000000 : 40000);
        act();
    }
    qsort(events, event_count, sizeof events[0], compare_events);
    if (is_cut) {
        first_ns = events[event_count / 20].time_ns;
        last_ns = events[event_count - event_count / 20].time_ns;
    }
    write_files(argv[2]);
    for (int issued = 0; issued < 2 && !is_cut; issued++)
        write_truth(argv[2], issued);
    return 0;
}
