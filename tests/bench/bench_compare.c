// SPDX-License-Identifier: GPL-2.0-or-later
// Runs two shell commands in turn and compares their CPU times (user + system, as the kernel counts
// them) and peak memory.
//
// usage: bench_compare ROUNDS RATIO MEMORY_MB 'A' 'B'
//
// Prints the figures; exit 1 if the median of B / A, round by round, is below RATIO, or if A ever
// took more than MEMORY_MB.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MAX 100

struct usage {
    double cpu_s;
    double memory_mb;
};

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static struct usage run(const char *command)
{
    struct rusage usage;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
        fprintf(stderr, "failed: %s\n", command);
        exit(2);
    }
    return (struct usage){
        .cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime),
        .memory_mb = (double)usage.ru_maxrss / 1024,
    };
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    size_t rounds = argc == 6 ? strtoul(argv[1], NULL, 10) : 0;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: %s ROUNDS RATIO MEMORY_MB 'COMMAND A' 'COMMAND B'\n", argv[0]);
        return 2;
    }
    double a_s[ROUNDS_MAX], b_s[ROUNDS_MAX], ratios[ROUNDS_MAX], memory_mb = 0;
    for (size_t i = 0; i < rounds; i++) {
        struct usage a = run(argv[4]), b = run(argv[5]);
        a_s[i] = a.cpu_s;
        b_s[i] = b.cpu_s;
        ratios[i] = b.cpu_s / a.cpu_s;
        memory_mb = a.memory_mb > memory_mb ? a.memory_mb : memory_mb;
        printf("round %zu: %.3f s, %.3f s, %.1f times\n", i + 1, a.cpu_s, b.cpu_s, ratios[i]);
        fflush(stdout);
    }
    double ratio = median(ratios, rounds);
    printf("A: %s\nB: %s\n", argv[4], argv[5]);
    double wanted = atof(argv[2]), wanted_mb = atof(argv[3]);
    printf("CPU time, median of %zu: A %.3f s, B %.3f s; B / A %.1f", rounds, median(a_s, rounds),
           median(b_s, rounds), ratio);
    if (wanted > 0)
        printf(" (wanted: at least %.1f)", wanted);
    printf("\npeak memory of A: %.1f MB (wanted: under %.0f)\n", memory_mb, wanted_mb);
    return ratio < wanted || memory_mb >= wanted_mb;
}
