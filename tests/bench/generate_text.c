// SPDX-License-Identifier: GPL-2.0-or-later
// Writes a trace as text to standard output: "msr" or "csv", the native one.
//
// usage: bench_generate_text FORMAT REQUESTS
//
// Two volumes, sizes of 512 bytes to 64 KiB, latencies of up to 10 ms. Seeded, so always the same
// bytes.
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

int main(int argc, char **argv)
{
    static const unsigned sizes[] = {4096, 8192, 65536, 512};
    int msr = argc == 3 && strcmp(argv[1], "msr") == 0;
    uint64_t requests = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    if (requests == 0 || (!msr && strcmp(argv[1], "csv") != 0)) {
        fprintf(stderr, "usage: %s msr|csv REQUESTS\n", argv[0]);
        return 2;
    }
    uint64_t ticks = msr ? UINT64_C(128166372003061629) : 0; // of 100 ns
    if (!msr)
        puts("time_ns,op,offset,bytes,member,latency_ns");
    for (uint64_t i = 0; i < requests; i++) {
        ticks += draw(20000);
        uint64_t offset = draw(UINT64_C(1) << 25) * 4096;
        unsigned size = sizes[draw(4)], disk = (unsigned)draw(2);
        uint64_t latency = draw(100000);
        int write = draw(10) < 6;
        if (msr)
            printf("%" PRIu64 ",usr,%u,%s,%" PRIu64 ",%u,%" PRIu64 "\n", ticks, disk,
                   write ? "Write" : "Read", offset, size, latency);
        else
            printf("%" PRIu64 ",%s,%" PRIu64 ",%u,vd%c,%" PRIu64 "\n", ticks * 100,
                   write ? "write" : "read", offset, size, "ab"[disk], latency * 100);
    }
    return fflush(stdout) != 0;
}
