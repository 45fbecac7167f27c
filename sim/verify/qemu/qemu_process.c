// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE // memfd_create
#include "sim/verify/qemu/qemu_process.h"

#include "sim/verify/qemu/qemu_clock_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)1 << 16) // more of what it prints is refused

// What the child is to know.
struct child {
    const struct qemu *qemu;
    int library_fd;
    pid_t parent;
};

static int memory_file(const char *name, const void *bytes, size_t size)
{
    int fd = memfd_create(name, MFD_ALLOW_SEALING);
    if (fd >= 0 && (ftruncate(fd, (off_t)size) != 0 ||
                    (bytes != NULL && pwrite(fd, bytes, size, 0) != (ssize_t)size))) {
        close(fd);
        return -1;
    }
    return fd;
}

bool qemu_process_prepare(struct qemu *qemu)
{
    qemu->page_fd = memory_file("throttlesim-clock", NULL, sizeof *qemu->page);
    qemu->wake_fd = eventfd(0, 0);
    qemu->asleep_fd = eventfd(0, EFD_NONBLOCK);
    qemu->output_fd = memory_file("throttlesim-qemu", NULL, OUTPUT_MAX);
    if (qemu->page_fd < 0 || qemu->wake_fd < 0 || qemu->asleep_fd < 0 || qemu->output_fd < 0)
        return false;
    if (fcntl(qemu->output_fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0)
        return false;
    void *page =
        mmap(NULL, sizeof *qemu->page, PROT_READ | PROT_WRITE, MAP_SHARED, qemu->page_fd, 0);
    qemu->page = page == MAP_FAILED ? NULL : page;
    return qemu->page != NULL;
}

static void set_environment(const struct child *child)
{
    char numbers[64], library[4096];
    const char *others = getenv("LD_PRELOAD");
    snprintf(numbers, sizeof numbers, "%d,%d,%d", child->qemu->page_fd, child->qemu->wake_fd,
             child->qemu->asleep_fd);
    snprintf(library, sizeof library, "/proc/self/fd/%d%s%s", child->library_fd,
             others == NULL ? "" : ":", others == NULL ? "" : others);
    setenv(CLOCK_ENVIRONMENT, numbers, 1);
    setenv("LD_PRELOAD", library, 1);
}

// In the child. Its own process group: the terminal's Ctrl-C is the verifier's to handle.
static void become_qemu(const struct child *child, const char *path, char *const *arguments)
{
    int null_fd = open("/dev/null", O_RDWR);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != child->parent) // it died before
        _exit(1);
    setpgid(0, 0);
    dup2(null_fd, STDIN_FILENO);
    dup2(child->qemu->output_fd, STDOUT_FILENO);
    dup2(child->qemu->output_fd, STDERR_FILENO);
    set_environment(child);
    execvp(path, arguments);
    dprintf(STDERR_FILENO, "%s: %s; %s", path, strerror(errno),
            errno == E2BIG ? "there are too many groups and members"
                           : "install it (Debian: qemu-system-x86) or name one with --qemu PATH");
    _exit(QEMU_NOT_RUN);
}

// All arguments, to be freed; only the monitor's are filled in later.
static char **all_arguments(const char *path, const char *chardev, char *const *arguments)
{
    const char *const ours[] = {path,
                                "-M",
                                "none",
                                "-accel",
                                "tcg",
                                "-nodefaults",
                                "-display",
                                "none",
                                "-S",
                                "-chardev",
                                chardev,
                                "-mon",
                                "chardev=monitor,mode=control"};
    size_t count = 0, first = sizeof ours / sizeof ours[0];
    while (arguments[count] != NULL)
        count++;
    char **all = malloc((first + count + 1) * sizeof *all);
    if (all == NULL)
        return NULL;
    memcpy(all, ours, sizeof ours);
    memcpy(all + first, arguments, (count + 1) * sizeof *all);
    return all;
}

static bool spawn(struct qemu *qemu, const char *path, char *const *arguments, int socket_fd,
                  int library_fd, struct sim_error *error)
{
    char chardev[64];
    snprintf(chardev, sizeof chardev, "socket,id=monitor,fd=%d", socket_fd);
    char **all = all_arguments(path, chardev, arguments);
    if (all == NULL)
        return sim_fail_memory(error);
    struct child child = {qemu, library_fd, getpid()};
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become_qemu(&child, path, all);
    free(all);
    if (pid < 0)
        return sim_fail(error, SIM_FAILED, "cannot start QEMU: %s", strerror(errno));
    qemu->pid = pid;
    return true;
}

bool qemu_process_start(struct qemu *qemu, const char *path, char *const *arguments,
                        struct sim_error *error)
{
    int ends[2];
    int library_fd = memory_file("throttlesim-clock.so", qemu_clock_bytes, qemu_clock_bytes_size);
    if (library_fd < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
        if (library_fd >= 0)
            close(library_fd);
        return sim_fail(error, SIM_FAILED, "cannot start QEMU: %s", strerror(errno));
    }
    qemu->qmp.fd = ends[0];
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    bool ok = spawn(qemu, path, arguments, ends[1], library_fd, error);
    close(ends[1]);
    close(library_fd);
    return ok;
}
