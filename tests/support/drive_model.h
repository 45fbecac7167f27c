// SPDX-License-Identifier: GPL-2.0-or-later
// Slow and obvious models of the engines without groups (slice-2011, slice, bucket), to hold the
// engines against.
//
// They are the specification (docs/model.md, section 11) written down paragraph by paragraph. A
// drive is what an engine calls a node and its only member. The functions mean what those of the
// same name in engine/engine.h mean; drives get their numbers in order of creation, from 0.
#ifndef TESTS_SUPPORT_DRIVE_MODEL_H
#define TESTS_SUPPORT_DRIVE_MODEL_H

#include "engine/limits.h"

struct drive_model;

// The algorithm is asked only for its name, and which parameter has which row.
struct drive_model *drive_model_create(const struct engine_algorithm *algorithm,
                                       const struct engine_callbacks *callbacks);
void drive_model_destroy(struct drive_model *model);

// A drive begins with valid limits, those that are missing being none.
uint32_t drive_model_add(struct drive_model *model, int64_t now_ns, enum engine_attach attach,
                         const struct engine_parameters *limits);
// The limits replace all (those missing become none), or, if others are kept, only those given. If
// the result is not valid nothing changes. Not for slice-2011.
enum engine_status drive_model_set(struct drive_model *model, int64_t now_ns, uint32_t drive,
                                   const struct engine_parameters *limits, bool keeps_others);
// Of bucket.
void drive_model_fill(struct drive_model *model, int64_t now_ns, uint32_t drive, double share);

void drive_model_submit(struct drive_model *model, int64_t now_ns, struct engine_request *request);
void drive_model_complete(struct drive_model *model, int64_t now_ns,
                          const struct engine_request *request);
int64_t drive_model_next_deadline(const struct drive_model *model);
void drive_model_fire(struct drive_model *model, int64_t now_ns);
uint64_t drive_model_waiting(const struct drive_model *model);

// What can be seen of one drive.
struct drive_model_view {
    bool has_limits;
    struct engine_parameters limits; // as users see them, all given
    uint64_t waiting[DIRECTION_COUNT];
    int64_t deadline_ns[DIRECTION_COUNT]; // of its timers, or ENGINE_NEVER; a drive with one
                                          // timer has it twice
    size_t bucket_count;                  // bucket only
    struct engine_bucket_gauge bucket[ENGINE_BUCKET_MAX];
};
void drive_model_look(const struct drive_model *model, uint32_t drive, int64_t now_ns,
                      struct drive_model_view *view);

#endif
