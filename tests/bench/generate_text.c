// SPDX-License-Identifier: GPL-2.0-or-later
// Writes a trace as text to standard output: msr, biosnoop, or csv, the native one.
//
// usage: bench_generate_text FORMAT REQUESTS [VOLUMES]
//
// Two volumes, or so many, sizes of 512 bytes to 64 KiB, latencies of up to 10 ms. Seeded, so
// always the same bytes.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// SplitMix64.
static uint64_t draw(uint64_t below)
{
    static uint64_t state = 1;
    uint64_t value = state += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return (value ^ value >> 31) % below;
}

enum format { MSR, BIOSNOOP, CSV, FORMAT_COUNT };

static void put_row(enum format format, uint64_t ticks, unsigned disk)
{
    static const unsigned sizes[] = {4096, 8192, 65536, 512};
    uint64_t offset = draw(UINT64_C(1) << 25) * 4096;
    unsigned size = sizes[draw(4)];
    uint64_t latency = draw(100000);
    int write = draw(10) < 6;
    switch (format) {
    case MSR:
        printf("%" PRIu64 ",usr,%u,%s,%" PRIu64 ",%u,%" PRIu64 "\n",
               UINT64_C(128166372003061629) + ticks, disk, write ? "Write" : "Read", offset, size,
               latency);
        break;
    case BIOSNOOP:
        printf("%-11.6f %-14s %-6d vd%-4u %c %-10" PRIu64 " %-7u %10.3f\n", (double)ticks / 1e7,
               "postgres", 1234, disk, write ? 'W' : 'R', offset / 512, size,
               (double)latency / 1e4);
        break;
    default:
        printf("%" PRIu64 ",%s,%" PRIu64 ",%u,v%u,%" PRIu64 "\n", ticks * 100,
               write ? "write" : "read", offset, size, disk, latency * 100);
    }
}

int main(int argc, char **argv)
{
    static const char *const names[FORMAT_COUNT] = {"msr", "biosnoop", "csv"};
    static const char *const headings[FORMAT_COUNT] = {
        "",
        "TIME(s)     COMM           PID    DISK    T SECTOR     BYTES      LAT(ms)\n",
        "time_ns,op,offset,bytes,member,latency_ns\n",
    };
    uint64_t requests = argc >= 3 ? strtoull(argv[2], NULL, 10) : 0;
    uint64_t volumes = argc == 4 ? strtoull(argv[3], NULL, 10) : 2;
    int format = 0;
    while (argc >= 3 && format < FORMAT_COUNT && strcmp(argv[1], names[format]) != 0)
        format++;
    if (requests == 0 || volumes == 0 || format == FORMAT_COUNT) {
        fprintf(stderr, "usage: %s msr|biosnoop|csv REQUESTS [VOLUMES]\n", argv[0]);
        return 2;
    }
    uint64_t ticks = 0; // of 100 ns
    fputs(headings[format], stdout);
    for (uint64_t i = 0; i < requests; i++) {
        ticks += draw(20000);
        put_row((enum format)format, ticks, (unsigned)draw(volumes));
    }
    return fflush(stdout) != 0;
}
