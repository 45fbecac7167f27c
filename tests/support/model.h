// SPDX-License-Identifier: GPL-2.0-or-later
// A slow and obvious model of QEMU's throttle groups, to hold the engine against.
//
// It is the specification (docs/model.md) written down paragraph by paragraph: linked lists, linear
// walks, no caches. The functions mean what those of the same name in engine/engine.h mean; groups
// and members get their numbers in order of creation, each kind from 0. Like the engine it asserts
// that the caller is sane.
#ifndef TESTS_SUPPORT_MODEL_H
#define TESTS_SUPPORT_MODEL_H

#include "engine/engine.h"

struct model;

// The algorithm is asked only which parameter has which row.
struct model *model_create(const struct engine_algorithm *algorithm,
                           const struct engine_callbacks *callbacks);
void model_destroy(struct model *model);

bool model_check(const struct engine_algorithm *algorithm,
                 const struct engine_parameters *parameters);

void model_submit(struct model *model, int64_t now_ns, struct engine_request *request);
enum engine_status model_control(struct model *model, int64_t now_ns,
                                 struct engine_operation *operation);
int64_t model_next_deadline(const struct model *model);
void model_fire(struct model *model, int64_t now_ns);
uint64_t model_waiting(const struct model *model);

bool model_node_gauge(const struct model *model, uint32_t node, int64_t now_ns,
                      struct engine_node_gauge *gauge);
bool model_member_gauge(const struct model *model, uint32_t member,
                        struct engine_member_gauge *gauge);
bool model_parameters_of(const struct model *model, uint32_t node,
                         struct engine_parameters *parameters);

#endif
