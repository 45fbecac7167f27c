// SPDX-License-Identifier: GPL-2.0-or-later
// Two requests of traces are the same in every field (not in the bytes between the fields, which
// are anything).
#ifndef TESTS_SUPPORT_SAME_REQUEST_H
#define TESTS_SUPPORT_SAME_REQUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "traces/trace.h"

static inline void assert_same_request(const struct trace_request *found,
                                       const struct trace_request *expected)
{
    assert_int_equal(found->arrival_ns, expected->arrival_ns);
    assert_int_equal(found->latency_ns, expected->latency_ns);
    assert_int_equal(found->offset, expected->offset);
    assert_int_equal(found->bytes, expected->bytes);
    assert_int_equal(found->volume, expected->volume);
    assert_int_equal(found->op, expected->op);
    assert_int_equal(found->stream, expected->stream);
}

#endif
