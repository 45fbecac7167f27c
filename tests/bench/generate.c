// SPDX-License-Identifier: GPL-2.0-or-later
// Writes a blktrace of so many requests, each with Q, D and C, as two per-CPU files.
//
// usage: bench_generate BASE REQUESTS [SECONDS]
//
// An hour of one disk, or so many seconds: Poisson arrivals, block sizes of 4 to 128 KiB, seven
// reads in ten, log-normal service times around 0.5 ms, completions on either CPU. Seeded, so
// always the same bytes.
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CPUS 2
#define DEVICE (254u << 20 | 32u)
#define HOUR_S 3600.0
#define STAY 50 // requests on one CPU, on average

// struct blk_io_trace, version 7.
struct record {
    uint32_t magic;
    uint32_t sequence;
    uint64_t time;
    uint64_t sector;
    uint32_t bytes;
    uint32_t action;
    uint32_t pid;
    uint32_t device;
    uint32_t cpu;
    uint16_t error;
    uint16_t pdu_len;
};

_Static_assert(sizeof(struct record) == 48, "as in the file");

#define READ (1u << 16)
#define WRITE (1u << 17)

static const uint32_t actions[3] = {1u | 1u << 20, 7u | 1u << 22 | 1u << 24,
                                    8u | 1u << 23 | 1u << 24}; // Q, D, C

static int by_time(const void *left, const void *right)
{
    const struct record *a = left, *b = right;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->action & 0xffff) < (b->action & 0xffff) ? -1 : 1;
}

static void make_request(gsl_rng *rng, uint64_t now, uint32_t cpu, struct record out[3])
{
    double service_ns = 500e3 * gsl_ran_lognormal(rng, 0, 0.8);
    uint64_t times[3] = {now, now + 5000, now + 5000 + (uint64_t)service_ns};
    uint32_t direction = gsl_rng_uniform(rng) < 0.7 ? READ : WRITE;
    uint32_t bytes = 4096u << gsl_rng_uniform_int(rng, 6);
    uint64_t sector = gsl_rng_uniform_int(rng, 1u << 27) * 8;
    for (int i = 0; i < 3; i++) {
        out[i] = (struct record){
            .magic = 0x65617407,
            .time = times[i],
            .sector = sector,
            .bytes = bytes,
            .action = actions[i] | direction,
            .pid = 1000,
            .device = DEVICE,
            .cpu = cpu,
        };
    }
}

static int write_cpu(const char *base, uint32_t cpu, const struct record *records, size_t count)
{
    char path[4096];
    uint32_t sequence = 0;
    snprintf(path, sizeof path, "%s.blktrace.%" PRIu32, base, cpu);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        if (records[i].cpu != cpu)
            continue;
        struct record record = records[i];
        record.sequence = ++sequence;
        fwrite(&record, sizeof record, 1, file);
    }
    if (fclose(file) != 0) {
        perror(path);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    size_t requests = argc == 3 || argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
    double span_s = argc == 4 ? atof(argv[3]) : HOUR_S;
    struct record *records = requests == 0 ? NULL : calloc(requests, 3 * sizeof *records);
    if (records == NULL) {
        fprintf(stderr, "usage: %s BASE REQUESTS [SECONDS]\n", argv[0]);
        return 2;
    }
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, 1);
    double now = 1e9;
    uint32_t cpu = 0;
    for (size_t i = 0; i < requests; i++) {
        now += gsl_ran_exponential(rng, 1e9 * span_s / (double)requests);
        if (gsl_rng_uniform(rng) < 1.0 / STAY)
            cpu = (cpu + 1) % CPUS;
        make_request(rng, (uint64_t)now, cpu, &records[3 * i]);
    }
    gsl_rng_free(rng);
    qsort(records, 3 * requests, sizeof *records, by_time);
    int status = 0;
    for (cpu = 0; cpu < CPUS && status == 0; cpu++)
        status = write_cpu(argv[1], cpu, records, 3 * requests);
    free(records);
    return status;
}
