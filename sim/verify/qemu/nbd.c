// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/qemu/nbd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define OPTION_MAGIC UINT64_C(0x49484156454F5054) // "IHAVEOPT"
#define REQUEST_MAGIC UINT32_C(0x25609513)
#define REPLY_MAGIC UINT32_C(0x67446698)
#define OPTION_EXPORT_NAME 1
#define FLAGS_NEWSTYLE 3 // and no zeroes behind the answer
#define GREETING_SIZE 28 // the server's two magics and flags; size and flags of the export
#define HEADER_SIZE 28
#define REPLY_SIZE 16

struct slot {
    bool is_used;
    struct nbd_request request;
};

struct nbd_connection {
    int fd;
    unsigned outstanding;
    struct slot slots[NBD_IN_FLIGHT]; // their number is the request's handle
    unsigned char reply[REPLY_SIZE];
    size_t have;   // of the reply's header
    uint64_t data; // of a read, still to come
};

static void put(unsigned char **at, uint64_t value, size_t bytes)
{
    while (bytes-- > 0)
        *(*at)++ = (unsigned char)(value >> 8 * bytes);
}

static uint64_t get(const unsigned char *at, size_t bytes)
{
    uint64_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | *at++;
    return value;
}

static bool is_gone(struct qemu *qemu, struct sim_error *error)
{
    qemu->qmp.is_closed = true;
    return sim_fail(error, SIM_FAILED, "QEMU has closed a connection of its NBD server");
}

static bool send_all(struct qemu *qemu, int fd, const void *bytes, size_t size,
                     struct sim_error *error)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return is_gone(qemu, error);
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

// ---- Connecting ----

static bool read_greeting(struct qemu *qemu, int fd, struct sim_error *error)
{
    unsigned char greeting[GREETING_SIZE];
    size_t have = 0;
    while (have < sizeof greeting) {
        if (!qmp_wait(&qemu->qmp, fd, error))
            return false;
        ssize_t got = recv(fd, greeting + have, sizeof greeting - have, 0);
        if (got <= 0)
            return is_gone(qemu, error);
        have += (size_t)got;
    }
    return get(greeting + 8, 8) == OPTION_MAGIC ||
           sim_fail(error, SIM_FAILED, "QEMU's NBD server does not greet as such");
}

static bool shake_hands(struct qemu *qemu, int fd, const char *name, struct sim_error *error)
{
    unsigned char hello[64], *at = hello;
    put(&at, FLAGS_NEWSTYLE, 4);
    put(&at, OPTION_MAGIC, 8);
    put(&at, OPTION_EXPORT_NAME, 4);
    put(&at, strlen(name), 4);
    memcpy(at, name, strlen(name));
    at += strlen(name);
    qmp_be_patient(&qemu->qmp);
    return send_all(qemu, fd, hello, (size_t)(at - hello), error) && read_greeting(qemu, fd, error);
}

static int connect_to(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(address.sun_path + 1, name, length); // behind the zero of an abstract name
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, size) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static struct nbd_connection *open_connection(struct nbd_disk *disk, struct qemu *qemu,
                                              const char *socket, const char *name,
                                              struct sim_error *error)
{
    struct nbd_connection **more =
        realloc(disk->connections, (disk->count + 1) * sizeof *disk->connections);
    struct nbd_connection *connection = calloc(1, sizeof *connection);
    if (more != NULL)
        disk->connections = more;
    if (more == NULL || connection == NULL) {
        free(connection);
        sim_fail_memory(error);
        return NULL;
    }
    disk->connections[disk->count++] = connection;
    connection->fd = connect_to(socket);
    struct epoll_event any = {.events = EPOLLIN};
    if (connection->fd < 0) {
        sim_fail(error, SIM_FAILED, "cannot connect to QEMU's NBD server: %s", strerror(errno));
        return NULL;
    }
    if (!shake_hands(qemu, connection->fd, name, error))
        return NULL;
    if (epoll_ctl(qemu->qmp.others_fd, EPOLL_CTL_ADD, connection->fd, &any) == 0)
        return connection;
    sim_fail(error, SIM_FAILED, "cannot wait for QEMU's answers: %s", strerror(errno));
    return NULL;
}

// ---- Requests ----

// One that can take one more.
static struct nbd_connection *find_connection(struct nbd_disk *disk)
{
    for (size_t i = 0; i < disk->count; i++) {
        if (disk->connections[i]->outstanding < NBD_IN_FLIGHT)
            return disk->connections[i];
    }
    return NULL;
}

static bool send_zeroes(struct qemu *qemu, int fd, uint32_t bytes, struct sim_error *error)
{
    static const char zeroes[65536];
    while (bytes > 0) {
        uint32_t part = bytes < sizeof zeroes ? bytes : (uint32_t)sizeof zeroes;
        if (!send_all(qemu, fd, zeroes, part, error))
            return false;
        bytes -= part;
    }
    return true;
}

bool nbd_send(struct nbd_disk *disk, struct qemu *qemu, const char *socket, const char *name,
              const struct nbd_request *request, struct sim_error *error)
{
    struct nbd_connection *connection = find_connection(disk);
    unsigned char header[HEADER_SIZE], *at = header;
    unsigned slot = 0;
    if (connection == NULL)
        connection = open_connection(disk, qemu, socket, name, error);
    if (connection == NULL)
        return false;
    while (connection->slots[slot].is_used)
        slot++;
    connection->slots[slot] = (struct slot){true, *request};
    connection->outstanding++;
    put(&at, REQUEST_MAGIC, 4);
    put(&at, 0, 2);
    put(&at, request->type, 2);
    put(&at, slot, 8);
    put(&at, 0, 8);
    put(&at, request->bytes, 4);
    return send_all(qemu, connection->fd, header, sizeof header, error) &&
           (request->type != NBD_WRITE || send_zeroes(qemu, connection->fd, request->bytes, error));
}

// ---- Answers ----

static bool take_header(struct nbd_connection *connection, nbd_answer *answer, void *context,
                        struct sim_error *error)
{
    uint64_t number = get(connection->reply + 8, 8);
    connection->have = 0;
    if (get(connection->reply, 4) != REPLY_MAGIC || number >= NBD_IN_FLIGHT ||
        !connection->slots[number].is_used)
        return sim_fail(error, SIM_FAILED, "QEMU's NBD server answers what was not asked");
    if (get(connection->reply + 4, 4) != 0)
        return sim_fail(error, SIM_FAILED, "QEMU's NBD server fails a request with error %u",
                        (unsigned)get(connection->reply + 4, 4));
    struct slot *slot = &connection->slots[number];
    connection->data = slot->request.type == NBD_READ ? slot->request.bytes : 0;
    slot->is_used = false;
    connection->outstanding--;
    answer(context, slot->request.cookie);
    return true;
}

// What is there, without waiting for more. *got: of the header or of data; 0: nothing is there.
static bool take_some(struct nbd_connection *connection, struct qemu *qemu, size_t *got,
                      struct sim_error *error)
{
    static _Thread_local char unused[1 << 18];
    bool is_data = connection->data > 0;
    size_t wanted = connection->data < sizeof unused ? (size_t)connection->data : sizeof unused;
    ssize_t taken = is_data ? recv(connection->fd, unused, wanted, MSG_DONTWAIT)
                            : recv(connection->fd, connection->reply + connection->have,
                                   REPLY_SIZE - connection->have, MSG_DONTWAIT);
    *got = taken < 0 ? 0 : (size_t)taken;
    if (is_data)
        connection->data -= *got;
    else
        connection->have += *got;
    return taken > 0 || (taken < 0 && (errno == EAGAIN || errno == EINTR)) || is_gone(qemu, error);
}

static bool receive(struct nbd_connection *connection, struct qemu *qemu, nbd_answer *answer,
                    void *context, struct sim_error *error)
{
    size_t got = 1;
    while (got > 0 && (connection->outstanding > 0 || connection->data > 0)) {
        if (!take_some(connection, qemu, &got, error) ||
            (connection->have == REPLY_SIZE && !take_header(connection, answer, context, error)))
            return false;
    }
    return true;
}

bool nbd_is_in_part(const struct nbd_disk *disk)
{
    for (size_t i = 0; i < disk->count; i++) {
        if (disk->connections[i]->data > 0 || disk->connections[i]->have > 0)
            return true;
    }
    return false;
}

bool nbd_receive(struct nbd_disk *disk, struct qemu *qemu, nbd_answer *answer, void *context,
                 struct sim_error *error)
{
    for (size_t i = 0; i < disk->count; i++) {
        struct nbd_connection *connection = disk->connections[i];
        if (!receive(connection, qemu, answer, context, error))
            return false;
    }
    disk->was_in_part |= nbd_is_in_part(disk);
    return true;
}

uint64_t nbd_outstanding(const struct nbd_disk *disk)
{
    uint64_t outstanding = 0;
    for (size_t i = 0; i < disk->count; i++)
        outstanding += disk->connections[i]->outstanding;
    return outstanding;
}

void nbd_close(struct nbd_disk *disk)
{
    for (size_t i = 0; i < disk->count; i++) {
        if (disk->connections[i]->fd >= 0)
            close(disk->connections[i]->fd);
        free(disk->connections[i]);
    }
    free(disk->connections);
    *disk = (struct nbd_disk){0};
}
