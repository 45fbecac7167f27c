// SPDX-License-Identifier: GPL-2.0-or-later
// Preloaded into QEMU by the verifier: its main loop's clock is the one in the shared page, and it
// sleeps until it is woken, not until time has passed.
//
// Two functions of libc are replaced, in one thread of one process (clock_page.h); all else goes
// through. A sleep of no length is a look at the file descriptors and goes through as well: only
// when nothing is left to do now does a main loop sleep, so "asleep" means that all that was due
// at `now_ns` has been done.
//
// What goes through asks the kernel itself, and nothing younger than glibc 2.14 is called: so the
// library can be loaded by a QEMU that brings the libc of another system.
#define _GNU_SOURCE // ppoll, syscall
#include "sim/verify/qemu/clock_page.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define POLLED_MAX 4096
#define KERNEL_SIGNALS_SIZE 8 // of a set of signals, as the kernel has it

static struct clock_page *page; // NULL: not for us
static int wake_fd, asleep_fd;
static int32_t own_pid;

// "12,13": the number, and behind the comma. False: there is none.
static bool take_number(const char **text, int *number)
{
    const char *first = *text;
    for (*number = 0; **text >= '0' && **text <= '9' && *number < 1000000; ++*text)
        *number = 10 * *number + (**text - '0');
    bool is_one = *text > first;
    *text += **text == ',';
    return is_one;
}

static void leave_child_alone(void)
{
    page = NULL;
}

__attribute__((constructor)) static void find_page(void)
{
    int page_fd;
    const char *numbers = getenv(CLOCK_ENVIRONMENT);
    if (numbers == NULL || !take_number(&numbers, &page_fd) || !take_number(&numbers, &wake_fd) ||
        !take_number(&numbers, &asleep_fd))
        return;
    own_pid = (int32_t)getpid();
    void *memory = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0);
    if (memory != MAP_FAILED && pthread_atfork(NULL, NULL, leave_child_alone) == 0)
        page = memory;
}

// The first thread of a process has the process's number. Asked once a thread: QEMU asks for the
// time without end.
static bool is_first_thread(void)
{
    static _Thread_local enum { UNKNOWN, FIRST, OTHER } which;
    if (which == UNKNOWN)
        which = syscall(SYS_gettid) == own_pid ? FIRST : OTHER;
    return which == FIRST;
}

static bool is_controlled(void)
{
    return page != NULL && is_first_thread() && atomic_load(&page->pid) == own_pid;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    if (clock != CLOCK_MONOTONIC || !is_controlled())
        return (int)syscall(SYS_clock_gettime, clock, time);
    int64_t now_ns = atomic_load(&page->now_ns);
    time->tv_sec = (time_t)(now_ns / 1000000000);
    time->tv_nsec = (long)(now_ns % 1000000000);
    return 0;
}

// The kernel changes the time that it is given; libc's function does not.
static int really_ppoll(struct pollfd *polled, nfds_t count, const struct timespec *timeout,
                        const sigset_t *signals)
{
    struct timespec left = timeout == NULL ? (struct timespec){0} : *timeout;
    return (int)syscall(SYS_ppoll, polled, count, timeout == NULL ? NULL : &left, signals,
                        KERNEL_SIGNALS_SIZE);
}

static bool is_look(const struct timespec *timeout)
{
    return timeout != NULL && timeout->tv_sec == 0 && timeout->tv_nsec == 0;
}

static void tell_asleep(const struct timespec *timeout)
{
    static const uint64_t one = 1;
    int64_t timeout_ns = CLOCK_FOR_EVER;
    if (timeout != NULL)
        timeout_ns = (int64_t)timeout->tv_sec * 1000000000 + timeout->tv_nsec;
    atomic_store(&page->timeout_ns, timeout_ns);
    atomic_store(&page->asleep, 1);
    if (write(asleep_fd, &one, sizeof one) < 0)
        abort(); // the verifier would wait in vain
}

// Sleeps until something happens to the given descriptors, or the verifier wakes it, which looks to
// the caller as if the time had passed.
static int sleep_until_woken(struct pollfd *polled, nfds_t count, const sigset_t *signals)
{
    static struct pollfd all[POLLED_MAX + 1];
    uint64_t ignored;
    memcpy(all, polled, count * sizeof *polled);
    all[count] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
    int ready = really_ppoll(all, count + 1, NULL, signals);
    atomic_store(&page->asleep, 0);
    memcpy(polled, all, count * sizeof *polled);
    if (ready > 0 && all[count].revents != 0) {
        ready--;
        if (read(wake_fd, &ignored, sizeof ignored) < 0)
            abort();
    }
    atomic_store(&page->seen, atomic_load(&page->set));
    return ready;
}

int ppoll(struct pollfd *polled, nfds_t count, const struct timespec *timeout,
          const sigset_t *signals)
{
    static const struct timespec none;
    if (!is_controlled() || is_look(timeout) || count > POLLED_MAX)
        return really_ppoll(polled, count, timeout, signals);
    // What was sent before the clock was set, and has not been looked at since, is no reason to
    // sleep.
    int ready = really_ppoll(polled, count, &none, signals);
    if (ready != 0)
        return ready;
    tell_asleep(timeout);
    return sleep_until_woken(polled, count, signals);
}
