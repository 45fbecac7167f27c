// SPDX-License-Identifier: GPL-2.0-or-later
// How many different blocks of 4 KiB are touched: exact up to a bound, then estimated.
//
// Wegman's adaptive sampling: the set holds every block whose hash ends in `level` zero bits. When
// it is full, level grows by one and what no longer qualifies leaves; the estimate is the size of
// the set times 2^level. At level 0 it is exact. Else its standard error is 1.2 / sqrt(bound):
// 0.23 % with 2^18 blocks. The hash is a bijection, so no two blocks are ever taken for one.
#ifndef SIM_WORKLOAD_INFO_BLOCKS_H
#define SIM_WORKLOAD_INFO_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INFO_BLOCK_BYTES 4096
#define INFO_BLOCKS_MAX (UINT64_C(1) << 18)         // in the set
#define INFO_BLOCKS_REQUEST_MAX (UINT64_C(1) << 14) // of one request; the rest is not looked at

// All zero is empty, to be freed after use.
struct info_blocks {
    uint64_t *table; // hashes; 0: free
    size_t capacity; // a power of two, at least twice `used`
    size_t used;
    bool has_zero;  // the block whose hash is 0; it is counted in `used`
    unsigned level; // 0: exact
    double error;   // standard error of the estimate, relative
    bool cut;       // a request was too large to be counted whole
};

// Touches all blocks that [offset, offset + bytes) lies in. bound: of the set, at least 1. False:
// out of memory.
bool info_blocks_add(struct info_blocks *blocks, uint64_t offset, uint64_t bytes, uint64_t bound);
// The same of one block of any kind, by its number.
bool info_blocks_add_one(struct info_blocks *blocks, uint64_t block, uint64_t bound);
uint64_t info_blocks_count(const struct info_blocks *blocks);
void info_blocks_free(struct info_blocks *blocks);

#endif
