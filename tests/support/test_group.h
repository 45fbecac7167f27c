// SPDX-License-Identifier: GPL-2.0-or-later
// Tests of one file, test_NAME.c, which are a group of the folder's program: all it tells others.
#ifndef TESTS_SUPPORT_TEST_GROUP_H
#define TESTS_SUPPORT_TEST_GROUP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct test_group {
    const char *name;
    const struct CMUnitTest *tests;
    size_t count;
    CMFixtureFunction setup; // of the whole group; NULL for none
    CMFixtureFunction teardown;
};

// All groups of a program, then NULL (made by tests/CMakeLists.txt).
extern const struct test_group *const program_groups[];

#define TEST_GROUP(name, tests, setup, teardown)                                                   \
    extern const struct test_group test_group_##name;                                              \
    const struct test_group test_group_##name = {#name, tests, sizeof tests / sizeof tests[0],     \
                                                 setup, teardown}

// Ends the test where something it needs is not there (`what`). The program's exit status is then
// 77 if nothing fails.
void test_cannot_run(const char *what);

#endif
