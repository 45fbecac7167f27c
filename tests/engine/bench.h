// SPDX-License-Identifier: GPL-2.0-or-later
// A small stage for hand-computed cases: requests get numbers in order of arrival, and what left is
// compared with a list of (request, time).
#ifndef TESTS_ENGINE_BENCH_H
#define TESTS_ENGINE_BENCH_H

#include "tests/engine/subject.h"

#define BENCH_REQUESTS_MAX 64
#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

struct bench_limit {
    const char *key;
    int64_t value;
};

struct bench_departure {
    int request;
    int64_t time_ns;
};

struct bench {
    struct subject subject;
    struct engine_request requests[BENCH_REQUESTS_MAX];
    int request_count;
    struct bench_departure left[BENCH_REQUESTS_MAX];
    int left_count;
    int checked; // departures that have been compared
    int64_t now_ns;
};

void bench_create(struct bench *bench, enum subject_kind kind);
void bench_destroy(struct bench *bench);

// Lists end with a key of NULL.
#define LIMITS(...) bench_limits((const struct bench_limit[]){__VA_ARGS__, {NULL, 0}})
struct engine_parameters bench_limits(const struct bench_limit *limits);

// A group, and a member of it (ENGINE_NONE: of none), at the time of the last step.
uint32_t bench_node(struct bench *bench, struct engine_parameters limits);
uint32_t bench_member(struct bench *bench, enum engine_attach attach, uint32_t node);

// Fires what is due before, then does it, then fires what is due.
int bench_arrive(struct bench *bench, int64_t now_ns, uint32_t member, enum engine_op op,
                 uint64_t bytes);
void bench_advance(struct bench *bench, int64_t until_ns);
enum engine_status bench_control(struct bench *bench, int64_t now_ns,
                                 struct engine_operation *operation);
enum engine_status bench_do(struct bench *bench, int64_t now_ns, enum engine_operation_kind kind,
                            uint32_t member);

// What has left since the last such call. The list ends with a request below 0.
#define EXPECT_LEFT(bench, ...)                                                                    \
    bench_expect(bench, (const struct bench_departure[]){__VA_ARGS__, {-1, 0}}, __FILE__, __LINE__)
#define EXPECT_NONE_LEFT(bench)                                                                    \
    bench_expect(bench, (const struct bench_departure[]){{-1, 0}}, __FILE__, __LINE__)
void bench_expect(struct bench *bench, const struct bench_departure *expected, const char *file,
                  int line);

// So many reads of 512 bytes.
void bench_read(struct bench *bench, int64_t now_ns, uint32_t member, int count);

struct engine_node_gauge bench_node_gauge(const struct bench *bench, uint32_t node, int64_t now_ns);
struct engine_member_gauge bench_member_gauge(const struct bench *bench, uint32_t member);
double bench_level(const struct bench *bench, uint32_t node, int64_t now_ns, const char *key);
int64_t bench_limit(const struct bench *bench, uint32_t node, const char *key);

// The cmocka test NAME_on_both runs the case NAME on the engine, then on the model.
#define BENCH_ON_BOTH(name)                                                                        \
    static void name##_on_both(void **state)                                                       \
    {                                                                                              \
        (void)state;                                                                               \
        for (int kind = SUBJECT_ENGINE; kind <= SUBJECT_MODEL; kind++) {                           \
            struct bench bench;                                                                    \
            bench_create(&bench, (enum subject_kind)kind);                                         \
            name(&bench);                                                                          \
            bench_destroy(&bench);                                                                 \
        }                                                                                          \
    }

#endif
