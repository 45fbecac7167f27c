// SPDX-License-Identifier: GPL-2.0-or-later
// What the witness (witness.c) keeps in memory: records, requests, devices.
#ifndef TESTS_WITNESS_WITNESS_H
#define TESTS_WITNESS_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECTOR_BYTES 512

// The lower half of a record's action, without the bit that says it has a cgroup's number, ...
enum action {
    ACTION_Q = 1,
    ACTION_R = 6,
    ACTION_D = 7,
    ACTION_C = 8,
    ACTION_X = 13,
    ACTION_A = 15,
};

// ... and the bits of its upper half.
#define WRITES (UINT32_C(1) << 17)
#define FLUSHES (UINT32_C(1) << 18)
#define COMMAND (UINT32_C(1) << 25)
#define NOTIFIES (UINT32_C(1) << 26)
#define DISCARDS (UINT32_C(1) << 29)
#define FUA (UINT32_C(1) << 31)

struct record {
    uint64_t time_ns;
    size_t place; // in all files, one after the other
    uint64_t from;
    uint64_t to; // bytes
    uint64_t split_at;
    uint64_t source_from; // of a remap: where it was on the device
    uint32_t source;      // that it comes from,
    uint32_t target;      // and the one that it goes to, which may be a partition
    uint32_t action;
    uint32_t device;
};

enum op { OP_READ, OP_WRITE, OP_DISCARD, OP_FLUSH, OP_COUNT };

struct interval {
    uint64_t from;
    uint64_t to;
};

// Both what was queued and what was issued: what is printed is one of the two for each device. And
// what was handed on to a device from one that has no completions of its own.
enum kind { QUEUED, ISSUED, HANDED, KINDS };

struct request {
    struct record arrival; // Q, or D
    enum kind kind;
    enum op op;
    struct interval *waits; // bytes that no completion has covered
    size_t wait_count;
    struct interval again; // an arrival of just this is no new request
    bool is_forced;        // the device itself sees to it that it is on the medium (FUA)
    unsigned ends;         // of a sequence: completions without bytes that have not come
    uint32_t upper;        // of what was handed on: from which device,
    uint64_t upper_from;   // and where it was there
    bool open;             // waits for a completion
    bool withdrawn;        // no request after all
    bool known;            // end_ns holds
    uint64_t end_ns;
};

struct device {
    uint32_t number;
    bool has[KINDS];
    bool flushes; // the kernel sends it flushes of its own, which neither read nor write
    enum kind wanted;
    bool completes[2]; // it has completions of its own: of what is no discard, and of discards
    bool is_below;     // its requests come from another device, which has them too
};

// In order of arrival. Queued and issued ones are found independently of each other.
extern struct request *requests;
extern size_t request_count;

// Room for one more of `count` items; without memory, the program ends.
void *grow(void *items, size_t count, size_t size);

enum op op_of(const struct record *record);

// Has it bytes, or is it of a flush?
bool is_request(const struct record *record);

// Is it of a flush that the kernel sent the device?
bool is_of_device(const struct record *record);

// Of that number; it is known from then on.
struct device *find_device(uint32_t number);

// The next record in order of time. Those of commands to the device are none.
void pair_record(const struct record *record);

#endif
