// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/tape.h"

#include "traces/bit_mix.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_ITEMS ((uint64_t)1 << 16)
#define MEMORY_MAX ((uint64_t)1 << 30) // bytes of items; what comes then lies in a file
#define SECTOR 512
#define SECTORS_MAX (UINT32_C(1) << 28)

struct tape_item {
    uint32_t gap_ns;       // since the one before; of a rare one its number among these
    uint32_t latency_ns;   // UNKNOWN_LATENCY
    uint32_t offset;       // in sectors
    uint32_t sectors : 28; // its bytes
    uint32_t op : 3;
    uint32_t is_rare : 1;
    uint32_t sender;
};

_Static_assert(sizeof(struct tape_item) == 20, "a request costs 20 bytes");
_Static_assert(TRACE_OP_COUNT <= 8, "an operation has three bits");

#define UNKNOWN_LATENCY UINT32_MAX

// What does not fit.
struct tape_rare {
    int64_t time_ns, latency_ns;
    uint64_t offset, bytes;
};

// ---- Whose ----

static uint32_t hash_of(const struct tape_sender *sender)
{
    uint64_t hash = trace_mix(((uint64_t)sender->member << 32) | sender->source);
    hash = trace_mix(hash ^ (((uint64_t)sender->stream << 32) | sender->volume));
    hash = trace_mix(hash ^ (((uint64_t)sender->who.stream << 32) | sender->also));
    return (uint32_t)trace_mix(hash ^ sender->who.group);
}

static bool is_same(const struct tape_sender *a, const struct tape_sender *b)
{
    return a->member == b->member && a->source == b->source && a->volume == b->volume &&
           a->stream == b->stream && a->also == b->also && a->who.stream == b->who.stream &&
           a->who.group == b->who.group;
}

// The place of the sender, or the free one where it belongs.
static uint32_t *place_of(struct tape *tape, const struct tape_sender *sender)
{
    uint32_t at = hash_of(sender) & (tape->place_count - 1);
    while (tape->places[at] != 0 && !is_same(&tape->senders[tape->places[at] - 1], sender))
        at = (at + 1) & (tape->place_count - 1);
    return &tape->places[at];
}

// Room for one more sender, and twice as many places. False: out of memory.
static bool grow_senders(struct tape *tape)
{
    if (tape->sender_count < tape->sender_capacity)
        return true;
    uint32_t capacity = tape->sender_capacity == 0 ? 16 : 2 * tape->sender_capacity;
    struct tape_sender *senders = realloc(tape->senders, capacity * sizeof *senders);
    if (senders != NULL)
        tape->senders = senders;
    uint32_t *places = calloc(2 * (size_t)capacity, sizeof *places);
    if (senders == NULL || places == NULL) {
        free(places);
        return false;
    }
    free(tape->places);
    tape->places = places;
    tape->place_count = 2 * capacity;
    tape->sender_capacity = capacity;
    for (uint32_t i = 0; i < tape->sender_count; i++)
        *place_of(tape, &tape->senders[i]) = i + 1;
    return true;
}

// The same again is not looked for.
static bool find_sender(struct tape *tape, const struct tape_sender *sender, uint32_t *number)
{
    *number = tape->latest;
    if (tape->sender_count > 0 && is_same(&tape->senders[tape->latest], sender))
        return true;
    if (!grow_senders(tape))
        return false;
    uint32_t *place = place_of(tape, sender);
    if (*place == 0) {
        tape->senders[tape->sender_count++] = *sender;
        *place = tape->sender_count;
    }
    *number = tape->latest = *place - 1;
    return true;
}

// ---- Writing ----

// The first BLOCK_ITEMS of a new block. NULL with the error filled.
static bool add_block(struct tape *tape, struct sim_error *error)
{
    struct report_error report_error;
    size_t count = tape->block_count + 1;
    struct tape_item **blocks = realloc(tape->blocks, count * sizeof *blocks);
    if (blocks != NULL)
        tape->blocks = blocks;
    struct report_spill *spills = realloc(tape->spills, count * sizeof *spills);
    if (spills != NULL)
        tape->spills = spills;
    if (blocks == NULL || spills == NULL)
        return sim_fail_memory(error);
    struct report_spill *spill = &spills[count - 1];
    *spill = (struct report_spill){.bytes = NULL};
    if (tape->count * sizeof **blocks < MEMORY_MAX) {
        blocks[count - 1] = malloc(BLOCK_ITEMS * sizeof **blocks);
    } else {
        if (!report_spill_open(spill, BLOCK_ITEMS, sizeof **blocks, &report_error))
            return sim_fail(error, SIM_FAILED, "%s", report_error.message);
        blocks[count - 1] = spill->bytes;
    }
    tape->block_count += blocks[count - 1] != NULL;
    return blocks[count - 1] != NULL || sim_fail_memory(error);
}

static bool fits(const struct tape *tape, const struct arrival *arrival)
{
    const struct trace_request *request = &arrival->request;
    return arrival->time_ns >= tape->last_ns &&
           (uint64_t)arrival->time_ns - (uint64_t)tape->last_ns <= UINT32_MAX &&
           (request->latency_ns == TRACE_LATENCY_UNKNOWN ||
            request->latency_ns < UNKNOWN_LATENCY) &&
           request->offset % SECTOR == 0 && request->offset / SECTOR <= UINT32_MAX &&
           request->bytes % SECTOR == 0 && request->bytes / SECTOR < SECTORS_MAX;
}

static bool add_rare(struct tape *tape, const struct arrival *arrival, struct tape_item *item)
{
    if (tape->rare_count == tape->rare_capacity) {
        uint32_t capacity = tape->rare_capacity == 0 ? 64 : 2 * tape->rare_capacity;
        struct tape_rare *rare = realloc(tape->rare, capacity * sizeof *rare);
        if (rare == NULL)
            return false;
        tape->rare = rare;
        tape->rare_capacity = capacity;
    }
    item->is_rare = true;
    item->gap_ns = tape->rare_count;
    tape->rare[tape->rare_count++] = (struct tape_rare){
        .time_ns = arrival->time_ns,
        .latency_ns = arrival->request.latency_ns,
        .offset = arrival->request.offset,
        .bytes = arrival->request.bytes,
    };
    return true;
}

bool tape_add(struct tape *tape, const struct arrival *arrival, struct sim_error *error)
{
    const struct trace_request *request = &arrival->request;
    const struct tape_sender sender = {
        .member = arrival->member,
        .source = arrival->source,
        .volume = request->volume,
        .stream = request->stream,
        .also = request->also,
        .who = arrival->who,
    };
    struct tape_item item = {.op = (uint32_t)request->op & 7};
    if (tape->count == tape->block_count * BLOCK_ITEMS && !add_block(tape, error))
        return false;
    if (!find_sender(tape, &sender, &item.sender))
        return sim_fail_memory(error);
    if (fits(tape, arrival)) {
        item.gap_ns = (uint32_t)(arrival->time_ns - tape->last_ns);
        item.latency_ns = UNKNOWN_LATENCY;
        if (request->latency_ns != TRACE_LATENCY_UNKNOWN)
            item.latency_ns = (uint32_t)request->latency_ns;
        item.offset = (uint32_t)(request->offset / SECTOR);
        item.sectors = (uint32_t)(request->bytes / SECTOR) & (SECTORS_MAX - 1);
    } else if (!add_rare(tape, arrival, &item)) {
        return sim_fail_memory(error);
    }
    if (tape->count == 0)
        tape->first = arrival->number;
    tape->blocks[tape->count / BLOCK_ITEMS][tape->count % BLOCK_ITEMS] = item;
    tape->count++;
    tape->last_ns = arrival->time_ns;
    return true;
}

void tape_restart(struct tape *tape)
{
    tape->count = 0;
    tape->last_ns = 0;
    tape->rare_count = tape->sender_count = tape->latest = 0;
    for (uint32_t i = 0; i < tape->place_count; i++)
        tape->places[i] = 0;
}

void tape_free(struct tape *tape)
{
    for (size_t i = 0; i < tape->block_count; i++) {
        if (tape->spills[i].bytes == NULL)
            free(tape->blocks[i]);
        report_spill_close(&tape->spills[i]);
    }
    free(tape->blocks);
    free(tape->spills);
    free(tape->rare);
    free(tape->senders);
    free(tape->places);
    *tape = (struct tape){.blocks = NULL};
}

uint64_t tape_size(const struct tape *tape)
{
    return tape->block_count * BLOCK_ITEMS * sizeof(struct tape_item) +
           tape->rare_capacity * sizeof(struct tape_rare) +
           tape->sender_capacity * (sizeof(struct tape_sender) + 2 * sizeof *tape->places);
}

// ---- Reading ----

static bool advance(struct arrivals *arrivals, struct sim_error *error)
{
    (void)error;
    struct tape_reader *reader = (struct tape_reader *)arrivals;
    const struct tape *tape = reader->tape;
    struct arrival *arrival = &reader->arrival;
    if (reader->next == tape->count) {
        arrivals->next = NULL;
        return true;
    }
    const struct tape_item *item =
        &tape->blocks[reader->next / BLOCK_ITEMS][reader->next % BLOCK_ITEMS];
    const struct tape_sender *sender = &tape->senders[item->sender];
    if (item->is_rare) {
        const struct tape_rare *rare = &tape->rare[item->gap_ns];
        arrival->time_ns = rare->time_ns;
        arrival->request.latency_ns = rare->latency_ns;
        arrival->request.offset = rare->offset;
        arrival->request.bytes = rare->bytes;
    } else {
        arrival->time_ns += item->gap_ns;
        arrival->request.latency_ns =
            item->latency_ns == UNKNOWN_LATENCY ? TRACE_LATENCY_UNKNOWN : (int64_t)item->latency_ns;
        arrival->request.offset = (uint64_t)item->offset * SECTOR;
        arrival->request.bytes = (uint64_t)item->sectors * SECTOR;
    }
    arrival->request.arrival_ns = arrival->time_ns;
    arrival->request.op = (enum trace_op)item->op;
    arrival->request.volume = sender->volume;
    arrival->request.stream = sender->stream;
    arrival->request.also = sender->also;
    arrival->member = sender->member;
    arrival->source = sender->source;
    arrival->number = tape->first + reader->next++;
    arrival->who = sender->who;
    return true;
}

void tape_start(struct tape_reader *reader, const struct tape *tape)
{
    *reader = (struct tape_reader){.tape = tape, .arrivals.advance = advance};
    reader->arrivals.next = &reader->arrival;
    advance(&reader->arrivals, NULL);
}

// Each request as it is read again.
uint64_t tape_checksum(const struct tape *tape)
{
    struct tape_reader reader;
    uint64_t sum = trace_mix(tape->count);
    for (tape_start(&reader, tape); reader.arrivals.next != NULL; advance(&reader.arrivals, NULL)) {
        const struct arrival *arrival = reader.arrivals.next;
        sum = trace_mix(sum + (uint64_t)arrival->time_ns) ^ (uint64_t)arrival->request.latency_ns;
        sum = trace_mix(sum + arrival->request.offset) ^ arrival->request.bytes;
        sum = trace_mix(sum + ((uint64_t)arrival->member << 32) + arrival->request.stream +
                        ((uint64_t)arrival->request.op << 60));
    }
    return sum;
}
