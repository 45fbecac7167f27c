// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim merge
#include "sim/cli/command.h"

#include "reports/merge.h"
#include "sim/compare/stored_run.h"

#include <inttypes.h>
#include <stddef.h>
#include <sys/stat.h>

struct merge_arguments {
    struct command_call call;
};

static const struct option_row rows[] = {
    OPTION_JSON("how many runs, and points of sweeps, were put in and were there already, as one "
                "JSON object"),
    OPTIONS_END,
};

static bool is_same_file(const char *left, const char *right)
{
    struct stat a, b;
    return stat(left, &a) == 0 && stat(right, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static bool check_files(char **paths, size_t count, struct sim_error *error)
{
    if (count < 2)
        return sim_fail(error, SIM_USAGE,
                        "a database to merge into and at least one to be merged are needed");
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            if (is_same_file(paths[i], paths[j]))
                return sim_fail(error, SIM_USAGE, "'%s' and '%s' are the same file; name it once",
                                paths[i], paths[j]);
        }
    }
    return true;
}

static void print_count(const char *what, int64_t count, int64_t known)
{
    printf("%" PRId64 " %s%s put in", count, what, count == 1 ? "" : "s");
    if (known > 0)
        printf(", %" PRId64 " there already", known);
    puts("");
}

static bool print_counts(const struct command_call *call, const struct report_merge_counts *counts,
                         struct sim_error *error)
{
    if (call->json)
        return command_print_json(json_pack("{sIsIsIsI}", "runs", (json_int_t)counts->runs,
                                            "runs_known", (json_int_t)counts->runs_known, "points",
                                            (json_int_t)counts->points, "points_known",
                                            (json_int_t)counts->points_known),
                                  error);
    print_count("run", counts->runs, counts->runs_known);
    if (counts->points + counts->points_known > 0)
        print_count("point", counts->points, counts->points_known);
    return true;
}

static bool run(void *opaque, struct sim_error *error)
{
    struct merge_arguments *arguments = opaque;
    struct command_call *call = &arguments->call;
    struct report_error report_error = {.is_input = false};
    struct report_merge_counts counts = {0};
    if (!check_files(call->operands, call->operand_count, error))
        return false;
    struct report_database *database =
        report_database_open(call->operands[0], REPORT_WRITE, &report_error);
    bool ok =
        database != NULL && report_merge(database, (const char *const *)call->operands + 1,
                                         call->operand_count - 1, false, &counts, &report_error);
    report_database_close(database);
    if (!ok)
        return stored_run_fail(&report_error, error);
    return print_counts(call, &counts, error);
}

const struct command command_merge[] = {
    {NULL, "merge", "put runs and sweeps of several result databases into one", "OUT IN...",
     "Puts all runs of the result databases IN into OUT, which is made if it is not there; they "
     "get numbers behind those that it holds. A run that OUT has already is not put in again. "
     "Points of the same sweep, as shards have them, come together.",
     rows, sizeof(struct merge_arguments), run},
};
