// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to the disks, and how many of them have left.
//
// QEMU counts and times the reads and writes of its monitor, but not its writes of zeroes. These
// are told by where they end: the n-th of a disk ends ZEROES_STEP behind the one before, and QEMU
// says what the highest byte is that was written. All others are written to the disk's first bytes.
#include "sim/verify/lockstep/disks_internal.h"

#include <inttypes.h>
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

bool disks_times(const struct disks *disks, const struct engine_request *request, bool throttled)
{
    enum engine_op op = (enum engine_op)request->op;
    bool by_monitor =
        disks->by_monitor || disks->scenario->members[request->member].attach == ENGINE_DRIVE;
    return disks_direction(op, throttled) != DISK_NOT_COUNTED &&
           !(by_monitor && is_zeroes(op, throttled));
}

bool disks_have_untimed(const struct disks *disks)
{
    for (uint32_t i = 0; i < disks->scenario->member_count; i++) {
        if (disks->disks[i].zeroes_left < disks->disks[i].zeroes_sent)
            return true;
    }
    return false;
}

static bool is_too_large(const struct disks *disks, const struct engine_request *request,
                         struct sim_error *error)
{
    return !sim_fail(error, SIM_BAD_INPUT,
                     "%s: a request of %" PRIu64 " bytes by '%s': QEMU takes at most %" PRIu64,
                     disks->scenario->name, request->bytes,
                     disks->scenario->members[request->member].name, REQUEST_MAX);
}

static bool send_by_monitor(struct disks *disks, const struct engine_request *request,
                            bool throttled, struct sim_error *error)
{
    char line[128], range[48] = "", id[DISKS_ID_MAX];
    struct disk *disk = &disks->disks[request->member];
    uint64_t bytes = request->bytes, offset = 0;
    if (request->op == ENGINE_DISCARD && !throttled && bytes > REQUEST_MAX)
        bytes = REQUEST_MAX; // its length does not matter
    if (bytes > REQUEST_MAX && is_too_large(disks, request, error))
        return false;
    if (is_zeroes(request->op, throttled))
        offset = ZEROES_BASE + ++disk->zeroes_sent * ZEROES_STEP - bytes;
    if (request->op != ENGINE_FLUSH)
        snprintf(range, sizeof range, " %" PRIu64 " %" PRIu64, offset, bytes);
    disk->sent += disks_direction(request->op, throttled) != DISK_NOT_COUNTED;
    snprintf(line, sizeof line, "qemu-io %s \"%s%s\"",
             disks_id(disks, 'n', disks->scenario->members[request->member].name, id),
             command_of(request->op, throttled), range);
    return qemu_monitor(&disks->qemu, line, error);
}

// ---- Through NBD ----

#define COOKIE_BITS 2 // for the direction; no time has as many as are left

static bool fits_nbd(const struct engine_request *request)
{
    bool has_data = request->op == ENGINE_READ || request->op == ENGINE_WRITE;
    return request->bytes <= (has_data ? NBD_DATA_MAX : NBD_BYTES_MAX);
}

static bool send_by_nbd(struct disks *disks, const struct engine_request *request, bool throttled,
                        struct sim_error *error)
{
    static const enum nbd_type types[ENGINE_OP_COUNT] = {
        [ENGINE_READ] = NBD_READ,    [ENGINE_WRITE] = NBD_WRITE,
        [ENGINE_DISCARD] = NBD_TRIM, [ENGINE_WRITE_ZEROES] = NBD_WRITE_ZEROES,
        [ENGINE_FLUSH] = NBD_FLUSH,
    };
    const char *name = disks->scenario->members[request->member].name;
    struct disk *disk = &disks->disks[request->member];
    enum disk_direction direction = disks_direction(request->op, throttled);
    char id[DISKS_ID_MAX];
    struct nbd_request sent = {
        .type = types[request->op],
        .bytes = request->op == ENGINE_FLUSH ? 0 : (uint32_t)request->bytes,
        .cookie = (uint64_t)disks->now_ns << COOKIE_BITS | direction,
    };
    disk->passing += direction == DISK_NOT_COUNTED;
    bool ok = nbd_send(&disk->nbd, &disks->qemu, disks->socket, disks_id(disks, 'n', name, id),
                       &sent, error);
    if (!qemu_after(&disks->qemu, ok, error) ||
        !qemu_set_clock(&disks->qemu, disks->now_ns, error) || !disks_collect(disks, error))
        return false;
    return disk->passing == 0 ||
           sim_fail(error, SIM_FAILED, "%s: QEMU lets a request of '%s' wait that no throttle sees",
                    disks->scenario->name, name);
}

struct answering {
    struct disk *disk;
    int64_t now_ns;
};

static void take_answer(void *context, uint64_t cookie)
{
    const struct answering *answering = context;
    struct disk *disk = answering->disk;
    unsigned direction = cookie & ((1u << COOKIE_BITS) - 1);
    if (direction == DISK_NOT_COUNTED) {
        disk->passing--;
        return;
    }
    disk->answered.left[direction]++;
    disk->answered.latency_ns[direction] += (uint64_t)answering->now_ns - (cookie >> COOKIE_BITS);
}

bool disks_take_answers(void *context, struct sim_error *error)
{
    struct disks *disks = context;
    bool ok = true;
    for (uint32_t i = 0; ok && i < disks->scenario->member_count; i++) {
        struct answering answering = {&disks->disks[i], disks->now_ns};
        ok = nbd_receive(&disks->disks[i].nbd, &disks->qemu, take_answer, &answering, error);
    }
    return qemu_after(&disks->qemu, ok, error);
}

static bool are_in_part(const struct disks *disks)
{
    for (uint32_t i = 0; i < disks->scenario->member_count; i++) {
        if (nbd_is_in_part(&disks->disks[i].nbd))
            return true;
    }
    return false;
}

// Did any come in part since this was asked last?
static bool were_in_part(struct disks *disks)
{
    bool any = false;
    for (uint32_t i = 0; i < disks->scenario->member_count; i++) {
        any |= disks->disks[i].nbd.was_in_part;
        disks->disks[i].nbd.was_in_part = false;
    }
    return any;
}

bool disks_collect(struct disks *disks, struct sim_error *error)
{
    struct qmp *qmp = &disks->qemu.qmp;
    for (bool again = true; again;) {
        qmp_be_patient(qmp);
        if (!disks_take_answers(disks, error))
            return false;
        while (are_in_part(disks)) {
            if (!qmp_wait(qmp, qmp->others_fd, error) || !disks_take_answers(disks, error))
                return false;
        }
        again = were_in_part(disks);
        if (again && !qemu_set_clock(&disks->qemu, disks->now_ns, error))
            return false;
    }
    return true;
}

bool disks_set_clock(struct disks *disks, int64_t now_ns, struct sim_error *error)
{
    disks->now_ns = now_ns;
    return qemu_set_clock(&disks->qemu, now_ns, error) && disks_collect(disks, error);
}

bool disks_submit(struct disks *disks, const struct engine_request *request, bool throttled,
                  struct sim_error *error)
{
    const struct scenario_member *member = &disks->scenario->members[request->member];
    if (request->op == ENGINE_DISCARD && scenario_ignores_discards(member))
        throttled = false; // whatever the simulator thinks: QEMU counts none
    if (request->bytes == 0 && is_zeroes(request->op, throttled))
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: %s of 0 bytes by '%s' cannot be verified: QEMU counts none of them",
                        disks->scenario->name,
                        request->op == ENGINE_DISCARD ? "a discard" : "write-zeroes",
                        disks->scenario->members[request->member].name);
    if (request->op == ENGINE_DISCARD && throttled && member->attach == ENGINE_DRIVE)
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: a discard by '%s' cannot be verified: the drive's throttle does not "
                        "count it, those below do, and the monitor has none that waits",
                        disks->scenario->name, member->name);
    if (disks->disks[request->member].is_filter && !disks->by_monitor && fits_nbd(request))
        return send_by_nbd(disks, request, throttled, error);
    return send_by_monitor(disks, request, throttled, error);
}

// ---- Counting ----

// Whose entry this is: mostly the next one's.
static uint32_t find_member(const struct disks *disks, const char *device, uint32_t next)
{
    uint32_t count = (uint32_t)disks->scenario->member_count;
    char id[DISKS_ID_MAX];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t member = (next + i) % count;
        disks_id(disks, 'n', disks->scenario->members[member].name, id);
        if (strcmp(id, device) == 0)
            return member;
    }
    return SCENARIO_NONE;
}

// An entry for each disk.
static bool read_counts(struct disks *disks, const json_t *answer)
{
    for (uint32_t i = 0; i < disks->scenario->member_count; i++) {
        const char *device;
        json_int_t reads, writes, read_ns, write_ns, highest;
        if (json_unpack(json_array_get(answer, i), "{ss s{sI sI sI sI sI}}", "device", &device,
                        "stats", "rd_operations", &reads, "wr_operations", &writes,
                        "rd_total_time_ns", &read_ns, "wr_total_time_ns", &write_ns,
                        "wr_highest_offset", &highest) != 0)
            return false;
        uint32_t member = find_member(disks, device, i);
        if (member == SCENARIO_NONE)
            return false;
        struct disk *disk = &disks->disks[member];
        if (disk->zeroes_sent > 0 && (uint64_t)highest > ZEROES_BASE)
            disk->zeroes_left = ((uint64_t)highest - ZEROES_BASE) / ZEROES_STEP;
        disk->counted = (struct disk_counts){
            .left = {(uint64_t)reads, (uint64_t)writes + disk->zeroes_left},
            .latency_ns = {(uint64_t)read_ns, (uint64_t)write_ns},
        };
    }
    return true;
}

// Only of those that went through the monitor does QEMU know more than has been answered.
static bool is_to_ask(const struct disks *disks)
{
    for (uint32_t i = 0; i < disks->scenario->member_count; i++) {
        const struct disk *disk = &disks->disks[i];
        if (disk->before.left[DISK_READ] + disk->before.left[DISK_WRITE] +
                disk->counted.left[DISK_READ] + disk->counted.left[DISK_WRITE] <
            disk->sent)
            return true;
    }
    return false;
}

bool disks_ask(struct disks *disks, json_t *arguments, struct sim_error *error)
{
    json_t *answer = NULL;
    if (!qemu_execute(&disks->qemu, "query-blockstats", arguments, &answer, error))
        return false;
    bool ok = read_counts(disks, answer) ||
              sim_fail(error, SIM_FAILED,
                       "QEMU's answer to 'query-blockstats' is not the one entry for each disk "
                       "that was expected");
    json_decref(answer);
    return ok;
}

bool disks_count(struct disks *disks, struct disk_counts *counts, struct sim_error *error)
{
    bool ok = !is_to_ask(disks) || disks_ask(disks, NULL, error);
    for (uint32_t i = 0; ok && i < disks->scenario->member_count; i++) {
        const struct disk *disk = &disks->disks[i];
        for (int j = 0; j < DISK_DIRECTION_COUNT; j++) {
            counts[i].left[j] =
                disk->answered.left[j] + disk->before.left[j] + disk->counted.left[j];
            counts[i].latency_ns[j] = disk->answered.latency_ns[j] + disk->before.latency_ns[j] +
                                      disk->counted.latency_ns[j];
        }
    }
    return ok;
}
