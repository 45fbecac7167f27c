// SPDX-License-Identifier: GPL-2.0-or-later
// The engine or the model, whichever a test is to be run on.
#ifndef TESTS_ENGINE_SUBJECT_H
#define TESTS_ENGINE_SUBJECT_H

#include "engine/engine.h"
#include "tests/support/model.h"

enum subject_kind { SUBJECT_ENGINE, SUBJECT_MODEL };

// One of the two pointers is set.
struct subject {
    struct engine *engine;
    struct model *model;
};

const struct engine_algorithm *subject_algorithm(void);

struct subject subject_create(enum subject_kind kind, const struct engine_callbacks *callbacks);
void subject_destroy(struct subject *subject);
void subject_submit(struct subject *subject, int64_t now_ns, struct engine_request *request);
enum engine_status subject_control(struct subject *subject, int64_t now_ns,
                                   struct engine_operation *operation);
int64_t subject_next_deadline(const struct subject *subject);
void subject_fire(struct subject *subject, int64_t now_ns);
uint64_t subject_waiting(const struct subject *subject);
bool subject_node_gauge(const struct subject *subject, uint32_t node, int64_t now_ns,
                        struct engine_node_gauge *gauge);
bool subject_member_gauge(const struct subject *subject, uint32_t member,
                          struct engine_member_gauge *gauge);
bool subject_parameters_of(const struct subject *subject, uint32_t node,
                           struct engine_parameters *parameters);

// Fires every timer at its deadline, up to and including that of `until_ns`.
void subject_advance(struct subject *subject, int64_t until_ns);

// Adds a parameter by its key in either spelling. An unknown key fails the running test.
void subject_give(struct engine_parameters *parameters, const char *key, int64_t value);

#endif
