// SPDX-License-Identifier: GPL-2.0-or-later
// The peer of `make bench`: what a plain program for this one task costs. It reads a block trace's
// per-CPU files, merges them by time, pairs Q, D and C in a hash table, and lets every request
// through two leaky buckets, operations and bytes, that say when the next one may go. No statistics
// but sums, no other format, no other device, nothing checked but the magic number.
//
// usage: bench_plain BASE IOPS IOPS_MAX BPS BPS_MAX
//
// A request that is let go takes as long as the recorded one took from D to C.
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CPUS_MAX 64
#define BUFFER_RECORDS 8192
#define MAGIC 0x65617400u
#define ACTION_QUEUE 1u
#define ACTION_ISSUE 7u
#define ACTION_COMPLETE 8u

// struct blk_io_trace, version 7.
struct record {
    uint32_t magic;
    uint32_t sequence;
    uint64_t time_ns;
    uint64_t sector;
    uint32_t bytes;
    uint32_t action;
    uint32_t pid;
    uint32_t device;
    uint32_t cpu;
    uint16_t error;
    uint16_t pdu_len;
};

_Static_assert(sizeof(struct record) == 48, "as in the file");

// ---- A CPU's file ----

struct stream {
    char *buffer;
    size_t at;
    size_t end;
    uint64_t time_ns; // of the next record; UINT64_MAX: none
    int file;
};

// False: fewer bytes than these are left in the file.
static bool stream_has(struct stream *stream, size_t bytes)
{
    size_t left = stream->end - stream->at;
    if (left >= bytes)
        return true;
    memmove(stream->buffer, stream->buffer + stream->at, left);
    stream->at = 0;
    stream->end = left;
    while (stream->end < bytes) {
        ssize_t got = read(stream->file, stream->buffer + stream->end,
                           BUFFER_RECORDS * sizeof(struct record) - stream->end);
        if (got <= 0)
            return false;
        stream->end += (size_t)got;
    }
    return true;
}

static void stream_look(struct stream *stream)
{
    stream->time_ns = UINT64_MAX;
    if (!stream_has(stream, sizeof(struct record)))
        return;
    const struct record *record = (const struct record *)(void *)(stream->buffer + stream->at);
    if ((record->magic & 0xffffff00u) != MAGIC) {
        fprintf(stderr, "not a block trace\n");
        exit(1);
    }
    stream->time_ns = record->time_ns;
}

static void stream_pass(struct stream *stream, const struct record *record)
{
    size_t bytes = sizeof *record + record->pdu_len;
    if (record->pdu_len != 0 && !stream_has(stream, bytes))
        bytes = stream->end - stream->at;
    stream->at += bytes;
    stream_look(stream);
}

static size_t streams_open(struct stream *streams, const char *base)
{
    char path[4096];
    size_t count = 0;
    for (; count < CPUS_MAX; count++) {
        struct stream *stream = &streams[count];
        snprintf(path, sizeof path, "%s.blktrace.%zu", base, count);
        stream->file = open(path, O_RDONLY);
        if (stream->file < 0)
            break;
        stream->buffer = malloc(BUFFER_RECORDS * sizeof(struct record));
        if (stream->buffer == NULL)
            exit(1);
        stream_look(stream);
    }
    return count;
}

// ---- Requests under way: open addressing, by device and sector ----

struct request {
    uint64_t sector;
    uint64_t wait_ns;
    uint64_t issued_ns;
    uint32_t device;
    bool is_used;
};

struct table {
    struct request *slots;
    size_t mask;
    size_t used;
};

static size_t table_home(const struct table *table, uint64_t sector, uint32_t device)
{
    return (size_t)(((sector ^ (uint64_t)device << 40) * UINT64_C(0x9e3779b97f4a7c15)) >> 32) &
           table->mask;
}

// The slot of the request, or the free one where it would be.
static struct request *table_find(struct table *table, uint64_t sector, uint32_t device)
{
    size_t at = table_home(table, sector, device);
    while (table->slots[at].is_used &&
           (table->slots[at].sector != sector || table->slots[at].device != device))
        at = (at + 1) & table->mask;
    return &table->slots[at];
}

static void table_make(struct table *table, size_t slots)
{
    *table = (struct table){calloc(slots, sizeof(struct request)), slots - 1, 0};
    if (table->slots == NULL)
        exit(1);
}

static void table_add(struct table *table, const struct request *request)
{
    if (2 * table->used > table->mask) {
        struct table old = *table;
        table_make(table, 2 * (old.mask + 1));
        for (size_t i = 0; i <= old.mask; i++) {
            if (old.slots[i].is_used)
                table_add(table, &old.slots[i]);
        }
        free(old.slots);
    }
    struct request *slot = table_find(table, request->sector, request->device);
    table->used += !slot->is_used;
    *slot = *request;
}

// Those behind it that are not at home move up.
static void table_remove(struct table *table, struct request *slot)
{
    size_t hole = (size_t)(slot - table->slots);
    table->used--;
    for (size_t at = (hole + 1) & table->mask; table->slots[at].is_used;
         at = (at + 1) & table->mask) {
        size_t home = table_home(table, table->slots[at].sector, table->slots[at].device);
        if (((at - home) & table->mask) >= ((at - hole) & table->mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole].is_used = false;
}

// ---- The limit ----

struct bucket {
    double rate_per_ns;
    double size;
    double level;
    double leaked_ns; // the level is as of this time
};

static void bucket_set_up(struct bucket *bucket, const char *average, const char *most)
{
    double rate = atof(average), burst = atof(most);
    *bucket = (struct bucket){.rate_per_ns = rate / 1e9, .size = burst > 0 ? burst : rate / 10};
}

// When a request that comes now, and not before `now_ns`, may go.
static double bucket_next(struct bucket *bucket, double now_ns)
{
    double level = bucket->level - (now_ns - bucket->leaked_ns) * bucket->rate_per_ns;
    bucket->level = level > 0 ? level : 0;
    bucket->leaked_ns = now_ns;
    double above = bucket->level - bucket->size;
    return above > 0 ? now_ns + above / bucket->rate_per_ns : now_ns;
}

struct sums {
    uint64_t requests;
    uint64_t waited;
    double wait_ns;
    double latency_ns;
    double end_ns;
};

// How long it waits behind those before it and for both buckets.
static uint64_t let_through(struct bucket buckets[2], const struct record *record,
                            struct sums *sums)
{
    double arrival_ns = (double)record->time_ns;
    double now_ns = sums->end_ns > arrival_ns ? sums->end_ns : arrival_ns;
    for (int i = 0; i < 2; i++) {
        if (buckets[i].rate_per_ns > 0)
            now_ns = bucket_next(&buckets[i], now_ns);
    }
    buckets[0].level += 1;
    buckets[1].level += record->bytes;
    sums->end_ns = now_ns;
    sums->requests++;
    sums->waited += now_ns > arrival_ns;
    sums->wait_ns += now_ns - arrival_ns;
    return (uint64_t)(now_ns - arrival_ns);
}

static void take(const struct record *record, struct table *table, struct bucket buckets[2],
                 struct sums *sums)
{
    switch (record->action & 0xffff) {
    case ACTION_QUEUE:
        table_add(table, &(struct request){
                             .sector = record->sector,
                             .wait_ns = let_through(buckets, record, sums),
                             .issued_ns = record->time_ns,
                             .device = record->device,
                             .is_used = true,
                         });
        break;
    case ACTION_ISSUE:
        table_find(table, record->sector, record->device)->issued_ns = record->time_ns;
        break;
    case ACTION_COMPLETE: {
        struct request *request = table_find(table, record->sector, record->device);
        if (!request->is_used)
            break;
        sums->latency_ns += (double)(request->wait_ns + record->time_ns - request->issued_ns);
        table_remove(table, request);
        break;
    }
    }
}

int main(int argc, char **argv)
{
    static struct stream streams[CPUS_MAX];
    struct bucket buckets[2];
    struct table table;
    struct sums sums = {0};
    size_t count = argc == 6 ? streams_open(streams, argv[1]) : 0;
    if (count == 0) {
        fprintf(stderr, "usage: %s BASE IOPS IOPS_MAX BPS BPS_MAX\n", argv[0]);
        return 2;
    }
    bucket_set_up(&buckets[0], argv[2], argv[3]);
    bucket_set_up(&buckets[1], argv[4], argv[5]);
    table_make(&table, 4096);
    for (;;) {
        struct stream *first = &streams[0];
        for (size_t i = 1; i < count; i++)
            first = streams[i].time_ns < first->time_ns ? &streams[i] : first;
        if (first->time_ns == UINT64_MAX)
            break;
        struct record record;
        memcpy(&record, first->buffer + first->at, sizeof record);
        take(&record, &table, buckets, &sums);
        stream_pass(first, &record);
    }
    double requests = sums.requests > 0 ? (double)sums.requests : 1;
    printf("%" PRIu64 " requests, %" PRIu64 " waited; mean wait %.3f ms, mean latency %.3f ms; "
           "%zu never completed\n",
           sums.requests, sums.waited, sums.wait_ns / requests / 1e6,
           sums.latency_ns / requests / 1e6, table.used);
    free(table.slots);
    for (size_t i = 0; i < count; i++) {
        free(streams[i].buffer);
        close(streams[i].file);
    }
    return 0;
}
