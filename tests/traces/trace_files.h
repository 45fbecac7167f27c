// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of traces/ share: a scratch directory, files made of synthetic records, and
// readings of whole traces.
#ifndef TESTS_TRACES_TRACE_FILES_H
#define TESTS_TRACES_TRACE_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/scratch.h"
#include "tests/support/splitmix.h"
#include "traces/trace.h"

// Actions with the category bits that a Linux kernel gives them.
#define EVENT_QUEUE_READ 0x00110001
#define EVENT_QUEUE_WRITE 0x00120001
#define EVENT_QUEUE_DISCARD 0x20120001
#define EVENT_QUEUE_FLUSH 0x001e0001 // Q FWS without data
#define EVENT_ISSUE_READ 0x01410007
#define EVENT_ISSUE_WRITE 0x01420007
#define EVENT_ISSUE_FLUSH 0x01450007 // D FN
#define EVENT_ISSUE_PASSTHROUGH 0x02410007
#define EVENT_COMPLETE_READ 0x01810008
#define EVENT_COMPLETE_WRITE 0x01820008
#define EVENT_COMPLETE_DISCARD 0x21820008
#define EVENT_COMPLETE_FLUSH 0x01850008 // C FN
#define EVENT_COMPLETE_EMPTY 0x018a0008 // C WS 0, which ends a queued flush
#define EVENT_REQUEUE_READ 0x01210006
#define EVENT_REQUEUE_WRITE 0x01220006
#define EVENT_MERGE_WRITE 0x00120002
#define EVENT_SPLIT_READ 0x0001000d
#define EVENT_SPLIT_WRITE 0x0002000d
#define EVENT_REMAP_READ 0x0011000f
#define EVENT_REMAP_WRITE 0x0012000f
#define EVENT_PLUG 0x00100009
#define EVENT_PROCESS 0x04000000
#define EVENT_TIMESTAMP 0x04000001
#define EVENT_CGROUP 0x100 // or-ed in: the PDU starts with a cgroup id

#define EVENT_QUEUE_FLUSH_WRITE 0x901e0001U // Q FWFSM, beyond what an enumerator holds

#define EVENT_DEVICE (254 << 20 | 48)
#define PDU_BYTES_MAX 64

// One record to be written; what is 0 gets a plain default.
struct event {
    uint64_t time_ns;
    uint64_t sector;
    uint32_t bytes;
    uint32_t action;
    uint32_t device; // EVENT_DEVICE
    uint32_t cpu;
    uint32_t pid;
    uint32_t sequence; // the next one of the file
    uint32_t magic;    // version 7
    uint16_t pdu_bytes;
    uint8_t pdu[PDU_BYTES_MAX];
};

// The PDU of a split.
void event_split_at(struct event *event, uint64_t sector);

// A buffer that grows.
struct bytes {
    uint8_t *data;
    size_t length;
    size_t capacity;
    uint32_t sequence;
};

void bytes_append(struct bytes *bytes, const void *data, size_t length);
void bytes_event(struct bytes *bytes, const struct event *event, bool big_endian);
void bytes_free(struct bytes *bytes);

// Appends what is in a file.
void scratch_read(const char *name, struct bytes *bytes);

// Compresses as the name's ending (.gz, .zst, .xz) says.
void scratch_compress(const char *name, const void *data, size_t length);

// Decompresses (or copies) a file into the scratch directory; false if there is no such file.
bool scratch_decompress(const char *name, const char *path);

// Writes the events as one plain file.
void scratch_events(const char *name, const struct event *events, size_t count, bool big_endian);

// A trace read to its end.
struct reading {
    struct trace *trace;      // open; NULL if opening failed
    enum trace_result result; // TRACE_END or TRACE_ERROR
    struct trace_error error;
    struct trace_request *requests;
    size_t count;
};

struct reading read_config(const struct trace_config *config);
struct reading read_trace(const char *path, enum trace_arrival arrival, const char *volume);
void reading_free(struct reading *reading);

// The count of a notice, 0 if there is none, over all sources.
uint64_t reading_notice(const struct reading *reading, const char *kind);

// For qsort: by arrival, offset, length, latency and operation.
int request_compare(const void *left, const void *right);

// Fails unless the message contains the text.
void assert_message(const struct trace_error *error, const char *text);

// Fails unless it ended with an error whose message contains the text. Frees it.
void assert_refused(struct reading reading, const char *text);

#endif
