// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/engine/subject.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

const struct engine_algorithm *subject_algorithm(void)
{
    const struct engine_algorithm *algorithm = engine_find("throttle-group");
    assert_non_null(algorithm);
    return algorithm;
}

struct subject subject_create(enum subject_kind kind, const struct engine_callbacks *callbacks)
{
    struct subject subject = {.engine = NULL};
    if (kind == SUBJECT_ENGINE) {
        subject.engine = engine_create(subject_algorithm(), callbacks);
        assert_non_null(subject.engine);
    } else {
        subject.model = model_create(subject_algorithm(), callbacks);
    }
    return subject;
}

void subject_destroy(struct subject *subject)
{
    if (subject->engine != NULL)
        engine_destroy(subject->engine);
    else
        model_destroy(subject->model);
}

void subject_submit(struct subject *subject, int64_t now_ns, struct engine_request *request)
{
    if (subject->engine != NULL)
        engine_submit(subject->engine, now_ns, request);
    else
        model_submit(subject->model, now_ns, request);
}

enum engine_status subject_control(struct subject *subject, int64_t now_ns,
                                   struct engine_operation *operation)
{
    if (subject->engine != NULL)
        return engine_control(subject->engine, now_ns, operation);
    return model_control(subject->model, now_ns, operation);
}

int64_t subject_next_deadline(const struct subject *subject)
{
    if (subject->engine != NULL)
        return engine_next_deadline(subject->engine);
    return model_next_deadline(subject->model);
}

void subject_fire(struct subject *subject, int64_t now_ns)
{
    if (subject->engine != NULL)
        engine_fire(subject->engine, now_ns);
    else
        model_fire(subject->model, now_ns);
}

uint64_t subject_waiting(const struct subject *subject)
{
    if (subject->engine != NULL)
        return engine_waiting(subject->engine);
    return model_waiting(subject->model);
}

bool subject_node_gauge(const struct subject *subject, uint32_t node, int64_t now_ns,
                        struct engine_node_gauge *gauge)
{
    if (subject->engine != NULL)
        return engine_node_gauge(subject->engine, node, now_ns, gauge);
    return model_node_gauge(subject->model, node, now_ns, gauge);
}

bool subject_member_gauge(const struct subject *subject, uint32_t member,
                          struct engine_member_gauge *gauge)
{
    if (subject->engine != NULL)
        return engine_member_gauge(subject->engine, member, gauge);
    return model_member_gauge(subject->model, member, gauge);
}

bool subject_parameters_of(const struct subject *subject, uint32_t node,
                           struct engine_parameters *parameters)
{
    if (subject->engine != NULL)
        return engine_parameters_of(subject->engine, node, parameters);
    return model_parameters_of(subject->model, node, parameters);
}

void subject_advance(struct subject *subject, int64_t until_ns)
{
    for (;;) {
        int64_t deadline_ns = subject_next_deadline(subject);
        if (deadline_ns > until_ns || deadline_ns == ENGINE_NEVER)
            return;
        subject_fire(subject, deadline_ns);
    }
}

void subject_give(struct engine_parameters *parameters, const char *key, int64_t value)
{
    int row = engine_parameter_find(subject_algorithm(), key);
    if (row < 0)
        fail_msg("no parameter is called \"%s\"", key);
    parameters->value[row] = value;
    parameters->given |= UINT32_C(1) << row;
}
