// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/qemu/qemu.h"

#include "sim/base/units.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES ((size_t)64 << 20) // no answer is larger
#define LOOK_MS 100 // how often the stop flag is looked at, if no signal wakes

static int64_t real_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool is_gone(struct qmp *qmp, struct sim_error *error)
{
    qmp->is_closed = true;
    return sim_fail(error, SIM_FAILED, "QEMU has closed its monitor");
}

void qmp_be_patient(struct qmp *qmp)
{
    int64_t now_ns = real_now_ns();
    qmp->give_up_ns = qmp->patience_ns > INT64_MAX - now_ns ? INT64_MAX : now_ns + qmp->patience_ns;
}

// The time is looked at first: something may come each time, but never the end.
bool qmp_wait(struct qmp *qmp, int fd, struct sim_error *error)
{
    while (real_now_ns() < qmp->give_up_ns) {
        struct pollfd polled[3] = {
            {.fd = fd, .events = POLLIN},
            {.fd = qmp->fd, .events = 0}, // POLLHUP
            {.fd = qmp->others_fd, .events = POLLIN},
        };
        if (*qmp->stop != 0)
            return sim_fail(error, SIM_FAILED, "interrupted");
        if (poll(polled, 3, LOOK_MS) < 0 && errno != EINTR)
            return sim_fail(error, SIM_FAILED, "waiting for QEMU: %s", strerror(errno));
        if (polled[0].revents & POLLIN)
            return true;
        if (polled[1].revents & (POLLHUP | POLLERR))
            return is_gone(qmp, error);
        if (polled[2].revents != 0 && !qmp->take_others(qmp->others_context, error))
            return false;
        if (polled[2].revents != 0 && fd == qmp->others_fd) // it has only just come
            return true;
    }
    char patience[32];
    return sim_fail(error, SIM_FAILED, "QEMU does not answer within %s",
                    units_format_duration(qmp->patience_ns, patience, sizeof patience));
}

// ---- Lines ----

static bool make_room(struct qmp *qmp, struct sim_error *error)
{
    if (qmp->size - qmp->used > 1)
        return true;
    size_t size = qmp->size == 0 ? 1 << 16 : 2 * qmp->size;
    char *bigger = size > LINE_MAX_BYTES ? NULL : realloc(qmp->line, size);
    if (bigger == NULL)
        return size > LINE_MAX_BYTES ? sim_fail(error, SIM_FAILED, "QEMU's answer does not end")
                                     : sim_fail_memory(error);
    qmp->line = bigger;
    qmp->size = size;
    return true;
}

// The next line, without its end; *length bytes at qmp->line. To be dropped with drop_line.
static bool read_line(struct qmp *qmp, size_t *length, struct sim_error *error)
{
    size_t looked_at = 0;
    for (;;) {
        char *end = qmp->used == looked_at
                        ? NULL
                        : memchr(qmp->line + looked_at, '\n', qmp->used - looked_at);
        if (end != NULL) {
            *length = (size_t)(end - qmp->line);
            return true;
        }
        looked_at = qmp->used;
        if (!make_room(qmp, error) || !qmp_wait(qmp, qmp->fd, error))
            return false;
        ssize_t got = recv(qmp->fd, qmp->line + qmp->used, qmp->size - qmp->used, 0);
        if (got <= 0)
            return is_gone(qmp, error);
        qmp->used += (size_t)got;
    }
}

static void drop_line(struct qmp *qmp, size_t length)
{
    qmp->used -= length + 1;
    memmove(qmp->line, qmp->line + length + 1, qmp->used);
}

// The next message that is no event.
static json_t *read_message(struct qmp *qmp, struct sim_error *error)
{
    for (;;) {
        size_t length = 0;
        if (!read_line(qmp, &length, error))
            return NULL;
        json_error_t where;
        json_t *message = json_loadb(qmp->line, length, JSON_DISABLE_EOF_CHECK, &where);
        if (!json_is_object(message)) {
            int shown = length > 80 ? 80 : (int)length;
            sim_fail(error, SIM_FAILED, "QEMU's monitor says what is no QMP message: '%.*s'", shown,
                     qmp->line);
            json_decref(message);
            return NULL;
        }
        drop_line(qmp, length);
        if (json_object_get(message, "event") == NULL)
            return message;
        json_decref(message);
    }
}

static bool send_text(struct qmp *qmp, const char *text, size_t length, struct sim_error *error)
{
    while (length > 0) {
        ssize_t sent = send(qmp->fd, text, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return is_gone(qmp, error);
        text += sent;
        length -= (size_t)sent;
    }
    return true;
}

// ---- Commands ----

static bool send_command(struct qmp *qmp, const char *command, json_t *arguments,
                         struct sim_error *error)
{
    json_t *message = json_pack("{ss so*}", "execute", command, "arguments", arguments);
    char *text = message == NULL ? NULL : json_dumps(message, JSON_COMPACT);
    json_decref(message);
    if (text == NULL)
        return sim_fail_memory(error);
    bool ok = send_text(qmp, text, strlen(text), error) && send_text(qmp, "\n", 1, error);
    free(text);
    return ok;
}

static json_t *ask(struct qmp *qmp, const char *command, json_t *arguments, struct sim_error *error)
{
    qmp_be_patient(qmp);
    return send_command(qmp, command, arguments, error) ? read_message(qmp, error) : NULL;
}

bool qmp_try(struct qmp *qmp, const char *command, json_t *arguments, struct sim_error *error)
{
    json_t *message = ask(qmp, command, arguments, error);
    json_decref(message);
    return message != NULL;
}

bool qmp_execute(struct qmp *qmp, const char *command, json_t *arguments, json_t **answer,
                 struct sim_error *error)
{
    json_t *message = ask(qmp, command, arguments, error);
    if (message == NULL)
        return false;
    json_t *result = json_object_get(message, "return");
    const char *why = json_string_value(json_object_get(json_object_get(message, "error"), "desc"));
    if (answer != NULL)
        *answer = json_incref(result);
    bool ok = result != NULL || sim_fail(error, SIM_FAILED, "QEMU answers to %s: %s", command,
                                         why == NULL ? "neither yes nor no" : why);
    json_decref(message);
    return ok;
}

bool qmp_monitor(struct qmp *qmp, const char *line, struct sim_error *error)
{
    json_t *answer = NULL;
    if (!qmp_execute(qmp, "human-monitor-command", json_pack("{ss}", "command-line", line), &answer,
                     error))
        return false;
    const char *printed = json_string_value(answer);
    bool ok =
        printed != NULL || sim_fail(error, SIM_FAILED, "QEMU's answer to '%s' is no text", line);
    if (ok && printed[0] != '\0' && strncmp(printed, "OK\r", 3) != 0)
        ok = sim_fail(error, SIM_FAILED, "QEMU answers to '%s': %.*s", line,
                      (int)strcspn(printed, "\r\n"), printed);
    json_decref(answer);
    return ok;
}

// ---- Beginning ----

static bool read_greeting(struct qmp *qmp, struct qmp_version *version, struct sim_error *error)
{
    int micro;
    const char *package;
    json_t *greeting = read_message(qmp, error);
    if (greeting == NULL)
        return false;
    bool ok = json_unpack(greeting, "{s{s{s{si si si} ss}}}", "QMP", "version", "qemu", "major",
                          &version->major, "minor", &version->minor, "micro", &micro, "package",
                          &package) == 0;
    if (ok)
        snprintf(version->text, sizeof version->text, "%d.%d.%d%s%s%s", version->major,
                 version->minor, micro, package[0] == '\0' ? "" : " (", package,
                 package[0] == '\0' ? "" : ")");
    else
        sim_fail(error, SIM_FAILED, "the monitor does not greet as QEMU does");
    json_decref(greeting);
    return ok;
}

bool qmp_open(struct qmp *qmp, struct qmp_version *version, struct sim_error *error)
{
    qmp_be_patient(qmp);
    return read_greeting(qmp, version, error) &&
           qmp_execute(qmp, "qmp_capabilities", NULL, NULL, error);
}

void qmp_close(struct qmp *qmp)
{
    free(qmp->line);
    qmp->line = NULL;
    qmp->used = qmp->size = 0;
}
