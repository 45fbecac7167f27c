// SPDX-License-Identifier: GPL-2.0-or-later
// Runs shell commands in turn, several rounds, and tells what each took as a whole process: CPU
// time (user + system, as the kernel counts them), peak memory, and how long it ran.
//
// usage: bench_compare ROUNDS < COMMANDS
//
// A line of COMMANDS is a name, a blank, and a command. In each round each is run once, so that
// what else the machine does meets all alike. Prints a line for each: its name, the least CPU
// seconds, the least peak memory, in MB, and the fewest seconds.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 100

struct command {
    char name[32];
    char *text;
    double cpu_s;
    double memory_mb;
    double wall_s;
};

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double least(double so_far, double value, int is_first)
{
    return is_first || value < so_far ? value : so_far;
}

static void run(struct command *command, int is_first)
{
    struct rusage usage;
    struct timespec begin, end;
    int status;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command->text, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
        fprintf(stderr, "failed: %s\n", command->text);
        exit(2);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double wall_s =
        (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    double cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    command->cpu_s = least(command->cpu_s, cpu_s, is_first);
    command->memory_mb = least(command->memory_mb, (double)usage.ru_maxrss / 1024, is_first);
    command->wall_s = least(command->wall_s, wall_s, is_first);
}

static size_t read_commands(struct command *commands)
{
    char *line = NULL;
    size_t size = 0, count = 0;
    while (count < COMMANDS_MAX && getline(&line, &size, stdin) > 0) {
        struct command *command = &commands[count];
        int at = 0;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%31s %n", command->name, &at) != 1)
            continue;
        command->text = strdup(line + at);
        count += command->text != NULL;
    }
    free(line);
    return count;
}

int main(int argc, char **argv)
{
    static struct command commands[COMMANDS_MAX];
    unsigned long rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    if (rounds < 1) {
        fprintf(stderr, "usage: %s ROUNDS < COMMANDS\n", argv[0]);
        return 2;
    }
    size_t count = read_commands(commands);
    for (unsigned long round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++)
            run(&commands[i], round == 0);
    }
    for (size_t i = 0; i < count; i++) {
        printf("%s %.4f %.2f %.4f\n", commands[i].name, commands[i].cpu_s, commands[i].memory_mb,
               commands[i].wall_s);
        free(commands[i].text);
    }
    return 0;
}
