// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE // memfd_create
#include "sim/verify/qemu/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QEMU_NOT_RUN 127 // exit code of a child that could not become QEMU, as in shells
#define OUTPUT_MAX ((size_t)1 << 16) // more of what it prints is refused

// What the child is to know.
struct child {
    const struct qemu *qemu;
    int socket_fd;
    int library_fd;
    pid_t parent;
};

static int memory_file(const char *name, const void *bytes, size_t size)
{
    int fd = memfd_create(name, MFD_ALLOW_SEALING | MFD_CLOEXEC);
    if (fd >= 0 && (ftruncate(fd, (off_t)size) != 0 ||
                    (bytes != NULL && pwrite(fd, bytes, size, 0) != (ssize_t)size))) {
        close(fd);
        return -1;
    }
    return fd;
}

// Makes the page, the event descriptors and the file for what it prints. False: errno says why.
static bool prepare(struct qemu *qemu)
{
    qemu->page_fd = memory_file("throttlesim-clock", NULL, sizeof *qemu->page);
    qemu->wake_fd = eventfd(0, EFD_CLOEXEC);
    qemu->asleep_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    qemu->qmp.others_fd = epoll_create1(EPOLL_CLOEXEC);
    qemu->output_fd = memory_file("throttlesim-qemu", NULL, OUTPUT_MAX);
    if (qemu->qmp.others_fd < 0 || qemu->page_fd < 0 || qemu->wake_fd < 0 || qemu->asleep_fd < 0 ||
        qemu->output_fd < 0)
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

// What this QEMU is to have: other threads may be starting theirs.
static void keep_open(const struct child *child)
{
    fcntl(child->socket_fd, F_SETFD, 0);
    fcntl(child->library_fd, F_SETFD, 0);
    fcntl(child->qemu->page_fd, F_SETFD, 0);
    fcntl(child->qemu->wake_fd, F_SETFD, 0);
    fcntl(child->qemu->asleep_fd, F_SETFD, 0);
}

// In the child. Its own process group: the terminal's Ctrl-C is the verifier's to handle.
static void become_qemu(const struct child *child, const char *path, char *const *arguments)
{
    int null_fd = open("/dev/null", O_RDWR);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); // a thread of jobs has none of them
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != child->parent) // it died before
        _exit(1);
    setpgid(0, 0);
    dup2(null_fd, STDIN_FILENO);
    dup2(child->qemu->output_fd, STDOUT_FILENO);
    dup2(child->qemu->output_fd, STDERR_FILENO);
    keep_open(child);
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

// ["-M", "none", ...]
static void note_arguments(FILE *transcript, char *const *arguments)
{
    json_t *array = transcript == NULL ? NULL : json_array();
    for (size_t i = 1; array != NULL && arguments[i] != NULL; i++)
        json_array_append_new(array, json_string(arguments[i]));
    if (array != NULL) {
        fputs("start ", transcript);
        json_dumpf(array, transcript, 0);
        putc('\n', transcript);
    }
    json_decref(array);
}

static bool spawn(struct qemu *qemu, const char *path, char *const *arguments, int socket_fd,
                  int library_fd, struct sim_error *error)
{
    char chardev[64];
    snprintf(chardev, sizeof chardev, "socket,id=monitor,fd=%d", socket_fd);
    char **all = all_arguments(path, chardev, arguments);
    if (all == NULL)
        return sim_fail_memory(error);
    note_arguments(qemu->transcript, all);
    struct child child = {qemu, socket_fd, library_fd, getpid()};
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

// Starts it, with the monitor on a socket without a name.
static bool start_process(struct qemu *qemu, const char *path, char *const *arguments,
                          struct sim_error *error)
{
    int ends[2];
    int library_fd = memory_file("throttlesim-clock.so", qemu_clock_bytes, qemu_clock_bytes_size);
    if (library_fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        if (library_fd >= 0)
            close(library_fd);
        return sim_fail(error, SIM_FAILED, "cannot start QEMU: %s", strerror(errno));
    }
    qemu->qmp.fd = ends[0];
    bool ok = spawn(qemu, path, arguments, ends[1], library_fd, error);
    close(ends[1]);
    close(library_fd);
    return ok;
}

// ---- What it says when it fails ----

// The first line that it printed, which says why it ended.
static void read_output(const struct qemu *qemu, char *line, size_t size)
{
    ssize_t got = pread(qemu->output_fd, line, size - 1, 0);
    line[got < 0 ? 0 : got] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
}

// Kills what still lives of it. Its group before its number is given back: with the last of both,
// the number could become another's.
static int end_process(struct qemu *qemu)
{
    int status = 0;
    kill(-qemu->pid, SIGKILL);
    kill(qemu->pid, SIGKILL); // if it has not come as far as having a group
    waitpid(qemu->pid, &status, 0);
    qemu->pid = 0;
    return status;
}

// The socket's end comes before the process's.
static bool has_ended(const struct qemu *qemu)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    for (int i = 0; i < 20; i++) {
        siginfo_t ended = {.si_pid = 0};
        if (waitid(P_PID, (id_t)qemu->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid == qemu->pid)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

// If it has ended, the error says how: its exit code, its words.
static bool explain_end(struct qemu *qemu, struct sim_error *error)
{
    char said[512], how[64];
    if (qemu->pid == 0 || !has_ended(qemu))
        return false;
    int status = end_process(qemu);
    read_output(qemu, said, sizeof said);
    if (WIFEXITED(status) && WEXITSTATUS(status) == QEMU_NOT_RUN)
        return sim_fail(error, SIM_FAILED, "cannot run QEMU: %s", said);
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof how, "exit code %d", WEXITSTATUS(status));
    return sim_fail(error, SIM_FAILED, "QEMU has ended with %s%s%s", how,
                    said[0] == '\0' ? "" : ": ", said);
}

bool qemu_after(struct qemu *qemu, bool ok, struct sim_error *error)
{
    if (!ok && qemu->qmp.is_closed)
        explain_end(qemu, error);
    return ok;
}

// ---- The clock ----

// It is awake before it has seen the clock, so in this order: asked the other way round, it could
// be a sleep before that.
static bool is_settled(const struct qemu *qemu)
{
    return atomic_load(&qemu->page->seen) == atomic_load(&qemu->page->set) &&
           atomic_load(&qemu->page->asleep) == 1;
}

// Waits until the main loop sleeps, having seen the clock.
static bool settle(struct qemu *qemu, struct sim_error *error)
{
    qmp_be_patient(&qemu->qmp);
    while (!is_settled(qemu)) {
        uint64_t ignored;
        if (!qemu_after(qemu, qmp_wait(&qemu->qmp, qemu->asleep_fd, error), error))
            return false;
        if (read(qemu->asleep_fd, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
            return sim_fail(error, SIM_FAILED, "waiting for QEMU: %s", strerror(errno));
    }
    return true;
}

bool qemu_settle(struct qemu *qemu, struct sim_error *error)
{
    static const uint64_t one = 1;
    atomic_fetch_add(&qemu->page->set, 1);
    if (write(qemu->wake_fd, &one, sizeof one) < 0)
        return sim_fail(error, SIM_FAILED, "cannot wake QEMU: %s", strerror(errno));
    return settle(qemu, error);
}

bool qemu_set_clock(struct qemu *qemu, int64_t now_ns, struct sim_error *error)
{
    if (qemu->transcript != NULL)
        fprintf(qemu->transcript, "clock %" PRId64 "\n", now_ns);
    atomic_store(&qemu->page->now_ns, qemu->base_ns + now_ns);
    return qemu_settle(qemu, error);
}

// From here on the clock is ours. It goes on from what it was, so that it never goes back.
static bool take_clock(struct qemu *qemu, const struct qemu_config *config, struct sim_error *error)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    qemu->base_ns = ((int64_t)now.tv_sec + 1) * 1000000000;
    atomic_store(&qemu->page->now_ns, qemu->base_ns);
    atomic_store(&qemu->page->pid, qemu->pid);
    // It may sleep under its own clock still: a command wakes it.
    if (!qemu_after(qemu, qmp_execute(&qemu->qmp, "query-name", NULL, NULL, error), error))
        return false;
    if (settle(qemu, error))
        return qemu_set_clock(qemu, 0, error);
    if (*config->stop != 0 || qemu->qmp.is_closed || atomic_load(&qemu->page->asleep) == 1)
        return false;
    return sim_fail(error, SIM_FAILED,
                    "%s runs, but its clock cannot be taken over: it must be linked dynamically "
                    "and, if started by a script, with exec",
                    config->path);
}

// ---- From outside ----

bool qemu_start(struct qemu *qemu, const struct qemu_config *config, char *const *arguments,
                struct sim_error *error)
{
    *qemu = (struct qemu){
        .qmp = {.fd = -1,
                .others_fd = -1,
                .patience_ns = config->patience_ns,
                .stop = config->stop},
        .page_fd = -1,
        .wake_fd = -1,
        .asleep_fd = -1,
        .output_fd = -1,
        .transcript = config->transcript,
    };
    if (!prepare(qemu))
        return sim_fail(error, SIM_FAILED, "cannot start QEMU: %s", strerror(errno));
    if (!start_process(qemu, config->path, arguments, error))
        return false;
    bool ok = qmp_open(&qemu->qmp, &qemu->version, error);
    return qemu_after(qemu, ok, error) && take_clock(qemu, config, error);
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void qemu_stop(struct qemu *qemu)
{
    if (qemu->pid > 0)
        end_process(qemu);
    qmp_close(&qemu->qmp);
    if (qemu->page != NULL)
        munmap(qemu->page, sizeof *qemu->page);
    close_fd(qemu->qmp.fd);
    close_fd(qemu->page_fd);
    close_fd(qemu->wake_fd);
    close_fd(qemu->asleep_fd);
    close_fd(qemu->output_fd);
    close_fd(qemu->qmp.others_fd);
    *qemu = (struct qemu){.qmp.fd = -1,
                          .qmp.others_fd = -1,
                          .page_fd = -1,
                          .wake_fd = -1,
                          .asleep_fd = -1,
                          .output_fd = -1};
}
