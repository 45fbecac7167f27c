// SPDX-License-Identifier: GPL-2.0-or-later
// Recordings of production machines that others have published, as test_fit_recordings.
#include "tests/sim/fit_lab.h"
#include "tests/support/test_group.h"

#include <unistd.h>

static const struct fit_lab_case public_ones[] = {
    {TEST_PUBLIC_TRACES_DIR "/blkreplay/linux-mysql.load.gz", 0.09, 0.01, -1},
    {TEST_PUBLIC_TRACES_DIR "/blkreplay/linux-webserver-2.load.gz", 0.09, 0.01, -1},
    {TEST_PUBLIC_TRACES_DIR "/blkreplay/windows-mssql.load.gz", 0.12, 0.01, -1},
    {TEST_PUBLIC_TRACES_DIR "/blkreplay/windows-shared-server.load.gz", 0.18, 0.02, -1},
};

static void other_peoples(void **state)
{
    (void)state;
    if (access(public_ones[0].path, R_OK) != 0)
        skip();
    for (size_t i = 0; i < sizeof public_ones / sizeof public_ones[0]; i++)
        fit_lab_check(&public_ones[i]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(other_peoples),
};
TEST_GROUP(fit_public, tests, NULL, NULL);
