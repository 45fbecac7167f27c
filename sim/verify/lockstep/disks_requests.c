// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to the disks, and how many of them have left.
//
// QEMU counts the reads and writes of its monitor, but not its writes of zeroes. These are told by
// where they end: the n-th of a disk ends ZEROES_STEP behind the one before, and QEMU says what the
// highest byte is that was written. All others are written to the disk's first bytes.
#include "sim/verify/lockstep/disks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MAX UINT64_C(2147483136) // QEMU's own, BDRV_REQUEST_MAX_BYTES
#define ZEROES_BASE (UINT64_C(1) << 31)  // above what is written otherwise
#define ZEROES_STEP UINT64_C(512)

enum disk_direction disks_direction(enum engine_op op, bool throttled)
{
    if (op == ENGINE_FLUSH || (op == ENGINE_DISCARD && !throttled))
        return DISK_NOT_COUNTED;
    return op == ENGINE_READ ? DISK_READ : DISK_WRITE;
}

// ---- Sending ----

// The monitor has no discard that can wait: a throttled one is sent as a write of zeroes, which is
// to the throttle what it is, a write of its length.
static const char *command_of(enum engine_op op, bool throttled)
{
    switch (op) {
    case ENGINE_READ:
        return "aio_read -q";
    case ENGINE_WRITE:
        return "aio_write -q";
    case ENGINE_WRITE_ZEROES:
        return "aio_write -q -z";
    case ENGINE_DISCARD:
        return throttled ? "aio_write -q -z" : "discard -q";
    default:
        return "flush";
    }
}

static bool is_zeroes(enum engine_op op, bool throttled)
{
    return op == ENGINE_WRITE_ZEROES || (op == ENGINE_DISCARD && throttled);
}

bool disks_submit(struct disks *disks, const struct engine_request *request, bool throttled,
                  struct sim_error *error)
{
    char line[128], range[48] = "";
    uint64_t bytes = request->bytes, offset = 0;
    if (request->op == ENGINE_DISCARD && !throttled && bytes > REQUEST_MAX)
        bytes = REQUEST_MAX; // its length does not matter
    if (bytes > REQUEST_MAX)
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: a request of %" PRIu64 " bytes by '%s': QEMU takes at most %" PRIu64,
                        disks->scenario->name, bytes,
                        disks->scenario->members[request->member].name, REQUEST_MAX);
    if (bytes == 0 && is_zeroes(request->op, throttled))
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: %s of 0 bytes by '%s' cannot be verified: QEMU counts none of them",
                        disks->scenario->name,
                        request->op == ENGINE_DISCARD ? "a discard" : "write-zeroes",
                        disks->scenario->members[request->member].name);
    if (is_zeroes(request->op, throttled))
        offset = ZEROES_BASE + ++disks->zeroes[request->member].sent * ZEROES_STEP - bytes;
    if (request->op != ENGINE_FLUSH)
        snprintf(range, sizeof range, " %" PRIu64 " %" PRIu64, offset, bytes);
    snprintf(line, sizeof line, "qemu-io n%" PRIu32 " \"%s%s\"", disks_id(disks, request->member),
             command_of(request->op, throttled), range);
    return qemu_monitor(&disks->qemu, line, NULL, error);
}

// ---- Counting ----

static uint64_t number_after(const char *line, const char *key)
{
    const char *found = strstr(line, key);
    return found == NULL ? UINT64_MAX : strtoull(found + strlen(key), NULL, 10);
}

// "n0: rd_bytes=4096 wr_bytes=0 rd_operations=1 wr_operations=0 ...", in the order of -drive.
static bool read_counts(const struct disks *disks, char *text, struct disk_counts *counts)
{
    char *rest = text;
    for (uint32_t i = 0; i < disks->scenario->member_count; i++) {
        char name[16];
        char *line = strtok_r(rest, "\r\n", &rest);
        int length = snprintf(name, sizeof name, "n%" PRIu32 ": ", disks_id(disks, i));
        if (line == NULL || strncmp(line, name, (size_t)length) != 0)
            return false;
        counts[i].left[DISK_READ] = number_after(line, " rd_operations=");
        counts[i].left[DISK_WRITE] = number_after(line, " wr_operations=");
        if (counts[i].left[DISK_READ] == UINT64_MAX || counts[i].left[DISK_WRITE] == UINT64_MAX)
            return false;
    }
    return true;
}

static bool bad_answer(const char *command, struct sim_error *error)
{
    return sim_fail(error, SIM_FAILED,
                    "QEMU's answer to '%s' is not the one entry for each disk that was expected",
                    command);
}

static bool some_zeroes_wait(const struct disks *disks)
{
    bool some = false;
    for (uint32_t i = 0; !some && i < disks->scenario->member_count; i++)
        some = disks->zeroes[i].left < disks->zeroes[i].sent;
    return some;
}

static bool read_zeroes(struct disks *disks, const json_t *answer)
{
    for (uint32_t i = 0; i < disks->scenario->member_count; i++) {
        struct disk_zeroes *zeroes = &disks->zeroes[i];
        const json_t *stats = json_object_get(json_array_get(answer, i), "stats");
        const json_t *highest = json_object_get(stats, "wr_highest_offset");
        if (!json_is_integer(highest))
            return false;
        uint64_t end = (uint64_t)json_integer_value(highest);
        if (zeroes->sent > 0 && end > ZEROES_BASE)
            zeroes->left = (end - ZEROES_BASE) / ZEROES_STEP;
    }
    return true;
}

static bool count_zeroes(struct disks *disks, struct sim_error *error)
{
    json_t *answer;
    if (!some_zeroes_wait(disks))
        return true;
    if (!qemu_execute(&disks->qemu, "query-blockstats", NULL, &answer, error))
        return false;
    bool ok = read_zeroes(disks, answer) || bad_answer("query-blockstats", error);
    json_decref(answer);
    return ok;
}

bool disks_count(struct disks *disks, struct disk_counts *counts, struct sim_error *error)
{
    char *text;
    if (!qemu_monitor(&disks->qemu, "info blockstats", &text, error))
        return false;
    bool ok = read_counts(disks, text, counts) || bad_answer("info blockstats", error);
    free(text);
    if (!ok || !count_zeroes(disks, error))
        return false;
    for (uint32_t i = 0; i < disks->scenario->member_count; i++)
        counts[i].left[DISK_WRITE] += disks->zeroes[i].left;
    return true;
}
