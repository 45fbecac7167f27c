// SPDX-License-Identifier: GPL-2.0-or-later
// What the models of the engines without groups remember, and what each has to say for itself
// (drive_model.h).
#ifndef TESTS_SUPPORT_DRIVE_MODEL_STATE_H
#define TESTS_SUPPORT_DRIVE_MODEL_STATE_H

#include "tests/support/drive_model.h"
#include "tests/support/model_limits.h"

struct drive_entry {
    struct engine_request *request;
    int cause;        // slice-2011: the limit it exceeded when it was last asked,
    int64_t until_ns; // and until when it was to wait
    struct drive_entry *next;
};

struct drive_timer {
    bool pending;
    int64_t deadline_ns;
    int cause;      // why it was armed
    uint64_t armed; // the how-manieth arming of all: equal deadlines fire in this order
};

// slice-2011: bytes and ios sent in the current slice.
struct drive_sent {
    uint64_t bytes[DIRECTION_COUNT];
    uint64_t ios[DIRECTION_COUNT];
    int64_t slice_start_ns[DIRECTION_COUNT];
};

// slice: completed since the beginning, and at the slice's start.
struct drive_slice {
    uint64_t totals[MODEL_KINDS][DIRECTION_COUNT];
    uint64_t bases[MODEL_KINDS][DIRECTION_COUNT];
    int64_t start_ns;
    int64_t end_ns;
    int64_t time_ns;
};

struct drive {
    uint32_t id;
    enum engine_attach attach;
    struct model_limits limits;
    struct drive_entry *fifo[DIRECTION_COUNT]; // slice and slice-2011: the first is for both
    struct drive_timer timer[DIRECTION_COUNT];
    struct drive_sent sent;       // slice-2011
    struct drive_slice slice;     // slice
    struct model_buckets buckets; // bucket
    struct drive_model *model;
    struct drive *next;
};

struct drive_rules {
    const char *name;
    bool has_two_fifos;       // one per direction, each with a timer
    bool all_wait_for_limits; // not only the first of a FIFO
    void (*begins)(struct drive *drive, int64_t now_ns);
    void (*arrives)(struct drive *drive, int64_t now_ns, struct engine_request *request);
    void (*timer_fires)(struct drive *drive, int64_t now_ns, enum direction direction);
    void (*completes)(struct drive *drive, const struct engine_request *request);
    bool (*is_valid)(const struct model_limits *limits);
    void (*show)(struct model_limits *limits); // what users see of them; NULL: what they gave
    void (*limits_change)(struct drive *drive, int64_t now_ns, const struct model_limits *limits);
};

extern const struct drive_rules drive_rules_slice_2011; // drive_model_slice_2011.c
extern const struct drive_rules drive_rules_slice;      // drive_model_slice.c
extern const struct drive_rules drive_rules_bucket;     // drive_model_bucket.c

struct drive_model {
    const struct engine_algorithm *algorithm;
    const struct drive_rules *rules;
    struct engine_callbacks callbacks;
    struct drive *drives;
    uint32_t drive_count;
    uint64_t armings;
    uint64_t waiting;
    int64_t last_ns; // when something happened last
};

// drive_model.c: for the rules
enum direction drive_direction(const struct drive *drive, const struct engine_request *request);
void drive_to_device(struct drive *drive, int64_t now_ns, struct engine_request *request);
struct drive_entry *drive_append(struct drive_entry **fifo, struct engine_request *request);
struct engine_request *drive_take_first(struct drive_entry **fifo);
int64_t drive_later(int64_t now_ns, int64_t wait_ns); // their sum, INT64_MAX if it is above
int64_t drive_truncate(double wait);                  // INT64_MAX if it is that or above
void drive_arm(struct drive *drive, enum direction timer, int64_t deadline_ns, int cause);

// drive_model_limit.c: the limits of the slices
bool drive_limits_valid(const struct model_limits *limits);
// The total's share if it is set, else the direction's; 0: no limit.
double drive_limit(const struct drive *drive, enum model_kind kind, enum direction direction,
                   int *cause, bool *is_total);

#endif
