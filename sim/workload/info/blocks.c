// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/blocks.h"

#include "traces/bit_mix.h"

#include <math.h>
#include <stdlib.h>

#define CAPACITY_MIN 64

static bool qualifies(const struct info_blocks *blocks, uint64_t hash)
{
    return (hash & ((UINT64_C(1) << blocks->level) - 1)) == 0;
}

static void insert(uint64_t *table, size_t capacity, uint64_t hash, size_t *used)
{
    size_t place = (size_t)(hash >> 32) & (capacity - 1);
    while (table[place] != 0 && table[place] != hash)
        place = (place + 1) & (capacity - 1);
    *used += table[place] == 0;
    table[place] = hash;
}

// Into a table of this capacity, all that qualify.
static bool rebuild(struct info_blocks *blocks, size_t capacity)
{
    uint64_t *table = calloc(capacity, sizeof *table);
    if (table == NULL)
        return false;
    blocks->used = blocks->has_zero;
    for (size_t i = 0; i < blocks->capacity; i++) {
        if (blocks->table[i] != 0 && qualifies(blocks, blocks->table[i]))
            insert(table, capacity, blocks->table[i], &blocks->used);
    }
    free(blocks->table);
    blocks->table = table;
    blocks->capacity = capacity;
    return true;
}

static bool add_hash(struct info_blocks *blocks, uint64_t hash, uint64_t bound)
{
    if (!qualifies(blocks, hash))
        return true;
    if (hash == 0) {
        blocks->used += !blocks->has_zero;
        blocks->has_zero = true;
    } else {
        insert(blocks->table, blocks->capacity, hash, &blocks->used);
    }
    while (blocks->used > bound) {
        blocks->level++;
        blocks->error = fmax(blocks->error, 1.2 / sqrt((double)bound));
        if (!rebuild(blocks, blocks->capacity))
            return false;
    }
    return true;
}

bool info_blocks_add_one(struct info_blocks *blocks, uint64_t block, uint64_t bound)
{
    if (2 * (blocks->used + 1) > blocks->capacity &&
        !rebuild(blocks, blocks->capacity == 0 ? CAPACITY_MIN : 2 * blocks->capacity))
        return false;
    return add_hash(blocks, trace_mix(block), bound);
}

bool info_blocks_add(struct info_blocks *blocks, uint64_t offset, uint64_t bytes, uint64_t bound)
{
    if (bytes == 0)
        return true;
    uint64_t first = offset / INFO_BLOCK_BYTES;
    uint64_t last = (offset + (bytes - 1)) / INFO_BLOCK_BYTES;
    if (last - first >= INFO_BLOCKS_REQUEST_MAX) {
        blocks->cut = true;
        last = first + INFO_BLOCKS_REQUEST_MAX - 1;
    }
    for (uint64_t block = first; block <= last; block++) {
        if (!info_blocks_add_one(blocks, block, bound))
            return false;
    }
    return true;
}

uint64_t info_blocks_count(const struct info_blocks *blocks)
{
    return (uint64_t)blocks->used << blocks->level;
}

void info_blocks_free(struct info_blocks *blocks)
{
    free(blocks->table);
    *blocks = (struct info_blocks){0};
}
