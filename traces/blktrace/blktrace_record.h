// SPDX-License-Identifier: GPL-2.0-or-later
// One record of a blktrace file: struct blk_io_trace, version 7, of linux/blktrace_api.h.
#ifndef TRACES_BLKTRACE_BLKTRACE_RECORD_H
#define TRACES_BLKTRACE_BLKTRACE_RECORD_H

#include "traces/trace.h"

#include <string.h>

#define BLKTRACE_HEADER_BYTES 48
#define BLKTRACE_VERSION 7
#define BLKTRACE_SECTOR_BYTES 512

// The CPU of a record of which nothing says it.
#define BLKTRACE_CPU_UNKNOWN UINT32_MAX

#define BLKTRACE_MAGIC UINT32_C(0x65617400) // its low byte is the version

// Bits 0-7 of `action`; bit 8, which says that the PDU starts with a cgroup id, is to be masked.
enum blktrace_action {
    BLKTRACE_QUEUE = 1,
    BLKTRACE_REQUEUE = 6,
    BLKTRACE_ISSUE = 7,
    BLKTRACE_COMPLETE = 8,
    BLKTRACE_SPLIT = 13,
    BLKTRACE_REMAP = 15,
};

// Bits of the upper half of `action`.
enum blktrace_category {
    BLKTRACE_WRITE = 1 << 1,
    BLKTRACE_FLUSH = 1 << 2,
    BLKTRACE_PASSTHROUGH = 1 << 9,
    BLKTRACE_NOTIFY = 1 << 10, // the low half is then a number of another kind
    BLKTRACE_DISCARD = 1 << 13,
    BLKTRACE_FUA = 1 << 15,
};

struct blktrace_record {
    uint64_t time_ns; // of text, an int64_t that may be below 0
    uint64_t offset;  // bytes
    union {
        uint64_t split_at;    // of a split: where the second half starts, in bytes; else 0
        uint64_t from_offset; // of a remap: where it was on from_device; UINT64_MAX: not known
    };
    // Of a remap, else of no meaning: from which device to which, 0 if that is not known.
    uint32_t from_device;
    uint32_t bytes;
    union { // this and what follows in the order of the header, to be copied together
        uint32_t to_device;
        uint32_t pid; // of what is no remap: of whoever ran; 0: none, or not known
    };
    uint32_t device; // major << 20 | minor
    uint32_t cpu;
    uint32_t sequence; // per CPU and device, from 1
    uint16_t action;
    uint16_t category;
    uint16_t pdu_bytes;
    bool after_gap; // records before this one are missing; set by the stream
};

// What the first four bytes of a record are.
enum blktrace_magic {
    BLKTRACE_MAGIC_NONE,
    BLKTRACE_MAGIC_NATIVE,
    BLKTRACE_MAGIC_SWAPPED,
};

// Any version; stores it.
enum blktrace_magic blktrace_record_magic(const uint8_t *header, unsigned *version);

// As it lies in the file; offsets are those of the structure in the kernel's header.
struct blktrace_header {
    uint32_t magic;
    uint32_t sequence;
    uint64_t time;
    uint64_t sector;
    uint32_t bytes;
    uint32_t action;
    uint32_t pid;
    uint32_t device;
    uint32_t cpu;
    uint16_t error;
    uint16_t pdu_len;
};

_Static_assert(sizeof(struct blktrace_header) == BLKTRACE_HEADER_BYTES, "no padding");

bool blktrace_record_decode_swapped(struct blktrace_record *record, const uint8_t *bytes);

#define BLKTRACE_LOAD(bytes, field, to)                                                            \
    memcpy((to), (bytes) + offsetof(struct blktrace_header, field), sizeof *(to))

// Decodes a header of BLKTRACE_HEADER_BYTES. False: its magic or version is not that of version 7
// in this byte order. Here, and field by field, because every record of a trace passes through it.
static inline bool blktrace_record_decode(struct blktrace_record *record, const uint8_t *bytes,
                                          bool swapped)
{
    uint64_t sector;
    uint32_t action;
    uint32_t magic;
    if (swapped)
        return blktrace_record_decode_swapped(record, bytes);
    BLKTRACE_LOAD(bytes, magic, &magic);
    BLKTRACE_LOAD(bytes, sequence, &record->sequence);
    BLKTRACE_LOAD(bytes, time, &record->time_ns);
    BLKTRACE_LOAD(bytes, sector, &sector);
    BLKTRACE_LOAD(bytes, bytes, &record->bytes);
    BLKTRACE_LOAD(bytes, action, &action);
    BLKTRACE_LOAD(bytes, pid, &record->pid);
    BLKTRACE_LOAD(bytes, device, &record->device);
    BLKTRACE_LOAD(bytes, cpu, &record->cpu);
    BLKTRACE_LOAD(bytes, pdu_len, &record->pdu_bytes);
    // A sector beyond 2^63 bytes becomes an offset that cannot be a real one.
    record->offset =
        sector <= INT64_MAX / BLKTRACE_SECTOR_BYTES ? sector * BLKTRACE_SECTOR_BYTES : UINT64_MAX;
    record->split_at = 0;
    record->action = (uint16_t)action;
    record->category = (uint16_t)(action >> 16);
    record->after_gap = false;
    return magic == (BLKTRACE_MAGIC | BLKTRACE_VERSION);
}

// Takes the split point from the PDU of a split; false if it is too short or beyond 2^63 bytes.
bool blktrace_record_decode_split(struct blktrace_record *record, const uint8_t *pdu);

// The name of a thread that a notify record tells, in its PDU: where it is and its length; 0: it
// tells something else.
size_t blktrace_record_thread_name(const struct blktrace_record *record, const uint8_t *pdu,
                                   const char **name);

// Takes the devices and the old offset from the PDU of a remap, as far as it is long enough.
void blktrace_record_decode_remap(struct blktrace_record *record, const uint8_t *pdu);

static inline bool blktrace_record_has(const struct blktrace_record *record, unsigned categories)
{
    return (record->category & categories) != 0;
}

static inline unsigned blktrace_record_action(const struct blktrace_record *record)
{
    return record->action & 0xff;
}

// Discards and flushes have the write bit too. A flush with data is a write with a flush before it.
static inline enum trace_op blktrace_record_op(const struct blktrace_record *record)
{
    bool writes = blktrace_record_has(record, BLKTRACE_WRITE);
    if (!blktrace_record_has(record, BLKTRACE_DISCARD | BLKTRACE_FLUSH))
        return writes ? TRACE_WRITE : TRACE_READ;
    if (blktrace_record_has(record, BLKTRACE_DISCARD))
        return TRACE_DISCARD;
    return record->bytes == 0 ? TRACE_FLUSH : TRACE_WRITE;
}

// Is it an arrival of this kind that becomes a request? Stores of what operation.
static inline bool blktrace_record_arrives(const struct blktrace_record *record,
                                           enum trace_arrival arrival, enum trace_op *op)
{
    unsigned action = arrival == TRACE_ARRIVAL_QUEUE ? BLKTRACE_QUEUE : BLKTRACE_ISSUE;
    *op = blktrace_record_op(record);
    return blktrace_record_action(record) == action &&
           !blktrace_record_has(record, BLKTRACE_PASSTHROUGH) &&
           (record->bytes > 0 || *op == TRACE_FLUSH);
}

#endif
