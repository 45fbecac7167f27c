// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE // memfd_create
#include "tests/verify/guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static void become_guest(const struct guest *guest, const char *environment, int in, int out)
{
    char numbers[64], preload[] = "LD_PRELOAD=" TEST_QEMU_CLOCK, path[] = TEST_CLOCK_GUEST;
    snprintf(numbers, sizeof numbers, CLOCK_ENVIRONMENT "=%d,%d,%d", guest->page_fd, guest->wake_fd,
             guest->asleep_fd);
    if (environment != NULL)
        snprintf(numbers, sizeof numbers, CLOCK_ENVIRONMENT "=%s", environment);
    bool has_variable = environment == NULL || environment[0] != '\0';
    char *arguments[] = {path, NULL};
    char *variables[] = {preload, has_variable ? numbers : NULL, NULL};
    prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that fails does not stop it
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    execve(path, arguments, variables);
    _exit(127);
}

void guest_start(struct guest *guest, const char *environment)
{
    int in[2], out[2];
    guest->page_fd = memfd_create("page", 0);
    assert_int_equal(ftruncate(guest->page_fd, sizeof *guest->page), 0);
    guest->wake_fd = eventfd(0, 0);
    guest->asleep_fd = eventfd(0, EFD_NONBLOCK);
    guest->page =
        mmap(NULL, sizeof *guest->page, PROT_READ | PROT_WRITE, MAP_SHARED, guest->page_fd, 0);
    assert_ptr_not_equal(guest->page, MAP_FAILED);
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(guest->polled), 0);
    guest->pid = fork();
    assert_int_not_equal(guest->pid, -1);
    if (guest->pid == 0) {
        close(in[1]); // or it would never see the end of its commands
        become_guest(guest, environment, in[0], out[1]);
    }
    close(in[0]);
    close(out[1]);
    guest->commands = fdopen(in[1], "w");
    guest->answers_fd = out[0];
    assert_non_null(guest->commands);
}

void guest_stop(struct guest *guest)
{
    fclose(guest->commands);
    kill(guest->pid, SIGKILL);
    waitpid(guest->pid, NULL, 0);
    munmap(guest->page, sizeof *guest->page);
    int descriptors[] = {guest->page_fd,   guest->wake_fd,   guest->asleep_fd,
                         guest->polled[0], guest->polled[1], guest->answers_fd};
    for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++)
        close(descriptors[i]);
}

void guest_tell(struct guest *guest, const char *where)
{
    fprintf(guest->commands, "clocks %s\n", where);
    fflush(guest->commands);
}

void guest_tell_sleep(struct guest *guest, const char *where, int64_t timeout_ns)
{
    fprintf(guest->commands, "sleep %s %" PRId64 " %d\n", where, timeout_ns, guest->polled[0]);
    fflush(guest->commands);
}

bool guest_answers(const struct guest *guest, int milliseconds)
{
    struct pollfd polled = {.fd = guest->answers_fd, .events = POLLIN};
    return poll(&polled, 1, milliseconds) == 1;
}

// Its lines are short: each comes as one piece.
static void hear(struct guest *guest, char *line, size_t size)
{
    assert_true(guest_answers(guest, PATIENCE_MS));
    ssize_t got = read(guest->answers_fd, line, size - 1);
    assert_true(got > 0);
    line[got] = '\0';
}

struct clocks guest_hear_clocks(struct guest *guest)
{
    char line[256];
    struct clocks clocks;
    hear(guest, line, sizeof line);
    assert_int_equal(sscanf(line, "%lld %lld %lld %lld", &clocks.monotonic, &clocks.realtime,
                            &clocks.raw, &clocks.boottime),
                     4);
    return clocks;
}

struct slept guest_hear_slept(struct guest *guest)
{
    char line[256];
    struct slept slept;
    hear(guest, line, sizeof line);
    assert_int_equal(sscanf(line, "%d %d %lld", &slept.ready, &slept.revents, &slept.took), 3);
    return slept;
}

void guest_wake(struct guest *guest)
{
    uint64_t one = 1;
    assert_int_equal(write(guest->wake_fd, &one, sizeof one), sizeof one);
}

bool guest_falls_asleep(struct guest *guest)
{
    uint64_t count;
    struct pollfd polled = {.fd = guest->asleep_fd, .events = POLLIN};
    return poll(&polled, 1, PATIENCE_MS) == 1 &&
           read(guest->asleep_fd, &count, sizeof count) == sizeof count && count == 1;
}
