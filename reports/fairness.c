// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/fairness.h"

#include <assert.h>
#include <stdlib.h>

struct fairness_slot {
    struct report_service served; // in this instant
    uint32_t position;            // in occupied
    bool dirty;                   // served in this instant, not yet settled
};

// The leads that one member of a pair has over the other.
struct fairness_pair {
    struct report_service higher; // of the higher slot
    struct report_service lower;  // of the lower slot
};

struct report_fairness {
    bool given_up;
    uint32_t capacity;
    uint32_t occupied_count;
    uint32_t dirty_count;
    struct fairness_pair *pairs; // of slots i > j: pairs[i * (i - 1) / 2 + j]
    struct fairness_slot slots[REPORT_FAIRNESS_MEMBERS];
    uint32_t occupied[REPORT_FAIRNESS_MEMBERS]; // the occupied slots, then the free ones
    uint32_t dirty[REPORT_FAIRNESS_MEMBERS];
    struct report_service largest;
};

double report_jain(size_t n, double sum, double sum_squares)
{
    return sum * sum / ((double)n * sum_squares);
}

struct report_fairness *report_fairness_create(void)
{
    struct report_fairness *fairness = calloc(1, sizeof *fairness);
    if (fairness == NULL)
        return NULL;
    for (uint32_t i = 0; i < REPORT_FAIRNESS_MEMBERS; i++)
        fairness->occupied[i] = i;
    return fairness;
}

void report_fairness_free(struct report_fairness *fairness)
{
    if (fairness == NULL)
        return;
    free(fairness->pairs);
    free(fairness);
}

static struct fairness_pair *pair_of(struct report_fairness *fairness, uint32_t i, uint32_t j)
{
    return i > j ? &fairness->pairs[(size_t)i * (i - 1) / 2 + j]
                 : &fairness->pairs[(size_t)j * (j - 1) / 2 + i];
}

static void give_up(struct report_fairness *fairness)
{
    free(fairness->pairs);
    fairness->pairs = NULL;
    fairness->given_up = true;
}

// The pairs of lower slots come first, so growing moves none.
static bool grow(struct report_fairness *fairness)
{
    uint32_t capacity = fairness->capacity ? fairness->capacity * 2 : 4;
    struct fairness_pair *grown = NULL;
    if (capacity <= REPORT_FAIRNESS_MEMBERS)
        grown = realloc(fairness->pairs, (size_t)capacity * (capacity - 1) / 2 * sizeof *grown);
    if (grown == NULL)
        return false;
    fairness->pairs = grown;
    fairness->capacity = capacity;
    return true;
}

uint32_t report_fairness_enter(struct report_fairness *fairness)
{
    assert(fairness->dirty_count == 0);
    if (fairness->given_up)
        return REPORT_FAIRNESS_NO_SLOT;
    if (fairness->occupied_count == fairness->capacity && !grow(fairness)) {
        give_up(fairness);
        return REPORT_FAIRNESS_NO_SLOT;
    }
    // Slots are taken from the front, so those below capacity come before the others.
    uint32_t slot = fairness->occupied[fairness->occupied_count];
    assert(slot < fairness->capacity);
    for (uint32_t k = 0; k < fairness->occupied_count; k++)
        *pair_of(fairness, slot, fairness->occupied[k]) = (struct fairness_pair){{0, 0}, {0, 0}};
    fairness->slots[slot].position = fairness->occupied_count++;
    return slot;
}

void report_fairness_leave(struct report_fairness *fairness, uint32_t slot)
{
    if (fairness->given_up || slot == REPORT_FAIRNESS_NO_SLOT)
        return;
    assert(fairness->dirty_count == 0);
    uint32_t position = fairness->slots[slot].position;
    uint32_t last = fairness->occupied[--fairness->occupied_count];
    fairness->occupied[position] = last;
    fairness->slots[last].position = position;
    fairness->occupied[fairness->occupied_count] = slot;
}

void report_fairness_serve(struct report_fairness *fairness, uint32_t slot, uint64_t bytes)
{
    if (fairness->given_up || slot == REPORT_FAIRNESS_NO_SLOT)
        return;
    struct fairness_slot *served = &fairness->slots[slot];
    report_service_count(&served->served, bytes);
    if (!served->dirty)
        fairness->dirty[fairness->dirty_count++] = slot;
    served->dirty = true;
}

static inline int64_t larger(int64_t left, int64_t right)
{
    return left > right ? left : right;
}

// max(0, lead + gain), at most INT64_MAX. Without branches: which way they go is a coin's toss.
static inline int64_t advance_lead(int64_t lead, int64_t gain)
{
    int64_t room = INT64_MAX - lead; // lead >= 0
    return larger(0, lead + (gain < room ? gain : room));
}

static inline void advance_pair(struct fairness_pair *pair, const struct report_service *higher,
                                const struct report_service *lower, struct report_service *largest)
{
    // Differences of two amounts >= 0 do not overflow.
    int64_t requests = higher->requests - lower->requests;
    int64_t bytes = higher->bytes - lower->bytes;
    pair->higher.requests = advance_lead(pair->higher.requests, requests);
    pair->lower.requests = advance_lead(pair->lower.requests, -requests);
    pair->higher.bytes = advance_lead(pair->higher.bytes, bytes);
    pair->lower.bytes = advance_lead(pair->lower.bytes, -bytes);
    largest->requests =
        larger(largest->requests, larger(pair->higher.requests, pair->lower.requests));
    largest->bytes = larger(largest->bytes, larger(pair->higher.bytes, pair->lower.bytes));
}

// Slot i was served: its leads over all others, and theirs over it.
static void settle_slot(struct report_fairness *fairness, uint32_t i)
{
    const struct fairness_slot *slots = fairness->slots;
    struct report_service largest = fairness->largest;
    for (uint32_t k = 0; k < fairness->occupied_count; k++) {
        uint32_t j = fairness->occupied[k];
        // A pair of which both were served is done once, by the lower slot.
        if (j == i || (j < i && slots[j].dirty))
            continue;
        uint32_t high = i > j ? i : j, low = i > j ? j : i;
        advance_pair(pair_of(fairness, high, low), &slots[high].served, &slots[low].served,
                     &largest);
    }
    fairness->largest = largest;
}

void report_fairness_settle(struct report_fairness *fairness)
{
    if (fairness->given_up)
        return;
    for (uint32_t d = 0; d < fairness->dirty_count; d++)
        settle_slot(fairness, fairness->dirty[d]);
    for (uint32_t d = 0; d < fairness->dirty_count; d++) {
        struct fairness_slot *slot = &fairness->slots[fairness->dirty[d]];
        slot->served = (struct report_service){0, 0};
        slot->dirty = false;
    }
    fairness->dirty_count = 0;
}

bool report_fairness_difference(const struct report_fairness *fairness,
                                struct report_service *difference)
{
    *difference = fairness->largest;
    return !fairness->given_up;
}
