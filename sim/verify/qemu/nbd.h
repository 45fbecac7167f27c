// SPDX-License-Identifier: GPL-2.0-or-later
// A client of QEMU's NBD server: a disk's requests, of which each is known when it is done.
//
// The server is QEMU's main loop, whose time stands still (qemu.h): what is sent here has come to
// the throttle, and what has left it been answered, once qemu_set_clock has returned. QEMU takes at
// most NBD_IN_FLIGHT requests of a connection, so a disk has as many connections as it needs.
#ifndef SIM_VERIFY_QEMU_NBD_H
#define SIM_VERIFY_QEMU_NBD_H

#include "sim/verify/qemu/qemu.h"

#define NBD_IN_FLIGHT 16
#define NBD_DATA_MAX (UINT64_C(32) << 20) // of a read or a write
#define NBD_BYTES_MAX UINT32_MAX

// The protocol's numbers.
enum nbd_type {
    NBD_READ = 0,
    NBD_WRITE = 1,
    NBD_FLUSH = 3,
    NBD_TRIM = 4,
    NBD_WRITE_ZEROES = 6,
};

struct nbd_request {
    enum nbd_type type;
    uint32_t bytes;
    uint64_t cookie; // the caller's
};

struct nbd_connection;

// Of one export.
struct nbd_disk {
    struct nbd_connection **connections;
    size_t count;
    bool was_in_part;
};

// An answer has come.
typedef void nbd_answer(void *context, uint64_t cookie);

// socket: the server's, an abstract name; to be called with no answers outstanding.
bool nbd_send(struct nbd_disk *disk, struct qemu *qemu, const char *socket, const char *name,
              const struct nbd_request *request, struct sim_error *error);

// Takes all answers that are there. What comes in part, as it did not fit into the socket, sets
// was_in_part: QEMU goes on sending as it is taken, and is at work then.
bool nbd_receive(struct nbd_disk *disk, struct qemu *qemu, nbd_answer *answer, void *context,
                 struct sim_error *error);
bool nbd_is_in_part(const struct nbd_disk *disk);

uint64_t nbd_outstanding(const struct nbd_disk *disk);
void nbd_close(struct nbd_disk *disk); // all connections

#endif
