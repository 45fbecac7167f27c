// SPDX-License-Identifier: GPL-2.0-or-later
// Preloaded into QEMU by the verifier: its main loop's clock is the one in the shared page, and it
// sleeps until it is woken, not until time has passed.
//
// Two functions of libc are replaced, in one thread of one process (clock_page.h); all else goes
// through. A sleep of no length is a look at the file descriptors and goes through as well: only
// when nothing is left to do now does a main loop sleep, so "asleep" means that all that was due
// at `now_ns` has been done.
#define _GNU_SOURCE // RTLD_NEXT, gettid, ppoll
#include "sim/verify/qemu/clock_page.h"

#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define POLLED_MAX 4096

static struct clock_page *page; // NULL: not for us
static int wake_fd, asleep_fd;

static int (*next_clock_gettime)(clockid_t, struct timespec *);
static int (*next_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

static void find_next(const char *name, void *function_pointer)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    if (symbol == NULL)
        abort(); // no libc that this could be run with
    memcpy(function_pointer, &symbol, sizeof symbol);
}

__attribute__((constructor)) static void find_page(void)
{
    int page_fd;
    const char *numbers = getenv(CLOCK_ENVIRONMENT);
    if (numbers == NULL || sscanf(numbers, "%d,%d,%d", &page_fd, &wake_fd, &asleep_fd) != 3)
        return;
    void *memory = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0);
    if (memory != MAP_FAILED)
        page = memory;
}

// The first thread of a process has the process's number.
static bool is_controlled(void)
{
    return page != NULL && atomic_load(&page->pid) == getpid() && gettid() == getpid();
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    if (clock == CLOCK_MONOTONIC && is_controlled()) {
        int64_t now_ns = atomic_load(&page->now_ns);
        time->tv_sec = (time_t)(now_ns / 1000000000);
        time->tv_nsec = (long)(now_ns % 1000000000);
        return 0;
    }
    if (next_clock_gettime == NULL)
        find_next("clock_gettime", &next_clock_gettime);
    return next_clock_gettime(clock, time);
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
    int ready = next_ppoll(all, count + 1, NULL, signals);
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
    if (next_ppoll == NULL)
        find_next("ppoll", &next_ppoll);
    if (!is_controlled() || is_look(timeout) || count > POLLED_MAX)
        return next_ppoll(polled, count, timeout, signals);
    tell_asleep(timeout);
    return sleep_until_woken(polled, count, signals);
}
