// SPDX-License-Identifier: GPL-2.0-or-later
// Random scenarios by several processes at a time. They take the next seed from shared memory, in
// order, so that the smallest failing one is found whatever their number.
#define _GNU_SOURCE // MAP_ANONYMOUS
#include "sim/base/stop.h"
#include "sim/verify/random/shrink.h"
#include "sim/verify/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// A random case as a scenario, and one that fails made small.

#define SHRINK_TRIES 400

static struct scenario *parse_case(const struct random_case *random_case, int64_t granularity_ns,
                                   struct sim_error *error)
{
    char name[64], *text = NULL;
    size_t length;
    struct scenario *scenario = NULL;
    FILE *out = open_memstream(&text, &length);
    bool ok = out != NULL && random_case_write(random_case, out);
    if (out != NULL)
        ok = fclose(out) == 0 && ok;
    snprintf(name, sizeof name, "random scenario %" PRIu64, random_case->seed);
    if (ok)
        scenario = scenario_parse(name, text, length, error);
    else
        sim_fail_memory(error);
    free(text);
    if (scenario != NULL && !verify_prepare(scenario, granularity_ns, error)) {
        scenario_free(scenario);
        return NULL;
    }
    return scenario;
}

bool verify_case(const struct verify_random_config *config, const struct random_case *random_case,
                 struct lockstep_result *result, struct sim_error *error)
{
    struct scenario *scenario = parse_case(random_case, config->granularity_ns, error);
    bool ok = scenario != NULL && lockstep_run(scenario, &config->lockstep, result, error);
    scenario_free(scenario);
    return ok;
}

struct shrinking {
    const struct verify_random_config *config;
    struct sim_error *error;
    bool gave_up;
};

static bool still_fails(void *context, const struct random_case *random_case)
{
    struct shrinking *shrinking = context;
    struct lockstep_result result = {0};
    if (shrinking->gave_up)
        return false;
    shrinking->gave_up = !verify_case(shrinking->config, random_case, &result, shrinking->error);
    bool fails = !shrinking->gave_up && !result.agree;
    verify_free(&result);
    return fails;
}

// With the granularity at which it fails, so that the file is all that is needed.
static bool write_case(const struct verify_random_config *config,
                       const struct random_case *random_case, const char *path,
                       struct sim_error *error)
{
    FILE *out = fopen(path, "w");
    bool ok = out != NULL && random_case_write(random_case, out);
    if (ok && config->granularity_ns > 0)
        ok = fprintf(out, "timer-granularity: %" PRId64 "\n", config->granularity_ns) > 0;
    if (out != NULL)
        ok = fclose(out) == 0 && ok;
    return ok || sim_fail(error, SIM_FAILED, "%s: %s", path, strerror(errno));
}

static bool make_small(const struct verify_random_config *config,
                       const struct random_case *random_case, struct verify_failure *failure,
                       struct sim_error *error)
{
    struct shrinking shrinking = {config, error, false};
    struct random_case *small = shrink_case(random_case, still_fails, &shrinking, SHRINK_TRIES);
    bool ok = !shrinking.gave_up && (small != NULL || sim_fail_memory(error)) &&
              write_case(config, small, failure->small_path, error);
    random_case_free(small);
    if (!ok)
        return false;
    failure->small = scenario_load(failure->small_path, error);
    return failure->small != NULL &&
           verify_prepare(failure->small, config->granularity_ns, error) &&
           verify_scenario(failure->small, &config->lockstep, &failure->result, error);
}

bool verify_shrink(const struct verify_random_config *config, uint64_t seed,
                   struct verify_failure *failure, struct sim_error *error)
{
    *failure = (struct verify_failure){0};
    const char *folder = config->directory == NULL ? "" : config->directory;
    const char *slash = config->directory == NULL ? "" : "/";
    snprintf(failure->path, sizeof failure->path, "%s%sverify-%" PRIu64 ".yaml", folder, slash,
             seed);
    snprintf(failure->small_path, sizeof failure->small_path, "%s%sverify-%" PRIu64 "-small.yaml",
             folder, slash, seed);
    struct random_case *random_case = random_case_new(seed);
    if (random_case == NULL)
        return sim_fail_memory(error);
    bool ok = write_case(config, random_case, failure->path, error) &&
              make_small(config, random_case, failure, error);
    random_case_free(random_case);
    return ok;
}

void verify_failure_free(struct verify_failure *failure)
{
    verify_free(&failure->result);
    scenario_free(failure->small);
    *failure = (struct verify_failure){0};
}

// ---- Many ----

#define JOBS_MAX 256
#define LOOK_NS 50000000 // between two looks at the workers

// What the workers share.
struct board {
    _Atomic uint64_t next;   // index of the next scenario
    _Atomic bool stop;       // take no more
    _Atomic uint64_t failed; // smallest index of a difference, or UINT64_MAX
    _Atomic uint64_t scenarios, requests, waited, operations, looks;
    _Atomic bool has_version;
    char qemu_version[160];
    struct sim_error errors[JOBS_MAX]; // of a worker that could not go on
};

// ---- Workers ----

static void take_smaller(_Atomic uint64_t *smallest, uint64_t value)
{
    uint64_t known = atomic_load(smallest);
    while (value < known && !atomic_compare_exchange_weak(smallest, &known, value))
        ;
}

static void add_result(struct board *board, uint64_t index, const struct lockstep_result *result)
{
    if (!atomic_exchange(&board->has_version, true))
        memcpy(board->qemu_version, result->qemu_version, sizeof board->qemu_version);
    if (!result->agree) {
        take_smaller(&board->failed, index);
        atomic_store(&board->stop, true);
        return;
    }
    atomic_fetch_add(&board->scenarios, 1);
    atomic_fetch_add(&board->requests, result->requests);
    atomic_fetch_add(&board->waited, result->waited);
    atomic_fetch_add(&board->operations, result->operations);
    atomic_fetch_add(&board->looks, result->looks);
}

static bool work(const struct verify_random_config *config, struct board *board,
                 struct sim_error *error)
{
    while (!atomic_load(&board->stop) && stop_signal == 0) {
        uint64_t index = atomic_fetch_add(&board->next, 1);
        if (index >= config->count)
            return true;
        struct lockstep_result result = {0};
        struct random_case *random_case = random_case_new(config->seed + index);
        bool ok = random_case == NULL ? sim_fail_memory(error)
                                      : verify_case(config, random_case, &result, error);
        random_case_free(random_case);
        if (ok)
            add_result(board, index, &result);
        verify_free(&result);
        if (!ok)
            return false;
    }
    return true;
}

// A process of its own, which ends with its parent.
static pid_t start_worker(const struct verify_random_config *config, struct board *board,
                          struct sim_error *error)
{
    pid_t parent = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    error->message[0] = '\0';
    bool ok = work(config, board, error);
    if (!ok)
        atomic_store(&board->stop, true);
    _exit(ok ? 0 : 1);
}

// ---- Their parent ----

struct workers {
    pid_t pids[JOBS_MAX];
    unsigned count;
    unsigned running;
};

static void start_workers(struct workers *workers, const struct verify_random_config *config,
                          struct board *board)
{
    while (workers->count < config->jobs) {
        pid_t pid = start_worker(config, board, &board->errors[workers->count]);
        if (pid < 0)
            return;
        workers->pids[workers->count++] = pid;
        workers->running++;
    }
}

// One that was killed is as bad as one that failed.
static void note_end(struct workers *workers, struct board *board, pid_t pid, int status)
{
    for (unsigned i = 0; i < workers->count; i++) {
        struct sim_error *error = &board->errors[i];
        if (workers->pids[i] != pid)
            continue;
        if (status != 0 && error->message[0] == '\0')
            sim_fail(error, SIM_FAILED, "a process of the verification has died of signal %d",
                     WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
    workers->running--;
    if (status != 0)
        atomic_store(&board->stop, true);
}

static void wait_for_workers(struct workers *workers, const struct verify_random_config *config,
                             struct board *board)
{
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    bool told = false;
    while (workers->running > 0) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid > 0) {
            note_end(workers, board, pid, status);
            continue;
        }
        for (unsigned i = 0; stop_signal != 0 && !told && i < workers->count; i++)
            kill(workers->pids[i], SIGTERM);
        told = told || stop_signal != 0;
        if (config->progress != NULL)
            config->progress(config->progress_context, atomic_load(&board->scenarios),
                             config->count, atomic_load(&board->requests));
        nanosleep(&pause, NULL);
    }
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void read_board(const struct board *board, const struct verify_random_config *config,
                       struct verify_random_result *result)
{
    uint64_t failed = atomic_load(&board->failed);
    *result = (struct verify_random_result){
        .scenarios = atomic_load(&board->scenarios),
        .requests = atomic_load(&board->requests),
        .waited = atomic_load(&board->waited),
        .operations = atomic_load(&board->operations),
        .looks = atomic_load(&board->looks),
        .agree = failed == UINT64_MAX,
        .failing_seed = config->seed + failed,
    };
    memcpy(result->qemu_version, board->qemu_version, sizeof result->qemu_version);
}

// A difference is an answer, even if another worker could not go on.
static bool judge(const struct board *board, const struct workers *workers,
                  const struct verify_random_result *result, struct sim_error *error)
{
    if (stop_signal != 0)
        return sim_fail(error, SIM_FAILED, "interrupted");
    if (workers->count == 0)
        return sim_fail(error, SIM_FAILED, "cannot start a process: %s", strerror(errno));
    for (unsigned i = 0; result->agree && i < workers->count; i++) {
        if (board->errors[i].message[0] != '\0') {
            *error = board->errors[i];
            return false;
        }
    }
    return true;
}

bool verify_random(const struct verify_random_config *config, struct verify_random_result *result,
                   struct sim_error *error)
{
    struct workers workers = {.count = 0};
    double started_s = now_s();
    void *memory =
        mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return sim_fail_memory(error);
    struct board *board = memory;
    atomic_store(&board->failed, UINT64_MAX);
    start_workers(&workers, config, board);
    wait_for_workers(&workers, config, board);
    read_board(board, config, result);
    result->seconds = now_s() - started_s;
    bool ok = judge(board, &workers, result, error);
    munmap(memory, sizeof(struct board));
    return ok;
}
