// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/blktrace/blktrace_record.h"

#include <string.h>

#define CGROUP_FLAG 0x100
#define CGROUP_BYTES 8
#define NOTIFY_PROCESS 0

static uint16_t swap16(uint16_t value)
{
    return (uint16_t)(value << 8 | value >> 8);
}

static uint32_t swap32(uint32_t value)
{
    return (uint32_t)swap16((uint16_t)value) << 16 | swap16((uint16_t)(value >> 16));
}

static uint64_t swap64(uint64_t value)
{
    return (uint64_t)swap32((uint32_t)value) << 32 | swap32((uint32_t)(value >> 32));
}

enum blktrace_magic blktrace_record_magic(const uint8_t *header, unsigned *version)
{
    uint32_t magic;
    memcpy(&magic, header, sizeof magic);
    *version = magic & 0xff;
    if ((magic & 0xffffff00) == BLKTRACE_MAGIC)
        return BLKTRACE_MAGIC_NATIVE;
    magic = swap32(magic);
    *version = magic & 0xff;
    return (magic & 0xffffff00) == BLKTRACE_MAGIC ? BLKTRACE_MAGIC_SWAPPED : BLKTRACE_MAGIC_NONE;
}

static void swap_header(struct blktrace_header *header)
{
    header->magic = swap32(header->magic);
    header->sequence = swap32(header->sequence);
    header->time = swap64(header->time);
    header->sector = swap64(header->sector);
    header->bytes = swap32(header->bytes);
    header->action = swap32(header->action);
    header->pid = swap32(header->pid);
    header->device = swap32(header->device);
    header->cpu = swap32(header->cpu);
    header->pdu_len = swap16(header->pdu_len);
}

bool blktrace_record_decode_swapped(struct blktrace_record *record, const uint8_t *bytes)
{
    struct blktrace_header header;
    memcpy(&header, bytes, sizeof header);
    swap_header(&header);
    return blktrace_record_decode(record, (const uint8_t *)&header, false);
}

// The kernel writes the numbers in PDUs in big-endian order on every machine.
static uint64_t take_number(const uint8_t *pdu, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | pdu[i];
    return number;
}

bool blktrace_record_decode_split(struct blktrace_record *record, const uint8_t *pdu)
{
    size_t skipped = (record->action & CGROUP_FLAG) != 0 ? CGROUP_BYTES : 0;
    if (record->pdu_bytes < skipped + sizeof(uint64_t))
        return false;
    uint64_t sector = take_number(pdu + skipped, sizeof sector);
    if (sector > INT64_MAX / BLKTRACE_SECTOR_BYTES)
        return false;
    record->split_at = sector * BLKTRACE_SECTOR_BYTES;
    return true;
}

size_t blktrace_record_thread_name(const struct blktrace_record *record, const uint8_t *pdu,
                                   const char **name)
{
    size_t skipped = (record->action & CGROUP_FLAG) != 0 ? CGROUP_BYTES : 0;
    bool is_name = blktrace_record_action(record) == NOTIFY_PROCESS && record->pdu_bytes > skipped;
    *name = (const char *)pdu + skipped;
    return is_name ? strnlen(*name, record->pdu_bytes - skipped) : 0;
}

void blktrace_record_decode_remap(struct blktrace_record *record, const uint8_t *pdu)
{
    size_t skipped = (record->action & CGROUP_FLAG) != 0 ? CGROUP_BYTES : 0;
    bool whole = record->pdu_bytes >= skipped + 2 * sizeof(uint32_t);
    record->from_device = whole ? (uint32_t)take_number(pdu + skipped, sizeof(uint32_t)) : 0;
    record->to_device =
        whole ? (uint32_t)take_number(pdu + skipped + sizeof(uint32_t), sizeof(uint32_t)) : 0;
    bool placed = record->pdu_bytes >= skipped + 2 * sizeof(uint64_t);
    uint64_t sector = placed ? take_number(pdu + skipped + sizeof sector, sizeof sector) : 0;
    record->from_offset = placed && sector <= INT64_MAX / BLKTRACE_SECTOR_BYTES
                              ? sector * BLKTRACE_SECTOR_BYTES
                              : UINT64_MAX;
}
