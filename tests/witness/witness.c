// SPDX-License-Identifier: GPL-2.0-or-later
// A second opinion on block traces: reads the binary records of any number of files into memory,
// sorts them by time, and pairs them over plain arrays of intervals. Slow, unbounded, and nothing
// of it is shared with traces/, so that both being wrong in the same way takes two mistakes.
//
//   witness [-a] [-s] queue|issue|auto FILE...
//
// Prints the requests in order of arrival, as `throttlesim trace convert --to csv` does, with -a
// those of devices below others too; with -s how many there are, their bytes and their latencies
// (sum, least, greatest) by device and operation. Files are in the order of their CPUs: at equal
// times the first file comes first.
#include "tests/witness/witness.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 48
#define MAGIC UINT32_C(0x65617407)
#define CGROUP 0x100U
#define DEVICES_MAX 64

static const char *const op_names[] = {"read", "write", "discard", "flush"};
static struct record *records;
static size_t record_count;
static struct device devices[DEVICES_MAX];
static size_t device_count;
static bool with_all;

void *grow(void *items, size_t count, size_t size)
{
    // Doubles at powers of two.
    if ((count & (count - 1)) != 0)
        return items;
    items = realloc(items, (count == 0 ? 1 : count * 2) * size);
    if (items == NULL)
        exit(1);
    return items;
}

// ---- Files ----

static uint64_t load(const uint8_t *bytes, size_t size, bool big)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[big ? i : size - 1 - i];
    return value;
}

static void add_record(const uint8_t *bytes, bool big)
{
    uint64_t sector = load(bytes + 16, 8, big);
    struct record record = {
        .time_ns = load(bytes + 8, 8, big),
        .place = record_count,
        .from = sector * SECTOR_BYTES,
        .to = sector * SECTOR_BYTES + load(bytes + 24, 4, big),
        .action = (uint32_t)load(bytes + 28, 4, big),
        .device = (uint32_t)load(bytes + 36, 4, big),
    };
    // Packet data are big-endian everywhere.
    const uint8_t *data = bytes + HEADER_BYTES + ((record.action & CGROUP) != 0 ? 8 : 0);
    if ((record.action & 0xff) == ACTION_X)
        record.split_at = load(data, 8, true) * SECTOR_BYTES;
    if ((record.action & 0xff) == ACTION_A) {
        record.source = (uint32_t)load(data, 4, true);
        record.target = (uint32_t)load(data + 4, 4, true);
        record.source_from = load(data + 8, 8, true) * SECTOR_BYTES;
    }
    if ((record.action & NOTIFIES) != 0)
        return;
    records = grow(records, record_count, sizeof *records);
    records[record_count++] = record;
}

static int read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    static uint8_t bytes[HEADER_BYTES + UINT16_MAX];
    if (file == NULL) {
        fprintf(stderr, "witness: %s: %s\n", path, strerror(errno));
        return 1;
    }
    while (fread(bytes, HEADER_BYTES, 1, file) == 1) {
        bool big = load(bytes, 4, true) == MAGIC;
        size_t data = (size_t)load(bytes + 46, 2, big);
        if ((!big && load(bytes, 4, false) != MAGIC) ||
            fread(bytes + HEADER_BYTES, 1, data, file) != data) {
            fprintf(stderr, "witness: %s: no record of version 7\n", path);
            fclose(file);
            return 1;
        }
        add_record(bytes, big);
    }
    fclose(file);
    return 0;
}

static int compare_records(const void *left, const void *right)
{
    const struct record *a = left;
    const struct record *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

// ---- Devices ----

struct device *find_device(uint32_t number)
{
    size_t i = 0;
    while (i < device_count && devices[i].number != number)
        i++;
    if (i == DEVICES_MAX)
        exit(1);
    if (i == device_count)
        devices[device_count++].number = number;
    return &devices[i];
}

enum op op_of(const struct record *record)
{
    if ((record->action & DISCARDS) != 0)
        return OP_DISCARD;
    if ((record->action & FLUSHES) != 0)
        return record->from == record->to ? OP_FLUSH : OP_WRITE;
    return (record->action & WRITES) != 0 ? OP_WRITE : OP_READ;
}

bool is_request(const struct record *record)
{
    return record->from < record->to || op_of(record) == OP_FLUSH;
}

bool is_of_device(const struct record *record)
{
    return op_of(record) == OP_FLUSH && (record->action & WRITES) == 0;
}

// Is what lies below that device not to be counted again?
static bool hides(uint32_t device)
{
    const struct device *upper = find_device(device);
    return upper->is_below || upper->has[upper->wanted];
}

// What comes from a device with requests, or from what lies below one, lies below.
static void find_stacks(void)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < record_count; i++) {
            uint32_t way[] = {records[i].source, records[i].target, records[i].device};
            bool is_remap = (records[i].action & 0xff) == ACTION_A;
            for (size_t k = 0; k < 2 && is_remap; k++) {
                struct device *lower = find_device(way[k + 1]);
                bool found = way[k] != way[k + 1] && !lower->is_below && hides(way[k]);
                lower->is_below = lower->is_below || found;
                more = more || found;
            }
        }
    }
}

// What the requests of each device are to be.
static void survey(const char *arrival)
{
    bool queued = false;
    for (size_t i = 0; i < record_count; i++) {
        unsigned action = records[i].action & 0xff;
        struct device *device = find_device(records[i].device);
        bool counts = is_request(&records[i]) && (records[i].action & COMMAND) == 0;
        device->has[QUEUED] = device->has[QUEUED] || (counts && action == ACTION_Q);
        device->has[ISSUED] = device->has[ISSUED] || (counts && action == ACTION_D);
        if (action == ACTION_C && is_of_device(&records[i]))
            device->flushes = true;
        if (action == ACTION_C && records[i].from < records[i].to)
            device->completes[op_of(&records[i]) == OP_DISCARD] = true;
        queued = queued || device->has[QUEUED];
    }
    for (size_t i = 0; i < device_count; i++) {
        bool issued = strcmp(arrival, "auto") == 0 ? devices[i].has[ISSUED]
                                                   : strcmp(arrival, "issue") == 0 || !queued;
        devices[i].wanted = issued ? ISSUED : QUEUED;
    }
}

// ---- What is printed ----

static bool is_wanted(const struct request *request)
{
    const struct device *device = find_device(request->arrival.device);
    return !request->withdrawn && device->wanted == request->kind &&
           (with_all || !device->is_below);
}

static void print_request(const struct request *request)
{
    const struct record *arrival = &request->arrival;
    printf("%" PRIu64 ",%s,%" PRIu64 ",%" PRIu64 ",\"%u,%u\",",
           arrival->time_ns - records[0].time_ns, op_names[request->op], arrival->from,
           arrival->to - arrival->from, (unsigned)(arrival->device >> 20),
           (unsigned)(arrival->device & 0xfffff));
    if (request->known)
        printf("%" PRIu64, request->end_ns - arrival->time_ns);
    putchar('\n');
}

// Device, operation, requests, bytes, those of a known latency, the sum, the least, the greatest.
static void print_sums(uint32_t device, enum op op)
{
    uint64_t count = 0, bytes = 0, known = 0, sum = 0, least = UINT64_MAX, greatest = 0;
    for (size_t i = 0; i < request_count; i++) {
        const struct request *request = &requests[i];
        uint64_t latency = request->end_ns - request->arrival.time_ns;
        if (!is_wanted(request) || request->arrival.device != device || request->op != op)
            continue;
        count++;
        bytes += request->arrival.to - request->arrival.from;
        if (!request->known)
            continue;
        known++;
        sum += latency;
        least = latency < least ? latency : least;
        greatest = latency > greatest ? latency : greatest;
    }
    if (count > 0)
        printf("%u,%u %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
               (unsigned)(device >> 20), (unsigned)(device & 0xfffff), op_names[op], count, bytes,
               known, sum, known > 0 ? least : 0, greatest);
}

int main(int argc, char **argv)
{
    bool sums = false;
    int status = 0, at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        with_all = with_all || strcmp(argv[at], "-a") == 0;
        sums = sums || strcmp(argv[at], "-s") == 0;
    }
    if (argc < at + 2) {
        fputs("usage: witness [-a] [-s] queue|issue|auto FILE...\n", stderr);
        return 2;
    }
    for (int i = at + 1; i < argc; i++)
        status |= read_file(argv[i]);
    if (record_count > 0)
        qsort(records, record_count, sizeof *records, compare_records);
    survey(argv[at]);
    find_stacks();
    for (size_t i = 0; i < record_count; i++)
        if ((records[i].action & COMMAND) == 0)
            pair_record(&records[i]);
    if (!sums)
        puts("time_ns,op,offset,bytes,member,latency_ns");
    for (size_t i = 0; i < request_count && !sums; i++)
        if (is_wanted(&requests[i]))
            print_request(&requests[i]);
    for (size_t i = 0; i < device_count && sums; i++)
        for (int op = 0; op < OP_COUNT; op++)
            print_sums(devices[i].number, (enum op)op);
    return status;
}
