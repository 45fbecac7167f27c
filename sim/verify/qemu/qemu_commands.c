// SPDX-License-Identifier: GPL-2.0-or-later
// Commands to a QEMU whose clock stands, and what it wants to sleep.
#include "sim/verify/qemu/qemu.h"

#include <stdio.h>

static void write_down(const struct qemu *qemu, const char *word, const char *command,
                       const json_t *arguments)
{
    if (qemu->transcript == NULL)
        return;
    fprintf(qemu->transcript, "%s %s%s", word, command, arguments == NULL ? "" : " ");
    json_dumpf(arguments, qemu->transcript, 0);
    putc('\n', qemu->transcript);
}

bool qemu_execute(struct qemu *qemu, const char *command, json_t *arguments, json_t **answer,
                  struct sim_error *error)
{
    write_down(qemu, "qmp", command, arguments);
    if (!qemu_after(qemu, qmp_execute(&qemu->qmp, command, arguments, answer, error), error))
        return false;
    bool ok = qemu_settle(qemu, error);
    if (!ok && answer != NULL)
        json_decref(*answer);
    return ok;
}

bool qemu_try(struct qemu *qemu, const char *command, json_t *arguments, struct sim_error *error)
{
    write_down(qemu, "try", command, arguments);
    return qemu_after(qemu, qmp_try(&qemu->qmp, command, arguments, error), error) &&
           qemu_settle(qemu, error);
}

bool qemu_monitor(struct qemu *qemu, const char *line, struct sim_error *error)
{
    if (qemu->transcript != NULL)
        fprintf(qemu->transcript, "hmp %s\n", line);
    return qemu_after(qemu, qmp_monitor(&qemu->qmp, line, error), error) &&
           qemu_settle(qemu, error);
}

int64_t qemu_timeout_ns(const struct qemu *qemu)
{
    return atomic_load(&qemu->page->timeout_ns);
}

// Seen from times that differ by less than whole milliseconds, sleeps of whole milliseconds tell
// the deadline to the nanosecond, if there is room before it for some twenty looks.
bool qemu_find_deadline(struct qemu *qemu, int64_t now_ns, struct qemu_deadline *deadline,
                        struct sim_error *error)
{
    const int64_t step_ns = 1000000;
    int64_t timeout_ns = qemu_timeout_ns(qemu);
    *deadline = (struct qemu_deadline){now_ns, INT64_MAX};
    if (timeout_ns == CLOCK_FOR_EVER)
        return true;
    *deadline = (struct qemu_deadline){now_ns + timeout_ns - step_ns, now_ns + timeout_ns};
    while (deadline->by_ns - deadline->after_ns > 1) {
        int64_t middle_ns = deadline->after_ns + (deadline->by_ns - deadline->after_ns) / 2;
        now_ns += (middle_ns - now_ns) % step_ns;
        if (now_ns > deadline->after_ns)
            break;
        if (!qemu_set_clock(qemu, now_ns, error))
            return false;
        timeout_ns = qemu_timeout_ns(qemu);
        bool is_past = timeout_ns == CLOCK_FOR_EVER || now_ns + timeout_ns > middle_ns;
        *(is_past ? &deadline->after_ns : &deadline->by_ns) = middle_ns;
    }
    return true;
}
