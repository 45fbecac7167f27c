// SPDX-License-Identifier: GPL-2.0-or-later
// The invariants of section 6 of the specification (crowd.h) under live changes: limits through the
// group and through members, joining, leaving, moving.
#include "tests/engine/crowd.h"
#include "tests/support/test_group.h"

static void operate(struct crowd *crowd)
{
    static const enum engine_operation_kind kinds[] = {
        ENGINE_NODE_SET,
        ENGINE_MEMBER_SET,
        ENGINE_MEMBER_JOIN,
        ENGINE_MEMBER_LEAVE,
    };
    struct engine_operation operation = {
        .kind = kinds[gsl_rng_uniform_int(crowd->rng, 4)],
        .node = crowd->nodes[gsl_rng_uniform_int(crowd->rng, CROWD_NODES)],
        .member = (uint32_t)gsl_rng_uniform_int(crowd->rng, CROWD_MEMBERS),
    };
    if (operation.kind == ENGINE_NODE_SET || operation.kind == ENGINE_MEMBER_SET)
        draw_limits(crowd->rng, false, &operation.parameters);
    crowd_control(crowd, &operation);
}

static void check_with_operations(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new();
    for (int run = 0; run < 1500; run++) {
        crowd_set_up(crowd);
        int64_t gap_ns = crowd_draw_gap(crowd->rng);
        while (crowd->request_count < CROWD_REQUESTS / 2) {
            crowd_pass_time(crowd, gap_ns);
            if (draw_bool(crowd->rng, 0.15))
                operate(crowd);
            else
                crowd_arrive(crowd);
        }
        crowd_finish(crowd);
    }
    crowd_free(crowd);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(check_with_operations)};
TEST_GROUP(invariants, tests, NULL, NULL);
