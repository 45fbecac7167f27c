// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/compare/stored_run.h"

#include "sim/base/units.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool stored_run_parse(struct stored_run *run, const char *text, struct sim_error *error)
{
    *run = (struct stored_run){.path = strdup(text)};
    if (run->path == NULL)
        return sim_fail_memory(error);
    char *colon = strrchr(run->path, ':');
    if (colon == NULL || access(text, F_OK) == 0)
        return true;
    *colon = '\0';
    return (units_parse_integer(colon + 1, &run->number) && run->number > 0) ||
           sim_fail(error, SIM_USAGE,
                    "%s: behind the colon expected the number of a run, from 1, found '%s'", text,
                    colon + 1);
}

void stored_run_free(struct stored_run *run)
{
    free(run->path);
}

bool stored_run_fail(const struct report_error *report_error, struct sim_error *error)
{
    return sim_fail(error, report_error->is_input ? SIM_BAD_INPUT : SIM_FAILED, "%s",
                    report_error->message);
}

struct report_database *stored_run_open(const struct stored_run *run, int64_t *run_id,
                                        struct sim_error *error)
{
    struct report_error report_error;
    struct report_database *database = report_database_open(run->path, REPORT_READ, &report_error);
    if (database == NULL) {
        stored_run_fail(&report_error, error); // says which file
        return NULL;
    }
    *run_id = report_run_find(database, run->number, &report_error);
    if (*run_id != 0)
        return database;
    sim_fail(error, report_error.is_input ? SIM_BAD_INPUT : SIM_FAILED, "%s: %s", run->path,
             report_error.message);
    report_database_close(database);
    return NULL;
}
