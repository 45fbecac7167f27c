// SPDX-License-Identifier: GPL-2.0-or-later
// A random block layer: what Linux's would tell of the bios that it is given, and what is true of
// them.
#ifndef TESTS_WITNESS_LAYER_H
#define TESTS_WITNESS_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPUS 4
#define EVENTS_MAX 8192
#define TRUTHS_MAX 8192
#define SLOTS 24
#define SLOT_SECTORS UINT64_C(2048)
#define STRIPE_SECTORS UINT64_C(128)
#define STRIPED_FROM (UINT64_C(1) << 20) // of the disks

enum {
    ACTION_Q = 1,
    ACTION_M,
    ACTION_F,
    ACTION_G,
    ACTION_R = 6,
    ACTION_D,
    ACTION_C,
    ACTION_I = 12,
    ACTION_X,
    ACTION_A = 15
};

#define READ (UINT32_C(1) << 16)
#define WRITE (UINT32_C(1) << 17)
#define FLUSH (UINT32_C(1) << 18)
#define SYNC (UINT32_C(1) << 19)
#define COMMAND (UINT32_C(1) << 25)
#define NOTIFY (UINT32_C(1) << 26)
#define DISCARD (UINT32_C(1) << 29)
#define FUA (UINT32_C(1) << 31)
#define CGROUP UINT32_C(0x100)

enum { MAPPER, MIRROR, RAID, NVME, SDA, DEVICES }; // by name

struct device {
    const char *name;
    uint32_t number;
    bool has_fua;
    uint64_t flushed_ns;        // it does one flush after the other
    uint64_t busy_ns[2][SLOTS]; // with reads, with others: so long no other request goes there
};

struct event {
    uint64_t time_ns; // by the clock of its CPU
    size_t number;
    size_t device;
    uint32_t cpu;
    uint32_t action;
    uint64_t sector;
    uint64_t sectors;
    uint8_t data[16];
    size_t data_bytes;
};

struct truth {
    bool issued;
    size_t arrival; // numbers of events
    size_t end;
};

// Where a request is in its life.
struct at {
    uint64_t time_ns;
    uint32_t cpu;
};

struct bio {
    size_t device;
    uint32_t bits;
    uint64_t sector;
    uint64_t sectors;
};

extern struct device devices[DEVICES];
extern struct event events[EVENTS_MAX];
extern size_t event_count;
extern struct truth truths[TRUTHS_MAX];
extern size_t truth_count;
extern bool old_kernel; // queues the second part of a split again

void set_seed(uint64_t seed);

uint64_t below(uint64_t limit);

bool one_in(uint64_t n);

// Big-endian, as the kernel writes what it adds to a record.
void put(uint8_t *bytes, uint64_t value, size_t size);

struct bio part_of(struct bio bio, uint64_t from, uint64_t to);

// A command that is passed through to the device.
void pass_through(struct at *at, struct bio bio);

// `at` becomes when it has ended.
void submit(struct at *at, struct bio bio);

// Bios side by side, not of the RAID, this one first, become one request, each added at its back or
// its front. Of the device mapper all are within its stripe, in whose middle it is.
void merge(struct at *at, struct bio bio);

#endif
