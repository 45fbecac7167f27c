// SPDX-License-Identifier: GPL-2.0-or-later
// A record is its operation and whom it spares (one byte) and the time since the record before,
// volume and length as numbers of 7 bits a byte, the lowest first. Blocks are filled to the last
// byte that a whole record leaves, the rest is INFO_SPOOL_END.
#include "sim/workload/info/info_spool.h"

#include "reports/spill.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_MAX (1 + 3 * 10) // bytes
#define RECORD_END 0xff         // instead of an operation: the block ends here
#define OP_BITS 3

_Static_assert(TRACE_OP_COUNT < 1U << OP_BITS, "and no record begins as the end of a block");

#define REQUESTS_PER_LOOK 4096
#define SHARE_MOST 0.99 // the total is a guess

void info_work_step(struct info_work *work, unsigned steps)
{
    work->done += steps;
    if (++work->requests % REQUESTS_PER_LOOK != 0 || work->progress == NULL)
        return;
    double share = work->total > 0 ? (double)work->done / work->total : PROGRESS_UNKNOWN;
    work->progress(work->context,
                   &(struct progress_state){fmin(share, SHARE_MOST), work->requests});
}

// A block of the file, written or read.
static bool transfer(struct info_spool *spool, uint64_t number, bool writes,
                     struct sim_error *error)
{
    size_t done = 0;
    while (done < INFO_SPOOL_BLOCK) {
        unsigned char *bytes = spool->block + done;
        size_t left = INFO_SPOOL_BLOCK - done;
        off_t place = (off_t)(number * INFO_SPOOL_BLOCK + done);
        ssize_t length = writes ? pwrite(spool->file, bytes, left, place)
                                : pread(spool->file, bytes, left, place);
        if (length == 0 || (length < 0 && errno != EINTR))
            return sim_fail(error, SIM_FAILED,
                            "%s a temporary file in %.1000s (TMPDIR): %s; it takes about 8 bytes "
                            "for each request of the trace",
                            writes ? "writing" : "reading", report_temporary_folder(),
                            strerror(length == 0 ? EIO : errno));
        done += length > 0 ? (size_t)length : 0;
    }
    return true;
}

static bool write_block(struct info_spool *spool, struct sim_error *error)
{
    if (spool->blocks == 0 && (spool->file = report_unnamed_file(report_temporary_folder())) < 0)
        return sim_fail(error, SIM_FAILED, "making a temporary file in %.1000s (TMPDIR): %s",
                        report_temporary_folder(), strerror(errno));
    if (spool->used < INFO_SPOOL_BLOCK)
        spool->block[spool->used] = RECORD_END;
    spool->used = 0;
    return transfer(spool, spool->blocks++, true, error);
}

static void put(struct info_spool *spool, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        spool->block[spool->used++] = (unsigned char)(value | 0x80);
    spool->block[spool->used++] = (unsigned char)value;
}

bool info_spool_add(struct info_spool *spool, const struct info_record *record,
                    struct sim_error *error)
{
    if (spool->block == NULL && (spool->block = calloc(1, INFO_SPOOL_BLOCK)) == NULL)
        return sim_fail_memory(error);
    if (INFO_SPOOL_BLOCK - spool->used < RECORD_MAX && !write_block(spool, error))
        return false;
    spool->block[spool->used++] = (unsigned char)((unsigned)record->op | record->spared << OP_BITS);
    put(spool, (uint64_t)record->arrival_ns - (uint64_t)spool->last_ns);
    put(spool, record->volume);
    put(spool, record->bytes);
    spool->last_ns = record->arrival_ns;
    spool->records++;
    return true;
}

bool info_spool_rewind(struct info_spool *spool, struct sim_error *error)
{
    // The last block follows the others into the file, if there are any.
    if (spool->blocks > 0 && spool->used > 0 && !write_block(spool, error))
        return false;
    spool->at = 0;
    spool->next = 0;
    spool->left = spool->records;
    spool->last_ns = 0;
    return spool->blocks == 0 || transfer(spool, spool->next++, false, error);
}

static uint64_t get(struct info_spool *spool)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        unsigned char byte = spool->block[spool->at++];
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
}

int info_spool_read(struct info_spool *spool, struct info_record *record, struct sim_error *error)
{
    if (spool->left == 0)
        return 0;
    bool ended = INFO_SPOOL_BLOCK - spool->at < RECORD_MAX || spool->block[spool->at] == RECORD_END;
    if (spool->blocks > 0 && ended) {
        spool->at = 0;
        if (!transfer(spool, spool->next++, false, error))
            return -1;
    }
    unsigned char first = spool->block[spool->at++];
    record->op = (enum trace_op)(first & ((1U << OP_BITS) - 1));
    record->spared = first >> OP_BITS;
    record->arrival_ns = (int64_t)((uint64_t)spool->last_ns + get(spool));
    record->volume = (uint32_t)get(spool);
    record->bytes = get(spool);
    spool->last_ns = record->arrival_ns;
    spool->left--;
    if (spool->work != NULL)
        info_work_step(spool->work, spool->steps);
    return 1;
}

void info_spool_close(struct info_spool *spool)
{
    if (spool->blocks > 0)
        close(spool->file);
    free(spool->block);
    *spool = (struct info_spool){0};
}
