// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of the preloaded library preload it into: a program that does as it is told by
// lines on standard input, and answers each by one on standard output.
//
//   clocks WHERE                what the four clocks say, in ns
//   sleep WHERE TIMEOUT_NS FD   ppoll on a descriptor, -1 for ever: its result, the descriptor's
//                               revents, and how long it took
//
// WHERE is first (thread), thread (another), child (forked) or program (started by it).
#define _GNU_SOURCE // ppoll
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t read_clock_ns(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        return -1;
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void tell_clocks(void)
{
    static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_MONOTONIC_RAW,
                                       CLOCK_BOOTTIME};
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++)
        printf("%lld ", (long long)read_clock_ns(clocks[i]));
    putchar('\n');
}

static void tell_sleep(int64_t timeout_ns, int fd)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    struct timespec timeout = {.tv_sec = timeout_ns / 1000000000,
                               .tv_nsec = timeout_ns % 1000000000};
    int64_t from_ns = read_clock_ns(CLOCK_MONOTONIC_RAW);
    int ready = ppoll(&polled, 1, timeout_ns < 0 ? NULL : &timeout, NULL);
    if (ready < 0)
        ready = -errno;
    printf("%d %d %lld\n", ready, polled.revents,
           (long long)(read_clock_ns(CLOCK_MONOTONIC_RAW) - from_ns));
}

static void obey_here(const char *command)
{
    long long timeout_ns;
    int fd;
    if (sscanf(command, "sleep %*s %lld %d", &timeout_ns, &fd) == 2)
        tell_sleep(timeout_ns, fd);
    else
        tell_clocks();
    fflush(stdout);
}

static void *obey_in_thread(void *command)
{
    obey_here(command);
    return NULL;
}

static void obey(char *command)
{
    pthread_t thread;
    char name[] = "clock_guest";
    if (strstr(command, " thread") != NULL) {
        if (pthread_create(&thread, NULL, obey_in_thread, command) == 0)
            pthread_join(thread, NULL);
        return;
    }
    if (strstr(command, " first") != NULL) {
        obey_here(command);
        return;
    }
    pid_t pid = fork();
    if (pid == 0 && strstr(command, " program") != NULL)
        execl("/proc/self/exe", name, command, (char *)NULL);
    if (pid == 0) {
        obey_here(command);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void on_signal(int signal_number)
{
    (void)signal_number;
}

int main(int argc, char **argv)
{
    char line[128];
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    if (argc > 1)
        obey_here(argv[1]);
    else
        while (fgets(line, sizeof line, stdin) != NULL)
            obey(line);
    return 0;
}
