// SPDX-License-Identifier: GPL-2.0-or-later
// What the verifier must cope with instead of a QEMU: speaks just enough of its monitor's language
// to misbehave as FAKE_QEMU says. It counts no request as done, so at its best ("obey") it is a
// QEMU that decides otherwise than the simulator.
//
// Sleeps in ppoll, as QEMU's main loop does, so that its clock can be taken over.
#define _GNU_SOURCE // ppoll
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

static int monitor_fd = -1;

static void sleep_forever(void)
{
    for (;;)
        pause();
}

static void say(const char *text)
{
    if (send(monitor_fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        sleep_forever();
}

static void nap(void)
{
    struct timespec pause = {.tv_nsec = 100000000};
    nanosleep(&pause, NULL);
}

// The name is that of the scenario's only member, behind the only group, in the verifier's words.
static void say_counts(int reads, int total_ns)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"return\": [{\"device\": \"n1\", \"stats\": {\"rd_operations\": %d, "
             "\"wr_operations\": 0, \"rd_total_time_ns\": %d, \"wr_total_time_ns\": 0, "
             "\"wr_highest_offset\": 0}}]}\r\n",
             reads, total_ns);
    say(text);
}

static void answer(const char *command)
{
    if (strstr(command, "query-blockstats") != NULL)
        say_counts(0, 0);
    else if (strstr(command, "human-monitor-command") != NULL)
        say("{\"return\": \"\"}\r\n");
    else
        say("{\"return\": {}}\r\n");
}

// ---- What goes wrong ----

static void fail(const char *command)
{
    (void)command;
    fputs("fake: no such machine\nand more\n", stderr);
    exit(3);
}

static void die(const char *command)
{
    (void)command;
    raise(SIGTERM);
}

static void fall_silent(const char *command)
{
    (void)command;
    sleep_forever();
}

static void freeze(const char *command)
{
    answer(command);
    sleep_forever();
}

static void hang_up(const char *command)
{
    (void)command;
    close(monitor_fd);
    sleep_forever();
}

// What it leaves behind lives on in its process group, without the monitor.
static void leave_child(const char *command)
{
    (void)command;
    if (fork() == 0) {
        close(monitor_fd);
        sleep_forever();
    }
    exit(4);
}

static void talk_garbage(const char *command)
{
    (void)command;
    say("\033[31m\001\377 {{{ 220 ready\r\n");
}

static void talk_otherwise(const char *command)
{
    (void)command;
    say("{\"hello\": \"world\"}\r\n");
}

static void greet_wrongly(const char *command)
{
    (void)command;
    say("{\"QMP\": {\"version\": {\"qemu\": {\"micro\": \"a\", \"minor\": [], \"major\": {}}}}}\n");
}

static void refuse(const char *command)
{
    (void)command;
    say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"not\\ntoday\"}}\r\n");
}

static void refuse_wrongly(const char *command)
{
    (void)command;
    say("{\"error\": 5}\r\n");
}

static void answer_number(const char *command)
{
    (void)command;
    say("{\"return\": 5}\r\n");
}

static void answer_text(const char *command)
{
    (void)command;
    say("{\"return\": \"no such disk\\r\\n\"}\r\n");
}

static void talk_without_end(const char *command)
{
    static char much[MIB + 1];
    (void)command;
    memset(much, 'x', MIB);
    for (;;)
        say(much);
}

// Little by little: never silent for long, but never done either.
static void trickle(const char *command)
{
    (void)command;
    for (;; nap())
        say("x");
}

static void send_events(const char *command)
{
    (void)command;
    for (;; nap())
        say("{\"event\": \"RESUME\"}\r\n");
}

// More on standard error than anybody wants to keep. The monitor tells how much was taken.
static void flood_output(const char *command)
{
    static char much[MIB];
    (void)command;
    size_t taken = 0;
    memset(much, 'x', sizeof much);
    for (int i = 0; i < 80; i++) {
        ssize_t written = write(STDERR_FILENO, much, sizeof much);
        taken += written > 0 ? (size_t)written : 0;
    }
    say(taken < 64 * MIB ? "only some was taken\n" : "all was taken\n");
}

// As many have left as should, but one of them a nanosecond late.
static void mistime(const char *command)
{
    (void)command;
    say_counts(1, 1);
}

struct mode {
    const char *name;
    const char *at; // goes wrong at the command with this in it; NULL: instead of the greeting
    void (*act)(const char *command);
};

static const struct mode modes[] = {
    {"fail", NULL, fail},
    {"mute", NULL, fall_silent},
    {"garbage", NULL, talk_garbage},
    {"otherwise", NULL, talk_otherwise},
    {"wrongly", NULL, greet_wrongly},
    {"flood", NULL, flood_output},
    {"endless-greeting", NULL, talk_without_end},
    {"hang-up-greeting", NULL, hang_up},
    {"refuse-all", "qmp_capabilities", refuse},
    {"no-sleep", "query-name", freeze},
    {"refuse", "qom-set", refuse},
    {"refuse-wrongly", "qom-set", refuse_wrongly},
    {"answer-otherwise", "qom-set", talk_otherwise},
    {"answer-number", "qemu-io", answer_number},
    {"answer-text", "qemu-io", answer_text},
    {"hang-up", "qemu-io", hang_up},
    {"leave-child", "qemu-io", leave_child},
    {"die", "qemu-io", die},
    {"mute-later", "qemu-io", fall_silent},
    {"endless", "qemu-io", talk_without_end},
    {"trickle", "qemu-io", trickle},
    {"events", "qemu-io", send_events},
    {"miscount", "query-blockstats", answer_text},
    {"freeze", "query-blockstats", freeze},
    {"mistime", "query-blockstats", mistime},
    {"obey", "what is never asked", refuse},
};

// "MODE", or "MODE@COMMAND": at that command.
static struct mode find_mode(void)
{
    const char *name = getenv("FAKE_QEMU");
    size_t length = name == NULL ? 0 : strcspn(name, "@");
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct mode mode = modes[i];
        if (strlen(mode.name) != length || strncmp(mode.name, name, length) != 0)
            continue;
        if (name[length] == '@')
            mode.at = name + length + 1;
        return mode;
    }
    fputs("fake: no such mode\n", stderr);
    exit(9);
}

// ---- Commands ----

// The verifier sends one command at a time, which fits into a line.
static void obey(const struct mode *mode)
{
    char command[65536];
    size_t used = 0;
    for (;;) {
        struct pollfd polled = {.fd = monitor_fd, .events = POLLIN};
        if (ppoll(&polled, 1, NULL, NULL) < 1 || polled.revents == 0)
            continue;
        ssize_t got = recv(monitor_fd, command + used, sizeof command - 1 - used, 0);
        if (got <= 0)
            exit(0);
        used += (size_t)got;
        command[used] = '\0';
        if (strchr(command, '\n') == NULL)
            continue;
        used = 0;
        (strstr(command, mode->at) == NULL ? answer : mode->act)(command);
    }
}

int main(int argc, char **argv)
{
    struct mode mode = find_mode();
    for (int i = 1; i < argc; i++)
        sscanf(argv[i], "socket,id=monitor,fd=%d", &monitor_fd);
    if (mode.at == NULL) {
        mode.act("");
        sleep_forever();
    }
    say("{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 0, \"major\": 99}, "
        "\"package\": \"\"}, \"capabilities\": []}}\r\n");
    obey(&mode);
    return 0;
}
