// SPDX-License-Identifier: GPL-2.0-or-later
// What a scenario decided, as it was accepted: a text file beside the scenario. Format:
// docs/check.md.
//
// Requests that left in the instant of their arrival are not listed, so the file grows with those
// that waited only.
#ifndef SIM_CHECK_ACCEPTED_H
#define SIM_CHECK_ACCEPTED_H

#include "reports/recorder.h"
#include "sim/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ACCEPTED_DECISIONS_MAX ((size_t)1 << 20)
#define ACCEPTED_ASSUMED_SIZE 200
#define ACCEPTED_NEVER INT64_MAX // it did not leave before the end
#define ACCEPTED_SUFFIX ".accepted"

enum accepted_number {
    ACCEPTED_ARRIVED,
    ACCEPTED_DISPATCHED,
    ACCEPTED_COMPLETED,
    ACCEPTED_WAITED, // did not leave in the instant of their arrival
    ACCEPTED_P50,    // of the time in the throttle, by nearest rank, exact
    ACCEPTED_P90,
    ACCEPTED_P99,
    ACCEPTED_MAX,
    ACCEPTED_NUMBER_COUNT,
};

// The requests of one member in one direction.
struct accepted_stream {
    char *member;
    enum report_direction direction;
    uint64_t numbers[ACCEPTED_NUMBER_COUNT];
};

// A request that waited.
struct accepted_decision {
    uint64_t seq;
    int64_t dispatch_ns; // or ACCEPTED_NEVER
    uint32_t stream;
};

// All zero is empty.
struct accepted {
    char engine[64];
    char assumed[ACCEPTED_ASSUMED_SIZE]; // by a run: "attach drive, device null"; not in the file
    uint64_t digest;
    uint64_t requests;      // that arrived
    uint64_t requests_hash; // over what they were and when they arrived, whatever their order
    struct accepted_stream *streams; // with requests, in order of the members
    size_t stream_count;
    struct accepted_decision *decisions; // in the order of leaving; then the others, by seq
    size_t decision_count;
    bool is_cut; // more waited than can be listed: the list ends early, there are no percentiles
};

void accepted_free(struct accepted *accepted);

// A copy of the decisions in order of their requests' seq; to be freed. NULL: out of memory.
struct accepted_decision *accepted_by_seq(const struct accepted *accepted);

// For qsort: decisions by their requests' seq.
int accepted_compare_seq(const void *left, const void *right);

const char *accepted_number_name(enum accepted_number number);

#define ACCEPTED_LABEL_SIZE 9

// "a", ..., "z", "aa", ...: what decisions call a stream.
const char *accepted_label(size_t stream, char label[ACCEPTED_LABEL_SIZE]);

enum accepted_found {
    ACCEPTED_READ,
    ACCEPTED_MISSING, // there is no such file
    ACCEPTED_BROKEN,  // it begins as such a file does, but the error says what is wrong with it
    ACCEPTED_FOREIGN, // the error says why it cannot be one, or cannot be read
};

// On anything but ACCEPTED_READ, *accepted is empty.
enum accepted_found accepted_read(const char *path, struct accepted *accepted,
                                  struct sim_error *error);

// Replaces the file at once or not at all. scenario: its name, for the comment in it.
bool accepted_write(const char *path, const char *scenario, const struct accepted *accepted,
                    struct sim_error *error);

// The text itself. False: out of memory, and it is not whole.
bool accepted_print(const struct accepted *accepted, const char *scenario, FILE *out);

#endif
