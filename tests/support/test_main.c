// SPDX-License-Identifier: GPL-2.0-or-later
// The program of a folder's tests. It exits with 0 if all pass, 1 if any fails, 77 if none does but
// one could not run, and 2 if there is none to run.
#include "tests/support/test_group.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_NOTHING_RUN 2
#define EXIT_CANNOT_RUN 77

static bool could_not_run;

void test_cannot_run(const char *what)
{
    fprintf(stderr, "skipped: %s\n", what);
    could_not_run = true;
    skip();
}

static bool matches(const char *pattern, const struct test_group *group,
                    const struct CMUnitTest *test)
{
    char both[300];
    snprintf(both, sizeof both, "%s/%s", group->name, test->name);
    return fnmatch(pattern, group->name, 0) == 0 || fnmatch(pattern, test->name, 0) == 0 ||
           fnmatch(pattern, both, 0) == 0;
}

static int usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [--list] [--filter PATTERN]\n"
            "PATTERN matches, as the names of files do in a shell, GROUP, TEST or GROUP/TEST.\n",
            program);
    return EXIT_NOTHING_RUN;
}

int main(int argc, char **argv)
{
    const char *pattern = "*";
    bool list = false;
    size_t found = 0;
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0)
            list = true;
        else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc)
            pattern = argv[++i];
        else
            return usage(argv[0]);
    }
    for (const struct test_group *const *at = program_groups; *at != NULL; at++) {
        const struct test_group *group = *at;
        struct CMUnitTest *chosen = calloc(group->count, sizeof *chosen);
        size_t count = 0;
        if (chosen == NULL)
            return EXIT_FAILURE;
        for (size_t i = 0; i < group->count; i++)
            if (matches(pattern, group, &group->tests[i]))
                chosen[count++] = group->tests[i];
        for (size_t i = 0; list && i < count; i++)
            printf("%s/%s\n", group->name, chosen[i].name);
        if (!list && count > 0)
            failed +=
                _cmocka_run_group_tests(group->name, chosen, count, group->setup, group->teardown);
        found += count;
        free(chosen);
    }
    if (found == 0) {
        fprintf(stderr, "%s: no test is called %s\n", argv[0], pattern);
        return EXIT_NOTHING_RUN;
    }
    return failed != 0 ? EXIT_FAILURE : could_not_run ? EXIT_CANNOT_RUN : EXIT_SUCCESS;
}
